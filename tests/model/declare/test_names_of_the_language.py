"""The names that a model file may import are one list, wherever it is written down."""

from __future__ import annotations

import shootdown.model
import shootdown.model.declare
from shootdown.model.language.scope import LANGUAGE


def test_the_reader_knows_exactly_what_python_can_import() -> None:
    assert set(shootdown.model.__all__) == set(LANGUAGE)
    assert set(shootdown.model.declare.__all__) == set(LANGUAGE)


def test_every_name_is_there() -> None:
    assert [name for name in LANGUAGE if not hasattr(shootdown.model, name)] == []
