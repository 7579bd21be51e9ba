"""Exchange as its tests do it: paid by allowance or by signature, in both directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from tests.support.revm import RevmChain
from tests.support.uses import Market, open_market, sign
from tests.support.world import REF, build_world

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from pegboard.chain import Receipt
    from pegboard.contract import Contract
    from pegboard.suite import Peg
    from pegboard.uses.terms import Quote

ZERO = "0x" + "00" * 20
WAYS = ("settle", "settleFor")
#: Whether the maker sells the pair's base (USD) or its quote (HKD).
DIRECTIONS = ("base", "quote")
CAST = (
    *("maker", "taker", "supplier", "relayer", "operator", "merchant"),
    *("attester", "seller", "buyer", "financier"),
)

Holdings = dict[tuple[str, str], int]


def fresh_market() -> Market:
    """A market on a chain of its own."""
    return open_market(build_world(RevmChain(), ("HKD", "USD")))


@dataclass
class Exchange:
    """Who trades in a market, and what everybody has."""

    market: Market
    #: Tokens beside the currencies whose movements count.
    assets: dict[str, Contract] = field(default_factory=dict)
    #: Holders beside the cast and the contracts.
    others: dict[str, str] = field(default_factory=dict)

    @property
    def fx(self) -> Contract:
        return self.market.uses.fx

    @property
    def chain(self) -> Any:
        return self.market.world.chain

    @property
    def tokens(self) -> dict[str, Contract]:
        return {"HKD": self.market.hkd.token, "USD": self.market.usd.token, **self.assets}

    @property
    def holders(self) -> dict[str, str]:
        people = {name: getattr(self.market, name).address for name in CAST}
        contracts = {name: c.address for name, c in self.market.uses.by_name.items()}
        places = {name: token.address for name, token in self.tokens.items()}
        return people | contracts | places | self.others

    def quote(self, direction: str = "base", **changes: Any) -> Quote:
        """USD 100 for HKD 780, or HKD 780 for USD 100."""
        if direction == "quote":
            turned = {
                "sell": self.market.hkd.token.address,
                "buy": self.market.usd.token.address,
                "sell_amount": 780_000_000,
                "buy_amount": 100_000_000,
            }
            changes = turned | changes
        return self.market.quote(**changes)

    def signed(self, quote: Quote, by: LocalAccount | None = None) -> bytes:
        """The maker's signature, or somebody else's."""
        return sign(by or self.market.maker, quote.signable(self.fx))

    def currency(self, token: str) -> Peg:
        """The currency of an address; HKD where it is none, for signatures that nobody reads."""
        return self.market.usd if token == self.market.usd.token.address else self.market.hkd

    def paid(self, quote: Quote, taker: LocalAccount, to: str, ref: bytes = REF) -> bytes:
        """The taker's signature over its payment."""
        payment = quote.payment(self.fx, taker.address, to, ref)
        token = self.currency(quote.buy).token
        return sign(taker, payment.signable(token, "ReceiveWithAuthorization"))

    def do(
        self,
        way: str,
        quote: Quote,
        *,
        to: str | None = None,
        taker: LocalAccount | None = None,
        signature: bytes | None = None,
        ref: bytes = REF,
    ) -> Receipt:
        """Settles, for the supplier if nobody else is named."""
        to = self.market.supplier.address if to is None else to
        taker = taker or self.market.taker
        made = self.signed(quote) if signature is None else signature
        if way == "settle":
            return self.fx.send("settle", quote.values(), made, to, ref, sender=taker.address)
        paid = self.paid(quote, taker, to, ref)
        values = (quote.values(), made, taker.address, to, ref, paid)
        return self.fx.send("settleFor", *values, sender=self.market.relayer.address)

    def check(self, quote: Quote, *, signature: bytes | None = None, taker: str = "") -> int:
        """The reasons against it, as bits."""
        made = self.signed(quote) if signature is None else signature
        bits: int = self.fx.call("check", quote.values(), made, taker or self.market.taker.address)
        return bits

    def holdings(self) -> Holdings:
        """What everybody has of everything."""
        return {
            (who, code): token.call("balanceOf", address)
            for code, token in self.tokens.items()
            for who, address in self.holders.items()
        }

    def supplies(self) -> dict[str, int]:
        """F6: what must not change."""
        return {code: token.call("totalSupply") for code, token in self.tokens.items()}

    def spent(self, quote: Quote) -> bool:
        """Whether the maker's nonce is used."""
        answer: bool = self.fx.call("isSpent", quote.maker, quote.nonce)
        return answer


def moved(before: Holdings, after: Holdings) -> Holdings:
    """Who has more or less than before, and by how much."""
    return {place: after[place] - had for place, had in before.items() if after[place] != had}


def same(address: str) -> str:
    """An address inside of an answered struct, as everywhere else."""
    return to_checksum_address(address)
