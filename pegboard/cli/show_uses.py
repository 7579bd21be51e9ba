"""How quotes, checkout payments and envelopes look, to people and to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.actions import money
from pegboard.amounts import format_amount
from pegboard.cli.show import amount
from pegboard.inputs import moment_text, reference_text
from pegboard.uses import checkouts, envelopes, quotes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.suite import Suite
    from pegboard.uses.checkouts import Standing
    from pegboard.uses.envelopes import Rest, Sealed
    from pegboard.uses.makers import Inventory
    from pegboard.uses.quotes import SignedQuote

Told = tuple[dict[str, Any], str]


def checked(
    suite: Suite, signed: SignedQuote, reasons: Mapping[int, str], *, settles: bool
) -> Told:
    """Whether a quote would settle, and what stands against it."""
    found = {
        "quote": "0x" + signed.terms.digest(suite.uses.fx).hex(),
        "terms": signed.terms.as_json(),
        "settles": settles,
        "bits": sum(reasons),
        "reasons": list(reasons.values()),
    }
    verdict = "It would settle." if settles else "It would not settle:"
    if settles and reasons:
        verdict = "It would settle by `fx pay`; by `fx settle` it would not:"
    lines = [f"{quotes.describe(suite, signed.terms)}.", verdict]
    return found, "\n".join([*lines, *(f"- {reason}" for reason in reasons.values())])


def makers(found: Sequence[Inventory]) -> Told:
    """Every maker's inventory."""
    rows, lines = [], []
    for it in found:
        decimals = it.peg.config.decimals
        units = {
            "available": it.available,
            "deliverable": it.deliverable,
            "sold": it.sold,
            "bought": it.bought,
        }
        row: dict[str, Any] = {"maker": it.maker, "currency": it.peg.config.code}
        row |= {name: amount(value, decimals) for name, value in units.items()}
        row |= {"allowance": str(it.allowance), "utilisationBps": it.utilisation}
        rows.append(row)
        lines.append(
            f"{it.maker}  can deliver {money(it.peg, it.deliverable)} of "
            f"{money(it.peg, it.available)}; sold {money(it.peg, it.sold)}, bought "
            f"{money(it.peg, it.bought)}; utilisation {format_amount(it.utilisation, 2)} %"
        )
    return {"makers": rows}, "\n".join(lines) or "No maker has settled yet: name one with --maker."


def payment(found: Standing, now: int) -> Told:
    """What stands of a checkout payment, and who may do what."""
    order, terms, decimals = found.order, found.order.terms, found.order.peg.config.decimals
    sums = {
        "max": terms.max,
        "held": found.held,
        "captured": found.captured,
        "fees": found.fees,
        "refundable": found.refundable,
        "refunded": found.refunded,
        "released": found.released,
        "releasedByOrder": found.by_order,
    }
    times = {
        "authorizeBy": terms.auth_by,
        "captureBy": terms.capture_by + found.tolled,
        "refundBy": terms.refund_by + found.tolled,
    }
    possible = checkouts.possible(found, now)
    result: dict[str, Any] = {"id": "0x" + order.id.hex(), "state": found.state}
    result |= {"currency": order.peg.config.code, "order": reference_text(terms.order)}
    result |= {name: amount(value, decimals) for name, value in sums.items()}
    result |= {name: moment_text(value) for name, value in times.items()}
    result |= {"pausedSeconds": found.tolled, "possible": possible, "tx": found.tx}
    lines = [f"Payment 0x{order.id.hex()}, {found.state}", f"{checkouts.describe(order)}."]
    lines += [f"{name:16}{order.money(value)}" for name, value in sums.items()]
    return result, "\n".join([*lines, *possible])


def envelope(sealed: Sealed, rest: Rest, now: int) -> Told:
    """What is left of an envelope, who got what, and what is gameable about it."""
    decimals = sealed.peg.config.decimals
    possible = envelopes.possible(sealed, rest, now)
    honest = envelopes.honest(sealed.terms)
    result = {
        "id": "0x" + sealed.id.hex(),
        "currency": sealed.peg.config.code,
        "total": amount(sealed.terms.total, decimals),
        "left": amount(rest.left, decimals),
        "packetsLeft": rest.packets,
        "expiry": moment_text(rest.expiry),
        "submitter": sealed.terms.submitter,
        "claims": [{"to": to, "share": amount(units, decimals)} for to, units in rest.shares],
        "returned": amount(rest.returned, decimals),
        "releasedByOrder": amount(rest.by_order, decimals),
        "possible": possible,
        "gameable": honest,
        "tx": rest.tx,
    }
    lines = [
        f"Envelope 0x{sealed.id.hex()}",
        f"{envelopes.describe(sealed)}.",
        f"{sealed.money(rest.left)} left in {rest.packets} packets.",
        *(f"{to} got {sealed.money(units)}" for to, units in rest.shares),
    ]
    return result, "\n".join([*lines, possible, *honest])
