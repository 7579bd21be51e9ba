"""Files that no bank should send, each one change away from a good one, and what is said then."""

from datetime import date

from pegboard.demo.bankfile import ACCOUNT, NAMESPACE, Row, batch, camt_053
from pegboard.files.bank import COLUMNS

HEADER = ",".join(COLUMNS)
FIELDS = {
    "account": ACCOUNT,
    "reference": "FPS17",
    "end_to_end_id": "INV-17",
    "currency": "HKD",
    "amount": "1000.00",
    "booking_date": "2026-01-30",
    "value_date": "2026-01-31",
    "remittance": "channel ACME",
}
ROW = Row("FPS17", "1000.00", "channel ACME", "INV-17", value_date=date(2026, 1, 31))
BATCH = batch("BATCH1", Row("TX1", "10.00"), Row("TX2", "20.50"))
GOOD = camt_053([ROW, BATCH, Row("FEE1", "5.00", side="DBIT")], opening="100")


def line(**changes):
    return ",".join({**FIELDS, **changes}.values())


def csv(*lines):
    return "\n".join((HEADER, *lines)) + "\n"


AMOUNT = "is not an amount: plain digits"
#: A field of the CSV, what stands in it, and the fault.
BAD_VALUES = [
    ("amount", "1.000,00", "line 2: it has 9 fields, not 8"),
    ("amount", '"1.000,00"', f"line 2: amount '1.000,00' {AMOUNT}"),
    ("amount", '"1,000.00"', f"line 2: amount '1,000.00' {AMOUNT}"),
    ("amount", "1'000.00", AMOUNT),
    ("amount", "1 000.00", AMOUNT),
    ("amount", "1\N{NO-BREAK SPACE}000.00", r"line 2: amount '1\xa0000.00' is not an amount"),
    ("amount", "1e3", AMOUNT),
    ("amount", "1E+3", AMOUNT),
    ("amount", "\uff11\uff10\uff10", r"amount '\uff11\uff10\uff10' is not an amount"),
    ("amount", "\u0661\u0662", AMOUNT),
    ("amount", "\u2212100", AMOUNT),
    ("amount", "-100.00", AMOUNT),
    ("amount", "+100.00", AMOUNT),
    ("amount", "(100.00)", AMOUNT),
    ("amount", " 100.00", AMOUNT),
    ("amount", "100.00 ", AMOUNT),
    ("amount", "100.00\t", AMOUNT),
    ("amount", "0100.00", AMOUNT),
    ("amount", ".50", AMOUNT),
    ("amount", "50.", AMOUNT),
    ("amount", "1.2.3", AMOUNT),
    ("amount", "100.000001", "at most 5 places"),
    ("amount", "1234567890123456789", "at most 18"),
    ("amount", "12345678901234.56789", "at most 18"),
    ("amount", "9" * 4000, "line 2: amount '" + "9" * 40 + "...' is not an amount"),
    ("amount", "NaN", AMOUNT),
    ("amount", "Infinity", AMOUNT),
    ("amount", "0x10", AMOUNT),
    ("amount", "HKD100", AMOUNT),
    ("amount", "=1+1", AMOUNT),
    ("amount", "0", "'0' is nothing: a credit is above zero"),
    ("amount", "0.00", "'0.00' is nothing: a credit is above zero"),
    ("amount", "", "line 2: amount is missing"),
    ("reference", "", "line 2: reference is missing"),
    ("reference", "=1+1", "reference '=1+1' is not a bank's reference"),
    ("reference", "=HYPERLINK(A1)", "the first none of = + - @"),
    ("reference", "+17", "the first none of = + - @"),
    ("reference", "-17", "the first none of = + - @"),
    ("reference", "@17", "the first none of = + - @"),
    ("reference", " FPS17", "is not a bank's reference"),
    ("reference", "FPS17 ", "is not a bank's reference"),
    ("reference", "R" * 36, "1 to 35 printable ASCII characters"),
    ("reference", "FPS\N{ZERO WIDTH SPACE}17", r"'FPS\u200b17' is not a bank's reference"),
    ("reference", "\u0420\u041317", r"'\u0420\u041317' is not a bank's reference"),
    ("reference", "FPS\x0017", r"'FPS\x0017' is not a bank's reference"),
    ("reference", "FPS\x1b[2J", r"'FPS\x1b[2J' is not a bank's reference"),
    ("account", "", "line 2: account is missing"),
    ("account", "HK 12 3456", "1 to 34 ASCII characters without spaces"),
    ("account", "1" * 35, "is not an account"),
    ("account", "=A1", "is not an account"),
    ("currency", "", "line 2: currency is missing"),
    ("currency", "hkd", "currency 'hkd' is not a currency: three capital letters"),
    ("currency", "HK$", "is not a currency"),
    ("currency", "HKDX", "is not a currency"),
    ("currency", "\u041d\u041a\u0414", "is not a currency"),
    ("booking_date", "", "line 2: booking_date is missing"),
    ("booking_date", "30.01.2026", "'30.01.2026' is not a date: write it as 2026-01-31"),
    ("booking_date", "2026-1-30", "is not a date"),
    ("booking_date", "20260130", "is not a date"),
    ("booking_date", "2026-W05-5", "is not a date"),
    ("booking_date", "\uff12\uff1026-01-30", "is not a date"),
    ("booking_date", "2026-02-29", "'2026-02-29' is a day that does not exist"),
    ("value_date", "2026-13-01", "is a day that does not exist"),
    ("value_date", "0000-01-01", "is a day that does not exist"),
    ("value_date", "2026-01-30T09:00:00", "value_date '2026-01-30T09:00:00' is not a date"),
]


#: A text file, and its fault.
BAD_FILES = {
    "empty": ("", "it is empty"),
    "blank": (" \n\t\r\n", "it is empty"),
    "only a BOM": (b"\xef\xbb\xbf", "it is empty"),
    "no header": (line() + "\n", "line 1: the header must be exactly account,reference,"),
    "an empty line for a header": ("\n" + csv(line()), "line 1: the header must be exactly"),
    "a column missing": (csv(line()).replace(",remittance", ""), "the header must be exactly"),
    "a column more": (csv(line()).replace(HEADER, HEADER + ",fee"), "the header must be exactly"),
    "a column twice": (csv(line()).replace("value_date", "amount"), "the header must be exactly"),
    "columns in another order": (
        csv(line()).replace("account,reference", "reference,account"),
        "the header must be exactly",
    ),
    "columns in capitals": (csv(line()).replace("amount", "Amount"), "the header must be exactly"),
    "a header with spaces": (csv(line()).replace(",amount", ", amount"), "the header must be"),
    "semicolons": (csv(line()).replace(",", ";"), "the header must be exactly"),
    "tabs": (csv(line()).replace(",", "\t"), "the header must be exactly"),
    "two BOMs": (b"\xef\xbb\xbf" * 2 + csv(line()).encode(), "the header must be exactly"),
    "a field missing": (csv(line().rpartition(",")[0]), "line 2: it has 7 fields, not 8"),
    "a field more": (csv(line() + ","), "line 2: it has 9 fields, not 8"),
    "a comma in a field": (csv(line(remittance="rent, May")), "it has 9 fields, not 8"),
    "an open quote": (csv(line(remittance='"rent')), "line 2: it is not CSV"),
    "text after a quote": (csv(line(remittance='"rent"ed')), "line 2: it is not CSV"),
    "a carriage return alone": (csv(line(remittance="a\rb")), "line 2: it is not CSV"),
    "a field that is too large": (csv(line(remittance="x" * 200_000)), "line 2: it is not CSV"),
    "an empty line": (csv(line(), "", line(reference="FPS18")), "line 3: it is empty"),
    "a total line": (csv(line(), "Total,1000.00"), "line 3: it has 2 fields, not 8"),
    "Latin-1": (csv(line(remittance="caf\xe9")).encode("latin-1"), "neither XML nor UTF-8 text"),
    "UTF-16": (csv(line()).encode("utf-16"), "neither XML nor UTF-8 text (byte 0)"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff", "neither XML nor UTF-8 text"),
    "MT940": (":20:STMT1\n:25:012345678901\n:61:2601300130C1000,00NTRF\n", "the header must be"),
}


TX = '<AcctSvcrRef>FPS17</AcctSvcrRef><EndToEndId>INV-17</EndToEndId></Refs><Amt Ccy="HKD">'
BALANCES = "statement 1: the opening balance and the entries do not make the closing balance"
#: Pairs of what is replaced in the good statement by what, and one of the faults.
BAD_XML = {
    "an amount with a comma": (">1000.00<", ">1000,00<", "entry 1: Amt '1000,00' is not an amount"),
    "spaces around an amount": (">1000.00<", "> 1000.00 <", "Amt ' 1000.00 ' is not an amount"),
    "an amount on a line": (">1000.00<", ">1000.00\n<", r"Amt '1000.00\n' is not an amount"),
    "an amount below zero": (">1000.00<", ">-1000.00<", "Amt '-1000.00' is not an amount"),
    "an element in an amount": (">1000.00<", ">1<b/>0<", "Amt holds elements where it should hold"),
    "an empty amount": (">1000.00<", "><", "entry 1: Amt is missing"),
    "no amount": ('<Amt Ccy="HKD">1000.00</Amt>', "", "entry 1: Amt is missing"),
    "two amounts": ("<Ntry>", '<Ntry><Amt Ccy="HKD">1</Amt>', "entry 1: Amt has Amt 2 times"),
    "no currency": ("<Ntry><Amt Ccy=", "<Ntry><Amt Cry=", "entry 1: the Ccy of Amt is missing"),
    "an odd currency": ("<Ccy>HKD<", "<Ccy>HK$<", "Acct/Ccy 'HK$' is not a currency"),
    "another currency": (
        *('<Ntry><Amt Ccy="HKD"', '<Ntry><Amt Ccy="USD"'),
        "entry 1: it is in USD, but the account is in HKD",
    ),
    "no such side": (
        *("CRDT</CdtDbtInd><Sts>", "CREDIT</CdtDbtInd><Sts>"),
        "entry 1: CdtDbtInd 'CREDIT' is not one of CRDT, DBIT",
    ),
    "no side": ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Sts>", "entry 1: CdtDbtInd is missing"),
    "no status": ("<Sts><Cd>BOOK</Cd></Sts>", "", "entry 1: Sts is missing"),
    "no such status": (">BOOK<", ">DONE<", "Sts/Cd 'DONE' is not one of BOOK, PDNG, INFO, FUTR"),
    "a status of the bank's own": (
        *("<Cd>BOOK</Cd>", "<Prtry>BOOK</Prtry>"),
        "entry 1: Sts holds elements where it should hold a value",
    ),
    "a reversal or not": ("<Sts>", "<RvslInd>yes</RvslInd><Sts>", "RvslInd 'yes' is not one of"),
    "no booking date": (
        "BookgDt><Dt>",
        "BookgDt><At>",
        "</Dt></Bo",
        "</At></Bo",
        "BookgDt/Dt is missing",
    ),
    "no value date": ("<ValDt><Dt>2026-01-31</Dt></ValDt>", "", "entry 1: ValDt/Dt is missing"),
    "no such day": ("-31</Dt></ValDt>", "-32</Dt></ValDt>", "'2026-01-32' is a day that does not"),
    "no such time": (
        *("<BookgDt><Dt>2026-01-30</Dt>", "<BookgDt><DtTm>2026-01-30 noon</DtTm>"),
        "entry 1: BookgDt/DtTm ' noon' is not the time of '2026-01-30'",
    ),
    "no reference": (
        *("<AcctSvcrRef>FPS17</AcctSvcrRef>", ""),
        *("<AcctSvcrRef>FPS17</AcctSvcrRef>", ""),
        "entry 1: AcctSvcrRef is missing",
    ),
    "a long reference": (">TX1<", f">{'X' * 36}<", "entry 2, transaction 1: Refs/AcctSvcrRef 'XX"),
    "no reference in a batch": (
        *("<AcctSvcrRef>TX1</AcctSvcrRef>", ""),
        "entry 2, transaction 1: Refs/AcctSvcrRef is missing",
    ),
    "a reference twice in a batch": (
        *(">TX2<", ">TX1<"),
        "entry 2, transaction 2: another transaction of the entry has the reference TX1",
    ),
    "a batch of another sum": (
        *(">20.50<", ">20.51<"),
        "entry 2: its transactions do not add up to its amount, 30.50",
    ),
    "nothing in a batch": (">20.50<", ">0.00<", "entry 2, transaction 2: Amt '0.00' is nothing"),
    "no amount in a batch": (
        *('<Amt Ccy="HKD">20.50</Amt>', ""),
        "entry 2, transaction 2: AmtDtls/TxAmt/Amt is missing",
    ),
    "another currency in a batch": (
        *('<Amt Ccy="HKD">20.50', '<Amt Ccy="USD">20.50'),
        "entry 2, transaction 2: it is in USD, but the account is in HKD",
    ),
    "a debit in a batch": (
        *("20.50</Amt><CdtDbtInd>CRDT", "20.50</Amt><CdtDbtInd>DBIT"),
        "entry 2, transaction 2: it is a debit within a credit",
    ),
    "more in a batch than is given": (
        *("<NbOfTxs>2<", "<NbOfTxs>3<"),
        "entry 2: it is a batch of 3 transactions, of which 2 are given",
    ),
    "a batch of none": (
        *("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>0</NbOfTxs></Btch>"),
        "entry 1: it is a batch of 0 transactions, of which 1 are given",
    ),
    "a transaction of another amount": (
        *(f"{TX}1000.00", f"{TX}1000.01"),
        "entry 1: its transaction is of 1000.01, the entry of 1000.00",
    ),
    "no account": ("<Othr>", "<Other>", "</Othr>", "</Other>", "Acct/Id/Othr/Id is missing"),
    "two accounts": ("<Acct>", "<Acct><Id><IBAN>DE89</IBAN></Id>", "has Id 2 times, not once"),
    "another count": (">3</NbOf", ">4</NbOf", "TtlNtries says 4 entries, there are 3"),
    "another count of credits": (">2</NbOfN", ">1</NbOfN", "TtlCdtNtries says 1 entries, there ar"),
    "a count in words": (">3</NbOf", ">three</NbOf", "NbOfNtries 'three' is not a number of entri"),
    "another sum of credits": (
        *("<Sum>1030.50<", "<Sum>1030.51<"),
        "statement 1: TtlCdtNtries says 1030.51 in all, its entries have another sum",
    ),
    "another sum of debits": (
        *("<Sum>5.00<", "<Sum>6.00<"),
        "statement 1: TtlDbtNtries says 6.00 in all, its entries have another sum",
    ),
    "another closing balance": (">1125.50<", ">1125.51<", BALANCES),
    "an overdrawn opening": ("CRDT</CdtDbtInd><Dt>", "DBIT</CdtDbtInd><Dt>", BALANCES),
    "two closing balances": (">OPBD<", ">CLBD<", "balance 2: it is a second balance of the kind"),
    "a balance in dollars": (
        *('<Amt Ccy="HKD">100.00', '<Amt Ccy="USD">100.00'),
        "statement 1, balance 1: it is in USD, but the account is in HKD",
    ),
    "no statement": ("<Stmt>", "<Rpt>", "</Stmt>", "</Rpt>", "it holds no statement"),
    "two bodies": (
        *("<BkToCstmrStmt>", "<BkToCstmrStmt/><BkToCstmrStmt>"),
        "BkToCstmrStmt has BkToCstmrStmt 2 times, not once",
    ),
    "no namespace": (f' xmlns="{NAMESPACE}"', "", "it is 'Document' of '', not a Document of"),
    "a report": (
        "camt.053",
        "camt.052",
        "not a Document of urn:iso:std:iso:20022:tech:xsd:camt.05",
    ),
    "a version that never was": ("053.001.08", "053.001.01", "not a Document of"),
    "a version to come": ("053.001.08", "053.001.14", "camt.053.001.02 up to .13"),
    "a longer namespace": ("053.001.08", "053.001.08.evil", "not a Document of"),
    "an entry of another namespace": (
        *("<Ntry>", '<Ntry xmlns="urn:other">'),
        "'Ntry' belongs to another namespace than the rest of the file",
    ),
    "an envelope": ("<Document ", "<Env ", "</Document>", "</Env>", "it is 'Env' of"),
    "a deep nest": ("<Ntry>", "<a>" * 50 + "</a>" * 50 + "<Ntry>", "are nested more than 40 deep"),
    "no end of an entry": ("</Ntry>", "", "it is not well-formed XML: mismatched tag"),
    "no such encoding": ('"UTF-8"', '"UTF-88"', "its encoding is not known: unknown encoding: UT"),
    "an encoding of many bytes": ('"UTF-8"', '"Big5"', "its encoding is not known: multi-byte"),
    "an encoding that is none": ('"UTF-8"', '"zlib"', "its encoding is not known"),
    "an entity": ("channel ACME", "&channel;", "it is not well-formed XML: undefined entity"),
    "a control character": ("channel ACME", "a&#27;b", "it is not well-formed XML"),
    "more after the end": ("</Document>", "</Document><Document/>", "it is not well-formed XML"),
}


#: What stands before the root.
DOCTYPES = {
    "nothing declared": "<!DOCTYPE Document>",
    "a bomb": '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
    "a file of ours": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE d SYSTEM "http://localhost/evil.dtd">',
    "a parameter entity": '<!DOCTYPE d [<!ENTITY % p SYSTEM "http://localhost/p"> %p;]>',
    "an attribute by default": '<!DOCTYPE d [<!ATTLIST Amt Ccy CDATA "HKD">]>',
}
