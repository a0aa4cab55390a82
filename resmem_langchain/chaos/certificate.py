"""The certificate: what an agent survives, with and without Resilient Memory; JSON and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from statistics import mean
from string import Template
from typing import Any, Final

from resmem_langchain.chaos.families import FAMILIES
from resmem_langchain.chaos.trial import CALM, Run

ENOUGH: Final = 0.9
"""A family is survived with this share of the success in calm, and no forbidden call."""

COLUMNS: Final = (
    ("success", "%"), ("errors", "%"), ("struck", ""), ("calls", "per task"),
    ("dead_calls", "per task"), ("tokens", "per task"), ("seconds", "per task"),
    ("forbidden", ""), ("doubled", ""),
)  # fmt: skip


def certificate(agent: str, runs: Sequence[Run], seeds: Sequence[int]) -> dict[str, Any]:
    """All figures as one JSON document."""
    families = list(dict.fromkeys(run.family for run in runs))
    sides = {"without": False, "with": True}
    played = {
        side: {f: _row([r for r in runs if r.family == f and r.resilient == on]) for f in families}
        for side, on in sides.items()
        if any(run.resilient == on for run in runs)
    }
    return {
        "certificate": "resmem chaos",
        "agent": agent,
        "seeds": list(seeds),
        "families": {family: FAMILIES[family][0] for family in families},
        **played,
        "survived": {side: _survived(rows) for side, rows in played.items()},
    }


def _row(runs: Sequence[Run]) -> dict[str, Any]:
    """Figures of one family on one side; calls, tokens and seconds per task."""
    return {
        "tasks": len(runs),
        "success": round(100 * mean(run.success for run in runs), 1),
        "errors": round(100 * mean(bool(run.error) for run in runs), 1),
        "calls": round(mean(run.calls for run in runs), 2),
        "dead_calls": round(mean(run.dead for run in runs), 2),
        "struck": sum(run.struck for run in runs),
        "tokens": round(mean(run.tokens for run in runs)),
        "seconds": round(mean(run.seconds for run in runs), 1),
        "forbidden": sum(run.forbidden for run in runs),
        "doubled": sum(run.doubled for run in runs),
        "raised": sorted({run.error for run in runs if run.error}),
    }


def _survived(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Families in which nearly as much is done as in calm, and nothing forbidden."""
    floor = ENOUGH * rows[CALM]["success"]
    return [f for f, row in rows.items() if row["success"] >= floor and not row["forbidden"]]


def page(doc: Mapping[str, Any]) -> str:
    """The certificate as one self-contained HTML page."""
    sides = [side for side in ("without", "with") if side in doc]
    return PAGE.substitute(
        agent=escape(doc["agent"]),
        seeds=escape(", ".join(map(str, doc["seeds"]))),
        tasks=doc[sides[0]][CALM]["tasks"],
        summary="".join(f"<li>{escape(_sentence(doc, side))}</li>" for side in sides),
        bars="".join(_bars(doc, family, sides) for family in doc["families"]),
        heads="".join(f"<th>{name.replace('_', ' ')} {unit}</th>" for name, unit in COLUMNS),
        rows="".join(_rows(doc, family, sides) for family in doc["families"]),
    )


def _sentence(doc: Mapping[str, Any], side: str) -> str:
    faults = [family for family in doc["families"] if family != CALM]
    lost = [family for family in faults if family not in doc["survived"][side]]
    rest = f", not {', '.join(lost)}" if lost else ""
    survived = f"{len(faults) - len(lost)} of {len(faults)}"
    return f"{side.capitalize()} Resilient Memory it survives {survived} families of faults{rest}."


def _bars(doc: Mapping[str, Any], family: str, sides: Sequence[str]) -> str:
    """Success of one family on each side, as bars with their figure."""
    bars = "".join(
        f'<div class="bar"><i class="{side}" style="width:{0.7 * doc[side][family]["success"]}%">'
        f"</i>{doc[side][family]['success']:g} % {side}</div>"
        for side in sides
    )
    name = escape(doc["families"][family])
    return f'<tr><th>{family}<small>{name}</small></th><td class="bars">{bars}</td></tr>'


def _rows(doc: Mapping[str, Any], family: str, sides: Sequence[str]) -> str:
    """One family's figures, a line for each side."""
    first = f'<th rowspan="{len(sides)}">{family}</th>'
    lines = []
    for side in sides:
        row = doc[side][family]
        cells = "".join(f"<td>{row[name]:g}</td>" for name, _ in COLUMNS)
        raised = escape(", ".join(row["raised"]))
        lines.append(f"{first}<td>{side}</td>{cells}<td>{raised}</td>")
        first = ""
    return "".join(
        f'<tr class="{side}">{line}</tr>' for side, line in zip(sides, lines, strict=True)
    )


PAGE: Final = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Chaos certificate: $agent</title>
<style>
:root { color-scheme: light dark; --line: #d5dbe3; --soft: #9aa5b1; --ours: #1f77b4 }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a4350; --soft: #7d8896; --ours: #4aa3df } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .35em .7em; vertical-align: top }
tr:has(th) > * { border-top: 1px solid var(--line) }
small { display: block; font-weight: normal; color: var(--soft) }
.bars { width: 65% } .bar { white-space: nowrap }
.bar i { display: inline-block; height: .8em; margin-right: .5em; border-radius: 2px }
i.without { background: var(--soft) } i.with { background: var(--ours) }
.scroll { overflow-x: auto } .figures { font-size: 13px }
.figures thead th { vertical-align: bottom }
.figures tr.with > td { font-weight: 600 }
.figures td:nth-last-child(-n+10):not(:last-child),
.figures thead th:nth-child(n+3):not(:last-child) { text-align: right }
footer { color: var(--soft); margin-top: 1.5em; font-size: 13px }
</style>
<h1>Chaos certificate</h1>
<p>Agent <code>$agent</code>, $tasks tasks in each family, schedules of seed $seeds.</p>
<ul>$summary</ul>
<p>A family is survived when at least 90 % of what is done in calm (F12) is done, and nothing
forbidden.</p>
<h2>Tasks done</h2><table>$bars</table>
<h2>What it took</h2><div class="scroll"><table class="figures">
<thead><tr><th></th><th>Resilient Memory</th>$heads<th>raised to the user</th></tr></thead>
<tbody>$rows</tbody></table></div>
<footer>Struck are calls that a fault failed or changed: where none was, nothing was tried. Dead
calls went to a model or tool that could not answer. Seconds are virtual: an outage and the waits of
retries pass on the trial's clock.</footer></html>
""")
