"""The same agent with a model of your Ollama server.

Run:  python examples/add_memory_to_langchain_agent_ollama.py [model] [base_url] [agent.db]
It needs `pip install langchain-ollama` and a running Ollama (`ollama pull llama3.2`).
"""

import sys

from langchain.agents import create_agent
from langchain_core.runnables import RunnableConfig
from langchain_ollama import ChatOllama

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware


def main(
    model: str = "llama3.2",
    base_url: str = "http://127.0.0.1:11434",
    location: str = ":memory:",
) -> None:
    """Tell the agent something in one thread, ask for it in another."""
    with ResilientMemory.open(location) as memory:
        llm = ChatOllama(model=model, base_url=base_url)
        agent = create_agent(llm, tools=[], middleware=[ResmemMiddleware(memory)])

        def say(thread: str, text: str) -> None:
            run: RunnableConfig = {
                "configurable": {"thread_id": thread, "resmem_namespace": ("acme", "ada")}
            }
            answer = agent.invoke({"messages": [{"role": "user", "content": text}]}, run)
            print(f"[{thread}] user:  {text}\n[{thread}] agent: {answer['messages'][-1].text}")

        say("monday", "I moved to Lisbon in May, and my cat is called Miso.")
        say("friday", "Where did I move?")


if __name__ == "__main__":
    main(*sys.argv[1:4])
