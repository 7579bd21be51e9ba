"""How much of a currency can be minted in a stretch of time: the token's own refilling limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.actions import Action, desk_action, money
from pegboard.amounts import exact_amount, format_amount, format_duration
from pegboard.errors import InputError

if TYPE_CHECKING:
    from pegboard.suite import Peg

_LONGEST_WINDOW = 2**48 - 1


def standing(peg: Peg) -> dict[str, Any]:
    """The limit in force, what is left of it, and what the currency's file declares."""
    capacity, window, available = peg.token.call("mintRateLimit")
    declared = (peg.config.limit_capacity, peg.config.limit_window)
    return {
        "currency": peg.config.code,
        "token": peg.token.address,
        "capacity": _amount(peg, capacity),
        "window": window,
        "available": _amount(peg, available),
        "declared": {"capacity": _amount(peg, declared[0]), "window": declared[1]},
        "asDeclared": (capacity, window) == declared,
        "supply": _amount(peg, peg.token.call("totalSupply")),
    }


def raise_limit(peg: Peg, capacity: int, window: int, ref: bytes) -> Action:
    """Sets the limit in either direction; GOVERNOR's, and delayed."""
    return _set(peg, "raiseMintLimit", "let", (capacity, window), ref)


def lower_limit(peg: Peg, capacity: int, window: int, ref: bytes) -> Action:
    """Cuts the limit at once; refuses what would rise by it, and says what."""
    _require_window(window)
    now = _terms(peg)
    rising = []
    if capacity > now[0]:
        rising.append(f"the capacity (from {money(peg, now[0])} to {money(peg, capacity)})")
    if capacity * now[1] > now[0] * window:
        rising.append(
            f"the refill per second (from {_told(peg, *now)} to {_told(peg, capacity, window)})"
        )
    if rising:
        raise InputError(
            f"nothing may rise when the mint limit of {peg.config.code} is lowered, and this would "
            f"raise {'; '.join(rising)}: have GOVERNOR do that with `limits raise`"
        )
    return _set(peg, "lowerMintLimit", "let only", (capacity, window), ref)


def _require_window(window: int) -> None:
    if not 0 < window <= _LONGEST_WINDOW:
        raise InputError("the window is zero: a limit refills over a time, so say which")


def _terms(peg: Peg) -> tuple[int, int]:
    capacity, window, _ = peg.token.call("mintRateLimit")
    return capacity, window


def _set(peg: Peg, verb: str, words: str, to: tuple[int, int], ref: bytes) -> Action:
    _require_window(to[1])
    now = _terms(peg)
    supply = peg.token.call("totalSupply")
    share = f"; {format_amount(to[0] * 10_000 // supply, 2)} % of the supply" if supply else ""
    return desk_action(
        peg.token,
        verb,
        (*to, ref),
        f"{words} {money(peg, to[0])} be minted per {format_duration(to[1])}, now "
        f"{_told(peg, *now)}{share}",
        ref=ref,
        peg=peg,
        details={
            "capacity": _amount(peg, to[0]),
            "window": to[1],
            "before": {"capacity": _amount(peg, now[0]), "window": now[1]},
        },
        nothing_to_do=now == to,
    )


def _told(peg: Peg, capacity: int, window: int) -> str:
    return f"{money(peg, capacity)} per {format_duration(window)}"


def _amount(peg: Peg, units: int) -> dict[str, str]:
    return {"amount": exact_amount(units, peg.config.decimals), "units": str(units)}
