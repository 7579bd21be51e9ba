"""The verbs of receivables, one function each; `pegboard.uses.trade` knows the documents.

Every verb decides from the chain what is left to do, so that repeating it is safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import exact_amount
from pegboard.contract import padded
from pegboard.errors import InputError, NotPermitted, ReferenceUsed
from pegboard.inputs import moment_text
from pegboard.uses.past import said
from pegboard.uses.remittance import HALF, hash_of, new_uetr, parse_reference
from pegboard.uses.terms import Offer
from pegboard.uses.trade import (
    FINANCED,
    OPEN,
    Split,
    describe,
    find_signed,
    hexed,
    require_financeable,
    require_same,
    require_within,
    split,
    standing_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.suite import Peg, Suite
    from pegboard.uses.terms import Doc
    from pegboard.uses.trade import Document, Record


# Attesting and accepting


def attest(suite: Suite, peg: Peg, document: Document) -> Action:
    """Puts a document on record; nothing to do where it is."""
    doc = document.doc
    record = require_same(suite, document)
    return _action(
        suite,
        peg,
        "attest",
        (doc.values(), document.attester_signature),
        f"put on record that {describe(peg, doc)}",
        doc,
        amount=doc.face,
        nothing_to_do=record.status != "none",
    )


def accept(suite: Suite, peg: Peg, document: Document) -> Action:
    """Records that the buyer owes it; nothing to do where that is on record."""
    doc = document.doc
    record = require_same(suite, document, missing="submit it first, with `trade submit`")
    if record.status == "cancelled":
        raise InputError(f"{document.name} was cancelled: nobody owes it any more")
    return _action(
        suite,
        peg,
        "accept",
        (doc.fingerprint, document.buyer_signature),
        f"record that {doc.buyer} accepts to owe {doc.seller} {money(peg, doc.face)} by "
        f"{moment_text(doc.due)}",
        doc,
        amount=doc.face,
        nothing_to_do=record.status != "attested",
    )


# Financing


def finance(
    suite: Suite, peg: Peg, document: Document, offer: Offer, signature: bytes, signer: str
) -> Action:
    """Takes an offer, as the seller; nothing to do where this very one was taken."""
    doc = document.doc
    record = require_same(suite, document, missing="its attester submits it first")
    done = record.financier == offer.financier and bool(_taken_in(suite, doc, offer))
    if not done:
        require_financeable(document, record)
        if signer != doc.seller:
            raise NotPermitted(f"only the seller {doc.seller} takes offers, and not {signer}")
        if record.status != "accepted":
            raise InputError(f"{document.name} is not accepted by its buyer {doc.buyer} yet")
        _require_takeable(suite, peg, doc, record, offer)
    return _action(
        suite,
        peg,
        "finance",
        (doc.values(), offer.values(), signature),
        f"take {money(peg, offer.advance)} from {offer.financier} at a fee of "
        f"{money(peg, offer.fee)} on the document {hexed(doc.fingerprint)}, which it is then "
        f"repaid from; {offer.late_bps_per_day} bps a day when late",
        doc,
        amount=offer.advance,
        details={"financier": offer.financier, "fee": _amount(peg, offer.fee)},
        nothing_to_do=done,
    )


def _taken_in(suite: Suite, doc: Doc, offer: Offer) -> str:
    """The transaction in which the seller took just this offer; empty for none."""
    for event in said(suite.uses.receivables, "Financed", id=doc.fingerprint):
        if Offer.from_abi(event.given["offer"]) == offer:
            return event.tx
    return ""


def _require_takeable(suite: Suite, peg: Peg, doc: Doc, record: Record, offer: Offer) -> None:
    contract, financier = suite.uses.receivables, offer.financier
    if suite.chain.now() > offer.expiry:
        raise InputError(
            f"the offer was good until {moment_text(offer.expiry)}: ask {financier} for another"
        )
    if contract.call("isCancelled", financier, offer.nonce):
        raise InputError(f"{financier} has revoked the offer: ask for another")
    if not standing_of(suite, doc.attester, peg)[1]:
        raise InputError(
            f"{doc.attester} vouches for nothing in {peg.config.code} any more, so nothing of its "
            "word is financed"
        )
    require_within(peg, doc, record, offer)
    require_funds(suite, peg, financier, offer.advance)


def require_funds(suite: Suite, peg: Peg, payer: str, units: int) -> None:
    """Refuses what a payer does not have, or has not allowed the contract to take."""
    has = peg.token.call("availableOf", payer)
    if has < units:
        raise InputError(f"{payer} can spend {money(peg, has)}, and {money(peg, units)} is due")
    allowed = peg.token.call("allowance", payer, suite.uses.receivables.address)
    if allowed < units:
        raise InputError(
            f"{payer} lets the contract take {money(peg, allowed)}, and it takes "
            f"{money(peg, units)}: it raises that first, with `trade allow`"
        )


def revoke(suite: Suite, peg: Peg, offer: Offer, signer: str) -> Action:
    """Voids a financier's offers of one number; refuses where this one was taken."""
    if signer != offer.financier:
        raise NotPermitted(f"only {offer.financier} revokes its offers, and not {signer}")
    contract, doc = suite.uses.receivables, find_signed(suite, offer.doc)
    taken = _taken_in(suite, doc, offer) if doc else ""
    if taken:
        raise InputError(f"the offer was taken in transaction {taken}: nothing is left to revoke")
    named = f"document {hexed(doc.fingerprint)}" if doc else f"signed document {hexed(offer.doc)}"
    return desk_action(
        contract,
        "cancelOffer",
        (offer.nonce,),
        f"revoke the offer of {money(peg, offer.advance)} on the {named}",
        details={"doc": hexed(offer.doc)} | ({"id": hexed(doc.fingerprint)} if doc else {}),
        nothing_to_do=contract.call("isCancelled", signer, offer.nonce),
        public=True,
    )


# Paying


def reference_of(
    suite: Suite, doc: Doc, payer: str, uetr: str, remittance: Mapping[str, Any] | None
) -> bytes:
    """The reference of a payment; one that this payer has made for the same remittance keeps its.

    So the same command, repeated, is the same payment.
    """
    uetr = uetr or str((remittance or {}).get("uetr", ""))
    if uetr:
        return parse_reference(uetr, remittance)
    if remittance is None:
        raise InputError(
            "a payment needs a reference, so that repeating the command pays nothing twice: give "
            "--uetr, or --invoice, or both"
        )
    wanted, contract = hash_of(remittance), suite.uses.receivables
    for event in said(contract, "Paid", id=doc.fingerprint, payer=padded(payer)):
        ref = bytes.fromhex(event.given["ref"][2:])
        if ref[HALF:] == wanted:
            return ref
    return parse_reference(new_uetr(), remittance)


def pay(
    suite: Suite, peg: Peg, document: Document, units: int, ref: bytes, payer: str
) -> tuple[Action, Split]:
    """Pays a part or all; nothing to do where the payer has paid under this reference."""
    doc = document.doc
    record = require_same(suite, document, missing="only what is on record is paid here")
    done = _paid_before(suite, peg, doc, units, ref, payer)
    where = split(suite, doc, record, units)
    if not done:
        unpaid = doc.face - record.paid
        if record.status not in OPEN:
            raise InputError(f"{document.name} is {record.status}: there is nothing to pay")
        if not 0 < units <= unpaid:
            raise InputError(
                f"{money(peg, unpaid)} is unpaid of {document.name}: pay that or a part of it"
            )
        require_funds(suite, peg, payer, units)
    action = _action(
        suite,
        peg,
        "pay",
        (doc.values(), units, ref),
        f"pay {money(peg, units)} on the document {hexed(doc.fingerprint)}: "
        f"{_share(peg, where.to_financier, 'financier', record.financier)} and "
        f"{_share(peg, where.to_seller, 'seller', doc.seller)}",
        doc,
        ref=ref,
        amount=units,
        details={
            "toFinancier": _amount(peg, where.to_financier),
            "toSeller": _amount(peg, where.to_seller),
        },
        nothing_to_do=done,
    )
    return action, where


def _share(peg: Peg, units: int, title: str, account: str) -> str:
    """What happens to a party's share, as a clause: who may not receive it is credited."""
    if not units or peg.token.call("canReceive", account):
        return f"{money(peg, units)} to its {title}"
    return (
        f"{money(peg, units)} credited to its {title} {account}, who may not receive now, until it "
        "withdraws"
    )


def _paid_before(suite: Suite, peg: Peg, doc: Doc, units: int, ref: bytes, payer: str) -> bool:
    contract = suite.uses.receivables
    for event in said(contract, "Paid", id=doc.fingerprint, payer=padded(payer), ref=ref):
        paid = event.given["toFinancier"] + event.given["toSeller"]
        if paid != units:
            raise ReferenceUsed(
                f"{money(peg, paid)} was paid under this reference already, in transaction "
                f"{event.tx}: take the reference of the new payment"
            )
        return True
    return False


# Ending


def default(suite: Suite, peg: Peg, document: Document, signer: str) -> Action:
    """Records that a document was not paid in time; it can still be paid."""
    doc, contract = document.doc, suite.uses.receivables
    record = require_same(suite, document, missing="there is nothing to be in default")
    if record.status not in FINANCED:
        raise InputError(f"{document.name} is {record.status}: nobody has financed it")
    if signer != record.financier:
        raise NotPermitted(f"only its financier {record.financier} says so, and not {signer}")
    due = contract.call("dueOf", doc.values())
    if record.status == "financed" and suite.chain.now() <= due:
        raise InputError(f"{document.name} is due by {moment_text(due)}, which is not over")
    return _action(
        suite,
        peg,
        "markDefault",
        (doc.values(),),
        f"record that {doc.buyer} is in default on {hexed(doc.fingerprint)}",
        doc,
        nothing_to_do=record.status == "defaulted",
    )


def cancel(suite: Suite, peg: Peg, document: Document, signer: str) -> Action:
    """Takes back a document that nobody has financed or paid."""
    doc = document.doc
    record = require_same(suite, document, missing="there is nothing to take back")
    if record.status not in ("attested", "accepted", "cancelled") or record.paid:
        raise InputError(
            f"{document.name} is {record.status}, with {money(peg, record.paid)} paid: it stands"
        )
    if signer not in (doc.seller, doc.attester):
        raise NotPermitted(
            f"only its seller {doc.seller} or attester {doc.attester} takes it back, and not "
            f"{signer}"
        )
    return _action(
        suite,
        peg,
        "cancel",
        (doc.values(),),
        f"take back the document {hexed(doc.fingerprint)}; its invoice cannot be put on record "
        "again",
        doc,
        nothing_to_do=record.status == "cancelled",
    )


def withdraw(suite: Suite, peg: Peg, signer: str) -> Action:
    """Takes what waits in the contract for the signer."""
    contract, token = suite.uses.receivables, peg.token.address
    credit = contract.call("creditOf", token, signer)
    return desk_action(
        contract,
        "withdraw",
        (token,),
        f"take the {money(peg, credit)} that wait for {signer}",
        peg=peg,
        amount=credit,
        nothing_to_do=not credit,
        public=True,
    )


def allow(suite: Suite, peg: Peg, units: int, signer: str) -> Action:
    """Lets the contract take this much of the signer's tokens, for what it pays or finances."""
    contract = suite.uses.receivables.address
    return desk_action(
        peg.token,
        "approve",
        (contract, units),
        f"let {contract}, which keeps the receivables, take up to {money(peg, units)} of "
        f"{signer}'s",
        peg=peg,
        amount=units,
        nothing_to_do=peg.token.call("allowance", signer, contract) == units,
        public=True,
    )


def _action(
    suite: Suite,
    peg: Peg,
    verb: str,
    args: tuple[Any, ...],
    sentence: str,
    doc: Doc,
    *,
    details: dict[str, Any] | None = None,
    **rest: Any,
) -> Action:
    known = {"id": hexed(doc.fingerprint), "seller": doc.seller, "buyer": doc.buyer}
    contract, told = suite.uses.receivables, known | (details or {})
    return desk_action(contract, verb, args, sentence, peg=peg, details=told, public=True, **rest)


def _amount(peg: Peg, units: int) -> dict[str, str]:
    return {"amount": exact_amount(units, peg.config.decimals), "units": str(units)}
