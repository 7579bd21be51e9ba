"""Red envelopes: made and filled, claimed by a link, through a relayer or not, or returned."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_utils import to_checksum_address

from pegboard.actions import Action, money
from pegboard.errors import InputError
from pegboard.guards import require_receivers
from pegboard.inputs import moment_text
from pegboard.uses import papers
from pegboard.uses.legs import standing
from pegboard.uses.links import Link
from pegboard.uses.past import said
from pegboard.uses.payable import NOBODY, Payable
from pegboard.uses.terms import Envelope

if TYPE_CHECKING:
    from pathlib import Path

    from pegboard.suite import Peg, Suite

ENVELOPE = papers.Form(
    "pegboard-envelope/1", "envelope", "envelope create", ("currency", "terms", "authorization")
)
CLAIM = papers.Form(
    "pegboard-envelope-claim/1",
    "claim of an envelope",
    "envelope request",
    ("currency", "terms", "to", "signature"),
)
_MOST_PACKETS = 2**16 - 1
_LARGEST = 2**96 - 1
#: The terms of an envelope, and the authorization of its creator where it is known.
Sealed = Payable[Envelope]
#: What nobody should learn afterwards.
GAMEABLE = (
    "Nobody is named as submitter: who claims can try, through a contract, until the random share "
    "is a large one, so the amounts are gameable."
)
MANY = "One person can claim with many addresses: whom the link reaches decides who gets a share."


@dataclass(frozen=True)
class Rest:
    """What is left of an envelope, and who got what; amounts in base units."""

    tx: str
    left: int
    packets: int
    expiry: int
    shares: tuple[tuple[str, int], ...]
    returned: int
    by_order: int


@dataclass(frozen=True)
class Claim:
    """A share that the link's key has signed for, for a relayer to submit."""

    envelope: Sealed
    to: str
    signature: bytes


# Making


def make(
    suite: Suite,
    peg: Peg,
    creator: str,
    units: int,
    packets: int,
    *,
    seconds: int,
    random: bool,
    submitter: str | None,
) -> Link:
    """New terms with a new key; refuses what the contract would refuse."""
    least = 10 ** (peg.config.decimals - 2)
    if not 1 <= packets <= _MOST_PACKETS:
        raise InputError(f"an envelope has 1 to {_MOST_PACKETS} packets, not {packets}")
    if units < packets * least:
        raise InputError(
            f"{money(peg, units)} is less than {money(peg, least)} for each of {packets} packets"
        )
    if units > _LARGEST:
        raise InputError(f"{money(peg, units)} is more than an envelope has room for")
    if seconds <= 0:
        raise InputError("it would expire at once: give --expires a time such as 24h")
    secret = secrets.token_hex(32)
    terms = Envelope(
        creator,
        peg.token.address,
        Account.from_key(secret).address,
        submitter or NOBODY,
        units,
        packets,
        random,
        suite.chain.now() + seconds,
        secrets.token_bytes(32),
    )
    return Link(terms, secret)


def honest(terms: Envelope) -> list[str]:
    """What is gameable about it, in plain sentences."""
    open_to_all = terms.submitter == NOBODY
    return ([GAMEABLE] if open_to_all and terms.random else []) + ([MANY] if open_to_all else [])


def describe(sealed: Sealed) -> str:
    """The terms in one sentence."""
    terms = sealed.terms
    shares = "random" if terms.random else "equal"
    sender = "anybody" if terms.submitter == NOBODY else f"{terms.submitter} alone"
    return (
        f"{terms.creator} gives {sealed.money(terms.total)} in {terms.packets} {shares} shares, "
        f"until {moment_text(terms.expiry)}; claims are submitted by {sender}"
    )


# Files


def claim_file(claim: Claim) -> dict[str, Any]:
    """What a claimer hands to the submitter."""
    return CLAIM.fill(
        claim.envelope.contract,
        currency=claim.envelope.peg.config.code,
        terms=claim.envelope.terms,
        to=claim.to,
        signature=claim.signature,
    )


def form_of(path: Path) -> papers.Form:
    """Whether a file is an envelope or a claim."""
    try:
        papers.load(path, CLAIM)
    except InputError:
        papers.load(path, ENVELOPE)
        return ENVELOPE
    return CLAIM


def currency_of(path: Path) -> str:
    """The code that a file names; reading it verifies that."""
    return papers.Paper(path.name, papers.load(path, form_of(path))).text("currency")


def read(suite: Suite, peg: Peg, path: Path) -> Sealed:
    """An envelope's file, with the creator's signature checked."""
    paper = papers.read(path, ENVELOPE, suite.uses.envelopes)
    sealed = _sealed(suite, peg, paper, paper.bytes_of("authorization"))
    sealed.require_signed(sealed.terms.creator)
    return sealed


def require_same(sealed: Sealed, wanted: Envelope) -> None:
    """Refuses to go on with a file of other terms than are wanted now."""
    same = replace(wanted, key=sealed.terms.key, expiry=sealed.terms.expiry, salt=sealed.terms.salt)
    if same != sealed.terms:
        raise InputError(
            f"{sealed.name} is there already, and is of other terms ({describe(sealed)}): give "
            "another name"
        )


def read_claim(suite: Suite, peg: Peg, path: Path) -> Claim:
    """A claim's file, with the link's signature checked."""
    paper = papers.read(path, CLAIM, suite.uses.envelopes)
    sealed = _sealed(suite, peg, paper)
    found = Claim(sealed, paper.account("to"), paper.bytes_of("signature"))
    message = sealed.terms.claim(sealed.contract, found.to)
    papers.require_signed(paper.name, suite.chain, message, found.signature, sealed.terms.key)
    return found


def _sealed(suite: Suite, peg: Peg, paper: papers.Paper, authorization: bytes = b"") -> Sealed:
    contract, terms = suite.uses.envelopes, paper.terms(Envelope)
    sealed = Sealed(paper.name, contract, peg, terms, authorization)
    sealed.require_currency()
    return sealed


# Standing


def rest_of(sealed: Sealed) -> Rest:
    """What is left of an envelope, and who got what."""
    contract, id_ = sealed.contract, sealed.id
    left, packets, opened, before = contract.call("restOf", id_)
    created = said(contract, "Created", id=id_) if opened else []
    tolled = sealed.peg.token.call("pausedSeconds") - before if opened else 0

    def total(event: str) -> int:
        return sum(it.given["value"] for it in said(contract, event, id=id_))

    claims = (it.given for it in said(contract, "Claimed", id=id_))
    return Rest(
        tx=created[0].tx if created else "",
        left=left,
        packets=packets,
        expiry=sealed.terms.expiry + tolled,
        shares=tuple((to_checksum_address(it["to"]), it["value"]) for it in claims),
        returned=total("Returned"),
        by_order=total("ComplianceReleased"),
    )


def possible(sealed: Sealed, rest: Rest, now: int) -> str:
    """What can be done with it now, in words."""
    terms, peg = sealed.terms, sealed.peg
    if not rest.tx:
        return "It is not filled: `envelope submit` fills it."
    if not rest.left:
        return "Nothing is left in it."
    if not peg.token.call("canSend", terms.creator):
        why = standing(peg, terms.creator)
        return f"Nothing leaves it but by order: of the creator {terms.creator}, {why}."
    until = moment_text(rest.expiry)
    if now <= rest.expiry:
        return f"It can be claimed until {until}; what is left then goes back to {terms.creator}."
    return f"It expired at {until}: `envelope refund` gives the rest to {terms.creator}."


# Acting


def create(sealed: Sealed) -> Action:
    """Fills an envelope as its creator signed; whoever sends it pays for gas only."""
    done = rest_of(sealed).tx
    sentence = f"fill an envelope: {describe(sealed)}"
    details = {"tx": done} if done else {}
    args = (sealed.authorization,)
    return sealed.act("create", args, sentence, details=details, nothing_to_do=bool(done))


def claim(suite: Suite, found: Claim, sender: str) -> Action:
    """Claims a share; refuses a sender whom the envelope does not take claims from."""
    sealed, submitter = found.envelope, found.envelope.terms.submitter
    if submitter not in (NOBODY, sender):
        raise InputError(
            f"claims of this envelope are submitted by {submitter} alone: make a file for it, "
            "with `envelope request`"
        )
    done = sealed.contract.call("hasClaimed", sealed.id, found.to)
    if not done:
        require_receivers(suite, sealed.peg, [found.to])
    kind = "a random share" if sealed.terms.random else "an equal share"
    sentence = f"claim {kind} of an envelope in {sealed.peg.config.code} for {found.to}"
    details = {"to": found.to}
    return sealed.act(
        "claim", (found.to, found.signature), sentence, details=details, nothing_to_do=done
    )


def refund(sealed: Sealed) -> Action:
    """Gives what nobody claimed back to the creator."""
    rest = rest_of(sealed)
    if not rest.tx:
        raise InputError(f"{sealed.name} was never filled: nothing is in it")
    sentence = f"give {sealed.money(rest.left)}, what is left, back to {sealed.terms.creator}"
    done = not rest.left
    return sealed.act("refund", (), sentence, amount=rest.left, nothing_to_do=done)
