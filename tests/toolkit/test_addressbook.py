"""addresses.toml.

load_addresses
├── given no file: an empty book
├── given anything that is not exactly an entry: refuses, and says where
├── given an address or a label twice on one chain: refuses
├── given entries of another chain: checks them, and leaves them out
└── else: knows those for all chains and those for this one
"""

import pytest

from pegboard.errors import ConfigError
from pegboard.files.addressbook import load_addresses
from tests.support.world import ROOT

ONE = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
TWO = "0xBcd4042DE499D14e55001CcbB24a551F3b954096"


@pytest.fixture
def load(tmp_path):
    def act(text, chain_id=31337):
        path = tmp_path / "addresses.toml"
        path.write_text(text, encoding="utf-8")
        return load_addresses(path, chain_id)

    return act


def labels(book):
    return {account: holder.label for account, holder in book.holders.items()}


def test_no_file_is_an_empty_book(tmp_path):
    book = load_addresses(tmp_path / "addresses.toml", 1)
    assert (book.holders, book.unknown([ONE, ONE])) == ({}, [ONE])


def test_entries_are_known_on_their_chains(load):
    text = f"""
        [holders.all]
        treasury = "{ONE}"
        [holders.1]
        desk = {{ address = "{TWO}", kind = "contract" }}
    """
    book = load(text, 1)
    assert labels(book) == {ONE: "treasury", TWO: "desk"}
    assert (book.holders[ONE].kind, book.holders[TWO].kind) == ("account", "contract")
    assert book.unknown([ONE, TWO]) == []
    elsewhere = load(text, 31337)
    assert labels(elsewhere) == {ONE: "treasury"}
    assert elsewhere.unknown([TWO, ONE, TWO]) == [TWO]


def test_a_label_may_be_used_again_on_another_chain(load):
    text = f'[holders.1]\ndesk = "{ONE}"\n[holders.local]\ndesk = "{TWO}"\n'
    assert labels(load(text, 1)) == {ONE: "desk"}
    assert labels(load(text, 31338)) == {TWO: "desk"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "addresses.toml: holders is missing"),
        ("holders = 3", "holders has the wrong type (int)"),
        ("[people]", "holders is missing"),
        ("[holders]\n[others]", "addresses.toml: unknown key others"),
        ('[holders.main]\na = "x"', "[holders.main]: a chain is all, local or its id"),
        (f'[holders]\na = "{ONE}"', "[holders.a]: a chain is all, local or its id"),
        (f'[holders.all]\n"A b" = "{ONE}"', "'A b' is not a label"),
        (f'[holders.all]\na = "{ONE.lower()}"', "[holders.all] a: 0x90f79bf6"),
        ('[holders.5]\na = "0x12"', "[holders.5] a: '0x12' is not an address"),
        ("[holders.all]\na = 7", "[holders.all] a must be a table"),
        (f'[holders.all]\na = {{ address = "{ONE}", kind = "safe" }}', "account or contract"),
        (f'[holders.all]\na = {{ address = "{ONE}", note = "x" }}', "a: unknown key note"),
        ('[holders.all]\na = { kind = "contract" }', "a: address is missing"),
        (f'[holders.all]\na = "{ONE}"\nb = "{ONE}"', f"b ({ONE}) is there twice"),
        (f'[holders.all]\na = "{ONE}"\n[holders.local]\nb = "{ONE}"', "is there twice"),
        (f'[holders.all]\na = "{ONE}"\n[holders.local]\na = "{TWO}"', f"a ({TWO}) is there twice"),
        ("[holders", "is not valid TOML"),
    ],
)
def test_what_is_not_exactly_an_entry_is_refused(load, text, said):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert said in str(caught.value)


def test_the_shipped_book_can_be_read():
    book = load_addresses(ROOT / "addresses.toml", 31337)
    assert labels(book)[ONE] == "treasury"
    assert load_addresses(ROOT / "addresses.toml", 1).holders == {}
