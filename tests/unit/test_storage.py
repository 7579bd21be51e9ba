"""The layout of the token's storage, word by word, as TokenStorage.sol draws it.

Every field is written by the contract and read from the raw word, or the other way round; layout
tools cannot see the account words, whose key is the address itself.
"""

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.support.puppet import deploy_puppet
from tests.support.refusal import refused, words_of
from tests.support.signed import FOREVER, sign
from tests.support.world import REF, key

CONFIG, ALLOWANCES, AUTHORIZATIONS, CHUNKS, TERMS, LIMIT, BUCKETS = range(7)
IMPLEMENTATION = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
FUNDS = 1_000_000_000
MAX = 2**112 - 1
DAY = 86_400


def account_slot(account):
    return 1 << 160 | int(account, 16)


def mapped(slot, *keys):
    """The slot of a nested mapping's entry; keys are (type, value)."""
    for kind, value in keys:
        slot = int.from_bytes(keccak(encode([kind, "uint256"], [value, slot])))
    return slot


@pytest.fixture
def raw(world, token):
    return lambda slot: world.chain.storage(token.address, slot)


@pytest.fixture
def fields(raw, holder):
    """The holder's account word in its four fields."""

    def read():
        word = raw(account_slot(holder.address))
        return word >> 248, word >> 224 & 0xFFFFFF, word >> 112 & MAX, word & MAX

    return read


def test_an_account_is_one_word(world, token, holder, payee, fields):
    """flags (8) | nonce (24) | held (112) | balance (112)."""
    assert fields() == (0, 0, 0, FUNDS)
    token.send("transfer", payee.address, 1, sender=holder.address)
    assert fields() == (0, 0, 0, FUNDS - 1)

    values = (holder.address, payee.address, 5, 0, FOREVER)
    signature = bytes(sign(holder, token, "Permit", values))
    token.send(
        "permit(address,address,uint256,uint256,bytes)",
        *(holder.address, payee.address, 5, FOREVER, signature),
        sender=payee.address,
    )
    assert fields() == (0, 1, 0, FUNDS - 1)

    world.act("FREEZER", token, "hold", holder.address, 3, REF)
    assert fields() == (0, 1, 3, FUNDS - 1)


@pytest.mark.parametrize(
    ("role", "verb", "undo", "undone", "flag"),
    [
        ("BLACKLISTER", "blacklist", "RELEASER", "unblacklist", 1),
        ("FREEZER", "freeze", "RELEASER", "unfreeze", 2),
        ("VERIFIER", "verify", "VERIFIER", "unverify", 4),
        ("GOVERNOR", "enlist", "GOVERNOR", "delist", 8),
    ],
)
def test_each_flag_has_its_bit(world, token, holder, fields, role, verb, undo, undone, flag):
    """BLACKLISTED 248, FROZEN 249, VERIFIED 250, SUITE 251; nothing else of the word changes."""
    world.act(role, token, verb, [holder.address], REF)
    assert fields() == (flag, 0, 0, FUNDS)
    world.act(undo, token, undone, [holder.address], REF)
    assert fields() == (0, 0, 0, FUNDS)


def test_a_desk_has_a_bit_of_its_own(world, token, holder):
    """REDEMPTION 252, beside SUITE; both are taken together, and the balance stays."""
    desk = deploy_puppet(world.chain)
    token.send("transfer", desk.address, 7, sender=holder.address)
    world.act("GOVERNOR", token, "appointDesk", desk.address, REF)
    slot = account_slot(desk.address)
    assert world.chain.storage(token.address, slot) == 24 << 248 | 7
    token.send("surrender", desk.address, 5, REF, sender=holder.address)
    assert world.chain.storage(token.address, slot) == 24 << 248 | 12
    desk.act(token, "restore", holder.address, 12)
    assert world.chain.storage(token.address, slot) == 24 << 248
    world.act("GOVERNOR", token, "delist", [desk.address], REF)
    assert world.chain.storage(token.address, slot) == 0


def test_an_escrow_is_one_word_of_balances(world, token, holder):
    """Surrendering, giving back and burning touch two accounts and the supply, and nothing else."""
    desk, own = deploy_puppet(world.chain), holder.address
    world.act("GOVERNOR", token, "appointDesk", desk.address, REF)
    ends = {account_slot(own), account_slot(desk.address)}
    steps = {
        "surrender": (lambda: token.send("surrender", desk.address, 9, REF, sender=own), ends),
        "restore": (lambda: desk.act(token, "restore", own, 4), ends),
        "burnEscrow": (
            lambda: desk.act(token, "burnEscrow", own, 5),
            {CONFIG, account_slot(desk.address)},
        ),
    }
    for act, expected in steps.values():
        before = words_of(world)[token.address.lower()]
        act()
        after = words_of(world)[token.address.lower()]
        changed = {int(slot) for slot in before | after if before.get(slot) != after.get(slot)}
        assert changed == expected


def test_an_accounts_key_is_its_address_with_bit_160(world, token, holder):
    """Nothing but this word, the supply and the mint limit changes when somebody is funded."""
    before = words_of(world)[token.address.lower()]
    world.fund(key(35).address, 77)
    after = words_of(world)[token.address.lower()]
    changed = {int(slot) for slot in before | after if before.get(slot) != after.get(slot)}
    bucket = mapped(BUCKETS, ("bytes32", bytes(32)))
    assert changed == {CONFIG, bucket, account_slot(key(35).address)}


def test_the_nonce_cannot_carry_into_the_flags(own_world):
    """I16: the last nonce but one, all flags clear, and the greatest other fields."""
    token, owner, spender = own_world.token, key(20), key(21)
    slot = account_slot(owner.address)
    full = (2**24 - 2) << 224 | MAX << 112 | MAX
    own_world.chain.evm.insert_account_storage(token.address, slot, full)
    assert token.call("nonces", owner.address) == 2**24 - 2
    assert token.call("getFrozenTokens", owner.address) == MAX
    assert token.call("balanceOf", owner.address) == MAX
    values = (owner.address, spender.address, 5, 2**24 - 2, FOREVER)
    token.send(
        "permit(address,address,uint256,uint256,bytes)",
        *(owner.address, spender.address, 5, FOREVER),
        bytes(sign(owner, token, "Permit", values)),
        sender=spender.address,
    )
    assert own_world.chain.storage(token.address, slot) == full + (1 << 224)
    assert own_world.chain.storage(token.address, slot) >> 248 == 0


def test_neighbouring_fields_do_not_borrow(own_world):
    """The whole balance leaves, with every other field at its greatest value but the bars."""
    token, owner = own_world.token, key(20)
    slot = account_slot(owner.address)
    # Of the flags all that let it send and receive: not the two that bar, nor a desk's.
    rest = 0xEC << 248 | (2**24 - 1) << 224
    own_world.chain.evm.insert_account_storage(token.address, slot, rest | 9)
    token.send("transfer", key(21).address, 9, sender=owner.address)
    assert own_world.chain.storage(token.address, slot) == rest
    token.send("transfer", owner.address, 9, sender=key(21).address)
    assert own_world.chain.storage(token.address, slot) == rest | 9


def test_config_is_one_word(world, token, holder, raw):
    """pause number (32) | flags (32) | paused since (40) | paused seconds (40) | supply (112)."""
    assert raw(CONFIG) == FUNDS
    for number, bit in enumerate((2, 4, 8), 1):
        world.act("PAUSER", token, "pause", bit, REF)
        assert raw(CONFIG) == number << 224 | bit << 192 | FUNDS
        world.act("RESUMER", token, "resume", bit, REF, number)
        assert raw(CONFIG) == number << 224 | FUNDS
    world.act("PAUSER", token, "enterAllowListMode", REF)
    assert raw(CONFIG) == 3 << 224 | 1 << 196 | FUNDS
    world.act("GOVERNOR", token, "leaveAllowListMode", REF)
    assert raw(CONFIG) == 3 << 224 | FUNDS


def test_the_pause_number_wraps_into_nothing(own_world):
    """Its last value is followed by zero, and no other field changes."""
    token, rest = own_world.token, 1 << 196 | 7
    full = (2**32 - 1) << 224 | rest
    own_world.chain.evm.insert_account_storage(token.address, CONFIG, full)
    assert token.call("pauseNumber") == 2**32 - 1
    own_world.act("PAUSER", token, "pause", 4, REF)
    assert own_world.chain.storage(token.address, CONFIG) == 4 << 192 | rest


def test_the_pause_clock_stands_in_config(world, token, holder, raw):
    since = world.chain.now()
    world.act("PAUSER", token, "pause", 1, REF)
    assert raw(CONFIG) == 1 << 224 | 1 << 192 | since << 152 | FUNDS
    world.act("RESUMER", token, "resume", 1, REF, token.call("pauseNumber"))
    past = world.chain.now() - since
    assert raw(CONFIG) == 1 << 224 | past << 112 | FUNDS
    again = world.chain.now()
    world.act("PAUSER", token, "pause", 1, REF)
    assert raw(CONFIG) == 2 << 224 | 1 << 192 | again << 152 | past << 112 | FUNDS


def test_config_fields_do_not_meet(own_world):
    """The greatest supply and the greatest pause clock, read back by the views."""
    token = own_world.token
    word = 63 << 192 | (2**40 - 1) << 112 | MAX
    own_world.chain.evm.insert_account_storage(token.address, CONFIG, word & ~(1 << 197))
    assert token.call("totalSupply") == MAX
    assert token.call("pauses") == 15
    assert token.call("isAllowListOn") is True
    assert token.call("delegateAll") is False
    assert token.call("pausedSeconds") == 2**40 - 1


def test_delegate_all_is_bit_197(own_world):
    """With the switch on and Controls as it is, no view of the hot path is answered any more."""
    token = own_world.token
    own_world.chain.evm.insert_account_storage(token.address, CONFIG, 1 << 197)
    assert token.call("delegateAll") is True
    with refused(own_world, ""):
        token.call("totalSupply")


def test_allowances(token, holder, spender, raw):
    token.send("approve", spender.address, 123, sender=holder.address)
    slot = mapped(ALLOWANCES, ("address", holder.address), ("address", spender.address))
    assert raw(slot) == 123


@pytest.mark.parametrize("nonce", [0, 1, 255, 256, 2**256 - 1])
def test_authorizations(world, token, holder, spender, raw, nonce):
    """authorizer => nonce >> 8 => the bit nonce & 255."""
    signature = sign(holder, token, "CancelAuthorization", (holder.address, nonce.to_bytes(32)))
    token.send(
        "cancelAuthorization(address,bytes32,bytes)",
        *(holder.address, nonce.to_bytes(32), bytes(signature)),
        sender=spender.address,
    )
    slot = mapped(AUTHORIZATIONS, ("address", holder.address), ("uint256", nonce >> 8))
    assert raw(slot) == 1 << (nonce & 255)


@pytest.mark.parametrize("chunk", [0, 7, 255])
def test_chunks(token, holder, payee, raw, chunk):
    """payer => batch => the bit of the chunk."""
    token.send(
        "pay(bytes32,uint8,(address,uint96)[],uint256)",
        *(REF, chunk, [(payee.address, 1)], 1),
        sender=holder.address,
    )
    slot = mapped(CHUNKS, ("address", holder.address), ("bytes32", REF))
    assert raw(slot) == 1 << chunk


def test_reserve_terms(world, token, stranger, raw):
    """token decimals | single chain | buffer | maximum age | source."""
    world.act(
        "GOVERNOR", token, "setReserveConfig", (stranger.address, 0x00268A01, 0x1234, True), REF
    )
    source = int(stranger.address, 16)
    assert raw(TERMS) == 6 << 216 | 1 << 208 | 0x1234 << 192 | 0x00268A01 << 160 | source
    world.act("GOVERNOR", token, "setReserveConfig", (stranger.address, 0, 0, False), REF)
    assert raw(TERMS) == 6 << 216 | source


def test_mint_limit(world, token, payee, raw):
    """window | capacity, and the bucket: last time | last used."""
    world.act("GOVERNOR", token, "raiseMintLimit", 2**208 - 1, 2**48 - 1, REF)
    assert raw(LIMIT) == 2**256 - 1
    world.act("PAUSER", token, "lowerMintLimit", 10**12, DAY, REF)
    assert raw(LIMIT) == DAY << 208 | 10**12
    bucket = mapped(BUCKETS, ("bytes32", bytes(32)))
    world.fund(payee.address, 777)
    assert raw(bucket) == world.chain.now() << 208 | 777


def test_the_implementation_is_a_clean_address(world, token, raw):
    """I23: the ERC-1967 slot, as explorers and upgrade checkers expect it."""
    assert int.from_bytes(keccak(text="eip1967.proxy.implementation")) - 1 == IMPLEMENTATION
    assert raw(IMPLEMENTATION) == int(world.suite.controls.address, 16)


def test_nothing_else_is_stored_after_deployment(world, token):
    """I23: the layout is append-only; what a deployment leaves is exactly this."""
    bucket = mapped(BUCKETS, ("bytes32", bytes(32)))
    words = {int(slot): int(w) for slot, w in words_of(world)[token.address.lower()].items()}
    desks = world.suite.desks
    issuance, redemption = (account_slot(d.address) for d in (desks.issuance, desks.redemption))
    uses = [account_slot(use.address) for use in world.suite.uses.by_name.values()]
    assert set(words) == {TERMS, LIMIT, bucket, IMPLEMENTATION, issuance, redemption, *uses}
    assert [words[slot] for slot in (issuance, *uses)] == [8 << 248] * 5
    assert words[redemption] == 24 << 248


def test_controls_stores_nothing_of_its_own(world, token, holder, payee):
    token.send("transfer", payee.address, 1, sender=holder.address)
    world.act("FREEZER", token, "freeze", [payee.address], REF)
    assert world.suite.controls.address.lower() not in words_of(world)
