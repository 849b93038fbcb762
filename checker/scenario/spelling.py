"""How lines and bindings write the values of a sort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shootdown.model.language.sorts import BoolSort, EnumSort, IndexSort, IntSort, OptionSort, Sort, title
from shootdown.model.language.world import Value, World

from .problem import did_you_mean


class SpellingError(Exception):
    """A text that stands for no value of the sort: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The texts of a sort's values in one world; `numbers`: every integer too, its bounds are the model's affair."""

    sort: str
    texts: Mapping[str, Value]
    numbers: bool = False
    everywhere: bool = False
    """Whether the texts are the same in every world."""

    def read(self, text: str) -> Value:
        """The value of a text; raises SpellingError."""
        if text in self.texts:
            return self.texts[text]
        if self.numbers and text.removeprefix("-").isdecimal():
            return int(text)
        if not self.texts and not self.numbers:
            raise SpellingError(f"this world has no {self.sort}")
        expected = "a number" if self.numbers else f"a {self.sort}{'' if self.everywhere else ' of this world'}"
        raise SpellingError(f"'{text}' is not {expected}{did_you_mean(text, self.shown)}")

    @property
    def shown(self) -> tuple[str, ...]:
        """A text of each value: the first that has it."""
        firsts = {value: text for text, value in reversed(list(self.texts.items()))}
        return tuple(text for text, value in self.texts.items() if firsts[value] == text)


def spelling(sort: Sort, world: World) -> Spelling | None:
    """How values of a sort are written; None if lines cannot write them."""
    match sort:
        case BoolSort():
            return Spelling("bool", {"True": True, "False": False, "true": True, "false": False}, everywhere=True)
        case EnumSort(name, members):
            texts: dict[str, Value] = {text: member for member in members for text in (member, member.lower())}
            return Spelling(name, texts, everywhere=True)
        case IndexSort(name):
            return Spelling(name, {element: element for element in world.elements.get(name, ())})
        case IntSort():
            return Spelling("int", {}, numbers=True)
        case OptionSort(inner):
            within = spelling(inner, world)
            if within is None:
                return None
            optional = {"none": None, "None": None, **within.texts}
            return Spelling(title(sort), optional, within.numbers, within.everywhere)
        case _:
            return None
