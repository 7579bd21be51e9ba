"""Differences of what the uses ask the board: pairs, assets, attesters.

What closes comes before the currencies, since none leaves the board with a pair; what opens after
them, since a pair needs both.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.amounts import format_duration
from pegboard.config import chain_key
from pegboard.desired.differences import Difference, board_subject, money, reference
from pegboard.errors import DeploymentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.desired.declaration import PairConfig
    from pegboard.desired.differences import Reader

_ZERO = "0x" + "00" * 20


@dataclass(frozen=True)
class _Pair:
    """Two tokens with the terms on which they are exchanged."""

    base: str
    quote: str
    feed: str
    max_age: int
    band_bps: int

    @property
    def tokens(self) -> frozenset[str]:
        return frozenset((self.base, self.quote))

    def terms(self) -> str:
        age = format_duration(self.max_age)
        return f"within {self.band_bps} bps of {self.feed}, whose answer may be {age} old"

    def narrows(self, found: _Pair) -> bool:
        """Whether it is what was found, but for a narrower band, a lower age, or both."""
        same = (self.base, self.quote, self.feed) == (found.base, found.quote, found.feed)
        return same and self.max_age <= found.max_age and self.band_bps <= found.band_bps


def require_tradable(reader: Reader) -> None:
    """Refuses what the board would refuse later, when half of a deployment is done."""
    chain, faults = reader.suite.chain, []
    for config, feed in _pairs_here(reader):
        faults += [
            f"the pair {config.name} needs {code}, which is not declared for this chain"
            for code in (config.base, config.quote)
            if code not in reader.suite.pegs
        ]
        if not chain.code(feed):
            faults.append(f"there is no feed of the pair {config.name} at {feed}")
    for name, asset in _assets_here(reader).items():
        if not chain.code(asset):
            faults.append(f"there is no asset {name} at {asset}")
    for name, (_, caps) in _attesters_here(reader).items():
        faults += [
            f"the attester {name} has a cap in {code}, which is not declared for this chain"
            for code in caps
            if code not in reader.suite.pegs
        ]
    if faults:
        put = f"put uses.toml right for chain {chain.chain_id}, or check the network"
        raise DeploymentError("\n  ".join([f"{put}:", *faults]))


def closing_differences(reader: Reader) -> Iterator[Difference]:
    """What is there and was not declared, or not as wide."""
    if not reader.is_there(reader.suite.registry):
        return
    yield from _closed_pairs(reader)
    yield from _delisted(reader)
    yield from _attesters(reader, cut=True)


def opening_differences(reader: Reader) -> Iterator[Difference]:
    """What was declared and is not there, or not as wide."""
    yield from _opened_pairs(reader)
    yield from _listed(reader)
    yield from _attesters(reader, cut=False)


# What is declared for this chain


def _pairs_here(reader: Reader) -> list[tuple[PairConfig, str]]:
    """The declared pairs of compared currencies, each with its feed."""
    key, chosen = chain_key(reader.suite.chain.chain_id), reader.codes
    return [
        (config, to_checksum_address(reader.resolve(config.feeds[key])))
        for config in reader.uses.pairs
        if key in config.feeds and (not chosen or {config.base, config.quote} <= chosen)
    ]


def _assets_here(reader: Reader) -> dict[str, str]:
    key = chain_key(reader.suite.chain.chain_id)
    return {
        config.name: to_checksum_address(reader.resolve(config.places[key]))
        for config in reader.uses.assets
        if key in config.places
    }


def _attesters_here(reader: Reader) -> dict[str, tuple[str, dict[str, int]]]:
    """The declared attesters, each with its account and its caps in compared currencies."""
    key, chosen = chain_key(reader.suite.chain.chain_id), reader.codes
    return {
        config.name: (
            to_checksum_address(reader.resolve(config.accounts[key])),
            {code: cap for code, cap in config.caps.items() if not chosen or code in chosen},
        )
        for config in reader.uses.attesters
        if key in config.accounts
    }


# What the board says


def _title(reader: Reader, token: str) -> str:
    """A currency by its code."""
    pegs = reader.suite.pegs.items()
    return next((code for code, peg in pegs if peg.token.address == token), token)


def _left_out(reader: Reader) -> set[str]:
    """Tokens of currencies that are not compared."""
    pegs = reader.suite.pegs
    return {peg.token.address for code, peg in pegs.items() if code not in reader.pegs}


def _on_board(reader: Reader) -> dict[str, str]:
    """The tokens of the board, each with its code."""
    registry = reader.suite.registry
    codes = reader.ask(registry, "codes", default=())
    found = ((reader.ask(registry, "currencyOf", code), code) for code in codes)
    return {to_checksum_address(c[0]): code.decode() for c, code in found if c}


def _found_pair(reader: Reader, one: str, other: str) -> _Pair | None:
    """The open pair of two tokens, by its base."""
    terms = reader.ask(reader.suite.registry, "rateTermsOf", one, other)
    if not terms or terms[0] == _ZERO:
        return None
    feed, max_age, band_bps, *_, inverse = terms
    base, quote = (other, one) if inverse else (one, other)
    return _Pair(base, quote, to_checksum_address(feed), max_age, band_bps)


def _pair_subject(reader: Reader, pair: _Pair) -> str:
    return "pair " + " ".join(sorted(_title(reader, token) for token in pair.tokens))


# Pairs


def _wanted_pairs(reader: Reader) -> list[_Pair]:
    pegs = reader.suite.pegs
    return [
        _Pair(
            pegs[config.base].token.address,
            pegs[config.quote].token.address,
            feed,
            config.max_age,
            config.band_bps,
        )
        for config, feed in _pairs_here(reader)
        if {config.base, config.quote} <= set(pegs)
    ]


def _named_pair(reader: Reader, pair: _Pair) -> str:
    return f"{_title(reader, pair.base)} and {_title(reader, pair.quote)}"


def _closed_pairs(reader: Reader) -> Iterator[Difference]:
    registry, board, left_out = reader.suite.registry, _on_board(reader), _left_out(reader)
    wanted = {pair.tokens: pair for pair in _wanted_pairs(reader)}
    ours = {peg.token.address for peg in reader.suite.pegs.values()}
    for one, other in itertools.combinations(board, 2):
        found = None if left_out & {one, other} else _found_pair(reader, one, other)
        if found is None:
            continue
        to, named = wanted.get(found.tokens), _named_pair(reader, found)
        if to and (to.base, to.quote) == (found.base, found.quote):
            if to != found and to.narrows(found):
                yield _narrowed(reader, found, to)
            continue
        # It goes before its currency leaves the board, or before the same pair comes turned.
        leaving = [board[token] for token in (one, other) if token not in ours]
        subject = board_subject(leaving[0]) if leaving else _pair_subject(reader, found)
        call = registry.prepare(
            "closePair",
            found.base,
            found.quote,
            reference(_pair_subject(reader, found)),
            text=f"let {named} be exchanged no more",
        )
        text = f"{named} are exchanged {found.terms()}, and no file declares it"
        if to:
            text = f"{named} are exchanged with {_title(reader, found.base)} as the base, declared "
            text += f"is {_title(reader, to.base)}"
        yield Difference(text, (reader.step("close", call, subject),), power=not to)


def _narrowed(reader: Reader, found: _Pair, to: _Pair) -> Difference:
    subject, named = _pair_subject(reader, to), _named_pair(reader, to)
    call = reader.suite.registry.prepare(
        "narrowPair",
        to.base,
        to.quote,
        to.max_age,
        to.band_bps,
        reference(subject),
        text=f"let {named} be exchanged only {to.terms()}",
    )
    text = f"{named} are exchanged {found.terms()}, declared is {to.terms()}"
    return Difference(text, (reader.step("limit", call, subject),))


def _opened_pairs(reader: Reader) -> Iterator[Difference]:
    board = _on_board(reader)
    for to in _wanted_pairs(reader):
        found = _found_pair(reader, to.base, to.quote)
        named = _named_pair(reader, to)
        text = f"{named} are not exchanged, and a pair was declared"
        if found and (found.base, found.quote) == (to.base, to.quote):
            if to.narrows(found):
                continue
            text = f"{named} are exchanged {found.terms()}, declared is {to.terms()}"
        missing = [_title(reader, t) for t in (to.base, to.quote) if t not in board]
        own = _pair_subject(reader, to)
        call = reader.suite.registry.prepare(
            "openPair",
            to.base,
            to.quote,
            to.feed,
            to.max_age,
            to.band_bps,
            reference(own),
            text=f"let {named} be exchanged {to.terms()}",
        )
        subject = board_subject(missing[0]) if missing else own
        yield Difference(text, (reader.step("open", call, subject),))


# Assets


def _delisted(reader: Reader) -> Iterator[Difference]:
    registry, declared = reader.suite.registry, set(_assets_here(reader).values())
    past = reader.past(registry, "AssetListed") or ()
    for asset in dict.fromkeys(to_checksum_address(event["asset"]) for event in past):
        if asset in declared or not reader.ask(registry, "isAsset", asset):
            continue
        call = registry.prepare(
            "delistAsset",
            asset,
            reference(f"asset {asset}"),
            text=f"let the asset {asset} be delivered against payment no more",
        )
        text = f"the asset {asset} is delivered against payment, and no file declares it"
        yield Difference(text, (reader.step("remove", call),), power=True)


def _listed(reader: Reader) -> Iterator[Difference]:
    registry = reader.suite.registry
    for name, asset in _assets_here(reader).items():
        if reader.ask(registry, "isAsset", asset, default=False):
            continue
        call = registry.prepare(
            "listAsset",
            asset,
            reference(f"asset {asset}"),
            text=f"let the asset {name} ({asset}) be delivered against payment",
        )
        text = f"the asset {name} ({asset}) is not delivered against payment, and was declared"
        yield Difference(text, (reader.step("add", call),))


# Attesters


def _attesters(reader: Reader, *, cut: bool) -> Iterator[Difference]:
    """Caps that are too high, or those that are too low."""
    registry, pegs = reader.suite.registry, reader.pegs
    declared = _attesters_here(reader)
    names = {account: f"{name} ({account})" for name, (account, _) in declared.items()}
    wanted = {
        (account, str(peg.token.address)): caps.get(code, 0)
        for account, caps in declared.values()
        for code, peg in pegs.items()
    }
    for account, token in _vouching(reader) if cut else ():
        wanted.setdefault((account, token), 0)
    board = _on_board(reader)
    for (account, token), cap in wanted.items():
        found = reader.ask(registry, "attesterCap", account, token, default=0)
        if found == cap or cut != (found > cap):
            continue
        who, worth = names.get(account, account), partial(_worth, reader, token)
        subject = f"attester {account} in {_title(reader, token)}"
        verb, only = ("cutAttester", "only ") if cut else ("raiseAttester", "")
        limit = f"documents of {only}up to {worth(cap)} unpaid" if cap else f"nothing in {worth()}"
        call = registry.prepare(
            verb, account, token, cap, reference(subject), text=f"let {who} vouch for {limit}"
        )
        text = f"{who} vouches for up to {worth(found)}, "
        text += f"declared is {worth(cap)}" if cap else "and no file declares it"
        if not cut and token not in board:
            subject = board_subject(_title(reader, token))
        yield Difference(text, (reader.step("limit", call, subject),), power=not cap)


def _vouching(reader: Reader) -> Iterator[tuple[str, str]]:
    """Every account that ever had a cap, with the currency of it."""
    left_out = _left_out(reader)
    for event in reader.past(reader.suite.registry, "AttesterCapSet") or ():
        token = to_checksum_address(event["token"])
        if token not in left_out:
            yield to_checksum_address(event["attester"]), token


def _worth(reader: Reader, token: str, units: int | None = None) -> str:
    """An amount of a currency, or the currency alone."""
    title = _title(reader, token)
    if units is None:
        return title
    peg = reader.suite.pegs.get(title)
    return money(peg, units) if peg else f"{units} base units of {token}"
