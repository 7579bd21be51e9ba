"""Where a command works: who signs, on which chain, on which contracts, and how it answers."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from ape import accounts
from ape.api import TestAccountAPI
from ape.utils.basemodel import ManagerAccessMixin
from ape.utils.testing import DEFAULT_TEST_MNEMONIC, generate_dev_accounts

from pegboard import actions, oplog
from pegboard.calendars import load_calendars
from pegboard.chain import ApeChain, ApeSigner
from pegboard.chains import chain_of, load_chains
from pegboard.cli import show
from pegboard.compiled import compiled
from pegboard.config import LOCAL_CHAINS, chain_key, load_currencies, load_desks
from pegboard.contract import Artifacts
from pegboard.desired import records
from pegboard.desired.places import NOTHING_RECORDED
from pegboard.errors import (
    DeploymentError,
    InputError,
    NotPermitted,
    Reverted,
)
from pegboard.explain import refusal
from pegboard.files.addressbook import AddressBook, load_addresses
from pegboard.guards import require_typed, words_to_type
from pegboard.inputs import address
from pegboard.reading.decode import by_currency
from pegboard.roles import load_roles
from pegboard.sending.courier import Courier, Signer
from pegboard.sending.journal import Journal, journal_path
from pegboard.suite import locate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.chain import Chain, Receipt
    from pegboard.chains import ChainConfig
    from pegboard.config import CurrencyConfig, DesksConfig, RolesConfig
    from pegboard.desired.places import Recorded
    from pegboard.sending.journal import Order
    from pegboard.suite import Peg, Suite

SCHEDULED = 3


def signature_bytes(made: Any) -> bytes:
    """An account's signature as r, s and v; Ape drops leading zeros of r and s."""
    if made is None:
        raise NotPermitted("the account did not sign: nothing was made")
    return bytes(made.r).rjust(32, b"\0") + bytes(made.s).rjust(32, b"\0") + bytes([made.v])


def require_right_key(config: ChainConfig, account: Any) -> None:
    """Refuses a key that everybody knows where there is money, and a real one elsewhere."""
    known = isinstance(account, TestAccountAPI) or str(account.address) in _known_addresses()
    if known and not config.test_keys:
        raise NotPermitted(
            f"{account.address} is a key that everybody knows, and {config.name} is no local "
            "chain: nothing was signed; name a real account"
        )
    if config.test_keys and not known:
        raise NotPermitted(
            f"{account.address} is a real key, and {config.name} is a local chain: nothing was "
            "signed; use a test account, such as TEST::0"
        )


@cache
def _known_addresses() -> frozenset[str]:
    """The first accounts of the mnemonic that Ape, Foundry and Hardhat start with."""
    made = generate_dev_accounts(DEFAULT_TEST_MNEMONIC, number_of_accounts=20)
    return frozenset(str(account.address) for account in made)


class Desk:
    """One command's work place."""

    def __init__(
        self,
        provider: Any,
        as_json: bool,
        folder: Path,
        account: Any = None,
        deployer: str | None = None,
        yes: bool | None = None,
        journal: str | None = None,
        log: str | None = None,
        safe: str | None = None,
        proposals: str | None = None,
        simulates: bool | None = None,
    ) -> None:
        self.as_json, self.folder, self.account = as_json, folder, account
        self.provider = provider
        self.chain = ApeChain(provider)
        self._journal, self._log = Path(journal or "journal"), Path(log or "oplog")
        self.safe, self._proposals = safe, Path(proposals or "proposals")
        self._deployer, self._yes = deployer, bool(yes)
        self._config: CurrencyConfig | None = None
        #: Whether --simulate or --no-simulate was given, and what was seen on the copy.
        self.simulates = simulates
        self.simulation: dict[str, Any] | None = None
        #: What was under way when the command began.
        self.settled: list[Order] = []
        self.root: Path = ManagerAccessMixin.local_project.path

    @property
    def account_address(self) -> str:
        """The signing account's address."""
        return str(self.account.address)

    @property
    def signer(self) -> str:
        """Who does it: the Safe that it is proposed to, or else the signing account."""
        return self.safe or self.account_address

    @property
    def proposals(self) -> Path:
        """Where proposals to Safes are kept."""
        return self.root / self._proposals

    def begin(self, *, settle: bool) -> None:
        """Makes the desk ready to sign: the right keys, and nothing of the signer under way."""
        config = chain_of(self.chains, self.chain.chain_id)
        require_right_key(config, self.account)
        self.chain.courier = self.sender
        self.settled = self.sender.settle(self.account_address) if settle else []
        for order in self.settled:
            show.progress(f"{order.state}: {order.wish.text}")

    @cached_property
    def sender(self) -> Courier:
        """Sends as the signer."""
        return self.courier([self.account])

    def courier(self, signers: Iterable[Any]) -> Courier:
        """Sends for these accounts, through the journal of this chain."""
        config = chain_of(self.chains, self.chain.chain_id)
        ecosystem = self.provider.network.ecosystem
        found = [ApeSigner(account, ecosystem) for account in signers]
        by_address: dict[str, Signer] = {signer.address: signer for signer in found}
        caps = {code: it.caps for code, it in self.currencies.items() if it.caps}
        return Courier(
            self.chain, self.journal, config, by_address, show.progress, self.write_down, caps
        )

    def write_down(self, order: Order) -> None:
        """Adds what became of an order to the log of operations."""
        written = oplog.record_order(self.log_path, self.chain.chain_id, order)
        for note in written.notes if written else ():
            show.progress(note)

    @property
    def log_path(self) -> Path:
        """The log of operations of this chain."""
        return oplog.path_of(self.root / self._log, self.chain.chain_id, self.genesis)

    @cached_property
    def genesis(self) -> str:
        """The hash of the chain's first block, which tells it from any other of its id."""
        return self.chain.genesis()

    @cached_property
    def journal(self) -> Journal:
        """What was signed on this chain with this machine."""
        path = journal_path(self.root / self._journal, self.chain.chain_id, self.genesis)
        journal = Journal(path, self.chain.chain_id, self.genesis)
        click.get_current_context().call_on_close(journal.close)
        return journal

    @property
    def chain_name(self) -> str:
        """What the chain is called."""
        return chain_of(self.chains, self.chain.chain_id).name

    @cached_property
    def chains(self) -> dict[int, ChainConfig]:
        """All declared chains."""
        return load_chains(self.root / "chains.toml")

    @cached_property
    def artifacts(self) -> Artifacts:
        """The compiled contracts."""
        return Artifacts(compiled(self.root))

    @cached_property
    def currencies(self) -> dict[str, CurrencyConfig]:
        """All declared currencies."""
        return load_currencies(self.root / "currencies")

    @cached_property
    def roles(self) -> RolesConfig:
        """All declared roles."""
        return load_roles(self.root / "roles.toml")

    @cached_property
    def desks(self) -> DesksConfig:
        """What the desks are declared to be, with their calendars."""
        return load_desks(self.root / "desks.toml", load_calendars(self.root / "calendars"))

    def resolve(self, name: str) -> str:
        """The address of an address, an account's alias or, on local chains, TEST::n."""
        if name.startswith("0x"):
            return address(name)
        if name.startswith("TEST::"):
            if self.chain.chain_id not in LOCAL_CHAINS:
                raise InputError(f"{name} is a key that everybody knows: name a real account")
            return str(accounts.test_accounts[int(name.removeprefix("TEST::"))].address)
        if name not in accounts.aliases:
            raise InputError(f"{name!r} is neither an address nor an account's alias")
        return str(accounts.load(name).address)

    def record(self, code: str) -> dict[str, Any] | None:
        """What was recorded of a currency, unless a local chain was started anew since."""
        found = records.read(self.root / self.folder, self.chain.chain_id, code)
        if found and self.chain.chain_id in LOCAL_CHAINS:
            return found if self.chain.code(found["token"]["address"]) else None
        return found

    def recorded(self) -> Recorded:
        """Where the records of this chain say that its contracts are."""
        kept = records.read_all(self.root / self.folder, self.chain.chain_id)
        found = (self.record(code) for code in kept)
        return records.recorded([record for record in found if record])

    def deployer_of(self, code: str) -> str:
        """Who deployed: as said, as recorded, or the first test account on a local chain."""
        record = self.record(code)
        if self._deployer:
            return self.resolve(self._deployer)
        if record:
            return str(record["deployer"])
        if self.chain.chain_id in LOCAL_CHAINS:
            return self.resolve("TEST::0")
        raise DeploymentError(
            f"no deployment of {code} is recorded for chain {self.chain.chain_id}: "
            "give --deployer, or fetch the record"
        )

    def suite(self, codes: list[str], deployer: str, chain: Chain | None = None) -> Suite:
        """The contracts of these currencies, deployed or not."""
        unknown = [code for code in codes if code not in self.currencies]
        if unknown:
            known = ", ".join(self.currencies)
            raise InputError(
                f"{', '.join(unknown)} is not declared in currencies/; there is {known}"
            )
        chosen = {code: self.currencies[code] for code in codes}
        recorded = self.recorded()
        return locate(
            chain or self.chain,
            self.artifacts,
            chosen,
            self.desks,
            deployer,
            self.resolve,
            recorded if recorded.deployer == deployer else NOTHING_RECORDED,
        )

    def peg(self, code: str) -> Peg:
        """A currency that is deployed and is what was declared and recorded."""
        code = code.upper()
        self.opened = self.suite([code], self.deployer_of(code) if code in self.currencies else "")
        peg = self.opened.peg(code)
        self._config = peg.config
        records.require_genuine(self.opened, peg, self.record(code))
        return peg

    def board(self) -> Suite:
        """The contracts of the chain with every declared currency that is deployed on it."""
        here = chain_key(self.chain.chain_id)
        codes = [code for code, it in self.currencies.items() if here in it.reserves.attestors]
        for code in codes:
            try:
                suite = self.suite(codes, self.deployer_of(code))
            except DeploymentError:
                continue
            there = {c: p for c, p in suite.pegs.items() if self.chain.code(p.token.address)}
            if there:
                self.opened = replace(suite, pegs=there)
                for found, peg in there.items():
                    records.require_genuine(self.opened, peg, self.record(found))
                return self.opened
        raise DeploymentError(f"nothing is deployed on chain {self.chain.chain_id}: run deploy")

    def explain(self, fault: Reverted) -> str:
        """A refusal in one sentence."""
        return refusal(fault, self.artifacts.notices, self._config)

    def confirm(self, question: str) -> None:
        """Asks once, on stderr; a no ends the command."""
        if not self._yes:
            click.confirm(question, abort=True, err=True)

    def confirm_amounts(self, amounts: Iterable[tuple[Peg | None, int | None]]) -> None:
        """The second confirmation of what moves much: once for the sum in each currency."""
        for peg, units in by_currency(amounts):
            self.confirm_in_words(peg, units)

    def confirm_in_words(self, peg: Peg, units: int) -> None:
        """Has a large amount typed in words, whatever --yes says."""
        words = words_to_type(peg.config, units, peg.config.confirm_above)
        if words:
            typed = click.prompt(f"Type the amount: {words}", "", show_default=False, err=True)
            require_typed(typed, words)

    @cached_property
    def address_book(self) -> AddressBook:
        """Who is known on this chain."""
        return load_addresses(self.root / "addresses.toml", self.chain.chain_id)

    def carry_out(self, action: actions.Action) -> None:
        """Shows, confirms, does, and answers what became of it."""
        from pegboard.cli import carrying  # which needs this module

        carrying.carry_out(self, action)

    def wait(self, action: actions.Action, ready_at: int, receipt: Receipt | None) -> NoReturn:
        """Says when the same command will execute, and ends with its own exit code."""
        result = show.outcome(action, receipt, self.chain.chain_id, ready_at=ready_at)
        self.answer(result, show.waiting(action, ready_at, self.chain.now()))
        click.get_current_context().exit(SCHEDULED)

    def answer(self, result: dict[str, Any], text: str) -> None:
        """JSON for machines or text for people, on stdout."""
        if self.simulation is not None:
            result = result | {"simulation": self.simulation}
        click.echo(json.dumps(result, indent=2) if self.as_json else text)
