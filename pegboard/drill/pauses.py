"""`pause`: transfers must stop now, and go on later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard import actions, presigned
from pegboard.drill.ground import DAY, Ground, attest, bind
from pegboard.drill.report import Planned
from pegboard.inputs import reference
from pegboard.presigned import Envelope
from pegboard.status import pause_names

if TYPE_CHECKING:
    from pegboard.actions import Action
    from pegboard.drill.report import Step

NAME, WITHIN = "pause", 60
PEOPLE = ("customer", "shop")
STEPS = (
    Planned("Pause", "PAUSER", "pause on"),
    Planned("See that redemption is open", "a customer", "redeem list"),
    Planned("Open it again, when it is explained", "RESUMER", "pause off", waits="RESUMER"),
    Planned("Pause by sealed envelope", "anybody", "presign broadcast"),
    Planned("Open it again, and seal new envelopes", "RESUMER", "pause off", waits="RESUMER"),
)
REF = reference("incident 8")
UNIT = 10**6
WHAT = ("transfers", "mint")


def prepare(ground: Ground) -> None:
    """A customer with money, and an envelope of two pauses that were signed ahead."""
    bind(ground, "customer")
    attest(ground, "1000000")
    to, ref = ground.people["customer"], reference("FPS 8")
    _do(ground, actions.mint(ground.peg, to, 1_000 * UNIT, ref), "MINTER")


def play(ground: Ground) -> None:
    """All of the runbook."""
    envelopes = _sign_ahead(ground)
    token = ground.peg.token
    with ground.timed("Pause") as step:
        _do(ground, actions.pause(ground.peg, WHAT, REF), "PAUSER")
        ground.shows(step, "what is paused", pause_names(token.call("pauses")), WHAT)
        _refused(ground, step)
    with ground.timed("See that redemption is open") as step:
        customer, desk = ground.people["customer"], ground.suite.desks.redemption
        token.send("surrender", desk.address, 100 * UNIT, reference("R 1"), sender=customer)
        ground.shows(step, "requests for redemption", desk.call("requestCount"), 1)
    resume(ground, "Open it again, when it is explained")
    with ground.timed("Pause by sealed envelope") as step:
        action = presigned.broadcast(ground.suite, ground.peg, envelopes)
        relayer = ground.people["relayer"]
        actions.carry_out(ground.suite, action, relayer)
        ground.shows(step, "what is paused", pause_names(token.call("pauses")), WHAT)
        _refused(ground, step)
        what, call = "the same envelope again", (*envelopes[0].pause.values(), _sorted(envelopes))
        contract = ground.suite.desks.presigned
        ground.must_refuse(step, "WrongEpoch", what, contract, relayer, "pause", *call)
    resume(ground, "Open it again, and seal new envelopes")


def resume(ground: Ground, title: str) -> None:
    """Slowly: whoever paused for a reason has an hour to object."""
    with ground.timed(title) as step:
        action = actions.resume(ground.peg, WHAT, REF)
        ground.enact(action)
        token = ground.peg.token
        ground.shows(step, "what is paused", pause_names(token.call("pauses")), ())
        customer, shop = ground.people["customer"], ground.people["shop"]
        before = token.call("balanceOf", shop)
        token.send("transfer", shop, 10 * UNIT, sender=customer)
        ground.shows(step, "what the shop has", token.call("balanceOf", shop), before + 10 * UNIT)


def _do(ground: Ground, action: Action, role: str) -> None:
    actions.carry_out(ground.suite, action, ground.member(role))


def _refused(ground: Ground, step: Step) -> None:
    customer, shop = ground.people["customer"], ground.people["shop"]
    call = ("transfer", shop, UNIT)
    ground.must_refuse(step, "Paused", "a transfer", ground.peg.token, customer, *call)


def _sign_ahead(ground: Ground) -> list[Envelope]:
    """What lies in the envelopes: a quorum of files, signed while all was calm."""
    contract, now = ground.suite.desks.presigned, ground.chain.now()
    signers = presigned.signers_of(ground.suite)[: contract.call("quorum")]
    times = (now, now + 365 * DAY)
    found = []
    for signer in signers:
        pause = presigned.to_sign(ground.suite, ground.peg, WHAT, times, REF, signer)
        signature = ground.sign(signer, pause.signable(contract))
        place = (ground.chain.chain_id, contract.address, ground.peg.config.code)
        found.append(Envelope(f"{signer}.json", *place, pause, signer, signature))
    return found


def _sorted(envelopes: list[Envelope]) -> list[bytes]:
    return [it.signature for it in sorted(envelopes, key=lambda it: int(it.signer, 16))]
