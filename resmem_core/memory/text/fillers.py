"""Phrases that add nothing to what is said: greetings, hesitations, polite openers, thanks.

Data, written by hand for this package; one phrase between commas or line ends, lower case. A phrase
that is missing here costs one merge. One that is too much would cost a fact, so words that weaken,
limit or turn a statement ("maybe", "only", "kind of", "never") have no place here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

Phrase: TypeAlias = tuple[str, ...]
Phrases: TypeAlias = Mapping[str, tuple[Phrase, ...]]

_UNSPACED: Final = r"[\u3040-\u30ff\u3400-\u9fff]"
_PART: Final = re.compile(rf"{_UNSPACED}|[^\W\d_]+(?:'[^\W\d_]+)*|\S")


def parts(text: str) -> list[str]:
    """The text as words, and as single characters where a script has no spaces.

    >>> parts("thank you"), parts("谢谢")
    (['thank', 'you'], ['谢', '谢'])
    """
    return _PART.findall(text)


def phrases(text: str) -> Phrases:
    """First word → the phrases that begin with it, the longest first."""
    found = defaultdict[str, list[Phrase]](list)
    for line in re.split(r"[,\n]", text):
        if words := tuple(parts(line)):
            found[words[0]].append(words)
    return {first: tuple(sorted(found[first], key=len, reverse=True)) for first in found}


def together(*tables: Phrases) -> Phrases:
    """The phrases of several tables as one."""
    every: Iterable[Phrase] = (p for table in tables for row in table.values() for p in row)
    return phrases("\n".join(" ".join(phrase) for phrase in every))


ANYWHERE: Final = phrases(
    """
    um, umm, uh, uhh, er, erm, uhm, hm, hmm, basically, literally, honestly, actually, also
    äh, ähm, öh, euh, ehm, эм, ээ, えっと, ええと, えーと, 嗯
    """
)
"""Hesitations: left out wherever they stand."""

OPENING: Final = phrases(
    """
    hi, hi there, hey, hey there, hello, hello there, good morning, good afternoon, good evening
    oh, ah, aha, please, kindly, by the way, btw, fyi, for your information, for the record
    just so you know, so you know, as i said, like i said, as mentioned, as you know
    to be honest, to be clear, in fact, you should know that, remember that, note that
    please remember that, please remember, please note that, please note
    please keep in mind that, keep in mind that, please keep in mind, please do not forget that
    do not forget that, please be aware that, be aware that, let me tell you that
    i wanted to say that, i wanted to tell you that, i wanted to let you know that
    i just wanted to say that, i just wanted to tell you that, i just wanted to let you know that
    i want you to know that, i would like you to know that, i want you to remember that
    hallo, guten morgen, guten tag, guten abend, bitte, naja, na ja, weißt du, übrigens
    ehrlich gesagt, wie gesagt, zur info, bitte merk dir, bitte merke dir, merk dir bitte
    bonjour, salut, bonsoir, coucou, du coup, en fait, au fait, s'il te plaît, s'il vous plaît
    pour info, note que, notez que, souviens - toi que, rappelle - toi que, n'oublie pas que
    sache que, hola, buenos días, buenas tardes, buenas noches, o sea, por cierto, de hecho
    por favor, recuerda que, por favor recuerda que, ten en cuenta que, que sepas que
    ciao, salve, buongiorno, buonasera, beh, boh, cioè, insomma, tra l'altro, per favore
    per piacere, ricorda che, per favore ricorda che, ricordati che, tieni presente che
    olá, oi, bom dia, boa tarde, boa noite, aliás, na verdade, se faz favor, lembre - se de que
    lembre - se que, lembra que, lembra - te que
    привет, здравствуйте, здравствуй, добрый день, доброе утро, добрый вечер, кстати, пожалуйста
    запомни что, пожалуйста запомни что, помни что, учти что, имей в виду что
    你好, 您好, 顺便说一下, 顺便说一句, 请记住, 请注意, 请记得, こんにちは, こんばんは, ちなみに
    안녕하세요, 참고로, مرحبا, مرحباً, أهلا, أهلاً, السلام عليكم, من فضلك, لو سمحت, بالمناسبة
    تذكر أن, नमस्ते, नमस्कार, कृपया, वैसे, अरे, याद रखना कि, याद रखें कि, कृपया याद रखें कि
    merhaba, selam, günaydın, iyi günler, lütfen, bu arada, lütfen unutma, lütfen not et
    hoi, goedemorgen, goedemiddag, goedenavond, trouwens, weet je, alsjeblieft, alstublieft
    onthoud dat, onthoud alsjeblieft dat, cześć, dzień dobry, przy okazji, pamiętaj że
    hej, tjena, förresten, kom ihåg att
    """
)
"""Left out where a sentence begins with them."""

_BOUNDED: Final = phrases(
    """
    well, so, ok, okay, alright, yeah, anyway, anyways, right, look, listen, see, you know, i mean
    you see, let me tell you, quick note, reminder, quick reminder, friendly reminder
    small reminder, just a reminder, just a quick note, heads up
    one more thing, remember, thanks, thank you, thx, thanks a lot, many thanks, like, of course
    just saying, in case you wonder, well then
    also, tja, ach, danke, vielen dank, nebenbei, wissen sie, alors, bref, tu sais, vous savez, bah
    merci, à vrai dire, bueno, pues, este, eh, mira, la verdad, recuerda, gracias, sabes
    allora, guarda, sai, comunque, a proposito, ricorda, grazie, diciamo
    bem, bom, então, tipo, pois, olha, sabe, obrigado, obrigada
    ну, так, слушай, короче, вообще, в общем, значит, знаешь, знаете, запомни, спасибо
    那个, 其实, 对了, 就是说, 请, 麻烦, 谢谢, 嗯, 啊, あの, あのう
    まあ, すみません, 実は, ところで, ね
    음, 저기, 저기요, 있잖아, 있잖아요, 사실, 그런데, 근데, 뭐랄까, رجاء
    رجاءً, يعني, طيب, شكرا, شكراً
    في الحقيقة, अच्छा, मतलब, सुनो, देखो, धन्यवाद, şey, yani, hani, aslında, teşekkürler
    nou, eigenlijk, hallo, bedankt, właściwie, wiesz, proszę, snälla, alltså, faktiskt
    """
)

PARENTHETIC: Final = together(OPENING, _BOUNDED)
"""Left out between commas, and before the speaker's own "I"."""

REQUEST: Final = phrases(
    """
    could you please, can you please, would you please, will you please, would you kindly
    could you kindly, could you remember that, can you remember that, could you note that
    can you note that, would you mind remembering that, can you keep in mind that
    could you keep in mind that, could you please remember that, can you please remember that
    could you please note that, can you please note that, can you please keep in mind that
    could you please keep in mind that, please could you, please can you
    kannst du bitte, könntest du bitte, können sie bitte, könnten sie bitte
    peux - tu s'il te plaît, pouvez - vous s'il vous plaît, puedes por favor, podrías por favor
    puoi per favore, potresti per favore, você pode por favor, kun je alsjeblieft
    """
)
"""Openers after which a question mark asks for nothing but what is told."""

CLOSING: Final = phrases(
    """
    thanks, thank you, thanks a lot, thanks so much, thank you so much, thank you very much
    many thanks, thx, ty, cheers, thanks in advance, thank you in advance, much appreciated
    as i told you, as i said, like i said, as mentioned, as you know
    please, lol, haha, hehe, you know, okay, ok, as well, by the way, btw, fyi, just so you know
    thanks again, thank you again, thanks for your help, thank you for your help
    danke, vielen dank, danke schön, dankeschön, danke dir, besten dank, danke im voraus, bitte
    danke sehr, vielen lieben dank
    merci, merci beaucoup, merci bien, merci d'avance, merci à toi, s'il te plaît, s'il vous plaît
    gracias, muchas gracias, mil gracias, gracias de antemano, por favor
    grazie, grazie mille, tante grazie, molte grazie, grazie in anticipo, per favore
    obrigado, obrigada, muito obrigado, muito obrigada, valeu, né, tá
    спасибо, большое спасибо, спасибо большое, заранее спасибо, благодарю, пожалуйста
    谢谢, 谢谢你, 谢谢您, 多谢, 非常感谢, 感谢
    ありがとう, ありがとうございます, よろしくお願いします, お願いします, どうもありがとう
    どうもありがとうございます
    감사합니다, 고마워, 고마워요, 고맙습니다, 부탁해요, 부탁드립니다, 부탁합니다
    شكرا, شكراً, شكرا جزيلا, شكراً جزيلاً, شكرا لك, شكراً لك, من فضلك, لو سمحت
    धन्यवाद, शुक्रिया, बहुत धन्यवाद, बहुत बहुत धन्यवाद, कृपया
    teşekkürler, teşekkür ederim, çok teşekkürler, çok teşekkür ederim, sağ ol, sağol, lütfen
    bedankt, dank je, dank je wel, dankjewel, dank u, dank u wel, hartelijk dank, alvast bedankt
    alsjeblieft, alstublieft
    dzięki, dziękuję, dziękuję bardzo, tack, tack så mycket
    """
)
"""Left out where a text ends with them."""

WORDS: Final = frozenset(
    word
    for table in (ANYWHERE, PARENTHETIC, REQUEST, CLOSING)
    for row in table.values()
    for phrase in row
    for word in phrase
)
"""Every word of theirs."""
