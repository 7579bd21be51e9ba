"""What a call does, read from its bytes.

effects
├── given every function of every contract of the suite
│   ├── it has one sentence or more, and none fails
│   └── every verb of roles.toml has a sentence of its own
├── given a verb that moves money or power: the whole sentence, to the letter
├── given calls in calls (multicall, schedule, execute, cancel, batches): reads them all
├── given a Safe's own functions: warns
└── given what it does not know
    ├── another contract, another function, bytes that are no plain encoding: says UNKNOWN
    ├── a batch with anything but plain calls in it: refuses
    └── a delegatecall but to MultiSendCallOnly: refuses
"""

import pytest
from eth_abi import encode
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from pegboard.contract import selector_of, signature_of, type_of
from pegboard.errors import InputError, NotPermitted
from pegboard.reading.decode import DELEGATECALL, Decoder
from pegboard.reading.sentences import SAFE, SENTENCES
from pegboard.safes import multisend
from pegboard.safes.multisend import Piece
from pegboard.safes.safe_abi import SAFE_ABI
from pegboard.suite import targets
from tests.support.world import key, roles

TREASURY, OTHER, THIRD = key(20).address, key(21).address, key(22).address
NAMED = f"{TREASURY} (treasury)"
TICKET = b"T-1".ljust(32, b"\0")
SAFE_ADDRESS = "0x00000000000000000000000000000000005AfE00"
MILLION = 10**12
EVERYBODY = 2**64 - 1


@pytest.fixture
def decoder(world):
    return Decoder(world.suite, roles(), {TREASURY.lower(): "treasury"})


@pytest.fixture
def told(world, decoder):
    """The sentences of one call."""

    def read(contract, verb, *args, sender="", value=0):
        data = contract.encode(verb, *args)
        found = decoder.effects(contract.address, data, sender=sender, value=value)
        return [line for effect in found for line in effect.lines()]

    return read


def sample(parameter, name="", *, data=b""):
    """Some value of a parameter's type."""
    kind = parameter["type"]
    if kind.endswith("]"):
        return [sample({**parameter, "type": kind[: kind.rindex("[")]}, data=data)]
    if kind == "tuple":
        return tuple(sample(c) for c in parameter["components"])
    if kind == "bytes":
        return data
    if kind.startswith("bytes"):
        return b"HKD".ljust(int(kind[5:]), b"\0")
    return {"address": TREASURY, "bool": True, "string": "HKD"}.get(kind, 2)


def calls_of(abi):
    """Every function that changes something, with some arguments."""
    for item in abi:
        if item["type"] == "function" and item.get("stateMutability") not in ("view", "pure"):
            values = [sample(parameter) for parameter in item["inputs"]]
            types = [type_of(parameter) for parameter in item["inputs"]]
            yield item, selector_of(signature_of(item)) + encode(types, values)


def everything(world):
    return [
        (kind, contract, item, data)
        for kind, contracts in targets(world.suite).items()
        for contract in contracts
        for item, data in calls_of(contract.abi)
    ]


def test_no_function_of_the_suite_is_without_a_sentence(world, decoder):
    seen = 0
    for kind, contract, item, data in everything(world):
        for sender in ("", world.member("PAUSER")):
            found = decoder.effects(contract.address, data, sender=sender)
            assert found, item["name"]
            assert all(effect.sentence for effect in found)
            if item["name"] not in ("multicall", "schedule", "execute", "cancel"):
                [effect] = found
                assert (effect.kind, effect.function) == (kind, item["name"])
                assert not effect.text.startswith("UNKNOWN")
            seen += 1
    assert seen > 200


def test_every_privileged_verb_has_a_sentence_of_its_own():
    """A new verb in roles.toml fails here until somebody says what it does."""
    verbs = {
        (kind, verb)
        for role in roles().roles.values()
        for kind, names in role.functions.items()
        for verb in names
    }
    assert len(verbs) > 70
    assert [v for kind, v in verbs if v not in SENTENCES[kind]] == []


def test_a_verb_without_a_sentence_is_shown_with_its_arguments(world, decoder, monkeypatch):
    monkeypatch.delitem(SENTENCES["token"], "hold")
    data = world.token.encode("hold", TREASURY, MILLION, TICKET)
    [effect] = decoder.effects(world.token.address, data)
    shown = f'account={NAMED}, value=1,000,000.00 HKD, ref="T-1"'
    assert effect.sentence == f"call hold({shown}) of the token of HKD"


# To the letter


@pytest.mark.req("HK-11")
def test_money(world, told):
    token = world.token
    assert told(token, "mint", TREASURY, MILLION, TICKET) == [
        f'create 1,000,000.00 HKD at {NAMED}, reference "T-1"'
    ]
    assert told(token, "burn", 1, TICKET) == [
        'destroy 0.000001 HKD of the sender\'s own tokens, reference "T-1"'
    ]
    assert told(token, "seize", OTHER, TREASURY, MILLION, TICKET) == [
        f'take 1,000,000.00 HKD from {OTHER} to {NAMED} by a lawful order, case "T-1"'
    ]
    assert told(token, "destroy", OTHER, 0, TICKET) == [
        f'destroy 0.00 HKD of {OTHER} by a lawful order, case "T-1"'
    ]
    assert told(token, "approve", OTHER, 2**256 - 1) == [
        f"let {OTHER} spend up to any amount of the sender's"
    ]
    rows = [(TREASURY, MILLION), (OTHER, 1)]
    pay = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
    batch = bytes(31) + b"\7"
    assert told(token, pay, batch, 0, rows, [TICKET, bytes(32)], MILLION + 1) == [
        f"pay 1,000,000.000001 HKD in all, as chunk 0 of the batch 0x{batch.hex()}",
        f'  1,000,000.00 HKD to {NAMED}, reference "T-1"',
        f"  0.000001 HKD to {OTHER}",
    ]
    foreign = told(token, "rescueERC20", OTHER, TREASURY, 5, TICKET)
    assert foreign == [
        f"send 5 base units of {OTHER}, which came to the token of HKD by mistake, to {NAMED}, "
        'reference "T-1"'
    ]


@pytest.mark.req("HK-11")
def test_restraints_and_pauses(world, told):
    token = world.token
    assert told(token, "blacklist", [TREASURY, OTHER], bytes(32)) == [
        f"bar {NAMED}, {OTHER} from sending, receiving and spending HKD"
    ]
    assert told(token, "pause", 5, TICKET) == [
        'stop transfers, mint of HKD at once, reference "T-1"'
    ]
    assert told(token, "pause", 0x52, TICKET)[0].startswith("stop signatures, unknown bits 80 of")
    assert told(token, "resume", 1, TICKET, 7) == [
        'open transfers of HKD again, after pause number 7, reference "T-1"'
    ]
    assert told(token, "raiseMintLimit", MILLION, 86_400, TICKET) == [
        'set the mint limit of HKD to 1,000,000.00 HKD per 1d, reference "T-1"'
    ]
    terms = (OTHER, 93_600, 50, True)
    assert told(token, "setReserveConfig", terms, TICKET) == [
        f"WARNING: let HKD be minted against {OTHER}, whose answer may be 1d 2h old, with a buffer "
        'of 50 bps, as issued on this chain only, reference "T-1"'
    ]
    code, audit = b"\1" * 32, b"\2" * 32
    assert told(token, "upgrade", OTHER, code, audit, True) == [
        f"WARNING: replace the code that governs HKD by {OTHER}, which must have the code hash "
        f"0x{code.hex()} and the audit 0x{audit.hex()}, for every call, transfers included"
    ]


def test_desks(world, told):
    desks = world.suite.desks
    channel = b"DIRECT-1".ljust(32, b"\0")
    opening = ("openChannel", channel, world.token.address, 1, TREASURY, TICKET)
    assert told(desks.issuance, *opening) == [
        f'open "DIRECT-1", a direct channel of HKD that issues to {NAMED}, with no limits yet, '
        'reference "T-1"'
    ]
    limits = ("raiseChannel", channel, MILLION, 2 * MILLION, 86_400, TICKET)
    unknown = 'let "DIRECT-1" issue up to 1000000000000 base units an order and 2000000000000 base '
    assert told(desks.issuance, *limits) == [f'{unknown}units per 1d, reference "T-1"']
    world.act("GOVERNOR", desks.issuance, *opening)
    assert told(desks.issuance, *limits) == [
        'let "DIRECT-1" issue up to 1,000,000.00 HKD an order and 2,000,000.00 HKD per 1d, '
        'reference "T-1"'
    ]
    assert told(desks.issuance, "propose", TICKET, channel, b"HKD", MILLION) == [
        'propose to issue 1,000,000.00 HKD through "DIRECT-1", bank reference "T-1"'
    ]
    tiers = [(MILLION, 1), (2 * MILLION, 2)]
    assert told(desks.issuance, "loosenTiers", world.token.address, tiers, bytes(32)) == [
        "set how many must approve orders of HKD: 1 for up to 1,000,000.00 HKD; 2 for up to "
        "2,000,000.00 HKD"
    ]
    assert told(desks.redemption, "settle", 9, TICKET) == [
        'record that request 9 (which does not exist) was paid, bank reference "T-1", and destroy '
        "its tokens"
    ]
    nobody = "0x" + "00" * 20
    order = ("propose", TICKET, world.token.address, OTHER, nobody, MILLION, 0)
    assert told(desks.orders, *order) == [
        f'propose to destroy 1,000,000.00 HKD of {OTHER} under case "T-1"'
    ]


def test_a_request_is_told_as_the_chain_knows_it(world, told):
    world.fund(OTHER, MILLION)
    desk = world.suite.desks.redemption
    world.token.send("surrender", desk.address, MILLION, TICKET, sender=OTHER)
    assert told(desk, "validate", 1) == [
        f"start the clock of request 1 (1,000,000.00 HKD of {OTHER})"
    ]


@pytest.mark.req("HK-11")
def test_powers(world, told):
    authority, token = world.suite.authority, world.token
    assert told(authority, "grantRole", 10, OTHER, 0) == [
        f"grant PAUSER to {OTHER}, without any delay"
    ]
    assert told(authority, "grantRole", 99, OTHER, 90) == [
        f"grant the undeclared role 99 to {OTHER}, with a delay of 1m 30s"
    ]
    assert told(authority, "revokeRole", 0, OTHER) == [f"take ADMIN from {OTHER}"]
    functions = [token.selector("mint"), token.selector("pause"), b"\1\2\3\4"]
    assert told(authority, "setTargetFunctionRole", token.address, functions[:2], 10) == [
        f"let PAUSER call mint, pause of {token.address} (token of HKD)"
    ]
    [line] = told(authority, "setTargetFunctionRole", token.address, functions, EVERYBODY)
    assert line == (
        "WARNING: let EVERYBODY, without any role, call mint, pause, UNKNOWN 0x01020304 of "
        f"{token.address} (token of HKD)"
    )
    [line] = told(authority, "setTargetClosed", token.address, True)
    assert line.startswith(f"WARNING: CLOSE {token.address} (token of HKD) to everybody")


# Calls in calls


def test_a_schedule_says_what_and_when(world, told):
    authority, token, resumer = world.suite.authority, world.token, world.member("RESUMER")
    inner = token.encode("resume", 4, TICKET, 1)
    opens = 'open mint of HKD again, after pause number 1, reference "T-1"'
    schedule = ("schedule", token.address, inner, 0)
    assert told(authority, *schedule, sender=resumer) == [
        f"schedule, to be executed after 1h: {opens}"
    ]
    assert told(authority, *schedule) == [f"schedule, to be executed after its delay: {opens}"]
    assert told(authority, *schedule, sender=OTHER) == [
        f"schedule, to be executed by nobody, since {OTHER} may not call it: {opens}"
    ]
    later = ("schedule", token.address, inner, 1_900_000_000)
    assert told(authority, *later, sender=resumer) == [
        f"schedule, to be executed after 1h, and not before 2030-03-17T17:46:40Z: {opens}"
    ]
    assert told(authority, "cancel", resumer, token.address, inner) == [
        f"cancel what {resumer} scheduled: {opens}"
    ]
    assert told(authority, "execute", token.address, inner) == [
        f"execute what the sender scheduled: {opens}"
    ]


def test_what_is_inside_is_as_loud_as_outside(world, told):
    authority = world.suite.authority
    inner = authority.encode("setTargetClosed", world.token.address, True)
    nested = authority.encode("schedule", authority.address, inner, 0)
    [line] = told(authority, "schedule", authority.address, nested, 0)
    assert line.startswith("WARNING: schedule, to be executed after its delay: schedule, to be ")
    assert line.count("WARNING") == 1
    assert "CLOSE" in line
    [line] = told(authority, "schedule", OTHER, b"\1\2\3\4", 0)
    assert line.endswith(f"UNKNOWN call of 0x01020304 to {OTHER}")


def test_a_multicall_is_one_sentence_for_each(world, told):
    authority, orders = world.suite.authority, world.suite.desks.orders
    grants = [authority.encode("grantRole", 10, who, 0) for who in (OTHER, THIRD)]
    assert told(authority, "multicall", grants) == [
        f"grant PAUSER to {OTHER}, without any delay",
        f"grant PAUSER to {THIRD}, without any delay",
    ]
    nested = authority.encode("multicall", grants)
    assert len(told(authority, "multicall", [nested, grants[0]])) == 3
    assert told(orders, "multicall", []) == ["do nothing, by an empty list of calls"]


def test_calls_within_calls_end_somewhere(world, decoder):
    authority = world.suite.authority
    data = authority.encode("labelRole", 10, "X")
    for _ in range(40):
        data = authority.encode("multicall", [data])
    [effect] = decoder.effects(authority.address, data)
    assert effect.sentence.startswith("WARNING: UNKNOWN call of 0xac9650d8 to")


@pytest.mark.req("HK-11")
def test_a_batch_is_one_sentence_for_each_call(world, decoder):
    token = world.token
    pieces = [
        Piece(token.address, 0, token.encode("pause", 1, TICKET)),
        Piece(OTHER, 5 * 10**17, b""),
        Piece(OTHER, 0, b"\1\2\3\4"),
        Piece(SAFE_ADDRESS, 0, selector_of("changeThreshold(uint256)") + encode(["uint256"], [1])),
    ]
    found = decoder.effects(
        multisend.CANONICAL, multisend.pack(pieces), operation=DELEGATECALL, sender=SAFE_ADDRESS
    )
    assert [effect.sentence for effect in found] == [
        'stop transfers of HKD at once, reference "T-1"',
        f"send 0.50 of the chain's own coin to {OTHER}",
        f"WARNING: UNKNOWN call of 0x01020304 to {OTHER}",
        "WARNING: ask for 1 signatures of this Safe from now",
    ]


# The Safe itself


def test_a_safes_own_functions_are_loud(decoder):
    names = set()
    for item, data in calls_of(SAFE_ABI):
        [effect] = decoder.effects(SAFE_ADDRESS, data, sender=SAFE_ADDRESS)
        if item["name"] in SAFE:
            assert effect.sentence.startswith("WARNING: ")
            assert "UNKNOWN" not in effect.sentence
            names.add(item["name"])
        [effect] = decoder.effects(SAFE_ADDRESS, data, sender=OTHER)
        assert effect.sentence.startswith("WARNING: UNKNOWN call of 0x")
    assert names == set(SAFE)
    owner = selector_of("addOwnerWithThreshold(address,uint256)")
    data = owner + encode(["address", "uint256"], [TREASURY, 2])
    [effect] = decoder.effects(SAFE_ADDRESS, data, sender=SAFE_ADDRESS)
    assert effect.sentence == (
        f"WARNING: make {NAMED} an owner of this Safe, and ask for 2 signatures from now"
    )


def test_nothing_but_the_number_is_used_up(decoder):
    [effect] = decoder.effects(SAFE_ADDRESS, b"", sender=SAFE_ADDRESS)
    assert effect.sentence == "do nothing but use this Safe's number up"


# What it does not know


def test_unknown_targets_and_functions(world, decoder):
    [effect] = decoder.effects(OTHER, b"\1\2\3\4\5")
    assert effect.sentence == f"WARNING: UNKNOWN call of 0x01020304 to {OTHER}"
    [effect] = decoder.effects(TREASURY, b"")
    assert effect.sentence == f"WARNING: UNKNOWN call of nothing to {NAMED}"
    [effect] = decoder.effects(world.token.address, b"\1\2\3\4", value=10**18)
    assert effect.sentence == (
        f"WARNING: UNKNOWN call of 0x01020304 to {world.token.address} (token of HKD), sending "
        "1.00 of the chain's own coin along"
    )


def test_coin_that_goes_along_is_said(world, told):
    [line] = told(world.token, "burn", 1, bytes(32), value=1)
    assert line.endswith("own tokens, sending 0.000000000000000001 of the chain's own coin along")


def test_bytes_that_are_no_plain_encoding_are_unknown(world, decoder):
    """The chain may read them otherwise than this reader, so nobody is told that they are plain."""
    token = world.token
    good = token.encode("mint", TREASURY, MILLION, TICKET)
    for data in (good + b"\0", good[:-1], good[:4], good[:4] + b"\1" + good[5:]):
        [effect] = decoder.effects(token.address, data)
        assert effect.sentence.startswith("WARNING: UNKNOWN call of 0x")
        assert "it is not encoded as mint is" in effect.sentence
    listed = token.encode("blacklist", [TREASURY], TICKET)
    moved = listed[:35] + b"\x60" + listed[36:68] + bytes(32) + listed[68:]
    [effect] = decoder.effects(token.address, moved)
    assert "it is not encoded as blacklist is" in effect.sentence


def test_a_reference_cannot_pass_for_a_part_of_the_sentence(world, told):
    [line] = told(world.token, "burn", 1, b'", then nothing'.ljust(32, b"\0"))
    assert line.endswith(r'tokens, reference "\", then nothing"')
    [line] = told(world.suite.authority, "labelRole", 10, 'ADMIN"; grant \u202e')
    assert line == r'name PAUSER "ADMIN\"; grant \u202e"'


@pytest.mark.req("HK-11")
def test_a_delegatecall_is_refused(world, decoder):
    data = multisend.pack([Piece(OTHER, 0, b"")])
    with pytest.raises(NotPermitted, match=f"refused: a delegatecall to {OTHER} could change"):
        decoder.effects(OTHER, data, operation=DELEGATECALL, sender=SAFE_ADDRESS)
    for operation in (2, 255):
        with pytest.raises(NotPermitted, match=f"refused: {operation} is neither"):
            decoder.effects(multisend.CANONICAL, data, operation=operation)
    with pytest.raises(NotPermitted, match="a batch carries no coin of its own"):
        decoder.effects(multisend.CANONICAL, data, value=1, operation=DELEGATECALL)


def test_a_batch_that_others_would_read_otherwise_is_refused(decoder):
    plain = b"\0" + bytes(20) + bytes(32) + bytes(31) + b"\2" + b"\7\7"
    bad = {
        "a delegatecall inside": b"\1" + plain[1:],
        "an operation that is none": b"\2" + plain[1:],
        "a piece that is cut": plain[:-1],
        "a head that is cut": plain + plain[:40],
        "a tail that nobody reads": plain + bytes(20),
        "nothing": b"",
    }
    for packed in bad.values():
        data = multisend.SELECTOR + encode(["bytes"], [packed])
        with pytest.raises(InputError, match="this is no batch as MultiSendCallOnly takes it"):
            decoder.effects(multisend.CANONICAL, data, operation=DELEGATECALL)
    good = multisend.SELECTOR + encode(["bytes"], [plain])
    assert len(decoder.effects(multisend.CANONICAL, good, operation=DELEGATECALL)) == 1
    for data in (good + b"\0", good[:-32], b"\1\2\3\4" + good[4:]):
        with pytest.raises(InputError, match="this is no batch"):
            decoder.effects(multisend.CANONICAL, data, operation=DELEGATECALL)


@given(
    st.lists(
        st.builds(
            Piece,
            st.binary(min_size=20, max_size=20).map(to_checksum_address),
            st.integers(0, 2**256 - 1),
            st.binary(max_size=100),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_batch_is_read_as_it_was_packed(pieces):
    assert list(multisend.unpack(multisend.pack(pieces))) == pieces


@given(st.data())
def test_no_bytes_make_it_fail(deployed, data):
    """Whatever is put behind a known selector, it answers with a sentence."""
    decoder = Decoder(deployed.suite, roles())
    kind = data.draw(st.sampled_from(sorted(targets(deployed.suite))))
    contract = targets(deployed.suite)[kind][0]
    items = [x for x in contract.abi if x["type"] == "function"]
    item = data.draw(st.sampled_from(items))
    tail = data.draw(st.binary(max_size=260))
    found = decoder.effects(contract.address, selector_of(signature_of(item)) + tail)
    assert all(effect.sentence for effect in found)
