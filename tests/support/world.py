"""A deployed suite and its cast; `pegboard` deploys it, so that every run rehearses production."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_utils import keccak

from pegboard.calendars import load_calendars
from pegboard.config import (
    CurrencyConfig,
    DesksConfig,
    RolesConfig,
    load_currencies,
    load_desks,
)
from pegboard.contract import Artifacts, Contract
from pegboard.deploy import Deployer
from pegboard.operate import perform
from pegboard.reserves import SignedStatement, Statement, post, signable
from pegboard.roles import load_roles
from pegboard.suite import Peg, Suite, locate

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from pegboard.chain import Chain, Receipt

ROOT = Path(__file__).parents[2]
MNEMONIC = "test test test test test test test test test test test junk"
REF = keccak(text="ticket")


@cache
def artifacts() -> Artifacts:
    """The contracts as `make compile` left them."""
    return Artifacts(ROOT / ".build" / "__local__.json")


@cache
def key(index: int) -> LocalAccount:
    """The test mnemonic's account: what Ape calls TEST::index."""
    Account.enable_unaudited_hdwallet_features()
    return Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")


def resolve(name: str) -> str:
    """Addresses stand for themselves, TEST::n for a test account."""
    return key(int(name.removeprefix("TEST::"))).address if name.startswith("TEST::") else name


@cache
def roles() -> RolesConfig:
    return load_roles(ROOT / "roles.toml")


@cache
def currencies() -> dict[str, CurrencyConfig]:
    return load_currencies(ROOT / "currencies")


@cache
def desks() -> DesksConfig:
    return load_desks(ROOT / "desks.toml", load_calendars(ROOT / "calendars"))


@dataclass(frozen=True)
class World:
    """One suite with everybody in it; people are named by what they may do."""

    chain: Any
    suite: Suite
    deployer: Deployer

    @property
    def peg(self) -> Peg:
        """The first currency."""
        return next(iter(self.suite.pegs.values()))

    @property
    def token(self) -> Contract:
        return self.peg.token

    @property
    def feed(self) -> Contract:
        return self.peg.feed

    def holder(self, index: int = 0) -> LocalAccount:
        """People without any role."""
        return key(20 + index)

    def member(self, role: str) -> str:
        """Who holds a role."""
        return resolve(roles().holders_on(self.chain.chain_id)[role][0])

    def act(self, role: str, contract: Contract, name: str, *args: Any) -> Receipt:
        """Does a privileged thing as the role's member; waits for the delay when there is one."""
        call = contract.prepare(name, *args)
        outcome = perform(self.suite.authority, call, self.member(role))
        if not outcome.executed:
            self.chain.warp(outcome.ready_at - self.chain.now())
            outcome = perform(self.suite.authority, call, self.member(role))
        assert outcome.receipt is not None
        return outcome.receipt

    def attest(
        self,
        reserves: int,
        *,
        peg: Peg | None = None,
        as_of: int | None = None,
        elsewhere: int = 0,
        signers: int = 3,
    ) -> Receipt:
        """Posts a statement that the first `signers` attestors signed."""
        peg = peg or self.peg
        moment = self.chain.now() if as_of is None else as_of
        statement = Statement(peg.config.code, moment, reserves, elsewhere, keccak(text="full"))
        message = signable(peg.feed, statement)
        names = peg.config.reserves.attestors_on(self.chain.chain_id)[:signers]
        signed = [
            SignedStatement(a.address, bytes(a.sign_message(message).signature))
            for a in (key(int(n.removeprefix("TEST::"))) for n in names)
        ]
        return post(peg.feed, statement, signed, sender=self.holder(9).address)

    def fund(self, account: str, value: int, *, peg: Peg | None = None) -> None:
        """Mints to an account against ample fresh reserves."""
        peg = peg or self.peg
        latest = peg.feed.call("latestStatement")
        if self.chain.now() > latest[1]:
            self.attest(10**17, peg=peg)
        peg.token.send("mint", account, value, REF, sender=self.member("MINTER"))


def build_world(
    chain: Chain,
    codes: tuple[str, ...] = ("HKD",),
    overrides: dict[str, CurrencyConfig] | None = None,
) -> World:
    """Deploys the shipped declaration on a chain, as account 0."""
    chosen = {code: currencies()[code] for code in codes} | (overrides or {})
    account = key(0).address
    suite = locate(chain, artifacts(), chosen, desks(), account, resolve)
    deployer = Deployer(suite, artifacts(), roles(), account, resolve)
    deployer.apply(deployer.plan())
    deployer.verify()
    return World(chain, suite, deployer)
