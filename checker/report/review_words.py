"""How the reports of a review say things: settings, designs, sets of mechanisms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..review.result import Cell, Combination, DesignRow, Harm, Review, Setting, Stopper
from ..verdict import Verdict

ON, OFF = "True", "False"


def setting_text(setting: Setting) -> str:
    """A setting as a reader says it: `early_copy`, `without early_copy`, `cow_reuse = mapcount or refcount`."""
    if setting.labels == (ON,):
        return setting.mechanism
    if setting.labels == (OFF,):
        return f"without {setting.mechanism}"
    return f"{setting.mechanism} = {' or '.join(label.lower() for label in setting.labels)}"


def settings_text(settings: Sequence[Setting], nothing: str = "nothing") -> str:
    """Several settings: what is there, what has which alternative, then what is missing."""
    order = sorted(settings, key=lambda each: each.labels == (OFF,))
    present = [setting_text(each) for each in order if each.labels != (OFF,)]
    missing = [each.mechanism for each in order if each.labels == (OFF,)]
    parts = present + ([f"without {' and '.join(_listed(missing))}"] if missing else [])
    return ", ".join(parts) or nothing


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    """Names for joining with "and": all but the last as one, with commas."""
    return (", ".join(names[:-1]), names[-1]) if len(names) > 1 else tuple(names)


def design_name(row: DesignRow) -> str:
    """What a design is called in the table."""
    if row.preset:
        return row.preset
    return "this design" if row.is_own else settings_text(row.changed)


def verdict_words(cell: Cell) -> str:
    """A verdict with what belongs to it: `violated (17)`."""
    word = cell.verdict.value.replace("_", " ")
    return f"{word} ({cell.depth})" if cell.depth is not None else word


def stopper_text(stopper: Stopper) -> str:
    """What stops a run, with the step: `early_copy (step 12)`."""
    return f"{setting_text(stopper.setting)} ({f'step {stopper.step}' if stopper.step else 'setup'})"


def stoppers_text(stoppers: Sequence[Stopper]) -> str:
    """What would have stopped a run: changes that make the design safe; without such, those that stop this run."""
    for safe, head in ((True, ""), (None, "perhaps only this run: "), (False, "only this run: ")):
        found = [stopper_text(stopper) for stopper in stoppers if stopper.safe is safe]
        if found:
            return head + ", ".join(found)
    return "no single change"


def same_verdicts(row: DesignRow, other: DesignRow) -> bool:
    """Whether two designs have the same verdict on everything."""
    return [(cell.prop, cell.verdict) for cell in row.cells] == [(cell.prop, cell.verdict) for cell in other.cells]


def bad_cells(cells: Iterable[Cell]) -> list[Cell]:
    """The verdicts that are not "holds"."""
    return [cell for cell in cells if cell.verdict is not Verdict.HOLDS]


def combination_text(combination: Combination) -> str:
    """A set of settings; "every design" if there are none."""
    return settings_text(combination.settings, "every design")


def harm_text(harm: Harm) -> tuple[str, str]:
    """What is added in vain, and what it breaks."""
    added = setting_text(harm.added)
    if harm.added.labels != (ON,):
        added += f" instead of {harm.before.labels[0].lower()}"
    broken: dict[str, list[str]] = {}
    for each in harm.broken:
        broken.setdefault(each.mechanism, []).append(each.labels[0])
    names = [setting_text(Setting(name, tuple(labels))) for name, labels in broken.items()]
    return added, ", ".join(names)


def nothing_text(review: Review, word: str) -> str:
    """What stands where there are no minimal sets of designs of this kind, safe or unsafe."""
    return "none is known" if review.undecided else f"no design is {word}"


def counted(review: Review) -> str:
    """What was decided of how many designs."""
    effort = review.effort
    rest = effort.designs - effort.safe - effort.unsafe - effort.refused
    parts = [f"{effort.safe:,} safe", f"{effort.unsafe:,} unsafe"]
    parts += [f"{effort.refused:,} impossible"] if effort.refused else []
    parts += [f"{rest:,} undecided"] if rest else []
    return f"{effort.designs:,} design{'' if effort.designs == 1 else 's'}: {', '.join(parts)}"


def limits_text(review: Review) -> str:
    """What the minimal sets are worth; empty if they are all there are."""
    if review.undecided:
        why = review.undecided if review.undecided == "interrupted" else f"stopped by {review.undecided}"
        return (
            f"{why}: every set below is right for the designs that it describes, "
            "but need not be minimal, and there may be others"
        )
    return "there are more minimal sets than are listed" if review.more else ""
