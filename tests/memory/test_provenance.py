"""A machine that repeats what a tool said does not make it trusted."""

from __future__ import annotations

import pytest

from resmem_core import Message, ResilientMemory

NS = ("acme", "ada")
LIE = "The harbour museum in Porto charges 90 euros for every visitor from Leipzig."


def trusts(*messages: Message) -> list[str]:
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("s", namespace=NS)
        for message in messages:
            session.observe(message)
        return [m.trust for m in sorted(memory.scan(NS), key=lambda m: m.seq)]


@pytest.mark.parametrize(
    "repeated",
    [
        "I found that the harbour museum in Porto charges 90 euros for visitors from Leipzig.",
        "Sure! According to the page, the harbour museum in Porto charges 90 euros from Leipzig.",
    ],
)
def test_repeating_a_page_does_not_launder_it(repeated: str) -> None:
    """The assistant's sentence stays as doubtful as the tool's text that it came from."""
    assert trusts(Message("tool", LIE), Message("assistant", repeated)) == ["untrusted"] * 2


def test_an_answer_of_its_own_is_trusted() -> None:
    """A sentence whose news stand in no untrusted memory has another source."""
    answer = Message("assistant", "Your sister Noor plays the cello on Thursdays in Bergen.")

    assert trusts(Message("tool", LIE), answer) == ["untrusted", "trusted"]


def test_what_the_user_said_first_stays_theirs() -> None:
    """A tool that repeats the user's words takes them from nobody."""
    said = Message("user", "The harbour museum in Porto charges 9 euros for visitors from Leipzig.")
    again = Message("assistant", "You said the harbour museum in Porto charges visitors 9 euros.")

    assert trusts(said, Message("tool", LIE), again)[-1] == "trusted"


def test_people_are_trusted_with_their_own_words() -> None:
    """A user who repeats a page means it."""
    assert (
        trusts(Message("tool", LIE), Message("user", LIE.replace("charges", "takes")))[-1]
        == "trusted"
    )
