"""Payout files that must not be taken: what each holds, and every fault that is told of it."""

HEADER = "id,payee,amount,reference"
CONTROL = "NOV,HKD,2,3.50"
ONE = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
TWO = "0xBcd4042DE499D14e55001CcbB24a551F3b954096"
FIRST = f"A-1,{ONE},1.25,ref 1"
SECOND = f"A-2,{TWO},2.25,ref 2"
MARK = b"\xef\xbb\xbf"


def lines(*rows, control=CONTROL, header=HEADER, end="\n"):
    """A file of these lines."""
    return (end.join((control, header, *rows)) + end).encode()


def row(text):
    """A file whose second row, in line 4, is this one."""
    return lines(FIRST, text)


def amount(text):
    return row(f'A-2,{TWO},"{text}",ref 2' if "," in text else f"A-2,{TWO},{text},ref 2")


def payee(text):
    return row(f"A-2,{text},2.25,ref 2")


def ref(text):
    return row(f"A-2,{TWO},2.25,{text}")


def ident(text):
    return row(f"{text},{TWO},2.25,ref 2")


def no_amount(shown):
    return (
        f"row 4, amount: {shown} is not an amount: write plain digits with an optional decimal "
        "point, such as 1250.50, without sign, separators, spaces or exponent"
    )


def no_address(shown):
    return f"row 4, payee: {shown!r} is not an address: write 0x and 40 hexadecimal digits"


def no_checksum(number, address):
    return (
        f"row {number}, payee: {address} has a wrong checksum (EIP-55): copy the address again "
        "from where it is known to be right, capital and small letters included"
    )


def no_name(shown):
    return (
        f"row 4, id: {shown!r} is not a name: 1 to 35 of A-Z, a-z, 0-9 and . _ / : -, a letter or "
        "digit first"
    )


def no_ascii(where, sign):
    return f"row {where}: it holds {sign}: only printable ASCII is taken"


def no_quotes(number, field):
    return (
        f"row {number}: the quotes from field {field} on do not go together: put them around a "
        "whole field, and double those within it"
    )


def no_end(number):
    return (
        f"row {number}: a carriage return stands where no line ends: save the file with LF or CRLF"
    )


def no_header(reason):
    return f"row 2: the header must be exactly {HEADER}; {reason}"


FORMULA = "which a spreadsheet would run"
FIVE = "row 4: it has 5 fields, not 4 (id, payee, amount, reference)"

AMOUNTS = {
    "a German amount": (amount("1.000,00"), no_amount("'1.000,00'")),
    "an English separator": (amount("1,000.00"), no_amount("'1,000.00'")),
    "a Swiss separator": (amount("1'000.00"), no_amount('"1\'000.00"')),
    "a decimal comma": (amount("2,25"), no_amount("'2,25'")),
    "an exponent": (amount("1e6"), no_amount("'1e6'")),
    "a signed exponent": (amount("1E+6"), no_amount("'1E+6'")),
    "full-width digits": (
        amount("\uff12.\uff12\uff15"),
        no_ascii("4, amount", "U+FF12 (FULLWIDTH DIGIT TWO)"),
    ),
    "Arabic-Indic digits": (
        amount("\u0662.\u0662\u0665"),
        no_ascii("4, amount", "U+0662 (ARABIC-INDIC DIGIT TWO)"),
    ),
    "a superscript": (amount("10\u00b2"), no_ascii("4, amount", "U+00B2 (SUPERSCRIPT TWO)")),
    "a minus of typography": (amount("\u22122"), no_ascii("4, amount", "U+2212 (MINUS SIGN)")),
    "an underscore": (amount("1_000"), no_amount("'1_000'")),
    "a minus": (amount("-2.25"), no_amount("'-2.25'")),
    "an accountant's minus": (amount("(2.25)"), no_amount("'(2.25)'")),
    "a plus": (amount("+2.25"), no_amount("'+2.25'")),
    "not a number": (amount("NaN"), no_amount("'NaN'")),
    "infinity": (amount("Infinity"), no_amount("'Infinity'")),
    "hexadecimal": (amount("0x10"), no_amount("'0x10'")),
    "a leading zero": (amount("02.25"), no_amount("'02.25'")),
    "no whole part": (amount(".25"), no_amount("'.25'")),
    "no fraction": (amount("2."), no_amount("'2.'")),
    "two points": (amount("2.2.5"), no_amount("'2.2.5'")),
    "a currency sign": (amount("$2.25"), no_amount("'$2.25'")),
    "a currency code": (amount("HKD 2.25"), no_amount("'HKD 2.25'")),
    "a percentage": (amount("2.25%"), no_amount("'2.25%'")),
    "a formula for an amount": (amount("=1+1"), no_amount("'=1+1'")),
    "a space within": (amount("2 250"), no_amount("'2 250'")),
    "a space before": (amount(" 2.25"), "row 4, amount: it begins or ends with a space"),
    "a space behind": (amount("2.25 "), "row 4, amount: it begins or ends with a space"),
    "too many decimals": (
        amount("2.2500001"),
        "row 4, amount: 2.2500001 has 7 decimal places, the token has 6: amounts are never "
        "rounded, write it exactly",
    ),
    "more than a row holds": (
        amount("79228162514264337593543.950336"),
        "row 4, amount: 79228162514264337593543.950336 is more than a row can pay (2^96 - 1 base "
        "units)",
    ),
    "more than a token holds": (
        amount("9" * 34),
        f"row 4, amount: {'9' * 34} is more than any token can hold (2^112 - 1 base units)",
    ),
    "zero": (
        amount("0.00"),
        "row 4, amount: 0.00 is nothing: take the row out, or say how much",
    ),
    "no amount": (amount(""), "row 4, amount: it is missing"),
}
PAYEES = {
    "a wrong checksum": (
        payee("0xbCd4042DE499D14e55001CcbB24a551F3b954096"),
        no_checksum(4, "0xbCd4042DE499D14e55001CcbB24a551F3b954096"),
    ),
    "a lower-case address": (payee(TWO.lower()), no_checksum(4, TWO.lower())),
    "an upper-case address": (
        payee("0x" + TWO[2:].upper()),
        no_checksum(4, "0x" + TWO[2:].upper()),
    ),
    "an upper-case prefix": (payee("0X" + TWO[2:]), no_address("0X" + TWO[2:])),
    "a short address": (payee(TWO[:-2]), no_address(TWO[:-2])),
    "a long address": (payee(TWO + "00"), no_address(TWO + "00")),
    "no prefix": (payee(TWO[2:]), no_address(TWO[2:])),
    "an ENS name": (payee("treasury.eth"), no_address("treasury.eth")),
    "another chain's address": (payee(f"eip155:1:{TWO}"), no_address(f"eip155:1:{TWO}")),
    "a spreadsheet's number": (payee("1.07E+48"), no_address("1.07E+48")),
    "address zero": (
        payee("0x" + "00" * 20),
        "row 4, payee: address zero is nobody's: what is sent there would be lost",
    ),
    "no payee": (payee(""), "row 4, payee: it is missing"),
    "a Cyrillic letter": (
        payee(TWO.replace("c", "\u0441", 1)),
        no_ascii("4, payee", "U+0441 (CYRILLIC SMALL LETTER ES)"),
    ),
    "a zero-width space": (
        payee(TWO[:10] + "\u200b" + TWO[10:]),
        no_ascii("4, payee", "U+200B (ZERO WIDTH SPACE)"),
    ),
    "a no-break space": (
        payee(TWO + "\u00a0"),
        no_ascii("4, payee", "U+00A0 (NO-BREAK SPACE)"),
    ),
}
WORDS = {
    "the same id": (ident("A-1"), "row 4, id: 'A-1' is the id of row 3 already"),
    "the same payment": (
        lines(FIRST, SECOND, f"A-3,{TWO},2.25,ref 2", control="NOV,HKD,3,5.75"),
        "row 5: payee, amount and reference are those of row 4: take it out, or give it another "
        "reference",
    ),
    "no id": (ident(""), "row 4, id: it is missing"),
    "an id with a space": (ident("A 2"), no_name("A 2")),
    "an id too long": (ident("A" * 36), no_name("A" * 36)),
    "a formula for an id": (ident("=A2"), f"row 4, id: '=A2' begins with =, {FORMULA}"),
    "a formula for a reference": (
        ref("=HYPERLINK(A1)"),
        f"row 4, reference: '=HYPERLINK(A1)' begins with =, {FORMULA}",
    ),
    "a function for a reference": (
        ref("@SUM(A1)"),
        f"row 4, reference: '@SUM(A1)' begins with @, {FORMULA}",
    ),
    "a plus for a reference": (ref("+1"), f"row 4, reference: '+1' begins with +, {FORMULA}"),
    "a quoted formula": (ref('"-1,2"'), f"row 4, reference: '-1,2' begins with -, {FORMULA}"),
    "a reference beyond ASCII": (
        ref("L\u00f6hne"),
        no_ascii("4, reference", "U+00F6 (LATIN SMALL LETTER O WITH DIAERESIS)"),
    ),
    "a reference too long": (
        ref("r" * 141),
        "row 4, reference: it has 141 characters, more than 140",
    ),
    "a field far too long": (
        ref("r" * 5000),
        "row 4, reference: it has 5000 characters, more than 200",
    ),
    "a row without reference": (
        ref(""),
        "row 4, reference: it is missing, and other rows have one",
    ),
    "a reference that is half a word": (
        ref("0x12"),
        "row 4, reference: '0x12' is not a reference: after 0x it takes exactly 64 hexadecimal "
        "digits",
    ),
    "text written backwards": (
        ref("ref \u202e2"),
        no_ascii("4, reference", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
    ),
    "a NUL": (ref("ref\x002"), no_ascii("4, reference", "U+0000 (a control character)")),
    "a tab": (ref("ref\t2"), no_ascii("4, reference", "U+0009 (a control character)")),
}
LINES = {
    "Latin-1": (
        row(f"A-2,{TWO},2.25,L#hne").replace(b"#", b"\xf6"),
        "row 4: byte 0xf6 after 53 others is not UTF-8: save the file as CSV in UTF-8",
    ),
    "a field too few": (
        row(f"A-2,{TWO},2.25"),
        "row 4: it has 3 fields, not 4 (id, payee, amount, reference)",
    ),
    "a comma behind": (row(SECOND + ","), FIVE),
    "a column too many": (row(SECOND + ",2026-11-30"), FIVE),
    "a row with semicolons": (
        row(SECOND.replace(",", ";")),
        "row 4: it has 1 field, not 4 (id, payee, amount, reference)",
    ),
    "an open quote": (ref('"ref 2'), no_quotes(4, 4)),
    "a quote within": (ref('ref "2"'), no_quotes(4, 4)),
    "text behind a quote": (ref('"ref" 2'), no_quotes(4, 4)),
    "a line break in quotes": (ref('"ref\n2"'), no_quotes(4, 4), no_quotes(5, 1)),
    "an empty line": (lines(FIRST, "", SECOND), "row 4: it is empty: take it out"),
    "an empty line at the end": (lines(FIRST, SECOND, ""), "row 5: it is empty: take it out"),
    "a line of commas": (
        lines(FIRST, SECOND, ",,,"),
        "row 5, id: it is missing",
        "row 5, payee: it is missing",
        "row 5, amount: it is missing",
    ),
    "mixed line ends": (
        lines(FIRST, SECOND).replace(b"ref 1\n", b"ref 1\r\n"),
        "row 3: it ends in CRLF, unlike the first: save the file as a whole",
    ),
    "old line ends": (lines(FIRST, SECOND, end="\r"), no_end(1)),
    "doubled line ends": (lines(FIRST, end="\r\r\n"), no_end(1), no_end(2), no_end(3)),
    "a mark in the middle": (
        lines("\ufeff" + FIRST, SECOND),
        no_ascii("3, id", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
    ),
    "two marks": (
        MARK + MARK + lines(FIRST, SECOND),
        no_ascii("1, name", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
    ),
}
FILES = {
    "an empty file": (b"", "it is empty"),
    "a mark alone": (MARK, "row 1: it is empty: take it out"),
    "a first line alone": (f"{CONTROL}\n".encode(), "it ends before its header"),
    "a header alone": (lines(), "it has no rows below its header"),
    "no first line": (
        f"{HEADER}\n{FIRST}\n".encode(),
        "row 1: before the header, the file begins with NAME,CURRENCY,COUNT,TOTAL",
    ),
    "semicolons": (
        lines(FIRST, SECOND).replace(b",", b";"),
        "row 1: it has 1 field, not 4 (name, currency, count, total)",
        no_header("semicolons stand where commas belong"),
    ),
    "tabs": (
        lines(FIRST, SECOND).replace(b",", b"\t"),
        "row 1: it has 1 field, not 4 (name, currency, count, total)",
        no_header("tabs stand where commas belong"),
    ),
    "UTF-16": (
        b"\xff\xfe" + lines(FIRST, SECOND).decode().encode("utf-16-le"),
        "it is UTF-16: save it as CSV in UTF-8",
    ),
    "another order of columns": (
        lines(FIRST, header="id,amount,payee,reference"),
        no_header("the order is another"),
    ),
    "a column missing": (
        lines(FIRST, header="id,payee,amount"),
        no_header("missing: reference"),
    ),
    "an unknown column": (lines(FIRST, header=f"{HEADER},date"), no_header("unknown: 'date'")),
    "a column twice": (
        lines(FIRST, header=f"{HEADER},amount"),
        no_header("a column is named twice"),
    ),
    "capitals in the header": (
        lines(FIRST, header="Id,payee,amount,reference"),
        no_header("unknown: 'Id'"),
    ),
    "a space in the header": (
        lines(FIRST, header="id, payee,amount,reference"),
        no_header("unknown: ' payee'"),
    ),
    "an unknown currency": (
        lines(FIRST, SECOND, control="NOV,EUR,2,3.50"),
        "row 1, currency: 'EUR' is not declared; there is CNH, HKD, USD",
    ),
    "a small-letter currency": (
        lines(FIRST, SECOND, control="NOV,hkd,2,3.50"),
        "row 1, currency: 'hkd' is not declared; there is CNH, HKD, USD",
    ),
    "no name": (lines(FIRST, SECOND, control=",HKD,2,3.50"), "row 1, name: it is missing"),
    "a name too long": (
        lines(FIRST, SECOND, control=f"{'N' * 32},HKD,2,3.50"),
        f"row 1, name: {'N' * 32!r} is longer than 31 characters",
    ),
    "a row lost": (
        lines(FIRST),
        "row 1, count: 2 rows are announced, 1 found",
        "row 1, total: 3.50 HKD is announced, 1.25 found",
    ),
    "a row more": (
        lines(FIRST, SECOND, f"A-3,{ONE},9.00,ref 3"),
        "row 1, count: 2 rows are announced, 3 found",
        "row 1, total: 3.50 HKD is announced, 12.50 found",
    ),
    "a wrong total": (
        lines(FIRST, SECOND, control="NOV,HKD,2,3.51"),
        "row 1, total: 3.51 HKD is announced, 3.50 found",
    ),
    "a total too fine": (
        lines(FIRST, SECOND, control="NOV,HKD,2,3.5000001"),
        "row 1, total: 3.5000001 has 7 decimal places, the token has 6: amounts are never rounded, "
        "write it exactly",
    ),
    "a count in words": (
        lines(FIRST, SECOND, control="NOV,HKD,two,3.50"),
        "row 1, count: 'two' is not a number of rows: write plain digits, such as 250",
    ),
    "many faults": (
        lines(f"=1,{TWO.lower()},1.000,x", f"A-2,{TWO},-1,ref 2", control="NOV,HKD,two,9.99"),
        "row 1, count: 'two' is not a number of rows: write plain digits, such as 250",
        f"row 3, id: '=1' begins with =, {FORMULA}",
        no_checksum(3, TWO.lower()),
        no_amount("'-1'"),
    ),
}
#: What a name stands for: the bytes of a file, and its faults in their order.
CASES = {
    name: (found[0], found[1:])
    for name, found in (AMOUNTS | PAYEES | WORDS | LINES | FILES).items()
}
