from __future__ import annotations

from shootdown.model import Annotated, Between


Count = Annotated[int, Between(3, 1)]
