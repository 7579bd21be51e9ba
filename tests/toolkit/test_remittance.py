"""References of payments: a UETR, and the beginning of a remittance's hash.

canonical
├── given a fraction, or half a character: refuses, and says where
└── else: one way of writing, whatever the order and the spaces were

reference_for, parse_reference
├── given no UUIDv4, or another remittance's reference: refuses
└── else: 16 bytes of the UETR, then 16 of the hash, or zeros

uetr_of
└── the UETR again; nothing of what is none
"""

import hashlib
import json
import uuid

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from pegboard.errors import InputError
from pegboard.uses import remittance
from pegboard.uses.remittance import (
    canonical,
    hash_of,
    new_uetr,
    parse_reference,
    reference_for,
    uetr_of,
)

UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
INVOICE = {"number": "INV-1", "lines": [{"sku": "é", "count": 2, "gift": False, "note": None}]}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


def test_what_has_no_single_form_is_refused():
    with pytest.raises(
        InputError, match=r"the remittance, lines, item 2, price: 0.1 has no single"
    ):
        canonical({"lines": [{}, {"price": 0.1}]})
    with pytest.raises(InputError, match="half a character"):
        canonical({"name": "\ud800"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "eb6305c9", UETR.upper(), UETR.replace("-", ""), f" {UETR}", f"{UETR}\n"),
        # Of version 1, and of another variant.
        *("eb6305c9-1f7f-19de-aed0-16487c27b42d", "eb6305c9-1f7f-49de-6ed0-16487c27b42d"),
    ],
)
def test_what_is_no_uetr_is_refused(text):
    for take in (reference_for, parse_reference, remittance.parse_uetr):
        with pytest.raises(InputError, match="is not a UETR"):
            take(text)


def test_a_reference_is_of_one_remittance():
    ref = reference_for(UETR, INVOICE)
    text = f"0x{ref.hex()}"
    assert parse_reference(text) == parse_reference(text, INVOICE) == ref
    with pytest.raises(InputError, match="is the reference of another remittance: this one's ends"):
        parse_reference(text, INVOICE | {"number": "INV-2"})
    with pytest.raises(InputError, match="its first 16 bytes are no UETR"):
        parse_reference("0x" + "00" * 32)


def test_the_bytes_are_those_that_were_written_down():
    """A vector, by hand: sorted, no spaces, UTF-8."""
    text = '{"lines":[{"count":2,"gift":false,"note":null,"sku":"é"}],"number":"INV-1"}'
    assert canonical(INVOICE) == text.encode()
    assert hash_of(INVOICE) == keccak(text.encode())[:16]
    assert hash_of(INVOICE) != hashlib.sha3_256(text.encode()).digest()[:16]
    assert reference_for(UETR, INVOICE).hex() == UETR.replace("-", "") + hash_of(INVOICE).hex()
    assert reference_for(UETR).hex() == UETR.replace("-", "") + "00" * 16


@given(st.dictionaries(st.text("abc"), VALUES, max_size=4))
def test_order_and_spaces_change_nothing(value):
    spaced = json.loads(json.dumps(dict(reversed(value.items())), indent=3))
    assert canonical(spaced) == canonical(value)
    assert json.loads(canonical(value)) == value


@given(st.binary(min_size=32, max_size=32))
def test_a_uetr_is_found_again_or_is_none(word):
    found = uetr_of(word)
    is_one = word[6] >> 4 == 4 and word[8] >> 6 == 2
    assert bool(found) == is_one
    if is_one:
        assert uuid.UUID(found).bytes == word[:16]
        assert parse_reference(f"0x{word.hex()}") == word


def test_a_new_one_is_one_that_nobody_has():
    made = {new_uetr() for _ in range(50)}
    assert len(made) == 50
    assert all(uetr_of(reference_for(it)) == it for it in made)
