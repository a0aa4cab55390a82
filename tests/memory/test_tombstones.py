"""What was forgotten does not come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from resmem_core.memory.gate.tombstones import Tombstones

FORGOTTEN = {
    "My dentist is Dr. Olsen in Bergen.": [
        "My dentist is Dr. Olsen in Bergen.",
        "Please forget that my dentist is Dr. Olsen in Bergen.",
        "I have forgotten that your dentist is Dr Olsen in Bergen!",
        "Bergen: that is where Olsen, my dentist, works.",
        "Sure. The dentist in Bergen is Olsen. Anything else?",
    ],
    "I take 40 mg of Prozac each morning.": [
        "i take 40 mg of prozac each morning",
        "You take 40 mg of Prozac in the morning, don't you?",
    ],
    "Ich wohne in der Hauptstraße 12.": ["Also: Ich wohne in der Hauptstraße 12, wie gesagt."],
    "我的牙医在北京工作。": ["我的牙医在北京工作"],
    "PIN 4711": ["The PIN is 4711."],
}


@pytest.mark.parametrize("text", FORGOTTEN)
def test_it_is_recognised_when_it_is_said_again(text: str) -> None:
    """A repeat, a paraphrase, the request and the confirmation are all recognised."""
    stones = Tombstones(b"k" * 16).with_forgotten([text])

    assert [again for again in FORGOTTEN[text] if not stones.forbids(again)] == []


@pytest.mark.parametrize(
    "text",
    [
        "My doctor is Dr. Lunde in Bergen.",
        "I walk to the bakery each morning.",
        "Thanks a lot, that was helpful.",
        "Ich wohne in Hamburg.",
        "The dentist called me back about the invoice.",
        "What is the PIN?",
        "My spare key is in the top drawer of the blue desk.",
        "My violin lesson in Oslo costs 20 euros per hour on Monday.",
        "My violin lesson in Lisbon costs 30 euros per hour on Monday.",
        "",
    ],
)
def test_other_texts_stay_welcome(text: str) -> None:
    """A statement about something else is never refused for a word that it shares."""
    alike = [
        "Hi there! Thanks a lot.",
        "My spare key is in the top drawer of the red desk.",
        "My violin lesson in Lisbon costs 20 euros per hour on Monday.",
    ]
    stones = Tombstones(b"k" * 16).with_forgotten([*FORGOTTEN, *alike])

    assert not stones.forbids(text)


CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "forgotten.jsonl").read_text().splitlines()
]


def test_each_way_of_telling_it_again_is_recognised() -> None:
    """Our own pairs in eight kinds and languages: none is told again, nothing else is refused."""
    missed = [
        (case["old"], case["new"])
        for case in CASES
        if Tombstones(b"k" * 16).with_forgotten([case["old"]]).forbids(case["new"]) != case["back"]
    ]

    assert missed == []


def test_no_byte_of_the_text_is_kept() -> None:
    """A stored tombstone holds digests alone, and they differ from key to key."""
    one = Tombstones(b"a" * 16).with_forgotten(FORGOTTEN)
    other = Tombstones(b"b" * 16).with_forgotten(FORGOTTEN)
    stored = json.dumps(one.to_doc()).lower()

    assert not any(word in stored for word in ("dentist", "olsen", "prozac", "wohne", "牙医"))
    assert set(one.statements).isdisjoint(other.statements)


def test_it_survives_the_store() -> None:
    """JSON and back is the same."""
    stones = Tombstones(b"a" * 16).with_forgotten(FORGOTTEN)

    assert Tombstones.from_doc(json.loads(json.dumps(stones.to_doc()))) == stones


def test_allowing_lifts_what_a_text_says_and_nothing_else() -> None:
    """One statement may be said again, the others still not."""
    stones = Tombstones(b"a" * 16).with_forgotten(FORGOTTEN)
    first, second, *_ = FORGOTTEN
    lifted = stones.without(first)

    assert not lifted.forbids(first)
    assert lifted.forbids(second)
    assert stones.without(None).statements == ()
