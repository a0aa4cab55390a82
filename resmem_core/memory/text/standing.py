"""Standing instructions: how somebody wants to be answered, whatever the question. Pure.

"Always answer in French", "Nenn mich Tom", "keep it under 200 words". What somebody does themselves
("I always answer in French"), wants once ("answer in French this time") or quotes is none.
"""

from __future__ import annotations

import re
from typing import Final

from resmem_core.types import Memory

LONGEST: Final = 600
"""Characters of a text that is read: an instruction is short."""

_TO_YOU: Final = (
    r"(?:answer|reply|respond|write|use|call|address|keep|format|explain|include|cite|avoid|give"
    r"|speak|talk|show|start|begin|end|finish|translate|summari[sz]e|ask|add|be|put|send|refer"
    r"|say"
    r"|mention|provide|make|list|highlight|check|confirm|remind|round|convert|quote|return"
    r"|stick|tell"
    r"|assume|suggest|recommend|skip|omit|sign|greet|number|spell|prefix|run|commit|deploy"
    r"|delete|push"
    r"|repeat|apologi[sz]e|offer|book|schedule|share|discuss|bring)"
)
_ANSWERS: Final = (
    r"(?:answers?|repl(?:y|ies)|responses?|messages?|explanations?|summaries|code|examples|it"
    r"|things)"
)
_ENGLISH: Final = rf"""
(?:please |kindly |and |also |but |so )*(?:always|never|do(?: no|n')t ever) (?!mind\b){_TO_YOU}\b
|(?:please |and )*(?:from now on|going forward|in (?:the )?future|henceforth|by default
  |in every (?:answer|reply)
  |for all (?:answers|replies|responses)|as a rule),? (?:please |you should |i want you to 
  |i'd like you to |always
  |never |don't |do not )*{_TO_YOU}\b
|(?:please )?(?:when(?:ever)?|every time|each time|any time|anytime) (?:you
  |i ask)\b.*\b{_TO_YOU}\b
|.*\b{_TO_YOU}\b.*\b(?:from now on|going forward|in (?:the )?future|at all times|every time
  |by default)
|(?:please |just )*(?:answer|reply|respond|write|speak|talk)(?: to)?(?: me)? (?:only 
  |always )?in (?:[a-z]+ only
  |french|german|english|spanish|italian|portuguese|dutch|russian|japanese|chinese|korean
  |arabic|hindi|turkish|polish
  |bullet points?|metric|plain (?:english|text)|(?:short|simple|full) \w+)
|(?:please |just )*(?:call|address) me \w+|(?:please )?refer to me as\b
|(?:please |just )*keep (?:(?:all|your|the) )*{_ANSWERS} (?:[a-z]+ )*(?:short|brief|concise
  |simple|formal|informal|casual
  |polite|under|below|within|to|to the point)\b
|(?:please )?(?:no|don't use|do not use|avoid|stop using) (?:[a-z]+ )?(?:emojis?|emoticons?
  |jargon|slang|markdown|tables
  |bullet points|exclamation marks|abbreviations|semicolons)(?! (?:was|were|is|are)\b)
|i(?:'d| would)? (?:always |generally |really )?(?:(?:prefer|want|like|need
  |expect) you to (?:always|never)\b
  |prefer (?:all |your |my )*(?:[a-z]+ ){{0,3}}(?:answers|replies|responses|explanations
  |summaries)\b|(?:want|like|need) (?:all |your )*(?:short|brief|long
  |detailed|concise|simple) (?:answers|replies|responses)\b)
|you (?:should|must|may|can|are to) (?:always|never|not ever)\b|remember to always\b
  |make sure (?:you |to )*(?:always|never)\b
"""
_GERMAN: Final = r"""
(?:bitte )?(?:antworte|schreib|schreibe|sprich|rede|nutze|verwende|benutze|erkläre|gib|nenne?
  |fass|halte|zeig|mach|duze
  |sieze|antworten sie|schreiben sie|verwenden sie|benutzen sie|nennen sie|sprechen sie
  |geben sie|halten sie)\b.*
  \b(?:immer|stets|nie|niemals|ab jetzt|von nun an|ab sofort|künftig|in zukunft|grundsätzlich)\b
|(?:bitte )?(?:immer|stets|nie|niemals|ab jetzt|von nun an|ab sofort|künftig
  |in zukunft)\b,?(?: (?:bitte|immer|nur))*
  (?:auf (?:deutsch|englisch|französisch|spanisch|italienisch)|antworte|schreib|nutze|verwende
  |in \w+ antworten
  |.*\b(?:antworten|schreiben|verwenden|nutzen|benutzen|erklären|nennen)\b)
|(?:bitte )?(?:antworte|schreib|schreibe|sprich|antworten sie
  |schreiben sie)(?: mir)? (?:nur )?(?:auf|in) \w+
|(?:bitte )?(?:nenn|nenne|nennen sie) mich \w+|(?:bitte )?(?:duz|siez)e? mich
|(?:bitte )?(?:halte?|fass|halten sie)(?: dich| deine antworten| die antworten
  | antworten)? (?:immer )?kurz
|(?:bitte )?(?:keine|ohne) (?:emojis|smileys|fremdwörter|tabellen|anglizismen)
|ich (?:möchte|will|bevorzuge|mag)\b.*\bantworten\b
"""
_FRENCH: Final = r"""
(?:s'il te plaît |s'il vous plaît |merci de )?(?:réponds|répondez|répondre|écris|écrivez
  |utilise|utilisez|parle|parlez
  |explique|expliquez|donne|donnez|garde|gardez|fais|faites|emploie|employez)\b.*
  \b(?:toujours|jamais|désormais|dorénavant|à l'avenir|à partir de maintenant|systématiquement)\b
|(?:toujours|désormais|dorénavant|à l'avenir
  |à partir de maintenant)\b,?(?: s'il te plaît,?)? (?:réponds|répondez|écris|écrivez|utilise
  |utilisez|parle
  |parlez|explique|expliquez|tutoie|vouvoie|donne|donnez)(?:-moi|-nous)?\b
|(?:réponds|répondez|parle|parlez|écris|écrivez)(?:-moi|-nous)? (?:uniquement |seulement )?en \w+
|ne\b.*\bjamais\b.*\b(?:emoji|émoji|jargon|anglais|argot)\w*|n'(?:utilise|utilisez
  |emploie) (?:jamais|pas|plus)\b
|(?:appelle|appelez)-moi \w+|(?:tutoie|vouvoie|tutoyez|vouvoyez)-moi
|(?:pas d'|sans )(?:emojis?|émojis?|jargon|tableaux)|je (?:préfère|veux|voudrais)\b.*\bréponses\b
"""
_SPANISH: Final = r"""
(?:por favor,? )?(?:responde|respóndeme|responda|contesta|contéstame|escribe|escriba|usa|use
  |utiliza|habla|háblame|explica
  |da|mantén|llámame)\b.*\b(?:siempre|nunca|jamás|de ahora en adelante|a partir de ahora
  |en adelante|en el futuro)\b
|(?:por favor,? )?(?:siempre|nunca|jamás|de ahora en adelante|a partir de ahora
  |en adelante)\b,?(?: por favor,?)? (?:me )?(?:responde|responda|respóndeme
  |respondas|contesta|conteste|contéstame|escribe|escriba|escríbeme|use?|usa|utilice|utiliza
  |habla|hable|háblame|tutéame|explica|incluye|da|dame)\b
|(?:por favor,? )?(?:responde|respóndeme|contesta|contéstame|háblame|escríbeme|escribe
  |habla)(?: solo| sólo)? en \w+
|(?:por favor,? )?(?:llámame|tutéame)\b|no (?:uses|utilices|pongas) (?:nunca |más )?(?:emojis?
  |jerga|tablas|tecnicismos)
|(?:sin|nada de) (?:emojis?|jerga|tablas)|prefiero\b.*\brespuestas\b|quiero (?:que siempre
  |respuestas)\b
"""
_ITALIAN: Final = r"""
(?:per favore,? )?(?:rispondi|rispondimi|risponda|scrivi|scriva|usa|usi|utilizza|parla|parlami
  |spiega|dai|mantieni|chiamami)
  \b.*\b(?:sempre|mai|d'ora in poi|da ora in poi|da adesso|in futuro)\b
|(?:per favore,? )?(?:sempre|mai|d'ora in poi|da ora in poi|da adesso in poi
  |in futuro)\b,?(?: per favore,?)? (?:mi )?(?:rispondi|rispondimi|risponda|scrivi|scrivimi|usa
  |utilizza|parla|parlami|spiega|dammi)\b
|(?:per favore,? )?(?:rispondi|rispondimi|parlami|scrivimi|scrivi|parla)(?: solo
  | soltanto)? in \w+
|(?:per favore,? )?(?:chiamami|dammi del (?:tu|lei))\b|non (?:usare|mettere
  |utilizzare) (?:mai )?(?:emoji|gergo|tabelle)
|(?:senza|niente) (?:emoji|gergo|tabelle)|preferisco\b.*\brisposte\b|voglio (?:che tu sempre
  |risposte)\b
"""
_PORTUGUESE: Final = r"""
(?:por favor,? )?(?:responda|responde|responda-me|escreva|escreve|use|usa|utilize|fale|fala
  |explique|explica|mantenha|chame)
  \b.*\b(?:sempre|nunca|jamais|de agora em diante|a partir de agora|daqui em diante|doravante
  |no futuro)\b
|(?:por favor,? )?(?:sempre|nunca|jamais|de agora em diante|a partir de agora|daqui em diante
  |doravante)\b,?(?: por favor,?)? (?:me )?(?:responda|responde
  |escreva|escreve|use|utilize|fale|explique|inclua|dê)\b
|(?:por favor,? )?(?:responda|responde|fale|fala|escreva|escreve)(?:-me)?(?: comigo)?(?: só
  | apenas| somente)? em \w+
|(?:por favor,? )?(?:me chame|me chama|chame-me|chama-me|trate-me|me trate)\b
|não (?:use|usa|uses|utilize|coloque) (?:nunca |mais )?(?:emojis?|gírias?|jargão|tabelas)
|(?:sem|nada de) (?:emojis?|gírias?|jargão|tabelas)|prefiro\b.*\brespostas\b
  |quero (?:que sempre|respostas)\b
"""


def _compiled(pattern: str) -> re.Pattern[str]:
    lines = "".join(line.removeprefix("  ") for line in pattern.strip().splitlines())
    return re.compile(rf"(?:{lines})", re.I)


_INSTRUCTIONS: Final = tuple(
    map(_compiled, (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE))
)
_SENTENCE: Final = re.compile(r"[^.!?。！？\n;]+[.!?。！？;]*")
_LEAD: Final = re.compile(
    r"^[\s\-*•\d.)¡]*(?:(?:ok|okay|hey|hi|hello|thanks|also|and|one more thing|note|remember"
    r"|reminder"
    r"|important|oh|well|by the way|btw|merke dir|denk daran|übrigens|hallo|au fait|bonjour"
    r"|retiens"
    r"|hola|recuerda|por cierto|ciao|ricorda|a proposito|olá|oi|lembre-se|aliás)\b[,:! –-]*"
    r"(?:that |dass |que |che )?)*",
    re.I,
)
_ONCE: Final = re.compile(
    r"\b(?:this time|just (?:this )?once|for now|right now|for this (?:one|message|question)"
    r"|today"
    r"|diesmal|nur jetzt|cette fois|pour l'instant|esta vez|por ahora|questa volta|per ora"
    r"|desta vez"
    r"|por enquanto)\b",
    re.I,
)


def is_standing(text: str) -> bool:
    """Whether a text holds a standing instruction to whoever answers.

    >>> [is_standing(t) for t in ("Always answer in French.", "I always answer in French.")]
    [True, False]
    """
    if len(text) > LONGEST:
        return False
    return any(map(_instructs, _SENTENCE.findall(text.replace("’", "'"))))


def instructs(memory: Memory) -> bool:
    """Whether a memory is a standing instruction of a person who may give one."""
    return memory.role == "user" and memory.trust == "trusted" and is_standing(memory.text)


def _instructs(sentence: str) -> bool:
    if sentence.rstrip().endswith(("?", "？")) or _ONCE.search(sentence):
        return False
    said = " ".join(_LEAD.sub("", sentence).split())
    return any(pattern.match(said) for pattern in _INSTRUCTIONS)
