"""The default embedder: stems hashed to signed features. Offline, deterministic, no model."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from resmem_core.errors import ConfigError, InputTypeError
from resmem_core.memory.text.tokens import read
from resmem_core.protocols import Vector


@lru_cache(maxsize=131_072)
def _slots(feature: str, dim: int) -> tuple[int, int, float, float]:
    """Two signed places per feature, so that one collision alone does not confuse two words."""
    digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    first, second = int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")
    return (
        (first >> 1) % dim,
        (second >> 1) % dim,
        1.0 if first & 1 else -1.0,
        1.0 if second & 1 else -1.0,
    )


class LexicalEmbedder:
    """Stemmed words as signed hashed features with damped counts, of unit length.

    Its cosine says how many words two texts share: right for near-duplicates, novelty and
    clusters. It knows no synonyms, and recall reads the words themselves from postings, so it is
    not scanned in recall (`semantic` is False).

    Args:
        dim: length of the vectors, 16 to 65,536.

    >>> one, two, other = LexicalEmbedder().embed(["I love hiking", "she loves hikes", "tax form"])
    >>> round(float(one @ two), 3), abs(float(one @ other)) < 0.3
    (1.0, True)
    """

    semantic = False

    def __init__(self, dim: int = 256) -> None:
        if not 16 <= dim <= 65_536:
            raise ConfigError(f"dim must be from 16 to 65,536, got {dim!r}")
        self._dim = dim

    @property
    def name(self) -> str:
        """Recorded in the store; changes with everything that changes a vector."""
        return f"lexical-{self._dim}"

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return self._dim

    def embed(self, texts: Sequence[str]) -> Vector:
        """One row per text, float32 of shape (len(texts), dim): unit length, zero for no words.

        Raises:
            InputTypeError: a single string was passed in place of a sequence of them.
        """
        if isinstance(texts, str):
            raise InputTypeError("embed takes a sequence of texts, got one str; wrap it in a list")
        out = np.zeros((len(texts), self._dim), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            _fill(row, text, self._dim)
        return out


def _fill(row: Vector, text: str, dim: int) -> None:
    words, stems = read(text)
    kept = stems or words  # "who are you": function words are better than nothing
    counts = Counter(kept)
    if not counts:
        return
    total: dict[int, float] = {}
    for feature, count in counts.items():
        i, j, a, b = _slots(feature, dim)
        weight = 1.0 + math.log(count)
        total[i] = total.get(i, 0.0) + a * weight
        total[j] = total.get(j, 0.0) + b * weight
    row[list(total)] = list(total.values())
    norm = float(np.sqrt(row @ row))
    if norm > 0.0:
        row /= norm
