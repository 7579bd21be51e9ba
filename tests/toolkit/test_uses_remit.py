"""What a payment abroad costs, in exact numbers.

given the published averages and a gas price
├── the savings are those that can be reckoned by hand
├── the room for ramps and spread is where the saving is exactly the claimed one
├── a cheaper bank leaves less room, and one below the gas none
└── everything scales by amount, gas and prices, without any rounding
given a file of sources
└── a figure without source or date is refused
given figures of a command
└── signs, exponents, separators and nothing are refused
"""

from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree as Xml

import pytest

from pegboard.errors import ConfigError, InputError
from pegboard.uses.remit import Terms, load_sources, number, rounded, savings
from pegboard.uses.remit_chart import chart
from tests.support.world import ROOT

#: The gas and prices for which the table was published.
TERMS = Terms(
    amount=Decimal(10_000),
    gas=121_161,
    gas_gwei=Decimal(1),
    eth_usd=Decimal(2_000),
    ramp_bps=Decimal(5),
    fx_bps=Decimal(5),
    issuer_bps=Decimal(0),
    bank_pct=Decimal("1.6"),
)
PUBLISHED = [
    ["98.5", "89.1", "79.7", "54.7", "4.7"],
    ["99.8", "90.5", "81.1", "56.1", "6.1"],
    ["100.0", "90.6", "81.2", "56.2", "6.2"],
]


def test_gas_costs_what_it_costs():
    assert TERMS.network == Decimal("0.242322")
    assert TERMS.total == Decimal("15.242322")
    assert TERMS.bank == 160


def test_the_savings_are_those_of_the_table():
    tenth = Decimal("0.1")
    found = [[str(value.quantize(tenth)) for value in row] for row in savings(TERMS)]
    assert found == PUBLISHED


def test_the_room_is_where_the_saving_is_the_claimed_one():
    room = TERMS.room(Decimal(90))
    assert rounded(room, 2) == Decimal("15.75")
    exact = replace(TERMS, ramp_bps=Decimal(0), fx_bps=room)
    assert exact.saving == 90


def test_an_issuers_fee_takes_of_the_room():
    charged = replace(TERMS, issuer_bps=Decimal(3))
    assert charged.room(Decimal(90)) == TERMS.room(Decimal(90)) - 3


def test_against_a_cheap_bank_little_room_is_left():
    wholesale = replace(TERMS, bank_pct=Decimal("0.5"))
    assert 4 < wholesale.room(Decimal(90)) < 5
    dear_gas = replace(wholesale, gas_gwei=Decimal(100))
    assert dear_gas.room(Decimal(90)) < 0


def test_a_loss_is_told_as_one():
    worse = replace(TERMS, ramp_bps=Decimal(100))
    assert worse.saving < 0
    assert rounded(worse.saving, 1) <= worse.saving


def test_every_published_figure_has_its_source():
    sources = load_sources(ROOT / "bench" / "sources.toml")
    assert all(cost.source and cost.percent > 0 for cost in sources.costs)
    assert all(duration.source and duration.seconds > 0 for duration in sources.durations)
    for chain in sources.chains:
        assert 0 < chain.included <= chain.safe <= chain.final
    assert (sources.claimed_percent, sources.claimed_seconds) == (90, 10)


def test_a_figure_without_a_source_is_refused(tmp_path):
    text = (ROOT / "bench" / "sources.toml").read_text()
    path = tmp_path / "sources.toml"
    path.write_text("\n".join(x for x in text.splitlines() if "World Bank" not in x))
    with pytest.raises(ConfigError, match=r"\[cost.remittance_200\]: source is missing"):
        load_sources(path)


@pytest.mark.parametrize("text", ["-1", "1e3", "1,000", "", ".", "٣", "NaN", " 1", "1.2.3"])
def test_a_figure_is_a_plain_number(text):
    with pytest.raises(InputError, match="must be a plain number of zero or more"):
        number(text, "--fx-bps")


def test_nothing_cannot_be_paid():
    with pytest.raises(InputError, match="above zero"):
        number("0.0", "--amount", positive=True)
    assert number("0", "--ramp-bps") == 0
    assert number("0.25", "--ramp-bps") == Decimal("0.25")


def test_the_chart_has_a_bar_for_everything():
    sources = load_sources(ROOT / "bench" / "sources.toml")
    picture = Xml.fromstring(chart(TERMS, sources))
    names = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "This suite, gas alone" in names
    assert "0.24" in names
    assert "15.24" in names
    assert {f"{cost.what}, {cost.percent} %" for cost in sources.costs} <= set(names)
    free = chart(replace(TERMS, gas=0, ramp_bps=Decimal(0), fx_bps=Decimal(0)), sources)
    assert ">0</text>" in free
