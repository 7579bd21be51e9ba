"""The uses at work: an importer pays abroad, suppliers are paid by file, shops sell."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eth_utils import keccak, to_checksum_address

from pegboard import actions, create2
from pegboard.actions import desk_action, money
from pegboard.demo import deals
from pegboard.demo.measured import Holding, authorized, deliver, many, measured
from pegboard.demo.payrun import Transfer, pain_001
from pegboard.demo.story import deploy
from pegboard.files import paying, payout_report, payouts
from pegboard.files.addressbook import AddressBook
from pegboard.inputs import NO_REFERENCE, reference
from pegboard.reserves import post
from pegboard.uses.remittance import reference_for
from pegboard.uses.terms import Info, Quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.contract import Contract
    from pegboard.demo.stage import Stage
    from pegboard.suite import Peg

#: Everybody who comes to hold tokens.
CAST = (
    *("importer", "dealer", "supplier", "second", "shopper", "merchant", "grocer", "provider"),
    *("seller", "buyer", "financier", "rival", "warehouse", "giver", "fund", "investor"),
)
DAY = 86_400
ZERO = "0x" + "00" * 20
#: HKD for one USD, in 10 ** -8: the middle of its convertibility zone.
RATE = 780_000_000
BAND_BPS = 65
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
INVOICE = {"invoice": "INV-2026-0815", "amount": "100000.00", "currency": "USD"}
PAYEES, BARRED = 1_000, (100, 500, 900)
ORDERS, REFUNDS = 200, 12


def tell(stage: Stage) -> None:
    """All of it."""
    deploy(stage)
    hkd, usd = stage.suite.peg("HKD"), stage.suite.peg("USD")
    rate = open_market(stage, hkd, usd)
    pay_abroad(stage, hkd, usd, rate)
    pay_many(stage, usd)
    sell(stage, hkd)
    deals.finance(stage, hkd)
    deals.give(stage, hkd)
    deals.invest(stage, usd)
    _state(stage, hkd, usd)


def open_market(stage: Stage, hkd: Peg, usd: Peg) -> Contract:
    """Money for those who begin with it, and the pair with its feed and band."""
    stage.step("Open the market: USD/HKD at 7.80, at most 65 basis points away")
    _state(stage, hkd, usd)
    for peg, who, amount in (
        (hkd, "importer", "2000000.00"),
        (usd, "dealer", "5000000.00"),
        (hkd, "shopper", "500000.00"),
        (hkd, "merchant", "50000.00"),
        (hkd, "buyer", "3000000.00"),
        (hkd, "financier", "2500000.00"),
        (hkd, "rival", "2500000.00"),
        (hkd, "giver", "1000.00"),
        (usd, "investor", "250000.00"),
    ):
        units, ref = stage.units(peg, amount), reference(f"FPS {who}")
        stage.enact(actions.mint(peg, stage.people[who], units, ref))
    artifact = stage.artifacts["RateFeed"]
    initcode = artifact.initcode(8, RATE, "USD / HKD")
    place, _ = create2.deploy(stage.suite.chain, initcode, sender=stage.people["relayer"])
    rate = stage.suite.registry.at(place, artifact.abi)
    ref = reference("pair USD/HKD")
    args = (usd.token.address, hkd.token.address, place, 3_600, BAND_BPS, ref)
    text = "let USD and HKD be exchanged"
    stage.enact(desk_action(stage.suite.registry, "openPair", args, text))
    return rate


def _state(stage: Stage, hkd: Peg, usd: Peg) -> None:
    for peg, reserves in ((hkd, "90000000"), (usd, "20000000")):
        signed = stage.statement(peg, reserves, signers=3)
        post(peg.feed, *signed, sender=stage.people["relayer"])


def settle_some(stage: Stage, count: int) -> None:
    """Nothing but the market and some payments abroad, for who wants their receipts."""
    deploy(stage)
    hkd, usd = stage.suite.peg("HKD"), stage.suite.peg("USD")
    abroad = _Abroad(stage, hkd, usd, open_market(stage, hkd, usd))
    for nonce in range(1, count + 1):
        stage.act(abroad.fx, "relayer", "a payment", "settleFor", *abroad.signed(nonce, "10000.00"))


class _Abroad:
    """Payments of an importer who has HKD to a supplier who wants USD, at a dealer's quotes."""

    def __init__(self, stage: Stage, hkd: Peg, usd: Peg, rate: Contract) -> None:
        self.stage, self.hkd, self.usd, self.fx = stage, hkd, usd, stage.suite.uses.fx
        usd.token.send("approve", self.fx.address, 2**256 - 1, sender=stage.people["dealer"])
        rate.send("push", RATE, stage.chain.now(), sender=stage.people["relayer"])

    def signed(
        self, nonce: int, amount: str = "100000.00", price: str = "7.80234", to: str = "supplier"
    ) -> tuple[object, ...]:
        """A fresh quote and the importer's payment for it: what `settleFor` takes."""
        people, stage = self.stage.people, self.stage
        sold = stage.units(self.usd, amount)
        bought = sold * stage.units(self.hkd, price) // stage.units(self.usd, "1")
        parties = (people["dealer"], people["importer"])
        tokens = (self.usd.token.address, self.hkd.token.address)
        quote = Quote(*parties, *tokens, sold, bought, stage.chain.now() + 45, nonce)
        ref = reference_for(UETR, INVOICE)
        payment = quote.payment(self.fx, people["importer"], people[to], ref)
        message = payment.signable(self.hkd.token, "ReceiveWithAuthorization")
        made = stage.sign(people["dealer"], quote.signable(self.fx))
        paid = stage.sign(people["importer"], message)
        return quote.values(), made, people["importer"], people[to], ref, paid

    def submit(self, values: tuple[object, ...]) -> Callable[[], object]:
        """The relayer's attempt."""
        return partial(self.fx.send, "settleFor", *values, sender=self.stage.people["relayer"])


def pay_abroad(stage: Stage, hkd: Peg, usd: Peg, rate: Contract) -> None:
    """HKD out, USD in at the supplier, in one transaction that the importer only signs."""
    stage.step("An importer with HKD only pays a supplier in USD, in one gasless transaction")
    people, abroad = stage.people, _Abroad(stage, hkd, usd, rate)
    stage.chain.result("anvil_setBalance", [people["importer"], "0x0"])
    holdings = [Holding.of(stage, who, hkd) for who in ("importer", "dealer")]
    holdings += [Holding.of(stage, who, usd) for who in ("dealer", "supplier")]
    first, sold = abroad.signed(1), stage.units(usd, "100000.00")
    with measured(stage, holdings):
        text = f"780,234.00 HKD of importer for {money(usd, sold)} to supplier, UETR {UETR}"
        stage.act(abroad.fx, "relayer", text, "settleFor", *first)
    stage.expect("the supplier's USD", usd.token.call("balanceOf", people["supplier"]), sold)
    stage.expect("FxSettle's HKD", hkd.token.call("balanceOf", abroad.fx.address), 0)
    stage.say("Its cost and time beside a bank's: ape run bench remit")
    stage.refused("NonceSpent", "the same payment once more", abroad.submit(first), hkd)
    dear = abroad.submit(abroad.signed(2, price="8.50"))
    stage.refused("RateOutOfBand", "a quote at 8.50, signed with the dealer's key", dear, hkd)
    stage.enact(actions.mark(usd, "blacklist", [people["second"]], reference("case 17")))
    listed = abroad.submit(abroad.signed(3, to="second"))
    stage.refused("BlacklistedAccount", "a supplier on the blacklist", listed, usd)
    stage.warp(3_700)
    late = abroad.submit(abroad.signed(4))
    stage.refused("RateStale", "a rate that is more than an hour old", late, hkd)


def pay_many(stage: Stage, usd: Peg) -> None:
    """A file of a thousand, three of whom may not be paid."""
    stage.step(f"{PAYEES:,} suppliers are paid from a pain.001 file; three of them are barred")
    payer = stage.people["dealer"]
    payees = [to_checksum_address(keccak(text=f"supplier {n}")[:20]) for n in range(PAYEES)]
    barred = [payees[n] for n in BARRED]
    stage.enact(actions.mark(usd, "blacklist", barred, reference("list 2026-11")))
    cent = 10 ** (usd.config.decimals - 2)
    transfers = [
        Transfer(f"E2E-{n:04}", payee, (100_000 + n) * cent, f"INV {n:04}")
        for n, payee in enumerate(payees)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "suppliers.xml"
        path.write_bytes(pain_001("SUPPLIERS-2026-11", payer, usd.config, transfers))
        file = payouts.read(path, {"USD": usd.config})
    batch = payouts.batch_of(usd, payer, file)
    with measured(stage, [Holding.of(stage, "dealer", usd)]):
        paying.examine(stage.suite, batch, AddressBook({}), skip_barred=True)
        paying.pay(batch, partial(deliver, stage), lambda _, done: _spent(stage, done.gas_used))
    found = payout_report.report(batch)
    paid = found.of(payout_report.PAID)
    skipped = [result.payment.payee for result in found.of(payout_report.SKIPPED)]
    stage.expect("the payments that were made", len(paid), PAYEES - len(BARRED))
    stage.expect("the payees who were skipped", skipped, barred)
    balances = [usd.token.call("balanceOf", result.payment.payee) for result in paid]
    stage.expect("the payees' balances", balances, [result.payment.units for result in paid])
    status = payout_report.status_file(found)
    stage.say(f"{len(paid)} paid, {len(skipped)} skipped; pain.002 of {len(status):,} bytes")
    stage.expect("what the same file would pay now", paying.remaining(batch), [])


def _spent(stage: Stage, gas: int) -> None:
    stage.gas += gas


def sell(stage: Stage, hkd: Peg) -> None:
    """Orders that ship in parts, come back, or belong to a merchant who is barred meanwhile."""
    stage.step(f"{ORDERS} retail orders: captures in parts, {REFUNDS} refunds, a barred merchant")
    checkout, people, now = stage.suite.uses.checkout, stage.people, stage.chain.now()
    hkd.token.send("approve", checkout.address, 2**256 - 1, sender=people["merchant"])
    price = stage.units(hkd, "100.00")

    def order(number: int) -> Info:
        payee = people["grocer" if number % 10 == 0 else "merchant"]
        dates = (now + DAY, now + 7 * DAY, now + 30 * DAY)
        ref = reference(f"ORDER {number}")
        parties = (people["provider"], people["shopper"], payee, hkd.token.address)
        return Info(*parties, price, *dates, 250, people["provider"], ref)

    orders = [order(number) for number in range(ORDERS)]
    whole = [info for n, info in enumerate(orders) if n % 4]
    parts = [info for n, info in enumerate(orders) if not n % 4]
    holdings = [
        Holding.of(stage, who, hkd) for who in ("shopper", "merchant", "grocer", "provider")
    ]
    with measured(stage, holdings):
        signed = [authorized(stage, info, "shopper") for info in orders]
        pairs = zip(orders, signed, strict=True)
        opened = [(checkout, "authorize", (info.values(), made)) for info, made in pairs]
        many(stage, "relayer", "authorize what shopper signed", opened)
        stage.enact(actions.mark(hkd, "blacklist", [people["grocer"]], reference("case 18")))
        shipped = [(checkout, "capture", (info.values(), price)) for info in whole]
        shipped += [(checkout, "capture", (info.values(), price // 2)) for info in parts]
        many(stage, "provider", "capture what was shipped", shipped)
        released = [(checkout, "release", (info.values(),)) for info in parts]
        many(stage, "provider", "release what will not be shipped", released)
        back = [info for info in whole if info.payee == people["merchant"]][:REFUNDS]
        refunded = [(checkout, "refund", (info.values(), price)) for info in back]
        many(stage, "merchant", "refund what came back", refunded)
        checkout.send("withdraw", hkd.token.address, sender=people["provider"])
    credit = checkout.call("creditOf", hkd.token.address, people["grocer"])
    stage.say(f"the blacklisted grocer has nothing, and {money(hkd, credit)} waits for it")
    wait = partial(checkout.send, "withdraw", hkd.token.address, sender=people["grocer"])
    stage.refused("BlacklistedAccount", "the grocer takes what waits for it", wait, hkd)
    sold = len(whole) * price + len(parts) * (price // 2)
    fees = sum((price if info in whole else price // 2) * info.fee_bps // 10_000 for info in orders)
    stage.expect("the fees", hkd.token.call("balanceOf", people["provider"]), fees)
    left = stage.units(hkd, "500000.00") - sold + REFUNDS * price
    stage.expect("the shopper's rest", hkd.token.call("balanceOf", people["shopper"]), left)
    stage.expect("what the escrow holds", hkd.token.call("balanceOf", checkout.address), credit)
    stage.enact(actions.mark(hkd, "unblacklist", [people["grocer"]], NO_REFERENCE))
    stage.act(checkout, "grocer", f"takes its {money(hkd, credit)}", "withdraw", hkd.token.address)
    stage.expect("what the escrow holds", hkd.token.call("balanceOf", checkout.address), 0)
