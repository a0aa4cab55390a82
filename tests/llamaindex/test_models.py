"""LlamaIndex embeddings and models as parts of the memory; the package as a whole."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.llms import MockLLM

from resmem_core import NEUROCHEMICALS, Classifier, Embedder, Message, ResilientMemory
from resmem_core.errors import ClassifierError, ConfigError, EmbedderError, EmbeddingMismatch
from resmem_llamaindex import LlamaIndexEmbedder, LLMClassifier, register, summarizer
from resmem_llamaindex import __all__ as names
from resmem_llamaindex._turn.readings import tokens_of, truncated

from .fakes import WordEmbedding

CALM = dict.fromkeys(NEUROCHEMICALS, 0.25)


class Broken(MockEmbedding):
    """Gives what it is told to give."""

    rows: list = []  # noqa: RUF012

    def _get_text_embeddings(self, texts):
        return self.rows


def test_an_embedding_is_our_embedder():
    """Rows of unit length, zero for nothing, in the order of the texts."""
    embedder = LlamaIndexEmbedder(WordEmbedding(model_name="words"))

    vectors = embedder.embed(["red cat", "", "red dog"])

    assert isinstance(embedder, Embedder)
    assert (vectors.shape, vectors.dtype) == ((3, 64), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1])
    assert embedder.embed([]).shape == (0, 64)
    assert embedder.name == "llamaindex:base_component:words"


@pytest.mark.parametrize("rows", [[[math.nan, 1.0]], [[1.0]], [[1.0, 2.0], [3.0]], []])
def test_what_is_no_vector_is_refused(rows):
    """NaN, a wrong length, several lengths, none: one typed error."""
    embedder = LlamaIndexEmbedder(Broken(embed_dim=2, rows=[[1.0, 2.0]]))
    assert embedder.dim == 2
    embedder._model.rows = rows

    with pytest.raises(EmbedderError):
        embedder.embed(["x"])


def test_a_memory_with_a_llamaindex_embedding(tmp_path):
    """It recalls with the model's vectors, and refuses to be opened with another one."""
    path = str(tmp_path / "agent.db")
    with ResilientMemory.open(path, embedder=LlamaIndexEmbedder(WordEmbedding())) as memory:
        session = memory.session("t", namespace=("a", "b"))
        session.observe(Message(role="user", text="The red cat sleeps."))
        assert session.recall("red cat")[0].text == "The red cat sleeps."

    with pytest.raises(EmbeddingMismatch):
        ResilientMemory.open(path)


def test_a_model_is_our_classifier():
    """Twelve scores from a JSON answer, also with words around it."""
    classifier = LLMClassifier(Completing(f"Here: {json.dumps(CALM)} Done."))

    assert isinstance(classifier, Classifier)
    assert classifier.scores("hello") == CALM


class Completing(MockLLM):
    """Completes every prompt with its answer."""

    answer: str = ""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def complete(self, prompt, formatted=False, **kwargs):
        from llama_index.core.llms import CompletionResponse

        return CompletionResponse(text=self.answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I refuse",
        "{}",
        "{bad",
        json.dumps({**CALM, "cortisol": 7}),
        json.dumps({**CALM, "dopamine": "x"}),
    ],
)
def test_what_is_no_score_is_refused(answer):
    """No JSON, missing names, out of range, no number: one typed error."""
    with pytest.raises(ClassifierError):
        LLMClassifier(Completing(answer), fallback=None).scores("hello")


def test_a_model_is_our_summarizer():
    """The notes go in as data, one sentence comes out."""
    assert summarizer(Completing(" Ada lives in Lisbon. "))(["a", "b"]) == "Ada lives in Lisbon."


@pytest.mark.parametrize("make", [lambda: Completing("  "), lambda: Failing("")])
def test_without_a_summary_the_longest_text_stands(make):
    """Sleep goes on when the model is away."""
    assert summarizer(make())(["short", "a longer text"]) == "a longer text"


def test_a_failing_model_is_a_classifier_error():
    """The model's own exception does not reach the engine."""
    with pytest.raises(ClassifierError, match="ConnectionError"):
        LLMClassifier(Failing(""), fallback=None).scores("hello")


def test_the_default_classifier_stands_in(caplog):
    """A model that fails costs its opinion, not the message; the log has no user text."""
    scores = LLMClassifier(Failing("")).scores("my secret is urgent")

    assert set(scores) == set(NEUROCHEMICALS)
    assert "stands in" in caplog.text
    assert "secret" not in caplog.text


class Failing(Completing):
    def complete(self, prompt, formatted=False, **kwargs):
        raise ConnectionError("gone")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["usage", "choices", "finish_reason", "eval_count"]), json_values
    )
)
def test_no_raw_answer_breaks_the_readings(raw):
    """Whatever a provider puts in its raw answer, tokens and truncation can be asked for."""

    class Answer:
        additional_kwargs: dict = {}  # noqa: RUF012

    answer = Answer()
    answer.raw = raw

    assert tokens_of(answer) >= 0
    assert truncated(answer) in (True, False, None)


def test_a_name_belongs_to_one_memory(memory):
    """Two open memories cannot share a name."""
    register(memory, "mine")
    with ResilientMemory.open(":memory:") as other, pytest.raises(ConfigError, match="mine"):
        register(other, "mine")


def test_public_names_are_sorted_and_exist():
    """`__all__` is sorted as the linter sorts it, and every name is there."""
    import resmem_llamaindex

    assert all(hasattr(resmem_llamaindex, name) for name in names)
    assert len(set(names)) == len(names)


def test_without_llama_index_the_import_names_the_pip_install():
    """One typed error that says what to install."""
    code = (
        "import sys; sys.modules['llama_index.core'] = None\n"
        "try:\n    import resmem_llamaindex\n"
        "except ImportError as error:\n    print(type(error).__name__, error)"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "MissingExtra" in shown.stdout
    assert "pip install 'resilient-memory[llamaindex]'" in shown.stdout
