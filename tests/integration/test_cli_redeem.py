"""`redeem` on a real node, with good and bad input.

from request to payout
├── given no role, nothing is sent
├── each verb done twice does nothing the second time
├── paid takes the bank reference that was recorded before, and burns once
├── what was paid is neither returned nor anything else, and the refusal says that it was paid
└── a payout that the bank rejected is instructed anew under another reference
list and overdue
├── show amounts, fees and dates, of one currency
└── given a request that is unpaid after its due date, `overdue` ends in exit code 1
extend and note
├── a due date moves by consent, after the delay; what can never be is refused before it
└── a reason is recorded once
fees
├── given what can never be, it refuses before the delay
└── raised they count after the notice, lowered at once
bad input
└── numbers, days, amounts and references that are none end in one line, and send nothing
"""

import pytest

from pegboard.calendars import day_text
from pegboard.inputs import moment_text
from tests.integration.conftest import CHAIN_ID, blocks, warp
from tests.support.cases import freeze, name, open_case
from tests.support.desks import bind, surrender, take_back
from tests.support.node import HK, attached, to_quiet_friday
from tests.support.world import REF

UNIT = 10**6
DAY = 86_400
TELLER, SETTLER, DEFERRER, GOVERNOR = 45, 46, 50, 2
OUT = ("--bank-ref", "OUT-1")
WHY = ("--ref", "HCMP 1/2027")


class Office:
    """The world on the console's node, and the Friday on which its tests begin."""

    def __init__(self):
        self.world = attached()
        self.holder = self.world.holder().address
        self.world.fund(self.holder, 100_000 * UNIT)
        self.world.fund(self.holder, 1_000 * UNIT, peg=self.world.suite.peg("USD"))
        bind(self.world, self.world.holder())
        self.friday = to_quiet_friday(self.world)

    def day(self, later=0):
        """A day after the Friday, as one types it."""
        return day_text(self.friday + later)

    def end(self, later=0):
        """The last second of it in Hong Kong."""
        calendar = self.world.suite.desks.calendar
        return moment_text(calendar.call("endOf", HK, self.friday + later))

    def request(self, amount="100", peg=None):
        """A holder asks for its money; the request's number as one types it."""
        if peg is None:
            return str(surrender(self.world, self.holder, int(float(amount) * UNIT)))
        desk = self.world.suite.desks.redemption
        args = (desk.address, int(amount) * UNIT, REF)
        peg.token.send("surrender", *args, sender=self.holder)
        return str(desk.call("requestCount"))


@pytest.fixture(scope="module")
def office(console):
    return Office()


@pytest.fixture
def asked(office):
    """A request of 100 HKD."""
    return office.request()


@pytest.fixture
def valid(console, asked):
    """One whose clock has started."""
    console.act(TELLER, "redeem", "validate", asked)
    return asked


@pytest.fixture
def paying(console, valid):
    """One that the bank was told to pay."""
    console.act(TELLER, "redeem", "paying", valid, *OUT)
    return valid


def requests(console, code="HKD", verb="list", exit_code=0):
    answer = console.run("redeem", verb, code, "--json")
    assert answer.code == exit_code
    assert answer.json["currency"] == code
    return answer.json["requests"]


def supply(console):
    return console.status()["supply"]["amount"]


def twice(console, index, *words):
    """Done, and then nothing is left to do, which sends nothing; the first answer."""
    done = console.act(index, *words).json
    assert done["outcome"] == "done"
    before = blocks()
    assert console.act(index, *words).json["outcome"] == "nothing"
    assert blocks() == before
    return done


# From request to payout


@pytest.mark.req("HK-39", "HK-42")
def test_from_request_to_payout(console, office, asked):
    desk = office.world.suite.desks.redemption
    done = twice(console, TELLER, "redeem", "validate", asked)
    assert {key: done[key] for key in done if key not in ("tx", "block", "gasUsed")} == {
        "command": "validate",
        "outcome": "done",
        "chainId": CHAIN_ID,
        "contract": desk.address,
        "ref": "0x" + "00" * 32,
        "refText": "",
        "request": int(asked),
        "holder": office.holder,
        "currency": "HKD",
        "amount": {"amount": "100.00", "units": "100000000"},
    }
    (request,) = requests(console)
    assert (request["status"], request["validDay"]) == ("valid", office.day())
    assert request["dueAt"] == office.end(3)
    done = twice(console, TELLER, "redeem", "paying", asked, *OUT)
    assert (done["command"], done["refText"]) == ("instruct", "OUT-1")
    (request,) = requests(console)
    assert (request["status"], request["blockedUntil"]) == ("paying", office.day(4))
    before = supply(console)
    done = twice(console, SETTLER, "redeem", "paid", asked, *OUT)
    assert (done["command"], done["request"]) == ("settle", int(asked))
    assert (before, supply(console)) == ("100000.00", "99900.00")
    assert requests(console) == []


@pytest.mark.req("HK-11")
def test_the_summary_comes_before_the_signature(console, office, asked):
    command = ("redeem", "validate", asked, "--account", f"TEST::{TELLER}", "--deployer", "TEST::0")
    answer = console.run(*command, stdin="n\n")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    for part in (
        f"start the clock of request {asked}: 100.00 HKD of {office.holder}",
        "100.00 HKD (100; 0.10 % of the supply; 100000000 base units)",
        f"{office.world.suite.desks.redemption.address}, chain 31337",
        "holds TELLER",
        "Needs TELLER, at once",
        "Sign and send this?",
    ):
        assert part in said
    assert requests(console)[0]["status"] == "requested"
    done = console.run(*command, "-y")
    assert done.out.startswith(f"Done: start the clock of request {asked}: 100.00 HKD of 0x")
    assert console.run(*command, "-y").out == "Nothing to do: it is so already.\n"


@pytest.mark.req("HK-39", "HK-42")
def test_only_the_role_may_and_nothing_is_sent(console, office, asked, valid, paying):
    fresh = office.request()
    before = blocks()
    for role, words in (
        ("TELLER", ("validate", fresh)),
        ("TELLER", ("paying", fresh, "--bank-ref", "OUT-2")),
        ("SETTLER", ("paid", paying, *OUT)),
        ("SETTLER", ("reject", paying, *WHY)),
        ("TELLER", ("return", fresh, *WHY)),
        ("TELLER", ("note", fresh, *WHY)),
        ("DEFERRER", ("extend", paying, "--until", office.day(5), *WHY)),
        ("GOVERNOR", ("raise-fees", "HKD", "--bps", "1", *WHY)),
        ("GOVERNOR", ("lower-fees", "HKD", "--flat", "0", *WHY)),
    ):
        other = {"TELLER": SETTLER}.get(role, TELLER)
        if words[0] == "lower-fees":
            assert console.act(other, "redeem", *words).json["outcome"] == "nothing"
            continue
        message = console.refused(other, "redeem", *words)
        assert f"that takes {role}; `status` prints who holds it" in message
    assert blocks() == before


@pytest.mark.req("HK-42")
def test_paid_takes_the_reference_that_was_recorded(console, valid):
    before = blocks()
    unknown = f"this bank reference was not recorded for request {valid}: check both, or record "
    unknown += "it with `redeem paying` first"
    assert console.refused(SETTLER, "redeem", "paid", valid, *OUT) == unknown
    assert blocks() == before
    console.act(TELLER, "redeem", "paying", valid, *OUT)
    before = blocks()
    other = ("--bank-ref", "OUT-2")
    assert console.refused(SETTLER, "redeem", "paid", valid, *other) == unknown
    message = console.refused(TELLER, "redeem", "paying", valid, *other)
    assert message.startswith("WrongStatus: The request is not in a status that allows this")
    assert f"(id {valid}, status paying); look at it with `redeem list`" in message
    assert blocks() == before


@pytest.mark.req("HK-42")
def test_a_bank_reference_pays_one_request(console, office, paying):
    other = office.request("5")
    console.act(TELLER, "redeem", "validate", other)
    before = blocks()
    message = console.refused(TELLER, "redeem", "paying", other, *OUT)
    assert message == (f"this bank reference pays request {paying}: a reference pays one request")
    assert "was not recorded for request" in console.refused(SETTLER, "redeem", "paid", other, *OUT)
    assert blocks() == before
    console.act(SETTLER, "redeem", "paid", paying, *OUT)
    # Nor when the other one is finished.
    assert "pays request" in console.refused(TELLER, "redeem", "paying", other, *OUT)


@pytest.mark.req("HK-42")
def test_what_was_paid_stays_paid(console, office, paying):
    console.act(SETTLER, "redeem", "paid", paying, *OUT)
    before = blocks()
    said = f"request {paying}: it is finished (paid); `redeem list` shows the open ones"
    assert console.refused(TELLER, "redeem", "return", paying, *WHY) == said
    assert console.refused(SETTLER, "redeem", "paid", paying, "--bank-ref", "OUT-2") == said
    assert console.refused(SETTLER, "redeem", "reject", paying, *WHY) == said
    assert console.refused(TELLER, "redeem", "validate", paying) == said
    assert console.refused(TELLER, "redeem", "paying", paying, *OUT) == said
    assert console.refused(TELLER, "redeem", "note", paying, *WHY) == said
    extend = ("extend", paying, "--until", office.day(5), *WHY)
    assert console.refused(DEFERRER, "redeem", *extend) == said
    assert blocks() == before
    assert supply(console) == "99900.00"


@pytest.mark.req("HK-39")
def test_what_was_returned_stays_returned(console, office, valid):
    token, holder = office.world.token, office.holder
    before = token.call("balanceOf", holder)
    done = twice(console, TELLER, "redeem", "return", valid, *WHY)
    assert (done["command"], done["refText"]) == ("giveBack", "HCMP 1/2027")
    assert token.call("balanceOf", holder) == before + 100 * UNIT
    said = f"request {valid}: it is finished (returned); `redeem list` shows the open ones"
    assert console.refused(TELLER, "redeem", "validate", valid) == said
    taken = office.request("5")
    take_back(office.world, int(taken), holder)
    assert "(returned)" in console.refused(TELLER, "redeem", "validate", taken)
    assert console.act(TELLER, "redeem", "return", taken, *WHY).json["outcome"] == "nothing"


@pytest.mark.req("HK-39", "HK-42")
def test_a_payout_that_the_bank_rejected(console, paying):
    assert "status paying" in console.refused(TELLER, "redeem", "return", paying, *WHY)
    done = twice(console, SETTLER, "redeem", "reject", paying, "--ref", "AC04")
    assert (done["command"], done["refText"]) == ("reject", "AC04")
    assert requests(console)[0]["status"] == "valid"
    message = console.refused(TELLER, "redeem", "paying", paying, *OUT)
    assert "BankReferenceMismatch: This bank reference belongs to another payout" in message
    assert f"bankRef OUT-1, usedBy {paying}); check the request's number" in message
    assert "WrongStatus" in console.refused(SETTLER, "redeem", "paid", paying, *OUT)
    console.act(TELLER, "redeem", "paying", paying, "--bank-ref", "OUT-2")
    assert console.act(SETTLER, "redeem", "reject", paying, *WHY).json["outcome"] == "done"
    twice(console, TELLER, "redeem", "return", paying, *WHY)


@pytest.mark.req("HK-39")
def test_a_barred_holder_is_not_paid(console, office, paying):
    world = office.world
    open_case(world)
    name(world, office.holder, 10**12)
    freeze(world, office.holder)
    before = blocks()
    message = console.refused(SETTLER, "redeem", "paid", paying, *OUT)
    assert "FrozenAccount: " in message
    assert office.holder in message
    console.act(SETTLER, "redeem", "reject", paying, *WHY)
    for words in (("paying", paying, "--bank-ref", "OUT-2"), ("return", paying, *WHY)):
        message = console.refused(TELLER, "redeem", *words)
        assert message.startswith("HolderBarred: The holder is frozen or blacklisted")
        assert message.endswith("lifted it, and record why with `redeem note`")
    assert blocks() == before + 1


def test_a_wallet_that_cannot_be_paid_to(console, office):
    world, stranger = office.world, office.world.holder(5)
    world.token.send("transfer", stranger.address, UNIT, sender=office.holder)
    number = str(surrender(world, stranger.address, UNIT))
    message = console.refused(TELLER, "redeem", "validate", number)
    assert message.startswith("WalletUnknown: The wallet is not bound to a customer")
    assert message.endswith("have REGISTRAR bind the wallet first, with `customers bind`")


# List and overdue


@pytest.mark.req("HK-39")
def test_open_requests_of_one_currency(console, office, paying):
    usd = office.world.suite.peg("USD")
    office.request("25.5")
    office.request("3", usd)
    first, second = requests(console)
    assert first == {
        "id": int(paying),
        "holder": office.holder,
        "amount": {"amount": "100.00", "units": "100000000"},
        "fee": {"amount": "0.00", "units": "0"},
        "status": "paying",
        "requestedAt": first["requestedAt"],
        "validDay": office.day(),
        "dueAt": office.end(3),
        "blockedUntil": office.day(4),
        "overdue": False,
    }
    assert first["requestedAt"].startswith(f"{office.day()}T07:0")
    assert (second["status"], second["dueAt"], second["amount"]["amount"]) == (
        "requested",
        None,
        "25.50",
    )
    assert [r["amount"]["amount"] for r in requests(console, "USD")] == ["3.00"]
    out = console.run("redeem", "list", "HKD", "--deployer", "TEST::0").out
    assert out == (
        f"{paying}: paying, 100.00 HKD of {office.holder}, due {office.end(3)}\n"
        f"{int(paying) + 1}: requested, 25.50 HKD of {office.holder}\n"
    )
    assert "EUR is not declared" in console.run("redeem", "list", "EUR").err


def test_nothing_is_open(console, office):
    assert requests(console) == []
    assert console.run("redeem", "list", "HKD").out == "No request is open.\n"
    for verb in ("list", "overdue"):
        assert requests(console, verb=verb) == []


@pytest.mark.req("HK-39")
def test_what_is_overdue_ends_in_exit_code_1(console, office, paying):
    late = office.request("5")
    console.act(TELLER, "redeem", "validate", late)
    console.act(SETTLER, "redeem", "paid", paying, *OUT)
    office.request("6")
    office.request("3", office.world.suite.peg("USD"))
    assert requests(console, verb="overdue") == []
    assert console.run("redeem", "overdue", "HKD").out == "No request is overdue.\n"
    warp(3 * DAY + 9 * 3600)
    (request,) = requests(console, verb="overdue", exit_code=1)
    assert (request["id"], request["overdue"], request["status"]) == (int(late), True, "valid")
    out = console.run("redeem", "overdue", "HKD").out
    assert out == f"{late}: valid, 5.00 HKD of {office.holder}, due {office.end(3)} OVERDUE\n"
    assert requests(console, "USD", "overdue") == []
    # The list says so as well, and is no alarm.
    assert [r["overdue"] for r in requests(console)] == [True, False]
    console.act(TELLER, "redeem", "paying", late, "--bank-ref", "OUT-2")
    console.act(SETTLER, "redeem", "paid", late, "--bank-ref", "OUT-2")
    assert requests(console, verb="overdue") == []


@pytest.mark.req("HK-39")
def test_a_typhoon_day_moves_the_due_date(console, office, valid):
    world = office.world
    world.act("CLERK", world.suite.desks.calendar, "declareClosed", HK, office.friday + 3, REF)
    assert requests(console)[0]["dueAt"] == office.end(4)
    warp(3 * DAY + 9 * 3600)
    assert requests(console, verb="overdue") == []


# Extend and note


@pytest.mark.req("HK-43")
def test_a_due_date_moves_by_consent(console, office, valid):
    words = ("redeem", "extend", valid, "--until", office.day(5), "--ref", "MA 7/2027")
    first = console.act(DEFERRER, *words, code=3).json
    assert (first["command"], first["outcome"]) == ("extend", "scheduled")
    early = console.act(DEFERRER, *words, code=3).json
    assert early["readyAt"] == first["readyAt"]
    assert requests(console)[0]["dueAt"] == office.end(3)
    warp(3600)
    done = twice(console, DEFERRER, *words)
    assert (done["refText"], done["request"]) == ("MA 7/2027", int(valid))
    assert requests(console)[0]["dueAt"] == office.end(5)


@pytest.mark.req("HK-43")
def test_what_can_never_be_extended_is_refused_before_the_delay(console, office, asked):
    before = blocks()

    def refused(until):
        words = ("redeem", "extend", asked, "--until", until, *WHY)
        return console.refused(DEFERRER, *words)

    assert f"the clock of request {asked} has not started" in refused(office.day(5))
    console.act(TELLER, "redeem", "validate", asked)
    assert f"is due later already, {office.end(3)}" in refused(office.day(2))
    assert "by a year at most, now to " + office.day(366) in refused(office.day(367))
    assert "is due later already" in refused("1969-12-31")
    for until in ("2027-02-30", "tomorrow", "2027-1-1", ""):
        assert "is not a day: write it as 2026-01-31" in refused(until)
    same = ("redeem", "extend", asked, "--until", office.day(3), *WHY)
    assert console.act(DEFERRER, *same).json["outcome"] == "nothing"
    assert blocks() == before + 1
    warp(3 * DAY + 9 * 3600)
    assert f"is overdue since {office.end(3)}: consent comes before" in refused(office.day(5))


def test_a_reason_is_recorded_once(console, asked):
    done = twice(console, TELLER, "redeem", "note", asked, *WHY)
    assert (done["command"], done["refText"]) == ("recordDelay", "HCMP 1/2027")
    again = console.act(TELLER, "redeem", "note", asked, "--ref", "HCMP 2/2027").json
    assert again["outcome"] == "done"


# Fees


@pytest.mark.req("HK-41")
def test_fees_are_announced_and_count_after_the_notice(console, office):
    fees = console.run("redeem", "fees", "HKD", "--json", "--deployer", "TEST::0").json
    nothing = {"amount": "0.00", "units": "0"}
    assert fees == {
        "currency": "HKD",
        "calendar": "HK",
        "businessDays": 1,
        "flatFee": nothing,
        "feeBps": 0,
        "maxFeeBps": 100,
        "next": None,
    }
    assert console.run("redeem", "fees", "HKD").out == (
        "0.00 HKD and 0 bps of the amount, at most 100 bps in all; paid within 1 business days of "
        "HK\n"
    )
    words = ("redeem", "raise-fees", "HKD", "--flat", "5.00", "--bps", "20", "--ref", "board 3")
    first = console.act(GOVERNOR, *words, code=3).json
    assert first["flatFee"] == {"amount": "5.00", "units": "5000000"}
    assert first["feeBps"] == 20
    warp(2 * DAY)
    done = twice(console, GOVERNOR, *words)
    assert done["command"] == "raiseFee"
    fees = console.run("redeem", "fees", "HKD", "--json").json
    assert (fees["flatFee"], fees["feeBps"]) == (nothing, 0)
    assert fees["next"]["flatFee"] == {"amount": "5.00", "units": "5000000"}
    assert fees["next"]["feeBps"] == 20
    out = console.run("redeem", "fees", "HKD").out
    assert out.endswith(f"\nfrom {fees['next']['from']}: 5.00 HKD and 20 bps\n")
    open_before = office.request("1000")
    warp(7 * DAY)
    after = office.request("1000")
    assert {r["id"]: r["fee"]["amount"] for r in requests(console)} == {
        int(open_before): "0.00",
        int(after): "7.00",
    }
    fees = console.run("redeem", "fees", "HKD", "--json").json
    assert (fees["flatFee"]["amount"], fees["feeBps"], fees["next"]) == ("5.00", 20, None)
    assert f"{after}: requested, 1,000.00 HKD of {office.holder}, 7.00 HKD kept as fee" in (
        console.run("redeem", "list", "HKD").out
    )


@pytest.mark.req("HK-41")
def test_fees_are_lowered_at_once(console, office):
    announced = ("redeem", "raise-fees", "HKD", "--flat", "5", "--bps", "20", "--ref", "board 3")
    console.act(GOVERNOR, *announced, code=3)
    warp(2 * DAY)
    console.act(GOVERNOR, *announced)
    warp(7 * DAY)
    words = ("redeem", "lower-fees", "HKD", "--flat", "2.50", "--ref", "board 4")
    console.act(GOVERNOR, *words, code=3)
    warp(2 * DAY)
    done = twice(console, GOVERNOR, *words)
    assert (done["command"], done["feeBps"]) == ("lowerFee", 0)
    fees = console.run("redeem", "fees", "HKD", "--json").json
    assert (fees["flatFee"]["amount"], fees["feeBps"], fees["next"]) == ("2.50", 0, None)
    before = blocks()
    for flat, bps in (("2.51", "0"), ("2.50", "1")):
        higher = ("lower-fees", "HKD", "--flat", flat, "--bps", bps, "--ref", "board 5")
        message = console.refused(GOVERNOR, "redeem", *higher)
        assert message == (
            "the fee is 2.50 HKD and 0 bps, and lowering raises neither: announce it with "
            "`redeem raise-fees`"
        )
    assert blocks() == before


@pytest.mark.parametrize("verb", ["raise-fees", "lower-fees"])
@pytest.mark.parametrize(
    ("fee", "message"),
    [
        (("--bps", "101"), "above the desk's cap of 100 bps"),
        (("--bps", "65536"), "above the desk's cap of 100 bps"),
        (("--flat", "1208925819614629174.706176"), "2^80 - 1 base units"),
        (("--flat", "0.0000001"), "never rounded"),
        (("--flat", "-1"), "plain digits"),
        (("--flat", "1" + "0" * 29), "more than any token can hold"),
    ],
)
def test_fees_that_can_never_be(console, office, verb, fee, message):
    before = blocks()
    assert message in console.refused(GOVERNOR, "redeem", verb, "HKD", *fee, *WHY)
    assert blocks() == before


def test_fees_that_are_written_wrongly(console, office):
    for verb in ("raise-fees", "lower-fees"):
        for fee in (("--bps", "-1"), ("--bps", "1.5"), ("--bps", "many")):
            assert console.act(GOVERNOR, "redeem", verb, "HKD", *fee, code=2).out == ""


# Bad input


@pytest.mark.parametrize(
    "words", [("validate",), ("paying", *OUT), ("reject", *WHY), ("return", *WHY), ("note", *WHY)]
)
def test_a_request_that_never_was(console, office, words):
    verb, *rest = words
    index = SETTLER if verb == "reject" else TELLER
    before = blocks()
    message = console.refused(index, "redeem", verb, "1000", *rest)
    assert message == "request 1000: there is no such request; `redeem list` shows the open ones"
    assert console.act(index, "redeem", verb, "0", *rest, code=2).out == ""
    assert blocks() == before


@pytest.mark.parametrize("number", ["-1", "1.5", "one", "", str(2**64 + 1), "1" + "0" * 90])
def test_a_number_that_is_none(console, office, number):
    assert console.act(TELLER, "redeem", "validate", number, code=2).out == ""


def test_paid_of_a_request_that_never_was(console, office):
    for number in ("1000", str(2**64)):
        message = console.refused(SETTLER, "redeem", "paid", number, *OUT)
        assert message.startswith(f"request {number}: there is no such request; `redeem list`")


def test_references_are_required(console, office, valid, paying):
    before = blocks()
    for index, words in (
        (TELLER, ("return", valid)),
        (TELLER, ("note", valid)),
        (SETTLER, ("reject", valid)),
        (DEFERRER, ("extend", valid, "--until", office.day(5))),
    ):
        assert "a reference is required here" in console.refused(index, "redeem", *words)
    for ref in (" ", "0x" + "00" * 32):
        words = ("redeem", "note", valid, "--ref", ref)
        assert "a reference is required here" in console.refused(TELLER, *words)
    for index, verb in ((TELLER, "paying"), (SETTLER, "paid")):
        assert console.act(index, "redeem", verb, valid, code=2).out == ""
        message = console.refused(index, "redeem", verb, valid, "--bank-ref", " ")
        assert "a reference is required here" in message
        message = console.refused(index, "redeem", verb, valid, "--bank-ref", "0x12")
        assert "is not a reference" in message
    assert console.act(DEFERRER, "redeem", "extend", valid, *WHY, code=2).out == ""
    assert blocks() == before


def test_who_signs_must_be_said(console, office, asked):
    answer = console.run("redeem", "validate", asked)
    assert answer.code == 2
    assert "--account is missing" in answer.err
