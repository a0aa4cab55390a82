"""Swap the retriever, keep the app: a LlamaIndex chat engine that remembers. Runs offline.

pip install 'resilient-memory[llamaindex]'
"""

from llama_index.core.chat_engine import ContextChatEngine
from llama_index.core.llms import MockLLM

from resmem_core import Message, Outcome, ResilientMemory
from resmem_llamaindex import ResmemRetriever, TunedLLM, scope

ADA, BOB = ("acme", "ada"), ("acme", "bob")


def main() -> None:
    """Two users of one app: each is answered from their own memory."""
    with ResilientMemory.open(":memory:") as memory:
        ada = memory.session("monday", namespace=ADA)
        ada.observe(Message(role="user", text="I moved to Lisbon in May.", author="Ada"))
        bob = memory.session("monday", namespace=BOB)
        bob.observe(Message(role="user", text="I moved to Oslo last year.", author="Bob"))

        # Before: retriever = index.as_retriever()
        retriever = ResmemRetriever(memory)
        llm = TunedLLM(MockLLM(max_tokens=8))  # any model; its sampling follows the session

        for session in (ada, bob):
            engine = ContextChatEngine.from_defaults(retriever=retriever, llm=llm)
            with scope(session):
                response = engine.chat("Where did I move to?")
            print(session.namespace, "->", response.source_nodes[0].text)
            session.outcome(Outcome(success=True, feedback=1.0))
            print("  next call:", session.knobs)


if __name__ == "__main__":
    main()
