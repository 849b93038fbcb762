"""Devices that reach memory through a process's address space, one file for each kind."""
