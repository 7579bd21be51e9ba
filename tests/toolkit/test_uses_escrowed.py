"""What escrows keep of an account, and taking it by a lawful order.

kept_of
├── payments of the payer, envelopes of the creator, credits, in this currency only
└── what was paid out stays in the list with nothing left

take
├── given a name that no escrow knows, an owner who is not barred, a receiver who cannot be: refuses
├── given a case that is not open, is overdue, or does not name the owner: refuses
├── given something that was paid out otherwise: refuses
├── EXECUTOR alone, after its delay; all of it goes where the order says
├── the case tells what was taken under it
└── repeated, it does nothing and names the transaction; under another case it refuses
"""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_utils import keccak

from pegboard.actions import carry_out, role_for
from pegboard.errors import InputError, NotPermitted
from pegboard.uses.escrowed import Taken, kept_of, take, taken_under
from tests.support.cases import CASE, DAY, OTHER, freeze, name, open_case
from tests.support.world import REF, key, roles

COURT = key(70).address


@pytest.fixture
def kept(market):
    """HKD: 70 held and 30 captured of 100, 88 in an envelope; the barred merchant has a credit."""
    payment, link = market.info(), Account.from_key(keccak(text="link"))
    market.authorize(payment)
    market.create(market.envelope(link))
    market.world.act("BLACKLISTER", market.hkd.token, "blacklist", [market.merchant.address], REF)
    values = (payment.values(), 30_000_000)
    market.uses.checkout.send("capture", *values, sender=market.operator.address)
    market.authorize(market.info(token=market.hkd.token.address, order=keccak(text="second")))
    return payment


def of(market, account, peg=None):
    found = kept_of(market.world.suite, peg or market.hkd, account)
    return {kept.name: (kept.kind, kept.units) for kept in found}


def order(market, account, name, to=COURT, case=CASE):
    return take(market.world.suite, market.hkd, case, account, name, to)


def bring(market, *accounts, case=CASE):
    """A case that names and freezes these accounts."""
    open_case(market.world, case)
    for account in accounts:
        name(market.world, account, 2**112 - 1, case)
    if accounts:
        freeze(market.world, *accounts, case=case)


def executor(market):
    return market.world.member("EXECUTOR")


def executed(market, *what, **given):
    """Scheduled, and done a day later by the same action."""
    suite, who = market.world.suite, executor(market)
    assert not carry_out(suite, order(market, *what, **given), who).executed
    market.world.chain.warp(DAY)
    done = carry_out(suite, order(market, *what, **given), who)
    assert done.executed
    return done.receipt


def name_of(market, terms, contract):
    return "0x" + terms.digest(contract).hex()


def test_what_is_kept_of_an_account(market, kept):
    taker, merchant = market.taker.address, market.merchant.address
    first = name_of(market, kept, market.uses.checkout)
    second = name_of(market, replace(kept, order=keccak(text="second")), market.uses.checkout)
    link = Account.from_key(keccak(text="link"))
    envelope = name_of(market, market.envelope(link), market.uses.envelopes)
    nothing = {"checkout-credit": ("credit", 0), "receivables-credit": ("credit", 0)}
    assert of(market, taker) == nothing | {
        first: ("payment", 70_000_000),
        second: ("payment", 100_000_000),
        envelope: ("envelope", 88_000_000),
    }
    assert of(market, merchant) == nothing | {"checkout-credit": ("credit", 29_700_000)}
    # A fee is credited without an event of its own.
    assert of(market, kept.fee_to) == nothing | {"checkout-credit": ("credit", 300_000)}
    assert of(market, taker, market.usd) == nothing
    market.uses.checkout.send("release", kept.values(), sender=market.operator.address)
    assert of(market, taker)[first] == ("payment", 0)


def test_what_no_order_can_take(market, kept):
    open_case(market.world)
    taker, merchant = market.taker.address, market.merchant.address
    first = name_of(market, kept, market.uses.checkout)
    with pytest.raises(InputError, match=f"no escrow ever kept '{first}' of {merchant} in HKD"):
        order(market, merchant, first)
    with pytest.raises(InputError, match="nothing is left of receivables-credit"):
        order(market, merchant, "receivables-credit")
    with pytest.raises(InputError, match="is not barred in HKD, so what is kept is its own"):
        order(market, taker, first)
    market.world.act("FREEZER", market.hkd.token, "freeze", [taker], REF)
    with pytest.raises(InputError, match=f"does not name {taker} in HKD: `orders freeze`"):
        order(market, taker, first)
    name(market.world, taker, 2**112 - 1)
    with pytest.raises(InputError, match="there is no case"):
        order(market, taker, first, case=OTHER)
    with pytest.raises(InputError, match="may not receive HKD: it is blacklisted"):
        order(market, taker, first, to=merchant)
    with pytest.raises(InputError, match="is a contract of the suite"):
        order(market, taker, first, to=market.uses.checkout.address)
    with pytest.raises(NotPermitted):
        carry_out(market.world.suite, order(market, taker, first), market.operator.address)
    assert of(market, taker)[first] == ("payment", 70_000_000)
    market.world.chain.warp(31 * DAY)
    with pytest.raises(InputError, match="is overdue: record its review"):
        order(market, taker, first)


def test_a_case_that_is_closed_takes_nothing(market, kept):
    open_case(market.world)
    market.world.act("RELEASER", market.world.suite.desks.orders, "closeCase", CASE, REF)
    with pytest.raises(InputError, match="is closed: take one that is open"):
        order(market, market.merchant.address, "checkout-credit")


@pytest.mark.parametrize(
    ("which", "units"), [("payment", 70_000_000), ("envelope", 88_000_000), ("credit", 29_700_000)]
)
def test_it_goes_where_the_order_says_once(market, kept, which, units):
    who = market.merchant.address if which == "credit" else market.taker.address
    bring(market, who)
    open_case(market.world, OTHER)
    wanted = {("payment", 70_000_000), ("envelope", 88_000_000), ("credit", 29_700_000)}
    name = next(n for n, it in of(market, who).items() if it in wanted and it[0] == which)
    action = order(market, who, name)
    assert role_for(market.world.suite, action, roles()) == "EXECUTOR"
    assert action.amount == units
    receipt = executed(market, who, name)
    assert market.balance(market.hkd, COURT) == units
    assert of(market, who)[name] == (which, 0)
    again = order(market, who, name)
    assert (again.nothing_to_do, again.details["tx"]) == (True, receipt.tx)
    (taken,) = taken_under(market.world.suite, CASE)
    assert taken == Taken(who, COURT, units, taken.currency, receipt.tx)
    assert (taken.currency.code, taken_under(market.world.suite, OTHER)) == ("HKD", [])
    for changed in ({"case": OTHER}, {"to": key(71).address}):
        with pytest.raises(InputError, match="nothing is left of"):
            order(market, who, name, **changed)


def test_a_credit_of_the_token_itself(market):
    """It can never receive, so an order may help without a bar; in allow-list mode it may not."""
    info = market.info(payee=market.hkd.token.address)
    market.authorize(info)
    market.uses.checkout.send("capture", info.values(), 30_000_000, sender=market.operator.address)
    open_case(market.world)
    assert order(market, info.payee, "checkout-credit").amount == 29_700_000
    market.world.act("PAUSER", market.hkd.token, "enterAllowListMode", REF)
    with pytest.raises(InputError, match="is not barred"):
        order(market, info.payee, "checkout-credit", to=market.taker.address)
