"""Credit: bounded, shared by rank and use, decayed, and it ranks what helps first."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.gate import GateConfig
from resmem_core.memory.gate import judge
from resmem_core.memory.gate.features import StreamContext
from resmem_core.memory.sleep import credit
from resmem_core.memory.sleep.credit import RATE, TTL_SPAN, VALUE_SPAN, ContextItem
from resmem_core.types import Memory, Outcome, StateVector

COUNT = ("one", "two", "three", "four", "five", "six", "seven")


def memory(ident: str, text: str = "x", **fields: object) -> Memory:
    return Memory(ident, ("a",), text, (ident,), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "reward"),
    [
        (Outcome(), None),
        (Outcome(latency=3.0, tokens=5), None),
        (Outcome(success=True), 1.0),
        (Outcome(success=False), -1.0),
        (Outcome(success=0.75), 0.5),
        (Outcome(success=True, quality=0.5), 0.5),
        (Outcome(feedback=-0.5), -0.5),
        (Outcome(success=True, safety=0.0), 0.0),
    ],
)
def test_reward(outcome: Outcome, reward: float | None) -> None:
    """What says nothing about the answer gives no reward; the rest is a mean in [-1, 1]."""
    assert credit.reward_of(outcome) == reward


def test_the_first_gets_more_than_the_last() -> None:
    """Without an answer, rank decides."""
    items = [ContextItem(str(i), i, 1.0) for i in range(4)]
    deltas = list(credit.assign(items, 1.0, None, {}, None).values())

    assert deltas == sorted(deltas, reverse=True)
    assert len(set(deltas)) == 4


def test_older_steps_get_less() -> None:
    """Credit decays with the steps since the recall."""
    items = [ContextItem(str(age), 0, 1.0, age) for age in range(4)]
    deltas = list(credit.assign(items, 1.0, None, {}, None).values())

    assert np.allclose(np.diff(np.log(deltas)), math.log(credit.DECAY))


def test_words_of_the_answer_decide() -> None:
    """What the answer says again is what helped."""
    texts = {"a": "Ada keeps a red kayak in Porto", "b": "Bob plays the violin"}
    items = [ContextItem("b", 0, 1.0), ContextItem("a", 0, 1.0)]
    deltas = credit.assign(items, 1.0, "In Porto, where her red kayak is", texts, None)

    assert deltas["a"] > deltas["b"] > 0.0


def test_the_caller_knows_best() -> None:
    """Where the caller says what was used, the others get nothing."""
    items = [ContextItem("a", 0, 1.0), ContextItem("b", 1, 1.0)]

    assert credit.assign(items, 1.0, None, {}, ("b",))["a"] == 0.0
    assert credit.assign(items, 1.0, None, {}, ("b",))["b"] > 0.0


def test_a_memory_of_two_contexts_keeps_its_larger_share() -> None:
    """A replacing trace: recalled again, it is as fresh as the last time."""
    items = [ContextItem("a", 0, 1.0, 3), ContextItem("a", 0, 1.0, 0)]

    assert credit.assign(items, 1.0, None, {}, ["a"]) == {"a": RATE}


@given(
    st.lists(
        st.builds(
            ContextItem,
            st.sampled_from("abc"),
            st.integers(-5, 10**6),
            st.floats(allow_nan=True),
            st.integers(-5, 10**4),
        ),
        max_size=8,
    ),
    st.floats(-5, 5),
    st.none() | st.text(max_size=30),
    st.none() | st.lists(st.sampled_from("abc"), max_size=3),
)
def test_one_outcome_moves_credit_by_a_bounded_step(
    items: list[ContextItem], reward: float, answer: str | None, used: list[str] | None
) -> None:
    """No outcome moves any credit by more than RATE, in the direction of its reward."""
    deltas = credit.assign(items, reward, answer, {"a": "red kayak"}, used)

    assert set(deltas) == {item.id for item in items}
    assert all(abs(delta) <= RATE and delta * reward >= 0.0 for delta in deltas.values())


@settings(max_examples=80)
@given(st.lists(st.floats(-RATE, RATE), max_size=300), st.floats(0, 1))
def test_credit_value_and_lifetime_stay_bounded(deltas: list[float], value: float) -> None:
    """After any history: credit in [-1, 1], value in [0, 1], lifetime within one span."""
    item = memory("a", state=StateVector(value=value), expires=1e9)
    for delta in deltas:
        item = credit.apply(item, delta)

    assert -1.0 <= item.credit <= 1.0
    assert 0.0 <= item.state.value <= 1.0
    assert abs(item.state.value - value) <= VALUE_SPAN + 1e-9
    assert abs(item.expires - 1e9) <= TTL_SPAN + 1.0
    assert item.uses == len(deltas)


def test_what_never_expires_never_does() -> None:
    """Credit leaves an endless lifetime endless."""
    assert credit.apply(memory("a"), -RATE).expires == math.inf


def test_overlap() -> None:
    """A text without uncommon words overlaps with nothing."""
    assert credit.overlap("so it is", "so it is") == 0.0
    assert credit.overlap("red kayak", "the kayak") == 0.5


def test_three_of_ten_memories_help() -> None:
    """After 50 outcomes the three that help rank first by credit, and the gate's model moved.

    Each step recalls ten memories in a random order; the agent succeeds when its answer can draw on
    one of the three, which it does four times in five.
    """
    rng = np.random.default_rng(7)
    useful = ["Ada keeps a red kayak in Porto.", "Rex needs insulin.", "Zoe sings tenor."]
    chatter = [f"That was lovely, number {word}." for word in COUNT]
    rows = {str(i): memory(str(i), text) for i, text in enumerate([*useful, *chatter])}
    stream = StreamContext.of(())
    rows = {i: replace(m, features=judge.candidate(m, (), stream)) for i, m in rows.items()}
    state = judge.start(GateConfig())
    for _ in range(50):
        order = [str(i) for i in rng.permutation(10)]
        answer = useful[rng.integers(3)] if rng.random() < 0.8 else "I do not know."
        reward = credit.reward_of(Outcome(success=answer in useful))
        items = [ContextItem(ident, rank, 1.0) for rank, ident in enumerate(order)]
        texts = {i: m.text for i, m in rows.items()}
        assert reward is not None
        for ident, delta in credit.assign(items, reward, answer, texts, None).items():
            rows[ident] = credit.apply(rows[ident], delta)
            state = judge.learn(
                state, rows[ident].features, 0.5 + 0.5 * rows[ident].credit, abs(delta)
            )
    ranked = sorted(rows.values(), key=lambda m: -m.credit)

    assert {m.id for m in ranked[:3]} == {"0", "1", "2"}
    assert ranked[2].credit > ranked[3].credit
    assert state.weights != judge.prior()
