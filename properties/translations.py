"""What must hold of translations: whoever keeps one."""

from __future__ import annotations

from shootdown.model import step_assertion


@step_assertion
def no_use_after_free() -> None:
    """No CPU or device reaches a page frame that was freed, or belongs to somebody else by now."""
