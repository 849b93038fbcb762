"""The Linux kernel and its devices, written in the modelling language: read by it, never run."""
