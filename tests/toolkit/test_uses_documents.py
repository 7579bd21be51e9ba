"""Invoices and orders as documents: read strictly, and known by their content.

read_key
├── given a file that others can read, that is too short or too long, or no file: refuses
├── given text with a line end: the line end is no part of it
└── no text of a key is ever made

read
├── given what is no JSON, a name twice, a number that loses digits, endless brackets: refuses
├── given a field that is missing, unknown or wrong: names it, and all others that are wrong
├── given amounts of other places' habits, or dates that are none, or in the future: refuses
├── given an order twice, or orders that do not add up to the invoice: refuses
├── the sample of the operations' page is such a file
└── else: the invoice with its orders

fingerprint
├── given another spelling or saving: the same
├── given another seller, buyer, number, date, amount, currency or key: another
└── is HMAC-SHA256 of a canonical text that anybody can write down

orders_root
├── given the same orders otherwise spaced: the same; given any other content: another
└── is what OpenZeppelin's trees have; each leaf has its proof
"""

import hashlib
import hmac
import json
import traceback

import pytest
from eth_abi import encode
from eth_utils import keccak

from pegboard.errors import InputError, RowsError
from pegboard.inputs import moment
from pegboard.uses import merkle, wms
from pegboard.uses.documents import FingerprintKey, identifier, normalised, read_key
from tests.support.wms import GONE, SECRET, SELLER_ID, changed, feed, key_file, order, write
from tests.support.world import ROOT, key

NOW = moment("2027-01-15T08:00:00Z")
CURRENCIES = ("HKD", "USD", "JPY", "KWD")
KEY = FingerprintKey(SECRET)


@pytest.fixture
def take(tmp_path):
    """Reads what a file would hold."""

    def act(data, now=NOW):
        return wms.read(write(tmp_path / "wms.json", data), now, CURRENCIES)

    return act


@pytest.fixture
def faults(take):
    """What is wrong with a file, all of it."""

    def act(where, value):
        with pytest.raises(RowsError) as caught:
            take(changed(feed(), where, value))
        return list(caught.value.faults)

    return act


# The key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666, 0o601])
def test_a_key_that_others_can_read(tmp_path, mode):
    path = key_file(tmp_path / "k.key", mode=mode)
    with pytest.raises(InputError, match=rf"^k.key has mode {mode:o}: chmod 600 it"):
        read_key(path)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (b"", "k.key holds 0 bytes, and a key has at least 32"),
        (b"x" * 31, "k.key holds 31 bytes"),
        (b"x" * 31 + b"\n", "k.key holds 31 bytes"),
        (b"x" * 4097, "k.key is longer than 4096 bytes"),
    ],
)
def test_no_key(tmp_path, secret, said):
    with pytest.raises(InputError, match=f"^{said}"):
        read_key(key_file(tmp_path / "k.key", secret))


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(OSError, match=r"k\.key"):
        read_key(tmp_path / "k.key")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key(tmp_path, mode):
    assert read_key(key_file(tmp_path / "k.key", mode=mode)).id == KEY.id


def test_a_line_end_is_no_part_of_a_text(tmp_path):
    plain = read_key(key_file(tmp_path / "a.key", b"5f" * 32))
    ended = read_key(key_file(tmp_path / "b.key", b"5f" * 32 + b"\r\n"))
    assert plain.id == ended.id
    # Of bytes it is one.
    assert read_key(key_file(tmp_path / "c.key", SECRET + b"\n")).id != KEY.id


def test_a_key_is_never_told(tmp_path, take):
    secret = b"the-secret-of-all-users-of-it-42"
    found = read_key(key_file(tmp_path / "k.key", secret))
    told = f"{found} {found!r} {found.id} {take(feed())!r}"
    with pytest.raises(InputError) as caught:
        read_key(key_file(tmp_path / "s.key", secret[:31]))
    told += "".join(traceback.format_exception(caught.value))
    assert "secret-of-all" not in told
    assert secret.hex()[:16] not in told
    assert len(found.id) == 16


# Reading


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        ('{"seller": 1, "seller": 2}', "'seller' is in it twice"),
        ('{"amount": 2500000.00}', "2500000.00 is a number that loses digits: write amounts as"),
        ('{"amount": 1e6}', "1e6 is a number that loses digits"),
        ('{"amount": NaN}', "NaN is a number that loses digits"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_no_file(tmp_path, text, said):
    path = tmp_path / "wms.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        wms.read(path, NOW, CURRENCIES)
    assert said in str(caught.value)
    assert "wms.json" in str(caught.value)


def test_what_is_not_text(tmp_path):
    path = tmp_path / "wms.json"
    path.write_bytes(b'{"seller": "\xff"}')
    with pytest.raises(InputError, match=r"nothing of wms\.json was taken: it is no JSON"):
        wms.read(path, NOW, CURRENCIES)


@pytest.mark.parametrize("data", [[], 1, None, "seller"])
def test_what_is_no_object(take, data):
    with pytest.raises(RowsError, match="must be an object with seller, buyer, invoice, orders"):
        take(data)


PATHS = [
    *("seller", "buyer", "invoice", "orders", "seller.id", "seller.account", "buyer.id"),
    *("buyer.account", "invoice.number", "invoice.issueDate", "invoice.dueDate"),
    *("invoice.amount", "invoice.currency"),
]
ORDER_FIELDS = ["orderNo", "warehouse", "lines", "outboundAt", "carrier", "tracking"]


@pytest.mark.parametrize("where", PATHS)
def test_what_is_missing(faults, where):
    assert faults(where, GONE) == [f"{where}: is missing"]


@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("value", [None, 7, True, []])
def test_what_is_no_text(faults, where, value):
    [fault] = faults(where, value)
    assert fault.startswith(f"{where}: must be ")


@pytest.mark.parametrize("name", [*ORDER_FIELDS, "declaredValue"])
def test_what_an_order_lacks(faults, name):
    assert faults(f"orders.1.{name}", GONE) == [f"orders 2.{name}: is missing"]
    [fault] = faults(f"orders.1.{name}", 7)
    assert fault.startswith(f"orders 2.{name}: must be ")


@pytest.mark.parametrize("where", ["consignee", "buyer.name", "invoice.remarks", "orders.0.phone"])
def test_what_nobody_asked_for(faults, where):
    """Whatever else a warehouse knows, people's names among it, is not hashed."""
    [fault] = faults(where, "somebody")
    named = where.replace("orders.0", "orders 1")
    assert fault == (
        f"{named}: is not asked for: leave it out, since nothing personal may be hashed"
    )


@pytest.mark.parametrize(
    "amount",
    [
        *("3,000.00", "3.000,00", "3 000.00", "3'000.00", "3000,00", "+3000.00", "-3000.00", "3e3"),
        *("٣٠٠٠", "HKD 3000", "3000.", ".5", "", "03000.00", "3000.000", "3000.00 "),
    ],
)
@pytest.mark.parametrize("where", ["invoice.amount", "orders.0.declaredValue"])
def test_amounts_of_other_habits(faults, amount, where):
    [fault] = faults(where, amount)
    assert fault.startswith(where.replace("orders.0", "orders 1") + ": ")
    assert "is not an amount" in fault or "decimal places" in fault


@pytest.mark.parametrize("where", ["invoice.amount", "orders.0.declaredValue"])
def test_nothing_is_no_amount(faults, where):
    assert faults(where, "0.00") == [f"{where.replace('orders.0', 'orders 1')}: is zero"]


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("invoice.issueDate", "10.01.2027", "is not a day: write it as 2026-01-31"),
        ("invoice.issueDate", "2027-02-30", "is not a day"),
        ("invoice.issueDate", "2027-01-17", "2027-01-17 is in the future"),
        ("invoice.dueDate", "2027-01-09", "is before the date of issue"),
        ("invoice.dueDate", "11/03/2027", "is not a day"),
        ("invoice.currency", "EUR", "'EUR' is not declared; there is HKD, USD, JPY, KWD"),
        ("invoice.currency", "hkd", "'hkd' is not declared"),
        ("invoice.number", "", "is empty or longer than 64 characters"),
        ("invoice.number", "--- / ---", "is empty"),
        ("invoice.number", "1" * 65, "is empty or longer than 64"),
        ("invoice.number", "INV-\u0410-1", "has characters that look like others"),
        ("invoice.number", "INV\u200b1", "has characters that look like others"),
        ("seller.id", SELLER_ID[:-1] + "2", "is no LEI: its check digits are wrong"),
        ("seller.account", "0x" + "11" * 19, "is not an address"),
        ("seller.account", key(37).address.lower(), "wrong checksum"),
        ("orders", [], "must be a list of 1 to 10,000 orders"),
        ("orders", {}, "must be a list of 1 to 10,000 orders"),
        ("orders.0", [], "orders 1: must be an object with orderNo"),
        ("orders.0.outboundAt", "2027-01-15T08:00:01Z", "is in the future: only what has left"),
        ("orders.0.outboundAt", "2027-01-09T10:00:00+01:00", "is not a time"),
        ("orders.0.lines", [], "must be a list of 1 to 1,000 lines"),
        ("orders.0.lines.0.quantity", 0, "lines 1.quantity: must be a whole number above zero"),
        ("orders.0.lines.0.quantity", True, "must be a whole number above zero"),
        ("orders.0.lines.0.quantity", "40", "must be a whole number above zero"),
        ("orders.0.lines.0.quantity", GONE, "lines 1.quantity: is missing"),
        ("orders.0.lines.0.sku", "A\tB", "must be 1 to 64 printable characters"),
        ("orders.0.warehouse", " ", "must be 1 to 64 printable characters"),
        ("orders.0.carrier", "x" * 65, "must be 1 to 64 printable characters"),
    ],
)
def test_what_is_wrong(faults, where, value, said):
    [fault] = faults(where, value)
    assert said in fault
    assert fault.startswith(where.split(".")[0])


def test_nobody_owes_itself(faults):
    assert faults("buyer.id", SELLER_ID) == ["buyer: is the seller: nobody owes itself"]
    assert faults("buyer.account", key(37).address) == ["buyer: is the seller: nobody owes itself"]


def test_an_order_twice(faults):
    """However its number is spelt."""
    assert faults("orders.2.orderNo", "so 0001") == ["orders 3.orderNo: SO0001 is there twice"]


def test_orders_that_do_not_add_up(faults):
    assert faults("invoice.amount", "3000.01") == [
        "orders: their declared values add up to 3000.00, and the invoice is of 3000.01"
    ]


def test_all_that_is_wrong_is_told_at_once(take):
    data = changed(feed(), "invoice.amount", "3.000,00")
    data = changed(data, "orders.1.outboundAt", "tomorrow")
    data = changed(changed(data, "buyer.id", GONE), "note", "x")
    with pytest.raises(RowsError) as caught:
        take(data)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        *("note", "buyer.id", "invoice.amount", "orders 2.outboundAt")
    ]


def test_a_date_counts_where_the_day_has_begun_somewhere(take):
    """At 10:00 UTC the next day begins at UTC+14."""
    at = moment("2027-01-15T10:00:00Z")
    data = changed(feed(), "invoice.issueDate", "2027-01-16")
    assert take(data, now=at).issued == 20_834
    with pytest.raises(RowsError, match="2027-01-16 is in the future"):
        take(data, now=at - 1)


def test_an_invoice(take):
    found = take(feed())
    assert (found.seller.id, found.buyer.id) == (SELLER_ID, "HKBR12345678")
    assert (found.number, found.amount, found.currency) == ("INV2027001", 300_000, "HKD")
    assert found.due - found.issued == 60
    assert found.face(6) == 3_000_000_000
    assert found.order_keys() == [f"{SELLER_ID}/SO000{n}" for n in (1, 2, 3)]
    assert [one.value for one in found.orders] == [100_000] * 3
    assert json.loads(found.orders[0].canonical) == order(1, orderNo="SO0001")


def test_the_sample_of_the_page():
    """Three thousand dollars of one order, with the accounts that `trade.md` acts for."""
    found = wms.read(ROOT / "docs" / "operations" / "sample-outbound.json", NOW, CURRENCIES)
    parties = (found.seller.account, found.buyer.account)
    assert parties == (key(37).address, key(38).address)
    assert (found.number, found.amount, found.currency) == ("INV2026001", 300_000, "HKD")
    assert found.order_keys() == [f"{SELLER_ID}/SO0001"]


@pytest.mark.parametrize(
    ("currency", "amount", "minor"), [("JPY", "3000", 3_000), ("KWD", "3000.125", 3_000_125)]
)
def test_minor_units_are_the_currencys(take, currency, amount, minor):
    data = changed(feed(orders=1), "invoice.currency", currency)
    data = changed(data, "invoice.amount", amount)
    found = take(changed(data, "orders.0.declaredValue", amount))
    assert found.amount == minor


def test_a_yen_has_no_parts(take):
    data = changed(feed(orders=1), "invoice.currency", "JPY")
    with pytest.raises(RowsError, match="has 2 decimal places, the token has 0"):
        take(data)


# The fingerprint


def test_the_fingerprint_is_what_anybody_can_compute(take):
    """With any other program, such as `openssl dgst -sha256 -mac HMAC`, of this very text."""
    text = (
        '["pegboard-invoice/1","00TESTSELLER00000031","HKBR12345678","INV2027001","2027-01-10",'
        '"300000","HKD"]'
    )
    found = take(feed())
    assert found.canonical == text.encode()
    assert found.fingerprint(KEY) == hmac.new(SECRET, text.encode(), hashlib.sha256).digest()
    assert found.fingerprint(KEY).hex() == (
        "6c07cae38ef4b5d6065ad6429f4322b029cd12162804287c9cd3d91544fcd253"
    )


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("invoice.number", "inv-2027/001"),
        ("invoice.number", " INV 2027 001 "),
        ("invoice.number", "Inv.2027_001"),
        ("invoice.number", "\uff29\uff2e\uff36-2027/001"),
        ("seller.id", SELLER_ID.lower()),
        ("buyer.id", "hk-br: 1234 5678"),
        ("invoice.dueDate", "2027-04-10"),
        ("invoice.amount", "3000"),
        ("invoice.amount", "3000.0"),
    ],
)
def test_another_spelling_is_the_same_invoice(take, where, value):
    assert take(changed(feed(), where, value)).fingerprint(KEY) == take(feed()).fingerprint(KEY)


def test_another_saving_is_the_same_invoice(tmp_path, take):
    path = tmp_path / "again.json"
    data = {name: feed()[name] for name in ("orders", "invoice", "buyer", "seller")}
    path.write_text(json.dumps(data, indent=3), encoding="utf-8")
    again, first = wms.read(path, NOW + 86_400, CURRENCIES), take(feed())
    assert again.fingerprint(KEY) == first.fingerprint(KEY)
    assert again.orders_root == first.orders_root


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("invoice.number", "INV-2027/002"),
        ("seller.id", "HK-BR 777"),
        ("buyer.id", "HK-BR 12345679"),
        ("invoice.issueDate", "2027-01-11"),
        ("invoice.currency", "USD"),
    ],
)
def test_another_invoice(take, where, value):
    assert take(changed(feed(), where, value)).fingerprint(KEY) != take(feed()).fingerprint(KEY)


def test_another_amount_or_key(take):
    found = take(feed())
    assert take(feed(orders=2)).fingerprint(KEY) != found.fingerprint(KEY)
    assert found.fingerprint(FingerprintKey(SECRET[::-1])) != found.fingerprint(KEY)


def test_parts_do_not_run_into_one_another(take):
    """AB and C are not A and BC."""
    one = changed(changed(feed(), "seller.id", "AB"), "buyer.id", "C")
    other = changed(changed(feed(), "seller.id", "A"), "buyer.id", "BC")
    assert take(one).fingerprint(KEY) != take(other).fingerprint(KEY)


def test_identifiers():
    assert normalised("a-1/b") == "A1B"
    assert identifier("hk-br 1") == "HKBR1"
    assert identifier(SELLER_ID) == SELLER_ID
    for digit in range(18):
        other = "Z" if SELLER_ID[digit] != "Z" else "Y"
        with pytest.raises(InputError, match="no LEI"):
            identifier(SELLER_ID[:digit] + other + SELLER_ID[digit + 1 :])


# The root of the orders

#: What OpenZeppelin's own page shows: two leaves of (address, uint256), and their root.
PUBLISHED = [
    ("0x1111111111111111111111111111111111111111", 5_000_000_000_000_000_000),
    ("0x2222222222222222222222222222222222222222", 2_500_000_000_000_000_000),
]
PUBLISHED_ROOT = "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


def test_a_root_that_openzeppelin_published():
    leaves = [merkle.leaf(["address", "uint256"], values) for values in PUBLISHED]
    assert merkle.root(leaves).hex() == PUBLISHED_ROOT
    assert merkle.root(leaves[::-1]).hex() == PUBLISHED_ROOT


def test_a_tree_of_three_by_hand():
    """The last two of the sorted leaves reversed are paired first."""
    low, mid, high = sorted(merkle.leaf(["uint256"], [n]) for n in range(3))
    inner = keccak(low + mid)
    assert merkle.root([high, low, mid]) == keccak(min(inner, high) + max(inner, high))


def test_nothing_has_no_root():
    with pytest.raises(ValueError, match="needs a leaf"):
        merkle.root([])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 50])
def test_every_order_has_its_proof(take, count):
    found = take(feed(orders=count))
    leaves = [one.leaf for one in found.orders]
    for one in found.orders:
        assert one.leaf == keccak(keccak(encode(["string"], [one.canonical])))
        path = merkle.proof(leaves, one.leaf)
        assert len(path) <= count.bit_length()
        assert merkle.proves(one.leaf, path, found.orders_root)
        assert not merkle.proves(keccak(one.leaf), path, found.orders_root)
    stranger = merkle.leaf(["string"], ["{}"])
    assert not merkle.proves(stranger, merkle.proof(leaves, leaves[0]), found.orders_root)
    with pytest.raises(ValueError, match="is not in list"):
        merkle.proof(leaves, stranger)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("orders.0.warehouse", " Rotterdam  2 "),
        ("orders.0.declaredValue", "1000"),
        ("orders.0.outboundAt", "2027-01-09T10:00Z"),
        ("orders.0.orderNo", "so 0001"),
        ("invoice.number", "INV-2027/002"),
    ],
)
def test_the_same_orders_have_the_same_root(take, where, value):
    assert take(changed(feed(), where, value)).orders_root == take(feed()).orders_root


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("orders.0.warehouse", "Rotterdam 3"),
        ("orders.0.orderNo", "SO-0009"),
        ("orders.0.lines.0.quantity", 41),
        ("orders.0.lines.1.sku", "CABLE-3"),
        ("orders.0.outboundAt", "2027-01-09T10:00:01Z"),
        ("orders.0.carrier", "Road 5"),
        ("orders.0.tracking", "R4-9"),
    ],
)
def test_other_orders_have_another_root(take, where, value):
    assert take(changed(feed(), where, value)).orders_root != take(feed()).orders_root


def test_the_order_of_orders_does_not_matter(take):
    data = feed()
    data["orders"].reverse()
    assert take(data).orders_root == take(feed()).orders_root
