"""The comparison as a picture: bars of cost, on a scale of powers of ten."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from pegboard.uses.remit import Sources, Terms

_LEFT, _WIDTH, _ROW, _TOP, _END = 440, 920, 34, 70, 90
_OURS, _THEIRS = "#1f6f8b", "#b8b8b8"


def chart(terms: Terms, sources: Sources) -> str:
    """An SVG: what a payment of this amount costs here and elsewhere, in US dollars."""
    bars = [
        ("This suite, gas alone", float(terms.network), _OURS),
        ("This suite, with ramps and spread", float(terms.total), _OURS),
    ]
    bars += [
        (f"{cost.what}, {cost.percent} %", float(terms.amount * cost.percent / 100), _THEIRS)
        for cost in sources.costs
    ]
    shown = [value for _, value, _ in bars if value > 0]
    low = math.floor(math.log10(min(shown)))
    high = math.ceil(math.log10(max(shown)) + 0.01)
    span = _WIDTH - _LEFT - _END
    height = _TOP + _ROW * len(bars) + 40

    def at(value: float) -> float:
        return _LEFT + span * (math.log10(value) - low) / (high - low)

    title = f"Cost of paying {terms.amount:,} USD across currencies"
    gas = f"{terms.gas:,} gas at {terms.gas_gwei} gwei, coin at {terms.eth_usd} USD"
    rest = f"ramps {terms.ramp_bps} bps a side, FX {terms.fx_bps} bps"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(20, 28, title, size=17),
        _text(20, 50, f"{gas}; {rest}; US dollars, powers of ten", fill="#555"),
    ]
    for power in range(low, high + 1):
        x = at(10.0**power)
        parts.append(f'<path d="M{x:.1f} {_TOP} V{height - 30}" stroke="#ddd"/>')
        parts.append(_text(x, height - 12, f"{10.0**power:g}", anchor="middle", fill="#555"))
    for row, (name, value, colour) in enumerate(bars):
        y = _TOP + _ROW * row + 6
        parts.append(_text(_LEFT - 10, y + 16, name, anchor="end"))
        if value > 0:
            width = max(at(value) - _LEFT, 1)
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="22" fill="{colour}"/>'
            )
            parts.append(_text(_LEFT + width + 6, y + 16, f"{value:,.2f}"))
        else:
            parts.append(_text(_LEFT + 6, y + 16, "0"))
    return "\n".join([*parts, "</svg>", ""])


def _text(
    x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", fill: str = "#111"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">'
        f"{escape(text)}</text>"
    )
