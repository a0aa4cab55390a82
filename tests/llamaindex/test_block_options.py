"""What a memory block's user may choose, under the names that people know."""

import pickle

import pytest
from llama_index.core.memory import InsertMethod, Memory
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import TextNode
from llama_index_instrumentation.dispatcher import instrument_tags

from resmem_core.errors import ConfigError, NamespaceError
from resmem_llamaindex import (
    ResmemMemory,
    ResmemMemoryBlock,
    ResmemPostprocessor,
    ResmemRetriever,
    ResmemToolSpec,
)

from .fakes import assistant, tell, user

ADA = ("acme", "ada")
FACTS = (
    "The boiler leaks at the left valve.",
    "Marta repairs the boiler on Tuesday.",
    "I live in Lisbon.",
    "My cello teacher is called Rui.",
)


@pytest.fixture
def ada(memory):
    session = memory.session("s0", namespace=ADA)
    tell(session, *FACTS)
    return session


class Without(BaseNodePostprocessor):
    """Leaves out nodes with a word."""

    word: str

    def _postprocess_nodes(self, nodes, query_bundle=None):
        return [node for node in nodes if self.word not in node.text]


class Last(BaseNodePostprocessor):
    """Turns the order round and shouts."""

    def _postprocess_nodes(self, nodes, query_bundle=None):
        made = [n.model_copy(update={"node": TextNode(id_=n.node_id, text=n.text.upper())})
                for n in reversed(nodes)]  # fmt: skip
        assert query_bundle is not None
        return made


async def shown(block, *messages):
    found = await block.aget(list(messages), session_id="s1")
    return "\n".join(message.content for message in found)


async def test_a_follow_up_is_asked_with_what_it_is_about(memory, ada):
    """By the last message alone "And who repairs it?" finds less than with the two before it."""
    turn = [user("The boiler leaks."), assistant("Which valve?"), user("And who mends that?")]
    alone = ResmemMemoryBlock(memory, namespace=ADA, window=1)
    wide = ResmemMemoryBlock(memory, namespace=ADA, window=3)

    assert "Marta" not in await shown(alone, *turn)
    assert "Marta" in await shown(wide, *turn)


async def test_a_template_stands_around_the_memories(memory, ada):
    """Its tokens count, and what is shortened keeps it."""
    template = "What we know so far:\n{memories}\nUse it well."
    block = ResmemMemoryBlock(memory, namespace=ADA, template=template, about=("home",))
    found = await block.aget([user("What about the boiler?")], session_id="s1")

    assert len(found) == 2
    for message in found:
        assert message.content.startswith("What we know so far:\n<memories>")
        assert message.content.endswith("</memories>\nUse it well.")
    kept = await block.atruncate(found, 10)
    assert all(m.content.startswith("What we know so far:\n<memories>") for m in kept)
    assert await block.atruncate(found, 10_000) is None


@pytest.mark.parametrize("template", ["", "no place", "{memories} {memories}", 5])
def test_a_template_without_a_place_is_refused(memory, template):
    """One typed error that says what a template has."""
    with pytest.raises(ConfigError, match="memories"):
        ResmemMemoryBlock(memory, namespace=ADA, template=template)


async def test_a_template_may_stand_beside_the_question(memory, ada, engine):
    """With a template too the block is at the head of the last user message, and is not stored."""
    chat = ResmemMemory.over(
        memory, session_id="s1", namespace=ADA, template="Known: {memories}",
        insert_method=InsertMethod.USER, async_engine=engine,
    )  # fmt: skip
    await chat.aput_messages([user("Good morning."), assistant("Hello."), user("The boiler?")])

    seen = await chat.aget()

    assert [m.role.value for m in seen] == ["user", "assistant", "user"]
    assert seen[2].blocks[0].text.startswith("Known: <memories>")
    assert not [m.text for m in memory.scan(ADA) if "<memories>" in m.text]


async def test_node_postprocessors_drop_reorder_and_reword(memory, ada):
    """A filter, a rewriter, and LlamaIndex's own cut by score."""
    question = user("What about the boiler?")
    every = await shown(ResmemMemoryBlock(memory, namespace=ADA, min_relevance=0), question)
    only = Without(word="Marta")
    fewer = ResmemMemoryBlock(memory, namespace=ADA, min_relevance=0, node_postprocessors=[only])
    loud = ResmemMemoryBlock(memory, namespace=ADA, node_postprocessors=[Last()])
    none = ResmemMemoryBlock(
        memory, namespace=ADA, node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=99)]
    )

    assert "Marta" in every
    assert "leaks" in await shown(fewer, question)
    assert "Marta" not in await shown(fewer, question)
    assert "THE BOILER LEAKS" in await shown(loud, question)
    assert await shown(none, question) == ""


class Counting(BaseNodePostprocessor):
    """Notes how many nodes it may choose from."""

    seen: list[int]

    def _postprocess_nodes(self, nodes, query_bundle=None):
        self.seen.append(len(nodes))
        return nodes


async def test_a_postprocessor_chooses_among_all_that_is_recalled(memory, ada):
    """Without one, what is not worth its room is left out; with one, that is its choice."""
    question = user("On which day does Marta repair the boiler of the school?")
    counting = Counting(seen=[])
    hits = memory.session("s2", namespace=ADA).search(question.content)
    await shown(ResmemMemoryBlock(memory, namespace=ADA, node_postprocessors=[counting]), question)
    told = await shown(ResmemMemoryBlock(memory, namespace=ADA), question)

    assert counting.seen == [len(hits)]
    assert sum(hit.text in told for hit in hits) < len(hits)


async def test_wishes_are_not_a_postprocessor_s(memory):
    """What holds whatever is asked is shown also where every node is left out."""
    tell(memory.session("s0", namespace=ADA), "Always answer in French.", FACTS[0])
    none = SimilarityPostprocessor(similarity_cutoff=99)
    block = ResmemMemoryBlock(memory, namespace=ADA, node_postprocessors=[none])

    said = await shown(block, user("What about the boiler?"))

    assert "Always answer in French." in said
    assert "leaks" not in said


# -- ids by name


async def test_ids_by_name_fill_the_namespace(memory):
    """In the block, in `over` and in every other part; without a namespace they are it."""
    block = ResmemMemoryBlock(memory, namespace=("app", "{user_id}", "{agent_id}"),
                              user_id="ada", agent_id="planner")  # fmt: skip
    assert block.namespace == ("app", "ada", "planner")
    assert ResmemMemoryBlock(memory, user_id="ada").namespace == ("ada",)
    assert ResmemMemoryBlock(memory, user_id=7, agent_id="planner").namespace == ("7", "planner")
    assert ResmemToolSpec(memory, user_id="ada")._namespace == ("ada",)
    assert ResmemPostprocessor(memory, user_id="ada", run_id="r1").session_id == "r1"

    await block.aget([user("I live in Lisbon.")], session_id="s1")
    assert [m.text for m in memory.scan(("app", "ada", "planner"))] == ["I live in Lisbon."]


async def test_a_run_is_the_conversation(memory, engine):
    """`run_id` names the session where none is named, and fills its field."""
    chat = ResmemMemory.over(
        memory, run_id="r7", user_id="ada", namespace=("a", "{user_id}", "{run_id}"),
        async_engine=engine,
    )  # fmt: skip
    await chat.aput(user("I live in Lisbon."))

    stored = memory.scan(("a", "ada", "r7"))
    assert [(m.text, m.session) for m in stored] == [("I live in Lisbon.", "r7")]
    with pytest.raises(ConfigError, match="session_id"):
        ResmemMemory.over(memory, user_id="ada")


async def test_a_field_without_a_name_waits_for_the_call(memory):
    """Some by name, the rest from the tags of the call; tags alone do too."""
    block = ResmemMemoryBlock(memory, namespace=("{tenant}", "{user_id}"), tenant="acme")
    with instrument_tags({"namespace": ["acme", "bob"], "user_id": "bob"}):
        await block.aget([user("I live in Oslo.")], session_id="s1")
    with instrument_tags({"tenant": "acme", "user_id": "bob", "run_id": "s1"}):
        found = ResmemRetriever(memory).retrieve("Where do I live?")
    asked = ResmemRetriever(memory, ("{tenant}", "{user_id}"), tenant="acme", user_id="bob")
    assert asked.retrieve("Where do I live?")[0].text == found[0].text

    assert [node.text for node in found] == ["I live in Oslo."]


@pytest.mark.parametrize("name", ["{tenant}", "a{b}", "}"])
def test_a_name_with_braces_is_refused(memory, name):
    """What a client sends must not be read as a field again."""
    with pytest.raises(NamespaceError, match="braces"):
        ResmemMemoryBlock(memory, user_id=name)


def test_a_keyword_that_does_not_exist_is_refused(memory, chat_stores):
    """pydantic would swallow it, and the user would wonder."""
    with pytest.raises(ConfigError, match="topk"):
        ResmemMemoryBlock(memory, namespace=ADA, topk=3)
    with pytest.raises(ConfigError, match="topk"):
        ResmemMemory.over(memory, session_id="s1", namespace=ADA, topk=3)


def test_the_options_survive_a_pickle(memory):
    """A saved workflow has them."""
    one = SimilarityPostprocessor(similarity_cutoff=0.5)
    block = ResmemMemoryBlock(
        memory, namespace=ADA, window=3, template="So: {memories}", node_postprocessors=[one]
    )

    again = pickle.loads(pickle.dumps(block))

    assert (again.window, again.template) == (3, "So: {memories}")
    assert [p.similarity_cutoff for p in again.node_postprocessors] == [0.5]
    assert isinstance(Memory.from_defaults(memory_blocks=[again]), Memory)
