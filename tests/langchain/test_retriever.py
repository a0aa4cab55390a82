"""`ResmemRetriever`: LangChain's own standard tests, and what is ours to promise."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_tests.integration_tests import RetrieversIntegrationTests

from resmem_core import ResilientMemory
from resmem_core.errors import InputError, NamespaceError
from resmem_core.types import Message
from resmem_langchain import ResmemRetriever

NAMESPACE = ("acme", "ada")
FACTS = [
    "I moved to Lisbon in May.",
    "My cat is called Miso.",
    "I play the cello in Lisbon on Sundays.",
    "Lisbon is warmer than Oslo.",
]


@pytest.fixture
def filled(memory):
    session = memory.session("t1", namespace=NAMESPACE)
    for n, text in enumerate(FACTS):
        session.observe(Message("user", text, author="Ada", id=f"m{n}"))
    return memory


class TestStandard(RetrieversIntegrationTests):
    """The suite that LangChain's partners run."""

    @pytest.fixture(autouse=True)
    def _filled(self, filled: ResilientMemory) -> None:
        self._memory = filled

    @property
    def retriever_constructor(self) -> type[ResmemRetriever]:
        return ResmemRetriever

    @property
    def retriever_constructor_params(self) -> dict:
        return {"memory": self._memory, "namespace": NAMESPACE}

    @property
    def retriever_query_example(self) -> str:
        return "What about Lisbon?"


async def test_documents_say_why(filled, call):
    """Each document has the memory's id, text, score, reasons and origin."""
    retriever = ResmemRetriever(memory=filled, namespace=NAMESPACE)

    found = await call(retriever, "What is my cat called?")

    best = found[0]
    assert isinstance(best, Document)
    assert (best.id, best.page_content) == ("m1", FACTS[1])
    assert best.metadata["why"]
    assert json.loads(best.metadata["sources"]) == ["m1"]
    assert best.metadata["author"] == "Ada"
    assert best.metadata["at"].startswith("2023-11-14T")
    scores = [d.metadata["score"] for d in found]
    assert scores == sorted(scores, reverse=True)


async def test_k_per_call_wins(filled, call):
    """`k` per call, then of the retriever, then the knob."""
    three = ResmemRetriever(memory=filled, namespace=NAMESPACE, k=3)

    assert len(await call(three, "Lisbon", k=1)) == 1
    assert len(await call(three, "Lisbon")) == 3


@pytest.mark.parametrize("k", [-1, 10_001])
def test_bad_k_is_refused(filled, k):
    """k out of range is one typed error."""
    with pytest.raises(InputError):
        ResmemRetriever(memory=filled, namespace=NAMESPACE).invoke("Lisbon", k=k)


@pytest.mark.parametrize("namespace", [None, (), "acme", ("acme", "")])
def test_no_namespace_no_retriever(memory, namespace):
    """It fails closed when it is made, not when it is asked."""
    with pytest.raises(NamespaceError):
        ResmemRetriever(memory=memory, namespace=namespace)
    with pytest.raises(NamespaceError):
        ResmemRetriever(memory=memory)


async def test_another_namespace_is_empty(filled, call):
    """Nothing of one user shows for another."""
    retriever = ResmemRetriever(memory=filled, namespace=("globex", "ada"))

    assert await call(retriever, "What about Lisbon?") == []


async def test_in_a_chain(filled, recorder, call):
    """In LCEL it is a retriever like any other."""
    model = recorder()
    retriever = ResmemRetriever(memory=filled, namespace=NAMESPACE)
    prompt = ChatPromptTemplate.from_template("{notes}\n{question}")
    chain = {"notes": retriever, "question": RunnablePassthrough()} | prompt | model

    await call(chain, "What is my cat called?")

    assert "Miso" in model.calls[0]["messages"][0].text


def test_its_dump_holds_no_memory(filled):
    """Serialized or printed it shows the namespace, not the store."""
    retriever = ResmemRetriever(memory=filled, namespace=NAMESPACE)

    assert "memory" not in retriever.model_dump()
    assert "ResilientMemory" not in repr(retriever)
    assert not retriever.is_lc_serializable()


async def test_standing_wishes_are_no_documents(memory, call):
    """They stand in every prompt; a retriever brings what answers the question."""
    session = memory.session("t", namespace=NAMESPACE)
    for text in ("Please always answer in French.", "I moved to Lisbon in May."):
        session.observe(Message("user", text))
    retriever = ResmemRetriever(memory=memory, namespace=NAMESPACE)

    assert await call(retriever, "Which tax applies to bicycles?") == []
    found = await call(retriever, "Which city did I move to?")

    assert found[0].page_content == "I moved to Lisbon in May."


@pytest.mark.parametrize("way", ["pickle", "copy", "deepcopy"])
def test_it_is_copied_and_pickled(filled, way):
    """The copy works on the same memory."""
    ways = {
        "pickle": lambda it: pickle.loads(pickle.dumps(it)),
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
    }
    made = ways[way](ResmemRetriever(memory=filled, namespace=NAMESPACE))

    assert made.invoke("Which city did I move to?")[0].page_content == FACTS[0]


def test_a_message_s_own_metadata_is_on_its_document_and_flat(memory):
    """What an app needs to cite comes back, and every value is one that a vector store takes."""
    session = memory.session("t1", namespace=NAMESPACE)
    own = {"url": "https://a.example/1", "page": 3, "tags": ["a"], "at": "the caller's"}
    session.observe(Message("user", "The rent is due in March.", metadata=own))

    found = ResmemRetriever(memory=memory, namespace=NAMESPACE).invoke("When is the rent due?")[0]

    assert (found.metadata["url"], found.metadata["page"]) == ("https://a.example/1", 3)
    assert json.loads(found.metadata["tags"]) == ["a"]
    assert found.metadata["at"] != "the caller's"
    plain = (str, int, float, bool, type(None))
    assert all(isinstance(value, plain) for value in found.metadata.values())


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_documents_go_in_and_come_back_citable(memory, way):
    """Long ones in parts, the same ones once, another text under an id in its place."""
    retriever = ResmemRetriever(memory=memory, namespace=NAMESPACE)
    long = "\n\n".join(f"Paragraph {n} tells of pump number {n}." for n in range(900))
    given = [
        Document("The deposit is due in March.", metadata={"source": "lease.pdf", "page": 2}),
        Document("The deposit is due in March.", metadata={"source": "draft.pdf", "page": 1}),
        Document(long, metadata={"source": "pumps.txt"}, id="pumps"),
        Document("  "),
    ]
    for _ in range(2):
        if way == "sync":
            retriever.observe_documents(given)
        else:
            await retriever.aobserve_documents(given)
    stored = memory.scan(NAMESPACE)

    assert len(stored) == 2 + -(-len(long) // 16_000)
    assert retriever.invoke("When is the deposit due?")[0].metadata["page"] in (1, 2)

    retriever.observe_documents([Document("The pumps were sold.", id="pumps")])
    assert {m.text for m in memory.scan(NAMESPACE) if m.id == "pumps"} == {"The pumps were sold."}
