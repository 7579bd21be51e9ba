"""A declaration is one folder, read whole, and known by one digest.

load
├── given a channel that names what is not declared, or says too little or too much
│   └── it refuses, and says where
├── given pairs, assets and attesters
│   └── it reads them exactly, and refuses what is unknown, out of bounds or there twice
├── given fees or wallets
│   └── it reads them exactly, and refuses what the desk has no room for
└── given the shipped folder
    └── it reads all of it; a channel's file may be missing
digest
├── given any byte or name of any file that is another
│   └── it is another
└── given what does not belong to it
    └── it is the same
"""

import shutil

import pytest

from pegboard.config import load_currency
from pegboard.desired.declaration import (
    AssetConfig,
    AttesterConfig,
    ChannelConfig,
    PairConfig,
    UsesConfig,
    digest_of,
    load_channels,
    load_declaration,
    load_uses,
)
from pegboard.errors import ConfigError
from tests.support.world import ROOT, currencies, desks, roles

CHANNEL = """
[channels.ENTERPRISE-1]
currency = "HKD"
kind = "direct"
cap = "5000000"
capacity = "20000000.5"
window = "1d"
[channels.ENTERPRISE-1.payee]
local = "TEST::20"
1 = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("currencies", "calendars"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("desks.toml", "roles.toml", "chains.toml", "channels.toml", "uses.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def channels(folder, text):
    path = folder / "channels.toml"
    path.write_text(text)
    return load_channels(path, currencies())


def test_the_shipped_folder_is_read_whole(folder):
    found = load_declaration(folder)
    assert (found.currencies, found.desks, found.roles) == (currencies(), desks(), roles())
    assert found.channels == {}
    assert found.uses == UsesConfig()
    assert (
        list(found.currencies_on(31337)) == list(found.currencies_on(1337)) == ["CNH", "HKD", "USD"]
    )
    assert found.currencies_on(1) == {}
    for name in ("channels.toml", "uses.toml"):
        (folder / name).unlink()
    found = load_declaration(folder)
    assert (found.channels, found.uses) == ({}, UsesConfig())


def test_a_channel_is_read_exactly(folder):
    payees = {"local": "TEST::20", "1": "0x90F79bf6EB2c4f870365E785982E1f101E93b906"}
    terms = ("HKD", "direct", 5_000_000 * 10**6, 20_000_000_500_000, 86_400, payees)
    assert channels(folder, CHANNEL) == {"ENTERPRISE-1": ChannelConfig("ENTERPRISE-1", *terms)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"HKD"', '"EUR"', r"channels\.ENTERPRISE-1\]: EUR is not declared in currencies/"),
        ('"direct"', '"enterprise"', "kind must be direct or wholesale"),
        ('"direct"', '"none"', "kind must be direct or wholesale"),
        ('"5000000"', '"5,000,000"', "'5,000,000' is not an amount"),
        ('"5000000"', '"5000000.0000001"', "has 7 decimal places"),
        ('"5000000"', '"79228162514264337593544"', r"2\^96 - 1 base units"),
        ('"1d"', '"0s"', "window must be above zero"),
        ("cap = ", "top = ", "cap is missing"),
        ("window", 'note = "x"\nwindow', "unknown key note"),
        ("ENTERPRISE-1", "enterprise-1", "is not a channel's name"),
        ('"TEST::20"', '""', "payee must name a wallet"),
        ('"TEST::20"', "20", "payee must name a wallet"),
        ("[channels.", "[lanes.", "unknown key lanes"),
    ],
)
def test_a_faulty_channel_is_refused(folder, old, new, said):
    with pytest.raises(ConfigError, match=said):
        channels(folder, CHANNEL.replace(old, new))


FEED, FUND = "0x90F79bf6EB2c4f870365E785982E1f101E93b906", "0x" + "ab" * 20
USES = f"""
[pairs.USD-HKD]
base = "USD"
quote = "HKD"
max_age = "1h"
band_bps = 65
[pairs.USD-HKD.feed]
local = "{FEED}"

[assets.MMF]
1 = "{FUND}"
local = "TEST::40"

[attesters.WAREHOUSE]
caps = {{ HKD = "50000000.5", USD = "1" }}
[attesters.WAREHOUSE.account]
local = "TEST::36"
"""


def uses(folder, text):
    path = folder / "uses.toml"
    path.write_text(text)
    return load_uses(path, currencies())


def test_the_terms_of_the_uses_are_read_exactly(folder):
    caps = {"HKD": 50_000_000_500_000, "USD": 10**6}
    assert uses(folder, USES) == UsesConfig(
        (PairConfig("USD-HKD", "USD", "HKD", 3_600, 65, {"local": FEED}),),
        (AssetConfig("MMF", {"1": FUND, "local": "TEST::40"}),),
        (AttesterConfig("WAREHOUSE", caps, {"local": "TEST::36"}),),
    )
    assert load_declaration(folder).uses == uses(folder, USES)


def test_the_example_that_ships_is_a_declaration(folder):
    """Without its number signs it says what it seems to."""
    lines = (ROOT / "uses.toml").read_text().splitlines()
    text = "\n".join(x[2:] for x in lines if x[2:3] == "[" or " = " in x).replace("0x...", FEED)
    found = uses(folder, text)
    assert [pair.name for pair in found.pairs] == ["USD-HKD"]
    assert [asset.name for asset in found.assets] == ["MONEY-FUND"]
    assert found.attesters[0].caps == {"HKD": 50_000_000 * 10**6}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('base = "USD"', 'base = "EUR"', r"\[pairs\.USD-HKD\]: EUR is not declared in currencies/"),
        ('quote = "HKD"', 'quote = "USD"', "base and quote must be different currencies"),
        ('"1h"', '"0s"', "max_age must be above zero"),
        ('"1h"', '"49711d"', r"below 2\^32 seconds"),
        ('"1h"', '"soon"', r"\[pairs\.USD-HKD\]: 'soon' is not a duration"),
        ("= 65", "= 0", "band_bps must be 1 to 9999"),
        ("= 65", "= 10000", "band_bps must be 1 to 9999"),
        ("= 65", '= "65"', "band_bps has the wrong type"),
        ("band_bps = 65", "", "band_bps is missing"),
        ("band_bps = 65", 'band_bps = 65\nnote = ""', "unknown key note"),
        (f'local = "{FEED}"', "", "feed must name a rate feed for each chain"),
        (f'1 = "{FUND}"', "1 = 7", r"\[assets\.MMF\]: an asset must have its address"),
        ('HKD = "50', 'EUR = "50', r"\[attesters\.WAREHOUSE\]: EUR is not declared"),
        ('USD = "1"', "USD = 1", "the cap in USD must be text"),
        ('USD = "1"', 'USD = "0"', "the cap in USD must be above zero"),
        ('USD = "1"', 'USD = "0.0000001"', "has 7 decimal places"),
        ('HKD = "50000000.5", USD = "1"', "", "caps must have a currency"),
        ('local = "TEST::36"', "", "account must be named for each chain"),
        ("[pairs.", "[couples.", "unknown key couples"),
    ],
)
def test_faulty_terms_of_the_uses_are_refused(folder, old, new, said):
    assert USES.count(old) >= 1
    with pytest.raises(ConfigError, match=said):
        uses(folder, USES.replace(old, new))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            USES[: USES.index("[assets")].replace("USD-HKD", "TWO"),
            "HKD and USD are two pairs",
        ),
        (
            USES[: USES.index("[assets")]
            .replace("USD-HKD", "TURNED")
            .replace('base = "USD"\nquote = "HKD"', 'base = "HKD"\nquote = "USD"'),
            "HKD and USD are two pairs",
        ),
        (f'[assets.OTHER]\n1 = "{FUND.upper().replace("X", "x")}"\n', "is two assets of 1"),
        (
            '[attesters.O]\ncaps = { HKD = "1" }\naccount = { local = "TEST::36" }\n',
            "test::36 is two attesters of local",
        ),
    ],
)
def test_nothing_is_declared_twice(folder, more, said):
    with pytest.raises(ConfigError, match=said):
        uses(folder, USES + more)


def with_fees(folder, text):
    path = folder / "currencies" / "hkd.toml"
    path.write_text(path.read_text().replace("business_days = 1 ", f"business_days = 1\n{text} "))
    return load_currency(path).redemption


@pytest.mark.parametrize(
    ("text", "fees"),
    [
        ("", (None, None)),
        ('flat_fee = "1.5"', (1_500_000, 0)),
        ("fee_bps = 10", (0, 10)),
        ('flat_fee = "0"\nfee_bps = 0', (0, 0)),
    ],
)
def test_fees_are_read_exactly(folder, text, fees):
    """None declared is another thing than none at all."""
    found = with_fees(folder, text)
    assert (found.flat_fee, found.fee_bps) == fees


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fee_bps = 10001", "fee_bps must be 0 to 10000"),
        ("fee_bps = -1", "fee_bps must be 0 to 10000"),
        ('flat_fee = "1208925819614629174.706176"', r"flat_fee must be below 2\^80"),
        ("flat_fee = 1", "flat_fee has the wrong type"),
    ],
)
def test_faulty_fees_are_refused(folder, text, said):
    with pytest.raises(ConfigError, match=said):
        with_fees(folder, text)


def with_wallets(folder, text):
    path = folder / "desks.toml"
    path.write_text(path.read_text() + text)
    return load_declaration(folder).desks


def test_wallets_are_those_of_their_chain(folder):
    found = with_wallets(folder, '[wallets.local]\n"TEST::20" = "treasury"\n')
    assert (found.wallets_on(31338), found.wallets_on(1)) == ({"TEST::20": "treasury"}, {})
    assert desks().wallets_on(31337) == {}


@pytest.mark.parametrize("purpose", ['""', "7"])
def test_a_wallet_has_a_purpose(folder, purpose):
    with pytest.raises(ConfigError, match="every wallet of local must have a purpose"):
        with_wallets(folder, f'[wallets.local]\n"TEST::20" = {purpose}\n')


# Digest

FILES = (
    *("currencies/hkd.toml", "calendars/hk.toml", "desks.toml", "roles.toml"),
    *("chains.toml", "channels.toml", "uses.toml"),
)


@pytest.mark.parametrize("name", FILES)
def test_any_byte_of_any_file_counts(folder, name):
    before, path = digest_of(folder), folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert digest_of(folder) != before


def test_names_count_and_other_files_do_not(folder):
    before = digest_of(folder)
    (folder / "README.md").write_text("x")
    (folder / "currencies" / "hkd.toml.orig").write_text("x")
    assert digest_of(folder) == before
    (folder / "calendars" / "hk.toml").rename(folder / "calendars" / "mo.toml")
    assert digest_of(folder) != before


def test_the_digest_is_of_the_folder_and_not_of_where_it_is(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "copy"
    shutil.copytree(folder, other)
    assert digest_of(other) == digest_of(folder) == load_declaration(folder).digest
