"""Differences of powers: what the Authority says of roles, functions, targets and members."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard.amounts import format_duration
from pegboard.desired.access import ADMIN_ID, PUBLIC_ID, functions, named_functions
from pegboard.desired.differences import Difference, listed, reference
from pegboard.inputs import moment_text
from pegboard.suite import targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.config import RoleConfig
    from pegboard.contract import Call, Contract
    from pegboard.desired.differences import Reader

#: Where the manager keeps its targets and roles, and the words of theirs that hold a delay.
_TARGETS, _ROLES, _DELAY_WORD = 0, 1, 1
#: Below the grant delay stand the role's admin and guardian.
_GRANT_DELAY_AT = 128
_NOT_OURS = "which is no contract of the suite"


def power_differences(reader: Reader) -> Iterator[Difference]:
    """Roles first, then what they may call: grants, which come last, are another matter."""
    yield from _roles(reader)
    yield from _functions(reader)
    yield from _targets(reader)
    yield from _foreign(reader)


# Roles


def _roles(reader: Reader) -> Iterator[Difference]:
    roles = [role for role in reader.roles.roles.values() if role.id != ADMIN_ID]
    rows = [[role.id] for role in roles]
    admins = reader.ask_authority("getRoleAdmin", rows, 0)
    guardians = reader.ask_authority("getRoleGuardian", rows, 0)
    labels = _labels(reader)
    granter = reader.roles.roles[reader.roles.granter]
    for role, admin, guardian in zip(roles, admins, guardians, strict=True):
        labelled = admin == granter.id if labels is None else labels.get(role.id) == role.name
        if not labelled:
            called = (labels or {}).get(role.id) or "nothing"
            text = f"role {role.id} is called {called} on chain and {role.name} in roles.toml"
            yield _by_admin(
                reader, text, "labelRole", role.id, role.name, to=f"name role {role.id} {role.name}"
            )
        if admin != granter.id:
            yield _by_admin(
                reader,
                f"{_role(reader, admin)} grants {role.name}, declared is {granter.name}",
                "setRoleAdmin",
                role.id,
                granter.id,
                to=f"let {granter.name} grant {role.name}",
            )
        yield from _guardian(reader, role, guardian)
    for role in reader.roles.roles.values():
        yield from _grant_delay(reader, role)


def _labels(reader: Reader) -> dict[int, str] | None:
    if not reader.is_there(reader.suite.authority):
        return {}
    found = reader.past(reader.suite.authority, "RoleLabel")
    return None if found is None else {event["roleId"]: event["label"] for event in found}


def _guardian(reader: Reader, role: RoleConfig, found: int) -> Iterator[Difference]:
    wanted = reader.roles.roles[role.guardian].id if role.guardian else ADMIN_ID
    if found == wanted:
        return
    named = role.guardian or "nobody but ADMIN"
    yield _by_admin(
        reader,
        f"{_role(reader, found)} can cancel what {role.name} schedules, declared is {named}",
        "setRoleGuardian",
        role.id,
        wanted,
        to=f"let {named} cancel what {role.name} schedules",
    )


def _grant_delay(reader: Reader, role: RoleConfig) -> Iterator[Difference]:
    word = _word(reader, _ROLES, role.id)
    yield from _delay(
        reader,
        word >> _GRANT_DELAY_AT,
        f"grants of {role.name} take effect after",
        reader.suite.authority.prepare(
            "setGrantDelay", role.id, 0, text=f"let grants of {role.name} take effect at once"
        ),
    )


def _delay(reader: Reader, packed: int, what: str, repair: Call) -> Iterator[Difference]:
    """A delay of the manager's own, which is nowhere declared and so must be none."""
    after, before, effect = packed % 2**32, (packed >> 32) % 2**32, (packed >> 64) % 2**48
    pending = effect > reader.now
    value = before if pending else after
    if after:
        since = f" from {moment_text(effect)}" if pending else ""
        text = f"{what} {format_duration(after)}{since}, declared is none"
        yield Difference(text, (reader.step("role", repair),), power=True)
    elif value:
        text = f"{what} {format_duration(value)} until {moment_text(effect)}"
        yield Difference(text, (), effect, power=True)


def _word(reader: Reader, mapping: int, key: int) -> int:
    if not reader.is_there(reader.suite.authority):
        return 0
    slot = keccak(key.to_bytes(32) + mapping.to_bytes(32))
    at = int.from_bytes(slot) + _DELAY_WORD
    return reader.suite.chain.storage(reader.suite.authority.address, at % 2**256)


def _by_admin(reader: Reader, text: str, verb: str, *args: Any, to: str) -> Difference:
    call = reader.suite.authority.prepare(verb, *args, text=to)
    return Difference(text, (reader.step("role", call),))


def _role(reader: Reader, role_id: int) -> str:
    if role_id == PUBLIC_ID:
        return "everybody"
    known = reader.roles.by_id.get(role_id)
    return known.name if known else f"role {role_id}, which no file declares,"


# Functions


def _functions(reader: Reader) -> Iterator[Difference]:
    """Every function of every contract of the suite, declared or not."""
    rows = [(c, selector) for c in reader.targets for selector in functions(c)]
    found = reader.ask_authority(
        "getTargetFunctionRole", [(c.address, selector) for c, selector in rows], ADMIN_ID
    )
    for contract in reader.targets:
        others: dict[tuple[int, int], list[bytes]] = defaultdict(list)
        for (target, selector), role_id in zip(rows, found, strict=True):
            wanted = reader.powers.declared(target, selector)
            if target is contract and role_id != wanted:
                others[wanted, role_id].append(selector)
        yield from _mapped_elsewhere(reader, contract, others)


def _mapped_elsewhere(
    reader: Reader, contract: Contract, others: dict[tuple[int, int], list[bytes]]
) -> Iterator[Difference]:
    title = reader.titles[contract.address]
    # In the order of the declaration, and one step for all functions of a role.
    for wanted in sorted({wanted for wanted, _ in others}):
        texts, selectors = [], []
        for (to, found), those in others.items():
            if to == wanted:
                who = "nobody but ADMIN" if found == ADMIN_ID else _role(reader, found)
                texts.append(f"{who} may call {named_functions(contract, those)} of {title}")
                selectors += those
        named = named_functions(contract, selectors)
        role = "nobody but ADMIN" if wanted == ADMIN_ID else _role(reader, wanted)
        call = reader.suite.authority.prepare(
            "setTargetFunctionRole",
            contract.address,
            selectors,
            wanted,
            text=f"let {role} call {named} of {title}",
        )
        yield Difference(
            f"{'; '.join(texts)}, declared is {role}",
            (reader.step("function", call),),
            power=any(found != ADMIN_ID for to, found in others if to == wanted),
        )


def _targets(reader: Reader) -> Iterator[Difference]:
    """Of contracts of the suite: none is closed, and none has a delay of its own."""
    for contract in reader.targets:
        yield from _target(reader, contract.address, reader.titles[contract.address])


def _target(reader: Reader, address: str, title: str) -> Iterator[Difference]:
    authority = reader.suite.authority
    if reader.ask(authority, "isTargetClosed", address, default=False):
        closed = (address, False)
        call = authority.prepare(
            "setTargetClosed", *closed, text=f"open {title} to those who hold its roles"
        )
        yield Difference(
            f"{title} is closed, whatever roles one holds", (reader.step("function", call),)
        )
    call = authority.prepare(
        "setTargetAdminDelay", address, 0, text=f"let changes of who may call {title} wait no more"
    )
    packed = _word(reader, _TARGETS, int(address, 16)) % 2**112
    yield from _delay(reader, packed, f"changes of who may call {title} wait", call)


# What the log tells: targets that are not ours, functions that no ABI has


def _foreign(reader: Reader) -> Iterator[Difference]:
    authority = reader.suite.authority
    if not reader.is_there(authority):
        return
    past = reader.past(authority, "TargetFunctionRoleUpdated")
    if past is None:
        return
    ours = {c.address: c for found in targets(reader.suite).values() for c in found}
    pairs = {(event["target"], bytes.fromhex(event["selector"][2:])): None for event in past}
    for event in ("TargetClosed", "TargetAdminDelayUpdated"):
        for address in dict.fromkeys(e["target"] for e in reader.past(authority, event) or ()):
            if address not in ours:
                yield from _target(reader, address, f"{address}, {_NOT_OURS},")
    known = {(c.address, selector) for c in ours.values() for selector in functions(c)}
    rows = [pair for pair in pairs if pair not in known]
    found = reader.ask_authority("getTargetFunctionRole", rows, ADMIN_ID)
    mapped: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
    for (target, selector), role_id in zip(rows, found, strict=True):
        if role_id != ADMIN_ID:
            mapped[target].append((selector, role_id))
    for target, held in mapped.items():
        title = reader.titles.get(target) or f"{target}, {_NOT_OURS},"
        said = "; ".join(f"{_role(reader, r)} may call 0x{s.hex()}" for s, r in held)
        call = authority.prepare(
            "setTargetFunctionRole",
            target,
            [selector for selector, _ in held],
            ADMIN_ID,
            text=f"let nobody but ADMIN call {listed('0x' + s.hex() for s, _ in held)} of {title}",
        )
        text = f"{said} of {title} and no file declares it"
        yield Difference(text, (reader.step("function", call),), power=True)


# Members


def member_differences(reader: Reader, deployer: str = "") -> Iterator[Difference]:
    """Grants first, then whom to take a role from; `deployer` is one whom a deployment leaves."""
    later = []
    for role in reader.roles.roles.values():
        members = _members(reader, role.id)
        declared = dict.fromkeys(map(str, reader.holders.get(role.name, ())))
        grants = list(_grants(reader, role, declared, members))
        yield from grants
        alive = any(_in_effect(reader, members.get(account)) for account in declared)
        # Nobody is left in between: who comes must be there before who goes.
        subject = "" if alive else f"members of {role.name}"
        later += [
            _removal(reader, role.id, role.name, account, subject)
            for account in members
            if account not in declared and account != deployer
        ]
    yield from later
    for role_id in _undeclared_roles(reader):
        for account in _members(reader, role_id):
            name = f"role {role_id}, which no file declares,"
            yield _removal(reader, role_id, name, account, "")


def _members(reader: Reader, role_id: int) -> dict[str, tuple[int, int, int, int]]:
    """The access of every member, grants that are not yet in effect included."""
    members = sorted(reader.members(role_id))
    rows = reader.ask_authority("getAccess", [(role_id, account) for account in members], None)
    return dict(zip(members, rows, strict=True))


def _in_effect(reader: Reader, access: tuple[int, int, int, int] | None) -> bool:
    return access is not None and 0 < access[0] <= reader.now


def _grants(
    reader: Reader,
    role: RoleConfig,
    declared: dict[str, None],
    members: dict[str, tuple[int, int, int, int]],
) -> Iterator[Difference]:
    for account in declared:
        wanted = reader.suite.delay_of(role, account)
        since, delay, pending, effect = members.get(account, (0, 0, 0, 0))
        final = pending if effect else delay
        if since and final == wanted:
            if since > reader.now:
                text = f"{account} is {role.name} from {moment_text(since)}"
                yield Difference(text, (), since, power=True)
            elif effect:
                text = f"{account} waits {format_duration(delay)} as {role.name} until"
                yield Difference(f"{text} {moment_text(effect)}", (), effect, power=True)
            continue
        call = reader.suite.authority.prepare(
            "grantRole",
            role.id,
            account,
            wanted,
            text=f"grant {role.name} to {account} with a delay of {wanted} s",
        )
        text = f"{account} is not {role.name}, and was declared"
        if since:
            text = f"{account} waits {format_duration(final)} as {role.name}, declared is "
            text += format_duration(wanted)
        yield Difference(text, (reader.step("grant", call, f"members of {role.name}"),))


def _removal(reader: Reader, role_id: int, name: str, account: str, subject: str) -> Difference:
    authority = reader.suite.authority
    said = f"take {name} from {account}, who was not declared"
    if reader.deploying or not reader.powers.has_verb(authority, "expel"):
        call = authority.prepare("revokeRole", role_id, account, text=said)
    else:
        ref = reference(f"undeclared {role_id} {account}")
        call = authority.prepare("expel", role_id, account, ref, text=f"{said}, at once")
    step = reader.step("revoke", call, subject)
    said = f"{account} is {name.rstrip(',')}, and was not declared"
    return Difference(said, (step,), power=True)


def _undeclared_roles(reader: Reader) -> list[int]:
    authority = reader.suite.authority
    if not reader.is_there(authority):
        return []
    past = reader.past(authority, "RoleGranted") or ()
    known = set(reader.roles.by_id)
    return sorted({event["roleId"] for event in past} - known)


def deployer_roles(reader: Reader, account: str) -> list[str]:
    """The roles that an account holds, ADMIN last."""
    roles = sorted(reader.roles.roles.values(), key=lambda role: -role.id)
    held = reader.ask_authority("hasRole", [(r.id, account) for r in roles], (False, 0))
    return [role.name for role, (member, _) in zip(roles, held, strict=True) if member]
