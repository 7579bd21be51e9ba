"""Pauses that are signed ahead, as files.

to_sign
├── given somebody who is no signer: refuses
├── given times that can never come: refuses
└── else: the pause of the present epoch

read
├── given a file that is none, or holds what cannot be: refuses, and names the file
└── else: all that was written

broadcast
├── given a file for another chain, contract, currency or token: refuses
├── given files of different pauses: refuses
├── given a signature that is not its signer's: refuses
├── given a pause that is in force: nothing to do
├── given one signer twice, somebody who is no signer, or too few: refuses
├── given another epoch, or another time: refuses
├── given signers in any order: sends them ascending
├── given a contract's signature: the chain judges
└── else: pauses, whoever sends it

revoke
├── voids what was signed for the epoch
└── given the reference that began the epoch: nothing to do, where the log can be asked

standing
└── what has to be signed, by how many of whom
"""

import json
from dataclasses import replace

import pytest
from eth_abi import encode
from eth_utils import keccak

from pegboard import actions, create2, presigned
from pegboard.chain import Log
from pegboard.errors import ChainError, InputError, NotPermitted, Reverted
from pegboard.inputs import moment, moment_text, reference
from pegboard.sending.journal import NO_NOTE
from tests.support.refusal import emitted, refused
from tests.support.revm import RevmChain
from tests.support.world import REF, artifacts, build_world, key, roles

DAY = 86_400
REF_HEX = "0x" + REF.hex()
OTHER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
#: The declared signers, in the order that the contract asks for.
SIGNERS = sorted((key(51), key(52), key(53)), key=lambda a: int(a.address, 16))
NAMES = [a.address for a in SIGNERS]


@pytest.fixture
def contract(world):
    return world.suite.desks.presigned


@pytest.fixture
def stranger(world):
    return world.holder(4)


@pytest.fixture
def plan(world):
    """A pause of transfers and minting, usable from tomorrow for a month."""
    return planned(world)


def planned(world, *, ref=REF, names=("mint", "transfers"), signer=NAMES[0]):
    now = world.chain.now()
    times = (now + DAY, now + 31 * DAY)
    return presigned.to_sign(world.suite, world.peg, names, times, ref, signer)


def sealed(world, plan, signer, *, name="one.json"):
    """What a signer's file reads as."""
    contract = world.suite.desks.presigned
    signature = bytes(signer.sign_message(plan.signable(contract)).signature)
    return presigned.Envelope(
        name, world.chain.chain_id, contract.address, "HKD", plan, signer.address, signature
    )


def envelopes(world, plan, signers=SIGNERS[:2]):
    """The files of several, each by its own name."""
    return [sealed(world, plan, s, name=f"{i}.json") for i, s in enumerate(signers)]


def broadcast(world, found):
    return presigned.broadcast(world.suite, world.peg, found)


def do(world, action, signer):
    """Shows and does it, as the commands do."""
    actions.summarise(world.suite, roles(), action, signer)
    return actions.carry_out(world.suite, action, signer).receipt


# Signing


@pytest.mark.req("HK-10")
def test_only_signers_sign(world, stranger):
    with pytest.raises(NotPermitted, match=f"{stranger.address} signs no pauses ahead"):
        planned(world, signer=stranger.address)
    for name in NAMES:
        assert planned(world, signer=name).epoch == 0


def test_a_time_that_never_comes_is_not_signed(world):
    now = world.chain.now()

    def at(start, end):
        return presigned.to_sign(world.suite, world.peg, ["mint"], (start, end), REF, NAMES[0])

    assert (at(0, now).valid_from, at(now, now).valid_until) == (0, now)
    for start, end in ((0, now - 1), (now + 2, now + 1), (-1, now + 1)):
        with pytest.raises(InputError, match="it could never be used"):
            at(start, end)


def test_what_cannot_be_paused_is_not_signed(world):
    with pytest.raises(InputError, match="cannot be paused"):
        planned(world, names=["everything"])


def test_a_signer_is_told_what_it_is_for(world, plan):
    assert presigned.describe(world.peg, plan) == (
        "anybody who holds a quorum of such files may stop transfers, mint of HKD once, from "
        f"{moment_text(plan.valid_from)} to {moment_text(plan.valid_until)}, in epoch 0, "
        f"reference {REF_HEX}"
    )
    assert presigned.describe(world.peg, replace(plan, ref=bytes(32))).endswith("in epoch 0")


@pytest.mark.req("HK-10")
def test_the_envelope_holds_all_that_the_contract_asks_for(world, contract, plan, stranger):
    """Used as somebody would without these tools: by the function and the file's fields alone."""
    files = [
        presigned.as_file(contract, world.peg, plan, e.signer, e.signature)
        for e in envelopes(world, plan)
    ]
    texts = [json.loads(json.dumps(file)) for file in files]
    world.chain.warp(DAY)
    first = texts[0]
    order = sorted(texts, key=lambda t: int(t["signer"], 16))
    seconds = [moment(first[k]) for k in ("validFrom", "validUntil")]
    values = (first["token"], first["bits"], *seconds, first["epoch"], bytes.fromhex(REF_HEX[2:]))
    kinds = first["function"].removeprefix("pause(").removesuffix(")").split(",")
    signatures = [bytes.fromhex(t["signature"][2:]) for t in order]
    data = keccak(text=first["function"])[:4] + encode(kinds, (*values, signatures))
    assert first["chainId"] == world.chain.chain_id
    world.chain.send(stranger.address, first["contract"], data)
    assert world.token.call("pauses") == 5


# Files


def test_a_file_reads_back(world, contract, plan, tmp_path):
    path = tmp_path / "one.json"
    envelope = sealed(world, plan, SIGNERS[0])
    data = presigned.as_file(contract, world.peg, plan, envelope.signer, envelope.signature)
    path.write_text(json.dumps(data))
    assert presigned.read(path) == envelope
    assert data == {
        "schema": "pegboard-presigned-pause/1",
        "chainId": 31337,
        "contract": contract.address,
        "function": "pause(address,uint8,uint48,uint48,uint256,bytes32,bytes[])",
        "currency": "HKD",
        "what": ["transfers", "mint"],
        "token": world.token.address,
        "bits": 5,
        "validFrom": moment_text(plan.valid_from),
        "validUntil": moment_text(plan.valid_until),
        "epoch": 0,
        "ref": REF_HEX,
        "refText": REF_HEX,
        "signer": NAMES[0],
        "signature": "0x" + envelope.signature.hex(),
    }


NONE = "is no pause signed ahead: make it with `sign`"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "pegboard-presigned-pause/2"}, NONE),
        ({"function": "pause(address,uint8)"}, NONE),
        ({"chainId": "31337"}, "'31337' is no number that the contract takes"),
        ({"chainId": -1}, "is no number that the contract takes"),
        ({"contract": OTHER.lower()}, "wrong checksum"),
        ({"token": "HKD"}, "not an address"),
        ({"bits": 4}, "it says transfers, mint, which is not what its bits stop"),
        ({"bits": 16}, "which is not what its bits stop"),
        ({"bits": 2**48}, "is no number that the contract takes"),
        ({"what": ["mint"]}, "it says mint, which is not what its bits stop"),
        ({"what": []}, "say what to pause"),
        ({"what": "mint"}, "cannot be paused"),
        ({"what": 5}, NONE),
        ({"epoch": -1}, "-1 is no number that the contract takes"),
        ({"epoch": 2**48}, "is no number that the contract takes"),
        ({"validFrom": "now"}, "not a time"),
        ({"validFrom": "1960-01-01T00:00:00Z"}, "is no number that the contract takes"),
        ({"validUntil": 5}, NONE),
        ({"ref": "0x11"}, "not a reference"),
        ({"ref": None}, NONE),
        ({"signer": OTHER[:-1]}, "not an address"),
        ({"signature": "0xzz"}, NONE),
        ({"signature": 5}, NONE),
    ],
)
def test_a_file_that_cannot_be_is_refused(world, contract, plan, tmp_path, changes, message):
    path, envelope = tmp_path / "one.json", sealed(world, plan, SIGNERS[0])
    data = presigned.as_file(contract, world.peg, plan, envelope.signer, envelope.signature)
    path.write_text(json.dumps(data | changes))
    with pytest.raises(InputError, match=message) as caught:
        presigned.read(path)
    assert str(caught.value).startswith("one.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", "5", "null", "\xff", "[" * 100_000])
def test_a_file_that_is_no_pause_is_refused(tmp_path, text):
    path = tmp_path / "one.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=f"one.json {NONE}"):
        presigned.read(path)


# Broadcasting


@pytest.mark.req("HK-10")
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2, 0), (2, 1, 0), (1, 2, 0)])
def test_anybody_broadcasts_a_quorum(world, contract, plan, stranger, order):
    """Whatever order the envelopes are opened in."""
    signers = [SIGNERS[i] for i in order]
    world.chain.warp(DAY)
    action = broadcast(world, envelopes(world, plan, signers))
    ascending = [NAMES[i] for i in sorted(order)]
    assert action.details == {"what": ["transfers", "mint"], "epoch": 0, "signers": ascending}
    assert action.call.text == (
        f"stop transfers, mint of HKD at once, as {len(order)} signed ahead, reference {REF_HEX}"
    )
    events = emitted(contract, do(world, action, stranger.address))
    assert [(name, e["epoch"], e["relayer"]) for name, e in events] == [
        ("PausedBySignature", 0, stranger.address)
    ]
    assert [a.lower() for a in events[0][1]["signers"]] == [a.lower() for a in ascending]
    assert world.token.call("pauses") == 5
    assert broadcast(world, envelopes(world, plan, signers)).nothing_to_do


@pytest.mark.req("HK-10")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chain_id": 1}, "on chain 1, and here HKD is"),
        ({"contract": OTHER}, f"by {OTHER} on chain 31337, and here"),
        ({"currency": "USD"}, "pauses USD"),
    ],
)
def test_a_file_for_elsewhere_is_refused(world, plan, changes, message):
    world.chain.warp(DAY)
    good, other = envelopes(world, plan)
    with pytest.raises(InputError, match=message) as caught:
        broadcast(world, [good, replace(other, **changes)])
    assert str(caught.value).startswith("1.json pauses ")


@pytest.mark.req("HK-10")
def test_a_file_for_another_token_is_refused(world, plan):
    foreign = replace(plan, token=OTHER)
    with pytest.raises(InputError, match=f"0.json pauses HKD \\({OTHER}\\)"):
        broadcast(world, envelopes(world, foreign))


@pytest.mark.req("HK-10")
@pytest.mark.parametrize(
    "change",
    [
        lambda p: {"bits": 4},
        lambda p: {"valid_from": p.valid_from + 1},
        lambda p: {"valid_until": p.valid_until - 1},
        lambda p: {"epoch": 1},
        lambda p: {"ref": bytes(32)},
    ],
    ids=["bits", "from", "until", "epoch", "ref"],
)
def test_files_of_different_pauses_are_refused(world, plan, change):
    world.chain.warp(DAY + 1)
    other = replace(plan, **change(plan))
    mixed = [sealed(world, plan, SIGNERS[0]), sealed(world, other, SIGNERS[1], name="two.json")]
    with pytest.raises(InputError, match=r"two\.json pauses something else than one\.json"):
        broadcast(world, mixed)


@pytest.mark.req("HK-10")
def test_a_signature_that_is_another_ones_is_refused(world, plan, stranger):
    world.chain.warp(DAY)
    good, other = envelopes(world, plan)
    for changes, message in (
        ({"signer": NAMES[2]}, f"1.json is not signed by {NAMES[2]}"),
        ({"signature": good.signature}, f"1.json is not signed by {NAMES[1]}"),
        ({"signature": b"\xff" * 65}, "1.json holds no valid signature"),
        ({"signature": b""}, f"1.json is not signed by {NAMES[1]}"),
        ({"signature": b"\1" * 19}, f"1.json is not signed by {NAMES[1]}"),
        ({"signature": b"\1" * 64}, f"1.json is not signed by {NAMES[1]}"),
    ):
        with pytest.raises(InputError, match=message):
            broadcast(world, [good, replace(other, **changes)])


@pytest.mark.req("HK-10")
def test_who_counts(world, contract, plan, stranger):
    world.chain.warp(DAY)
    one, two = envelopes(world, plan)
    with pytest.raises(InputError, match="2 signers are needed, and 1 signed"):
        broadcast(world, [one])
    with pytest.raises(InputError, match="one signer signed two of the files"):
        broadcast(world, [one, replace(one, name="1.json")])
    with pytest.raises(InputError, match=f"{stranger.address}, who signed one.json, is no signer"):
        broadcast(world, [one, two, sealed(world, plan, stranger)])
    world.act("EXPELLER", contract, "expelSigner", NAMES[1], REF)
    with pytest.raises(InputError, match=f"{NAMES[1]}, who signed 1.json, is no signer"):
        broadcast(world, [one, two])
    three = sealed(world, plan, SIGNERS[2])
    world.act("GOVERNOR", contract, "addSigner", stranger.address, REF)
    world.act("GOVERNOR", contract, "setQuorum", 3, REF)
    with pytest.raises(InputError, match="3 signers are needed, and 2 signed"):
        broadcast(world, [one, three])
    assert not broadcast(world, [one, three, sealed(world, plan, stranger)]).nothing_to_do


@pytest.mark.req("HK-10")
def test_when_it_can_be_used(world, plan):
    """To the second, both ends included."""
    found = envelopes(world, plan)
    for wait, right in ((DAY - 1, False), (1, True), (30 * DAY, True), (1, False)):
        world.chain.warp(wait)
        if right:
            assert not broadcast(world, found).nothing_to_do
            continue
        with pytest.raises(InputError, match="and not now: have PAUSER pause"):
            broadcast(world, found)


@pytest.mark.req("HK-10")
def test_a_used_one_is_not_used_again(world, contract, plan, stranger):
    """Also not once the currency is open again."""
    world.chain.warp(DAY)
    found = envelopes(world, plan)
    do(world, broadcast(world, found), stranger.address)
    number = world.token.call("pauseNumber")
    world.act("RESUMER", world.token, "resume", 1, REF, number)
    with pytest.raises(InputError, match="signed for epoch 0, and HKD is in epoch 1"):
        broadcast(world, found)


def test_what_is_stopped_already_keeps_the_envelope(world, contract, plan):
    """Too few, too early: it does not matter where nothing is to be done."""
    world.act("PAUSER", world.token, "pause", 4, REF)
    with pytest.raises(InputError, match="and not now"):
        broadcast(world, envelopes(world, plan))
    world.act("PAUSER", world.token, "pause", 1, REF)
    assert broadcast(world, envelopes(world, plan, SIGNERS[:1])).nothing_to_do
    assert contract.call("epochOf", world.token.address) == 0


@pytest.mark.req("HK-10")
def test_a_contracts_signature_is_judged_by_the_chain(world, contract, plan, stranger):
    """ERC-1271; the contract's address leads its signature."""
    initcode = artifacts()["SmartWallet"].initcode(SIGNERS[2].address)
    address, _ = create2.deploy(world.chain, initcode, sender=stranger.address)
    world.act("GOVERNOR", contract, "addSigner", address, REF)
    for inner, right in ((SIGNERS[1], False), (SIGNERS[2], True)):
        signature = bytes.fromhex(address[2:]) + sealed(world, plan, inner).signature
        smart = replace(sealed(world, plan, inner), signer=address, signature=signature)
        action = broadcast(world, [sealed(world, plan, SIGNERS[0], name="two.json"), smart])
        if right:
            do(world, action, stranger.address)
            continue
        with refused(world, "NotSigner", signer="0x" + "00" * 20):
            do(world, action, stranger.address)
    assert world.token.call("pauses") == 5


def test_redemption_is_stopped_only_with_a_consent(world, stranger):
    """The token refuses; the command asks for the reference before anybody signs."""
    plan = planned(world, ref=bytes(32), names=["redeem"])
    world.chain.warp(DAY)
    with pytest.raises(Reverted, match="ReferenceRequired"):
        do(world, broadcast(world, envelopes(world, plan)), stranger.address)


# Revoking


@pytest.mark.req("HK-10")
def test_revoking_voids_what_was_signed(world, contract, plan):
    world.chain.warp(DAY)
    action = presigned.revoke(world.suite, world.peg, REF)
    assert action.call.text == (
        f"void every pause of HKD that was signed for epoch 0, reference {REF_HEX}"
    )
    events = emitted(contract, do(world, action, world.member("EXPELLER")))
    assert events == [
        (
            "EpochAdvanced",
            {
                "token": world.token.address,
                "epoch": 1,
                "operator": world.member("EXPELLER"),
                "ref": REF_HEX,
            },
        )
    ]
    with pytest.raises(InputError, match="signed for epoch 0, and HKD is in epoch 1"):
        broadcast(world, envelopes(world, plan))
    anew = planned(world)
    assert anew.epoch == 1
    world.chain.warp(DAY)
    assert not broadcast(world, envelopes(world, anew)).nothing_to_do


class Remembering(RevmChain):
    """A chain in memory that keeps what it is told to keep, as a node keeps its log."""

    def __init__(self):
        super().__init__()
        self.kept = []
        self.silent = False

    def send(self, sender, to, data, note=NO_NOTE):
        receipt = super().send(sender, to, data, note)
        self.kept += receipt.logs
        return receipt

    def logs(self, address, topics, from_block=0) -> tuple[Log, ...]:
        if self.silent:
            raise ChainError("no history")
        return tuple(
            log
            for log in self.kept
            if log.address == address
            and all(t in (None, found) for t, found in zip(topics, log.topics, strict=False))
        )


def test_a_reference_revokes_once_in_an_epoch():
    world = build_world(Remembering(), ("HKD", "USD"))
    contract, expeller = world.suite.desks.presigned, world.member("EXPELLER")
    first, other = reference("incident 3"), reference("incident 4")

    def revoked(peg, ref):
        action = presigned.revoke(world.suite, peg, ref)
        if not action.nothing_to_do:
            do(world, action, expeller)
        return not action.nothing_to_do

    dollars = world.suite.peg("USD")
    assert [revoked(world.peg, first), revoked(world.peg, first)] == [True, False]
    assert [revoked(world.peg, other), revoked(world.peg, first)] == [True, True]
    assert [revoked(dollars, first), revoked(dollars, first)] == [True, False]
    assert contract.call("epochOf", world.token.address) == 3
    assert contract.call("epochOf", dollars.token.address) == 1
    # Nobody should wait for a node with a memory while a pause can be misused.
    world.chain.silent = True
    assert revoked(world.peg, first)


# Showing


@pytest.mark.req("HK-10")
def test_what_has_to_be_signed(world, contract):
    world.act("PAUSER", world.token, "pause", 4, REF)
    world.act("EXPELLER", contract, "revoke", world.token.address, REF)
    seen = presigned.standing(world.suite, world.peg)
    assert set(seen.pop("signers")) == set(NAMES)
    assert seen == {
        "chainId": 31337,
        "currency": "HKD",
        "token": world.token.address,
        "contract": contract.address,
        "epoch": 1,
        "quorum": 2,
        "paused": ["mint"],
    }
