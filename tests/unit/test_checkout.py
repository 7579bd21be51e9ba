"""Checkout: money that waits for an order, and whose it is meanwhile.

authorize
├── given terms without amount, dates in order, a fee with receiver, or names: InvalidTerms
├── given a token that is not, or no more, on the board: TokenNotRegistered
├── given a signature over any other term, or of another key: the token's InvalidSignature
├── after authBy, whatever was paused: the token's AuthorizationExpired
├── given a payer who may not send, has too little, or has cancelled: the token's refusal
├── given paused transfers or signatures: Paused
├── given terms that were authorized before, whatever became of them: AuthorizationSpent
├── given somebody who takes the signature to the token: refused there, and harmless
└── else: `max` is held, by anybody's hand, of a key or of a wallet contract

capture
├── by another than the operator: CallerNot
├── given terms that are not open, or of which a word is forged: PaymentNotOpen
├── given nothing, or more than is held: InvalidValue
├── after captureBy, paused seconds added: DeadlinePassed
├── given a payer who may not send: OwnerBarred
├── while transfers are paused: Paused, and nothing is credited
├── given too little gas: nothing
├── given a payee who may not receive: credited
└── else: the payee gets it less the fee, which is rounded down and credited

release
├── by a stranger, or by the payer until captureBy, pauses added: CallerNot, NotYetReleasable
├── given terms that are not open, or of which nothing is held: PaymentNotOpen, InvalidValue
├── given a payer who may not send, or a pause: OwnerBarred, Paused
└── else: the payer has back what is held

refund
├── given terms that are not open, a wrong value, or a day too late: refused
├── given a caller who may not or cannot pay: the token's refusal
├── given a payer who may not receive: credited
└── else: anybody's tokens go to the payer

complianceRelease
├── by another than EXECUTOR, before its delay, without reference: refused
├── given a payer who may send, or nothing held: OwnerNotBarred, InvalidValue, PaymentNotOpen
└── else: all that is held goes where the order says; what was captured stays refundable
"""

from dataclasses import replace

import pytest

from pegboard.errors import Reverted
from pegboard.signing import cancellation
from tests.support.holding import (
    NO_RECEIVER,
    NO_REF,
    NO_SENDER,
    TRANSFERS,
    bar,
    clear,
    credit,
    forged,
    logged,
    moves,
    pause,
    pause_for,
    retire,
    starve,
    warp_to,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.uses import DAY, ZERO, create, sign
from tests.support.world import REF, key

REF_HEX = "0x" + REF.hex()
MAX = 100_000_000
OTHER = key(50).address
LATE = 1_900_000_000


@pytest.fixture
def world(market):
    return market.world


@pytest.fixture
def checkout(market):
    return market.uses.checkout


@pytest.fixture
def info(market):
    return market.info()


@pytest.fixture
def held(market, info):
    """HKD 100, authorized."""
    market.authorize(info)
    return info


def hexed(info, checkout):
    return "0x" + info.digest(checkout).hex()


def standing(info, checkout):
    """Held and refundable."""
    return checkout.call("paymentOf", info.digest(checkout))[:2]


def capture(market, info, value):
    checkout = market.uses.checkout
    return checkout.send("capture", info.values(), value, sender=market.operator.address)


def refund(market, info, value):
    checkout = market.uses.checkout
    return checkout.send("refund", info.values(), value, sender=market.merchant.address)


def release(market, info, sender=None):
    checkout = market.uses.checkout
    return checkout.send("release", info.values(), sender=sender or market.operator.address)


def order(market, info, to=OTHER, ref=REF):
    """EXECUTOR's last step, its delay waited for."""
    args = ("complianceRelease", info.values(), to, ref)
    return when_due(market.world, "EXECUTOR", market.uses.checkout, *args)


def close(market, info):
    """Nothing is held or refundable any more."""
    capture(market, info, MAX)
    refund(market, info, MAX)
    assert market.uses.checkout.call("paymentOf", info.digest(market.uses.checkout)) == (0, 0, 0)


def assert_solvent(market, *infos):
    """C1: the balance is what is held and what is credited."""
    checkout = market.uses.checkout
    people = {one for info in infos for one in (info.payer, info.payee, info.fee_to)}
    owed = sum(credit(market, checkout, one) for one in people)
    owed += sum(standing(info, checkout)[0] for info in infos)
    assert market.balance(market.hkd, checkout.address) == owed


# authorize


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": ZERO},
        {"payer": ZERO},
        {"payee": ZERO},
        {"max": 0},
        {"auth_by": LATE + 1, "capture_by": LATE, "refund_by": LATE + 1},
        {"capture_by": LATE + 1, "refund_by": LATE},
        {"fee_bps": 10_001},
        {"fee_bps": 1, "fee_to": ZERO},
    ],
)
def test_terms_must_mean_something(market, world, changes):
    info = market.info(**changes)
    with refused(world, "InvalidTerms"):
        market.authorize(info)


@pytest.mark.parametrize(
    "changes",
    [
        {"max": 1},
        {"fee_bps": 0, "fee_to": ZERO},
        {"fee_bps": 10_000},
        {"auth_by": LATE, "capture_by": LATE, "refund_by": LATE},
    ],
)
def test_terms_at_their_bounds_are_taken(market, checkout, changes):
    info = market.info(**changes)
    market.authorize(info)
    assert checkout.call("paymentOf", info.digest(checkout)) == (info.max, 0, 0)


def test_the_escrow_itself_is_no_payee(market, world, checkout):
    """C1: what it would send itself would be nobody's, and could never leave."""
    with refused(world, "InvalidTerms"):
        market.authorize(market.info(payee=checkout.address))
    with refused(world, "InvalidTerms"):
        market.authorize(market.info(fee_to=checkout.address))


def test_more_than_104_bits_are_no_amount(market, checkout, info):
    """C2: the word that keeps a payment has room for its terms."""
    signature = market.pay_signed(info, checkout, market.taker, market.hkd)
    data = forged(checkout, 4, 1 << 104, "authorize", info.values(), signature)
    with pytest.raises(Reverted) as caught:
        checkout.submit(data, sender=market.relayer.address)
    assert caught.value.data == b""


def test_a_foreign_token_is_not_taken(market, world):
    """R11: only what is on the board is called."""
    foreign = create(world, "ForeignToken", market.taker.address, MAX)
    with refused(world, "TokenNotRegistered", token=foreign.address):
        market.authorize(market.info(token=foreign.address))


def test_a_retired_currency_comes_in_no_more_but_goes_out(market, world, checkout, token, held):
    """R11: and what is held goes the ways that it could go before."""
    retire(market)
    with refused(world, "TokenNotRegistered", token=token.address):
        market.authorize(market.info(order=REF))
    capture(market, held, 40_000_000)
    refund(market, held, 10_000_000)
    with moves(market, {held.payer: 60_000_000, checkout.address: -60_000_000}):
        release(market, held)
    with moves(market, {held.fee_to: 400_000, checkout.address: -400_000}):
        checkout.send("withdraw", token.address, sender=held.fee_to)


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": OTHER},
        {"payer": OTHER},
        {"payee": OTHER},
        {"token": "usd"},
        {"max": MAX - 1},
        {"auth_by": LATE - 2},
        {"capture_by": LATE - 1},
        {"refund_by": LATE + 1},
        {"fee_bps": 101},
        {"fee_to": OTHER},
        {"order": REF},
    ],
)
def test_the_payer_signs_every_term(market, world, checkout, changes):
    """R5: the nonce is the terms."""
    if "token" in changes:
        changes = {"token": market.usd.token.address}
    info = market.info(auth_by=LATE - 3, capture_by=LATE - 2, refund_by=LATE)
    signature = market.pay_signed(info, checkout, market.taker, market.hkd)
    other = replace(info, **changes)
    with refused(world, "InvalidSignature", signer=other.payer):
        checkout.send("authorize", other.values(), signature, sender=market.relayer.address)


def test_another_key_does_not_pay(market, world, info):
    """R10: the payer's signature, nobody else's."""
    with refused(world, "InvalidSignature", signer=info.payer):
        market.authorize(info, payer=market.operator)


def test_the_last_second_of_an_authorization(market, world, info, checkout):
    """R3: a pause extends what is held, and not what was only offered."""
    pause_for(market, 2 * DAY)
    with refused(world, "AuthorizationExpired", validBefore=info.auth_by + 1):
        market.authorize(info)
    later = market.info()
    warp_to(market, later.auth_by)
    market.authorize(later)
    assert standing(later, checkout) == (MAX, 0)


def test_one_second_too_late_to_authorize(market, world, info):
    warp_to(market, info.auth_by + 1)
    with refused(world, "AuthorizationExpired", validBefore=info.auth_by + 1):
        market.authorize(info)


@pytest.mark.parametrize(("how", "error"), NO_SENDER.items())
def test_a_barred_payer_cannot_authorize(market, world, info, how, error):
    """R2: who may not send puts nothing here."""
    bar(market, how, info.payer)
    with refused(world, error, account=info.payer):
        market.authorize(info)


def test_a_payer_authorizes_what_it_has(market, world):
    info = market.info(max=10**12 + 1)
    evidence = {"sender": info.payer, "balance": 10**12, "needed": 10**12 + 1}
    with refused(world, "ERC20InsufficientBalance", **evidence):
        market.authorize(info)


@pytest.mark.parametrize("pauses", [1, 2])
def test_nothing_is_authorized_in_a_pause(market, world, token, info, pauses):
    """R1: of transfers, or of signatures."""
    world.act("PAUSER", token, "pause", pauses, REF)
    with refused(world, "Paused", pauses=pauses):
        market.authorize(info)


def test_a_cancelled_authorization_opens_nothing(market, world, checkout, token, info):
    """C4: the payer's way out before the money is here."""
    nonce = info.digest(checkout)
    signature = sign(market.taker, cancellation(token, info.payer, nonce))
    verb = "cancelAuthorization"
    token.send(verb, info.payer, nonce, signature, sender=market.relayer.address)
    with refused(world, "AuthorizationSpent", authorizer=info.payer, nonce="0x" + nonce.hex()):
        market.authorize(info)


def test_the_signature_is_worth_nothing_at_the_token(market, world, checkout, token, info):
    """R5: who runs ahead with it is refused, and has spoilt nothing."""
    payment = info.payment(checkout)
    signature = market.pay_signed(info, checkout, market.taker, market.hkd)
    values = (*payment.values(), signature)
    with refused(world, "CallerNotPayee", caller=OTHER, payee=checkout.address):
        token.send("receiveWithAuthorization", *values, sender=OTHER)
    with refused(world, "InvalidSignature", signer=info.payer):
        token.send("transferWithAuthorization", *values, sender=OTHER)
    with moves(market, {info.payer: -MAX, checkout.address: MAX}):
        market.authorize(info)


def test_terms_open_once(market, world, checkout, held):
    """C4: neither while they are open, nor after they were closed, though their word is zero."""
    evidence = {"authorizer": held.payer, "nonce": hexed(held, checkout)}
    with refused(world, "AuthorizationSpent", **evidence):
        market.authorize(held)
    capture(market, held, 30_000_000)
    with refused(world, "AuthorizationSpent", **evidence):
        market.authorize(held)
    refund(market, held, 30_000_000)
    release(market, held)
    assert checkout.call("paymentOf", held.digest(checkout)) == (0, 0, 0)
    with refused(world, "AuthorizationSpent", **evidence):
        market.authorize(held)


def test_authorizes_by_anybodys_hand(market, checkout, token, info):
    """C1, C2, R5: `max` is here, and the word says so."""
    identity = hexed(info, checkout)
    assert checkout.call("idOf", info.values()) == identity
    with moves(market, {info.payer: -MAX, checkout.address: MAX}):
        receipt = market.authorize(info)
    people = {"payer": info.payer, "payee": info.payee}
    terms = tuple(v.lower() if isinstance(v, str) else v for v in info.values())
    nonce = {"authorizer": info.payer, "nonce": identity}
    moved = {"from": info.payer, "to": checkout.address, "value": MAX}
    assert logged(market, checkout, receipt) == [
        ("Authorized", {"id": identity, **people, "info": terms}),
        ("AuthorizationUsed", nonce),
        ("Transfer", moved),
    ]
    assert checkout.call("paymentOf", info.digest(checkout)) == (MAX, 0, 0)
    assert token.call("authorizationState", info.payer, info.digest(checkout)) is True
    assert_solvent(market, info)


def test_authorize_answers_the_id(market, checkout, info):
    signature = market.pay_signed(info, checkout, market.taker, market.hkd)
    assert checkout.call("authorize", info.values(), signature) == hexed(info, checkout)


def test_a_wallet_contract_pays(market, world, checkout):
    """R10: by ERC-1271, and only as long as the wallet says so."""
    wallet = create(world, "SmartWallet", key(51).address)
    world.fund(wallet.address, MAX, peg=market.hkd)
    info = market.info(payer=wallet.address)
    with refused(world, "InvalidSignature", signer=wallet.address):
        market.authorize(info, payer=key(52))
    with moves(market, {wallet.address: -MAX, checkout.address: MAX}):
        market.authorize(info, payer=key(51))


def test_a_barred_payee_does_not_hinder_an_authorization(market, checkout, info):
    """R2: until it is captured it is the payer's."""
    bar(market, "blacklisted", info.payee)
    market.authorize(info)
    assert standing(info, checkout) == (MAX, 0)


# capture


@pytest.mark.parametrize("who", ["taker", "merchant", "relayer", "EXECUTOR", "fee_to"])
def test_only_the_operator_captures(market, world, checkout, held, who):
    """C7: neither who pays nor who is paid decides that it is earned."""
    if who == "EXECUTOR":
        caller = world.member(who)
    else:
        caller = held.fee_to if who == "fee_to" else getattr(market, who).address
    with refused(world, "CallerNot", wanted=held.operator, caller=caller):
        checkout.send("capture", held.values(), 1, sender=caller)


def test_only_what_was_authorized_is_captured(market, world, checkout, info):
    with refused(world, "PaymentNotOpen", id=hexed(info, checkout)):
        capture(market, info, 1)


@pytest.mark.parametrize("verb", ["capture", "release", "refund", "complianceRelease"])
def test_what_is_closed_stays_closed(market, world, checkout, held, verb):
    """C4: no verb finds anything there."""
    close(market, held)
    steps = {
        "capture": lambda: capture(market, held, 1),
        "release": lambda: release(market, held),
        "refund": lambda: refund(market, held, 1),
        "complianceRelease": order(market, held),
    }
    with refused(world, "PaymentNotOpen", id=hexed(held, checkout)):
        steps[verb]()


@pytest.mark.parametrize(
    "changes",
    [
        {"payer": OTHER},
        {"payee": OTHER},
        {"token": ZERO},
        {"max": MAX + 1},
        {"auth_by": 1},
        {"capture_by": LATE},
        {"refund_by": LATE},
        {"fee_bps": 0},
        {"fee_to": OTHER},
        {"order": REF},
    ],
)
def test_the_operator_changes_no_term(market, world, checkout, held, changes):
    """R5: other terms are another payment, which is not open."""
    other = replace(held, **changes)
    with refused(world, "PaymentNotOpen", id=hexed(other, checkout)):
        capture(market, other, 1)


def test_an_operator_of_its_own_choice_captures_nothing(world, checkout, held):
    """C7: terms that name the caller are terms that nobody authorized."""
    other = replace(held, operator=OTHER)
    with refused(world, "PaymentNotOpen", id=hexed(other, checkout)):
        checkout.send("capture", other.values(), 1, sender=OTHER)


@pytest.mark.parametrize("word", [1, 2, 4, 5, 7, 8, 9])
def test_dirty_words_are_other_terms(market, checkout, held, word):
    """R5: bits above a member's type are part of what is hashed, so they open nothing."""
    clean = checkout.encode("capture", held.values(), 1)[4 + 32 * word : 36 + 32 * word]
    dirty = int.from_bytes(clean, "big") | 1 << 255
    data = forged(checkout, word, dirty, "capture", held.values(), 1)
    with pytest.raises(Reverted) as caught:
        checkout.submit(data, sender=held.operator)
    assert caught.value.name == "PaymentNotOpen"
    assert caught.value.arguments != {"id": hexed(held, checkout)}


def test_captures_at_most_what_is_held(market, world, held):
    """C2: the sum of all captures is at most `max`."""
    for value in (0, MAX + 1):
        with refused(world, "InvalidValue", value=value, available=MAX):
            capture(market, held, value)
    capture(market, held, MAX - 1)
    with refused(world, "InvalidValue", value=2, available=1):
        capture(market, held, 2)
    capture(market, held, 1)
    with refused(world, "InvalidValue", value=1, available=0):
        capture(market, held, 1)


def test_a_refund_is_not_captured_again(market, world, checkout, held):
    """C2: what was captured once is never held again."""
    capture(market, held, MAX - 1)
    refund(market, held, MAX - 1)
    assert standing(held, checkout) == (1, 0)
    with refused(world, "InvalidValue", value=2, available=1):
        capture(market, held, 2)


def test_the_last_second_of_a_capture(market, world, checkout, held):
    warp_to(market, held.capture_by)
    capture(market, held, 1)
    warp_to(market, held.capture_by + 1)
    with refused(world, "DeadlinePassed", deadline=held.capture_by):
        capture(market, held, 1)
    assert standing(held, checkout) == (MAX - 1, 1)


def test_a_pause_extends_a_capture_to_the_second(market, world, checkout):
    """R3: by what it lasted after the authorization, not by what was before."""
    pause_for(market, 5 * 3_600 + 1)
    info = market.info()
    market.authorize(info)
    assert checkout.call("paymentOf", info.digest(checkout)) == (MAX, 0, 5 * 3_600 + 1)
    pause_for(market, 3_600 + 7)
    pause_for(market, 2 * 3_600)
    tolled = info.capture_by + 3 * 3_600 + 7
    warp_to(market, tolled)
    capture(market, info, 1)
    warp_to(market, tolled + 1)
    with refused(world, "DeadlinePassed", deadline=tolled):
        capture(market, info, 1)


def test_a_pause_after_the_deadline_brings_nothing_back(market, world, held):
    """R3: who was too late before the pause is too late after it."""
    warp_to(market, held.capture_by + 1)
    with refused(world, "DeadlinePassed", deadline=held.capture_by):
        capture(market, held, 1)
    pause_for(market, DAY)
    with refused(world, "DeadlinePassed", deadline=held.capture_by + DAY):
        capture(market, held, 1)


@pytest.mark.parametrize("how", NO_SENDER)
def test_a_barred_payers_money_is_not_captured(market, world, checkout, held, how):
    """C6, R2: nor released; by order only. Once it is cleared everything goes on."""
    bar(market, how, held.payer)
    with refused(world, "OwnerBarred", owner=held.payer):
        capture(market, held, 1)
    for caller in (held.operator, held.payee):
        with refused(world, "OwnerBarred", owner=held.payer):
            release(market, held, caller)
    clear(market, how, held.payer)
    capture(market, held, 1)
    assert standing(held, checkout) == (MAX - 1, 1)


def test_a_hold_on_the_payers_balance_is_not_one_on_what_is_held(market, world, token, held):
    """C6: a hold is on the balance, and the payer may send."""
    world.act("FREEZER", token, "hold", held.payer, 10**12, REF)
    with moves(market, {held.payee: 99_000_000, market.uses.checkout.address: -99_000_000}):
        capture(market, held, MAX)


def test_nothing_is_captured_in_a_pause(market, world, held):
    """R1: a pause is a refusal, never a credit, however long it lasts."""
    pause(market)
    for moment in (market.now, held.capture_by + DAY):
        warp_to(market, moment)
        with refused(world, "Paused", pauses=TRANSFERS):
            capture(market, held, 1_000_000)


@pytest.mark.parametrize("how", NO_RECEIVER)
def test_nothing_is_captured_for_a_barred_payee_in_a_pause(market, world, held, how):
    """R1: a pause credits nobody."""
    bar(market, how, held.payee)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        capture(market, held, 1_000_000)


def test_nothing_is_captured_for_the_fee_alone_in_a_pause(market, world):
    """R1: a pause credits nobody."""
    info = market.info(fee_bps=10_000)
    market.authorize(info)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        capture(market, info, 1_000_000)


def test_a_lack_of_gas_credits_nobody(market, checkout, held):
    """R1: with any gas it is either paid to the payee, or nothing has happened."""

    def paid():
        return market.balance(market.hkd, held.payee) == 10**12 + 990_000

    starve(market, held.operator, checkout, "capture", held.values(), 1_000_000, done=paid)


@pytest.mark.parametrize(
    ("value", "bps", "fee"),
    [
        (1, 1, 0),
        (1, 9_999, 0),
        (1, 10_000, 1),
        (9_999, 1, 0),
        (10_000, 1, 1),
        (19_999, 1, 1),
        (10_001, 9_999, 9_999),
        (7, 5_000, 3),
        (99_999_999, 33, 329_999),
        (MAX, 100, 1_000_000),
        (MAX, 0, 0),
        (MAX, 10_000, MAX),
    ],
)
def test_the_fee_is_rounded_down(market, checkout, value, bps, fee):
    """C1, C3: the payee gets the rest, to the unit."""
    info = market.info(fee_bps=bps)
    market.authorize(info)
    net = value - fee
    with moves(market, {info.payee: net, checkout.address: -net}):
        receipt = capture(market, info, value)
    identity = hexed(info, checkout)
    captured = ("Captured", {"id": identity, "value": value, "fee": fee})
    paid = ("Transfer", {"from": checkout.address, "to": info.payee, "value": net})
    assert logged(market, checkout, receipt) == [captured, paid][: 2 if net else 1]
    assert credit(market, checkout, info.fee_to) == fee
    assert standing(info, checkout) == (MAX - value, value)
    assert_solvent(market, info)


def test_every_capture_rounds_by_itself(market, checkout):
    """C3: three parts of 33.333333 at 1 bp pay 3,333 units each."""
    info = market.info(fee_bps=1)
    market.authorize(info)
    for part in range(1, 4):
        with moves(market, {info.payee: 33_330_000, checkout.address: -33_330_000}):
            capture(market, info, 33_333_333)
        assert credit(market, checkout, info.fee_to) == 3_333 * part
    assert standing(info, checkout) == (1, 99_999_999)
    assert_solvent(market, info)


def test_fees_of_many_payments_add_up(market, checkout):
    """C1: one credit for all of them."""
    infos = [market.info(order=bytes([n]) * 32) for n in range(3)]
    for info in infos:
        market.authorize(info)
        capture(market, info, 10_000_000)
    assert credit(market, checkout, infos[0].fee_to) == 300_000
    assert_solvent(market, *infos)


def test_one_payment_never_uses_anothers_money(market, world, checkout, held):
    """C1, C2: what another payer has put here is out of reach."""
    second = market.info(order=REF)
    market.authorize(second)
    capture(market, held, MAX)
    with refused(world, "InvalidValue", value=1, available=0):
        capture(market, held, 1)
    assert standing(second, checkout) == (MAX, 0)
    assert_solvent(market, held, second)


@pytest.mark.parametrize("how", NO_RECEIVER)
def test_a_barred_payee_is_credited(market, checkout, token, held, how):
    """R2, C1: the share stays here under the payee's name."""
    bar(market, how, held.payee)
    with moves(market, {}):
        receipt = capture(market, held, 10_000_000)
    kept = {"token": token.address, "account": held.payee, "value": 9_900_000}
    assert logged(market, checkout, receipt) == [
        ("Captured", {"id": hexed(held, checkout), "value": 10_000_000, "fee": 100_000}),
        ("Credited", kept),
    ]
    assert credit(market, checkout, held.payee) == 9_900_000
    assert credit(market, checkout, held.fee_to) == 100_000
    assert_solvent(market, held)
    capture(market, held, 10_000_000)
    assert credit(market, checkout, held.payee) == 19_800_000
    clear(market, how, held.payee)
    with moves(market, {held.payee: 9_900_000, checkout.address: -9_900_000}):
        capture(market, held, 10_000_000)
    assert credit(market, checkout, held.payee) == 19_800_000


def test_a_frozen_payee_is_paid(market, checkout, held):
    """R2: who is frozen may receive."""
    bar(market, "frozen", held.payee)
    with moves(market, {held.payee: 9_900_000, checkout.address: -9_900_000}):
        capture(market, held, 10_000_000)


def test_a_barred_receiver_of_fees_stops_nobody(market, checkout, held):
    """R2: the fee waits in any case."""
    bar(market, "blacklisted", held.fee_to)
    with moves(market, {held.payee: 9_900_000, checkout.address: -9_900_000}):
        capture(market, held, 10_000_000)
    assert credit(market, checkout, held.fee_to) == 100_000


# release


@pytest.mark.parametrize("who", ["stranger", "fee_to", "EXECUTOR"])
def test_strangers_release_nothing(market, world, checkout, held, who):
    others = {"stranger": OTHER, "fee_to": held.fee_to, "EXECUTOR": world.member("EXECUTOR")}
    with refused(world, "CallerNot", wanted=held.operator, caller=others[who]):
        release(market, held, others[who])
    warp_to(market, held.capture_by + 1)
    with refused(world, "CallerNot", wanted=held.operator, caller=others[who]):
        release(market, held, others[who])


def test_the_payer_waits_for_the_last_second_of_the_capture(market, world, checkout, held):
    for moment in (market.now, held.capture_by):
        warp_to(market, moment)
        with refused(world, "NotYetReleasable", captureBy=held.capture_by):
            release(market, held, held.payer)
    warp_to(market, held.capture_by + 1)
    with moves(market, {held.payer: MAX, checkout.address: -MAX}):
        release(market, held, held.payer)


def test_a_pause_makes_the_payer_wait_as_much_longer(market, world, checkout, held):
    """R3: there is no second at which both can, and none at which nobody can."""
    pause_for(market, 3_601)
    warp_to(market, held.capture_by + 3_601)
    with pytest.raises(Reverted) as caught:
        release(market, held, held.payer)
    assert caught.value.name == "NotYetReleasable"
    capture(market, held, 1)
    warp_to(market, held.capture_by + 3_602)
    with refused(world, "DeadlinePassed", deadline=held.capture_by + 3_601):
        capture(market, held, 1)
    with moves(market, {held.payer: MAX - 1, checkout.address: 1 - MAX}):
        release(market, held, held.payer)


def test_the_refusal_tells_the_second_with_pauses_added(market, world, held):
    """R3: `only after this second, pauses added`."""
    pause_for(market, 3_601)
    with refused(world, "NotYetReleasable", captureBy=held.capture_by + 3_601):
        release(market, held, held.payer)


def test_an_operator_who_pays_releases_at_any_time(market, checkout):
    """The operator may at any time, whoever else he is."""
    info = market.info(operator=market.taker.address)
    market.authorize(info)
    with moves(market, {info.payer: MAX, checkout.address: -MAX}):
        release(market, info, info.payer)


def test_what_was_never_authorized_is_not_released(market, world, checkout, info):
    with refused(world, "PaymentNotOpen", id=hexed(info, checkout)):
        release(market, info)


def test_nothing_held_is_nothing_to_release(market, world, held):
    capture(market, held, MAX)
    with refused(world, "InvalidValue", value=0, available=0):
        release(market, held)


def test_nothing_is_released_in_a_pause(market, world, held):
    """R1: it waits."""
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        release(market, held)


def test_a_lack_of_gas_releases_nothing(market, checkout, held):
    """R1: whole or not at all."""

    def back():
        return market.balance(market.hkd, held.payer) == 10**12

    starve(market, held.operator, checkout, "release", held.values(), done=back)


@pytest.mark.parametrize("who", ["operator", "payee"])
@pytest.mark.parametrize("after", [False, True])
def test_operator_and_payee_release_at_any_time(market, checkout, held, who, after):
    """C1, C7: all that is held goes back to the payer, and to nobody else."""
    if after:
        warp_to(market, held.refund_by + DAY)
    caller = getattr(held, who)
    with moves(market, {held.payer: MAX, checkout.address: -MAX}):
        receipt = release(market, held, caller)
    moved = {"from": checkout.address, "to": held.payer, "value": MAX}
    assert logged(market, checkout, receipt) == [
        ("Released", {"id": hexed(held, checkout), "value": MAX, "by": caller}),
        ("Transfer", moved),
    ]
    assert checkout.call("paymentOf", held.digest(checkout)) == (0, 0, 0)


def test_what_was_captured_stays_refundable_after_a_release(market, checkout, held):
    """C2, C5: the two parts are apart."""
    capture(market, held, 40_000_000)
    with moves(market, {held.payer: 60_000_000, checkout.address: -60_000_000}):
        release(market, held)
    assert standing(held, checkout) == (0, 40_000_000)
    refund(market, held, 40_000_000)
    assert standing(held, checkout) == (0, 0)
    assert_solvent(market, held)


def test_a_payee_who_is_barred_can_still_release(market, checkout, held):
    """R2: it is the payer's money that goes to the payer."""
    bar(market, "blacklisted", held.payee)
    with moves(market, {held.payer: MAX, checkout.address: -MAX}):
        release(market, held, held.payee)


# refund


@pytest.fixture
def captured(market, held):
    capture(market, held, 40_000_000)
    return held


def test_what_was_never_authorized_is_not_refunded(market, world, checkout, info):
    with refused(world, "PaymentNotOpen", id=hexed(info, checkout)):
        refund(market, info, 1)


def test_refunds_at_most_what_was_captured(market, world, held):
    """C5: in all."""
    with refused(world, "InvalidValue", value=1, available=0):
        refund(market, held, 1)
    capture(market, held, 40_000_000)
    for value in (0, 40_000_001):
        with refused(world, "InvalidValue", value=value, available=40_000_000):
            refund(market, held, value)
    refund(market, held, 39_999_999)
    with refused(world, "InvalidValue", value=2, available=1):
        refund(market, held, 2)
    refund(market, held, 1)
    with refused(world, "InvalidValue", value=1, available=0):
        refund(market, held, 1)


def test_the_last_second_of_a_refund(market, world, captured):
    """R3: pauses added."""
    pause_for(market, 4_000)
    warp_to(market, captured.refund_by + 4_000)
    refund(market, captured, 1)
    warp_to(market, captured.refund_by + 4_001)
    with refused(world, "DeadlinePassed", deadline=captured.refund_by + 4_000):
        refund(market, captured, 1)


@pytest.mark.parametrize(("how", "error"), NO_SENDER.items())
def test_who_may_not_send_refunds_nothing(market, world, captured, how, error):
    """R2: a barred caller is refused by the token."""
    bar(market, how, captured.payee)
    with refused(world, error, account=captured.payee):
        refund(market, captured, 1)


@pytest.mark.parametrize("how", NO_RECEIVER)
def test_who_may_not_send_credits_nothing(market, world, token, captured, how):
    """R2: not even when the payer would be credited."""
    bar(market, how, captured.payer)
    world.act("FREEZER", token, "freeze", [captured.payee], REF)
    with refused(world, "FrozenAccount", account=captured.payee):
        refund(market, captured, 1)


def test_refunds_out_of_the_callers_allowance_and_balance(market, world, checkout, captured, token):
    """C1: the escrow's own tokens are never what is refunded."""
    world.fund(OTHER, 4, peg=market.hkd)
    evidence = {"spender": checkout.address, "allowance": 0, "needed": 5}
    with refused(world, "ERC20InsufficientAllowance", **evidence):
        checkout.send("refund", captured.values(), 5, sender=OTHER)
    token.send("approve", checkout.address, 5, sender=OTHER)
    with refused(world, "ERC20InsufficientBalance", sender=OTHER, balance=4, needed=5):
        checkout.send("refund", captured.values(), 5, sender=OTHER)


@pytest.mark.parametrize("how", [None, *NO_RECEIVER])
def test_nothing_is_refunded_in_a_pause(market, world, captured, how):
    """R1: neither paid nor credited."""
    if how:
        bar(market, how, captured.payer)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        refund(market, captured, 1)


def test_a_lack_of_gas_refunds_nothing(market, checkout, captured):
    """R1: with any gas it is either paid to the payer, or nothing has happened."""

    def back():
        return market.balance(market.hkd, captured.payer) == 10**12 - MAX + 7

    starve(market, captured.payee, checkout, "refund", captured.values(), 7, done=back)


@pytest.mark.parametrize("how", [None, "frozen"])
def test_anybody_refunds_to_the_payer(market, world, checkout, token, captured, how):
    """C5, C7, R2: the payer alone gets it, and a frozen one may receive."""
    world.fund(OTHER, 5_000_000, peg=market.hkd)
    token.send("approve", checkout.address, 5_000_000, sender=OTHER)
    if how:
        bar(market, how, captured.payer)
    with moves(market, {OTHER: -5_000_000, captured.payer: 5_000_000}):
        receipt = checkout.send("refund", captured.values(), 5_000_000, sender=OTHER)
    moved = {"from": OTHER, "to": captured.payer, "value": 5_000_000}
    assert logged(market, checkout, receipt) == [
        ("Refunded", {"id": hexed(captured, checkout), "value": 5_000_000, "by": OTHER}),
        ("Transfer", moved),
    ]
    assert standing(captured, checkout) == (60_000_000, 35_000_000)
    assert_solvent(market, captured)


@pytest.mark.parametrize("how", NO_RECEIVER)
def test_a_barred_payer_is_credited_a_refund(market, checkout, token, captured, how):
    """R2, C1, C5: it waits here under the payer's name."""
    bar(market, how, captured.payer)
    with moves(market, {captured.payee: -7, checkout.address: 7}):
        receipt = refund(market, captured, 7)
    identity = hexed(captured, checkout)
    assert logged(market, checkout, receipt) == [
        ("Refunded", {"id": identity, "value": 7, "by": captured.payee}),
        ("Credited", {"token": token.address, "account": captured.payer, "value": 7}),
        ("Transfer", {"from": captured.payee, "to": checkout.address, "value": 7}),
    ]
    assert credit(market, checkout, captured.payer) == 7
    assert standing(captured, checkout) == (60_000_000, 39_999_993)
    assert_solvent(market, captured)


def test_captures_and_refunds_in_turn(market, checkout, held):
    """C2: held + refundable never exceeds `max`, in any order."""
    steps = (
        (capture, 40_000_000, (60_000_000, 40_000_000)),
        (refund, 10_000_000, (60_000_000, 30_000_000)),
        (capture, 20_000_000, (40_000_000, 50_000_000)),
        (refund, 50_000_000, (40_000_000, 0)),
        (capture, 40_000_000, (0, 40_000_000)),
        (refund, 40_000_000, (0, 0)),
    )
    for step, value, left in steps:
        step(market, held, value)
        assert standing(held, checkout) == left
        assert_solvent(market, held)


# complianceRelease


@pytest.mark.parametrize("who", ["operator", "taker", "merchant", "GOVERNOR", "FREEZER"])
def test_only_executor_releases_by_order(market, world, checkout, held, who):
    caller = world.member(who) if who.isupper() else getattr(market, who).address
    bar(market, "frozen", held.payer)
    with refused(world, "AccessManagedUnauthorized", caller=caller):
        checkout.send("complianceRelease", held.values(), OTHER, REF, sender=caller)


def test_an_order_waits_for_its_delay(market, world, checkout, held):
    bar(market, "frozen", held.payer)
    executor = world.member("EXECUTOR")
    data = checkout.encode("complianceRelease", held.values(), OTHER, REF)
    authority = world.suite.authority
    operation = authority.call("hashOperation", executor, checkout.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        checkout.submit(data, sender=executor)
    authority.send("schedule", checkout.address, data, 0, sender=executor)
    world.chain.warp(DAY - 1)
    with refused(world, "AccessManagerNotReady", operationId=operation):
        checkout.submit(data, sender=executor)
    world.chain.warp(1)
    checkout.submit(data, sender=executor)
    assert standing(held, checkout) == (0, 0)


def test_an_order_needs_its_case(market, world, held):
    bar(market, "frozen", held.payer)
    step = order(market, held, ref=NO_REF)
    with refused(world, "ReferenceRequired"):
        step()


def test_no_order_takes_from_who_is_only_unverified(market, world, held):
    """R2: as at the token: being unknown is no bar."""
    bar(market, "unverified", held.payer)
    step = order(market, held)
    with refused(world, "OwnerNotBarred", owner=held.payer):
        step()


def test_no_order_takes_from_who_may_send(market, world, held):
    """R2: nor from one who was cleared while it waited."""
    step = order(market, held)
    with refused(world, "OwnerNotBarred", owner=held.payer):
        step()


def test_no_order_over_what_was_never_authorized(market, world, checkout, info):
    step = order(market, info)
    with refused(world, "PaymentNotOpen", id=hexed(info, checkout)):
        step()


def test_no_order_over_what_was_captured(market, world, held):
    """R2: it is the payee's by then."""
    capture(market, held, MAX)
    bar(market, "frozen", held.payer)
    step = order(market, held)
    with refused(world, "InvalidValue", value=0, available=0):
        step()


def test_an_order_pays_nobody_who_may_not_receive(market, world, token, held):
    bar(market, "frozen", held.payer)
    world.act("BLACKLISTER", token, "blacklist", [OTHER], REF)
    step = order(market, held)
    with refused(world, "BlacklistedAccount", account=OTHER):
        step()


def test_no_order_in_a_pause(market, world, held):
    """R1: it waits, and may be repeated."""
    bar(market, "frozen", held.payer)
    step = order(market, held)
    pause(market)
    with refused(world, "Paused", pauses=TRANSFERS):
        step()


@pytest.mark.parametrize("how", ["frozen", "blacklisted"])
def test_by_order_what_is_held_goes_where_it_says(market, world, checkout, held, how):
    """C1, C6, C7, R2: the one way out for a barred payer; what was captured stays refundable."""
    capture(market, held, 40_000_000)
    bar(market, how, held.payer)
    step = order(market, held)
    with moves(market, {OTHER: 60_000_000, checkout.address: -60_000_000}):
        receipt = step()
    identity = hexed(held, checkout)
    evidence = {"to": OTHER, "value": 60_000_000}
    assert emitted(checkout, receipt) == [
        (
            "ComplianceReleased",
            {"id": identity, **evidence, "operator": world.member("EXECUTOR"), "ref": REF_HEX},
        )
    ]
    assert standing(held, checkout) == (0, 40_000_000)
    assert_solvent(market, held)
    refund(market, held, 40_000_000)
    with refused(world, "PaymentNotOpen", id=identity):
        capture(market, held, 1)


def test_an_order_knows_no_deadline(market, checkout, held):
    bar(market, "frozen", held.payer)
    warp_to(market, held.refund_by + DAY)
    step = order(market, held)
    with moves(market, {OTHER: MAX, checkout.address: -MAX}):
        step()


# As a whole


def test_a_pause_changes_when_and_not_what(market, checkout, token):
    """R3, C1: the same day with and without a pause in it ends with the same balances."""
    ends = []
    for seconds in (0, 9 * DAY):
        point = market.world.chain.snapshot()
        info = market.info()
        market.authorize(info)
        if seconds:
            pause_for(market, seconds)
        warp_to(market, info.capture_by + seconds)
        capture(market, info, 30_000_000)
        warp_to(market, info.capture_by + seconds + 1)
        release(market, info, info.payer)
        warp_to(market, info.refund_by + seconds)
        refund(market, info, 5_000_000)
        people = (info.payer, info.payee, info.fee_to, checkout.address)
        ends.append([market.balance(market.hkd, one) for one in people])
        ends[-1].append(credit(market, checkout, info.fee_to))
        market.world.chain.restore(point)
    whole = 10**12
    assert ends[0] == [whole - 25_000_000, whole + 24_700_000, 0, 300_000, 300_000]
    assert ends[0] == ends[1]


def test_gifts_are_nobodys(market, checkout, token, held):
    """R4: what strangers send here changes no payment and leaves by no verb."""
    token.send("transfer", checkout.address, 5, sender=market.maker.address)
    capture(market, held, MAX)
    checkout.send("withdraw", token.address, sender=held.fee_to)
    assert market.balance(market.hkd, checkout.address) == 5
