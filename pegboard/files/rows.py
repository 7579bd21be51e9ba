"""Files of rows from an admin's desk, read strictly: every fault at once, nothing of a bad file.

UTF-8 with commas, one record a line, LF or CRLF throughout. A byte order mark, which spreadsheets
put first, is passed over and told; anywhere else it is a fault, as is all but printable ASCII.
A row's number is that of its line, which is also its number in a spreadsheet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.errors import InputError, PegboardError, RowsError
from pegboard.inputs import address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

MAX_BYTES = 16 * 1024 * 1024
MAX_FIELD = 200
ZERO = "0x" + "00" * 20
_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|\Z)')
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
#: What a spreadsheet would run: a file that people open must not hold it.
_FORMULA = "=+-@"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]*", re.ASCII)
_COUNT = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True)
class Column:
    """A column: its name, and what makes a value of its text or refuses it."""

    name: str
    check: Callable[[str], Any]
    required: bool = True


class Rows:
    """One file as a stream of records; what is wrong in it gathers in `faults`."""

    def __init__(self, path: Path, most: int) -> None:
        self.name, self._path, self._most = path.name, path, most
        self.faults: list[str] = []
        self.notes: list[str] = []
        self._ends = ""
        self._lines = self._read()

    def fault(self, row: int, column: str, reason: str) -> None:
        """One fault more."""
        self.faults.append(f"row {row}{', ' + column if column else ''}: {reason}")

    def close(self) -> None:
        """Ends in the one error, if there was any fault."""
        if self.faults:
            raise RowsError(self.name, self.faults)

    def _refuse(self, reason: str) -> RowsError:
        return RowsError(self.name, [*self.faults, reason])

    def first(self, columns: Sequence[Column], header: Sequence[Column]) -> dict[str, Any]:
        """The values of the first line, bad ones left out; refuses a file that lacks it."""
        number, line = self._next(1)
        if line.split(",") == [column.name for column in header]:
            form = ",".join(column.name.upper() for column in columns)
            raise self._refuse(f"row 1: before the header, the file begins with {form}")
        fields = self._fields(number, line, columns)
        return {} if fields is None else self._values(number, fields, columns)

    def header(self, columns: Sequence[Column], number: int = 1) -> None:
        """The line of this number must name these columns, in this order."""
        wanted = [column.name for column in columns]
        _, line = self._next(number)
        found = line.split(",")
        if found == wanted:
            return
        reason = f"row {number}: the header must be exactly {','.join(wanted)}"
        separator = next((name for sign, name in _SEPARATORS.items() if sign in line), "")
        missing = [name for name in wanted if name not in found]
        unknown = [name for name in found if name not in wanted]
        if separator:
            reason += f"; {separator} stand where commas belong"
        elif unknown:
            reason += f"; unknown: {', '.join(map(_shown, unknown))}"
        elif missing:
            reason += f"; missing: {', '.join(missing)}"
        elif len(found) > len(wanted):
            reason += "; a column is named twice"
        else:
            reason += "; the order is another"
        raise self._refuse(reason)

    def _next(self, number: int) -> tuple[int, str]:
        """The line of this number; ends if there is none, or none that could be read."""
        found, line = next(self._lines, (0, ""))
        if found == number:
            return found, line
        if not found and not self.faults:
            raise self._refuse("it ends before its header")
        raise RowsError(self.name, self.faults)

    def records(self, columns: Sequence[Column]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows without a fault, each with its number and its values."""
        count = 0
        for number, line in self._lines:
            count += 1
            if count > self._most:
                raise self._refuse(f"it has more than {self._most:,} rows: split it")
            fields = self._fields(number, line, columns)
            if fields is None:
                continue
            values = self._values(number, fields, columns)
            if len(values) == len(columns):
                yield number, values
        if not count:
            raise self._refuse("it has no rows below its header")

    def _read(self) -> Iterator[tuple[int, str]]:
        try:
            if self._path.stat().st_size > MAX_BYTES:
                raise self._refuse(f"it has more than {MAX_BYTES // 2**20} MiB: split it")
            with self._path.open("rb") as file:
                empty = True
                for number, raw in enumerate(file, 1):
                    empty = False
                    line = self._decoded(number, raw)
                    if line is not None:
                        yield number, line
        except OSError as fault:
            raise self._refuse(f"it cannot be read: {fault.strerror}") from fault
        if empty:
            raise self._refuse("it is empty")

    def _decoded(self, number: int, raw: bytes) -> str | None:
        if number == 1:
            if raw.startswith(_UTF16):
                raise self._refuse("it is UTF-16: save it as CSV in UTF-8")
            if raw.startswith(_MARK):
                raw = raw.removeprefix(_MARK)
                self.notes.append("it begins with a byte order mark, which was passed over")
        end = "CRLF" if raw.endswith(b"\r\n") else "LF" if raw.endswith(b"\n") else ""
        raw = raw.removesuffix(b"\n").removesuffix(b"\r") if end == "CRLF" else raw.rstrip(b"\n")
        if end and end != (self._ends or end):
            self.fault(number, "", f"it ends in {end}, unlike the first: save the file as a whole")
            end = ""
        self._ends = self._ends or end
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as fault:
            what = f"byte 0x{raw[fault.start]:02x} after {fault.start} others"
            self.fault(number, "", f"{what} is not UTF-8: save the file as CSV in UTF-8")
            return None
        if not line:
            self.fault(number, "", "it is empty: take it out")
            return None
        if "\r" in line:
            what = "a carriage return stands where no line ends"
            self.fault(number, "", f"{what}: save the file with LF or CRLF")
            return None
        return line

    def _fields(self, number: int, line: str, columns: Sequence[Column]) -> list[str] | None:
        """The fields of a line, as many as there are columns, or None and a fault."""
        names = [column.name for column in columns]
        try:
            fields = split(line)
        except InputError as fault:
            self.fault(number, "", str(fault))
            return None
        if len(fields) != len(names):
            some = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
            self.fault(number, "", f"it has {some}, not {len(names)} ({', '.join(names)})")
            return None
        return fields

    def _values(
        self, number: int, fields: Sequence[str], columns: Sequence[Column]
    ) -> dict[str, Any]:
        values = {}
        for column, text in zip(columns, fields, strict=True):
            try:
                if column.required and not text:
                    raise InputError("it is missing")
                _check_plain(text)
                values[column.name] = column.check(text)
            except PegboardError as fault:
                self.fault(number, column.name, str(fault))
        return values


def split(line: str) -> list[str]:
    """The fields of one line; a quote stands around a whole field, and doubled within it."""
    if '"' not in line:
        return line.split(",")
    fields: list[str] = []
    at, more = 0, True
    while more:
        match = _FIELD.match(line, at)
        if match is None:
            raise InputError(
                f"the quotes from field {len(fields) + 1} on do not go together: put them around "
                "a whole field, and double those within it"
            )
        fields.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at, more = match.end(), match[3] == ","
    return fields


def _check_plain(text: str) -> None:
    """Refuses what a person who looks at the field would not see, or take for something else."""
    if len(text) > MAX_FIELD:
        raise InputError(f"it has {len(text)} characters, more than {MAX_FIELD}")
    if not text.isascii() or not text.isprintable():
        other = next(sign for sign in text if not (sign.isascii() and sign.isprintable()))
        title = unicodedata.name(other, "a control character")
        raise InputError(f"it holds U+{ord(other):04X} ({title}): only printable ASCII is taken")
    if text != text.strip(" "):
        raise InputError("it begins or ends with a space")


def name(longest: int = 35) -> Callable[[str], str]:
    """A check of identifiers that fit into ISO 20022, file names and spreadsheets."""

    def check(text: str) -> str:
        _check_formula(text)
        if not _NAME.fullmatch(text) or len(text) > longest:
            raise InputError(
                f"{_shown(text)} is not a name: 1 to {longest} of A-Z, a-z, 0-9 and . _ / : -, "
                "a letter or digit first"
            )
        return text

    return check


def text(longest: int = 140) -> Callable[[str], str]:
    """A check of words that people read."""

    def check(value: str) -> str:
        _check_formula(value)
        if len(value) > longest:
            raise InputError(f"it has {len(value)} characters, more than {longest}")
        return value

    return check


def account(text: str) -> str:
    """A check of addresses that can hold tokens."""
    if address(text) == ZERO:
        raise InputError("address zero is nobody's: what is sent there would be lost")
    return text


def count(text: str) -> int:
    """A check of whole numbers above zero."""
    if not _COUNT.fullmatch(text):
        raise InputError(f"{_shown(text)} is not a number of rows: write plain digits, such as 250")
    return int(text)


def _check_formula(text: str) -> None:
    if text.startswith(tuple(_FORMULA)):
        raise InputError(f"{_shown(text)} begins with {text[0]}, which a spreadsheet would run")


def _shown(text: str) -> str:
    """A text of a file for a message, cut where it is long; what is not ASCII is spelled out."""
    return ascii(text if len(text) <= 50 else text[:50] + "...")
