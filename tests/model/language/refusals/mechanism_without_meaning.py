from __future__ import annotations

from shootdown.model import Mechanism


m = Mechanism(bool)
