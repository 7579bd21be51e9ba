"""Customers' wallets: proofs as files, and what the register is told.

identifier
├── given what would have to be hashed, is empty or zero: refuses
└── else: takes it as it is

to_prove
├── given a deadline that has passed: refuses
└── else: asks for a proof of the next binding

from_file
├── given a file that is none, or holds what cannot be: refuses, and names the file
├── given a file for another register or chain: refuses
├── given a signature that is not the wallet's: refuses, unless the wallet is a contract
└── else: reads back what was signed

bind
├── given a wallet that was bound since, is bound to another, or a proof that expired: refuses
├── given a proof that bound already: nothing to do, and another end is refused
├── given a contract wallet: the chain judges
└── else: binds

set_payout, renew, unbind
├── given what is so already: nothing to do
└── else: tells the register

customer_of, customers
├── a wallet stands where the register says that it stands, to the second
└── all wallets are listed, page by page, those first that end first
"""

import json
from dataclasses import replace

import pytest
from eth_utils import keccak

from pegboard import actions, create2, customers
from pegboard.customers import Proof
from pegboard.errors import InputError, Reverted
from pegboard.inputs import moment_text
from tests.support.desks import PAYOUT, bind
from tests.support.refusal import emitted, refused
from tests.support.world import REF, artifacts, roles

DAY = 86_400
CUSTOMER = keccak(text="customer 1")
STANDINGS = ("unknown", "cooling", "expired", "ready")
REF_HEX = "0x" + REF.hex()


@pytest.fixture
def register(world):
    return world.suite.desks.customers


@pytest.fixture
def wallet(world):
    return world.holder(0)


@pytest.fixture
def stranger(world):
    return world.holder(4)


@pytest.fixture
def proof(world, register, wallet):
    """Signed by the wallet, and good for a day."""
    return sign(world, wallet)


def sign(world, wallet, *, ref=CUSTOMER, days=1, name=None):
    """A proof that this key signs, of a wallet that is its own unless told."""
    deadline = world.chain.now() + days * DAY
    asked = customers.to_prove(world.suite, name or wallet.address, ref, deadline)
    message = asked.signable(world.suite.desks.customers)
    return replace(asked, signature=bytes(wallet.sign_message(message).signature))


def do(world, action, role="REGISTRAR"):
    """Shows and does it, as the commands do."""
    signer = world.member(role)
    actions.summarise(world.suite, roles(), action, signer)
    return actions.carry_out(world.suite, action, signer).receipt


# Identifiers


@pytest.mark.req("HK-44")
@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "0x", "0x00", "0x" + "00" * 32, "0x" + "ab" * 31, "0X" + "ab" * 32, "x" * 32,
        "Chan Tai Man of 1 Queen's Road Central", "陳大文",
    ],
)  # fmt: skip
def test_what_is_no_identifier(text):
    """Whatever the toolkit would hash elsewhere: a hash of personal data is personal data."""
    with pytest.raises(InputError):
        customers.identifier(text)


def test_why_it_is_not_hashed():
    with pytest.raises(InputError, match="never hashed, since a hash of personal data is personal"):
        customers.identifier("x" * 32)


def test_identifiers_stay_as_they_are():
    assert customers.identifier(" C-7f3a91 ") == b"C-7f3a91".ljust(32, b"\0")
    assert customers.identifier("x" * 31) == b"x" * 31 + b"\0"
    assert customers.identifier("0x" + "ab" * 32) == b"\xab" * 32


def test_due_diligence_counts_to_the_last_second_of_the_day():
    end = customers.last_second("2027-01-15", 0)
    assert moment_text(end) == "2027-01-15T23:59:59Z"
    assert customers.last_second("2027-01-15", end - 1) == end
    for now in (end, end + 1):
        with pytest.raises(InputError, match="2027-01-15 is over"):
            customers.last_second("2027-01-15", now)
    with pytest.raises(InputError, match="1960-01-01 is over"):
        customers.last_second("1960-01-01", 0)
    with pytest.raises(InputError, match="not a day"):
        customers.last_second("15/01/2027", 0)


# Proofs


def test_a_deadline_that_has_passed_is_not_signed(world, wallet):
    now = world.chain.now()
    assert customers.to_prove(world.suite, wallet.address, CUSTOMER, now) == Proof(
        wallet.address, CUSTOMER, 0, now
    )
    with pytest.raises(InputError, match="has passed"):
        customers.to_prove(world.suite, wallet.address, CUSTOMER, now - 1)


def test_a_file_says_what_was_signed(register, proof, tmp_path):
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(customers.as_file(register, proof)))
    assert customers.from_file(register, path) == proof
    assert json.loads(path.read_text()) == {
        "schema": "pegboard-binding/1",
        "chainId": 31337,
        "register": register.address,
        "wallet": proof.wallet,
        "customerRef": "0x" + CUSTOMER.hex(),
        "nonce": 0,
        "deadline": moment_text(proof.deadline),
        "signature": "0x" + proof.signature.hex(),
    }


OTHER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


@pytest.mark.req("HK-45")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "pegboard-binding/2"}, "is a proof for register"),
        ({"chainId": 1}, "on chain 1, not for this one"),
        ({"register": OTHER}, f"for register {OTHER} on chain 31337, not for this one"),
        ({"wallet": OTHER}, f"is not signed by {OTHER}"),
        ({"wallet": OTHER.lower()}, "wrong checksum"),
        ({"wallet": 5}, "is no proof of a wallet"),
        ({"customerRef": "0x" + "22" * 32}, "is not signed by"),
        ({"customerRef": "0x" + "00" * 32}, "not a hash"),
        ({"nonce": 1}, "is not signed by"),
        ({"nonce": -1}, "-1 is no number that the register takes"),
        ({"nonce": 2**40}, "is no number that the register takes"),
        ({"nonce": "0"}, "'0' is no number that the register takes"),
        ({"deadline": "2027-03-01T00:00:00Z"}, "is not signed by"),
        ({"deadline": "1960-01-01T00:00:00Z"}, "is no number that the register takes"),
        ({"deadline": "tomorrow"}, "not a time"),
        ({"signature": "0x"}, "is not signed by"),
        ({"signature": "0x" + "00" * 65}, "is not signed by"),
        ({"signature": "0x" + "11" * 64}, "is not signed by"),
        ({"signature": "0xzz"}, "is no proof of a wallet"),
        ({"signature": None}, "is no proof of a wallet"),
    ],
)
def test_a_file_that_was_changed_is_refused(register, proof, tmp_path, changes, message):
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(customers.as_file(register, proof) | changes))
    with pytest.raises(InputError, match=message) as caught:
        customers.from_file(register, path)
    assert "proof.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", "5", "null", "\xff", "[" * 100_000])
def test_a_file_that_is_no_proof_is_refused(register, tmp_path, text):
    path = tmp_path / "proof.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"proof\.json is no proof of a wallet: make it with"):
        customers.from_file(register, path)


@pytest.mark.req("HK-45")
def test_another_keys_signature_is_refused(world, register, wallet, stranger, tmp_path):
    path = tmp_path / "proof.json"
    forged = sign(world, stranger, name=wallet.address)
    path.write_text(json.dumps(customers.as_file(register, forged)))
    with pytest.raises(InputError, match="it was changed, or another key signed"):
        customers.from_file(register, path)


# Binding


@pytest.mark.req("HK-44", "HK-45")
def test_binds_by_the_wallets_own_signature(world, register, wallet, proof):
    until = world.chain.now() + 365 * DAY
    action = customers.bind(world.suite, proof, until, REF)
    assert (action.verb, action.nothing_to_do, action.peg) == ("bind", False, None)
    assert action.call.text == (
        f"bind {wallet.address} to customer 0x{CUSTOMER.hex()}, whose due diligence counts until "
        f"{moment_text(until)}, reference {REF_HEX}"
    )
    receipt = do(world, action)
    assert emitted(register, receipt) == [
        (
            "WalletBound",
            {
                "wallet": wallet.address,
                "customerRef": "0x" + CUSTOMER.hex(),
                "dueDiligenceUntil": until,
                "operator": world.member("REGISTRAR"),
                "ref": REF_HEX,
            },
        )
    ]
    again = customers.bind(world.suite, proof, until, REF)
    assert again.nothing_to_do
    assert again.call.data == action.call.data
    with pytest.raises(InputError, match="change that with `customers renew`"):
        customers.bind(world.suite, proof, until + 1, REF)


@pytest.mark.req("HK-45")
def test_a_proof_binds_once(world, wallet, proof):
    until = world.chain.now() + 365 * DAY
    do(world, customers.bind(world.suite, proof, until, REF))
    do(world, customers.unbind(world.suite, wallet.address, REF))
    with pytest.raises(InputError, match="was bound 1 times, and the proof is for one that was"):
        customers.bind(world.suite, proof, until, REF)
    anew = sign(world, wallet)
    assert anew.nonce == 1
    do(world, customers.bind(world.suite, anew, until, REF))
    assert customers.customer_of(world.suite, wallet.address).bindings == 2


@pytest.mark.req("HK-45")
def test_a_bound_wallet_is_unbound_first(world, wallet):
    bind(world, wallet)
    signed_while_bound = sign(world, wallet)
    with pytest.raises(InputError, match="unbind it first"):
        customers.bind(world.suite, signed_while_bound, world.chain.now() + DAY, REF)
    do(world, customers.unbind(world.suite, wallet.address, REF))
    action = customers.bind(world.suite, signed_while_bound, world.chain.now() + DAY, REF)
    assert not action.nothing_to_do


@pytest.mark.req("HK-45")
def test_a_proof_expires(world, proof):
    until = world.chain.now() + 30 * DAY
    world.chain.warp(DAY)
    do(world, customers.bind(world.suite, proof, until, REF))
    # It was used in time, which stays so.
    world.chain.warp(1)
    assert customers.bind(world.suite, proof, until, REF).nothing_to_do


@pytest.mark.req("HK-45")
def test_an_expired_proof_is_refused(world, proof):
    until = world.chain.now() + 30 * DAY
    world.chain.warp(DAY + 1)
    with pytest.raises(InputError, match="the proof could be used until"):
        customers.bind(world.suite, proof, until, REF)


@pytest.mark.req("HK-45")
def test_a_contract_wallet_is_judged_by_the_chain(world, register, wallet, stranger, tmp_path):
    initcode = artifacts()["SmartWallet"].initcode(wallet.address)
    address, _ = create2.deploy(world.chain, initcode, sender=stranger.address)
    path, until = tmp_path / "proof.json", world.chain.now() + DAY
    for key, right in ((stranger, False), (wallet, True)):
        path.write_text(json.dumps(customers.as_file(register, sign(world, key, name=address))))
        action = customers.bind(world.suite, customers.from_file(register, path), until, REF)
        if not right:
            with refused(world, "ProofInvalid", wallet=address):
                do(world, action)
            continue
        do(world, action)
    assert customers.customer_of(world.suite, address).standing == "cooling"


def test_due_diligence_lasts_three_years_at_most(world, wallet):
    bind(world, wallet)
    longest = world.chain.now() + 3 * 366 * DAY
    with refused(world, "InvalidDueDiligence", until=longest + 1):
        do(world, customers.renew(world.suite, wallet.address, longest + 1, REF))
    do(world, customers.renew(world.suite, wallet.address, longest, REF))


# The rest of the register


@pytest.mark.req("HK-44")
def test_a_changed_account_cools(world, register, wallet):
    bind(world, wallet)
    other, now = customers.identifier("A-2"), world.chain.now()
    assert customers.set_payout(world.suite, wallet.address, PAYOUT, REF).nothing_to_do
    receipt = do(world, customers.set_payout(world.suite, wallet.address, other, REF))
    assert [name for name, _ in emitted(register, receipt)] == ["PayoutSet"]
    found = customers.customer_of(world.suite, wallet.address)
    assert (found.payout_ref, found.payout_ready_at) == (other, now + DAY)
    assert found.as_dict(now)["payoutReadyAt"] == moment_text(now + DAY)
    world.chain.warp(DAY - 1)
    with pytest.raises(Reverted, match="PayoutCooling"):
        register.call("requirePayout", wallet.address)
    world.chain.warp(1)
    assert register.call("requirePayout", wallet.address) == "0x" + other.hex()
    assert customers.set_payout(world.suite, wallet.address, other, REF).nothing_to_do


def test_renews_in_either_direction(world, wallet):
    bind(world, wallet, days=365)
    for days in (700, 30):
        until = world.chain.now() + days * DAY
        action = customers.renew(world.suite, wallet.address, until, REF)
        assert not action.nothing_to_do
        do(world, action)
        assert customers.renew(world.suite, wallet.address, until, REF).nothing_to_do
        assert customers.customer_of(world.suite, wallet.address).days_left(until - DAY) == 1


@pytest.mark.req("HK-44")
def test_unbinding_forgets_the_account(world, wallet):
    assert customers.unbind(world.suite, wallet.address, REF).nothing_to_do
    bind(world, wallet)
    do(world, customers.unbind(world.suite, wallet.address, REF))
    found = customers.customer_of(world.suite, wallet.address)
    assert (found.standing, found.payout_ref, found.bindings) == ("unknown", bytes(32), 1)
    assert found.as_dict(world.chain.now()) == {
        "wallet": wallet.address,
        "standing": "unknown",
        "customerRef": None,
        "boundAt": None,
        "readyAt": None,
        "dueDiligenceUntil": None,
        "daysLeft": None,
        "payoutRef": None,
        "payoutReadyAt": None,
        "bindings": 1,
    }
    assert customers.unbind(world.suite, wallet.address, REF).nothing_to_do


def test_what_needs_a_bound_wallet_says_so(world, wallet):
    until = world.chain.now() + DAY
    for action in (
        customers.set_payout(world.suite, wallet.address, PAYOUT, REF),
        customers.renew(world.suite, wallet.address, until, REF),
    ):
        with refused(world, "WalletUnknown", wallet=wallet.address):
            do(world, action)


@pytest.mark.req("HK-44")
def test_a_wallet_stands_where_the_register_says(world, register, wallet):
    """Bound for two days, of which it cools one."""

    def stands():
        here = customers.customer_of(world.suite, wallet.address)
        there = STANDINGS[register.call("standingOf", wallet.address)]
        assert here.standing == there
        return here.standing, here.days_left(world.chain.now())

    assert stands() == ("unknown", 0)
    bind(world, wallet, days=2, cool=False)
    assert stands() == ("cooling", 2)
    for wait, seen in (
        (1, ("cooling", 1)),
        (DAY - 2, ("cooling", 1)),
        (1, ("ready", 1)),
        (1, ("ready", 0)),
        (DAY - 1, ("ready", 0)),
        (1, ("expired", 0)),
    ):
        world.chain.warp(wait)
        assert stands() == seen


def test_due_diligence_that_ends_while_cooling(world, register, wallet):
    bind(world, wallet, days=2, cool=False)
    now = world.chain.now()
    do(world, customers.renew(world.suite, wallet.address, now + 10, REF))
    world.chain.warp(11)
    assert customers.customer_of(world.suite, wallet.address).standing == "expired"
    assert STANDINGS[register.call("standingOf", wallet.address)] == "expired"


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6])
def test_all_wallets_are_listed(world, monkeypatch, count):
    """Whole pages, and one more or one less."""
    monkeypatch.setattr(customers, "PAGE", 5)
    for index in range(count):
        bind(world, world.holder(index), days=30 - index, cool=False)
    found = customers.customers(world.suite)
    assert [c.wallet for c in found] == [world.holder(i).address for i in reversed(range(count))]
    assert [c.until for c in found] == sorted(c.until for c in found)
