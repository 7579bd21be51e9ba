"""Terms that one party funds by its signature: a checkout payment, an envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pegboard.actions import Action, desk_action, money
from pegboard.errors import InputError
from pegboard.uses import papers

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage

    from pegboard.contract import Contract
    from pegboard.signing import Authorization
    from pegboard.suite import Peg

NOBODY = "0x" + "00" * 20


class Fundable(Protocol):
    """Terms that an ERC-3009 authorization pays for."""

    @property
    def token(self) -> str:
        """The currency's token."""

    def values(self) -> tuple[Any, ...]:
        """The ABI value of the struct."""

    def digest(self, contract: Contract) -> bytes:
        """The EIP-712 hash."""

    def payment(self, contract: Contract) -> Authorization:
        """What is signed."""


T = TypeVar("T", bound=Fundable)


@dataclass(frozen=True)
class Payable(Generic[T]):
    """Terms, and the authorization that funds them where it is known; `name` is the file's."""

    name: str
    contract: Contract
    peg: Peg
    terms: T
    authorization: bytes = b""

    @property
    def id(self) -> bytes:
        """What the contract knows it by."""
        return self.terms.digest(self.contract)

    def money(self, units: int) -> str:
        """An amount for people."""
        return money(self.peg, units)

    def to_sign(self) -> SignableMessage:
        """The ERC-3009 message that funds it."""
        payment = self.terms.payment(self.contract)
        return payment.signable(self.peg.token, "ReceiveWithAuthorization")

    def as_file(self, form: papers.Form) -> dict[str, Any]:
        """What is handed on."""
        return form.fill(
            self.contract,
            currency=self.peg.config.code,
            terms=self.terms,
            authorization=self.authorization,
        )

    def require_currency(self) -> None:
        """Refuses a file whose token is not that of the currency it names."""
        if self.terms.token != self.peg.token.address:
            raise InputError(
                f"{self.name} names {self.peg.config.code}, and its token {self.terms.token} is "
                "another one"
            )

    def require_signed(self, signer: str) -> None:
        """Refuses a file that was changed after it was signed, or was signed by another key."""
        chain, message = self.contract.chain, self.to_sign()
        papers.require_signed(self.name, chain, message, self.authorization, signer)

    def act(self, verb: str, args: tuple[Any, ...], sentence: str, **rest: Any) -> Action:
        """A verb of its contract, which takes the terms first."""
        details = {"id": "0x" + self.id.hex()} | rest.pop("details", {})
        return desk_action(
            self.contract,
            verb,
            (self.terms.values(), *args),
            sentence,
            peg=self.peg,
            details=details,
            public=True,
            **rest,
        )
