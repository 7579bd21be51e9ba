"""Single payments in memory: what a transaction moved, what can be submitted, what was signed.

transfers
├── a reference or a nonce is that of the Transfer in the next log, and of no other
└── the rows of a batch are the last that were moved before it, without the skipped ones

examine
├── given a contract wallet: the chain judges its signature
├── given the edges of the times, and a margin: as the token does, to the second
└── given what is held, paused or barred: refused, each with its own code

submit
├── given a refusal: looks again, then tries one by one; the others are paid
└── given what is not known: pending, and nothing more is sent

register
├── given two signers at a time, a cut line, or a file that is none: nothing is signed twice
└── else: numbers go on where they were, over words that are spent
"""

from dataclasses import replace

import pytest
from eth_utils import keccak

from pegboard import actions
from pegboard.chain import Receipt
from pegboard.errors import ChainError, InputError, JournalError, Pending, ReferenceUsed, Reverted
from pegboard.signing import Authorization
from pegboard.uses import history, payments, pledge, relay
from pegboard.uses.payments import Payment
from pegboard.uses.register import Entry, Register
from pegboard.uses.remittance import new_uetr, reference_for
from tests.support.uses import create
from tests.support.world import REF

UNIT = 10**6
HOUR = 3_600


@pytest.fixture
def payer(world):
    """Who has a thousand."""
    world.fund(world.holder(1).address, 1_000 * UNIT)
    return world.holder(1)


@pytest.fixture
def payee(world):
    return world.holder(2).address


def sealed(world, payer, payee, number=0, *, sender="", **changes):
    """A signed payment of 1.00."""
    now = world.chain.now()
    paid = Authorization(sender or payer.address, payee, UNIT, 0, now + HOUR, number.to_bytes(32))
    paid = replace(paid, **changes)
    signature = bytes(payer.sign_message(paid.signable(world.token)).signature)
    return payments.signed_payment(world.peg, paid, signature, now)


def examined(world, *files, margin=0):
    items = [relay.Item(f"{n}.json", file) for n, file in enumerate(files)]
    return relay.examine(world.suite, items, margin)


def codes(items):
    return [item.code or item.state for item in items]


def deliver(world, *, fault=None, at=0):
    """Sends one after the other; what is refused while gas is estimated stops all of them."""

    def send(wishes):
        for wish in wishes:
            world.token.simulate(wish.data, sender=wish.signer)
        for number, wish in enumerate(wishes):
            if fault and number == at:
                raise fault
            yield world.token.submit(wish.data, sender=wish.signer)

    return send


# What a transaction moved


def test_a_word_is_of_the_next_transfer_alone(world, payer, payee):
    ref, other = reference_for(new_uetr()), keccak(text="other")
    file = sealed(world, payer, payee, 7)
    rows, refs = [(payee, 1), (world.holder(3).address, 2), (payee, 3)], [ref, ref, other]
    world.act("BLACKLISTER", world.token, "blacklist", [world.holder(3).address], REF)
    send = {"sender": payer.address}
    batched = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
    receipts = [
        world.token.send("transfer(address,uint256,bytes)", payee, 10, ref, **send),
        world.token.send("transfer(address,uint256)", payee, 11, **send),
        world.token.send(batched, other, 0, rows, refs, 6, **send),
        world.token.submit(payments.submission(world.token, file), sender=payee),
        world.token.send("transfer(address,uint256)", payee, 12, **send),
    ]
    logs = tuple(log for receipt in receipts for log in receipt.logs)
    found = history.transfers(world.token, Receipt("0x", 1, 1, logs))
    me = payer.address
    assert found == [
        history.Transfer(me, payee, 10, ref),
        history.Transfer(me, payee, 11),
        history.Transfer(me, payee, 1, ref, batch=other),
        history.Transfer(me, payee, 3, other, batch=other),
        history.Transfer(me, payee, UNIT, (7).to_bytes(32), gasless=True),
        history.Transfer(me, payee, 12),
    ]


def test_a_chain_without_history_is_not_asked(world, payer, payee):
    payment = Payment(world.peg, payer.address, payee, UNIT, REF)
    assert payments.paid_in(payment) == ""
    with pytest.raises(ChainError, match="keeps no history"):
        history.paid_with(world.token, payer.address, [REF])


def test_a_payment_counts_towards_the_caps_of_this_machine(world, payer, payee):
    ref = reference_for(new_uetr())
    payment = Payment(world.peg, payer.address, payee, UNIT, ref)
    note = actions.note_of(payments.send(payment))
    assert (note.unit, note.amount, note.verb) == ("HKD", UNIT, "pay")
    assert note.key == f"payment of HKD from {payer.address} with 0x{ref.hex()}"


# What can be submitted


@pytest.mark.parametrize("manner", [0, 4])
def test_the_chain_judges_a_wallets_signature(world, payer, payee, manner):
    wallet = create(world, "SmartWallet", payer.address)
    world.fund(wallet.address, UNIT)
    wallet.send("behave", manner, sender=payer.address)
    file = sealed(world, payer, payee, sender=wallet.address)
    assert codes(examined(world, file)) == ["ready" if manner == 0 else relay.SIGNATURE]
    stranger = sealed(world, world.holder(5), payee, sender=wallet.address)
    assert codes(examined(world, stranger)) == [relay.SIGNATURE]


def test_the_times_are_those_of_the_token(world, payer, payee):
    now = world.chain.now()
    files = [
        sealed(world, payer, payee, n, **times)
        for n, times in enumerate(
            (
                {"valid_after": now - 1, "valid_before": now + 1},
                {"valid_after": now, "valid_before": now + 9},
                {"valid_before": now},
                {"valid_before": now + 24},
                {"valid_before": now + 25},
            )
        )
    ]
    found = examined(world, *files)
    assert codes(found) == ["ready", relay.EARLY, relay.EXPIRED, "ready", "ready"]
    for item, file in zip(found, files, strict=True):
        data = payments.submission(world.token, file)
        if item.state == relay.READY:
            world.token.simulate(data, sender=payee)
        else:
            with pytest.raises(Reverted) as refused:
                world.token.simulate(data, sender=payee)
            assert refused.value.name.startswith("Authorization")
    late = codes(examined(world, *files, margin=24))
    assert late == [relay.EXPIRED, relay.EXPIRED, relay.EXPIRED, relay.EXPIRED, "ready"]


def test_a_payer_who_may_not_pay(world, payer, payee):
    file = sealed(world, payer, payee)
    world.act("FREEZER", world.token, "hold", payer.address, 999 * UNIT + 1, REF)
    [held] = examined(world, file)
    assert (held.code, held.reason) == (
        relay.FUNDS,
        f"1.00 HKD is to be paid, and {payer.address} can spend 0.999999 HKD",
    )
    world.act("FREEZER", world.token, "freeze", [payer.address], REF)
    [frozen] = examined(world, file)
    assert (frozen.code, frozen.reason) == (
        relay.BARRED,
        f"the payer {payer.address} may not send HKD now",
    )
    world.act("PAUSER", world.token, "pause", 1, REF)
    assert codes(examined(world, file)) == [relay.PAUSED]


def test_what_was_not_looked_at_is_not_submitted(world):
    with pytest.raises(InputError, match=r"it.json was not looked at"):
        relay.wish_of(relay.Item("it.json"), world.holder(6).address)


# Submitting


def ready(world, payer, *payees):
    files = (sealed(world, payer, payee, n) for n, payee in enumerate(payees))
    return examined(world, *files)


def test_a_refusal_stops_none_of_the_others(world, payer):
    payees = [world.holder(n).address for n in (2, 3, 4)]
    items = ready(world, payer, *payees)
    world.act("BLACKLISTER", world.token, "blacklist", [payees[1]], REF)
    relayer, told = world.holder(6).address, []
    found = relay.submit(
        world.suite,
        items,
        relayer,
        deliver(world),
        progress=lambda item, _: told.append(item.name),
    )
    assert codes(found) == ["done", relay.BARRED, "done"]
    assert told == ["0.json", "2.json"]
    assert [world.token.call("balanceOf", to) for to in payees] == [UNIT, 0, UNIT]


def test_what_nobody_can_explain_is_found_one_by_one(world, payer, monkeypatch):
    payees = [world.holder(n).address for n in (2, 3, 4)]
    items = ready(world, payer, *payees)
    world.act("BLACKLISTER", world.token, "blacklist", [payees[1]], REF)
    monkeypatch.setattr(relay, "barred_among", lambda *_: {})
    found = relay.submit(world.suite, items, world.holder(6).address, deliver(world))
    assert codes(found) == ["done", relay.FAILED, "done"]
    assert found[1].reason == f"BlacklistedAccount(account={payees[1]})"


def test_what_is_not_known_ends_it(world, payer):
    payees = [world.holder(n).address for n in (2, 3, 4)]
    items = ready(world, payer, *payees)
    away = deliver(world, fault=Pending("it may still happen"), at=1)
    found = relay.submit(world.suite, items, world.holder(6).address, away)
    assert codes(found) == ["done", "pending", "pending"]
    assert {item.reason for item in found[1:]} == {"it may still happen"}
    cut = deliver(world, fault=ChainError("the node is away"), at=0)
    with pytest.raises(ChainError, match="the node is away"):
        relay.submit(world.suite, items[1:], world.holder(6).address, cut)


# What was signed


@pytest.fixture
def register(tmp_path):
    return Register(tmp_path / "signed.jsonl")


def kept(register, world, payment, nonce=pledge.REFERENCE, window=None):
    """Pledges and, where something is to be signed, keeps a signature."""
    now = world.chain.now()
    with register.only():
        made = pledge.pledge(register, payment, window or (0, now + HOUR), nonce)
        if made.authorization and not made.signature:
            entry = Entry(world.token.address, payment.ref, made.authorization, b"\x01" * 65)
            register.keep(entry)
    return made


def test_a_reference_is_pledged_once(world, payer, payee, register):
    ref = reference_for(new_uetr())
    payment = Payment(world.peg, payer.address, payee, UNIT, ref)
    first = kept(register, world, payment)
    assert first.authorization == payments.authorization(payment, ref, 0, world.chain.now() + HOUR)
    again = kept(register, world, payment, window=(0, world.chain.now() + 9 * HOUR))
    assert (again.authorization, again.signature) == (first.authorization, b"\x01" * 65)
    rest = reference_for(payment.uetr, {"number": "INV-1"})
    for other in (
        replace(payment, units=UNIT + 1),
        replace(payment, to=world.holder(3).address),
        replace(payment, ref=rest),
    ):
        with pytest.raises(ReferenceUsed, match=r"was signed for already, 1\.00 HKD to"):
            kept(register, world, other)
    with pytest.raises(ReferenceUsed, match="is signed already, and anybody can submit it before"):
        pledge.require_none_signed(register, payment)
    # Another payer's reference is another payment's.
    theirs = replace(payment, payer=world.holder(3).address)
    assert kept(register, world, theirs).signature == b""
    world.chain.warp(HOUR)
    pledge.require_none_signed(register, payment)
    assert kept(register, world, payment).signature == b""
    with pytest.raises(InputError, match="it could never be used"):
        kept(register, world, payment, window=(0, world.chain.now()))


def test_numbers_go_on_over_what_is_spent(world, payer, payee, register):
    payment = Payment(world.peg, payer.address, payee, UNIT, bytes(32))

    def number():
        return int.from_bytes(kept(register, world, payment, pledge.COUNTED).authorization.nonce)

    def spend(number):
        file = sealed(world, payer, payee, number)
        world.token.submit(payments.submission(world.token, file), sender=payee)

    assert [number(), number()] == [0, 1]
    spend(2)
    spend(3)
    assert number() == 4
    # Another machine has come to the end of the first word, and begun the second.
    for used in (255, 256):
        spend(used)
    assert number() == 257
    drawn = {kept(register, world, payment, pledge.RANDOM).authorization.nonce for _ in range(2)}
    assert len(drawn) == 2
    assert number() == 258


def test_a_cut_line_was_never_handed_out(world, payer, payee, register):
    payment = Payment(world.peg, payer.address, payee, UNIT, bytes(32))
    kept(register, world, payment, pledge.COUNTED)
    whole = register.path.read_bytes()
    register.path.write_bytes(whole + whole[: len(whole) // 2])
    assert len(register.entries(world.token.address, payer.address)) == 1
    kept(register, world, payment, pledge.COUNTED)
    numbers = [e.signed.nonce[-1] for e in register.entries(world.token.address, payer.address)]
    assert numbers == [0, 1]
    assert register.path.stat().st_mode & 0o777 == 0o600
    register.path.write_bytes(b'{"token": 1}\n')
    with pytest.raises(JournalError, match="cannot be read: restore it"):
        kept(register, world, payment, pledge.COUNTED)


def test_two_do_not_sign_at_the_same_time(register, monkeypatch):
    from pegboard.uses import register as module

    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    with (
        register.only(),
        pytest.raises(JournalError, match="another command is signing a payment"),
        Register(register.path).only(),
    ):
        raise AssertionError("two at a time")
