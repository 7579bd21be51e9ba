"""The issuer's verbs, one function each: what it will do in words, and the call that does it.

Nothing is sent here. `carry_out` sends; `summarise` says what a signer should see before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pegboard import guards
from pegboard.amounts import format_amount
from pegboard.chain import History
from pegboard.errors import ChainError, InputError, NotPermitted, Pending, ReferenceUsed
from pegboard.inputs import NO_REFERENCE, reference_text
from pegboard.operate import Outcome, delay_of, due_at, perform
from pegboard.sending.journal import Note
from pegboard.status import PAUSES, PegStatus, status_of
from pegboard.suite import targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pegboard.config import RolesConfig
    from pegboard.contract import Call, Contract
    from pegboard.suite import Peg, Suite


@dataclass(frozen=True)
class Action:
    """A verb that is ready to be shown and done; `nothing_to_do` when the chain is so already.

    `peg` is the currency that it is about, if it is about one. A `public` verb needs no role, or,
    with `needs`, goes through a function that everybody may call and that asks for this role. A
    `key` makes it one payment for ever; `before` finds the transaction that has made it already.
    """

    verb: str
    peg: Peg | None
    contract: Contract
    call: Call
    ref: bytes
    details: Mapping[str, Any] = field(default_factory=dict)
    amount: int | None = None
    nothing_to_do: bool = False
    public: bool = False
    needs: str = ""
    key: str = ""
    before: Callable[[], str] | None = None


@dataclass(frozen=True)
class Summary:
    """What a signer sees before signing."""

    sentence: str
    chain_id: int
    contract: str
    signer: str
    roles: tuple[str, ...]
    needs: str
    delay: int
    ready_at: int
    status: PegStatus | None


def _action(
    peg: Peg,
    verb: str,
    args: tuple[Any, ...],
    sentence: str,
    *,
    ref: bytes,
    contract: Contract | None = None,
    last: tuple[Any, ...] = (),
    **rest: Any,
) -> Action:
    target = contract or peg.token
    return desk_action(target, verb, (*args, ref, *last), sentence, ref=ref, peg=peg, **rest)


def desk_action(
    contract: Contract,
    verb: str,
    args: tuple[Any, ...],
    sentence: str,
    *,
    ref: bytes = NO_REFERENCE,
    peg: Peg | None = None,
    **rest: Any,
) -> Action:
    """Any verb of any contract of the suite, with all its arguments."""
    named = f"{sentence}, reference {reference_text(ref)}" if any(ref) else sentence
    call = contract.prepare(verb, *args, text=named)
    return Action(verb=verb, peg=peg, contract=contract, call=call, ref=ref, **rest)


def money(peg: Peg, units: int) -> str:
    """An amount of a currency for people."""
    return f"{format_amount(units, peg.config.decimals)} {peg.config.code}"


def _positive(units: int) -> None:
    if units <= 0:
        raise InputError("the amount is zero: nothing would happen, so say how much")


def mint(peg: Peg, to: str, units: int, ref: bytes) -> Action:
    """Creates units at an address, against reserves."""
    _positive(units)
    sentence = f"create {money(peg, units)} at {to}"
    return _action(peg, "mint", (to, units), sentence, ref=ref, amount=units, details={"to": to})


def burn(peg: Peg, units: int, ref: bytes) -> Action:
    """Destroys units of the signer's own."""
    _positive(units)
    sentence = f"destroy {money(peg, units)} of the signer's own tokens"
    return _action(peg, "burn", (units,), sentence, ref=ref, amount=units)


#: Verbs on lists of accounts: what asks whether it is so already, the answer, and the words.
MARKS = {
    "blacklist": ("isBlacklisted", True, "bar {who} from sending, receiving and spending"),
    "unblacklist": ("isBlacklisted", False, "lift the blacklisting of {who}"),
    "freeze": ("isFrozen", True, "freeze {who}, which can then receive but not send"),
    "unfreeze": ("isFrozen", False, "lift the freeze of {who}"),
    "verify": ("isVerified", True, "mark {who} as verified"),
    "unverify": ("isVerified", False, "mark {who} as not verified"),
}


def mark(peg: Peg, verb: str, accounts: Sequence[str], ref: bytes) -> Action:
    """One of the verbs that take accounts: (un)blacklist, (un)freeze, (un)verify."""
    question, wanted, words = MARKS[verb]
    if len(set(accounts)) != len(accounts):
        raise InputError("the same address is given twice: name each once")
    done = all(peg.token.call(question, account) == wanted for account in accounts)
    sentence = words.format(who=", ".join(accounts)) + f" in {peg.config.code}"
    return _action(
        peg,
        verb,
        (list(accounts),),
        sentence,
        ref=ref,
        details={"accounts": list(accounts)},
        nothing_to_do=done,
    )


def hold(peg: Peg, account: str, units: int, ref: bytes) -> Action:
    """Adds to the held amount of an account."""
    _positive(units)
    sentence = f"hold {money(peg, units)} of {account}; the rest stays spendable"
    details = {"account": account}
    return _action(peg, "hold", (account, units), sentence, ref=ref, amount=units, details=details)


def release(peg: Peg, account: str, units: int, ref: bytes) -> Action:
    """Takes off the held amount of an account."""
    _positive(units)
    sentence = f"release {money(peg, units)} of {account} from hold"
    details = {"account": account}
    return _action(
        peg, "release", (account, units), sentence, ref=ref, amount=units, details=details
    )


def seize(peg: Peg, account: str, to: str, units: int, ref: bytes) -> Action:
    """Moves tokens of a barred account, or held ones, by a lawful order."""
    _positive(units)
    sentence = f"take {money(peg, units)} from {account} to {to} by a lawful order"
    details = {"account": account, "to": to}
    return _action(
        peg, "seize", (account, to, units), sentence, ref=ref, amount=units, details=details
    )


def pause_bits(names: Iterable[str]) -> int:
    """The bits of named pauses."""
    bits = 0
    for name in names:
        if name not in PAUSES:
            raise InputError(f"{name!r} cannot be paused; there is {', '.join(PAUSES)}")
        bits |= PAUSES[name]
    if not bits:
        raise InputError(f"say what to pause or open: {', '.join(PAUSES)}")
    return bits


def pause(peg: Peg, names: Sequence[str], ref: bytes) -> Action:
    """Stops verbs at once."""
    bits = pause_bits(names)
    done = peg.token.call("pauses") & bits == bits
    sentence = f"stop {', '.join(names)} of {peg.config.code} at once"
    details = {"what": list(names)}
    return _action(peg, "pause", (bits,), sentence, ref=ref, details=details, nothing_to_do=done)


def resume(peg: Peg, names: Sequence[str], ref: bytes) -> Action:
    """Opens verbs again; names the last pause, so that a resumption never outruns a later one."""
    bits = pause_bits(names)
    number = peg.token.call("pauseNumber")
    done = peg.token.call("pauses") & bits == 0
    sentence = f"open {', '.join(names)} of {peg.config.code} again"
    details = {"what": list(names)}
    rest: dict[str, Any] = {"details": details, "nothing_to_do": done}
    return _action(peg, "resume", (bits,), sentence, ref=ref, last=(number,), **rest)


def require_verified(peg: Peg, ref: bytes) -> Action:
    """Enters allow-list mode."""
    sentence = f"let only verified accounts move {peg.config.code} from now"
    done = peg.token.call("isAllowListOn")
    return _action(peg, "enterAllowListMode", (), sentence, ref=ref, nothing_to_do=done)


def waive_verified(peg: Peg, ref: bytes) -> Action:
    """Leaves allow-list mode."""
    sentence = f"let everybody who is not barred move {peg.config.code} again"
    done = not peg.token.call("isAllowListOn")
    return _action(peg, "leaveAllowListMode", (), sentence, ref=ref, nothing_to_do=done)


def report_break(peg: Peg, ref: bytes) -> Action:
    """Disputes the reserves."""
    sentence = f"stop minting of {peg.config.code}, since its reserve statement is in doubt"
    done = peg.feed.call("breakRef") == "0x" + ref.hex()
    return _action(peg, "reportBreak", (), sentence, ref=ref, contract=peg.feed, nothing_to_do=done)


def clear_break(peg: Peg, ref: bytes) -> Action:
    """Lets the reserves count again; names the break, so that it never clears a later one."""
    sentence = f"let the reserves of {peg.config.code} count again"
    reported = bytes.fromhex(peg.feed.call("breakRef")[2:])
    rest: dict[str, Any] = {"contract": peg.feed, "nothing_to_do": not any(reported)}
    return _action(peg, "clearBreak", (reported,), sentence, ref=ref, **rest)


#: Verbs whose reference stands for one movement of money: their event, and what has a new one.
_ONCE = {"mint": ("Minted", "bank credit"), "burn": ("Burned", "redemption")}


def done_before(action: Action) -> str:
    """The transaction in which this very mint or burn was done already; empty when it was not.

    Refuses a reference that stands for another amount or receiver. A chain that keeps no history
    cannot be asked; every node can, and one that does not answer is refused.
    """
    if action.before is not None:
        return action.before()
    chain, token = action.contract.chain, action.contract
    if action.peg is None or token is not action.peg.token:
        return ""
    if action.verb not in _ONCE or not any(action.ref) or not isinstance(chain, History):
        return ""
    event, source = _ONCE[action.verb]
    named = f"{action.verb} of {action.peg.config.code} with the reference "
    named += reference_text(action.ref)
    try:
        found = chain.logs(token.address, token.topics(event, ref=action.ref))
        same = found and found[0].tx in _moved(token, chain, action)
    except ChainError as fault:
        raise ChainError(
            f"nothing was signed, since it is not known whether a {named} was done before: {fault}"
        ) from fault
    if found and not same:
        raise ReferenceUsed(
            f"a {named} was done already, of another amount or receiver, in transaction "
            f"{found[0].tx}: use the reference of the new {source}"
        )
    return found[0].tx if found else ""


def _moved(token: Contract, chain: History, action: Action) -> set[str]:
    """The transactions that created or destroyed just what this verb would."""
    side, other = ("from", action.details.get("to")) if action.verb == "mint" else ("to", None)
    ends = {side: bytes(32)} | ({"to": bytes.fromhex(other[2:].rjust(64, "0"))} if other else {})
    logs = chain.logs(token.address, token.topics("Transfer", **ends))
    return {log.tx for log in logs if int.from_bytes(log.data) == action.amount}


def require_unused(action: Action) -> None:
    """Refuses a mint or a burn whose reference is in the token's log already."""
    tx = done_before(action)
    if tx:
        raise ReferenceUsed(f"this was done already, in transaction {tx}: {action.call.text}")


def note_of(action: Action) -> Note:
    """What is kept of a verb; a reference that stands for money is its key for ever."""
    peg, ref = action.peg, reference_text(action.ref)
    note = Note(action.call.text, key=action.key, verb=action.verb, ref=ref)
    if peg is None or action.amount is None:
        return note
    code = peg.config.code
    if action.key:
        return replace(note, unit=code, amount=action.amount)
    if not ref or action.verb not in _ONCE:
        return note
    key = f"{action.verb} of {code} with the reference 0x{action.ref.hex()}"
    counted = code if action.verb == "mint" else ""
    return replace(note, key=key, unit=counted, amount=action.amount)


def role_for(suite: Suite, action: Action, roles: RolesConfig) -> str:
    """The declared role that may do this."""
    if action.public:
        return action.needs or "anybody"
    at = action.contract.address
    kinds = {kind for kind, found in targets(suite).items() if at in {c.address for c in found}}
    holding = (
        role.name
        for role in roles.roles.values()
        for kind in kinds
        if action.verb in role.functions.get(kind, ())
    )
    return next(holding, "ADMIN")


def summarise(suite: Suite, roles: RolesConfig, action: Action, signer: str) -> Summary:
    """What the signer should see; refuses now what the chain would refuse."""
    require_outsiders(suite, action)
    authority, call = suite.authority, action.call
    needs = role_for(suite, action, roles)
    try:
        delay = 0 if action.public else delay_of(authority, call, signer)
    except NotPermitted as fault:
        raise NotPermitted(
            f"{signer} may not {call.text}: that takes {needs}; `status` prints who holds it"
        ) from fault
    ready_at = due_at(authority, call, signer) if delay else 0
    if not delay or (ready_at and ready_at <= suite.chain.now()):
        action.contract.simulate(call.data, sender=signer)
    held = (r.name for r in roles.roles.values() if authority.call("hasRole", r.id, signer)[0])
    return Summary(
        sentence=call.text,
        chain_id=suite.chain.chain_id,
        contract=action.contract.address,
        signer=signer,
        roles=tuple(held),
        needs=needs,
        delay=delay,
        ready_at=ready_at,
        status=status_of(action.peg) if action.peg else None,
    )


#: Verbs that bar an account, or a part of what it has.
_BARRING = ("blacklist", "freeze", "hold", "seize", "destroy")


def require_outsiders(suite: Suite, action: Action) -> None:
    """Refuses to bar a contract of the suite, which keeps other people's money."""
    if action.verb in _BARRING and action.peg and action.contract is action.peg.token:
        accounts = action.details.get("accounts") or [action.details["account"]]
        guards.require_outsiders(suite, action.peg, accounts)


def carry_out(suite: Suite, action: Action, signer: str) -> Outcome:
    """Does it, or schedules it where the role must wait; no reference is minted or burned twice."""
    require_outsiders(suite, action)
    require_unused(action)
    if action.public:
        receipt = action.contract.submit(action.call.data, sender=signer, note=note_of(action))
        return Outcome(executed=True, receipt=receipt)
    outcome = perform(suite.authority, action.call, signer, note_of(action))
    _require_effect(action, outcome)
    return outcome


def _require_effect(action: Action, outcome: Outcome) -> None:
    """A receipt without the event of the verb is no success, whatever else it says."""
    if not outcome.executed or outcome.receipt is None or action.verb not in _ONCE:
        return
    event = _ONCE[action.verb][0]
    if not any(name == event for name, _ in action.contract.events(outcome.receipt.logs)):
        raise Pending(
            f"transaction {outcome.receipt.tx} was confirmed, and its receipt lacks {event}: "
            f"{action.call.text} may or may not have happened; ask another node"
        )
