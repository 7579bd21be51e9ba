"""Everything that can go wrong, as an admin reads it.

PegboardError
├── AmountError          an amount that is not exact, or not a number
├── ConfigError          a TOML file that says too little, too much or the wrong thing
├── ArtifactError        the contracts were not compiled
├── ChainError           the chain did not answer as it should
│   ├── Reverted         a contract refused, with its named error
│   └── Unconfirmed      a transaction was sent, and what became of it is not known
├── DeploymentError      what is on chain is not what was declared
└── NotPermitted         the signer lacks the role, or must wait
"""

from __future__ import annotations


class PegboardError(Exception):
    """Anything that Pegboard reports to a person: one sentence that says what to do."""


class AmountError(PegboardError):
    """An amount that cannot be taken exactly."""


class ConfigError(PegboardError):
    """A declaration that cannot be used."""


class ArtifactError(PegboardError):
    """A compiled contract that is missing."""


class ChainError(PegboardError):
    """The chain did not answer as it should."""


class Reverted(ChainError):
    """A contract refused; `data` is what it answered and `name` its error, once decoded."""

    def __init__(self, data: bytes, name: str = "", arguments: dict[str, object] | None = None):
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


class NotPermitted(PegboardError):
    """The signer may not do this, or not yet."""
