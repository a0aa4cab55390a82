"""Which part of a long memory answers a question."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.features import idf
from resmem_core.memory.recall.query import Asked
from resmem_core.memory.text import analysis
from resmem_core.memory.text.passages import head, is_long, passages
from resmem_core.memory.text.sentence_ends import Span
from resmem_core.memory.text.tokens import ideographs

_KEPT: Final = 512
"""Long texts whose parts are remembered."""


def part_of(index: NamespaceIndex, asked: Asked, text: str) -> Span | None:
    """The part that holds most of what is asked, by the rarity of the words; the first of equals.

    None for a text of one part, and where none of its parts holds a word of the question.
    """
    if not is_long(text):
        return None
    wanted = {form: stem for stem in asked.stems for form in (stem, *asked.forms.get(stem, ()))}
    held = index.postings.frequency
    best, most = None, 0.0
    for span, words in _read(text):
        known = {wanted[word] for word in words & wanted.keys()}
        found = sum(idf(held(stem), len(index)) for stem in sorted(known))
        if found > most:
            best, most = span, found
    return best


@lru_cache(maxsize=_KEPT)
def _read(text: str) -> tuple[tuple[Span, frozenset[str]], ...]:
    """The parts of a text, each with its stems and those of the columns that it fills."""
    return tuple(
        (span, _stems(f"{head(text, span)}\n{text[slice(*span)]}")) for span in passages(text)
    )


def _stems(text: str) -> frozenset[str]:
    seen = analysis.read(text)
    return frozenset((*seen.stems, *seen.forms, *ideographs(text)))
