"""The write gate: never-store rules, verdicts, the price's promise, learning, state."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.gate import WINDOW, GateConfig
from resmem_core.errors import ConfigError, InputError
from resmem_core.memory.gate import hindsight, judge, model
from resmem_core.memory.gate.features import AT, FEATURES, StreamContext
from resmem_core.memory.gate.model import GateState
from resmem_core.memory.index import buffer
from resmem_core.types import Decision, Link, Memory, Message, Verdict

BLANK = (0.0,) * len(FEATURES)
PERSON = tuple(float(name == "user") for name in FEATURES)
CALM = {"stress": 0.0, "curiosity": 0.0}


def row(**named: float) -> tuple[float, ...]:
    return tuple(named.get(name, 0.0) for name in FEATURES)


def memory(seq: int, text: str = "", **fields: object) -> Memory:
    plain = {"author": "ada", "session": "s", "seq": seq}
    return Memory(str(seq), ("a",), text, (str(seq),), **{**plain, **fields})  # type: ignore[arg-type]


# -- what is never stored


ERRORS = "error texts are never stored"


@pytest.mark.parametrize(
    ("role", "text", "kind", "reason"),
    [
        ("user", "hi", "error", ERRORS),
        ("user", "hi", "summary", "summaries are never stored"),
        ("user", "hi", "recalled", "recalled text is never stored again"),
        ("system", "You are helpful.", "chat", "system prompts are never stored"),
        ("user", " \n…!", "chat", "empty text"),
        ("user", "", "chat", "empty text"),
        ("assistant", "Model call failed after 3 attempts with Timeout", "chat", ERRORS),
        ("assistant", "Model call limits exceeded: run limit (2/2)", "chat", ERRORS),
        ("tool", "Error: Tool call 'search' failed after 1 attempt", "chat", ERRORS),
        ("tool", "Tool 'search' failed after 4 attempts with ValueError", "chat", ERRORS),
        ("tool", "Tool call limit exceeded. Do not call it again.", "chat", ERRORS),
    ],
)
def test_never_stored(role: Any, text: str, kind: Any, reason: str) -> None:
    """Errors, summaries, recalled text, system prompts and empty texts are dropped."""
    decision = judge.screen(Message(role, text, kind=kind), text)

    assert decision is not None
    assert (decision.verdict, decision.reason, decision.id) == (Verdict.DROP, reason, None)


@pytest.mark.parametrize("text", ["I moved to Porto.", "The model call was nice", "你好", "7"])
def test_ordinary_text_goes_on(text: str) -> None:
    """The screen has no opinion on what somebody said."""
    assert judge.screen(Message("user", text), text) is None


def test_screen_reads_the_redacted_text() -> None:
    """The text that counts is the redacted one, not the message's own."""
    assert judge.screen(Message("user", "hello"), "") is not None


# -- the verdict


def judged(state: GateState, features: Sequence[float], **kw: object) -> Decision:
    return judge.judge(state, features, config=state.config, **{**CALM, **kw})  # type: ignore[arg-type]


def stocked(keep: float, low: float, high: float) -> GateState:
    """A gate that has judged messages between two values, with an even account."""
    values = tuple(np.linspace(low, high, 32).round(4))
    state = judge.start(GateConfig(keep=keep))
    return replace(state, history=tuple(round(v * 10_000) for v in values))


def test_above_the_price_is_kept_below_is_dropped() -> None:
    """Value against price decides while the account allows both."""
    state = stocked(0.5, 0.2, 0.8)
    rich, poor = (
        judged(state, row(own_news=1, time=1, user=1)),
        judged(state, row(second_person=1, user=1)),
    )

    assert rich.verdict is Verdict.KEEP
    assert rich.value > rich.price
    assert "user +6.0, own_news +4.0" in rich.reason
    assert poor.verdict is Verdict.DROP
    assert poor.value <= poor.price
    assert rich.final
    assert poor.final


def test_keep_everything() -> None:
    """With keep=1.0 the price is zero and nothing is dropped."""
    state = stocked(1.0, 0.2, 0.8)
    decision = judged(state, row(second_person=1, courtesy=1))

    assert (decision.verdict, decision.price) == (Verdict.KEEP, 0.0)
    assert judge.charge(state, decision).balance == 0


def test_spent_budget_drops_the_best() -> None:
    """When the account is at its bound, even the best message is dropped: the budget is hard."""
    state = stocked(0.5, 0.1, 0.2)
    state = replace(state, balance=-round(state.config.slack * 1e6 / 2))
    decision = judged(state, row(own_news=1))

    assert decision.verdict is Verdict.DROP
    assert "the budget is spent" in decision.reason


def test_saved_budget_keeps_the_worst() -> None:
    """When the account is full, even the worst message is kept."""
    state = stocked(0.5, 0.8, 0.9)
    state = replace(state, balance=round(state.config.slack * 1e6 / 2))
    decision = judged(state, row(second_person=1))

    assert decision.verdict is Verdict.KEEP
    assert "the budget has room" in decision.reason


def test_a_tie_takes_a_free_slot_only() -> None:
    """A value equal to the price is kept when half a slot is there, and dropped otherwise."""
    state = judge.start(GateConfig(keep=0.5))
    worth = judge.value(state, PERSON)
    state = replace(state, history=(round(worth * 10_000),) * 8)

    assert "a slot is free" in judged(state, PERSON).reason
    assert judged(replace(state, balance=-100_000), PERSON).verdict is Verdict.DROP


def test_stress_raises_what_sounds_like_trouble() -> None:
    """Stress raises the value of alarming content and of nothing else."""
    state = judge.start(GateConfig())

    assert judged(state, row(alarm=1), stress=1.0).value > judged(state, row(alarm=1)).value
    assert judged(state, row(affect=1), stress=1.0).value == judged(state, row(affect=1)).value


def test_what_already_helped_is_worth_more() -> None:
    """Credit that a message earned while it was in the buffer raises its value, blame lowers it."""
    state = stocked(0.5, 0.3, 0.7)

    assert judged(state, PERSON, credit=0.5).verdict is Verdict.KEEP
    assert judged(state, PERSON, credit=-0.5).verdict is Verdict.DROP


def test_credit_counts_when_the_buffer_is_settled() -> None:
    """Of two equal messages, the one that helped is kept."""
    config = GateConfig(keep=0.5)
    rows = [memory(seq, "I see.", credit=0.4 * seq) for seq in range(2)]
    stream = StreamContext.of(())
    _, items = judge.settle(judge.start(config), rows, rows, stream, config=config, **CALM)

    assert [item.decision.verdict for item in items] == [Verdict.DROP, Verdict.KEEP]


def test_curiosity_lowers_the_price() -> None:
    """A curious state asks less of a message."""
    state = stocked(0.5, 0.1, 0.9)

    assert judged(state, PERSON, curiosity=1.0).price < judged(state, PERSON).price


def test_peers_set_the_price() -> None:
    """The messages that wait in the buffer are part of what a message is compared with."""
    state = stocked(0.5, 0.4, 0.4)

    assert judged(state, BLANK, peers=[0.9] * 64).price == 0.9


def test_without_anything_to_compare_the_price_is_zero() -> None:
    """The first message of all is compared with nothing."""
    state = judge.start(GateConfig(keep=0.5))

    assert judged(state, BLANK).price == 0.0


# -- the promise: the kept share over any 500 consecutive decisions


def worst_window(kept: Sequence[bool], keep: float, window: int = WINDOW) -> float:
    """The largest |kept share - keep| over all runs of `window` decisions (of all, if shorter)."""
    total = np.concatenate([[0], np.cumsum(kept)])
    window = min(window, len(kept))
    shares = (total[window:] - total[:-window]) / window
    return float(np.abs(shares - keep).max())


def drive(
    keep: float, stream: Callable[[int, GateState], tuple[float, list[float], float, float]], n: int
) -> list[bool]:
    """Verdicts over n messages; the stream may look at the gate's state: an adversary."""
    config = GateConfig(keep=keep)
    state = judge.start(config)
    kept = []
    for i in range(n):
        x, peers, stress, curiosity = stream(i, state)
        decision = judge.judge(
            state,
            row(own_news=x, alarm=x),
            stress=stress,
            curiosity=curiosity,
            config=config,
            peers=peers,
        )
        state = judge.charge(state, decision)
        kept.append(decision.verdict is Verdict.KEEP)
    assert state.decided == n
    assert state.kept == sum(kept)
    return kept


STREAMS = {
    "constant": lambda i, s: (0.5, [], 0.0, 0.0),
    "constant, with peers": lambda i, s: (0.5, [judge.value(s, row(own_news=0.5))] * 64, 0.0, 0.0),
    "rising": lambda i, s: (i / 1500, [], 0.0, 0.0),
    "falling": lambda i, s: (1 - i / 1500, [], 0.0, 0.0),
    "regimes": lambda i, s: (float((i // 250) % 2), [], 0.0, 0.0),
    "two values": lambda i, s: (float(i % 2), [], 0.0, 0.0),
    "always above the price": lambda i, s: (1.0, [0.0] * 64, 0.0, 0.0),
    "always below the price": lambda i, s: (0.0, [1.0] * 64, 0.0, 0.0),
    "adversary against the account": lambda i, s: (float(s.balance < 0), [0.4] * 64, 0.0, 0.0),
    "hormones swing": lambda i, s: (0.5, [], float(i % 300 < 150), float(i % 700 < 350)),
    "all crisis": lambda i, s: (1.0, [], 1.0, 1.0),
}


@pytest.mark.long
@pytest.mark.parametrize("keep", [0.01, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.99])
@pytest.mark.parametrize("name", STREAMS)
def test_share_is_held_on_hard_streams(name: str, keep: float) -> None:
    """Constant values, jumps, ramps, adversaries and hormones leave the share within 2 %."""
    kept = drive(keep, STREAMS[name], 1100)

    assert worst_window(kept, keep) <= 0.02


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(
    keep=st.floats(0.01, 1.0),
    seed=st.integers(0, 2**32 - 1),
    levels=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    spread=st.floats(0, 1),
)
def test_share_is_held_on_random_streams(
    keep: float, seed: int, levels: list[float], spread: float
) -> None:
    """Whatever values, peers and hormones come, any 500 messages keep the share within 2 %."""
    rng = np.random.default_rng(seed)

    def stream(i: int, state: GateState) -> tuple[float, list[float], float, float]:
        level = levels[(i // 97) % len(levels)]
        x = float(np.clip(level + spread * rng.normal(), 0, 1))
        return x, rng.random(rng.integers(0, 4)).tolist(), float(rng.random()), float(rng.random())

    kept = drive(keep, stream, 700)

    assert worst_window(kept, keep) <= 0.02


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(
    keep=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0, 1),
    worth=st.floats(0, 1),
)
def test_share_is_held_with_untrusted_messages(
    keep: float, seed: int, share: float, worth: float
) -> None:
    """However many tools speak, and whatever their words are worth: they overdraw no account."""
    rng = np.random.default_rng(seed)
    config = GateConfig(keep=keep)
    state, kept = judge.start(config), []
    for _ in range(600):
        strange = float(rng.random() < share)
        features = row(own_news=worth if strange else float(rng.random()), untrusted=strange)
        decision = judged(state, features)
        if strange and decision.verdict is Verdict.KEEP:
            assert state.balance + keep * 1_000_000 >= 1_000_000 - 1
        state = judge.charge(state, decision)
        kept.append(decision.verdict is Verdict.KEEP)

    assert worst_window(kept, keep) <= 0.02
    assert judge.from_doc(json.loads(json.dumps(state.to_doc())), config) == state


def test_what_tools_say_takes_no_slot_from_a_persons_facts() -> None:
    """Eight results of tools beside each fact: as many facts stay as without any."""
    fact = row(own_news=0.6, time=0.3, user=1)
    dear = row(own_news=1, time=1, specifics=1, novelty=1, untrusted=1)
    state, kept = judge.start(GateConfig(keep=0.25)), 0
    for turn in range(400):
        said = fact if turn % 9 == 0 else dear
        decision = judged(state, said)
        state = judge.charge(state, decision)
        kept += said is fact and decision.verdict is Verdict.KEEP

    assert kept == 45


def test_a_tools_result_goes_before_a_machines_filler() -> None:
    """What people leave of the budget goes to the worthiest of machines and tools."""
    person, filler = row(own_news=0.6, user=1), row(own_news=0.1)
    result = row(own_news=1, specifics=1, untrusted=1)
    state, kept = judge.start(GateConfig(keep=0.6)), {person: 0, filler: 0, result: 0}
    for turn in range(400):
        said = (person, filler, person, result)[turn % 4]
        decision = judged(state, said)
        state = judge.charge(state, decision)
        kept[said] += decision.verdict is Verdict.KEEP

    assert kept[person] == 200
    assert kept[result] > 5 * kept[filler]


@settings(max_examples=25, deadline=None)
@given(keep=st.floats(0.01, 0.999), n=st.integers(1, 400), x=st.floats(0, 1))
def test_short_runs_are_within_the_slack_too(keep: float, n: int, x: float) -> None:
    """Not only 500: over any run at all, the kept count is at most `slack` slots away."""
    kept = drive(keep, lambda i, s: (x, [], 0.0, 0.0), n)

    assert abs(sum(kept) - keep * n) <= GateConfig().slack + 1e-3


@pytest.mark.nightly
def test_share_is_held_over_a_long_stream() -> None:
    """50,000 messages of drifting value: every window of 500 holds the share."""
    rng = np.random.default_rng(3)
    noise = rng.random(50_000)
    kept = drive(
        0.37, lambda i, s: (0.5 + 0.5 * math.sin(i / 900) * float(noise[i]), [], 0.0, 0.0), 50_000
    )

    assert worst_window(kept, 0.37) <= 0.02


@pytest.mark.long
@pytest.mark.parametrize("keep", [0.25, 0.75])
def test_share_is_held_through_the_buffer(keep: float) -> None:
    """Messages through the buffer, with hindsight and learning on: the share holds."""
    rng = np.random.default_rng(11)
    parts = ["I bought a red kayak", "We met Zoe in Oslo", "Thanks", "You are great", "When?", "ok"]
    config = GateConfig(keep=keep)
    state, stream, waiting, kept = judge.start(config), StreamContext.of(()), [], []
    for seq in range(900):
        text = ". ".join(rng.choice(parts if seq < 450 else parts[2:], 2)) + f" {seq}"
        item = memory(seq, text, author="ab"[seq % 2], session=str(seq // 30))
        item = replace(item, features=judge.candidate(item, (), stream))
        stream = stream.seen(item)
        waiting.append(item)
        due = buffer.leaving(waiting, config.buffer_size)
        state, items = judge.settle(state, due, waiting, stream, config=config, **CALM)
        kept += [found.decision.verdict is Verdict.KEEP for found in items]
        waiting = waiting[len(due) :]

    assert len(kept) == 900 - config.buffer_size
    assert worst_window(kept, keep) <= 0.02


# -- charging


def test_only_what_competed_for_a_slot_is_charged() -> None:
    """Merges, pending items, refusals and newer versions leave the gate as it was."""
    state = judge.start(GateConfig())
    named = judge.named(BLANK)
    free = [
        judge.NOTHING,
        Decision(Verdict.MERGE, "repeats", features=named),
        Decision(Verdict.KEEP, "pending", features=named, final=False),
        Decision(Verdict.KEEP, "newer version", features=named, replaces="7"),
    ]

    assert all(judge.charge(state, decision) is state for decision in free)


def test_history_is_bounded() -> None:
    """The state keeps no more values than the config says."""
    state = judge.start(GateConfig(keep=0.5, history=5))
    for _ in range(9):
        state = judge.charge(state, judged(state, BLANK))

    assert len(state.history) == 5


# -- the buffer's verdicts


def test_settle_judges_the_due_in_order_and_charges_them() -> None:
    """What leaves is judged oldest first; what stays only sets the price."""
    texts = [
        "Thanks, you too!",
        "I bought a red kayak yesterday.",
        "Hm",
        "We met Zoe in Oslo in May.",
    ]
    waiting = [memory(i, text) for i, text in enumerate(texts)]
    stream = StreamContext.of(waiting)
    state, items = judge.settle(
        judge.start(GateConfig(keep=0.5)), waiting[1::-1], waiting, stream,
        config=GateConfig(keep=0.5), **CALM,
    )  # fmt: skip

    assert [item.memory.id for item in items] == ["0", "1"]
    assert [item.decision.verdict for item in items] == [Verdict.DROP, Verdict.KEEP]
    assert (state.decided, state.kept, state.lessons) == (2, 1, 2)
    assert all(len(item.features) == len(FEATURES) for item in items)


@settings(max_examples=25, deadline=None)
@given(
    keep=st.sampled_from([0.25, 0.75]),
    history=st.integers(1, 40),
    stress=st.floats(0, 1),
    credits_=st.lists(st.floats(-1, 1), min_size=1, max_size=30),
    leave=st.integers(0, 30),
)
def test_settle_judges_each_among_those_after_it(
    keep: float, history: int, stress: float, credits_: list[float], leave: int
) -> None:
    """All at once or one by one with its peers: the verdicts, values and prices are the same."""
    config = GateConfig(keep=keep, history=history, learning_rate=0, pull=0)
    texts = ["I met Zoe in Oslo.", "Thanks!", "I saw a heron last week."]
    rows = [memory(i, texts[i % 3], credit=credit) for i, credit in enumerate(credits_)]
    state, stream = judge.start(config), StreamContext.of(rows)
    hormones = {"stress": stress, "curiosity": 0.5}
    _, items = judge.settle(state, rows[:leave], rows, stream, config=config, **hormones)

    table = hindsight.look_back(rows, stream)
    lifts = config.relief * stress * table[:, AT["alarm"]] + config.helped * np.array(credits_)
    worths = model.values(state, table, lifts)
    for at, item in enumerate(items):
        peers = worths[at + 1 :]
        alone = judge.judge(
            state, item.features, config=config, peers=peers, credit=credits_[at], **hormones
        )
        assert item.decision == alone
        state = judge.charge(state, alone)


def test_settle_sorts_what_waits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many leave at once, the work does not grow with the square of the buffer."""
    sizes = []

    def counted(items: Any, **kw: Any) -> list[Any]:
        sizes.append(len(items))
        return sorted(items, **kw)

    monkeypatch.setattr(judge, "sorted", counted, raising=False)
    config = GateConfig(keep=0.5)
    rows = [memory(i, f"I saw heron {i}.") for i in range(300)]
    stream = StreamContext.of(())
    judge.settle(judge.start(config), rows, rows, stream, config=config, **CALM)

    assert sorted(sizes)[-3:] == [len(FEATURES), 300, 300]


def test_the_price_reads_one_value() -> None:
    """Where the values are in order, the price does not walk over them."""

    class Unwalked(list[int]):
        def __iter__(self) -> Any:
            raise AssertionError

    state = judge.start(GateConfig(keep=0.5))
    around = Unwalked([1000, 2000, 9000])

    assert judge.price(state, around, 0.5, curiosity=0, config=state.config) == 0.2


def test_settle_nothing() -> None:
    """An empty buffer gives no verdict and changes nothing."""
    state = judge.start(GateConfig())

    assert judge.settle(state, [], [], StreamContext.of(()), config=state.config, **CALM) == (
        state,
        [],
    )


def test_a_newer_version_is_never_dropped() -> None:
    """A changed fact takes over the older one's slot, even when the budget is spent."""
    config = GateConfig(keep=0.5)
    newer = memory(1, "ok", links=(Link("9", "cluster"), Link("0", "replaces")))
    spent = replace(judge.start(config), balance=-round(config.slack * 1e6 / 2))
    state, (item,) = judge.settle(
        spent, [newer], [newer], StreamContext.of(()), config=config, **CALM
    )

    assert (item.decision.verdict, item.decision.replaces) == (Verdict.KEEP, "0")
    assert (state.decided, state.balance) == (0, spent.balance)


@pytest.mark.parametrize(("stored", "verdict"), [(("0",), Verdict.KEEP), ((), Verdict.DROP)])
def test_a_doubt_holds_what_may_correct_a_kept_fact(
    stored: tuple[str, ...], verdict: Verdict
) -> None:
    """What may contradict a fact is kept where that was kept, and else judged by its worth."""
    config = GateConfig(keep=0.5)
    doubtful = memory(1, "ok", links=(Link("0", "conflict"),))
    spent = replace(judge.start(config), balance=-round(config.slack * 1e6 / 2))
    _, (item,) = judge.settle(
        spent, [doubtful], [doubtful], StreamContext.of(()), config=config, stored=stored, **CALM
    )

    assert item.decision.verdict is verdict


def test_two_that_doubt_each_other_do_not_hold_each_other() -> None:
    """The older of two is judged by its worth: the newer one is not kept yet."""
    config = GateConfig(keep=0.5)
    pair = [memory(i, "ok", links=(Link(str(1 - i), "conflict"),)) for i in range(2)]
    spent = replace(judge.start(config), balance=-round(config.slack * 1e6 / 2))
    _, items = judge.settle(
        spent, pair, pair, StreamContext.of(()), config=config, stored=("0", "1"), **CALM
    )

    assert [item.decision.verdict for item in items] == [Verdict.DROP, Verdict.DROP]


def test_candidate_measures_the_message() -> None:
    """On arrival a message has one value per feature, named by `named`."""
    features = judge.candidate(memory(0, "I met Zoe."), [("9", 0.25, 0.1)], StreamContext.of(()))

    assert tuple(judge.named(features)) == FEATURES
    assert judge.named(features)["novelty"] == 0.75


def test_features_of_another_version_have_no_names() -> None:
    """A memory that an older version measured is not explained by the wrong names."""
    assert judge.named((0.5, 0.5)) == {}


# -- learning


def test_a_lesson_moves_the_value_towards_its_target() -> None:
    """Told that an item was worth 1 (0), the model values its like higher (lower)."""
    state = judge.start(GateConfig())
    features = row(names=0, own_news=0.4, question=1)
    before = judge.value(state, features)

    assert judge.value(judge.learn(state, features, 1.0, 1.0), features) > before
    assert judge.value(judge.learn(state, features, 0.0, 1.0), features) < before


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(0, 1), min_size=len(FEATURES), max_size=len(FEATURES)),
            st.floats(0, 1),
            st.floats(0, 1),
        ),
        max_size=80,
    )
)
def test_weights_stay_near_their_prior(lessons: list[tuple[list[float], float, float]]) -> None:
    """No lessons move a weight further than `reach`, and one moves it at most `learning_rate`."""
    config = GateConfig(reach=0.3)
    state = judge.start(config)
    for features, target, weight in lessons:
        after = judge.learn(state, features, target, weight)
        moved = np.abs(np.array(after.weights) - np.array(state.weights))
        assert moved.max() <= config.learning_rate + config.pull * config.reach + 1e-12
        state = after

    assert np.abs(np.array(state.weights) - np.array(judge.prior())).max() <= config.reach + 1e-12


def test_without_news_the_model_returns_to_its_prior() -> None:
    """The pull to the prior undoes what a few old lessons taught."""
    state = judge.start(GateConfig(pull=0.5))
    taught = judge.learn(state, row(own_news=1), 0.0, 1.0)
    calm = taught
    for _ in range(60):
        calm = judge.learn(calm, row(late=1.0), judge.value(calm, row(late=1.0)), 1.0)

    assert calm.weights == pytest.approx(judge.prior(), abs=1e-9)


@pytest.mark.parametrize(
    ("target", "weight"), [(2.0, 1.0), (math.nan, 1.0), (0.5, -1.0), (0.5, 7.0)]
)
def test_a_bad_lesson_is_refused(target: float, weight: float) -> None:
    """A lesson outside [0, 1] is one clear error."""
    with pytest.raises(InputError, match="must be a number from 0 to 1"):
        judge.learn(judge.start(GateConfig()), BLANK, target, weight)


# -- state


def test_state_survives_its_document() -> None:
    """to_doc and from_doc are inverse, through JSON."""
    state = judge.start(GateConfig(keep=0.4))
    for i in range(50):
        state = judge.charge(state, judged(state, row(own_news=i / 50)))
    state = judge.learn(state, row(time=1), 1.0, 1.0)

    assert judge.from_doc(json.loads(json.dumps(state.to_doc())), state.config) == state


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"weights": 3},
        {"weights": {"bias": "x"}},
        {"weights": {"bias": math.nan}},
        {"history": None},
        {"balance": "a"},
    ],
)
def test_a_broken_document_is_refused(broken: dict[str, object]) -> None:
    """A document that is not a gate's state is one ConfigError that says what to do."""
    doc = judge.start(GateConfig()).to_doc()

    with pytest.raises(ConfigError, match="delete the document"):
        judge.from_doc({**doc, **broken} if broken else {}, GateConfig())


def test_a_document_is_forced_into_the_bounds() -> None:
    """Whatever was stored, the account and the weights start within their bounds."""
    doc = judge.start(GateConfig()).to_doc()
    state = judge.from_doc(
        {
            **doc,
            "balance": 10**12,
            "weights": {"own_news": 99.0, "unknown": 1.0},
            "history": [-5, 10**9],
        },
        GateConfig(),
    )

    assert state.balance == round(GateConfig().slack * 1e6 / 2)
    assert state.weights[AT["own_news"]] == judge.PRIOR["own_news"] + GateConfig().reach
    assert state.weights[AT["time"]] == judge.PRIOR["time"]
    assert state.history == (0, 10_000)


# -- explain


def test_explain_adds_up_to_the_value() -> None:
    """The rows are the features, largest push first, and their pushes are the logit."""
    state = judge.start(GateConfig(keep=0.5))
    decision = judged(state, row(own_news=0.5, question=1))
    rows = judge.explain(decision)
    logit = sum(push for _, _, push in rows) + state.weights[-1]

    assert rows[0] == ("own_news", 0.5, 2.0)
    assert decision.value == pytest.approx(1 / (1 + math.exp(-logit)))
    assert judge.explain(decision, state) == rows


def test_explain_a_refusal() -> None:
    """What was never priced has nothing to explain but its reason."""
    assert judge.explain(judge.NOTHING) == []


# -- config


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep": 0},
        {"keep": 1.1},
        {"keep": math.nan},
        {"keep": "a"},
        {"slack": 1},
        {"slack": 10},
        {"buffer_size": -1},
        {"history": 0},
    ],
)
def test_config_is_checked(wrong: dict[str, object]) -> None:
    """A setting out of range is one ConfigError that names the setting."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        GateConfig(**wrong)  # type: ignore[arg-type]
