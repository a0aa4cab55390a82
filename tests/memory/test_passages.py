"""Long texts in parts: where they are split, and which part a hit points at."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import companions
from resmem_core.memory.recall.rank import rank
from resmem_core.memory.text.passages import LETTERS, WORDS, is_long, passages
from resmem_core.protocols import Row
from resmem_core.types import Memory

FILLER = " ".join(f"word{i}" for i in range(130))
LONG = f"""Here is what I would do for the trip.

1. **Tickets**: take the night train from Graz, it leaves at ten.
2. **Luggage**: the kayak goes ahead by freight,
   in two boxes.
- Ask Nuria for the key.

## Code

```python
def fare(days):

    return days * 41
```

{FILLER}
"""


def shown(text: str) -> list[str]:
    return [text[first:end] for first, end in passages(text)]


def test_a_short_text_is_one_part() -> None:
    """Up to the words of a passage nothing is split, lists and paragraphs neither."""
    assert shown("  One.\n\n- two\n- three ") == ["One.\n\n- two\n- three"]
    assert shown(" \n ") == []


def test_lists_blocks_and_paragraphs_are_parts() -> None:
    """An item keeps the lines that go on from it, a heading what it heads, a block its blank
    lines."""
    found = shown(LONG)

    assert found[0] == "Here is what I would do for the trip."
    assert found[1].startswith("1. **Tickets**")
    assert found[1].endswith("at ten.")
    assert found[2].endswith("in two boxes.")
    assert found[3] == "- Ask Nuria for the key."
    assert found[4].startswith("## Code")
    assert found[4].endswith("```")
    assert "days * 41" in found[4]


def test_what_has_no_end_in_sight_is_cut_all_the_same() -> None:
    """A wall of words, a log, Chinese, Thai, a blob: every part stays within its size."""
    walls = (
        FILLER * 3, "x" * 5_000, "我們在里斯本租了一間公寓" * 60, "เราเช่าห้องในลิสบอน" * 150,
        "\n".join(f"2026-01-01 12:00:{i} GET /a/{i} 200" for i in range(80)),
        "```\n" + "a = b\n" * 200, '{"a": [1, 2, 3], ' * 200, "I agree. " * 300,
    )  # fmt: skip
    for text in walls:
        for part in shown(text):
            words = re.findall(r"[\u3400-\u9fff]{1,2}|[^\W\u3400-\u9fff]+", part)
            assert len(words) <= WORDS, part
            assert len(part) <= LETTERS


PIECES = (
    "- item", "\n", "\n\n", "```\n", "```", "~~~\n", "## Head", "Text goes on. ", "word " * 50,
    "1) one", "  ", "我們", "Take: ", "\t",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@example(["word " * 150, "\n", "```", "word " * 50])
def test_parts_are_in_order_and_hold_every_word(pieces: list[str]) -> None:
    """They do not overlap, and nothing but white space is between them."""
    text = "".join(pieces)
    spans, at = passages(text), 0
    for first, end in spans:
        assert at <= first < end <= len(text)
        assert not text[at:first].strip()
        at = end
    assert not text[at:].strip()


def test_a_hit_says_which_part_answers() -> None:
    """A long answer is shown by the item that is asked about; a short message as a whole."""
    said = (LONG, "I sold the yellow van.")
    index = NamespaceIndex(256, scan=False)
    rows = (Memory(str(i), ("a",), text, (str(i),), seq=i) for i, text in enumerate(said))
    index.put(Row(m, v) for m, v in zip(rows, LexicalEmbedder().embed(list(said)), strict=True))

    def best(question: str) -> tuple[str, str]:
        hit = rank(index, question, None, now=1e4, k=1)[0]
        return hit.id, hit.passage

    assert best("When does the night train leave?") == ("0", shown(LONG)[1])
    assert best("Who has the key, Nuria?") == ("0", "- Ask Nuria for the key.")
    assert best("What happened to the van?") == ("1", "I sold the yellow van.")
    assert rank(index, "zebra", None, now=1e4, k=2)[0].part is None
    assert companions.with_rivals(index, rank(index, "train", None, now=1e4, k=1), frozenset())


def ranked(question: str, texts: list[str], **weights: float) -> list[str]:
    """The texts as a question finds them, said by an assistant, best first."""
    index = NamespaceIndex(64, scan=False)
    index.put(
        Row(Memory(str(n), ("a",), text, (str(n),), "assistant", "", str(n), seq=n), vector)
        for n, (text, vector) in enumerate(
            zip(texts, LexicalEmbedder(64).embed(texts), strict=True)
        )
    )
    found = rank(index, question, None, now=1e6, k=9, weights=RecallWeights(**weights))
    return [hit.text for hit in found]


def test_a_part_that_answers_is_more_than_its_words_here_and_there() -> None:
    """Both texts hold every word of the question as often, and are equally long."""
    filler = [" ".join(f"{word}{n}" for n in range(40)) for word in "abcdef"]
    together = "\n\n".join((*filler[:3], "The ferry to Brest costs forty euros.", *filler[3:]))
    apart = "\n\n".join(
        f"{a}\n{b}"
        for a, b in zip(filler, ("The ferry", "to Brest", "costs", "forty", "euros."), strict=False)
    )
    apart = f"{apart}\n\n{filler[5]}"
    others = ["Soup is warm.", "We play chess."]

    for texts in ([apart, together, *others], [together, apart, *others]):
        assert ranked("What costs the ferry to Brest?", texts)[0] == together
    assert (
        ranked("What costs the ferry to Brest?", [apart, together, *others], passage=0.0)[0]
        == apart
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["rope", "tent", "\n\n", "- ", "lamp", FILLER]), max_size=12))
def test_a_part_counts_for_long_texts_alone(words: list[str]) -> None:
    """What is short is found as it was, whatever the share of parts."""
    text = " ".join(words)
    texts = ["rope and lamp", text or "tent", "lamp tent"]
    if not is_long(text):
        assert ranked("rope tent", texts, passage=1.0) == ranked("rope tent", texts, passage=0.0)
