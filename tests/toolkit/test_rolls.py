"""Files of accounts: barred or freed, verified or not.

roll_of
├── given a malformed file, or an account twice: refuses with every fault
├── given a contract of the suite to bar, or the token to verify: refuses
└── else: parts of 200, the same on every run, whatever the order of the file

carry_out
├── given a role that must wait: schedules every part, then executes the very same parts
├── given that some are as wanted already: passes over the parts in which all are
└── stopped at any part: the next run does the rest

standing
└── each account is done, scheduled or open; what is open makes a file of its own
"""

import pytest
from eth_utils import keccak, to_checksum_address

from pegboard.errors import ChainError, NotPermitted, RowsError
from pegboard.files import rolls
from tests.support.delivery import one_by_one
from tests.support.world import REF


def person(number):
    return to_checksum_address(keccak(text=f"person {number}")[:20])


def people(count):
    return [person(number) for number in range(count)]


@pytest.fixture
def roll(world, tmp_path):
    """What a file of these accounts asks for."""

    def make(accounts, verb="blacklist", *, text=None):
        path = tmp_path / "list.csv"
        lines = "\n".join(["account", *accounts, ""]) if text is None else text
        path.write_text(lines, encoding="utf-8")
        return rolls.roll_of(world.suite, world.peg, verb, path, REF)

    return make


def faults(make):
    with pytest.raises(RowsError) as caught:
        make()
    return list(caught.value.faults)


def run(world, roll, role, deliver=None):
    told = []
    deliver = deliver or one_by_one(world)
    rolls.carry_out(rolls.to_send(world.suite, roll, world.member(role)), deliver, told.append)
    return told


def counts(world, roll, role):
    status, ready_at = rolls.standing(world.suite, roll, world.member(role))
    found = {word: list(status.values()).count(word) for word in ("done", "scheduled", "open")}
    return {word: count for word, count in found.items() if count}, ready_at


# Refused


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("account\n", "it has no rows below its header"),
        ("address\n", "row 1: the header must be exactly account; unknown: 'address'"),
        (f"{person(1)}\n", f"row 1: the header must be exactly account; unknown: '{person(1)}'"),
        (f"account,case\n{person(1)},7\n", "row 1: the header must be exactly account; "
         "unknown: 'case'"),
        (f"account\n{person(1)},\n", "row 2: it has 2 fields, not 1 (account)"),
        (f"account\n{'0x' + '00' * 20}\n", "row 2, account: address zero is nobody's: what is sent "
         "there would be lost"),
        (f"account\n{person(1)}\n\n", "row 3: it is empty: take it out"),
        (f"account\n=A1\n{person(2)}\n", "row 2, account: '=A1' is not an address: write 0x and "
         "40 hexadecimal digits"),
        (f"account\n{person(2)}\n{person(1)}\n{person(2)}\n",
         f"row 4, account: {person(2)} is in row 2 already"),
    ],
)  # fmt: skip
def test_malformed_lists(roll, text, told):
    """T6: every fault at once, and nothing is done by such a file."""
    assert faults(lambda: roll([], verb="verify", text=text)) == [told]


def test_every_fault_is_told_at_once(roll):
    text = f"account\n0x12\n{person(1).lower()}\n{person(1)}\n{person(1)}\n"
    found = faults(lambda: roll([], text=text))
    assert [fault.split(":")[0] for fault in found] == [
        "row 2, account",
        "row 3, account",
        "row 5, account",
    ]


def test_a_contract_of_the_suite_is_never_barred_by_mistake(world, roll):
    desk, token = world.suite.desks.redemption.address, world.token.address
    assert faults(lambda: roll([person(1), desk, person(2), token])) == [
        f"row 3, account: {desk} is the RedemptionDesk",
        f"row 5, account: {token} is the HKD token",
    ]
    assert faults(lambda: roll([person(1), token], "verify")) == [
        f"row 3, account: {token} is the HKD token"
    ]
    # Lifting is open: what should never have been barred must be free again.
    assert roll([desk], "unblacklist").left() == []


def test_another_role_is_refused(world, roll):
    with pytest.raises(NotPermitted):
        run(world, roll(people(2)), "VERIFIER")


# Done


def test_parts_are_the_same_whatever_the_order(roll):
    accounts = people(401)
    one, other = roll(accounts), roll(accounts[::-1])
    assert [part.call.data for part in one.parts] == [part.call.data for part in other.parts]
    assert [len(part.details["accounts"]) for part in one.parts] == [200, 200, 1]
    assert sorted(a for part in one.parts for a in part.details["accounts"]) == sorted(accounts)
    assert [part.call.text for part in one.parts] == [
        f"bar {count} accounts from sending, receiving and spending in HKD, part {n} of 3, "
        f"reference 0x{REF.hex()}"
        for n, count in ((1, 200), (2, 200), (3, 1))
    ]
    assert one.whole(one.parts[0]).call.text == (
        "bar 401 accounts from sending, receiving and spending in HKD, in 3 parts, reference "
        f"0x{REF.hex()}"
    )


@pytest.mark.parametrize(
    ("verb", "back", "role"),
    [("blacklist", "unblacklist", "BLACKLISTER"), ("verify", "unverify", "VERIFIER")],
)
def test_every_account_is_marked(world, roll, verb, back, role):
    view = {"blacklist": "isBlacklisted", "verify": "isVerified"}[verb]
    accounts = people(201)
    made = roll(accounts, verb)
    assert counts(world, made, role) == ({"open": 201}, 0)
    assert len(run(world, made, role)) == 2
    assert all(world.token.call(view, account) for account in accounts)
    assert counts(world, made, role) == ({"done": 201}, 0)
    assert (made.left(), run(world, made, role)) == ([], [])
    # The other way round nothing is done yet.
    assert len(roll(accounts, back).left()) == 2


def test_a_verifier_takes_it_back_at_once(world, roll):
    run(world, roll(people(3), "verify"), "VERIFIER")
    run(world, roll(people(2), "unverify"), "VERIFIER")
    assert [world.token.call("isVerified", person(n)) for n in range(3)] == [False, False, True]


@pytest.mark.parametrize("stop", [0, 1, 2])
def test_what_was_stopped_goes_on_where_it_was(world, roll, stop):
    """T2: the same command does the rest."""
    made = roll(people(401))

    with pytest.raises(ChainError, match="away"):
        run(world, made, "BLACKLISTER", one_by_one(world, stop))
    done = min(200 * stop, 401)
    wanted = {"done": done, "open": 401 - done}
    assert counts(world, made, "BLACKLISTER")[0] == {k: n for k, n in wanted.items() if n}
    assert len(run(world, made, "BLACKLISTER")) == 3 - stop
    assert counts(world, made, "BLACKLISTER")[0] == {"done": 401}


def test_a_part_with_one_that_is_left_is_sent_whole(world, roll):
    made = roll(people(401))
    run(world, made, "BLACKLISTER")
    one = made.parts[1].details["accounts"][7]
    world.act("RELEASER", world.token, "unblacklist", [one], REF)
    assert [part.call.data for part in made.left()] == [made.parts[1].call.data]
    run(world, made, "BLACKLISTER")
    assert world.token.call("isBlacklisted", one) is True


def test_who_must_wait_schedules_and_executes_the_same_parts(world, roll):
    """What was scheduled is found again, also where somebody was freed meanwhile."""
    accounts, role = people(201), "RELEASER"
    run(world, roll(accounts), "BLACKLISTER")
    lift = roll(accounts, "unblacklist")
    authority = world.suite.authority

    def to(wishes):
        for wish in wishes:
            yield authority.at(wish.target).submit(wish.data, sender=wish.signer)

    def half(wishes):
        yield from to(wishes[:1])
        raise ChainError("the node is away")

    with pytest.raises(ChainError, match="away"):
        run(world, lift, role, half)
    first = counts(world, lift, role)
    assert first[0] == {"scheduled": 200, "open": 1}
    told = run(world, lift, role, to)
    assert [text.split(",")[0] for text in told] == [
        "schedule: lift the blacklisting of 1 accounts in HKD"
    ]
    status, ready_at = counts(world, lift, role)
    assert (status, ready_at >= first[1] > world.chain.now()) == ({"scheduled": 201}, True)
    assert run(world, lift, role, to) == []
    # One of them is freed by another operation; the part that was scheduled stays what it was.
    world.chain.warp(ready_at - world.chain.now())
    world.act(role, world.token, "unblacklist", [lift.parts[0].details["accounts"][0]], REF)
    run(world, lift, role, to)
    assert counts(world, lift, role) == ({"done": 201}, 0)
    assert not any(world.token.call("isBlacklisted", account) for account in accounts)


# Files


def test_the_status_file_keeps_the_order_of_the_list(world, roll):
    accounts = people(3)
    made = roll(accounts)
    world.act("BLACKLISTER", world.token, "blacklist", [accounts[1]], REF)
    status, _ = rolls.standing(world.suite, made, world.member("BLACKLISTER"))
    assert rolls.status_file(made, status).decode() == (
        f"account,status\n{accounts[0]},open\n{accounts[1]},done\n{accounts[2]},open\n"
    )
    left = sorted([accounts[0], accounts[2]])
    assert rolls.retry_file(status).decode() == f"account\n{left[0]}\n{left[1]}\n"
    assert rolls.retry_file(dict.fromkeys(accounts, "scheduled")) == b""
    assert set(roll([], text=rolls.retry_file(status).decode()).rows) == set(left)


def test_a_mark_of_a_spreadsheet_is_told(roll):
    made = roll([], text=f"\ufeffaccount\n{person(1)}\n")
    assert made.notes == ("it begins with a byte order mark, which was passed over",)
