"""What a hostile reading of the corrected desks still found: each test asserts what should hold.

a desk for redemptions
├── given units that were sent to its address before it was appointed: can be delisted
└── given a holder who does not want it: can be closed while others go on
a case
└── given a freeze that was lifted at the token and set anew by the case: lifts what it set
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from eth_utils import keccak

from pegboard.errors import Reverted
from tests.support import cases
from tests.support.cases import CASE
from tests.support.desks import DAY, surrender
from tests.support.refusal import when_due
from tests.support.world import REF

FUNDS = 1_000_000_000


# FAULT: addresses are known ahead, and an appointed desk has no way to rid itself of what nobody
# requested: one unit keeps it a desk for ever.
@pytest.mark.req("HK-39")
def test_a_gift_does_not_keep_a_desk_for_ever(world, token, create, holder):
    """Low. Sent by anybody to where the next desk will be."""
    suite = world.suite
    at = (suite.authority.address, suite.desks.calendar.address, suite.desks.customers.address)
    desk = create(world, "RedemptionDesk", *at, 100, 7 * DAY, 3)
    token.send("transfer", desk.address, 1, sender=holder.address)
    world.act("GOVERNOR", token, "appointDesk", desk.address, REF)
    act = when_due(world, "GOVERNOR", token, "delist", [desk.address], REF)
    with suppress(Reverted):
        act()
    assert token.call("isRedemptionDesk", desk.address) is False


# FAULT: a desk takes requests until it is empty and delisted, so whoever sends one unit in time
# keeps it open; the redemption pause would close the desk that follows it, too.
@pytest.mark.req("HK-39")
def test_a_desk_is_closed_to_new_requests(world, token, holder, payee):
    """Medium. Two days are enough to see the delisting come, and its transaction to outrun."""
    desk = world.suite.desks.redemption.address
    act = when_due(world, "GOVERNOR", token, "delist", [desk], REF)
    surrender(world, holder.address, 1)
    with suppress(Reverted):
        act()
    with pytest.raises(Reverted):
        surrender(world, holder.address, 1)


# FAULT: what was frozen before the case is remembered past its end, and then nobody's freeze stays.
@pytest.mark.req("HK-54")
def test_a_case_lifts_what_it_set_anew(world, token, holder):
    """Low. FREEZER's freeze is lifted at the token; the case's own is set again, and lifted."""
    account = holder.address
    cases.open_case(world)
    cases.name(world, account, FUNDS)
    world.act("FREEZER", token, "freeze", [account], keccak(text="another ticket"))
    cases.freeze(world, account)
    world.act("RELEASER", token, "unfreeze", [account], REF)
    cases.freeze(world, account)
    assert token.call("isFrozen", account) is True
    cases.unfreeze(world, account)
    assert cases.entry(world, account, CASE).frozen is False
    assert token.call("isFrozen", account) is False
