"""Runs as people read them.

`canonical` and `goals`: the path that every engine finds. `build`: from a path to the `trace` that reports show, by
way of `replay`. `state_text`: any state as text. `json`: saved traces.
"""
