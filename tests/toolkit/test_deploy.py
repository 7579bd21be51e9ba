"""Deployment: planned, resumable after any cut, and over when it is over.

deploy
├── given an empty chain
│   ├── it plans everything and applies it
│   └── it plans nothing the second time
├── given a run that was cut after any number of transactions
│   └── it ends as declared when it is repeated
├── given a chain that is not local
│   ├── it refuses a plain key, a multisig of one and a lone attestor before it sends anything
│   ├── it refuses a person for what only a contract of the suite may hold
│   └── else it deploys and verifies as on a local one
├── given desks that are set up otherwise than declared
│   └── it plans what is missing, and nothing else
└── when it is over
    ├── the deployer has no power
    ├── every declared delay is in force, and nothing is pending; contracts of the suite have none
    ├── nobody holds any role who was not declared for it
    └── every restricted selector belongs to a role that is not ADMIN
"""

import dataclasses
import re
from dataclasses import replace

import pytest

from pegboard import create2
from pegboard.calendars import parse_day
from pegboard.config import BY_DESK, SUITE_POWERS, SUITE_PREFIX, Tier
from pegboard.deploy import Deployer
from pegboard.desired import records
from pegboard.errors import ConfigError, DeploymentError, PegboardError
from pegboard.sending.journal import NO_NOTE
from pegboard.suite import locate, resolved_holders, targets
from tests.support.revm import RevmChain
from tests.support.world import REF, ROOT, artifacts, currencies, desks, key, resolve, roles

DEPLOYER = key(0).address
CODES = ("HKD", "USD")


class Cut(Exception):
    """The line went dead."""


class CutChain(RevmChain):
    """Goes dead after a number of transactions."""

    left = 10**9

    def send(self, sender, to, data, note=NO_NOTE):
        if self.left == 0:
            raise Cut
        self.left -= 1
        return super().send(sender, to, data, note)


def deployer_on(chain, account=DEPLOYER, table=None, chosen=None, declared=None):
    chosen = chosen or {code: currencies()[code] for code in CODES}
    suite = locate(chain, artifacts(), chosen, declared or desks(), account, resolve)
    return Deployer(suite, artifacts(), table or roles(), account, resolve)


@pytest.fixture(scope="module")
def transactions():
    chain = CutChain()
    deployer = deployer_on(chain)
    deployer.apply(deployer.plan())
    return 10**9 - chain.left


def test_the_second_plan_is_empty():
    deployer = deployer_on(RevmChain())
    first = deployer.plan()
    assert len(first.creations) == 5 + len(deployer.suite.ours) + 2 * len(CODES)
    assert len(deployer.suite.ours) == 7 + 4
    lines = []
    deployer.apply(first, lines.append)
    assert len(lines) == len(first.lines())
    second = deployer.plan()
    assert second.empty
    assert second.lines() == []
    sent = len(deployer.receipts)
    deployer.apply(second)
    assert len(deployer.receipts) == sent
    deployer.verify()


@pytest.mark.parametrize("cut", range(44))
def test_a_cut_run_is_resumed(cut, transactions):
    assert transactions <= 44, "cut at every transaction"
    chain = CutChain()
    chain.left = cut
    deployer = deployer_on(chain)
    if cut < transactions:
        with pytest.raises(Cut):
            deployer.apply(deployer.plan())
        with pytest.raises(DeploymentError):
            deployer.verify()
    else:
        deployer.apply(deployer.plan())
    chain.left = 10**9
    again = deployer_on(chain)
    again.apply(again.plan())
    again.verify()
    assert again.plan().empty
    assert powers_of(again, DEPLOYER) == []


def powers_of(deployer, account):
    authority = deployer.suite.authority
    return [r.name for r in roles().roles.values() if authority.call("hasRole", r.id, account)[0]]


def test_addresses_do_not_depend_on_the_chain():
    one, other = (deployer_on(RevmChain(chain_id)) for chain_id in (31337, 31338))
    for code in CODES:
        assert one.suite.pegs[code].token.address == other.suite.pegs[code].token.address
        assert one.suite.pegs[code].feed.address == other.suite.pegs[code].feed.address
    assert one.suite.ours == other.suite.ours


def test_another_deployer_gets_other_addresses():
    one, other = (deployer_on(RevmChain(), key(n).address) for n in (0, 19))
    assert one.suite.peg("HKD").token.address != other.suite.peg("HKD").token.address


def live(declared):
    """The shipped declaration, made for chain 1: only contracts mint and seize."""
    local = {
        role: tuple(n for n in names if role not in BY_DESK or n.startswith(SUITE_PREFIX))
        for role, names in roles().holders["local"].items()
    }
    return {
        "table": replace(roles(), holders={"1": {**local, **declared}}),
        "chosen": {code: replace(c, reserves=_live(c.reserves)) for code, c in _chosen().items()},
        "declared": replace(desks(), pause_signers={"1": desks().pause_signers["local"]}),
    }


def _live(reserves):
    return replace(reserves, attestors={"1": reserves.attestors["local"]})


def _chosen():
    return {code: currencies()[code] for code in CODES}


def live_deployer(chain=None, currencies_=None, **holders):
    """On chain 1, where everybody is a contract that answers 2 to anything."""
    chain = chain or CutChain(chain_id=1)
    for names in roles().holders["local"].values():
        for name in (n for n in names if not n.startswith(SUITE_PREFIX)):
            chain.put_code(resolve(name), bytes.fromhex("600260005260206000f3"))
    terms = live(holders)
    return deployer_on(chain, **terms | ({"chosen": currencies_} if currencies_ else {}))


@pytest.mark.req("HK-03")
def test_a_plain_key_holds_no_role_where_money_is():
    chain = CutChain(chain_id=1)
    chain.left = 0
    with pytest.raises(DeploymentError, match=r"is a plain key on chain 1: .*Safe"):
        deployer_on(chain, **live({})).plan()


@pytest.mark.req("HK-03")
def test_a_live_chain_is_deployed_by_contracts_alone():
    deployer = live_deployer()
    deployer.apply(deployer.plan())
    deployer.verify()
    assert deployer.plan().empty
    suite = deployer.suite
    assert suite.members(3) == {suite.desks.issuance.address}
    assert suite.members(8) == {suite.desks.orders.address}


@pytest.mark.req("HK-03")
@pytest.mark.parametrize("role", BY_DESK)
@pytest.mark.parametrize("beside", [False, True])
def test_a_live_chain_lets_no_person_do_what_a_desk_does(role, beside):
    """Nobody mints without order, and nobody seizes without case; beside the desk neither."""
    chain = CutChain(chain_id=1)
    (desk,) = (name for name, held in SUITE_POWERS.items() if role in held)
    person = roles().holders["local"][role][0]
    holders = {role: (person, desk) if beside else (person,)}
    deployer = live_deployer(chain, **holders)
    chain.left = 0
    with pytest.raises(DeploymentError, match=f"{role} is declared for {resolve(person)}: on a l"):
        deployer.plan()


def test_a_local_chain_lets_people_mint():
    """So that a demo needs no bank."""
    assert "TEST::4" in roles().holders_on(31337)["MINTER"]
    deployer_on(RevmChain()).plan()


@pytest.mark.req("HK-32")
def test_a_live_chain_wants_several_attestors():
    config = currencies()["HKD"]
    alone = {"HKD": replace(config, reserves=replace(_live(config.reserves), quorum=1))}
    with pytest.raises(DeploymentError, match="one attestor alone must not state reserves"):
        live_deployer(currencies_=alone).plan()


def test_signers_of_pauses_are_declared_for_the_chain():
    terms = live({}) | {"declared": desks()}
    with pytest.raises(ConfigError, match=r"add \[presigned_pause\.signers\.1\]"):
        deployer_on(RevmChain(chain_id=1), **terms)


@pytest.mark.req("HK-05")
def test_after_the_end_a_change_must_be_scheduled():
    chain = RevmChain()
    deployer = deployer_on(chain)
    deployer.apply(deployer.plan())
    holders = {**roles().holders["local"], "MINTER": ("TEST::19",)}
    changed = deployer_on(chain, table=dataclasses.replace(roles(), holders={"local": holders}))
    plan = changed.plan()
    assert any("grant MINTER" in line for line in plan.lines())
    with pytest.raises(DeploymentError, match=r"not ADMIN without delay .* `plan` shows who can"):
        changed.apply(plan)


def test_a_chain_without_the_proxy_is_named():
    chain = RevmChain()
    chain.put_code(create2.FACTORY, b"")
    deployer = deployer_on(chain)
    with pytest.raises(DeploymentError, match="no deterministic deployment proxy"):
        deployer.apply(deployer.plan())


# Minute one


@pytest.fixture(scope="module")
def finished():
    deployer = deployer_on(RevmChain())
    deployer.apply(deployer.plan())
    return deployer


@pytest.mark.req("HK-03")
def test_minute_one_the_deployer_has_no_power(finished):
    assert powers_of(finished, DEPLOYER) == []
    assert finished.suite.authority.call("members", 0) == (resolve("TEST::1").lower(),)
    for contracts in targets(finished.suite).values():
        for contract in contracts:
            for item in (x for x in contract.abi if x["type"] == "function"):
                selector = contract.selector(item["name"])
                allowed = finished.suite.authority.call(
                    "canCall", DEPLOYER, contract.address, selector
                )
                assert allowed == (False, 0), item["name"]


@pytest.mark.req("HK-09")
def test_minute_one_every_delay_is_in_force(finished):
    authority = finished.suite.authority
    for role in roles().roles.values():
        for account in resolved_holders(finished.suite, roles(), resolve)[role.name]:
            since, delay, pending, effect = authority.call("getAccess", role.id, account)
            wanted = 0 if account in finished.suite.ours else role.delay
            assert 0 < since <= finished.suite.chain.now()
            assert (delay, pending, effect) == (wanted, 0, 0), role.name
        if role.guardian:
            guardian = roles().roles[role.guardian].id
            assert authority.call("getRoleGuardian", role.id) == guardian
        assert authority.call("getRoleAdmin", role.id) == (1 if role.id else 0)


def restricted(interface):
    """The state-changing functions of an interface."""
    source = (ROOT / "interfaces" / f"{interface}.sol").read_text()
    found = re.findall(r"function (\w+)\([^)]*\)([^;]*);", source)
    names = [name for name, rest in found if not re.search(r"\b(view|pure)\b", rest)]
    return names + (restricted(HOLDING) if f"is {HOLDING} " in source else [])


INTERFACES = {
    "token": "IControls",
    "feed": "IReserveFeed",
    "registry": "ICurrencyRegistry",
    "audits": "IAuditRegister",
    "customers": "ICustomerRegister",
    "calendar": "IBusinessCalendar",
    "issuance": "IIssuanceDesk",
    "redemption": "IRedemptionDesk",
    "orders": "ILawfulOrders",
    "presigned": "IPauseBySignature",
    "checkout": "ICheckout",
    "receivables": "IReceivables",
    "envelopes": "IRedEnvelope",
}
#: The interface that the uses which hold money have in common.
HOLDING = "IEscrow"
#: What checks its caller by itself: signatures, an appointment, or whose request it is.
OPEN = {
    ("feed", "post"),
    ("token", "restore"),
    ("token", "burnEscrow"),
    ("redemption", "takeBack"),
    ("presigned", "pause"),
    *((kind, "withdraw") for kind in ("checkout", "receivables", "envelopes")),
    *(("checkout", verb) for verb in ("authorize", "capture", "release", "refund")),
    *(("receivables", verb) for verb in ("attest", "accept", "finance", "pay", "cancelOffer")),
    *(("receivables", verb) for verb in ("markDefault", "cancel")),
    *(("envelopes", verb) for verb in ("create", "claim", "refund")),
}
VERBS = [(k, n) for k, i in INTERFACES.items() for n in restricted(i) if (k, n) not in OPEN]


def test_the_interfaces_were_read():
    assert len(VERBS) == len(set(VERBS)) >= 70
    assert {("token", "mint"), ("token", "upgrade"), ("feed", "clearBreak")} <= set(VERBS)
    assert {("issuance", "approve"), ("redemption", "settle"), ("orders", "execute")} <= set(VERBS)
    assert set(INTERFACES) | {"authority"} == set(targets(deployer_on(RevmChain()).suite)), (
        "a kind of contract is not read"
    )


@pytest.mark.req("HK-02")
@pytest.mark.parametrize(("kind", "name"), VERBS)
def test_minute_one_every_restricted_selector_belongs_to_its_role(finished, kind, name):
    declared = [r.id for r in roles().roles.values() if name in r.functions.get(kind, ())]
    assert len(declared) == 1
    assert declared != [0]
    for contract in targets(finished.suite)[kind]:
        actual = finished.suite.authority.call(
            "getTargetFunctionRole", contract.address, contract.selector(name)
        )
        assert actual == declared[0]


def test_nothing_that_everybody_may_do_is_mapped(finished):
    mapped = {(k, n) for r in roles().roles.values() for k, ns in r.functions.items() for n in ns}
    assert not mapped & OPEN
    assert {(k, n) for k, n in mapped if k != "authority"} == set(VERBS)


# The record


def test_the_record_is_written_and_checked(finished, tmp_path):
    suite, peg = finished.suite, finished.suite.peg("HKD")
    path = records.write(tmp_path, suite, peg, DEPLOYER)
    assert path == tmp_path / "31337" / "hkd.json"
    text = path.read_text()
    record = records.read(tmp_path, 31337, "HKD")
    records.require_genuine(suite, peg, record)
    assert records.write(tmp_path, suite, peg, DEPLOYER).read_text() == text

    record["token"]["codeHash"] = "0x" + "00" * 32
    with pytest.raises(DeploymentError, match="is not the recorded one"):
        records.require_genuine(suite, peg, record)
    record["token"]["address"] = DEPLOYER
    with pytest.raises(DeploymentError, match="check out the release"):
        records.require_genuine(suite, peg, record)


def test_a_damaged_record_is_not_trusted(finished, tmp_path):
    path = records.write(tmp_path, finished.suite, finished.suite.peg("HKD"), DEPLOYER)
    assert records.read(tmp_path, 31337, "USD") is None
    path.rename(path.with_name("usd.json"))
    with pytest.raises(DeploymentError, match="is the record of HKD"):
        records.read(tmp_path, 31337, "USD")
    path.with_name("usd.json").write_text("{")
    with pytest.raises(DeploymentError, match="is no deployment record"):
        records.read(tmp_path, 31337, "USD")


def test_a_stranger_at_the_address_is_found_out(finished, tmp_path):
    chain = RevmChain()
    deployer = deployer_on(chain)
    peg = deployer.suite.peg("HKD")
    with pytest.raises(DeploymentError, match="HKD is not deployed on chain 31337"):
        records.require_genuine(deployer.suite, peg, None)
    deployer.apply(deployer.plan())
    other = dataclasses.replace(peg, config=dataclasses.replace(peg.config, decimals=2))
    with pytest.raises(DeploymentError, match="is declared: check"):
        records.require_genuine(deployer.suite, other, None)


# Who may hold what


def table_with(**changes):
    """The shipped roles with other holders on every chain."""
    shipped = roles()
    local = {**shipped.holders["local"], **changes}
    return replace(shipped, holders={"local": local, "1": local})


@pytest.mark.req("HK-04")
def test_opposite_powers_are_apart_by_address():
    """Spelled differently, it is the same party."""
    same = resolve(roles().holders["local"]["GOVERNOR"][0])
    deployer = deployer_on(RevmChain(), table=table_with(GUARDIAN=(same,)))
    with pytest.raises(DeploymentError, match="GOVERNOR and GUARDIAN"):
        deployer.plan()


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("role", ["MINTER", "APPROVER", "SETTLER"])
def test_who_attests_does_not_issue_or_settle(role):
    """Who says what the reserves are must not be who moves what they back."""
    deployer = deployer_on(RevmChain(), table=table_with(**{role: ("TEST::16",)}))
    with pytest.raises(DeploymentError, match=f"{role} and attestor of HKD"):
        deployer.plan()


@pytest.mark.req("HK-03")
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (b"", "a plain key"),
        (bytes.fromhex("ef0100") + bytes(20), "a plain key"),
        # Answers 1 to anything: a multisig with a threshold of one.
        (bytes.fromhex("600160005260206000f3"), "one signer alone"),
    ],
)
@pytest.mark.parametrize("name", ["TEST::2", "TEST::5", "TEST::42", "TEST::50"])
def test_a_live_chain_wants_several_signers(name, code, sentence):
    """Of every role: the old ones, the second of three approvers, the last."""
    deployer = live_deployer()
    deployer.plan()
    deployer.suite.chain.put_code(resolve(name), code)
    with pytest.raises(DeploymentError, match=f"{resolve(name)}.* {sentence}"):
        deployer.plan()


def test_a_contract_that_tells_no_threshold_is_taken():
    """Only a Safe's can be asked; what else it is, an auditor must look at."""
    deployer = live_deployer()
    # Reverts whatever it is asked.
    deployer.suite.chain.put_code(resolve("TEST::5"), bytes.fromhex("60006000fd"))
    deployer.plan()


def test_what_is_no_contract_of_the_suite_is_named():
    deployer = deployer_on(RevmChain(), table=table_with(BURNER=("suite::Vault",)))
    with pytest.raises(ConfigError, match=r"suite::Vault is no .*suite::LawfulOrders"):
        deployer.plan()


# Nobody else


@pytest.fixture(scope="module")
def powerful():
    """Everything is in place, and the deployer still ADMIN and GOVERNOR."""
    deployer = deployer_on(RevmChain())
    deployer.apply(replace(deployer.plan(), handover=()))
    return deployer


@pytest.fixture
def unfinished(powerful):
    point = powerful.suite.chain.snapshot()
    yield powerful
    powerful.suite.chain.restore(point)


@pytest.mark.req("HK-05")
@pytest.mark.parametrize("role", roles().roles)
@pytest.mark.parametrize("who", ["a person", "a declared holder", "a contract of the suite"])
def test_an_undeclared_member_of_any_role_is_found(unfinished, role, who):
    """Granted in the deployer's minutes, and taken back in them."""
    suite = unfinished.suite
    other = "AUDITOR" if role != "AUDITOR" else "BURNER"
    account = {
        "a person": key(30).address,
        "a declared holder": resolve(roles().holders["local"][other][0]),
        "a contract of the suite": suite.desks.views.address,
    }[who]
    role_id = roles().roles[role].id
    suite.authority.send("grantRole", role_id, account, 0, sender=DEPLOYER)
    line = f"take {role} from {account}, who was not declared"
    assert unfinished.plan().lines().count(line) == 1
    with pytest.raises(DeploymentError, match=line):
        unfinished.verify()
    unfinished.apply(unfinished.plan())
    unfinished.verify()
    assert account not in suite.members(role_id)


@pytest.mark.req("HK-05")
def test_a_member_to_be_is_found(unfinished):
    """A grant that starts later would show itself when nobody looks."""
    authority, chain = unfinished.suite.authority, unfinished.suite.chain
    authority.send("setGrantDelay", 3, 86_400, sender=DEPLOYER)
    chain.warp(5 * 86_400)
    authority.send("grantRole", 3, key(30).address, 0, sender=DEPLOYER)
    assert authority.call("hasRole", 3, key(30).address) == (False, 0)
    lines = unfinished.plan().lines()
    assert f"take MINTER from {key(30).address}, who was not declared" in lines
    assert "let grants of MINTER take effect at once" in lines
    unfinished.apply(unfinished.plan())
    assert key(30).address not in unfinished.suite.members(3)
    # The delay itself is only lowered after the manager's own five days.
    with pytest.raises(DeploymentError, match="grants of MINTER take effect after 1d until"):
        unfinished.verify()
    chain.warp(5 * 86_400)
    unfinished.verify()


def test_the_deployer_lends_itself_what_a_step_takes(unfinished):
    """A limit that was set too high in its minutes is cut with PAUSER's verb."""
    token, limit = unfinished.suite.peg("HKD").token, (60_000_000 * 10**6, 86_400)
    token.send("raiseMintLimit", *limit, REF, sender=DEPLOYER)
    lines = unfinished.plan().lines()
    cut = "cut the mint limit of HKD to 50,000,000.00 HKD per 1d"
    back = [f"take {name} from the deployer" for name in ("PAUSER", "GOVERNOR", "ADMIN")]
    assert lines[:2] == ["lend PAUSER to the deployer", cut]
    assert lines[-3:] == back
    unfinished.apply(unfinished.plan())
    unfinished.verify()
    assert token.call("mintRateLimit")[0] == 50_000_000 * 10**6
    assert powers_of(unfinished, DEPLOYER) == []


@pytest.mark.req("HK-05")
def test_a_former_member_is_not_named(unfinished):
    authority = unfinished.suite.authority
    authority.send("grantRole", 3, key(30).address, 0, sender=DEPLOYER)
    authority.send("revokeRole", 3, key(30).address, sender=DEPLOYER)
    unfinished.apply(unfinished.plan())
    unfinished.verify()


@pytest.mark.req("HK-05")
@pytest.mark.parametrize(
    ("name", "role"), [(n, r) for n, held in SUITE_POWERS.items() for r in held]
)
def test_a_contract_of_the_suite_must_be_declared_too(finished, name, role):
    """Its power is on chain, and the declaration has lost it."""
    held = tuple(n for n in roles().holders["local"][role] if n != name)
    again = deployer_on(finished.suite.chain, table=table_with(**{role: held}))
    address = again.suite.desks.by_name[name.removeprefix(SUITE_PREFIX)].address
    line = f"take {role} from {address}, who was not declared, at once"
    assert again.plan().lines() == [line]
    with pytest.raises(DeploymentError, match=line):
        again.verify()


@pytest.mark.req("HK-05")
def test_a_delay_of_another_length_is_found(unfinished):
    """As long as it is shorter than declared, the plan has the grant; a contract's, too."""
    suite = unfinished.suite
    for role, account in (("GOVERNOR", resolve("TEST::2")), ("SEIZER", suite.desks.orders.address)):
        wanted = suite.delay_of(roles().roles[role], account)
        grant = (roles().roles[role].id, account, 600)
        suite.authority.send("grantRole", *grant, sender=DEPLOYER)
        suite.chain.warp(30 * 86_400)
        lines = unfinished.plan().lines()
        assert f"grant {role} to {account} with a delay of {wanted} s" in lines
        with pytest.raises(DeploymentError, match=f"grant {role} to {account}"):
            unfinished.verify()


# Desks: what is missing, and nothing else

HK = b"HK".ljust(32, b"\0")
NEW_HOLIDAY = parse_day("2027-11-01")


def with_calendar(code, **changes):
    """The shipped calendars, one of them changed."""
    calendars = dict(desks().calendars)
    calendars[code] = replace(calendars[code], **changes)
    return replace(desks(), calendars=calendars)


def with_holidays(**named):
    days = {parse_day(d.replace("_", "-").lstrip("d")): name for d, name in named.items()}
    return with_calendar("HK", holidays={**desks().calendars["HK"].holidays, **days})


@pytest.mark.req("HK-40")
def test_calendars_are_set_up_for_the_days_to_come(finished):
    """Past days decide nothing any more; a weekend is closed by itself."""
    calendar, now = finished.suite.desks.calendar, finished.suite.chain.now()
    for declared in desks().calendars.values():
        code = declared.code.encode().ljust(32, b"\0")
        terms = (declared.utc_offset, declared.weekend)
        assert calendar.call("calendarOf", code) == terms
        today = declared.day_of(now)
        for day in range(today, declared.last + 1):
            assert calendar.call("isOpen", code, day) is declared.is_open(day), (code, day)
        closed = {
            day
            for day in range(today - 800, declared.last + 1)
            if calendar.call("closedDays", code, day >> 8) >> (day & 255) & 1
        }
        wanted = {d for d in declared.holidays if d >= today and not declared.is_weekend(d)}
        assert closed == wanted


@pytest.mark.parametrize("days", [1, 100, 500, 1_000])
def test_a_plan_stays_empty_as_days_go_by(finished, days):
    """Holidays pass without leaving anything to do."""
    chain = finished.suite.chain
    point = chain.snapshot()
    chain.warp(days * 86_400)
    assert finished.plan().lines() == []
    chain.restore(point)


def test_a_new_holiday_alone_is_planned(finished):
    """Added to the file in the course of the year; a weekend or a past day is nothing to do."""
    more = with_holidays(d2027_11_01="A new day", d2027_11_06="A Saturday", d2026_11_02="Past")
    lines = deployer_on(finished.suite.chain, declared=more).plan().lines()
    assert lines == ["add 2027-11-01 (A new day) to the calendar of Hong Kong"]


@pytest.mark.req("HK-40")
def test_todays_holiday_is_still_planned(finished):
    """To the second: the day is the calendar's own, and today can still be closed."""
    chain = finished.suite.chain
    more = with_holidays(d2027_11_01="A new day")
    start = desks().calendars["HK"].end_of(NEW_HOLIDAY - 1) + 1
    for moment, planned in ((start, 1), (start + 86_399, 1), (start + 86_400, 0)):
        point = chain.snapshot()
        chain.warp(moment - chain.now())
        lines = deployer_on(chain, declared=more).plan().lines()
        assert len(lines) == planned
        assert all(line.startswith("add 2027-11-01 (A new day)") for line in lines)
        chain.restore(point)


def test_a_declared_storm_is_no_difference(unfinished):
    """What CLERK closed is closed, whether the file says so or not."""
    calendar, chain = unfinished.suite.desks.calendar, unfinished.suite.chain
    unfinished.apply(unfinished.plan())
    storm = desks().calendars["HK"].day_of(chain.now()) + 3
    calendar.send("declareClosed", HK, storm, REF, sender=resolve("TEST::49"))
    unfinished.verify()
    told = {**desks().calendars["HK"].holidays, storm: "A storm"}
    deployer_on(chain, declared=with_calendar("HK", holidays=told)).verify()


def test_a_removed_holiday_is_planned_anew(unfinished):
    calendar = unfinished.suite.desks.calendar
    day = parse_day("2027-12-27")
    calendar.send("removeHolidays", HK, [day], REF, sender=DEPLOYER)
    assert "add 1 holidays to the calendar of Hong Kong" in unfinished.plan().lines()
    unfinished.apply(unfinished.plan())
    unfinished.verify()
    assert calendar.call("isOpen", HK, day) is False


def test_a_calendar_that_is_not_there_is_planned(finished):
    """With its holidays, after the suite was deployed."""
    calendars = {**desks().calendars, "MO": replace(desks().calendars["HK"], code="MO", name="Mac")}
    declared = replace(desks(), calendars=calendars)
    lines = deployer_on(finished.suite.chain, declared=declared).plan().lines()
    assert lines[0] == "add the business calendar of Mac"
    assert all(line.endswith("to the calendar of Mac") for line in lines[1:])
    left = [d for d in desks().calendars["HK"].holidays if d > parse_day("2027-01-15")]
    assert len(lines) == 1 + len([d for d in left if not desks().calendars["HK"].is_weekend(d)])


@pytest.mark.parametrize(
    ("undo", "line"),
    [
        (
            lambda s: s.peg("HKD").token.prepare("delist", [s.desks.issuance.address], REF),
            "make the issuance desk a contract of HKD",
        ),
        (
            lambda s: s.peg("HKD").token.prepare("delist", [s.desks.redemption.address], REF),
            "let the redemption desk take HKD",
        ),
        (
            lambda s: s.desks.issuance.prepare(
                "loosenTiers", s.peg("HKD").token.address, [(1, 1)], REF
            ),
            "set how many must approve orders of HKD: 1 up to 1,000,000.00 HKD, 2 up to "
            "10,000,000.00 HKD",
        ),
    ],
)
def test_what_was_undone_is_planned_anew(unfinished, undo, line):
    """One line for what differs, and another run does nothing."""
    unfinished.apply(unfinished.plan())
    call = undo(unfinished.suite)
    authority, governor = unfinished.suite.authority, resolve("TEST::2")
    authority.send("schedule", call.to, call.data, 0, sender=governor)
    unfinished.suite.chain.warp(2 * 86_400)
    unfinished.suite.chain.send(governor, call.to, call.data)
    assert unfinished.plan().lines() == [line]
    with pytest.raises(DeploymentError, match=line):
        unfinished.verify()


def test_other_tiers_are_planned(finished):
    chosen = {**_chosen(), "HKD": replace(currencies()["HKD"], tiers=(Tier(10**12, 2),))}
    lines = deployer_on(finished.suite.chain, chosen=chosen).plan().lines()
    assert lines == ["set how many must approve orders of HKD: 2 up to 1,000,000.00 HKD"]


def test_a_new_currency_finds_the_desks_there(finished):
    """A later run makes the token, and lets the same desks serve it."""
    chosen = {**_chosen(), "CNH": currencies()["CNH"]}
    plan = deployer_on(finished.suite.chain, chosen=chosen).plan()
    assert [c.name for c in plan.creations] == ["CNH token", "CNH reserve feed"]
    lines = plan.lines()
    for line in (
        "make the issuance desk, FxSettle, Checkout, Receivables, RedEnvelope contracts of CNH",
        "let the redemption desk take CNH",
        "set how many must approve orders of CNH: 1 up to 1,000,000.00 CNH, 2 up to "
        "10,000,000.00 CNH",
        "let CNH be redeemed within 1 business days of HK",
    ):
        assert line in lines
    assert not [x for x in lines if x.startswith(("add ", "create Issuance", "grant "))]


def test_a_declared_fee_is_announced_with_the_deployment():
    """Holders have their notice, and the deployment is over all the same."""
    chain = RevmChain()
    deployer = deployer_on(chain, chosen=with_redemption(flat_fee=10**6, fee_bps=5))
    deployer.apply(deployer.plan())
    deployer.verify()
    plan = deployer.plan()
    assert (plan.empty, len(plan.underway)) == (True, 1)
    assert plan.underway[0].text.startswith("the redemption fee of HKD is 0.00 HKD and 0 bps until")
    chain.warp(plan.underway[0].until - chain.now())
    assert deployer.plan().clean
    desk, token = deployer.suite.desks.redemption, deployer.suite.peg("HKD").token
    assert desk.call("termsOf", token.address)[2:4] == (10**6, 5)


def with_redemption(**changes):
    redemption = replace(currencies()["HKD"].redemption, **changes)
    return {**_chosen(), "HKD": replace(currencies()["HKD"], redemption=redemption)}


def test_other_terms_of_redemption_are_found(finished):
    """They are set once, for ever: what a chain has and a file says must be the same."""
    for changes in ({"business_days": 2}, {"calendar": "US"}):
        again = deployer_on(finished.suite.chain, chosen=with_redemption(**changes))
        with pytest.raises(PegboardError, match="HKD"):
            again.verify()


def test_another_clock_or_weekend_is_found(finished):
    """A calendar's are set once, for ever, too."""
    for changes in ({"utc_offset": 9 * 3_600}, {"weekend": 64}):
        again = deployer_on(finished.suite.chain, declared=with_calendar("HK", **changes))
        with pytest.raises(PegboardError, match=r"HK|Hong Kong"):
            again.verify()


def test_a_calendar_that_no_file_declares_is_refused_before_anything_is_sent():
    """Else the desk refuses it on chain, when half of the deployment is done."""
    chain = CutChain()
    chain.left = 0
    deployer = deployer_on(chain, chosen=with_redemption(calendar="XX"))
    with pytest.raises(PegboardError, match="XX"):
        deployer.plan()


def test_a_desk_that_replaces_another_must_be_there():
    """A predecessor without code would refuse every order, and only then."""
    chain = CutChain()
    chain.left = 0
    deployer = deployer_on(chain, declared=replace(desks(), predecessor=key(60).address))
    with pytest.raises(PegboardError, match="predecessor"):
        deployer.plan()
