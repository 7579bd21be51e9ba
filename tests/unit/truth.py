"""What a pause and the mode stop, for every verb of the suite: the table as data.

`test_truth_table` does every cell; `python -m tests.unit.truth` prints `docs/truth-table.md`.
"""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "truth-table.md"
COMMAND = "python -m tests.unit.truth"

OK, PAUSED, UNVERIFIED = "ok", "Paused", "UnverifiedAccount"
#: What the uses ask before they touch the token, so that it comes before a pause.
BARRED = "OwnerBarred"
TRANSFERS, SIGNATURES, MINT, REDEEM = 1, 2, 4, 8
BITS = {TRANSFERS: "transfers", SIGNATURES: "signatures", MINT: "mint", REDEEM: "redeem"}
#: Deny-list mode, and allow-list mode with everybody verified and with nobody.
MODES = ("deny list", "allow list, all verified", "allow list, nobody verified")

_MOVE, _WORD = (TRANSFERS, UNVERIFIED), (TRANSFERS, OK)
_SIGNED_MOVE, _SIGNED_WORD = (TRANSFERS | SIGNATURES, UNVERIFIED), (TRANSFERS | SIGNATURES, OK)
_OWNED = (TRANSFERS, BARRED)
FREE = (0, OK)

#: (kind, verb) -> the bits that stop it, and what it meets where nobody is verified. A verb of the
#: suite that is not here is stopped by nothing.
TRUTH: dict[tuple[str, str], tuple[int, str]] = {
    ("token", "transfer"): _MOVE,
    ("token", "transfer with a reference"): _MOVE,
    ("token", "transferFrom"): _MOVE,
    ("token", "transferFrom with a reference"): _MOVE,
    ("token", "pay"): _MOVE,
    ("token", "pay with references"): _MOVE,
    ("token", "approve"): _WORD,
    ("token", "permit, v r s"): _SIGNED_WORD,
    ("token", "permit, bytes"): _SIGNED_WORD,
    ("token", "transferWithAuthorization, v r s"): _SIGNED_MOVE,
    ("token", "transferWithAuthorization, bytes"): _SIGNED_MOVE,
    ("token", "receiveWithAuthorization, v r s"): _SIGNED_MOVE,
    ("token", "receiveWithAuthorization, bytes"): _SIGNED_MOVE,
    ("token", "cancelAuthorization, v r s"): FREE,
    ("token", "cancelAuthorization, bytes"): FREE,
    ("token", "surrender"): (REDEEM, OK),
    ("token", "mint"): (MINT, UNVERIFIED),
    ("token", "burn"): (REDEEM, UNVERIFIED),
    ("token", "seize"): (0, UNVERIFIED),
    ("issuance", "approve"): (MINT, UNVERIFIED),
    ("redemption", "instruct"): (REDEEM, OK),
    ("redemption", "release"): (0, UNVERIFIED),
    ("redemption", "takeBack"): FREE,
    ("orders", "execute"): (0, UNVERIFIED),
    ("feed", "post"): FREE,
    ("presigned", "pause"): FREE,
    ("fx", "settle"): _MOVE,
    ("fx", "settleFor"): _SIGNED_MOVE,
    ("fx", "cancel"): FREE,
    ("fx", "setSigner"): FREE,
    ("checkout", "authorize"): _SIGNED_MOVE,
    ("checkout", "capture"): _OWNED,
    ("checkout", "release"): _OWNED,
    ("checkout", "refund"): _MOVE,
    ("checkout", "withdraw"): _MOVE,
    ("checkout", "complianceRelease"): _MOVE,
    ("checkout", "releaseCredit"): _MOVE,
    ("receivables", "attest"): FREE,
    ("receivables", "accept"): FREE,
    ("receivables", "finance"): _OWNED,
    ("receivables", "pay"): _MOVE,
    ("receivables", "markDefault"): FREE,
    ("receivables", "cancel"): FREE,
    ("receivables", "cancelOffer"): FREE,
    ("receivables", "releaseCredit"): _MOVE,
    ("envelopes", "create"): _SIGNED_MOVE,
    ("envelopes", "claim"): _OWNED,
    ("envelopes", "refund"): _OWNED,
    ("envelopes", "complianceRelease"): _MOVE,
}


def render(verbs: list[tuple[str, str]]) -> str:
    """The page; `verbs` are all verbs of the suite."""
    rows = [
        [f"`{verb}`", kind, *_cells(*TRUTH.get((kind, verb), FREE))]
        for kind, verb in sorted(verbs, key=lambda row: (row not in TRUTH, row))
    ]
    head = ["verb", "of", *BITS.values(), "nobody verified"]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(
        [
            "# What a pause and the mode stop",
            "",
            f"Printed by `{COMMAND}` from the table that `tests/unit/test_truth_table.py`",
            "does; do not edit it here. Each verb is tried under all 16 combinations of pauses in",
            f"{len(MODES)} modes ({', '.join(MODES)}):",
            f"{len(verbs) * 16 * len(MODES)} cells. A combination stops a verb exactly if one of",
            "its bits does. With everybody verified all is as in deny-list mode; the last column",
            "is allow-list mode with nobody verified. The Authority's own verbs know neither.",
            "",
            *lines,
            "",
            "`restore` and `burnEscrow` are the redemption desk's own calls, inside the verbs that",
            "use them. Where an order pays somebody, that party must be verified in allow-list",
            "mode; destroying, freezing and holding ask nobody.",
            "",
        ]
    )


def _cells(bits: int, unverified: str) -> list[str]:
    return [f"**{PAUSED}**" if bits & bit else OK for bit in BITS] + [
        f"**{unverified}**" if unverified != OK else OK
    ]


if __name__ == "__main__":
    from tests.unit.test_truth_table import TRIED

    PAGE.write_text(render(TRIED), encoding="utf-8")
