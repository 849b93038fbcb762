"""What must hold of references that keep a page for a device."""

from __future__ import annotations

from shootdown.model import always
from shootdown.model.kernel.mm.state import Frame, Kernel


@always
def pinned_pages_are_kept(k: Kernel) -> bool:
    """A pinned page is not free."""
    return all(k.frame[frame].pins <= k.frame[frame].refs for frame in Frame)
