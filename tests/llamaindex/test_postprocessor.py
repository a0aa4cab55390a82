"""`ResmemPostprocessor`, its pure parts, and how it comes back from serialization."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core import VectorStoreIndex
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from pydantic import PrivateAttr

from resmem_core import Outcome, ResilientMemory
from resmem_core.config.sleep import DAY
from resmem_core.errors import ConfigError, InputError, NamespaceError
from resmem_llamaindex import ResmemPostprocessor, ResmemQuery, Weights, scope
from resmem_llamaindex._documents.rescore import Mood, best, rescore

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


def texts_kept(processor, *texts):
    """What is left of nodes with these texts, the best first."""
    given_ = [
        NodeWithScore(node=TextNode(id_=str(i), text=text), score=1 - i / 100)
        for i, text in enumerate(texts)
    ]
    return [node.text for node in processor.postprocess_nodes(given_)]


def test_exact_repeats_are_left_out(processor):
    """Of the same text, blanks aside, the one that the retriever liked best stays."""
    first = "The train leaves at nine."

    assert texts_kept(processor, first, " The train\nleaves at  nine. ") == [first]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Take the pill before meals, not after.", "Take the pill after meals, not before."),
        ("Alice owes Bob 5.", "Bob owes Alice 5."),
        ("Close the left valve.", "Close the right valve."),
        ("The rent is due in March.", "The rent is due in April."),
        ("x > 5 and y < 3", "x < 5 and y > 3"),
        ("Charge: +5 V", "Charge: -5 V"),
        ("5 mW", "5 MW"),
        ("Die Katze jagt den Hund.", "Den Hund jagt die Katze."),
        ("猫が犬を追う", "犬が猫を追う"),
        ("He left at 9.30", "He left at 93.0"),
        ("Really.", "Really?"),
        ("if a:\n    b()\n    c()", "if a:\n    b()\nc()"),
    ],
)
def test_other_order_symbols_or_numbers_are_another_text(processor, one, other):
    """A bag of the same words is no proof that two texts say the same."""
    assert texts_kept(processor, one, other) == [one, other]


def test_pages_of_one_template_all_stay(memory):
    """Manual pages that differ in one word are as many pages."""
    pages = [f"Step {w}: turn the {w} valve until it clicks." for w in "abcdefghijklmnop"]
    processor = ResmemPostprocessor(memory, namespace=ADA, top_n=16)

    assert texts_kept(processor, *pages) == pages


def test_nodes_without_text_are_no_repeats(processor):
    """Images have no text, or one caption for many."""
    given_ = [
        NodeWithScore(node=ImageNode(id_=str(i), text="figure", image_path=f"{i}.png"), score=0.5)
        for i in range(3)
    ] + [NodeWithScore(node=TextNode(id_=f"t{i}", text=" "), score=0.1) for i in range(2)]

    assert len(processor.postprocess_nodes(given_)) == 5


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


outcomes = st.lists(
    st.builds(
        Outcome,
        success=st.sampled_from([None, 0.0, 1.0]),
        feedback=st.sampled_from([None, -1.0, 1.0]),
        used=st.sampled_from([None, ("0",), ("1", "2"), ("5",)]),
    ),
    max_size=15,
)


@settings(max_examples=25, deadline=None)
@given(outcomes, st.integers(1, 6))
def test_no_outcomes_remove_a_node(sequence, top_n):
    """Whatever was learned, every candidate stays one, and the retriever's best is returned."""
    given_ = nodes(0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t1", namespace=ADA)
        all_of = ResmemPostprocessor(memory, namespace=ADA, session_id="t1", top_n=6, cutoff=0.4)
        some = ResmemPostprocessor(memory, namespace=ADA, session_id="t1", top_n=top_n)
        for outcome in sequence:
            all_of.postprocess_nodes(given_)
            session.outcome(outcome)

        found = all_of.postprocess_nodes(given_)
        assert sorted(ids(found)) == ["0", "1", "2", "3", "4", "5"]
        assert min(node.score for node in found) >= 0.4
        assert "0" in ids(some.postprocess_nodes(given_))


credits_ = st.dictionaries(
    st.sampled_from("012345"), st.tuples(st.floats(-1, 1), st.integers(0, 9))
)


@given(credits_, st.floats(0, 1), st.floats(0, 1), st.integers(1, 6))
def test_blame_never_decides_who_stays(known, stress, curiosity, top_n):
    """The same nodes stay as if blame had never been given; it only orders them."""
    given_, mood = nodes(0.9, 0.8, 0.7, 0.6, 0.5, 0.4), Mood(NOW, stress, curiosity)
    praised = {key: (max(earned, 0.0), uses) for key, (earned, uses) in known.items()}

    def stay(credits):
        return {i.node.node_id for i in best(rescore(given_, mood, credits, Weights()), top_n)}

    assert stay(known) == stay(praised)
    assert {str(i) for i in range((top_n + 1) // 2)} <= stay(known)
    assert len(stay(known)) == top_n


def test_weights_are_checked():
    """A weight out of range is one typed error."""
    with pytest.raises(InputError, match="credit"):
        Weights(credit=2)


scores = st.lists(st.floats(-50, 50), min_size=1, max_size=30)


@given(scores, st.floats(-1, 1), st.integers(0, 9), st.floats(0, 1), st.floats(0, 1))
def test_signs_move_a_score_within_their_weights(given_, credit, uses, stress, curiosity):
    """A score moves by at most the weights' sum (credit doubled) times the scores' spread."""
    weights, known = Weights(), {"0": (credit, uses)}
    spread = max(given_) - min(given_) or abs(max(given_)) or 1.0
    bound = spread * (weights.recency + weights.value + 2 * weights.credit + weights.novelty)

    found = rescore(
        nodes(*given_, at=NOW, resmem_value=1.0), Mood(NOW, stress, curiosity), known, weights, "at"
    )

    assert all(abs(item.score - given_[int(item.node.node_id)]) <= bound + 1e-9 for item in found)


def renamed(given_):
    """The nodes as an index that was built anew has them: the same texts, other ids."""
    return [
        NodeWithScore(node=n.node.model_copy(update={"id_": f"new-{n.node_id}"}), score=n.score)
        for n in given_
    ]


def test_a_rebuilt_index_keeps_its_credit(memory, processor):
    """Credit belongs to text and document: a node under another id has earned what it earned."""
    session = memory.session("t1", namespace=ADA)
    for _ in range(6):
        processor.postprocess_nodes(nodes(0.70, 0.72, 0.1))
        session.outcome(Outcome(success=True, feedback=1.0, used=("0",)))

    assert ids(processor.postprocess_nodes(renamed(nodes(0.70, 0.72, 0.1))))[0] == "new-0"


def test_the_same_words_in_two_documents_are_two(memory, processor):
    """What a page of one file earned is not the other file's."""
    session = memory.session("t1", namespace=ADA)
    for _ in range(6):
        processor.postprocess_nodes(nodes(0.70, 0.72, 0.1, file_name="a.md"))
        session.outcome(Outcome(success=True, feedback=1.0, used=("0",)))

    other = processor.postprocess_nodes(nodes(0.70, 0.72, 0.1, file_name="b.md"))

    assert ids(other)[0] == "1"


OUTCOMES = st.lists(
    st.tuples(st.booleans(), st.floats(-1, 1), st.none() | st.sampled_from(["0", "1", "2"])),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(OUTCOMES)
def test_no_sequence_of_outcomes_removes_a_node(outcomes):
    """Whatever went wrong, and whoever was blamed: every node stays a candidate."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        processor = ResmemPostprocessor(memory, namespace=ADA, session_id="t1", top_n=10)
        session = memory.session("t1", namespace=ADA)
        for success, feedback, blamed in outcomes:
            processor.postprocess_nodes(nodes(0.7, 0.72, 0.1))
            used = None if blamed is None else (blamed,)
            session.outcome(Outcome(success=success, feedback=feedback, used=used))

        assert sorted(ids(processor.postprocess_nodes(nodes(0.7, 0.72, 0.1)))) == ["0", "1", "2"]
