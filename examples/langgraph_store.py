"""LangGraph's long-term memory on Resilient Memory: durable, searchable, gated if you ask.

Run:  python examples/langgraph_store.py [store.db]
It needs no network.
"""

import sys

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime

from resmem_core import ResilientMemory, Verdict
from resmem_langchain import ResmemStore

USER = ("users", "ada")


def note(state: MessagesState, runtime: Runtime) -> MessagesState:
    """A node that writes what was said to the store, and answers with what it knows."""
    assert runtime.store is not None
    said = state["messages"][-1]
    runtime.store.put(USER, str(said.id), {"content": said.text})
    known = [str(item.value["content"]) for item in runtime.store.search(USER)]
    return {"messages": [AIMessage(f"I know: {known}")]}


def main(location: str = ":memory:") -> None:
    """Run a graph on a faithful store, then on one whose puts are gated."""
    graph = StateGraph(MessagesState).add_node(note).add_edge(START, "note")
    with ResilientMemory.open(location) as memory:
        for gate in (False, True):
            print("gated:" if gate else "faithful:")
            store = ResmemStore(memory, gate=gate)
            app = graph.compile(store=store)
            for text in ("Ada moved to Lisbon in May.", "   ", "Ada moved to Lisbon in May."):
                result = app.invoke({"messages": [HumanMessage(text)]})
                print(" ", result["messages"][-1].text)
            for item in store.search(USER, limit=100):
                store.delete(USER, item.key)
            for verdict in store.decisions:
                if verdict.verdict is not Verdict.KEEP:  # set aside: a gate ends no graph
                    print(f"  refused: {verdict.reason}")
            print("  verdicts:", [d.verdict.value for d in store.decisions])


if __name__ == "__main__":
    main(*sys.argv[1:2])
