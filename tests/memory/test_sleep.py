"""Consolidation: what a cycle merges, promotes, sums up, links and forgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.sleep import DAY, SleepConfig
from resmem_core.errors import ConfigError
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.sleep import plan
from resmem_core.memory.sleep.atoms import Atom, SleepPlan, batches, operations
from resmem_core.memory.sleep.duplicates import ALSO, core
from resmem_core.protocols import Delete, Put, Row
from resmem_core.types import Link, Memory, StateVector

ADA = ("acme", "ada")
NOW = 1.75e9
CONFIG = SleepConfig()
EMBEDDER = LexicalEmbedder()

LISBON = (
    "I moved to Lisbon in May.", "In May I moved to Lisbon.", "Back in May I relocated to Lisbon.",
    "I have been living in Lisbon since May.", "I live in Lisbon now, moved in May.",
    "Lisbon is my home since May.", "My move to Lisbon was in May.",
    "I moved over to Lisbon this May.", "It was May when I moved to Lisbon.",
    "I'm in Lisbon now - I moved there in May.", "We moved to Lisbon back in May.",
    "I made the move to Lisbon in May.", "I relocated to Lisbon in May.",
    "Since May I live in Lisbon.", "I settled in Lisbon in May.",
)  # fmt: skip
MODE = (
    "User prefers dark mode in the editor.", "The user likes dark mode in their editor.",
    "Dark mode is what the user prefers in the editor.", "User wants the editor in dark mode.",
    "The user always uses dark mode in the editor.", "Prefers dark mode for the editor.",
    "The user prefers the editor's dark mode.", "User prefers a dark theme in the editor.",
    "The user said they prefer dark mode in the editor.", "User's editor preference: dark mode.",
    "Dark theme in editor preferred by user.", "User has dark mode on in the editor.",
    "The user really prefers dark mode when in the editor.",
    "User prefers using dark mode in editor.", "In the editor the user prefers dark mode.",
)  # fmt: skip


def memory(ident: str = "m0", text: str = "I bought a violin in Porto.", **fields: Any) -> Memory:
    """A short-term memory of an hour ago; any field may be given."""
    fields = {
        "sources": (ident,), "tier": "short", "at": NOW - 3600, "expires": NOW + 300 * DAY,
        "seq": int(ident[1:]) if ident[1:].isdigit() else 0,
    } | fields  # fmt: skip
    fields.setdefault("stored_at", fields["at"])
    return Memory(ident, ADA, text, **fields)


def rows(*memories: Memory) -> list[Row]:
    """The memories with the default embedder's vectors."""
    vectors = EMBEDDER.embed([core(m.text) for m in memories])
    return [Row(m, vector) for m, vector in zip(memories, vectors, strict=True)]


def texts(*lines: str, **fields: Any) -> list[Row]:
    """One memory per line."""
    return rows(*(memory(f"m{i}", line, **fields) for i, line in enumerate(lines)))


def planned(stored: Sequence[Row], config: SleepConfig = CONFIG, **options: Any) -> SleepPlan:
    """The plan of a cycle at NOW."""
    return plan.plan(stored, now=NOW, config=config, namespace=ADA, **options)


def applied(
    stored: Sequence[Row], plan: SleepPlan, batch: Sequence[Atom] | None = None
) -> list[Row]:
    """The rows after a batch of the plan's atoms, or all of them, while nobody else writes."""
    held = {row.memory.id: row for row in stored}
    memories = {ident: row.memory for ident, row in held.items()}
    for op in operations(plan, plan.atoms if batch is None else batch, memories.get):
        if isinstance(op, Put):
            held.update((row.memory.id, row) for row in op.rows)
        elif isinstance(op, Delete):
            for ident in op.ids:
                held.pop(ident, None)
    return sorted(held.values(), key=lambda row: row.memory.id)


def slept(stored: Sequence[Row], config: SleepConfig = CONFIG, **options: Any) -> list[Memory]:
    """The memories after one cycle."""
    return [row.memory for row in applied(stored, planned(stored, config, **options))]


# -- merging


@pytest.mark.parametrize("paraphrases", [LISBON, MODE])
def test_fifteen_paraphrases_become_at_most_six(paraphrases: tuple[str, ...]) -> None:
    """And every source is kept."""
    after = [m for m in slept(texts(*paraphrases)) if not m.semantic]

    assert len(after) <= 6
    assert {s for m in after for s in m.sources} == {f"m{i}" for i in range(15)}


@pytest.mark.parametrize(
    "pair",
    [
        ("I moved to Porto in May.", "I moved to Lisbon in May."),
        ("I like to swim in the sea.", "I don't like to swim in the sea."),
        ("My cat Luna is 3 years old.", "My cat Luna is 4 years old."),
        ("The violin lesson is on Monday.", "The violin lesson is on Tuesday."),
        ("Ben bought a violin in Porto.", "Did Ben buy a violin in Porto?"),
    ],
)
def test_texts_that_differ_in_fact_stay_apart(pair: tuple[str, str]) -> None:
    """Another name, number, day or mood is another fact."""
    assert len(slept(texts(*pair))) == 2


@pytest.mark.parametrize(
    "other", [{"author": "Ben"}, {"trust": "untrusted"}, {"valid_to": NOW - 1}, {"role": "tool"}]
)
def test_walls_between_repeats(other: dict[str, Any]) -> None:
    """Another author, role or trust, or an older version, is never merged."""
    stored = rows(memory("m0"), memory("m1", **other))

    assert len(slept(stored)) == 2


def test_a_merge_loses_no_word() -> None:
    """What a repeat says in other words is kept beside the leader's text."""
    (after,) = slept(texts("I moved to Lisbon in May.", "Back in May I relocated to Lisbon."))

    assert after.text.split(ALSO)[0] == "I moved to Lisbon in May."
    assert "relocated" in after.text


def test_a_merge_keeps_what_was_learnt() -> None:
    """Uses add up; the higher value, the stronger credit and the longer life stay."""
    stored = rows(
        memory("m0", uses=2, credit=0.1, state=StateVector(0.5, 0.3, 1.0), expires=NOW + 299 * DAY),
        memory("m1", uses=3, credit=-0.4, state=StateVector(0.1, 0.9, 1.0), expires=NOW + 9 * DAY),
    )
    (after,) = slept(stored)

    assert (after.uses, after.credit, after.expires) == (5, -0.4, NOW + 299 * DAY)
    assert (after.state.stress, after.state.value) == (0.5, 0.9)


def test_a_link_follows_its_target_into_a_merge() -> None:
    """A link to a repeat leads to what it was merged into; one to nowhere goes."""
    links = (Link("m1", "recalled", 0.5), Link("nobody", "recalled", 0.5))
    stored = rows(memory("m0"), memory("m1"), memory("m2", "Ben repaired a boat.", links=links))
    after = {m.id: m for m in slept(stored)}

    assert Link("m0", "recalled", 0.5) in after["m2"].links
    assert all(link.target != "nobody" for link in after["m2"].links)


# -- promotion


@pytest.mark.parametrize(
    ("days", "value", "tier"),
    [(0, 1.0, "short"), (2, 0.9, "mid"), (10, 0.9, "long"), (10, 0.5, "mid"), (10, 0.3, "short")],
)
def test_promotion_takes_age_and_worth(days: float, value: float, tier: str) -> None:
    """Short to mid to long; an old item of no worth stays where it is."""
    stored = rows(memory(at=NOW - days * DAY, state=StateVector(0, value, 1)))

    assert slept(stored)[0].tier == tier


def test_credit_promotes() -> None:
    """What helped is worth more."""
    stored = rows(memory(at=NOW - 10 * DAY, state=StateVector(0, 0.5, 1), credit=0.8))

    assert slept(stored)[0].tier == "long"


def test_nothing_is_demoted() -> None:
    """A tier is never lost, whatever the worth."""
    stored = rows(memory(tier="long", state=StateVector(0, 0.3, 1)))

    assert slept(stored)[0].tier == "long"


@pytest.mark.parametrize(
    ("value", "stress", "name"),
    [
        (0.9, 0.9, "crisis_learning"),
        (0.9, 0.1, "skill_building"),
        (0.3, 0.9, "exploration"),
        (0.3, 0.1, "routine_forget"),
    ],
)
def test_every_item_gets_its_quadrant(value: float, stress: float, name: str) -> None:
    """By worth and stress."""
    assert slept(rows(memory(state=StateVector(stress, value, 1))))[0].quadrant == name


# -- forgetting


def forgotten(config: SleepConfig = CONFIG, **fields: Any) -> dict[str, int]:
    """Why a memory was forgotten."""
    return dict(planned(rows(memory(**fields)), config).report.forgotten)


def test_what_expired_is_forgotten() -> None:
    """From the second on that it says."""
    assert forgotten(expires=NOW) == {"expired": 1}
    assert forgotten(expires=NOW + 1) == {}


@pytest.mark.parametrize(
    ("stress", "days", "why"),
    [
        (0.0, 29, {}),
        (0.0, 31, {"worth too little": 1}),
        (0.9, 31, {}),
        (0.9, 91, {"unresolved for long": 1}),
    ],
)
def test_little_worth_is_forgotten_after_its_probation(
    stress: float, days: float, why: dict[str, int]
) -> None:
    """A stressful item, which may be unresolved, has three times as long."""
    state = StateVector(stress, 0.1, 1.0)

    assert forgotten(at=NOW - days * DAY, state=state) == why


def test_a_clock_that_was_ahead_does_not_prolong_a_life() -> None:
    """Where past cycles agree with the clock, an item from the future lives as one of today."""
    stored = rows(memory(at=NOW + 900 * DAY, expires=NOW + 1200 * DAY))

    assert slept(stored, nights=[NOW - DAY])[0].expires == NOW + CONFIG.ttl


def test_good_credit_prolongs_a_life_within_bounds() -> None:
    """Full credit adds the credit span and no more."""
    stored = rows(memory(credit=1.0, expires=NOW + 9_000 * DAY))

    stored_at = stored[0].memory.stored_at

    assert stored_at is not None
    assert slept(stored)[0].expires == stored_at + CONFIG.ttl + CONFIG.credit_span


def test_an_item_without_an_end_has_none() -> None:
    """`inf` is a decision, not a clock's fault."""
    assert slept(rows(memory(expires=math.inf)))[0].expires == math.inf


def test_capacity_takes_the_least_worthy() -> None:
    """A namespace never holds more than it may."""
    stored = rows(
        *(
            memory(f"m{i}", f"Tale {i} of the {word}.", state=StateVector(0, i / 10, 1))
            for i, word in enumerate(["boat", "lamp", "kettle", "garden", "novel"])
        )
    )
    after = slept(stored, SleepConfig(capacity=2))

    assert [m.id for m in after] == ["m3", "m4"]


def test_a_superseded_version_is_kept_until_it_expires() -> None:
    """The older version of a changed fact is never silently lost."""
    assert slept(rows(memory(valid_to=NOW - DAY)))[0].valid_to == NOW - DAY


# -- semantic items and links


TOPIC = tuple(
    f"{who} repaired the old violin {what}."
    for who, what in [
        ("Ada", "with new strings"), ("Ben", "in the workshop"), ("Cleo", "before the concert"),
        ("Dan", "after the flood"), ("Eve", "using hide glue"),
    ]
)  # fmt: skip


def test_a_cluster_gets_a_semantic_item() -> None:
    """Extractive: its sentences are the members' own; links and sources lead back."""
    after = slept(texts(*TOPIC, state=StateVector(0.2, 0.8, 1.0)))
    (item,) = [m for m in after if m.semantic]

    assert set(item.text.split("\n")) <= set(TOPIC)
    assert set(item.sources) == {f"m{i}" for i in range(5)}
    assert {link.target for link in item.links if link.kind == "derived"} == set(item.sources)


def test_a_semantic_item_trusts_like_its_sources() -> None:
    """Untrusted sources make an untrusted item; quarantined ones make none."""
    for trust, expected in [("untrusted", ["untrusted"]), ("quarantined", [])]:
        after = slept(texts(*TOPIC, trust=trust, state=StateVector(0.2, 0.8, 1.0)))

        assert [m.trust for m in after if m.semantic] == expected


def test_a_summary_may_come_from_elsewhere() -> None:
    """A callable writes the text; what it raises or leaves empty falls back to sentences."""
    stored = texts(*TOPIC, state=StateVector(0.2, 0.8, 1.0))

    def text_of(summarize: Any) -> str:
        return next(m.text for m in slept(stored, summarize=summarize) if m.semantic)

    assert text_of(lambda lines: f"{len(lines)} violins") == "5 violins"
    assert text_of(lambda lines: " ") == text_of(lambda lines: 1 / 0) == text_of(None)


def test_an_unchanged_cluster_is_not_summed_up_again() -> None:
    """So a callable that never says the same twice does not make every cycle a change."""
    count = iter(range(100))
    stored = texts(*TOPIC, state=StateVector(0.2, 0.8, 1.0))
    options = {"summarize": lambda lines: f"summary {next(count)}"}
    after = applied(stored, planned(stored, **options))

    assert planned(after, **options).atoms == ()


def test_a_semantic_item_goes_with_its_cluster() -> None:
    """What it was derived from is gone: it must not outlive it."""
    stored = texts(*TOPIC, state=StateVector(0.2, 0.8, 1.0))
    after = applied(stored, planned(stored))
    left = [row for row in after if row.memory.id in ("m0",) or row.memory.semantic]

    assert [m.id for m in slept(left)] == ["m0"]


def test_neighbours_in_time_and_cluster_are_linked() -> None:
    """The next of a session, and the nearest of a cluster."""
    after = {m.id: m for m in slept(texts(*TOPIC, state=StateVector(0.2, 0.8, 1.0)))}

    assert Link("m1", "next") in after["m0"].links
    assert any(link.kind == "cluster" for link in after["m0"].links)


# -- cycles


words = st.sampled_from(
    ["violin", "boat", "lamp", "Porto", "Lisbon", "Ada", "repaired", "sold", "3", "4", "May", "not"]
)
items = st.lists(
    st.builds(
        lambda words, value, stress, days, trust, session, tier: memory(
            text=" ".join(words), at=NOW - days * DAY, state=StateVector(stress, value, 1.0),
            trust=trust, session=session, tier=tier, expires=NOW + (200 - 2 * days) * DAY,
        ),
        st.lists(words, min_size=1, max_size=5),
        st.sampled_from([0.1, 0.5, 0.9]),
        st.sampled_from([0.1, 0.9]),
        st.sampled_from([0, 5, 40, 120]),
        st.sampled_from(["trusted", "trusted", "untrusted", "quarantined"]),
        st.sampled_from(["s", "t"]),
        st.sampled_from(["buffer", "short", "long"]),
    ),
    max_size=25,
)  # fmt: skip


def numbered(memories: Sequence[Memory]) -> list[Row]:
    """The memories with ids and places of their own."""
    return rows(
        *(replace(m, id=f"m{i}", sources=(f"m{i}",), seq=i) for i, m in enumerate(memories))
    )


SMALL = SleepConfig(capacity=15, cluster_size=2, block=8, cluster_worth=0.2)


@settings(max_examples=60, deadline=None)
@given(items)
def test_a_second_cycle_has_nothing_to_do(memories: list[Memory]) -> None:
    """Idempotent: planning right after applying gives nothing to do."""
    stored = numbered(memories)
    after = applied(stored, planned(stored, SMALL))

    assert planned(after, SMALL).atoms == ()


@settings(max_examples=40, deadline=None)
@given(items, st.integers(1, 4))
def test_a_crash_after_any_batch_goes_on_to_the_same_end(memories: list[Memory], size: int) -> None:
    """Resumable: whatever prefix was applied, a new cycle ends where the whole one would have."""
    stored = numbered(memories)
    plan = planned(stored, SMALL)
    end = [row.memory for row in applied(stored, plan)]
    for batch in batches(plan, size):
        stored = applied(stored, plan, batch)
        resumed = applied(stored, planned(stored, SMALL, resumed=True))

        assert [row.memory for row in resumed] == end


@settings(max_examples=40, deadline=None)
@given(items, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(memories: list[Memory], seed: int) -> None:
    """Deterministic: the same rows in any order give the same plan."""
    stored = numbered(memories)
    order = np.random.default_rng(seed).permutation(len(stored))
    shuffled = [stored[i] for i in order]

    assert planned(shuffled, SMALL).report == planned(stored, SMALL).report
    assert slept(shuffled, SMALL) == slept(stored, SMALL)


@settings(max_examples=40, deadline=None)
@given(items)
def test_every_source_is_accounted_for(memories: list[Memory]) -> None:
    """Kept, merged or forgotten with a reason: the report adds up."""
    stored = numbered(memories)
    report = planned(stored, SMALL).report

    assert report.kept + report.merged + report.dropped == len(stored)
    assert sum(report.forgotten.values()) == report.dropped
    assert report.kept <= SMALL.capacity
    assert sum(report.before[t] for t in ("buffer", "short", "mid", "long")) == len(stored)


def test_an_empty_namespace_has_nothing_to_do() -> None:
    """No rows, no changes."""
    assert planned([]).atoms == ()


def test_what_changed_meanwhile_is_left_for_the_next_cycle() -> None:
    """An outcome that was credited during the cycle is not overwritten."""
    stored = texts("Ben repaired a boat.", "I bought a violin in Porto.")
    plan = planned(stored)
    held = {row.memory.id: row.memory for row in stored}
    held["m1"] = replace(held["m1"], credit=0.5)
    (batch,) = batches(plan, 100)
    (put,) = operations(plan, batch, held.get)

    assert isinstance(put, Put)
    assert [row.memory.id for row in put.rows] == ["m0"]


@pytest.mark.parametrize(
    "wrong",
    [{"ttl": 0}, {"floor": 2}, {"block": 3}, {"capacity": 0}, {"long_after": 0.0}, {"ttl": "x"}],
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    """Each with the range that is allowed."""
    with pytest.raises(ConfigError):
        SleepConfig(**wrong)


def test_a_name_that_is_only_called_makes_no_repeat() -> None:
    """Small talk that shares a name and a word is not one fact."""
    stored = rows(
        memory("m0", "Thanks, Caroline! Family time matters to me.", author="Melanie"),
        memory("m1", "Yes, Caroline! Your courage motivates my family.", author="Melanie"),
        memory("m2", "I painted a sunrise.", author="Caroline"),
    )

    assert planned(stored).report.merged == 0
