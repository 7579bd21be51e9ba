"""`plan`, `apply` and `audit` of uses.toml on a real node.

plan, apply, audit
├── given a pair, an asset and an attester that are declared
│   ├── GOVERNOR schedules and executes them, and the audit is clean
│   └── given terms that were changed by hand: the audit names them, and PAUSER or GOVERNOR repair
├── given what nobody declared: the audit names it as a power, and PAUSER takes it away at once
└── given a feed that is not there, or a file that is faulty: refused, and nothing is sent
"""

import shutil

import pytest

from pegboard import create2
from tests.integration.conftest import blocks, warp
from tests.support.node import attached
from tests.support.world import REF, ROOT, artifacts, key, resolve

DAY = 86_400
GOVERNOR, PAUSER = 2, 11
ATTESTER, STRANGER = key(36).address, key(37).address


@pytest.fixture(scope="module")
def world(console):
    """What the console deployed."""
    return attached()


@pytest.fixture(scope="module")
def made(world):
    """A feed and a share: contracts of others."""
    found = {}
    for name, args in (
        ("RateFeed", (8, 780_000_000, "USD / HKD")),
        ("FundShare", (STRANGER, 10**6)),
    ):
        initcode = artifacts()[name].initcode(*args)
        found[name], _ = create2.deploy(world.chain, initcode, sender=key(0).address)
    return found


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    """The shipped declaration of HKD and USD, with all that uses.toml can say."""
    folder = tmp_path_factory.mktemp("declaration")
    for name in ("currencies", "calendars"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "currencies" / "cnh.toml").unlink()
    for name in ("desks.toml", "channels.toml", "chains.toml", "roles.toml"):
        shutil.copy(ROOT / name, folder / name)
    write(folder, made)
    return folder


def write(folder, made, **changes):
    terms = {"feed": made["RateFeed"], "band": 65, "cap": "5000000"} | changes
    (folder / "uses.toml").write_text(
        f"""
[pairs.USD-HKD]
base = "USD"
quote = "HKD"
max_age = "1h"
band_bps = {terms["band"]}
feed = {{ local = "{terms["feed"]}" }}
[assets.FUND]
local = "{made["FundShare"]}"
[attesters.WAREHOUSE]
caps = {{ HKD = "{terms["cap"]}" }}
account = {{ local = "TEST::36" }}
"""
    )


@pytest.fixture
def ask(console, folder):
    """One command on this declaration."""

    def run(*words, signer=None, code=0):
        words = (*words, "--declaration", str(folder))
        if signer is not None:
            return console.act(signer, *words, code=code).json
        return console.run(*words, "--json").json

    return run


@pytest.fixture
def traded(ask):
    """What is declared is so on chain."""
    assert ask("apply", signer=GOVERNOR, code=3)["outcome"] == "waiting"
    warp(2 * DAY)
    assert ask("apply", signer=GOVERNOR)["outcome"] == "done"


def does(plan):
    return [(step["role"], step["does"]) for step in plan["steps"]]


def findings(ask):
    found = ask("audit")["findings"]
    return [(f["class"], f["text"]) for f in found if f["class"] in ("drift", "power")]


@pytest.fixture(autouse=True)
def restored(world, made):
    """Every test finds the suite as it was deployed."""
    point = world.chain.snapshot()
    yield
    world.chain.restore(point)


def test_from_the_file_to_a_clean_audit(ask, made, folder):
    feed, share = made["RateFeed"], made["FundShare"]
    within = f"within 65 bps of {feed}, whose answer may be 1h old"
    assert does(ask("plan")) == [
        ("GOVERNOR", f"let USD and HKD be exchanged {within}"),
        ("GOVERNOR", f"let the asset FUND ({share}) be delivered against payment"),
        (
            "GOVERNOR",
            f"let WAREHOUSE ({ATTESTER}) vouch for documents of up to 5,000,000.00 HKD unpaid",
        ),
    ]
    first = ask("apply", signer=GOVERNOR, code=3)
    assert (len(first["scheduled"]), first["executed"]) == (3, [])
    warp(2 * DAY)
    last = ask("apply", signer=GOVERNOR)
    assert (len(last["executed"]), last["outcome"]) == (3, "done")
    assert ask("audit")["clean"]
    assert ask("plan")["steps"] == []


def test_what_was_changed_by_hand_is_named_and_repaired(ask, made, world, traded, folder):
    board = world.suite.registry
    usd, hkd = (world.suite.peg(code).token.address for code in ("USD", "HKD"))
    pauser = resolve(f"TEST::{PAUSER}")
    board.send("narrowPair", usd, hkd, 60, 65, REF, sender=pauser)
    board.send("cutAttester", ATTESTER, hkd, 10**6, REF, sender=pauser)
    feed, name = made["RateFeed"], f"WAREHOUSE ({ATTESTER})"
    narrow, wide = (
        f"within 65 bps of {feed}, whose answer may be {age} old" for age in ("1m", "1h")
    )
    assert findings(ask) == [
        ("drift", f"USD and HKD are exchanged {narrow}, declared is {wide}"),
        ("drift", f"{name} vouches for up to 1.00 HKD, declared is 5,000,000.00 HKD"),
    ]
    assert [role for role, _ in does(ask("plan"))] == ["GOVERNOR", "GOVERNOR"]
    # What the file narrows needs no delay.
    write(folder, made, cap="0.5")
    try:
        left = ask("apply", signer=PAUSER, code=3)
    finally:
        write(folder, made)
    assert left["executed"] == [
        f"let {name} vouch for documents of only up to 0.50 HKD unpaid",
    ]


def test_what_nobody_declared_is_taken_away_at_once(ask, made, folder, traded):
    """A declaration without a file declares nothing."""
    kept = (folder / "uses.toml").read_text()
    (folder / "uses.toml").unlink()
    try:
        assert [kind for kind, _ in findings(ask)] == ["power"] * 3
        assert {role for role, _ in does(ask("plan"))} == {"PAUSER"}
        done = ask("apply", signer=PAUSER)
        assert (len(done["executed"]), done["outcome"]) == (3, "done")
        assert ask("audit")["clean"]
    finally:
        (folder / "uses.toml").write_text(kept)


def test_what_cannot_be_is_refused(console, folder, made):
    where = ("--declaration", str(folder))
    sent = blocks()
    try:
        write(folder, made, feed=STRANGER)
        said = console.refused(GOVERNOR, "apply", *where)
        assert said.startswith("put uses.toml right for chain 31337, or check the network:")
        write(folder, made, band=0)
        said = console.refused(GOVERNOR, "apply", *where)
        assert said == "uses.toml [pairs.USD-HKD]: band_bps must be 1 to 9999"
    finally:
        write(folder, made)
    assert blocks() == sent
