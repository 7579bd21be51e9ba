"""Where gas is measured: receipts of real transactions on Anvil, one a block.

Each starts from the same snapshot. Addresses, amounts, nonces, deadlines and signatures have no
zero byte, so that calldata costs its full price; more than a hundred holders exist, and supply,
limits and reserves are in use.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from eth_account import Account
from eth_utils import keccak

from pegboard import signing
from pegboard.deploy import Deployer, Plan
from pegboard.suite import locate
from tests.support.desks import (
    approve,
    bank_ref,
    bind,
    open_channel,
    propose,
    settler,
    surrender,
    teller,
)
from tests.support.world import World, artifacts, currencies, desks, key, resolve, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eth_account.signers.local import LocalAccount

    from tests.support.anvil import AnvilChain

AMOUNT = 1_234_567_890
FOREVER = 0x71717171
EARLIER = 0x61616161
HOLDERS = 110
#: A bank reference or ticket as the toolkit writes it: text, padded.
TICKET = b"BANK-10417".ljust(32, b"\0")


def _payout(number: int) -> bytes:
    return f"PAYOUT-{number}".encode().ljust(32, b"\0")


def _full(data: bytes) -> bool:
    return 0 not in data


@cache
def people() -> tuple[LocalAccount, ...]:
    """Keys whose addresses have no zero byte."""
    found, index = [], 0
    while len(found) < HOLDERS + 10:
        account = Account.from_key(keccak(text=f"gas room {index}"))
        index += 1
        if _full(bytes.fromhex(account.address[2:])):
            found.append(account)
    return tuple(found)


def full_hash(label: str) -> bytes:
    """A hash without a zero byte."""
    return next(h for i in range(1000) if _full(h := keccak(text=f"{label} {i}")))


class Room:
    """A deployed world on Anvil with holders, and one measurement for every label."""

    def __init__(self, chain: AnvilChain):
        self.chain = chain
        self.world = self._deploy()
        self.token = self.world.token
        self.holder, self.other, self.spender, self.relayer = people()[HOLDERS : HOLDERS + 4]
        self.newcomer = people()[HOLDERS + 4]
        self.holders = [p.address for p in people()[:HOLDERS]]
        self._fill()

    def _deploy(self) -> World:
        """HKD first; then EUR as one more currency, measured, before the deployer hands over."""
        account = key(0).address
        one = {"HKD": currencies()["HKD"]}
        eur = replace(one["HKD"], code="EUR", name="Pegboard EUR", symbol="pbEUR")

        def deployer(chosen: dict) -> Deployer:
            suite = locate(self.chain, artifacts(), chosen, desks(), account, resolve)
            return Deployer(suite, artifacts(), roles(), account, resolve)

        first = deployer(one)
        plan = first.plan()
        first.apply(Plan(plan.creations, plan.settings, ()))
        both = deployer({**one, "EUR": eur})
        plan = both.plan()
        both.apply(Plan(plan.creations, plan.settings, ()))
        self.one_more_currency = sum(r.gas_used for r in both.receipts)
        both.apply(both.plan())
        both.verify()
        return World(self.chain, both.suite, both)

    def _fill(self) -> None:
        world, burner = self.world, self.world.member("BURNER")
        for account in (*self.holders, self.holder.address, self.other.address, burner):
            world.fund(account, (200 if account == self.holder.address else 20) * AMOUNT)
        for sender in (self.holder, self.other, self.spender, self.relayer, self.newcomer):
            self.chain.result("anvil_setBalance", [sender.address, hex(10**18)])
        self._use_desks()

    def _gas(self, sender: str, name: str, *args: object) -> int:
        return self.chain.transact(
            sender, self.token.address, self.token.encode(name, *args)
        ).gas_used

    def _send(self, name: str, *args: object) -> int:
        return self._gas(self.holder.address, name, *args)

    def measure(self) -> dict[str, int]:
        """Every label, each from the same state."""
        found = {"one more currency with its feed, deployed and configured": self.one_more_currency}
        for label, operation in self._operations():
            point = self.chain.snapshot()
            found[label] = operation()
            self.chain.restore(point)
        return found

    def _operations(self) -> Iterator[tuple[str, Callable[[], int]]]:
        other, new = self.other.address, self.newcomer.address
        yield "transfer to an existing holder", lambda: self._send("transfer", other, AMOUNT)
        yield "transfer to a new holder", lambda: self._send("transfer", new, AMOUNT)
        yield (
            "transfer of the whole balance",
            lambda: self._send(
                "transfer", other, self.token.call("balanceOf", self.holder.address)
            ),
        )
        yield (
            "transfer with a reference",
            lambda: self._send("transfer(address,uint256,bytes)", other, AMOUNT, full_hash("ref")),
        )
        yield (
            "approve, zero to non-zero",
            lambda: self._send("approve", self.spender.address, AMOUNT),
        )
        yield "transferFrom, finite allowance, spender checked", lambda: self._spend(3 * AMOUNT)
        yield "transferFrom, infinite allowance, spender checked", lambda: self._spend(2**256 - 1)
        yield "permit, first of an owner", lambda: self._permit(0)
        yield "permit, later", self._second_permit
        yield (
            "transferWithAuthorization, random nonce, v,r,s",
            lambda: self._authorized(full_hash("nonce")),
        )
        yield "transferWithAuthorization, nonce in a used word", self._second_authorization
        yield "batch of 100 to existing holders, per row", lambda: self._batch(referenced=False)
        yield "the same with references, per row", lambda: self._batch(referenced=True)
        yield "mint to an existing holder, with authority, limit and reserve check", self._mint
        yield "blacklist, one account", lambda: self._blacklist(1)
        yield "blacklist, per account in a list of 50 with balances", lambda: self._blacklist(50)
        yield "burn of own tokens, by role", self._burn
        yield "issue through the desk", lambda: self._issue(1)
        yield "issue through the desk, second of two approvals", lambda: self._issue(2)
        yield "request redemption", self._request
        yield "settle redemption", self._settle
        yield "balanceOf read by another contract, cold", lambda: self._read()[0]
        yield "balanceOf as its caller pays it, cold address included", lambda: self._read()[1]

    def _use_desks(self) -> None:
        """A customer with a channel, an issue and a redemption behind it and a request open."""
        world, customer = self.world, self.holder
        bind(world, customer)
        open_channel(world, customer.address)
        world.attest(10**17)
        propose(world, bank_ref("first"), 100 * AMOUNT)
        approve(world, bank_ref("first"), 100 * AMOUNT)
        for number in (1, 2):
            self._pay_out(number)
        settler(world, "settle", 1, _payout(1))

    def _pay_out(self, number: int) -> None:
        surrender(self.world, self.holder.address, AMOUNT)
        teller(self.world, "validate", number)
        teller(self.world, "instruct", number, _payout(number))

    def _issue(self, approvals: int) -> int:
        """The transaction that mints; the order and all approvals but the last came before."""
        ref, amount = full_hash("bank credit"), (AMOUNT, 1_000 * AMOUNT)[approvals - 1]
        propose(self.world, ref, amount)
        receipts = [approve(self.world, ref, amount, by=index) for index in range(approvals)]
        return receipts[-1].gas_used

    def _request(self) -> int:
        desk = self.world.suite.desks.redemption
        return self._send("surrender", desk.address, AMOUNT, TICKET)

    def _settle(self) -> int:
        self._pay_out(3)
        return settler(self.world, "settle", 3, _payout(3)).gas_used

    def _spend(self, allowance: int) -> int:
        self._send("approve", self.spender.address, allowance)
        args = (self.holder.address, self.other.address, AMOUNT)
        return self._gas(self.spender.address, "transferFrom", *args)

    def _permit(self, nonce: int) -> int:
        # The first value in a row that gives a signature without a zero byte.
        for value in range(AMOUNT, AMOUNT + 10_000):
            owner, spender = self.holder.address, (self.spender, self.other)[nonce].address
            message = signing.permit(self.token, owner, spender, value, nonce, FOREVER)
            signed = self.holder.sign_message(message)
            if _full(bytes(signed.signature)) and _full(value.to_bytes(4, "big")):
                args = (owner, spender, value, FOREVER, *_vrs(signed.signature))
                name = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
                return self._gas(self.relayer.address, name, *args)
        raise AssertionError("no full signature")

    def _second_permit(self) -> int:
        self._permit(0)
        return self._permit(1)

    def _authorized(self, nonce: bytes) -> int:
        for value in range(AMOUNT, AMOUNT + 10_000):
            authorization = signing.Authorization(
                self.holder.address, self.other.address, value, EARLIER, FOREVER, nonce
            )
            signed = self.holder.sign_message(authorization.signable(self.token))
            if _full(bytes(signed.signature)) and _full(value.to_bytes(4, "big")):
                name = (
                    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,"
                    "uint8,bytes32,bytes32)"
                )
                args = (*authorization.values(), *_vrs(signed.signature))
                return self._gas(self.relayer.address, name, *args)
        raise AssertionError("no full signature")

    def _second_authorization(self) -> int:
        nonce = full_hash("nonce")
        self._authorized(nonce)
        return self._authorized(nonce[:31] + bytes([nonce[31] ^ 1 or 1]))

    def _batch(self, *, referenced: bool) -> int:
        rows = [(to, AMOUNT) for to in self.holders[:100]]
        refs = [full_hash(f"ref {i}") for i in range(100)]
        kind = "bytes32,uint8,(address,uint96)[]" + (
            ",bytes32[],uint256" if referenced else ",uint256"
        )
        rest = (refs, 100 * AMOUNT) if referenced else (100 * AMOUNT,)
        return -(-self._send(f"pay({kind})", full_hash("batch"), 7, rows, *rest) // 100)

    def _mint(self) -> int:
        minter = self.world.member("MINTER")
        return self._gas(minter, "mint", self.other.address, AMOUNT, TICKET)

    def _blacklist(self, count: int) -> int:
        accounts = self.holders[:count]
        used = self._gas(self.world.member("BLACKLISTER"), "blacklist", accounts, TICKET)
        return -(-used // count)

    def _burn(self) -> int:
        return self._gas(self.world.member("BURNER"), "burn", AMOUNT, TICKET)

    def _read(self) -> tuple[int, int]:
        """Gas in the token's own frame, and what the calling contract sees the call take."""
        artifact = artifacts()["BalanceReader"]
        sender = self.holder.address
        tx = self.chain.transact(sender, None, artifact.initcode())
        reader = self.chain.result("eth_getTransactionReceipt", [tx.tx])["contractAddress"]
        data = keccak(text="read(address,address)")[:4] + b"".join(
            bytes(12) + bytes.fromhex(a[2:]) for a in (self.token.address, self.holders[0])
        )
        receipt = self.chain.transact(sender, reader, data)
        trace = self.chain.result("debug_traceTransaction", [receipt.tx, {"tracer": "callTracer"}])
        (frame,) = trace["calls"]
        seen = int.from_bytes(receipt.logs[0].data[32:], "big")
        return int(frame["gasUsed"], 16), seen


def _vrs(signature: bytes) -> tuple[int, bytes, bytes]:
    return signature[64], bytes(signature[:32]), bytes(signature[32:64])
