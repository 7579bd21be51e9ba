"""Deployment: planned, resumable after any cut, and over when it is over.

deploy
├── given an empty chain
│   ├── it plans everything and applies it
│   └── it plans nothing the second time
├── given a run that was cut after any number of transactions
│   └── it ends as declared when it is repeated
├── given a plain key as role holder on a chain that is not local
│   └── it refuses before it sends anything
└── when it is over
    ├── the deployer has no power
    ├── every declared delay is in force, and nothing is pending
    └── every restricted selector belongs to a role that is not ADMIN
"""

import dataclasses
import re
from dataclasses import replace

import pytest

from pegboard import create2, records
from pegboard.deploy import Deployer
from pegboard.errors import DeploymentError
from pegboard.suite import locate, targets
from tests.support.revm import RevmChain
from tests.support.world import ROOT, artifacts, currencies, desks, key, resolve, roles

DEPLOYER = key(0).address
CODES = ("HKD", "USD")


class Cut(Exception):
    """The line went dead."""


class CutChain(RevmChain):
    """Goes dead after a number of transactions."""

    left = 10**9

    def send(self, sender, to, data):
        if self.left == 0:
            raise Cut
        self.left -= 1
        return super().send(sender, to, data)


def deployer_on(chain, account=DEPLOYER, table=None):
    chosen = {code: currencies()[code] for code in CODES}
    suite = locate(chain, artifacts(), chosen, desks(), account, resolve)
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
    assert len(first.creations) == 5 + 2 * len(CODES)
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


@pytest.mark.parametrize("cut", range(40))
def test_a_cut_run_is_resumed(cut, transactions):
    assert transactions <= 40, "cut at every transaction"
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


def test_another_deployer_gets_other_addresses():
    one, other = (deployer_on(RevmChain(), key(n).address) for n in (0, 19))
    assert one.suite.peg("HKD").token.address != other.suite.peg("HKD").token.address


@pytest.mark.req("HK-03")
def test_a_plain_key_holds_no_role_where_money_is():
    table = dataclasses.replace(roles(), holders={"1": roles().holders["local"]})
    chain = CutChain(chain_id=1)
    chain.left = 0
    chosen = {
        code: dataclasses.replace(
            config,
            reserves=dataclasses.replace(
                config.reserves, attestors={"1": config.reserves.attestors["local"]}
            ),
        )
        for code, config in currencies().items()
    }
    suite = locate(chain, artifacts(), chosen, desks(), DEPLOYER, resolve)
    deployer = Deployer(suite, artifacts(), table, DEPLOYER, resolve)
    with pytest.raises(DeploymentError, match=r"is a plain key on chain 1: .*Safe"):
        deployer.plan()


@pytest.mark.req("HK-05")
def test_after_the_end_a_change_must_be_scheduled():
    chain = RevmChain()
    deployer = deployer_on(chain)
    deployer.apply(deployer.plan())
    holders = {**roles().holders["local"], "MINTER": ("TEST::19",)}
    changed = deployer_on(chain, table=dataclasses.replace(roles(), holders={"local": holders}))
    plan = changed.plan()
    assert any("grant MINTER" in line for line in plan.lines())
    with pytest.raises(DeploymentError, match="must be scheduled by ADMIN or GOVERNOR"):
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
        for name in roles().holders["local"][role.name]:
            since, delay, pending, effect = authority.call("getAccess", role.id, resolve(name))
            assert 0 < since <= finished.suite.chain.now()
            assert (delay, pending, effect) == (role.delay, 0, 0), role.name
        if role.guardian:
            guardian = roles().roles[role.guardian].id
            assert authority.call("getRoleGuardian", role.id) == guardian
        assert authority.call("getRoleAdmin", role.id) == (1 if role.id else 0)


def restricted(interface):
    """The state-changing functions of an interface."""
    source = (ROOT / "interfaces" / f"{interface}.sol").read_text()
    found = re.findall(r"function (\w+)\([^)]*\)([^;]*);", source)
    return [name for name, rest in found if not re.search(r"\b(view|pure)\b", rest)]


INTERFACES = {
    "token": "IControls",
    "feed": "IReserveFeed",
    "registry": "ICurrencyRegistry",
    "audits": "IAuditRegister",
}
VERBS = [(k, n) for k, i in INTERFACES.items() for n in restricted(i) if (k, n) != ("feed", "post")]


def test_the_interfaces_were_read():
    assert len(VERBS) == len(set(VERBS)) >= 30
    assert {("token", "mint"), ("token", "upgrade"), ("feed", "clearBreak")} <= set(VERBS)


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
    assert ("feed", "post") not in mapped
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
def test_who_attests_does_not_mint():
    deployer = deployer_on(RevmChain(), table=table_with(MINTER=("TEST::16",)))
    with pytest.raises(DeploymentError, match="MINTER and attestor of HKD"):
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
def test_a_live_chain_wants_several_signers(code, sentence):
    chain = RevmChain(chain_id=1)
    for names in roles().holders["local"].values():
        for name in names:
            # Answers 2 to anything.
            chain.put_code(resolve(name), bytes.fromhex("600260005260206000f3"))
    currency = {c: replace(currencies()[c], reserves=live(currencies()[c].reserves)) for c in CODES}
    suite = locate(chain, artifacts(), currency, desks(), DEPLOYER, resolve)
    deployer = Deployer(suite, artifacts(), table_with(), DEPLOYER, resolve)
    deployer.plan()
    chain.put_code(resolve("TEST::4"), code)
    with pytest.raises(DeploymentError, match=sentence):
        deployer.plan()


def live(reserves):
    return replace(reserves, attestors={"1": reserves.attestors["local"]})


@pytest.mark.req("HK-05")
def test_an_undeclared_admin_is_found(transactions):
    """Granted in the deployer's minutes, and everything declared in place all the same."""
    chain = RevmChain()
    deployer = deployer_on(chain)
    plan = deployer.plan()
    deployer.apply(replace(plan, handover=()))
    deployer.suite.authority.send("grantRole", 0, key(30).address, 0, sender=DEPLOYER)
    deployer.apply(deployer.plan())
    with pytest.raises(DeploymentError, match=f"{key(30).address} is ADMIN"):
        deployer.verify()
