"""Proposals to a Safe, as files.

read
├── given a file that is none, holds more, less or a key twice, or what cannot be: refuses
├── given one byte changed in any field: refuses
│   └── and with the hash put right: every signature refuses
└── else: all that was written

merge, collect
├── given a signature of another proposal, of another key, or a changed one: refuses
└── else: every owner's once, from files beside it or from elsewhere

place
├── given a proposal of the same that waits: its own number and file
└── else: the number after all that wait, other Safes and used numbers aside
"""

import json
from dataclasses import replace

import pytest

from pegboard.errors import InputError
from pegboard.safes import proposals
from pegboard.safes.proposals import Proposal
from pegboard.safes.safe import SafeTx
from tests.support.safes import signed
from tests.support.world import key

ONE, TWO = key(70), key(71)
SAFE, OTHER, TOKEN = (key(n).address for n in (80, 81, 82))
TX = SafeTx(31337, SAFE, 3, TOKEN, 10**18, bytes.fromhex("a9059cbb0102"), 0)
#: Every field of a proposal with another value of the right form.
CHANGED = {
    "schema": "pegboard-safe/2",
    "chainId": 31338,
    "safe": OTHER,
    "nonce": 4,
    "to": OTHER,
    "value": "1000000000000000001",
    "data": "0xa9059cbb0103",
    "operation": 1,
    "safeTxGas": 1,
    "baseGas": 1,
    "gasPrice": 1,
    "gasToken": OTHER,
    "refundReceiver": OTHER,
    "safeTxHash": "0x" + "11" * 32,
}


@pytest.fixture
def path(tmp_path):
    """A proposal that one owner has signed."""
    found = tmp_path / "31337" / "3-x.json"
    proposals.write(found, proposals.as_file(Proposal(TX, signed(TX, ONE))))
    return found


@pytest.fixture
def data(path):
    return json.loads(path.read_text())


def rewritten(path, data):
    path.write_text(json.dumps(data))
    return path


def beside(path, owner, tx=TX, changes=None):
    """The file of an owner's signature."""
    made = signed(tx, owner)[owner.address]
    found = proposals.signature_path(path, owner.address)
    proposals.write(found, proposals.signature_as_file(tx, owner.address, made) | (changes or {}))
    return found


# Reading


def test_what_was_written_is_read(path):
    found = proposals.read(path)
    assert found == Proposal(TX, signed(TX, ONE))
    assert set(json.loads(path.read_text())) == {*CHANGED, "signatures"}


@pytest.mark.req("HK-11")
@pytest.mark.parametrize("field", CHANGED)
def test_a_changed_field_is_refused(path, data, field):
    assert data[field] != CHANGED[field]
    rewritten(path, data | {field: CHANGED[field]})
    with pytest.raises(InputError, match=r"^3-x\.json: it (states the hash|is no proposal)"):
        proposals.read(path)


@pytest.mark.req("HK-11")
@pytest.mark.parametrize("field", [f for f in CHANGED if f not in ("schema", "safeTxHash")])
def test_a_changed_field_with_the_hash_put_right_voids_every_signature(path, data, field):
    """Who changes a proposal can compute its hash, and has no owner's signature over it."""
    changed = data | {field: CHANGED[field], "signatures": {}}
    with pytest.raises(InputError) as caught:
        proposals.read(rewritten(path, changed))
    changed["safeTxHash"] = str(caught.value).split("has the hash ")[1][:66]
    assert proposals.read(rewritten(path, changed)).tx != TX
    with pytest.raises(InputError, match=f"the signature of {ONE.address} is not by that key"):
        proposals.read(rewritten(path, changed | {"signatures": data["signatures"]}))


def test_one_bit_of_the_data_is_enough(path, data):
    for at in range(len(TX.data)):
        flipped = bytearray(TX.data)
        flipped[at] ^= 1
        with pytest.raises(InputError, match="something was changed, so it is not used"):
            proposals.read(rewritten(path, data | {"data": "0x" + flipped.hex()}))


@pytest.mark.parametrize("field", [*CHANGED, "signatures"])
def test_a_missing_field_is_refused(path, data, field):
    del data[field]
    with pytest.raises(InputError, match="it is no proposal of a Safe; make it with"):
        proposals.read(rewritten(path, data))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("nonce", "3", "is no number"),
        ("nonce", True, "is no number"),
        ("nonce", -1, "is no number"),
        ("chainId", 1.5, "is no number"),
        ("value", 5, "is no amount"),
        ("value", "-1", "is no amount"),
        ("value", "1e18", "no proposal"),
        ("value", "01", "is no amount"),
        ("value", "\u0665", "is no amount"),
        ("value", str(2**256), "is no amount"),
        ("value", "1_0", "is no amount"),
        ("to", TOKEN.lower(), "wrong checksum"),
        ("to", "treasury", "is not an address"),
        ("to", None, "no proposal"),
        ("data", "a9059cbb", "not written as 0x"),
        ("data", "0xA9059CBB0102", "not written as 0x"),
        ("data", "0xa9 059cbb0102", "not written as 0x"),
        ("data", "0xa9059cbb010", "no proposal"),
        ("signatures", [], "no proposal"),
        ("signatures", {"owner": "0x"}, "is not an address"),
        ("signatures", {ONE.address: "0x00"}, "holds no signature of a key"),
    ],
)
def test_what_cannot_be_is_refused(path, data, field, value, said):
    with pytest.raises(InputError, match=f"^3-x.json: .*{said}"):
        proposals.read(rewritten(path, data | {field: value}))


def test_what_is_no_proposal_is_refused(path, data):
    path.write_text(json.dumps(data)[:-1] + ', "to": "' + OTHER + '"}')
    with pytest.raises(InputError, match="it is no proposal of a Safe"):
        proposals.read(path)
    with pytest.raises(InputError, match="it is no proposal of a Safe"):
        proposals.read(rewritten(path, data | {"text": "mint nothing"}))
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match="it is no proposal of a Safe"):
        proposals.read(path)
    for text in ("", "[]", "{}", "null", "\0", "[" * 100_000, '{"a":' * 100_000, '{"schema": "x"}'):
        path.write_text(text)
        with pytest.raises(InputError, match="it is no proposal of a Safe"):
            proposals.read(path)
    path.write_text(" " * (2**21 + 1))
    with pytest.raises(InputError, match="it is too long"):
        proposals.read(path)
    with pytest.raises(InputError, match="No such file"):
        proposals.read(path.with_name("none.json"))


# Signatures


@pytest.mark.req("HK-11")
def test_signatures_beside_a_proposal_are_found(path):
    beside(path, TWO)
    assert proposals.collect(path) == Proposal(TX, signed(TX, ONE, TWO))
    assert proposals.read(path) == Proposal(TX, signed(TX, ONE))


@pytest.mark.req("HK-11")
def test_files_of_several_machines_are_merged(path, tmp_path):
    elsewhere = tmp_path / "machine" / "3-x.json"
    proposals.write(elsewhere, proposals.as_file(Proposal(TX, signed(TX, TWO))))
    alone = beside(tmp_path / "stick.json", TWO)
    for other in (elsewhere, alone):
        merged = proposals.merge(proposals.read(path), [other, other, path])
        assert merged == Proposal(TX, signed(TX, ONE, TWO))
    written = proposals.as_file(Proposal(TX, signed(TX, TWO, ONE)))
    order = sorted((ONE.address, TWO.address), key=lambda a: int(a, 16))
    assert list(written["signatures"]) == order


def test_signatures_of_another_proposal_are_refused(path, tmp_path):
    other = replace(TX, nonce=4)
    alone = beside(tmp_path / "stick.json", TWO, other)
    with pytest.raises(InputError, match="it is a signature of another proposal: leave it out"):
        proposals.merge(proposals.read(path), [alone])
    whole = tmp_path / "4-x.json"
    proposals.write(whole, proposals.as_file(Proposal(other)))
    with pytest.raises(InputError, match=r"^4-x\.json: it is another proposal"):
        proposals.merge(proposals.read(path), [whole])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "other"}, "no signature of a Safe's owner"),
        ({"chainId": 1}, "of another proposal"),
        ({"safe": OTHER}, "of another proposal"),
        ({"nonce": 4}, "of another proposal"),
        ({"safeTxHash": "0x" + "11" * 32}, "of another proposal"),
        ({"owner": ONE.address}, "is not by that key over these very bytes"),
        ({"owner": "me"}, "is not an address"),
        ({"signature": "0x" + "11" * 64 + "1b"}, "is not by that key|no valid"),
        ({"signature": "0x" + "ff" * 64 + "1b"}, "second form"),
        ({"signature": 7}, "no signature of a Safe's owner"),
        ({"more": 1}, "no signature of a Safe's owner"),
    ],
)
def test_a_signature_that_is_none_is_refused(path, changes, said):
    """A changed field of the file of one owner's signature."""
    beside(path, TWO, changes=changes)
    with pytest.raises(InputError, match=f"^3-x.{TWO.address}.json: .*({said})"):
        proposals.collect(path)


def test_nobody_signs_for_another(path):
    made = signed(TX, ONE)[ONE.address]
    with pytest.raises(InputError, match=f"the signature of {TWO.address} is not by that key"):
        proposals.read(path).signed(TWO.address, made)


# Places


def test_the_number_after_all_that_wait(tmp_path):
    def put(tx):
        numbered, path = proposals.place(tmp_path, tx, 3)
        proposals.write(path, proposals.as_file(Proposal(numbered)))
        return numbered.nonce

    unnumbered = replace(TX, nonce=0)
    assert put(unnumbered) == 3
    assert put(replace(unnumbered, data=b"")) == 4
    assert put(unnumbered) == 3
    assert put(replace(unnumbered, safe=OTHER)) == 3
    assert put(replace(unnumbered, value=7)) == 5
    again, path = proposals.place(tmp_path, replace(unnumbered, data=b""), 5)
    assert again.nonce == 6
    assert path == tmp_path / "31337" / f"6-{again.hash.hex()[:8]}.json"


def test_a_signature_beside_is_no_proposal(tmp_path):
    first, path = proposals.place(tmp_path, TX, 3)
    proposals.write(path, proposals.as_file(Proposal(first)))
    beside(path, TWO, first)
    assert proposals.place(tmp_path, TX, 3) == (first, path)


def test_a_file_that_is_none_stops_the_numbering(tmp_path):
    (tmp_path / "31337").mkdir()
    (tmp_path / "31337" / "9-y.json").write_text("{}")
    with pytest.raises(InputError, match=r"^9-y\.json: it is no proposal of a Safe"):
        proposals.place(tmp_path, TX, 3)
