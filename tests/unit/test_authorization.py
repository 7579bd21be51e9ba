"""Transfers by signature (ERC-3009, ERC-7598), as v, r, s and as bytes.

transferWithAuthorization, receiveWithAuthorization
├── when receive is not submitted by the payee: reverts with CallerNotPayee
├── when it is not later than validAfter: reverts with AuthorizationNotYetValid
├── when it is not earlier than validBefore: reverts with AuthorizationExpired
├── given the nonce was used or cancelled, by any verb in any form: reverts with AuthorizationSpent
├── when the signature is of other fields, domain, type or key: reverts with InvalidSignature
├── when it has a high s, a v of 0 or 1, or not 65 bytes: reverts with InvalidSignature
├── when the transfer is refused: reverts, and the nonce stays unused
├── given a contract wallet (ERC-1271)
│   ├── when it says no, reverts with the magic, answers short or spoiled, or writes: reverts
│   └── else: moves
├── given an account that delegates to code (EIP-7702): its key signs as before
└── else: logs the use, then the transfer

cancelAuthorization
├── given the nonce was used or cancelled: reverts with AuthorizationSpent
├── when the signature is not the authorizer's: reverts with InvalidSignature
└── else, whatever the account's state: logs, and the nonce is spent
"""

import pytest

from pegboard.contract import selector_of
from tests.support.refusal import emitted, refused
from tests.support.revm import RevmChain
from tests.support.signed import FOREVER, FORMS, sign, spelled
from tests.support.world import REF, build_world, key

ZERO = "0x" + "00" * 20
FUNDS = 1_000_000_000
NONCE = bytes(range(32))
KINDS = {
    "transferWithAuthorization": "TransferWithAuthorization",
    "receiveWithAuthorization": "ReceiveWithAuthorization",
}
MOVES = [(verb, form) for verb in KINDS for form in FORMS]
MAGIC = selector_of("isValidSignature(bytes32,bytes)")


@pytest.fixture(params=MOVES, ids=" ".join)
def way(request):
    """A verb that moves, in one of its forms."""
    return request.param


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


class Move:
    """An authorization of 100 from the holder to the payee, valid now, and how to submit it."""

    def __init__(self, token, holder, payee):
        self.token, self.signer = token, holder
        now = token.chain.now()
        self.fields = {
            "from": holder.address,
            "to": payee.address,
            "value": 100,
            "validAfter": now - 1,
            "validBefore": now + 1,
            "nonce": NONCE,
        }

    def values(self, **changes):
        return tuple((self.fields | changes).values())

    def signed(self, verb, domain=None, **changes):
        return sign(self.signer, self.token, KINDS[verb], self.values(**changes), **(domain or {}))

    def submit(self, verb, form, signature, sender=None, **changes):
        args = (*self.values(**changes), *signature.args(form))
        sender = sender or (self.fields | changes)["to"]
        return self.token.send(spelled(verb, form), *args, sender=sender)

    def do(self, way, sender=None, **changes):
        """Signs and submits, both with the same changes."""
        verb, form = way
        return self.submit(verb, form, self.signed(verb, **changes), sender, **changes)

    def cancel(self, form, sender, nonce=NONCE):
        head = (self.fields["from"], nonce)
        signature = sign(self.signer, self.token, "CancelAuthorization", head)
        return self.token.send(
            spelled("cancelAuthorization", form), *head, *signature.args(form), sender=sender
        )


@pytest.fixture
def move(token, holder, payee):
    return Move(token, holder, payee)


def used(authorizer, nonce=NONCE):
    return ("AuthorizationUsed", {"authorizer": authorizer, "nonce": "0x" + nonce.hex()})


def transferred(sender, to, value=100):
    return ("Transfer", {"from": sender, "to": to, "value": value})


# Who submits


@pytest.mark.parametrize("form", FORMS)
def test_only_the_payee_receives(world, holder, payee, relayer, move, form):
    """I21: receive only by the payee."""
    verb = "receiveWithAuthorization"
    for caller in (relayer.address, holder.address):
        with refused(world, "CallerNotPayee", caller=caller, payee=payee.address):
            move.submit(verb, form, move.signed(verb), sender=caller)


@pytest.mark.parametrize("form", FORMS)
def test_anybody_submits_a_transfer(world, token, holder, payee, relayer, move, form):
    move.do(("transferWithAuthorization", form), sender=relayer.address)
    assert token.call("balanceOf", payee.address) == 100
    assert token.call("balanceOf", relayer.address) == 0


# When


@pytest.mark.parametrize("later", [0, 1, 2**255])
def test_refuses_until_and_including_valid_after(world, move, way, later):
    """I18: strictly after validAfter."""
    after = world.chain.now() + later
    with refused(world, "AuthorizationNotYetValid", validAfter=after):
        move.do(way, validAfter=after, validBefore=FOREVER)


@pytest.mark.parametrize("earlier", [0, 1])
def test_refuses_from_valid_before_on(world, move, way, earlier):
    """I18: strictly before validBefore."""
    before = world.chain.now() - earlier
    with refused(world, "AuthorizationExpired", validBefore=before):
        move.do(way, validAfter=0, validBefore=before)


def test_takes_it_in_the_one_second_between(world, token, payee, move, way):
    """I18: validAfter < now < validBefore."""
    move.do(way)
    assert token.call("balanceOf", payee.address) == 100


def test_takes_the_widest_bounds(world, token, payee, move, way):
    move.do(way, validAfter=0, validBefore=FOREVER)
    assert token.call("balanceOf", payee.address) == 100


# Once


@pytest.mark.parametrize(
    "second", [*MOVES, *[("cancelAuthorization", f) for f in FORMS]], ids=" ".join
)
@pytest.mark.parametrize(
    "first", [*MOVES, *[("cancelAuthorization", f) for f in FORMS]], ids=" ".join
)
def test_a_nonce_is_spent_once_over_all_verbs_and_forms(
    world, token, holder, payee, relayer, move, first, second
):
    """I17: at most once over transfer, receive and cancel, in both forms."""

    def do(way):
        if way[0] == "cancelAuthorization":
            return move.cancel(way[1], relayer.address)
        return move.do(way)

    assert token.call("authorizationState", holder.address, NONCE) is False
    do(first)
    assert token.call("authorizationState", holder.address, NONCE) is True
    with refused(world, "AuthorizationSpent", authorizer=holder.address, nonce="0x" + NONCE.hex()):
        do(second)


def test_nonces_are_the_authorizers_own(world, token, holder, payee, stranger, move):
    move.do(MOVES[0])
    assert token.call("authorizationState", stranger.address, NONCE) is False


@pytest.mark.parametrize(
    ("one", "other"),
    [(0, 1), (0, 255), (255, 256), (2**256 - 1, 2**256 - 2), (0, 2**255), (7, 7 + 2**8)],
)
def test_nonces_next_to_each_other_are_apart(world, token, holder, payee, move, way, one, other):
    """I17: any 32 bytes are a nonce; bits and words never meet."""
    one, other = one.to_bytes(32), other.to_bytes(32)
    move.do(way, nonce=one)
    assert token.call("authorizationState", holder.address, other) is False
    move.do(way, nonce=other)
    assert token.call("balanceOf", payee.address) == 200


def test_a_payer_may_count_upwards(world, token, holder, payee, move):
    for nonce in range(250, 262):
        move.do(MOVES[0], nonce=nonce.to_bytes(32))
    assert token.call("balanceOf", payee.address) == 1200
    assert token.call("authorizationState", holder.address, (249).to_bytes(32)) is False
    assert token.call("authorizationState", holder.address, (262).to_bytes(32)) is False


# By whom it is signed


@pytest.mark.parametrize("field", ["from", "to", "value", "validAfter", "validBefore", "nonce"])
def test_is_bound_to_every_field(world, holder, stranger, move, way, field):
    """I19: bound to every field."""
    verb, form = way
    now = world.chain.now()
    other = {
        "from": stranger.address,
        "to": stranger.address,
        "value": 101,
        "validAfter": now - 2,
        "validBefore": now + 2,
        "nonce": b"\1" * 32,
    }[field]
    signer = other if field == "from" else holder.address
    with refused(world, "InvalidSignature", signer=signer):
        move.submit(verb, form, move.signed(verb), **{field: other})


@pytest.mark.parametrize(
    "domain",
    [
        {"chainId": 1},
        {"verifyingContract": "0x" + "ab" * 20},
        {"name": "Pegboard USD"},
        {"version": "2"},
    ],
    ids=str,
)
def test_is_bound_to_the_domain(world, holder, move, way, domain):
    """I19: bound to the live chain, this contract, its name and version."""
    verb, form = way
    with refused(world, "InvalidSignature", signer=holder.address):
        move.submit(verb, form, move.signed(verb, domain))


def test_a_signature_for_another_chain_is_refused(world, holder, payee, move, way):
    """I19: the same token at the same address on another chain id."""
    verb, form = way
    other = build_world(RevmChain(31338))
    there = Move(other.token, holder, payee).signed(verb)
    with refused(world, "InvalidSignature", signer=holder.address):
        move.submit(verb, form, there)


def test_a_transfer_is_no_receipt(world, holder, move, way):
    """I19: bound to the type hash."""
    verb, form = way
    other = next(v for v in KINDS if v != verb)
    with refused(world, "InvalidSignature", signer=holder.address):
        move.submit(verb, form, move.signed(other))


def test_refuses_a_strangers_signature(world, token, holder, stranger, move, way):
    verb, form = way
    signature = sign(stranger, token, KINDS[verb], move.values())
    with refused(world, "InvalidSignature", signer=holder.address):
        move.submit(verb, form, signature)


def test_refuses_a_high_s(world, holder, move, way):
    """I20: low s only, so a signature has one form."""
    verb, form = way
    with refused(world, "InvalidSignature", signer=holder.address):
        move.submit(verb, form, move.signed(verb).malleable())


def test_refuses_v_of_0_and_1(world, holder, move, way):
    """I20: v is 27 or 28."""
    verb, form = way
    signature = move.signed(verb)
    with refused(world, "InvalidSignature", signer=holder.address):
        move.submit(verb, form, signature.with_v(signature.v - 27))


@pytest.mark.parametrize("verb", KINDS)
def test_refuses_other_lengths(world, token, holder, payee, move, verb):
    """I20: 65 bytes."""
    signature = move.signed(verb)
    for data in (b"", bytes(signature)[:-1], signature.compact(), bytes(signature) + b"\0"):
        with refused(world, "InvalidSignature", signer=holder.address):
            token.send(spelled(verb, "bytes"), *move.values(), data, sender=payee.address)


def test_refuses_address_zero_as_authorizer(world, move, way):
    """I20: a signature that recovers nobody is not address zero's."""
    verb, form = way
    wrong = move.signed(verb).with_v(29)
    with refused(world, "InvalidSignature", signer=ZERO):
        move.submit(verb, form, wrong, **{"from": ZERO})


def test_refuses_addresses_with_dirty_upper_bytes(world, token, payee, move, way):
    """I19: what is hashed is calldata, so the decoder must have refused these before."""
    verb, form = way
    args = (*move.values(), *move.signed(verb).args(form))
    for at in (4, 36):
        data = bytearray(token.encode(spelled(verb, form), *args))
        data[at] = 1
        with refused(world, ""):
            token.submit(bytes(data), sender=payee.address)


# What it moves


@pytest.mark.req("HK-53")
@pytest.mark.parametrize("party", ["holder", "payee"])
def test_refuses_blacklisted_parties(world, token, holder, payee, move, way, party):
    """I13: as 3009 payer and payee; I15: the authorization is not consumed."""
    account = {"holder": holder, "payee": payee}[party].address
    world.act("BLACKLISTER", token, "blacklist", [account], REF)
    with refused(world, "BlacklistedAccount", account=account):
        move.do(way)
    assert token.call("authorizationState", holder.address, NONCE) is False


@pytest.mark.req("HK-54")
def test_refuses_a_frozen_payer(world, token, holder, move, way):
    """I15: the authorization is not consumed."""
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    with refused(world, "FrozenAccount", account=holder.address):
        move.do(way)


def test_a_barred_relayer_does_not_matter(world, token, payee, relayer, move):
    """Whoever submits only pays the gas."""
    world.act("BLACKLISTER", token, "blacklist", [relayer.address], REF)
    move.do(MOVES[0], sender=relayer.address)
    assert token.call("balanceOf", payee.address) == 100


def test_a_short_balance_consumes_nothing(world, token, holder, payee, move, way):
    """I15: the same authorization works once there is enough."""
    with refused(
        world, "ERC20InsufficientBalance", sender=holder.address, balance=FUNDS, needed=FUNDS + 1
    ):
        move.do(way, value=FUNDS + 1)
    world.fund(holder.address, 1)
    move.do(way, value=FUNDS + 1)
    assert token.call("balanceOf", payee.address) == FUNDS + 1


@pytest.mark.parametrize("to", [ZERO, "token"])
def test_refuses_recipients_without_account(world, token, relayer, move, form, to):
    """I4: nothing goes to address zero or the token."""
    to = token.address if to == "token" else to
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        move.do(("transferWithAuthorization", form), sender=relayer.address, to=to)


def test_logs_the_use_and_then_the_transfer(world, token, holder, payee, move, way):
    """I3: two balances change by exactly the value."""
    receipt = move.do(way)
    assert emitted(token, receipt) == [
        used(holder.address),
        transferred(holder.address, payee.address),
    ]
    assert token.call("balanceOf", holder.address) == FUNDS - 100
    assert token.call("balanceOf", payee.address) == 100


# Cancelling


def test_cancels_whatever_the_state(world, token, holder, relayer, move, form):
    """The owner can always void what it signed."""
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    world.act("PAUSER", token, "pause", 15, REF)
    receipt = move.cancel(form, relayer.address)
    assert emitted(token, receipt) == [
        ("AuthorizationCanceled", {"authorizer": holder.address, "nonce": "0x" + NONCE.hex()})
    ]


def test_only_the_authorizer_cancels(world, token, holder, stranger, form):
    """I19: bound to the authorizer and the nonce."""
    head = (holder.address, NONCE)
    wrong = [
        sign(stranger, token, "CancelAuthorization", head),
        sign(holder, token, "CancelAuthorization", (holder.address, b"\1" * 32)),
        sign(holder, token, "CancelAuthorization", head, chainId=1),
        sign(holder, token, "CancelAuthorization", head).malleable(),
    ]
    for signature in wrong:
        with refused(world, "InvalidSignature", signer=holder.address):
            token.send(
                spelled("cancelAuthorization", form),
                *head,
                *signature.args(form),
                sender=stranger.address,
            )


# Contract wallets


@pytest.fixture
def wallet(world, create, holder):
    """A contract wallet with 500 whose key is the holder's."""
    made = create(world, "SmartWallet", holder.address)
    world.fund(made.address, 500)
    return made


@pytest.fixture
def wallet_move(token, holder, payee, wallet):
    made = Move(token, holder, payee)
    made.fields["from"] = wallet.address
    return made


def test_a_contract_wallet_authorizes(world, token, payee, wallet, wallet_move, way):
    """I22: ERC-1271 when the key is not the account."""
    receipt = wallet_move.do(way)
    assert emitted(token, receipt) == [
        used(wallet.address),
        transferred(wallet.address, payee.address),
    ]


def test_a_contract_wallet_permits_and_cancels(
    world, token, holder, spender, wallet, wallet_move, form
):
    """I22: every signed verb."""
    values = (wallet.address, spender.address, 9, 0, FOREVER)
    signature = sign(holder, token, "Permit", values)
    args = (wallet.address, spender.address, 9, FOREVER, *signature.args(form))
    token.send(spelled("permit", form), *args, sender=spender.address)
    assert token.call("allowance", wallet.address, spender.address) == 9
    wallet_move.cancel(form, spender.address)
    assert token.call("authorizationState", wallet.address, NONCE) is True


def test_a_contract_wallet_says_no(world, token, stranger, wallet, wallet_move, way):
    """I22: another key's signature is not the wallet's."""
    verb, form = way
    signature = sign(stranger, token, KINDS[verb], wallet_move.values())
    with refused(world, "InvalidSignature", signer=wallet.address):
        wallet_move.submit(verb, form, signature)


@pytest.mark.parametrize(
    "manner", [1, 3, 4], ids=["reverts with magic", "answers short", "spoiled magic"]
)
def test_a_misbehaving_wallet_is_refused(world, stranger, wallet, wallet_move, way, manner):
    """I22: the whole 32-byte word must be the magic value, and revert data is no answer."""
    wallet.send("behave", manner, sender=stranger.address)
    with refused(world, "InvalidSignature", signer=wallet.address):
        wallet_move.do(way)


def test_a_longer_answer_that_begins_with_the_magic_word_counts(
    world, token, payee, stranger, wallet, wallet_move, way
):
    """I22: as ABI decoding has it, bytes after the word say nothing."""
    wallet.send("behave", 2, sender=stranger.address)
    wallet_move.do(way)
    assert token.call("balanceOf", payee.address) == 100


def test_a_blacklisted_contract_wallet_is_refused(world, token, wallet, wallet_move, way):
    """I13: as contract wallet."""
    world.act("BLACKLISTER", token, "blacklist", [wallet.address], REF)
    with refused(world, "BlacklistedAccount", account=wallet.address):
        wallet_move.do(way)


def test_a_wallet_that_writes_is_refused(own_world, form):
    """I22: asked by staticcall: code that stores before it says yes does not get to say it."""
    token, payee = own_world.token, own_world.holder(1)
    yes = b"\x63" + MAGIC + bytes.fromhex("60e01b60005260206000f3")  # the magic word, returned
    answers = {"0x" + "c1" * 20: yes, "0x" + "c2" * 20: bytes.fromhex("6001600055") + yes}
    for account, code in answers.items():
        own_world.chain.put_code(account, code)
        own_world.fund(account, 500)
    honest, writer = answers
    move = Move(token, own_world.holder(0), payee)
    move.fields["from"] = honest
    move.do(("transferWithAuthorization", form))
    move.fields["from"] = writer
    with refused(
        own_world, "InvalidSignature", signer=own_world.suite.authority.at(writer).address
    ):
        move.do(("transferWithAuthorization", form))


# Accounts that delegate to code


@pytest.mark.parametrize("verb", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_an_account_that_delegates_to_code_signs_with_its_key(own_world, create, verb, form):
    """I22: ECDSA comes first, so EIP-7702 breaks no signature."""
    token, owner, payee = own_world.token, key(20), key(21)
    own_world.fund(owner.address, 500)
    target = create(own_world, "SmartWallet", key(24).address)
    own_world.chain.put_code(owner.address, bytes.fromhex("ef0100" + target.address[2:]))
    assert len(own_world.chain.code(owner.address)) == 23

    move = Move(token, owner, payee)
    with refused(own_world, "InvalidSignature", signer=owner.address):
        move.submit(verb, form, sign(key(25), token, KINDS[verb], move.values()))
    move.do((verb, form))
    assert token.call("balanceOf", payee.address) == 100

    values = (owner.address, payee.address, 9, 0, FOREVER)
    signature = sign(owner, token, "Permit", values)
    args = (owner.address, payee.address, 9, FOREVER, *signature.args(form))
    token.send(spelled("permit", form), *args, sender=payee.address)
    assert token.call("allowance", owner.address, payee.address) == 9
