"""Value heads on disk: one npz with a checksum; no torch, no pickle. Run by the kernel.

A head estimates V(h), the discounted reward to come, from the hormone levels. It is trained in
`training.heads`; `kernel.value` evaluates it, in C where that was built.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from resmem_core import kernel
from resmem_core.config.heads import GraphHead, Head, MlpHead
from resmem_core.config.profile import Array
from resmem_core.errors import ConfigError, KernelError, PolicyTampered

FORMAT: Final = 1
KINDS: Final[Mapping[str, type[Head]]] = {"mlp": MlpHead, "graph": GraphHead}
_TOLD: Final = ("format", "kind", "checksum")


def kind_of(head: Head) -> str:
    """ "mlp" or "graph"."""
    return "mlp" if isinstance(head, MlpHead) else "graph"


def checksum(kind: str, arrays: Mapping[str, Array]) -> str:
    """SHA-256 over format, kind, and every array's name, shape and bytes (little-endian)."""
    digest = hashlib.sha256(f"{FORMAT} {kind}".encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name], dtype="<f8")
        digest.update(f" {name} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()


def to_bytes(head: Head) -> bytes:
    """The head as an npz file."""
    kind = kind_of(head)
    arrays = {f.name: np.asarray(getattr(head, f.name), dtype="<f8") for f in fields(head)}
    told: dict[str, Any] = {"format": FORMAT, "kind": kind, "checksum": checksum(kind, arrays)}
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays, **{k: np.asarray(v) for k, v in told.items()})
    return out.getvalue()


def from_bytes(data: bytes) -> Head:
    """The head of an npz file.

    Raises:
        ConfigError: not such a file, of another format or kind, or with other arrays.
        PolicyTampered: the checksum does not match the content.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
    except Exception as error:  # a damaged zip raises a dozen kinds of errors, none of them ours
        raise ConfigError(
            f"a value head must be a whole .npz file ({type(error).__name__}); export it again"
        ) from None
    return _head(content)


def _head(content: Mapping[str, Any]) -> Head:
    if set(_TOLD) - set(content) or str(content["format"]) != str(FORMAT):
        raise ConfigError(
            f"a value head of format {FORMAT} is needed, got "
            f"{str(content.get('format', 'none'))!r:.40}; export it again with this version"
        )
    kind = str(content["kind"])
    if kind not in KINDS:
        raise ConfigError(f"a value head is one of {', '.join(KINDS)}, got {kind!r:.40}")
    made = KINDS[kind]
    arrays = {name: array for name, array in content.items() if name not in _TOLD}
    if set(arrays) != {f.name for f in fields(made)}:
        raise ConfigError(f"a {kind} head has other arrays than this file; export it again")
    if any(array.dtype != np.dtype("<f8") for array in arrays.values()):
        raise ConfigError("the arrays of a value head must be float64; export it again")
    if checksum(kind, arrays) != str(content["checksum"]):
        raise PolicyTampered("the checksum of the value head does not match; export it again")
    return made(**arrays)


def load(path: str | Path) -> Head:
    """The head in a file.

    Raises:
        ConfigError: it cannot be read, or is none. PolicyTampered: it was changed.
    """
    try:
        return from_bytes(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"value head {str(path)!r} cannot be read: {error}") from error


def save(head: Head, path: str | Path) -> str:
    """Write the head; its checksum."""
    data = to_bytes(head)
    Path(path).write_bytes(data)
    with np.load(io.BytesIO(data)) as file:
        return str(file["checksum"])


@cache
def shipped() -> Head:
    """V of the shipped profile on ChaosBench's training seeds: a graph head over its hormones."""
    return from_bytes((files("resmem_core.data") / "value.npz").read_bytes())


def of(levels: Array) -> float | None:
    """V of one state's levels [n], by the shipped head; None for other hormones than its own."""
    head = shipped()
    return float(values(head, levels[None])[0]) if head.n == len(levels) else None


def values(head: Head, levels: Array) -> Array:
    """V of each row of levels [count, n].

    Raises:
        ConfigError: levels of other hormones than the head was trained on.
    """
    try:
        return kernel.value(head, levels)
    except KernelError as error:
        raise ConfigError(f"the value head cannot read these levels: {error}") from None
