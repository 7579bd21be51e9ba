"""Cases, the accounts that they name, and the words in which they do.

every verb
└── when called by anybody without its role: reverts with AccessManagedUnauthorized

openCase
├── when the id or the document is zero: reverts with ReferenceRequired
├── when the id was ever used: reverts with CaseExists
├── when it has no class, or no review date in the future and within 366 days: reverts with
│   InvalidCase
└── else: opens

reviewCase
├── when the reference is zero: reverts with ReferenceRequired
├── given no such case, or a closed one: reverts with CaseNotOpen
├── when the date is past, or too far: reverts with InvalidCase
└── else: sets the next date in either direction, of an overdue case too

nameAccount
├── given no such case, or a closed one: reverts with CaseNotOpen
├── given an overdue case: reverts with ReviewOverdue
├── given an address without code for a token: reverts with TokenUnknown
├── when the ceiling is below what is held and taken: reverts with CeilingExceeded
└── else: names, or replaces the ceiling

closeCase
├── when the reference is zero: reverts with ReferenceRequired
├── given no such case, or a closed one: reverts with CaseNotOpen
├── while an account is frozen or held: reverts with CaseStillRestrains
└── else: closes, overdue or not, and nothing of it acts again

entryOf
└── given an account that is not named: reverts with AccountNotNamed

entries, cases
└── whatever the page: lists in order, and nothing that is not there

words
└── nothing that the suite can be asked, says or refuses speaks of suspicion
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from eth_utils import keccak

from tests.support import cases
from tests.support.cases import (
    AUTHORITY_REQUEST,
    CASE,
    COURT_ORDER,
    DOCUMENT,
    NO_CLASS,
    OTHER,
    REVIEW,
    SECURITY,
    Entry,
    caseworker,
    entry,
    open_case,
)
from tests.support.refusal import emitted, refused, when_due
from tests.support.world import REF, ROOT, artifacts

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_REF = b"\0" * 32
CASE_HEX, OTHER_HEX, DOCUMENT_HEX, REF_HEX = (
    "0x" + word.hex() for word in (CASE, OTHER, DOCUMENT, REF)
)
DAY = 86_400
LONGEST = 366 * DAY
MOST = 2**112 - 1
ALL = 2**256 - 1
CLASSES = {
    "court order": COURT_ORDER,
    "authority request": AUTHORITY_REQUEST,
    "security": SECURITY,
    "review": REVIEW,
}


@pytest.fixture
def orders(world):
    return world.suite.desks.orders


@pytest.fixture
def worker(world):
    return world.member("CASEWORKER")


@pytest.fixture
def opened(world):
    """A case that is to be reviewed in 30 days."""
    open_case(world)
    return CASE


@pytest.fixture
def named(world, opened, holder):
    """The holder, who has 1,000 HKD, with a ceiling of 600."""
    cases.name(world, holder.address, 600)
    return holder.address


def case_of(orders, case=CASE):
    """Class, opened at, review by, closed, restraints and document."""
    *rest, document = orders.call("caseOf", case)
    return (*rest, "0x" + document.hex())


# Who may


VERBS = {
    "openCase": ("CASEWORKER", lambda w: (OTHER, COURT_ORDER, w.chain.now() + DAY, DOCUMENT)),
    "reviewCase": ("CASEWORKER", lambda w: (CASE, w.chain.now() + DAY, REF)),
    "nameAccount": (
        "CASEWORKER",
        lambda w: (CASE, w.token.address, w.holder(1).address, 1),
    ),
    "closeCase": ("RELEASER", lambda _: (CASE, REF)),
}


@pytest.mark.req("HK-04")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.usefixtures("opened")
def test_only_its_role_may(world, orders, stranger, verb):
    """Opening is not closing, and whoever takes does neither."""
    role, args = VERBS[verb]
    others = {"CASEWORKER", "RELEASER", "EXECUTOR", "GUARDIAN", "GOVERNOR", "SEIZER"} - {role}
    for caller in (*map(world.member, sorted(others)), stranger.address):
        with refused(world, "AccessManagedUnauthorized", caller=caller):
            orders.send(verb, *args(world), sender=caller)
    assert world.act(role, orders, verb, *args(world)).logs


# Opening


@pytest.mark.parametrize(("case", "document"), [(NO_REF, DOCUMENT), (CASE, NO_REF)])
def test_a_case_needs_an_id_and_a_document(world, case, document):
    with refused(world, "ReferenceRequired"):
        caseworker(world, "openCase", case, COURT_ORDER, world.chain.now() + DAY, document)


@pytest.mark.req("HK-55")
@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("closed", [False, True])
def test_an_id_is_used_once_for_ever(world, closed):
    if closed:
        cases.close(world)
    with refused(world, "CaseExists", caseId=CASE_HEX):
        open_case(world)
    with refused(world, "CaseExists", caseId=CASE_HEX):
        open_case(world, kind=REVIEW, days=7)


@pytest.mark.parametrize("kind", CLASSES.values(), ids=list(CLASSES))
@pytest.mark.parametrize("ahead", [-DAY, 0, LONGEST + 1])
def test_a_case_is_reviewed_within_a_year(world, kind, ahead):
    review_by = world.chain.now() + ahead
    with refused(world, "InvalidCase", **{"class": kind, "reviewBy": review_by}):
        caseworker(world, "openCase", CASE, kind, review_by, DOCUMENT)


def test_a_case_has_a_class(world):
    review_by = world.chain.now() + DAY
    with refused(world, "InvalidCase", **{"class": NO_CLASS, "reviewBy": review_by}):
        caseworker(world, "openCase", CASE, NO_CLASS, review_by, DOCUMENT)
    with refused(world, ""):
        caseworker(world, "openCase", CASE, REVIEW + 1, review_by, DOCUMENT)


@pytest.mark.req("HK-54")
@pytest.mark.parametrize("kind", CLASSES.values(), ids=list(CLASSES))
@pytest.mark.parametrize("ahead", [1, LONGEST])
def test_opens(world, orders, worker, kind, ahead):
    now = world.chain.now()
    assert case_of(orders) == (NO_CLASS, 0, 0, False, 0, "0x" + NO_REF.hex())
    receipt = caseworker(world, "openCase", CASE, kind, now + ahead, DOCUMENT)
    said = {
        "caseId": CASE_HEX,
        "class": kind,
        "reviewBy": now + ahead,
        "document": DOCUMENT_HEX,
        "operator": worker,
    }
    assert emitted(orders, receipt) == [("CaseOpened", said)]
    assert case_of(orders) == (kind, now, now + ahead, False, 0, DOCUMENT_HEX)
    assert orders.call("caseCount") == 1


# Reviewing


@pytest.mark.usefixtures("opened")
def test_a_review_needs_a_reference(world):
    with refused(world, "ReferenceRequired"):
        caseworker(world, "reviewCase", CASE, world.chain.now() + DAY, NO_REF)


@pytest.mark.usefixtures("opened")
def test_reviews_only_what_is_open(world):
    with refused(world, "CaseNotOpen", caseId=OTHER_HEX):
        caseworker(world, "reviewCase", OTHER, world.chain.now() + DAY, REF)
    cases.close(world)
    with refused(world, "CaseNotOpen", caseId=CASE_HEX):
        caseworker(world, "reviewCase", CASE, world.chain.now() + DAY, REF)


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("ahead", [-1, 0, LONGEST + 1])
def test_the_next_review_is_within_a_year_too(world, ahead):
    review_by = world.chain.now() + ahead
    with refused(world, "InvalidCase", **{"class": COURT_ORDER, "reviewBy": review_by}):
        caseworker(world, "reviewCase", CASE, review_by, REF)


@pytest.mark.req("HK-54")
@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("ahead", [1, LONGEST])
@pytest.mark.parametrize("late", [0, 400 * DAY])
def test_reviews(world, orders, worker, ahead, late):
    """Earlier or later than before; also when it is overdue."""
    before = case_of(orders)
    world.chain.warp(late)
    review_by = world.chain.now() + ahead
    receipt = caseworker(world, "reviewCase", CASE, review_by, REF)
    said = {"caseId": CASE_HEX, "reviewBy": review_by, "operator": worker, "ref": REF_HEX}
    assert emitted(orders, receipt) == [("CaseReviewed", said)]
    assert case_of(orders) == (*before[:2], review_by, *before[3:])


# Naming


@pytest.mark.req("HK-55")
@pytest.mark.usefixtures("opened")
def test_names_only_in_an_open_case(world, holder):
    with refused(world, "CaseNotOpen", caseId=OTHER_HEX):
        cases.name(world, holder.address, 1, OTHER)
    cases.close(world)
    with refused(world, "CaseNotOpen", caseId=CASE_HEX):
        cases.name(world, holder.address, 1)


@pytest.mark.req("HK-54")
@pytest.mark.usefixtures("opened")
def test_names_up_to_the_last_second_of_the_review(world, orders, holder, payee):
    review_by = case_of(orders)[2]
    world.chain.warp(review_by - world.chain.now())
    cases.name(world, holder.address, 1)
    world.chain.warp(1)
    for account in (holder.address, payee.address):
        with refused(world, "ReviewOverdue", caseId=CASE_HEX, reviewBy=review_by):
            cases.name(world, account, 1)
    caseworker(world, "reviewCase", CASE, world.chain.now() + DAY, REF)
    cases.name(world, payee.address, 1)
    assert entry(world, payee.address).ceiling == 1


@pytest.mark.usefixtures("opened")
def test_names_only_accounts_of_contracts(world, holder, stranger):
    """A token that left the board is within reach; what is no token refuses by itself."""
    for token in (stranger.address, "0x" + "00" * 20):
        with refused(world, "TokenUnknown", token=token):
            caseworker(world, "nameAccount", CASE, token, holder.address, 1)


@pytest.mark.req("HK-55")
@pytest.mark.parametrize("ceiling", [0, 1, MOST])
@pytest.mark.usefixtures("opened")
def test_names(world, orders, token, worker, holder, ceiling):
    receipt = cases.name(world, holder.address, ceiling)
    said = {
        "caseId": CASE_HEX,
        "token": token.address,
        "account": holder.address,
        "ceiling": ceiling,
        "operator": worker,
    }
    assert emitted(orders, receipt) == [("AccountNamed", said)]
    recorded = Entry(
        token.address.lower(),
        holder.address.lower(),
        frozen=False,
        ceiling=ceiling,
        held=0,
        taken=0,
    )
    assert entry(world, holder.address) == recorded
    assert case_of(orders)[4] == 0
    assert token.call("canSend", holder.address) is True


@pytest.mark.req("HK-55")
def test_names_anew(world, orders, token, worker, named):
    """The ceiling is raised, and lowered to nothing while nothing is used; the entry stays one."""
    for ceiling in (601, 600, MOST, 0):
        receipt = cases.name(world, named, ceiling)
        said = {
            "caseId": CASE_HEX,
            "token": token.address,
            "account": named,
            "ceiling": ceiling,
            "operator": worker,
        }
        assert emitted(orders, receipt) == [("AccountNamed", said)]
        assert [e[3] for e in orders.call("entries", CASE, 0, ALL)] == [ceiling]


@pytest.mark.req("HK-55")
def test_a_ceiling_does_not_fall_below_what_is_held_and_taken(world, named, payee):
    cases.hold(world, named, 500)
    cases.execute(world, cases.propose(world, named, payee.address, 200))
    assert entry(world, named)[3:] == (600, 300, 200)
    for ceiling in (499, 300, 0):
        with refused(
            world, "CeilingExceeded", caseId=CASE_HEX, account=named, value=500, allowed=ceiling
        ):
            cases.name(world, named, ceiling)
    cases.name(world, named, 500)
    assert entry(world, named)[3:] == (500, 300, 200)
    cases.release(world, named, 300)
    with refused(world, "CeilingExceeded", caseId=CASE_HEX, account=named, value=200, allowed=199):
        cases.name(world, named, 199)
    cases.name(world, named, 200)
    assert entry(world, named)[3:] == (200, 0, 200)


def test_a_case_names_an_account_in_its_own_right(world, orders, named):
    """Neither another case's ceiling nor its end is this one's."""
    open_case(world, OTHER)
    cases.name(world, named, 9, OTHER)
    cases.close(world, OTHER)
    assert entry(world, named).ceiling == 600
    assert entry(world, named, OTHER).ceiling == 9
    assert case_of(orders)[3] is False


# Closing


@pytest.mark.usefixtures("opened")
def test_closing_needs_a_reference(world, orders):
    act = when_due(world, "RELEASER", orders, "closeCase", CASE, NO_REF)
    with refused(world, "ReferenceRequired"):
        act()


@pytest.mark.usefixtures("opened")
def test_closes_only_what_is_open(world, orders):
    never = when_due(world, "RELEASER", orders, "closeCase", OTHER, REF)
    with refused(world, "CaseNotOpen", caseId=OTHER_HEX):
        never()
    cases.close(world)
    again = when_due(world, "RELEASER", orders, "closeCase", CASE, REF)
    with refused(world, "CaseNotOpen", caseId=CASE_HEX):
        again()


@pytest.mark.req("HK-54")
def test_closes_only_when_nothing_is_restrained(world, orders, named, payee):
    """Restraints are counted by account, however many kinds of it there are."""
    cases.name(world, payee.address, 5)
    cases.freeze(world, named, payee.address)
    cases.hold(world, named, 5)

    act = when_due(world, "RELEASER", orders, "closeCase", CASE, REF)

    def refuses(restraints):
        assert case_of(orders)[4] == restraints
        with refused(world, "CaseStillRestrains", caseId=CASE_HEX, restraints=restraints):
            act()

    refuses(2)
    cases.unfreeze(world, payee.address)
    refuses(1)
    cases.unfreeze(world, named)
    refuses(1)
    cases.release(world, named, 4)
    refuses(1)
    cases.release(world, named, 1)
    receipt = act()
    said = {"caseId": CASE_HEX, "operator": world.member("RELEASER"), "ref": REF_HEX}
    assert emitted(orders, receipt) == [("CaseClosed", said)]
    assert case_of(orders)[3:5] == (True, 0)


@pytest.mark.req("HK-55")
def test_what_was_taken_restrains_no_more(world, orders, named, payee):
    """A hold that was consumed needs no release."""
    cases.hold(world, named, 600)
    number = cases.propose(world, named, payee.address, 600)
    assert case_of(orders)[4] == 1
    cases.execute(world, number)
    assert case_of(orders)[4] == 0
    cases.close(world)
    assert case_of(orders)[3] is True


@pytest.mark.req("HK-54")
def test_an_overdue_case_is_closed(world, orders, named):
    cases.freeze(world, named)
    world.chain.warp(31 * DAY)
    cases.unfreeze(world, named)
    cases.close(world)
    assert case_of(orders)[3:5] == (True, 0)


@pytest.mark.req("HK-55")
def test_nothing_of_a_closed_case_acts(world, orders, token, named, payee):
    """Neither does an order that waited, though its execution was scheduled."""
    cases.hold(world, named, 600)
    waiting = cases.propose(world, named, payee.address, 600)
    cases.release(world, named, 600)
    cases.close(world)
    at = (CASE, token.address)
    for verb, args in {
        "freeze": (*at, [named]),
        "hold": (*at, named, 1),
        "propose": (*at, named, payee.address, 1, 0),
    }.items():
        with refused(world, "CaseNotOpen", caseId=CASE_HEX):
            caseworker(world, verb, *args)
    for role, verb, args in (
        ("RELEASER", "unfreeze", (*at, [named])),
        ("RELEASER", "release", (*at, named, 1)),
        ("EXECUTOR", "execute", (waiting,)),
    ):
        act = when_due(world, role, orders, verb, *args)
        with refused(world, "CaseNotOpen", caseId=CASE_HEX):
            act()
    assert token.call("balanceOf", named) == 1_000_000_000


# What a case did, in one query


def test_knows_only_who_is_named(world, orders, token, named, stranger):
    with refused(
        world,
        "AccountNotNamed",
        caseId=CASE_HEX,
        token=token.address,
        account=stranger.address,
    ):
        entry(world, stranger.address)
    with refused(world, "AccountNotNamed", caseId=OTHER_HEX, token=token.address, account=named):
        entry(world, named, OTHER)
    assert orders.call("entries", OTHER, 0, ALL) == ()


@pytest.mark.req("HK-55")
def test_what_a_case_did_is_one_query(world, orders, token, named, payee, spender):
    """In the order of naming, whatever happened to whom first."""
    for account in (payee, spender):
        cases.name(world, account.address, 70)
    cases.freeze(world, spender.address)
    cases.hold(world, payee.address, 7)
    cases.hold(world, named, 600)
    cases.execute(world, cases.propose(world, named, payee.address, 250))
    at = token.address.lower()
    assert orders.call("entries", CASE, 0, ALL) == (
        (at, named.lower(), False, 600, 350, 250),
        (at, payee.address.lower(), False, 70, 7, 0),
        (at, spender.address.lower(), True, 70, 0, 0),
    )
    assert case_of(orders)[4] == 3


PAGES = [
    (0, 0, ()),
    (0, 1, (0,)),
    (0, 2, (0, 1)),
    (0, 5, (0, 1, 2, 3, 4)),
    (0, 6, (0, 1, 2, 3, 4)),
    (0, ALL, (0, 1, 2, 3, 4)),
    (2, 2, (2, 3)),
    (4, 1, (4,)),
    (4, ALL, (4,)),
    (5, 1, ()),
    (6, ALL, ()),
    (ALL, ALL, ()),
]


@pytest.mark.parametrize(("offset", "limit", "numbers"), PAGES)
def test_lists_accounts_in_pages(world, orders, opened, offset, limit, numbers):
    people = [world.holder(i).address for i in range(5)]
    for account in people:
        cases.name(world, account, 1)
    page = orders.call("entries", opened, offset, limit)
    assert [row[1] for row in page] == [people[i].lower() for i in numbers]


@pytest.mark.parametrize(("offset", "limit", "numbers"), PAGES)
def test_lists_cases_in_pages(world, orders, offset, limit, numbers):
    """A closed one stays where it is."""
    ids = [keccak(text=f"file {i}") for i in range(5)]
    for case in ids:
        open_case(world, case)
    cases.close(world, ids[1])
    assert orders.call("caseCount") == 5
    assert list(orders.call("cases", offset, limit)) == [ids[i] for i in numbers]


# Words


#: How a word begins that would tell a holder what an authority thinks; and short ones, whole.
BEGINNINGS = (
    "suspic",
    "suspect",
    "crimin",
    "crime",
    "launder",
    "illicit",
    "fraud",
    "terror",
    "offend",
    "offence",
    "guilt",
    "accus",
    "culprit",
    "perpetrat",
    "tipping",
    "wrongdo",
    "illegal",
)
WHOLE = {"str", "strs", "sar", "sars", "aml", "cft", "ml", "tf"}
#: Of OpenZeppelin, about strings: its argument is called `str`.
FOREIGN = {"StringTooLong"}
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENUM = re.compile(r"\benum\s+\w+\s*\{([^}]*)\}")


def is_neutral(identifier: str) -> bool:
    """Whether no part of a name in camel case or capitals is a word that tells."""
    parts = [part.lower() for part in _PART.findall(identifier)]
    return not any(part in WHOLE or part.startswith(tuple(BEGINNINGS)) for part in parts)


def _named_in(item: dict) -> Iterator[str]:
    yield item.get("name", "")
    yield item.get("internalType", "")
    for key in ("inputs", "outputs", "components"):
        for inner in item.get(key, ()):
            yield from _named_in(inner)


def spoken() -> set[str]:
    """Every name in every ABI, and the members of enums, of which ABIs only know the type."""
    build = artifacts()
    names = {
        n
        for kind in build._types
        for item in build[kind].abi
        if item.get("name") not in FOREIGN
        for n in _named_in(item)
    }
    for path in [*(ROOT / "interfaces").rglob("*.sol"), *(ROOT / "contracts").rglob("*.sol")]:
        for members in _ENUM.findall(path.read_text()):
            names.update(part.strip() for part in members.split(","))
    return names | set(build._types)


def test_the_test_of_words_can_fail():
    for told in (
        "STRFiled",
        "flagSuspicious",
        "SUSPECT",
        "CRIMINAL_CASE",
        "antiLaundering",
        "isAML",
    ):
        assert not is_neutral(told)
    for neutral in ("string", "COURT_ORDER", "Restricted", "struct ILawfulOrders.Case", "html"):
        assert is_neutral(neutral)


@pytest.mark.req("HK-60")
def test_no_name_speaks_of_suspicion():
    """Whoever reads the chain learns who ordered, never why: classes, events, errors, arguments."""
    names = spoken()
    assert {"COURT_ORDER", "AUTHORITY_REQUEST", "SECURITY", "REVIEW"} <= names
    assert {"CaseOpened", "CeilingExceeded", "AccountFrozen", "document", "reviewBy"} <= names
    assert len(names) > 500
    assert [name for name in sorted(names) if not is_neutral(name)] == []
