"""A Safe as the sender, with the contracts that Safe publishes.

read_safe
├── given no code, other code, or another singleton: refuses
└── else: owners, threshold, number, modules, guard, whoever can act without its owners

require_signable
├── given another chain, gas fields, a used number, a hash that the Safe computes otherwise: refuses
├── given a delegatecall but to MultiSendCallOnly with its very code: refuses
└── else: the hash is what the Safe itself computes, and a hardware wallet shows its two halves

simulate
├── given a call or a batch that would be refused: refuses, and says which call and why
└── else: nothing, whatever the calls before change

require_signed
├── given who is no owner, a changed byte, another form of a signature, too few: refuses
└── else: as many present owners as the Safe asks for

execute
├── given a number in use or to come, an owner removed, a threshold raised meanwhile: refuses
├── given a failure inside: refuses before it is sent
├── given a Safe that goes on after a failure: finds it in the log
└── else: carries it out, signatures in any order, alone or as a batch; once, for ever
"""

from dataclasses import replace

import pytest
from eth_utils import keccak

from pegboard.chain import Log, Receipt
from pegboard.errors import ChainError, InputError, NotPermitted, Reverted
from pegboard.safes import multisend, quorum
from pegboard.safes.multisend import Piece
from pegboard.safes.safe import (
    CALL,
    DELEGATECALL,
    NOBODY,
    SafeTx,
    read_safe,
    rejection,
    require_signable,
    transaction,
)
from pegboard.safes.safe_abi import GUARD_SLOT, SINGLETONS
from tests.support.safes import PAYER, RevmWithSafes, code_of, make_safe, put_batcher, signed
from tests.support.world import REF, build_world, key

OWNERS = (key(70), key(71), key(72))
ONE, TWO, THREE = OWNERS
STRANGER = key(73)
NAMES = tuple(owner.address for owner in OWNERS)
MINTER, PAUSER = 3, 10
SECP256K1 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture(scope="module")
def council():
    """HKD, and a 2-of-3 Safe that is MINTER and PAUSER, built once."""
    world = build_world(RevmWithSafes())
    put_batcher(world.chain)
    safe = make_safe(world.chain, OWNERS, 2)
    for role in (MINTER, PAUSER):
        world.act("GOVERNOR", world.suite.authority, "grantRole", role, safe.address, 0)
    return world, safe


@pytest.fixture
def world(council):
    """The same world, as new in every test."""
    found, _ = council
    point = found.chain.snapshot()
    yield found
    found.chain.restore(point)


@pytest.fixture
def safe(council, world):
    """The Safe's contract."""
    return council[1]


@pytest.fixture
def state(world, safe):
    return lambda: read_safe(world.chain, safe.address)


@pytest.fixture
def pausing(world, state):
    """A transaction that stops transfers."""
    return transaction(state(), [pause(world, 1)], 0)


def pause(world, bits):
    return world.token.prepare("pause", bits, REF)


def execute(world, tx, *owners, sender=PAYER):
    return quorum.execute(world.token, tx, signed(tx, *owners), sender.address, "as proposed")


def inside(world, safe, verb, *args):
    """Has the Safe change itself, by its owners."""
    current = read_safe(world.chain, safe.address)
    call = safe.prepare(verb, *args)
    execute(world, transaction(current, [call], current.nonce), ONE, TWO)


# Reading


@pytest.mark.parametrize("singleton", ["Safe", "SafeL2"])
def test_what_a_safe_is(council, singleton):
    world, _ = council
    safe = make_safe(world.chain, OWNERS, 2, salt=len(singleton), singleton=singleton)
    found = read_safe(world.chain, safe.address.lower())
    assert (found.address, found.version, found.chain_id) == (safe.address, "1.4.1", 31337)
    assert (found.owners, found.threshold, found.nonce) == (NAMES, 2, 0)
    assert (found.modules, found.guard, found.warnings) == ((), NOBODY, [])
    assert world.chain.code(found.singleton) == code_of(singleton)[1]
    execute(world, SafeTx(31337, safe.address, 0, safe.address, 0, b"", CALL), ONE, TWO)
    assert read_safe(world.chain, safe.address).nonce == 1


def test_the_released_code_is_that_of_npm():
    hashes = {keccak(code_of(name)[1]).hex() for name in ("Safe", "SafeL2")}
    assert hashes < set(SINGLETONS)
    batcher = code_of("libraries/MultiSendCallOnly")[1]
    assert keccak(batcher).hex() == multisend.CODE_HASH


def test_what_is_no_safe_is_refused(world, safe, state):
    chain = world.chain
    with pytest.raises(InputError, match=r"there is no Safe at .* on chain 31337"):
        read_safe(chain, STRANGER.address)
    for other in (world.token.address, state().singleton):
        with pytest.raises(InputError, match=f"{other} has not the code of a Safe 1.3.0 or 1.4.1"):
            read_safe(chain, other)


def test_a_safe_over_other_code_is_refused(world):
    proxy = "0x00000000000000000000000000000000005AfE01"
    world.chain.put_code(proxy, code_of("proxies/SafeProxy")[1])
    with pytest.raises(InputError, match="has not the code of a Safe"):
        read_safe(world.chain, proxy)


def test_who_can_act_without_the_owners_is_said(world, safe, state):
    inside(world, safe, "enableModule", STRANGER.address)
    inside(world, safe, "changeThreshold", 1)
    found = state()
    assert found.modules == (STRANGER.address,)
    assert found.warnings == [
        f"the module {STRANGER.address} acts without any signature",
        "one signature is enough",
    ]
    guarded = replace(found, guard=world.token.address, modules=(), threshold=2)
    assert guarded.warnings == [f"the guard {world.token.address} can refuse every transaction"]
    assert world.chain.storage(safe.address, GUARD_SLOT) == 0


# The hash


@pytest.mark.req("HK-11")
def test_the_hash_is_the_safes_own(world, safe, state, pausing):
    assert require_signable(world.chain, pausing) == state()
    computed = safe.call("getTransactionHash", *pausing.arguments, 0)
    assert computed == "0x" + pausing.hash.hex()
    halves = b"\x19\x01" + pausing.domain_hash + pausing.message_hash
    assert keccak(halves) == pausing.hash


def test_the_hash_binds_everything(pausing):
    """No field can be changed without another hash."""
    other = {
        "chain_id": 1,
        "safe": STRANGER.address,
        "nonce": 1,
        "to": STRANGER.address,
        "value": 1,
        "data": pausing.data + b"\0",
        "operation": 1,
        "safe_tx_gas": 1,
        "base_gas": 1,
        "gas_price": 1,
        "gas_token": STRANGER.address,
        "refund_receiver": STRANGER.address,
    }
    fields = [name for name in vars(pausing) if name != "signable"]
    assert set(other) == set(fields)
    hashes = {replace(pausing, **{name: value}).hash for name, value in other.items()}
    assert len(hashes | {pausing.hash}) == len(other) + 1


def test_what_nobody_should_sign(world, pausing):
    chain = world.chain
    with pytest.raises(InputError, match="it is for chain 1, and this is chain 31337"):
        require_signable(chain, replace(pausing, chain_id=1))
    for field in ("safe_tx_gas", "base_gas", "gas_price"):
        with pytest.raises(NotPermitted, match="it sets gas fields"):
            require_signable(chain, replace(pausing, **{field: 1}))
    for field in ("gas_token", "refund_receiver"):
        with pytest.raises(NotPermitted, match="it sets gas fields"):
            require_signable(chain, replace(pausing, **{field: STRANGER.address}))


def test_a_node_that_lies_about_the_hash_is_found(world, safe, pausing, monkeypatch):
    real = type(world.chain).call
    selector = safe.selector("getTransactionHash")

    def lie(self, to, data, sender=None):
        return bytes(32) if data[:4] == selector else real(self, to, data, sender)

    monkeypatch.setattr(type(world.chain), "call", lie)
    with pytest.raises(ChainError, match=f"and not 0x{pausing.hash.hex()}: nothing was signed"):
        require_signable(world.chain, pausing)


@pytest.mark.req("HK-11")
def test_a_delegatecall_is_refused(world, state, pausing):
    chain, batch = world.chain, transaction(state(), [pause(world, 1), pause(world, 2)], 0)
    assert (batch.operation, batch.to) == (DELEGATECALL, multisend.CANONICAL)
    require_signable(chain, batch)
    for bad in (
        replace(pausing, operation=DELEGATECALL),
        replace(batch, to=world.token.address),
        replace(batch, operation=2),
        replace(batch, value=1),
    ):
        with pytest.raises(NotPermitted, match="could change anything of the Safe"):
            require_signable(chain, bad)
    with pytest.raises(InputError, match="this is no batch"):
        require_signable(chain, replace(batch, data=batch.data + b"\0"))
    code = chain.code(multisend.CANONICAL)
    try:
        for other in (b"", code_of("libraries/MultiSend")[1]):
            chain.put_code(multisend.CANONICAL, other)
            with pytest.raises(NotPermitted, match=r"is not that of MultiSendCallOnly 1\.4\.1"):
                require_signable(chain, batch)
    finally:
        chain.put_code(multisend.CANONICAL, code)


# Simulating


def test_a_call_that_would_be_refused_is_named(world, state):
    current = state()
    bad = transaction(current, [pause(world, 64)], 0)
    with pytest.raises(Reverted, match=r"InvalidPauses\(pauses=64\)"):
        quorum.simulate(world.token, bad)
    batch = transaction(current, [pause(world, 1), pause(world, 64), pause(world, 2)], 0)
    with pytest.raises(NotPermitted, match=r"call 2 of 3 would be refused: InvalidPauses\(pau"):
        quorum.simulate(world.token, batch)
    with pytest.raises(NotPermitted, match="call 2 of 3 would be refused: as explained"):
        quorum.simulate(world.token, batch, lambda _: "as explained")


def test_what_a_call_before_changes_counts(world, state):
    """Both mints fit the limit alone; together they exceed it."""
    world.attest(10**17)
    limit = world.token.call("mintRateLimit")[0]
    half = world.token.prepare("mint", STRANGER.address, limit // 2 + 1, REF)
    with pytest.raises(NotPermitted, match="call 2 of 2 would be refused, after what the calls b"):
        quorum.simulate(world.token, transaction(state(), [half, half], 0))
    quorum.simulate(world.token, transaction(state(), [half, pause(world, 4)], 0))
    assert world.token.call("totalSupply") == 0


# Signatures


def test_an_owner_is_recovered(pausing):
    for owner in OWNERS:
        made = signed(pausing, owner)[owner.address]
        assert quorum.signer_of(pausing, made) == owner.address


def test_only_the_plain_form_of_a_signature_is_taken(pausing):
    made = signed(pausing, ONE)[ONE.address]
    r, s, v = made[:32], int.from_bytes(made[32:64]), made[64]
    second = r + (SECP256K1 - s).to_bytes(32) + bytes([27 + 28 - v])
    with pytest.raises(InputError, match="in its second form"):
        quorum.signer_of(pausing, second)
    approved = bytes(12) + bytes.fromhex(ONE.address[2:]) + bytes(32) + b"\1"
    for bad in (made[:64], made + b"\0", made[:64] + bytes([v + 4]), approved, b""):
        with pytest.raises(InputError, match="it holds no signature of a key"):
            quorum.signer_of(pausing, bad)
    with pytest.raises(InputError, match="it holds no valid signature"):
        quorum.signer_of(pausing, bytes(64) + b"\x1b")


def test_signatures_that_are_not_of_enough_owners(pausing, state):
    current, made = state(), signed(pausing, ONE, STRANGER)
    with pytest.raises(NotPermitted, match="asks for 2 signatures, and 0 are there"):
        quorum.require_signed(current, pausing, {})
    with pytest.raises(NotPermitted, match=rf"1 are there: .* \({NAMES[1]}, {NAMES[2]}\)"):
        quorum.require_signed(current, pausing, signed(pausing, ONE))
    with pytest.raises(NotPermitted, match=f"{STRANGER.address}, who signed it, is no owner"):
        quorum.require_signed(current, pausing, made)
    twice = {ONE.address: made[ONE.address], TWO.address: made[ONE.address]}
    with pytest.raises(NotPermitted, match=f"the signature of {TWO.address} is not by that owner"):
        quorum.require_signed(current, pausing, twice)
    quorum.require_signed(current, pausing, signed(pausing, *OWNERS))


@pytest.mark.req("HK-11")
@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_changed_byte_of_a_signature_is_found(pausing, state, at):
    made = signed(pausing, ONE, TWO)
    bad = bytearray(made[TWO.address])
    bad[at] ^= 1
    with pytest.raises((NotPermitted, InputError), match=r"is not by that owner|no valid|second f"):
        quorum.require_signed(state(), pausing, made | {TWO.address: bytes(bad)})


# Executing


@pytest.mark.req("HK-11")
@pytest.mark.parametrize("owners", [(ONE, TWO), (TWO, ONE), (THREE, TWO, ONE)])
def test_enough_owners_carry_it_out(world, state, pausing, owners):
    receipt = execute(world, pausing, *owners)
    events = dict(world.token.events(receipt.logs))
    assert events["PauseSet"]["operator"] == pausing.safe
    assert world.token.call("pauses") == 1
    assert state().nonce == 1


@pytest.mark.req("HK-11")
def test_a_batch_is_one_transaction(world, safe, state):
    world.attest(10**17)
    mint = world.token.prepare("mint", STRANGER.address, 7, REF)
    calls = [pause(world, 1), mint, pause(world, 8)]
    receipt = execute(world, transaction(state(), calls, 0), THREE, ONE)
    names = [name for name, _ in world.token.events(receipt.logs)]
    assert names == ["PauseSet", "Transfer", "Minted", "PauseSet"]
    assert (world.token.call("pauses"), world.token.call("balanceOf", STRANGER.address)) == (9, 7)
    assert safe.call("nonce") == 1


def test_once_for_ever(world, pausing):
    execute(world, pausing, ONE, TWO)
    with pytest.raises(NotPermitted, match="number 0 of the Safe was used meanwhile, and it is at"):
        execute(world, pausing, ONE, TWO)
    with pytest.raises(NotPermitted, match="has number 2, and the Safe is at 1: execute the earl"):
        execute(world, replace(pausing, nonce=2), ONE, TWO)


def test_an_owner_who_was_removed_does_not_count(world, safe, pausing):
    later = replace(pausing, nonce=1)
    made = signed(later, ONE, THREE)
    inside(world, safe, "removeOwner", NAMES[1], THREE.address, 2)
    with pytest.raises(NotPermitted, match=f"{THREE.address}, who signed it, is no owner"):
        quorum.execute(world.token, later, made, PAYER.address, "")
    assert world.token.call("pauses") == 0


def test_a_threshold_that_was_raised_counts(world, safe, pausing):
    later = replace(pausing, nonce=1)
    inside(world, safe, "changeThreshold", 3)
    with pytest.raises(NotPermitted, match="asks for 3 signatures, and 2 are there"):
        execute(world, later, ONE, TWO)
    execute(world, later, ONE, TWO, THREE)


def test_a_failure_inside_is_never_sent(world, state, monkeypatch):
    monkeypatch.setattr(type(world.chain), "send", lambda *_: pytest.fail("sent"))
    tx = transaction(state(), [pause(world, 64)], 0)
    with pytest.raises(Reverted, match="InvalidPauses"):
        execute(world, tx, ONE, TWO)
    assert state().nonce == 0


def test_a_failure_inside_undoes_all(world, safe, state):
    """With gas fields of zero the Safe itself refuses what fails inside (GS013)."""
    tx = transaction(state(), [pause(world, 64)], 0)
    data = quorum.calldata(world.chain, tx, signed(tx, ONE, TWO))
    with pytest.raises(Reverted) as caught:
        safe.submit(data, sender=PAYER.address)
    assert caught.value.arguments == {"reason": "GS013"}
    assert state().nonce == 0


def test_somebody_else_is_faster(world, state, pausing, monkeypatch):
    """Two people send at once: the Safe takes one, and the other is told."""
    real = quorum.simulate

    def slow(known, tx, explain):
        real(known, tx, explain)
        monkeypatch.setattr(quorum, "simulate", real)
        execute(world, pausing, ONE, THREE)

    monkeypatch.setattr(quorum, "simulate", slow)
    with pytest.raises(NotPermitted, match=r"the Safe itself refuses it \(GS026\): it has changed"):
        execute(world, pausing, ONE, TWO)
    assert state().nonce == 1


def test_a_failure_that_a_safe_passes_over_is_found(world, state, pausing, monkeypatch):
    """A Safe that says ExecutionFailure has used its number up, and done nothing."""
    chain = type(world.chain)
    real = chain.send
    success = keccak(text="ExecutionSuccess(bytes32,uint256)")
    failure = keccak(text="ExecutionFailure(bytes32,uint256)")

    def turned(swap):
        def send(self, sender, to, data, *note):
            receipt = real(self, sender, to, data)
            logs = tuple(
                replace(log, topics=(swap, *log.topics[1:])) if log.topics[0] == success else log
                for log in receipt.logs
            )
            return Receipt(receipt.tx, receipt.block, receipt.gas_used, logs)

        return send

    point = world.chain.snapshot()
    for swap, said in ((failure, "and the Safe failed"), (bytes(32), "did not execute it")):
        monkeypatch.setattr(chain, "send", turned(swap))
        with pytest.raises(ChainError, match=said):
            execute(world, pausing, ONE, TWO)
        world.chain.restore(point)
        point = world.chain.snapshot()


def test_what_was_executed_is_found_in_the_log(pausing):
    """1.4.1 indexes the hash, 1.3.0 puts it first in the data."""
    success = keccak(text="ExecutionSuccess(bytes32,uint256)")

    class Told:
        def __init__(self, *logs):
            self._logs = logs

        def logs(self, address, topics, from_block=0):
            assert (address, topics) == (pausing.safe, [success])
            return self._logs

    old = Log(pausing.safe, (success,), pausing.hash + bytes(32), "0xold")
    new = Log(pausing.safe, (success, pausing.hash), bytes(32), "0xnew")
    other = Log(pausing.safe, (success, bytes(32)), bytes(32), "0xother")
    assert quorum.executed_in(Told(other, old), pausing) == "0xold"
    assert quorum.executed_in(Told(other, new), pausing) == "0xnew"
    assert quorum.executed_in(Told(other), pausing) == ""
    assert quorum.executed_in(object(), pausing) == ""


def test_a_rejection_uses_the_number_up(world, state, pausing):
    tx = rejection(pausing)
    assert tx == SafeTx(31337, pausing.safe, 0, pausing.safe, 0, b"", CALL)
    execute(world, tx, ONE, TWO)
    assert (state().nonce, world.token.call("pauses")) == (1, 0)
    with pytest.raises(NotPermitted, match="number 0 of the Safe was used meanwhile"):
        execute(world, pausing, ONE, TWO)


def test_coin_goes_only_as_it_was_signed(world, state):
    """A value is a part of what is signed, alone and in a batch."""
    current = state()
    world.chain.evm.set_balance(current.address, 10)
    payment = SafeTx(31337, current.address, 0, STRANGER.address, 4, b"", CALL)
    execute(world, payment, ONE, TWO)
    pieces = [Piece(STRANGER.address, 5, b""), Piece(STRANGER.address, 1, b"")]
    data = multisend.pack(pieces)
    batch = SafeTx(31337, current.address, 1, multisend.CANONICAL, 0, data, DELEGATECALL)
    execute(world, batch, ONE, TWO)
    assert world.chain.evm.get_balance(STRANGER.address) == 10


def test_nothing_is_proposed_of_nothing(state):
    with pytest.raises(InputError, match="there is nothing to propose"):
        transaction(state(), [], 0)
