"""LangChain's models inside the engine: embedder, classifier, summarizer."""

from __future__ import annotations

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from resmem_core import LexiconClassifier, Message, ResilientMemory
from resmem_core.errors import ClassifierError, EmbedderError, EmbeddingMismatch
from resmem_core.types import NEUROCHEMICALS
from resmem_langchain import LangChainClassifier, LangChainEmbedder, summarizer

NAMESPACE = ("acme", "ada")
CALM = dict.fromkeys(NEUROCHEMICALS, 0.25)


class Wrong(Embeddings):
    """Gives back what it is told to."""

    def __init__(self, rows):
        self.rows = rows

    def embed_documents(self, texts):
        return self.rows

    def embed_query(self, text):
        return [1.0, 0.0]


def test_any_embeddings_embed(tmp_path):
    """A memory opened with a LangChain embedding observes and recalls with it."""
    embedder = LangChainEmbedder(DeterministicFakeEmbedding(size=16))
    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place, keep=1.0, embedder=embedder) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        session.observe(Message("user", "My cat is called Miso.", id="m1"))
        found = [hit.id for hit in session.recall("What is my cat called?")]

    assert found == ["m1"]


def test_rows_are_unit_float32():
    """One unit row per text, whatever the model's scale."""
    rows = LangChainEmbedder(Wrong([[3.0, 4.0], [0.0, 0.0]])).embed(["a", "b"])

    assert rows.dtype == np.float32
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


def test_no_texts_no_call():
    """Nothing to embed is an empty array of the right width."""
    assert LangChainEmbedder(Wrong([])).embed([]).shape == (0, 2)


@pytest.mark.parametrize("rows", [[[1.0]], [[1.0, float("nan")]], [[1.0, 0.0], [1.0, 0.0]]])
def test_wrong_vectors_are_refused(rows):
    """A wrong shape or NaN is one typed error."""
    with pytest.raises(EmbedderError):
        LangChainEmbedder(Wrong(rows)).embed(["a"])


def test_another_model_is_refused(tmp_path):
    """A store made with one model does not open with another's vectors."""
    place = str(tmp_path / "a.db")
    small, large = (DeterministicFakeEmbedding(size=n) for n in (8, 16))
    ResilientMemory.open(place, embedder=LangChainEmbedder(small)).close()

    with pytest.raises(EmbeddingMismatch):
        ResilientMemory.open(place, embedder=LangChainEmbedder(large))


def test_the_name_says_the_model():
    """Class and model make the recorded name; your own wins."""
    embeddings = Wrong([])
    embeddings.model = "nomic"

    assert LangChainEmbedder(embeddings).name == "Wrong:nomic"
    assert LangChainEmbedder(embeddings, name="mine").name == "mine"


@pytest.fixture
def scoring(recorder):
    """Makes a classifier whose model gives the given answer."""

    def make(answer, **more):
        class Scores(type(recorder())):
            def with_structured_output(self, schema, **kwargs):
                def reply(messages):
                    if isinstance(answer, Exception):
                        raise answer
                    return schema.model_validate(answer)

                return RunnableLambda(reply)

        return LangChainClassifier(Scores(), **more)

    return make


def test_a_chat_model_classifies(scoring):
    """Structured output gives the twelve scores."""
    assert scoring(CALM).scores("Hello") == CALM


@pytest.mark.parametrize(
    "answer",
    [{}, {**CALM, "cortisol": 7}, {**CALM, "cortisol": "high"}, ConnectionError("down"), None],
    ids=["missing", "out of range", "no number", "down", "nothing"],
)
def test_a_wrong_answer_is_refused_or_replaced(scoring, answer):
    """Nonsense is a ClassifierError, or the fallback's scores where one is given."""
    with pytest.raises(ClassifierError):
        scoring(answer).scores("Hello")

    default = LexiconClassifier()
    assert scoring(answer, fallback=default).scores("Hello") == default.scores("Hello")


def test_the_schema_asks_for_twelve(recorder):
    """The model is asked by its own structured output, with ranges."""
    model = recorder(
        AIMessage("", tool_calls=[{"name": "Neurochemicals", "args": CALM, "id": "1"}])
    )

    assert LangChainClassifier(model).scores("Hello") == CALM
    assert model.calls[0]["tools"] == ["<class 'resmem_langchain._components.Neurochemicals'>"]


def test_a_chat_model_summarizes_in_sleep(recorder, clock):
    """`summarize=` takes it; the notes arrive as data."""
    model = recorder(AIMessage("Ada lives in Lisbon."))
    summarize = summarizer(model)

    assert summarize(["I moved to Lisbon.", "Lisbon is home."]) == "Ada lives in Lisbon."
    assert model.calls[0]["messages"][1].text == "- I moved to Lisbon.\n- Lisbon is home."

    with ResilientMemory.open(":memory:", clock=clock, summarize=summarize) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        session.observe(Message("user", "I moved to Lisbon in May."))
        assert memory.sleep(NAMESPACE)
