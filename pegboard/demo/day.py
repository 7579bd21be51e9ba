"""A day at the desks: a bank's file comes in, tokens go out, come back, and are paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard import issuance, picture, redemption
from pegboard.actions import desk_action, money
from pegboard.calendars import day_text
from pegboard.demo.bankfile import Row, camt_053
from pegboard.demo.story import deploy
from pegboard.desks import calendar_code
from pegboard.errors import Unexpected
from pegboard.files.bank import deposit_reference, read_statements
from pegboard.inputs import moment_text, reference
from pegboard.reserves import post
from pegboard.signing import binding

if TYPE_CHECKING:
    from pegboard.demo.stage import Stage
    from pegboard.files.bank import Statement
    from pegboard.issuance import Accounted, Line
    from pegboard.suite import Peg

DAY = 86_400
#: Three enterprises that buy for themselves, two wholesalers that distribute.
ENTERPRISES = ("importer", "airline", "retailer")
WHOLESALERS = ("broker", "exchange")
CUSTOMERS = ENTERPRISES + WHOLESALERS
#: Everybody who comes to hold tokens.
CAST = (*CUSTOMERS, "shopper")
LARGE = "2500000.00"
APPROVERS = ("TEST::41", "TEST::42", "TEST::43")


@dataclass
class Books:
    """What the day is to come to, kept beside the chain, in base units."""

    issued: int = 0
    paid: int = 0


def tell(stage: Stage) -> None:
    """All of it."""
    deploy(stage)
    hkd, books = stage.suite.peg("HKD"), Books()
    know_customers(stage)
    open_channels(stage, hkd)
    with TemporaryDirectory() as folder:
        statements = receive_file(stage, Path(folder) / "statement.xml")
        issue_by_file(stage, hkd, statements, books)
    distribute(stage, hkd)
    redeem(stage, hkd, books)
    add_up(stage, hkd, books)


def channel_of(who: str) -> str:
    """The channel's name that payers write into their remittance."""
    return f"{'ENT' if who in ENTERPRISES else 'WHS'}-{who.upper()}"


# Before the day


def know_customers(stage: Stage) -> None:
    """Each wallet proves by its own signature whose it is."""
    stage.step("Bind the wallets of three enterprises and two wholesalers, by their signatures")
    register = stage.suite.desks.customers
    for who in CUSTOMERS:
        wallet, now = stage.people[who], stage.chain.now()
        customer, nonce = keccak(text=f"file of {who}"), register.call("customerOf", wallet)[3]
        proof = stage.sign(wallet, binding(register, wallet, customer, nonce, now + DAY))
        until = now + 365 * DAY
        args = (wallet, customer, until, now + DAY, proof, reference("KYC"))
        stage.enact(desk_action(register, "bind", args, f"bind {wallet} to its customer"))
        payout = keccak(text=f"account of {who}")
        said = f"set the payout account of {wallet}"
        stage.enact(desk_action(register, "setPayout", (wallet, payout, reference("KYC")), said))
    stage.warp(register.call("cooling"))


def open_channels(stage: Stage, peg: Peg) -> None:
    """A channel for each, with a cap on one order and a refilling limit."""
    stage.step("Open a channel for each of them: GOVERNOR, who waits two days and can be stopped")
    desk = stage.suite.desks.issuance
    cap, limit = stage.units(peg, "5000000"), stage.units(peg, "40000000")
    opened, raised = [], []
    for who in CUSTOMERS:
        name, kind = issuance.channel_word(channel_of(who)), 1 if who in ENTERPRISES else 2
        token, payee, ref = peg.token.address, stage.people[who], reference("board 12")
        args: tuple[object, ...] = (name, token, kind, payee, ref)
        said = f"open the {issuance.KINDS[kind]} channel {channel_of(who)}"
        opened.append(desk_action(desk, "openChannel", args, said))
        args = (name, cap, limit, DAY, ref)
        said = f"let {channel_of(who)} issue {money(peg, cap)} an order, {money(peg, limit)} a day"
        raised.append(desk_action(desk, "raiseChannel", args, said))
    stage.enact_all([*opened, *raised])


def attest(stage: Stage, peg: Peg, reserves: str) -> None:
    """A statement of now."""
    signed = stage.statement(peg, reserves, signers=3)
    receipt = post(peg.feed, *signed, sender=stage.people["relayer"])
    stage.did(f"statement: {reserves} {peg.config.code} in reserve", receipt)


# The bank's file


def rows_of_the_day() -> list[Row]:
    """Forty credits, three of them twice; and a debit and a pending credit, which are none."""
    rows = []
    for number in range(1, 38):
        who = CUSTOMERS[number % len(CUSTOMERS)]
        amount = LARGE if number in (10, 20, 30) else f"{100_000 + number * 1_000}.{number:02}"
        rows.append(Row(f"FPS{number:04}", amount, f"for {channel_of(who)}, thank you"))
    rows += [rows[4], rows[11], rows[36]]
    rows += [
        Row("FPS0090", "77.00", "charges", side="DBIT"),
        Row("FPS0091", "5000.00", f"for {channel_of('broker')}", status="PDNG"),
    ]
    return rows


def receive_file(stage: Stage, path: Path) -> tuple[Statement, ...]:
    """A real file: written as a bank writes it, read as the desk reads it."""
    stage.step("The bank's file of the day comes in: camt.053, 40 credits, a debit, one pending")
    today = datetime.fromtimestamp(stage.chain.now(), UTC).date()
    dated = [
        Row(**{**vars(row), "booking_date": today, "value_date": today})
        for row in rows_of_the_day()
    ]
    path.write_text(camt_053(dated, day=today), encoding="utf-8")
    statements = read_statements(path)
    credits_ = [credit for statement in statements for credit in statement.credits]
    stage.expect("the credits of the file", len(credits_), 40)
    stage.say(f"{path.name}: {len(credits_)} credits, {len(statements[0].ignored)} other entries")
    return statements


def issue_by_file(stage: Stage, peg: Peg, statements: tuple[Statement, ...], books: Books) -> None:
    """Proposed, checked against the bank's own file, approved, and issued once."""
    attest(stage, peg, "3000000")
    mistype(stage, peg, statements)
    stage.step("PROPOSER proposes the whole file; every line is accounted for")
    found = run(stage, issuance.proposals(stage.suite, peg, statements), "PROPOSER")
    account(stage, found, done=36, refused=1, duplicate=3, ignored=2)

    stage.step("APPROVER checks each order against the bank's own file: one says something else")
    found = approve(stage, peg, statements, 0)
    wrong = [
        line for line in found.lines if line.outcome == "refused" and "order is of" in line.reason
    ]
    stage.expect(
        "orders that differ from the bank", [line.reference for line in wrong], ["FPS0017"]
    )
    stage.say(f"refused  {wrong[0].reference}: {wrong[0].reason}")
    insist(stage, peg, statements, wrong[0])
    short = [line for line in found.lines if "ReserveExceeded" in line.reason]
    if not short:
        raise Unexpected("the reserves were to run short, and did not")
    stage.say(f"{len(short)} orders wait: {short[0].reason}")
    stage.refusals.append("ReserveExceeded")

    stage.step("GUARDIAN cancels the mistyped order; it is proposed anew, from the file")
    stage.enact(issuance.cancel(stage.suite, wrong[0].ref, reference("typed wrongly")))
    found = run(stage, issuance.proposals(stage.suite, peg, statements), "PROPOSER")
    account(stage, found, done=1, nothing=36, duplicate=3, ignored=2)

    stage.step("A fresh statement ends the shortfall; the same file is approved again")
    attest(stage, peg, "60000000")
    approve(stage, peg, statements, 0)
    stage.say("three orders are large: they need a second approver")
    approve(stage, peg, statements, 1)
    last = approve(stage, peg, statements, 1)
    account(stage, last, nothing=37, duplicate=3, ignored=2)
    credits_ = {c.reference: c for s in statements for c in s.credits}
    books.issued = sum(stage.units(peg, c.amount) for c in credits_.values())
    stage.expect("the supply", peg.token.call("totalSupply"), books.issued)
    stage.say(f"issued: {money(peg, books.issued)} for 37 credits, each once")


def mistype(stage: Stage, peg: Peg, statements: tuple[Statement, ...]) -> None:
    """An order that was typed by hand, with two digits swapped."""
    stage.step("Somebody proposes one credit by hand before the file is run, with a wrong amount")
    credit = next(c for s in statements for c in s.credits if c.reference == "FPS0017")
    name = issuance.channel_in(credit.remittance, {channel_of(who) for who in CUSTOMERS})
    wrong = stage.units(peg, "171000.17")
    stage.enact(issuance.propose(stage.suite, peg, deposit_reference(credit), name, wrong))


def insist(stage: Stage, peg: Peg, statements: tuple[Statement, ...], line: Line) -> None:
    """The desk itself refuses what the bank says, where the order says something else."""
    amount = next(c.amount for s in statements for c in s.credits if c.reference == line.reference)
    name = issuance.channel_word(line.channel)
    terms = (line.ref, name, stage.units(peg, amount))
    signer = stage.resolve(APPROVERS[0])
    stage.refused(
        "OrderMismatch",
        "approving what the bank says",
        lambda: stage.suite.desks.issuance.send("approve", *terms, sender=signer),
        peg,
    )


def approve(stage: Stage, peg: Peg, statements: tuple[Statement, ...], approver: int) -> Accounted:
    """One approver's pass over the file."""
    signer = stage.resolve(APPROVERS[approver])
    found = issuance.approvals(stage.suite, peg, statements, signer)
    return run(stage, found, "APPROVER", signer)


def run(stage: Stage, found: Accounted, role: str, signer: str = "") -> Accounted:
    """Carries a file out as the command does: a line that is refused stops no other."""
    who, gas = signer or stage.member(role), stage.gas
    for line in found.to_do:
        action, line.action = line.action, None
        if action is None:
            continue
        fault = stage.attempt(action, who)
        line.outcome, line.reason = ("refused", fault) if fault else ("done", "")
    outcomes = sorted({line.outcome for line in found.lines})
    told = ", ".join(f"{found.count(outcome)} {outcome}" for outcome in outcomes)
    stage.say(f"{len(found.lines)} lines: {told} ({stage.gas - gas:,} gas)")
    return found


def account(stage: Stage, found: Accounted, **wanted: int) -> None:
    """Every line has come to something, and to what it should."""
    counts = {outcome: found.count(outcome) for outcome in wanted}
    stage.expect("what became of the file", counts, wanted)
    stage.expect("the lines of the file", sum(counts.values()), len(found.lines))


# The day's traffic


def distribute(stage: Stage, peg: Peg) -> None:
    """A wholesaler sells on: a plain transfer."""
    stage.step("A wholesaler sells to a shopper: a plain transfer, which needs no desk")
    units = stage.units(peg, "1234.50")
    said = f"{money(peg, units)} to shopper"
    stage.act(peg.token, "broker", said, "transfer", stage.people["shopper"], units)


def surrender(stage: Stage, peg: Peg, who: str, amount: str) -> int:
    """A holder asks for its money; returns the request's number."""
    desk, units = stage.suite.desks.redemption, stage.units(peg, amount)
    said = f"redeem {money(peg, units)}"
    args = (desk.address, units, reference(f"own {who}"))
    stage.act(peg.token, who, said, "surrender", *args)
    return int(desk.call("requestCount"))


def redeem(stage: Stage, peg: Peg, books: Books) -> None:
    """Over a Sunday and a typhoon day; frozen in the middle; overdue; and taken back."""
    suite = stage.suite
    friday = to_friday(stage)
    stage.step("Friday afternoon in Hong Kong: five holders ask for their money")
    over, frozen, late, racing, changed = (
        surrender(stage, peg, who, amount)
        for who, amount in (
            ("importer", "100000.00"),
            ("airline", "50000.00"),
            ("retailer", "25000.00"),
            ("broker", "75000.00"),
            ("exchange", "10000.00"),
        )
    )
    for number in (over, frozen, late, racing):
        stage.enact(redemption.validate(suite, number))
    due = redemption.request_of(suite, over).due_at
    stage.say(f"due on the next business day: {moment_text(due)}")
    take_back(stage, changed)

    stage.step("The bank is told to pay; one holder tries to take the tokens back meanwhile")
    stage.enact(redemption.paying(suite, racing, reference("OUT-1")))
    stage.refused(
        "PayoutPending",
        "taking back what the bank is paying",
        lambda: suite.desks.redemption.send("takeBack", racing, sender=stage.people["broker"]),
        peg,
    )
    settle(stage, racing, "OUT-1", books)

    freeze_midway(stage, peg, frozen)
    typhoon(stage, over, friday, books)
    overdue(stage, peg, late, books)
    thaw(stage, peg, frozen, books)


def to_friday(stage: Stage) -> int:
    """Goes to a Friday, 15:00 in Hong Kong, whose next Monday and Tuesday are business days."""
    calendar, code = stage.suite.desks.calendar, calendar_code("HK")
    day = calendar.call("dayOf", code, stage.chain.now()) + 1
    while not (day % 7 == 1 and all(calendar.call("isOpen", code, day + n) for n in (0, 3, 4, 5))):
        day += 1
    afternoon = calendar.call("endOf", code, day) + 1 - 9 * 3600
    stage.warp(afternoon - stage.chain.now())
    return int(day)


def take_back(stage: Stage, number: int) -> None:
    """A request that is not being paid is its holder's to take back."""
    desk = stage.suite.desks.redemption
    stage.act(desk, "exchange", f"takes request {number} back", "takeBack", number)
    stage.expect("the request", redemption.request_of(stage.suite, number).status, "closed")


def settle(stage: Stage, number: int, bank_ref: str, books: Books) -> bool:
    """The bank has paid: the tokens are destroyed. Returns whether it was late."""
    amount = redemption.request_of(stage.suite, number).amount
    receipt = stage.enact(redemption.paid(stage.suite, number, reference(bank_ref)))
    books.paid += amount
    (event,) = stage.suite.desks.redemption.events(receipt.logs)
    return bool(event[1]["late"])


def freeze_midway(stage: Stage, peg: Peg, number: int) -> None:
    """No money to somebody who may not dispose of it."""
    stage.step("An order freezes a holder after the bank was told to pay: nothing moves")
    suite, holder = stage.suite, stage.people["airline"]
    stage.enact(redemption.paying(suite, number, reference("OUT-2")))
    orders, case = suite.desks.orders, reference("HCMP 1/2026")
    review = stage.chain.now() + 90 * DAY
    case_args = (case, 1, review, keccak(text="order of the court"))
    stage.enact(desk_action(orders, "openCase", case_args, "open a case by a court order"))
    name_args = (case, peg.token.address, holder, stage.units(peg, "60000"))
    stage.enact(desk_action(orders, "nameAccount", name_args, f"name {holder} in it"))
    freeze_args = (case, peg.token.address, [holder])
    stage.enact(desk_action(orders, "freeze", freeze_args, f"freeze {holder} under it"))
    stage.refused(
        "FrozenAccount",
        "recording the payout of a frozen holder",
        lambda: stage.enact(redemption.paid(suite, number, reference("OUT-2"))),
        peg,
    )
    why = redemption.record_delay(suite, number, reference("HCMP 1/2026"))
    stage.enact(why)


def typhoon(stage: Stage, number: int, friday: int, books: Books) -> None:
    """A day on which business stops moves the date; a Saturday and a Sunday never counted."""
    stage.step("Monday: a typhoon. The day is declared closed, and the due date moves to Tuesday")
    suite, calendar = stage.suite, stage.suite.desks.calendar
    before = redemption.request_of(suite, number).due_at
    monday = friday + 3
    stage.warp(
        calendar.call("endOf", calendar_code("HK"), monday) + 1 - 14 * 3600 - stage.chain.now()
    )
    args = (calendar_code("HK"), monday, reference("signal no. 8"))
    stage.enact(desk_action(calendar, "declareClosed", args, f"close {day_text(monday)}"))
    after = redemption.request_of(suite, number).due_at
    stage.expect("the delay of the due date", after - before, DAY)
    stage.warp(DAY)
    stage.enact(redemption.paying(suite, number, reference("OUT-3")))
    stage.expect("late", settle(stage, number, "OUT-3", books), wanted=False)
    stage.say("paid on Tuesday, in time: the Sunday and the typhoon do not count")


def overdue(stage: Stage, peg: Peg, number: int, books: Books) -> None:
    """Anybody can see what was not paid in time."""
    stage.step("A request is forgotten: everybody can read that it is overdue")
    suite = stage.suite
    due = redemption.request_of(suite, number).due_at
    stage.warp(due + 1 - stage.chain.now())
    found = [request.id for request in redemption.overdue(suite, peg)]
    stage.expect("overdue requests", number in found, wanted=True)
    stage.say(f"overdue: {', '.join(str(n) for n in found)}")
    stage.enact(redemption.paying(suite, number, reference("OUT-4")))
    stage.expect("late", settle(stage, number, "OUT-4", books), wanted=True)
    stage.say("paid, and recorded as late")


def thaw(stage: Stage, peg: Peg, number: int, books: Books) -> None:
    """The freeze is lifted, and the payout recorded."""
    stage.step("The court lifts the freeze: RELEASER waits a day, then the payout is recorded")
    orders, case = stage.suite.desks.orders, reference("HCMP 1/2026")
    args = (case, peg.token.address, [stage.people["airline"]])
    stage.enact(desk_action(orders, "unfreeze", args, "lift the freeze of the case"))
    settle(stage, number, "OUT-2", books)


# At the end


def add_up(stage: Stage, peg: Peg, books: Books) -> None:
    """Issued less burned is the supply, to the unit, from the chain's own records."""
    stage.step("Add up: one picture, from one block, rebuilt from the log")
    role = stage.roles.roles["MINTER"].id
    seen = picture.take(stage.suite, peg, role)
    stage.expect("what does not add up", seen.breaks, [])
    stage.expect("issued", sum(seen.issued.values()), books.issued)
    stage.expect("redeemed", seen.redeemed, books.paid)
    stage.expect("minted by anybody but the desk", seen.otherwise, 0)
    stage.expect("issued less burned", books.issued - books.paid, seen.total)
    stage.expect("open requests", seen.requests, ())
    for name, units in seen.issued.items():
        stage.say(f"{name:16} issued {money(peg, units)}")
    stage.say(f"{'all':16} issued {money(peg, books.issued)}, paid out {money(peg, books.paid)}")
    stage.say(f"supply {money(peg, seen.total)}: circulating {money(peg, seen.circulating)}")
