"""What holds other people's tokens is tried by bars, pauses, forged calldata and too little gas."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.refusal import words_of
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pegboard.chain import Receipt
    from pegboard.contract import Contract
    from tests.support.uses import Market

#: Why an account may not send, with the token's error.
NO_SENDER = {
    "frozen": "FrozenAccount",
    "blacklisted": "BlacklistedAccount",
    "unverified": "UnverifiedAccount",
}
#: Why it may not receive either.
NO_RECEIVER = {how: NO_SENDER[how] for how in ("blacklisted", "unverified")}
TRANSFERS = 1
HOUR = 3_600
NO_REF = b"\0" * 32


def cast() -> list[str]:
    """Everybody of the market, and those whom the tests add to it."""
    return [key(index).address for index in range(30, 60)]


def bar(market: Market, how: str, account: str) -> None:
    """HKD knows the account no more as one that may send."""
    token = market.hkd.token
    if how == "unverified":
        if not token.call("isAllowListOn"):
            market.world.act("VERIFIER", token, "verify", cast(), REF)
            market.world.act("PAUSER", token, "enterAllowListMode", REF)
        market.world.act("VERIFIER", token, "unverify", [account], REF)
        return
    role, verb = {"frozen": ("FREEZER", "freeze"), "blacklisted": ("BLACKLISTER", "blacklist")}[how]
    market.world.act(role, token, verb, [account], REF)


def clear(market: Market, how: str, account: str) -> None:
    """Takes the bar off; but for identity this waits a day."""
    token = market.hkd.token
    if how == "unverified":
        market.world.act("VERIFIER", token, "verify", [account], REF)
        return
    verb = {"frozen": "unfreeze", "blacklisted": "unblacklist"}[how]
    market.world.act("RELEASER", token, verb, [account], REF)


def pause(market: Market) -> None:
    """Stops HKD's transfers."""
    market.world.act("PAUSER", market.hkd.token, "pause", TRANSFERS, REF)


def resume(market: Market) -> None:
    """Opens them again, an hour later."""
    token = market.hkd.token
    number = token.call("pauseNumber")
    market.world.act("RESUMER", token, "resume", TRANSFERS, REF, number)


def pause_for(market: Market, seconds: int) -> None:
    """HKD's transfers are paused for exactly so long, which is an hour at least."""
    start = market.hkd.token.call("pausedSeconds")
    pause(market)
    market.world.chain.warp(seconds - HOUR)
    resume(market)
    assert market.hkd.token.call("pausedSeconds") == start + seconds


def warp_to(market: Market, moment: int) -> None:
    """The next block has this time."""
    assert moment >= market.now
    market.world.chain.warp(moment - market.now)


def retire(market: Market) -> None:
    """HKD is no currency of the board any more."""
    registry = market.world.suite.registry
    pair = (market.usd.token.address, market.hkd.token.address)
    market.world.act("PAUSER", registry, "closePair", *pair, REF)
    market.world.act("GOVERNOR", registry, "retire", b"HKD", REF)


@contextmanager
def moves(market: Market, changes: Mapping[str, int]) -> Iterator[None]:
    """What is inside changes these HKD balances by exactly so much, and nobody else's."""
    uses = [contract.address for contract in market.uses.by_name.values()]
    watched = {*cast(), *uses, *changes}
    before = {account: market.balance(market.hkd, account) for account in watched}
    yield
    after = {account: market.balance(market.hkd, account) for account in watched}
    found = {a: after[a] - before[a] for a in watched if after[a] != before[a]}
    assert found == {a: change for a, change in changes.items() if change}


def credit(market: Market, contract: Contract, account: str) -> int:
    """What waits there in HKD."""
    return contract.call("creditOf", market.hkd.token.address, account)


def forged(contract: Contract, word: int, value: int, verb: str, *args: Any) -> bytes:
    """Calldata in which one word of the terms, which lead, is another."""
    data = contract.encode(verb, *args)
    at = 4 + 32 * word
    return data[:at] + value.to_bytes(32, "big") + data[at + 32 :]


def logged(market: Market, contract: Contract, receipt: Receipt) -> list[tuple[str, Any]]:
    """What the contract and HKD logged, in order."""
    token = market.hkd.token
    found = []
    for log in receipt.logs:
        source = {contract.address: contract, token.address: token}[log.address]
        found += source.events((log,))
    return found


def starve(
    market: Market,
    sender: str,
    contract: Contract,
    verb: str,
    *args: Any,
    done: Callable[[], bool],
) -> None:
    """With any gas at all it is either done whole, or nothing has changed."""
    evm = market.world.chain.evm
    data = contract.encode(verb, *args)
    before = words_of(market.world)

    def goes_through(gas: int) -> bool:
        point = evm.snapshot()
        try:
            evm.message_call(sender, contract.address, calldata=data, gas=gas)
        except RuntimeError:
            assert words_of(market.world) == before
            return False
        finally:
            evm.reset_transient_storage()
            if not done() and words_of(market.world) != before:
                raise AssertionError(f"something else happened with {gas} gas")
            evm.revert(point)
        return True

    enough = 300_000
    assert goes_through(enough)
    refused = 0
    while enough - refused > 1:
        middle = (enough + refused) // 2
        enough, refused = (middle, refused) if goes_through(middle) else (enough, middle)
    assert refused > 5_000
    for gas in (*range(0, enough, 307), *range(enough - 40, enough)):
        assert not goes_through(gas)
    assert goes_through(enough)
