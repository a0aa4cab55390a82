"""Words by which people decide, prefer, instruct and change, and machines tell what came. Pure.

Whole words in the languages of the gate; written by hand, none from a benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from resmem_core.memory.text.sentences import Sentence
from resmem_core.memory.text.vocabulary import words_of

_WORDS: Final = words_of(
    """
    decide decided deciding decision choose chose chosen choosing pick picked agree agreed
    settled opted approve approved confirm confirmed reject rejected declined promise promised
    prefer prefers preferred preferring preference preferences rather love loves hate hates
    dislike favour favor allergic vegetarian vegan always never must mustn't shouldn't avoid
    avoiding unless except limit limits limited maximum minimum budget deadline deadlines due
    target targets goal goals quota requirement requirements required constraint policy instead
    switch switched switching change changed changing move moved postpone postponed reschedule
    rescheduled cancel cancelled canceled extend extended increase increased reduce reduced
    lowered raised rename renamed replace replaced upgrade upgraded correction drop dropped

    entschieden entscheide gewählt wähle vereinbart beschlossen abgelehnt bestätigt bevorzuge
    lieber hasse liebe immer nie niemals muss müssen darf vermeide mindestens höchstens maximal
    budget frist termin ziel grenze allergisch vegetarisch statt stattdessen gewechselt geändert
    ändern verschoben verschiebe verlegt storniert verlängert erhöht gesenkt umbenannt ersetzt
    korrektur

    décidé décide choisi choisis convenu accepté refusé confirmé préfère préférons plutôt
    déteste adore aime toujours jamais dois devons doit éviter budget échéance délai objectif
    limite allergique végétarien végétarienne changé changer déplacé reporté annulé prolongé
    augmenté réduit renommé remplacé corrigé

    decidido decidí elegido elegí acordado acordamos aprobado rechazado confirmado prefiero
    preferimos odio encanta siempre nunca jamás debo debe debemos evitar mínimo máximo
    presupuesto plazo fecha objetivo límite alérgico alérgica vegetariano vegetariana cambiado
    cambiamos cambié aplazado pospuesto cancelado cancelé ampliado aumentado reducido renombrado
    sustituido corrección

    deciso scelto concordato approvato rifiutato confermato preferisco preferiamo odio adoro
    sempre mai devo deve dobbiamo evitare almeno massimo budget scadenza obiettivo limite
    allergico allergica vegetariano vegetariana invece cambiato spostato rimandato annullato
    cancellato prorogato aumentato ridotto rinominato sostituito

    decidi escolhi escolhido combinamos aprovado recusado confirmado prefiro preferimos odeio
    adoro sempre nunca devo deve evitar mínimo máximo orçamento prazo meta limite alérgico
    alérgica vegetariano mudei mudamos mudado adiado cancelei cancelado estendido aumentei
    reduzido renomeado substituído

    решил решила решили выбрал выбрала выбрали договорились предпочитаю ненавижу люблю всегда
    никогда должен должна должны бюджет срок цель лимит аллергия вместо изменил изменила
    перенесли перенёс отменил отменили заменил besloten gekozen afgesproken liever moet moeten
    altijd nooit budget deadline doel veranderd verplaatst uitgesteld geannuleerd vervangen

    karar kararlaştırdık seçtim tercih asla daima bütçe hedef değiştirdim erteledik iptal قررت
    اخترت أفضل دائما أبدا يجب ميزانية موعد هدف غيرت ألغيت
    """
)
"""Forms that a sentence may have as a word of its own."""

_RUNS: Final = re.compile(
    "决定|選び|选择|同意|偏好|喜欢|必须|总是|从不|不要|预算|截止|目标|改成|改为|推迟|取消|换成"
    "|決め|好き|必ず|いつも|絶対|予算|締め切り|締切|目標|変更|延期|キャンセル"
    "|결정|선택|선호|항상|절대|예산|마감|목표|변경|연기|취소"
    "|तय|फैसला|पसंद|हमेशा|कभी नहीं|बजट|लक्ष्य|बदल|रद्द"
)
"""The same in scripts whose words do not stand apart, or whose endings vary."""


def decides(parts: Iterable[Sentence]) -> bool:
    """Whether one of the sentences decides, prefers, instructs, limits or changes something.

    >>> from resmem_core.memory.text.sentences import told_apart
    >>> decides(told_apart("I never run on Fridays.")), decides(told_apart("That makes sense."))
    (True, False)
    """
    return any(not _WORDS.isdisjoint(part.words) or _runs(part) for part in parts)


def _runs(part: Sentence) -> bool:
    text = " ".join(part.words)
    return not text.isascii() and _RUNS.search(text) is not None


_OUTCOME: Final = re.compile(
    r"^(?:diff --git|@@ -\d)|\b\d+ (?:tests? )?(?:passed|failed|ok)\b"
    r"|=\s*[-+$€£]?\d|[$€£¥]\s?\d|\d\s?(?:[€£¥]|euros?\b|dollars?\b|usd\b|eur\b)"
    r"|\b(?:booked|confirm(?:ed|ation)|charged|refund(?:ed)?|cancel+ed|reserved|scheduled|credited"
    r"|paid|sent|shipped|created|added|merged|deployed|committed|saved|approved|total|balance"
    r"|reference|tracking|ticket|receipt|result|success(?:ful(?:ly)?)?|passed|failed|free of charge"
    r"|i(?: have|['’]ve)? (?:changed|fixed|updated|removed|renamed|replaced|moved|opened|closed)"
    r"|(?:pull|merge) request \d+|until \d"
    r"|gebucht|bestätigt|bestätigung|erstattet|storniert|reserviert|bezahlt|gesamt|summe|ergebnis"
    r"|réservé|confirmé|remboursé|annulé|payé|envoyé|résultat|reservado|confirmado|reembolso"
    r"|reembolsado|cancelado|pagado|enviado|resultado|saldo|prenotato|confermato|rimborso|annullato"
    r"|pagato|inviato|totale|risultato|pago|забронирован\w*|подтвержд\w+|возврат\w*|отмен[её]н\w*"
    r"|оплачен\w*|итого|результат|geboekt|bevestigd|terugbetaald|totaal|onaylandı|iade|toplam)\b"
    r"|已预订|已确认|已退款|已取消|总计|结果|予約済|確認済|返金|合計|結果|예약|확인|환불|합계|결과"
    r"|تم |المجموع|बुक|कुल|रिफंड",
    re.I | re.M,
)
_REFUSAL: Final = re.compile(
    r"\b(?:can ?not|can['’]?t|unable|not able|not possible|isn['’]?t possible|impossible|afraid"
    r"|not allowed|not permitted|won['’]?t be able|unfortunately|not eligible|against (?:our|the)"
    r" policy|declin\w+|leider|kann (?:\w+ ){0,4}nicht|nicht möglich|nicht erlaubt|malheureusement"
    r"|ne (?:peux|peut|pouvons)|pas possible|lamentablemente|desafortunadamente"
    r"|no (?:puedo|podemos|es posible|se puede)|purtroppo|non (?:posso|possiamo|è possibile)"
    r"|infelizmente|não (?:posso|podemos|é possível)"
    r"|к сожалению|не (?:могу|можем)|невозможно|нельзя|helaas|kan (?:\w+ ){0,4}niet|niet mogelijk"
    r"|maalesef|mümkün değil|yapam\w+)\b"
    r"|无法|不能|不可以|抱歉|できません|いたしかねます|申し訳|할 수 없|죄송|불가"
    r"|لا يمكن|للأسف|لا أستطيع|नहीं कर सकत|संभव नहीं|क्षमा",
    re.I,
)


_REFUSAL_LENGTH: Final = 600
"""Characters of a refusal at most: what is longer goes on to help."""


def outcomes(text: str) -> int:
    """How often a text of a machine says what came of something: amounts, bookings, tests, diffs.

    >>> outcomes("Booked; the total is 198 dollars."), outcomes("Let me open the file.")
    (3, 0)
    """
    return sum(1 for _ in _OUTCOME.finditer(text))


def refuses(text: str) -> bool:
    """Whether a text says that something cannot be done.

    >>> refuses("I'm sorry, it can't be changed."), refuses("It is changed.")
    (True, False)
    """
    return len(text) <= _REFUSAL_LENGTH and _REFUSAL.search(text) is not None
