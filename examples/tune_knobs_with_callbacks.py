"""Tune any LangChain chat model from what happens to it: a callback listens, `tuned` turns.

Run:  python examples/tune_knobs_with_callbacks.py
It needs no network. A model that fails for a while shows how the knobs answer and come back.
"""

from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableConfig

from resmem_core import ResilientMemory
from resmem_langchain import ResmemCallbackHandler, tuned
from resmem_langchain.offline import QuotingChatModel

OUTAGE = range(5, 25)


class FlakyModel(QuotingChatModel):
    """The offline model with an outage: it stands in for a provider on a bad day."""

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        turn = int(str(messages[-1].content).rsplit(" ", 1)[1])
        if turn in OUTAGE:
            raise ConnectionError("the provider is down")
        return super()._generate(messages, *args, **kwargs)


def main() -> None:
    """Ask sixty times, through an outage, and print the knobs on the way."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("thread-1", namespace=("acme", "ada"))
        config: RunnableConfig = {"callbacks": [ResmemCallbackHandler(session)]}
        model = tuned(FlakyModel(), session)
        for turn in range(60):
            try:
                model.invoke(f"Question {turn}", config)
                answered = "ok"
            except ConnectionError:
                answered = "down"
            if turn % 5 == 0:
                knobs = session.knobs
                print(
                    f"turn {turn:2} {answered:4} {session.mode:8} stress {session.stress:.2f}  "
                    f"temperature {knobs.temperature:.2f}  max_tokens {knobs.max_tokens:4}  "
                    f"retries {knobs.retries}"
                )


if __name__ == "__main__":
    main()
