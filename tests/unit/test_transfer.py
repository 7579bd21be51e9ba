"""Transfers by their owner.

transfer
├── when the recipient is address zero or the token: reverts with ERC20InvalidReceiver
├── when the value is above the balance: reverts with ERC20InsufficientBalance
├── given a hold
│   ├── when the value is above what is not held: reverts with ERC7943InsufficientUnfrozenBalance
│   ├── when the hold is above the balance: reverts for any value above zero
│   └── else: moves
├── given a frozen sender: reverts with FrozenAccount
├── given a blacklisted sender or recipient: reverts with BlacklistedAccount
├── given both bars: names the blacklisting
├── given allow-list mode
│   ├── when the sender or recipient is not verified: reverts with UnverifiedAccount
│   └── when both are: moves
├── when an address has dirty upper bytes or an argument is missing: reverts
├── given a frozen recipient: moves
├── when to oneself or when nothing: emits and changes nothing
└── else: moves exactly the value

transfer with a reference
├── when the transfer is refused: logs no reference
├── when the reference is empty: logs nothing
├── when it has at most 32 bytes: logs it, zero-padded, right before the Transfer
└── when it is longer: logs its hash, right before the Transfer
"""

import pytest
from eth_utils import keccak, to_checksum_address

from tests.support.refusal import emitted, refused
from tests.support.world import REF

REFERENCED = "transfer(address,uint256,bytes)"
ZERO = "0x" + "00" * 20
FUNDS = 1_000_000_000


def transferred(sender, to, value):
    return ("Transfer", {"from": sender, "to": to, "value": value})


@pytest.mark.parametrize("value", [0, 1])
def test_refuses_address_zero(world, token, holder, value):
    """I4: address zero never holds anything."""
    with refused(world, "ERC20InvalidReceiver", receiver=ZERO):
        token.send("transfer", ZERO, value, sender=holder.address)
    assert token.call("balanceOf", ZERO) == 0


@pytest.mark.parametrize("value", [0, 1])
def test_refuses_the_token_itself(world, token, holder, value):
    """I4: the token never holds its own units."""
    with refused(world, "ERC20InvalidReceiver", receiver=token.address):
        token.send("transfer", token.address, value, sender=holder.address)
    assert token.call("balanceOf", token.address) == 0


@pytest.mark.parametrize("value", [FUNDS + 1, 2**112, 2**256 - 1])
def test_refuses_more_than_the_balance(world, token, holder, payee, value):
    with refused(
        world, "ERC20InsufficientBalance", sender=holder.address, balance=FUNDS, needed=value
    ):
        token.send("transfer", payee.address, value, sender=holder.address)


@pytest.mark.req("HK-54")
def test_refuses_more_than_is_not_held(world, token, holder, payee):
    world.act("FREEZER", token, "hold", holder.address, 400, REF)
    with refused(
        world,
        "ERC7943InsufficientUnfrozenBalance",
        account=holder.address,
        amount=FUNDS - 399,
        unfrozen=FUNDS - 400,
    ):
        token.send("transfer", payee.address, FUNDS - 399, sender=holder.address)
    token.send("transfer", payee.address, FUNDS - 400, sender=holder.address)
    assert token.call("balanceOf", holder.address) == 400


def test_refuses_everything_under_a_hold_above_the_balance(world, token, holder, payee):
    world.act("FREEZER", token, "hold", holder.address, FUNDS + 1, REF)
    with refused(
        world,
        "ERC7943InsufficientUnfrozenBalance",
        account=holder.address,
        amount=1,
        unfrozen=0,
    ):
        token.send("transfer", payee.address, 1, sender=holder.address)
    token.send("transfer", payee.address, 0, sender=holder.address)


@pytest.mark.req("HK-54")
def test_refuses_a_frozen_sender(world, token, holder, payee):
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    with refused(world, "FrozenAccount", account=holder.address):
        token.send("transfer", payee.address, 1, sender=holder.address)


@pytest.mark.req("HK-53")
def test_refuses_a_blacklisted_sender(world, token, holder, payee):
    """I13: as from."""
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    with refused(world, "BlacklistedAccount", account=holder.address):
        token.send("transfer", payee.address, 1, sender=holder.address)


@pytest.mark.req("HK-53")
def test_refuses_a_blacklisted_recipient(world, token, holder, payee):
    """I13: as to."""
    world.act("BLACKLISTER", token, "blacklist", [payee.address], REF)
    with refused(world, "BlacklistedAccount", account=payee.address):
        token.send("transfer", payee.address, 1, sender=holder.address)


def test_names_the_blacklisting_of_an_account_that_is_also_frozen(world, token, holder, payee):
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    world.act("BLACKLISTER", token, "blacklist", [holder.address], REF)
    with refused(world, "BlacklistedAccount", account=holder.address):
        token.send("transfer", payee.address, 1, sender=holder.address)


@pytest.mark.req("HK-52")
def test_in_allow_list_mode_both_parties_must_be_verified(world, token, holder, payee):
    world.act("PAUSER", token, "enterAllowListMode", REF)
    with refused(world, "UnverifiedAccount", account=holder.address):
        token.send("transfer", payee.address, 1, sender=holder.address)
    world.act("VERIFIER", token, "verify", [holder.address], REF)
    with refused(world, "UnverifiedAccount", account=payee.address):
        token.send("transfer", payee.address, 1, sender=holder.address)
    world.act("VERIFIER", token, "verify", [payee.address], REF)
    token.send("transfer", payee.address, 1, sender=holder.address)
    assert token.call("balanceOf", payee.address) == 1


def test_refuses_a_recipient_with_dirty_upper_bytes(world, token, holder, payee):
    data = bytearray(token.encode("transfer", payee.address, 1))
    data[4] = 1
    with refused(world, ""):
        token.submit(bytes(data), sender=holder.address)


def test_refuses_a_missing_argument(world, token, holder, payee):
    data = token.encode("transfer", payee.address, 1)[:-1]
    with refused(world, ""):
        token.submit(data, sender=holder.address)


def test_a_frozen_recipient_receives(world, token, holder, payee):
    world.act("FREEZER", token, "freeze", [payee.address], REF)
    token.send("transfer", payee.address, 5, sender=holder.address)
    assert token.call("balanceOf", payee.address) == 5


@pytest.mark.parametrize("value", [1, 1_234, FUNDS])
def test_moves_exactly_the_value(world, token, holder, payee, value):
    """I3: two balances change by exactly the value, the supply by nothing; I1: their sum stays."""
    supply = token.call("totalSupply")
    receipt = token.send("transfer", payee.address, value, sender=holder.address)
    assert token.call("balanceOf", holder.address) == FUNDS - value
    assert token.call("balanceOf", payee.address) == value
    assert token.call("totalSupply") == supply
    assert emitted(token, receipt) == [transferred(holder.address, payee.address, value)]


@pytest.mark.parametrize("value", [0, 1, FUNDS])
def test_to_oneself_changes_nothing(world, token, holder, value):
    """I3: a move to oneself changes nothing and is logged."""
    receipt = token.send("transfer", holder.address, value, sender=holder.address)
    assert token.call("balanceOf", holder.address) == FUNDS
    assert emitted(token, receipt) == [transferred(holder.address, holder.address, value)]


def test_to_oneself_needs_the_balance(world, token, holder):
    with refused(
        world, "ERC20InsufficientBalance", sender=holder.address, balance=FUNDS, needed=FUNDS + 1
    ):
        token.send("transfer", holder.address, FUNDS + 1, sender=holder.address)


def test_moves_nothing_for_anybody(world, token, stranger, payee):
    """I3: a move of zero succeeds and is logged."""
    receipt = token.send("transfer", payee.address, 0, sender=stranger.address)
    assert emitted(token, receipt) == [transferred(stranger.address, payee.address, 0)]
    assert token.call("balanceOf", payee.address) == 0


@pytest.mark.req("HK-37")
def test_time_changes_no_balance(world, token, holder):
    world.chain.warp(365 * 86_400)
    assert token.call("balanceOf", holder.address) == FUNDS


# With a reference


@pytest.mark.parametrize("verb", ["transfer", "transferFrom"])
@pytest.mark.parametrize(
    ("ref", "logged"),
    [
        (b"\x00", b"\x00" * 32),
        (b"INV-1", b"INV-1".ljust(32, b"\0")),
        (b"x" * 31, b"x" * 31 + b"\0"),
        (b"y" * 32, b"y" * 32),
        (b"z" * 33, keccak(b"z" * 33)),
        (b"long " * 50, keccak(b"long " * 50)),
    ],
)
def test_logs_the_reference_right_before_the_transfer(
    world, token, holder, payee, spender, verb, ref, logged
):
    if verb == "transfer":
        receipt = token.send(REFERENCED, payee.address, 7, ref, sender=holder.address)
    else:
        token.send("approve", spender.address, 7, sender=holder.address)
        receipt = token.send(
            "transferFrom(address,address,uint256,bytes)",
            holder.address,
            payee.address,
            7,
            ref,
            sender=spender.address,
        )
    assert emitted(token, receipt) == [
        ("TransferReference", {"loggedReference": "0x" + logged.hex()}),
        transferred(holder.address, payee.address, 7),
    ]
    assert token.call("balanceOf", payee.address) == 7


def test_an_empty_reference_logs_nothing(world, token, holder, payee):
    receipt = token.send(REFERENCED, payee.address, 7, b"", sender=holder.address)
    assert emitted(token, receipt) == [transferred(holder.address, payee.address, 7)]


def test_a_refused_transfer_logs_no_reference(world, token, holder):
    with refused(world, "ERC20InvalidReceiver", receiver=token.address):
        token.send(REFERENCED, token.address, 7, b"INV-1", sender=holder.address)


def test_an_address_is_an_address_in_any_case(world, token, holder, payee):
    token.send("transfer", payee.address.lower(), 1, sender=holder.address)
    assert token.call("balanceOf", to_checksum_address(payee.address)) == 1
