"""Every engine by its name, with our retriever or memory: it answers, whatever the memory has."""

import pytest
from llama_index.core import MockEmbedding, VectorStoreIndex, chat_engine
from llama_index.core.agent.workflow import AgentWorkflow, CodeActAgent, FunctionAgent, ReActAgent
from llama_index.core.chat_engine import (
    CondensePlusContextChatEngine,
    CondenseQuestionChatEngine,
    ContextChatEngine,
    SimpleChatEngine,
)
from llama_index.core.evaluation import BaseEvaluator, EvaluationResult
from llama_index.core.indices.query.query_transform import HyDEQueryTransform
from llama_index.core.indices.query.query_transform.base import StepDecomposeQueryTransform
from llama_index.core.memory import InsertMethod, Memory
from llama_index.core.query_engine import (
    CitationQueryEngine,
    MultiStepQueryEngine,
    RetrieverQueryEngine,
    RetryQueryEngine,
    RouterQueryEngine,
    SubQuestionQueryEngine,
    TransformQueryEngine,
)
from llama_index.core.question_gen.types import BaseQuestionGenerator, SubQuestion
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool

from resmem_core.errors import StoreUnavailable
from resmem_llamaindex import ResmemMemory, ResmemMemoryBlock, ResmemRetriever

from .fakes import Scripted, tell

pytestmark = pytest.mark.filterwarnings("ignore:is_running called:DeprecationWarning")
"""Of LlamaIndex's ReActAgent."""

ADA = ("acme", "ada")
FACT = "I moved to Lisbon in May."
QUESTION = "Where did I move to?"
STATES = ("new", "away", "filled")
MODES = [
    mode
    for mode in ResponseMode
    if mode not in (ResponseMode.NO_TEXT, ResponseMode.CONTEXT_ONLY, ResponseMode.GENERATION)
]
"""How a query engine may answer from nodes; the three others give no answer made from them."""


class Model(Scripted):
    """Says "Lisbon." for ever, and remembers what it was given."""

    def _say(self, messages):
        self._script = ["Lisbon."]
        return super()._say(messages)


class Passes(BaseEvaluator):
    """An evaluator that likes everything."""

    def _get_prompts(self):
        return {}

    def _update_prompts(self, prompts_dict):
        pass

    async def aevaluate(self, *args, **kwargs):
        return EvaluationResult(passing=True, score=1.0, feedback="")


class OneQuestion(BaseQuestionGenerator):
    """The question as its own sub-question."""

    def _get_prompts(self):
        return {}

    def _update_prompts(self, prompts):
        pass

    def generate(self, tools, query):
        return [SubQuestion(sub_question=query.query_str, tool_name="memory")]

    async def agenerate(self, tools, query):
        return self.generate(tools, query)


def queried(retriever, model):
    return RetrieverQueryEngine.from_args(retriever, llm=model)


def tool_of(retriever, model):
    return QueryEngineTool.from_defaults(queried(retriever, model), name="memory", description="m")


def cited(retriever, model):
    index = VectorStoreIndex([], embed_model=MockEmbedding(embed_dim=1))
    return CitationQueryEngine.from_args(index, llm=model, retriever=retriever)


QUERY = {
    **{
        f"RetrieverQueryEngine, {mode.value}": lambda r, m, mode=mode: (
            RetrieverQueryEngine.from_args(r, llm=m, response_mode=mode)
        )
        for mode in MODES
    },
    "CitationQueryEngine": cited,
    "TransformQueryEngine": lambda r, m: TransformQueryEngine(
        queried(r, m), HyDEQueryTransform(llm=m)
    ),
    "MultiStepQueryEngine": lambda r, m: MultiStepQueryEngine(
        queried(r, m),
        StepDecomposeQueryTransform(llm=m),
        response_synthesizer=get_response_synthesizer(llm=m),
        num_steps=1,
    ),
    "RetryQueryEngine": lambda r, m: RetryQueryEngine(queried(r, m), Passes()),
    "RouterQueryEngine": lambda r, m: RouterQueryEngine.from_defaults(
        [tool_of(r, m)], llm=m, selector=LLMSingleSelector.from_defaults(llm=Choosing())
    ),
    "SubQuestionQueryEngine": lambda r, m: SubQuestionQueryEngine.from_defaults(
        [tool_of(r, m)], llm=m, question_gen=OneQuestion(), use_async=False
    ),
}


class Choosing(Scripted):
    """Chooses the first tool."""

    def _say(self, messages):
        self._script = ['[{"choice": 1, "reason": "it knows"}]']
        return super()._say(messages)


CHAT = {
    "ContextChatEngine (context)": lambda r, m: ContextChatEngine.from_defaults(r, llm=m),
    "CondensePlusContextChatEngine (condense_plus_context)": lambda r, m: (
        CondensePlusContextChatEngine.from_defaults(r, llm=m)
    ),
    "CondenseQuestionChatEngine (condense_question)": lambda r, m: (
        CondenseQuestionChatEngine.from_defaults(queried(r, m), llm=m)
    ),
}

CHAT |= {
    name: lambda r, m, kind=kind: kind.from_defaults(r, multi_modal_llm=m)
    for name, kind in vars(chat_engine).items()
    if name.startswith("MultiModal")  # the lowest supported version has none
}


@pytest.fixture
def retriever(memory, request, monkeypatch):
    """Over a memory that is new, that is away, or that has the fact."""
    if request.param == "filled":
        tell(memory.session("t0", namespace=ADA), FACT)
    made = ResmemRetriever(memory, namespace=ADA, empty="note")
    if request.param == "away":

        def away(*args, **kwargs):
            raise StoreUnavailable("gone")

        monkeypatch.setattr(memory.store, "changes", away)
    return made


def read(model):
    return "\n".join(str(m.content) for call in model.seen for m in call)


@pytest.mark.parametrize(
    ("retriever", "way"),
    [("new", "sync"), ("away", "async"), ("filled", "sync")],
    indirect=["retriever"],
)
@pytest.mark.parametrize("name", QUERY)
async def test_query_engines(retriever, name, way, request):
    """The model answers; where there is a memory, it has read it."""
    model = Model()
    engine = QUERY[name](retriever, model)

    answer = str(engine.query(QUESTION) if way == "sync" else await engine.aquery(QUESTION))

    assert "Lisbon" in answer
    assert "Empty Response" not in answer
    if "filled" in request.node.callspec.id:
        assert FACT in read(model)


@pytest.mark.parametrize(
    ("retriever", "way"),
    [("new", "stream"), ("away", "sync"), ("filled", "async")],
    indirect=["retriever"],
)
@pytest.mark.parametrize("name", CHAT)
async def test_chat_engines(retriever, name, way, request):
    """Two turns each; the model answers both, streamed too."""
    model = Model()
    engine = CHAT[name](retriever, model)

    for asked in ("Hi", QUESTION):
        if way == "sync":
            answer = str(engine.chat(asked))
        elif way == "async":
            answer = str(await engine.achat(asked))
        else:
            answer = "".join(engine.stream_chat(asked).response_gen)
        assert "Lisbon" in answer
    if "filled" in request.node.callspec.id:
        assert FACT in read(model)


AGENTS = {
    "FunctionAgent": lambda m: FunctionAgent(llm=m),
    "ReActAgent": lambda m: ReActAgent(llm=m),
    "CodeActAgent": lambda m: CodeActAgent(code_execute_fn=lambda code: "", llm=m),
    "AgentWorkflow": lambda m: AgentWorkflow(
        agents=[FunctionAgent(name="a", description="a", llm=m)], root_agent="a"
    ),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", AGENTS)
async def test_agents(memory, engine, monkeypatch, name, state):
    """With our memory each agent answers, knows what is remembered, and is remembered.

    `CodeActAgent` and `ReActAgent` put their own prompt in the place of the first system message,
    ours too: beside the question the memories are safe from that.
    """
    if state == "filled":
        tell(memory.session("t0", namespace=ADA), FACT)
    model = Model()
    place = InsertMethod.USER if name in ("CodeActAgent", "ReActAgent") else InsertMethod.SYSTEM
    chat = ResmemMemory.over(
        memory, session_id="s1", namespace=ADA, insert_method=place, async_engine=engine
    )
    if state == "away":

        def away(*args, **kwargs):
            raise StoreUnavailable("gone")

        monkeypatch.setattr(memory.store, "changes", away)

    answer = str(await AGENTS[name](model).run(QUESTION, memory=chat))

    assert "Lisbon" in answer
    if state == "filled":
        assert FACT in read(model)


@pytest.mark.usefixtures("chat_stores")
@pytest.mark.parametrize(("kind", "state"), [("block", "new"), ("memory", "filled")])
def test_the_simple_chat_engine(memory, kind, state):
    """`chat_mode="simple"` takes a memory, no retriever."""
    if state == "filled":
        tell(memory.session("t0", namespace=ADA), FACT)
    if kind == "block":
        block = ResmemMemoryBlock(memory, namespace=ADA)
        chat = Memory.from_defaults(session_id="s1", memory_blocks=[block])
    else:
        chat = ResmemMemory.over(memory, session_id="s1", namespace=ADA)
    model = Model()

    answer = str(SimpleChatEngine.from_defaults(llm=model, memory=chat).chat(QUESTION))

    assert "Lisbon" in answer
    assert (FACT in read(model)) is (state == "filled")


@pytest.mark.parametrize("placement", ["tail", "delta"])
@pytest.mark.usefixtures("chat_stores")
def test_an_empty_line_parts_the_block_from_the_question(memory, placement):
    """As in LangChain's requests."""
    tell(memory.session("old", namespace=ADA), FACT)
    model = Scripted("Lisbon.")
    talk = ResmemMemory.over(memory, session_id="t", namespace=ADA, placement=placement)

    SimpleChatEngine.from_defaults(llm=model, memory=talk).chat(QUESTION)

    head, asked = model.seen[-1][-1].blocks
    assert head.text.endswith("</memories>\n\n")
    assert asked.text == QUESTION


@pytest.mark.parametrize("engine", [ContextChatEngine, CondensePlusContextChatEngine])
@pytest.mark.usefixtures("chat_stores")
def test_a_memory_that_only_hears_beside_a_retriever_that_shows(memory, engine):
    """With `token_budget=0` each fact is sent once, and the first turn is one call."""
    tell(memory.session("old", namespace=ADA), FACT)
    model = Scripted("Lisbon.")
    talk = ResmemMemory.over(memory, session_id="t", namespace=ADA, token_budget=0)
    retriever = ResmemRetriever(memory, namespace=ADA)

    engine.from_defaults(retriever=retriever, llm=model, memory=talk).chat(QUESTION)

    assert len(model.seen) == 1
    assert read(model).count(FACT) == 1
    assert QUESTION in {m.text for m in memory.scan(ADA)}
