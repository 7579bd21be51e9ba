"""What the state machines share: a suite without delays, stepped by chain and model together."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from eth_utils import keccak
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

from pegboard.contract import Contract, selector_of
from pegboard.deploy import Deployer
from pegboard.errors import Reverted
from pegboard.suite import Peg, Suite, locate
from tests.support.model import ZERO, Refused, Token
from tests.support.revm import RevmChain
from tests.support.world import artifacts, currencies, desks, key, resolve, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pegboard.chain import Chain, Receipt
    from pegboard.config import CurrencyConfig, RolesConfig

CONFIG, ALLOWANCES, AUTHORIZATIONS, CHUNKS, TERMS, LIMIT, BUCKETS = range(7)
TRANSFER = keccak(text="Transfer(address,address,uint256)")


def account_slot(account: str) -> int:
    """Where the token stores an account's word."""
    return 1 << 160 | int(account, 16)


def mapping_slot(key_: int | str, slot: int) -> int:
    """Where a mapping at a slot stores the value of a key."""
    number = int(key_, 16) if isinstance(key_, str) else key_
    return int.from_bytes(keccak(number.to_bytes(32, "big") + slot.to_bytes(32, "big")), "big")


@cache
def swift_roles() -> RolesConfig:
    """The shipped roles without delays: here verbs are tried, elsewhere how long they wait."""
    swift = {name: replace(role, delay=0) for name, role in roles().roles.items()}
    return replace(roles(), roles=swift, by_id={r.id: r for r in swift.values()})


def deploy_swift(chain: Chain, configs: dict[str, CurrencyConfig] | None = None) -> Suite:
    """Deploys currencies (HKD unless told) as shipped, but for the delays."""
    chosen = configs or {"HKD": currencies()["HKD"]}
    account = key(0).address
    suite = locate(chain, artifacts(), chosen, desks(), account, resolve)
    deployer = Deployer(suite, artifacts(), swift_roles(), account, resolve)
    deployer.apply(deployer.plan())
    deployer.verify()
    return suite


@cache
def member(role: str) -> str:
    """Who holds a role."""
    return resolve(roles().holders["local"][role][0])


@cache
def error_names() -> dict[bytes, str]:
    """Every known error by its selector."""
    names = {selector: item["name"] for selector, item in artifacts().errors.items()}
    return names | {selector_of("Panic(uint256)"): "Panic", selector_of("Error(string)"): "Error"}


class Twins(RuleBasedStateMachine):
    """Steps a deployed currency and its model together; an outcome or a word that differs fails.

    `done` counts the successes of each action over all runs of a class, `refused` the refusals by
    error. Chain and deployment are made once per class; every run starts from the same snapshot.
    """

    new_chain: ClassVar[Callable[[], Any]] = RevmChain
    done: ClassVar[Counter[str]]
    refused: ClassVar[Counter[str]]
    steps: ClassVar[int]
    _base: ClassVar[Any]

    chain: Any
    peg: Peg
    model: Token
    #: The accounts that the machine moves tokens between.
    cast: tuple[str, ...]

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        cls.done, cls.refused, cls.steps, cls._base = Counter(), Counter(), 0, None

    def __init__(self) -> None:
        super().__init__()
        cls = type(self)
        if cls._base is None:
            chain = cls.new_chain()
            cls._base = chain, self.deploy(chain)
        self.chain, self.suite = cls._base
        self._point = self.chain.snapshot()
        self.minted = self.burned = 0
        self.last_refused = False

    def deploy(self, chain: Any) -> Any:
        """Deploys what the machine needs, once."""
        return deploy_swift(chain)

    def teardown(self) -> None:
        self.chain.restore(self._point)

    # One step

    def perform(
        self,
        action: str,
        contract: Contract,
        sender: str,
        function: str,
        arguments: Iterable[Any],
        verb: Callable[[], Any],
        *,
        count: bool = True,
    ) -> bool:
        """Does the same on both sides and compares; returns whether it succeeded."""
        self.model.now = self.chain.now()
        self.model.transfers.clear()
        expected, before = None, self.words
        try:
            verb()
        except Refused as refused:
            expected = refused.name
        answered, receipt = None, None
        data = contract.encode(function, *arguments)
        try:
            receipt = self.chain.send(sender, contract.address, data)
        except Reverted as fault:
            answered = error_names().get(fault.data[:4], f"unknown error 0x{fault.data.hex()}")
        assert answered == expected, (
            f"{action} by {sender}: the contract answered {answered or 'success'}, "
            f"the model {expected or 'success'}"
        )
        self.words = self.read_words()
        self.last_refused = receipt is None
        if receipt is None:
            assert self.words == before, f"a refused {action} changed something"
        else:
            self._check_transfers(action, receipt)
        if count:
            type(self).steps += 1
            if receipt is None:
                self.refused[str(expected)] += 1
            else:
                self.done[action] += 1
        return receipt is not None

    def _check_transfers(self, action: str, receipt: Receipt) -> None:
        token = self.peg.token.address
        logged = [
            (_address(log.topics[1]), _address(log.topics[2]), int.from_bytes(log.data, "big"))
            for log in receipt.logs
            if log.topics and log.topics[0] == TRANSFER and log.address == token
        ]
        moved = [(s.lower(), t.lower(), v) for s, t, v in self.model.transfers]
        assert logged == moved, f"{action} logged {logged}, the model moved {moved}"
        self.minted += sum(v for s, _, v in logged if s == ZERO)
        self.burned += sum(v for _, t, v in logged if t == ZERO)

    # Raw words

    def watched(self) -> dict[str, int]:
        """The slots of the token that are read after every step, by a name."""
        raise NotImplementedError

    def expected_words(self) -> dict[str, int]:
        """What the model says of each of them."""
        raise NotImplementedError

    def read_words(self) -> dict[str, int]:
        address = self.peg.token.address
        return {name: self.chain.storage(address, slot) for name, slot in self._watched().items()}

    def _watched(self) -> dict[str, int]:
        if "_slots" not in self.__dict__:
            self._slots = self.watched()
        return self._slots

    def limit_words(self) -> dict[str, int]:
        """The mint limit as the chain stores it."""
        limit = self.model.limit
        return {
            "limit": limit.window << 208 | limit.capacity,
            "bucket": limit.at << 208 | limit.used,
        }

    def balance(self, account: str) -> int:
        """The balance in an account's raw word."""
        return self.words[account] & (2**112 - 1)

    @property
    def supply(self) -> int:
        """The supply in the raw CONFIG word."""
        return self.words["config"] & (2**112 - 1)


def _address(topic: bytes) -> str:
    return "0x" + topic[-20:].hex()


def counts(machine: type[Twins]) -> str:
    """The counts of all runs, for people."""
    lines = [f"{machine.__name__}: {machine.steps} steps"]
    for title, counter in (("done", machine.done), ("refused", machine.refused)):
        lines.append(f"  {title}: " + ", ".join(f"{k} {n}" for k, n in sorted(counter.items())))
    return "\n".join(lines)


def report(machine: type[Twins]) -> None:
    """Shows the counts (pytest -s, or after a failure)."""
    sys.stdout.write(counts(machine) + "\n")


def require_all(machine: type[Twins], actions: Iterable[str], refusals: Iterable[str]) -> None:
    """Fails when an action never succeeded, or an expected refusal never happened."""
    never = sorted(set(actions) - set(machine.done))
    assert not never, f"never succeeded: {', '.join(never)}\n{counts(machine)}"
    unseen = sorted(set(refusals) - set(machine.refused))
    assert not unseen, f"never refused with: {', '.join(unseen)}\n{counts(machine)}"
    strange = sorted(set(machine.done) - set(actions))
    assert not strange, f"counted but not declared: {', '.join(strange)}"


def sequences() -> settings:
    """The profile's examples of 50 steps, but 500 at least: in fewer not every action comes up."""
    examples = max(settings.default.max_examples, 500)
    return settings(max_examples=examples, stateful_step_count=50)
