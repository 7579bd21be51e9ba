"""Everything that can go wrong, as an admin reads it.

PegboardError
├── AmountError          an amount that is not exact, or not a number
├── InputError           an address, reference or time that cannot be taken
│   ├── BankFileError    a bank's file that cannot be taken, with every fault of it
│   └── RowsError        a file of rows that cannot be taken, with every fault of it
├── ConfigError          a TOML file that says too little, too much or the wrong thing
├── ArtifactError        the contracts were not compiled
├── ChainError           the chain did not answer as it should
│   ├── Reverted         a contract refused, with its named error
│   ├── Pending          a transaction was sent, and what became of it is not known yet
│   ├── Replaced         another transaction took the number of ours, which never happened
│   └── FeeTooHigh       the chain asks for more than chains.toml allows
├── JournalError         the journal cannot be read, written or believed
├── LogError             the operations log cannot be read, written or believed
├── OrderConflict        the key of another order, or beyond what was declared for one
├── DeploymentError      what is on chain is not what was declared
├── ReferenceUsed        this reference was minted or burned before
├── NotPermitted         the signer lacks the role, or must wait
│   └── NotDue           scheduled, and the delay has not passed
├── Unexpected           the demo saw something else than it promised
└── DrillFailed          a step of a drill did not do what its runbook says
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PegboardError(Exception):
    """Anything that Pegboard reports to a person: one sentence that says what to do."""

    #: What a command ends with.
    exit_code = 1


class AmountError(PegboardError):
    """An amount that cannot be taken exactly."""


class InputError(PegboardError):
    """An address, reference or time that cannot be taken."""


class BankFileError(InputError):
    """A bank's file of which nothing was taken; `faults` says where and why, all at once."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        listed = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(f"nothing of {name} was taken; put right what is wrong in it:{listed}")


class RowsError(InputError):
    """A file of rows of which nothing was taken; `faults` are all of them, the text the first."""

    SHOWN = 20

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        self.name, self.faults = name, tuple(faults)
        head = f"nothing of {name} was taken"
        if len(self.faults) == 1:
            super().__init__(f"{head}: {self.faults[0]}")
            return
        listed = "".join(f"\n  {fault}" for fault in self.faults[: self.SHOWN])
        rest = len(self.faults) - self.SHOWN
        more = f"\n  and {rest:,} more" if rest > 0 else ""
        super().__init__(f"{head}, {len(self.faults):,} faults:{listed}{more}")


class ConfigError(PegboardError):
    """A declaration that cannot be used."""


class ArtifactError(PegboardError):
    """A compiled contract that is missing."""


class ChainError(PegboardError):
    """The chain did not answer as it should."""


class Reverted(ChainError):
    """A contract refused; `data` is what it answered and `name` its error, once decoded."""

    def __init__(
        self, data: bytes, name: str = "", arguments: dict[str, object] | None = None
    ) -> None:
        self.data = data
        self.name = name
        self.arguments = arguments or {}
        super().__init__(self._text())

    def _text(self) -> str:
        if not self.name:
            return f"refused without a known reason (0x{self.data.hex()})"
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.arguments.items())})"


class Pending(ChainError):
    """Sent, and its outcome is not known yet; the same command goes on where this one ended."""

    exit_code = 4


class Replaced(ChainError):
    """Another transaction of the same account took the number of ours, which never happened."""


class FeeTooHigh(ChainError):
    """The chain asks for more than the declared cap, so nothing was signed."""


class JournalError(PegboardError):
    """The journal of transactions cannot be read, written or believed."""


class LogError(PegboardError):
    """The operations log cannot be read, written or believed."""


class OrderConflict(PegboardError):
    """An order's key that stands for another content already."""


class DeploymentError(PegboardError):
    """What is on chain is not what was declared."""


class ReferenceUsed(PegboardError):
    """A reference that stands for one mint or burn, which was done already."""


class NotPermitted(PegboardError):
    """The signer may not do this, or not yet."""


class NotDue(NotPermitted):
    """Scheduled, and executable only from `ready_at` on."""

    def __init__(self, text: str, ready_at: int) -> None:
        self.ready_at = ready_at
        super().__init__(text)


class Unexpected(PegboardError):
    """The demo saw something else than it promised."""


class DrillFailed(PegboardError):
    """A step of a drill did not do what its runbook says."""


def safe_text(fault: BaseException) -> str:
    """A foreign error without the node's address, which may carry a key."""
    if isinstance(fault, OSError):
        return type(fault).__name__
    return re.sub(r"(?i)\b[a-z]+://\S+|url: \S+", "(address withheld)", str(fault))
