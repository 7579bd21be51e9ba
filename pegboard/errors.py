"""Everything that can go wrong, as an admin reads it.

PegboardError
├── AmountError          an amount that is not exact, or not a number
├── InputError           an address, reference or time that cannot be taken
│   └── BankFileError    a bank's file that cannot be taken, with every fault of it
├── ConfigError          a TOML file that says too little, too much or the wrong thing
├── ArtifactError        the contracts were not compiled
├── ChainError           the chain did not answer as it should
│   ├── Reverted         a contract refused, with its named error
│   └── Unconfirmed      a transaction was sent, and what became of it is not known
├── DeploymentError      what is on chain is not what was declared
├── ReferenceUsed        this reference was minted or burned before
├── NotPermitted         the signer lacks the role, or must wait
│   └── NotDue           scheduled, and the delay has not passed
└── Unexpected           the demo saw something else than it promised
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PegboardError(Exception):
    """Anything that Pegboard reports to a person: one sentence that says what to do."""


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


class Unconfirmed(ChainError):
    """A transaction was handed over and its outcome is not known: look before sending again."""


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


def safe_text(fault: BaseException) -> str:
    """A foreign error without the node's address, which may carry a key."""
    if isinstance(fault, OSError):
        return type(fault).__name__
    return re.sub(r"(?i)\b[a-z]+://\S+|url: \S+", "(address withheld)", str(fault))
