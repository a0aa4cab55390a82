"""What a sentence tells, as a tombstone keeps it: topics, and which are names or numbers.

Words of several languages that carry no topic go; a script without spaces is cut at its particles
before it becomes pairs, so that another order of the same words has the same pairs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from resmem_core.memory.text import vocabulary
from resmem_core.memory.text.sentence_ends import parts
from resmem_core.memory.text.tokens import stem, stems, tokens
from resmem_core.memory.text.vocabulary import words_of

_TITLES: Final = words_of("dr mr mrs ms prof hr herr frau sr sra mme doctor doktor docteur доктор")
_GROUPED: Final = re.compile(r"(?<=\d)[.,'\u00a0\u202f](?=\d{3}\b)")
_FOREIGN: Final = words_of(
    """
    ich du er wir ihr bin bist sind war ist hat habe hast der die das den dem des ein eine einen
    einem einer mein meine meinen meinem meiner dein deine deinen deinem und oder dass bei mit von
    zu zum zur im am auf für mich dich mir dir dort da nicht
    je tu il elle nous vous suis es est sont était mon ma mes ton ta tes son sa ses le la les un une
    du de au aux et ou que qui dans en chez pour avec me te se ai as a
    yo él ella soy eres mi mis tu tus su sus el los las lo una del y o que en con por para al
    estoy está tengo he ha
    io sono sei è ho hai mio mia tuo tua il gli di che con per nel nella alla al e
    eu sou és é meu minha teu tua seu sua o os as do da dos das um uma em no na com que e
    я ты он она мы вы мой моя моё твой твоя у в на и с по что это к за из не мне тебе меня тебя
    ik jij mijn jouw het een van en op met dat is ben
    """
)
_ENGLISH: Final = words_of(
    "the my was of and your with are you have it that this his her she he we our they i'm"
)
"""In a sentence with one of these, "van" and "war" are words that say something."""
_PARTICLES: Final = re.compile(
    r"[我你您他她它的了是在和与叫把被有吗呢吧就都这那请]|"
    r"(?<=[\u3400-\u9fff\u30a0-\u30ffA-Za-z\d])(?:という|です|でした|ます|には|では|だよ|だ|の|は|が|を|に|で|と|も|へ|よ|ね)"
    r"|私|あなた|彼女?"
)
_EVERYDAY: Final = frozenset(stem(word) for word in vocabulary.COMMON)
_SAME: Final = {
    stem(word): stem(row.split()[0])
    for row in (
        "salary earn earns earning income wage wages paid",
        "home house address live lives living reside",
        "landlord rent renting landlady",
        "birthday born birth",
        "wife married spouse husband",
        "doctor physician gp",
        "therapist therapy counsellor counselor psychologist",
        "medication pill pills tablet tablets medicine prescription",
        "arrest arrested jail jailed prison",
        "called name named",
        "school attend attends attended",
        "company employer firm",
    )
    for word in row.split()
}
"""Stems that stand for one topic."""

_UNITS: Final = frozenset(
    stem(word)
    for word in words_of(
        "euro euros dollar dollars pound pounds usd eur gbp yen rupees kg mg g km m cm ml l "
        "percent hour hours minute minutes day days week weeks month months year years"
    )
)
_SMALL: Final = (
    _EVERYDAY
    | _UNITS
    | frozenset(
        stem(word)
        for word in words_of(
            "user assistant summary profile note notes fact facts memory memories forget forgot "
            "forgotten remember delete deleted erase erased remove removed record stored mention "
            "mentioned person"
        )
    )
)
_ROLES: Final = frozenset(
    stem(word)
    for word in words_of(
        """
        sister brother son daughter mother father mum mom dad wife husband partner girlfriend
        boyfriend uncle aunt cousin nephew niece grandmother grandfather friend neighbour neighbor
        colleague boss manager dentist doctor lawyer teacher cat dog child kid baby
        schwester bruder sohn tochter mutter vater sœur frère fils fille mère père hermana hermano
        hijo hija madre padre sorella fratello figlio figlia irmã irmão filho filha
        """
    )
)


@dataclass(frozen=True, slots=True)
class Telling:
    """What one sentence tells.

    Attributes:
        topics: stems that carry a topic.
        names: those that are written as names.
        numbers: those with a digit.
        small: those that tell nothing of their own: everyday words, units, talk of remembering.
        roles: persons by what they are to the speaker.
        first: the word that it begins with, whose capital says nothing.
        lower: it begins without a capital, so names may be written without one too.
    """

    topics: frozenset[str]
    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()
    lower: bool = False

    def __or__(self, other: Telling) -> Telling:
        """Two neighbouring sentences as one."""
        return Telling(
            self.topics | other.topics,
            self.names | other.names,
            self.numbers | other.numbers,
            self.small | other.small,
            self.roles | other.roles,
            self.first | other.first,
            self.lower or other.lower,
        )


def tellings(text: str) -> list[Telling]:
    """What each sentence tells that tells anything.

    >>> [sorted(t.names) for t in tellings("My dentist is Dr. Olsen. He is nice.")]
    [['olsen'], []]
    """
    found = (_telling(part) for part in parts(_GROUPED.sub("", text), "clause"))
    return [one for one in found if one.topics]


def statements(text: str) -> list[Telling]:
    """The sentences that say something of their own: two topics, one of them no everyday word.

    A text whose sentences are all too small for that is one statement as a whole.
    """
    told = tellings(text)
    telling = [one for one in told if len(one.topics) > 1 and not one.topics <= _EVERYDAY]
    whole = Telling(frozenset())
    for one in told:
        whole |= one
    return telling or ([whole] if whole.topics and not whole.topics <= _EVERYDAY else [])


def _telling(sentence: str) -> Telling:
    words = tokens(_PARTICLES.sub(" ", sentence))
    glue = _TITLES if not _ENGLISH.isdisjoint(words) else _TITLES | _FOREIGN
    words = [word for word in words if word not in glue]
    topics = frozenset(_SAME.get(one, one) for one in stems(words))
    numbers = frozenset(one for one in topics if any(map(str.isdigit, one)))
    names = _names(sentence) & topics - numbers
    small = (topics & _SMALL) - names
    first = frozenset(stems(tokens(sentence)[:1]))
    lower = sentence.strip()[:1].islower() or not sentence.isascii()
    return Telling(topics, names, numbers, small, topics & _ROLES, first, lower)


def _names(sentence: str) -> frozenset[str]:
    """Stems of words with a capital; the first word is one where it is no everyday word."""
    words = re.findall(r"[^\W\d_]+", sentence)
    raised = [w for at, w in enumerate(words) if w[:1].isupper() and (at or _unusual(w))]
    return frozenset(stem(word.lower()) for word in raised)


def _unusual(word: str) -> bool:
    return stem(word.lower()) not in _EVERYDAY
