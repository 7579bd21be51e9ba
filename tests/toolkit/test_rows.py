"""Files of rows, read strictly.

T6: a file is judged whole before anything is done by it.

read
├── given any of the malformed inputs: refuses with every fault, each with its row and column
├── given more faults than fit on a screen: names the first, and says how many there are
├── given more rows or bytes than a file may have, or no file: refuses
├── given LF, CRLF, no end behind the last line, or one mark before the first: takes it
├── given quotes around a field: takes what is in them
├── given its rows in another order: it is the same file
└── given ten thousand rows: takes less than a second

split
├── what was quoted comes back, whatever it holds
└── quotes out of place are refused, never guessed at
"""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.errors import InputError, RowsError
from pegboard.files import payouts, rows
from tests.support import malformed
from tests.support.world import currencies, key

SOUND = malformed.lines(malformed.FIRST, malformed.SECOND)


@pytest.fixture
def read(tmp_path):
    """Reads these bytes as a payout file."""

    def act(data):
        path = tmp_path / "payroll.csv"
        path.write_bytes(data)
        return payouts.read(path, currencies())

    return act


def faults(read, data):
    with pytest.raises(RowsError) as caught:
        read(data)
    return caught.value.faults


@pytest.mark.parametrize("name", malformed.CASES)
def test_malformed_input_is_refused_with_row_and_reason(read, name):
    """T6, T7: nothing of it is taken, and every fault of it is told at once."""
    data, told = malformed.CASES[name]
    assert faults(read, data) == told


def test_the_corpus_is_large_and_has_no_case_twice():
    assert len(malformed.CASES) >= 100
    assert len({data for data, _ in malformed.CASES.values()}) == len(malformed.CASES)


def test_one_fault_stands_in_the_sentence(read):
    with pytest.raises(RowsError) as caught:
        read(malformed.amount("1e6"))
    assert str(caught.value) == (
        f"nothing of payroll.csv was taken: {malformed.no_amount(repr('1e6'))}"
    )


def test_many_faults_are_counted_and_the_first_are_named(read):
    some = [f"A-{n},{malformed.ONE},0,ref {n}" for n in range(1, 26)]
    with pytest.raises(RowsError) as caught:
        read(malformed.lines(*some, control="NOV,HKD,25,1.00"))
    assert len(caught.value.faults) == 25
    told = str(caught.value).splitlines()
    assert told[0] == "nothing of payroll.csv was taken, 25 faults:"
    assert told[1] == "  row 3, amount: 0 is nothing: take the row out, or say how much"
    assert (len(told), told[-1]) == (22, "  and 5 more")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RowsError, match="it cannot be read: No such file or directory"):
        payouts.read(tmp_path / "none.csv", currencies())


def test_a_file_too_large(read, monkeypatch):
    monkeypatch.setattr(rows, "MAX_BYTES", len(SOUND) - 1)
    assert faults(read, SOUND) == ("it has more than 0 MiB: split it",)


def test_a_file_of_too_many_rows(read, monkeypatch):
    monkeypatch.setattr(payouts, "MOST", 1)
    assert faults(read, SOUND) == ("it has more than 1 rows: split it",)
    monkeypatch.setattr(payouts, "MOST", 2)
    assert len(read(SOUND).payments) == 2


@pytest.mark.parametrize(
    "data",
    [
        SOUND,
        SOUND.replace(b"\n", b"\r\n"),
        SOUND.removesuffix(b"\n"),
        SOUND.replace(b"\n", b"\r\n").removesuffix(b"\r\n"),
        malformed.MARK + SOUND,
        SOUND.replace(b"ref 1", b'"ref 1"'),
        malformed.lines(malformed.SECOND, malformed.FIRST),
    ],
    ids=["LF", "CRLF", "open LF", "open CRLF", "mark", "quotes", "order"],
)
def test_however_it_was_saved_it_is_the_same_file(read, world, data):
    """T4: neither line ends nor a mark, neither quotes nor the order make it another batch."""
    payer = key(3).address
    taken, plain = read(data), read(SOUND)
    assert [(p.id, p.payee, p.units, p.reference) for p in taken.payments] == [
        ("A-1", malformed.ONE, 1_250_000, "ref 1"),
        ("A-2", malformed.TWO, 2_250_000, "ref 2"),
    ]
    assert (taken.name, taken.currency.code, taken.total) == ("NOV", "HKD", 3_500_000)
    ids = {payouts.batch_of(world.peg, payer, file).id for file in (taken, plain)}
    assert len(ids) == 1


def test_a_mark_is_told(read):
    assert read(SOUND).notes == ()
    told = ("it begins with a byte order mark, which was passed over",)
    assert read(malformed.MARK + SOUND).notes == told


def test_quotes_may_hold_commas_and_quotes(read):
    file = read(malformed.lines(malformed.FIRST, f'"A-2",{malformed.TWO},2.25,"a, ""b"""'))
    assert [p.reference for p in file.payments] == ["ref 1", 'a, "b"']
    assert file.payments[1].id == "A-2"


def test_no_row_has_a_reference(read):
    bare = [line.rsplit(",", 1)[0] + "," for line in (malformed.FIRST, malformed.SECOND)]
    assert [p.reference for p in read(malformed.lines(*bare)).payments] == ["", ""]


def test_ten_thousand_rows_take_less_than_a_second(read, record_property):
    payees = [key(n).address for n in range(20)]
    made = [f"E-{n},{payees[n % 20]},{n + 1}.00,NOV {n}" for n in range(10_000)]
    data = malformed.lines(*made, control="NOV,HKD,10000,50005000.00")
    begun = time.process_time()
    file = read(data)
    took = time.process_time() - begun
    record_property("told", f"10,000 rows read and checked in {took:.2f} s of the processor")
    assert (len(file.payments), file.total) == (10_000, 50_005_000 * 10**6)
    assert took < 1


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), min_size=1))
def test_what_was_quoted_comes_back(fields):
    """Whatever Python's own writer makes of a record, these are its fields again."""
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="").writerow(fields)
    assert rows.split(made.getvalue()) == fields


@given(st.text(st.sampled_from('a,"'), min_size=1, max_size=12))
def test_a_line_is_read_as_others_read_it_or_refused(line):
    """Where quotes are in place there is one way to read them, and Python's reader goes it, too."""
    try:
        found = rows.split(line)
    except InputError:
        assert '"' in line
    else:
        assert next(csv.reader([line], strict=True)) == found
