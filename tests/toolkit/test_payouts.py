"""Payout files as batches of the token.

batch_of
├── given another chain, token, payer, name or row: it is another batch
├── given the same content: the same batch, for ever
└── it is cut into chunks of 200, each a call of `pay` with its own total

examine
├── given payees who may not be paid, or a payer who cannot pay: refuses with every fault
├── given the same name with other rows: refuses
├── given payees who may not receive now: refuses, unless they are to be skipped
├── given a batch that has begun: leaves the barred to the token
└── else: says what is done, what is left and whom nobody knows

pay
├── given a refusal: stops, and the next run goes on there
├── given chunks executed by another machine meanwhile: passes them over
└── else: pays every row once, however often it is run

report
├── given rows on chain that are not the file's: refuses
└── else: each row is settled, skipped with a reason, or pending; retried under another name
"""

from xml.etree import ElementTree as Xml

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.errors import ChainError, InputError, Reverted, RowsError
from pegboard.files import paying, payout_report, payouts
from pegboard.files.addressbook import AddressBook, Holder
from pegboard.inputs import reference
from pegboard.uses.remittance import reference_for
from tests.support.delivery import one_by_one
from tests.support.remember import Remembering
from tests.support.world import REF, build_world, currencies, key

PAYER = key(3).address
NOBODY = AddressBook({})
NOBODYS = "0x" + "00" * 20
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
HEADER = "id,payee,amount,reference"
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"}


def person(number):
    return to_checksum_address(keccak(text=f"person {number}")[:20])


@pytest.fixture(scope="module")
def shared():
    """A chain in memory that keeps its history."""
    return build_world(Remembering())


@pytest.fixture
def world(shared):
    point = shared.chain.snapshot()
    yield shared
    shared.chain.restore(point)


@pytest.fixture
def take(tmp_path, world):
    """The batch of a file of these rows, and a payer who can pay it."""

    def act(rows, name="NOV", *, funded=True, payer=PAYER):
        units = sum(units for _, units, _ in rows)
        lines = [f"{name},HKD,{len(rows)},{units}.00", HEADER]
        lines += [f"E-{n:04},{to},{u}.00,{ref}" for n, (to, u, ref) in enumerate(rows, 1)]
        path = tmp_path / "payroll.csv"
        path.write_text("\n".join(lines), encoding="ascii")
        if funded:
            world.fund(payer, units * 10**6)
        file = payouts.read(path, currencies())
        return payouts.batch_of(world.peg, payer, file)

    return act


def people(count, start=0):
    return [(person(start + n), n + 1, f"NOV {n}") for n in range(count)]


def examine(world, batch, book=NOBODY, **flags):
    return paying.examine(world.suite, batch, book, **flags)


def faults(world, batch, book=NOBODY, **flags):
    with pytest.raises(RowsError) as caught:
        examine(world, batch, book, **flags)
    return list(caught.value.faults)


def run(world, batch):
    paying.pay(batch, one_by_one(world))


def balances(world, batch):
    token = world.token
    return [token.call("balanceOf", payment.payee) for payment in batch.file.payments]


# Batch


def test_a_batch_is_its_content(take):
    """T4: the id is written down here: another way to make it would pay open files again."""
    batch = take([(person(1), 5, "a"), (person(2), 7, "b")], funded=False)
    content = "\n".join(
        [
            "pegboard-payout/1",
            "31337",
            batch.peg.token.address,
            PAYER,
            "NOV",
            "2",
            f"E-0001,{person(1)},5000000,a",
            f"E-0002,{person(2)},7000000,b",
        ]
    )
    tag = f"pegboard-payout/1\n31337\n{batch.peg.token.address}\n{PAYER}\nNOV"
    assert batch.id == keccak(text=tag)[:8] + keccak(text=content)[:24]


def test_anything_else_is_another_batch(take):
    rows = [(person(1), 5, "a"), (person(2), 7, "b")]
    others = [
        [(person(3), 5, "a"), (person(2), 7, "b")],
        [(person(1), 7, "a"), (person(2), 5, "b")],
        [(person(1), 5, "c"), (person(2), 7, "b")],
        [(person(2), 7, "b"), (person(1), 5, "a")],
        rows[:1],
        [*rows, (person(3), 1, "c")],
    ]
    batches = [take(rows, funded=False), *(take(other, funded=False) for other in others)]
    batches.append(take(rows, "DEC", funded=False))
    batches.append(take(rows, funded=False, payer=key(4).address))
    assert len({batch.id for batch in batches}) == len(batches) == 9
    # The first bytes stand for payer and name, so that other rows of one name are seen on chain.
    assert [batch.id[:8] == batches[0].id[:8] for batch in batches] == [True] * 7 + [False] * 2
    assert len({batch.id[8:] for batch in batches}) == 9


def test_a_batch_is_cut_into_chunks_of_two_hundred(take, world):
    batch = take(people(401), funded=False)
    assert payouts.CHUNK == 200
    assert payouts.MOST == 51_200
    assert [len(chunk.payments) for chunk in batch.chunks] == [200, 200, 1]
    assert [chunk.index for chunk in batch.chunks] == [0, 1, 2]
    last = batch.chunks[2]
    rows, refs = [(person(400), 401 * 10**6)], [reference("NOV 400")]
    wanted = world.token.encode(
        "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)",
        *(batch.id, 2, rows, refs, 401 * 10**6),
    )
    assert (last.wish.data, last.wish.target, last.wish.signer) == (
        wanted,
        world.token.address,
        PAYER,
    )
    note = last.wish.note
    assert (note.key, note.unit, note.amount) == (
        f"payout 0x{batch.id.hex()} 2",
        "HKD",
        401 * 10**6,
    )
    assert note.text == f"pay 401.00 HKD to 1 payees, part 3 of batch 0x{batch.id.hex()}"


def test_without_references_the_cheaper_form_is_used(take, world):
    batch = take([(person(1), 5, "")], funded=False)
    assert batch.chunks[0].wish.data == world.token.encode(
        "pay(bytes32,uint8,(address,uint96)[],uint256)",
        *(batch.id, 0, [(person(1), 5 * 10**6)], 5 * 10**6),
    )


def test_a_chunk_fits_into_half_a_block(take, world):
    """New holders with a reference are the dearest rows; a block has 30 million or more."""
    batch = take(people(200))
    receipt = world.chain.send(PAYER, batch.chunks[0].wish.target, batch.chunks[0].wish.data)
    assert 5_000_000 < receipt.gas_used < 6_000_000


# Examine


def test_payees_who_cannot_be_paid(take, world):
    """T6: every row is looked at before the first transaction."""
    desk = world.suite.desks.redemption.address
    safe = person(9)
    rows = [
        (world.token.address, 1, "a"),
        (desk, 1, "b"),
        (world.suite.authority.address, 1, "c"),
        (PAYER, 1, "d"),
        (safe, 1, "e"),
        (person(1), 1, "f"),
    ]
    book = AddressBook({safe: Holder("treasury-safe", safe, "contract")})
    batch = take(rows)
    token, authority = world.token.address, world.suite.authority.address
    told = [
        f"row 3, payee: {token} is the HKD token, which would keep the money",
        f"row 4, payee: {desk} is the RedemptionDesk, which would keep the money",
        f"row 5, payee: {authority} is the Authority, which would keep the money",
        f"row 6, payee: {PAYER} is the payer itself",
        f"row 7, payee: treasury-safe is a contract by addresses.toml, and there is no code at "
        f"{safe} on this chain: whoever puts code there would own the money",
    ]
    assert faults(world, batch, book) == told
    # No flag lets a contract of the suite be paid.
    assert faults(world, batch, book, skip_barred=True, codeless=True) == told[:4]


def test_barred_payees_are_refused_or_skipped(take, world):
    batch = take(people(3))
    world.act("BLACKLISTER", world.token, "blacklist", [person(1)], REF)
    told = f"row 4, payee: {person(1)} is blacklisted"
    assert faults(world, batch) == [told]
    standing = examine(world, batch, skip_barred=True)
    assert standing.barred == {person(1): ("AC06", "is blacklisted")}


def test_where_only_the_verified_may_receive(take, world):
    batch = take(people(2))
    world.act("VERIFIER", world.token, "verify", [person(0), PAYER], REF)
    world.act("PAUSER", world.token, "enterAllowListMode", REF)
    why = "is not verified, and only verified accounts may receive"
    assert faults(world, batch) == [f"row 4, payee: {person(1)} {why}"]
    world.act("VERIFIER", world.token, "unverify", [PAYER], REF)
    assert faults(world, batch, skip_barred=True) == [
        f"the payer {PAYER} is not verified, and only verified accounts may send HKD"
    ]


def test_an_account_that_is_none(world):
    """Without an allow-list, verifying it would not help."""
    assert paying.barred_among(world.peg, [NOBODYS]) == {
        NOBODYS: ("AC01", "is no account for payments")
    }


def test_a_uetr_is_one_payment(take):
    rows = [(person(n), 1, f"0x{reference_for(UETR, {'row': n}).hex()}") for n in range(2)]
    with pytest.raises(RowsError) as caught:
        take(rows, funded=False)
    assert list(caught.value.faults) == [f"row 4, UETR: {UETR} is the UETR of row 3 already"]


def test_a_payer_who_cannot_pay(take, world):
    """T6: the total is at most what the payer can spend."""
    batch = take(people(3))
    world.act("FREEZER", world.token, "hold", PAYER, 1, REF)
    assert faults(world, batch) == [
        f"the payer {PAYER} can spend 5.999999 HKD (0.000001 HKD is held), and 6.00 HKD is to be "
        "paid"
    ]
    world.fund(PAYER, 1)
    assert examine(world, batch).available == examine(world, batch).left == 6 * 10**6
    world.act("PAUSER", world.token, "pause", 1, REF)
    world.act("FREEZER", world.token, "freeze", [PAYER], REF)
    assert faults(world, batch) == [
        "transfers of HKD are paused: have RESUMER open them first",
        f"the payer {PAYER} is barred from sending HKD",
    ]


def test_a_name_stands_for_one_content(take, world):
    """T4: a file that was changed after it was paid is refused, from any machine."""
    paid = take(people(2))
    run(world, paid)
    changed = take([*people(2)[:1], (person(1), 3, "NOV 1")])
    assert faults(world, changed) == [
        f"NOV was paid with other rows, as batch 0x{paid.id.hex()}: take that file again, or pay "
        "what is new in a file with another name"
    ]
    assert examine(world, take(people(2), "DEC")).left == 3 * 10**6


def test_standing_says_what_is_left_and_who_is_unknown(take, world):
    batch = take(people(401))
    book = AddressBook({person(400): Holder("clerk", person(400), "account")})
    fresh = examine(world, batch, book)
    assert (fresh.done, fresh.left, fresh.unknown) == (frozenset(), batch.file.total, 400)
    world.chain.send(PAYER, batch.chunks[1].wish.target, batch.chunks[1].wish.data)
    begun = examine(world, batch, book)
    assert begun.done == {1}
    assert begun.left == batch.file.total - batch.chunks[1].total
    assert begun.unknown == 200


def test_once_begun_the_barred_are_left_to_the_token(take, world):
    """A row that is barred in mid-run keeps no other from being paid."""
    batch = take(people(401))
    world.chain.send(PAYER, batch.chunks[0].wish.target, batch.chunks[0].wish.data)
    world.act("BLACKLISTER", world.token, "blacklist", [person(250)], REF)
    assert examine(world, batch).barred == {person(250): ("AC06", "is blacklisted")}


# Pay


def test_every_row_is_paid_once_however_often(take, world):
    """T1, T2: a second run sends nothing."""
    batch = take(people(401))
    told = []
    paying.pay(batch, one_by_one(world), lambda *both: told.append(both))
    assert [chunk.index for chunk, _ in told] == [0, 1, 2]
    sent = world.chain.sent
    run(world, batch)
    assert world.chain.sent == sent
    assert balances(world, batch) == [p.units for p in batch.file.payments]
    assert world.token.call("balanceOf", PAYER) == 0
    assert paying.remaining(batch) == []


@pytest.mark.parametrize("stop", [0, 1, 2])
def test_what_was_stopped_goes_on_where_it_was(take, world, stop):
    """T2: stopped before any chunk, the next run pays exactly the rest."""
    batch = take(people(401))

    with pytest.raises(ChainError, match="away"):
        paying.pay(batch, one_by_one(world, stop))
    assert [chunk.index for chunk in paying.remaining(batch)] == list(range(stop, 3))
    run(world, batch)
    assert balances(world, batch) == [p.units for p in batch.file.payments]


def test_another_machine_pays_at_the_same_time(take, world):
    """T1: two machines with journals of their own pay no row twice."""
    batch = take(people(401))
    world.fund(PAYER, batch.file.total)

    def racing(wishes):
        for wish in wishes:
            for other in paying.remaining(batch)[:2]:
                world.token.submit(other.wish.data, sender=PAYER)
            yield world.token.submit(wish.data, sender=wish.signer)

    paying.pay(batch, racing)
    assert balances(world, batch) == [p.units for p in batch.file.payments]
    assert world.token.call("balanceOf", PAYER) == batch.file.total


def test_a_refusal_ends_the_run(take, world):
    batch = take(people(401))
    world.act("FREEZER", world.token, "hold", PAYER, 1, REF)
    with pytest.raises(Reverted) as caught:
        run(world, batch)
    assert caught.value.name == "ERC7943InsufficientUnfrozenBalance"
    assert [chunk.index for chunk in paying.remaining(batch)] == [2]


def test_a_chunk_that_is_said_to_be_executed_and_is_not(take):
    """A node that lies about it does not keep the run in a circle."""
    batch = take(people(1))
    data = keccak(text="ChunkExecuted(address,bytes32,uint8)")[:4]

    def lying(wishes):
        raise Reverted(data)
        yield

    with pytest.raises(Reverted):
        paying.pay(batch, lying)


# Report


@pytest.fixture
def half(take, world):
    """A batch of three chunks: one paid, one paid but for two rows of one payee, one pending."""
    rows = people(401)
    rows[300] = (rows[250][0], 9, '"again, and more"')
    batch = take(rows)
    world.chain.send(PAYER, batch.chunks[0].wish.target, batch.chunks[0].wish.data)
    world.act("BLACKLISTER", world.token, "blacklist", [person(250)], REF)
    # Another payer reuses the id: what it skips is not ours.
    other, stranger = (person(0), 1), key(4).address
    world.fund(stranger, 2)
    world.act("BLACKLISTER", world.token, "blacklist", [person(0)], REF)
    world.token.send("pay", batch.id, 0, [other], 1, sender=stranger)
    world.token.send("pay", batch.id, 1, [other], 1, sender=stranger)
    world.chain.send(PAYER, batch.chunks[1].wish.target, batch.chunks[1].wish.data)
    return batch


def test_every_row_has_a_status(half):
    """T9: what is not known to be settled is pending."""
    found = payout_report.report(half)
    assert {status: len(found.of(status)) for status in ("ACSC", "RJCT", "PDNG")} == {
        "ACSC": 398,
        "RJCT": 2,
        "PDNG": 1,
    }
    assert [(r.payment.row, r.part, r.code, r.reason) for r in found.of("RJCT")] == [
        (253, 2, "AC06", f"{person(250)} is blacklisted"),
        (303, 2, "AC06", f"{person(250)} is blacklisted"),
    ]
    assert found.total("RJCT") == (251 + 9) * 10**6
    assert [(r.payment.row, r.part, r.tx) for r in found.of("PDNG")] == [(403, 3, "")]
    assert {r.tx for r in found.of("ACSC") if r.part == 1}.isdisjoint(
        {r.tx for r in found.of("ACSC") if r.part == 2}
    )
    assert sum(map(found.total, ("ACSC", "RJCT", "PDNG"))) == half.file.total


def test_a_reason_that_is_gone_is_told_as_gone(half, world):
    world.act("RELEASER", world.token, "unblacklist", [person(250)], REF)
    (first, _) = payout_report.report(half).of("RJCT")
    why = "could not receive when it was to be paid, and can now"
    assert (first.code, first.reason) == ("NARR", f"{person(250)} {why}")


def test_rows_on_chain_that_are_not_the_files(take, world):
    """Whoever paid something else under this id: it is looked at before anything is believed."""
    batch = take(people(2))
    world.token.send("pay", batch.id, 0, [(person(0), 5)], 5, sender=PAYER)
    with pytest.raises(ChainError, match=r"executed part 1 of batch 0x\w{64} with other rows"):
        payout_report.report(batch)


def test_the_status_file_has_the_shape_of_pain_002(half):
    data = payout_report.status_file(payout_report.report(half))
    root = Xml.fromstring(data)
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n")

    def texts(path):
        return [element.text for element in root.findall(path, NS)]

    group = "p:CstmrPmtStsRpt/p:OrgnlGrpInfAndSts/"
    assert texts(group + "p:OrgnlMsgId") == ["NOV"]
    assert texts(group + "p:OrgnlNbOfTxs") == ["401"]
    total = half.file.total // 10**6
    assert texts(group + "p:OrgnlCtrlSum") == [f"{total}.00"]
    assert texts(group + "p:GrpSts") == ["PDNG"]
    assert texts(group + "p:StsRsnInf/p:AddtlInf") == [f"batch 0x{half.id.hex()}"]
    sums = group + "p:NbOfTxsPerSts/"
    assert texts(sums + "p:DtldSts") == ["ACSC", "RJCT", "PDNG"]
    assert texts(sums + "p:DtldNbOfTxs") == ["398", "2", "1"]
    assert texts(sums + "p:DtldCtrlSum") == [f"{total - 260 - 401}.00", "260.00", "401.00"]
    rows = root.findall("p:CstmrPmtStsRpt/p:OrgnlPmtInfAndSts/p:TxInfAndSts", NS)
    assert len(rows) == 401
    skipped = rows[250]
    assert [element.text.strip() for element in skipped.iter() if element.text.strip()] == [
        "E-0251",
        "RJCT",
        "AC06",
        f"{person(250)} is blacklisted",
        f"part 2, transaction {payout_report.report(half).of('RJCT')[0].tx}",
        "251.00",
        "NOV 250",
        person(250),
    ]
    assert skipped.find("p:OrgnlTxRef/p:Amt/p:InstdAmt", NS).get("Ccy") == "HKD"


def test_what_a_file_holds_is_escaped(take, world):
    batch = take([(person(1), 5, "<b>&amp;]]>")])
    run(world, batch)
    root = Xml.fromstring(payout_report.status_file(payout_report.report(batch)))
    assert root.find(".//p:Ustrd", NS).text == "<b>&amp;]]>"
    assert root.find(".//p:GrpSts", NS).text == "ACSC"


@pytest.mark.parametrize(("barred", "status"), [((0, 1), "RJCT"), ((1,), "PART"), ((), "ACSC")])
def test_the_status_of_the_whole(take, world, barred, status):
    batch = take(people(2))
    world.act("BLACKLISTER", world.token, "blacklist", [person(n) for n in barred], REF)
    run(world, batch)
    root = Xml.fromstring(payout_report.status_file(payout_report.report(batch)))
    assert root.find(".//p:GrpSts", NS).text == status


def test_skipped_rows_are_retried_as_a_batch_of_their_own(half, world, tmp_path):
    """T1: a retry has a name of its own: it is another batch even where every row was skipped."""
    run(world, half)
    path = tmp_path / "payroll.retry.csv"
    path.write_bytes(payout_report.retry_file(payout_report.report(half)))
    assert path.read_text().splitlines() == [
        "NOV.r1,HKD,2,260.00",
        HEADER,
        f"E-0251,{person(250)},251.00,NOV 250",
        f'E-0301,{person(250)},9.00,"again, and more"',
    ]
    world.act("RELEASER", world.token, "unblacklist", [person(250)], REF)
    again = payouts.batch_of(world.peg, PAYER, payouts.read(path, currencies()))
    assert examine(world, again).left == 260 * 10**6
    run(world, again)
    assert world.token.call("balanceOf", person(250)) == 260 * 10**6
    assert payout_report.retry_file(payout_report.report(again)) == b""


def test_retries_are_counted(take, world):
    world.act("BLACKLISTER", world.token, "blacklist", [person(0)], REF)

    def retried(name):
        batch = take(people(1), name)
        run(world, batch)
        return payout_report.retry_file(payout_report.report(batch)).decode().split(",")[0]

    assert (retried("N" * 31), retried("N.r1"), retried("N.r98")) == (
        "N" * 31 + ".r1",
        "N.r2",
        "N.r99",
    )
    with pytest.raises(InputError, match="tried a hundred times"):
        retried("N.r99")


def test_a_chain_without_history_cannot_report(take, deployed):
    file = take(people(1)).file
    with pytest.raises(ChainError, match="keeps no history"):
        payout_report.report(payouts.batch_of(deployed.peg, PAYER, file))
