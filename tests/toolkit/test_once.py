"""One name is paid by a Safe with one content, however often and from wherever it is proposed.

proposals.place
├── given a part of another file of the same name that waits: refuses, alone or in a batch
│   └── until its number was used
└── else: numbers it (another part of the file, another name, token or Safe, any other call)
once.require_unused
├── given a name that the Safe has paid other rows under: refuses
└── else: passes
"""

from dataclasses import replace

import pytest

from pegboard.contract import Call
from pegboard.errors import ReferenceUsed
from pegboard.files import payouts
from pegboard.files.payouts import Payment, PayoutFile
from pegboard.reading.decode import Decoder
from pegboard.safes import multisend, once, proposals
from pegboard.safes.proposals import Proposal
from pegboard.safes.safe import CALL, DELEGATECALL, SafeTx
from tests.support.remember import Remembering
from tests.support.world import build_world, key, roles

SAFE, OTHER, PAYEE = (key(n).address for n in (80, 81, 82))
UNIT = 10**6


@pytest.fixture(scope="module")
def world():
    return build_world(Remembering())


@pytest.fixture
def batch(world):
    """A file of so many rows of one unit, and a few more."""

    def make(name, rows=1, units=UNIT, payer=SAFE):
        found = tuple(
            Payment(row, f"E-{row:05}", PAYEE, units, f"R {row}") for row in range(1, rows + 1)
        )
        file = PayoutFile(name, world.peg.config, rows * units, found)
        return payouts.batch_of(world.peg, payer, file)

    return make


def proposed(batch, *parts, safe=SAFE):
    """A Safe's transaction for these parts."""
    calls = [Call(batch.chunks[n].wish.target, batch.chunks[n].wish.data, "") for n in parts]
    if len(calls) == 1:
        return SafeTx(31337, safe, 0, calls[0].to, 0, calls[0].data, CALL)
    data = multisend.pack(multisend.Piece(call.to, 0, call.data) for call in calls)
    return SafeTx(31337, safe, 0, multisend.CANONICAL, 0, data, DELEGATECALL)


def put(folder, tx, now_at=3):
    numbered, path = proposals.place(folder, tx, now_at)
    proposals.write(path, proposals.as_file(Proposal(numbered)))
    return numbered.nonce


@pytest.mark.parametrize("waiting", [(0,), (0, 1)])
@pytest.mark.parametrize("new", [(1,), (0, 1)])
def test_other_rows_of_a_name_that_waits_are_refused(tmp_path, batch, waiting, new):
    """Each is approved by itself, and both would be executed."""
    first, changed = batch("NOV", 201), batch("NOV", 201, 2 * UNIT)
    assert put(tmp_path, proposed(first, *waiting)) == 3
    with pytest.raises(ReferenceUsed) as caught:
        put(tmp_path, proposed(changed, *new))
    assert str(caught.value) == (
        "number 3 of the Safe pays other rows under the same name, as batch "
        f"0x{first.id.hex()}, and waits to be executed: reject that number first, or give the "
        "file another name if both are to be paid"
    )
    # Once its number is used, the chain knows whether it was paid.
    assert put(tmp_path, proposed(changed, *new), 4) == 4


def test_what_is_no_other_content_of_a_name_is_numbered(tmp_path, batch):
    first = batch("NOV", 201)
    assert put(tmp_path, proposed(first, 0)) == 3
    assert put(tmp_path, proposed(first, 0)) == 3
    assert put(tmp_path, proposed(first, 1)) == 4
    assert put(tmp_path, proposed(batch("DEC", 201), 0)) == 5
    elsewhere = replace(proposed(batch("NOV", 7), 0), to=OTHER)
    assert put(tmp_path, elsewhere) == 6
    assert put(tmp_path, replace(elsewhere, safe=OTHER)) == 3
    plain = replace(elsewhere, data=b"\xa9\x05\x9c\xbb" + elsewhere.data[4:])
    assert put(tmp_path, plain) == 7
    # What holds no calls at all pays nothing.
    assert put(tmp_path, replace(plain, operation=DELEGATECALL)) == 8


def test_a_name_that_was_paid_with_other_rows_is_refused(world, batch):
    """Proposed on another machine, and executed before this one is signed."""
    first, changed = batch("NOV"), batch("NOV", units=2 * UNIT)
    decoder = Decoder(world.suite, roles())

    def check(found, payer=SAFE):
        call = found.chunks[0].wish
        once.require_unused(world.suite, decoder.effects(call.target, call.data), payer)

    check(changed)
    world.fund(SAFE, UNIT)
    world.chain.send(SAFE, first.chunks[0].wish.target, first.chunks[0].wish.data)
    check(first)
    check(batch("DEC", units=2 * UNIT))
    check(changed, OTHER)
    with pytest.raises(ReferenceUsed) as caught:
        check(changed)
    assert str(caught.value) == (
        f"it pays a file as batch 0x{changed.id.hex()}, and {SAFE} has paid other rows under its "
        f"name, as batch 0x{first.id.hex()}: nothing was signed; give what is new another name"
    )
