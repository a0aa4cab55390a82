"""Presidio behind our protocol, for a row beside ours; it is in no extra, and needs a model."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from resmem_core.memory.privacy.spans import replace
from resmem_core.protocols import Found, Redacted

ABSENT = (
    "no row for Presidio: pip install presidio-analyzer, and its model"
    " (python -m spacy download en_core_web_lg)"
)


class PresidioRedactor:
    """What Presidio's analyzer finds in English, replaced by its kind as ours does it."""

    def __init__(self, analyzer: Any) -> None:
        self._analyzer = analyzer

    def redact(self, text: str) -> Redacted:
        """The text with each finding replaced; of those that overlap, the first."""
        spans: list[tuple[int, int, str]] = []
        found = self._analyzer.analyze(text=text, language="en")
        for one in sorted(found, key=lambda one: (one.start, -one.end)):
            if not spans or one.start >= spans[-1][1]:
                spans.append((one.start, one.end, str(one.entity_type)))
        counts = Counter(kind for _, _, kind in spans)
        return Redacted(replace(text, spans), tuple(Found(k, n) for k, n in sorted(counts.items())))


def installed() -> PresidioRedactor | None:
    """Presidio with the model that it begins with; None where either is not there."""
    if not all(map(find_spec, ("presidio_analyzer", "en_core_web_lg"))):
        return None
    return PresidioRedactor(import_module("presidio_analyzer").AnalyzerEngine())
