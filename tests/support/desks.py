"""Customers, channels, orders and redemptions of a deployed world, in one line each."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from eth_utils import keccak, to_checksum_address

from pegboard.desks import calendar_code
from pegboard.signing import binding
from tests.support.world import REF, key, roles

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from pegboard.chain import Receipt
    from pegboard.contract import Contract
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


#: Also of a request: of one that never was, and of one that is finished in any way.
NONE, CLOSED = 0, 4
HONG_KONG, NEW_YORK = timedelta(hours=8), timedelta(hours=-5)


class Redemption(NamedTuple):
    """What the redemption desk records of a request."""

    id: int
    token: str
    holder: str
    amount: int
    fee: int
    status: int
    requested_at: int
    valid_day: int
    due_at: int
    blocked_until: int


def redemption(world: World, number: int) -> Redemption:
    """One request, its addresses checksummed."""
    record = Redemption(*world.suite.desks.redemption.call("requestOf", number))
    token, holder = to_checksum_address(record.token), to_checksum_address(record.holder)
    return record._replace(token=token, holder=holder)


def moment(text: str, offset: timedelta = HONG_KONG) -> int:
    """When clocks somewhere, Hong Kong unless told, show 2027-01-18 09:00:00."""
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone(offset)).timestamp())


def until(world: World, text: str, offset: timedelta = HONG_KONG) -> None:
    """Lets time pass until clocks show this."""
    passing = moment(text, offset) - world.chain.now()
    assert passing >= 0, f"{text} has passed"
    world.chain.warp(passing)


def take_back(world: World, number: int, holder: str) -> Receipt:
    """The holder's own verb."""
    return world.suite.desks.redemption.send("takeBack", number, sender=holder)


def day_of(text: str) -> int:
    """The number of a day of Hong Kong, such as 2027-01-18."""
    return moment(f"{text} 00:00:00", timedelta()) // DAY


def close(world: World, text: str, calendar: str = "HK") -> Receipt:
    """Declares a typhoon day."""
    code = calendar_code(calendar)
    return world.act("CLERK", world.suite.desks.calendar, "declareClosed", code, day_of(text), REF)


def is_late(world: World, receipt: Receipt) -> bool:
    """Whether a payment was said to be late."""
    ((name, said),) = world.suite.desks.redemption.events(receipt.logs)
    assert name == "RedemptionPaid"
    return bool(said["late"])


#: Of an order; NONE is one that never was.
PROPOSED, ISSUED, CANCELLED, EXPIRED = range(1, 5)


class Order(NamedTuple):
    """What an issuance desk records of a bank reference."""

    bank_ref: bytes
    channel: bytes
    amount: int
    proposer: str
    expires_at: int
    status: int
    approvers: tuple[str, ...]


class Channel(NamedTuple):
    """What an issuance desk records of a channel, and what its limit allows now."""

    name: bytes
    token: str
    payee: str
    kind: int
    is_open: bool
    cap: int
    capacity: int
    window: int
    available: int


def read_order(record: tuple[Any, ...]) -> Order:
    """An order as a desk answers it, its addresses checksummed."""
    found = Order(*record)
    approvers = tuple(to_checksum_address(a) for a in found.approvers)
    return found._replace(proposer=to_checksum_address(found.proposer), approvers=approvers)


def order_of(world: World, ref: bytes, desk: Contract | None = None) -> Order:
    """One order, at the deployed desk unless told."""
    return read_order((desk or world.suite.desks.issuance).call("orderOf", ref))


def read_channel(record: tuple[Any, ...]) -> Channel:
    """A channel as a desk answers it, its addresses checksummed."""
    found = Channel(*record)
    token, payee = to_checksum_address(found.token), to_checksum_address(found.payee)
    return found._replace(token=token, payee=payee)


def channel_of(world: World, name: bytes = CHANNEL) -> Channel:
    """One channel of the deployed desk."""
    return read_channel(world.suite.desks.issuance.call("channelOf", name))


def ready_desk(world: World, payee: LocalAccount) -> Contract:
    """The deployed desk, with a channel to a payee that is ready, and ample fresh reserves."""
    bind(world, payee)
    open_channel(world, payee.address)
    world.attest(10**17)
    return world.suite.desks.issuance


def later(world: World, *steps: tuple[str, Contract, str, tuple[Any, ...]]) -> None:
    """Does delayed things in one wait: (role, contract, verb, arguments) each."""
    ready = world.chain.now()
    for role, contract, name, args in steps:
        data, sender = contract.encode(name, *args), world.member(role)
        world.suite.authority.send("schedule", contract.address, data, 0, sender=sender)
        ready = max(ready, world.chain.now() + roles().roles[role].delay)
    world.chain.warp(ready - world.chain.now())
    for role, contract, name, args in steps:
        contract.send(name, *args, sender=world.member(role))


def grant(world: World, role: str, account: str, delay: int = 0) -> None:
    """Gives a role, after the granter's own delay."""
    arguments = (roles().roles[role].id, account, delay)
    later(world, ("GOVERNOR", world.suite.authority, "grantRole", arguments))


def expel(world: World, role: str, account: str) -> None:
    """Takes a role away, at once."""
    role_id, expeller = roles().roles[role].id, world.member("EXPELLER")
    world.suite.authority.send("expel", role_id, account, REF, sender=expeller)


def appoint(world: World, desk: Contract) -> None:
    """Gives another issuance desk the powers of the deployed one."""
    authority = world.suite.authority
    mapped = [
        (desk.address, [desk.selector(verb) for verb in role.functions["issuance"]], role.id)
        for role in roles().roles.values()
        if "issuance" in role.functions
    ]
    later(
        world,
        *(("ADMIN", authority, "setTargetFunctionRole", terms) for terms in mapped),
        ("GOVERNOR", authority, "grantRole", (roles().roles["MINTER"].id, desk.address, 0)),
    )
