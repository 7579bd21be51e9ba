"""Quotes: what a maker signs, from which price, and why one would not settle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.amounts import MAX_UNITS, format_duration
from pegboard.errors import InputError, NotPermitted
from pegboard.inputs import moment_text
from pegboard.uses import papers
from pegboard.uses.legs import leg_of, written_at
from pegboard.uses.rates import rate_of
from pegboard.uses.terms import Quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pegboard.suite import Peg, Suite
    from pegboard.uses.legs import Leg

NOBODY = "0x" + "00" * 20
#: A quote is an option for its taker, free of charge: it does not live longer.
MOST_TTL = 60
QUOTE = papers.Form("pegboard-quote/1", "quote", "fx quote", ("terms", "signature"))
#: What `check` of the contract answers.
EXPIRED, SPENT, NOT_TRADABLE, STALE = 1, 2, 4, 8
OUT_OF_BAND, SIGNATURE, OTHER_TAKER, TERMS = 16, 32, 64, 128
MAKER_SENDS, MAKER_ALLOWS, TAKER_SENDS, TAKER_ALLOWS = 256, 512, 1024, 2048
_OF_TAKER = TAKER_SENDS | TAKER_ALLOWS
PRICE_DECIMALS = 18


@dataclass(frozen=True)
class SignedQuote:
    """A quote with its maker's signature; `name` is the file's."""

    name: str
    terms: Quote
    signature: bytes


# Making


def require_ttl(seconds: int) -> None:
    """Refuses a quote that would live too long, or not at all."""
    if not 1 <= seconds <= MOST_TTL:
        raise InputError(
            f"a quote lives for 1s to {MOST_TTL}s, not {format_duration(seconds)}: its taker can "
            "wait for the price to move, and the maker cannot"
        )


def quote_pair(
    suite: Suite, sell: Peg, buy: Peg, units: int, spread_bps: int, **terms: Any
) -> Quote:
    """A quote of one currency for another, from the feed of their pair and with a spread."""
    rate = rate_of(suite, sell, buy)
    rate.require_fresh(suite.chain.now())
    price = rate.price_of(units, spread_bps)
    quote = _quote(suite, sell.token.address, buy.token.address, units, price, **terms)
    if not rate.contains(units, price):
        raise InputError(
            f"a spread of {spread_bps} bps on this amount is out of the band of {rate.band_bps} "
            f"bps around {rate.written} for {rate.name}: it would not settle"
        )
    return quote


def quote_asset(
    suite: Suite, asset: Leg, currency: Leg, units: int, price: int, *, sells: bool, **terms: Any
) -> Quote:
    """Delivery against payment: `price` for one of the asset, in 10 ** -18 of the currency.

    What the maker gets is rounded up, what it pays down.
    """
    count = units * price * 10**currency.decimals
    share = 10 ** (asset.decimals + PRICE_DECIMALS)
    if sells:
        legs = (asset.token.address, currency.token.address, units, -(-count // share))
    else:
        legs = (currency.token.address, asset.token.address, count // share, units)
    return _quote(suite, *legs, **terms)


def _quote(
    suite: Suite,
    sell: str,
    buy: str,
    sold: int,
    bought: int,
    *,
    maker: str,
    taker: str | None,
    ttl: int,
    nonce: int | None,
) -> Quote:
    require_ttl(ttl)
    if not sold or not bought:
        raise InputError("one side would give nothing: quote a larger amount")
    if max(sold, bought) > MAX_UNITS:
        raise InputError("this is more than any token can hold: quote a smaller amount")
    number = _free_nonce(suite, maker) if nonce is None else nonce
    if suite.uses.fx.call("isSpent", maker, number):
        raise InputError(f"the nonce {number} of {maker} was settled or cancelled: give another")
    deadline = suite.chain.now() + ttl
    return Quote(maker, taker or NOBODY, sell, buy, sold, bought, deadline, number)


def _free_nonce(suite: Suite, maker: str) -> int:
    """The second of its making: quotes of four minutes share a word, which costs takers less."""
    number = suite.chain.now()
    while suite.uses.fx.call("isSpent", maker, number):
        number += 1
    return number


def require_signer(suite: Suite, maker: str, signer: str, *, asset: bool = False) -> None:
    """Refuses a key whose quotes would not settle; of assets, which have no band, any hot key."""
    if signer != maker and asset:
        raise NotPermitted(
            f"{signer} quotes between currencies only: a trade of an asset has no band, so the "
            f"maker {maker} signs it itself"
        )
    if signer != maker and not suite.uses.fx.call("isSignerOf", maker, signer):
        raise NotPermitted(
            f"{signer} is no signer of {maker}: have the maker add it, with `fx signer add`"
        )


def shortfall(suite: Suite, quote: Quote) -> list[str]:
    """What the maker lacks to deliver it now."""
    leg, maker, units = leg_of(suite, quote.sell), quote.maker, quote.sell_amount
    allowed = leg.allowance(maker, suite.uses.fx.address)
    faults = [leg.obstacle(maker, maker, units)]
    if allowed < units:
        faults.append(f"the maker lets FxSettle take {leg.written(allowed)}: see `fx allow`")
    return [f"It would not settle now: {fault}." for fault in faults if fault]


def describe(suite: Suite, quote: Quote) -> str:
    """A quote in one sentence."""
    sold = written_at(suite, quote.sell, quote.sell_amount)
    bought = written_at(suite, quote.buy, quote.buy_amount)
    taker = "anybody" if quote.taker == NOBODY else quote.taker
    return (
        f"{quote.maker} gives {sold} to {taker} for {bought}, until {moment_text(quote.deadline)}"
    )


# Files


def as_file(suite: Suite, quote: Quote, signature: bytes) -> dict[str, Any]:
    """What a maker hands over."""
    return QUOTE.fill(suite.uses.fx, terms=quote, signature=signature)


def read_quote(suite: Suite, path: Path) -> SignedQuote:
    """A maker's file; `check` says whether it is any good."""
    paper = papers.read(path, QUOTE, suite.uses.fx)
    return SignedQuote(paper.name, paper.terms(Quote), paper.bytes_of("signature"))


# Checking


def check(suite: Suite, signed: SignedQuote, taker: str | None = None) -> dict[int, str]:
    """Why a quote would not settle now for `taker`, by reason bit, in words; empty if it would.

    Where nobody is named, what a taker has is left out.
    """
    quote = signed.terms
    who = taker or (quote.taker if quote.taker != NOBODY else "")
    asked = (quote.values(), signed.signature, who or quote.maker)
    bits: int = suite.uses.fx.call("check", *asked)
    if not who:
        bits &= ~_OF_TAKER
    words = _plain(quote)
    if not bits & NOT_TRADABLE:
        words |= _of_legs(suite, quote, who or quote.maker)
    return {bit: words[bit] for bit in words if bits & bit}


def _plain(quote: Quote) -> dict[int, str]:
    return {
        EXPIRED: f"it expired at {moment_text(quote.deadline)}: have the maker quote anew",
        SPENT: "its nonce was settled or cancelled",
        NOT_TRADABLE: "it is neither of an open pair nor of a listed asset against a currency",
        STALE: "the feed of the pair is stale, or answers no price",
        OUT_OF_BAND: "its rate is out of the band around the feed's answer",
        SIGNATURE: f"{quote.maker} did not sign it, nor did a signer of its: it was changed, or "
        "another key signed",
        OTHER_TAKER: f"it is for {quote.taker} only",
        TERMS: "one side gives nothing",
        MAKER_SENDS: "the maker cannot deliver",
        MAKER_ALLOWS: "the maker has not allowed FxSettle to take it",
        TAKER_SENDS: "the taker cannot pay",
        TAKER_ALLOWS: "the taker has not allowed FxSettle to take it",
    }


def _of_legs(suite: Suite, quote: Quote, taker: str) -> dict[int, str]:
    sell, buy, fx = leg_of(suite, quote.sell), leg_of(suite, quote.buy), suite.uses.fx.address
    sides = (
        (MAKER_SENDS, "maker cannot deliver", sell, quote.maker, taker, quote.sell_amount),
        (TAKER_SENDS, "taker cannot pay", buy, taker, quote.maker, quote.buy_amount),
    )
    found = {}
    for bit, what, leg, sender, to, units in sides:
        found[bit] = f"the {what}: {leg.obstacle(sender, to, units) or 'the token refuses it'}"
        allowed = leg.written(leg.allowance(sender, fx))
        who = what.split()[0]
        found[bit << 1] = (
            f"the {who} lets FxSettle take {allowed}, and {leg.written(units)} is needed: it "
            "raises that with `fx allow`"
        )
    if buy.peg:
        found[TAKER_ALLOWS] += "; `fx pay` needs no allowance"
    return found


def settles(suite: Suite, signed: SignedQuote, reasons: Mapping[int, str]) -> bool:
    """Whether nothing stands against it, but an allowance where a signature can pay instead."""
    if set(reasons) == {TAKER_ALLOWS}:
        return leg_of(suite, signed.terms.buy).peg is not None
    return not reasons


def require_good(suite: Suite, signed: SignedQuote, taker: str, ignored: int = 0) -> None:
    """Refuses a quote that would not settle, with all reasons."""
    reasons = [text for bit, text in check(suite, signed, taker).items() if not bit & ignored]
    if reasons:
        raise InputError(f"{signed.name} would not settle: {'; '.join(reasons)}")
