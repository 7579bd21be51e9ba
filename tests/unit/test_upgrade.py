"""Replacing the implementation, and superseding everything.

upgrade
├── when there is no code: reverts with NoCode
├── when the code has another hash: reverts with CodeHashMismatch
├── when the audit is not registered, withdrawn, or of other code: reverts with AuditNotRegistered
├── when the code does not answer hotSelectors(): reverts
├── when it would answer everything and leaves out one hot selector: reverts with HotSelectorMissing
├── given delegateAll: transfer and the views follow the implementation, every balance stays
├── undone: everything is as before
└── else: the rarer calls follow the implementation, the hot path stays

registerAudit, withdrawAudit
├── when a hash is zero, or the audit is registered already: reverts with AuditInvalid
├── when there is nothing to withdraw: reverts with AuditNotRegistered
└── else: records and forgets

anything else
├── Controls called directly: reverts with NotDelegated
├── an unknown selector, or none: reverts
└── ether: is refused
"""

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.contract import merged, selector_of
from tests.support.refusal import emitted, refused, when_due, words_of
from tests.support.signed import FOREVER, sign
from tests.support.world import REF, artifacts

ZERO_HASH = b"\0" * 32
AUDIT = keccak(text="audit report")
IMPLEMENTATION_SLOT = int.from_bytes(keccak(text="eip1967.proxy.implementation")) - 1


@pytest.fixture
def successor(world, create):
    """Covers every hot selector, and leaves the issuer's powers to Controls."""
    return create(
        world, "Successor", world.token.call("name"), "HKD", world.suite.controls.address, 28
    )


def code_hash(world, contract):
    return keccak(world.chain.code(contract.address))


def superseded(token):
    """The token's address with everything that a successor answers, too."""
    made = token.at(token.address)
    made.abi = merged(artifacts()["Successor"].abi, token.abi)
    return made


@pytest.fixture
def audited(world, token, successor):
    """The hash of the successor's code, with a registered audit."""
    code = code_hash(world, successor)
    world.act("AUDITOR", world.suite.audits, "register", AUDIT, code)
    return code


def upgrade(world, token, *args):
    return when_due(world, "UPGRADER", token, "upgrade", *args)


# What is refused


@pytest.mark.req("HK-13")
def test_refuses_an_address_without_code(world, token, stranger):
    """I23: no code."""
    act = upgrade(world, token, stranger.address, keccak(b""), AUDIT, False)
    with refused(world, "NoCode", implementation=stranger.address):
        act()


@pytest.mark.req("HK-13")
def test_refuses_other_code(world, token, successor, audited):
    """I23: the code hash is pinned."""
    wrong = keccak(text="other code")
    act = upgrade(world, token, successor.address, wrong, AUDIT, False)
    with refused(
        world, "CodeHashMismatch", actual="0x" + audited.hex(), approved="0x" + wrong.hex()
    ):
        act()


@pytest.mark.req("HK-16")
def test_refuses_an_unregistered_audit(world, token, successor, audited):
    """I23: the audit hash must have been registered by AUDITOR."""
    for audit in (REF, ZERO_HASH):
        act = upgrade(world, token, successor.address, audited, audit, False)
        with refused(
            world,
            "AuditNotRegistered",
            auditHash="0x" + audit.hex(),
            codeHash="0x" + audited.hex(),
        ):
            act()


def test_refuses_an_audit_of_other_code(world, token, successor):
    """I23: an audit covers the code it was registered for."""
    world.act(
        "AUDITOR", world.suite.audits, "register", AUDIT, code_hash(world, world.suite.controls)
    )
    code = code_hash(world, successor)
    act = upgrade(world, token, successor.address, code, AUDIT, False)
    with refused(
        world, "AuditNotRegistered", auditHash="0x" + AUDIT.hex(), codeHash="0x" + code.hex()
    ):
        act()


def test_refuses_a_withdrawn_audit(world, token, successor, audited, auditor):
    """I23: withdrawing stops an upgrade that is already due."""
    act = upgrade(world, token, successor.address, audited, AUDIT, False)
    world.suite.audits.send("withdraw", AUDIT, sender=auditor)
    with refused(
        world, "AuditNotRegistered", auditHash="0x" + AUDIT.hex(), codeHash="0x" + audited.hex()
    ):
        act()


@pytest.mark.parametrize("delegate_all", [False, True])
def test_refuses_code_that_is_no_implementation(world, token, feed, delegate_all):
    """I23: code that does not answer hotSelectors() is none of ours."""
    code = code_hash(world, feed)
    world.act("AUDITOR", world.suite.audits, "register", AUDIT, code)
    act = upgrade(world, token, feed.address, code, AUDIT, delegate_all)
    with refused(world, ""):
        act()


@pytest.mark.parametrize("covered", range(28))
def test_refuses_to_supersede_without_every_hot_selector(world, token, create, covered):
    """I23: a short hotSelectors() is refused, whichever is missing first."""
    controls = world.suite.controls.address
    whole = create(world, "Successor", "Whole", "HKD", controls, 28).call("hotSelectors")
    short = create(world, "Successor", "Short", "HKD", controls, covered)
    code = code_hash(world, short)
    world.act("AUDITOR", world.suite.audits, "register", AUDIT, code)
    act = upgrade(world, token, short.address, code, AUDIT, True)
    with refused(world, "HotSelectorMissing", selector="0x" + whole[covered].hex()):
        act()


def test_refuses_to_supersede_by_controls_as_it_is(world, token):
    """Controls has no hot selector."""
    controls = world.suite.controls
    code = code_hash(world, controls)
    world.act("AUDITOR", world.suite.audits, "register", AUDIT, code)
    act = upgrade(world, token, controls.address, code, AUDIT, True)
    with refused(world, "HotSelectorMissing", selector="0x" + selector_of("name()").hex()):
        act()


@pytest.mark.req("HK-13")
def test_only_upgrader_upgrades(world, token, successor, audited, auditor, admin):
    """I23: only UPGRADER, who is not AUDITOR."""
    for sender in (auditor, admin, world.member("GOVERNOR")):
        with refused(world, "AccessManagedUnauthorized", caller=sender):
            token.send("upgrade", successor.address, audited, AUDIT, False, sender=sender)


# What it does


@pytest.mark.req("HK-13")
def test_replaces_the_implementation(world, token, successor, audited, upgrader):
    """I23: the code at the ERC-1967 slot has the pinned hash."""
    receipt = upgrade(world, token, successor.address, audited, AUDIT, False)()
    assert emitted(token, receipt) == [
        ("Upgraded", {"implementation": successor.address}),
        (
            "UpgradeApproved",
            {
                "codeHash": "0x" + audited.hex(),
                "auditHash": "0x" + AUDIT.hex(),
                "delegateAll": False,
                "operator": upgrader,
            },
        ),
    ]
    slot = world.chain.storage(token.address, IMPLEMENTATION_SLOT)
    assert slot == int(successor.address, 16)
    implementation = to_checksum_address(slot.to_bytes(20))
    assert keccak(world.chain.code(implementation)) == audited
    assert superseded(token).call("generation") == 2
    assert token.call("delegateAll") is False


@pytest.fixture
def people(world, token, holder, payee, spender):
    """Balances, an allowance, a nonce and a hold, to be found again."""
    token.send("transfer", payee.address, 100, sender=holder.address)
    token.send("approve", spender.address, 77, sender=holder.address)
    values = (holder.address, payee.address, 5, 0, FOREVER)
    signature = sign(holder, token, "Permit", values)
    token.send(
        "permit(address,address,uint256,uint256,bytes)",
        *(holder.address, payee.address, 5, FOREVER, bytes(signature)),
        sender=payee.address,
    )
    world.act("FREEZER", token, "hold", payee.address, 40, REF)
    world.chain.warp(86_400)  # the mint limit is full again, and stands still
    return [holder.address, payee.address, spender.address]


def picture(token, people):
    """What every view says about the token and these people."""
    views = ("name", "symbol", "decimals", "currency", "totalSupply", "DOMAIN_SEPARATOR", "pauses")
    views += ("eip712Domain", "mintRateLimit", "reserveConfig", "pausedSeconds")
    per_person = ("balanceOf", "nonces", "canSend", "canReceive", "availableOf", "getFrozenTokens")
    return (
        {view: token.call(view) for view in views},
        {(view, p): token.call(view, p) for view in per_person for p in people},
        {(a, b): token.call("allowance", a, b) for a in people for b in people},
    )


def test_a_plain_upgrade_leaves_the_hot_path(
    world, token, holder, payee, people, successor, audited
):
    before = picture(token, people)
    upgrade(world, token, successor.address, audited, AUDIT, False)()
    assert picture(token, people) == before
    receipt = token.send("transfer", payee.address, 1, sender=holder.address)
    assert [name for name, _ in superseded(token).events(receipt.logs)] == ["Transfer"]


@pytest.mark.req("HK-13")
def test_delegate_all_takes_over_transfer_and_views(
    world, token, holder, payee, spender, people, successor, audited
):
    """Everything can be superseded, and every balance stays."""
    views, accounts, allowances = picture(token, people)
    stored = words_of(world)[token.address.lower()]
    upgrade(world, token, successor.address, audited, AUDIT, True)()
    assert token.call("delegateAll") is True

    changed = words_of(world)[token.address.lower()]
    differing = {slot for slot in stored | changed if stored.get(slot) != changed.get(slot)}
    assert differing == {"0", str(IMPLEMENTATION_SLOT)}

    # The successor's constants answer, and the token's storage.
    assert token.call("symbol") == "NEXT"
    assert token.call("decimals") == 18
    after_views, after_accounts, after_allowances = picture(token, people)
    assert (after_accounts, after_allowances) == (accounts, allowances)
    assert {k for k in views if views[k] != after_views[k]} == {"symbol", "decimals"}

    everything = superseded(token)
    receipt = token.send("transfer", payee.address, 3, sender=holder.address)
    assert everything.events(receipt.logs) == [
        ("Superseded", {"pauses": 1 << 192}),
        ("Transfer", {"from": holder.address, "to": payee.address, "value": 3}),
    ]
    receipt = token.send("transferFrom", holder.address, payee.address, 7, sender=spender.address)
    assert [name for name, _ in everything.events(receipt.logs)] == ["Superseded", "Transfer"]
    assert token.call("allowance", holder.address, spender.address) == 70
    assert token.call("balanceOf", payee.address) == 110


def test_signatures_stay_good_when_superseded(world, token, holder, payee, successor, audited):
    """I19: the successor asks the token's address and chain, so the domain is the same."""
    values = (holder.address, payee.address, 9, 0, FOREVER, b"\7" * 32)
    signature = sign(holder, token, "TransferWithAuthorization", values)
    upgrade(world, token, successor.address, audited, AUDIT, True)()
    token.send(
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
        *values,
        bytes(signature),
        sender=payee.address,
    )
    assert token.call("balanceOf", payee.address) == 9


def test_a_pause_does_not_outrank_the_successor(world, token, holder, payee, successor, audited):
    """With delegateAll the implementation decides about everything, pauses included."""
    upgrade(world, token, successor.address, audited, AUDIT, True)()
    world.act("PAUSER", token, "pause", 1, REF)
    token.send("transfer", payee.address, 1, sender=holder.address)
    assert token.call("pauses") == 1


@pytest.mark.req("HK-13")
def test_it_can_be_undone(world, token, holder, payee, people, successor, audited):
    """A downgrade is an upgrade to the audited code of before."""
    controls = world.suite.controls
    world.act("AUDITOR", world.suite.audits, "register", REF, code_hash(world, controls))
    upgrade(world, token, successor.address, audited, AUDIT, True)()
    token.send("transfer", payee.address, 3, sender=holder.address)
    during = picture(token, people)

    upgrade(world, token, controls.address, code_hash(world, controls), REF, False)()
    assert token.call("delegateAll") is False
    assert token.call("implementation").lower() == controls.address.lower()
    views, accounts, allowances = picture(token, people)
    assert (accounts, allowances) == during[1:]
    assert views == during[0] | {"symbol": "pbHKD", "decimals": 6}
    receipt = token.send("transfer", payee.address, 1, sender=holder.address)
    assert [name for name, _ in superseded(token).events(receipt.logs)] == ["Transfer"]
    world.attest(10**17)
    token.send("mint", payee.address, 1, REF, sender=world.member("MINTER"))


def test_the_issuers_verbs_go_on_when_superseded(world, token, holder, successor, audited):
    """Terms keep the token's own decimals: it answers itself in place."""
    upgrade(world, token, successor.address, audited, AUDIT, True)()
    world.act("FREEZER", token, "freeze", [holder.address], REF)
    assert token.call("isFrozen", holder.address) is True
    world.act("GOVERNOR", token, "setReserveConfig", (world.feed.address, 100, 0, False), REF)
    assert world.chain.storage(token.address, 4) >> 216 & 0xFF == 6


# Audits


@pytest.mark.parametrize(("audit", "code"), [(ZERO_HASH, REF), (REF, ZERO_HASH)])
def test_refuses_hashes_of_zero(world, token, auditor, audit, code):
    with refused(world, "AuditInvalid", auditHash="0x" + audit.hex(), codeHash="0x" + code.hex()):
        world.suite.audits.send("register", audit, code, sender=auditor)


def test_an_audit_is_registered_once(world, token, auditor):
    """An audit never comes to cover other code."""
    world.suite.audits.send("register", AUDIT, REF, sender=auditor)
    for code in (AUDIT, REF):
        with refused(
            world, "AuditInvalid", auditHash="0x" + AUDIT.hex(), codeHash="0x" + code.hex()
        ):
            world.suite.audits.send("register", AUDIT, code, sender=auditor)


def test_refuses_to_withdraw_nothing(world, token, auditor):
    with refused(
        world,
        "AuditUnknown",
        auditHash="0x" + AUDIT.hex(),
    ):
        world.suite.audits.send("withdraw", AUDIT, sender=auditor)


@pytest.mark.req("HK-16")
def test_records_and_forgets_audits(world, token, auditor):
    entry = {
        "auditHash": "0x" + AUDIT.hex(),
        "codeHash": "0x" + REF.hex(),
        "operator": auditor,
    }
    receipt = world.suite.audits.send("register", AUDIT, REF, sender=auditor)
    assert emitted(world.suite.audits, receipt) == [("AuditRegistered", entry)]
    assert world.suite.audits.call("codeOf", AUDIT) == "0x" + REF.hex()
    receipt = world.suite.audits.send("withdraw", AUDIT, sender=auditor)
    assert emitted(world.suite.audits, receipt) == [("AuditWithdrawn", entry)]
    assert world.suite.audits.call("codeOf", AUDIT) == "0x" + ZERO_HASH.hex()


# The address itself


def test_the_deployed_implementation_is_the_release(world, token):
    """I23: the code at the ERC-1967 slot is what was compiled and pinned."""
    slot = world.chain.storage(token.address, IMPLEMENTATION_SLOT)
    assert slot == int(world.suite.controls.address, 16)
    assert token.call("version") == "1.0.0"
    created = world.chain.create(world.holder(9).address, world.suite.initcodes.controls)
    deployed, again = (world.chain.code(a) for a in (world.suite.controls.address, created))
    own = [bytes.fromhex(a[2:]) for a in (world.suite.controls.address, created)]
    assert deployed.replace(own[0], own[1]) == again


@pytest.mark.parametrize("data", [b"", b"\1", b"\1\2\3", b"\xde\xad\xbe\xef", b"\xff" * 100])
def test_an_unknown_selector_reverts(world, token, stranger, data):
    """No silent fallback: a call that nobody answers is refused."""
    with refused(world, ""):
        token.submit(data, sender=stranger.address)


@pytest.mark.parametrize("verb", ["", "transfer", "pause"])
def test_ether_is_refused(own_world, verb):
    """Nothing is payable, so no ether can be stuck."""
    sender = own_world.holder(0).address
    token, evm = own_world.token, own_world.chain.evm
    arguments = {"": (), "transfer": (sender, 0), "pause": (15, REF)}[verb]
    data = token.encode(verb, *arguments) if verb else b""
    sender = own_world.member("PAUSER") if verb == "pause" else sender
    evm.set_balance(sender, 10**18)
    evm.message_call(sender, own_world.holder(5).address, value=1)
    with pytest.raises(RuntimeError, match=r"^Revert"):
        evm.message_call(sender, token.address, calldata=data, value=1)
    assert evm.get_balance(token.address) == 0


def test_rescues_foreign_tokens_only(world, token, create, payee, governor):
    foreign = create(world, "ForeignToken", token.address, 500)
    act = when_due(world, "GOVERNOR", token, "rescueERC20", token.address, payee.address, 1, REF)
    with refused(world, "InvalidRescue", token=token.address):
        act()
    for nobody in ("0x" + "00" * 20, token.address):
        act = when_due(world, "GOVERNOR", token, "rescueERC20", foreign.address, nobody, 1, REF)
        with refused(world, "InvalidAccount", account=nobody):
            act()
    act = when_due(
        world, "GOVERNOR", token, "rescueERC20", foreign.address, payee.address, 501, REF
    )
    with refused(world, "ERC20InsufficientBalance", sender=token.address, balance=500, needed=501):
        act()
    receipt = when_due(
        world, "GOVERNOR", token, "rescueERC20", foreign.address, payee.address, 500, REF
    )()
    assert emitted(token, receipt) == [
        (
            "Rescued",
            {
                "token": foreign.address,
                "to": payee.address,
                "value": 500,
                "operator": governor,
                "ref": "0x" + REF.hex(),
            },
        )
    ]
    assert foreign.call("balanceOf", payee.address) == 500
