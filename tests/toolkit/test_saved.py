"""A plan in a file is applied as it was reviewed, or not at all.

load
├── given a file of which any byte was changed, left out or added
│   └── it refuses
├── given a changed content with a fitting hash
│   └── it is another plan: the hash that reviewers compare is another
├── given what is no plan
│   └── it refuses, in a sentence
└── given the file as it was made
    └── it has the same content and hash
apply
├── given another chain, suite or declaration than it was made for
│   └── it refuses, and says which
├── given a plan that is older than it may be
│   └── it refuses, and says what to do; a day less and it is applied
├── given a chain on which a fresh plan has a step more
│   └── it refuses, and names the step
├── given a chain on which a step was done
│   └── it goes on with the rest
└── given a first deployment that was cut after any transaction
    └── the same plan is resumed to its end
"""

import json
from dataclasses import replace

import pytest

from pegboard.desired import saved
from pegboard.desired.apply import carry_out
from pegboard.desired.plan import Planner
from pegboard.errors import DeploymentError, InputError
from pegboard.inputs import moment_text
from pegboard.suite import locate
from tests.support.planning import DEPLOYER, CutChain, planner_of
from tests.support.world import REF, artifacts, currencies, desks, key, resolve, roles

DIGEST = "0x" + "11" * 32
DAY = 86_400
PAUSER = resolve(roles().holders["local"]["PAUSER"][0])
GOVERNOR = resolve(roles().holders["local"]["GOVERNOR"][0])


@pytest.fixture
def drifted(world):
    """Two differences: a limit that was cut, and a looser channel of approval."""
    world.token.send("lowerMintLimit", 1, DAY, REF, sender=PAUSER)
    desk, tiers = world.suite.desks.issuance, [(1, 9)]
    desk.send("tightenTiers", world.token.address, tiers, REF, sender=PAUSER)
    return world


@pytest.fixture
def kept(drifted, tmp_path):
    """The planner, and the file of its plan."""
    planner = planner_of(drifted)
    path = tmp_path / "plan.json"
    saved.save(path, saved.as_dict(planner, planner.plan(), DIGEST, ["HKD"]))
    return planner, path


def test_a_plan_is_read_as_it_was_made(kept):
    planner, path = kept
    found = saved.load(path)
    assert found.content == saved.as_dict(planner, planner.plan(), DIGEST, ["HKD"])
    assert (found.codes, found.hash) == (("HKD",), found.content["hash"])
    step = found.content["steps"][0]
    assert (step["kind"], step["role"], step["contract"]) == ("limit", "GOVERNOR", "the HKD token")
    assert step["does"] == "set the mint limit of HKD to 50,000,000.00 HKD per 1d"
    assert step["signers"] == [{"account": GOVERNOR, "state": "schedule", "delay": 172_800}]
    assert step["data"] == "0x" + planner.plan().steps[0].call.data.hex()
    found.require_same_facts(planner, DIGEST)
    found.require_covers(planner.plan(), planner)


def test_every_byte_counts(kept):
    """T6: whichever byte is another, gone or new, spaces and line ends included."""
    _, path = kept
    raw = path.read_bytes()
    assert len(raw) > 1_000
    flipped = (raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(len(raw)))
    shorter = (raw[:at] + raw[at + 1 :] for at in range(0, len(raw), 13))
    longer = (raw[:at] + b" " + raw[at:] for at in range(0, len(raw), 13))
    for changed in (*flipped, *shorter, *longer):
        path.write_bytes(changed)
        with pytest.raises(InputError):
            saved.load(path)


def test_a_forged_hash_is_another_hash(kept):
    """Who changes a plan and its hash cannot have the hash that was reviewed."""
    _, path = kept
    reviewed = saved.load(path).hash
    content = json.loads(path.read_text())
    content["steps"][0]["data"] = content["steps"][0]["data"].replace("1", "2", 1)
    content["hash"] = saved._hash(content)
    saved.save(path, content)
    assert saved.load(path).hash != reviewed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "7",
        '"x"',
        '{"schema": "pegboard-plan/1"}',
        '{"schema": "other"}',
        "\xff",
    ],
)
def test_what_is_no_plan_is_refused(tmp_path, text):
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"plan\.json is no plan: make one"):
        saved.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*plan\.json"):
        saved.load(tmp_path / "plan.json")


def test_it_is_applied_to_what_it_was_made_for(kept):
    planner, path = kept
    found = saved.load(path)
    with pytest.raises(DeploymentError, match=r"the declaration has changed since.*make a plan"):
        found.require_same_facts(planner, "0x" + "22" * 32)
    other = replace(planner, account=key(30).address)
    with pytest.raises(DeploymentError, match=r"for the suite that 0x\w+ deployed"):
        found.require_same_facts(other, DIGEST)
    elsewhere = replace(found, content={**found.content, "chainId": 1})
    with pytest.raises(DeploymentError, match="made for chain 1, and this is chain 31337"):
        elsewhere.require_same_facts(planner, DIGEST)
    anew = replace(found, content={**found.content, "genesis": "0xab"})
    with pytest.raises(DeploymentError, match="another chain with this id"):
        anew.require_same_facts(planner, DIGEST)


def test_an_old_plan_is_refused(kept, drifted):
    """It might still fit the chain, and nobody might still mean it."""
    _, path = kept
    found = saved.load(path)
    made = drifted.chain.now()
    found.require_recent(made, 0)
    found.require_recent(made + 7 * DAY, 7 * DAY)
    with pytest.raises(DeploymentError) as caught:
        found.require_recent(made + 7 * DAY + 3600, 7 * DAY)
    assert str(caught.value) == (
        f"plan.json is not applied: it was made at {moment_text(made)}, 7d 1h ago, and a plan is "
        "applied for 7d: make a plan anew, and have it reviewed, or say a longer --max-age if all "
        "of it is still meant"
    )


def test_a_step_more_is_refused_by_its_name(kept, drifted):
    """What happened since was reviewed by nobody."""
    planner, path = kept
    drifted.feed.send("expelAttestor", resolve("TEST::17"), REF, sender=resolve("TEST::15"))
    with pytest.raises(DeploymentError, match=f"would also\\s+let {resolve('TEST::17')} attest"):
        saved.load(path).require_covers(planner.plan(), planner)


def test_another_amount_is_another_step(kept, drifted):
    """The same verb with other arguments was not reviewed."""
    planner, path = kept
    config = replace(planner.suite.peg("HKD").config, limit_capacity=7)
    again = planner_of(drifted, chosen={"HKD": config})
    with pytest.raises(DeploymentError, match=r"set the mint limit of HKD to 0\.000007 HKD"):
        saved.load(path).require_covers(again.plan(), again)


def test_a_role_that_another_must_use_is_another_step(kept, drifted):
    planner, path = kept
    found = saved.load(path)
    steps = [{**step, "role": "BURNER"} for step in found.content["steps"]]
    other = replace(found, content={**found.content, "steps": steps})
    with pytest.raises(DeploymentError, match="is not applied: the chain has changed"):
        other.require_covers(planner.plan(), planner)


def test_what_is_done_is_passed_over(kept, drifted):
    """The file stays the same; the steps that are left are fewer."""
    planner, path = kept
    found = saved.load(path)

    def check(plan):
        found.require_covers(plan, planner)

    done = carry_out(planner, GOVERNOR, check=check)
    assert (len(done.scheduled), len(done.executed), len(done.left.steps)) == (2, 0, 2)
    drifted.chain.warp(2 * DAY)
    done = carry_out(planner, GOVERNOR, check=check)
    assert (len(done.executed), done.left.clean) == (2, True)
    assert carry_out(planner, GOVERNOR, check=check).executed == []


def test_nothing_is_sent_once_the_check_refuses(kept, drifted):
    planner, path = kept
    found = saved.load(path)
    drifted.feed.send("expelAttestor", resolve("TEST::17"), REF, sender=resolve("TEST::15"))
    with pytest.raises(DeploymentError):
        carry_out(planner, GOVERNOR, check=lambda plan: found.require_covers(plan, planner))
    call = planner.plan().steps[0].call
    waits = drifted.suite.authority.call("hashOperation", GOVERNOR, call.to, call.data)
    assert drifted.suite.authority.call("getSchedule", bytes.fromhex(waits[2:])) == 0


#: The transactions of deploying one currency.
NEEDED = 35


@pytest.mark.parametrize("cut", range(NEEDED + 1))
def test_a_deployment_of_a_saved_plan_is_resumed(tmp_path, cut):
    """T2: by the very plan that was reviewed, whichever transaction was the last."""
    chain, chosen = CutChain(), {"HKD": currencies()["HKD"]}
    suite = locate(chain, artifacts(), chosen, desks(), DEPLOYER, resolve)
    planner = Planner(suite, artifacts(), roles(), DEPLOYER, resolve)
    saved.save(tmp_path / "plan.json", saved.as_dict(planner, planner.plan(), DIGEST, ["HKD"]))
    found = saved.load(tmp_path / "plan.json")

    def resume():
        return carry_out(planner, DEPLOYER, check=lambda plan: found.require_covers(plan, planner))

    chain.left = cut
    if cut < NEEDED:
        with pytest.raises(ConnectionError):
            resume()
        chain.left = 10**9
    assert resume().left.clean
    assert (chain.left == 0) is (cut == NEEDED)
    assert suite.members(0) == {resolve("TEST::1")}
