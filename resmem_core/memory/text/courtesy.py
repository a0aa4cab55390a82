"""Whether a text is only small talk: a greeting, thanks, an acknowledgement, a farewell. Pure.

Words and phrases of nine languages, written by hand. A text is small talk where nothing is left of
it without them, so "thanks" is and "thanks, the key is under the mat" is not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 80
"""Characters; what is longer says something."""

_PHRASES: Final = """
hi|hello|hey|heya|howdy|yo|there|good morning|good evening|good afternoon|good night|morning|evening
how are you|how are things|how's it going|how is it going|what's up|sup|nice to meet you
how do you do|doing today|how have you been|long time no see|welcome back|i'm back|i'm fine
i am fine|and you|all good|pretty good|not bad|are you there|anyone there|can you hear me|testing
test|ping|you there|still there|how was your day|how's your day|have a great|have a good|have a nice
day|one|weekend|evening|you too|same to you|take care|talk soon|talk later|see you|see ya
later|soon|tomorrow|bye|goodbye|bye bye|cya|good luck|cheers|until next time|that's all|for now
ok|okay|okey|k|kk|okie|alright|all right|right|sure|of course|yes|yeah|yep|yup|ya|no|nope|nah|fine
sounds good|sounds great|sounds like a plan|got it|gotcha|i see|i understand|understood|makes sense
that makes sense|i agree|agreed|exactly|absolutely|definitely|true|indeed|fair enough|noted|roger
will do|done|ready|go ahead|go on|please|carry on|continue|keep going|proceed|next|more|again
one moment|one sec|just a second|a second|just a moment|hold on|wait|let me think|let me see
give me a second|i'll be back|brb|never mind|nevermind|no worries|no problem|np|don't worry
forget it|my bad|my mistake|sorry|i'm sorry|apologies|oops|excuse me|pardon
thanks|thank you|thx|ty|tysm|thank u|many thanks|much appreciated|i appreciate it|appreciated
i appreciate|so much|very much|a lot|a bunch|a million|a ton|again|for that|for your help
for the help|for everything|that helps|that helped|this helps|very helpful|that's helpful
that was helpful|it worked|that worked|works|you're welcome|you are welcome|anytime|my pleasure
cool|nice|great|awesome|amazing|perfect|excellent|wonderful|fantastic|brilliant|super|lovely|neat
sweet|wow|whoa|woah|yay|hooray|good|very good|good job|well done|nice one|good point|good idea
great idea|great job|great work|interesting|very interesting|impressive|beautiful|love it|i love it
i like it|like it|that's great|that's cool|that's nice|that's funny|that's amazing|that's awesome
that's interesting|that's good|that's it|that is great|so cool|so nice|how nice|how lovely
haha|hahaha|hehe|lol|lmao|rofl|xd|hm|hmm|hmmm|mm|mhm|uh huh|uh|um|ah|aha|oh|ooh|i know|i don't know
idk|dunno|maybe|perhaps|probably|really|seriously|for real|no way|oh no|oh my god|omg|well|so|then
very|and|but|too|just|it|that|this|is|everyone|everybody|all|friend|buddy|mate|dude|man|sir|guys
hallo|hallöchen|moin|servus|grüß gott|grüß dich|guten morgen|guten tag|guten abend|gute nacht
wie geht's|wie gehts|wie geht es dir|wie geht es ihnen|was geht|na|danke|danke schön|dankeschön
vielen dank|besten dank|herzlichen dank|tausend dank|danke dir|danke sehr|bitte|bitte schön|gerne
gern geschehen|kein problem|keine ursache|alles klar|klar|in ordnung|verstanden|verstehe|genau
stimmt|richtig|ja|jo|nein|nee|ne|okay|gut|sehr gut|prima|toll|klasse|perfekt|wunderbar|schön|cool
mach weiter|weiter|moment|einen moment|warte|egal|schon gut|entschuldigung|tut mir leid|sorry
tschüss|tschüs|ciao|auf wiedersehen|bis bald|bis dann|bis später|bis morgen|schönen tag|noch
schönen abend|dir auch|ach so|achso|aha|super|für die hilfe|für deine hilfe|das hilft|mir|sehr
bonjour|salut|coucou|bonsoir|bonne nuit|bonne journée|bonne soirée|ça va|comment ça va|tu vas bien
comment vas-tu|comment allez-vous|merci|merci beaucoup|mille mercis|grand merci|je vous remercie
je te remercie|bien|de rien|je vous en prie|je t'en prie|avec plaisir|pas de problème|pas de souci
d'accord|entendu|compris|je comprends|je vois|exactement|oui|ouais|non|si|bon|très bien|parfait
super|génial|cool|top|excellent|magnifique|continue|continuez|vas-y|allez-y|un instant
une seconde|attends|peu importe|désolé|désolée|pardon|excusez-moi|au revoir|à bientôt|à plus
à plus tard|à demain|à tout à l'heure|bonne chance|mdr|c'est bon|c'est noté|c'est parfait
c'est super|pour ton aide|pour votre aide|ça marche|et toi|et vous
hola|buenas|buenos días|buenas tardes|buenas noches|qué tal|cómo estás|cómo está|cómo va|qué pasa
todo bien|muy bien|y tú|gracias|muchas gracias|mil gracias|muchísimas gracias|te lo agradezco
de nada|por nada|con gusto|no hay problema|no pasa nada|vale|de acuerdo|está bien|entendido
entiendo|ya veo|claro|claro que sí|por supuesto|exacto|exactamente|sí|no|bueno|bien|perfecto|genial
estupendo|excelente|fantástico|guay|sigue|continúa|adelante|un momento|espera|da igual|lo siento
perdón|perdona|disculpa|adiós|chao|chau|hasta luego|hasta mañana|hasta pronto|nos vemos|cuídate
buena suerte|buen día|jaja|jajaja|igualmente|por tu ayuda|por la ayuda|por todo|dale|listo|ok
ciao|salve|buongiorno|buonasera|buonanotte|buon pomeriggio|come stai|come sta|come va|tutto bene
sto bene|e tu|grazie|grazie mille|molte grazie|tante grazie|ti ringrazio|la ringrazio|prego
di nulla|di niente|figurati|nessun problema|non c'è problema|va bene|d'accordo|capito|ho capito
capisco|certo|certamente|esatto|esattamente|giusto|sì|no|bene|molto bene|perfetto|ottimo|bello
fantastico|meraviglioso|benissimo|continua|avanti|vai|un attimo|un momento|aspetta|non importa
scusa|scusi|scusami|mi dispiace|arrivederci|a presto|a domani|a dopo|ci vediamo|buona giornata
buona serata|buona fortuna|per l'aiuto|anche a te
olá|oi|oie|bom dia|boa tarde|boa noite|tudo bem|como vai|como está|como estás|como você está
e você|e tu|tudo|obrigado|obrigada|muito obrigado|muito obrigada|valeu|agradeço|de nada|por nada
disponha|imagina|sem problema|sem problemas|está bem|tá|tá bom|tá bem|ok|entendi|entendido|percebi
compreendo|claro|com certeza|exato|exatamente|certo|sim|não|bom|bem|muito bem|muito bom|perfeito
ótimo|ótima|excelente|legal|fixe|maravilha|que bom|continua|continue|um momento|espera|deixa pra lá
não importa|desculpa|desculpe|perdão|lamento|tchau|adeus|até logo|até amanhã|até breve|até mais
boa sorte|bom fim de semana|kkk|pela ajuda|por tudo
привет|здравствуй|здравствуйте|доброе утро|добрый день|добрый вечер|спокойной ночи|как дела|как ты
как поживаешь|что нового|всё хорошо|все хорошо|нормально|отлично|спасибо|большое|спасибо большое
огромное спасибо|благодарю|спасибки|пожалуйста|не за что|без проблем|хорошо|ладно|окей|ок|понятно
понял|поняла|ясно|конечно|точно|верно|да|нет|ага|угу|угу|супер|класс|круто|прекрасно|замечательно
продолжай|дальше|подожди|минутку|секунду|неважно|извини|извините|прости|простите|пока|до свидания
до встречи|до завтра|увидимся|всего доброго|удачи|хаха|очень|за помощь|и тебе|а ты|хорошего дня
"""

_UNSPACED: Final = """
你好|您好|你们好|大家好|早上好|早安|早|上午好|下午好|晚上好|晚安|嗨|哈喽|哈啰|最近怎么样|你怎么样|怎么样|你好吗|好久不见
谢谢|谢谢你|谢谢您|多谢|非常感谢|感谢|太感谢了|辛苦了|不客气|不用谢|没关系|没事|没问题|好的|好|好吧|好啊|行|可以|嗯|嗯嗯|哦|噢|啊|吧|了|呢|哈
是|是的|对|对的|不|不是|没有|明白|明白了|知道了|我知道了|懂了|了解|收到|当然|没错|确实|太好了|很好|太棒了|棒|真棒|厉害|不错|完美|有意思|真有趣
继续|请继续|等一下|等等|稍等|算了|对不起|抱歉|不好意思|再见|拜拜|回头见|明天见|一会儿见|哈哈|哈哈哈|呵呵|嘿嘿|的|你|您|在吗|啦|呀
こんにちは|こんばんは|おはよう|おはようございます|おやすみ|おやすみなさい|はじめまして|お元気ですか|元気|もしもし|やあ|どうも|ありがとう|ありがとうございます
ありがとうございました|どうもありがとう|感謝します|助かりました|助かります|どういたしまして|いえいえ|はい|うん|ええ|いいえ|いや|わかりました|分かりました|わかった|分かった|了解|了解です|了解しました
承知しました|なるほど|そうですね|そうです|そうか|そう|もちろん|いいですね|いいね|すごい|すごいですね|素晴らしい|完璧|最高|面白い|おもしろい|続けて|続けてください|ちょっと待って|待って|待ってください
すみません|ごめん|ごめんなさい|失礼します|さようなら|またね|また明日|じゃあね|では|じゃあ|お疲れ様|お疲れ様です|お疲れさまでした|よろしく|よろしくお願いします|お願いします|大丈夫|大丈夫です|です|ね|よ|笑|本当に|とても
"""

_KNOWN: Final = {
    phrase: None for line in _PHRASES.strip().splitlines() for phrase in line.split("|") if phrase
}
_MOST_WORDS: Final = max(len(phrase.split()) for phrase in _KNOWN)
_WIDE: Final = tuple(
    sorted({p for line in _UNSPACED.split() for p in line.split("|") if p}, key=len, reverse=True)
)
_WIDE_SCRIPT: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_WIDE_PHRASES: Final = re.compile("|".join(map(re.escape, _WIDE)))
_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DRAWN_OUT: Final = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER: Final = re.compile(
    r"(?:a?(?:ha){2,}h?|(?:he){2,}h?|(?:ja){2,}j?|k{3,}|(?:ха){2,}|lo+l|h+m+|x+d+)"
)


@lru_cache(maxsize=256)
def is_small_talk(text: str) -> bool:
    """Whether nothing is said but courtesies, acknowledgements, laughter or signs.

    >>> [is_small_talk(t) for t in ("Ok, thanks a lot!", "👍", "Thanks, I moved to Bern.", "42")]
    [True, True, False, False]
    """
    text = text.strip()
    if len(text) > LONGEST:
        return False
    folded = text.casefold().replace("’", "'")
    if _WIDE_SCRIPT.search(folded):
        return not _WORD.search(_WIDE_PHRASES.sub(" ", folded))
    return _covered([_without_echo(word) for word in _WORD.findall(folded)])


def _without_echo(word: str) -> str:
    """ "sooooo" as "so": a letter that is drawn out counts once."""
    return _DRAWN_OUT.sub(r"\1", word) if word not in _KNOWN else word


def _covered(words: list[str]) -> bool:
    """Whether known phrases cover the words from the first to the last."""
    reached = {0}
    for at in range(len(words)):
        if at not in reached:
            continue
        if _LAUGHTER.fullmatch(words[at]):
            reached.add(at + 1)
        for end in range(at + 1, min(at + _MOST_WORDS, len(words)) + 1):
            if " ".join(words[at:end]) in _KNOWN:
                reached.add(end)
    return len(words) in reached
