"""What the escrows keep of an account, and how a lawful order takes it.

What is kept belongs to somebody until it is paid out: a checkout payment to its payer, an envelope
to its creator, a credit to whom it waits for. Of a barred owner it leaves by order only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.actions import Action, desk_action, money
from pegboard.errors import InputError
from pegboard.files.paying import padded
from pegboard.uses.legs import standing
from pegboard.uses.past import said
from pegboard.uses.terms import Envelope, Info

if TYPE_CHECKING:
    from pegboard.contract import Contract
    from pegboard.suite import Peg, Suite
    from pegboard.uses.terms import Terms


@dataclass(frozen=True)
class Kept:
    """An amount in base units that a contract keeps, or kept, of `owner`; a credit has no terms."""

    name: str
    kind: str
    contract: Contract
    owner: str
    units: int
    terms: Terms | None = None


def kept_of(suite: Suite, peg: Peg, account: str) -> list[Kept]:
    """All that the escrows ever kept of an account in this currency, also where nothing is left."""
    uses, token, owner = suite.uses, peg.token.address, padded(account)
    found = []
    for event in said(uses.checkout, "Authorized", payer=owner):
        info = Info.from_abi(event.given["info"])
        if info.token == token:
            found.append(_held(uses.checkout, "payment", account, info, "paymentOf"))
    for event in said(uses.envelopes, "Created", creator=owner):
        envelope = Envelope.from_abi(event.given["envelope"])
        if envelope.token == token:
            found.append(_held(uses.envelopes, "envelope", account, envelope, "restOf"))
    for use, contract in (("checkout", uses.checkout), ("receivables", uses.receivables)):
        credit = contract.call("creditOf", token, account)
        found.append(Kept(f"{use}-credit", "credit", contract, account, credit))
    return found


def _held(contract: Contract, kind: str, owner: str, terms: Terms, question: str) -> Kept:
    id_ = terms.digest(contract)
    return Kept("0x" + id_.hex(), kind, contract, owner, contract.call(question, id_)[0], terms)


def take(suite: Suite, peg: Peg, account: str, name: str, to: str, ref: bytes) -> Action:
    """Sends all of one of them where a lawful order says; nothing to do where it was sent there."""
    kept = next((it for it in kept_of(suite, peg, account) if it.name == name), None)
    if kept is None:
        raise InputError(
            f"no escrow ever kept {name!r} of {account} in {peg.config.code}: `orders escrowed` "
            "lists what there is"
        )
    tx = _taken(kept, peg, to, ref)
    if not kept.units and not tx:
        raise InputError(f"nothing is left of {name}: it was paid out, returned or taken before")
    if kept.units:
        _require_barred(peg, kept)
        _require_receiver(suite, peg, to)
    what = {"payment": "all that is held", "envelope": "all that is left of an envelope"}
    sentence = (
        f"send {money(peg, kept.units)}, {what.get(kept.kind, 'all that is credited')} of "
        f"{account}, who is barred, to {to} by a lawful order"
    )
    return desk_action(
        kept.contract,
        *_call(kept, peg, to, ref),
        sentence,
        ref=ref,
        peg=peg,
        amount=kept.units,
        details={"account": account, "what": name, "to": to} | ({"tx": tx} if tx else {}),
        nothing_to_do=not kept.units,
    )


def _call(kept: Kept, peg: Peg, to: str, ref: bytes) -> tuple[str, tuple[Any, ...]]:
    if kept.terms is None:
        return "releaseCredit", (peg.token.address, kept.owner, to, ref)
    return "complianceRelease", (kept.terms.values(), to, ref)


def _taken(kept: Kept, peg: Peg, to: str, ref: bytes) -> str:
    """The last transaction that sent it there under this reference; empty where none did."""
    if kept.terms is None:
        words = {
            "token": padded(peg.token.address),
            "account": padded(kept.owner),
            "to": padded(to),
        }
        found = said(kept.contract, "CreditReleased", **words)
    else:
        id_ = bytes.fromhex(kept.name[2:])
        found = said(kept.contract, "ComplianceReleased", id=id_, to=padded(to))
    named = [event.tx for event in found if event.given["ref"] == "0x" + ref.hex()]
    return named[-1] if named else ""


def _require_barred(peg: Peg, kept: Kept) -> None:
    token, owner = peg.token, kept.owner
    if token.call("isBlacklisted", owner) or token.call("isFrozen", owner):
        return
    shut = not token.call("canReceive", owner) and not token.call("isAllowListOn")
    if kept.terms is None and shut:
        return
    raise InputError(
        f"{owner} is not barred in {peg.config.code}, so what is kept is its own to use: freeze it "
        "first, with `orders freeze`"
    )


def _require_receiver(suite: Suite, peg: Peg, to: str) -> None:
    if to in {contract.address for contract in suite.uses.by_name.values()}:
        raise InputError(f"{to} is a contract of the suite: name the account that the order names")
    if not peg.token.call("canReceive", to):
        raise InputError(f"{to} may not receive {peg.config.code}: {standing(peg, to)}")
