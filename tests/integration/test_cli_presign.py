"""`presign` on a real node.

sign
├── given somebody who is no signer, times that never come, or redemption without --ref: refuses
├── given a no: nothing is signed
└── else: signs into a file, and sends nothing

broadcast
├── given files for elsewhere, of different pauses, changed, too few: refuses, nothing is sent
├── given a pause that is too early, too late, used or revoked: refuses, nothing is sent
└── else: anybody pauses; a second run does nothing

revoke
├── given no reference, or somebody who is not EXPELLER: refuses
└── else: voids what was signed; a second run does nothing

show
└── epoch, signers, quorum
"""

import json
from pathlib import Path

import pytest

from pegboard.inputs import moment_text
from tests.integration.conftest import blocks, now, warp
from tests.support.world import resolve

SIGNERS = (51, 52, 53)
EXPELLER, PAUSER, RESUMER, STRANGER = 15, 11, 12, 39
HOUR = 3_600


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def times():
    """The same for all signers: from in an hour, for a day."""
    start = now() + HOUR
    return ("--from", moment_text(start), "--until", moment_text(start + 24 * HOUR))


@pytest.fixture
def sign(console, folder, times):
    """Makes the files of signers."""

    def act(*what, by=SIGNERS, ref="drill 1", code="HKD", name=""):
        files = []
        for index in by:
            out = folder / f"{name}{index}.json"
            words = ("presign", "sign", code, *(what or ("transfers", "mint")), *times)
            console.act(index, *words, "--ref", ref, "--out", str(out))
            files.append(str(out))
        return files

    return act


@pytest.fixture
def refused(console):
    """A broadcast that is refused before anything is sent."""

    def act(*files):
        before = blocks()
        message = console.refused(STRANGER, "presign", "broadcast", *files)
        assert blocks() == before
        return message

    return act


def broadcast(console, *files, by=STRANGER):
    return console.act(by, "presign", "broadcast", *files).json


def shown(console, code="HKD"):
    return console.run("presign", "show", code, "--json").json


# Sign


@pytest.mark.req("HK-10")
def test_a_signer_signs_ahead(console, sign, times):
    before = blocks()
    (path,) = sign(by=(51,))
    data = json.loads(Path(path).read_text())
    seen = shown(console)
    assert (data["token"], data["contract"]) == (seen["token"], seen["contract"])
    assert (data["what"], data["bits"], data["epoch"]) == (["transfers", "mint"], 5, 0)
    assert (data["validFrom"], data["validUntil"]) == (times[1], times[3])
    assert (data["signer"], data["refText"]) == (resolve("TEST::51"), "drill 1")
    assert data["chainId"] == 31337
    assert blocks() == before


def test_a_signer_sees_what_is_signed(console, folder, times):
    out = folder / "one.json"
    words = ("presign", "sign", "HKD", "mint", *times, "--out", str(out), "--account", "TEST::51")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert (
        "You sign that anybody who holds a quorum of such files may stop mint of HKD once, from "
        f"{times[1]} to {times[3]}, in epoch 0." in said
    )
    assert f"Token {console.status()['token']}, contract " in said
    assert "Sign this pause?" in said
    assert not out.exists()
    done = console.run(*words, "--yes")
    assert (done.code, done.out) == (0, f"Signed into {out}; nothing was sent.\n")


@pytest.mark.req("HK-10")
def test_what_is_not_signed(console, folder, times):
    out = ("--out", str(folder / "one.json"))
    words = ("presign", "sign", "HKD", "mint")
    assert "signs no pauses ahead: `presign show` lists who does" in console.refused(
        STRANGER, *words, *times, *out
    )
    late = ("--from", "2020-01-01T00:00:00Z", "--until", "2020-02-01T00:00:00Z")
    assert "it could never be used" in console.refused(51, *words, *late, *out)
    turned = ("--from", times[3], "--until", times[1])
    assert "it could never be used" in console.refused(51, *words, *turned, *out)
    assert "not a time" in console.refused(51, *words, "--from", "now", *times[2:], *out)
    redeem = ("presign", "sign", "HKD", "mint", "redeem", *times, *out)
    assert "add --ref" in console.refused(51, *redeem)
    assert console.act(51, "presign", "sign", "HKD", "all", *times, *out, code=2).out == ""
    assert "--until" in console.act(51, *words, *times[:2], *out, code=2).err
    assert not list(folder.iterdir())
    assert console.act(51, *redeem, "--ref", "consent 3").json["what"] == ["mint", "redeem"]


# Broadcast


@pytest.mark.req("HK-10", "HK-02")
def test_anybody_pauses_in_an_emergency(console, sign):
    files = sign()
    warp(HOUR)
    done = broadcast(console, files[2], files[0])
    assert (done["outcome"], done["command"], done["currency"]) == ("done", "pause", "HKD")
    assert (done["what"], done["epoch"], done["refText"]) == (["transfers", "mint"], 0, "drill 1")
    signers = [resolve("TEST::51"), resolve("TEST::53")]
    assert done["signers"] == sorted(signers, key=lambda a: int(a, 16))
    assert console.status()["paused"] == ["transfers", "mint"]
    assert console.status("USD")["paused"] == []
    before = blocks()
    assert broadcast(console, files[2], files[0])["outcome"] == "nothing"
    assert blocks() == before
    assert shown(console)["epoch"] == 1


@pytest.mark.req("HK-10")
def test_a_used_envelope_stays_used(console, sign, refused):
    files = sign()
    warp(HOUR)
    broadcast(console, *files)
    console.act(RESUMER, "pause", "off", "HKD", "transfers", "mint", code=3)
    warp(HOUR)
    console.act(RESUMER, "pause", "off", "HKD", "transfers", "mint")
    message = refused(*files)
    assert message.startswith("it was signed for epoch 0, and HKD is in epoch 1: it was used, or")


def test_the_emergency_is_shown_first(console, sign):
    files = sign("mint", by=(51, 52))
    warp(HOUR)
    words = ("presign", "broadcast", *files, "--account", f"TEST::{STRANGER}")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert "stop mint of HKD at once, as 2 signed ahead, reference drill 1" in said
    assert "anybody, at once" in said
    assert console.status()["paused"] == []
    assert "Done: stop mint of HKD at once" in console.run(*words, "--yes").out


@pytest.mark.req("HK-10")
def test_files_that_are_refused(console, sign, refused, folder):
    files = sign(by=(51, 52))
    path = folder / "52.json"
    good = json.loads(path.read_text())
    warp(HOUR)

    def changed(**changes):
        path.write_text(json.dumps(good | changes))
        return refused(*files)

    other = console.status("USD")["token"]
    assert "on chain 1, and here HKD is" in changed(chainId=1)
    assert "52.json pauses HKD" in changed(contract=other)
    assert f"52.json pauses HKD ({other})" in changed(token=other)
    assert "52.json pauses USD" in changed(currency="USD")
    assert "52.json pauses something else than 51.json" in changed(epoch=1)
    assert "52.json pauses something else" in changed(what=["mint"], bits=4)
    assert "which is not what its bits stop" in changed(bits=4)
    assert f"is not signed by {resolve('TEST::53')}" in changed(signer=resolve("TEST::53"))
    assert "holds no valid signature" in changed(signature="0x" + "00" * 65)
    path.write_text("[]")
    assert "52.json is no pause signed ahead: make it with `sign`" in refused(*files)
    path.write_text(json.dumps(good | {"currency": "EUR"}))
    assert "EUR is not declared" in refused(str(path), files[0])
    path.write_text(json.dumps(good))
    assert broadcast(console, *files)["outcome"] == "done"


@pytest.mark.req("HK-10")
def test_files_of_another_drill_are_not_mixed(sign, refused):
    one, other = sign(by=(51,)), sign(by=(52,), ref="drill 2")
    warp(HOUR)
    assert "52.json pauses something else than 51.json" in refused(*one, *other)


@pytest.mark.req("HK-10")
def test_too_few(console, sign, refused):
    files = sign(by=(51,))
    warp(HOUR)
    assert "2 signers are needed, and 1 signed: open another envelope" in refused(*files)
    assert "one signer signed two of the files" in refused(*files, *files)
    assert console.act(STRANGER, "presign", "broadcast", code=2).out == ""
    missing = console.act(STRANGER, "presign", "broadcast", "none.json", code=2)
    assert "does not exist" in missing.err


@pytest.mark.req("HK-10")
def test_too_early_and_too_late(sign, refused):
    files = sign()
    assert "and not now: have PAUSER pause" in refused(*files)
    warp(26 * HOUR)
    assert "and not now: have PAUSER pause" in refused(*files)


@pytest.mark.req("HK-10")
def test_redemption_is_paused_with_its_consent(console, sign):
    files = sign("redeem", ref="consent 3")
    warp(HOUR)
    assert broadcast(console, *files)["what"] == ["redeem"]
    assert console.status()["paused"] == ["redeem"]


# Revoke


@pytest.mark.req("HK-10", "HK-02")
def test_revoking_voids_what_was_signed(console, sign, refused):
    files = sign()
    words = ("presign", "revoke", "HKD", "--ref", "incident 4")
    done = console.act(EXPELLER, *words).json
    assert (done["outcome"], done["command"], done["epoch"]) == ("done", "revoke", 0)
    before = blocks()
    answer = console.run(*words, "--account", f"TEST::{EXPELLER}")
    assert (answer.code, answer.out) == (0, "Nothing to do: it is so already.\n")
    assert blocks() == before
    warp(HOUR)
    assert "it was signed for epoch 0, and HKD is in epoch 1" in refused(*files)
    # More was signed since: another reference voids that too.
    again = ("presign", "revoke", "HKD", "--ref", "incident 5")
    assert console.act(EXPELLER, *again).json["outcome"] == "done"
    assert (shown(console)["epoch"], shown(console, "USD")["epoch"]) == (2, 0)


def test_who_may_revoke(console):
    before = blocks()
    words = ("presign", "revoke", "HKD")
    assert "add --ref" in console.refused(EXPELLER, *words)
    assert "that takes EXPELLER" in console.refused(PAUSER, *words, "--ref", "incident 4")
    assert blocks() == before


# Show


@pytest.mark.req("HK-10")
def test_what_has_to_be_signed(console):
    seen = shown(console)
    assert set(seen["signers"]) == {resolve(f"TEST::{index}") for index in SIGNERS}
    assert (seen["currency"], seen["epoch"], seen["quorum"]) == ("HKD", 0, 2)
    assert seen["paused"] == []
    lines = console.run("presign", "show", "hkd").out.splitlines()
    assert lines[1:4] == [f"Contract   {seen['contract']}", "Epoch      0", "Quorum     2 of 3"]
    answer = console.run("presign", "show", "EUR")
    assert answer.code == 1
    assert "EUR is not declared" in answer.err
