"""What differs between the declaration and the chain, and what would end it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_utils import keccak

from pegboard.amounts import format_amount, format_duration
from pegboard.chain import History
from pegboard.desired.access import Powers, ask_each, titles
from pegboard.desired.declaration import UsesConfig
from pegboard.errors import Reverted
from pegboard.suite import resolved_holders, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pegboard.config import RolesConfig
    from pegboard.contract import Call, Contract
    from pegboard.desired.declaration import ChannelConfig
    from pegboard.suite import Peg, Resolver, Suite


@dataclass(frozen=True)
class Step:
    """One call that is to be made; those with the same subject are executed in their order.

    `role` must make it; empty stands for anybody.
    """

    kind: str
    call: Call
    role: str = ""
    subject: str = ""
    initcode: bytes = b""
    address: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """What it does."""
        return self.call.text


@dataclass(frozen=True)
class Difference:
    """What is found and what was declared, in words.

    Without steps it ends by itself at `until`, or, where that is zero, by no step at all.
    """

    text: str
    steps: tuple[Step, ...] = ()
    until: int = 0
    #: It is about a power that somebody has, and nobody declared so.
    power: bool = False
    #: What the declaration must not say: no step of any plan may be trusted until it is put right.
    fixed: bool = False


@dataclass
class Reader:
    """What the declaration says and what the chain answers; what is not there answers nothing."""

    suite: Suite
    roles: RolesConfig
    resolve: Resolver
    channels: Mapping[str, ChannelConfig] = field(default_factory=dict)
    #: The currencies that are compared; empty for all. What is shared is always compared.
    codes: frozenset[str] = frozenset()
    #: Whether the deployer still does everything, at once and as whatever role it lends itself.
    deploying: bool = False
    uses: UsesConfig = field(default_factory=UsesConfig)

    @cached_property
    def pegs(self) -> dict[str, Peg]:
        """The currencies that are compared."""
        pegs = self.suite.pegs
        return {code: peg for code, peg in pegs.items() if not self.codes or code in self.codes}

    @cached_property
    def targets(self) -> list[Contract]:
        """The contracts whose functions are compared."""
        left_out = {
            contract.address
            for code, peg in self.suite.pegs.items()
            if code not in self.pegs
            for contract in (peg.token, peg.feed)
        }
        found = (contract for kind in targets(self.suite).values() for contract in kind)
        return [contract for contract in found if contract.address not in left_out]

    @cached_property
    def powers(self) -> Powers:
        """Which role may call what."""
        return Powers(self.suite, self.roles)

    @cached_property
    def holders(self) -> dict[str, tuple[str, ...]]:
        """The declared holders of every role, as addresses."""
        return resolved_holders(self.suite, self.roles, self.resolve)

    @cached_property
    def titles(self) -> dict[str, str]:
        """The contracts as sentences call them."""
        return titles(self.suite)

    @cached_property
    def now(self) -> int:
        """The chain's time."""
        return self.suite.chain.now()

    @cached_property
    def _there(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _members(self) -> dict[int, set[str]]:
        return {}

    def members(self, role_id: int) -> set[str]:
        """Who holds a role on chain, grants that are not yet in effect included."""
        if role_id not in self._members:
            there = self.is_there(self.suite.authority)
            self._members[role_id] = self.suite.members(role_id) if there else set()
        return self._members[role_id]

    def is_there(self, contract: Contract) -> bool:
        """Whether a contract has been created."""
        if contract.address not in self._there:
            self._there[contract.address] = bool(self.suite.chain.code(contract.address))
        return self._there[contract.address]

    def ask(self, contract: Contract, name: str, *args: Any, default: Any = None) -> Any:
        """The answer of a view; the default where the contract is missing or refuses to say."""
        if not self.is_there(contract):
            return default
        try:
            return contract.call(name, *args)
        except Reverted:
            return default

    def ask_authority(self, name: str, rows: Sequence[Sequence[Any]], default: Any) -> list[Any]:
        """A view of the Authority for many arguments."""
        authority = self.suite.authority
        if not self.is_there(authority):
            return [default] * len(rows)
        return ask_each(authority, name, rows)

    def past(self, contract: Contract, event: str) -> list[dict[str, Any]] | None:
        """The arguments of every past event, in order; None on a chain that keeps no history."""
        chain = self.suite.chain
        if not isinstance(chain, History):
            return None
        logs = chain.logs(contract.address, contract.topics(event))
        return [found for _, found in contract.events(logs)]

    def step(self, kind: str, call: Call, subject: str = "") -> Step:
        """A call with the role that must make it."""
        return Step(kind, call, self.powers.role_of(call), subject)


def reference(text: str) -> bytes:
    """What events of a setting refer to: nothing but what it is about, so that it never changes."""
    return keccak(text=text)


def board_subject(code: str) -> str:
    """What the steps that register a currency and that retire it are about."""
    return f"the board's {code}"


def money(peg: Peg, units: int) -> str:
    """An amount of a currency."""
    return f"{format_amount(units, peg.config.decimals)} {peg.config.code}"


def rate(peg: Peg, capacity: int, window: int) -> str:
    """A refilling limit."""
    return f"{money(peg, capacity)} per {format_duration(window)}"


def is_raise(to: tuple[int, int], now: tuple[int, int]) -> bool:
    """Whether a limit (capacity, window) allows more: in a burst, or per second."""
    return to[0] > now[0] or to[0] * now[1] > now[0] * to[1]


def expulsions(
    reader: Reader,
    found: Sequence[str],
    declared: Sequence[str],
    quorum: int,
    expel: Callable[[str, str], Call],
    does: tuple[str, str],
    subject: str,
) -> Iterator[Difference]:
    """Takes what they do, such as ("sign", "pauses ahead"), from all who were not declared for it.

    At once, unless fewer than `quorum` would be left until others have come.
    """
    enough = len(set(found) & set(declared)) >= quorum
    verb, what = does
    for account in (a for a in found if a not in declared):
        call = expel(account, f"let {account} {verb} {what} no more, at once")
        step = reader.step("remove", call, "" if enough else subject)
        text = f"{account} {verb}s {what}, and was not declared"
        yield Difference(text, (step,), power=True)


def listed(names: Iterable[object]) -> str:
    """Names in a sentence."""
    return ", ".join(str(name) for name in names) or "nobody"
