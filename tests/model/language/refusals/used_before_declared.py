from __future__ import annotations


LIMIT = SIZE + 1
SIZE = 3
