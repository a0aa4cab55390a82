"""The offline classifier: twelve neurochemical scores of a text, and the words behind each.

One pass over the tokens: phrases, then words by surface form, then by stem; negation turns a word
toward its opposite, intensifiers and capitals weigh it, emoji count as words. English only: a text
without a listed word scores zero everywhere, which is the calm baseline. Deterministic, no model.

    score = 1 − exp(−1.2 · Σ weights / max(1, √(tokens / 25)))
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from threading import Lock
from typing import Final, NamedTuple, TypeAlias

import Stemmer

from resmem_core.memory.affect import lexicon
from resmem_core.types import MAX_TEXT, NEUROCHEMICALS

Weights: TypeAlias = Mapping[str, float]
Phrase: TypeAlias = tuple[list[str], Weights]

GAIN: Final = 1.2
REACH: Final = 4
"""Tokens that a negation reaches over, itself included."""

BY_STEM: Final = 0.5
"""From this weight on a word also stands for its inflections; weaker ones are too common."""
QUESTION: Final = 0.25
"""What a question mark adds to dopamine: alone it stays below any label."""

_EMOJI: Final[dict[str, Weights]] = {
    char: weights for chars, weights in lexicon.EMOJI.items() for char in chars
}
_TOKEN: Final = re.compile(
    rf"[a-z0-9]+(?:'[a-z]+)*|[.,;:()\n]|!+|\?+|[{''.join(_EMOJI)}]", re.IGNORECASE
)
_LINE: Final = re.compile(r"^\s*(\d?\.?\d+):", re.MULTILINE)
_stemmer: Final = Stemmer.Stemmer("english")
_stemming: Final = Lock()


class LexiconMatch(NamedTuple):
    """One word or phrase, and what it added to one score before squashing."""

    words: str
    neurochemical: str
    weight: float


class Affect(NamedTuple):
    """Projections of the twelve scores.

    Attributes:
        arousal: in [-1, 1]; negative is calmer than the baseline.
        valence: in [-1, 1]; unpleasant to pleasant.
        stress: in [0, 1].
        value: in [0, 1]; how much the feeling alone speaks for remembering.
    """

    arousal: float
    valence: float
    stress: float
    value: float


AFFECT: Final[dict[str, tuple[float, float, float, float]]] = {
    "cortisol": (0.5, -0.8, 0.9, 0.4),
    "dopamine": (0.4, 0.5, 0.0, 0.5),
    "serotonin": (-0.5, 0.6, -0.5, 0.1),
    "oxytocin": (0.1, 0.6, -0.3, 0.4),
    "epinephrine": (1.0, -0.3, 0.6, 0.4),
    "norepinephrine": (0.7, -0.7, 0.5, 0.2),
    "melatonin": (-0.7, -0.2, 0.1, 0.0),
    "estrogen": (0.1, 0.0, 0.0, 0.2),
    "testosterone": (0.5, 0.6, 0.0, 0.5),
    "insulin": (0.1, 0.0, 0.0, 0.1),
    "thyroid": (0.4, 0.0, 0.1, 0.0),
    "endorphins": (0.2, 0.8, -0.4, 0.2),
}
"""Arousal, valence, stress and value of a full score of each neurochemical; sums are clipped."""


def affect(scores: Weights) -> Affect:
    """The scores' projections onto arousal, valence, stress and value.

    >>> affect({"cortisol": 0.5, "serotonin": 0.0})
    Affect(arousal=0.25, valence=-0.4, stress=0.45, value=0.2)
    """
    felt = [(score, AFFECT[name]) for name, score in scores.items() if score]
    arousal, valence, stress, value = (
        sum(weights[column] * score for score, weights in felt) for column in range(4)
    )
    return Affect(_clip(arousal, -1), _clip(valence, -1), _clip(stress, 0), _clip(value, 0))


def _clip(x: float, lo: float) -> float:
    return min(max(x, lo), 1.0)


class LexiconClassifier:
    """Scores by word lists. No state: one instance serves every thread.

    >>> scores = LexiconClassifier().scores("The deploy failed again, same error!")
    >>> max(scores, key=scores.get)
    'cortisol'
    >>> LexiconClassifier().evidence("Thank you so much")["endorphins"]
    ('thank you',)
    """

    def scores(self, text: str) -> dict[str, float]:
        """Each of `NEUROCHEMICALS`, in that order, with a value in [0, 1]."""
        sums = dict.fromkeys(NEUROCHEMICALS, 0.0)
        tokens = _tokens(text)
        for _, name, weight in _evidence(text, tokens):
            sums[name] += weight
        scale = -GAIN / max(1.0, math.sqrt(len(tokens) / 25))
        return {name: -math.expm1(scale * x) if x else 0.0 for name, x in sums.items()}

    def evidence(self, text: str) -> dict[str, tuple[str, ...]]:
        """For each score above zero: the words that moved it, the heaviest first."""
        found = sorted(_evidence(text, _tokens(text)), key=lambda e: -e.weight)
        return {
            name: tuple(dict.fromkeys(e.words for e in found if e.neurochemical == name))
            for name in NEUROCHEMICALS
            if any(e.neurochemical == name for e in found)
        }


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text[:MAX_TEXT].replace("’", "'"))


def _evidence(text: str, tokens: list[str]) -> Iterator[LexiconMatch]:
    """What moves each score, in order of place."""
    words = [token.lower() for token in tokens]
    shouted = text.isupper() and len(words) >= 3
    force = 1 + 0.1 * min(3, text.count("!"))
    if shouted:
        yield LexiconMatch("CAPITALS", "epinephrine", 0.3)
        yield LexiconMatch("CAPITALS", "norepinephrine", 0.2)
    if "?" in text:
        yield LexiconMatch("?", "dopamine", QUESTION)
    negated = boosted = -1
    boost = 1.0
    i = 0
    while i < len(words):
        word = words[i]
        if _idle(word):
            i += 1
            continue
        taken, weights = _match(words, i)
        if weights:
            factor = force * (boost if i <= boosted else 1.0)
            if not shouted and len(word) >= 3 and tokens[i].isupper():
                factor *= 1.3
            yield from _weigh(" ".join(words[i : i + taken]), weights, factor, i <= negated)
        elif word in _BREAKS:
            negated = boosted = -1
        if word in lexicon.NEGATIONS and taken == 1:
            negated = i + REACH - 1
        elif word in lexicon.INTENSIFIERS and taken == 1:
            boost, boosted = lexicon.INTENSIFIERS[word], i + 2
        i += taken


_BREAKS: Final = frozenset(".,;:()\n!?") | {"!!", "!!!", "but", "although", "though"}


@lru_cache(maxsize=32_768)
def _idle(word: str) -> bool:
    """Whether it moves nothing, ends nothing and opens no phrase, as most words."""
    cues = word in _BREAKS or word in lexicon.NEGATIONS or word in lexicon.INTENSIFIERS
    return not cues and word not in _PHRASES and not _word(word)


def _match(words: list[str], i: int) -> tuple[int, Weights]:
    """The longest phrase at `i`, else its word; how many tokens it takes, and its weights."""
    word = words[i]
    for rest, weights in _PHRASES.get(word, ()):
        if words[i + 1 : i + 1 + len(rest)] == rest:
            return 1 + len(rest), weights
    return 1, _word(word)


@lru_cache(maxsize=32_768)
def _word(word: str) -> Weights:
    """Weights of one word, as written or by stem."""
    if word in _SURFACE or len(word) < 3 or len(word) > 30:
        return _SURFACE.get(word, {})
    return _STEMS.get(_stem(word), {})


def _stem(word: str) -> str:
    with _stemming:  # a PyStemmer object has a cache of its own
        return str(_stemmer.stemWord(word))


def _weigh(words: str, weights: Weights, factor: float, negated: bool) -> Iterator[LexiconMatch]:
    for name, weight in weights.items():
        if not negated:
            yield LexiconMatch(words, name, weight * factor)
        elif name in lexicon.OPPOSITE:
            other, share = lexicon.OPPOSITE[name]
            yield LexiconMatch(f"not {words}", other, weight * factor * share)


_EXACT: Final[set[str]] = set()


def _entries() -> Iterator[tuple[tuple[str, ...], str, float]]:
    """Every entry of the word lists: its tokens, its neurochemical, its weight."""
    for name, lists in lexicon.WORDS.items():
        _, *parts = _LINE.split(lists)
        for weight, entries in zip(parts[::2], parts[1::2], strict=True):
            for entry in entries.split(","):
                if entry.strip().startswith("="):
                    _EXACT.add(entry.strip()[1:])
                if words := tuple(
                    token.lower() for token in _TOKEN.findall(" ".join(entry.split()))
                ):
                    yield words, name, float(weight)


def _merged(
    entries: Iterable[tuple[tuple[str, ...], str, float]],
) -> dict[tuple[str, ...], Weights]:
    merged: dict[tuple[str, ...], dict[str, float]] = {}
    for words, name, weight in entries:
        merged.setdefault(words, {}).setdefault(name, weight)
    return dict(merged)


def _index() -> tuple[dict[str, Weights], dict[str, Weights], dict[str, tuple[Phrase, ...]]]:
    """Words as written, words by stem, phrases by first word (the longest first)."""
    merged = _merged(_entries())
    surface = {words[0]: weights for words, weights in merged.items() if len(words) == 1}
    surface |= {char: weights for char, weights in _EMOJI.items()}
    stems: dict[str, Weights] = {}
    for word, weights in surface.items():
        if word not in _EXACT and max(weights.values()) >= BY_STEM:
            stems.setdefault(_stem(word), weights)
    neutral: dict[tuple[str, ...], Weights] = {
        tuple(phrase.split()): {} for phrase in lexicon.NEUTRAL
    }
    phrases: dict[str, list[Phrase]] = {}
    for words, weights in sorted({**neutral, **merged}.items(), key=lambda item: -len(item[0])):
        if len(words) > 1:
            phrases.setdefault(words[0], []).append(([*words[1:]], weights))
    return surface, stems, {first: tuple(rest) for first, rest in phrases.items()}


_SURFACE, _STEMS, _PHRASES = _index()
