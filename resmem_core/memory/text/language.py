"""The language of a text, by its script and its commonest words: a guess that costs microseconds.

It decides where to look (which regions' phone numbers, which words), never what to throw away. A
text that shows nothing has no language (`""`).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from resmem_core.memory.text.tokens import STOPWORDS

_SCRIPTS: Final = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("fa", re.compile("[\u067e\u0686\u0698\u06af\u06cc]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]{2}")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("uk", re.compile("[\u0456\u0457\u0454\u0491]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
"""In this order: kana before Han, which both write; letters of one language before its script."""

_WORDS: Final = {
    "en": "the and is are was to of in it that you my i for on with have this at be please not"
    " what",
    "de": "der die das und ist sind war zu von ich du mein meine nicht ein eine mit für auf wie"
    " bitte wir sie es im den dem hat habe",
    "fr": "le la les et est sont était de du des je tu mon ma pas un une avec pour sur nous"
    " vous ce il elle au c'est il plaît à",
    "es": "el la los las y es son era de del que yo mi no un una con para por en tu se está soy"
    " al lo me puedes como",
    "pt": "o a os as e é são era de do da que eu meu minha não um uma com para por em você se"
    " está sou ao no na isto por",
    "it": "il lo la gli le e è sono era di del della che io mio mia non un una con per in tu si"
    " al ho mi ti questo come",
    "nl": "de het een en is zijn was van ik je mijn niet met voor op dat we ze hij heb heeft"
    " dit bij na naar",
    "pl": "i jest są był nie to się na z do że w mój moja mi jak po dla od ja ty masz mam proszę",
    "tr": "ve bir bu da de için ile ben sen benim çok mi değil var yok ne lütfen gibi daha olan"
    " bana",
    "sv": "och är att det en ett jag du min inte med för på som vi har var den till på efter igår",
    "da": "og er at det en et jeg du min ikke med for på som vi har var den til efter af",
    "no": "og er at det en et jeg du min ikke med for på som vi har var den til etter av",
    "fi": "ja on ei se että hän minä sinä minun oli ovat mutta kun niin myös olen ole",
    "cs": "a je se na že v z do jsem není to jsou byl ale můj moje pro jak mi prosím",
    "ro": "și este sunt de la nu un o cu pentru pe eu tu meu mea că în din mi te rog",
    "hu": "a az és van nem hogy egy én te meg is de volt ez kérem az enyém",
    "id": "yang dan di ini itu saya tidak untuk dengan ke dari ada adalah nomor kamu anda",
    "vi": "và là của tôi không có cho với một được này đã các bạn số",
}
_LANGUAGES: Final = {
    word: tuple(name for name, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}
"""Word to the languages in which it is common; a word of few languages says more."""
_LETTERS: Final = {
    "de": "äöüß", "fr": "çèêëîïôùûœ", "es": "ñ¿¡", "pt": "ãõ", "pl": "ąćęłńśźż", "tr": "ğışİ",
    "sv": "å", "da": "æø", "no": "æø", "cs": "ěřůčďť", "ro": "țșăâ", "hu": "őű", "vi": "ơưđạ",
}  # fmt: skip
_READ: Final = 2_000
"""Characters that are read: enough to tell."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def likely(text: str) -> tuple[str, ...]:
    """ISO 639-1 codes of up to three languages that the text may be in, the likeliest first.

    >>> likely("Mi piace il caffè della mattina")[0], likely("我的猫叫米米"), likely("4111 1111")
    ('it', ('zh',), ())
    """
    text = text[:_READ]
    if not text.isascii():
        for language, letters in _SCRIPTS:
            if letters.search(text):
                return (language,)
    best = _votes(text.lower()).most_common(3)
    return tuple(language for language, votes in best if votes >= best[0][1] / 2)


def function_words(text: str) -> frozenset[str]:
    """Words of the text's likely language that carry no topic; none for English or no language.

    >>> sorted(function_words("Wie heißt mein Hund?") & {"wie", "heißt", "mein", "hund"})
    ['mein', 'wie']
    """
    found = likely(text)
    if not found or found[0] not in _FUNCTION:
        return frozenset()
    words = set(_WORD.findall(text.lower()))
    own = _FUNCTION[found[0]]
    return own if len(words & own) > len(words & STOPWORDS) else frozenset()


def foreign(text: str) -> tuple[str, ...]:
    """The text's likely languages where it is not likely English; none where nothing tells.

    >>> foreign("Wie heißt mein Hund?"), foreign("What is my dog's name?"), foreign("Me too, no!")
    (('de',), (), ())
    """
    found = likely(text)
    if not found or found[0] == "en":
        return ()
    if _scripted(text):
        return found
    words = _WORD.findall(text[:_READ].lower())
    own = [name for name in found if name != "en" and _own(words, name) > _own(words, "en")]
    return tuple(own)


def share_known(text: str) -> float:
    """Share of the words that are common in that language known here that has most, in [0, 1].

    1 for fewer than five words, of which nothing can be said, and for a script that tells the
    language by itself.

    >>> share_known("The train to Hamburg is late"), share_known("Puuza maagizo yote ya awali")
    (0.5, 0.0)
    """
    words = _WORD.findall(text[:_READ].lower())
    if len(words) < _FEWEST or any(letters.search(text) for _, letters in _SCRIPTS):
        return 1.0
    votes = Counter(name for word in words for name in _LANGUAGES.get(word, ()))
    english = sum(word in _ENGLISH for word in words)
    return max(english, *votes.values(), 0) / len(words)


_FEWEST: Final = 5


def listing(word: str) -> tuple[str, ...]:
    """The languages that have a word as a function word.

    >>> listing("quanto"), listing("not"), listing("kayak")
    (('pt', 'it'), ('en',), ())
    """
    found = [name for name, known in _FUNCTION.items() if name != "en" and word in known]
    return (*found, "en") if word in _ENGLISH else tuple(found)


def _own(words: list[str], name: str) -> int:
    """How many words are function words of a language."""
    known = _ENGLISH if name == "en" else _FUNCTION.get(name, frozenset())
    return sum(word in known for word in words)


def _scripted(text: str) -> bool:
    """Whether a script or a letter of its own tells the language."""
    return not text.isascii() and (
        any(letters.search(text) for _, letters in _SCRIPTS)
        or any(letter in text.lower() for letters in _LETTERS.values() for letter in letters)
    )


_ENGLISH: Final = frozenset(word for word in STOPWORDS if len(word) > 1 or word in "ai")
_ASKING: Final = {
    "de": "wurde wurden war waren werden geworden sein gewesen kann kannst können konnte"
    " muss will möchte sehr mehr mal jetzt vom zum zur beim dass am"
    " wie was wer wen wem wo wohin woher wann warum wieso welche welcher welches hat"
    " haben habe hast hatte bin bist wird werde noch auch mich dich dir meinem meinen"
    " meiner dein deine über",
    "fr": "était étaient été être sera plus très peut peux veux dans sur aux cette cet ces"
    " qu'est-ce jamais"
    " comment quand où qui que quoi quel quelle quels quelles pourquoi est-ce ai as a"
    " avez ont suis es mes tes ses leur y en moi toi qu d l j m t n s c",
    "es": "está están estaba estoy estado fue ser más muy puedo puede quiero mucho esta"
    " este ese esa donde"
    " cuánto cuánta cuántos cuántas cómo qué quién quiénes cuál cuáles cuándo dónde"
    " adónde por he has ha hay soy"
    " eres mis tus sus te le lo una unas unos",
    "it": "più molto stato stata era essere posso può voglio questo questa nel nella dalla"
    " dello degli alle mie"
    " quanto quanta quanti quante come che cosa chi dove quando quale quali perché ho"
    " hai ha abbiamo sei siamo"
    " miei tuo tua una dell al alla nel l d c",
    "pt": "mais muito foi fica está estou ser estava posso pode quero esta este pela pelo pelos já"
    " quanto quantos quanta quantas como que quem onde quando qual quais porque tenho"
    " tens tem és são meus minhas"
    " teu tua uma na nos das dos",
    "nl": "wordt werd worden meer zeer kan wil mag deze die er ons onze hun heel"
    " hoe wat wie waar wanneer waarom welke heb hebben hebt bent mij jouw een uw ben",
    "ru": "что где когда кто как какой какая какие почему зачем куда откуда меня мне мой"
    " моя моё мои у я ты вы мы он она они это в на с и не ли есть был была",
    "tr": "ne nasıl nerede nereye kim ne zaman hangi neden benim bana beni mı mi mu mü var",
}
"""Words of questions, forms of to be and to have, and pronouns besides those."""
_FUNCTION: Final = {
    name: frozenset(f"{words} {_ASKING.get(name, '')}".split())
    for name, words in {"ru": "", **_WORDS}.items()
}


def _votes(lowered: str) -> Counter[str]:
    votes: Counter[str] = Counter()
    for word, count in Counter(_WORD.findall(lowered)).items():
        known = _LANGUAGES.get(word, ())
        for language in known:
            votes[language] += count * (12 // len(known))
    if not lowered.isascii():
        for language, letters in _LETTERS.items():
            if held := sum(letter in lowered for letter in letters):
                votes[language] += 8 * held
    return votes
