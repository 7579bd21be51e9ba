"""tests/requirements.toml, what tests show of it, and docs/requirements.md as their page."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

DATA = "tests/requirements.toml"
COMMAND = "make requirements"
SHOWN, PARTLY, OPEN = "shown", "shown in part", "OPEN"
#: What a requirement is when no test shows it.
KINDS = {"must": OPEN, "evidence": "record only", "outside": "outside"}
TAGS = {"chain", "tool", "evidence"}
_HEAD = f"""\
# Requirements

Written by `{COMMAND}` from `{DATA}` and from the marks and outcomes of all
tests; do not edit it here.

What supervisors ask of an issuer, in our words. The suite is designed to support these paragraphs,
shown by these tests; whether an issuer meets them, only the issuer can show. Not legal advice:
check the official texts.

- **{SHOWN}**: tests of this requirement pass, and none fails
- **{PARTLY}**: the same, and the last column says what these tests leave open
- **{OPEN}**: contracts or tools could show it, and no passing test does
- **{KINDS["evidence"]}**: only an issuer's records can show it
- **{KINDS["outside"]}**: software cannot serve it, and nothing is claimed

SO: Stablecoins Ordinance, Cap. 656. SG, AML and EN: the HKMA's Guideline on Supervision, its
AML/CFT Guideline and its Explanatory Note on licensing, of 2025. Secondary: read in a summary
only. Unchecked: from memory.

"""
_COLUMNS = ("number", "requirement", "paragraph", "served by", "status", "shown by", "left open")


@dataclass(frozen=True)
class Requirement:
    """One line of the page."""

    number: str
    part: str
    title: str
    source: str
    kind: str
    tags: tuple[str, ...] = ()
    lacks: str = ""
    through: tuple[str, ...] = ()


def load(path: Path) -> dict[str, Requirement]:
    """Every requirement of the data file, by number."""
    found: dict[str, Requirement] = {}
    for name, part in tomllib.loads(path.read_text(encoding="utf-8")).items():
        title = part.pop("title", name)
        for number, fields in part.items():
            if number in found:
                raise ValueError(f"{number} is there twice")
            lists = {key: tuple(fields[key]) for key in ("tags", "through") if key in fields}
            try:
                found[number] = Requirement(number, title, **(fields | lists))
            except TypeError as fault:
                raise ValueError(f"{number}: {fault}") from fault
    for requirement in found.values():
        _check(requirement, found)
    return found


def _check(requirement: Requirement, known: Mapping[str, Requirement]) -> None:
    number, must = requirement.number, requirement.kind == "must"
    if requirement.kind not in KINDS:
        raise ValueError(f"{number}: {requirement.kind!r} is no kind")
    if unknown := set(requirement.tags) - TAGS:
        raise ValueError(f"{number}: {', '.join(sorted(unknown))} is no tag")
    if not must and (requirement.lacks or requirement.through):
        raise ValueError(f"{number}: only a must lacks something or is shown through others")
    for other in requirement.through:
        if other not in known or known[other].kind != "must" or known[other].through:
            raise ValueError(f"{number}: cannot be shown through {other}")


class Findings:
    """What tests showed, by the numbers of their marks and the outcomes of their cases."""

    def __init__(
        self,
        known: Mapping[str, Requirement],
        marks: Mapping[str, Iterable[str]],
        outcomes: Mapping[str, str],
    ) -> None:
        self.known = known
        #: number -> test function -> the outcomes of its cases
        self.functions: dict[str, dict[str, set[str]]] = {number: {} for number in known}
        for node, numbers in marks.items():
            for number in numbers:
                cases = self.functions[number].setdefault(node.split("[")[0], set())
                cases.add(outcomes[node])

    def is_shown(self, number: str) -> bool:
        """One failure speaks against it; a function that skips a case says nothing."""
        outcomes = self.functions[number].values()
        through = self.known[number].through
        return (
            all(self.is_shown(other) for other in through)
            and not any("failed" in cases for cases in outcomes)
            and (bool(through) or any(cases == {"passed"} for cases in outcomes))
        )

    def status(self, number: str) -> str:
        """The word of the page."""
        requirement = self.known[number]
        if requirement.kind == "must" and self.is_shown(number):
            return PARTLY if requirement.lacks else SHOWN
        return KINDS[requirement.kind]

    def total(self) -> str:
        """The line of the terminal."""
        counted = Counter(self.status(number) for number in self.known)
        rest = counted[KINDS["evidence"]] + counted[KINDS["outside"]]
        shown = f"{counted[SHOWN] + counted[PARTLY]} shown ({counted[PARTLY]} in part)"
        return f"requirements: {shown}, {counted[OPEN]} open, {rest} not for tests"

    def page(self) -> str:
        """The whole page."""
        return f"{_HEAD}{self.total().capitalize()}.\n" + "".join(self._tables())

    def _tables(self) -> Iterator[str]:
        part = ""
        for requirement in self.known.values():
            if requirement.part != part:
                part = requirement.part
                yield f"\n## {part}\n\n" + _row(_COLUMNS) + _row(["---"] * len(_COLUMNS))
            yield _row(self._cells(requirement))

    def _cells(self, requirement: Requirement) -> Iterator[str]:
        status = self.status(requirement.number)
        shown = status in (SHOWN, PARTLY)
        yield requirement.number
        yield requirement.title
        yield requirement.source
        yield ", ".join(requirement.tags) or "nothing"
        yield f"**{status}**" if status == OPEN else status
        yield "; ".join(self._evidence(requirement)) if shown else ""
        yield requirement.lacks if shown else ""

    def _evidence(self, requirement: Requirement) -> Iterator[str]:
        functions = self.functions[requirement.number].items()
        passed = (function for function, cases in functions if cases == {"passed"})
        yield from sorted({f"`{function.split('::')[0]}`" for function in passed})
        yield from (f"as {other}" for other in requirement.through)


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |\n"
