"""Red envelopes by the library, in memory: their links, files, and what can be done when.

links
├── a link that is read gives back the terms and the key
├── given any character that was changed: refuses, or the terms are the same
└── a link waits where only its owner reads it

make
└── given what the contract would refuse: refuses; each has a key and a salt of its own

acts
├── what is honest about it depends on the submitter and on how it is shared
├── the file of an envelope and that of a claim are told apart, and hold no key
└── what can be done, in each state, to the second
"""

import json
import stat
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard.errors import InputError
from pegboard.inputs import moment_text
from pegboard.uses import envelopes as acts
from pegboard.uses import links, papers
from pegboard.uses.terms import Envelope
from tests.support.uses import sign
from tests.support.world import REF, key

UNIT = 10**6
_SLOW = settings(max_examples=300, suppress_health_check=list(HealthCheck))


def link_of(market, units=88 * UNIT, packets=4, *, seconds=3_600, random=True, submitter=None):
    return acts.make(
        *(market.world.suite, market.hkd, market.taker.address, units, packets),
        seconds=seconds,
        random=random,
        submitter=submitter,
    )


@pytest.fixture
def link(market):
    return link_of(market)


@pytest.fixture
def sealed(market, link):
    """A signed envelope."""
    found = acts.Sealed("e.json", market.uses.envelopes, market.hkd, link.terms)
    return replace(found, authorization=sign(market.taker, found.to_sign()))


def send(action, sender):
    assert not action.nothing_to_do
    return action.contract.submit(action.call.data, sender=sender)


def text_of(market, link):
    return links.write(market.uses.envelopes, "HKD", link)


def read(market, text):
    return links.read(market.uses.envelopes, market.hkd.token.address, text)


# Links


@pytest.mark.parametrize("random", [True, False])
@pytest.mark.parametrize("submitter", [None, key(33).address])
def test_a_link_gives_back_what_was_written(market, random, submitter):
    link = link_of(market, random=random, submitter=submitter)
    text = text_of(market, link)
    assert read(market, f"  {text}\n") == link
    assert links.currency_of(text) == "HKD"
    assert link.secret not in text.split("#")[0]


@_SLOW
@given(data=st.data())
def test_no_character_of_a_link_can_be_changed(shared, data):
    """Whatever is changed is refused, unless it is the same link written otherwise."""
    link = link_of(shared)
    text = text_of(shared, link)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    changed = text[:at] + other + text[at + 1 :]
    try:
        found = read(shared, changed)
    except InputError:
        return
    assert found == link


@pytest.mark.parametrize(
    "text", ["", "pegboard:envelope?", "#", "x" * 10**5, "pegboard:envelope?#"]
)
def test_what_is_no_link(market, text):
    with pytest.raises(InputError, match="this is no link of an envelope"):
        read(market, text)


def test_a_link_waits_where_nobody_else_reads_it(tmp_path):
    path = links.place_of(tmp_path / "e.json")
    assert (path.name, links.kept(path)) == ("e.json.link", "")
    path.write_text("old")
    path.chmod(0o644)
    links.keep(path, "pegboard:envelope?#1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert links.kept(path) == "pegboard:envelope?#1"
    (tmp_path / "other.link").symlink_to(path)
    with pytest.raises(OSError, match="symbolic"):
        links.keep(tmp_path / "other.link", "x")


# Make


def test_what_is_no_envelope(market):
    cases = (
        ({"packets": 0}, "1 to 65535 packets, not 0"),
        ({"packets": 65_536}, "1 to 65535 packets, not 65536"),
        ({"units": 39_999}, r"0\.039999 HKD is less than 0\.01 HKD for each of 4 packets"),
        ({"units": 2**96}, "more than an envelope has room for"),
        ({"seconds": 0}, "it would expire at once"),
    )
    for changes, told in cases:
        with pytest.raises(InputError, match=told):
            link_of(market, **changes)
    least = link_of(market, units=40_000, seconds=1).terms
    assert (least.total, least.expiry) == (40_000, market.now + 1)


def test_every_envelope_has_a_key_and_a_salt_of_its_own(market):
    found = [link_of(market) for _ in range(3)]
    assert len({it.secret for it in found}) == 3
    assert len({it.terms.salt for it in found}) == 3


# Acts


@pytest.mark.parametrize(
    ("random", "submitter", "told"),
    [
        (True, None, [acts.GAMEABLE, acts.MANY]),
        (False, None, [acts.MANY]),
        (True, key(33).address, []),
        (False, key(33).address, []),
    ],
)
def test_what_is_honest_about_it(market, random, submitter, told):
    assert acts.honest(link_of(market, random=random, submitter=submitter).terms) == told


def test_an_envelope_is_filled_and_claimed_once(market, link, sealed):
    relayer, who = market.relayer.address, key(45).address
    send(acts.create(sealed), relayer)
    assert acts.create(sealed).nothing_to_do
    claim = acts.Claim(sealed, who, link.sign(sealed.contract, who))
    send(acts.claim(market.world.suite, claim, relayer), relayer)
    assert acts.claim(market.world.suite, claim, relayer).nothing_to_do
    rest = acts.rest_of(sealed)
    assert rest.shares == ((who, market.balance(market.hkd, who)),)
    assert (rest.left + rest.shares[0][1], rest.packets) == (88 * UNIT, 3)


def test_no_contract_of_the_suite_claims(market, link, sealed):
    """Nobody could take it out again."""
    send(acts.create(sealed), market.relayer.address)
    keeper = market.uses.fx.address
    claim = acts.Claim(sealed, keeper, link.sign(sealed.contract, keeper))
    with pytest.raises(InputError, match=f"{keeper} is .*, which would keep the money"):
        acts.claim(market.world.suite, claim, market.relayer.address)


def test_only_the_submitter_submits(market):
    link = link_of(market, submitter=market.relayer.address)
    sealed = acts.Sealed("e.json", market.uses.envelopes, market.hkd, link.terms)
    claim = acts.Claim(sealed, key(45).address, b"")
    with pytest.raises(InputError, match=r"are submitted by 0x\w+ alone"):
        acts.claim(market.world.suite, claim, market.taker.address)


def test_files_hold_no_key(market, link, sealed, tmp_path):
    suite, who = market.world.suite, key(45).address
    claim = acts.Claim(sealed, who, link.sign(sealed.contract, who))
    one, two = tmp_path / "e.json", tmp_path / "c.json"
    papers.write(one, sealed.as_file(acts.ENVELOPE))
    papers.write(two, acts.claim_file(claim))
    assert (acts.form_of(one), acts.form_of(two)) == (acts.ENVELOPE, acts.CLAIM)
    assert acts.read(suite, market.hkd, one) == sealed
    found = acts.read_claim(suite, market.hkd, two)
    assert (found.to, found.signature, found.envelope.terms) == (who, claim.signature, link.terms)
    assert link.secret not in one.read_text() + two.read_text()
    assert {acts.currency_of(path) for path in (one, two)} == {"HKD"}
    for path, reader in ((one, acts.read), (two, acts.read_claim)):
        with pytest.raises(InputError, match=r"and its token 0x\w+ is another one"):
            reader(suite, market.usd, path)


def test_any_field_of_a_file_that_was_changed_is_noticed(market, sealed, tmp_path):
    path, data = tmp_path / "e.json", sealed.as_file(acts.ENVELOPE)
    others = {"address": key(46).address, "bytes32": "0x" + REF.hex(), "bool": False}
    for name, kind in Envelope.FIELDS:
        if name != "token":
            changed = {**data["terms"], name: others.get(kind, "7")}
            path.write_text(json.dumps(data | {"terms": changed}))
            with pytest.raises(InputError, match="is not signed by 0x"):
                acts.read(market.world.suite, market.hkd, path)


def test_only_the_same_terms_are_gone_on_with(market, link, sealed):
    acts.require_same(sealed, link_of(market).terms)
    for changes in ({"packets": 5}, {"units": 89 * UNIT}, {"random": False}):
        with pytest.raises(InputError, match="is there already, and is of other terms"):
            acts.require_same(sealed, link_of(market, **changes).terms)


def test_what_can_be_done_in_each_state(market, link, sealed):
    expiry, creator = link.terms.expiry, link.terms.creator

    def told(now):
        return acts.possible(sealed, acts.rest_of(sealed), now)

    assert told(market.now) == "It is not filled: `envelope submit` fills it."
    with pytest.raises(InputError, match="was never filled"):
        acts.refund(sealed)
    send(acts.create(sealed), market.relayer.address)
    until = moment_text(expiry)
    assert told(expiry) == (
        f"It can be claimed until {until}; what is left then goes back to {creator}."
    )
    assert told(expiry + 1) == (
        f"It expired at {until}: `envelope refund` gives the rest to {creator}."
    )
    market.world.act("PAUSER", market.hkd.token, "pause", 1, REF)
    market.world.chain.warp(100)
    assert acts.rest_of(sealed).expiry == expiry + 100
    number = market.hkd.token.call("pauseNumber")
    market.world.act("RESUMER", market.hkd.token, "resume", 1, REF, number)
    market.world.act("FREEZER", market.hkd.token, "freeze", [creator], REF)
    assert told(expiry).startswith(f"Nothing leaves it but by order: of the creator {creator}, ")
    market.world.act("RELEASER", market.hkd.token, "unfreeze", [creator], REF)
    market.world.chain.warp(max(0, acts.rest_of(sealed).expiry + 1 - market.now))
    send(acts.refund(sealed), market.relayer.address)
    assert (told(expiry), acts.refund(sealed).nothing_to_do) == ("Nothing is left in it.", True)
    assert acts.rest_of(sealed).returned == 88 * UNIT
