"""The write gate on real conversations: what survives a budget, and what can still be recalled.

Every message goes through the product's own path (`engine.ingest`): repeats, features, the buffer
with its hindsight, the price. At the end of a conversation what still waits in the buffer is
judged too, and the conversation is slept over. Evidence is only looked at afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np

from benchmarks.memory import cost, lived
from benchmarks.memory.conversations import seconds
from benchmarks.memory.lived import Kept
from benchmarks.memory.score import DEPTHS, Prepared, ours, shares
from resmem_core.config.gate import GateConfig
from resmem_core.config.recall import RecallWeights
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine.state import stages
from resmem_core.engine.writing import ingest
from resmem_core.memory.affect.classify import LexiconClassifier
from resmem_core.memory.gate import judge
from resmem_core.memory.gate.features import FEATURES, StreamContext
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.sleep import plan
from resmem_core.types import Memory

Weights: TypeAlias = Mapping[str, float]

OPERATING_POINT: Final = 0.3
"""The budget at which F1 is stated. Chosen from nothing but the price of a wrong drop: a quarter of
the turns of a conversation matter, and a little room above that is cheap."""
SEEDS: Final = 3
"""Random gates that the random control is the mean of."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A conversation's messages as the engine takes them in."""

    part: Prepared
    items: tuple[stages.Candidate, ...]


def stream_of(part: Prepared) -> Stream:
    """Classify a conversation's messages once, for all budgets."""
    classifier = LexiconClassifier()
    items = (
        stages.Candidate(
            message=item.message,
            id=str(item.message.id),
            text=item.message.text,
            scores=classifier.scores(item.message.text),
            vector=vector,
            at=seconds(item),
            session=item.session,
        )
        for item, vector in zip(part.conversation.messages, part.messages, strict=True)
    )
    return Stream(part, tuple(items))


def keep_of(stream: Stream, keep: float, weights: Weights | None = None) -> Kept:
    """What the gate keeps of a conversation under a budget.

    Args:
        stream: the conversation.
        keep: the budget.
        weights: weights of the value model to start from; the documented prior when None.
    """
    config = GateConfig(keep=keep)
    state = judge.start(config)
    if weights is not None:
        state = replace(state, weights=(*(weights[name] for name in FEATURES), state.weights[-1]))
    index = NamespaceIndex(stream.part.messages.shape[1], scan=stream.part.scan)
    head = stages.StreamHead(0, state, StreamContext.of(()))
    namespace = ("bench", stream.part.conversation.name)
    for item in stream.items:
        write = ingest.ingest(
            item,
            head,
            index,
            namespace,
            stress=0.0,
            curiosity=0.0,
            config=config,
            now=item.at,
            ttl=math.inf,
        )
        head = write.head
        _apply(index, write)
    rest = ingest.settle(index.buffered(), head, index, stress=0.0, curiosity=0.0, config=config)
    _apply(index, rest)
    return [index.row(memory.id) for memory in index.memories()]


def slept(part: Prepared, rows: Kept, keep: float) -> Kept:
    """What is left of the kept rows after one cycle of sleep at the conversation's end."""
    namespace = ("bench", part.conversation.name)
    config = SleepConfig().keeping_all() if keep >= 1 else SleepConfig()
    cycle = plan.plan(rows, now=part.conversation.end, config=config, namespace=namespace)
    return lived.after(rows, cycle)


def _apply(index: NamespaceIndex, write: stages.Write) -> None:
    index.put(write.put)
    index.remove(write.gone)


def measure(
    prepared: Sequence[Prepared],
    keep: Sequence[float],
    *,
    weights: RecallWeights,
    seed: int,
    progress: Callable[[str], None] = lambda _: None,
    ablation: bool = False,
) -> dict[str, Any]:
    """The gate and its controls at every budget.

    Returns:
        "gate": {budget: {"kept", "text", "evidence", "slept", "recall10", "f1", "bytes"}}, means
        over conversations (over questions for recall10, the largest conversation for bytes of the
        database per observed message): "text" is the share of the observed bytes of text that is
        kept, "slept" the evidence left after sleep, and recall10 is asked of that;
        "controls": the same without bytes for "random", "longest", "newest" and "user first" (in
        random order), which keep just as many messages of each conversation, and "admit_all";
        "gate_f1": at the operating point, beside admit-all; with `ablation`, "gate_ablation":
        evidence kept without each feature.
    """
    progress("gate: reading the conversations")
    streams = [stream_of(part) for part in prepared]
    every = [keep_of(stream, 1.0) for stream in streams]
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, Any]] = {
        name: {} for name in ("ours", "random", "longest", "newest", "user first")
    }
    for budget in keep:
        progress(f"gate: budget {budget:g} and its controls")
        kept = [keep_of(stream, budget) for stream in streams]
        found["ours"][f"{budget:g}"] = {
            **_figures(prepared, kept, weights, budget),
            "bytes": _bytes(prepared, kept),
        }
        counts = [len(rows) for rows in kept]
        for name, choice in _controls(every, counts, rng).items():
            each = [_figures(prepared, rows, weights, budget) for rows in choice]
            found[name][f"{budget:g}"] = {
                key: round(float(np.mean([row[key] for row in each])), 4) for key in each[0]
            }
    whole = _figures(prepared, every, weights, 1.0)
    at_point = [keep_of(stream, OPERATING_POINT) for stream in streams]
    result: dict[str, Any] = {
        "gate": found.pop("ours"),
        "controls": {**found, "admit_all": {"1": whole}},
        "gate_f1": {
            "budget": OPERATING_POINT,
            "ours": round(_mean(_f1, prepared, at_point), 4),
            "admit_all": whole["f1"],
        },
    }
    if ablation:
        result["gate_ablation"] = without_each(streams, keep, progress)
    return result


def without_each(
    streams: Sequence[Stream], keep: Sequence[float], progress: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """Evidence kept at every budget, with all features and without each ("-name")."""
    variants: dict[str, Weights] = {"all": judge.PRIOR}
    variants |= {f"-{name}": {**judge.PRIOR, name: 0.0} for name in FEATURES}
    table: dict[str, dict[str, float]] = {}
    parts = [stream.part for stream in streams]
    for name, weights in variants.items():
        progress(f"gate: {name}")
        kept = {budget: [keep_of(s, budget, weights) for s in streams] for budget in keep}
        table[name] = {f"{b:g}": round(_mean(_evidence, parts, kept[b]), 4) for b in keep}
    return table


def _controls(
    every: Sequence[Kept], counts: Sequence[int], rng: np.random.Generator
) -> dict[str, list[list[Kept]]]:
    """Per control, one or more choices of as many rows per conversation as the gate kept."""

    def pick(score: Callable[[Memory], float]) -> list[Kept]:
        return [
            sorted(rows, key=lambda row: -score(row.memory))[:count]
            for rows, count in zip(every, counts, strict=True)
        ]

    return {
        "random": [pick(lambda _: float(rng.random())) for _ in range(SEEDS)],
        "longest": [pick(lambda memory: len(memory.text))],
        "newest": [pick(lambda memory: memory.seq)],
        "user first": [pick(lambda memory: (memory.role == "user") + float(rng.random()))],
    }


def _figures(
    prepared: Sequence[Prepared], kept: Sequence[Kept], weights: RecallWeights, keep: float
) -> dict[str, float]:
    rested = [slept(part, rows, keep) for part, rows in zip(prepared, kept, strict=True)]
    recalls = [
        shares(part.conversation.questions, ours(part, part.index(rows), weights))
        for part, rows in zip(prepared, rested, strict=True)
    ]
    return {
        "kept": round(_mean(_share, prepared, kept), 4),
        "text": round(_mean(_text, prepared, kept), 4),
        "evidence": round(_mean(_evidence, prepared, kept), 4),
        "slept": round(_mean(_evidence, prepared, rested), 4),
        "recall10": round(float(np.concatenate(recalls)[:, DEPTHS.index(10)].mean()), 4),
        "f1": round(_mean(_f1, prepared, kept), 4),
    }


def _bytes(prepared: Sequence[Prepared], kept: Sequence[Kept]) -> float:
    """Bytes stored per observed message of the largest conversation."""
    part, rows = max(zip(prepared, kept, strict=True), key=lambda pair: len(pair[0].messages))
    return round(cost.stored(rows) / len(part.messages), 1)


def _mean(
    figure: Callable[[Prepared, Kept], float], prepared: Iterable[Prepared], kept: Iterable[Kept]
) -> float:
    """The mean of a figure over conversations."""
    return float(np.mean([figure(p, rows) for p, rows in zip(prepared, kept, strict=True)]))


def _share(part: Prepared, rows: Kept) -> float:
    return len(rows) / len(part.messages)


def _text(part: Prepared, rows: Kept) -> float:
    """Share of the observed bytes of text that is stored."""
    observed = sum(len(item.message.text.encode()) for item in part.conversation.messages)
    return sum(len(row.memory.text.encode()) for row in rows) / observed


def _evidence(part: Prepared, rows: Kept) -> float:
    """Share of the conversation's evidence messages that some kept memory was made from."""
    wanted = part.conversation.evidence
    return len(wanted & _sources(rows)) / len(wanted)


def _f1(part: Prepared, rows: Kept) -> float:
    """F1 of "kept" as a prediction of "some question needs it"."""
    return (
        2
        * len(part.conversation.evidence & _sources(rows))
        / (len(part.conversation.evidence) + len(_sources(rows)))
    )


def _sources(rows: Kept) -> frozenset[str]:
    return frozenset(s for row in rows if not row.memory.semantic for s in row.memory.sources)
