"""Lowers a checked model, in a world and for the agents of a scenario, to an IR system."""
