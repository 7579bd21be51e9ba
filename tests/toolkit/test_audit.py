"""An audit finds what is not as declared, in both directions, and nothing where all is.

audit
├── given a suite as it was deployed
│   └── it finds nothing
├── given a power, a setting, a code, a holder or a record that is not as declared
│   └── it names just that, in one line with its class
├── given what is scheduled
│   ├── it names what would change powers, settings or code
│   └── it leaves everyday verbs to the queue
├── given holders of a live chain
│   ├── it names plain keys, keys that delegate, and multisigs of one
│   └── it names modules, guards, and code that is no released Safe's
├── given a Safe that is declared
│   ├── it names every owner, module, guard and threshold that is not as declared, and no other
│   └── it names one that is not there
├── given a Safe with a role that is not declared
│   └── it names it on a live chain, with its roles
└── given people in several multisigs
    └── it names those who could act on two sides that are apart
"""

from dataclasses import replace

import pytest
from eth_utils import keccak

from pegboard import create2
from pegboard.config import BY_DESK, SUITE_PREFIX, SafeConfig
from pegboard.contract import Call
from pegboard.desired.audit import audit
from pegboard.desired.parties import multisig_faults, party_faults, safe_faults
from pegboard.desired.plan import Planner
from pegboard.desired.records import record_of
from pegboard.safes.quorum import calldata
from pegboard.safes.safe import read_safe, transaction
from pegboard.safes.safe_abi import SENTINEL
from pegboard.suite import locate
from tests.support.planning import DEPLOYER, Thinking, act_as, planner_of, table_with
from tests.support.remember import Remembering
from tests.support.revm import RevmChain
from tests.support.safes import PAYER, RevmWithSafes, code_of, make_safe, signed
from tests.support.world import (
    REF,
    artifacts,
    build_world,
    currencies,
    desks,
    key,
    resolve,
    roles,
)

HOLDERS = roles().holders["local"]
STRANGER, FOREIGN = key(30).address, key(31).address
DAY = 86_400
UNIT = 10**6


@pytest.fixture(scope="module")
def made():
    world = build_world(Thinking(), ("HKD", "USD"))
    suite = world.suite
    world.chain.known = [
        *(suite.controls.address, suite.feed_controls.address, suite.registry.address),
        *(suite.audits.address, suite.authority.address, *suite.ours),
    ]
    return world


@pytest.fixture
def world(made):
    point = made.chain.snapshot()
    yield made
    made.chain.restore(point)


def member(role):
    return resolve(HOLDERS[role][0])


def findings(world, **terms):
    return [(f.kind, f.text) for f in audit(planner_of(world, **terms))]


def test_a_suite_as_deployed_is_clean(world):
    assert findings(world) == []
    records = {
        code: record_of(world.suite, peg, DEPLOYER) for code, peg in world.suite.pegs.items()
    }
    assert audit(planner_of(world), records) == []


def test_a_chain_without_a_suite_lacks_it_and_nothing_else(world):
    """Two hundred findings that follow from one would hide it."""
    chosen = {"HKD": currencies()["HKD"]}
    suite = locate(Thinking(), artifacts(), chosen, desks(), DEPLOYER, resolve)
    found = audit(replace(planner_of(world), suite=suite))
    assert len(found) == 18
    assert all(f.kind == "drift" and f.text.startswith("there is no ") for f in found)


def as_admin(world, name, *args):
    act_as(world, "ADMIN", world.suite.authority, name, *args)


def selector(world, name):
    return world.token.selector(name)


def grant_stranger(world):
    act_as(world, "GOVERNOR", world.suite.authority, "grantRole", 3, STRANGER, 0)


def open_stray(world):
    desk, terms = world.suite.desks.issuance, (world.token.address, 1, STRANGER, REF)
    act_as(world, "GOVERNOR", desk, "openChannel", b"STRAY".ljust(32, b"\0"), *terms)


CHANGES = {
    "a limit": (
        lambda w: w.token.send("lowerMintLimit", UNIT, DAY, REF, sender=member("PAUSER")),
        "drift",
        "the mint limit of HKD is 1.00 HKD per 1d, declared is 50,000,000.00 HKD per 1d",
    ),
    "a member": (grant_stranger, "power", f"{STRANGER} is MINTER, and was not declared"),
    "a member who is not there": (
        lambda w: w.suite.authority.send(
            "expel", 4, member("BURNER"), REF, sender=member("EXPELLER")
        ),
        "drift",
        f"{member('BURNER')} is not BURNER, and was declared",
    ),
    "a function": (
        lambda w: as_admin(w, "setTargetFunctionRole", w.token.address, [selector(w, "freeze")], 9),
        "power",
        "VERIFIER may call freeze of the HKD token, declared is FREEZER",
    ),
    "a function that is everybody's": (
        lambda w: as_admin(
            w, "setTargetFunctionRole", w.token.address, [selector(w, "mint")], 2**64 - 1
        ),
        "power",
        "everybody may call mint of the HKD token, declared is MINTER",
    ),
    "a function that is nobody's": (
        lambda w: as_admin(w, "setTargetFunctionRole", w.token.address, [selector(w, "pause")], 0),
        "drift",
        "nobody but ADMIN may call pause of the HKD token, declared is PAUSER",
    ),
    "a target that is not ours": (
        lambda w: as_admin(w, "setTargetFunctionRole", FOREIGN, [b"\xde\xad\xbe\xef"], 9),
        "power",
        f"VERIFIER may call 0xdeadbeef of {FOREIGN}, which is no contract of the suite, and no "
        "file declares it",
    ),
    "a target that is closed": (
        lambda w: as_admin(w, "setTargetClosed", w.feed.address, True),
        "drift",
        "the HKD reserve feed is closed, whatever roles one holds",
    ),
    "a role that nobody declared": (
        lambda w: as_admin(w, "grantRole", 99, STRANGER, 0),
        "power",
        f"{STRANGER} is role 99, which no file declares, and was not declared",
    ),
    "a wallet": (
        lambda w: act_as(
            w, "GOVERNOR", w.suite.registry, "tagWallet", STRANGER, b"x".ljust(32, b"\0"), REF
        ),
        "power",
        f"{STRANGER} is tagged as a wallet of the issuer, and was not declared",
    ),
    "a channel": (
        open_stray,
        "power",
        f"the channel STRAY to {STRANGER} is open, and no file declares it",
    ),
    "a signer of pauses": (
        lambda w: act_as(w, "GOVERNOR", w.suite.desks.presigned, "addSigner", STRANGER, REF),
        "power",
        f"{STRANGER} signs pauses ahead, and was not declared",
    ),
    "an attestor": (
        lambda w: act_as(w, "GOVERNOR", w.feed, "addAttestor", STRANGER, REF),
        "power",
        f"{STRANGER} attests the reserves of HKD, and was not declared",
    ),
    "an account that nobody can bar": (
        lambda w: act_as(w, "GOVERNOR", w.token, "enlist", [STRANGER], REF),
        "power",
        f"{STRANGER} is a contract of HKD, which nobody can bar, and was not declared",
    ),
    "a delay of grants": (
        lambda w: as_admin(w, "setGrantDelay", 3, DAY),
        "power",
        "grants of MINTER take effect after 1d from {since}, declared is none",
    ),
}


@pytest.mark.req("HK-05")
@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_named(world, name):
    """One line, and no other."""
    change, kind, text = CHANGES[name]
    change(world)
    found = findings(world)
    since = found[0][1].split(" from ")[-1].split(",")[0] if found else ""
    assert found == [(kind, text.format(since=since))]


# Code


def test_other_code_is_named(world):
    """One byte of a constant is enough: the currency's name, a signer's quorum."""
    contract = world.suite.desks.presigned
    code = world.chain.code(contract.address)
    world.chain.put_code(contract.address, code[:-1] + bytes([code[-1] ^ 1]))
    try:
        ((kind, text),) = findings(world)
    finally:
        world.chain.put_code(contract.address, code)
    assert kind == "code"
    assert text.startswith(f"the code of the PauseBySignature at {contract.address} is not what")


def test_an_upgrade_is_named(world):
    suite = world.suite
    other = world.chain.create(STRANGER, suite.initcodes.controls)
    code_hash = keccak(world.chain.code(other))
    suite.audits.send("register", REF, code_hash, sender=member("AUDITOR"))
    act_as(world, "UPGRADER", world.token, "upgrade", other, code_hash, REF, False)
    text = f"HKD delegates to {other}, not to {suite.controls.address}"
    assert findings(world) == [("drift", text)]


def test_code_that_cannot_be_verified_is_named():
    """A chain that runs nothing in thought proves nothing."""
    world = build_world(Remembering())
    found = findings(world)
    assert len(found) == 18
    assert all(kind == "code" and "could not be verified" in text for kind, text in found)


# What is to come


def schedule(world, role, contract, name, *args):
    call = contract.prepare(name, *args)
    world.suite.authority.send("schedule", call.to, call.data, 0, sender=member(role))


def test_what_will_change_a_setting_is_named(world):
    schedule(world, "GOVERNOR", world.token, "raiseMintLimit", 7 * UNIT, DAY, REF)
    ((kind, text),) = findings(world)
    assert kind == "pending"
    assert text.startswith(f"{member('GOVERNOR')} (GOVERNOR) has scheduled ")
    assert "mint limit of HKD to 7.00" in text
    # Cancelled, it changes nothing any more.
    call = world.token.prepare("raiseMintLimit", 7 * UNIT, DAY, REF)
    cancel = (member("GOVERNOR"), call.to, call.data)
    world.suite.authority.send("cancel", *cancel, sender=member("GUARDIAN"))
    assert findings(world) == []


def test_an_everyday_verb_that_waits_is_the_queues(world):
    schedule(world, "RELEASER", world.token, "unfreeze", [STRANGER], REF)
    assert findings(world) == []


def test_a_delay_that_is_still_shorter_is_named(world):
    """Declared again, and in force only later."""
    authority, resumer = world.suite.authority, member("RESUMER")
    act_as(world, "GOVERNOR", authority, "grantRole", 11, resumer, 90_000)
    act_as(world, "GOVERNOR", authority, "grantRole", 11, resumer, 3_600)
    ((kind, text),) = findings(world)
    assert (kind, text.split(" until ")[0]) == ("pending", f"{resumer} waits 1d 1h as RESUMER")


def test_a_deployment_that_is_not_over_is_named():
    from tests.toolkit.test_deploy import deployer_on

    chain = Thinking()
    deployer = deployer_on(chain)
    plan = deployer.plan()
    deployer.apply(replace(plan, handover=()))
    found = audit(replace(deployer))
    assert ("power", f"the deployment is not over: {DEPLOYER} is ADMIN without delay") in {
        (f.kind, f.text) for f in found
    }


# Records


def test_a_record_that_says_otherwise_is_named(world):
    peg = world.suite.peg("HKD")
    record = record_of(world.suite, peg, DEPLOYER)
    wrong = {**record, "token": {**record["token"], "codeHash": "0x00"}, "deployer": STRANGER}
    found = audit(planner_of(world), {"HKD": wrong, "USD": None})
    said, code_hash = "the record of HKD says", record["token"]["codeHash"]
    assert [(f.kind, f.text) for f in found] == [
        ("record", f"{said} deployer is {STRANGER}, and it is {DEPLOYER}"),
        ("record", f"{said} token.codeHash is 0x00, and it is {code_hash}"),
        ("record", "no deployment of USD is recorded for chain 31337"),
    ]


# Holders on a live chain


def live_suite(chain, **holders):
    """The shipped declaration, made for chain 1, with these holders for some roles."""
    shipped = {
        role: tuple(n for n in names if role not in BY_DESK or n.startswith(SUITE_PREFIX))
        for role, names in HOLDERS.items()
    }
    config = currencies()["HKD"]
    reserves = replace(config.reserves, attestors={"1": config.reserves.attestors["local"]})
    declared = replace(desks(), pause_signers={"1": desks().pause_signers["local"]})
    suite = locate(
        chain, artifacts(), {"HKD": replace(config, reserves=reserves)}, declared, DEPLOYER, resolve
    )
    return suite, replace(roles(), holders={"1": {**shipped, **holders}})


@pytest.mark.req("HK-03")
def test_plain_keys_and_multisigs_of_one_are_named_on_a_live_chain():
    chain = RevmWithSafes(chain_id=1)
    one = make_safe(chain, [key(33)], 1).address
    two = make_safe(chain, [key(33), key(34), key(35)], 2, salt=1).address
    chain.put_code(STRANGER, bytes.fromhex("ef0100") + bytes.fromhex(two[2:]))
    suite, table = live_suite(chain, ADMIN=(two,), BURNER=(one,), VERIFIER=(STRANGER,))
    found = list(party_faults(suite, table, resolve))
    burner = f"BURNER is declared for {one}, a multisig that one signer alone can use"
    verifier = f"VERIFIER is declared for {STRANGER}, which is a plain key on chain 1, although it"
    guardian = f"GUARDIAN is declared for {member('GUARDIAN')}, which is a plain key on chain 1:"
    for text in (burner, verifier, guardian):
        assert len([f for f in found if f.startswith(text)]) == 1
    assert not [f for f in found if two in f and f.startswith("ADMIN")]


@pytest.mark.parametrize("name", ["cooling", "fee_notice"])
def test_times_that_protect_people_are_not_zero_on_a_live_chain(name):
    chain = RevmChain(chain_id=1)
    suite, table = live_suite(chain)
    bare = replace(
        suite, desks=replace(suite.desks, config=replace(suite.desks.config, **{name: 0}))
    )
    said = f"desks.toml: {name} is zero, and chain 1 is live"
    assert [f for f in party_faults(bare, table, resolve) if f.startswith(said)]
    assert not [f for f in party_faults(suite, table, resolve) if f.startswith("desks.toml")]


@pytest.mark.parametrize("name", ["cooling", "fee_notice"])
def test_a_local_chain_may_do_without_them(name):
    suite = locate(
        RevmChain(),
        artifacts(),
        {"HKD": currencies()["HKD"]},
        replace(desks(), **{name: 0}),
        DEPLOYER,
        resolve,
    )
    assert list(party_faults(suite, roles(), resolve)) == []


# Multisigs


@pytest.fixture(scope="module")
def safes():
    return RevmWithSafes()


@pytest.fixture
def chain(safes):
    point = safes.snapshot()
    yield safes
    safes.restore(point)


def faults(chain, **holders):
    chosen = {"HKD": currencies()["HKD"]}
    suite = locate(chain, artifacts(), chosen, desks(), DEPLOYER, resolve)
    return list(multisig_faults(suite, table_with(**holders), resolve))


A, B, C, D = (key(n) for n in (33, 34, 35, 36))


def test_a_sound_multisig_is_no_finding(chain):
    safe = make_safe(chain, [A, B, C], 2).address
    assert faults(chain, ADMIN=(safe,)) == []


def test_one_signature_is_too_few(chain):
    safe = make_safe(chain, [A, B], 1).address
    (text,) = faults(chain, ADMIN=(safe,))
    assert text == (
        f"ADMIN is declared for {safe}, a multisig that one signer alone can use: raise its "
        "threshold to at least 2"
    )


def as_safe(chain, safe, name, *args):
    """What two owners of a Safe decide about it."""
    state = read_safe(chain, safe.address)
    call = Call(safe.address, safe.encode(name, *args), name)
    tx = transaction(state, [call], state.nonce)
    chain.send(PAYER.address, safe.address, calldata(chain, tx, signed(tx, A, B)))


def test_a_module_and_a_guard_are_named(chain):
    """The one acts without the owners, the other can stop whatever they decide."""
    safe = make_safe(chain, [A, B, C], 2)
    said = f"ADMIN is declared for the Safe {safe.address}"
    as_safe(chain, safe, "enableModule", FOREIGN)
    module = f"{said}, as which the module {FOREIGN} acts without any signature"
    assert faults(chain, ADMIN=(safe.address,)) == [module]
    guard = create2.deploy(
        chain, code_of("examples/guards/ReentrancyTransactionGuard")[0], sender=PAYER.address
    )
    as_safe(chain, safe, "setGuard", guard[0])
    stops = f"{said}, whose guard {guard[0]} can refuse every transaction"
    assert faults(chain, ADMIN=(safe.address,)) == [module, stops]


def test_a_handler_that_passes_calls_on_is_named(chain):
    """Whoever calls the Safe would call the handler as the Safe: a token would believe it."""
    safe = make_safe(chain, [A, B, C], 2, salt=7)
    as_safe(chain, safe, "setFallbackHandler", FOREIGN)
    (text,) = faults(chain, ADMIN=(safe.address,))
    assert text == (
        f"ADMIN is declared for the Safe {safe.address}, through whose handler {FOREIGN} anybody "
        "calls as that Safe"
    )
    warning = f"the handler {FOREIGN} is called as this Safe by anybody"
    assert read_safe(chain, safe.address).warnings == [warning]
    as_safe(chain, safe, "setFallbackHandler", "0x" + "00" * 20)
    assert faults(chain, ADMIN=(safe.address,)) == []


def test_people_who_meet_on_two_sides_are_named(chain):
    """Two of the three sign for both: they need nobody else."""
    one = make_safe(chain, [A, B, C], 2).address
    other = make_safe(chain, [B, C, D], 2, salt=1).address
    (text,) = faults(chain, ADMIN=(one,), GUARDIAN=(other,))
    both = ", ".join(sorted((B.address, C.address)))
    assert text == (
        f"{both} can act as ADMIN ({one}) and as GUARDIAN ({other}), which must be different "
        "parties"
    )


def test_one_shared_person_is_not_enough_for_two_signatures(chain):
    one = make_safe(chain, [A, B, C], 2).address
    other = make_safe(chain, [C, D, key(37)], 2, salt=1).address
    assert faults(chain, ADMIN=(one,), GUARDIAN=(other,)) == []


def test_a_key_that_is_an_owner_on_the_other_side_is_named(chain):
    safe = make_safe(chain, [A, B], 1).address
    found = faults(chain, ADMIN=(safe,), GUARDIAN=(A.address,))
    assert [f for f in found if f.startswith(f"{A.address} can act as ADMIN ({safe}) and as GUAR")]


def test_attestors_who_can_approve_are_named(chain):
    """Who says what the reserves are must not move what they back, as an owner neither."""
    safe = make_safe(chain, [key(16), key(17), A], 2).address
    (text,) = faults(chain, APPROVER=(safe,))
    assert text.endswith(
        f"can act as APPROVER ({safe}) and as attestors of HKD (attestors of HKD), which must be "
        "different parties"
    )


def test_what_only_answers_like_a_safe_is_named():
    """Its threshold may say 2 and mean nothing."""
    chain = RevmWithSafes()
    chain.put_code(STRANGER, bytes.fromhex("600260005260206000f3"))
    (text,) = faults(chain, ADMIN=(STRANGER,))
    assert text.startswith(f"ADMIN is declared for {STRANGER}, which answers as a multisig")


# Declared Safes


def declared_as(safe, *owners, threshold=2, **more):
    """A Safe as roles.toml would declare it."""
    return SafeConfig("board", safe.address, tuple(o.address for o in owners), threshold, **more)


def said_of(chain, *configs, **holders):
    chosen = {"HKD": currencies()["HKD"]}
    suite = locate(chain, artifacts(), chosen, desks(), DEPLOYER, resolve)
    table = replace(table_with(**holders), safes={"local": configs})
    return list(safe_faults(suite, table, resolve)), list(multisig_faults(suite, table, resolve))


def test_a_safe_as_it_was_declared_is_no_finding(chain):
    """The order of its owners is nothing, and one without a role is compared, too."""
    safe = make_safe(chain, [A, B, C], 2)
    assert said_of(chain, declared_as(safe, C, A, B), ADMIN=(safe.address,)) == ([], [])
    assert said_of(chain, declared_as(safe, C, A, B)) == ([], [])
    assert said_of(chain, ADMIN=(safe.address,)) == ([], [])


def test_an_owner_who_was_swapped_is_named(chain):
    """As many owners and signatures as before, and all of it sound by itself."""
    safe = make_safe(chain, [A, B, C], 2)
    config = declared_as(safe, A, B, C)
    before = read_safe(chain, safe.address).owners
    previous = (SENTINEL, *before)[before.index(C.address)]
    as_safe(chain, safe, "swapOwner", previous, C.address, D.address)
    board = f"the Safe board ({safe.address})"
    swapped = [
        f"{board} has the owner {D.address}, who was not declared",
        f"{board} has not the owner {C.address}, who was declared",
    ]
    assert said_of(chain, config, ADMIN=(safe.address,)) == (swapped, [])
    as_safe(chain, safe, "changeThreshold", 3)
    lowered = f"{board} asks for 3 signatures, declared is 2"
    assert said_of(chain, config, ADMIN=(safe.address,)) == ([*swapped, lowered], [])


def test_modules_and_guards_are_compared_with_what_was_declared(chain):
    """Once, and not with every role; those that are declared were decided on."""
    safe = make_safe(chain, [A, B, C], 2)
    guard, _ = create2.deploy(
        chain, code_of("examples/guards/ReentrancyTransactionGuard")[0], sender=PAYER.address
    )
    board = f"the Safe board ({safe.address})"
    bare, full = (
        declared_as(safe, A, B, C, **more) for more in ({}, {"modules": (FOREIGN,), "guard": guard})
    )
    none = [
        f"{board} has not the module {FOREIGN}, who was declared",
        f"{board} has the guard none, declared is {guard}",
    ]
    assert said_of(chain, full, ADMIN=(safe.address,)) == (none, [])
    as_safe(chain, safe, "enableModule", FOREIGN)
    as_safe(chain, safe, "setGuard", guard)
    more = [
        f"{board} has the module {FOREIGN}, who was not declared",
        f"{board} has the guard {guard}, declared is none",
    ]
    assert said_of(chain, bare, ADMIN=(safe.address,)) == (more, [])
    assert said_of(chain, full, ADMIN=(safe.address,)) == ([], [])


def test_a_declared_safe_that_is_not_there_is_named(chain):
    config = SafeConfig("board", STRANGER, (A.address, B.address), 2)
    said = f"the Safe board ({STRANGER}) is declared, "
    assert said_of(chain, config) == ([f"{said}and no Safe is at its address"], [])
    other = RevmWithSafes()
    other.put_code(STRANGER, bytes.fromhex("600260005260206000f3"))
    claims = f"{said}which answers as a multisig and has not the code of a released Safe"
    assert said_of(other, config) == ([claims], [])


def test_an_audit_names_what_a_safe_has_become():
    """The finding is among those of the holders."""
    chain = RevmWithSafes()
    safe = make_safe(chain, [A, B, C], 2)
    suite = locate(chain, artifacts(), {"HKD": currencies()["HKD"]}, desks(), DEPLOYER, resolve)
    table = replace(roles(), safes={"local": (declared_as(safe, A, B, D),)})
    found = audit(Planner(suite, artifacts(), table, DEPLOYER, resolve))
    assert [f.text.split(") ")[1] for f in found if f.kind == "holder"] == [
        f"has the owner {C.address}, who was not declared",
        f"has not the owner {D.address}, who was declared",
    ]


@pytest.mark.req("HK-03")
def test_an_undeclared_safe_is_named_on_a_live_chain():
    chain = RevmWithSafes(chain_id=1)
    safe = make_safe(chain, [A, B, C], 2)
    suite, table = live_suite(chain, ADMIN=(safe.address,), BURNER=(safe.address,))
    assert list(safe_faults(suite, table, resolve)) == [
        f"the Safe {safe.address} is ADMIN, BURNER, and roles.toml does not say who owns it: "
        "declare it in [safes.1], so that an owner who is swapped is seen"
    ]
    table = replace(table, safes={"1": (declared_as(safe, A, B, C),)})
    assert list(safe_faults(suite, table, resolve)) == []
