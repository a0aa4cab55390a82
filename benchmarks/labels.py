"""From scores to one plain label, and the confusion table that measures how far to trust it.

The product works with the twelve scores; labels exist so that people can check them. A text whose
highest score is below `QUIET` is routine; otherwise the label is the prototype of largest cosine.

`python -m benchmarks.labels FILE` prints the confusion table of a labelled file.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from resmem_core.memory.affect.classify import LexiconClassifier
from resmem_core.protocols import Classifier

QUIET: Final = 0.35

PROTOTYPES: Final[dict[str, dict[str, float]]] = {
    "calm": {"serotonin": 1.0},
    "urgent": {"epinephrine": 1.0, "cortisol": 0.3, "thyroid": 0.3},
    "failing": {"cortisol": 1.0, "epinephrine": 0.2},
    "curious": {"dopamine": 1.0},
    "grateful": {"endorphins": 1.0, "oxytocin": 0.2},
    "hostile": {"norepinephrine": 1.0, "cortisol": 0.2},
    "sad": {"cortisol": 0.8, "melatonin": 0.5, "oxytocin": 0.4},
    "tired": {"melatonin": 1.0},
    "driven": {"testosterone": 1.0, "dopamine": 0.2},
    "trusting": {"oxytocin": 1.0},
    "topic_change": {"estrogen": 1.0},
    "seeking": {"insulin": 1.0},
    "brisk": {"thyroid": 1.0},
    "routine": {},
}
"""What each label looks like; the first neurochemical is the one expected to lead."""


class Labelled(NamedTuple):
    """One line of a labelled file."""

    text: str
    label: str
    leads: tuple[str, ...]
    half: str


def load(path: Path) -> list[Labelled]:
    """The lines of a labelled JSONL file."""
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return [Labelled(x["text"], x["label"], tuple(x["leads"]), x["half"]) for x in lines]


def label(scores: Mapping[str, float]) -> str:
    """The label of twelve scores.

    >>> label({"melatonin": 0.8, "cortisol": 0.1})
    'tired'
    """
    if max(scores.values()) < QUIET:
        return "routine"
    return max(PROTOTYPES, key=lambda name: _cosine(scores, PROTOTYPES[name]))


def _cosine(scores: Mapping[str, float], prototype: Mapping[str, float]) -> float:
    size = math.hypot(*scores.values()) * math.hypot(*prototype.values())
    return sum(scores.get(name, 0.0) * x for name, x in prototype.items()) / size if size else 0.0


def confusion(examples: list[Labelled], classifier: Classifier) -> Counter[tuple[str, str]]:
    """How often each label was given for each label: {(true, given): count}."""
    return Counter((one.label, label(classifier.scores(one.text))) for one in examples)


def accuracy(counts: Counter[tuple[str, str]]) -> float:
    """Share on the diagonal."""
    return sum(n for (true, given), n in counts.items() if true == given) / counts.total()


def table(path: Path, classifier: Classifier, half: str) -> str:
    """The confusion table of one half as Markdown: rows are true, columns are given."""
    examples = [one for one in load(path) if one.half == half]
    counts = confusion(examples, classifier)
    names = [name for name in PROTOTYPES if any(one.label == name for one in examples)]
    lines = [
        f"Half `{half}`: {len(examples)} messages, accuracy {accuracy(counts):.2f}",
        "",
        "| true \\ given | " + " | ".join(names) + " | recall |",
        "|---" * (len(names) + 2) + "|",
    ]
    for true in names:
        row = [counts[true, given] for given in names]
        cells = " | ".join(str(n) if n else "" for n in row)
        lines.append(f"| **{true}** | {cells} | {counts[true, true] / sum(row):.2f} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """Print the confusion table of a labelled file, for its tuned and its held-out half."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m benchmarks.labels LABELLED.jsonl")
    for half in ("tune", "held"):
        print(table(Path(arguments[0]), LexiconClassifier(), half))


if __name__ == "__main__":
    main(sys.argv[1:])
