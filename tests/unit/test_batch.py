"""Batches of payments.

pay
├── when there are no rows, or not one reference a row: reverts with BatchLengthMismatch
├── given the payer executed this chunk: reverts with ChunkExecuted
├── when the total is not the sum of the rows: reverts with BatchTotalMismatch
├── when the total is not spendable, the payer is barred or transfers are paused: reverts
├── when a payee is address zero or the token: reverts with ERC20InvalidReceiver
├── given that it reverts: the chunk stays unused
├── given a payee that may not receive: the row is skipped, and the payer keeps its value
├── given a row to the payer itself: exact, too
└── else: pays every row, each with its reference right before its Transfer, and sums up last
"""

import pytest
from eth_utils import keccak

from tests.support.refusal import emitted, refused
from tests.support.world import REF

PLAIN = "pay(bytes32,uint8,(address,uint96)[],uint256)"
REFERENCED = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
BATCH = keccak(text="payroll")
FUNDS = 1_000_000_000
ZERO = "0x" + "00" * 20


def hexed(data):
    return "0x" + data.hex()


@pytest.fixture(params=["plain", "with references"])
def pay(request, token, holder):
    """Pays rows as the holder; every row's reference is its number."""
    referenced = request.param != "plain"

    def act(rows, total=None, batch=BATCH, chunk=0, sender=holder.address):
        total = sum(value for _, value in rows) if total is None else total
        if not referenced:
            return token.send(PLAIN, batch, chunk, rows, total, sender=sender)
        refs = [i.to_bytes(32) for i in range(len(rows))]
        return token.send(REFERENCED, batch, chunk, rows, refs, total, sender=sender)

    act.referenced = referenced
    act.ref = lambda i: hexed(i.to_bytes(32) if referenced else bytes(32))
    return act


@pytest.fixture
def people(world):
    """Five payees."""
    return [world.holder(10 + i).address for i in range(5)]


def paid_row(pay, i, payer, to, value):
    events = [("TransferReference", {"loggedReference": pay.ref(i)})] if pay.referenced else []
    return [*events, ("Transfer", {"from": payer, "to": to, "value": value})]


def skipped_row(pay, i, to, value, batch=BATCH):
    return [("Skipped", {"batchId": hexed(batch), "ref": pay.ref(i), "to": to, "value": value})]


def summed(payer, paid, skipped, rows, chunk=0, batch=BATCH):
    return [
        (
            "Batch",
            {
                "payer": payer,
                "batchId": hexed(batch),
                "chunk": chunk,
                "paid": paid,
                "skipped": skipped,
                "rows": rows,
            },
        )
    ]


def test_refuses_no_rows(world, pay):
    with refused(world, "BatchLengthMismatch", rows=0, refs=0):
        pay([])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_refuses_another_number_of_references(world, token, holder, people, count):
    rows = [(people[0], 1), (people[1], 1)]
    with refused(world, "BatchLengthMismatch", rows=2, refs=count):
        token.send(REFERENCED, BATCH, 0, rows, [REF] * count, 2, sender=holder.address)


def test_a_chunk_executes_once(world, token, holder, people, pay):
    """P1: a (payer, batch, chunk) executes at most once."""
    pay([(people[0], 1)])
    assert token.call("chunkState", holder.address, BATCH, 0) is True
    with refused(world, "ChunkExecuted", payer=holder.address, batchId=hexed(BATCH), chunk=0):
        pay([(people[1], 2)])


def test_a_chunk_executes_once_over_both_forms(world, token, holder, people):
    """P1: whichever form came first."""
    token.send(PLAIN, BATCH, 7, [(people[0], 1)], 1, sender=holder.address)
    with refused(world, "ChunkExecuted", payer=holder.address, batchId=hexed(BATCH), chunk=7):
        token.send(REFERENCED, BATCH, 7, [(people[0], 1)], [REF], 1, sender=holder.address)


def test_chunks_batches_and_payers_are_apart(world, token, holder, payee, people, pay):
    """P1: chunks 0 and 255, another batch and another payer are all their own."""
    world.fund(payee.address, 10)
    for chunk in (0, 1, 255):
        pay([(people[0], 1)], chunk=chunk)
    pay([(people[0], 1)], batch=keccak(text="other"))
    pay([(people[0], 1)], sender=payee.address)
    assert token.call("balanceOf", people[0]) == 5
    assert token.call("chunkState", holder.address, BATCH, 2) is False
    assert token.call("chunkState", holder.address, BATCH, 254) is False


@pytest.mark.parametrize("total", [0, 29, 31])
def test_refuses_another_total(world, people, pay, total):
    """P2: paid + skipped = total = the sum of the rows."""
    with refused(world, "BatchTotalMismatch", sum=30, total=total):
        pay([(people[0], 10), (people[1], 20)], total=total)


def test_refuses_another_total_of_skipped_rows(world, token, people, pay):
    """P2: skipped rows count."""
    world.act("BLACKLISTER", token, "blacklist", [people[0]], REF)
    with refused(world, "BatchTotalMismatch", sum=30, total=20):
        pay([(people[0], 10), (people[1], 20)], total=20)


def test_refuses_more_than_the_balance(world, token, holder, people, pay):
    """I15: the chunk is not consumed."""
    with refused(
        world, "ERC20InsufficientBalance", sender=holder.address, balance=FUNDS, needed=FUNDS + 1
    ):
        pay([(people[0], FUNDS), (people[1], 1)])
    assert token.call("chunkState", holder.address, BATCH, 0) is False
    pay([(people[0], FUNDS)])


def test_what_will_be_skipped_must_be_spendable_too(world, token, holder, people, pay):
    world.act("BLACKLISTER", token, "blacklist", [people[0]], REF)
    with refused(
        world, "ERC20InsufficientBalance", sender=holder.address, balance=FUNDS, needed=FUNDS + 1
    ):
        pay([(people[0], FUNDS + 1)])


def test_refuses_more_than_is_not_held(world, token, holder, people, pay):
    world.act("FREEZER", token, "hold", holder.address, 10, REF)
    with refused(
        world,
        "ERC7943InsufficientUnfrozenBalance",
        account=holder.address,
        amount=FUNDS - 9,
        unfrozen=FUNDS - 10,
    ):
        pay([(people[0], FUNDS - 9)])


@pytest.mark.parametrize(
    ("role", "verb", "error"),
    [("FREEZER", "freeze", "FrozenAccount"), ("BLACKLISTER", "blacklist", "BlacklistedAccount")],
)
def test_refuses_a_barred_payer(world, token, holder, people, pay, role, verb, error):
    """I13: as payer of a batch; I15: the chunk is not consumed."""
    world.act(role, token, verb, [holder.address], REF)
    with refused(world, error, account=holder.address):
        pay([(people[0], 1)])
    assert token.call("chunkState", holder.address, BATCH, 0) is False


def test_refuses_while_transfers_are_paused(world, token, holder, people, pay):
    """I12 and I15: nothing is consumed."""
    world.act("PAUSER", token, "pause", 1, REF)
    with refused(world, "Paused", pauses=1):
        pay([(people[0], 1)])


@pytest.mark.parametrize("to", [ZERO, "token"])
def test_refuses_payees_without_account(world, token, holder, people, pay, to):
    """I4 and P4: a row to address zero or the token is a mistake in the file, and reverts."""
    to = token.address if to == "token" else to
    with refused(world, "ERC20InvalidReceiver", receiver=to):
        pay([(people[0], 10), (to, 20)])
    assert token.call("chunkState", holder.address, BATCH, 0) is False


def test_pays_every_row(world, token, holder, people, pay):
    """P3: the payer's balance falls by exactly what was paid; P5: as many Transfers as rows."""
    supply = token.call("totalSupply")
    rows = [(people[0], 10), (people[1], 0), (people[2], 2_000), (people[0], 5)]
    receipt = pay(rows)
    expected = [
        e for i, (to, v) in enumerate(rows) for e in paid_row(pay, i, holder.address, to, v)
    ]
    assert emitted(token, receipt) == expected + summed(holder.address, 2_015, 0, 4)
    assert token.call("balanceOf", holder.address) == FUNDS - 2_015
    assert [token.call("balanceOf", p) for p in people] == [15, 0, 2_000, 0, 0]
    assert token.call("totalSupply") == supply


@pytest.mark.req("HK-53")
def test_skips_the_rows_of_barred_payees(world, token, holder, people, pay):
    """P4: skipped if and only if the payee may not receive; P2, P3, P5 with skipped rows."""
    world.act("BLACKLISTER", token, "blacklist", [people[0], people[3]], REF)
    world.act("FREEZER", token, "freeze", [people[1]], REF)
    world.act("FREEZER", token, "hold", people[2], 10**9, REF)
    rows = [(people[0], 1), (people[1], 20), (people[2], 300), (people[3], 4_000), (people[0], 0)]
    receipt = pay(rows)
    transfers_and_skips = [
        *skipped_row(pay, 0, people[0], 1),
        *paid_row(pay, 1, holder.address, people[1], 20),
        *paid_row(pay, 2, holder.address, people[2], 300),
        *skipped_row(pay, 3, people[3], 4_000),
        *skipped_row(pay, 4, people[0], 0),
    ]
    assert emitted(token, receipt) == transfers_and_skips + summed(holder.address, 320, 4_001, 5)
    assert [token.call("balanceOf", p) for p in people] == [0, 20, 300, 0, 0]
    assert token.call("balanceOf", holder.address) == FUNDS - 320
    assert token.call("chunkState", holder.address, BATCH, 0) is True


def test_all_rows_may_be_skipped(world, token, holder, people, pay):
    world.act("BLACKLISTER", token, "blacklist", people, REF)
    receipt = pay([(p, FUNDS // 5) for p in people])
    assert emitted(token, receipt)[-1:] == summed(holder.address, 0, FUNDS, 5)
    assert token.call("balanceOf", holder.address) == FUNDS


@pytest.mark.req("HK-52")
def test_in_allow_list_mode_unverified_payees_are_skipped(world, token, holder, people, pay):
    world.act("VERIFIER", token, "verify", [holder.address, people[1]], REF)
    world.act("PAUSER", token, "enterAllowListMode", REF)
    receipt = pay([(people[0], 1), (people[1], 2)])
    assert emitted(token, receipt) == [
        *skipped_row(pay, 0, people[0], 1),
        *paid_row(pay, 1, holder.address, people[1], 2),
        *summed(holder.address, 2, 1, 2),
    ]


def test_rows_to_the_payer_are_exact(world, token, holder, people, pay):
    """P3: what the payer pays to itself leaves and comes back."""
    receipt = pay([(holder.address, FUNDS - 1), (people[0], 1)])
    assert emitted(token, receipt) == [
        *paid_row(pay, 0, holder.address, holder.address, FUNDS - 1),
        *paid_row(pay, 1, holder.address, people[0], 1),
        *summed(holder.address, FUNDS, 0, 2),
    ]
    assert token.call("balanceOf", holder.address) == FUNDS - 1
    assert token.call("balanceOf", people[0]) == 1


def test_says_what_it_paid(world, token, holder, people):
    world.act("BLACKLISTER", token, "blacklist", [people[0]], REF)
    rows = [(people[0], 3), (people[1], 4)]
    assert token.call(PLAIN, BATCH, 0, rows, 7, sender=holder.address) == (4, 3)
    assert token.call(REFERENCED, BATCH, 0, rows, [REF, REF], 7, sender=holder.address) == (4, 3)


def test_a_value_wider_than_the_row_is_refused(world, token, holder, people):
    """A row's value has 96 bits; dirty upper bits do not decode."""
    data = bytearray(token.encode(PLAIN, BATCH, 0, [(people[0], 5)], 5))
    data[-32] = 1
    with refused(world, ""):
        token.submit(bytes(data), sender=holder.address)


def test_three_hundred_rows(world, token, holder, pay):
    """P2 and P5 at the size of a chunk."""
    rows = [("0x" + (10**30 + i).to_bytes(20).hex(), i) for i in range(300)]
    receipt = pay(rows)
    names = [name for name, _ in emitted(token, receipt)]
    assert names.count("Transfer") == 300
    assert names.count("TransferReference") == (300 if pay.referenced else 0)
    assert emitted(token, receipt)[-1:] == summed(holder.address, sum(range(300)), 0, 300)
    assert all(token.call("balanceOf", to) == value for to, value in rows)
