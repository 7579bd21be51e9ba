"""Addresses, references and times, as people type them."""

import pytest
from eth_utils import keccak

from pegboard.errors import InputError
from pegboard.inputs import address, moment, moment_text, reference, reference_text, word

RIGHT = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


def test_an_address_needs_its_checksum():
    assert address(RIGHT) == RIGHT
    for wrong in (RIGHT.lower(), RIGHT.upper().replace("0X", "0x"), RIGHT[:-1] + "7"):
        with pytest.raises(InputError, match="checksum"):
            address(wrong)


@pytest.mark.parametrize(
    "text", ["", "0x", RIGHT[2:], RIGHT + "00", RIGHT[:-1], "minter", " " + RIGHT]
)
def test_what_is_no_address(text):
    with pytest.raises(InputError, match="not an address"):
        address(text)


def test_references():
    long = "a reference that is longer than 31 characters"
    assert reference("FPS 17") == b"FPS 17".ljust(32, b"\0")
    assert reference("x" * 31) == b"x" * 31 + b"\0"
    assert reference("x" * 32) == keccak(text="x" * 32)
    assert reference(long) == keccak(text=long)
    assert reference("匯款 17") == keccak(text="匯款 17")
    assert reference("0x" + "ab" * 32) == b"\xab" * 32
    assert reference("") == bytes(32)


@pytest.mark.parametrize("text", ["0xabc", "0x" + "ab" * 31, "0x" + "zz" * 32, "0X" + "ab" * 32])
def test_a_cut_hash_is_not_taken_for_text(text):
    with pytest.raises(InputError, match="64 hexadecimal"):
        reference(text)


@pytest.mark.parametrize("text", ["", "   ", "0x" + "00" * 32])
def test_an_empty_reference_is_refused_where_one_is_required(text):
    with pytest.raises(InputError, match="--ref"):
        reference(text, required=True)


def test_references_read_back():
    assert reference_text(reference("FPS 17")) == "FPS 17"
    assert reference_text(reference("")) == ""
    assert reference_text(b"\xab" * 32) == "0x" + "ab" * 32


def test_times_are_utc_and_exact():
    assert moment("2026-01-31T09:00:00Z") == 1769850000
    assert moment_text(1769850000) == "2026-01-31T09:00:00Z"
    assert moment("2026-01-31T09:00Z") == 1769850000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T09:00:00",
        "2026-01-31T09:00:00+08:00",
        "1769850000",
        "2026-02-30T09:00:00Z",
        "2026-01-31T25:00:00Z",
        "２026-01-31T09:00:00Z",  # noqa: RUF001
    ],
)
def test_other_times_are_refused(text):
    with pytest.raises(InputError, match="UTC"):
        moment(text)


def test_hashes():
    assert word("0x" + "01" * 32) == b"\x01" * 32
    for wrong in ("0x" + "00" * 32, "0x01", "01" * 32):
        with pytest.raises(InputError, match="not a hash"):
            word(wrong)
