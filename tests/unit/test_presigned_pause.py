"""Pauses that a quorum signed while all was calm.

pause, by anybody
├── when it is broadcast too early or too late: reverts with NotValidNow
├── when the epoch is another, because the pause was used or revoked: reverts with WrongEpoch
├── when fewer signed than needed: reverts with QuorumNotMet
├── when a signature is not a signer's, or over another token, chain, contract or field: reverts
│   with NotSigner
├── when signers are not ascending, or one signed twice: reverts with SignersNotAscending
├── when the token refuses: reverts with its reason, and the pause can still be used
└── else: pauses at once, and advances the epoch

revoke
└── voids what was signed for this token

expelSigner, addSigner, setQuorum
├── when a stranger is expelled, nobody or one twice is added: reverts with InvalidSigner
├── when the quorum is below two or above the number of signers: reverts with InvalidQuorum
├── expelling is at once, adding waits
└── too few left: nothing can be broadcast

constructed
└── when signers or quorum do not fit: reverts
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account
from eth_utils import keccak, to_checksum_address

from pegboard.signing import SignedPause
from tests.support.desks import expel
from tests.support.refusal import creation_refused, emitted, refused, when_due
from tests.support.revm import RevmChain
from tests.support.signed import Signature
from tests.support.world import REF, artifacts, build_world, key

ZERO = "0x" + "00" * 20
REF_HEX = "0x" + REF.hex()
NO_REF = b"\0" * 32
DAY = 86_400
#: The declared signers, in the order that the contract asks for.
SIGNERS = sorted((key(51), key(52), key(53)), key=lambda a: int(a.address, 16))
NAMES = [a.address for a in SIGNERS]


@pytest.fixture
def presigned(world):
    return world.suite.desks.presigned


@pytest.fixture
def plan(world, token):
    """A pause of transfers and minting, from tomorrow for a month, signed for the first epoch."""
    now = world.chain.now()
    return SignedPause(token.address, 5, now + DAY, now + 31 * DAY, 0, REF)


@pytest.fixture
def due(world, plan):
    """The plan, and it is tomorrow."""
    world.chain.warp(DAY)
    return plan


def signed(plan, contract, signers):
    return [bytes(a.sign_message(plan.signable(contract)).signature) for a in signers]


@pytest.fixture
def broadcast(presigned, stranger):
    """Sends a plan that these signed: somebody without any role does."""

    def act(plan, signers=SIGNERS[:2], *, signatures=None):
        if signatures is None:
            signatures = signed(plan, presigned, signers)
        return presigned.send("pause", *plan.values(), signatures, sender=stranger.address)

    return act


def expel_signer(world, signer):
    return world.act("EXPELLER", world.suite.desks.presigned, "expelSigner", signer.address, REF)


# By anybody


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("signers", [SIGNERS[:2], SIGNERS[1:], SIGNERS[::2], SIGNERS])
def test_a_stranger_broadcasts(world, token, presigned, due, broadcast, stranger, signers):
    """Without any power, nor delay."""
    receipt = broadcast(due, signers)
    assert emitted(presigned, receipt) == [
        (
            "PausedBySignature",
            {
                "token": token.address,
                "pauses": 5,
                "epoch": 0,
                "signers": tuple(a.address.lower() for a in signers),
                "relayer": stranger.address,
                "ref": REF_HEX,
            },
        )
    ]
    said = {"pauses": 5, "operator": presigned.address, "ref": REF_HEX}
    assert emitted(token, receipt) == [("PauseSet", said)]
    assert token.call("pauses") == 5
    assert presigned.call("epochOf", token.address) == 1


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("bits", range(1, 16))
def test_pauses_what_was_signed(token, due, broadcast, bits):
    """Each bit by itself."""
    broadcast(replace(due, bits=bits))
    assert token.call("pauses") == bits


@pytest.mark.req("HK-10")
def test_is_deployed_with_its_signers(presigned, token):
    assert {to_checksum_address(a) for a in presigned.call("signers")} == set(NAMES)
    assert presigned.call("quorum") == 2
    assert presigned.call("epochOf", token.address) == 0


def test_the_hash_is_what_a_wallet_signs(presigned, plan):
    """EIP-712 over the contract's own domain."""
    message = plan.signable(presigned)
    digest = keccak(b"\x19\x01" + message.header + message.body)
    assert presigned.call("pauseHash", *plan.values()) == "0x" + digest.hex()


# When


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("after", [0, DAY - 1, 31 * DAY + 1, 400 * DAY])
def test_refuses_too_early_and_too_late(world, plan, broadcast, after):
    """To the second."""
    world.chain.warp(after)
    times = {"validFrom": plan.valid_from, "validUntil": plan.valid_until}
    with refused(world, "NotValidNow", **times):
        broadcast(plan)


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("after", [DAY, 31 * DAY])
def test_works_from_the_first_to_the_last_second(world, token, plan, broadcast, after):
    world.chain.warp(after)
    broadcast(plan)
    assert token.call("pauses") == 5


def test_may_be_valid_for_one_second(world, token, plan, broadcast):
    now = world.chain.now()
    broadcast(replace(plan, valid_from=now, valid_until=now))
    assert token.call("pauses") == 5


def test_may_be_valid_never(world, plan, broadcast):
    now = world.chain.now()
    with refused(world, "NotValidNow", validFrom=now + 1, validUntil=now - 1):
        broadcast(replace(plan, valid_from=now + 1, valid_until=now - 1))


def test_may_be_valid_for_ever(world, token, plan, broadcast):
    broadcast(replace(plan, valid_from=0, valid_until=2**48 - 1))
    assert token.call("pauses") == 5


# Once


@pytest.mark.req("HK-10")
def test_refuses_what_was_used(world, token, due, broadcast):
    """And a resumption does not bring it back."""
    broadcast(due)
    epochs = {"token": token.address, "epoch": 0, "current": 1}
    with refused(world, "WrongEpoch", **epochs):
        broadcast(due)
    world.act("RESUMER", token, "resume", 5, REF, token.call("pauseNumber"))
    for signers in (SIGNERS[:2], SIGNERS[1:], SIGNERS):
        with refused(world, "WrongEpoch", **epochs):
            broadcast(due, signers)
    assert token.call("pauses") == 0


@pytest.mark.req("HK-10")
def test_one_use_voids_all_of_the_epoch(world, token, due, broadcast):
    """What was signed beside it, for other bits, goes with it."""
    other = replace(due, bits=2)
    broadcast(due)
    with refused(world, "WrongEpoch", token=token.address, epoch=0, current=1):
        broadcast(other)
    broadcast(replace(other, epoch=1))
    assert token.call("pauses") == 7


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("epoch", [1, 2, 2**256 - 1])
def test_refuses_another_epoch(world, token, due, broadcast, epoch):
    with refused(world, "WrongEpoch", token=token.address, epoch=epoch, current=0):
        broadcast(replace(due, epoch=epoch))


@pytest.mark.req("HK-10")
@pytest.mark.req("HK-22")
def test_refuses_what_was_revoked(world, token, presigned, due, broadcast, expeller):
    receipt = presigned.send("revoke", token.address, REF, sender=expeller)
    said = {"token": token.address, "epoch": 1, "operator": expeller, "ref": REF_HEX}
    assert emitted(presigned, receipt) == [("EpochAdvanced", said)]
    assert presigned.call("epochOf", token.address) == 1
    with refused(world, "WrongEpoch", token=token.address, epoch=0, current=1):
        broadcast(due)
    broadcast(replace(due, epoch=1))
    assert token.call("pauses") == 5


def test_what_is_revoked_ahead_is_not_signed_for_nothing(world, token, presigned, due, broadcast):
    """Each revocation is one epoch, and of one token only."""
    for epoch in (1, 2):
        world.act("EXPELLER", presigned, "revoke", world.feed.address, REF)
        assert presigned.call("epochOf", world.feed.address) == epoch
    broadcast(due)
    assert token.call("pauses") == 5


def test_only_an_expeller_revokes_and_expels(world, token, presigned, stranger, governor, pauser):
    for caller in (stranger.address, governor, pauser, NAMES[0]):
        for verb, subject in (("revoke", token.address), ("expelSigner", NAMES[0])):
            with refused(world, "AccessManagedUnauthorized", caller=caller):
                presigned.send(verb, subject, REF, sender=caller)


# By whom


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("count", [0, 1])
def test_refuses_too_few_signatures(world, due, broadcast, count):
    with refused(world, "QuorumNotMet", signatures=count, needed=2):
        broadcast(due, SIGNERS[:count])


@pytest.mark.req("HK-10")
def test_refuses_one_signer_twice(world, due, broadcast):
    for signers in ([SIGNERS[1]] * 2, [SIGNERS[0], SIGNERS[1], SIGNERS[1]]):
        with refused(world, "SignersNotAscending", previous=NAMES[1], next=NAMES[1]):
            broadcast(due, signers)


def test_refuses_one_signature_in_two_forms(world, presigned, due, broadcast):
    """The same signature with a high s is not a second one."""
    low = SIGNERS[1].sign_message(due.signable(presigned))
    high = bytes(Signature(low.v, low.r, low.s).malleable())
    with refused(world, "NotSigner", signer=ZERO):
        broadcast(due, signatures=[bytes(low.signature), high])


@pytest.mark.req("HK-10")
def test_refuses_signers_out_of_order(world, due, broadcast):
    with refused(world, "SignersNotAscending", previous=NAMES[2], next=NAMES[0]):
        broadcast(due, [SIGNERS[2], SIGNERS[0]])


@pytest.mark.req("HK-10")
def test_refuses_a_stranger_among_the_signers(world, due, broadcast, stranger):
    """Also beside a quorum, and whatever else it holds."""
    for other in (stranger, key(11), key(0)):
        for signers in ([SIGNERS[0], other], [*SIGNERS, other], [other, SIGNERS[0]]):
            with refused(world, "NotSigner", signer=other.address):
                broadcast(due, signers)


@pytest.mark.req("HK-10")
@pytest.mark.req("HK-22")
def test_refuses_an_expelled_signer(world, presigned, due, broadcast, expeller):
    """What it signed before does not count either; the others' does."""
    before = signed(due, presigned, SIGNERS[:2])
    receipt = expel_signer(world, SIGNERS[0])
    said = {"signer": NAMES[0], "operator": expeller, "ref": REF_HEX}
    assert emitted(presigned, receipt) == [("SignerExpelled", said)]
    with refused(world, "NotSigner", signer=NAMES[0]):
        broadcast(due, signatures=before)
    broadcast(due, SIGNERS[1:])
    assert presigned.call("epochOf", due.token) == 1


@pytest.mark.req("HK-10")
def test_too_few_left_means_no_pause(world, presigned, due, broadcast):
    """Rather nobody's pause than one person's."""
    for gone in SIGNERS[:2]:
        expel_signer(world, gone)
    assert (len(presigned.call("signers")), presigned.call("quorum")) == (1, 2)
    with refused(world, "QuorumNotMet", signatures=1, needed=2):
        broadcast(due, SIGNERS[2:])
    with refused(world, "NotSigner", signer=NAMES[1]):
        broadcast(due, SIGNERS[1:])


def recovered(plan, contract, signature):
    """Whom a signature names over this plan at this contract."""
    return Account.recover_message(plan.signable(contract), signature=signature)


@pytest.mark.req("HK-10")
@pytest.mark.parametrize(
    "change",
    [
        {"bits": 7},
        {"bits": 4},
        {"valid_from": 0},
        {"valid_until": 2**48 - 1},
        {"ref": keccak(text="another reason")},
        {"ref": NO_REF},
    ],
    ids=str,
)
def test_a_signature_is_bound_to_every_field(world, presigned, due, broadcast, change):
    """What was signed is what is paused; anything else recovers somebody else."""
    signatures = signed(due, presigned, SIGNERS[:2])
    other = replace(due, **change)
    with refused(world, "NotSigner", signer=recovered(other, presigned, signatures[0])):
        broadcast(other, signatures=signatures)


@pytest.mark.req("HK-10")
def test_a_signature_is_bound_to_the_epoch(world, token, presigned, due, broadcast):
    signatures = signed(due, presigned, SIGNERS[:2])
    world.act("EXPELLER", presigned, "revoke", token.address, REF)
    moved = replace(due, epoch=1)
    with refused(world, "NotSigner", signer=recovered(moved, presigned, signatures[0])):
        broadcast(moved, signatures=signatures)


@pytest.mark.req("HK-10")
def test_a_signature_is_bound_to_the_token(stranger):
    """Two currencies of one chain; each has its own epoch."""
    world = build_world(RevmChain(), ("HKD", "USD"))
    presigned, now = world.suite.desks.presigned, world.chain.now()
    hkd, usd = (peg.token for peg in world.suite.pegs.values())
    plan = SignedPause(hkd.address, 5, now, now, 0, REF)
    signatures = signed(plan, presigned, SIGNERS[:2])
    other = replace(plan, token=usd.address)
    with refused(world, "NotSigner", signer=recovered(other, presigned, signatures[0])):
        presigned.send("pause", *other.values(), signatures, sender=stranger.address)
    presigned.send("pause", *plan.values(), signatures, sender=stranger.address)
    assert [t.call("pauses") for t in (hkd, usd)] == [5, 0]
    assert [presigned.call("epochOf", t.address) for t in (hkd, usd)] == [1, 0]
    presigned.send(
        "pause", *other.values(), signed(other, presigned, SIGNERS[1:]), sender=stranger.address
    )
    assert [t.call("pauses") for t in (hkd, usd)] == [5, 5]


@pytest.mark.req("HK-10")
@pytest.mark.req("HK-48")
def test_a_signature_is_bound_to_the_chain(world, presigned, due, broadcast):
    """The same contract at the same address, and the same signers."""
    other = build_world(RevmChain(31338)).suite.desks.presigned
    assert other.address == presigned.address
    signatures = signed(due, other, SIGNERS[:2])
    with refused(world, "NotSigner", signer=recovered(due, presigned, signatures[0])):
        broadcast(due, signatures=signatures)


@pytest.mark.req("HK-10")
def test_a_signature_is_bound_to_the_contract(world, authority, presigned, due, broadcast, create):
    other = create(world, "PauseBySignature", authority.address, NAMES, 3)
    signatures = signed(due, other, SIGNERS[:2])
    with refused(world, "NotSigner", signer=recovered(due, presigned, signatures[0])):
        broadcast(due, signatures=signatures)


def test_refuses_malformed_signatures(world, presigned, due, broadcast):
    """65 bytes of a key, or the address of a contract and what it accepts."""
    good = signed(due, presigned, SIGNERS)
    v_of_zero = good[1][:64] + bytes([good[1][64] - 27])
    led = bytes.fromhex(NAMES[1][2:]) + good[1]
    for bad in (b"", b"\1" * 19, good[1][:64], v_of_zero, b"\0" * 65, led):
        with refused(world, "NotSigner", signer=ZERO):
            broadcast(due, signatures=[good[0], bad])


@pytest.mark.req("HK-10")
def test_a_contract_signs(world, presigned, create, due, broadcast, relayer):
    """ERC-1271; the signer's address leads the signature."""
    wallet = create(world, "SmartWallet", relayer.address)

    def with_contract(owner, claimed):
        inner = signed(due, presigned, [owner])[0]
        pairs = {
            claimed: bytes.fromhex(claimed[2:]) + inner,
            NAMES[0]: signed(due, presigned, SIGNERS[:1])[0],
        }
        return [pairs[name] for name in sorted(pairs, key=lambda name: int(name, 16))]

    with refused(world, "NotSigner", signer=wallet.address):
        broadcast(due, signatures=with_contract(relayer, wallet.address))
    world.act("GOVERNOR", presigned, "addSigner", wallet.address, REF)
    with refused(world, "NotSigner", signer=ZERO):
        broadcast(due, signatures=with_contract(SIGNERS[1], wallet.address))
    for manner in (1, 3, 4):
        wallet.send("behave", manner, sender=relayer.address)
        with refused(world, "NotSigner", signer=ZERO):
            broadcast(due, signatures=with_contract(relayer, wallet.address))
    wallet.send("behave", 0, sender=relayer.address)
    receipt = broadcast(due, signatures=with_contract(relayer, wallet.address))
    names = emitted(presigned, receipt)[0][1]["signers"]
    assert {to_checksum_address(name) for name in names} == {wallet.address, NAMES[0]}


# What the token refuses


@pytest.mark.req("HK-10")
@pytest.mark.req("HK-14")
@pytest.mark.parametrize("bits", [8, 9, 15])
def test_redemption_is_paused_only_with_consent(world, token, presigned, due, broadcast, bits):
    with refused(world, "ReferenceRequired"):
        broadcast(replace(due, bits=bits, ref=NO_REF))
    broadcast(replace(due, bits=bits))
    assert token.call("pauses") == bits


def test_other_pauses_need_no_reference(token, due, broadcast):
    broadcast(replace(due, bits=7, ref=NO_REF))
    assert token.call("pauses") == 7


@pytest.mark.parametrize("bits", [0, 16, 21, 255])
def test_refuses_other_bits(world, due, broadcast, bits):
    with refused(world, "InvalidPauses", pauses=bits):
        broadcast(replace(due, bits=bits))


def test_works_only_while_it_may_pause(world, token, presigned, due, broadcast):
    """It is a holder of PAUSER like any other, and expelled like any other."""
    expel(world, "PAUSER", presigned.address)
    with refused(world, "AccessManagedUnauthorized", caller=presigned.address):
        broadcast(due)
    assert token.call("pauses") == 0


# Signers and quorum


def test_refuses_to_expel_a_stranger(world, presigned, stranger, expeller):
    for nobody in (stranger.address, ZERO, presigned.address):
        with refused(world, "InvalidSigner", signer=nobody):
            presigned.send("expelSigner", nobody, REF, sender=expeller)


@pytest.mark.parametrize("signer", [ZERO, *NAMES])
def test_refuses_nobody_and_one_twice(world, presigned, signer):
    add = when_due(world, "GOVERNOR", presigned, "addSigner", signer, REF)
    with refused(world, "InvalidSigner", signer=signer):
        add()


def test_adds_a_signer(world, token, presigned, due, broadcast, governor, relayer):
    receipt = when_due(world, "GOVERNOR", presigned, "addSigner", relayer.address, REF)()
    said = {"signer": relayer.address, "operator": governor, "ref": REF_HEX}
    assert emitted(presigned, receipt) == [("SignerAdded", said)]
    signers = sorted((relayer, SIGNERS[0]), key=lambda a: int(a.address, 16))
    broadcast(due, signers)
    assert token.call("pauses") == 5


@pytest.mark.parametrize("quorum", [0, 1, 4, 2**256 - 1])
def test_refuses_quorums_that_do_not_fit(world, presigned, quorum):
    act = when_due(world, "GOVERNOR", presigned, "setQuorum", quorum, REF)
    with refused(world, "InvalidQuorum", quorum=quorum, signers=3):
        act()


def test_a_quorum_is_measured_by_who_is_left(world, presigned):
    """Then a signer comes before a quorum."""
    for gone in SIGNERS[:2]:
        expel_signer(world, gone)
    act = when_due(world, "GOVERNOR", presigned, "setQuorum", 2, REF)
    with refused(world, "InvalidQuorum", quorum=2, signers=1):
        act()
    world.act("GOVERNOR", presigned, "addSigner", NAMES[0], REF)
    act()
    assert presigned.call("quorum") == 2


def test_sets_the_quorum(world, token, presigned, due, broadcast, governor):
    receipt = when_due(world, "GOVERNOR", presigned, "setQuorum", 3, REF)()
    said = {"quorum": 3, "operator": governor, "ref": REF_HEX}
    assert emitted(presigned, receipt) == [("QuorumSet", said)]
    with refused(world, "QuorumNotMet", signatures=2, needed=3):
        broadcast(due, SIGNERS[:2])
    broadcast(due, SIGNERS)
    assert token.call("pauses") == 5


@pytest.mark.req("HK-09")
@pytest.mark.parametrize(("verb", "subject"), [("addSigner", key(29).address), ("setQuorum", 2)])
def test_loosens_late_and_by_the_governor_only(world, presigned, governor, stranger, verb, subject):
    data = presigned.encode(verb, subject, REF)
    for caller in (stranger.address, world.member("EXPELLER"), NAMES[0]):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            presigned.submit(data, sender=caller)
    operation = world.suite.authority.call("hashOperation", governor, presigned.address, data)
    with refused(world, "AccessManagerNotScheduled", operationId=operation):
        presigned.submit(data, sender=governor)


@pytest.mark.parametrize(
    ("signers", "quorum", "error", "evidence"),
    [
        (NAMES, 0, "InvalidQuorum", {"quorum": 0, "signers": 3}),
        (NAMES, 1, "InvalidQuorum", {"quorum": 1, "signers": 3}),
        (NAMES, 4, "InvalidQuorum", {"quorum": 4, "signers": 3}),
        ([], 2, "InvalidQuorum", {"quorum": 2, "signers": 0}),
        (NAMES[:1], 2, "InvalidQuorum", {"quorum": 2, "signers": 1}),
        ([*NAMES, ZERO], 2, "InvalidSigner", {"signer": ZERO}),
        ([*NAMES, NAMES[0]], 2, "InvalidSigner", {"signer": NAMES[0]}),
    ],
)
def test_refuses_to_be_built_wrong(world, authority, relayer, signers, quorum, error, evidence):
    initcode = artifacts()["PauseBySignature"].initcode(authority.address, signers, quorum)
    with creation_refused(error, **evidence):
        world.chain.create(relayer.address, initcode)
