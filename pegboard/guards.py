"""Guard rails: who is never barred or paid by mistake, and what is typed before it is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.desired.access import titles
from pegboard.errors import InputError
from pegboard.files import bulk
from pegboard.words import amount_in_words, same_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.config import CurrencyConfig
    from pegboard.files.addressbook import AddressBook
    from pegboard.suite import Peg, Suite


def suite_contracts(suite: Suite) -> dict[str, str]:
    """Every contract of the suite on this chain, with what it is; all currencies, not one alone."""
    found: dict[str, str] = {}
    for code in suite.registry.call("codes"):
        token, feed = suite.registry.call("currencyOf", code)
        found[suite.registry.at(token).address] = f"the {code.decode()} token"
        found[suite.registry.at(feed).address] = f"the {code.decode()} reserve feed"
    return found | titles(suite)


def ours_among(suite: Suite, peg: Peg, accounts: Sequence[str]) -> dict[str, str]:
    """Those accounts that are contracts of the suite, or enlisted as such, with what they are."""
    known = suite_contracts(suite)
    enlisted = bulk.which(peg.token, "isEnlisted", accounts)
    return {
        account: known.get(account) or f"an enlisted contract of {peg.config.code}"
        for account in accounts
        if account in known or account in enlisted
    }


def require_outsiders(suite: Suite, peg: Peg, accounts: Sequence[str]) -> None:
    """Refuses to bar or hold a contract of the suite: it keeps other people's money."""
    ours = ours_among(suite, peg, accounts)
    if ours:
        named = ", ".join(f"{account} is {what}" for account, what in ours.items())
        raise InputError(f"{named}: nothing was done; act on the holder, not on the contract")


def require_receivers(suite: Suite, peg: Peg, accounts: Sequence[str]) -> None:
    """Refuses to pay a contract of the suite: nobody could take the money out of it."""
    for account, what in ours_among(suite, peg, accounts).items():
        raise InputError(f"{account} is {what}, which would keep the money: say to whom")


def missing_contracts(suite: Suite, book: AddressBook, accounts: Sequence[str]) -> dict[str, str]:
    """Those that the address book calls contracts, and that have no code on this chain."""
    return {
        account: book.holders[account].label
        for account in dict.fromkeys(accounts)
        if account in book.holders
        and book.holders[account].kind == "contract"
        and not suite.chain.code(account)
    }


def require_payable(suite: Suite, book: AddressBook, accounts: Sequence[str]) -> None:
    """Refuses a payee that is a contract elsewhere and nothing here: a stranger may become it."""
    for account, label in missing_contracts(suite, book, accounts).items():
        raise InputError(
            f"{account} ({label}) is a contract by addresses.toml, and there is no code at it on "
            f"chain {suite.chain.chain_id}: whoever puts code there would own the money"
        )


def words_to_type(config: CurrencyConfig, units: int, above: int | None) -> str:
    """What must be typed before this amount is signed; nothing up to the declared size."""
    if above is None or units <= above:
        return ""
    return amount_in_words(units, config.decimals, config.code)


def require_typed(typed: str, words: str) -> None:
    """Refuses what was typed unless it is the amount in words."""
    if not same_words(typed, words):
        raise InputError("what was typed is not the amount in words: nothing was signed")
