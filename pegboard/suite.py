"""The contracts of one chain: where the records of their deployment say, else by computation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from pegboard.config import SUITE_PREFIX
from pegboard.contract import Artifacts, Contract
from pegboard.desired.places import NOTHING_RECORDED
from pegboard.desks import Desks, locate_desks
from pegboard.errors import ConfigError, DeploymentError
from pegboard.uses.place import Uses, locate_uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pegboard.chain import Chain
    from pegboard.config import CurrencyConfig, DesksConfig, RoleConfig, RolesConfig
    from pegboard.desired.places import Recorded

    Resolver = Callable[[str], str]


@dataclass(frozen=True)
class Peg:
    """One currency on one chain."""

    config: CurrencyConfig
    token: Contract
    feed: Contract


@dataclass(frozen=True)
class Initcodes:
    """What CREATE2 hashes: code and chain-independent arguments."""

    authority: bytes
    audits: bytes
    controls: bytes
    feed_controls: bytes
    registry: bytes
    tokens: Mapping[str, bytes]
    feeds: Mapping[str, bytes]


@dataclass(frozen=True)
class Suite:
    """All contracts of a chain; an address without code is one that is still to be deployed."""

    chain: Chain
    authority: Contract
    audits: Contract
    controls: Contract
    feed_controls: Contract
    registry: Contract
    desks: Desks
    uses: Uses
    pegs: Mapping[str, Peg]
    initcodes: Initcodes

    def peg(self, code: str) -> Peg:
        """One currency by its code."""
        try:
            return self.pegs[code.upper()]
        except KeyError:
            known = ", ".join(self.pegs)
            raise DeploymentError(f"{code} is not declared; there is {known}") from None

    def peg_at(self, token: str) -> Peg | None:
        """The declared currency of this token."""
        return next((peg for peg in self.pegs.values() if peg.token.address == token), None)

    def members(self, role_id: int) -> set[str]:
        """Who holds a role on chain, grants that are not yet in effect included."""
        return {to_checksum_address(a) for a in self.authority.call("members", role_id)}

    def delay_of(self, role: RoleConfig, account: str) -> int:
        """How long a holder waits: a contract of the suite never, since its own verbs do."""
        return 0 if account in self.ours else role.delay

    @property
    def by_name(self) -> dict[str, Contract]:
        """The desks and the uses, by the names of their code."""
        return self.desks.by_name | self.uses.by_name

    @property
    def ours(self) -> set[str]:
        """The addresses of the desks and the uses."""
        return {contract.address for contract in self.by_name.values()}

    def require_deployed(self, peg: Peg) -> None:
        """Refuses to talk to an address without code."""
        if not self.chain.code(peg.token.address):
            raise DeploymentError(
                f"{peg.config.code} is not deployed on chain {self.chain.chain_id} "
                f"(nothing at {peg.token.address}): "
                "run deploy first, or check the network and the deployer"
            )


def locate(
    chain: Chain,
    artifacts: Artifacts,
    currencies: Mapping[str, CurrencyConfig],
    desks: DesksConfig,
    deployer: str,
    resolve: Resolver,
    recorded: Recorded = NOTHING_RECORDED,
) -> Suite:
    """Where everything is or will be on this chain, for this deployer.

    What was recorded is there, whatever has been declared otherwise since; the rest is computed.
    """
    authority = artifacts["Authority"].initcode(deployer)
    authority_at = recorded.at("authority", authority)
    audits = artifacts["AuditRegister"].initcode(authority_at)
    audits_at = recorded.at("audits", audits)
    controls = artifacts["Controls"].initcode(authority_at, audits_at)
    controls_at = recorded.at("controls", controls)
    feed_controls = artifacts["FeedControls"].initcode(authority_at)
    feed_controls_at = recorded.at("feedControls", feed_controls)
    registry = artifacts["CurrencyRegistry"].initcode(authority_at)
    registry_at = recorded.at("registry", registry)
    tokens, feeds, pegs = {}, {}, {}
    for code, config in currencies.items():
        terms = config.reserves
        tokens[code] = artifacts["PeggedToken"].initcode(
            config.name, config.symbol, config.decimals, code, controls_at
        )
        feeds[code] = artifacts["ReserveFeed"].initcode(
            feed_controls_at,
            code,
            terms.decimals,
            [resolve(a) for a in terms.attestors_on(chain.chain_id)],
            terms.quorum,
            terms.rise_quorum,
            terms.max_rise_bps,
        )
        pegs[code] = Peg(
            config,
            Contract(
                chain,
                recorded.at(f"{code} token", tokens[code]),
                artifacts.token_abi,
                artifacts.errors,
            ),
            Contract(
                chain,
                recorded.at(f"{code} feed", feeds[code]),
                artifacts.feed_abi,
                artifacts.errors,
            ),
        )

    def contract(name: str, address: str) -> Contract:
        return Contract(chain, address, artifacts[name].abi, artifacts.errors)

    return Suite(
        chain,
        contract("Authority", authority_at),
        contract("AuditRegister", audits_at),
        contract("Controls", controls_at),
        contract("FeedControls", feed_controls_at),
        contract("CurrencyRegistry", registry_at),
        locate_desks(chain, artifacts, desks, authority_at, registry_at, resolve, recorded),
        locate_uses(chain, artifacts, authority_at, registry_at, recorded),
        pegs,
        Initcodes(authority, audits, controls, feed_controls, registry, tokens, feeds),
    )


def contracts(suite: Suite, codes: Iterable[str] = ()) -> Iterator[tuple[str, Contract, bytes]]:
    """Every contract with its name and what makes it, in the order in which they are made."""
    code, chosen = suite.initcodes, set(codes)
    yield "Authority", suite.authority, code.authority
    yield "AuditRegister", suite.audits, code.audits
    yield "Controls", suite.controls, code.controls
    yield "FeedControls", suite.feed_controls, code.feed_controls
    yield "CurrencyRegistry", suite.registry, code.registry
    made = {**suite.desks.initcodes, **suite.uses.initcodes}
    for name, contract in suite.by_name.items():
        yield name, contract, made[name]
    for name, peg in suite.pegs.items():
        if not chosen or name in chosen:
            yield f"{name} token", peg.token, code.tokens[name]
            yield f"{name} reserve feed", peg.feed, code.feeds[name]


def targets(suite: Suite) -> dict[str, list[Contract]]:
    """The contracts whose functions a role may call, by the kind that roles.toml uses."""
    return {
        "token": [peg.token for peg in suite.pegs.values()],
        "feed": [peg.feed for peg in suite.pegs.values()],
        "registry": [suite.registry],
        "audits": [suite.audits],
        "authority": [suite.authority],
        "customers": [suite.desks.customers],
        "calendar": [suite.desks.calendar],
        "issuance": [suite.desks.issuance],
        "redemption": [suite.desks.redemption],
        "orders": [suite.desks.orders],
        "presigned": [suite.desks.presigned],
        "checkout": [suite.uses.checkout],
        "receivables": [suite.uses.receivables],
        "envelopes": [suite.uses.envelopes],
    }


def resolved_holders(
    suite: Suite, roles: RolesConfig, resolve: Resolver
) -> dict[str, tuple[str, ...]]:
    """The declared holders on the suite's chain as addresses."""
    return {
        role: tuple(_holder(suite, name, resolve) for name in names)
        for role, names in roles.holders_on(suite.chain.chain_id).items()
    }


def _holder(suite: Suite, name: str, resolve: Resolver) -> str:
    if not name.startswith(SUITE_PREFIX):
        return resolve(name)
    try:
        return suite.by_name[name.removeprefix(SUITE_PREFIX)].address
    except KeyError:
        known = ", ".join(SUITE_PREFIX + known for known in suite.by_name)
        raise ConfigError(f"{name} is no contract of the suite; there is {known}") from None
