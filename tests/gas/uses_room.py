"""Where the gas of the uses is measured, beside AirSwap's swap on the same tokens.

As in the other room: receipts on Anvil, one a block, each from the same snapshot, no zero byte in
addresses, amounts, deadlines and signatures. Payees hold tokens already; nonces fall into words
that are in use; fees and exposures were above zero before. Chainlink's own mock is the feed.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from pegboard import create2
from pegboard.contract import Artifact, Contract
from tests.gas.room import AMOUNT, FOREVER, full_hash, people
from tests.support.uses import MAX_AGE, RATE, Market, open_market, sign
from tests.support.world import REF, ROOT, artifacts, build_world, key
from tests.unit.solc import chainlink_mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eth_account.signers.local import LocalAccount

    from pegboard.chain import Receipt
    from pegboard.uses.terms import Quote
    from tests.support.anvil import AnvilChain

AIRSWAP = ROOT / "node_modules/@airswap/swap-erc20/build/contracts/SwapERC20.sol/SwapERC20.json"
#: AMOUNT of HKD at the feed's rate.
DOLLARS = 158_277_934
FIRST_WORD = 0x7171717171717171717171717171717171717171717171717171717171717100
ORDER = (
    *(("nonce", "uint256"), ("expiry", "uint256"), ("signerWallet", "address")),
    *(("signerToken", "address"), ("signerAmount", "uint256"), ("protocolFee", "uint256")),
    *(("senderWallet", "address"), ("senderToken", "address"), ("senderAmount", "uint256")),
)


class Payers(Market):
    """The market's people, by addresses without a zero byte."""

    def _person(self, index: int) -> LocalAccount:
        return people()[index]

    maker = cached_property(lambda self: self._person(1))
    taker = cached_property(lambda self: self._person(2))
    supplier = cached_property(lambda self: self._person(3))
    relayer = cached_property(lambda self: self._person(4))
    operator = cached_property(lambda self: self._person(5))
    merchant = cached_property(lambda self: self._person(6))
    attester = cached_property(lambda self: self._person(7))
    seller = cached_property(lambda self: self._person(8))
    buyer = cached_property(lambda self: self._person(9))
    financier = cached_property(lambda self: self._person(10))


class UsesRoom:
    """HKD and USD with everybody in the middle of business, and one measurement for every label."""

    def __init__(self, chain: AnvilChain):
        self.chain = chain
        for person in people()[:12]:
            chain.result("anvil_setBalance", [person.address, hex(10**18)])
        world = build_world(chain, ("HKD", "USD"))
        mock = create2.deploy(chain, chainlink_mock().initcode(8, RATE), sender=key(0).address)[0]
        self.rate = Contract(chain, mock, chainlink_mock().abi)
        self.market = open_market(world, Payers)
        terms = (self.market.usd.token.address, self.market.hkd.token.address, mock, MAX_AGE, 65)
        world.act("GOVERNOR", world.suite.registry, "openPair", *terms, REF)
        for index in range(12):
            for peg in (self.market.hkd, self.market.usd):
                world.fund(people()[index].address, AMOUNT, peg=peg)
        self.link = Account.from_key(keccak(text="gas link"))
        self.rate.send("updateAnswer", RATE, sender=key(0).address)
        self._use()

    def measure(self) -> dict[str, int]:
        """Every label, each from the same state."""
        found = {}
        for label, operation in self._operations():
            point = self.chain.snapshot()
            # Time goes on with every block, and the feed must stay fresh.
            found[label] = operation().gas_used
            self.chain.restore(point)
        return found

    def _operations(self) -> Iterator[tuple[str, Callable[[], Receipt]]]:
        market = self.market
        yield "fx settle", lambda: self._settle(self._quote(2))
        yield "fx settle, first nonce of a word", lambda: self._settle(self._quote(300))
        yield "fx pay-through, gasless", lambda: market.settle_for(self._quote(2), self._to)
        yield "AirSwap swap of the same tokens", self._airswap
        yield "checkout authorize", lambda: market.authorize(self._info("two"))
        yield "checkout capture", lambda: self._capture(AMOUNT)
        yield "checkout capture of a part", lambda: self._capture(AMOUNT // 2)
        yield "checkout release", lambda: self._checkout("release", self._info("one"))
        yield "checkout refund", lambda: self._refund(AMOUNT)
        yield "checkout refund of a part", lambda: self._refund(AMOUNT // 2)
        yield "receivable attest", lambda: market.attest(self._doc("four"))
        yield "receivable accept", lambda: market.accept(self._doc("one"))
        yield "receivable finance", lambda: market.finance(self._doc("two"), self._offer("two"))
        yield "receivable pay", lambda: self._pay("three", AMOUNT - 1)
        yield "envelope create", lambda: market.create(self._envelope("two"))
        yield "envelope claim", self._claim

    def _use(self) -> None:
        """One of everything is behind us, and one of everything is open."""
        market = self.market
        self._settle(self._quote(1))
        market.settle_for(self._quote(3), self._to)
        for order in ("zero", "one"):
            market.authorize(self._info(order))
        self._checkout("capture", self._info("zero"), AMOUNT)
        for number in ("zero", "one", "two", "three"):
            market.attest(self._doc(number))
        for number in ("two", "three"):
            market.accept(self._doc(number))
        market.finance(self._doc("three"), self._offer("three"))
        market.create(self._envelope("one"))
        self._swap_contract = self._deploy_airswap()
        self._airswap(1)

    # Terms

    @property
    def _to(self) -> str:
        return self.market.supplier.address

    def _quote(self, number: int) -> Quote:
        return self.market.quote(
            sell_amount=DOLLARS,
            buy_amount=AMOUNT,
            deadline=FOREVER,
            nonce=FIRST_WORD + number,
            taker=self.market.taker.address,
        )

    def _info(self, order: str) -> Any:
        return self.market.info(
            max=AMOUNT,
            auth_by=FOREVER,
            capture_by=FOREVER,
            refund_by=FOREVER,
            fee_bps=257,
            fee_to=people()[11].address,
            order=full_hash(order),
        )

    def _doc(self, number: str) -> Any:
        return self.market.doc(
            face=AMOUNT,
            due=FOREVER,
            fingerprint=full_hash(f"invoice {number}"),
            orders_root=full_hash("orders"),
        )

    def _offer(self, number: str) -> Any:
        doc = self._doc(number)
        return self.market.offer(doc, expiry=FOREVER, fee_bps=257, late_bps_per_day=257)

    def _envelope(self, salt: str) -> Any:
        return self.market.envelope(
            self.link, total=AMOUNT, packets=257, expiry=FOREVER, salt=full_hash(salt)
        )

    # Operations

    def _settle(self, quote: Quote) -> Receipt:
        fx = self.market.uses.fx
        made = sign(self.market.maker, quote.signable(fx))
        values = (quote.values(), made, self._to, full_hash("payment"))
        return fx.send("settle", *values, sender=self.market.taker.address)

    def _checkout(self, verb: str, info: Any, *value: int, by: str | None = None) -> Receipt:
        sender = by or self.market.operator.address
        return self.market.uses.checkout.send(verb, info.values(), *value, sender=sender)

    def _capture(self, value: int) -> Receipt:
        return self._checkout("capture", self._info("one"), value)

    def _refund(self, value: int) -> Receipt:
        by = self.market.merchant.address
        return self._checkout("refund", self._info("zero"), value, by=by)

    def _pay(self, number: str, value: int) -> Receipt:
        values = (self._doc(number).values(), value, full_hash("payment"))
        return self.market.uses.receivables.send("pay", *values, sender=self.market.buyer.address)

    def _claim(self) -> Receipt:
        contract, envelope = self.market.uses.envelopes, self._envelope("one")
        signature = sign(self.link, envelope.claim(contract, self._to))
        values = (envelope.values(), self._to, signature)
        return contract.send("claim", *values, sender=self.market.relayer.address)

    # AirSwap

    def _deploy_airswap(self) -> Contract:
        built = json.loads(AIRSWAP.read_text())
        artifact = Artifact("SwapERC20", built["abi"], bytes.fromhex(built["bytecode"][2:]), b"")
        # No protocol fee, the cheapest that it can be.
        initcode = artifact.initcode(0, 0, people()[0].address, 10, 100)
        address, _ = create2.deploy(self.chain, initcode, sender=key(0).address)
        swap = Contract(self.chain, address, built["abi"], artifacts().errors)
        for account, peg in (
            (self.market.maker, self.market.usd),
            (self.market.taker, self.market.hkd),
        ):
            self.market.allow(peg, account, swap)
        return swap

    def _airswap(self, number: int = 2) -> Receipt:
        market, swap = self.market, self._swap_contract
        values = {
            "nonce": FIRST_WORD + number,
            "expiry": FOREVER,
            "signerWallet": market.maker.address,
            "signerToken": market.usd.token.address,
            "signerAmount": DOLLARS,
            "protocolFee": 0,
            "senderWallet": market.taker.address,
            "senderToken": market.hkd.token.address,
            "senderAmount": AMOUNT,
        }
        domain = swap.call("eip712Domain")
        message = encode_typed_data(
            {
                "name": domain[1],
                "version": domain[2],
                "chainId": domain[3],
                "verifyingContract": swap.address,
            },
            {"OrderERC20": [{"name": name, "type": kind} for name, kind in ORDER]},
            values,
        )
        made = market.maker.sign_message(message)
        given = [v for k, v in values.items() if k not in ("protocolFee", "senderWallet")]
        signature = (made.v, made.r.to_bytes(32, "big"), made.s.to_bytes(32, "big"))
        return swap.send("swap", self._to, *given, *signature, sender=market.taker.address)
