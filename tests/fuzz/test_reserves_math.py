"""What may be minted, to the unit, for every pair of decimals.

Given a token of 2 to 18 decimals and a feed of 0 to 18
    when exactly the headroom is minted
        it passes, and no unit of headroom is left
    when one unit more is minted
        it is refused with the headroom
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import create2
from pegboard.contract import Contract
from pegboard.errors import Reverted
from tests.support.model import MAX_VALUE, scale_down, scale_up, usable
from tests.support.revm import RevmChain
from tests.support.stateful import account_slot, member
from tests.support.world import REF, artifacts, key

TOKEN_DECIMALS, FEED_DECIMALS = range(2, 19), range(19)
HOLDER, ANYBODY = key(20).address, key(30).address
MONTH = 30 * 86_400
decimals = st.integers(0, 18)
amounts = st.integers(0, 2**128 - 1)


class Lab:
    """A token of every number of decimals, minted against a feed that says anything."""

    def __init__(self) -> None:
        self.chain = RevmChain()
        build = artifacts()
        self.authority = self._create("Authority", ANYBODY)
        audits = self._create("AuditRegister", self.authority.address)
        controls = self._create("Controls", self.authority.address, audits.address)
        self.feed = self._create("LooseFeed")
        self.tokens = {}
        for places in TOKEN_DECIMALS:
            made = self._create(
                "PeggedToken", f"Token {places}", f"T{places}", places, "HKD", controls.address
            )
            self.tokens[places] = Contract(self.chain, made.address, build.token_abi, build.errors)
            self._allow(self.tokens[places])

    def _create(self, name: str, *args: object) -> Contract:
        artifact = artifacts()[name]
        address, _ = create2.deploy(self.chain, artifact.initcode(*args), sender=ANYBODY)
        return Contract(self.chain, address, artifact.abi, artifacts().errors)

    def _allow(self, token: Contract) -> None:
        verbs = [token.selector(v) for v in ("mint", "setReserveConfig", "raiseMintLimit")]
        self.authority.send("setTargetFunctionRole", token.address, verbs, 1, sender=ANYBODY)
        self.authority.send("grantRole", 1, member("MINTER"), 0, sender=ANYBODY)
        limit = (2**112, 1, REF)
        token.send("raiseMintLimit", *limit, sender=member("MINTER"))

    def declare(self, token, unit, reserves, elsewhere, buffer_bps):
        """The feed says these reserves, in 10 ** -unit."""
        self.feed.send("setDecimals", unit, sender=ANYBODY)
        self.feed.send("set", reserves, self.chain.now(), sender=ANYBODY)
        self.feed.send("setElsewhere", elsewhere, sender=ANYBODY)
        terms = (self.feed.address, MONTH, buffer_bps, False)
        token.send("setReserveConfig", terms, REF, sender=member("MINTER"))

    def mint(self, token, value):
        token.send("mint", HOLDER, value, REF, sender=member("MINTER"))


@cache
def lab() -> Lab:
    return Lab()


@given(
    places=st.sampled_from(TOKEN_DECIMALS),
    unit=st.sampled_from(FEED_DECIMALS),
    reserves=st.one_of(st.integers(1, 10**6), st.integers(1, 2**112)),
    share=st.integers(0, 150),
    issued=st.integers(0, 120),
    buffer_bps=st.one_of(st.sampled_from((0, 50, 10_000, 65_535)), st.integers(0, 65_535)),
)
def test_exactly_the_headroom_can_be_minted(places, unit, reserves, share, issued, buffer_bps):
    """Minting the headroom passes and one unit more fails, at any decimals (I8)."""
    chain, token = lab().chain, lab().tokens[places]
    point = chain.snapshot()
    try:
        elsewhere = reserves * share // 100
        backed = _backed(reserves, unit, places, buffer_bps)
        _issue(token, min(backed * issued // 100, MAX_VALUE), unit)
        lab().declare(token, unit, reserves, elsewhere, buffer_bps)
        supply = token.call("totalSupply")
        owed = supply + ceil(Fraction(elsewhere * 10**places, 10**unit))
        room = max(backed - owed, 0)
        assert token.call("reserveHeadroom") == room
        room = min(room, MAX_VALUE - supply)
        if room:
            lab().mint(token, room)
        assert token.call("totalSupply") == supply + room
        assert chain.storage(token.address, account_slot(HOLDER)) == supply + room
        with pytest.raises(Reverted) as refusal:
            lab().mint(token, 1)
        capped = supply + room == MAX_VALUE
        assert refusal.value.name == ("SupplyCapExceeded" if capped else "ReserveExceeded")
        if not capped:
            assert refusal.value.arguments == {"value": 1, "headroom": 0}
    finally:
        chain.restore(point)


def _backed(reserves, unit, places, buffer_bps):
    in_units = floor(Fraction(reserves * 10**places, 10**unit))
    return floor(Fraction(in_units * 10_000, 10_000 + buffer_bps))


def _issue(token, value, unit):
    if value:
        lab().declare(token, unit, 2**254, 0, 0)
        lab().mint(token, value)


@given(amounts, decimals, decimals)
def test_down_and_up_enclose_the_exact_amount(amount, unit, to):
    """The model's two roundings enclose the exact fraction, less than one unit apart."""
    exact = Fraction(amount * 10**to, 10**unit)
    down, up = scale_down(amount, unit, to), scale_up(amount, unit, to)
    assert down == floor(exact)
    assert up == ceil(exact)


@given(amounts, decimals, decimals)
def test_a_finer_unit_loses_nothing(amount, unit, finer):
    """To a finer unit and back gives the same amount."""
    to = max(unit, finer)
    assert scale_down(scale_down(amount, unit, to), to, unit) == amount


@given(amounts, st.integers(0, 65_535))
def test_usable_reserves_leave_the_buffer(reserves, buffer_bps):
    """Usable reserves with their buffer fit the reserves, and one unit more would not."""
    whole = 10_000 + buffer_bps
    backed = usable(reserves, buffer_bps)
    assert backed * whole <= reserves * 10_000 < (backed + 1) * whole
