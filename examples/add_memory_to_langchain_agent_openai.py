"""The same agent with OpenAI's own class; without OPENAI_API_KEY its requests are answered here.

Run:  python examples/add_memory_to_langchain_agent_openai.py [agent.db]
It needs `pip install langchain-openai`. The recorded transport quotes what the request holds of
earlier conversations, so that what the memory put into it can be seen.
"""

import json
import os
import sys
from typing import Any

import httpx
from langchain.agents import create_agent
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware


def recorded(request: httpx.Request) -> httpx.Response:
    """An answer in OpenAI's form: the lines of memories in the request, or a plain one."""
    asked = json.loads(request.content)["messages"]
    lines = [line for m in asked for line in str(m["content"]).splitlines() if line[:3] == "- ["]
    message = {"role": "assistant", "content": "; ".join(lines) or "Noted."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-5-mini"}
    return httpx.Response(200, json={**body, "choices": [choice], "usage": usage})


def main(location: str = ":memory:") -> None:
    """Tell the agent something in one thread, ask for it in another."""
    options: dict[str, Any] = {}
    if "OPENAI_API_KEY" not in os.environ:
        client = httpx.Client(transport=httpx.MockTransport(recorded))
        options = {"api_key": "recorded", "http_client": client}
    with ResilientMemory.open(location) as memory:
        llm = ChatOpenAI(model="gpt-5-mini", **options)
        agent = create_agent(llm, tools=[], middleware=[ResmemMiddleware(memory)])
        told = {
            "monday": "I moved to Lisbon in May, and my cat is called Miso.",
            "friday": "Where did I move?",
        }
        for thread, text in told.items():
            run: RunnableConfig = {
                "configurable": {"thread_id": thread, "resmem_namespace": ("acme", "ada")}
            }
            answer = agent.invoke({"messages": [{"role": "user", "content": text}]}, run)
            print(f"[{thread}] user:  {text}\n[{thread}] agent: {answer['messages'][-1].text}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
