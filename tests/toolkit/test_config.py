"""Declarations are read strictly; what is wrong is said in a sentence that names the file."""

import pytest

from pegboard.config import load_currencies, load_currency, load_roles
from pegboard.errors import ConfigError
from tests.support.world import ROOT

CURRENCY = (ROOT / "currencies" / "hkd.toml").read_text()
ROLES = (ROOT / "roles.toml").read_text()


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
        ('MINTER = ["TEST::4"]', 'MINTERS = ["TEST::4"]', "MINTERS is not a role"),
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
