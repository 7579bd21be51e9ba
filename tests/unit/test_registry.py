"""The board: which token stands for which currency.

register
├── when the token or the feed calls itself by another code: reverts with CodeMismatch
├── when the code or the token is registered already: reverts with AlreadyRegistered
├── when there is no contract: reverts
└── else: records both, both ways

retire
├── when the code is not registered: reverts with NotRegistered
└── else: forgets, and the token goes on

currencyOf
└── when the code is not registered: reverts with NotRegistered

tagWallet
├── when the wallet is address zero, or the purpose is none: reverts with InvalidWallet
├── given a tagged wallet: replaces the purpose, and lists it once
└── else: lists the wallet with its purpose, and moves nothing

untagWallet
├── when the wallet is not tagged: reverts with InvalidWallet
└── else: forgets it
"""

import pytest

from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF

ZERO = "0x" + "00" * 20
NONE = "0x000000"


def code(text):
    return "0x" + text.encode().hex()


@pytest.fixture
def euro(world, create):
    """A token and a feed of a currency that is not on the board."""
    token = create(world, "PeggedToken", "Euro", "E", 6, "EUR", world.suite.controls.address)
    attestor = world.holder(9).address
    authority = world.suite.authority.address
    return token, create(
        world,
        "ReserveFeed",
        world.suite.feed_controls.address,
        "EUR",
        6,
        [attestor, authority],
        1,
        2,
        0,
    )


@pytest.mark.parametrize("wrong", ["token", "feed", "both", "zero"])
def test_refuses_another_code(world, registry, token, feed, euro, wrong):
    """A currency is registered by the name that its contracts give themselves."""
    asked, contracts, said = {
        "token": (b"EUR", (token, euro[1]), "HKD"),
        "feed": (b"EUR", (euro[0], feed), "HKD"),
        "both": (b"CNH", euro, "EUR"),
        "zero": (b"\0\0\0", euro, "EUR"),
    }[wrong]
    addresses = [c.address for c in contracts]
    act = when_due(world, "GOVERNOR", registry, "register", asked, *addresses, REF)
    with refused(world, "CodeMismatch", code="0x" + asked.hex(), currency=said):
        act()


def test_refuses_what_is_registered(world, registry, token, feed):
    act = when_due(
        world, "GOVERNOR", registry, "register", b"HKD", token.address, feed.address, REF
    )
    with refused(world, "AlreadyRegistered", code=code("HKD"), token=token.address):
        act()


def test_refuses_a_second_token_of_a_currency(world, registry, create, feed):
    controls = world.suite.controls.address
    second = create(world, "PeggedToken", "Second", "S", 6, "HKD", controls)
    act = when_due(
        world, "GOVERNOR", registry, "register", b"HKD", second.address, feed.address, REF
    )
    with refused(world, "AlreadyRegistered", code=code("HKD"), token=second.address):
        act()


def test_refuses_what_is_no_contract(world, registry, euro, stranger):
    for pair in ((stranger.address, euro[1].address), (euro[0].address, ZERO)):
        act = when_due(world, "GOVERNOR", registry, "register", b"EUR", *pair, REF)
        with refused(world, ""):
            act()


def test_the_deployed_currency_is_on_the_board(registry, token, feed):
    assert registry.call("codes") == (b"HKD",)
    assert registry.call("currencyOf", b"HKD") == (token.address.lower(), feed.address.lower())
    assert registry.call("codeOf", token.address) == code("HKD")


@pytest.mark.parametrize("asked", [b"EUR", b"hkd", b"\0\0\0"])
def test_refuses_to_name_what_is_not_there(world, registry, asked):
    with refused(world, "NotRegistered", code="0x" + asked.hex()):
        registry.call("currencyOf", asked)


def test_knows_no_other_token(registry, stranger, feed):
    assert registry.call("codeOf", stranger.address) == NONE
    assert registry.call("codeOf", feed.address) == NONE
    assert registry.call("codeOf", ZERO) == NONE


def test_registers_and_retires(world, registry, token, euro):
    addresses = [c.address for c in euro]
    receipt = when_due(world, "GOVERNOR", registry, "register", b"EUR", *addresses, REF)()
    assert emitted(registry, receipt) == [
        (
            "CurrencyRegistered",
            {
                "code": code("EUR"),
                "token": addresses[0],
                "feed": addresses[1],
                "ref": "0x" + REF.hex(),
            },
        )
    ]
    assert set(registry.call("codes")) == {b"HKD", b"EUR"}
    assert registry.call("codeOf", addresses[0]) == code("EUR")

    receipt = when_due(world, "GOVERNOR", registry, "retire", b"EUR", REF)()
    assert emitted(registry, receipt) == [
        (
            "CurrencyRetired",
            {"code": code("EUR"), "token": addresses[0], "ref": "0x" + REF.hex()},
        )
    ]
    assert registry.call("codes") == (b"HKD",)
    assert registry.call("codeOf", addresses[0]) == NONE
    with refused(world, "NotRegistered", code=code("EUR")):
        registry.call("currencyOf", b"EUR")

    when_due(world, "GOVERNOR", registry, "register", b"EUR", *addresses, REF)()
    assert registry.call("currencyOf", b"EUR")[0] == addresses[0].lower()


def test_refuses_to_retire_what_is_not_there(world, registry):
    act = when_due(world, "GOVERNOR", registry, "retire", b"EUR", REF)
    with refused(world, "NotRegistered", code=code("EUR")):
        act()


@pytest.mark.req("HK-75")
def test_a_retired_token_goes_on(world, registry, token, holder, payee):
    world.act("GOVERNOR", registry, "retire", b"HKD", REF)
    token.send("transfer", payee.address, 5, sender=holder.address)
    assert token.call("balanceOf", payee.address) == 5


# The issuer's own wallets

TREASURY, FEES = b"TREASURY".ljust(32, b"\0"), b"FEES".ljust(32, b"\0")
REF_HEX, NO_PURPOSE = "0x" + REF.hex(), "0x" + "00" * 32


@pytest.mark.req("HK-12")
@pytest.mark.parametrize("wrong", ["wallet", "purpose", "both"])
def test_refuses_a_wallet_that_is_none(world, registry, stranger, wrong):
    wallet = stranger.address if wrong == "purpose" else ZERO
    purpose = TREASURY if wrong == "wallet" else bytes(32)
    act = when_due(world, "GOVERNOR", registry, "tagWallet", wallet, purpose, REF)
    with refused(world, "InvalidWallet", wallet=wallet, purpose="0x" + purpose.hex()):
        act()


@pytest.mark.req("HK-12")
def test_records_the_issuers_own_wallets(world, registry, governor, stranger, payee):
    """Late, with who did it and why."""
    assert registry.call("wallets") == ()
    for wallet, purpose in ((stranger.address, TREASURY), (payee.address, FEES)):
        receipt = when_due(world, "GOVERNOR", registry, "tagWallet", wallet, purpose, REF)()
        hexed = "0x" + purpose.hex()
        who = {"operator": governor, "ref": REF_HEX}
        assert emitted(registry, receipt) == [
            ("WalletTagged", {"wallet": wallet, "purpose": hexed, **who})
        ]
        assert registry.call("purposeOf", wallet) == hexed
    listed = {wallet.lower() for wallet in registry.call("wallets")}
    assert listed == {stranger.address.lower(), payee.address.lower()}


def test_a_second_tag_replaces_the_purpose(world, registry, stranger):
    for purpose in (TREASURY, TREASURY, FEES):
        when_due(world, "GOVERNOR", registry, "tagWallet", stranger.address, purpose, REF)()
        assert registry.call("purposeOf", stranger.address) == "0x" + purpose.hex()
        assert registry.call("wallets") == (stranger.address.lower(),)


@pytest.mark.req("HK-12")
@pytest.mark.req("HK-28")
def test_a_tag_moves_and_frees_nothing(world, registry, token, holder, payee):
    """What the issuer's wallets hold is outstanding like any other, and theirs to send."""
    world.act("GOVERNOR", registry, "tagWallet", holder.address, TREASURY, REF)
    assert token.call("totalSupply") == token.call("balanceOf", holder.address) == 1_000_000_000
    assert token.call("isEnlisted", holder.address) is False
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    with refused(world, "FrozenAccount", account=holder.address):
        token.send("transfer", payee.address, 5, sender=holder.address)


def test_refuses_to_untag_what_is_not_tagged(world, registry, stranger, payee):
    world.act("GOVERNOR", registry, "tagWallet", payee.address, FEES, REF)
    act = when_due(world, "GOVERNOR", registry, "untagWallet", stranger.address, REF)
    with refused(world, "InvalidWallet", wallet=stranger.address, purpose=NO_PURPOSE):
        act()


def test_untags(world, registry, governor, stranger, payee):
    for wallet in (stranger.address, payee.address):
        world.act("GOVERNOR", registry, "tagWallet", wallet, FEES, REF)
    receipt = when_due(world, "GOVERNOR", registry, "untagWallet", stranger.address, REF)()
    assert emitted(registry, receipt) == [
        ("WalletUntagged", {"wallet": stranger.address, "operator": governor, "ref": REF_HEX})
    ]
    assert registry.call("purposeOf", stranger.address) == NO_PURPOSE
    assert registry.call("wallets") == (payee.address.lower(),)
    again = when_due(world, "GOVERNOR", registry, "untagWallet", stranger.address, REF)
    with refused(world, "InvalidWallet", wallet=stranger.address, purpose=NO_PURPOSE):
        again()
    world.act("GOVERNOR", registry, "tagWallet", stranger.address, TREASURY, REF)
    assert registry.call("purposeOf", stranger.address) == "0x" + TREASURY.hex()
