"""Every verb of the suite under every combination of pauses, in every mode.

a verb
├── given any of the pauses that stop it: reverts with Paused, whatever else is set
├── given allow-list mode and a party that it asks for, not verified: reverts and names it
└── else: succeeds
docs/truth-table.md
├── has every verb of every contract
└── is what the table prints
"""

import pytest

from pegboard.errors import Reverted
from pegboard.reserves import SignedStatement, Statement, signable
from pegboard.signing import SignedPause
from tests.support.desks import DAY, surrender
from tests.support.refusal import when_due
from tests.support.signed import FOREVER, sign, spelled
from tests.support.world import REF, key
from tests.unit.truth import BARRED, COMMAND, FREE, MODES, OK, PAGE, PAUSED, TRUTH, render
from tests.unit.use_verbs import USE_ACTS
from tests.unit.verbs import CODE, PUBLIC, VERBS, role_of, set_stage, state_changing

NONCE, VALUE = b"\7" * 32, 5
#: The desk's own calls, and what only forwards to other verbs.
INSIDE = {
    ("token", "restore"),
    ("token", "burnEscrow"),
    ("redemption", "onSurrender"),
    ("orders", "multicall"),
    # As the checkout's, whose code it is: on this stage nobody who may receive has a credit there.
    ("receivables", "withdraw"),
    ("envelopes", "withdraw"),
}
#: An envelope credits nobody, so there is nothing to release.
IN_VAIN = {("envelopes", "releaseCredit")}
ROWS = [*(row for row in TRUTH if row not in VERBS), *VERBS]
#: The manager's own verbs know neither pauses nor modes.
TRIED = [row for row in ROWS if row[0] != "authority" and row not in IN_VAIN]


@pytest.fixture(scope="module")
def staged():
    stage = set_stage()
    token, customer = stage.world.token, stage.customer.address
    token.send("approve", spender(stage), VALUE, sender=customer)
    return stage


@pytest.fixture
def stage(staged):
    point = staged.world.chain.snapshot()
    yield staged
    staged.world.chain.restore(point)


def spender(stage):
    return stage.world.holder(2).address


def prepared(stage, kind, verb):
    """The verb as a step without arguments, waiting for nothing any more."""
    if (kind, verb) in VERBS:
        if verb == "clearBreak":
            stage.world.act("PAUSER", stage.world.feed, "reportBreak", REF)
        return when_due(
            stage.world, role_of(kind, verb), stage.target(kind), verb, *VERBS[kind, verb](stage)
        )
    if (kind, verb) in USE_ACTS:
        return USE_ACTS[kind, verb](stage.uses)
    return PUBLIC_VERBS[verb.split(" ")[0].rstrip(",")](stage, verb)


def _send(stage, name, *args, sender):
    return lambda: stage.world.token.send(name, *args, sender=sender)


def _transfer(stage, verb):
    ref = (b"INV",) if "reference" in verb else ()
    name = "transfer(address,uint256,bytes)" if ref else "transfer(address,uint256)"
    return _send(stage, name, stage.person, VALUE, *ref, sender=stage.customer.address)


def _transfer_from(stage, verb):
    ref = (b"INV",) if "reference" in verb else ()
    name = f"transferFrom(address,address,uint256{',bytes' if ref else ''})"
    args = (stage.customer.address, stage.person, VALUE, *ref)
    return _send(stage, name, *args, sender=spender(stage))


def _pay(stage, verb):
    refs = ([REF],) if "references" in verb else ()
    name = f"pay(bytes32,uint8,(address,uint96)[],{'bytes32[],' if refs else ''}uint256)"
    args = (REF, 0, [(stage.person, VALUE)], *refs, VALUE)
    return _send(stage, name, *args, sender=stage.customer.address)


def _approve(stage, verb):
    return _send(stage, "approve", spender(stage), VALUE, sender=stage.customer.address)


def _signed(stage, verb, kind, values):
    form = "bytes" if verb.endswith("bytes") else "vrs"
    signature = sign(stage.customer, stage.world.token, kind, values).args(form)
    return spelled(verb.split(",")[0], form), signature


def _permit(stage, verb):
    values = (stage.customer.address, spender(stage), VALUE, 0, FOREVER)
    name, signature = _signed(stage, verb, "Permit", values)
    args = (*values[:3], FOREVER, *signature)
    return _send(stage, name, *args, sender=spender(stage))


def _authorized(stage, verb):
    values = (stage.customer.address, stage.person, VALUE, 0, FOREVER, NONCE)
    kind = verb[0].upper() + verb[1:].split(",")[0]
    name, signature = _signed(stage, verb, kind, values)
    sender = stage.person if kind.startswith("Receive") else spender(stage)
    return _send(stage, name, *values, *signature, sender=sender)


def _cancel(stage, verb):
    values = (stage.customer.address, NONCE)
    name, signature = _signed(stage, verb, "CancelAuthorization", values)
    return _send(stage, name, *values, *signature, sender=spender(stage))


def _surrender(stage, verb):
    return lambda: surrender(stage.world, stage.customer.address, VALUE)


def _take_back(stage, verb):
    desk = stage.target("redemption")
    return lambda: desk.send("takeBack", 1, sender=stage.customer.address)


def _post(stage, verb):
    world = stage.world
    world.chain.warp(1)
    statement = Statement("HKD", world.chain.now(), 10**17, 0, REF)
    message = signable(world.feed, statement)
    signed = [
        SignedStatement(a.address, bytes(a.sign_message(message).signature))
        for a in sorted((key(16), key(17), key(18)), key=lambda a: int(a.address, 16))
    ]
    signatures = [one.signature for one in signed]
    values = (statement.currency, statement.as_of, statement.reserves, 0, statement.document)
    return lambda: world.feed.send("post", values, signatures, sender=spender(stage))


def _presigned(stage, verb):
    world, desk, now = stage.world, stage.target("presigned"), stage.world.chain.now()
    pause = SignedPause(world.token.address, 15, now, now + DAY, 0, REF)
    signers = sorted((key(51), key(52)), key=lambda a: int(a.address, 16))
    signatures = [bytes(a.sign_message(pause.signable(desk)).signature) for a in signers]
    return lambda: desk.send("pause", *pause.values(), signatures, sender=spender(stage))


PUBLIC_VERBS = {
    "transfer": _transfer,
    "transferFrom": _transfer_from,
    "pay": _pay,
    "approve": _approve,
    "permit": _permit,
    "transferWithAuthorization": _authorized,
    "receiveWithAuthorization": _authorized,
    "cancelAuthorization": _cancel,
    "surrender": _surrender,
    "takeBack": _take_back,
    "post": _post,
    "pause": _presigned,
}


def parties(stage):
    """Everybody whom a verb of the stage pays, debits or lets spend."""
    burner = stage.world.member("BURNER")
    return [stage.customer.address, stage.person, spender(stage), burner, *stage.uses.everybody]


def enter(stage, mode, pauses):
    """Sets the mode and the pauses; whoever was verified before is not, where nobody is to be."""
    world, token = stage.world, stage.world.token
    if mode != MODES[0]:
        verb = "verify" if mode == MODES[1] else "unverify"
        world.act("VERIFIER", token, verb, parties(stage), REF)
        world.act("PAUSER", token, "enterAllowListMode", REF)
    if pauses:
        world.act("PAUSER", token, "pause", pauses, REF)


def outcome_of(act):
    """ok, or the error."""
    try:
        act()
    except Reverted as fault:
        return fault.name
    return OK


@pytest.mark.req("HK-14")
@pytest.mark.req("HK-02")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("kind", "verb"), TRIED, ids=lambda part: part)
def test_every_combination_of_pauses(stage, kind, verb, mode):
    """I12: sixteen combinations; what several bits stop is what any of them stops."""
    bits, unverified = TRUTH.get((kind, verb), FREE)
    chain, found, wanted = stage.world.chain, {}, {}
    for pauses in range(16):
        point = chain.snapshot()
        # A resumption names the last pause, so it is made ready after it; all else before.
        if verb == "resume":
            enter(stage, mode, pauses)
            act = prepared(stage, kind, verb)
        else:
            act = prepared(stage, kind, verb)
            enter(stage, mode, pauses)
        found[pauses] = outcome_of(act)
        chain.restore(point)
        met = unverified if mode == MODES[2] else OK
        wanted[pauses] = PAUSED if bits & pauses and met != BARRED else met
    assert found == wanted


def test_the_table_has_every_verb():
    """Generated from the ABIs: a state-changing function without a row fails."""
    known = {(kind, verb.split(" ")[0].rstrip(",")) for kind, verb in ROWS}
    hot = {(kind, s.split("(")[0]) for kind, names in PUBLIC.items() for s in names}
    manager = {(kind, verb) for kind, verb in hot if kind == "authority"}
    assert hot - known == INSIDE | manager
    for kind in CODE:
        names = {(kind, s.split("(")[0]) for s in state_changing(kind)}
        assert names <= known | INSIDE | manager


def test_the_page_is_what_the_table_prints():
    assert PAGE.read_text(encoding="utf-8") == render(TRIED), f"run: {COMMAND}"
