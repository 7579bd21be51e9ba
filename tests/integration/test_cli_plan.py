"""`plan`, `apply` and `audit` on a real node, with a Safe of three owners as the only ADMIN.

plan, apply, audit
├── given an empty chain
│   ├── the plan is the deployer's, and the audit says what is missing
│   ├── when the saved plan is applied: the audit is clean, and another plan is empty
│   └── a plan of which one byte was changed, or of another declaration, or an old one, is refused
├── given a limit that was changed by hand
│   ├── the audit names it, and the plan is that repair and no other step
│   └── its role schedules it, waits, and executes it with the same command
├── given a power that nobody declared
│   └── the audit names it, and the plan takes it away
├── given a function that was given to another role
│   └── the Safe schedules the repair and executes it: proposed, signed by two, sent by anybody
└── given a currency that is declared later
    └── anybody makes its contracts, and its roles do the rest
"""

import json
import re
import shutil
import warnings
from urllib.parse import urlsplit

import pytest
from ape import networks
from eth_utils import keccak

from pegboard.deploy import Deployer
from pegboard.desired.declaration import load_declaration
from pegboard.suite import locate
from tests.integration.conftest import Console, blocks, warp
from tests.support.node import Attached
from tests.support.safes import make_safe, put_batcher
from tests.support.world import REF, ROOT, World, artifacts, key, resolve

OWNERS = (33, 34, 35)
DAY = 86_400
STRANGER, FOREIGN = key(30).address, key(31).address
GOVERNOR, PAUSER, EXPELLER = 2, 11, 15


@pytest.fixture(scope="module")
def chain():
    warnings.simplefilter("ignore", DeprecationWarning)
    chain = Attached(urlsplit(networks.provider.uri).port)
    chain.result("anvil_autoImpersonateAccount", [True])
    return chain


@pytest.fixture(scope="module")
def safe(chain):
    put_batcher(chain)
    return make_safe(chain, [key(n) for n in OWNERS], 2).address


@pytest.fixture(scope="module")
def declaration(tmp_path_factory, safe):
    """The shipped declaration of HKD and USD, with the Safe as the only ADMIN."""
    folder = tmp_path_factory.mktemp("declaration")
    for name in ("currencies", "calendars"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "currencies" / "cnh.toml").unlink()
    for name in ("desks.toml", "channels.toml", "chains.toml"):
        shutil.copy(ROOT / name, folder / name)
    roles = (ROOT / "roles.toml").read_text()
    assert roles.count('ADMIN = ["TEST::1"]') == 1
    (folder / "roles.toml").write_text(roles.replace('ADMIN = ["TEST::1"]', f'ADMIN = ["{safe}"]'))
    return folder


class Admins(Console):
    """A console whose commands take the declaration from a folder of its own."""

    def __init__(self, records, declaration):
        super().__init__(records)
        self.folder = records
        self.where = ("--declaration", str(declaration))

    def audit(self, *words):
        answer = self.run("audit", *words, "--json", *self.where)
        assert answer.code == (0 if answer.json["clean"] else 1)
        return [(f["class"], f["text"]) for f in answer.json["findings"]]

    def plan(self, *words):
        return self.run("plan", *words, "--json", *self.where).json

    def steps(self):
        return [(step["role"], step["does"]) for step in self.plan()["steps"]]

    def apply(self, index, *words, code=0):
        return self.act(index, "apply", *words, *self.where, code=code).json


@pytest.fixture(scope="module")
def admins(tmp_path_factory, declaration):
    return Admins(tmp_path_factory.mktemp("deployments"), declaration)


@pytest.fixture(scope="module")
def saved(admins, tmp_path_factory):
    """The plan of an empty chain, in a file."""
    path = tmp_path_factory.mktemp("plans") / "first.json"
    admins.plan("--out", str(path))
    return path


@pytest.fixture(scope="module")
def before(admins):
    """What the commands said of the empty chain."""
    return admins.plan(), admins.audit()


@pytest.fixture(scope="module")
def world(admins, before, saved, chain, declaration):
    """The suite, deployed by applying the saved plan."""
    admins.applied = admins.apply(0, str(saved))
    found = load_declaration(declaration)
    deployer = key(0).address
    suite = locate(chain, artifacts(), found.currencies, found.desks, deployer, resolve)
    return World(chain, suite, Deployer(suite, artifacts(), found.roles, deployer, resolve))


@pytest.fixture(autouse=True)
def restored(world):
    """Every test finds the suite as it was deployed."""
    point = world.chain.snapshot()
    yield
    world.chain.restore(point)


def test_from_an_empty_chain_to_a_clean_audit(admins, world, before, saved, safe):
    plan, findings = before
    assert plan["deployer"] == resolve("TEST::0")
    assert {s["account"] for step in plan["steps"] for s in step["signers"]} == {resolve("TEST::0")}
    assert len(findings) == 20
    assert all(text.startswith("there is no ") for _, text in findings)
    done = admins.applied
    assert (done["outcome"], len(done["executed"]), done["left"]) == (
        "done",
        len(plan["steps"]),
        [],
    )
    assert set(done["records"]) == {"HKD", "USD"}
    assert world.suite.members(0) == {safe}
    assert admins.audit() == []
    assert admins.run("audit", *admins.where).out == "audit: clean\n"
    assert admins.plan()["steps"] == []
    again = admins.run("plan", *admins.where)
    assert (again.code, again.out) == (0, "Nothing to do: chain 31337 is as declared.\n")
    sent = blocks()
    assert admins.apply(0)["outcome"] == "nothing"
    assert admins.apply(0, str(saved))["transactions"] == []
    assert blocks() == sent


def test_the_plan_is_grouped_by_who_and_when(admins, world):
    governor = resolve(f"TEST::{GOVERNOR}")
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    text = admins.run("plan", *admins.where).out
    assert text.startswith(
        "Plan for chain 31337: 1 step.\n\n"
        f"GOVERNOR: {governor} schedules now, executes 2d later:\n"
        "   1. set the mint limit of HKD to 50,000,000.00 HKD per 1d\n"
    )
    assert re.fullmatch(r"Hash of this plan: 0x[0-9a-f]{64}", text.splitlines()[-1])


@pytest.mark.req("HK-05")
def test_a_limit_that_was_changed_by_hand_is_repaired(admins, world):
    """T6: one step, scheduled and executed by its role with the same command."""
    world.token.send("lowerMintLimit", 10**6, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    said = "the mint limit of HKD is 1.00 HKD per 1d, declared is 50,000,000.00 HKD per 1d"
    assert admins.audit() == [("drift", said)]
    step = ("GOVERNOR", "set the mint limit of HKD to 50,000,000.00 HKD per 1d")
    assert admins.steps() == [step]
    # Whoever cannot do it is told who can.
    left = admins.apply(PAUSER, code=3)
    assert (left["transactions"], [s["does"] for s in left["left"]]) == ([], [step[1]])
    first = admins.apply(GOVERNOR, code=3)
    assert (first["scheduled"], first["executed"], first["outcome"]) == ([step[1]], [], "waiting")
    sent = blocks()
    assert admins.apply(GOVERNOR, code=3)["transactions"] == []
    assert blocks() == sent
    assert {kind for kind, _ in admins.audit()} == {"drift", "pending"}
    warp(2 * DAY)
    last = admins.apply(GOVERNOR)
    assert (last["executed"], last["outcome"]) == ([step[1]], "done")
    assert admins.audit() == []
    assert admins.steps() == []


def test_a_no_sends_nothing(admins, world):
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    sent = blocks()
    words = ("apply", *admins.where, "--account", f"TEST::{GOVERNOR}")
    answer = admins.run(*words, stdin="n\n")
    assert (answer.code, blocks()) == (1, sent)
    assert "Sign and send the 1 of these steps" in answer.err


@pytest.mark.req("HK-05")
def test_a_changed_plan_is_refused(admins, world, tmp_path):
    """T6: one byte of a file that was reviewed."""
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    path = tmp_path / "plan.json"
    admins.plan("--out", str(path))
    text = path.read_text()
    amount = f"{50_000_000 * 10**6:064x}"
    assert text.count(amount) == 1
    sent = blocks()
    for changed in (
        text.replace(amount, amount.replace("2", "3", 1)),
        text.replace("{\n", "{\n ", 1),
    ):
        path.write_text(changed)
        said = admins.refused(GOVERNOR, "apply", str(path), *admins.where)
        assert "plan.json was changed after it was made" in said
    assert blocks() == sent
    path.write_text(text)
    assert admins.apply(GOVERNOR, str(path), code=3)["scheduled"]


def test_a_plan_of_another_declaration_or_state_is_refused(admins, world, tmp_path, declaration):
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    path, file = tmp_path / "plan.json", declaration / "currencies" / "hkd.toml"
    admins.plan("--out", str(path))
    kept = file.read_text()
    file.write_text(kept.replace("buffer_bps = 50", "buffer_bps = 60"))
    try:
        said = admins.refused(GOVERNOR, "apply", str(path), *admins.where)
    finally:
        file.write_text(kept)
    assert "the declaration has changed since" in said
    feed = world.feed
    feed.send("expelAttestor", resolve("TEST::17"), REF, sender=resolve(f"TEST::{EXPELLER}"))
    said = admins.refused(GOVERNOR, "apply", str(path), *admins.where)
    assert f"would also let {resolve('TEST::17')} attest the reserves of HKD" in said


def test_an_old_plan_is_refused_unless_said_otherwise(admins, world, tmp_path):
    """It still fits the chain to the letter."""
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    path = tmp_path / "plan.json"
    admins.plan("--out", str(path))
    warp(7 * DAY + 60)
    sent = blocks()
    said = admins.refused(GOVERNOR, "apply", str(path), *admins.where)
    assert "plan.json is not applied: it was made at 20" in said
    assert "a plan is applied for 7d: make a plan anew" in said
    said = admins.refused(GOVERNOR, "apply", str(path), "--max-age", "soon", *admins.where)
    assert "'soon' is not a duration" in said
    assert blocks() == sent
    assert admins.apply(GOVERNOR, str(path), "--max-age", "8d", code=3)["scheduled"]


def as_governor(world, contract, name, *args):
    """What the holder of the role does past the declaration."""
    world.act("GOVERNOR", contract, name, *args)


@pytest.mark.req("HK-05")
def test_powers_that_nobody_declared_are_named_and_taken_away(admins, world, safe):
    """A member, a target that is not ours, a tagged wallet: each in one line."""
    authority = world.suite.authority
    as_governor(world, authority, "grantRole", 3, STRANGER, 0)
    purpose = b"treasury".ljust(32, b"\0")
    as_governor(world, world.suite.registry, "tagWallet", STRANGER, purpose, REF)
    scheduled_by(world, safe, "setTargetFunctionRole", FOREIGN, [b"\xde\xad\xbe\xef"], 9)
    assert sorted(admins.audit()) == [
        (
            "power",
            f"{STRANGER} is MINTER, and was not declared",
        ),
        ("power", f"{STRANGER} is tagged as a wallet of the issuer, and was not declared"),
        (
            "power",
            f"VERIFIER may call 0xdeadbeef of {FOREIGN}, which is no contract of the suite, and "
            "no file declares it",
        ),
    ]
    assert sorted(admins.steps()) == [
        (
            "ADMIN",
            f"let nobody but ADMIN call 0xdeadbeef of {FOREIGN}, which is no contract of the "
            "suite,",
        ),
        ("EXPELLER", f"take MINTER from {STRANGER}, who was not declared, at once"),
        ("GOVERNOR", f"record {STRANGER} as no operational wallet of the issuer any more"),
    ]
    assert len(admins.apply(EXPELLER, code=3)["executed"]) == 1
    assert [kind for kind, _ in admins.audit()] == ["power", "power"]


def scheduled_by(world, account, name, *args):
    """A call of the Authority's own, by an account that waits five days for it."""
    authority = world.suite.authority
    call = authority.prepare(name, *args)
    world.chain.result("anvil_setBalance", [account, hex(10**18)])
    authority.send("schedule", call.to, call.data, 0, sender=account)
    warp(5 * DAY)
    authority.submit(call.data, sender=account)


@pytest.mark.req("HK-05")
def test_the_safe_repairs_what_only_admin_may(admins, world, safe, tmp_path):
    """Proposed by one owner, signed by another, sent by anybody: once to schedule, once to do."""
    freeze = world.token.selector("freeze")
    scheduled_by(world, safe, "setTargetFunctionRole", world.token.address, [freeze], 9)
    said = "VERIFIER may call freeze of the HKD token, declared is FREEZER"
    assert admins.audit() == [("power", said)]
    assert admins.steps() == [("ADMIN", "let FREEZER call freeze of the HKD token")]
    folder = ("--proposals", str(tmp_path / "proposals"))
    through_safe(admins, safe, folder)
    assert [kind for kind, _ in admins.audit()] == ["power", "pending"]
    # Nothing to propose before it is due.
    waiting = admins.apply(OWNERS[0], "--safe", safe, *folder, code=3)
    assert (waiting["outcome"], waiting["left"][0]["signers"][0]["state"]) == ("waiting", "waiting")
    warp(5 * DAY)
    through_safe(admins, safe, folder)
    assert admins.audit() == []
    assert admins.steps() == []


def through_safe(admins, safe, folder):
    proposed = admins.apply(OWNERS[0], "--safe", safe, *folder, code=3)
    assert (proposed["outcome"], proposed["signed"]) == (
        "proposed",
        [resolve(f"TEST::{OWNERS[0]}")],
    )
    admins.act(OWNERS[1], "safe", "sign", proposed["file"])
    admins.act(19, "safe", "execute", proposed["file"])


def test_a_currency_that_is_declared_later_is_made_and_set_up(
    admins, world, declaration, safe, tmp_path
):
    """Contracts by anybody, functions by ADMIN, settings by GOVERNOR; its record is written."""
    new = declaration / "currencies" / "cnh.toml"
    shutil.copy(ROOT / "currencies" / "cnh.toml", new)
    folder = ("--proposals", str(tmp_path / "proposals"))
    try:
        made = admins.apply(19, code=3)
        assert len(made["executed"]) == 2
        assert all(text.startswith("create CNH ") for text in made["executed"])
        assert list(made["records"]) == ["CNH"]
        through_safe(admins, safe, folder)
        warp(5 * DAY)
        through_safe(admins, safe, folder)
        assert admins.apply(GOVERNOR, code=3)["scheduled"]
        warp(2 * DAY)
        admins.apply(GOVERNOR)
        assert admins.audit() == []
        record = json.loads((admins.folder / "31337" / "cnh.json").read_text())
        code = networks.provider.get_code(record["token"]["address"])
        assert record["token"]["codeHash"] == "0x" + keccak(code).hex()
        assert record["deployer"] == resolve("TEST::0")
    finally:
        new.unlink()
        (admins.folder / "31337" / "cnh.json").unlink(missing_ok=True)


def test_a_record_that_was_changed_is_named(admins, world):
    path = admins.folder / "31337" / "hkd.json"
    kept = path.read_text()
    record = json.loads(kept)
    path.write_text(json.dumps(record | {"salt": "0x" + "00" * 32}))
    try:
        ((kind, text),) = admins.audit()
    finally:
        path.write_text(kept)
    assert kind == "record"
    assert text.startswith(f"the record of HKD says salt is 0x{'00' * 32}")


def test_code_that_is_not_this_releases_is_named(admins, world):
    """The node runs each creation in thought; T5: nothing is applied there."""
    at = world.suite.desks.redemption.address
    code = world.chain.code(at)
    world.chain.put_code(at, code[:-1] + bytes([code[-1] ^ 1]))
    found = admins.audit()
    assert [kind for kind, _ in found if kind == "code"] == ["code"]
    assert any(text.startswith(f"the code of the RedemptionDesk at {at}") for _, text in found)
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=resolve(f"TEST::{PAUSER}"))
    sent = blocks()
    said = admins.refused(GOVERNOR, "apply", *admins.where)
    assert said.startswith(f"the code at {at} is not the recorded one")
    assert blocks() == sent


def test_what_is_not_declared_here_is_refused(admins, tmp_path):
    answer = admins.run("plan", "EUR", *admins.where)
    assert (answer.code, answer.out) == (1, "")
    assert "EUR is not declared in currencies/; there is HKD, USD" in answer.err
    said = admins.refused(0, "apply", str(tmp_path / "none.json"), *admins.where)
    assert "cannot read" in said
