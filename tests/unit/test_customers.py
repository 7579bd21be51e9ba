"""Which wallets belong to known customers.

bind
├── when the customer's reference is zero: reverts with ReferenceRequired
├── when the proof's deadline has passed: reverts with ProofExpired
├── when due diligence has ended, or ends more than three years from now: reverts with
│   InvalidDueDiligence
├── when the proof is of another wallet, customer, binding, deadline, register or chain, or is no
│   signature of the wallet's key or contract: reverts with ProofInvalid
├── given the wallet is bound: reverts with WalletAlreadyBound
└── else: the wallet is the customer's, and cools

renew
├── when due diligence has ended, or ends more than three years from now: reverts with
│   InvalidDueDiligence
├── given an unbound wallet: reverts with WalletUnknown
└── else: it ends then, later or sooner

setPayout
├── given an unbound wallet: reverts with WalletUnknown
└── else: the payout account, also the same anew, cools

unbind
├── given an unbound wallet: reverts with WalletUnknown
└── else: nothing is recorded but how often it was bound, and no old proof binds again

standingOf, requireReady
├── given an unbound wallet: UNKNOWN, reverts with WalletUnknown
├── given due diligence that has ended, cooling or not: EXPIRED, reverts with DueDiligenceExpired
├── until the second before it has cooled: COOLING, reverts with WalletCooling
└── else: READY

requirePayout
├── given an unbound wallet, or due diligence that has ended: reverts likewise
├── given no payout account: reverts with PayoutUnset
├── until the second before that has cooled: reverts with PayoutCooling
└── else: the payout account

wallets
└── all that are bound and no other, each once, page by page
"""

from typing import NamedTuple

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.signing import binding
from tests.support.desks import DAY, PAYOUT
from tests.support.refusal import emitted, refused
from tests.support.revm import RevmChain
from tests.support.signed import FOREVER, Signature
from tests.support.world import REF, build_world

ZERO = "0x" + "00" * 20
NO_REF = b"\0" * 32
REF_HEX = "0x" + REF.hex()
CUSTOMER, OTHER = keccak(text="customer 1"), keccak(text="customer 2")
COOLING, LONGEST = DAY, 3 * 366 * DAY
YEAR = 365 * DAY
UNKNOWN, COOL, EXPIRED, READY = range(4)
LATEST = 2**40 - 1


class Customer(NamedTuple):
    """What the register records of a wallet."""

    bound_at: int
    payout_at: int
    until: int
    bindings: int
    customer: bytes
    payout: bytes


NOBODY = Customer(0, 0, 0, 0, NO_REF, NO_REF)


def hexed(data):
    return "0x" + data.hex()


@pytest.fixture
def register(world):
    return world.suite.desks.customers


@pytest.fixture
def registrar(world):
    return world.member("REGISTRAR")


@pytest.fixture
def wallet(world):
    """Of a customer, not bound yet."""
    return world.holder(1)


def proof_of(register, signer, wallet=None, *, customer=CUSTOMER, nonce=0, deadline=FOREVER):
    """The signer's word for a wallet, its own unless told."""
    message = binding(register, wallet or signer.address, customer, nonce, deadline)
    return bytes(signer.sign_message(message).signature)


@pytest.fixture
def bind(world, register, registrar):
    """Binds a wallet for a year, by a proof that is valid for ever, unless told."""

    def act(wallet, proof, *, customer=CUSTOMER, until=None, deadline=FOREVER):
        until = world.chain.now() + YEAR if until is None else until
        args = (wallet, customer, until, deadline, proof, REF)
        return register.send("bind", *args, sender=registrar)

    return act


@pytest.fixture
def bound(world, register, bind, wallet):
    """The wallet, bound just now; answers when."""
    bind(wallet.address, proof_of(register, wallet))
    return world.chain.now()


def act(world, verb, wallet, *args):
    return world.act("REGISTRAR", world.suite.desks.customers, verb, wallet, *args, REF)


def customer_of(register, wallet):
    return Customer(*register.call("customerOf", wallet))


# What does not bind


def test_a_customer_has_a_reference(world, register, bind, wallet):
    proof = proof_of(register, wallet, customer=NO_REF)
    with refused(world, "ReferenceRequired"):
        bind(wallet.address, proof, customer=NO_REF)


@pytest.mark.req("HK-45")
@pytest.mark.parametrize("ahead", [0, 1, DAY])
def test_a_proof_counts_until_and_including_its_deadline(world, register, bind, wallet, ahead):
    """To the second."""
    deadline = world.chain.now() + ahead
    proof = proof_of(register, wallet, deadline=deadline)
    world.chain.warp(ahead + 1)
    with refused(world, "ProofExpired", deadline=deadline):
        bind(wallet.address, proof, deadline=deadline)
    world.chain.warp(-1)
    bind(wallet.address, proof, deadline=deadline)
    assert register.call("standingOf", wallet.address) == COOL


@pytest.mark.req("HK-49")
@pytest.mark.parametrize("ahead", [0, -1, LONGEST + 1, None])
def test_due_diligence_ends_in_the_future_and_within_three_years(
    world, register, bind, wallet, ahead
):
    """To the second."""
    until = LATEST if ahead is None else world.chain.now() + ahead
    proof = proof_of(register, wallet)
    with refused(world, "InvalidDueDiligence", until=until):
        bind(wallet.address, proof, until=until)


@pytest.mark.req("HK-49")
@pytest.mark.parametrize("ahead", [1, LONGEST])
def test_due_diligence_may_end_in_a_second_or_in_three_years(world, register, bind, wallet, ahead):
    until = world.chain.now() + ahead
    bind(wallet.address, proof_of(register, wallet), until=until)
    assert customer_of(register, wallet.address).until == until


@pytest.mark.req("HK-45")
@pytest.mark.parametrize("field", ["wallet", "customer", "nonce", "deadline"])
def test_a_proof_is_bound_to_every_field(world, register, bind, wallet, stranger, field):
    """What was signed is what counts."""
    other = {
        "wallet": stranger.address,
        "customer": OTHER,
        "nonce": 1,
        "deadline": FOREVER - 1,
    }[field]
    with refused(world, "ProofInvalid", wallet=wallet.address):
        bind(wallet.address, proof_of(register, wallet, **{field: other}))
    bind(wallet.address, proof_of(register, wallet))


@pytest.mark.req("HK-45")
def test_a_proof_is_of_the_wallet(world, register, registrar, bind, wallet, stranger):
    """Nobody binds somebody else's, the registrar included."""
    with refused(world, "ProofInvalid", wallet=wallet.address):
        bind(wallet.address, proof_of(register, stranger, wallet.address))
    with refused(world, "ProofInvalid", wallet=registrar):
        bind(registrar, proof_of(register, wallet, registrar))


@pytest.mark.req("HK-45")
def test_a_proof_is_bound_to_chain_and_register(world, register, bind, create, wallet):
    """Another chain's register at the same address, another register on this chain."""
    elsewhere = build_world(RevmChain(31338)).suite.desks.customers
    assert elsewhere.address == register.address
    another = create(world, "CustomerRegister", world.suite.authority.address, COOLING + 1)
    assert another.address != register.address
    for other in (elsewhere, another):
        with refused(world, "ProofInvalid", wallet=wallet.address):
            bind(wallet.address, proof_of(other, wallet))
        digest = other.call("bindingHash", wallet.address, CUSTOMER, FOREVER)
        assert digest != register.call("bindingHash", wallet.address, CUSTOMER, FOREVER)


@pytest.mark.req("HK-45")
def test_a_proof_is_a_whole_signature_with_a_low_s(world, register, bind, wallet):
    message = binding(register, wallet.address, CUSTOMER, 0, FOREVER)
    signed = wallet.sign_message(message)
    good = Signature(signed.v, signed.r, signed.s)
    for bad in (
        b"",
        bytes(good)[:64],
        bytes(good) + b"\0",
        good.compact(),
        bytes(good.malleable()),
        bytes(good.with_v(good.v - 27)),
        bytes(good.with_v(55 - good.v)),
        b"\0" * 65,
    ):
        with refused(world, "ProofInvalid", wallet=wallet.address):
            bind(wallet.address, bad)
    bind(wallet.address, bytes(good))


@pytest.mark.parametrize("nobody", [ZERO, "0x" + "00" * 19 + "04", "token"])
def test_what_cannot_sign_is_not_bound(world, register, token, bind, wallet, nobody):
    """Address zero, which a broken signature recovers; a precompile, which echoes; a token."""
    nobody = token.address if nobody == "token" else nobody
    for proof in (b"", b"\0" * 65, proof_of(register, wallet, nobody)):
        with refused(world, "ProofInvalid", wallet=nobody):
            bind(nobody, proof)


@pytest.mark.usefixtures("bound")
def test_a_bound_wallet_is_not_bound_again(world, register, bind, wallet):
    """To nobody else, and not to the same customer either."""
    for customer in (CUSTOMER, OTHER):
        proof = proof_of(register, wallet, customer=customer, nonce=1)
        with refused(world, "WalletAlreadyBound", wallet=wallet.address):
            bind(wallet.address, proof, customer=customer)


@pytest.mark.req("HK-45")
def test_a_proof_binds_once(world, register, bind, wallet):
    """Neither while it is bound, nor after it was unbound."""
    proof = proof_of(register, wallet)
    bind(wallet.address, proof)
    with refused(world, "ProofInvalid", wallet=wallet.address):
        bind(wallet.address, proof)
    act(world, "unbind", wallet.address)
    with refused(world, "ProofInvalid", wallet=wallet.address):
        bind(wallet.address, proof)


# What binds


@pytest.mark.req("HK-44", "HK-45")
def test_binds_by_the_wallets_signature(world, register, registrar, bind, wallet):
    """I19: the hash is what a wallet computes."""
    assert customer_of(register, wallet.address) == NOBODY
    message = binding(register, wallet.address, CUSTOMER, 0, FOREVER)
    digest = keccak(b"\x19\x01" + message.header + message.body)
    assert register.call("bindingHash", wallet.address, CUSTOMER, FOREVER) == hexed(digest)

    until = world.chain.now() + YEAR
    receipt = bind(wallet.address, proof_of(register, wallet))
    assert emitted(register, receipt) == [
        (
            "WalletBound",
            {
                "wallet": wallet.address,
                "customerRef": hexed(CUSTOMER),
                "dueDiligenceUntil": until,
                "operator": registrar,
                "ref": REF_HEX,
            },
        )
    ]
    expected = Customer(world.chain.now(), 0, until, 1, CUSTOMER, NO_REF)
    assert customer_of(register, wallet.address) == expected
    assert register.call("wallets", 0, 9) == (wallet.address.lower(),)


@pytest.mark.req("HK-45")
def test_binds_a_contract_by_its_word(world, register, bind, create, wallet, stranger):
    """ERC-1271: exactly the magic value, in an answer that is long enough."""
    contract = create(world, "SmartWallet", wallet.address)
    by_owner = proof_of(register, wallet, contract.address)
    for proof in (proof_of(register, stranger, contract.address), b"", by_owner[:64]):
        with refused(world, "ProofInvalid", wallet=contract.address):
            bind(contract.address, proof)
    for manner in (1, 3, 4):
        contract.send("behave", manner, sender=stranger.address)
        with refused(world, "ProofInvalid", wallet=contract.address):
            bind(contract.address, by_owner)
    contract.send("behave", 0, sender=stranger.address)
    bind(contract.address, by_owner)
    assert register.call("standingOf", contract.address) == COOL

    act(world, "unbind", contract.address)
    with refused(world, "ProofInvalid", wallet=contract.address):
        bind(contract.address, by_owner)
    bind(contract.address, proof_of(register, wallet, contract.address, nonce=1))


@pytest.mark.req("HK-45")
def test_a_key_signs_for_its_account_and_not_for_the_contract_it_owns(
    world, register, bind, create, wallet
):
    """The owner's binding of a contract does not bind the owner, and the other way round."""
    contract = create(world, "SmartWallet", wallet.address)
    with refused(world, "ProofInvalid", wallet=contract.address):
        bind(contract.address, proof_of(register, wallet))
    with refused(world, "ProofInvalid", wallet=wallet.address):
        bind(wallet.address, proof_of(register, wallet, contract.address))


@pytest.mark.req("HK-45")
def test_an_account_that_delegates_to_code_signs_with_its_key(own_world, create):
    """EIP-7702: whatever the code says."""
    wallet, stranger = own_world.holder(1), own_world.holder(4)
    register, registrar = own_world.suite.desks.customers, own_world.member("REGISTRAR")
    code = create(own_world, "SmartWallet", stranger.address)
    delegation = bytes.fromhex("ef0100" + code.address[2:])
    own_world.chain.put_code(wallet.address, delegation)
    until = own_world.chain.now() + YEAR
    args = (wallet.address, CUSTOMER, until, FOREVER, proof_of(register, wallet), REF)
    register.send("bind", *args, sender=registrar)
    assert register.call("standingOf", wallet.address) == COOL


def test_a_customer_may_have_several_wallets(world, register, bind):
    wallets = [world.holder(i) for i in range(3)]
    for wallet in wallets:
        bind(wallet.address, proof_of(register, wallet))
    assert {customer_of(register, w.address).customer for w in wallets} == {CUSTOMER}


# Standing


def standing(world, wallet, expected, error=None, /, **evidence):
    """Both views say the same."""
    register = world.suite.desks.customers
    assert register.call("standingOf", wallet) == expected
    if error is None:
        register.call("requireReady", wallet)
    else:
        with refused(world, error, **evidence):
            register.call("requireReady", wallet)


@pytest.mark.req("HK-08")
@pytest.mark.parametrize("wallet", [ZERO, "stranger"])
def test_an_unknown_wallet_is_unknown(world, register, stranger, wallet):
    wallet = stranger.address if wallet == "stranger" else wallet
    standing(world, wallet, UNKNOWN, "WalletUnknown", wallet=wallet)
    with refused(world, "WalletUnknown", wallet=wallet):
        register.call("requirePayout", wallet)


@pytest.mark.req("HK-08")
def test_a_wallet_cools_to_the_second(world, register, wallet, bound):
    """From binding on, and again after it was bound anew."""
    ready = bound + register.call("cooling")
    assert ready == bound + COOLING
    cooling = ("WalletCooling", {"wallet": wallet.address, "readyAt": ready})
    standing(world, wallet.address, COOL, cooling[0], **cooling[1])
    world.chain.warp(COOLING - 1)
    standing(world, wallet.address, COOL, cooling[0], **cooling[1])
    world.chain.warp(1)
    standing(world, wallet.address, READY)


@pytest.mark.req("HK-08")
def test_a_wallet_that_is_bound_anew_cools_anew(world, register, bind, wallet, bound):
    world.chain.warp(COOLING)
    standing(world, wallet.address, READY)
    act(world, "unbind", wallet.address)
    bind(wallet.address, proof_of(register, wallet, nonce=1))
    ready = world.chain.now() + COOLING
    standing(world, wallet.address, COOL, "WalletCooling", wallet=wallet.address, readyAt=ready)
    world.chain.warp(COOLING)
    standing(world, wallet.address, READY)


@pytest.mark.req("HK-49")
def test_due_diligence_counts_until_and_including_its_last_second(world, wallet, bound):
    world.chain.warp(YEAR)
    standing(world, wallet.address, READY)
    world.chain.warp(1)
    expired = {"wallet": wallet.address, "until": bound + YEAR}
    standing(world, wallet.address, EXPIRED, "DueDiligenceExpired", **expired)


@pytest.mark.req("HK-49")
@pytest.mark.parametrize("ahead", [1, COOLING - 1])
def test_what_expires_while_it_cools_is_expired(world, register, bind, wallet, ahead):
    until, ready = world.chain.now() + ahead, world.chain.now() + COOLING
    bind(wallet.address, proof_of(register, wallet), until=until)
    world.chain.warp(ahead)
    standing(world, wallet.address, COOL, "WalletCooling", wallet=wallet.address, readyAt=ready)
    world.chain.warp(1)
    expired = {"wallet": wallet.address, "until": until}
    standing(world, wallet.address, EXPIRED, "DueDiligenceExpired", **expired)


def test_cooling_and_due_diligence_may_meet_in_one_second(world, register, bind, wallet):
    until = world.chain.now() + COOLING
    bind(wallet.address, proof_of(register, wallet), until=until)
    world.chain.warp(COOLING)
    standing(world, wallet.address, READY)
    world.chain.warp(1)
    expired = {"wallet": wallet.address, "until": until}
    standing(world, wallet.address, EXPIRED, "DueDiligenceExpired", **expired)


# Renewing


@pytest.mark.parametrize("ahead", [0, -1, LONGEST + 1, None])
@pytest.mark.usefixtures("bound")
def test_renews_only_to_the_future_and_within_three_years(world, wallet, ahead):
    """To the second."""
    until = LATEST if ahead is None else world.chain.now() + ahead
    with refused(world, "InvalidDueDiligence", until=until):
        act(world, "renew", wallet.address, until)


def test_an_unbound_wallet_is_not_renewed(world, stranger, wallet, bound):
    until = world.chain.now() + DAY
    with refused(world, "WalletUnknown", wallet=stranger.address):
        act(world, "renew", stranger.address, until)
    act(world, "unbind", wallet.address)
    with refused(world, "WalletUnknown", wallet=wallet.address):
        act(world, "renew", wallet.address, until)


@pytest.mark.req("HK-49")
@pytest.mark.parametrize("ahead", [1, YEAR - 1, YEAR + 1, LONGEST])
def test_renews_in_either_direction(world, register, registrar, wallet, bound, ahead):
    """And nothing else: it does not cool again."""
    world.chain.warp(COOLING)
    until = world.chain.now() + ahead
    before = customer_of(register, wallet.address)
    receipt = act(world, "renew", wallet.address, until)
    evidence = {"wallet": wallet.address, "until": until, "operator": registrar, "ref": REF_HEX}
    assert emitted(register, receipt) == [("DueDiligenceRenewed", evidence)]
    assert customer_of(register, wallet.address) == before._replace(until=until)
    world.chain.warp(ahead)
    standing(world, wallet.address, READY)
    world.chain.warp(1)
    expired = {"wallet": wallet.address, "until": until}
    standing(world, wallet.address, EXPIRED, "DueDiligenceExpired", **expired)


@pytest.mark.req("HK-49")
def test_what_expired_is_renewed(world, wallet, bound):
    world.chain.warp(YEAR + 1)
    expired = {"wallet": wallet.address, "until": bound + YEAR}
    standing(world, wallet.address, EXPIRED, "DueDiligenceExpired", **expired)
    act(world, "renew", wallet.address, world.chain.now() + 1)
    standing(world, wallet.address, READY)


# Payout accounts


def test_an_unbound_wallet_has_no_payout_account(world, stranger, wallet, bound):
    with refused(world, "WalletUnknown", wallet=stranger.address):
        act(world, "setPayout", stranger.address, PAYOUT)
    act(world, "unbind", wallet.address)
    with refused(world, "WalletUnknown", wallet=wallet.address):
        act(world, "setPayout", wallet.address, PAYOUT)


@pytest.mark.req("HK-44")
@pytest.mark.usefixtures("bound")
def test_no_payout_account_is_none(world, register, wallet):
    """Though the wallet has cooled."""
    world.chain.warp(COOLING)
    standing(world, wallet.address, READY)
    with refused(world, "PayoutUnset", wallet=wallet.address):
        register.call("requirePayout", wallet.address)


@pytest.mark.req("HK-44")
@pytest.mark.parametrize("anew", [PAYOUT, REF], ids=["the same", "another"])
def test_a_payout_account_cools_to_the_second(world, register, registrar, wallet, bound, anew):
    """When it is set, and again whenever it is set anew; the wallet itself stays as it was."""
    world.chain.warp(5)
    for payout in (PAYOUT, anew):
        before = customer_of(register, wallet.address)
        receipt = act(world, "setPayout", wallet.address, payout)
        evidence = {"wallet": wallet.address, "payoutRef": hexed(payout)}
        evidence |= {"operator": registrar, "ref": REF_HEX}
        assert emitted(register, receipt) == [("PayoutSet", evidence)]
        now = world.chain.now()
        expected = before._replace(payout_at=now, payout=payout)
        assert customer_of(register, wallet.address) == expected
        for passing in (0, COOLING - 1):
            world.chain.warp(passing)
            ready = {"wallet": wallet.address, "readyAt": now + COOLING}
            with refused(world, "PayoutCooling", **ready):
                register.call("requirePayout", wallet.address)
        world.chain.warp(1)
        assert register.call("requirePayout", wallet.address) == hexed(payout)
        standing(world, wallet.address, READY)


@pytest.mark.req("HK-44")
def test_a_payout_account_can_be_taken_off(world, register, wallet, bound):
    """By setting none; at once."""
    act(world, "setPayout", wallet.address, PAYOUT)
    world.chain.warp(COOLING)
    act(world, "setPayout", wallet.address, NO_REF)
    for _ in range(2):
        with refused(world, "PayoutUnset", wallet=wallet.address):
            register.call("requirePayout", wallet.address)
        world.chain.warp(COOLING)


@pytest.mark.req("HK-49")
@pytest.mark.parametrize("payout", [PAYOUT, None])
def test_past_due_diligence_nothing_is_paid_out(world, register, wallet, bound, payout):
    """To the second, and before anything is said of the account."""
    if payout:
        act(world, "setPayout", wallet.address, payout)
    world.chain.warp(YEAR)
    if payout:
        assert register.call("requirePayout", wallet.address) == hexed(payout)
    world.chain.warp(1)
    expired = {"wallet": wallet.address, "until": bound + YEAR}
    with refused(world, "DueDiligenceExpired", **expired):
        register.call("requirePayout", wallet.address)


# Unbinding


def test_an_unbound_wallet_is_not_unbound(world, stranger, wallet, bound):
    with refused(world, "WalletUnknown", wallet=stranger.address):
        act(world, "unbind", stranger.address)
    act(world, "unbind", wallet.address)
    with refused(world, "WalletUnknown", wallet=wallet.address):
        act(world, "unbind", wallet.address)


@pytest.mark.req("HK-08", "HK-44")
def test_unbinds_at_once_and_forgets_all_but_the_count(
    world, register, registrar, bind, wallet, bound
):
    act(world, "setPayout", wallet.address, PAYOUT)
    world.chain.warp(COOLING)
    receipt = register.send("unbind", wallet.address, REF, sender=registrar)
    evidence = {"wallet": wallet.address, "operator": registrar, "ref": REF_HEX}
    assert emitted(register, receipt) == [("WalletUnbound", evidence)]
    assert customer_of(register, wallet.address) == NOBODY._replace(bindings=1)
    assert register.call("wallets", 0, 9) == ()
    standing(world, wallet.address, UNKNOWN, "WalletUnknown", wallet=wallet.address)
    with refused(world, "WalletUnknown", wallet=wallet.address):
        register.call("requirePayout", wallet.address)

    proof = proof_of(register, wallet, customer=OTHER, nonce=1)
    bind(wallet.address, proof, customer=OTHER)
    now = world.chain.now()
    assert customer_of(register, wallet.address) == Customer(now, 0, now + YEAR, 2, OTHER, NO_REF)
    world.chain.warp(COOLING)
    with refused(world, "PayoutUnset", wallet=wallet.address):
        register.call("requirePayout", wallet.address)


def test_unbinds_what_has_expired(world, register, wallet, bound):
    world.chain.warp(YEAR + 1)
    act(world, "unbind", wallet.address)
    assert register.call("standingOf", wallet.address) == UNKNOWN


# Lists


def test_lists_the_bound_wallets_page_by_page(world, register, bind):
    """Whatever was unbound between, each is listed once; beyond the end there is nothing."""
    everything = 2**256 - 1
    assert register.call("wallets", 0, everything) == ()
    people = [world.holder(i) for i in range(5)]
    for person in people:
        bind(person.address, proof_of(register, person))
    for gone, left in ((1, [0, 2, 3, 4]), (4, [0, 2, 3])):
        act(world, "unbind", people[gone].address)
        found = [to_checksum_address(a) for a in register.call("wallets", 0, everything)]
        assert sorted(found) == sorted(people[i].address for i in left)

    bind(people[1].address, proof_of(register, people[1], nonce=1))
    whole = register.call("wallets", 0, everything)
    assert {to_checksum_address(a) for a in whole} == {people[i].address for i in (0, 1, 2, 3)}
    assert len(whole) == 4
    for offset in (0, 1, 3, 4, 5, everything):
        for limit in (0, 1, 2, 4, everything):
            page = register.call("wallets", offset, limit)
            assert page == whole[offset : offset + limit], (offset, limit)
