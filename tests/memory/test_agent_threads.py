"""Recall in agents' threads: the user's line is found beside long answers that hold its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import bm25, kind, query
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
    assert 0 <= here.linked <= given_weights.linked
    assert 0 <= here.user <= given_weights.user
    assert b - 1e-9 <= here.b <= 1
    assert k1 - 1e-9 <= here.k1 <= max(1.5, k1) + 1e-9


def test_the_longer_the_answers_the_less_the_neighbours_count() -> None:
    """The share grows with the answers' length and stays below 1."""
    assert 0.5 < kind.bulk(thread("move")) < 1


def chat(*texts: str, roles: str = "u") -> NamespaceIndex:
    """A conversation with a message a minute; `roles` in turn, "u" a person and "a" a machine."""
    index = NamespaceIndex(256, scan=False)
    vectors = LexicalEmbedder().embed(list(texts))
    by = {"u": "user", "a": "assistant"}
    rows = (
        Memory(
            str(i), ("a",), text, (str(i),), role=by[roles[i % len(roles)]], at=60.0 * i, seq=i,
            author=f"{roles[i % len(roles)]}{i % 2}",
        )
        for i, text in enumerate(texts)
    )  # fmt: skip
    index.put(Row(memory, vector) for memory, vector in zip(rows, vectors, strict=True))
    return index


UNRELATED = (
    "My dentist is in Leiria.", "The loft needs a carpet.", "Oto plays the cello on Mondays.",
    "We sold the yellow van.", "Rye bread is what I bake.", "The passport expires in June.",
    "Nuria works at the harbour.", "I gave up coffee.", "Basil died of frost again.",
    "Chess club meets upstairs.", "The invoice went to Graz.", "My knee hurts when I run.",
    "Anna lent me a tent.", "Our router is blue.", "I am allergic to walnuts.",
    "The cat is called Plum.", "Rent is due on Fridays.", "We hiked in Madeira.",
)  # fmt: skip


def test_neighbours_count_only_where_they_belong_together() -> None:
    """A list of facts about nothing in common is no conversation; a talk about one thing is."""
    talk = [f"The kiln at step {i} of the glaze {i // 2} cracked." for i in range(18)]
    facts = kind.weights_here(chat(*UNRELATED), RecallWeights())

    assert kind.coherence(chat(*UNRELATED)) < 0.3
    assert kind.coherence(chat(*talk[::-1], *UNRELATED)) > kind.coherence(chat(*UNRELATED))
    assert facts.previous < 0.3 * RecallWeights().previous
    assert kind.weights_here(chat(*UNRELATED[:2]), RecallWeights()).previous == 0.5


def test_a_word_that_only_the_next_message_holds_finds_both() -> None:
    """Where a reply says the topic, what it replies to is found by it, after the reply."""
    index = chat(
        "It broke again.", "The espresso machine? Call Duarte.", "He never answers.",
        "Then try the shop.",
    )  # fmt: skip
    words = query.words_of("What happened to the espresso machine?", 1e4)
    asked = query.read(words, index, 1e4)
    alone = RecallWeights(beside=0, beside2=0, reply=0)

    assert bm25.bm25(index, asked, alone)[0][0] == 0
    found = bm25.bm25(index, asked, RecallWeights())[0]
    assert found[1] == 1.0 > found[0] > found[3] > 0
    assert found[0] == found[2]


def test_a_persons_line_takes_the_words_of_its_answer_even_from_a_machine() -> None:
    """Beside a machine a person's line is found by its answer's words, but no answer by the next
    line's."""
    answer = "Use a torque wrench on the crank, and grease the pedals. " * 20
    index = chat("And how do I mount it?", answer, "Thanks, that held.", answer, roles="ua")
    weights = kind.weights_here(index, RecallWeights(user=0.3))
    words = query.words_of("Which torque did the crank need?", 1e4)
    found = bm25.bm25(index, query.read(words, index, 1e4), weights)[0]

    assert found[0] > 0
    assert weights.reply == 0.3
    assert weights.beside < 0.1


@given(st.lists(st.sampled_from(("kiln glaze", "tent Anna", "", "the of")), max_size=40))
def test_coherence_is_a_share(texts: list[str]) -> None:
    """Whatever is said, coherence lies in [0, 1]."""
    assert 0 <= kind.coherence(chat(*(text or "..." for text in texts))) <= 1
