"""What the escrows keep of an account, and how a lawful order takes it.

What is kept belongs to somebody until it is paid out: a checkout payment to its payer, an envelope
to its creator, a credit to whom it waits for. Of a barred owner it leaves by order only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from pegboard import orders as lawful
from pegboard.actions import Action, desk_action, money
from pegboard.contract import padded
from pegboard.errors import InputError
from pegboard.uses.legs import NO_PAYEE, standing
from pegboard.uses.past import Said, said
from pegboard.uses.terms import Envelope, Info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.contract import Contract
    from pegboard.orders import Case, Currency
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


def kept_of(suite: Suite, peg: Peg, account: str) -> Iterator[Kept]:
    """All that the escrows ever kept of an account in this currency, also where nothing is left."""
    uses, token, owner = suite.uses, peg.token.address, padded(account)
    for event in said(uses.checkout, "Authorized", payer=owner):
        info = Info.from_abi(event.given["info"])
        if info.token == token:
            yield _held(uses.checkout, "payment", account, info, "paymentOf")
    for event in said(uses.envelopes, "Created", creator=owner):
        envelope = Envelope.from_abi(event.given["envelope"])
        if envelope.token == token:
            yield _held(uses.envelopes, "envelope", account, envelope, "restOf")
    for use, contract in (("checkout", uses.checkout), ("receivables", uses.receivables)):
        credit = contract.call("creditOf", token, account)
        yield Kept(f"{use}-credit", "credit", contract, account, credit)


def _held(contract: Contract, kind: str, owner: str, terms: Terms, question: str) -> Kept:
    id_ = terms.digest(contract)
    return Kept("0x" + id_.hex(), kind, contract, owner, contract.call(question, id_)[0], terms)


@dataclass(frozen=True)
class Taken:
    """What an order took of an account out of an escrow."""

    owner: str
    to: str
    units: int
    currency: Currency
    tx: str


def taken_under(suite: Suite, case: bytes) -> list[Taken]:
    """All that was taken out of escrows under a case."""
    uses, found = suite.uses, []
    for event in _under(case, uses.checkout, "ComplianceReleased"):
        info = Info.from_abi(_opening(event, uses.checkout, "Authorized").given["info"])
        found.append(_taken(suite, event, info.token, info.payer))
    for event in _under(case, uses.envelopes, "ComplianceReleased"):
        made = Envelope.from_abi(_opening(event, uses.envelopes, "Created").given["envelope"])
        found.append(_taken(suite, event, made.token, made.creator))
    for contract in (uses.checkout, uses.receivables):
        for event in _under(case, contract, "CreditReleased"):
            found.append(_taken(suite, event, event.given["token"], event.given["account"]))
    return found


def _under(case: bytes, contract: Contract, name: str) -> list[Said]:
    return [event for event in said(contract, name) if event.given["ref"] == "0x" + case.hex()]


def _opening(event: Said, contract: Contract, name: str) -> Said:
    """What was logged when it began; it names all terms."""
    (found,) = said(contract, name, id=bytes.fromhex(event.given["id"][2:]))
    return found


def _taken(suite: Suite, event: Said, token: str, owner: str) -> Taken:
    token, owner, to = (to_checksum_address(it) for it in (token, owner, event.given["to"]))
    currency = lawful.currency_of(suite, token)
    return Taken(owner, to, event.given["value"], currency, event.tx)


def take(suite: Suite, peg: Peg, case: bytes, account: str, name: str, to: str) -> Action:
    """Sends all of one of them where a lawful order says; nothing to do where it was sent there.

    The chain knows the case by the reference alone; here it must be open and name the account.
    """
    kept = next((it for it in kept_of(suite, peg, account) if it.name == name), None)
    if kept is None:
        raise InputError(
            f"no escrow ever kept {name!r} of {account} in {peg.config.code}: `orders escrowed` "
            "lists what there is"
        )
    tx = _sent(kept, peg, case, to)
    if not kept.units and not tx:
        raise InputError(f"nothing is left of {name}: it was paid out, returned or taken before")
    found = lawful.case_of(suite, case)
    if kept.units:
        _require_barred(peg, kept)
        _require_case(suite, peg, found, kept)
        _require_receiver(suite, peg, to)
    what = {"payment": "all that is held", "envelope": "all that is left of an envelope"}
    sentence = (
        f"send {money(peg, kept.units)}, {what.get(kept.kind, 'all that is credited')} of "
        f"{account}, who is barred, to {to} under {found.title}"
    )
    return desk_action(
        kept.contract,
        *_call(kept, peg, case, to),
        sentence,
        ref=case,
        peg=peg,
        amount=kept.units,
        details={"case": found.name, "account": account, "what": name, "to": to}
        | ({"tx": tx} if tx else {}),
        nothing_to_do=not kept.units,
    )


def _call(kept: Kept, peg: Peg, case: bytes, to: str) -> tuple[str, tuple[Any, ...]]:
    if kept.terms is None:
        return "releaseCredit", (peg.token.address, kept.owner, to, case)
    return "complianceRelease", (kept.terms.values(), to, case)


def _sent(kept: Kept, peg: Peg, case: bytes, to: str) -> str:
    """The last transaction that sent it there under this case; empty where none did."""
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
    named = [event.tx for event in found if event.given["ref"] == "0x" + case.hex()]
    return named[-1] if named else ""


def _require_case(suite: Suite, peg: Peg, case: Case, kept: Kept) -> None:
    if case.closed:
        raise InputError(f"case {case.name} is closed: take one that is open")
    if case.is_overdue(suite.chain.now()):
        raise InputError(f"case {case.name} is overdue: record its review with `orders review`")
    if _is_shut(peg, kept):
        return  # No case can name it.
    if lawful.entry_of(suite, case.id, peg.token.address, kept.owner) is None:
        raise InputError(
            f"case {case.name} does not name {kept.owner} in {peg.config.code}: `orders freeze` "
            "names it"
        )


def _is_shut(peg: Peg, kept: Kept) -> bool:
    """Whether it waits for what can never receive, such as the token itself."""
    barred = not peg.token.call("canReceive", kept.owner) and not peg.token.call("isAllowListOn")
    return kept.terms is None and barred and standing(peg, kept.owner) == NO_PAYEE


def _require_barred(peg: Peg, kept: Kept) -> None:
    token, owner = peg.token, kept.owner
    if token.call("isBlacklisted", owner) or token.call("isFrozen", owner) or _is_shut(peg, kept):
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
