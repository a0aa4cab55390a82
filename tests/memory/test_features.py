"""Features: bounded, explainable, and measured against a bounded stream."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.memory.gate.features import (
    AGEING,
    FEATURES,
    RECENT,
    StreamContext,
    measure,
    turn_of,
)
from resmem_core.memory.text.sentences import names, said, sentences, stems, told_apart
from resmem_core.types import NEUROCHEMICALS, Memory, StateVector

EMPTY = StreamContext.of(())


def memory(text: str, seq: int = 0, **fields: object) -> Memory:
    plain = {"author": "Ada", "session": "s", "seq": seq}
    return Memory(str(seq), ("a",), text, (str(seq),), **{**plain, **fields})  # type: ignore[arg-type]


def features(text: str, stream: StreamContext = EMPTY, **fields: object) -> dict[str, float]:
    return dict(zip(FEATURES, measure(memory(text, **fields), (), stream), strict=True))


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(max_size=400) | st.text(alphabet=string.ascii_letters + " .?!'", max_size=400),
    cosine=st.floats(-1.5, 1.5),
    stress=st.floats(0, 1),
)
def test_every_feature_is_in_the_unit_range(text: str, cosine: float, stress: float) -> None:
    """Whatever the text, there is one number in [0, 1] per name."""
    item = memory(text, state=StateVector(stress=stress))
    row = measure(item, [("x", cosine, 0.5)], EMPTY.seen(memory(text)))

    assert len(row) == len(FEATURES)
    assert all(0.0 <= value <= 1.0 for value in row)


@pytest.mark.parametrize(
    ("feature", "more", "less"),
    [
        ("own_news", "I bought a red kayak.", "I got a thing."),
        ("own_news", "I bought a red kayak.", "You bought a red kayak."),
        ("own_news", "I bought a red kayak.", "A red kayak?"),
        ("other_news", "You bought a red kayak.", "I bought a red kayak."),
        ("specifics", "We met Luna in Porto.", "We met somebody there."),
        ("specifics", "It cost 45 euros.", "It cost some euros."),
        ("specifics", 'I read "The Dispossessed" there.', "I read a novel there."),
        ("time", "We married in June.", "We married."),
        ("time", "We married in June.", "Did you marry in June?"),
        ("dated", "I went there last week.", "I go there every week."),
        ("dated", "We married three years ago.", "We married."),
        ("event", "I joined a choir.", "I sing in a choir."),
        ("first_person", "My sister and I sing.", "She sings."),
        ("second_person", "You sing well.", "She sings well."),
        ("question", "Nice. Who sang?", "Nice. She sang."),
        ("courtesy", "Thanks, that is kind.", "That is so."),
        ("courtesy", "It was great, take care!", "It was great."),
        ("own_news", "I bought a red kayak, can you store it?", "Can you store a red kayak?"),
        ("decides", "I prefer the aisle seat.", "I see the aisle seat."),
        ("decides", "We postponed the launch, can you tell them?", "Can we postpone the launch?"),
        ("decides", "Ich habe mich für Graz entschieden.", "Graz ist schön."),
        ("decides", "Nous avons reporté la fête.", "La fête est belle."),
        ("decides", "Nunca vuelo de noche.", "Vuelo de noche."),
        ("decides", "我决定住在杭州。", "杭州很美。"),
        ("decides", "회의를 취소했어요.", "회의가 있어요."),
    ],
)
def test_a_feature_tells_two_texts_apart(feature: str, more: str, less: str) -> None:
    """Each feature is higher for the text that has what it names."""
    assert features(more)[feature] > features(less)[feature]


@pytest.mark.parametrize(
    "statement",
    ["I moved to Porto in June, number 45.", "We married in May; Luna sang.",
     "Please call me Zed from Monday on, I said."],
)  # fmt: skip
@pytest.mark.parametrize("filler", ["It is what it is. ", "```\nx = y\n```\n", "- and so on\n"])
def test_bulk_is_no_merit(statement: str, filler: str) -> None:
    """The same statement in ten times the text is worth less, never more."""
    alone, padded = features(statement), features(statement + " " + filler * 120)

    for name in ("own_news", "specifics", "time", "event", "first_person"):
        assert padded[name] <= alone[name]
        assert padded[name] < alone[name] or alone[name] == 0


def test_a_decision_counts_to_a_machine() -> None:
    """What a user decides is an order to a machine; of a machine, or among people, it is talk."""
    text = "I prefer the aisle seat."
    machine = EMPTY.seen(memory("Which seat?", author="bot", role="assistant"))
    friend = EMPTY.seen(memory("Which seat?", author="Bob", role="user"))

    assert features(text, machine, role="user")["decides"] == 1.0
    assert features(text, friend, role="user")["decides"] == 0.0
    assert features(text, machine, role="assistant")["decides"] == 0.0


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("I moved to Graz in May, could you update it?", [False, True]),
        ("Ich ziehe im Mai um, kannst du das planen?", [False, True]),
        ("J'ai pris le studio à Lyon, peux-tu m'aider?", [False, True]),
        ("Vendí el piano el martes, ¿puedes anotarlo?", [False, True]),
        ("Я живу в Омске, как доехать?", [False, True]),
        ("我下周三搬到杭州，你能帮我安排吗？", [False, True]),
        ("I've got twelve boxes so can you book the van?", [False, True]),
        ("Can you book it, or should I?", [True]),
        ("What did it cost in Rome, Oslo and Bonn?", [True]),
        ("I moved to Graz, can you see.", [False]),
    ],
)
def test_what_a_question_tells_first_is_told(text: str, asks: list[bool]) -> None:
    """The part before a request is a statement of its own, in several languages."""
    assert [part.asks for part in told_apart(text)] == asks


def test_known_words_are_no_news() -> None:
    """The more often the stream said a word, the less it counts."""
    text = "I bought a red kayak."
    stream, news = EMPTY, []
    for seq in range(4):
        news.append(features(text, stream)["own_news"])
        stream = stream.seen(memory(text, seq))

    assert news == sorted(news, reverse=True)
    assert news[0] > news[-1]


def test_calling_somebody_by_name_is_no_news() -> None:
    """The speakers' own names are neither news nor specifics."""
    stream = EMPTY.seen(memory("Hello.", author="Grace Hopper"))
    row = features("So, Hopper, well, Grace!", stream)

    assert row["own_news"] == 0.0
    assert row["specifics"] == 0.0


def test_setting() -> None:
    """Role, trust, pictures, feelings and novelty come from the memory and its neighbours."""
    scores = tuple(0.9 if n == "cortisol" else 0.1 for n in NEUROCHEMICALS)
    item = memory("x", role="user", trust="untrusted", scores=scores, metadata={"caption": "a dog"})
    row = dict(zip(FEATURES, measure(item, [("a", 0.2, 0.1), ("b", 0.7, 0.3)], EMPTY), strict=True))
    plain = features("x", role="assistant")

    assert (row["user"], row["untrusted"], row["image"], row["alarm"]) == (1.0, 1.0, 1.0, 0.9)
    assert row["novelty"] == pytest.approx(0.3)
    assert (plain["user"], plain["untrusted"], plain["image"], plain["alarm"]) == (0, 0, 0, 0)
    assert features("look [image: a dog on a beach]")["image"] == 1.0


def test_captions_are_not_said() -> None:
    """The words of a picture's caption are nobody's news."""
    assert said("Look! [image: a kayak on a lake]").strip() == "Look!"
    assert features("Look! [image: a kayak on a lake]")["own_news"] == features("Look!")["own_news"]


@pytest.mark.parametrize(
    ("before", "answers"),
    [
        (memory("Where do you live?", author="Bob"), 1.0),
        (memory("Where do I live?", author="Ada"), 0.0),
        (memory("Where do you live?", author="Bob", session="other"), 0.0),
        (memory("I live here.", author="Bob"), 0.0),
    ],
)
def test_answers(before: Memory, answers: float) -> None:
    """A message answers when the turn before it, by somebody else in its session, asked."""
    assert features("In Porto.", EMPTY.seen(before))["answers"] == answers


def test_late_grows_along_a_session() -> None:
    """The place in the session counts, each session for itself."""
    stream = EMPTY
    for seq in range(5):
        stream = stream.seen(memory("hm", seq))

    assert (
        features("hm", stream)["late"]
        > features("hm", stream.seen(memory("a", session="t")))["late"] - 1.0
    )
    assert features("hm", stream, session="t")["late"] == 0.0
    assert stream.place("s") == 5


def test_counts_never_undercount() -> None:
    """The sketch may only overestimate, whatever collides."""
    stream = EMPTY
    texts = [f"kayak word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(200)]
    for seq, text in enumerate(texts):
        stream = stream.seen(memory(text, seq))

    assert stream.count("kayak") >= 200
    assert all(stream.count(stem) >= 1 for text in texts for stem in stems(text))


def test_the_context_is_bounded_and_immutable() -> None:
    """It remembers a bounded number of turns, and nobody writes into an older one."""
    first = EMPTY.seen(memory("kayak"))
    stream = first
    for seq in range(RECENT + 50):
        stream = stream.seen(memory("kayak", seq))

    assert len(stream.recent) == RECENT
    assert stream.counts.nbytes == first.counts.nbytes
    assert first.count("kayak") == 1
    with pytest.raises(ValueError, match="read-only"):
        first.counts[0] = 1


def test_counts_age() -> None:
    """After many turns all counts are halved, so that they follow the stream."""
    stream = EMPTY
    for seq in range(4):
        stream = stream.seen(memory("kayak", seq))
    aged = StreamContext(stream.counts, AGEING, stream.recent).seen(memory("canoe"))

    assert aged.count("kayak") == 2
    assert aged.aged == 1


def test_rebuilt_from_stored_memories() -> None:
    """Order of arrival decides, not order of reading."""
    rows = [memory(f"I saw a kayak {i}", i) for i in range(6)]
    again = StreamContext.of(reversed(rows))

    assert [turn.id for turn in again.recent] == [str(i) for i in range(6)]
    assert again.count("kayak") == 6


def test_turn() -> None:
    """A turn keeps what later messages may take up."""
    turn = turn_of(memory("Thanks! I saw a heron. Which river?"), 3)

    assert (turn.place, turn.thanks, turn.reacts) == (3, True, False)
    assert turn.stems == frozenset(stems("heron river"))
    assert turn.asked == frozenset(stems("river"))
    assert turn_of(memory("Wow, a heron.")).reacts
    assert turn_of(memory("")).stems == frozenset()


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("...", 0), ("One. Two? Three!", 3), ("no end", 1), ("a\nb", 2), ("好。好吗？", 2)],
)
def test_sentences(text: str, count: int) -> None:
    """Sentences end with their mark or line; those without a word are none."""
    assert len(sentences(text)) == count


def test_names_are_capitals_inside_a_sentence() -> None:
    """The first word of a sentence and "I" are no names; possessives are cut."""
    assert names("Yesterday I saw Luna's boat. There Oliver sat.") == ["luna", "oliver"]
