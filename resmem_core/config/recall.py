"""What each signal of recall weighs."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from resmem_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RecallWeights:
    """Weights of the sum that orders memories (design 5.3). 0 switches a signal off.

    The content signals are summed, spread to the neighbours and scaled to a maximum of 1; every
    other weight is relative to that 1.

    Args:
        words: BM25 of the memory's own words.
        related: what a stem counts that the question does not hold but that is a kind or a member
            of one of its words, where its own stems count 1.
        compounds: the same for the question's words written together or apart ("road trip").
        forms: the same for the other forms of the question's words: in languages other than
            English by their stem there, by an English word of theirs, and without accents.
        context: the same for a stem that a dropped neighbour left (`Memory.context`).
        passage: of a long text, the share that its best part has in that BM25, in [0, 1]; the text
            as a whole has the rest.
        dense: cosine of the embedder, where it knows more than words (`semantic`).
        late: the best match of each piece of the question among those of a memory and of the
            messages beside it, where the embedder tells them (`semantic`); of the best rows alone.
        meaning: the same for the shipped word vectors, where there is no such embedder.
        beside, beside2: what a word counts that a message does not hold, but the one before or
            after it in its episode does, or one two away, where it counts 1 in the message itself.
        reply: the same for a person's message and the one after it, which answers it.
        previous, next: share of its neighbours' content that a message gets: the one before and
            the one after it in its episode.
        previous2, next2: the same, two away.
        answer: what a message gets besides where the one before it is a question.
        episode: BM25 of the whole episode (a conversation without a long pause).
        several: what the neighbours and the episode count, where 1 is in full, when the question
            asks for several things: those were said here and there, not in one conversation.
        speaker: said by the person that the question names.
        others: what the content of a message counts, where 1 is in full, when the question names a
            person and somebody else said it.
        date: the day it was said on, or a time it names, is the one that the question names.
        when: the question asks when, and it names a time.
        asks: it is a question itself (subtracted).
        first_person: it speaks about its speaker.
        user: a person said it; in full where a machine's turns are far longer (`kind`).
        length: it is long (log of its words).
        image: it shows a picture.
        recency: newer; halves every `half_life` days.
        value: the gate's predicted value.
        credit: how much it helped so far.
        congruence: like the present stress.
        linked: share of a memory's content that those it is linked to get, times the link's weight.
        superseded: subtracted from an older version, below the newer one's score.
        half_life: days, for recency.
        sharp_words, sharp_dense: exponents that the scaled BM25 and cosines are raised to, so that
            what stands out counts for more than the sum of many middling neighbours.
        k1, b: BM25's saturation and length normalisation.
        untrusted: share of the k places that untrusted memories may take, rounded up, in [0, 1]: 0
            for none, 1 for any. Not for `min_relevance=0`, which asks for the best whatever they
            are.
    """

    words: float = 1.4
    related: float = 0.2
    compounds: float = 0.5
    forms: float = 0.5
    context: float = 0.5
    passage: float = 0.5
    dense: float = 1.0
    late: float = 1.0
    meaning: float = 0.6
    beside: float = 0.3
    beside2: float = 0.15
    reply: float = 0.3
    previous: float = 0.5
    next: float = 0.5
    previous2: float = 0.3
    next2: float = 0.3
    answer: float = 0.2
    episode: float = 0.15
    several: float = 0.5
    speaker: float = 0.3
    others: float = 0.7
    date: float = 0.4
    when: float = 0.1
    asks: float = 0.15
    first_person: float = 0.05
    user: float = 0.3
    length: float = 0.1
    image: float = 0.03
    recency: float = 0.02
    value: float = 0.1
    credit: float = 0.3
    congruence: float = 0.02
    linked: float = 0.2
    superseded: float = 0.5
    half_life: float = 90.0
    sharp_words: float = 2.0
    sharp_dense: float = 2.0
    k1: float = 0.9
    b: float = 0.4
    untrusted: float = 0.25

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            weight = getattr(self, name)
            if not isinstance(weight, int | float) or not math.isfinite(weight) or weight < 0:
                raise ConfigError(f"recall weight {name} must be a number >= 0, got {weight!r}")
        if self.half_life == 0 or self.b > 1:
            raise ConfigError("half_life must be above 0 and b in [0, 1]")
        for name in ("passage", "untrusted"):
            if getattr(self, name) > 1:
                raise ConfigError(f"{name} must be in [0, 1], got {getattr(self, name)!r}")
