"""`resmem bench privacy`: what survives of planted values, and what look-alikes lose."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.privacy import presidio
from benchmarks.privacy.carriers import CARRIERS, DATA
from benchmarks.privacy.kinds import PLANTED, Kind
from benchmarks.privacy.looks import LOOKS
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.protocols import Redactor

_WINDOW: Final = 6
"""So many letters and digits of a value in a row, and somebody can use them."""


@dataclass(frozen=True, slots=True)
class Case:
    """A text with one value in it.

    Attributes:
        value: what must be gone.
        before, after: what must stay.
    """

    kind: Kind
    value: str
    before: str
    after: str

    @property
    def text(self) -> str:
        return self.before + self.value + self.after


def privacy(
    seed: Annotated[int, typer.Option(help="Of the values and of what they stand in.")] = 1,
    each: Annotated[int, typer.Option(help="Texts for each way to write a value.", min=1)] = 6,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Planted personal data that survives redaction, and look-alikes that do not."""
    figures = measure(seed, each)
    other = presidio.installed()
    theirs = measure(seed, each, other) if other else None
    if json_:
        print(json.dumps({**figures, "presidio": theirs}, ensure_ascii=False))
        return
    table = Table("family", "planted", "gone", "text around it kept", title=f"seed {seed}")
    for name, row in figures["families"].items():
        table.add_row(name, *(f"{row[key]:,}" for key in ("planted", "gone", "kept")))
    looks = figures["looks"]
    table.add_row("look-alikes", f"{looks['planted']:,}", "", f"{looks['kept']:,}")
    if theirs:
        rows, seen = theirs["families"].values(), theirs["looks"]
        sums = [sum(row[key] for row in rows) for key in ("planted", "gone", "kept")]
        table.add_row("Presidio, all families", *(f"{number:,}" for number in sums))
        table.add_row("Presidio, look-alikes", f"{seen['planted']:,}", "", f"{seen['kept']:,}")
    Console().print(table)
    if not theirs:
        print(presidio.ABSENT)


def measure(seed: int, each: int, redactor: Redactor | None = None) -> dict[str, Any]:
    """Counts by family, the texts that were missed, and the look-alikes that were touched."""
    redactor, rng = redactor or PatternRedactor(), Random(seed)
    families: dict[str, dict[str, int]] = defaultdict(lambda: {"planted": 0, "gone": 0, "kept": 0})
    missed = []
    for case in cases(rng, each):
        out = redactor.redact(case.text).text
        row = families[case.kind.family]
        gone, kept = not _left(case, out), _around(case, out)
        row["planted"] += 1
        row["gone"] += gone
        row["kept"] += kept
        if not (gone and kept):
            missed.append((case.kind.name, case.text, out))
    touched = []
    texts = [(name, make(rng)) for name, make in LOOKS for _ in range(each)]
    for name, text in texts:
        if (out := redactor.redact(text).text) != text:
            touched.append((name, text, out))
    return {
        "families": dict(families),
        "recall": sum(r["gone"] for r in families.values())
        / sum(r["planted"] for r in families.values()),
        "looks": {"planted": len(texts), "kept": len(texts) - len(touched)},
        "missed": missed,
        "touched": touched,
    }


def cases(rng: Random, each: int) -> Iterator[Case]:
    """The texts with planted values, in the order of the kinds."""
    for kind in PLANTED:
        for _ in range(each):
            value = kind.make(rng)
            before, after = _carrier(rng, kind).split("{}")
            yield Case(kind, value, before, after)


def _carrier(rng: Random, kind: Kind) -> str:
    """What stands around a value, with one `{}` where it stands."""
    if kind.language == "code":
        return kind.says.replace("{{", "{").replace("}}", "}")
    announced = kind.says.endswith((":", "is", "est", "es", "é", "è", "to", "är", "lautet", "是",
                                    "は", "는", "है", "пароль"))  # fmt: skip
    if announced:
        gap = "" if kind.language in ("zh", "ja", "ko") else " "
        return f"{kind.says}{gap}{{}}"
    if not kind.language and rng.random() < 0.4:
        return rng.choice(DATA).replace("{{", "{").replace("}}", "}")
    carrier = rng.choice(CARRIERS[kind.language or rng.choice(tuple(CARRIERS))])
    return carrier.replace("{}", f"{kind.says} {{}}" if kind.says else "{}")


def _left(case: Case, out: str) -> bool:
    """Whether enough of the value can be read in the output."""
    value, rest = _squeezed(case.value), _squeezed(out)
    stands = _squeezed(case.before) + "|" + _squeezed(case.after)
    size = min(_WINDOW, len(value))
    windows = (value[i : i + size] for i in range(len(value) - size + 1))
    return any(window in rest and window not in stands for window in windows)


def _squeezed(text: str) -> str:
    return re.sub(r"[^\w]|_", "", text).lower()


def _around(case: Case, out: str) -> bool:
    """Whether what stood around the value is still there."""
    return out.startswith(case.before.rstrip()) and out.endswith(case.after.lstrip())
