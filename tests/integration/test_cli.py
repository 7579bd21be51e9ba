"""Every command on a real node, with good and bad input.

Exit codes: 0 done or nothing to do, 1 refused, 2 wrong usage, 3 scheduled.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from ape import networks
from click.testing import CliRunner
from eth_utils import keccak

from pegboard.chain import ApeChain, Log
from pegboard.cli import COMMANDS, cli
from tests.integration.conftest import CHAIN_ID, Console, blocks, warp
from tests.support.world import ROOT, resolve


def leaves(command=cli, path=()):
    """Every command that can be called, with its path."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in command.list_commands(click.Context(command)):
        yield from leaves(command.get_command(click.Context(command), name), (*path, name))


LEAVES = list(leaves())
CREDIT = ("--ref", "FPS 16")
#: Commands that only read: they sign nothing, so they ask for nothing.
READERS = {
    "status", "picture", "demo", "plan", "audit", "reserves show",
    "customers list", "customers show", "calendar due", "calendar show",
    "channels list", "channels show", "issue list", "issue preview",
    "redeem fees", "redeem list", "redeem overdue", "orders list", "orders show",
    "orders escrowed", "presign show", "limits show", "audits show", "queue list", "log list",
    "verify-log", "bench remit", "drill",
    "journal list", "journal show", "payout check", "payout receipt", "payout retry",
    "pay trace", "pay notice",
    "fx check", "fx makers", "checkout terms", "checkout status", "envelope request",
    "envelope status", "safe show", "safe inspect", "safe merge",
    "trade show", "trade book", "trade audit",
}  # fmt: skip


# Help


def test_the_commands_are_those_that_were_promised():
    assert {" ".join(path) for path, _ in LEAVES} == {
        *READERS,
        "deploy", "apply", "mint", "burn",
        "blacklist add", "blacklist remove",
        "freeze add", "freeze remove", "freeze hold", "freeze release",
        "verify add", "verify remove", "verify require", "verify waive",
        "pause on", "pause off",
        "reserves sign", "reserves post", "reserves break", "reserves clear",
        "customers prove", "customers bind", "customers payout", "customers renew",
        "customers unbind", "calendar add", "calendar remove", "calendar declare",
        "channels open", "channels raise", "channels lower", "channels close",
        "issue propose", "issue approve", "issue cancel",
        "redeem validate", "redeem paying", "redeem paid", "redeem reject", "redeem return",
        "redeem note", "redeem extend", "redeem raise-fees", "redeem lower-fees",
        "orders open", "orders review", "orders close", "orders freeze", "orders unfreeze",
        "orders hold", "orders release", "orders seize", "orders destroy", "orders execute",
        "orders take-escrowed", "orders cancel",
        "presign sign", "presign broadcast", "presign revoke",
        "limits raise", "limits lower", "upgrade", "audits register", "audits withdraw",
        "journal settle", "journal cancel", "payout run", "blacklist file", "verify file",
        "queue execute", "queue cancel", "expel member", "expel attestor", "expel signer",
        "safe sign", "safe execute", "safe reject",
        "pay send", "pay sign", "pay submit", "pay cancel",
        "fx quote", "fx settle", "fx pay", "fx submit", "fx cancel", "fx allow", "fx signer add",
        "fx signer remove", "fx feed push", "checkout sign", "checkout authorize",
        "checkout capture", "checkout release", "checkout refund", "checkout withdraw",
        "checkout allow", "envelope create", "envelope claim", "envelope submit",
        "envelope refund",
        "trade attest", "trade submit", "trade accept", "trade offer", "trade finance",
        "trade revoke", "trade pay", "trade default", "trade cancel", "trade withdraw",
        "trade allow",
    }  # fmt: skip


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_every_command_explains_itself(path):
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0
    command = dict(LEAVES)[path]
    assert command.help, "an undocumented command is a fault"
    assert command.help.split(".")[0].count(" ") > 3, "a help of few words explains nothing"
    for option in command.params:
        own = isinstance(option, click.Option) and option.name not in ("network", "account")
        if own and option.name != "provider_settings":
            assert option.help, f"--{option.name} is not explained"
    names = {p.name for p in command.params}
    assert "as_json" in names
    signing = {"account", "yes"}
    assert signing & names == (set() if " ".join(path) in READERS else signing)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_group_explains_itself(name):
    command = cli.get_command(click.Context(cli), name)
    assert command.help
    assert name in CliRunner().invoke(cli, ["--help"]).output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_script(name):
    path = ROOT / "scripts" / f"{name}.py"
    # With `ape run` libraries still find Python's: tests/integration/test_cli_calendar.py.
    assert name not in sys.stdlib_module_names - {"calendar", "queue"}
    assert len(path.read_text().strip().splitlines()) <= 3
    module = importlib.import_module(f"scripts.{name}")
    assert module.cli is cli.get_command(click.Context(cli), name)


def test_no_script_is_left_over():
    assert {p.stem for p in (ROOT / "scripts").glob("*.py")} == set(COMMANDS)


def test_the_bare_script_ends_in_one_line():
    command = [str(Path(sys.executable).with_name("pegboard")), "status", "--network", "nowhere"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "nowhere" in result.stderr
    assert result.stdout == ""


# Deploy


def test_a_second_deploy_does_nothing(console, records):
    kept = {p: p.read_text() for p in records.rglob("*.json")}
    assert {p.name for p in kept} == {"hkd.json", "usd.json"}
    before = blocks()
    answer = console.act(0, "deploy", "HKD", "USD").json
    assert (answer["outcome"], answer["transactions"]) == ("nothing", [])
    assert blocks() == before
    assert {p: p.read_text() for p in records.rglob("*.json")} == kept
    assert "Nothing to do" in console.run("deploy", "HKD", "USD", "--account", "TEST::0").out


def test_the_record_says_what_is_there(console, records):
    record = json.loads((records / str(CHAIN_ID) / "hkd.json").read_text())
    assert record["chainId"] == CHAIN_ID
    assert record["deployer"] == resolve("TEST::0")
    assert record["token"]["address"] == console.status()["token"]
    parts = ("authority", "audits", "controls", "feedControls", "registry", "token", "feed")
    assert set(record["desks"]) == {
        "CustomerRegister", "BusinessCalendar", "IssuanceDesk", "RedemptionDesk", "LawfulOrders",
        "PauseBySignature", "AuditViews", "FxSettle", "Checkout", "Receivables", "RedEnvelope",
    }  # fmt: skip
    entries = [*(record[part] for part in parts), *record["desks"].values()]
    assert len({entry["address"] for entry in entries}) == len(entries)
    for entry in entries:
        code = networks.provider.get_code(entry["address"])
        assert code
        assert entry["codeHash"] == "0x" + keccak(code).hex()
    assert record["token"]["decimals"] == 6


def test_another_deployer_is_refused(console):
    message = console.refused(19, "deploy", "HKD")
    assert "the suite is deployed on chain 31337 by" in message
    assert "use that account" in message


def test_an_undeclared_currency_is_refused(console):
    assert "EUR is not declared" in console.refused(0, "deploy", "EUR")
    assert "EUR is not declared" in console.refused(
        4, "mint", "EUR", "1", "--to", resolve("TEST::3"), *CREDIT
    )


def test_a_currency_that_is_not_deployed_is_refused(console):
    assert "CNH is not deployed" in console.refused(
        4, "mint", "CNH", "1", "--to", resolve("TEST::3"), *CREDIT
    )


def test_a_later_currency_must_be_scheduled(console):
    assert "`plan` shows who can do this" in console.refused(0, "deploy", "CNH")


def test_a_no_sends_nothing(console, holder, stocked):
    before = blocks()
    words = ("mint", "HKD", "5", "--to", holder, *CREDIT, "--account", "TEST::4")
    answer = console.run(*words, stdin="n\n")
    assert answer.code == 1
    assert "Sign and send this?" in answer.err
    assert blocks() == before


def test_a_record_of_other_code_stops_everything(console, records, holder):
    path = records / str(CHAIN_ID) / "hkd.json"
    text = path.read_text()
    record = json.loads(text)
    try:
        path.write_text(
            json.dumps(record | {"token": record["token"] | {"codeHash": "0x" + "22" * 32}})
        )
        assert "not the recorded one" in console.refused(
            4, "mint", "HKD", "1", "--to", holder, *CREDIT
        )
        path.write_text("{}")
        assert "no deployment record" in console.refused(
            4, "mint", "HKD", "1", "--to", holder, *CREDIT
        )
    finally:
        path.write_text(text)


def test_without_a_record_the_deployer_says_where(console, tmp_path):
    elsewhere = Console(tmp_path)
    assert elsewhere.status()["token"] == console.status()["token"]
    given = elsewhere.run("status", "HKD", "--json", "--deployer", "TEST::0").json
    assert given["currencies"]["HKD"]["token"] == console.status()["token"]
    wrong = elsewhere.run("status", "HKD", "--deployer", "TEST::19")
    assert wrong.code == 1
    assert "HKD is not deployed" in wrong.err


# Mint and burn


def test_mint_and_burn(stocked, holder):
    burner = resolve("TEST::5")
    answer = stocked.act(4, "mint", "HKD", "50000.00", "--to", burner, "--ref", "FPS 17").json
    assert answer["outcome"] == "done"
    assert answer["amount"] == {"amount": "50000.00", "units": "50000000000"}
    assert (answer["to"], answer["refText"]) == (burner, "FPS 17")
    assert stocked.status()["supply"] == {"amount": "50000.00", "units": "50000000000"}
    stocked.act(5, "burn", "HKD", "0.000001", "--ref", "redemption 88")
    assert stocked.status()["supply"]["units"] == "49999999999"


def test_the_summary_comes_before_the_signature(stocked, holder):
    words = ("mint", "HKD", "50000.00", "--to", holder, *CREDIT, "--account", "TEST::4", "--yes")
    answer = stocked.run(*words)
    for part in ("create 50,000.00 HKD at", "50 thousand", "50000000000 base units"):
        assert part in answer.err
    for part in ("chain 31337", "holds MINTER", "Headroom", "Mint limit left", "Supply"):
        assert part in answer.err
    assert answer.out.startswith("Done: create 50,000.00 HKD")


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("1e6", "plain digits"),
        ("1,000", "plain digits"),
        ("１０", "plain digits"),  # noqa: RUF001
        ("0.0000001", "never rounded"),
        ("0", "zero"),
        ("1000000", "ReserveExceeded"),
        ("99999999999999999999999999999", "more than any token"),
    ],
)
def test_amounts_that_are_refused(stocked, holder, amount, message):
    before = blocks()
    assert message in stocked.refused(4, "mint", "HKD", amount, "--to", holder, *CREDIT)
    assert blocks() == before


def test_a_mint_beyond_the_reserves_shows_the_headroom(stocked, holder):
    message = stocked.refused(4, "mint", "HKD", "1000000", "--to", holder, *CREDIT)
    assert "headroom 995,024.875621 HKD" in message
    assert "post a newer statement" in message


def test_a_mint_without_statement_is_refused(console, holder):
    message = console.refused(4, "mint", "USD", "1", "--to", holder, *CREDIT)
    assert "NoStatement" in message
    assert "post a reserve statement first" in message


def test_a_stale_statement_is_refused(stocked, holder):
    warp(27 * 3600)
    assert "ReserveStale" in stocked.refused(4, "mint", "HKD", "1", "--to", holder, *CREDIT)


def test_only_the_role_may(stocked, holder):
    before = blocks()
    message = stocked.refused(5, "mint", "HKD", "1", "--to", holder, *CREDIT)
    assert "that takes MINTER" in message
    assert blocks() == before
    assert "that takes BURNER" in stocked.refused(4, "burn", "HKD", "1", *CREDIT)


def test_mint_and_burn_need_a_reference(stocked, holder):
    before = blocks()
    assert "--ref" in stocked.refused(4, "mint", "HKD", "1", "--to", holder)
    assert "--ref" in stocked.refused(4, "mint", "HKD", "1", "--to", holder, "--ref", "  ")
    assert "--ref" in stocked.refused(5, "burn", "HKD", "1")
    assert blocks() == before


def test_a_reference_mints_once(stocked):
    burner = resolve("TEST::5")
    words = ("mint", "HKD", "10", "--to", burner, "--ref")
    first = stocked.act(4, *words, "FPS 17").json
    before = blocks()
    again = stocked.act(4, *words, "FPS 17").json
    assert (again["outcome"], again["tx"]) == ("nothing", first["tx"])
    # Neither another amount nor another recipient makes it another credit.
    message = stocked.refused(4, "mint", "HKD", "10", "--to", resolve("TEST::3"), "--ref", "FPS 17")
    assert message == (
        "a mint of HKD with the reference FPS 17 was done already, of another amount or receiver, "
        f"in transaction {first['tx']}: use the reference of the new bank credit"
    )
    other = ("mint", "HKD", "11", "--to", resolve("TEST::3"), "--ref")
    assert first["tx"] in stocked.refused(4, *other, first["ref"])
    assert first["tx"] in stocked.refused(4, *other, " FPS 17 ")
    assert blocks() == before
    assert stocked.act(4, *words, "FPS 18").json["outcome"] == "done"
    assert stocked.status()["supply"]["amount"] == "20.00"


def test_a_reference_burns_once(stocked):
    stocked.act(4, "mint", "HKD", "10", "--to", resolve("TEST::5"), "--ref", "FPS 17")
    # A mint's reference is not a burn's.
    first = stocked.act(5, "burn", "HKD", "1", "--ref", "FPS 17").json
    before = blocks()
    again = stocked.act(5, "burn", "HKD", "1", "--ref", "FPS 17").json
    assert (again["outcome"], again["tx"]) == ("nothing", first["tx"])
    message = stocked.refused(5, "burn", "HKD", "2", "--ref", "FPS 17")
    assert message == (
        "a burn of HKD with the reference FPS 17 was done already, of another amount or receiver, "
        f"in transaction {first['tx']}: use the reference of the new redemption"
    )
    assert blocks() == before
    assert stocked.act(5, "burn", "HKD", "1", "--ref", "FPS 18").json["outcome"] == "done"


def test_the_reference_is_asked_for_again_before_sending(stocked, monkeypatch):
    """Somebody else was faster while the signer read the summary."""
    minted, moved = Log("0x", (), b"", "0xfaster"), Log("0x", (), bytes(32), "0xfaster")
    answers = [(), (minted,), (moved,)]
    monkeypatch.setattr(ApeChain, "logs", lambda *_: answers.pop(0))
    before = blocks()
    message = stocked.refused(4, "mint", "HKD", "1", "--to", resolve("TEST::3"), *CREDIT)
    assert "in transaction 0xfaster" in message
    assert blocks() == before
    assert answers == []


@pytest.mark.parametrize(
    "answer", [{"error": {"message": "block range is too large"}}, {"result": None}, {}]
)
def test_a_node_without_history_mints_nothing(stocked, holder, monkeypatch, answer):
    asked, request = [], ApeChain.request

    def forgetful(self, method, params):
        asked.append(method)
        return answer if method == "eth_getLogs" else request(self, method, params)

    monkeypatch.setattr(ApeChain, "request", forgetful)
    before = blocks()
    for role, words in (("mint", ("--to", holder)), ("burn", ())):
        index = {"mint": 4, "burn": 5}[role]
        message = stocked.refused(index, role, "HKD", "1", *words, *CREDIT)
        assert message.startswith("nothing was signed, since it is not known whether a " + role)
        assert "use one that answers eth_getLogs" in message
    assert asked.count("eth_getLogs") == 2
    assert blocks() == before


def test_burning_what_is_not_there(stocked):
    assert "ERC20InsufficientBalance" in stocked.refused(5, "burn", "HKD", "1", *CREDIT)


@pytest.mark.parametrize(
    "change", [str.lower, lambda a: a[:-1], lambda _: "minter", lambda a: a + "0"]
)
def test_wrong_addresses_are_usage_errors(console, holder, change):
    answer = console.act(4, "mint", "HKD", "1", "--to", change(holder), *CREDIT, code=2)
    assert "checksum" in answer.err or "not an address" in answer.err


def test_who_signs_must_be_said(console, holder):
    answer = console.run("mint", "HKD", "1", "--to", holder, *CREDIT)
    assert answer.code == 2
    assert "--account is missing" in answer.err


# Barring


def test_blacklist_and_lift(console, holder):
    answer = console.act(6, "blacklist", "add", "HKD", holder, "--ref", "case 12").json
    assert (answer["outcome"], answer["accounts"]) == ("done", [holder])
    before = blocks()
    again = console.act(6, "blacklist", "add", "HKD", holder, "--ref", "case 12").json
    assert again["outcome"] == "nothing"
    assert blocks() == before
    words = ("blacklist", "remove", "HKD", holder, "--ref", "case 12 closed")
    first = console.act(8, *words, code=3).json
    assert first["outcome"] == "scheduled"
    early = console.act(8, *words, code=3).json
    assert early["readyAt"] == first["readyAt"]
    warp(86400)
    assert console.act(8, *words).json["outcome"] == "done"
    assert console.act(8, *words).json["outcome"] == "nothing"


def test_nothing_is_minted_to_a_blacklisted_account(stocked, holder):
    stocked.act(6, "blacklist", "add", "HKD", holder, "--ref", "case 12")
    message = stocked.refused(4, "mint", "HKD", "1", "--to", holder, *CREDIT)
    assert "BlacklistedAccount" in message
    assert "have RELEASER lift the blacklisting" in message


def test_barring_takes_the_role_and_right_addresses(console, holder):
    assert "that takes BLACKLISTER" in console.refused(7, "blacklist", "add", "HKD", holder)
    assert "twice" in console.refused(6, "blacklist", "add", "HKD", holder, holder)
    token = console.status()["token"]
    message = console.refused(6, "blacklist", "add", "HKD", token)
    assert message.startswith(f"{token} is the HKD token: nothing was done")
    assert console.act(6, "blacklist", "add", "HKD", code=2).out == ""


def test_freeze_and_lift(console, holder):
    assert console.act(7, "freeze", "add", "HKD", holder).json["outcome"] == "done"
    answer = console.run("freeze", "remove", "HKD", holder, "--account", "TEST::8", "--yes")
    assert answer.code == 3
    assert "by repeating the same command" in answer.out
    warp(86400)
    assert console.act(8, "freeze", "remove", "HKD", holder).json["outcome"] == "done"


def test_hold_and_release(console, holder):
    message = console.refused(7, "freeze", "hold", "HKD", holder, "10.5")
    assert "--ref" in message
    held = console.act(7, "freeze", "hold", "HKD", holder, "10.5", "--ref", "order 14").json
    assert held["amount"] == {"amount": "10.50", "units": "10500000"}
    words = ("freeze", "release", "HKD", holder)
    console.act(8, *words, "10.5", "--ref", "order 14", code=3)
    warp(86400)
    assert console.act(8, *words, "10.5", "--ref", "order 14").json["outcome"] == "done"
    console.act(8, *words, "1", "--ref", "order 15", code=3)
    warp(86400)
    assert "NotHeld" in console.refused(8, *words, "1", "--ref", "order 15")


def test_verify_and_the_allow_list(console, holder):
    assert console.act(10, "verify", "add", "HKD", holder).json["outcome"] == "done"
    assert console.act(10, "verify", "add", "HKD", holder).json["outcome"] == "nothing"
    assert console.act(10, "verify", "remove", "HKD", holder).json["outcome"] == "done"
    assert "that takes VERIFIER" in console.refused(4, "verify", "add", "HKD", holder)
    console.act(11, "verify", "require", "HKD")
    assert console.status()["allow_list_mode"] is True
    console.act(2, "verify", "waive", "HKD", code=3)
    warp(2 * 86400)
    console.act(2, "verify", "waive", "HKD")
    assert console.status()["allow_list_mode"] is False


# Pause


def test_pause_at_once_and_open_late(console):
    assert console.act(11, "pause", "on", "HKD", "transfers", "mint").json["outcome"] == "done"
    assert console.status()["paused"] == ["transfers", "mint"]
    assert console.act(11, "pause", "on", "HKD", "mint").json["outcome"] == "nothing"
    waiting = console.run("pause", "off", "HKD", "mint", "--account", "TEST::12", "--yes")
    assert waiting.code == 3
    assert "It can be executed from" in waiting.out
    warp(3600)
    console.act(12, "pause", "off", "HKD", "mint")
    assert console.status()["paused"] == ["transfers"]


def test_pausing_redemption_needs_a_consent(console):
    assert "--ref" in console.refused(11, "pause", "on", "HKD", "redeem")
    console.act(11, "pause", "on", "HKD", "redeem", "--ref", "consent 3")
    assert console.act(11, "pause", "on", "HKD", "everything", code=2).out == ""
    assert "that takes RESUMER" in console.refused(11, "pause", "off", "HKD", "redeem")


# Reserves


def test_sign_post_and_show(console, tmp_path):
    empty = console.run("reserves", "show", "HKD", "--json").json
    assert (empty["round"], empty["headroom"]) == (0, None)
    files = console.sign(tmp_path, "1000000.50")
    posted = console.act(19, "reserves", "post", "HKD", *files).json
    assert len(posted["attestors"]) == 3
    shown = console.run("reserves", "show", "HKD", "--json").json
    assert shown["reserves"] == {"amount": "1000000.50", "units": "1000000500000"}
    assert shown["document"] == "0x" + "11" * 32
    assert "1,000,000.50 HKD" in console.run("reserves", "show", "HKD").out
    assert "AsOfNotAdvancing" in console.refused(19, "reserves", "post", "HKD", *files)


def test_too_few_signatures(console, tmp_path):
    files = console.sign(tmp_path, "1000000", signers=(16, 17))
    message = console.refused(19, "reserves", "post", "HKD", *files)
    assert "QuorumNotMet" in message
    assert "signatures 2, needed 3" in message
    assert "once" in console.refused(19, "reserves", "post", "HKD", files[0], files[0])


def test_files_that_were_changed(console, tmp_path):
    files = [Path(f) for f in console.sign(tmp_path, "1000000")]
    good = json.loads(files[0].read_text())

    def post(**changes):
        files[0].write_text(json.dumps(good | changes))
        return console.refused(19, "reserves", "post", "HKD", *map(str, files))

    assert "is not signed by" in post(reserves="2000000.00")
    assert "more than a reserve feed can state" in post(reserves=f"{2**104 // 10**6 + 1}")
    assert "on chain 1" in post(chainId=1)
    assert "not a time" in post(asOf="yesterday")
    assert "not an amount" in post(reserves="1e6")
    assert "no signed statement" in post(signature="0xzz")
    assert "no valid signature" in post(signature="0x" + "00" * 65)
    files[0].write_text("[]")
    assert "no signed statement" in console.refused(19, "reserves", "post", "HKD", str(files[0]))


def test_statements_must_agree(console, tmp_path):
    one = console.sign(tmp_path, "1000000", signers=(16,))
    other = console.sign(tmp_path, "2000000", signers=(17,))
    assert "states something else" in console.refused(19, "reserves", "post", "HKD", *one, *other)


def test_only_attestors_sign(console, tmp_path):
    words = ("--reserves", "1", "--as-of", "2026-01-31T09:00:00Z", "--document", "0x" + "11" * 32)
    out = tmp_path / "out.json"
    message = console.refused(4, "reserves", "sign", "HKD", *words, "--out", str(out))
    assert "is no attestor" in message
    assert not out.exists()


def test_the_document_may_be_a_file(console, tmp_path):
    document = tmp_path / "statement.pdf"
    document.write_bytes(b"full statement")
    words = (
        "--reserves",
        "1",
        "--as-of",
        "2026-01-31T09:00:00Z",
        "--out",
        str(tmp_path / "o.json"),
    )
    signed = console.act(16, "reserves", "sign", "HKD", *words, "--document", str(document)).json
    assert len(signed["document"]) == 66
    missing = str(tmp_path / "missing.pdf")
    message = console.refused(16, "reserves", "sign", "HKD", *words, "--document", missing)
    assert "missing.pdf" in message


def test_a_break_stops_minting_until_it_is_cleared(stocked, holder, tmp_path):
    assert "--ref" in stocked.refused(11, "reserves", "break", "HKD")
    stocked.act(11, "reserves", "break", "HKD", "--ref", "recon 31")
    assert "Disputed" in stocked.refused(4, "mint", "HKD", "1", "--to", holder, *CREDIT)
    stocked.act(12, "reserves", "clear", "HKD", code=3)
    warp(3600)
    stocked.act(12, "reserves", "clear", "HKD")
    stocked.act(4, "mint", "HKD", "1", "--to", holder, *CREDIT)


# Status


def test_status_for_machines(stocked):
    answer = stocked.run("status", "--json").json
    assert answer["chainId"] == CHAIN_ID
    assert set(answer["currencies"]) == {"HKD", "USD"}
    hkd = answer["currencies"]["HKD"]
    assert hkd["reserves"] == {"amount": "1000000.00", "units": "1000000000000"}
    assert hkd["headroom"]["amount"] == "995024.875621"
    assert hkd["statement_age"] < 600
    assert answer["currencies"]["USD"]["headroom"] is None
    assert "NoStatement" in answer["currencies"]["USD"]["headroom_reason"]
    assert all(member["holds"] for members in answer["roles"].values() for member in members)
    desk = json.loads(Path(stocked.records, str(CHAIN_ID), "hkd.json").read_text())["desks"][
        "IssuanceDesk"
    ]["address"]
    assert {"account": desk, "holds": True, "delay": 0} in answer["roles"]["MINTER"]


def test_status_for_people(stocked):
    out = stocked.run("status").out
    for part in (
        "Supply",
        "Reserves",
        "Headroom",
        "Mint limit left",
        "Paused",
        "MINTER",
        "GOVERNOR",
    ):
        assert part in out
    assert resolve("TEST::4") in out


def test_status_of_what_is_not_there(console):
    answer = console.run("status", "EUR")
    assert answer.code == 1
    assert "EUR is not declared" in answer.err


# Networks


def test_a_live_default_network_is_refused(console, monkeypatch):
    monkeypatch.setattr("pegboard.cli.options.LOCAL_CHAINS", frozenset())
    answer = console.run("status", network=False)
    assert answer.code == 2
    assert "--network must be given" in answer.err


def test_test_keys_are_refused_where_money_is(console, monkeypatch):
    monkeypatch.setattr("pegboard.cli.desk.LOCAL_CHAINS", frozenset())
    answer = console.run("status", "HKD", "--deployer", "TEST::0")
    assert answer.code == 1
    assert "a key that everybody knows" in answer.err


def test_a_record_is_needed_where_money_is(tmp_path, console, monkeypatch):
    monkeypatch.setattr("pegboard.cli.desk.LOCAL_CHAINS", frozenset())
    answer = Console(tmp_path).run("status", "HKD")
    assert answer.code == 1
    assert "give --deployer" in answer.err


def test_the_node_is_the_one_of_the_tests():
    assert networks.provider.chain_id == CHAIN_ID


@pytest.mark.req("HK-11")
def test_what_is_signed_is_read_from_its_bytes(console, holder):
    """Of a verb that waits, the bytes are those of its scheduling."""
    console.act(7, "freeze", "add", "HKD", holder)
    words = ("freeze", "remove", "HKD", holder, "--ref", "case 1", "--account", "TEST::8", "--yes")
    told = [line.strip() for line in console.run(*words).err.splitlines()]
    signed = [line for line in told if line.startswith("Signed is: ")]
    assert signed[0].startswith("Signed is: schedule")
    assert any("lift the freeze" in line and "case 1" in line for line in signed)
