"""How far `Hit.relevance` may be believed: how often what it says likely is there, and the price of
a threshold. Measured on our two conversations, so that anybody can draw it again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.answers.corpus import Corpus, sample, thread
from benchmarks.answers.prompts import remembered
from benchmarks.memory.foreign import foreign
from resmem_core import Session
from resmem_core.errors import missing_extra
from resmem_core.memory.recall.relevance import DEFAULT

_LEAST: Final = 1e-9
LEVELS: Final = (0.0, 0.05, 0.15, 0.3, 0.5, 0.65, 0.8, 0.9, 1.0)
"""Ends of the bins, and thresholds of the abstention curve."""


class Best(NamedTuple):
    """The best hit of a question: its relevance, and whether the question can be answered."""

    relevance: float
    answerable: bool


def best_hits() -> list[Best]:
    """Of our hundred questions and of those that no conversation answers, in both of ours."""
    return [best for corpus in (sample(), thread()) for best in _of(corpus)]


def _of(corpus: Corpus) -> list[Best]:
    with remembered(corpus) as session:
        asked = [(question.text, bool(question.right)) for question in corpus.questions]
        asked += [(text, False) for _, text in foreign()]
        return [Best(_best(session, text), known) for text, known in asked]


def _best(session: Session, text: str) -> float:
    hits = session.recall(text, min_relevance=_LEAST).answers
    return max((hit.relevance for hit in hits), default=0.0)


def bins(best: Sequence[Best]) -> list[dict[str, float]]:
    """By bin of the best hit's relevance: its mean, the share that can be answered, the number."""
    rows = []
    for low, high in pairwise(LEVELS):
        here = [one for one in best if low <= one.relevance < high or one.relevance == high == 1.0]
        if here:
            rows.append({
                "relevance": float(np.mean([one.relevance for one in here])),
                "answerable": float(np.mean([one.answerable for one in here])),
                "questions": float(len(here)),
            })  # fmt: skip
    return rows


def curve(best: Sequence[Best]) -> list[dict[str, float]]:
    """By threshold: the share of questions that get a line, of those that can be answered and of
    the others."""
    return [
        {"threshold": level}
        | {
            name: float(
                np.mean([o.relevance >= max(level, _LEAST) for o in best if o.answerable == known])
            )
            for name, known in (("answerable", True), ("others", False))
        }
        for level in LEVELS[1:-1]
    ]


def draw(figures: dict[str, Any], path: Path) -> None:
    """The reliability diagram, and the abstention curve beside it.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise missing_extra("plot", "matplotlib") from error
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = figures["bins"]
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="as said")
    left.plot([r["relevance"] for r in rows], [r["answerable"] for r in rows], "o-", label="found")
    for row in rows:
        at = (row["relevance"], row["answerable"])
        left.annotate(
            f"{row['questions']:.0f}", at, (4, -11), textcoords="offset points", fontsize=8
        )
    left.set(xlabel="relevance of the best hit", ylabel="share that can be answered",
             xlim=(0, 1.05), ylim=(-0.05, 1.05), title="Reliability")  # fmt: skip
    points = figures["curve"]
    for name, style in (("answerable", "o-"), ("others", "s--")):
        right.plot([p["threshold"] for p in points], [p[name] for p in points], style, label=name)
    right.axvline(DEFAULT, color="0.7", linewidth=1)
    right.annotate("default", (DEFAULT, 1.03), fontsize=8, ha="center")
    right.set(xlabel="min_relevance", ylabel="share that gets lines", xlim=(0, 1),
              ylim=(-0.05, 1.1), title="Abstention")  # fmt: skip
    for axes in (left, right):
        axes.legend(frameon=False, loc="center left")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
