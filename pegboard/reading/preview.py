"""What calls would change, tried on a copy of the chain: events, named views, and raw words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from eth_utils import keccak

from pegboard.errors import Reverted
from pegboard.reading.decode import WARNING
from pegboard.reading.uses import parts
from pegboard.reading.wording import coin
from pegboard.views import Named, questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pegboard.chain import Chain, Log
    from pegboard.reading.decode import Decoder, Effect
    from pegboard.reading.fork import Attempt, Stage, Word
    from pegboard.safes.multisend import Piece
    from pegboard.views import Question

_Key = TypeVar("_Key")
#: What a Safe says of a transaction that it carried out.
CARRIED_OUT = keccak(text="ExecutionSuccess(bytes32,uint256)")


@dataclass(frozen=True)
class Difference:
    """A named view whose answer the calls change."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.what}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class Result:
    """What became of one effect's call; `refusal` is empty where the chain would take it."""

    effect: Effect
    refusal: str


@dataclass(frozen=True)
class Preview:
    """All that calls would change."""

    results: tuple[Result, ...]
    events: tuple[str, ...]
    differences: tuple[Difference, ...]
    words: Mapping[str, int]
    others: tuple[str, ...]

    @property
    def success(self) -> bool:
        """Whether the chain would take all of them."""
        return not any(result.refusal for result in self.results)

    def lines(self) -> list[str]:
        """For people."""
        found = []
        for number, result in enumerate(self.results, 1):
            became = f"REFUSED: {result.refusal}" if result.refusal else "would be carried out"
            found.append(f"{number}. {became}")
        found += [f"  event {event}" for event in self.events]
        found += [f"  {difference}" for difference in self.differences]
        found += [f"  {other}" for other in self.others]
        return found

    def brief(self, most: int) -> list[str]:
        """For people who are about to sign: so many lines, refusals first, and every warning."""
        count = len(self.results)
        whole = "it would be carried out" if count == 1 else f"all {count:,} would be carried out"
        numbered = enumerate(self.results, 1)
        refused = [
            f"call {n} is REFUSED: {found.refusal}" for n, found in numbered if found.refusal
        ]
        loud = [other for other in self.others if other.startswith(WARNING)]
        quiet = [other for other in self.others if other not in loud]
        rest = [*map(str, self.differences), *(f"event {event}" for event in self.events), *quiet]
        return [*_cut(refused or [whole], most), *_cut(rest, most), *loud]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "success": self.success,
            "calls": [
                {"effect": r.effect.text, "refusal": r.refusal or None} for r in self.results
            ],
            "events": list(self.events),
            "differences": [vars(difference) for difference in self.differences],
            "words": dict(self.words),
            "others": list(self.others),
        }


def _cut(lines: list[str], most: int) -> list[str]:
    left = len(lines) - most
    return [*lines[:most], f"and {left:,} more"] if left > 0 else lines


@dataclass
class _Trial:
    """What was seen while the calls were tried."""

    results: list[Result] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    words: dict[Word, tuple[int, int]] = field(default_factory=dict)
    coins: dict[str, tuple[int, int]] = field(default_factory=dict)
    codes: dict[str, None] = field(default_factory=dict)

    def add(self, attempt: Attempt) -> None:
        """What a later call changes back is no change."""
        self.logs += attempt.logs
        self.codes |= dict.fromkeys(attempt.codes)
        self.words = _joined(self.words, attempt.words)
        self.coins = _joined(self.coins, attempt.coins)


@dataclass(frozen=True)
class Inside:
    """A transaction of a Safe that the calls have it carry out, and what that does."""

    safe: str
    effects: Sequence[Effect]


def _joined(
    seen: Mapping[_Key, tuple[int, int]], new: Mapping[_Key, tuple[int, int]]
) -> dict[_Key, tuple[int, int]]:
    later = {key: (seen.get(key, change)[0], change[1]) for key, change in new.items()}
    return {**seen, **later}


def preview(
    stage: Stage,
    decoder: Decoder,
    sender: str,
    calls: Sequence[Piece],
    explain: Callable[[Reverted], str] = str,
    *,
    inside: Inside | None = None,
    most: int = 0,
) -> Preview:
    """Tries calls in order, each as `sender`; `explain` says what a refusal means.

    Where there are more events than `most`, they are counted, and of named views only those are
    compared that are about the sender or nobody.
    """
    before, trial, acting = stage.as_it_is(), _Trial(), inside.safe if inside else sender
    named = _about(sender, acting)
    for call in calls:
        effects: Sequence[Effect] = inside.effects if inside else ()
        effects = effects or decoder.effects(call.to, call.data, value=call.value, sender=sender)
        attempt = stage.attempt(sender, call.to, call.data, call.value)
        refusal = ""
        if attempt.revert is not None:
            refusal = explain(decoder.named(Reverted(attempt.revert)))
        for effect in effects:
            named.add_effect(effect)
            trial.results.append(Result(effect, refusal))
        trial.add(attempt)
    events = [_event(decoder, log, named, acting) for log in trial.logs]
    if most and len(events) > most:
        counts = Counter(event.partition(": ")[0] for event in events)
        events = [f"{count:,} x {event}" for event, count in counts.items()]
        named = _about(sender, acting)
    changed = {word for word, (was, became) in trial.words.items() if was != became}
    touched = dict.fromkeys(address for address, _ in sorted(changed))
    differences: list[Difference] = []
    explained: set[Word] = set()
    for question in questions(decoder.known_to(acting), touched, named):
        found = _compare(question, decoder, before, stage)
        if found:
            differences += found
            explained |= stage.reads(question.address, question.data)
    others = _others(decoder, trial, changed - explained, {log.address for log in trial.logs})
    return Preview(
        tuple(trial.results),
        tuple(events),
        tuple(differences),
        dict(Counter(address for address, _ in sorted(changed))),
        tuple(others),
    )


def _about(*addresses: str) -> Named:
    found = Named()
    found.add("", list(addresses))
    return found


def _event(decoder: Decoder, log: Log, named: Named, acting: str) -> str:
    if log.address == acting and log.topics and log.topics[0] == CARRIED_OUT:
        return "ExecutionSuccess of this Safe"
    known = decoder.known.get(log.address)
    found = known.contract.events([log]) if known and known.contract else []
    if not known or not found:
        return f"UNKNOWN of {decoder.words.who(log.address)}"
    [(name, arguments)] = found
    item = next(x for x in known.abi if (x["type"], x.get("name")) == ("event", name))
    told = parts(item["inputs"], arguments)
    for key, value in told.items():
        named.add(key, value)
    peg = known.peg or (decoder.currency(told["token"]) if "token" in told else None)
    shown = ", ".join(f"{key} {decoder.words.tell(key, value, peg)}" for key, value in told.items())
    return f"{name} of the {known.title}: {shown}"


def _compare(question: Question, decoder: Decoder, before: Chain, after: Chain) -> list[Difference]:
    was, became = question.ask(before), question.ask(after)
    if was == became:
        return []
    old, new = (question.parts(answer, decoder) for answer in (was, became))
    title = question.title(decoder.words)
    return [
        Difference(f"{title}, {key}" if key else title, old.get(key, "refused"), new[key])
        for key in new
        if old.get(key) != new[key]
    ] or [Difference(title, "other", "than before")]


def _others(decoder: Decoder, trial: _Trial, left: set[Word], talking: Iterable[str]) -> list[str]:
    """What no named view shows; loud where the contract has said nothing about it either."""
    found = []
    for address, count in sorted(Counter(address for address, _ in left).items()):
        words = f"{count} word{'s' if count != 1 else ''}"
        who = decoder.words.who(address)
        if address in decoder.known and address in talking:
            found.append(f"{words} more of {who}, which no named view shows")
        else:
            found.append(f"{WARNING}{words} of {who} changed, which nothing here explains")
    for address, (was, became) in trial.coins.items():
        if was != became:
            found.append(f"coin of {decoder.words.who(address)}: {coin(was)} -> {coin(became)}")
    found += [f"{WARNING}the code of {decoder.words.who(it)} was set" for it in trial.codes]
    return found
