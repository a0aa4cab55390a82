"""The page: plain HTML with its styles and charts inside, no script, nothing fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from typing import Final

from resmem_core.report.facts import WINDOW, Facts
from resmem_core.report.svg import Dot, legend, lines, scatter
from resmem_core.types import QUADRANTS, Memory

SHOWN: Final = 6
"""Hormones in the picture: those that moved most."""

DOTS: Final = 3_000
"""Memories on the map, the most valuable ones."""

ROWS, TEXT = 20, 300
"""Rows of a table, and characters of a text."""

COLOURS: Final = dict(zip(QUADRANTS, ("#b23a48", "#2e8b6a", "#3b6fb6", "#8f8a84"), strict=True))
CORNERS: Final = (QUADRANTS[1], QUADRANTS[0], QUADRANTS[3], QUADRANTS[2])
"""Of the map: top left, top right, bottom left, bottom right."""


def page(facts: Facts) -> str:
    """The report as one HTML document."""
    style = (files("resmem_core.report") / "style.css").read_text("utf-8")
    made = datetime.fromtimestamp(facts.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    parts = (_numbers(facts), _map(facts), _gate(facts), _control(facts), _best(facts.memories))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>Memory report</title><style>{style}</style></head><body>"
        f'<h1>Memory report</h1><p class="quiet">{escape(facts.location)}, {made}</p>'
        f"{''.join(parts)}</body></html>\n"
    )


def _section(title: str, told: str, *body: str) -> str:
    lead = f'<p class="quiet">{told}</p>' if told else ""
    return f"<section><h2>{title}</h2>{lead}{''.join(body)}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]], numbers: int) -> str:
    """A table whose last `numbers` columns stand to the right."""
    first = len(head) - numbers
    lines_ = [
        "".join(
            f"<{tag}{' class=n' if at >= first else ''}>{escape(str(value))}"
            for at, value in enumerate(row)
        )
        for tag, row in [("th", head), *(("td", row) for row in rows)]
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines_)}</table>"


def _numbers(facts: Facts) -> str:
    tiers = Counter(item.tier for item in facts.memories)
    judged = Counter[str]()
    for (verdict, _), count in facts.reasons.items():
        judged[verdict] += count
    total = judged.total()
    shown = {
        "memories": len(facts.memories),
        "summed up": sum(item.semantic for item in facts.memories),
        "in the buffer": tiers["buffer"],
        "short/mid/long": f"{tiers['short']}/{tiers['mid']}/{tiers['long']}",
        "judged": total,
        "kept of judged": f"{judged['keep'] / total:.0%}" if total else "–",
        "audit records, chain intact": facts.records,
    }
    cells = (f"<div><b>{value}</b>{escape(name)}</div>" for name, value in shown.items())
    return f'<section class="numbers">{"".join(cells)}</section>'


def _map(facts: Facts) -> str:
    best = sorted(facts.memories, key=lambda item: -item.state.value)[:DOTS]
    split = (facts.thresholds.high_stress, facts.thresholds.high_value)
    told = (
        "Each dot is a memory; the large ones have been used, squares sum up others. The colour is "
        "the quadrant of the last sleep, where worth also flows along links, fades with age and "
        "grows with credit. Point at one to read it."
    )
    chart = scatter([_dot(item) for item in reversed(best)], split, CORNERS)
    return _section("What is remembered", told, chart)


def _dot(item: Memory) -> Dot:
    size = 1 + min(item.uses, 5) / 2
    colour = COLOURS.get(item.quadrant, COLOURS[QUADRANTS[3]])
    return Dot(item.state.stress, item.state.value, size, colour, item.text[:TEXT], item.semantic)


def _gate(facts: Facts) -> str:
    told = f"Fewer than {WINDOW + 1} messages were judged so far."
    chart = ""
    if len(facts.kept) > 1:
        told = f"Share kept of the last {WINDOW} judged messages, after each one."
        chart = lines({"kept share": facts.kept}, height=110)
    common = sorted(facts.reasons.items(), key=lambda entry: -entry[1])[:ROWS]
    rows = [(verdict, reason, count) for (verdict, reason), count in common]
    return _section(
        "What the gate decided", told, chart, _table(("verdict", "reason", "times"), rows, 1)
    )


def _control(facts: Facts) -> str:
    title = "Hormones, knobs, modes"
    ticks = facts.ticks
    if len(ticks) < 2:
        return _section(title, "No ticks were recorded: open the memory with record=True.")
    traces = {name: [t.levels[name] for t in ticks] for name in ticks[0].levels}
    moved = sorted(traces, key=lambda name: min(traces[name]) - max(traces[name]))[:SHOWN]
    knobs = {name: [t.knobs[name] for t in ticks] for name in ticks[0].knobs}
    modes = [tick.mode for tick in ticks]
    cuts = [at for at in range(1, len(ticks)) if ticks[at].session != ticks[at - 1].session]
    keys = "".join(
        f'<span><i class="band {name}"></i>{name}</span>' for name in dict.fromkeys(modes)
    )
    return _section(
        title,
        f"The last {len(ticks)} recorded ticks; a dotted line where another session begins.",
        f'<p class="legend">{keys}</p><h3>Hormones that moved most</h3>',
        legend(moved),
        lines({name: traces[name] for name in moved}, modes, cuts),
        "<h3>Knobs, as shares of their ranges</h3>",
        legend(list(knobs)),
        lines(knobs, modes, cuts),
    )


def _best(memories: Sequence[Memory]) -> str:
    best = sorted(memories, key=lambda item: (-item.credit, -item.state.value))[:ROWS]
    rows = [
        (item.text[:TEXT], item.author or item.role, item.tier, f"{item.state.value:.2f}",
         f"{item.credit:+.2f}", item.uses)
        for item in best
    ]  # fmt: skip
    head = ("memory", "by", "tier", "value", "credit", "uses")
    return _section("What helped most", "", _table(head, rows, 3))
