"""The exchangeable parts of one engine, checked where their answers enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np

from resmem_core.config.gate import GateConfig
from resmem_core.config.learning import LearningConfig
from resmem_core.config.limits import Limits
from resmem_core.config.profile import Profile
from resmem_core.config.recall import RecallWeights
from resmem_core.config.sleep import SleepConfig
from resmem_core.control.fallback import checked_share
from resmem_core.engine.base.clock import CheckedClock, SystemClock
from resmem_core.errors import ClassifierError, ConfigError, EmbedderError, InputError
from resmem_core.memory.affect.classify import LexiconClassifier
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.named import by_name, recorded
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.protocols import (
    Classifier,
    Clock,
    Embedder,
    Redactor,
    Row,
    Store,
    TokenEmbedder,
    Vector,
)
from resmem_core.types import NEUROCHEMICALS

BOLDEST = 0.25
"""Largest noise of exploration, in unit knobs."""


@dataclass(frozen=True, slots=True)
class Components:
    """What an engine is made of. Every part is a protocol or a frozen setting."""

    clock: Clock = field(default_factory=SystemClock)
    embedder: Embedder = field(default_factory=LexicalEmbedder)
    classifier: Classifier = field(default_factory=LexiconClassifier)
    redactor: Redactor = field(default_factory=PatternRedactor)
    profile: Profile = field(default_factory=Profile.default)
    gate: GateConfig = field(default_factory=GateConfig)
    recall: RecallWeights = field(default_factory=RecallWeights)
    sleep: SleepConfig = field(default_factory=SleepConfig)
    summarize: Callable[[Sequence[str]], str] | None = None
    auto_sleep: bool = True
    learning: LearningConfig = field(default_factory=LearningConfig)
    explore: float = 0.0
    rng: np.random.Generator | None = None
    record: bool = False
    guard: float | None = None
    limits: Limits | None = None

    @classmethod
    def of(cls, keep: float | None = None, **given: Any) -> Self:
        """The parts that are given, and the default in place of every None."""
        if isinstance(given.get("embedder"), str):
            given["embedder"] = _named(given["embedder"])
        components = cls(**{name: part for name, part in given.items() if part is not None})
        gate = components.gate if keep is None else replace(components.gate, keep=keep)
        rng = components.rng or (np.random.default_rng() if components.explore else None)
        sleep = components.sleep.keeping_all() if gate.keep >= 1.0 else components.sleep
        clock = components.clock
        if not isinstance(clock, SystemClock):
            clock = CheckedClock(clock)
        return replace(components, clock=clock, gate=gate, rng=rng, sleep=sleep)

    def as_made(self, store: Store) -> Self:
        """With the embedder that a store was made with, where its name says which that is.

        Raises:
            MissingExtra, ModelTampered: its model is not installed, or not as expected.
        """
        doc = store.doc("meta", "embedder")
        made_with = None if doc is None else recorded(str(doc.body["name"]))
        return self if made_with is None else replace(self, embedder=made_with)

    def __post_init__(self) -> None:
        for name, needed in _NEEDED.items():
            _check_part(name, getattr(self, name), needed)
        if self.limits is not None:
            _check_part("limits", self.limits, Limits)
        if self.guard is not None:
            checked_share(self.guard)
        if not (isinstance(self.explore, int | float) and 0.0 <= self.explore <= BOLDEST):
            raise ConfigError(f"explore must be from 0 (off) to {BOLDEST}, got {self.explore!r}")


_NEEDED: Final[Mapping[str, tuple[str, ...] | type]] = {
    "clock": ("now", "elapsed"),
    "embedder": ("name", "dim", "embed"),
    "classifier": ("scores",),
    "redactor": ("redact",),
    "profile": Profile,
    "gate": GateConfig,
    "recall": RecallWeights,
    "sleep": SleepConfig,
    "learning": LearningConfig,
}
"""What each part must be an instance of, or must have."""

_WRAPPERS: Final = (
    "; wrap LangChain's in resmem_langchain.LangChainEmbedder, LlamaIndex's in "
    "resmem_llamaindex.LlamaIndexEmbedder"
)


def _named(name: str) -> Embedder:
    try:
        return by_name(name)
    except InputError as error:
        raise ConfigError(f"{error}{_WRAPPERS}") from None


def _check_part(name: str, part: Any, needed: tuple[str, ...] | type) -> None:
    if isinstance(needed, type):
        right, wanted = isinstance(part, needed), f"a {needed.__name__}"
    else:
        missing = [one for one in needed if not hasattr(part, one)]
        right = not missing and not isinstance(part, type)
        wanted = f"an object with {', '.join(needed)}"
    if right:
        return
    got = f"the class {part.__name__}" if isinstance(part, type) else type(part).__name__
    hint = _WRAPPERS if name == "embedder" else ""
    raise ConfigError(f"{name} must be {wanted}, got {got}{hint}")


def semantic(embedder: Embedder) -> bool:
    """Whether its vectors say more than the words do; a lexical embedder declares that not."""
    return bool(getattr(embedder, "semantic", True))


def embed(embedder: Embedder, text: str) -> Vector:
    """One text's vector: float32, shape (dim,), finite.

    Raises:
        EmbedderError: it raised, or returned NaN, infinity or another shape.
    """
    vector: Vector = embed_all(embedder, [text])[0]
    return vector


def embed_all(embedder: Embedder, texts: Sequence[str]) -> Vector:
    """The texts' vectors: float32, shape (len(texts), dim), finite.

    Raises:
        EmbedderError: as for `embed`.
    """
    try:
        rows = np.asarray(embedder.embed(texts), dtype=np.float32)
    except Exception as error:
        raise EmbedderError(
            f"embedder {embedder.name!r} raised {type(error).__name__}; nothing was stored"
        ) from error
    return _checked(embedder, rows, len(texts))


def embed_question(embedder: Embedder, text: str) -> Vector:
    """A question's vector, above those of its pieces where the embedder tells them.

    float32, shape (dim,) or (1 + pieces, dim), finite.

    Raises:
        EmbedderError: as for `embed`.
    """
    if not isinstance(embedder, TokenEmbedder):
        return embed(embedder, text)
    try:
        rows = np.asarray(embedder.asked(text), dtype=np.float32)
    except Exception as error:
        raise EmbedderError(f"embedder {embedder.name!r} raised {type(error).__name__}") from error
    return _checked(embedder, rows, max(1, len(rows)))


def _checked(embedder: Embedder, rows: Vector, count: int) -> Vector:
    if rows.shape != (count, embedder.dim):
        raise EmbedderError(
            f"embedder {embedder.name!r} returned shape {rows.shape}, "
            f"expected ({count}, {embedder.dim}); nothing was stored"
        )
    if not np.isfinite(rows).all():
        raise EmbedderError(
            f"embedder {embedder.name!r} returned NaN or infinity; nothing was stored"
        )
    return rows


def with_pieces(
    embedder: Embedder, rows: Sequence[Row], index: NamespaceIndex | None = None
) -> tuple[Row, ...]:
    """The rows, each with the pieces of its text where the embedder tells them.

    Those that the index has of the same text are taken from there. An embedder that fails leaves
    the others as they are: `late` is a sign among many, and sleep asks again.
    """
    if not isinstance(embedder, TokenEmbedder):
        return tuple(rows)
    known = [row if row.pieces or index is None else _known(row, index) for row in rows]
    missing = [row for row in known if not row.pieces]
    with suppress(Exception):
        told = zip(missing, embedder.pieces([row.memory.text for row in missing]), strict=True)
        found = {id(row): replace(row, pieces=pieces) for row, pieces in told}
        return tuple(found.get(id(row), row) for row in known)
    return tuple(known)


def _known(row: Row, index: NamespaceIndex) -> Row:
    held = index.get(row.memory.id)
    if held is None or held.text != row.memory.text:
        return row
    return replace(row, pieces=index.row(held.id).pieces)


def scores(classifier: Classifier, text: str) -> dict[str, float]:
    """The twelve scores of a text, each in [0, 1].

    Raises:
        ClassifierError: it raised, or a score is missing, not a number or out of range.
    """
    try:
        given = classifier.scores(text)
        values = {name: float(given[name]) for name in NEUROCHEMICALS}
    except Exception as error:
        raise ClassifierError(
            f"the classifier raised {type(error).__name__}; twelve scores in [0, 1] are expected"
        ) from error
    wrong = [name for name, value in values.items() if not 0.0 <= value <= 1.0]
    if wrong:
        raise ClassifierError(f"the classifier's {wrong[0]} is not in [0, 1]")
    return values
