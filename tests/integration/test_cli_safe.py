"""`safe`, and --safe of every command that sends, on a real node with a real Safe.

--safe
├── given what the Safe may not do, or what would be refused: refuses, and writes nothing
├── given what is so already, or was done: nothing to do
├── given an account that is no owner: writes the proposal, unsigned
├── given a delay: proposes the scheduling, then, when due, the verb itself
├── given a bank's file: proposes all its lines as one transaction
├── given the same again: the same file, and the next number for anything else
└── else: shows effects and hashes, writes the proposal, signs it; exit code 3

sign
├── given no owner, a changed file, a used number, a reference that was used: refuses
└── else: signs into a file of its own; a second run does nothing

execute
├── given too few signatures, a changed byte, a wrong chain, a refusal inside: refuses
└── else: anybody sends it, once

inspect, merge, reject, show
└── what is proposed, what it changes, whose signatures are there, and how it is given up
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pegboard.safes import proposals
from pegboard.safes.multisend import CANONICAL
from pegboard.safes.safe import read_safe, transaction
from tests.integration.conftest import CHAIN_ID, blocks, warp
from tests.support.deposits import bank_file, credit
from tests.support.desks import ready_desk
from tests.support.node import attached, to_quiet_friday
from tests.support.safes import make_safe, put_batcher
from tests.support.world import REF, key, resolve, roles

OWNERS = (55, 56, 57)
ONE, TWO, THREE = OWNERS
STRANGER, PAYEE = 39, key(90).address
#: Roles of the Safe, and how long it waits.
POWERS = {"MINTER": 0, "PAUSER": 0, "PROPOSER": 0, "RESUMER": 3_600}
CHANNEL = "ENTERPRISE-1"
MINT = ("mint", "HKD", "1000.00", "--to", PAYEE, "--ref", "FPS 1")
PAUSE = ("pause", "on", "HKD", "transfers", "--ref", "incident 1")


@pytest.fixture(scope="module")
def council(console):
    """A 2-of-3 Safe with powers, a desk that is ready, and ample fresh reserves."""
    world = attached()
    put_batcher(world.chain)
    safe = make_safe(world.chain, [key(index) for index in OWNERS], 2)
    ready_desk(world, world.holder(0))
    for name, delay in POWERS.items():
        number = roles().roles[name].id
        world.act("GOVERNOR", world.suite.authority, "grantRole", number, safe.address, delay)
    to_quiet_friday(world)
    world.attest(10**17)
    return world, safe


@pytest.fixture
def world(council):
    return council[0]


@pytest.fixture
def safe(council):
    return council[1].address


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the proposals of one test are."""
    monkeypatch.setenv("PEGBOARD_PROPOSALS", str(tmp_path / "proposals"))
    return tmp_path / "proposals" / str(CHAIN_ID)


@pytest.fixture
def propose(console, safe):
    """Has an account propose; what it answered."""

    def act(*words, by=ONE):
        return console.act(by, *words, "--safe", safe, code=3).json

    return act


@pytest.fixture
def carry_out(console, propose):
    """Proposes, has two owners sign, and a stranger send."""

    def act(*words):
        file = propose(*words)["file"]
        console.act(TWO, "safe", "sign", file)
        return console.act(STRANGER, "safe", "execute", file).json

    return act


def supply(console):
    return console.status()["supply"]["amount"]


def files(folder):
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


def changed(file, **fields):
    """Rewrites fields of a proposal."""
    path = Path(file)
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


# --safe


@pytest.mark.req("HK-11", "HK-02")
def test_a_mint_from_proposal_to_execution(console, world, safe, folder, propose):
    before = blocks()
    made = propose(*MINT)
    assert blocks() == before
    found = proposals.collect(folder / Path(made["file"]).name)
    assert {k: v for k, v in made.items() if k not in ("ref", "contract")} == {
        "command": "mint",
        "outcome": "proposed",
        "chainId": CHAIN_ID,
        "refText": "FPS 1",
        "to": PAYEE,
        "currency": "HKD",
        "amount": {"amount": "1000.00", "units": "1000000000"},
        "safe": safe,
        "nonce": 0,
        "safeTxHash": "0x" + found.tx.hash.hex(),
        "file": str(folder / f"0-{found.tx.hash.hex()[:8]}.json"),
        "signed": [resolve(f"TEST::{ONE}")],
        "threshold": 2,
    }
    refused = console.refused(STRANGER, "safe", "execute", made["file"])
    assert refused.startswith("the Safe asks for 2 signatures, and 1 are there: have another of")
    signed = console.act(THREE, "safe", "sign", made["file"]).json
    assert (signed["command"], signed["outcome"], len(signed["signed"])) == ("sign", "signed", 2)
    assert blocks() == before
    done = console.act(STRANGER, "safe", "execute", made["file"]).json
    assert (done["command"], done["outcome"]) == ("execute", "done")
    assert done["effects"] == [f'create 1,000.00 HKD at {PAYEE}, reference "FPS 1"']
    assert supply(console) == "1000.00"
    assert read_safe(world.chain, safe).nonce == 1


@pytest.mark.req("HK-11")
def test_nothing_is_done_twice(console, safe, carry_out, propose, folder):
    """T1: neither by the same proposal nor by another one with the same reference."""
    tx = carry_out(*MINT)["tx"]
    [file] = folder.glob("0-????????.json")
    before = blocks()
    again = console.act(STRANGER, "safe", "execute", str(file)).json
    assert (again["outcome"], again["tx"]) == ("nothing", tx)
    again = console.act(ONE, *MINT, "--safe", safe).json
    assert (again["outcome"], again["tx"]) == ("nothing", tx)
    assert blocks() == before
    assert supply(console) == "1000.00"


@pytest.mark.req("HK-02")
def test_a_reference_that_was_used_meanwhile_is_refused(console, world, propose):
    file = propose(*MINT)["file"]
    console.act(TWO, "safe", "sign", file)
    ref = b"FPS 1".ljust(32, b"\0")
    world.token.send("mint", PAYEE, 10**9, ref, sender=world.member("MINTER"))
    before = blocks()
    for index, verb in ((THREE, "sign"), (STRANGER, "execute")):
        text = console.refused(index, "safe", verb, file)
        assert text.startswith("this was done already, in transaction 0x")
    assert (blocks(), supply(console)) == (before, "1000.00")


@pytest.mark.req("HK-11")
def test_the_effects_and_the_hashes_are_shown_first(console, safe, folder):
    words = (*MINT, "--safe", safe, "--account", f"TEST::{ONE}")
    answer = console.run(*words, stdin="n\n")
    assert (answer.code, files(folder)) == (1, [])
    said = " ".join(answer.err.split())
    for part in (
        f"Signer {safe}, holds MINTER, PAUSER, RESUMER, PROPOSER",
        f"Number 0 of the Safe {safe}, chain 31337:",
        f'1. create 1,000.00 HKD at {PAYEE}, reference "FPS 1"',
        "Domain hash 0x",
        "Message hash 0x",
        "safeTxHash 0x",
        "Write this proposal, and sign it?",
    ):
        assert part in said, part
    answer = console.run(*words, stdin="y\n")
    assert answer.code == 3
    *_, head, tail = answer.out.splitlines()
    assert head.startswith(f"Proposed as number 0 of the Safe {safe}: {folder}/0-")
    assert tail.startswith("1 of 2 signatures. Owners sign with: safe sign ")
    assert len(files(folder)) == 2


@pytest.mark.req("HK-11")
def test_who_is_no_owner_proposes_without_signing(console, propose, folder):
    made = propose(*PAUSE, by=STRANGER)
    assert made["signed"] == []
    assert files(folder) == [Path(made["file"]).name]
    for owner in (THREE, TWO):
        console.act(owner, "safe", "sign", made["file"])
    assert len(files(folder)) == 3
    assert console.act(STRANGER, "safe", "execute", made["file"]).json["outcome"] == "done"
    assert console.status()["paused"] == ["transfers"]
    again = console.act(ONE, *PAUSE, "--safe", made["safe"]).json
    assert again["outcome"] == "nothing"


@pytest.mark.req("HK-12")
def test_what_waits_is_scheduled_first(console, safe, carry_out, propose):
    carry_out(*PAUSE)
    opening = ("pause", "off", "HKD", "transfers", "--ref", "incident 1 over")
    scheduled = carry_out(*opening)
    assert scheduled["effects"] == [
        "schedule, to be executed after 1h: open transfers of HKD again, after pause number 1, "
        'reference "incident 1 over"'
    ]
    waits = console.act(ONE, *opening, "--safe", safe, code=3).json
    assert waits["outcome"] == "scheduled"
    assert waits["readyAt"]
    warp(3_600)
    done = carry_out(*opening)
    assert done["effects"][0].startswith("open transfers of HKD again")
    assert console.status()["paused"] == []


@pytest.mark.req("HK-38", "HK-11")
def test_a_banks_file_is_one_transaction(console, world, carry_out, tmp_path, safe):
    rows = [credit(world, f"FPS{n}", f"{n}00.00", CHANNEL) for n in (1, 2, 3)]
    path = bank_file(tmp_path / "bank.xml", *rows)
    before = blocks()
    done = carry_out("issue", "propose", "HKD", "--bank-file", str(path))
    assert blocks() == before + 1
    assert len(done["effects"]) == 3
    assert done["effects"][1].startswith(f'propose to issue 200.00 HKD through "{CHANNEL}", bank')
    waiting = console.run("issue", "list", "HKD", "--json").json["orders"]
    assert [order["amount"]["amount"] for order in waiting] == ["100.00", "200.00", "300.00"]
    assert {order["proposer"] for order in waiting} == {safe}
    again = console.act(ONE, "issue", "propose", "HKD", "--bank-file", str(path), "--safe", safe)
    assert again.json["counts"] == {"nothing": 3}


def test_a_batch_needs_its_library(console, world, propose, tmp_path, safe):
    """The Safe hands itself over to the code of MultiSendCallOnly: it must be that very code."""
    rows = [credit(world, f"FPS{n}", f"{n}00.00", CHANNEL) for n in (1, 2)]
    path = bank_file(tmp_path / "bank.xml", *rows)
    world.chain.put_code(CANONICAL, b"")
    text = console.refused(ONE, "issue", "propose", "HKD", "--bank-file", str(path), "--safe", safe)
    assert "is not that of MultiSendCallOnly 1.4.1" in text


def test_numbers_follow_each_other(console, propose, folder):
    first, second = propose(*MINT), propose(*PAUSE)
    again = propose(*MINT, by=TWO)
    assert (first["nonce"], second["nonce"], again["nonce"]) == (0, 1, 0)
    assert again["file"] == first["file"]
    assert len(again["signed"]) == 2
    console.act(TWO, "safe", "sign", second["file"])
    text = console.refused(STRANGER, "safe", "execute", second["file"])
    assert "it has number 1, and the Safe is at 0: execute the earlier ones first" in text
    for made in (first, second):
        console.act(STRANGER, "safe", "execute", made["file"])
    assert (supply(console), console.status()["paused"]) == ("1000.00", ["transfers"])


def test_what_the_safe_may_not_do_is_not_proposed(console, safe, folder):
    held = ("freeze", "add", "HKD", PAYEE, "--safe", safe)
    assert "that takes FREEZER" in console.refused(ONE, *held)
    much = ("mint", "HKD", "99999999999.00", "--to", PAYEE, "--ref", "FPS 2", "--safe", safe)
    assert console.refused(ONE, *much).startswith("ReserveExceeded: ")
    assert files(folder) == []


def test_what_is_no_safe_is_refused(console, world, folder):
    for other, said in (
        (PAYEE, f"there is no Safe at {PAYEE} on chain {CHAIN_ID}"),
        (world.token.address, f"{world.token.address} has not the code of a Safe"),
    ):
        assert console.refused(ONE, *PAUSE, "--safe", other).startswith(said)
        assert console.run("safe", "show", other).code == 1
    answer = console.act(ONE, *PAUSE, "--safe", PAYEE.lower(), code=2)
    assert "wrong checksum" in answer.err
    assert files(folder) == []


def test_what_signs_messages_is_never_proposed(console, safe):
    """A Safe is no attestor and deploys nothing: these commands have no such option."""
    answer = console.act(ONE, "deploy", "HKD", "--safe", safe, code=2)
    assert "No such option" in answer.err


# sign


def test_only_owners_sign(console, propose, folder):
    file = propose(*PAUSE)["file"]
    text = console.refused(STRANGER, "safe", "sign", file)
    assert text.startswith(f"{resolve(f'TEST::{STRANGER}')} is no owner of the Safe")
    before = files(folder)
    again = console.act(ONE, "safe", "sign", file).json
    assert (again["outcome"], files(folder)) == ("nothing", before)


@pytest.mark.req("HK-11")
@pytest.mark.parametrize("verb", ["sign", "execute", "inspect"])
def test_a_changed_proposal_is_refused(console, propose, verb):
    file = propose(*MINT)["file"]
    console.act(TWO, "safe", "sign", file)
    data = json.loads(Path(file).read_text())["data"]
    other = data[:-1] + ("1" if data[-1] != "1" else "2")
    changed(file, data=other)
    words = ("safe", verb, file)
    before = blocks()
    if verb == "inspect":
        answer = console.run(*words)
        assert (answer.code, answer.out) == (1, "")
        text = answer.err
    else:
        text = console.refused(THREE, *words)
    assert "something was changed, so it is not used" in text
    assert blocks() == before


@pytest.mark.req("HK-11")
def test_a_changed_signature_is_refused(console, propose):
    file = propose(*MINT)["file"]
    console.act(TWO, "safe", "sign", file)
    beside = proposals.signature_path(Path(file), resolve(f"TEST::{TWO}"))
    made = json.loads(beside.read_text())["signature"]
    changed(beside, signature=made[:10] + ("1" if made[10] != "1" else "2") + made[11:])
    text = console.refused(STRANGER, "safe", "execute", file)
    assert beside.name in text
    assert "something was changed" in text or "it was changed" in text or "no valid" in text


def test_a_proposal_for_another_chain_is_refused(console, propose, tmp_path):
    file = propose(*PAUSE)["file"]
    found = proposals.read(Path(file))
    other = replace(found.tx, chain_id=1)
    path = tmp_path / "other.json"
    proposals.write(path, proposals.as_file(proposals.Proposal(other)))
    for verb in ("sign", "execute", "reject"):
        text = console.refused(ONE, "safe", verb, str(path))
        assert "it is for chain 1, and this is chain 31337" in text


def test_a_number_that_was_used_meanwhile(console, propose, carry_out, tmp_path):
    file = propose(*MINT)["file"]
    kept = tmp_path / "kept.json"
    shutil.copy(file, kept)
    console.act(TWO, "safe", "reject", file)
    [rejection] = [p for p in Path(file).parent.glob("0-????????.json") if str(p) != file]
    console.act(ONE, "safe", "sign", str(rejection))
    done = console.act(STRANGER, "safe", "execute", str(rejection)).json
    assert done["effects"] == ["do nothing but use this Safe's number up"]
    for verb in ("sign", "execute", "reject"):
        text = console.refused(TWO, "safe", verb, str(kept))
        assert text.startswith("number 0 of the Safe was used meanwhile, and it is at 1: propose")
    assert supply(console) == "0.00"


def test_what_would_be_refused_inside_is_not_sent(console, world, propose):
    file = propose(*MINT)["file"]
    console.act(TWO, "safe", "sign", file)
    world.act("PAUSER", world.token, "pause", 4, REF)
    before = blocks()
    assert console.refused(STRANGER, "safe", "execute", file).startswith("Paused: ")
    assert blocks() == before


# inspect


@pytest.mark.req("HK-11")
def test_what_a_proposal_does_is_read_from_its_bytes(console, propose):
    made = propose(*MINT)
    answer = console.run("safe", "inspect", made["file"], "--json")
    seen = answer.json
    assert [effect["text"] for effect in seen["effects"]] == [
        f'create 1,000.00 HKD at {PAYEE}, reference "FPS 1"'
    ]
    found = proposals.read(Path(made["file"])).tx
    assert seen["domainHash"] == "0x" + found.domain_hash.hex()
    assert seen["messageHash"] == "0x" + found.message_hash.hex()
    assert "simulation" not in seen
    text = console.run("safe", "inspect", made["file"]).out
    assert f"safeTxHash    {seen['safeTxHash']}" in text
    assert f"Signed by     {resolve(f'TEST::{ONE}')}, of 2" in text


@pytest.mark.req("HK-11")
def test_a_proposal_is_simulated_on_a_copy_of_the_chain(console, propose, world):
    file, before = propose(*MINT)["file"], blocks()
    seen = console.run("safe", "inspect", file, "--simulate", "--json").json["simulation"]
    assert seen["success"]
    what = {row["what"]: (row["before"], row["after"]) for row in seen["differences"]}
    assert what["token of HKD: supply"] == ("0.00 HKD", "1,000.00 HKD")
    assert what[f"token of HKD: balance, {PAYEE}"] == ("0.00 HKD", "1,000.00 HKD")
    assert seen["words"] == {world.token.address: 3}
    assert seen["others"] == []
    assert (blocks(), supply(console)) == (before, "0.00")
    world.act("PAUSER", world.token, "pause", 4, REF)
    answer = console.run("safe", "inspect", file, "--simulate")
    assert answer.code == 1
    assert "1. REFUSED: Paused: " in answer.out


def test_changes_of_the_safe_itself_are_loud(console, world, council, tmp_path):
    _, contract = council
    state = read_safe(world.chain, contract.address)
    tx = transaction(state, [contract.prepare("changeThreshold", 1)], 0)
    path = tmp_path / "threshold.json"
    proposals.write(path, proposals.as_file(proposals.Proposal(tx)))
    text = console.run("safe", "inspect", str(path)).out
    assert "1. WARNING: ask for 1 signatures of this Safe from now" in text


# merge


@pytest.mark.req("HK-11")
def test_signatures_of_several_machines(console, propose, tmp_path):
    file = Path(propose(*PAUSE, by=STRANGER)["file"])
    sent = []
    for owner in (ONE, THREE):
        machine = tmp_path / f"machine-{owner}" / file.name
        machine.parent.mkdir()
        shutil.copy(file, machine)
        console.act(owner, "safe", "sign", str(machine))
        sent.append(str(proposals.signature_path(machine, resolve(f"TEST::{owner}"))))
    merged = console.run("safe", "merge", str(file), *sent, "--json").json
    assert merged["signed"] == sorted(resolve(f"TEST::{n}") for n in (ONE, THREE))
    assert list(proposals.read(file).signatures) == sorted(
        merged["signed"], key=lambda a: int(a, 16)
    )
    assert console.act(STRANGER, "safe", "execute", str(file)).json["outcome"] == "done"
    bad = console.run("safe", "merge", str(file), propose(*MINT)["file"])
    assert (bad.code, bad.out) == (1, "")
    assert "it is another proposal: merge only files of the same one" in bad.err


# reject, show


def test_a_rejection_is_signed_like_a_proposal(console, propose, folder):
    made = propose(*MINT)
    rejected = console.act(TWO, "safe", "reject", made["file"]).json
    assert (rejected["command"], rejected["outcome"]) == ("reject", "proposed")
    assert rejected["nonce"] == made["nonce"]
    assert rejected["signed"] == [resolve(f"TEST::{TWO}")]
    text = console.refused(STRANGER, "safe", "reject", made["file"])
    assert "is no owner of the Safe" in text


def test_a_planted_rejection_is_not_signed(console, propose, folder):
    """Somebody puts another transaction under the name that the rejection will have."""
    made = propose(*MINT)
    first = console.act(TWO, "safe", "reject", made["file"]).json["file"]
    for path in folder.glob("*"):
        if path.name.startswith(Path(first).stem) and str(path) != first:
            path.unlink()
    Path(first).write_bytes(Path(made["file"]).read_bytes())
    text = console.refused(TWO, "safe", "reject", made["file"])
    assert text.startswith(f"{first} holds another transaction than its name says: nothing was")
    signed = console.run("safe", "inspect", first, "--json").json["signed"]
    assert resolve(f"TEST::{TWO}") not in signed


def test_a_planted_proposal_is_not_signed(console, propose, folder):
    """The same, where the next proposal's name can be told beforehand."""
    evil, good = propose(*MINT)["file"], propose(*PAUSE)["file"]
    for path in folder.glob("*"):
        if path.name.startswith(Path(good).stem) and str(path) != good:
            path.unlink()
    Path(good).write_bytes(Path(evil).read_bytes())
    before = files(folder)
    answer = console.act(TWO, *PAUSE, "--safe", json.loads(Path(evil).read_text())["safe"], code=1)
    assert "holds another transaction than its name says" in answer.err
    assert files(folder) == before


def test_a_safe_is_shown(console, world, safe):
    seen = console.run("safe", "show", safe, "--json").json
    assert (seen["address"], seen["version"], seen["threshold"]) == (safe, "1.4.1", 2)
    assert seen["owners"] == [resolve(f"TEST::{n}") for n in OWNERS]
    assert seen["warnings"] == []
    lines = console.run("safe", "show", safe).out.splitlines()
    assert lines[:3] == [
        f"Safe       {safe}, version 1.4.1, chain 31337",
        "Number     0",
        "Threshold  2 of 3",
    ]
