"""Banks' files for a world: credits of its today, written as a bank writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pegboard.demo.bankfile import Row, camt_053

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.world import World

HONG_KONG = timedelta(hours=8)


def today(world: World) -> date:
    """The day in Hong Kong."""
    return (datetime.fromtimestamp(world.chain.now(), UTC) + HONG_KONG).date()


def credit(world: World, reference: str, amount: str, words: str, **changes: Any) -> Row:
    """An entry of today."""
    day = today(world)
    fields: dict[str, Any] = {"booking_date": day, "value_date": day}
    return Row(reference, amount, words, **(fields | changes))


def bank_file(path: Path, *rows: Row, currency: str = "HKD") -> Path:
    """The file that a bank would send."""
    path.write_text(camt_053(rows, currency=currency), encoding="utf-8")
    return path
