"""Differences of currencies: what a token, its feed, the board and the desks say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard.amounts import format_duration
from pegboard.desired.differences import (
    Difference,
    board_subject,
    expulsions,
    is_raise,
    listed,
    money,
    rate,
    reference,
)
from pegboard.desks import calendar_code
from pegboard.inputs import moment_text, reference_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.contract import Call, Contract
    from pegboard.desired.differences import Reader
    from pegboard.suite import Peg

_ZERO = "0x" + "00" * 20
_FOR_EVER = "and cannot be changed: put the file right, or deploy another"


def currency_differences(reader: Reader, peg: Peg) -> Iterator[Difference]:
    """Everything of one currency but who may call its functions."""
    yield from _constants(reader, peg)
    yield from _code(reader, peg)
    yield from _reserves(reader, peg)
    yield from _mint_limit(reader, peg)
    yield from _registry(reader, peg)
    yield from _enlisted(reader, peg)
    yield from _tiers(reader, peg)
    yield from _redemption(reader, peg)
    yield from _attestors(reader, peg)


def _ref(peg: Peg) -> bytes:
    return reference(f"deploy {peg.config.code}")


def fixed(what: str, found: object, declared: object) -> Difference:
    """What was set once, for ever, and is not what was declared."""
    text = f"{what} is {found} on chain and {declared} in its file, {_FOR_EVER}"
    return Difference(text, fixed=True)


def _constants(reader: Reader, peg: Peg) -> Iterator[Difference]:
    config, code = peg.config, peg.config.code
    wanted = {
        ("the name", "name"): config.name,
        ("the symbol", "symbol"): config.symbol,
        ("the number of decimals", "decimals"): config.decimals,
        ("the currency", "currency"): code,
    }
    for (what, view), declared in wanted.items():
        found = reader.ask(peg.token, view, default=declared)
        if found != declared:
            yield fixed(f"{what} of the {code} token", found, declared)
    for what, view, declared in (
        ("the number of decimals", "decimals", config.reserves.decimals),
        ("the currency", "currency", code),
    ):
        found = reader.ask(peg.feed, view, default=declared)
        if found != declared:
            yield fixed(f"{what} of the {code} reserve feed", found, declared)


def _code(reader: Reader, peg: Peg) -> Iterator[Difference]:
    """Upgrades are decided by several parties, one code at a time: no plan makes one."""
    if not reader.is_there(peg.token):
        return
    code, controls = peg.config.code, reader.suite.controls.address
    found = to_checksum_address(peg.token.call("implementation"))
    if found != controls:
        yield Difference(f"{code} delegates to {found}, not to {controls}")
    if peg.token.call("delegateAll"):
        yield Difference(f"{code} delegates everything, its transfers and views included")


def _reserves(reader: Reader, peg: Peg) -> Iterator[Difference]:
    code, terms = peg.config.code, peg.config.reserves
    wanted = (peg.feed.address, terms.max_age, terms.buffer_bps, False)
    source, *rest = reader.ask(peg.token, "reserveConfig", default=(_ZERO, 0, 0, False))
    found = (to_checksum_address(source), *rest)
    if found == wanted:
        return

    def told(source: str, max_age: int, buffer_bps: int, alone: bool) -> str:  # noqa: FBT001
        single = ", asked for no other chain" if alone else ""
        return f"{source}, at most {format_duration(max_age)} old, buffer {buffer_bps} bps{single}"

    call = peg.token.prepare(
        "setReserveConfig",
        wanted,
        _ref(peg),
        text=f"let {code} be minted against its reserve feed, {told(*wanted)}",
    )
    text = f"{code} is minted against {told(*found)}, declared is {told(*wanted)}"
    yield Difference(text, (reader.step("configure", call),))


def _mint_limit(reader: Reader, peg: Peg) -> Iterator[Difference]:
    config = peg.config
    wanted = (config.limit_capacity, config.limit_window)
    capacity, window, _ = reader.ask(peg.token, "mintRateLimit", default=(0, 1, 0))
    if (capacity, window) == wanted:
        return
    raises = is_raise(wanted, (capacity, window))
    verb, word = ("raiseMintLimit", "set") if raises else ("lowerMintLimit", "cut")
    call = peg.token.prepare(
        verb,
        *wanted,
        _ref(peg),
        text=f"{word} the mint limit of {config.code} to {rate(peg, *wanted)}",
    )
    text = f"the mint limit of {config.code} is {rate(peg, capacity, window)}, declared is "
    yield Difference(text + rate(peg, *wanted), (reader.step("limit", call),))


def _registry(reader: Reader, peg: Peg) -> Iterator[Difference]:
    registry, code = reader.suite.registry, peg.config.code
    wanted = (peg.token.address, peg.feed.address)
    found = reader.ask(registry, "currencyOf", code.encode())
    calls: list[Call] = []
    text = f"{code} is not on the board"
    if found:
        token, feed = map(to_checksum_address, found)
        if (token, feed) == wanted:
            return
        text = f"the board has {code} as {token} with the feed {feed}, declared is "
        text += f"{wanted[0]} with the feed {wanted[1]}"
        calls = [retirement(reader, code)]
    calls.append(
        registry.prepare(
            "register",
            code.encode(),
            *wanted,
            _ref(peg),
            text=f"register {code} on the board",
        )
    )
    kinds = ("retire", "register")[-len(calls) :]
    subject = board_subject(code)
    steps = tuple(reader.step(k, call, subject) for k, call in zip(kinds, calls, strict=True))
    yield Difference(text, steps)


def retirement(reader: Reader, code: str) -> Call:
    """Takes a currency off the board."""
    ref = reference(f"retire {code}")
    return reader.suite.registry.prepare(
        "retire", code.encode(), ref, text=f"take {code} off the board"
    )


def _enlisted(reader: Reader, peg: Peg) -> Iterator[Difference]:
    token, code, desks = peg.token, peg.config.code, reader.suite.desks
    enlisted = {"issuance desk": desks.issuance.address}
    enlisted |= {name: it.address for name, it in reader.suite.uses.by_name.items()}
    ours = {*enlisted.values(), desks.redemption.address}
    missing = {
        name: address
        for name, address in enlisted.items()
        if not reader.ask(token, "isEnlisted", address, default=False)
    }
    if missing:
        named, alone = f"the {listed(missing)}", len(missing) == 1
        call = token.prepare(
            "enlist",
            list(missing.values()),
            _ref(peg),
            text=f"make {named} {'a contract' if alone else 'contracts'} of {code}",
        )
        text = f"{named} {'is no contract' if alone else 'are no contracts'} of {code}"
        yield Difference(text, (reader.step("configure", call),))
    if not reader.ask(token, "isRedemptionDesk", desks.redemption.address, default=False):
        call = token.prepare(
            "appointDesk",
            desks.redemption.address,
            _ref(peg),
            text=f"let the redemption desk take {code}",
        )
        text = f"the redemption desk cannot take {code}"
        yield Difference(text, (reader.step("configure", call),))
    past = (reader.past(token, "Enlisted") or ()) if reader.is_there(token) else ()
    others = [a for a in dict.fromkeys(e["account"] for e in past) if a not in ours]
    for account in others:
        if token.call("isEnlisted", account):
            call = token.prepare(
                "delist", [account], _ref(peg), text=f"make {account} no contract of {code}"
            )
            text = f"{account} is a contract of {code}, which nobody can bar, and was not declared"
            yield Difference(text, (reader.step("revoke", call),), power=True)


def _tiers(reader: Reader, peg: Peg) -> Iterator[Difference]:
    desk, code = reader.suite.desks.issuance, peg.config.code
    wanted = tuple((tier.up_to, tier.approvals) for tier in peg.config.tiers)
    found = tuple(map(tuple, reader.ask(desk, "tiersOf", peg.token.address, default=())))
    if found == wanted:
        return

    def told(tiers: tuple[tuple[int, int], ...]) -> str:
        return listed(f"{count} up to {money(peg, up_to)}" for up_to, count in tiers)

    verb = "tightenTiers" if _tightens(found, wanted) else "loosenTiers"
    call = desk.prepare(
        verb,
        peg.token.address,
        wanted,
        _ref(peg),
        text=f"set how many must approve orders of {code}: {told(wanted)}",
    )
    text = f"orders of {code} are approved by {told(found)}, declared is {told(wanted)}"
    yield Difference(text, (reader.step("limit", call),))


def _tightens(now: tuple[tuple[int, int], ...], to: tuple[tuple[int, int], ...]) -> bool:
    """As the desk decides it: no order needs fewer than before, and none is newly allowed."""

    def needed(amount: int) -> int:
        return next((count for up_to, count in now if amount <= up_to), 0)

    return all(0 < needed(up_to) <= count for up_to, count in to)


def _redemption(reader: Reader, peg: Peg) -> Iterator[Difference]:
    desk, config = reader.suite.desks.redemption, peg.config.redemption
    code, subject = peg.config.code, f"redemption of {peg.config.code}"
    wanted = (config.calendar, config.business_days)
    found = reader.ask(desk, "termsOf", peg.token.address)
    if found is None:
        call = desk.prepare(
            "list",
            peg.token.address,
            calendar_code(config.calendar),
            config.business_days,
            _ref(peg),
            text=f"let {code} be redeemed within {config.business_days} "
            f"business days of {config.calendar}",
        )
        yield Difference(f"{code} cannot be redeemed", (reader.step("list", call, subject),))
        found = ("", 0, 0, 0, 0, 0, 0)
    else:
        terms = (reference_text(found[0]), found[1])
        if terms != wanted:
            yield fixed(f"by when {code} is redeemed", terms, wanted)
    yield from _fees(reader, peg, desk, found[2:], subject)


def _fees(
    reader: Reader, peg: Peg, desk: Contract, terms: tuple[int, ...], subject: str
) -> Iterator[Difference]:
    config, code = peg.config.redemption, peg.config.code
    if config.flat_fee is None or config.fee_bps is None:
        return
    wanted, now, announced = (config.flat_fee, config.fee_bps), terms[:2], terms[2:4]
    since = terms[4]

    def told(flat: int, bps: int) -> str:
        return f"{money(peg, flat)} and {bps} bps"

    def call(verb: str, words: str) -> Call:
        text = f"{words} the redemption fee of {code} to {told(*wanted)}"
        return desk.prepare(verb, peg.token.address, *wanted, _ref(peg), text=text)

    final = announced if since else now
    if final == wanted:
        if since:
            text = f"the redemption fee of {code} is {told(*now)} until {moment_text(since)}"
            yield Difference(text, (), since)
        return
    steps = []
    if now != wanted and wanted[0] <= now[0] and wanted[1] <= now[1]:
        steps.append(reader.step("limit", call("lowerFee", "lower"), subject))
    if since or not steps:
        # An announced fee comes into force unless another is announced in its place.
        steps.append(reader.step("limit", call("raiseFee", "announce a change of"), subject))
    later = f", from {moment_text(since)} {told(*announced)}" if since else ""
    text = f"the redemption fee of {code} is {told(*now)}{later}, declared is {told(*wanted)}"
    yield Difference(text, tuple(steps))


def _attestors(reader: Reader, peg: Peg) -> Iterator[Difference]:
    feed, terms, code = peg.feed, peg.config.reserves, peg.config.code
    if not reader.is_there(feed):
        return
    names = terms.attestors_on(reader.suite.chain.chain_id)
    declared = [to_checksum_address(reader.resolve(name)) for name in names]
    found = [to_checksum_address(account) for account in feed.call("attestors")]
    subject, now = f"attestors of {code}", tuple(feed.call("quorums"))
    for account in (a for a in declared if a not in found):
        call = feed.prepare(
            "addAttestor", account, _ref(peg), text=f"let {account} attest the reserves of {code}"
        )
        text = f"{account} does not attest the reserves of {code}, and was declared"
        yield Difference(text, (reader.step("add", call, subject),))
    wanted = (terms.quorum, terms.rise_quorum, terms.max_rise_bps)
    if now != wanted:
        text = f"the reserve feed of {code} asks for {_quorums(*now)}, declared is "
        step = reader.step("configure", _set_quorums(peg, wanted), subject)
        yield Difference(text + _quorums(*wanted), (step,))

    def expel(account: str, text: str) -> Call:
        return feed.prepare("expelAttestor", account, _ref(peg), text=text)

    # Enough is who can state a rise.
    does = ("attest", f"the reserves of {code}")
    yield from expulsions(reader, found, declared, now[1], expel, does, subject)


def _quorums(quorum: int, rise_quorum: int, max_rise_bps: int) -> str:
    return f"{quorum} attestors, {rise_quorum} for a rise of more than {max_rise_bps} bps a day"


def _set_quorums(peg: Peg, wanted: tuple[Any, ...]) -> Call:
    text = f"ask for {_quorums(*wanted)}, of {peg.config.code}"
    return peg.feed.prepare("setQuorums", *wanted, _ref(peg), text=text)
