"""`bench` on a real node: its gas is of receipts, its sums are of its options."""

from decimal import Decimal
from xml.etree import ElementTree as Xml

import pytest

from tests.integration.conftest import Console


def test_what_a_payment_abroad_costs(tmp_path):
    """On an empty chain it settles its own payments, and reads their receipts."""
    path = tmp_path / "remit.svg"
    console = Console(tmp_path)
    options = ("--amount", "5000", "--gas-gwei", "2", "--eth-usd", "3000", "--ramp-bps", "7")
    answer = console.run("bench", "remit", *options, "-o", str(path), "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    assert found["receipts"] == 4
    assert 100_000 < int(found["gas"]) < 250_000
    network = Decimal(found["gas"]) * 2 / 10**9 * 3000
    assert Decimal(found["networkUsd"]) == network
    assert Decimal(found["totalUsd"]) == network + Decimal(5000) * (2 * 7 + 5) / 10_000
    assert Decimal(found["bankUsd"]) == 80
    assert Xml.parse(path).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("option", "text", "reason"),
    [
        ("--amount", "0", "--amount '0' must be a plain number above zero"),
        ("--gas-gwei", "1e3", "--gas-gwei '1e3' must be a plain number"),
        ("--bank-pct", "1,6", "--bank-pct '1,6' must be a plain number above zero"),
    ],
)
def test_a_figure_that_is_none_is_refused(tmp_path, option, text, reason):
    answer = Console(tmp_path).run("bench", "remit", option, text)
    assert answer.code == 1
    assert reason in answer.err
