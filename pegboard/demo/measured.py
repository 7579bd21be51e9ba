"""A chapter of the story with its balances before and after, its seconds, and its gas."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.amounts import format_amount
from pegboard.contract import Contract, named
from pegboard.errors import Reverted, Unexpected
from pegboard.sending.journal import Note, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.chain import Receipt
    from pegboard.demo.stage import Stage
    from pegboard.suite import Peg
    from pegboard.uses.terms import Info


@dataclass(frozen=True)
class Holding:
    """What somebody has of something."""

    who: str
    account: str
    token: Contract
    unit: str
    decimals: int

    @classmethod
    def of(cls, stage: Stage, who: str, peg: Peg) -> Holding:
        """Of a currency."""
        config = peg.config
        account = stage.people[who]
        return cls(who, account, peg.token, config.code, config.decimals)

    def read(self) -> int:
        """The balance, in base units."""
        found: int = self.token.call("balanceOf", self.account)
        return found

    def told(self, units: int) -> str:
        """For people."""
        return f"{format_amount(units, self.decimals)} {self.unit}"


@contextmanager
def measured(stage: Stage, holdings: Sequence[Holding]) -> Iterator[None]:
    """Shows what a chapter changed, how long it took on this chain, and the gas that it used."""
    before = [holding.read() for holding in holdings]
    height, gas, begun = stage.chain.height(), stage.gas, time.monotonic()
    yield
    seconds = time.monotonic() - begun
    for holding, was in zip(holdings, before, strict=True):
        became = holding.read()
        stage.say(
            f"{holding.who:12} {holding.told(was):>24} before {holding.told(became):>24} after"
        )
    blocks = stage.chain.height() - height
    stage.say(f"took {seconds:.1f} s here, {blocks:,} blocks, {stage.gas - gas:,} gas")


def many(
    stage: Stage, who: str, text: str, calls: Sequence[tuple[Contract, str, tuple[Any, ...]]]
) -> None:
    """Several transactions of one sender, under way together; prints them as one line."""
    sender = stage.people[who]
    wishes = [
        Wish(sender, contract.address, contract.encode(verb, *args), Note(text=text))
        for contract, verb, args in calls
    ]
    spent = sum(receipt.gas_used for receipt in deliver(stage, wishes))
    stage.gas += spent
    stage.say(f"{who}: {text}, {len(calls)} transactions, {spent:,} gas")


def deliver(stage: Stage, wishes: Sequence[Wish]) -> Iterator[Receipt]:
    """Sends through the journal; a refusal has its name."""
    courier = getattr(stage.chain, "courier", None)
    if courier is None:
        raise Unexpected("this chain has no courier, so nothing can be sent")
    try:
        yield from courier.deliver_all(wishes)
    except Reverted as fault:
        raise named(fault, stage.artifacts.errors) from fault


def authorized(stage: Stage, info: Info, who: str) -> bytes:
    """The payer's signature over what a payment takes."""
    checkout = stage.suite.uses.checkout
    peg = next(p for p in stage.suite.pegs.values() if p.token.address == info.token)
    message = info.payment(checkout).signable(peg.token, "ReceiveWithAuthorization")
    return stage.sign(stage.people[who], message)
