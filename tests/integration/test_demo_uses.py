"""The uses at work: the story checks itself, and its figures are reckoned here anew."""

import re
from decimal import Decimal

from tests.integration.conftest import Console


def money(amount, code="HKD"):
    return f"{amount:,.2f} {code}"


def balances(told, who, code):
    """What the story says that somebody had before and after, chapter by chapter."""
    row = rf"^ +{who} +([\d,.]+) {code} before +([\d,.]+) {code} after$"
    found = re.findall(row, told, re.MULTILINE)
    return [tuple(Decimal(text.replace(",", "")) for text in pair) for pair in found]


def test_the_uses_keep_their_promises(tmp_path):
    answer = Console(tmp_path).run("demo", "uses", "--json")
    assert answer.code == 0, answer.err
    told = answer.err
    assert answer.json["refusals"] == [
        *("NonceSpent", "RateOutOfBand", "BlacklistedAccount", "RateStale"),
        "BlacklistedAccount",
        *("WrongDocStatus", "WrongDocStatus"),
        "EnvelopeEmpty",
        "ERC20InsufficientBalance",
    ]
    paid = Decimal("780234.00")
    assert balances(told, "importer", "HKD") == [(2_000_000, 2_000_000 - paid)]
    assert balances(told, "supplier", "USD") == [(0, 100_000)]
    # A thousand rows of 1,000.00, each a cent more than the one before, less three.
    rows = [Decimal(1_000) + Decimal(n) / 100 for n in range(1_000)]
    suppliers = sum(row for n, row in enumerate(rows) if n not in (100, 500, 900))
    dealer = balances(told, "dealer", "USD")
    assert dealer == [(5_000_000, 4_900_000), (4_900_000, 4_900_000 - suppliers)]
    assert "997 paid, 3 skipped" in told
    # 200 orders of 100.00: 150 whole, 50 by half, 2.5 % fee; every tenth is the grocer's.
    sold = 150 * 100 + 50 * 50
    assert balances(told, "shopper", "HKD") == [(500_000, 500_000 - sold + 12 * 100)]
    assert balances(told, "provider", "HKD") == [(0, sold * Decimal("0.025"))]
    assert balances(told, "grocer", "HKD") == [(0, 0)]
    grocer = (10 * 100 + 10 * 50) * Decimal("0.975")
    merchant = sold * Decimal("0.975") - grocer - 12 * 100
    assert balances(told, "merchant", "HKD") == [(50_000, 50_000 + merchant)]
    assert f"{money(grocer)} waits for it" in told
    # 2,500,000 at 80 %, 0.6 % and five days of 5 basis points.
    advance = Decimal(2_000_000)
    due = advance * (1 + Decimal("0.006") + 5 * Decimal("0.0005"))
    assert balances(told, "financier", "HKD") == [
        (2_500_000, 500_000),
        (500_000, 2_500_000 - advance + due),
    ]
    assert balances(told, "buyer", "HKD") == [(3_000_000, 3_000_000), (3_000_000, 500_000)]
    assert balances(told, "seller", "HKD") == [
        *((0, advance), (advance, advance)),
        (advance, advance + 2_500_000 - due),
    ]
    assert balances(told, "giver", "HKD") == [(1_000, 1_000 - 888)]
    assert balances(told, "investor", "USD") == [(250_000, 149_500)]
    assert balances(told, "investor", "MMF") == [(0, 1_000)]
    assert balances(told, "fund", "USD") == [(0, 100_500)]
    assert len(re.findall(r"took [\d.]+ s here, [\d,]+ blocks, [\d,]+ gas", told)) == 8
    assert "8 steps, 9 refusals as they must be" in told
    supplies = {code: c["supply"]["amount"] for code, c in answer.json["currencies"].items()}
    assert supplies == {"HKD": "10551000.00", "USD": "5250000.00", "CNH": "0.00"}
