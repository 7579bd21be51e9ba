"""Customers, channels, orders and redemptions of a deployed world, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard.signing import binding
from tests.support.world import REF, key

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from pegboard.chain import Receipt
    from tests.support.world import World

DAY = 86_400
CHANNEL = b"ENTERPRISE-1".ljust(32, b"\0")
PAYOUT = keccak(text="bank account 1")
DIRECT, WHOLESALE = 1, 2
#: Of a request.
REQUESTED, VALID, PAYING, PAID, RETURNED, RELEASED = range(1, 7)


def bank_ref(text: str) -> bytes:
    """The bank reference of a credit or payout, by any name."""
    return keccak(text=text)


def bind(world: World, wallet: LocalAccount, *, days: int = 365, cool: bool = True) -> None:
    """Binds a wallet by its own signature, sets its payout account, and lets both cool."""
    register, now = world.suite.desks.customers, world.chain.now()
    customer = keccak(text=f"customer {wallet.address}")
    nonce = register.call("customerOf", wallet.address)[3]
    message = binding(register, wallet.address, customer, nonce, now + DAY)
    proof = bytes(wallet.sign_message(message).signature)
    args = (wallet.address, customer, now + days * DAY, now + DAY, proof, REF)
    world.act("REGISTRAR", register, "bind", *args)
    world.act("REGISTRAR", register, "setPayout", wallet.address, PAYOUT, REF)
    if cool:
        world.chain.warp(register.call("cooling"))


def open_channel(
    world: World,
    payee: str,
    name: bytes = CHANNEL,
    *,
    kind: int = DIRECT,
    cap: int = 5_000_000 * 10**6,
    capacity: int = 20_000_000 * 10**6,
    window: int = DAY,
) -> bytes:
    """Opens a channel of the first currency to a payee, with cap and limit."""
    desk = world.suite.desks.issuance
    world.act("GOVERNOR", desk, "openChannel", name, world.token.address, kind, payee, REF)
    world.act("GOVERNOR", desk, "raiseChannel", name, cap, capacity, window, REF)
    return name


def propose(world: World, ref: bytes, amount: int, channel: bytes = CHANNEL) -> Receipt:
    """Proposes an order for a bank reference."""
    desk = world.suite.desks.issuance
    code = world.peg.config.code.encode()
    return desk.send("propose", ref, channel, code, amount, sender=world.member("PROPOSER"))


def approver(index: int = 0) -> str:
    """The approvers, by number."""
    return key(41 + index).address


def approve(
    world: World, ref: bytes, amount: int, channel: bytes = CHANNEL, *, by: int = 0
) -> Receipt:
    """Approves exactly these terms."""
    desk = world.suite.desks.issuance
    return desk.send("approve", ref, channel, amount, sender=approver(by))


def surrender(world: World, holder: str, value: int) -> int:
    """Requests a redemption; returns its number."""
    desk = world.suite.desks.redemption
    world.token.send("surrender", desk.address, value, REF, sender=holder)
    return int(desk.call("requestCount"))


def teller(world: World, verb: str, *args: object) -> Receipt:
    """validate, instruct, giveBack or recordDelay."""
    return world.suite.desks.redemption.send(verb, *args, sender=world.member("TELLER"))


def settler(world: World, verb: str, *args: object) -> Receipt:
    """settle or reject."""
    return world.suite.desks.redemption.send(verb, *args, sender=world.member("SETTLER"))


def to_paying(world: World, holder: str, value: int, ref: bytes) -> int:
    """A request whose payout was instructed."""
    number = surrender(world, holder, value)
    teller(world, "validate", number)
    teller(world, "instruct", number, ref)
    return number
