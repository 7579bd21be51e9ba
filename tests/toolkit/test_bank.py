"""A bank's file is taken whole or not at all, and every entry of it is accounted for.

read_statements
├── given a file with faults
│   └── it refuses the file in one error that names every fault, where it is and what is right
├── given a document type, an entity, or XML that is not a camt.053
│   └── it refuses before anything is expanded or fetched
├── given totals or balances that the entries do not make
│   └── it refuses: the file is not the one the bank wrote
├── given debits, entries that are not booked, reversals and returned payments
│   └── it lists them as ignored, with the reason
├── given an entry of several transactions
│   └── each is a credit with a reference of its own, and they make the entry's amount
└── given booked credits
    └── it returns them as the bank wrote them, without the payer
unique
├── given the same credit again
│   └── it keeps one and lists the others
└── given one reference for two contents
    └── it refuses and names both places
deposit_reference
├── given a credit that no bank could have written
│   └── it refuses
└── given two credits
    └── it is the same exactly if account and reference are, whatever the amount
"""

import os
import re
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.demo.bankfile import ACCOUNT, Row, batch, camt_053
from pegboard.errors import BankFileError, InputError, PegboardError
from pegboard.files.bank import (
    MAX_BYTES,
    Credit,
    Ignored,
    deposit_reference,
    read_credits,
    read_statements,
    unique,
)
from pegboard.files.credits import clean, minimal
from tests.support.bank_corpus import (
    BAD_FILES,
    BAD_VALUES,
    BAD_XML,
    BALANCES,
    DOCTYPES,
    FIELDS,
    GOOD,
    HEADER,
    ROW,
    csv,
    line,
)

CREDIT = Credit(
    account=ACCOUNT,
    reference="FPS17",
    end_to_end_id="INV-17",
    currency="HKD",
    amount="1000.00",
    booking_date=date(2026, 1, 30),
    value_date=date(2026, 1, 31),
    remittance="channel ACME",
)


def changed(text, *changes):
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bank")


@pytest.fixture(scope="module")
def read(folder):
    def read(content, name="file.txt"):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_statements(path)

    return read


def refusal(read, content):
    """The faults of a file, whose error says that nothing was taken and names each of them."""
    with pytest.raises(BankFileError, match=r"nothing of file\.txt was taken") as caught:
        read(content)
    assert isinstance(caught.value, InputError)
    assert all(fault in str(caught.value) for fault in caught.value.faults)
    assert len(set(caught.value.faults)) == len(caught.value.faults)
    return caught.value.faults


# Given a file with faults


@pytest.mark.parametrize(("field", "text", "message"), BAD_VALUES)
def test_refuses_a_wrong_value(read, field, text, message):
    (fault,) = refusal(read, csv(line(**{field: text})))
    assert message in fault


@pytest.mark.parametrize("name", BAD_FILES)
def test_refuses_what_is_not_this_csv(read, name):
    content, message = BAD_FILES[name]
    (fault,) = refusal(read, content)
    assert message in fault


def test_an_open_quote_swallows_no_line(read):
    """Read as one text, the second credit would vanish into the first one's remittance."""
    swallowing = csv(line(remittance='"rent'), line(reference="FPS18", remittance='rent"'))
    faults = refusal(read, swallowing)
    assert [fault.partition(":")[0] for fault in faults] == ["line 2"]
    assert "it is not CSV" in faults[0]


def test_all_faults_of_a_csv_are_named_at_once(read):
    content = csv(line(amount="1e3", currency="hkd"), line(), "nothing", line(value_date="soon"))
    assert [fault.split(" '")[0] for fault in refusal(read, content)] == [
        "line 2: currency",
        "line 2: amount",
        "line 4: it has 1 fields, not 8: commas separate them, and a field that holds one is in "
        "double quotes",
        "line 5: value_date",
    ]


@pytest.mark.parametrize("name", BAD_XML)
def test_refuses_a_wrong_statement(read, name):
    *changes, message = BAD_XML[name]
    faults = refusal(read, changed(GOOD, *changes))
    assert any(message in fault for fault in faults), faults


def test_what_is_right_in_the_corpus_is_taken(read):
    """Each of the wrong files is one change away from one of these."""
    assert read(csv(line()))[0].credits == (CREDIT,)
    assert [c.reference for c in read(GOOD)[0].credits] == ["FPS17", "TX1", "TX2"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">1000.00<", ">1000,00<"),
        (">1000.00<", "><"),
        ("<Ntry>", '<Ntry><Amt Ccy="HKD">1000.00</Amt>'),
        ('<Amt Ccy="HKD">30.50', '<Amt Ccy="HKD">30,50'),
        ('<Amt Ccy="HKD">20.50', '<Amt Ccy="HKD">20,50'),
        ('<Amt Ccy="HKD">20.50', '<Amt Ccy="HKD">20.51'),
        ('<Amt Ccy="HKD">1125.50', '<Amt Ccy="HKD">1125,50'),
        ("CRDT</CdtDbtInd><Sts>", "CREDIT</CdtDbtInd><Sts>"),
        ("<ValDt><Dt>2026-01-31</Dt></ValDt>", ""),
    ],
)
def test_one_fault_is_told_once(read, old, new):
    """What only follows from it is not told as well."""
    assert len(refusal(read, changed(GOOD, old, new))) == 1


def test_references_that_are_missing_are_not_the_same(read):
    without = re.sub("<AcctSvcrRef>TX.</AcctSvcrRef>", "", GOOD)
    assert [fault.partition(": ")[2] for fault in refusal(read, without)] == [
        "Refs/AcctSvcrRef is missing"
    ] * 2


def test_the_balance_of_the_day_before_opens_as_well(read):
    """Some banks send PRCD, the previously closed balance, for OPBD."""
    before = changed(GOOD, ">OPBD<", ">PRCD<")
    assert read(before) == read(GOOD)
    assert refusal(read, changed(before, ">1125.50<", ">1125.51<")) == (BALANCES,)


def test_one_amount_may_be_written_in_two_ways(read):
    assert read(changed(GOOD, ">1000.00<", ">1000<"))[0].credits[0].amount == "1000"


def test_all_faults_of_a_statement_are_named_at_once(read):
    wrong = changed(
        *(GOOD, "<ValDt><Dt>2026-01-31", "<ValDt><Dt>soon"),
        *("<AcctSvcrRef>TX1<", "<AcctSvcrRef>=TX1<", "1125.50", "1125.51"),
    )
    assert [fault.split(" '")[0] for fault in refusal(read, wrong)] == [
        "statement 1, entry 1: ValDt/Dt",
        "statement 1, entry 2, transaction 1: Refs/AcctSvcrRef",
        BALANCES,
    ]


@pytest.mark.parametrize("length", [0, 1, 10, 40, 200, 1000, len(GOOD) - 5])
def test_refuses_a_truncated_statement(read, length):
    (fault,) = refusal(read, GOOD[:length])
    assert "not well-formed XML" in fault or fault == "it is empty"


@pytest.mark.parametrize("name", DOCTYPES)
def test_refuses_a_document_type(read, name):
    wrong = GOOD.replace("?>\n", f"?>\n{DOCTYPES[name]}", 1).replace("channel ACME", "&c;")
    assert refusal(read, wrong) == (
        "it declares a document type (DTD), which a bank's statement never does",
    )


def test_refuses_what_cannot_be_read(folder):
    with pytest.raises(BankFileError, match=r"nothing of none\.csv .*\n  it cannot be read: No su"):
        read_statements(folder / "none.csv")
    with pytest.raises(BankFileError, match="it cannot be read: Is a directory"):
        read_statements(folder)
    path = folder / "huge.csv"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    with pytest.raises(BankFileError, match="ask the bank for smaller files"):
        read_statements(path)


# Given what is no credit to act on


@pytest.mark.req("HK-38")
def test_every_entry_is_a_credit_or_ignored_for_a_reason(read):
    rows = [
        Row("C1", "1.00"),
        Row("D1", "2.00", side="DBIT"),
        Row("P1", "3.00", status="PDNG"),
        Row("I1", "4.00", status="INFO"),
        Row("F1", "5.00", status="FUTR"),
        Row("R1", "6.00", reversal=True),
        Row("R2", "7.00", reversal=True, side="DBIT"),
        Row("B1", "8.00", returned=True),
        batch("M1", Row("M2", "9.00"), Row("M3", "10.00", returned=True)),
        Row("D2", "0", side="DBIT"),
    ]
    (statement,) = read(camt_053(rows, opening="50"), "day.xml")
    assert [c.reference for c in statement.credits] == ["C1", "M2"]
    assert [(i.where, i.reason, i.amount) for i in statement.ignored] == [
        ("day.xml statement 1, entry 2", "a debit", "2.00"),
        ("day.xml statement 1, entry 3", "not booked (PDNG)", "3.00"),
        ("day.xml statement 1, entry 4", "not booked (INFO)", "4.00"),
        ("day.xml statement 1, entry 5", "not booked (FUTR)", "5.00"),
        ("day.xml statement 1, entry 6", "a reversal", "6.00"),
        ("day.xml statement 1, entry 7", "a reversal", "7.00"),
        ("day.xml statement 1, entry 8", "a returned payment", "8.00"),
        ("day.xml statement 1, entry 9, transaction 2", "a returned payment", "10.00"),
        ("day.xml statement 1, entry 10", "a debit", "0"),
    ]


def test_a_reversal_may_be_said_in_two_ways(read):
    for word, count in (("true", 2), ("1", 2), ("false", 3), ("0", 3)):
        text = changed(GOOD, "<Sts>", f"<RvslInd>{word}</RvslInd><Sts>")
        assert len(read(text)[0].credits) == count


@pytest.mark.req("HK-38")
@pytest.mark.parametrize("code", ["RRTN", "RPCR"])
def test_a_payment_that_came_back_is_no_deposit(read, code):
    """A payout that bounced is money of the issuer's own, whatever its remittance names."""
    of_the_entry = changed(GOOD, "DMCT", code)
    of_the_transaction = changed(
        *(GOOD, "1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdP"),
        "1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
        f"<SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn></BkTxCd><RltdP",
    )
    (statement,) = read(of_the_entry)
    assert read(of_the_transaction) == (statement,)
    assert [c.reference for c in statement.credits] == ["TX1", "TX2"]
    assert [i.reason for i in statement.ignored] == ["a returned payment", "a debit"]


def test_a_credit_of_nothing_is_refused(read):
    (fault,) = refusal(read, camt_053([Row("C1", "0.00")]))
    assert fault == "statement 1, entry 1: Amt 0.00 is nothing: a credit is above zero"


# Given booked credits


@pytest.mark.req("HK-38")
def test_reads_a_statement(read):
    (statement,) = read(GOOD)
    assert (statement.account, statement.currency) == (ACCOUNT, "HKD")
    assert statement.credits[0] == CREDIT
    assert [(c.reference, c.amount, c.where) for c in statement.credits[1:]] == [
        ("TX1", "10.00", "file.txt statement 1, entry 2, transaction 1"),
        ("TX2", "20.50", "file.txt statement 1, entry 2, transaction 2"),
    ]
    assert statement.ignored == (
        Ignored("file.txt statement 1, entry 3", "a debit", "HKD", "5.00"),
    )


def test_the_payer_is_not_kept(read):
    row = replace(ROW, payer="CHAN Tai Man")
    text = camt_053([row])
    assert "CHAN Tai Man" in text
    assert "CHAN" not in repr(read(text))


def test_the_same_credits_from_csv(folder, read):
    assert read(csv(line()))[0].credits == read(GOOD)[0].credits[:1]
    assert read_credits(folder / "file.txt")[0].where == "file.txt statement 1, entry 1"


@pytest.mark.parametrize(
    "content",
    [
        csv(line()).encode("utf-8-sig"),
        csv(line()).replace("\n", "\r\n"),
        csv(line()).rstrip("\n"),
        csv(",".join(f'"{value}"' for value in FIELDS.values())),
        GOOD.encode("utf-8-sig"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        GOOD.replace("<", "\n  <").replace("\n  <?", "<?").replace("\n  </", "</"),
        GOOD.replace("<Ntry>", "<!-- an entry --><Ntry><?bank no?>"),
        GOOD.replace("<Amt", "<p:Amt").replace("</Amt", "</p:Amt").replace(
            "<Document ", '<Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08" '
        ),
        GOOD.replace("<Dt>2026-01-30</Dt></BookgDt>",
                     "<DtTm>2026-01-30T23:59:59.5+08:00</DtTm></BookgDt>"),
        GOOD.replace("OPBD", "PRCD"),
        GOOD.replace("</TxDtls>", '<SplmtryData><Envlp><x xmlns="urn:bank">1</x></Envlp>'
                     "</SplmtryData></TxDtls>", 1),
    ],
)  # fmt: skip
def test_takes_what_only_looks_different(read, content):
    assert read(content)[0].credits[0] == CREDIT


@pytest.mark.parametrize("version", ["02", "04", "06"])
def test_reads_older_versions(read, version):
    """Up to .06 a status is a plain code; in .02 the amount of a transaction is a detail."""
    text = GOOD.replace("camt.053.001.08", f"camt.053.001.{version}")
    text = text.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
    for amount in ("1000.00", "10.00", "20.50"):
        plain = f'</Refs><Amt Ccy="HKD">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        assert plain in text
        detail = f'</Refs><AmtDtls><TxAmt><Amt Ccy="HKD">{amount}</Amt></TxAmt></AmtDtls>'
        text = text.replace(plain, detail)
    assert read(text)[0].credits == read(GOOD)[0].credits


def test_a_currency_may_be_named_by_the_amounts_alone(read):
    assert read(changed(GOOD, "<Ccy>HKD</Ccy>", ""))[0].currency == "HKD"
    empty = camt_053([]).replace("<Ccy>HKD</Ccy>", "")
    empty = empty[: empty.index("<Bal>")] + empty[empty.index("<TxsSummry>") :]
    (fault,) = refusal(read, empty)
    assert fault == "statement 1: no currency is named, neither in Acct/Ccy nor with an amount"


def test_a_file_may_hold_several_statements(read):
    both = GOOD.replace("</Stmt>", "</Stmt>" + GOOD[GOOD.index("<Stmt>") : GOOD.index("</BkToCst")])
    both = changed(both, ACCOUNT, "DE89370400440532013000")
    first, second = read(both)
    assert (first.account, second.account) == ("DE89370400440532013000", ACCOUNT)
    assert second.credits[0].where == "file.txt statement 2, entry 1"
    rows = csv(line(), line(account="HK-2"), line(reference="FPS18"), line(currency="USD"))
    assert [(s.account, s.currency, len(s.credits)) for s in read(rows)] == [
        (ACCOUNT, "HKD", 2),
        ("HK-2", "HKD", 1),
        (ACCOUNT, "USD", 1),
    ]


def test_a_day_without_credits(read):
    assert read(HEADER + "\n") == ()
    assert read(camt_053([]))[0].credits == ()


def test_an_entry_without_details_has_the_reference_of_the_bank(read):
    start, end = GOOD.index("<NtryDtls>"), GOOD.index("</NtryDtls>") + len("</NtryDtls>")
    credit = read(GOOD[:start] + GOOD[end:])[0].credits[0]
    assert credit == replace(CREDIT, end_to_end_id="", remittance="")


def test_the_reference_of_the_transaction_goes_first(read):
    """It is the one that stays, whether the bank books the transaction alone or in a batch."""
    alone = changed(GOOD, "<Refs><AcctSvcrRef>FPS17", "<Refs><AcctSvcrRef>TX17")
    assert read(alone)[0].credits[0].reference == "TX17"
    without = changed(GOOD, "<Refs><AcctSvcrRef>FPS17</AcctSvcrRef>", "<Refs>")
    assert read(without)[0].credits[0].reference == "FPS17"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "=1+1"),
        ("a\tb", "a b"),
        ("pay \N{RIGHT-TO-LEFT OVERRIDE}EMCA", "pay EMCA"),
        ("匯款 17", "匯款 17"),
        ("  twice  over ", "twice over"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_the_payers_words_refuse_no_file(read, text, kept):
    """Whoever sends a cent could otherwise stop the issuer's statement."""
    row = replace(ROW, remittance=text, end_to_end_id=text)
    for content in (camt_053([row]), csv(line(remittance=text, end_to_end_id=text))):
        (credit,) = read(content)[0].credits
        assert (credit.remittance, credit.end_to_end_id) == (kept, kept)


def test_words_in_parts_are_joined(read):
    text = changed(GOOD, "</Ustrd>", "</Ustrd><Ustrd>second</Ustrd>")
    assert read(text)[0].credits[0].remittance == "channel ACME second"
    assert read(csv(line(end_to_end_id="NOTPROVIDED")))[0].credits[0].end_to_end_id == ""


# Laws

_WHOLE = st.integers(0, 10**12)
_AMOUNTS = st.builds(lambda w, f: f"{w}.{f:02}", _WHOLE, st.integers(1, 99)) | st.integers(
    1, 10**12
).map(str)
_PLAIN = st.characters(min_codepoint=33, max_codepoint=126)
_REFERENCES = st.text(_PLAIN, min_size=1, max_size=35).filter(lambda t: t[0] not in "=+-@")
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=40)
_DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
_ROWS = st.builds(
    Row,
    reference=_REFERENCES,
    amount=_AMOUNTS,
    remittance=_WORDS,
    end_to_end_id=_REFERENCES,
    booking_date=_DAYS,
    value_date=_DAYS,
)
_OTHERS = st.builds(
    Row,
    reference=_REFERENCES,
    amount=_AMOUNTS,
    side=st.sampled_from(["CRDT", "DBIT"]),
    status=st.sampled_from(["BOOK", "PDNG", "INFO"]),
    reversal=st.booleans(),
    returned=st.booleans(),
)
_PARTS = st.lists(_ROWS, min_size=2, max_size=4, unique_by=lambda row: row.reference)


def credit_of(row, entry, account):
    return Credit(
        account,
        row.reference,
        "" if row.end_to_end_id == "NOTPROVIDED" else row.end_to_end_id,
        "HKD",
        row.amount,
        entry.booking_date,
        entry.value_date,
        clean(row.remittance),
    )


@given(rows=st.lists(_ROWS | _PARTS.map(lambda parts: batch("B", *parts)), max_size=5))
def test_what_the_bank_wrote_is_what_is_read(read, rows):
    """Every credit comes back as it was, in its order, and nothing else does."""
    (statement,) = read(camt_053(rows))
    assert statement.credits == tuple(
        credit_of(row, entry, ACCOUNT) for entry in rows for row in entry.parts or (entry,)
    )
    assert statement.ignored == ()


@pytest.mark.req("HK-38")
@given(rows=st.lists(_ROWS | _OTHERS, max_size=6))
def test_nothing_is_lost(read, rows):
    """Credits and ignored entries are as many as the entries, and have the same sum."""
    (statement,) = read(camt_053(rows, opening="1"))
    found = [*statement.credits, *statement.ignored]
    assert len(found) == len(rows)
    assert sorted(x.amount for x in found) == sorted(row.amount for row in rows)
    good = [r for r in rows if (r.side, r.status, r.reversal, r.returned) == ("CRDT", "BOOK", 0, 0)]
    assert [c.reference for c in statement.credits] == [row.reference for row in good]


@given(rows=st.lists(_ROWS, min_size=1, max_size=4), data=st.data())
def test_no_entry_can_be_added_dropped_or_changed_under_the_totals(read, rows, data):
    """The statement's own sums see it."""
    text = camt_053(rows)
    start, end = text.index("<Ntry>"), text.index("</Ntry>") + len("</Ntry>")
    entry = text[start:end]
    other = data.draw(_AMOUNTS.filter(lambda a: minimal(a) != minimal(rows[0].amount)))
    raised = entry.replace(f">{rows[0].amount}</Amt>", f">{other}</Amt>")
    for wrong in ("", entry * 2, raised):
        assert any("TtlCdtNtries" in f for f in refusal(read, text[:start] + wrong + text[end:]))


@given(cut=st.integers(0, len(GOOD)), length=st.integers(0, 9), put=st.binary(max_size=5))
def test_a_damaged_file_is_refused_or_read_but_never_breaks(read, cut, length, put):
    """Whatever the bytes, the only error is the one for operators, and what is read is sound."""
    for good in (GOOD.encode(), csv(line(), line(reference="FPS18")).encode()):
        damaged = good[:cut] + put + good[cut + length :]
        with suppress(BankFileError):
            for statement in read(damaged):
                assert all(len(deposit_reference(c)) == 32 for c in statement.credits)


# unique


def at(where, **changes):
    return replace(CREDIT, where=where, **changes)


@pytest.mark.req("HK-38")
def test_a_credit_counts_once():
    credits_ = [at("a line 2"), at("a line 3", reference="FPS18"), at("b line 2", amount="1000")]
    kept, repeated = unique([*credits_, at("b line 9")])
    assert kept == tuple(credits_[:2])
    assert repeated == (
        Ignored("b line 2", "a duplicate of a line 2, reference FPS17", "HKD", "1000"),
        Ignored("b line 9", "a duplicate of a line 2, reference FPS17", "HKD", "1000.00"),
    )


@pytest.mark.req("HK-38")
def test_another_bank_may_use_the_same_reference():
    both = (at("a"), at("b", account="HK-2"))
    assert unique(both) == (both, ())


@pytest.mark.req("HK-38")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"amount": "1000.01"}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"value_date": date(2026, 2, 1)}, "value_date"),
        ({"booking_date": date(2026, 2, 1)}, "booking_date"),
        ({"remittance": "channel OTHER"}, "remittance"),
        ({"end_to_end_id": "INV-18", "amount": "1"}, "end_to_end_id, amount"),
    ],
)
def test_one_reference_for_two_contents_is_refused(changes, named):
    with pytest.raises(BankFileError) as caught:
        unique([at("a line 2"), at("b line 3", **changes), at("b line 4", amount="7")])
    assert caught.value.faults == (
        f"a line 2 and b line 3 have the same reference, FPS17, and differ in {named}: "
        "ask the bank which is right",
        "a line 2 and b line 4 have the same reference, FPS17, and differ in amount: "
        "ask the bank which is right",
    )


@pytest.mark.req("HK-38")
@given(st.lists(st.builds(at, st.just("x"), reference=st.sampled_from("ABC")), max_size=12))
def test_kept_and_repeated_are_all(found):
    kept, repeated = unique(found)
    assert len(kept) + len(repeated) == len(found)
    assert {c.reference for c in kept} == {c.reference for c in found}
    assert unique(kept) == (kept, ())


# deposit_reference


def test_the_reference_on_chain_is_what_the_docstring_says():
    """As `printf 'pegboard-deposit/1\\n012-345-678901\\nFPS17' | cast keccak` says."""
    assert deposit_reference(replace(CREDIT, amount="100.00")).hex() == (
        "47f04bc87df8cfd38d79d0d2b46ed51dbcdcf6bf6538771755d63ab265559c18"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "A\nB"},
        {"account": ""},
        {"reference": "FPS17\n"},
        {"reference": "FPS\n17"},
        {"reference": "匯款"},
    ],
)
def test_what_no_bank_wrote_has_no_reference_on_chain(changes):
    with pytest.raises(PegboardError):
        deposit_reference(replace(CREDIT, **changes))


@pytest.mark.req("HK-38")
def test_a_restated_credit_is_the_same_on_chain():
    """Two reports of one entry may differ, even in the amount, and must not issue twice."""
    other = replace(
        CREDIT, remittance="", value_date=date(2027, 1, 1), amount="1", where="elsewhere"
    )
    assert deposit_reference(other) == deposit_reference(CREDIT)


_CREDITS = st.builds(
    replace,
    st.just(CREDIT),
    account=st.sampled_from(["A", "AB", "A1"]) | _REFERENCES.map(lambda t: t[:34]),
    reference=st.sampled_from(["B", "BC", "1"]) | _REFERENCES,
    currency=st.sampled_from(["HKD", "USD", "EUR"]),
    amount=st.sampled_from(["1", "1.0", "10", "1.00", "100", "0.1", "0.10"]) | _AMOUNTS,
)


@pytest.mark.req("HK-38")
@given(one=_CREDITS, other=_CREDITS)
def test_two_credits_meet_exactly_if_they_are_the_same_entry(one, other):
    """Nothing moves from one field into another, and the amount is not in it."""
    entries = [(c.account, c.reference) for c in (one, other)]
    same = deposit_reference(one) == deposit_reference(other)
    assert same == (entries[0] == entries[1])
