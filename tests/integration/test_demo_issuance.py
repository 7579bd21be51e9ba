"""A day at the desks, in this process: it checks itself, and its figures are reckoned here anew."""

import re
from decimal import Decimal

import pytest

from pegboard.demo import day
from tests.integration.conftest import Console

#: What the day pays out: to the importer, the airline, the retailer and the broker.
PAID = Decimal(100_000 + 50_000 + 25_000 + 75_000)


def shown(amount):
    """As the story prints money."""
    return f"{amount:,.2f} HKD"


def ledger():
    """What each channel issues, reckoned from the story's words and not from its rows."""
    order = ["ENT-IMPORTER", "ENT-AIRLINE", "ENT-RETAILER", "WHS-BROKER", "WHS-EXCHANGE"]
    found = dict.fromkeys(order, Decimal(0))
    for number in range(1, 38):
        large = number in (10, 20, 30)
        amount = Decimal(2_500_000) if large else 100_000 + 1_000 * number + Decimal(number) / 100
        found[order[number % 5]] += amount
    return found


@pytest.mark.req("HK-38", "HK-39", "HK-42", "HK-28")
def test_the_day_at_the_desks_keeps_its_promises(tmp_path):
    answer = Console(tmp_path).run("demo", "issuance", "--json")
    assert answer.code == 0, answer.err
    told = answer.err
    assert answer.json["refusals"] == [
        "OrderMismatch", "ReserveExceeded", "PayoutPending", "FrozenAccount",
    ]  # fmt: skip
    # What the file came to: 40 credits, of which 3 repeat another, a debit and a pending one.
    assert re.findall(r"42 lines: (.*) \(", told) == [
        "36 done, 3 duplicate, 2 ignored, 1 refused",
        "28 done, 3 duplicate, 2 ignored, 9 refused",
        "1 done, 3 duplicate, 2 ignored, 36 nothing",
        "9 done, 3 duplicate, 2 ignored, 28 nothing",
        "3 done, 3 duplicate, 2 ignored, 34 nothing",
        "3 duplicate, 2 ignored, 37 nothing",
    ]
    by_channel = ledger()
    issued = sum(by_channel.values())
    assert f"issued: {shown(issued)} for 37 credits, each once" in told
    for name, amount in by_channel.items():
        assert f"{name:16} issued {shown(amount)}" in told
    assert f"{'all':16} issued {shown(issued)}, paid out {shown(PAID)}" in told
    left = issued - PAID
    assert f"supply {shown(left)}: circulating {shown(left)}" in told
    supply = answer.json["currencies"]["HKD"]["supply"]
    assert Decimal(supply["amount"]) == left
    assert int(supply["units"]) == left * 10**6
    assert {c["supply"]["units"] for n, c in answer.json["currencies"].items() if n != "HKD"} == {
        "0"
    }
    # Over a weekend and a typhoon in time; forgotten, late.
    for part in (
        "paid on Tuesday, in time: the Sunday and the typhoon do not count",
        "paid, and recorded as late",
        "overdue: 2, 3",
        "the order is of 171,000.17 HKD through ENT-RETAILER, not of 117,000.17 HKD",
        "17 steps, 4 refusals as they must be",
        "Every expectation held",
    ):
        assert part in told
    (due,) = re.findall(r"due on the next business day: (\S+)T15:59:59Z", told)
    (closed,) = re.findall(r"CLERK: close (\S+) ", told)
    assert due == closed


def test_the_story_must_be_one(tmp_path):
    answer = Console(tmp_path).run("demo", "redemption")
    assert answer.code == 2
    assert "'tour', 'issuance'" in answer.err


def test_a_day_that_goes_wrong_ends_in_one_line(tmp_path, monkeypatch):
    def surprised(stage):
        stage.expect("the supply", 1, 2)

    monkeypatch.setattr(day, "deploy", surprised)
    answer = Console(tmp_path).run("demo", "issuance")
    assert answer.code == 1
    assert answer.err.endswith("Error: the supply is 1, and should be 2: the demo found a fault\n")
