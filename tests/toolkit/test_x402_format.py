"""The wire format of signed payments; tests/integration/test_x402.py holds it against x402 itself.

parse, decode_header
├── given another version, scheme, method or network, or what is missing or malformed: says which
├── given text that would overrun a parser: refuses
└── else: what was written, whatever else a client adds

meets
└── only what was asked for: chain, token, amount and payee
"""

import base64
import json
from dataclasses import replace

import pytest

from pegboard.errors import InputError
from pegboard.signing import Authorization
from pegboard.uses import x402
from pegboard.uses.x402 import Requirements, SignedPayment

TOKEN, PAYER, PAYEE = (
    "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
)
WANTED = Requirements(8453, TOKEN, 1_250_000, PAYEE, 60, "Pegboard HKD")
PAID = Authorization(PAYER, PAYEE, 1_250_000, 0, 1_800_000_000, b"\x11" * 32)
FILE = SignedPayment(WANTED, PAID, b"\x22" * 65, {"url": "https://shop.example/report"})
GONE = object()


def changed(*path, to):
    """The JSON with one value changed, or taken out."""
    data = json.loads(json.dumps(FILE.as_json()))
    place = data
    for name in path[:-1]:
        place = place[name]
    if to is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return json.dumps(data).encode()


A, P, S = ("accepted",), ("payload",), ("payload", "authorization")


@pytest.mark.parametrize(
    ("path", "to", "told"),
    [
        (("x402Version",), 1, "x402Version is 1, and 2 is taken"),
        (("x402Version",), GONE, "x402Version is None, and 2 is taken"),
        (A, GONE, "accepted is missing"),
        (A, [], "accepted is no object with names and values"),
        (P, GONE, "payload is missing"),
        ((*P, "authorization"), GONE, "payload holds no authorization: only transfers by ERC-3009"),
        ((*A, "scheme"), "upto", "its scheme is 'upto' by 'eip3009', and 'exact' by 'eip3009'"),
        ((*A, "extra", "assetTransferMethod"), "permit2", "its scheme is 'exact' by 'permit2'"),
        ((*A, "network"), "base", "network is 'base', not such as eip155:1"),
        ((*A, "network"), "eip155:0", "network is 'eip155:0', not such as eip155:1"),
        ((*A, "network"), 8453, "network is '8453', not text"),
        ((*A, "maxTimeoutSeconds"), "60", "maxTimeoutSeconds is '60', not a number of seconds"),
        ((*A, "maxTimeoutSeconds"), True, "maxTimeoutSeconds is True, not a number of seconds"),
        ((*A, "extra", "name"), GONE, "name is missing"),
        ((*A, "extra", "version"), 1, "version is '1', not text"),
        ((*A, "amount"), 1_250_000, "amount is '1250000', not a whole number as text"),
        ((*A, "amount"), "1.25", "amount is '1.25', not a whole number as text"),
        ((*A, "amount"), "-1", "amount is '-1', not a whole number as text"),
        ((*A, "payTo"), "0x12", "payTo is '0x12', not an address"),
        ((*S, "to"), PAYEE.replace("C", "c", 1), "has a wrong checksum"),
        ((*S, "value"), str(2**256), "value is more than 2^256 - 1"),
        ((*S, "validBefore"), GONE, "validBefore is missing"),
        ((*S, "validAfter"), "٣", "validAfter is '٣', not a whole number as text"),
        ((*S, "nonce"), "0x11", "nonce is '0x11', not 0x and 64 hex digits"),
        ((*P, "signature"), "0x", "signature is '0x', not 0x and the bytes in hex"),
        ((*P, "signature"), "0x123", "signature is '0x123', not 0x and the bytes in hex"),
        (("resource",), "here", "resource is no object with names and values"),
    ],
)
def test_what_is_wrong_is_said(path, to, told):
    with pytest.raises(InputError) as refused:
        x402.parse(changed(*path, to=to), "it.json")
    assert str(refused.value).startswith("it.json is no signed payment: ")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is no JSON in UTF-8"),
        (b"\xff", "it is no JSON in UTF-8"),
        (b"null", "it is no object with names and values"),
        (b"[" * 60_000, "it is nested more than 32 deep"),
        (b'{"a":' * 12_000, "it is nested more than 32 deep"),
        (b'"' + b"\\" * 60_000, "it is no JSON in UTF-8"),
        (b"9" * 60_000, "it is no JSON in UTF-8"),
        (b" " * 65_537, "it is longer than 65,536 bytes"),
        (b'{"x402Version": 2, "x402Version": 2}', "'x402Version' is in it twice"),
        (b'{"x402Version": Infinity}', "Infinity is no value of JSON"),
    ],
)
def test_text_that_is_none_of_it(data, told):
    with pytest.raises(InputError) as refused:
        x402.parse(data, "it.json")
    assert str(refused.value) == f"it.json is no signed payment: {told}"


def test_a_header_that_is_none():
    for text, told in (("@@", "it is no base64"), ("e30=", "x402Version is None, and 2 is taken")):
        with pytest.raises(InputError) as refused:
            x402.decode_header(text)
        assert str(refused.value) == (f"the header PAYMENT-SIGNATURE is no signed payment: {told}")


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "it.json"
    path.write_text(json.dumps(FILE.as_json()))
    assert x402.read(path) == FILE
    assert x402.decode_header(x402.encode_header(FILE.as_json())) == FILE
    assert json.loads(base64.b64decode(x402.encode_header({"a": "é"}))) == {"a": "é"}


def test_what_clients_write_otherwise_is_taken():
    """Small letters, no method, and things of their own."""
    for path, to in (
        ((*S, "to"), PAYEE.lower()),
        ((*A, "asset"), TOKEN.lower()),
        ((*A, "extra", "assetTransferMethod"), GONE),
        ((*A, "extra", "more"), 1),
        (("extensions",), {"bazaar": {}}),
    ):
        assert x402.parse(changed(*path, to=to), "it.json") == FILE
    assert x402.parse(changed("resource", to=None), "it.json") == replace(FILE, resource={})


def test_only_what_was_asked_for_meets():
    assert FILE.meets(WANTED)
    assert FILE.meets(replace(WANTED, timeout=1))
    for other in (
        replace(WANTED, chain_id=1),
        replace(WANTED, asset=PAYER),
        replace(WANTED, amount=1_250_001),
        replace(WANTED, pay_to=PAYER),
    ):
        assert not FILE.meets(other)
