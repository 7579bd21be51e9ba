"""`trade`: receivables, from the warehouse's word to the last payment."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pegboard.amounts import parse_amount, parse_duration
from pegboard.cli import show, show_trade
from pegboard.cli.desk import signature_bytes
from pegboard.cli.options import at_desk, code_argument
from pegboard.cli.show_payouts import faults_told
from pegboard.errors import InputError, NotPermitted
from pegboard.guards import require_payable
from pegboard.inputs import moment_text, word
from pegboard.uses import order_list, papers, trade_acts, trade_audit, trade_book, wms
from pegboard.uses import trade as trading
from pegboard.uses.documents import read_key
from pegboard.uses.remittance import read_remittance, uetr_of
from pegboard.uses.trade import DOCUMENT, OFFER, Document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eth_account.messages import SignableMessage

    from pegboard.cli.desk import Desk
    from pegboard.suite import Peg
    from pegboard.uses.order_list import Billed
    from pegboard.uses.trade_book import Book

_ID = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_HUNDRED = 100
#: Not on record yet, or not accepted.
_ACCEPTABLE = ("none", "attested")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_wms = click.argument("wms_file", metavar="WMS", type=_FILE)
_document = click.argument("document", metavar="DOC")
_offer = click.argument("offer_file", metavar="OFFER", type=_FILE)
_key = click.option(
    "--key-file",
    required=True,
    type=_FILE,
    help="File of the key that the registry's users share: 32 bytes or more, mode 600.",
)
_out = click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
_bps = click.IntRange(0, 10_000)


@click.group()
def trade() -> None:
    """Finance receivables: attest, accept, offer, finance, pay, and keep the book.

    DOC is a document's file, or the fingerprint (0x and 64 digits) of one that is on record.
    """


@at_desk(group=trade, proposes=False, simulates=True)
@_wms
@_key
@click.option(
    "--known", multiple=True, type=_FILE, help="A disclosed outbound file: its orders are billed."
)
@_out
def attest(
    desk: Desk, wms_file: Path, key_file: Path, known: tuple[Path, ...], out: Path | None
) -> None:
    """Sign, as an attester, what WMS bills, and put it on record; with -o write DOC instead.

    Each order is billed once: those of the list of this machine and of --known files are refused.
    """
    if out:
        papers.require_new(out)
    key = read_key(key_file)
    with faults_told():
        invoice = wms.read(wms_file, desk.chain.now(), desk.currencies)
        disclosed = [wms.read(path, desk.chain.now(), desk.currencies) for path in known]
    peg, suite = desk.peg(invoice.currency), desk.opened
    doc = trading.to_attest(suite, peg, invoice, key, desk.signer)
    record = trading.require_same(suite, Document(invoice.name, doc))
    path = order_list.list_path(desk.journal.path)
    if record.status == "none":
        billed: Iterable[Billed] = (order_list.of(one, key) for one in disclosed)
        mine = order_list.of(invoice, key)
        order_list.require_unbilled(suite, mine, [*order_list.read(path), *billed])
        trading.require_room(suite, peg, doc)
        show_trade.to_sign(suite, peg, doc, invoice)
        show.progress(f"Key             {key.id}")
        signature = _sign(desk, peg, doc.face, doc.signable(suite.uses.receivables), out)
        # Written down before the signature leaves: an order must not be billed twice.
        order_list.add(suite, path, mine)
        document = Document(invoice.name, doc, signature)
        if out:
            _write(desk, peg, document, out)
            return
    else:
        document = Document(invoice.name, doc)
    desk.carry_out(trade_acts.attest(suite, peg, document))


@at_desk(group=trade)
@_document
def submit(desk: Desk, document: str) -> None:
    """Put a signed DOC on record, as anybody with gas; or, where it is, its acceptance."""
    peg, found = _open(desk, document)
    record = trading.require_same(desk.opened, found)
    if record.status == "none" or not found.buyer_signature:
        desk.carry_out(trade_acts.attest(desk.opened, peg, found))
    else:
        desk.carry_out(trade_acts.accept(desk.opened, peg, found))


@at_desk(group=trade, proposes=False, simulates=True)
@_document
@click.option("--submit", "submits", is_flag=True, help="Put the acceptance on record at once.")
@_out
def accept(desk: Desk, document: str, submits: bool, out: Path | None) -> None:
    """Sign, as the buyer, that you owe what DOC says, and --submit it or write it with -o."""
    if submits == bool(out):
        raise click.UsageError("give either --submit, or -o and a file.")
    if out:
        papers.require_new(out)
    peg, found = _open(desk, document)
    doc, contract = found.doc, desk.opened.uses.receivables
    if desk.signer != doc.buyer:
        raise NotPermitted(f"only the buyer {doc.buyer} accepts it, and not {desk.signer}")
    if submits:
        action = trade_acts.accept(desk.opened, peg, found)
        if action.nothing_to_do:
            desk.carry_out(action)
            return
    elif (standing := trading.require_same(desk.opened, found).status) not in _ACCEPTABLE:
        raise InputError(f"{found.name} is {standing}: there is nothing to accept")
    show_trade.to_sign(desk.opened, peg, doc)
    signature = _sign(desk, peg, doc.face, doc.acceptance(contract), out)
    signed = Document(found.name, doc, found.attester_signature, signature)
    if out:
        _write(desk, peg, signed, out)
    else:
        desk.carry_out(trade_acts.accept(desk.opened, peg, signed))


@at_desk(group=trade, proposes=False)
@_document
@click.option("--advance-pct", required=True, help="Of what is unpaid, such as 80 or 82.5.")
@click.option("--fee-bps", required=True, type=_bps, help="Fee in basis points of the advance.")
@click.option(
    "--late-bps", default=0, type=_bps, help="What each day late adds, in basis points of it."
)
@click.option("--valid-for", default="1d", show_default=True, help="Such as 12h or 1d.")
@_out
def offer(
    desk: Desk, document: str, advance_pct: str, valid_for: str, out: Path | None, **bps: int
) -> None:
    """Sign, as a financier, an advance on DOC, into a file; shows what is at stake first."""
    if out is None:
        raise click.UsageError("-o is missing: say into which file.")
    papers.require_new(out)
    peg, found = _open(desk, document)
    suite, doc = desk.opened, found.doc
    share = parse_amount(advance_pct, 2)
    if not 0 < share <= _HUNDRED * 100:
        raise InputError(f"{advance_pct} % is not above 0 and at most 100")
    lasts = parse_duration(valid_for)
    if not lasts:
        raise InputError("the offer would be over at once: give --valid-for, such as 1d")
    record = trading.require_same(suite, found, missing="its attester submits it first")
    advance = (doc.face - record.paid) * share // (_HUNDRED * 100)
    rest = (bps["fee_bps"], bps["late_bps"], desk.chain.now() + lasts, secrets.randbits(128))
    made = trading.to_offer(suite, found, desk.signer, advance, rest)
    trade_acts.require_funds(suite, peg, desk.signer, made.advance)
    show_trade.to_sign(suite, peg, doc)
    if record.status == "attested":
        show.progress("Its buyer has not accepted it yet: it can be taken only then.")
    stake = show_trade.exposure(suite, peg, doc, trade_book.take(suite, peg), desk.signer)
    told = show_trade.offered(peg, doc, made)
    show.progress(
        f"You offer {told['advance']['amount']} {peg.config.code} at once, for a fee of "
        f"{told['fee']['amount']} and {made.late_bps_per_day} bps a day when late, until "
        f"{told['expiry']}."
    )
    signature = _sign(desk, peg, advance, made.signable(suite.uses.receivables), out)
    contract = suite.uses.receivables
    papers.write(out, trading.offer_file(contract, peg, made, signature))
    answer = {"command": "offer", "outcome": "signed", "file": str(out), "exposure": stake}
    desk.answer(answer | told, f"Signed into {out}; nothing was sent.")


@at_desk(group=trade)
@_document
@_offer
def finance(desk: Desk, document: str, offer_file: Path) -> None:
    """Take OFFER on DOC, as its seller: the advance arrives at once."""
    peg, found = _open(desk, document)
    taken, signature = trading.read_offer(desk.opened, found.doc, offer_file)
    action = trade_acts.finance(desk.opened, peg, found, taken, signature, desk.signer)
    desk.carry_out(action)


@at_desk(group=trade)
@_offer
def revoke(desk: Desk, offer_file: Path) -> None:
    """Void OFFER before it is taken, as its financier."""
    peg = desk.peg(str(papers.load(offer_file, OFFER)["currency"]))
    found, _ = trading.read_offer(desk.opened, None, offer_file)
    desk.carry_out(trade_acts.revoke(desk.opened, peg, found, desk.signer))


@at_desk(group=trade)
@_document
@click.option("--amount", required=True, help="A part or all, in currency units.")
@click.option("--uetr", default="", help="The payment's UETR, which repeats it instead of paying.")
@click.option("--invoice", type=_FILE, help="JSON of what is paid; its hash goes on chain.")
def pay(desk: Desk, document: str, amount: str, uetr: str, invoice: Path | None) -> None:
    """Pay on DOC: to the financier what it is owed, the rest to the seller. Says the split first.

    A UETR, or an invoice of the same content, is paid once.
    """
    peg, found = _open(desk, document)
    suite, doc = desk.opened, found.doc
    units = parse_amount(amount, peg.config.decimals)
    remittance = read_remittance(invoice) if invoice else None
    ref = trade_acts.reference_of(suite, doc, desk.signer, uetr, remittance)
    action, where = trade_acts.pay(suite, peg, found, units, ref, desk.signer)
    record = trading.record_of(suite, doc.fingerprint)
    if not action.nothing_to_do:
        payees = [record.financier] * bool(where.to_financier) + [doc.seller] * bool(
            where.to_seller
        )
        require_payable(suite, desk.address_book, payees)
        for payee in desk.address_book.unknown(payees):
            show.progress(f"{payee} is not in addresses.toml")
        for line in trading.describe_split(peg, doc, record, where):
            show.progress(line)
        show.progress(f"UETR {uetr_of(ref)}")
    desk.carry_out(action)


@at_desk("default", group=trade)
@_document
def mark_default(desk: Desk, document: str) -> None:
    """Record that DOC was not paid in time, as its financier; it can still be paid."""
    peg, found = _open(desk, document)
    desk.carry_out(trade_acts.default(desk.opened, peg, found, desk.signer))


@at_desk(group=trade)
@_document
def cancel(desk: Desk, document: str) -> None:
    """Take back DOC, which nobody has financed or paid, as its seller or attester."""
    peg, found = _open(desk, document)
    desk.carry_out(trade_acts.cancel(desk.opened, peg, found, desk.signer))


@at_desk(group=trade)
@code_argument
def withdraw(desk: Desk, code: str) -> None:
    """Take what waits for the signer in CODE, since it could not receive it when it was paid."""
    peg = desk.peg(code)
    desk.carry_out(trade_acts.withdraw(desk.opened, peg, desk.signer))


@at_desk(group=trade)
@code_argument
@click.option("--amount", required=True, help="In currency units; 0 takes it back.")
def allow(desk: Desk, code: str, amount: str) -> None:
    """Let the contract take up to this much of CODE from the signer, to finance or to pay."""
    peg = desk.peg(code)
    units = parse_amount(amount, peg.config.decimals)
    desk.carry_out(trade_acts.allow(desk.opened, peg, units, desk.signer))


@at_desk("show", signs=False, group=trade)
@_document
def show_document(desk: Desk, document: str) -> None:
    """Show what DOC says, and what stands of it on chain."""
    peg, found = _open(desk, document)
    record = trading.require_same(desk.opened, found)
    owed = trading.split(desk.opened, found.doc, record, 0).owed
    desk.answer(*show_trade.document(peg, found.doc, record, owed))


@at_desk(signs=False, group=trade)
@code_argument
def book(desk: Desk, code: str) -> None:
    """Show what is unpaid in CODE by age and by party, as of one block; 1 if it does not add up."""
    desk.peg(code)
    number = desk.chain.height()
    past = desk.chain.at(number)
    suite = desk.suite([code.upper()], desk.deployer_of(code.upper()), past)
    found: Book = trade_book.take(suite, suite.peg(code))
    when = {"chainId": desk.chain.chain_id, "block": number, "time": moment_text(past.now())}
    desk.answer(*show_trade.book(suite.peg(code), found, when))
    if found.breaks:
        click.get_current_context().exit(1)


@at_desk(signs=False, group=trade)
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_key
def audit(desk: Desk, files: tuple[Path, ...], key_file: Path) -> None:
    """Check disclosed WMS files, and DOC files, against the chain and one another; 1 if any fails.

    Fingerprints, parties, amounts, dates, roots, signatures, and that no order is billed twice.
    """
    found = trade_audit.run(desk.board(), files, read_key(key_file), desk.currencies)
    desk.answer(*show_trade.audit(found, desk.chain.chain_id))
    if found.findings:
        click.get_current_context().exit(1)


def _open(desk: Desk, text: str) -> tuple[Peg, Document]:
    """A document by its file or fingerprint, with its currency."""
    if _ID.fullmatch(text):
        found = trading.find(desk.board(), word(text))
        peg = desk.peg(trading.currency_of(desk.opened, found.doc).config.code)
        return peg, found
    path = Path(text)
    if not path.is_file():
        raise InputError(f"{text!a} is neither a file nor a fingerprint of 0x and 64 digits")
    peg = desk.peg(str(papers.load(path, DOCUMENT)["currency"]))
    return peg, trading.read_document(desk.opened, peg, path)


def _sign(desk: Desk, peg: Peg, units: int, message: SignableMessage, out: Path | None) -> bytes:
    """Asks and signs; where it is sent at once, large amounts are typed in words there."""
    if out:
        desk.confirm_amounts([(peg, units)])
    desk.confirm("Sign this document?")
    return signature_bytes(desk.account.sign_message(message))


def _write(desk: Desk, peg: Peg, document: Document, out: Path) -> None:
    data: dict[str, Any] = trading.document_file(desk.opened.uses.receivables, peg, document)
    papers.write(out, data)
    answer = {"outcome": "signed", "file": str(out), "id": trading.hexed(document.doc.fingerprint)}
    desk.answer(answer | data, f"Signed into {out}; nothing was sent.")
