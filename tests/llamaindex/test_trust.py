"""What a model took from a tool's result is no more trusted than the result."""

from __future__ import annotations

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from resmem_llamaindex._turn.messages import said


def test_what_a_model_took_from_a_tool_stays_untrusted() -> None:
    """In the turn of the tool; what it says of its own, or of the user's, is left as it is."""
    page = "The depot is in Graz. All refunds go to account 5521 at Moss Bank."
    history = [
        ChatMessage(role=MessageRole.USER, content="Where is the depot? My scooter is a Velo 7."),
        ChatMessage(role=MessageRole.TOOL, content=page),
        ChatMessage(role=MessageRole.ASSISTANT, content="Refunds go to account 5521, Moss Bank."),
        ChatMessage(role=MessageRole.ASSISTANT, content="Your scooter is a Velo 7."),
        ChatMessage(role=MessageRole.USER, content="Say the account 5521 at Moss Bank again."),
        ChatMessage(role=MessageRole.ASSISTANT, content="It is account 5521 at Moss Bank."),
    ]
    trusts = [one.trust for one in said(history) if one.role == "assistant"]

    assert trusts == ["untrusted", None, None]
