"""What a cycle of sleep would do now, worked out in memory; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.engine.state.stages import Write
from resmem_core.engine.writing.ingest import settle
from resmem_core.memory.gate import judge
from resmem_core.memory.sleep import plan
from resmem_core.memory.sleep.atoms import SleepPlan
from resmem_core.protocols import Row
from resmem_core.types import SleepReport, Verdict


def run(state: NamespaceState) -> SleepReport:
    """The report that a cycle would give, with what would go and why."""
    components = state.components
    with state.lock:
        state.refresh()
        rows = {row.memory.id: row for row in state.store.rows(state.namespace)}
        settled = _settled(state)
    doc = state.store.doc("nights", "")
    cycle = plan.plan(
        _after(rows, settled),
        now=components.clock.now(),
        config=components.sleep,
        namespace=state.namespace,
        nights=tuple(doc.body["at"]) if doc else (),
        waited=components.clock.elapsed() - state.opened,
    )
    return replace(cycle.report, gone=dict((*_dropped(settled), *_gone(cycle))), dry_run=True)


def _settled(state: NamespaceState) -> Write:
    """The verdicts on everything that waits in the buffer."""
    due = state.index.buffered()
    if not due:
        return Write(judge.NOTHING, state.head)
    config = state.components.gate
    return settle(due, state.head, state.index, stress=0.0, curiosity=0.0, config=config)


def _after(rows: dict[str, Row], settled: Write) -> list[Row]:
    """The namespace's rows as they would be after the verdicts."""
    after = {**rows, **{row.memory.id: row for row in settled.put}}
    return [row for ident, row in after.items() if ident not in settled.gone]


def _dropped(settled: Write) -> Iterator[tuple[str, str]]:
    for ident, decision in settled.due:
        if decision.verdict is Verdict.DROP:
            yield ident, f"not kept by the gate: {decision.reason}"


def _gone(cycle: SleepPlan) -> Iterator[tuple[str, str]]:
    """Ids of what the plan takes away, each with why."""
    for atom in cycle.atoms:
        into = atom.put[0].memory.id if atom.put else ""
        why = atom.why or (f"merged into {into}" if into else "what it sums up is gone")
        yield from ((ident, why) for ident in atom.gone)
