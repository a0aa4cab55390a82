"""What is fuzzed: functions of bytes that nobody can trust. Each may refuse by a typed error."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.fuzz import seeds
from resmem_core import filters, importers
from resmem_core.config.gate import GateConfig
from resmem_core.config.profile import Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.control import state as control_state
from resmem_core.engine.keeping import portable
from resmem_core.engine.keeping.receipts import Receipt
from resmem_core.errors import ResmemError
from resmem_core.health import dependency
from resmem_core.kernel.recall import fuse, late, scan, scan_codes, top
from resmem_core.kernel.tick import margins, start, step
from resmem_core.learning import reward
from resmem_core.memory.gate import model
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.memory.privacy import screen
from resmem_core.memory.privacy.aliases import alias
from resmem_core.memory.privacy.directives import orders
from resmem_core.memory.privacy.evidence import statements
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.prompt import compose
from resmem_core.stores import codec
from resmem_core.types import Hit

_REDACTOR: Final = PatternRedactor()
_PROFILE: Final = Profile.default()
_SUFFIXES: Final = (".json", ".jsonl", ".txt", ".md", ".csv", ".html", ".zip")
LONGEST: Final = 4_096


def imported(data: bytes) -> None:
    """A file of any kind is read, or refused by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{_SUFFIXES[data[0] % len(_SUFFIXES)]}" if data else "x.json")
        path.write_bytes(data[1:])
        list(importers.read(path))


def carried(data: bytes) -> None:
    """An export of ours in which a line says something else is taken whole or refused by name."""
    if not data or data[0] % 4 == 0:
        lines = [json.dumps(seeds.EXPORT[0]), *data.decode("utf-8", "replace").splitlines()]
    else:
        changed = seeds.changed([*seeds.EXPORT], data[1:])
        lines = [*map(json.dumps, changed)] if isinstance(changed, list) else []
    read = portable.parsed(lines, seeds.NAMESPACE)
    for memory in read.memories:
        codec.encode_memory(memory)


def stored(data: bytes) -> None:
    """A row of a store in which a field says something else is decoded, or told to be damaged."""
    which, cut = data[:1], 4 * (data[1] % 32) if len(data) > 1 else 0
    body = seeds.BODIES[which[0] % len(seeds.BODIES)] if which else {}
    written = json.dumps(seeds.changed(body, data[cut + 2 :])).encode()
    row = codec.decode_row(seeds.NAMESPACE, "m", 1, "long", written, data[2 : cut + 2])
    codec.encode_memory(row.memory)
    compose([Hit(row.memory, 1.0)], today=0.0)


def documents(data: bytes) -> None:
    """What a document says is taken, taken as far as it is known, or refused."""
    readers: tuple[Callable[[Any], Any], ...] = (
        lambda doc: model.from_doc(doc, GateConfig()),
        Tombstones.from_doc,
        lambda doc: control_state.from_doc(doc, _PROFILE),
        reward.from_doc,
        dependency.from_doc,
        Receipt.of,
        filters.check_filter,
    )
    if not data or data[0] % 8 == len(readers):
        doc: Any = codec.decode_json(data[1:])
        for read in readers:
            _refusing(partial(read, doc))
        return
    which = data[0] % 8
    readers[which](seeds.changed(seeds.DOCUMENTS[which], data[1:]))


def kernel(data: bytes) -> None:
    """Arrays of any shape and number go through C, or are refused before it."""
    sizes, raw = (data[:4] + bytes(4))[:4], data[4:]
    floats = np.frombuffer(raw[: len(raw) // 4 * 4], np.float32)
    wide = floats.astype(np.float64)
    dim = 1 + sizes[0] % 32
    rows = floats[: len(floats) // dim * dim].reshape(-1, dim)
    query = floats[: sizes[1] % 40]
    state = np.resize(wide, sizes[2] + 64) if wide.size else np.zeros(sizes[2])
    rest = start(_PROFILE, 1)[:, 0]
    whole = rest + (np.resize(wide, rest.size) if wide.size else 0.0)
    signals = np.resize(state, len(SIGNALS) if sizes[3] % 2 else sizes[3] % 40)
    steps, starts = floats[: len(rows)], np.cumsum([0, *sizes], dtype=np.int32)
    for call in (
        lambda: scan(rows, query),
        lambda: scan_codes(np.nan_to_num(rows).clip(-128, 127).astype(np.int8), steps, query),
        lambda: late(np.frombuffer(raw, np.uint8)[:, None], starts, rows),
        lambda: top(floats, sizes[3]),
        lambda: fuse(rows, query),
        lambda: step(_PROFILE, state, signals),
        lambda: step(_PROFILE, whole, signals, dt=float(sizes[1]), seconds=float(sizes[2])),
        lambda: margins(_PROFILE, state, whole),
    ):
        with np.errstate(all="ignore"):
            _refusing(call)


def texts(data: bytes) -> None:
    """A text of any bytes is cleaned, redacted once and for all, and screened."""
    text = data.decode("utf-8", "surrogateescape")
    clean = screen.clean(text).text
    assert screen.clean(clean).text == clean
    done = _REDACTOR.redact(clean).text
    assert _REDACTOR.redact(done).text == done
    assert 0.0 <= screen.injection_score(text) <= 1.0
    name = alias(clean, _REDACTOR)
    assert alias(name, _REDACTOR) == name
    orders(text)
    statements(text)


def _refusing(work: Callable[[], Any]) -> None:
    with suppress(ResmemError):
        work()


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "imported": imported, "carried": carried, "stored": stored, "documents": documents,
    "kernel": kernel, "texts": texts,
}  # fmt: skip


def run(name: str, data: bytes) -> None:
    """One input through one target; a typed refusal is an answer, everything else comes through."""
    _refusing(lambda: TARGETS[name](data[:LONGEST]))
