"""Declarations are read strictly; what is wrong is said in a sentence that names the file."""

import pytest

from pegboard.config import (
    SUITE_POWERS,
    RedemptionConfig,
    SafeConfig,
    Tier,
    load_currencies,
    load_currency,
    load_desks,
)
from pegboard.errors import ConfigError
from pegboard.roles import load_roles
from tests.support.world import ROOT, roles

CURRENCY = (ROOT / "currencies" / "hkd.toml").read_text()
ROLES = (ROOT / "roles.toml").read_text()
DESKS = (ROOT / "desks.toml").read_text()
DAY = 86_400
TIERS = 'tiers = [{ up_to = "1000000", approvals = 1 }, { up_to = "10000000", approvals = 2 }]'
ONE_TIER = '{ up_to = "1000000", approvals = 1 }'
NINE_TIERS = ", ".join(f'{{ up_to = "{n}", approvals = 1 }}' for n in range(1, 10))


def changed(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('code = "HKD"', 'code = "hkd"', "three capital letters"),
        ('code = "HKD"', 'code = "HKDX"', "three capital letters"),
        ('code = "HKD"\n', "", "code is missing"),
        ('code = "HKD"', "code = 5", "wrong type"),
        ('symbol = "pbHKD"', 'symbol = ""', "symbol must have"),
        ('name = "Pegboard HKD"', f'name = "{"n" * 32}"', "name must have 1 to 31 bytes"),
        ("decimals = 6\n\n", "decimals = 1\n\n", "decimals must be 2 to 18"),
        ("decimals = 6\n\n", "decimals = 19\n\n", "decimals must be 2 to 18"),
        ("decimals = 6\n\n", "decimals = true\n\n", "wrong type"),
        ("decimals = 6\n\n", "decimals = 6.0\n\n", "wrong type"),
        ('max_age = "26h"', 'max_age = "0s"', "no minting"),
        ('max_age = "26h"', 'max_age = "26 hours"', "not a duration"),
        ('max_age = "26h"', "max_age = 93600", "wrong type"),
        ("quorum = 2", "quorum = 0", "quorum must be at least 1"),
        ("quorum = 2", "quorum = 4", "quorum must be at least 1"),
        ("rise_quorum = 3", "rise_quorum = 4", "at least rise_quorum many"),
        ('"TEST::17"', '"TEST::16"', "distinct"),
        ("buffer_bps = 50", "buffer_bps = -1", "buffer_bps"),
        ("buffer_bps = 50", "bufer_bps = 50", "buffer_bps is missing"),
        ("buffer_bps = 50", "buffer_bps = 50\nbuffer = 1", "unknown key buffer"),
        ('capacity = "50000000"', 'capacity = "5e7"', "not an amount"),
        ('capacity = "50000000"', "capacity = 50000000", "wrong type"),
        ('window = "1d"', 'window = "0s"', "window must be above zero"),
        ('window = "1d"', 'window = "1d"\nextra = 1', "unknown key extra"),
        ("[mint_limit]", "[mint_limits]", "mint_limit is missing"),
        ('max_age = "26h"', 'max_age = "32d"', "max_age must be at most 31d"),
        ("[issuance] ", "[issue] ", "issuance is missing"),
        ("[redemption]", "[redeem]", "redemption is missing"),
        (TIERS, "", r"\[issuance\]: tiers is missing"),
        (TIERS, "tiers = 1", "tiers has the wrong type"),
        (TIERS, "tiers = []", "tiers must be 1 to 8"),
        (TIERS, f"tiers = [{NINE_TIERS}]", "tiers must be 1 to 8"),
        (TIERS, TIERS + "\nlargest = 1", "unknown key largest"),
        (ONE_TIER, "1", "tiers must be a table"),
        (ONE_TIER, '{ up_to = "1000000" }', "approvals is missing"),
        (ONE_TIER, "{ approvals = 1 }", "up_to is missing"),
        (ONE_TIER, "{ up_to = 1000000, approvals = 1 }", "up_to has the wrong type"),
        (ONE_TIER, '{ up_to = "1e6", approvals = 1 }', "not an amount"),
        (ONE_TIER, '{ up_to = "0.0000001", approvals = 1 }', "decimal"),
        (ONE_TIER, '{ up_to = "1", approvals = 1, by = 2 }', "unknown key by"),
        (ONE_TIER, '{ up_to = "1", approvals = 0 }', "at least one approval"),
        (ONE_TIER, '{ up_to = "1", approvals = 256 }', "at least one approval"),
        (ONE_TIER, '{ up_to = "1", approvals = true }', "wrong type"),
        (ONE_TIER, '{ up_to = "0", approvals = 1 }', "tiers must be 1 to 8"),
        (ONE_TIER, f'{{ up_to = "{2**96 // 10**6 + 1}", approvals = 1 }}', "tiers must be 1 to 8"),
        (ONE_TIER, '{ up_to = "10000000", approvals = 1 }', "must ascend in size"),
        (ONE_TIER, '{ up_to = "1000000", approvals = 3 }', "not descend in approvals"),
        ('calendar = "HK"', 'calendar = ""', "calendar must have 1 to 31 characters"),
        ('calendar = "HK"', f'calendar = "{"H" * 32}"', "calendar must have 1 to 31 characters"),
        ('calendar = "HK"', "calendar = 1", "calendar has the wrong type"),
        ('calendar = "HK"\n', "", r"\[redemption\]: calendar is missing"),
        ("business_days = 1", "business_days = 0", "business_days must be 1 to 30"),
        ("business_days = 1", "business_days = 31", "business_days must be 1 to 30"),
        ("business_days = 1", 'business_days = "1"', "wrong type"),
        ("business_days = 1", "business_days = 1\ndays = 1", "unknown key days"),
        ('code = "HKD"', 'code = "HKD', "not valid TOML"),
    ],
)
def test_a_wrong_currency_is_refused(tmp_path, old, new, message):
    path = tmp_path / "hkd.toml"
    path.write_text(changed(CURRENCY, old, new))
    with pytest.raises(ConfigError, match=message) as caught:
        load_currency(path)
    assert str(caught.value).count("hkd.toml") == 1


def test_files_are_called_by_their_code(tmp_path):
    (tmp_path / "usd.toml").write_text(CURRENCY)
    with pytest.raises(ConfigError, match=r"call it hkd\.toml"):
        load_currencies(tmp_path)


def test_no_currency_at_all(tmp_path):
    with pytest.raises(ConfigError, match="no currency is declared"):
        load_currencies(tmp_path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_currency(tmp_path / "nothing.toml")


def test_an_undeclared_chain_is_named():
    config = load_currency(ROOT / "currencies" / "hkd.toml")
    with pytest.raises(ConfigError, match=r"chain 1: add \[attestors\.1\]"):
        config.reserves.attestors_on(1)
    with pytest.raises(ConfigError, match=r"chain 1: add \[holders\.1\]"):
        load_roles(ROOT / "roles.toml").holders_on(1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id = 3\n", "id = 2\n", "same id"),
        ("id = 0\n", "id = 77\n", "ADMIN must be declared with id 0"),
        ('delay = "2d"', 'delay = "2 days"', "not a duration"),
        ('guardian = "GUARDIAN"', 'guardian = "GUARDIANS"', "GUARDIANS, which is not declared"),
        ('token = ["burn"]', 'token = ["mint"]', "token.mint belongs to MINTER and BURNER"),
        ('token = ["burn"]', 'token = "burn"', "list of strings"),
        (
            "[roles.GOVERNOR.functions]",
            "[roles.ADMIN.functions]",
            "no function may belong to ADMIN",
        ),
        ('MINTER = ["TEST::4", ', 'MINTERS = ["TEST::4", ', "MINTERS is not a role"),
        ('ADMIN = ["TEST::1"]', "ADMIN = []", "ADMIN has no holder"),
        ('RESUMER = ["TEST::12"]', 'RESUMER = ["TEST::11"]', "holds PAUSER and RESUMER"),
        ('AUDITOR = ["TEST::14"]', 'AUDITOR = ["TEST::13"]', "holds UPGRADER and AUDITOR"),
        ("id = 3\n", "id = 3\ncolour = 1\n", "unknown key colour"),
    ],
)
def test_wrong_roles_are_refused(tmp_path, old, new, message):
    path = tmp_path / "roles.toml"
    path.write_text(changed(ROLES, old, new))
    with pytest.raises(ConfigError, match=message):
        load_roles(path)


SAFE = """
[safes.local.board]
address = "TEST::80"
owners = ["TEST::33", "TEST::34", "TEST::35"]
threshold = 2
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('address = "TEST::80"\n', "", r"\[safes\.local\.board\]: address is missing"),
        ("owners = [", "owner = [", "owners is missing"),
        ('owners = ["TEST::33", ', "owners = [33, ", "owners must be a list of strings"),
        ('"TEST::34"', '"TEST::33"', "an owner is named twice"),
        ("threshold = 2", "threshold = 0", "threshold must be 1 to the number of owners"),
        ("threshold = 2", "threshold = 4", "threshold must be 1 to the number of owners"),
        ("threshold = 2", 'threshold = "2"', "wrong type"),
        ("threshold = 2", "threshold = 2\nmodules = 3", "modules has the wrong type"),
        ("threshold = 2", "threshold = 2\nguards = 3", "unknown key guards"),
        ("[safes.local.board]", "[safes.local]", r"\[safes\.local\.address\] must be a table"),
        ("[safes.local.board]", "[safes.loca.board]", r"no \[holders\.loca\] are declared"),
        ("[safes.local.board]", "[safe.local.board]", "unknown key safe"),
        ("\n[safes", f"{SAFE.replace('board', 'bank')}\n[safes", "an address is declared twice"),
    ],
)
def test_wrong_safes_are_refused(tmp_path, old, new, message):
    path = tmp_path / "roles.toml"
    path.write_text(ROLES + changed(SAFE, old, new))
    with pytest.raises(ConfigError, match=message):
        load_roles(path)


def test_safes_are_declared_by_chain(tmp_path):
    path = tmp_path / "roles.toml"
    more = 'modules = ["TEST::81"]\nguard = "TEST::82"\n'
    path.write_text(ROLES + SAFE + more)
    (found,) = load_roles(path).safes_on(31338)
    owners = ("TEST::33", "TEST::34", "TEST::35")
    assert found == SafeConfig("board", "TEST::80", owners, 2, ("TEST::81",), "TEST::82")
    assert load_roles(path).safes_on(1) == ()
    assert roles().safes_on(31337) == ()


# Contracts of the suite as holders


def with_holder(tmp_path, role, name):
    """The shipped roles, with one more holder of a role on a local chain."""
    path = tmp_path / "roles.toml"
    path.write_text(changed(ROLES, f'\n{role} = ["', f'\n{role} = ["{name}", "'))
    return path


STRANGE = [
    (name, role)
    for name in (*SUITE_POWERS, "suite::RedemptionDesk", "suite::issuanceDesk", "suite::")
    for role in roles().roles
    if role not in SUITE_POWERS.get(name, ())
]


@pytest.mark.req("HK-04")
@pytest.mark.parametrize(("name", "role"), STRANGE)
def test_a_desk_holds_no_role_that_is_not_its_own(tmp_path, name, role):
    """Else its code would answer for a power that it never asks about."""
    with pytest.raises(ConfigError, match=rf"\[holders\.local\]: {name} cannot be {role}"):
        load_roles(with_holder(tmp_path, role, name))


def test_contracts_and_people_share_a_role(tmp_path):
    """Several contracts may stand where one party stands, and an address may look like any."""
    config = load_roles(with_holder(tmp_path, "MINTER", "TEST::60"))
    assert config.holders_on(31337)["MINTER"] == ("TEST::60", "TEST::4", "suite::IssuanceDesk")


def test_one_contract_may_hold_what_two_parties_must_not():
    """FREEZER and RELEASER are apart, and lawful orders act as both: its own verbs are apart."""
    held = load_roles(ROOT / "roles.toml").holders_on(31337)
    assert "suite::LawfulOrders" in set(held["FREEZER"]) & set(held["RELEASER"])
    assert "RELEASER" in roles().roles["FREEZER"].apart_from


# What is declared for issuing and redeeming


def test_the_shipped_currency_says_how_it_is_issued_and_redeemed():
    config = load_currency(ROOT / "currencies" / "hkd.toml")
    assert config.tiers == (Tier(10**12, 1), Tier(10**13, 2))
    assert config.redemption == RedemptionConfig("HK", 1)


def test_tiers_are_exact_to_the_unit(tmp_path):
    """The largest that the desk can hold, in both ways of coming near it."""
    path = tmp_path / "hkd.toml"
    whole, rest = divmod(2**96 - 1, 10**6)
    largest = f'tiers = [{{ up_to = "{whole}.{rest:06}", approvals = 255 }}]'
    path.write_text(changed(CURRENCY, TIERS, largest))
    assert load_currency(path).tiers == (Tier(2**96 - 1, 255),)
    path.write_text(changed(CURRENCY, TIERS, f"tiers = [{NINE_TIERS.rpartition(', {')[0]}]"))
    assert [t.up_to for t in load_currency(path).tiers] == [n * 10**6 for n in range(1, 9)]


# desks.toml


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[customers]", "[customer]", "customers is missing"),
        ("[issuance]", "[issue]", "issuance is missing"),
        ("[redemption]", "[redeem]", "redemption is missing"),
        ("[presigned_pause]\n", "[presigned]\n", "quorum is missing"),
        ('cooling = "1d"', "", r"\[customers\]: cooling is missing"),
        ('cooling = "1d"', "cooling = 1", "cooling has the wrong type"),
        ('cooling = "1d"', 'cooling = "one day"', "not a duration"),
        ('cooling = "1d"', 'cooling = "31d"', "cooling must be at most 30d"),
        ('cooling = "1d"', 'cooling = "1d"\nwarm = 1', "unknown key warm"),
        ('order_life = "3d"', "", r"\[issuance\]: order_life is missing"),
        ('order_life = "3d"', 'order_life = "0s"', "order_life must be above zero"),
        ('order_life = "3d"', 'order_life = "31d"', "at most 30d"),
        ('order_life = "3d"', 'order_life = "3d"\npredecessor = 1', "predecessor has the wrong"),
        ('order_life = "3d"', 'order_life = "3d"\npredecessor = "0x12"', "must be an address"),
        ('order_life = "3d"', 'order_life = "3d"\nlife = 1', "unknown key life"),
        ("max_fee_bps = 100", "max_fee_bps = 10001", "max_fee_bps must be 0 to 10000"),
        ("max_fee_bps = 100", "max_fee_bps = -1", "max_fee_bps must be 0 to 10000"),
        ("max_fee_bps = 100", 'max_fee_bps = "1%"', "max_fee_bps has the wrong type"),
        ("max_fee_bps = 100", "", "max_fee_bps is missing"),
        ('fee_notice = "7d"', 'fee_notice = "367d"', "fee_notice must be at most 366d"),
        ('fee_notice = "7d"', 'fee_notice = "-7d"', "not a duration"),
        ('fee_notice = "7d"', "", "fee_notice is missing"),
        ("block_days = 2", "block_days = 0", "block_days must be 1 to 30"),
        ("block_days = 2", "block_days = 31", "block_days must be 1 to 30"),
        ("block_days = 2", "block_days = 2.5", "block_days has the wrong type"),
        ("block_days = 2", "", "block_days is missing"),
        ("block_days = 2", "block_days = 2\nunblock = 1", "unknown key unblock"),
        ("quorum = 2", "quorum = 1", "presigned_pause.quorum must be at least 2"),
        ("quorum = 2", "quorum = 4", "at least quorum many"),
        ("quorum = 2", "", "quorum is missing"),
        ("quorum = 2", "quorum = 2\nlevel = 1", "unknown key level"),
        ('"TEST::52"', '"TEST::51"', "signers of local must be distinct"),
        ('local = ["TEST::51"', 'other = 1\nlocal = ["TEST::51"', "must be a list of strings"),
        ('"TEST::52"', '""', "must be a list of strings"),
        ("[customers]", "[extra]\n[customers]", "unknown key extra"),
        ("[customers]", "[customers", "not valid TOML"),
    ],
)
def test_wrong_desks_are_refused(tmp_path, old, new, message):
    path = tmp_path / "desks.toml"
    path.write_text(changed(DESKS, old, new))
    with pytest.raises(ConfigError, match=message) as caught:
        load_desks(path, {})
    assert str(caught.value).count("desks.toml") == 1


def test_no_desks_at_all(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load_desks(tmp_path / "desks.toml", {})


def test_the_shipped_desks():
    config = load_desks(ROOT / "desks.toml", {})
    assert (config.cooling, config.order_life, config.fee_notice) == (DAY, 3 * DAY, 7 * DAY)
    assert (config.max_fee_bps, config.block_days, config.pause_quorum) == (100, 2, 2)
    assert config.pause_signers_on(31337) == ("TEST::51", "TEST::52", "TEST::53")
    assert config.predecessor == "0x" + "00" * 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cooling = "1d"', 'cooling = "0s"'),
        ('cooling = "1d"', 'cooling = "30d"'),
        ('order_life = "3d"', 'order_life = "1s"'),
        ('order_life = "3d"', 'order_life = "30d"'),
        ('order_life = "3d"', f'order_life = "3d"\npredecessor = "0x{"aB" * 20}"'),
        ("max_fee_bps = 100", "max_fee_bps = 0"),
        ("max_fee_bps = 100", "max_fee_bps = 10000"),
        ('fee_notice = "7d"', 'fee_notice = "0s"'),
        ('fee_notice = "7d"', 'fee_notice = "366d"'),
        ("block_days = 2", "block_days = 1"),
        ("block_days = 2", "block_days = 30"),
        ("quorum = 2", "quorum = 3"),
    ],
)
def test_desks_at_their_bounds_are_taken(tmp_path, old, new):
    path = tmp_path / "desks.toml"
    path.write_text(changed(DESKS, old, new))
    load_desks(path, {})


def test_signers_of_an_undeclared_chain_are_named():
    config = load_desks(ROOT / "desks.toml", {})
    with pytest.raises(ConfigError, match=r"chain 1: add \[presigned_pause\.signers\.1\]"):
        config.pause_signers_on(1)
