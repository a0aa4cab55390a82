"""Spans and metrics as an in-memory collector gets them, and nothing where nobody collects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from resmem_core import Message, Outcome, ResilientMemory
from resmem_core.engine.base import telemetry
from resmem_core.errors import InputError
from resmem_core.health.acts import Act

ADA = ("acme-secret", "ada-secret")
SAID = "My sister Ines plays the oboe."


class Collector:
    """What was exported."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.traces = TracerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider([self.reader])

    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans() if span.name == name]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector of this test alone."""
    made = Collector()
    monkeypatch.setattr(trace, "get_tracer", made.traces.get_tracer)
    monkeypatch.setattr(metrics, "get_meter", made.meters.get_meter)
    telemetry._instruments.cache_clear()
    yield made
    telemetry._instruments.cache_clear()


def used(memory: ResilientMemory) -> None:
    session = memory.session("thread-secret", namespace=ADA)
    session.observe(Message("user", SAID, author="author-secret", id="id-secret"))
    session.recall("Who plays the oboe?")
    session.turn([Message("user", "Thanks for that answer.")], Outcome(success=True))
    memory.update(ADA, "id-secret", "My sister Ines plays the cello.")
    memory.pin(ADA, "id-secret")
    memory.search(ADA, "Who plays the cello?")
    memory.forget(ADA, ids=["id-secret"])


def test_each_operation_is_a_span_and_a_duration(collector: Collector) -> None:
    """Named by the conventions, with how many memories it was about."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        used(memory)
    names = [span.name for span in collector.spans()]
    data = collector.reader.get_metrics_data()
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics  # type: ignore[union-attr]
    counted = {p.attributes["gen_ai.operation.name"]: p.count for p in metric.data.data_points}  # type: ignore[union-attr,index]

    assert names == [
        "upsert_memory", "search_memory", "upsert_memory", "update_memory", "update_memory",
        "search_memory", "delete_memory",
    ]  # fmt: skip
    assert (metric.name, metric.unit) == ("gen_ai.client.operation.duration", "s")
    assert counted == {
        "upsert_memory": 2, "search_memory": 2, "update_memory": 2, "delete_memory": 1,
    }  # fmt: skip
    assert all(s.attributes["gen_ai.operation.name"] == s.name for s in collector.spans())
    assert collector.named("search_memory")[0].attributes["resmem.memory.count"] == 1


def test_no_label_holds_anybody_s_words_or_name(collector: Collector) -> None:
    """Neither text nor namespace, author, thread or id; in spans and in metrics."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        used(memory)
        with pytest.raises(InputError):
            memory.search(ADA, "")
    everything = "".join(span.to_json() for span in collector.spans())
    everything += collector.reader.get_metrics_data().to_json()  # type: ignore[union-attr]

    assert "secret" not in everything
    assert "oboe" not in everything


def test_the_question_is_there_when_it_is_asked_for(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conventions' own switch, and nothing but the question."""
    monkeypatch.setenv(telemetry.CAPTURE, "true")
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        used(memory)
    first = collector.named("search_memory")[0]

    assert first.attributes["gen_ai.retrieval.query.text"] == "Who plays the oboe?"
    assert SAID not in "".join(span.to_json() for span in collector.spans())


def test_a_failure_is_told_by_its_class(collector: Collector) -> None:
    """Its message is not exported."""
    with (
        ResilientMemory.open(":memory:") as memory,
        pytest.raises(InputError),
    ):
        memory.search(ADA, "")
    (span,) = collector.named("search_memory")

    assert span.attributes["error.type"] == "InputError"
    assert span.status.status_code.name == "ERROR"
    assert not span.events


async def test_async_twins_stay_under_the_caller_s_span(collector: Collector) -> None:
    """The work runs in a thread, and its span still has the agent's as its parent."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("s", namespace=ADA)
        with collector.traces.get_tracer("agent").start_as_current_span("invoke_agent") as agent:
            await session.aobserve(Message("user", SAID))
            await session.arecall("oboe")
    ours = [span for span in collector.spans() if span.name != "invoke_agent"]

    assert [span.parent.span_id for span in ours] == [agent.get_span_context().span_id] * 2


def test_an_act_is_an_event_on_the_agent_s_span(collector: Collector) -> None:
    """What was done about a failure stands where the failure was."""
    with ResilientMemory.open(":memory:") as memory:
        act = Act("retry", "model:openai/m", 1.0, count=1)
        with collector.traces.get_tracer("agent").start_as_current_span("invoke_agent"):
            memory.health.note(act, ADA)
    (span,) = collector.named("invoke_agent")
    (event,) = span.events

    assert event.name == "resmem.act"
    assert event.attributes["resmem.act"] == "retry"
    assert event.attributes["resmem.on"] == "model:openai/m"


@pytest.mark.long
def test_without_opentelemetry_nothing_is_imported() -> None:
    """Using a memory loads no part of it."""
    code = (
        "import sys; from resmem_core import *\n"
        "with ResilientMemory.open(':memory:') as m:\n"
        "    m.session('s', namespace=('a',)).observe(Message('user', 'The kiln is blue.'))\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )

    assert done.stdout.strip() == "False"
