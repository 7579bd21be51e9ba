"""Prices of pairs, as FxSettle takes them: from a feed, with a band around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.actions import Action, desk_action
from pegboard.amounts import exact_amount, format_duration, parse_amount
from pegboard.config import LOCAL_CHAINS
from pegboard.contract import Contract
from pegboard.errors import AmountError, ChainError, InputError, Reverted

if TYPE_CHECKING:
    from pegboard.contract import Artifacts
    from pegboard.suite import Peg, Suite

WHOLE = 10_000
#: Beyond it an answer is no price.
_LARGEST = 2**192 - 1


@dataclass(frozen=True)
class Rate:
    """On what terms one currency is sold for another, and the answer of their feed.

    `answer` is units of the pair's quote for one of its base, in 10 ** -`feed_decimals`; `inverse`
    says that the quote is what is sold.
    """

    name: str
    feed: str
    max_age: int
    band_bps: int
    sell_decimals: int
    buy_decimals: int
    feed_decimals: int
    inverse: bool
    answer: int
    updated_at: int

    def price_of(self, sold: int, spread_bps: int) -> int:
        """What `sold` base units cost with a spread for who sells, rounded up: in its favour."""
        count, share = sold * (WHOLE + spread_bps), WHOLE * 10**self.sell_decimals
        feed = 10**self.feed_decimals
        if self.inverse:
            return _up(count * feed * 10**self.buy_decimals, share * self.answer)
        return _up(count * self.answer * 10**self.buy_decimals, share * feed)

    def contains(self, sold: int, bought: int) -> bool:
        """Whether the contract would find this rate within the band, its edges included."""
        base, quote = (bought, sold) if self.inverse else (sold, bought)
        decimals = (self.sell_decimals, self.buy_decimals)
        base_decimals, quote_decimals = decimals[::-1] if self.inverse else decimals
        middle = quote * WHOLE * 10 ** (base_decimals + self.feed_decimals)
        unit = base * 10**quote_decimals * self.answer
        within: bool = unit * (WHOLE - self.band_bps) <= middle <= unit * (WHOLE + self.band_bps)
        return within

    def require_fresh(self, now: int) -> None:
        """Refuses an answer that the contract would refuse now."""
        if not 0 < self.answer <= _LARGEST:
            raise InputError(f"the feed {self.feed} of {self.name} answers {self.answer}: no price")
        age = now - self.updated_at
        if not 0 <= age <= self.max_age:
            when = f"{format_duration(age)} ago" if age > 0 else "the future"
            raise InputError(
                f"the feed {self.feed} of {self.name} is stale: its answer is from {when}, and "
                f"counts for {format_duration(self.max_age)}; wait for a new one"
            )

    @property
    def written(self) -> str:
        """The feed's answer for people, such as 7.80."""
        return exact_amount(self.answer, self.feed_decimals)


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def rate_of(suite: Suite, sell: Peg, buy: Peg) -> Rate:
    """The terms of a pair with its feed's answer, as seen by who sells the first."""
    codes = (sell.config.code, buy.config.code)
    try:
        found = suite.registry.call("rateTermsOf", sell.token.address, buy.token.address)
    except Reverted as fault:
        if fault.name != "NotTradable":
            raise
        raise InputError(
            f"{codes[0]} and {codes[1]} are no open pair: have GOVERNOR open it"
        ) from (fault)
    feed, max_age, band, sell_decimals, buy_decimals, feed_decimals, inverse = found
    feed = to_checksum_address(feed)
    name = "/".join(codes[::-1] if inverse else codes)
    try:
        # Ours has the shape of any feed.
        _, answer, _, updated_at, _ = sell.feed.at(feed).call("latestRoundData")
    except ChainError as fault:
        raise InputError(f"the feed {feed} of {name} does not answer: {fault}") from fault
    decimals = (sell_decimals, buy_decimals, feed_decimals)
    return Rate(name, feed, max_age, band, *decimals, inverse, answer, updated_at)


def push(suite: Suite, pair: str, rate: str, artifacts: Artifacts) -> Action:
    """Gives the feed of a pair an answer of now, on a local chain, where its feed lets anybody."""
    if suite.chain.chain_id not in LOCAL_CHAINS:
        raise InputError("only a local chain has feeds that can be pushed: nothing was sent")
    codes = pair.upper().split("/")
    if len(codes) != 2:
        raise InputError(f"{pair!a} is no pair: write base and quote, such as USD/HKD")
    found = rate_of(suite, suite.peg(codes[0]), suite.peg(codes[1]))
    if found.inverse:
        raise InputError(f"the pair is {found.name}: write the rate of that")
    try:
        answer, moment = parse_amount(rate, found.feed_decimals), suite.chain.now()
    except AmountError as fault:
        raise InputError(
            f"{rate!a} is no rate of {found.name}: write plain digits with at most "
            f"{found.feed_decimals} after the point, such as {found.written}"
        ) from fault
    if not answer:
        raise InputError("a rate of zero is no price: nothing was sent")
    return desk_action(
        Contract(suite.chain, found.feed, artifacts["RateFeed"].abi, artifacts.errors),
        "push",
        (answer, moment),
        f"answer {exact_amount(answer, found.feed_decimals)} for {found.name}, as of now",
        details={"pair": found.name, "rate": exact_amount(answer, found.feed_decimals)},
        public=True,
    )
