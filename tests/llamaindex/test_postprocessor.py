"""`ResmemPostprocessor`, its pure parts, and how it comes back from serialization."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core import VectorStoreIndex
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from pydantic import PrivateAttr

from resmem_core import Outcome
from resmem_core.errors import ConfigError, InputError, NamespaceError
from resmem_llamaindex import ResmemPostprocessor, ResmemQuery, Weights, scope
from resmem_llamaindex._duplicates import Seen
from resmem_llamaindex._rescore import DAY, Mood, rescore

from .fakes import Scripted, WordEmbedding

ADA = ("acme", "ada")
NOW = 1_780_000_000.0


def nodes(*scores, **metadata):
    """Nodes "0", "1", … with these scores and different texts."""
    words = ["apple pie", "tax form", "cello music", "train times", "garden gate", "blue paint"]
    return [
        NodeWithScore(
            node=TextNode(id_=str(i), text=f"{words[i % 6]} number {i}", metadata=dict(metadata)),
            score=score,
        )
        for i, score in enumerate(scores)
    ]


def ids(found):
    return [getattr(item, "node_id", None) or item.node.node_id for item in found]


@pytest.fixture
def processor(memory):
    """Ada's postprocessor."""
    return ResmemPostprocessor(memory, namespace=ADA, session_id="t1", top_n=10)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_without_experience_nothing_changes(processor, mode):
    """Unknown nodes keep their scores and their order."""
    given_ = nodes(0.9, 0.5, 0.7)

    if mode == "sync":
        found = processor.postprocess_nodes(given_, query_str="x")
    else:
        found = await processor.apostprocess_nodes(given_, query_str="x")

    assert [(n.node_id, n.score) for n in found] == [("0", 0.9), ("2", 0.7), ("1", 0.5)]


def test_it_returns_new_nodes_with_scores(processor):
    """The given objects, which events hold too, are not written to."""
    given_ = nodes(0.9, 0.5)

    found = processor.postprocess_nodes(given_)

    assert all(a is not b for a, b in zip(found, given_, strict=True))
    assert [n.score for n in given_] == [0.9, 0.5]


def test_near_duplicates_are_left_out(processor):
    """Of two texts that say the same, the better scored one stays."""
    twins = ["The train leaves at nine from platform two", "the train leaves at nine, platform two"]
    given_ = [NodeWithScore(node=TextNode(id_=t, text=t), score=i) for i, t in enumerate(twins)]

    assert ids(processor.postprocess_nodes(given_)) == [twins[1]]


def test_top_n_by_query_by_field_by_knob(memory):
    """The query's k, else the field, else the session's knob."""
    session = memory.session("t1", namespace=ADA)
    given_ = nodes(*(i / 100 for i in range(100)))
    by_knob = ResmemPostprocessor(memory, namespace=ADA, session_id="t1")
    by_field = ResmemPostprocessor(memory, namespace=ADA, session_id="t1", top_n=3)

    assert len(by_field.postprocess_nodes(given_, ResmemQuery("x", top_k=2))) == 2
    assert len(by_field.postprocess_nodes(given_)) == 3
    assert len(by_knob.postprocess_nodes(given_)) == session.knobs.retrieve_k


def test_the_cutoff_leaves_weak_nodes_out(memory):
    """Nodes under the cutoff are left out."""
    processor = ResmemPostprocessor(memory, namespace=ADA, cutoff=0.6, top_n=9)

    assert ids(processor.postprocess_nodes(nodes(0.9, 0.5, 0.7))) == ["0", "2"]


def test_good_outcomes_lift_a_node(memory, processor):
    """A node that helped rises over one that its retriever liked a little more."""
    session = memory.session("t1", namespace=ADA)
    for _ in range(6):
        processor.postprocess_nodes(nodes(0.70, 0.72, 0.1))
        session.outcome(Outcome(success=True, feedback=1.0, used=("0",)))

    assert ids(processor.postprocess_nodes(nodes(0.70, 0.72, 0.1)))[0] == "0"


def test_each_user_has_their_own_credit(memory, processor):
    """What Ada's outcomes taught does not move Bob's nodes."""
    session = memory.session("t1", namespace=ADA)
    for _ in range(6):
        processor.postprocess_nodes(nodes(0.70, 0.72, 0.1))
        session.outcome(Outcome(success=True, feedback=1.0, used=("0",)))
    bob = ResmemPostprocessor(memory, namespace=("acme", "bob"))

    assert ids(bob.postprocess_nodes(nodes(0.70, 0.72, 0.1)))[0] == "1"


class Reranks(BaseEventHandler):
    _seen: list = PrivateAttr(default_factory=list)

    def handle(self, event, **kwargs):
        if isinstance(event, ReRankStartEvent | ReRankEndEvent):
            self._seen.append(event)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_it_emits_rerank_events(processor, mode):
    """Tracing sees what went in and what came out, sync and async."""
    root, handler = get_dispatcher(), Reranks()
    root.add_event_handler(handler)
    try:
        if mode == "sync":
            processor.postprocess_nodes(nodes(0.9, 0.5), QueryBundle("x"))
        else:
            await processor.apostprocess_nodes(nodes(0.9, 0.5), QueryBundle("x"))
    finally:
        root.event_handlers.remove(handler)

    start, end = handler._seen
    assert (start.query.query_str, start.top_n, start.model_name) == (
        "x", 10, "ResmemPostprocessor",
    )  # fmt: skip
    assert len(end.nodes) == 2


def test_in_a_query_engine(memory):
    """Behind an index's own query engine, which overwrites the callback manager."""
    docs = [TextNode(id_=str(i), text=t) for i, t in enumerate(("a red cat", "a red dog"))]
    processor = ResmemPostprocessor(memory, namespace=ADA)
    engine = VectorStoreIndex(docs, embed_model=WordEmbedding()).as_query_engine(
        llm=Scripted("cat"), node_postprocessors=[processor]
    )

    response = engine.query("red cat")

    assert response.source_nodes[0].node_id == "0"


def test_its_config_comes_back(memory, processor):
    """From `to_dict` and from a pickle: same settings, and the memory found by name."""
    processor.callback_manager = CallbackManager()
    by_dict = ResmemPostprocessor.from_dict(processor.to_dict())
    by_pickle = pickle.loads(pickle.dumps(processor))

    for copy in (by_dict, by_pickle):
        assert copy.to_dict() == processor.to_dict()
        assert ids(copy.postprocess_nodes(nodes(0.1, 0.2))) == ["1", "0"]


def test_an_unknown_name_says_what_to_do():
    """A config whose memory is not open here."""
    with pytest.raises(ConfigError, match="register"):
        ResmemPostprocessor(memory_name="gone", namespace=ADA).postprocess_nodes(nodes(0.1))


def test_the_namespace_is_needed(memory):
    """No namespace, no credit; a scope's will do."""
    processor = ResmemPostprocessor(memory)
    with pytest.raises(NamespaceError):
        processor.postprocess_nodes(nodes(0.1))

    with scope(memory.session("t1", namespace=ADA)):
        assert ids(processor.postprocess_nodes(nodes(0.1))) == ["0"]


def test_nodes_without_anything_are_taken(processor):
    """No nodes, no score, no query."""
    assert processor.postprocess_nodes([]) == []
    assert processor.postprocess_nodes(nodes(None))[0].score == 0.0


# --- the pure parts


@pytest.mark.parametrize("at", [NOW - DAY, "2026-05-27T20:26:40+00:00", "2026-05-27T20:26:40"])
def test_newer_nodes_rise(at):
    """A time as epoch seconds or ISO 8601; the newer of two equal nodes comes first."""
    old, new = nodes(0.5, 0.5)
    old.node.metadata["at"] = NOW - 365 * DAY
    new.node.metadata["at"] = at

    found = rescore([old, new], Mood(NOW), {}, Weights(), time_key="at")

    assert [item.node.node_id for item in found] == ["1", "0"]


@pytest.mark.parametrize("at", [None, "soon", True, [1]])
def test_what_is_no_time_moves_nothing(at):
    """A metadata value that is no time leaves the score alone."""
    assert rescore(nodes(0.5, at=at), Mood(NOW), {}, Weights(), "at")[0].score == 0.5


def test_curiosity_prefers_what_was_not_shown():
    """With curiosity, a node that was shown often falls behind an equal new one."""
    known = {"0": (0.0, 5)}

    assert ids(i.node for i in rescore(nodes(0.5, 0.5), Mood(NOW, 0, 1), known, Weights())) == [
        "1", "0",
    ]  # fmt: skip


def test_misleading_nodes_are_left_out_after_enough_trials():
    """Bad credit alone drops nothing; bad credit over three uses does."""
    assert rescore(nodes(0.5), Mood(NOW), {"0": (-0.9, 2)}, Weights()) != []
    assert rescore(nodes(0.5), Mood(NOW), {"0": (-0.9, 3)}, Weights()) == []


def test_weights_are_checked():
    """A weight out of range is one typed error."""
    with pytest.raises(InputError, match="credit"):
        Weights(credit=2)


scores = st.lists(st.floats(-50, 50), min_size=1, max_size=30)


@given(scores, st.floats(-1, 1), st.integers(0, 9), st.floats(0, 1), st.floats(0, 1))
def test_signs_move_a_score_within_their_weights(given_, credit, uses, stress, curiosity):
    """A score moves by at most the weights' sum (credit doubled) times the scores' spread."""
    weights, known = Weights(drop=-1.0), {"0": (credit, uses)}
    spread = max(given_) - min(given_) or abs(max(given_)) or 1.0
    bound = spread * (weights.recency + weights.value + 2 * weights.credit + weights.novelty)

    found = rescore(
        nodes(*given_, at=NOW, resmem_value=1.0), Mood(NOW, stress, curiosity), known, weights, "at"
    )

    assert all(abs(item.score - given_[int(item.node.node_id)]) <= bound + 1e-9 for item in found)


def distinct(texts):
    """Positions of the texts that repeat none before them."""
    seen = Seen(0.85)
    return [i for i, text in enumerate(texts) if not seen.repeats(text)]


@given(st.lists(st.text(max_size=60), max_size=12))
def test_texts_left_are_distinct(texts):
    """What is left, filtered again, stays as it is; and equal texts never both stay."""
    left = [texts[i] for i in distinct(texts)]

    assert distinct(left) == list(range(len(left)))
    worded = [text for text in left if any(c.isalnum() for c in text)]
    assert len(set(worded)) == len(worded)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("The code of the gate is {}, please keep it well in mind", "4711", "4712"),
        ("She said that she {} likes the old green house by the lake", "now", "never"),
    ],
)
def test_changed_facts_are_no_duplicates(text, first, second):
    """A number or a negation makes another fact, however alike the words."""
    assert distinct([text.format(first), text.format(second)]) == [0, 1]
