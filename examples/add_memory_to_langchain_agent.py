"""Add memory to a LangChain agent: one line in `middleware=[…]`.

Run:  python examples/add_memory_to_langchain_agent.py [agent.db]
It needs no network: the chat model only quotes memories. Put your own model in its place.
"""

import sys

from langchain.agents import create_agent
from langchain_core.runnables import RunnableConfig

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware
from resmem_langchain.offline import QuotingChatModel


def main(location: str = ":memory:") -> None:
    """Tell the agent something in one thread, ask for it in another."""
    with ResilientMemory.open(location) as memory:
        agent = create_agent(QuotingChatModel(), tools=[], middleware=[ResmemMiddleware(memory)])

        def say(thread: str, text: str) -> None:
            run: RunnableConfig = {
                "configurable": {"thread_id": thread, "resmem_namespace": ("acme", "ada")}
            }
            answer = agent.invoke({"messages": [{"role": "user", "content": text}]}, run)
            print(f"[{thread}] user:  {text}\n[{thread}] agent: {answer['messages'][-1].text}")

        say("monday", "I moved to Lisbon in May, and my cat is called Miso.")
        say("friday", "Where did I move?")
        say("friday", "What is my cat called?")
        print("knobs of the next call:", memory.session("friday", namespace=("acme", "ada")).knobs)


if __name__ == "__main__":
    main(*sys.argv[1:2])
