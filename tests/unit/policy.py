"""Who is checked in which call, and what a pause stops: the policy as data.

`test_policy` does every cell of it; `python -m tests.unit.policy` prints `docs/policy.md` from it.
"""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"

OK = "ok"
SKIPPED = "skipped"
FROZEN = "FrozenAccount"
BLACKLISTED = "BlacklistedAccount"
HELD = "ERC7943InsufficientUnfrozenBalance"
UNVERIFIED = "UnverifiedAccount"
SUITE = "SuiteAccount"
NO_REACH = "OutOfReach"
INVALID = "ERC20InvalidReceiver"

#: What a party may be; everybody else in the call is unmarked, and verified if the mode asks.
STATES = {
    "frozen": "frozen",
    "blacklisted": "blacklisted",
    "held": "a hold on more than its balance",
    "unverified": "not verified, in allow-list mode",
    "suite": "a contract of the suite, not verified, in allow-list mode",
    "desk": "the same, and appointed to take redemptions",
}

_SENDER = (FROZEN, BLACKLISTED, HELD, UNVERIFIED, OK, OK)
_SPENDER = (FROZEN, BLACKLISTED, OK, UNVERIFIED, OK, OK)
_RECEIVER = (OK, BLACKLISTED, OK, UNVERIFIED, OK, INVALID)
_ROW = (OK, SKIPPED, OK, SKIPPED, OK, SKIPPED)
_NOBODY = (OK, OK, OK, OK, OK, OK)
_TAKEN_FROM = (OK, OK, OK, NO_REACH, SUITE, SUITE)
_BARRED = (OK, OK, OK, OK, SUITE, SUITE)
_BLACKLIST_ONLY = (OK, BLACKLISTED, OK, OK, OK, OK)

_TRANSFER = {"from": _SENDER, "to": _RECEIVER}
_TRANSFER_FROM = {"spender": _SPENDER, "from": _SENDER, "to": _RECEIVER}
_PERMIT = {"owner": _BLACKLIST_ONLY, "spender": _NOBODY, "relayer": _NOBODY}
_SIGNED = {"from": _SENDER, "to": _RECEIVER, "relayer": _NOBODY}
_RECEIVED = {"from": _SENDER, "to": _RECEIVER}
_CANCEL = {"authorizer": _NOBODY, "relayer": _NOBODY}
_PAY = {"payer": _SENDER, "payee": _ROW}
_LIST = {"account": _BARRED}
_LIFT = {"account": _NOBODY}

#: call -> party -> the outcome in each of STATES.
POLICY: dict[str, dict[str, tuple[str, ...]]] = {
    "transfer": _TRANSFER,
    "transfer with a reference": _TRANSFER,
    "transferFrom": _TRANSFER_FROM,
    "transferFrom with a reference": _TRANSFER_FROM,
    "approve": {"owner": _NOBODY, "spender": _NOBODY},
    "permit, v r s": _PERMIT,
    "permit, bytes": _PERMIT,
    "transferWithAuthorization, v r s": _SIGNED,
    "transferWithAuthorization, bytes": _SIGNED,
    "receiveWithAuthorization, v r s": _RECEIVED,
    "receiveWithAuthorization, bytes": _RECEIVED,
    "cancelAuthorization, v r s": _CANCEL,
    "cancelAuthorization, bytes": _CANCEL,
    "pay": _PAY,
    "pay with references": _PAY,
    "surrender": {"holder": (FROZEN, BLACKLISTED, HELD, OK, OK, OK)},
    "restore": {"to": (OK, BLACKLISTED, OK, OK, OK, INVALID)},
    "burnEscrow": {"holder": (FROZEN, BLACKLISTED, OK, OK, OK, OK)},
    "mint": {"minter": _BLACKLIST_ONLY, "recipient": _RECEIVER},
    "burn": {"burner": _SENDER},
    "seize": {"from": _TAKEN_FROM, "to": _RECEIVER, "seizer": _NOBODY},
    "destroy": {"from": _TAKEN_FROM, "seizer": _NOBODY},
    "blacklist": _LIST,
    "freeze": _LIST,
    "hold": _LIST,
    "unblacklist": _LIFT,
    "unfreeze": _LIFT,
    "release": _LIFT,
    "verify": _LIFT,
    "unverify": _LIFT,
}

#: The pause bits, as `pause` takes them.
BITS = {1: "transfers", 2: "signatures", 4: "mint", 8: "redeem"}

#: call -> the bits that stop it; a call that is not here is stopped by none.
STOPPED_BY: dict[str, tuple[int, ...]] = {
    "transfer": (1,),
    "transfer with a reference": (1,),
    "transferFrom": (1,),
    "transferFrom with a reference": (1,),
    "approve": (1,),
    "permit, v r s": (1, 2),
    "permit, bytes": (1, 2),
    "transferWithAuthorization, v r s": (1, 2),
    "transferWithAuthorization, bytes": (1, 2),
    "receiveWithAuthorization, v r s": (1, 2),
    "receiveWithAuthorization, bytes": (1, 2),
    "pay": (1,),
    "pay with references": (1,),
    "surrender": (8,),
    "mint": (4,),
    "burn": (8,),
}


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(r)} |" for r in (head, ["---"] * len(head), *rows)]


def render() -> str:
    """The page."""
    parties = [
        [f"`{call}`" if first else "", party, *(_cell(o) for o in outcomes)]
        for call, row in POLICY.items()
        for first, (party, outcomes) in zip((True, False, False), row.items(), strict=False)
    ]
    pauses = [
        [f"`{call}`", *("**Paused**" if bit in STOPPED_BY.get(call, ()) else OK for bit in BITS)]
        for call in POLICY
    ]
    pauses.append(["every other verb of the issuer", *(OK for _ in BITS)])
    lines = [
        "# Who is checked in which call",
        "",
        "Printed by `python -m tests.unit.policy` from the table that `tests/unit/test_policy.py`",
        "does cell by cell; do not edit it here. A cell is what happens when this party, and",
        "nobody else, is in this state: `ok`, the error that refuses the call and names the",
        "party, or `skipped`: the row is left out and reported.",
        "",
        *(f"- **{name}**: {meaning}" for name, meaning in STATES.items()),
        "",
        *_table(["call", "party", *STATES], parties),
        "",
        "An approval moves nothing, so it asks nothing of either party; `transferFrom` asks all",
        "three. Whoever relays a signature only pays the gas. An order (`seize`, `destroy`)",
        "reaches barred accounts and held amounts only; both stay in the supply and stay backed.",
        "Allow-list mode shuts nobody out of redemption. Tokens reach a desk by `surrender` only;",
        "`restore` and `burnEscrow` are the desk's, and reach no further than what it was given.",
        "",
        "## What a pause stops",
        "",
        *_table(["call", *(f"{name} ({bit})" for bit, name in BITS.items())], pauses),
        "",
        "Lawful orders always work at the token and the desks, and so do voiding what one signed,",
        "giving back what was surrendered and burning what was paid for. What an escrow holds",
        "waits for the end of a pause. A pause of redemption needs a consent reference.",
        "",
    ]
    return "\n".join(lines)


def _cell(outcome: str) -> str:
    return outcome if outcome in (OK, SKIPPED) else f"**{outcome}**"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
