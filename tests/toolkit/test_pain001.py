"""Files of payments in the shape of pain.001.

given a file with a fault
├── when it is no XML, no pain.001, has a DTD, or nothing to pay: says so, and takes nothing
├── when fields are missing, wrong or twice: names every payment and reason at once
├── when its header announces otherwise: says both figures
├── when a UETR is on two payments: names the second
├── when it is to be executed on a day to come: says which, and when it can be run
├── when it has two currencies, an undeclared one, or two debtors: says which
└── when another than its debtor would pay: refuses
given a right file
├── it is the batch of its MsgId, with the references of its UETRs
├── without UETRs the EndToEndIds are the references
└── the status file answers to its own schema, block by block, with the UETRs
"""

from xml.etree import ElementTree as Xml

import pytest

from pegboard.errors import InputError, RowsError
from pegboard.files import payout_report, payouts
from pegboard.uses.remittance import reference_for
from tests.support.world import currencies, key

UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
OTHER = "0b1f6f4e-5b0e-4c8a-9a53-6a3d1f7c2e10"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def transfer(number=1, amount="100.00", uetr=UETR, payee=None, ccy="HKD", more=""):
    told = f"<UETR>{uetr}</UETR>" if uetr else ""
    payee = payee or key(20 + number).address
    return f"""<CdtTrfTxInf><PmtId><EndToEndId>E-{number}</EndToEndId>{told}</PmtId>
<Amt><InstdAmt Ccy="{ccy}">{amount}</InstdAmt></Amt>
<Cdtr><Nm>Supplier</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{payee}</Id></Othr></Id></CdtrAcct>
<RmtInf><Ustrd>INV {number}</Ustrd></RmtInf>{more}</CdtTrfTxInf>"""


def block(*transfers, debtor="", method="TRF", name="P", date=""):
    account = f"<DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>" if debtor else ""
    body = "".join(transfers)
    head = f"<PmtInfId>{name}</PmtInfId><PmtMtd>{method}</PmtMtd>{date}"
    return f"<PmtInf>{head}{account}{body}</PmtInf>"


def document(*blocks, count="2", total="300.00", namespace=NAMESPACE, name="RUN-7"):
    head = f"<MsgId>{name}</MsgId><NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}"><CstmrCdtTrfInitn>'
        f"<GrpHdr>{head}</GrpHdr>{''.join(blocks)}</CstmrCdtTrfInitn></Document>"
    )


STATUS = "{urn:iso:std:iso:20022:tech:xsd:pain.002.001.10}"
TWO = (transfer(1), transfer(2, "200.00", OTHER))


@pytest.fixture
def read(tmp_path):
    def taken(text, now=None):
        path = tmp_path / "run.xml"
        path.write_text(text)
        return payouts.read(path, currencies(), now)

    return taken


@pytest.fixture
def faults(read):
    def found(text, now=None):
        with pytest.raises(RowsError) as caught:
            read(text, now)
        return list(caught.value.faults)

    return found


DTD = '<!DOCTYPE Document [<!ENTITY a "b">]>'
WHOLE = {
    "cut": (document(block(*TWO))[:-20], "it is not well-formed XML: unclosed token"),
    "with a DTD": (
        document(block(*TWO)).replace("?>", f"?>{DTD}"),
        "it declares a document type (DTD), which a bank's statement never does",
    ),
    "a camt.053": (
        document(block(*TWO), namespace="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"),
        "'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08' is no pain.001.001.03 to .12",
    ),
    "without a header": (
        document(block(*TWO)).replace("GrpHdr", "Other"),
        "the file: GrpHdr is missing",
    ),
    "without payments": (
        document(block(), count="0", total="0"),
        "the file: it has no CdtTrfTxInf: there is nothing to pay",
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_file_that_is_none_is_refused_whole(faults, case):
    text, reason = WHOLE[case]
    [fault] = faults(text)
    assert fault.startswith(reason)


FIELDS = {
    "no amount": (transfer(2, ""), "payment 2 ('E-2'): Amt/InstdAmt is missing"),
    "locale": (transfer(2, "200,00"), "payment 2 ('E-2'): Amt/InstdAmt: '200,00' is not an amount"),
    "too exact": (transfer(2, "200.0000001"), "payment 2 ('E-2'): Amt/InstdAmt: 200.0000001 has"),
    "nothing": (transfer(2, "0.00"), "payment 2 ('E-2'): Amt/InstdAmt: 0.00 is nothing"),
    "no checksum": (
        transfer(2, "200.00", OTHER, key(22).address.lower()),
        f"payment 2 ('E-2'): CdtrAcct/Id/Othr/Id: {key(22).address.lower()} has a wrong checksum",
    ),
    "no UETR": (
        transfer(2, "200.00", "EB6305C9-1F7F-49DE-AED0-16487C27B42D"),
        "payment 2 ('E-2'): PmtId/UETR: 'EB6305C9-1F7F-49DE-AED0-16487C27B42D' is not a UETR",
    ),
    "UUID of another version": (
        transfer(2, "200.00", "eb6305c9-1f7f-19de-aed0-16487c27b42d"),
        "payment 2 ('E-2'): PmtId/UETR: 'eb6305c9-1f7f-19de-aed0-16487c27b42d' is not a UETR",
    ),
    "same id": (
        transfer(1, "200.00", OTHER),
        "payment 2: id: 'E-1' is the id of row 1 already",
    ),
    "amount twice": (
        transfer(2, "200.00", OTHER, more='<Amt><InstdAmt Ccy="HKD">1.00</InstdAmt></Amt>'),
        "payment 2 ('E-2'): Amt/InstdAmt has Amt 2 times, not once",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_payment_with_a_fault_is_named(faults, case):
    """Nothing of the file is taken."""
    wrong, reason = FIELDS[case]
    found = faults(document(block(transfer(1), wrong)))
    assert [fault for fault in found if fault.startswith(reason)], found


def test_all_faults_are_told_at_once(faults):
    found = faults(document(block(transfer(1, "x"), transfer(2, "200.00", "y"))))
    assert len(found) == 2
    assert found[0].startswith("payment 1 ('E-1'): Amt/InstdAmt")
    assert found[1].startswith("payment 2 ('E-2'): PmtId/UETR")


def test_a_uetr_is_one_payment(faults):
    wrong = (transfer(1), transfer(2, "200.00"), transfer(3, "x", OTHER))
    found = faults(document(block(*wrong), count="3"))
    assert found[0].startswith("payment 3 ('E-3'): Amt/InstdAmt")
    assert found[1:] == [f"payment 2: UETR: {UETR} is the UETR of row 1 already"]


#: 2026-12-01 begins in UTC+8.
MIDNIGHT = 1_796_054_400


@pytest.mark.parametrize(
    ("date", "due"),
    [
        ("2026-12-01", MIDNIGHT),
        ("<Dt>2026-12-01</Dt>", MIDNIGHT),
        ("<Dt>2026-12-01Z</Dt>", MIDNIGHT),
        ("<DtTm>2026-12-01T09:30:00</DtTm>", MIDNIGHT + 34_200),
        ("<DtTm>2026-12-01T09:30:00+00:00</DtTm>", MIDNIGHT + 34_200 + 28_800),
    ],
)
def test_what_is_to_be_paid_later_is_not_paid_now(read, faults, date, due):
    text = document(block(*TWO, date=f"<ReqdExctnDt>{date}</ReqdExctnDt>"))
    said = date.replace("DtTm", "Dt").removeprefix("<Dt>").removesuffix("</Dt>")
    assert faults(text, due - 1) == [
        f"PmtInf P: ReqdExctnDt is {said}, which is to come: run it on or after that"
    ]
    assert read(text, due).total == 300_000_000


def test_a_date_that_is_none(faults):
    text = document(block(*TWO, date="<ReqdExctnDt><Dt>1.12.2026</Dt></ReqdExctnDt>"))
    assert faults(text) == ["PmtInf P: ReqdExctnDt is '1.12.2026', and that is no date"]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"count": "3"}, "GrpHdr: NbOfTxs announces '3', and 2 follow"),
        ({"total": "300.01"}, "GrpHdr: CtrlSum announces 300.01, and 300.00 HKD follow"),
        ({"total": "3e2"}, "GrpHdr: CtrlSum: '3e2' is not an amount"),
        ({"name": "a b"}, "GrpHdr: MsgId: 'a b' is not a name"),
    ],
)
def test_what_is_announced_must_follow(faults, header, reason):
    [fault] = faults(document(block(*TWO), **header))
    assert fault.startswith(reason)


def test_a_header_must_announce(faults):
    text = document(block(*TWO)).replace("<CtrlSum>300.00</CtrlSum>", "")
    assert faults(text) == ["GrpHdr: CtrlSum is missing: it must announce what follows"]


def test_one_currency_a_file(faults):
    mixed = (transfer(1), transfer(2, "200.00", OTHER, ccy="USD"))
    assert faults(document(block(*mixed))) == [
        "the file: it has amounts in HKD, USD: one currency a file"
    ]
    [fault] = faults(document(block(transfer(1, ccy="JPY")), count="1", total="100.00"))
    assert fault.startswith("the file: 'JPY' is not declared; there is ")


def test_one_debtor_a_file(faults):
    blocks = [block(t, debtor=key(i).address) for t, i in zip(TWO, (20, 21), strict=True)]
    assert faults(document(*blocks)) == [
        f"PmtInf P: its debtor is {key(21).address}, and before it was {key(20).address}"
    ]


def test_cheques_are_not_paid(faults):
    assert faults(document(block(*TWO, method="CHK"))) == [
        "PmtInf P: PmtMtd is 'CHK', and only TRF is paid"
    ]


def test_a_right_file_is_a_batch(read, world):
    file = read(document(block(TWO[0]), block(TWO[1])))
    assert (file.name, file.currency.code, file.total) == ("RUN-7", "HKD", 300_000_000)
    expected = reference_for(UETR, {"endToEndId": "E-1", "remittance": "INV 1"})
    first = file.payments[0]
    assert (first.id, first.payee, first.units) == ("E-1", key(21).address, 100_000_000)
    assert first.reference == "0x" + expected.hex()
    assert expected[:16].hex() == UETR.replace("-", "")
    batch = payouts.batch_of(world.peg, key(20).address, file)
    assert [len(chunk.payments) for chunk in batch.chunks] == [2]


def test_without_uetrs_the_end_to_end_ids_are_the_references(read):
    file = read(document(block(transfer(1, uetr=""), transfer(2, "200.00", uetr=""))))
    assert [payment.reference for payment in file.payments] == ["E-1", "E-2"]


def test_only_its_debtor_pays(read, world):
    file = read(document(block(*TWO, debtor=key(20).address)))
    payouts.batch_of(world.peg, key(20).address, file)
    with pytest.raises(InputError, match=f"names {key(20).address} as its debtor"):
        payouts.batch_of(world.peg, key(21).address, file)


def test_the_status_answers_to_its_schema(read, world):
    blocks = [block(it, name=name) for it, name in zip(TWO, ("SALARIES", "BILLS"), strict=True)]
    batch = payouts.batch_of(world.peg, key(20).address, read(document(*blocks)))
    results = (payout_report.Result(p, payout_report.PENDING, 1) for p in batch.chunks[0].payments)
    status = payout_report.status_file(payout_report.Report(batch, tuple(results), 1))
    assert b"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>" in status
    assert b"<OrgnlMsgId>RUN-7</OrgnlMsgId>" in status
    found = [
        [(node.tag.rpartition("}")[2], node.text) for node in part.iter() if "Orgnl" in node.tag]
        for part in Xml.fromstring(status).iter(f"{STATUS}OrgnlPmtInfAndSts")
    ]
    for names, wanted in zip(
        found, (("SALARIES", "E-1", UETR), ("BILLS", "E-2", OTHER)), strict=True
    ):
        said = dict(names)
        keys = ("OrgnlPmtInfId", "OrgnlEndToEndId", "OrgnlUETR")
        assert tuple(said[name] for name in keys) == wanted
