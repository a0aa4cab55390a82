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
        summary=" ".join(map(escape, (_sentence(doc, side) for side in sides))),
        bars="".join(_bars(doc, family, sides) for family in doc["families"]),
        tables="".join(_table(doc, side) for side in sides),
    )


def _sentence(doc: Mapping[str, Any], side: str) -> str:
    survived, all_ = doc["survived"][side], list(doc["families"])
    lost = [family for family in all_ if family not in survived]
    rest = f" (not {', '.join(lost)})" if lost else ""
    return f"{side.capitalize()} Resilient Memory it survives {len(survived)} of {len(all_)}{rest}."


def _bars(doc: Mapping[str, Any], family: str, sides: Sequence[str]) -> str:
    """Success of one family on each side, as bars with their figure."""
    bars = "".join(
        f'<div class="bar"><i class="{side}" style="width:{doc[side][family]["success"] / 2}%"></i>'
        f"{doc[side][family]['success']:g} % {side}</div>"
        for side in sides
    )
    return f"<tr><th>{family}</th><td>{escape(doc['families'][family])}</td><td>{bars}</td></tr>"


def _table(doc: Mapping[str, Any], side: str) -> str:
    heads = "".join(f"<th>{name.replace('_', ' ')} {unit}</th>" for name, unit in COLUMNS)
    rows = "".join(
        f"<tr><th>{family}</th>"
        + "".join(f"<td>{row[name]:g}</td>" for name, _ in COLUMNS)
        + f"<td>{escape(', '.join(row['raised']))}</td></tr>"
        for family, row in doc[side].items()
    )
    return (
        f"<h2>{side.capitalize()} Resilient Memory</h2><table><tr><th></th>{heads}"
        f"<th>raised to the user</th></tr>{rows}</table>"
    )


PAGE: Final = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Chaos certificate: $agent</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em;
  color: #1c2430; background: #fff }
table { border-collapse: collapse; margin: 1em 0; width: 100% }
th, td { text-align: left; padding: .3em .6em; border-bottom: 1px solid #d5dbe3;
  vertical-align: top }
.bar { white-space: nowrap } .bar i { display: inline-block; height: .8em; margin-right: .5em }
i.without { background: #b9c2cd } i.with { background: #1f77b4 }
</style>
<h1>Chaos certificate</h1>
<p>Agent <code>$agent</code>, schedules of seed $seeds. $summary A family is survived when at least
90 % of what is done in calm (F12) is done, and nothing forbidden.</p>
<h2>Tasks done</h2><table><tr><th></th><th>what happened</th><th>success</th></tr>$bars</table>
$tables
<p>Struck are calls that a fault failed or changed: where none was, nothing was tried. Dead calls
went to a model or tool that could not answer. Seconds are virtual: an outage and the waits of
retries pass on the trial's clock.</p></html>
""")
