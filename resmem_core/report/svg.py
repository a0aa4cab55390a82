"""Small charts as SVG text: lines over bands, a scatter over quadrants, bars. No dependencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final, NamedTuple

WIDTH, LEFT, TOP = 860, 44, 22
COLOURS: Final = (
    "#3b6fb6", "#d0743c", "#2e8b6a", "#b23a48", "#7a5195", "#8a7a3d", "#4f9dbd", "#77706a",
)  # fmt: skip


class Dot(NamedTuple):
    """One item of a scatter: place in [0, 1]², area 1 to 5, colour, tooltip; square if `square`."""

    x: float
    y: float
    size: float
    colour: str
    title: str
    square: bool = False


def lines(
    series: Mapping[str, Sequence[float]],
    bands: Sequence[str] = (),
    cuts: Sequence[int] = (),
    height: int = 200,
) -> str:
    """Lines with values in [0, 1] over the runs of equal `bands`, whose names are CSS classes.

    A dotted line stands before each place in `cuts`.
    """
    count = max(map(len, series.values()), default=0)
    step = (WIDTH - LEFT) / max(count - 1, 1)
    drawn = [_band(name, start, end, step, height) for name, start, end in _runs(bands)]
    drawn += [_rule(share, height) for share in (0.0, 0.5, 1.0)]
    drawn += [
        f'<line class="cut" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TOP + height}"/>'
        for x in (LEFT + (at - 0.5) * step for at in cuts)
    ]
    for number, (name, values) in enumerate(series.items()):
        path = " ".join(
            f"{LEFT + at * step:.1f},{_y(value, height):.1f}" for at, value in enumerate(values)
        )
        colour = COLOURS[number % len(COLOURS)]
        drawn.append(
            f'<polyline points="{path}" stroke="{colour}"><title>{escape(name)}</title></polyline>'
        )
    return _svg(drawn, height)


def legend(names: Sequence[str]) -> str:
    """Names beside their lines' colours."""
    keys = (
        f'<span><i style="background:{COLOURS[at % len(COLOURS)]}"></i>{escape(name)}</span>'
        for at, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def scatter(dots: Sequence[Dot], split: tuple[float, float], corners: Sequence[str]) -> str:
    """Dots over four named fields that meet at `split`; corners: top left, top right, bottom …."""
    height = 460
    x, y = _x(split[0]), _y(split[1], height)
    drawn = [
        f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TOP + height}"/>',
        f'<line class="rule" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>',
    ]
    drawn += [_dot(dot, height) for dot in dots]
    ends = ((LEFT, "start"), (WIDTH, "end")) * 2
    heights = (TOP - 7, TOP - 7, TOP + height + 16, TOP + height + 16)
    drawn += [
        f'<text class="corner" x="{at}" y="{low}" text-anchor="{anchor}">{escape(name)}</text>'
        for (at, anchor), low, name in zip(ends, heights, corners, strict=True)
    ]
    drawn += [
        f'<text x="{(LEFT + WIDTH) / 2}" y="{TOP + height + 16}" '
        'text-anchor="middle">stress →</text>',
        f'<text transform="translate({LEFT - 14} {TOP + height / 2}) rotate(-90)" '
        'text-anchor="middle">worth →</text>',
    ]
    return _svg(drawn, height)


def _dot(dot: Dot, height: int) -> str:
    x, y, radius = _x(dot.x), _y(dot.y, height), 2.2 + 1.2 * dot.size
    rest = f'fill="{dot.colour}"><title>{escape(dot.title)}</title>'
    if dot.square:
        corner = f'x="{x - radius:.1f}" y="{y - radius:.1f}"'
        return f'<rect {corner} width="{2 * radius:.1f}" height="{2 * radius:.1f}" {rest}</rect>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {rest}</circle>'


def _runs(bands: Sequence[str]) -> list[tuple[str, int, int]]:
    found, start = [], 0
    for name, group in groupby(bands):
        end = start + len(list(group))
        found.append((name, start, end))
        start = end
    return found


def _band(name: str, start: int, end: int, step: float, height: int) -> str:
    x, width = LEFT + (start - 0.5) * step, (end - start) * step
    left, right = max(x, LEFT), min(x + width, WIDTH)
    return (
        f'<rect class="band {escape(name)}" x="{left:.1f}" y="{TOP}" '
        f'width="{max(right - left, 0):.1f}" height="{height}"><title>{escape(name)}</title></rect>'
    )


def _rule(share: float, height: int) -> str:
    y = _y(share, height)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:g}</text>'
    )


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT)


def _y(share: float, height: int) -> float:
    return TOP + (1 - share) * height


def _svg(drawn: Sequence[str], height: int) -> str:
    total = height + 2 * TOP
    return f'<svg viewBox="0 0 {WIDTH + 8} {total}" role="img">{"".join(drawn)}</svg>'
