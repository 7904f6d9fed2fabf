"""Two small plots as SVG text: reliability and Tippett."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.verdict import measures

Array = NDArray[np.float64]
SIZE, MARGIN = 320, 44


def reliability_plot(real: Array, fake: Array) -> str:
    """Share of fakes against the posterior said, at equal priors; the diagonal is honest."""
    rows = measures.reliability(real, fake)
    marks = "".join(
        f'<circle cx="{_x(said):.1f}" cy="{_y(true):.1f}" r="4" fill="#0b6e69"/>'
        for said, true, _ in rows
    )
    diagonal = f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#888" stroke-dasharray="4 4"/>'
    return _frame("posterior said, equal priors", "share of fakes", ("0", "1"), diagonal + marks)


def tippett_plot(real: Array, fake: Array) -> str:
    """Share of pictures whose log10 LR is at least x: fakes solid, reals dashed."""
    at = np.linspace(-3, 3, 121)
    curves = "".join(
        f'<path d="{_path((at + 3) / 6, measures.tippett(llr, at))}" fill="none" '
        f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        for llr, colour, dash in ((fake, "#b4531a", "none"), (real, "#0b6e69", "5 4"))
    )
    return _frame("log10 likelihood ratio", "share at least x", ("-3", "3"), curves)


def _path(x: Array, y: Array) -> str:
    return "M" + "L".join(f"{_x(a):.1f} {_y(b):.1f}" for a, b in zip(x, y, strict=True))


def _x(unit: float) -> float:
    return MARGIN + unit * (SIZE - 2 * MARGIN)


def _y(unit: float) -> float:
    return SIZE - MARGIN - unit * (SIZE - 2 * MARGIN)


def _frame(across: str, up: str, ends: tuple[str, str], body: str) -> str:
    side = SIZE - 2 * MARGIN
    text = 'font-family="sans-serif" font-size="12" fill="#555" text-anchor="middle"'
    low = SIZE - MARGIN + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}">'
        f'<rect width="{SIZE}" height="{SIZE}" fill="#fff"/>'
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{side}" height="{side}" fill="none" '
        'stroke="#bbb"/>'
        f'{body}<text x="{SIZE / 2}" y="{SIZE - 8}" {text}>{across}</text>'
        f'<text x="{MARGIN}" y="{low}" {text}>{ends[0]}</text>'
        f'<text x="{SIZE - MARGIN}" y="{low}" {text}>{ends[1]}</text>'
        f'<text x="{MARGIN - 12}" y="{SIZE - MARGIN}" {text}>0</text>'
        f'<text x="{MARGIN - 12}" y="{MARGIN + 4}" {text}>1</text>'
        f'<text transform="translate(14 {SIZE / 2}) rotate(-90)" {text}>{up}</text></svg>\n'
    )
