"""What calls move in all: what is typed in words before a Safe's owner signs them.

moved
├── given calls of one currency: their sum; given a batch of payments, its total
├── given what is scheduled or executed: it counts; given what is cancelled: it does not
├── given a request or an order: the amount that it is of
├── given a number that stands for nothing: nothing
└── given what moves no money: nothing
by_currency
└── one sum for each currency, in the order in which they come
"""

from dataclasses import replace

import pytest

from pegboard.reading.decode import DELEGATECALL, Decoder, by_currency, moved
from pegboard.safes import multisend
from pegboard.safes.multisend import Piece
from tests.support import cases
from tests.support.world import key, roles

HOLDER, OTHER = key(20).address, key(21).address
TICKET = b"T-1".ljust(32, b"\0")
CHANNEL = b"ENTERPRISE-1".ljust(32, b"\0")


@pytest.fixture
def sums(world):
    """What one call moves, in base units of HKD."""
    decoder = Decoder(world.suite, roles())

    def read(contract, verb, *args):
        found = moved(decoder.effects(contract.address, contract.encode(verb, *args)))
        return [(peg.config.code, units) for peg, units in found]

    return read


def test_what_moves_money(world, sums):
    token, issuance = world.token, world.suite.desks.issuance
    assert sums(token, "mint", HOLDER, 7, TICKET) == [("HKD", 7)]
    assert sums(token, "burn", 8, TICKET) == [("HKD", 8)]
    assert sums(token, "seize", HOLDER, OTHER, 9, TICKET) == [("HKD", 9)]
    rows = [(HOLDER, 3), (OTHER, 4)]
    plain = "pay(bytes32,uint8,(address,uint96)[],uint256)"
    assert sums(token, plain, TICKET, 0, rows, 7) == [("HKD", 7)]
    assert sums(issuance, "propose", TICKET, CHANNEL, b"HKD", 5) == [("HKD", 5)]


def test_what_moves_none(world, sums):
    token = world.token
    assert sums(token, "approve", OTHER, 10**20) == []
    assert sums(token, "raiseMintLimit", 10**20, 3600, TICKET) == []
    assert sums(token, "freeze", [HOLDER], TICKET) == []
    assert sums(token, "mint", HOLDER, 0, TICKET) == []
    assert sums(world.suite.desks.orders, "execute", 99) == []
    assert sums(world.suite.desks.redemption, "settle", 99, TICKET) == []


def test_what_another_call_carries(world, sums):
    authority, token = world.suite.authority, world.token
    data = token.encode("mint", HOLDER, 7, TICKET)
    assert sums(authority, "schedule", token.address, data, 0) == [("HKD", 7)]
    assert sums(authority, "execute", token.address, data) == [("HKD", 7)]
    assert sums(authority, "cancel", OTHER, token.address, data) == []


def test_a_request_and_an_order_stand_for_their_amounts(world, sums):
    desk, orders = world.suite.desks.redemption, world.suite.desks.orders
    world.fund(HOLDER, 100)
    world.token.send("surrender", desk.address, 40, TICKET, sender=HOLDER)
    assert sums(desk, "settle", 1, TICKET) == [("HKD", 40)]
    assert sums(desk, "validate", 1) == []
    cases.open_case(world)
    cases.name(world, HOLDER, 60)
    cases.hold(world, HOLDER, 60)
    cases.propose(world, HOLDER, OTHER, 50)
    assert sums(orders, "execute", 1) == [("HKD", 50)]
    assert sums(orders, "cancel", 1, TICKET) == []


def test_a_batch_is_summed_up(world):
    token = world.token
    pieces = [Piece(token.address, 0, token.encode("mint", HOLDER, n, TICKET)) for n in (1, 2, 4)]
    pieces.append(Piece(OTHER, 10**18, b""))
    found = Decoder(world.suite, roles()).effects(
        multisend.CANONICAL, multisend.pack(pieces), operation=DELEGATECALL, sender=OTHER
    )
    assert moved(found) == [(world.suite.peg("HKD"), 7)]


def test_each_currency_has_its_sum(world):
    hkd = world.suite.peg("HKD")
    usd = replace(hkd, config=replace(hkd.config, code="USD"))
    amounts = [(usd, 1), (hkd, 2), (None, 3), (usd, 4), (hkd, None), (hkd, 0)]
    assert by_currency(amounts) == [(usd, 5), (hkd, 2)]
