"""What Checkout, Receivables and RedEnvelope have in common: credits, orders over them, gifts.

withdraw
├── given nothing credited to the caller, or in another token: NothingCredited
├── while the caller may not receive, or transfers are paused: the token's refusal
├── given too little gas: nothing
└── else: all that was credited to the caller, once

releaseCredit
├── by another than EXECUTOR, before its delay, without reference: refused
├── given an account that is not barred, or without credit: OwnerNotBarred, NothingCredited
├── given a destination that may not receive, or a pause: the token's refusal
└── else: the whole credit goes where the order says

rescue
├── by another than GOVERNOR, before its delay: refused
├── given what is or was a currency of the board: NotForeign
└── else: all of a foreign token goes on

the contract
├── cannot be frozen, blacklisted or held
└── has no verb that is not in its interface
"""

import pytest

from pegboard.errors import Reverted
from tests.support.holding import (
    NO_RECEIVER,
    NO_REF,
    TRANSFERS,
    bar,
    clear,
    credit,
    logged,
    moves,
    pause,
    retire,
    starve,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.uses import DAY, create
from tests.support.world import REF, key

REF_HEX = "0x" + REF.hex()
NAMES = ("Checkout", "Receivables", "RedEnvelope")
#: The two that ever credit anybody.
CREDITORS = NAMES[:2]
OTHER = key(50).address
VALUE = 1_000_000


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture(params=CREDITORS)
def contract(market, request):
    return market.uses.by_name[request.param]


@pytest.fixture(params=NAMES)
def any_contract(market, request):
    return market.uses.by_name[request.param]


def earn(market, contract, account, value=VALUE, number=0):
    """A sale of the account's is paid; what it may not receive is credited."""
    if contract is market.uses.checkout:
        info = market.info(payee=account, fee_bps=0, max=value, order=number.to_bytes(32))
        market.authorize(info)
        contract.send("capture", info.values(), value, sender=info.operator)
        return
    doc = market.doc(seller=account, face=value, fingerprint=(number + 1).to_bytes(32))
    market.attest(doc)
    contract.send("pay", doc.values(), value, REF, sender=doc.buyer)


def credited(market, contract, how="blacklisted", account=OTHER):
    """A credit of `VALUE`, the bar still on."""
    bar(market, how, account)
    earn(market, contract, account)
    assert credit(market, contract, account) == VALUE
    return account


def earn_fee(market, account):
    """A fee is credited to anybody, barred or not."""
    info = market.info(fee_to=account)
    market.authorize(info)
    checkout = market.uses.checkout
    checkout.send("capture", info.values(), 100_000_000, sender=info.operator)
    assert credit(market, checkout, account) == VALUE


def withdraw(contract, token, account):
    return contract.send("withdraw", token.address, sender=account)


def order(market, contract, account, to=OTHER, ref=REF):
    """EXECUTOR's last step, its delay waited for."""
    args = ("releaseCredit", market.hkd.token.address, account, to, ref)
    return when_due(market.world, "EXECUTOR", contract, *args)


# withdraw


def test_who_has_no_credit_withdraws_nothing(market, world, any_contract, token):
    """R4: not even what strangers have sent here, in whatever token."""
    foreign = create(world, "ForeignToken", any_contract.address, 5)
    token.send("transfer", any_contract.address, 5, sender=market.maker.address)
    for place in (token.address, market.usd.token.address, foreign.address, OTHER):
        with refused(world, "NothingCredited", token=place, account=market.maker.address):
            any_contract.send("withdraw", place, sender=market.maker.address)


def test_a_credit_is_its_owners(market, world, contract, token):
    """C7: another's withdrawal takes nothing of it."""
    credited(market, contract)
    for caller in (market.merchant, market.seller, market.taker, market.relayer):
        with refused(world, "NothingCredited", token=token.address, account=caller.address):
            withdraw(contract, token, caller.address)


def test_a_credit_is_of_one_token(market, world, contract):
    """R4: tokens do not mix."""
    account = credited(market, contract)
    clear(market, "blacklisted", account)
    usd = market.usd.token
    usd.send("transfer", contract.address, VALUE, sender=market.maker.address)
    with refused(world, "NothingCredited", token=usd.address, account=account):
        withdraw(contract, usd, account)


@pytest.mark.parametrize(("how", "error"), NO_RECEIVER.items())
def test_a_barred_account_withdraws_nothing(market, world, contract, token, how, error):
    """R2: it waits until it is cleared."""
    account = credited(market, contract, how)
    with refused(world, error, account=account):
        withdraw(contract, token, account)


def test_nothing_is_withdrawn_in_a_pause(market, world, contract, token):
    """R1: it waits."""
    account = credited(market, contract)
    clear(market, "blacklisted", account)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        withdraw(contract, token, account)


def test_a_lack_of_gas_withdraws_nothing(market, contract, token):
    """R1: whole or not at all."""
    account = credited(market, contract)
    clear(market, "blacklisted", account)

    def paid():
        return market.balance(market.hkd, account) == VALUE

    starve(market, account, contract, "withdraw", token.address, done=paid)


@pytest.mark.parametrize("how", NO_RECEIVER)
def test_withdraws_all_once_it_is_cleared(market, world, contract, token, how):
    """R2, C1, V4: credits add up, and are paid once."""
    account = credited(market, contract, how)
    earn(market, contract, account, 7, number=1)
    assert credit(market, contract, account) == VALUE + 7
    clear(market, how, account)
    with moves(market, {account: VALUE + 7, contract.address: -VALUE - 7}):
        receipt = withdraw(contract, token, account)
    value = VALUE + 7
    assert logged(market, contract, receipt) == [
        ("Withdrawn", {"token": token.address, "account": account, "value": value}),
        ("Transfer", {"from": contract.address, "to": account, "value": value}),
    ]
    assert market.balance(market.hkd, contract.address) == credit(market, contract, account) == 0
    with refused(world, "NothingCredited", token=token.address, account=account):
        withdraw(contract, token, account)


def test_credits_of_two_do_not_mix(market, world, contract, token):
    """C1, V4: the sum of both is here, and each takes its own."""
    first, second = OTHER, key(51).address
    world.act("BLACKLISTER", token, "blacklist", [first, second], REF)
    earn(market, contract, first, 30)
    earn(market, contract, second, 70, number=1)
    assert market.balance(market.hkd, contract.address) == 100
    clear(market, "blacklisted", second)
    with moves(market, {second: 70, contract.address: -70}):
        withdraw(contract, token, second)
    assert credit(market, contract, first) == 30


def test_a_credit_outlives_the_currencys_retirement(market, contract, token):
    """R11: what is owed is paid out."""
    account = credited(market, contract)
    retire(market)
    clear(market, "blacklisted", account)
    with moves(market, {account: VALUE, contract.address: -VALUE}):
        withdraw(contract, token, account)


def test_a_frozen_account_takes_its_fee(market, token):
    """R2: it stays the frozen account's, where a freeze reaches it."""
    checkout = market.uses.checkout
    earn_fee(market, OTHER)
    bar(market, "frozen", OTHER)
    with moves(market, {OTHER: VALUE, checkout.address: -VALUE}):
        withdraw(checkout, token, OTHER)


# releaseCredit


@pytest.mark.parametrize("who", ["owner", "GOVERNOR", "FREEZER", "RELEASER", "SEIZER"])
def test_only_executor_releases_a_credit(market, world, contract, token, who):
    account = credited(market, contract)
    caller = account if who == "owner" else world.member(who)
    args = (token.address, account, key(51).address, REF)
    with refused(world, "AccessManagedUnauthorized", caller=caller):
        contract.send("releaseCredit", *args, sender=caller)


def test_an_order_waits_for_its_delay(market, world, any_contract, token):
    executor = world.member("EXECUTOR")
    data = any_contract.encode("releaseCredit", token.address, OTHER, OTHER, REF)
    authority = world.suite.authority
    operation = authority.call("hashOperation", executor, any_contract.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        any_contract.submit(data, sender=executor)
    authority.send("schedule", any_contract.address, data, 0, sender=executor)
    world.chain.warp(DAY - 1)
    with refused(world, "AccessManagerNotReady", operationId=operation):
        any_contract.submit(data, sender=executor)


def test_an_order_needs_its_case(market, world, contract):
    account = credited(market, contract)
    step = order(market, contract, account, key(51).address, NO_REF)
    with refused(world, "ReferenceRequired"):
        step()


def test_no_order_takes_from_who_is_only_unverified(market, world, contract):
    """R2: as at the token: it proves its identity, and withdraws."""
    account = credited(market, contract, "unverified")
    step = order(market, contract, account, key(51).address)
    with refused(world, "OwnerNotBarred", owner=account):
        step()


@pytest.mark.parametrize("how", NO_RECEIVER)
def test_no_order_takes_from_who_was_cleared(market, world, contract, how):
    """R2: it can withdraw itself."""
    account = credited(market, contract, how)
    step = order(market, contract, account, key(51).address)
    clear(market, how, account)
    with refused(world, "OwnerNotBarred", owner=account):
        step()


def test_no_order_over_what_is_not_credited(market, world, any_contract, token):
    bar(market, "blacklisted", OTHER)
    step = order(market, any_contract, OTHER, key(51).address)
    with refused(world, "NothingCredited", token=token.address, account=OTHER):
        step()


def test_an_order_pays_nobody_who_may_not_receive(market, world, contract):
    """R2: not the barred owner either."""
    account = credited(market, contract)
    step = order(market, contract, account, account)
    with refused(world, "BlacklistedAccount", account=account):
        step()


def test_no_order_in_a_pause(market, world, contract):
    """R1: it waits, and may be repeated."""
    account = credited(market, contract)
    step = order(market, contract, account, key(51).address)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        step()


@pytest.mark.parametrize("how", ["blacklisted"])
def test_by_order_a_credit_goes_where_it_says(market, world, contract, token, how):
    """R2, C1, V4, C7: whole, and nothing is left for the owner."""
    account, to = credited(market, contract, how), key(51).address
    step = order(market, contract, account, to)
    with moves(market, {to: VALUE, contract.address: -VALUE}):
        receipt = step()
    evidence = {"token": token.address, "account": account, "to": to, "value": VALUE}
    operator = world.member("EXECUTOR")
    assert emitted(contract, receipt) == [
        ("CreditReleased", {**evidence, "operator": operator, "ref": REF_HEX})
    ]
    clear(market, how, account)
    with refused(world, "NothingCredited", token=token.address, account=account):
        withdraw(contract, token, account)


def test_by_order_a_frozen_accounts_credit_goes_where_it_says(market, token):
    """R2: who is frozen may not send, and what is kept for it is in an order's reach."""
    checkout, to = market.uses.checkout, key(51).address
    earn_fee(market, OTHER)
    bar(market, "frozen", OTHER)
    step = order(market, checkout, OTHER, to)
    with moves(market, {to: VALUE, checkout.address: -VALUE}):
        step()


def test_an_order_does_not_pay_the_contract_itself(market, contract):
    """R4: what it would send itself would be nobody's, and could never leave."""
    account = credited(market, contract)
    step = order(market, contract, account, contract.address)
    with pytest.raises(Reverted):
        step()
    assert market.balance(market.hkd, contract.address) == credit(market, contract, account)


def test_the_credit_of_what_has_no_account_leaves_by_order(market, world, token):
    """R2: the token itself may not receive, so a payment to it waits, and can be put right."""
    checkout, to = market.uses.checkout, key(51).address
    earn(market, checkout, token.address)
    assert credit(market, checkout, token.address) == VALUE
    with moves(market, {to: VALUE, checkout.address: -VALUE}):
        order(market, checkout, token.address, to)()


# rescue


@pytest.mark.parametrize("who", ["EXECUTOR", "ADMIN", "SEIZER", "owner"])
def test_only_governor_rescues(market, world, any_contract, who):
    caller = market.maker.address if who == "owner" else world.member(who)
    foreign = create(world, "ForeignToken", any_contract.address, 5)
    with refused(world, "AccessManagedUnauthorized", caller=caller):
        any_contract.send("rescue", foreign.address, caller, REF, sender=caller)


def test_a_rescue_waits_for_its_delay(world, any_contract):
    foreign = create(world, "ForeignToken", any_contract.address, 5)
    governor = world.member("GOVERNOR")
    data = any_contract.encode("rescue", foreign.address, OTHER, REF)
    operation = world.suite.authority.call("hashOperation", governor, any_contract.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        any_contract.submit(data, sender=governor)


@pytest.mark.parametrize("retired", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_no_currency_is_rescued(market, world, any_contract, token, retired, given):
    """R4: neither what is owed nor what was given, as long as anybody could be owed it."""
    if given:
        token.send("transfer", any_contract.address, 5, sender=market.maker.address)
    if retired:
        retire(market)
    args = ("rescue", token.address, OTHER, REF)
    step = when_due(world, "GOVERNOR", any_contract, *args)
    with refused(world, "NotForeign", token=token.address):
        step()


def test_rescues_all_of_a_foreign_token(world, any_contract):
    """R4: by the governor, to whom it belongs."""
    foreign = create(world, "ForeignToken", any_contract.address, 5)
    receipt = world.act("GOVERNOR", any_contract, "rescue", foreign.address, OTHER, REF)
    evidence = {"token": foreign.address, "to": OTHER, "value": 5}
    operator = world.member("GOVERNOR")
    assert emitted(any_contract, receipt)[-1:] == [
        ("Rescued", {**evidence, "operator": operator, "ref": REF_HEX})
    ]
    assert foreign.call("balanceOf", OTHER) == 5
    assert foreign.call("balanceOf", any_contract.address) == 0


# The contract


@pytest.mark.parametrize("verb", ["freeze", "blacklist", "hold"])
def test_the_contract_cannot_be_barred(market, world, any_contract, token, verb):
    """R8: a bar of it would bar everybody in it."""
    role = "BLACKLISTER" if verb == "blacklist" else "FREEZER"
    subject = (any_contract.address, 1) if verb == "hold" else ([any_contract.address],)
    with refused(world, "SuiteAccount", account=any_contract.address):
        token.send(verb, *subject, REF, sender=world.member(role))


VERBS = {
    "Checkout": {"authorize", "capture", "release", "refund", "complianceRelease"},
    "Receivables": {
        *("attest", "accept", "finance", "pay", "cancelOffer", "markDefault", "cancel"),
    },
    "RedEnvelope": {"create", "claim", "refund", "complianceRelease"},
}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_owns_pauses_or_upgrades_it(market, name):
    """R7: these are all its verbs, and of them three are under the Authority at most."""
    contract = market.uses.by_name[name]
    functions = [item for item in contract.abi if item["type"] == "function"]
    verbs = {x["name"] for x in functions if x["stateMutability"] not in ("view", "pure")}
    assert verbs == VERBS[name] | {"withdraw", "releaseCredit", "rescue"}
    assert all(x["stateMutability"] != "payable" for x in functions)
