from __future__ import annotations


class Bad(object):
    """No sort."""
