"""What the demo prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.demo.replay import Answer, Point
from benchmarks.demo.script import Script
from resmem_core import ResilientMemory
from resmem_core.audit import records
from resmem_core.config.profile import Profile
from resmem_core.engine.base.pseudonyms import Pseudonyms
from resmem_core.health.breaker import ROW
from resmem_core.types import HORMONES, KNOBS, Mode

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
"""Characters of a line over time, at most."""
BESIDE = 58
"""Characters that stand beside it."""
REASONS = 6
LETTERS = {
    Mode.NORMAL: ("·", "green"),
    Mode.STRESSED: ("s", "yellow"),
    Mode.CRISIS: ("C", "red"),
    Mode.TIMEOUT: ("T", "magenta"),
    Mode.RECOVERY: ("r", "cyan"),
    Mode.SLEEP: ("z", "white"),
    Mode.SAFE: ("!", "red"),
}


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """Values in [0, 1] as a line of at most `width` bars.

    >>> sparkline([0.0, 0.5, 1.0])
    '▁▅█'
    """
    return "".join(BARS[min(7, max(0, int(v * 8)))] for v in _sampled(values, width))


def _sampled(values: Sequence[float], width: int) -> list[float]:
    """The largest of each of at most `width` equal slices, so that no spike is lost."""
    width = min(width, len(values))
    edges = [round(i * len(values) / width) for i in range(width + 1)] if width else [0]
    return [max(values[a:b]) for a, b in pairwise(edges)]


def decisions(console: Console, memory: ResilientMemory, script: Script) -> Counter[str]:
    """What was kept, merged and dropped, with the main reasons and an example of each."""
    texts = {
        str(item.message.id): item.message.text
        for turn in script.turns
        for item in (*turn.said, *([turn.answer] if turn.answer else []))
    }
    given = gate_records(memory, script)
    counts: Counter[str] = Counter()
    rows: dict[tuple[str, str], list[str]] = {}
    for record in given:
        counts[record["verdict"]] += 1
        rows.setdefault((record["verdict"], record["why"]), []).append(texts.get(record["id"], ""))
    table = Table(title="What the gate decided", title_justify="left")
    for column in ("verdict", "main reason", "times", "for example"):
        table.add_column(column, no_wrap=column in ("verdict", "times"))  # the others give way
    for verdict in sorted(counts):
        mine = sorted((r for r in rows.items() if r[0][0] == verdict), key=lambda r: -len(r[1]))
        for (_, why), examples in mine[:REASONS]:
            example = next((e for e in examples if e), "")
            table.add_row(verdict, _line(why), str(len(examples)), _line(example[:70]))
        rest = sum(len(examples) for _, examples in mine[REASONS:])
        if rest:
            table.add_row(verdict, "other reasons", str(rest), "")
    console.print(table)
    return counts


def _line(text: str) -> Text:
    """One line, cut where the table has no room for more."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def gate_records(memory: ResilientMemory, script: Script) -> list[dict[str, str]]:
    """The gate's decisions of this run in the audit log, oldest first, with the messages' ids."""
    found: list[dict[str, str]] = []
    alias = Pseudonyms(memory.store, ("demo", script.name))
    said = [item for turn in script.turns for item in (*turn.said, turn.answer) if item]
    ids = {spelt: str(i.message.id) for i in said for spelt in alias.spellings(str(i.message.id))}
    for record in alias.of(records(memory.store)):
        if record["event"] == "forget":
            found.clear()
        elif record["event"] == "gate":
            why = _main(str(record["reason"]))
            found.append(
                {"id": ids.get(record["id"], ""), "verdict": record["verdict"], "why": why}
            )
    return found


def _main(reason: str) -> str:
    """A reason without its numbers, down to the feature that pushed most."""
    words = [word for word in reason.split() if not any(c.isdigit() for c in word)]
    return " ".join(words if ">" not in reason and "<" not in reason else words[:4])


def traces(console: Console, points: Sequence[Point], profile: Profile) -> None:
    """Hormones, knobs and modes as sparklines."""
    if not points:
        console.print("Nothing was left to replay: the traces are those of the earlier run.")
        return
    width = min(WIDTH, max(console.width - BESIDE, 8))
    table = Table(title="Hormones", title_justify="left", show_header=False, box=None)
    for name in HORMONES:
        if name in points[0].levels:
            values = [p.levels[name] for p in points]
            table.add_row(
                name, sparkline(values, width=width), f"{min(values):.2f} … {max(values):.2f}"
            )
    console.print(table)
    _knobs(console, points, profile, width)
    console.print(Text("Modes ", style="italic").append_text(_modes(points, width)))


def _knobs(console: Console, points: Sequence[Point], profile: Profile, width: int) -> None:
    table = Table(title="Knobs", title_justify="left", box=None)
    for column in ("knob", "over time, in its range", "was", "may be"):
        table.add_column(column)
    for name in KNOBS:
        span = profile.ranges[name]
        values = [float(getattr(p.knobs, name)) for p in points]
        line = sparkline([span.unit(v) for v in values], width=width)
        was = f"{min(values):.3g} … {max(values):.3g}"
        table.add_row(name, line, was, f"{span.at(0.0):.3g} … {span.at(1.0):.3g}")
    console.print(table)


def _modes(points: Sequence[Point], width: int) -> Text:
    line = Text()
    width = min(width, len(points))
    order = list(LETTERS)
    for i in range(width):
        cut = points[i * len(points) // width : max(1, (i + 1) * len(points) // width)]
        worst = max((p.mode for p in cut), key=order.index, default=Mode.NORMAL)
        line.append(*LETTERS[worst])
    return line.append("   · normal  s stressed  C crisis  T timeout  r recovery", "dim")


def outage(console: Console, points: Sequence[Point], calls: Mapping[str, int]) -> None:
    """What was done about the tool that was down, and how the modes changed, turn by turn."""
    rows = list(_told(points))
    if not rows:
        return
    table = Table(title="The outage of one tool, explained", title_justify="left", box=None)
    for column in ("turn", "mode", "what was done"):
        table.add_column(column)
    for turn, mode, line in rows:
        table.add_row(str(turn), mode.value, line)
    console.print(table)
    if calls.get("failed"):
        console.print(
            f"In {sum(p.outage for p in points)} turns the calendar was tried {calls['failed']} "
            f"times and the weather, asked with it, answered {calls['weather meanwhile']} times."
        )


def _told(points: Sequence[Point]) -> Iterator[tuple[int, Mode, str]]:
    """Each change of mode, and each act; probes that fail as those before did are counted."""
    mode, alike = Mode.NORMAL, 0
    for turn, point in enumerate(points):
        for act in point.acts:
            if act.what == "refusal" or (act.what == "open" and act.count > ROW):
                alike += act.what == "open"
            else:
                yield turn, point.mode, str(act)
        if point.mode is not mode:
            mode = point.mode
            yield turn, mode, _so_far(alike)
            alike = 0


def _so_far(alike: int) -> str:
    probes = f", after {alike} more probes that failed" if alike else ""
    return f"the mode changes{probes}"


def answers(console: Console, found: Sequence[Answer]) -> None:
    """Each answer with the memories it rests on."""
    for answer in found:
        console.print()
        console.print(Text(f"Q  {answer.question.text}", style="bold"))
        console.print(Text(f"A  {answer.text}"))
        for hit in answer.hits[:3]:
            top = max(hit.why.items(), key=lambda pair: pair[1], default=("", 0.0))
            console.print(
                Text(
                    f"   {hit.score:.2f} {hit.memory.author}: {hit.text[:90]}", style="dim"
                ).append(f"  [{top[0]}]", style="cyan")
            )
    known = [a.found for a in found if a.found is not None]
    if known:
        console.print(
            f"\nFor {sum(known)} of {len(known)} questions a turn that answers was recalled."
        )
