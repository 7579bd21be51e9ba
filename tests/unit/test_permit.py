"""Allowances by signature (ERC-2612, ERC-7597), as v, r, s and as bytes.

permit
├── when the deadline has passed: reverts with SignatureExpired
├── given a blacklisted owner: reverts with BlacklistedAccount
├── given the last nonce: reverts with NonceExhausted, and the flags stay
├── when the spender is address zero: reverts with ERC20InvalidSpender
├── when the signature
│   ├── was used: reverts with InvalidSignature
│   ├── is of another nonce, spender, value, deadline or owner: reverts
│   ├── is for another chain, token, name, version or type: reverts
│   ├── has a high s, a v of 0 or 1, 64 bytes, 66 bytes or none: reverts
│   └── is of address zero: reverts
├── when the deadline is now: sets the allowance
├── given a frozen or unverified owner, or any spender: sets the allowance, since nothing moves
└── else: sets the allowance and raises the nonce by one
"""

import pytest

from tests.support.refusal import emitted, refused
from tests.support.revm import RevmChain
from tests.support.signed import FOREVER, FORMS, sign, spelled
from tests.support.world import REF, build_world, key

ZERO = "0x" + "00" * 20
MAX_NONCE = 2**24 - 1


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


@pytest.fixture
def submit(token, holder, spender, relayer, form):
    """The relayer submits a signature for 100 to the spender, or what differs from it."""

    def act(signature, owner=holder.address, to=spender.address, value=100, deadline=FOREVER):
        args = (owner, to, value, deadline, *signature.args(form))
        return token.send(spelled("permit", form), *args, sender=relayer.address)

    return act


def permit(token, owner, spender, value=100, nonce=0, deadline=FOREVER, **domain):
    values = (owner.address, spender.address, value, nonce, deadline)
    return sign(owner, token, "Permit", values, **domain)


def test_refuses_after_the_deadline(world, token, holder, spender, submit):
    """I18: the deadline is inclusive, one second later is late."""
    deadline = world.chain.now()
    signature = permit(token, holder, spender, deadline=deadline)
    world.chain.warp(1)
    with refused(world, "SignatureExpired", deadline=deadline):
        submit(signature, deadline=deadline)


def test_takes_it_at_the_deadline(world, token, holder, spender, submit):
    """I18: the deadline is inclusive."""
    deadline = world.chain.now()
    submit(permit(token, holder, spender, deadline=deadline), deadline=deadline)
    assert token.call("allowance", holder.address, spender.address) == 100


@pytest.mark.req("HK-53")
def test_refuses_a_blacklisted_owner(world, token, holder, spender, submit):
    """I13: as permit owner."""
    signature = permit(token, holder, spender)
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    with refused(world, "BlacklistedAccount", account=holder.address):
        submit(signature)


def test_takes_the_word_of_a_frozen_owner_and_of_any_spender(world, token, holder, spender, submit):
    """I13: as permit spender, which moves nothing; transferFrom refuses it."""
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    world.act("BLACKLISTER", token, "blacklist", [spender.address], REF)
    submit(permit(token, holder, spender))
    assert token.call("allowance", holder.address, spender.address) == 100


def test_refuses_address_zero_as_spender(world, token, holder, submit):
    signature = sign(holder, token, "Permit", (holder.address, ZERO, 100, 0, FOREVER))
    with refused(world, "ERC20InvalidSpender", spender=ZERO):
        submit(signature, to=ZERO)


def test_refuses_a_replay(world, token, holder, spender, submit):
    """I16: a used nonce never comes back."""
    signature = permit(token, holder, spender)
    submit(signature)
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(signature)


def test_refuses_a_replay_in_the_other_form(world, token, holder, spender, relayer):
    signature = permit(token, holder, spender)
    head = (holder.address, spender.address, 100, FOREVER)
    token.send(spelled("permit", "vrs"), *head, *signature.args("vrs"), sender=relayer.address)
    with refused(world, "InvalidSignature", signer=holder.address):
        token.send(
            spelled("permit", "bytes"), *head, *signature.args("bytes"), sender=relayer.address
        )


@pytest.mark.parametrize("nonce", [1, 2, MAX_NONCE])
def test_refuses_a_nonce_that_is_not_next(world, token, holder, spender, submit, nonce):
    """I16: only the next nonce counts."""
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(permit(token, holder, spender, nonce=nonce))


@pytest.mark.parametrize("field", ["owner", "to", "value", "deadline"])
def test_is_bound_to_every_field(world, token, holder, spender, stranger, submit, field):
    """I19: bound to every field."""
    other = {
        "owner": stranger.address,
        "to": stranger.address,
        "value": 101,
        "deadline": FOREVER - 1,
    }[field]
    signer = other if field == "owner" else holder.address
    with refused(world, "InvalidSignature", signer=signer):
        submit(permit(token, holder, spender), **{field: other})


@pytest.mark.parametrize(
    "domain",
    [
        {"chainId": 1},
        {"chainId": 31338},
        {"verifyingContract": "0x" + "ab" * 20},
        {"name": "Pegboard USD"},
        {"version": "2"},
    ],
    ids=str,
)
def test_is_bound_to_the_domain(world, token, holder, spender, submit, domain):
    """I19: bound to the live chain, this contract, its name and version."""
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(permit(token, holder, spender, **domain))


def test_a_signature_for_the_same_address_on_another_chain_is_refused(
    world, token, holder, spender, submit
):
    """I19: the token has the same address everywhere, and the chain id tells the chains apart."""
    other = build_world(RevmChain(31338))
    assert other.token.address == token.address
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(permit(other.token, holder, spender))


def test_a_signature_for_another_currency_is_refused(holder, spender, relayer, form):
    """I19: bound to this contract."""
    both = build_world(RevmChain(), ("HKD", "USD"))
    hkd, usd = both.suite.peg("HKD").token, both.suite.peg("USD").token
    signature = permit(usd, holder, spender)
    args = (holder.address, spender.address, 100, FOREVER, *signature.args(form))
    with refused(both, "InvalidSignature", signer=holder.address):
        hkd.send(spelled("permit", form), *args, sender=relayer.address)
    usd.send(spelled("permit", form), *args, sender=relayer.address)
    assert usd.call("allowance", holder.address, spender.address) == 100


def test_refuses_a_high_s(world, token, holder, spender, submit):
    """I20: low s only."""
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(permit(token, holder, spender).malleable())


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_refuses_other_values_of_v(world, token, holder, spender, submit, v):
    """I20: v is 27 or 28."""
    signature = permit(token, holder, spender)
    wrong = signature.with_v(signature.v - 27 if v in (0, 1) else v)
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(wrong)


def test_refuses_other_lengths(world, token, holder, spender, relayer):
    """I20: 65 bytes."""
    signature = permit(token, holder, spender)
    for data in (b"", bytes(signature)[:-1], signature.compact(), bytes(signature) + b"\0"):
        with refused(world, "InvalidSignature", signer=holder.address):
            token.send(
                spelled("permit", "bytes"),
                *(holder.address, spender.address, 100, FOREVER, data),
                sender=relayer.address,
            )


def test_refuses_an_owner_of_address_zero(world, token, holder, spender, submit):
    """I20: a signature that recovers nobody is not address zero's."""
    signature = permit(token, holder, spender)
    for wrong in (signature, signature.with_v(29)):
        with refused(world, "InvalidSignature", signer=ZERO):
            submit(wrong, owner=ZERO)


def test_refuses_another_type_with_the_same_fields(world, token, holder, spender, submit):
    """I19: bound to the type hash."""
    values = (holder.address, spender.address, 100, 0, FOREVER, b"\0" * 32)
    signature = sign(holder, token, "TransferWithAuthorization", values)
    with refused(world, "InvalidSignature", signer=holder.address):
        submit(signature)


def test_sets_the_allowance_and_raises_the_nonce(world, token, holder, spender, submit):
    """I16: by exactly one a permit; I5: by the owner's signature."""
    for nonce, value in enumerate([100, 5, 0, 2**256 - 1]):
        assert token.call("nonces", holder.address) == nonce
        receipt = submit(permit(token, holder, spender, value, nonce), value=value)
        assert token.call("nonces", holder.address) == nonce + 1
        assert token.call("allowance", holder.address, spender.address) == value
        assert emitted(token, receipt) == [
            ("Approval", {"owner": holder.address, "spender": spender.address, "value": value})
        ]
    assert token.call("balanceOf", holder.address) == 1_000_000_000


def test_the_first_permit_of_an_account_without_balance(world, token, stranger, spender, submit):
    submit(permit(token, stranger, spender), owner=stranger.address)
    assert token.call("nonces", stranger.address) == 1


def account_slot(account):
    return 1 << 160 | int(account, 16)


def with_nonce(word, nonce):
    return word & ~(MAX_NONCE << 224) | nonce << 224


@pytest.mark.parametrize("form", FORMS)
def test_the_last_nonce_never_carries_into_the_flags(own_world, form):
    """I16: at its last value the permit reverts; neither flags nor nonce change."""
    chain, token = own_world.chain, own_world.token
    owner, spender = key(20), key(21)
    own_world.fund(owner.address, 5)
    own_world.act("VERIFIER", token, "verify", [owner.address], REF)
    slot = account_slot(owner.address)
    word = chain.storage(token.address, slot)

    chain.evm.insert_account_storage(token.address, slot, with_nonce(word, MAX_NONCE - 1))
    head = (owner.address, spender.address, 100, FOREVER)
    last = permit(token, owner, spender, nonce=MAX_NONCE - 1)
    token.send(spelled("permit", form), *head, *last.args(form), sender=spender.address)
    assert chain.storage(token.address, slot) == with_nonce(word, MAX_NONCE)

    for nonce in (MAX_NONCE, 0):
        beyond = permit(token, owner, spender, nonce=nonce)
        with refused(own_world, "NonceExhausted", owner=owner.address):
            token.send(spelled("permit", form), *head, *beyond.args(form), sender=spender.address)
    assert chain.storage(token.address, slot) == with_nonce(word, MAX_NONCE)
    assert token.call("nonces", owner.address) == MAX_NONCE
    token.send("approve", spender.address, 1, sender=owner.address)
