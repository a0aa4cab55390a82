"""Recall in agents' threads: the user's line is found beside long answers that hold its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import kind
from resmem_core.memory.recall.rank import rank
from resmem_core.protocols import Row
from resmem_core.types import Memory

THREADS = {
    "move": [
        (
            "I want the piano moved on the first day, can you plan it?",
            "On which day goes the piano?",
        ),
        ("I'm paying 1,850 euros in rent from April on, is that fair?", "How much rent do I pay?"),
        (
            "I decided against the storage unit in Lisbon, what else is there?",
            "Which storage unit?",
        ),
        ("My sister Zoe keeps the cat until we have settled in, any tips?", "Who keeps the cat?"),
        ("Please answer in short lists from here on.", "How should answers be written?"),
        (
            "Moving now takes place on 14 June instead of 2 June.",
            "When does the moving take place?",
        ),
        (
            "I prefer boxes of recycled cardboard, where can I order them?",
            "Which boxes do I prefer?",
        ),
    ],
    "service": [
        ("I'm writing the billing service in Rust, can you sketch the modules?", "What language?"),
        ("We agreed to deploy the service on Tuesdays only, how do I enforce it?", "Deploy when?"),
        ("Our latency target is 40 ms at the 99th percentile.", "What is the latency target?"),
        (
            "I renamed `parse_invoice` to `read_invoice`, can you update the tests?",
            "What is renamed?",
        ),
        ("I don't want any ORM in the modules, plain SQL is fine.", "Do I want an ORM?"),
        ("Port 8443 is what the proxy listens on now.", "On which port does the proxy listen?"),
        ("Nadia reviews every change to the ledger.", "Who reviews changes to the ledger?"),
    ],
    "marathon": [
        ("I'm training for the Hamburg marathon, could you make a schedule?", "Which marathon?"),
        ("My knee hurts after 12 km, should I see somebody?", "When does my knee hurt?"),
        ("I never run on Fridays because of choir.", "On which day do I never run?"),
        ("My coach Bela wants intervals twice a week.", "Who is my coach?"),
        ("I bought trail shoes in size 43, are they fine on asphalt?", "What size are my shoes?"),
        ("I changed my goal from 3:45 to 3:58 hours.", "What is my goal in hours?"),
        ("I can't eat gluten, what should breakfast be?", "What can't I eat?"),
    ],
}
"""What a user says, and what is asked about it later."""


def answer(text: str, place: int) -> str:
    """A long answer that says every word of the request again, in steps and code."""
    topic = text.rstrip("?.")
    steps = [
        f"{n}. **Step {n}**: Consider {topic.lower()}; review option {place * 7 + n}, note the "
        "day, the price, the people and the goal, and check what it takes before the change."
        for n in range(1, 9)
    ]
    return "Certainly! Here is a plan:\n" + "\n".join(steps) + "\n```python\nplan = review()\n```"


def thread(name: str) -> NamespaceIndex:
    index = NamespaceIndex(256, scan=False)
    embedder = LexicalEmbedder()
    turns = [
        turn
        for place, (said, _) in enumerate(THREADS[name])
        for turn in (("user", said), ("assistant", answer(said, place)))
    ]
    vectors = embedder.embed([text for _, text in turns])
    index.put(
        Row(
            Memory(
                str(seq), ("a",), text, (str(seq),), role=role, author=role, session="s", seq=seq,
                at=60.0 * seq, tier="short",
            ),
            vector,
        )
        for seq, ((role, text), vector) in enumerate(zip(turns, vectors, strict=True))
    )  # fmt: skip
    return index


@pytest.mark.parametrize("name", THREADS)
def test_the_users_line_is_found(name: str) -> None:
    """Of seven questions, six or more have what the user said in the first place."""
    index = thread(name)
    found = [
        str(2 * place) in [hit.id for hit in rank(index, question, None, now=1e4, k=1)]
        for place, (_, question) in enumerate(THREADS[name])
    ]

    assert sum(found) >= 6, found


def test_between_people_nothing_is_weighed_anew() -> None:
    """Without a machine the weights stay as they were given, but for the user's own."""
    index = NamespaceIndex(256, scan=False)
    texts = ["Hi.", "I bought a red kayak in Porto and a loom for my sister last week."]
    vectors = LexicalEmbedder().embed(texts)
    index.put(
        Row(Memory(str(i), ("a",), text, (str(i),), role="user", author="AB"[i], seq=i), vector)
        for i, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    )
    weights = RecallWeights()
    here = kind.weights_here(index, weights)

    assert kind.bulk(index) == 0.0
    assert here.user == 0.0
    assert (here.previous, here.b, here.k1) == (weights.previous, weights.b, weights.k1)


@given(share=st.floats(0, 1), k1=st.floats(0, 5), b=st.floats(0, 1))
def test_the_blend_stays_between_its_ends(share: float, k1: float, b: float) -> None:
    """However much of a machine there is, no weight leaves the range of its two ends."""
    given_weights = RecallWeights(k1=k1, b=b)
    here = kind.blended(given_weights, share)

    assert 0 <= here.previous <= given_weights.previous
    assert 0 <= here.user <= given_weights.user
    assert b - 1e-9 <= here.b <= 1
    assert k1 - 1e-9 <= here.k1 <= max(1.5, k1) + 1e-9


def test_the_longer_the_answers_the_less_the_neighbours_count() -> None:
    """The share grows with the answers' length and stays below 1."""
    assert 0.5 < kind.bulk(thread("move")) < 1
