"""How standing instructions are said in fourteen languages: `data/standing.toml`, compiled."""

from __future__ import annotations

from typing import Final

from resmem_core.memory.text.needles import Caseless
from resmem_core.memory.text.phrases import either, load


def _compiled(pattern: str) -> Caseless:
    for name, words in _WORDS.items():
        pattern = pattern.replace(name, words)
    return Caseless(pattern)


_DATA: Final = load("standing.toml")
_WORDS: Final = {"YOU": either(_DATA["you"]), "ANSWERS": either(_DATA["answers"])}

INSTRUCTIONS: Final = tuple(_compiled(either(lines)) for lines in _DATA["instructions"].values())
"""Somebody says how they want to be answered; matched where the sentence begins."""

WITHDRAWN: Final = _compiled(either(_DATA["taken_back"]["withdrawn"]))
"""Somebody takes back how they wanted to be answered; anywhere in the sentence."""

STOPPED: Final = _compiled(either(_DATA["taken_back"]["stopped"]))
"""Somebody asks to leave off what may have been asked for; where the sentence begins."""

ONCE: Final = _compiled(either(_DATA["once"]["words"]))
"""Somebody wants it only now."""

TOPICS: Final = {
    name: _compiled(rf"(?<![a-zа-яà-ÿ]){either(lines)}(?![a-zа-яà-ÿ])")
    for name, lines in _DATA["topics"].items()
}
"""What an instruction may be about, each with the words that show it."""
