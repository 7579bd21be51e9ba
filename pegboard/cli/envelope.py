"""`envelope`: red envelopes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pegboard.amounts import parse_amount, parse_duration
from pegboard.cli import parties, show_uses
from pegboard.cli.options import Address, at_desk, code_argument
from pegboard.errors import InputError
from pegboard.uses import envelopes as acts
from pegboard.uses import links, papers

if TYPE_CHECKING:
    from pegboard.cli.desk import Desk
    from pegboard.suite import Peg

_what = click.argument("what", metavar="ENVELOPE")
_link = click.argument("link", metavar="LINK")
_to = click.option("--to", required=True, type=Address(), help="Who gets the share.")


@click.group()
def envelope() -> None:
    """Give a sum in packets, by a link; claim a share, or return what is left.

    LINK can be -, to be read from stdin: on a command line others may see it.
    """


@at_desk(group=envelope, proposes=False, simulates=True)
@code_argument
@click.argument("total")
@click.option("--packets", required=True, type=int, help="How many can claim.")
@click.option("--equal", is_flag=True, help="Equal shares. Default: random ones.")
@click.option("--expires", default="24h", show_default=True, help="From now on, such as 24h.")
@click.option("--submitter", type=Address(), help="Who alone submits claims. Default: anybody.")
@click.option("--sign-only", is_flag=True, help="Send nothing: `envelope submit` fills it.")
@click.option(
    *("-o", "--out"),
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="What to keep of it, all but the link; with the same file the command goes on.",
)
def create(
    desk: Desk,
    code: str,
    total: str,
    packets: int,
    equal: bool,
    expires: str,
    submitter: str | None,
    sign_only: bool,
    out: Path,
) -> None:
    """Give TOTAL of CODE, the signer's own, in an envelope; its link is shown once, at the end."""
    peg = desk.peg(code)
    link = acts.make(
        desk.opened,
        peg,
        desk.signer,
        parse_amount(total, peg.config.decimals),
        packets,
        seconds=parse_duration(expires),
        random=not equal,
        submitter=submitter,
    )
    sealed = (_resumed if out.exists() else _signed)(desk, peg, out, link)
    waiting = links.place_of(out)
    shown = links.kept(waiting)
    more = {"link": shown, "file": str(out), "gameable": acts.honest(sealed.terms)}
    if sign_only:
        desk.answer(
            {**sealed.as_file(acts.ENVELOPE), **more}, f"Signed into {out}; nothing was sent."
        )
    else:
        action = acts.create(sealed)
        desk.carry_out(replace(action, details={**action.details, **more}))
    if not desk.as_json:
        for line in (shown or "Its link was shown before.", *acts.honest(sealed.terms)):
            click.echo(line)
    waiting.unlink(missing_ok=True)


def _signed(desk: Desk, peg: Peg, out: Path, link: links.Link) -> acts.Sealed:
    """A new envelope, signed; its link waits beside its file until it was shown."""
    contract = desk.opened.uses.envelopes
    sealed = acts.Sealed(out.name, contract, peg, link.terms)
    told = [f"You sign that {acts.describe(sealed)}.", *acts.honest(link.terms)]
    made = parties.sign(desk, sealed.to_sign(), told, [(peg, link.terms.total)])
    sealed = replace(sealed, authorization=made)
    links.keep(links.place_of(out), links.write(contract, peg.config.code, link))
    papers.write(out, sealed.as_file(acts.ENVELOPE))
    return sealed


def _resumed(desk: Desk, peg: Peg, out: Path, link: links.Link) -> acts.Sealed:
    sealed = acts.read(desk.opened, peg, out)
    acts.require_same(sealed, link.terms)
    return sealed


@at_desk(group=envelope)
@_link
@_to
def claim(desk: Desk, link: str, to: str) -> None:
    """Claim the share that LINK gives an address, where its envelope names no submitter."""
    found = _claim(desk, link, to)
    desk.carry_out(acts.claim(desk.opened, found, desk.signer))


@at_desk(signs=False, group=envelope)
@_link
@_to
@parties.out_option
def request(desk: Desk, link: str, to: str, out: Path) -> None:
    """Write a claim by LINK into a file for the envelope's submitter; needs no account."""
    papers.require_new(out)
    data = acts.claim_file(_claim(desk, link, to))
    parties.keep(desk, out, data, {}, f"Written into {out}: hand it to the submitter.")


@at_desk(group=envelope)
@click.argument("file", type=parties.FILE)
def submit(desk: Desk, file: Path) -> None:
    """Send what others signed: fill an envelope, or submit a claim as its submitter.

    Whoever sends it pays for gas only, and a repetition does nothing.
    """
    peg = desk.peg(acts.currency_of(file))
    if acts.form_of(file) is acts.CLAIM:
        found = acts.read_claim(desk.opened, peg, file)
        desk.carry_out(acts.claim(desk.opened, found, desk.signer))
    else:
        desk.carry_out(acts.create(acts.read(desk.opened, peg, file)))


@at_desk(signs=False, group=envelope)
@_what
def status(desk: Desk, what: str) -> None:
    """Show what is left of ENVELOPE, a file or a link, who got what, and what is gameable."""
    sealed = _sealed(desk, what)
    desk.answer(*show_uses.envelope(sealed, acts.rest_of(sealed), desk.chain.now()))


@at_desk(group=envelope)
@_what
def refund(desk: Desk, what: str) -> None:
    """Give what nobody claimed of ENVELOPE, a file or a link, back to its creator.

    Anybody may, once it has expired.
    """
    desk.carry_out(acts.refund(_sealed(desk, what)))


def _text(link: str) -> str:
    return click.get_text_stream("stdin").readline() if link == "-" else link


def _linked(desk: Desk, text: str) -> tuple[acts.Sealed, links.Link]:
    peg = desk.peg(links.currency_of(text))
    contract = desk.opened.uses.envelopes
    link = links.read(contract, peg.token.address, text)
    return acts.Sealed("the envelope", contract, peg, link.terms), link


def _claim(desk: Desk, link: str, to: str) -> acts.Claim:
    sealed, found = _linked(desk, _text(link))
    return acts.Claim(sealed, to, found.sign(sealed.contract, to))


def _sealed(desk: Desk, what: str) -> acts.Sealed:
    if what == "-" or what.startswith(links.SCHEME):
        return _linked(desk, _text(what))[0]
    path = Path(what)
    if not path.is_file():
        raise InputError(f"{what} is neither a file nor a link that begins with {links.SCHEME}")
    peg = desk.peg(acts.currency_of(path))
    return acts.read(desk.opened, peg, path)
