"""Runs as people read them: canonical paths, replay, the trace that reports show."""
