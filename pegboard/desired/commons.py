"""Differences of what all currencies of a chain share: desks, calendars, channels, wallets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard import issuance
from pegboard.calendars import day_text
from pegboard.config import chain_key
from pegboard.desired.differences import (
    Difference,
    board_subject,
    expulsions,
    is_raise,
    money,
    rate,
    reference,
)
from pegboard.desired.settings import fixed, retirement
from pegboard.desks import calendar_code
from pegboard.errors import DeploymentError
from pegboard.inputs import reference as word_of
from pegboard.inputs import reference_text
from pegboard.issuance import KINDS, channel_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pegboard.calendars import Calendar
    from pegboard.contract import Call
    from pegboard.desired.declaration import ChannelConfig
    from pegboard.desired.differences import Reader, Step
    from pegboard.issuance import Channel
    from pegboard.suite import Peg

#: What CLERK closes is no difference, and nothing farther ahead can be CLERK's.
_CLERKS_DAYS = 7
#: How far behind the last declared year holidays are looked for that nobody declared.
_BEYOND = 366
_BITS = 256


def require_declared(reader: Reader) -> None:
    """Refuses what a desk would refuse later, when half of a deployment is done."""
    suite = reader.suite
    config = suite.desks.config
    for code, peg in reader.pegs.items():
        if peg.config.redemption.calendar not in config.calendars:
            raise DeploymentError(
                f"{code} is redeemed by the calendar {peg.config.redemption.calendar}, which no "
                f"file declares; there is {', '.join(config.calendars)}"
            )
    if int(config.predecessor, 16) and not suite.chain.code(config.predecessor):
        raise DeploymentError(
            f"there is no desk at the predecessor {config.predecessor} on chain "
            f"{suite.chain.chain_id}: take it out of desks.toml, or check the network"
        )


def common_differences(reader: Reader) -> Iterator[Difference]:
    """Calendars come first, since listings need them."""
    yield from _constants(reader)
    for calendar in reader.suite.desks.config.calendars.values():
        yield from _calendar(reader, calendar)
    yield from _signers(reader)


def later_differences(reader: Reader) -> Iterator[Difference]:
    """What needs its currency on the board."""
    yield from _board(reader)
    yield from _channels(reader)
    yield from _wallets(reader)


def _constants(reader: Reader) -> Iterator[Difference]:
    desks, config = reader.suite.desks, reader.suite.desks.config
    for contract, view, what, declared in (
        (desks.customers, "cooling", "the cooling time of wallets", config.cooling),
        (desks.issuance, "orderLife", "the life of orders", config.order_life),
        (desks.issuance, "predecessor", "the predecessor of the desk", config.predecessor),
        (desks.redemption, "maxFeeBps", "the highest fee", config.max_fee_bps),
        (desks.redemption, "feeNotice", "the notice of fees", config.fee_notice),
        (desks.redemption, "blockDays", "the days that a payout is blocked", config.block_days),
    ):
        found = reader.ask(contract, view, default=declared)
        if str(found).lower() != str(declared).lower():
            yield fixed(what, found, declared)


# Calendars


def _calendar(reader: Reader, calendar: Calendar) -> Iterator[Difference]:
    contract, code = reader.suite.desks.calendar, calendar_code(calendar.code)
    ref, subject = reference(f"calendar {calendar.code}"), f"calendar {calendar.code}"
    found = reader.ask(contract, "calendarOf", code)
    declared = (calendar.utc_offset, calendar.weekend)
    if found is None:
        call = contract.prepare(
            "addCalendar",
            code,
            *declared,
            ref,
            text=f"add the business calendar of {calendar.name}",
        )
        text = f"there is no calendar {calendar.code}"
        yield Difference(text, (reader.step("add", call, subject),))
    elif tuple(found) != declared:
        what = f"the clock and weekend of the calendar {calendar.code}"
        yield fixed(what, tuple(found), declared)
    today = calendar.day_of(reader.now)
    closed = _closed_days(reader, calendar, today) if found is not None else set()
    wanted = {day for day in calendar.holidays if day >= today and not calendar.is_weekend(day)}
    for days, named in _portions(reader, calendar, sorted(wanted - closed), today):
        call = contract.prepare("addHolidays", code, days, ref, text=f"{named} of {calendar.name}")
        text = f"the calendar {calendar.code} is open on {_told(days)}, declared closed"
        yield Difference(text, (reader.step("configure", call, subject),))
    for day in sorted(closed - wanted):
        if day > today + _CLERKS_DAYS:
            text = f"open {day_text(day)} again in the calendar of {calendar.name}"
            call = contract.prepare("removeHolidays", code, [day], ref, text=text)
            text = f"the calendar {calendar.code} is closed on {day_text(day)}, declared open"
            yield Difference(text, (reader.step("configure", call, subject),))


def _closed_days(reader: Reader, calendar: Calendar, today: int) -> set[int]:
    contract, code = reader.suite.desks.calendar, calendar_code(calendar.code)
    last = max(today, calendar.last) + _BEYOND
    found = set()
    for index in range(today // _BITS, last // _BITS + 1):
        bits = contract.call("closedDays", code, index)
        found |= {index * _BITS + bit for bit in range(_BITS) if bits >> bit & 1}
    return {day for day in found if day >= today and not calendar.is_weekend(day)}


def _portions(
    reader: Reader, calendar: Calendar, days: list[int], today: int
) -> Iterator[tuple[list[int], str]]:
    """Which days one call closes, and what it does.

    A list is refused once its first day has passed. So where the call must wait, the days of this
    year go one by one, and each later year at once.
    """
    if reader.deploying:
        if days:
            yield days, f"add {len(days)} holidays to the calendar"
        return
    this_year, years = day_text(today)[:4], sorted({day_text(day)[:4] for day in days})
    for year in years:
        within = [day for day in days if day_text(day).startswith(year)]
        if year != this_year:
            yield within, f"add {len(within)} holidays of {year} to the calendar"
            continue
        for day in within:
            yield [day], f"add {day_text(day)} ({calendar.holidays[day]}) to the calendar"


def _told(days: Iterable[int]) -> str:
    return ", ".join(map(day_text, days))


# Signers of pauses


def _signers(reader: Reader) -> Iterator[Difference]:
    contract, config = reader.suite.desks.presigned, reader.suite.desks.config
    if not reader.is_there(contract):
        return
    names = config.pause_signers_on(reader.suite.chain.chain_id)
    declared = [to_checksum_address(reader.resolve(name)) for name in names]
    found = [to_checksum_address(account) for account in contract.call("signers")]
    quorum, subject = contract.call("quorum"), "signers of pauses"
    for account in (a for a in declared if a not in found):
        call = contract.prepare(
            "addSigner", account, reference(subject), text=f"let {account} sign pauses ahead"
        )
        text = f"{account} signs no pauses ahead, and was declared"
        yield Difference(text, (reader.step("add", call, subject),))
    if quorum != config.pause_quorum:
        call = contract.prepare(
            "setQuorum",
            config.pause_quorum,
            reference(subject),
            text=f"ask for {config.pause_quorum} signers of pauses ahead",
        )
        text = f"{quorum} signers are asked for of pauses ahead, declared is {config.pause_quorum}"
        yield Difference(text, (reader.step("configure", call, subject),))

    def expel(account: str, text: str) -> Call:
        return contract.prepare("expelSigner", account, reference(subject), text=text)

    does = ("sign", "pauses ahead")
    yield from expulsions(reader, found, declared, quorum, expel, does, subject)


# The board and the wallets


def _board(reader: Reader) -> Iterator[Difference]:
    """Currencies that no file declares for this chain."""
    for found in reader.ask(reader.suite.registry, "codes", default=()):
        code = found.decode()
        if code not in reader.suite.pegs:
            step = reader.step("retire", retirement(reader, code), board_subject(code))
            yield Difference(f"{code} is on the board, and no file declares it", (step,))


def _wallets(reader: Reader) -> Iterator[Difference]:
    registry, named = reader.suite.registry, reader.suite.desks.config
    declared = {
        to_checksum_address(reader.resolve(name)): purpose
        for name, purpose in named.wallets_on(reader.suite.chain.chain_id).items()
    }
    tagged = reader.ask(registry, "wallets", default=())
    found = [to_checksum_address(account) for account in tagged]
    for account, purpose in declared.items():
        word = reader.ask(registry, "purposeOf", account, default="0x" + bytes(32).hex())
        tag = reference_text(bytes.fromhex(word[2:]))
        if tag == purpose:
            continue
        ref = reference(f"wallet {account}")
        text = f"record {account} as an operational wallet of the issuer, for {purpose}"
        call = registry.prepare("tagWallet", account, word_of(purpose), ref, text=text)
        now = f"a wallet of the issuer for {tag}" if tag else "no wallet of the issuer"
        text = f"{account} is {now}, declared is {purpose}"
        yield Difference(text, (reader.step("configure", call),))
    for account in (a for a in found if a not in declared):
        ref = reference(f"wallet {account}")
        text = f"record {account} as no operational wallet of the issuer any more"
        call = registry.prepare("untagWallet", account, ref, text=text)
        text = f"{account} is tagged as a wallet of the issuer, and was not declared"
        yield Difference(text, (reader.step("remove", call),), power=True)


# Channels


def _channels(reader: Reader) -> Iterator[Difference]:
    desk, suite = reader.suite.desks.issuance, reader.suite
    found: Mapping[str, Channel] = {}
    if reader.is_there(desk):
        found = {channel.name: channel for channel in issuance.channels(suite)}
    key = chain_key(suite.chain.chain_id)
    declared = {name: c for name, c in reader.channels.items() if key in c.payees}
    for name, config in declared.items():
        if config.currency in reader.pegs:
            payee = to_checksum_address(reader.resolve(config.payees[key]))
            peg = reader.pegs[config.currency]
            yield from _channel(reader, peg, config, payee, found.get(name))
    left_out = {p.token.address for code, p in suite.pegs.items() if code not in reader.pegs}
    for name, channel in found.items():
        if channel.open and name not in declared and channel.token not in left_out:
            text = f"close {name}, so that nothing is issued through it"
            ref = reference(f"channel {name}")
            call = desk.prepare("closeChannel", _word(name), ref, text=text)
            text = f"the channel {name} to {channel.payee} is open, and no file declares it"
            yield Difference(text, (reader.step("remove", call),), power=True)


def _word(name: str) -> bytes:
    """Of any channel that there is, also one whose name no command would give."""
    if name.startswith("0x"):
        return bytes.fromhex(name[2:])
    return name.encode().ljust(32, b"\0")


def _channel(
    reader: Reader, peg: Peg, config: ChannelConfig, payee: str, found: Channel | None
) -> Iterator[Difference]:
    desk, name, subject = reader.suite.desks.issuance, config.name, f"channel {config.name}"
    word, ref = channel_word(name), reference(subject)
    wanted = (config.cap, config.capacity, config.window)
    steps: list[Step] = []
    if found and (found.token, found.kind, found.payee) != (peg.token.address, config.kind, payee):
        told = f"a {found.kind} channel of {found.token} to {found.payee}"
        declared = f"a {config.kind} channel of {peg.config.code} to {payee}"
        yield fixed(f"the channel {name}", told, declared)
        return
    now = (found.cap, found.capacity, found.window) if found and found.open else (0, 0, 1)
    text = f"the channel {name} issues {_limits(peg, now)}, declared is {_limits(peg, wanted)}"
    if not found or not found.open:
        again = " again" if found else ""
        text = f"there is no open channel {name}, and one was declared"
        call = desk.prepare(
            "openChannel",
            word,
            peg.token.address,
            KINDS.index(config.kind),
            payee,
            ref,
            text=f"open{again} {name}, a {config.kind} channel of {peg.config.code} to {payee}",
        )
        steps.append(reader.step("open", call, subject))
    if now != wanted:
        raises = wanted[0] > now[0] or is_raise(wanted[1:], now[1:])
        verb, only = ("raiseChannel", "") if raises else ("lowerChannel", "only ")
        call = desk.prepare(
            verb, word, *wanted, ref, text=f"let {name} issue {only}{_limits(peg, wanted)}"
        )
        steps.append(reader.step("limit", call, subject))
    if steps:
        yield Difference(text, tuple(steps))


def _limits(peg: Peg, limits: tuple[int, int, int]) -> str:
    return f"up to {money(peg, limits[0])} an order and {rate(peg, *limits[1:])}"
