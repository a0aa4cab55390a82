"""Times named in numbers, and in languages other than English, as rules over data.

Full: German, French, Spanish, Italian, Portuguese; the plainest also in Russian, Chinese, Japanese.
A date in numbers is read as day, month, year, unless only month, day, year is one: 03/06/2025 is
3 June. A weekday without "next" is the last one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

Span: TypeAlias = tuple[int, int]

_DAYS: Final = {
    word: offset
    for offset, words in {
        -2: "day before yesterday|vorgestern|avant-hier|anteayer|antes de ayer|antier|l'altro ieri|"
            "altro ieri|avantieri|anteontem|позавчера|前天|一昨日|おととい",
        -1: "gestern|hier|ayer|ieri|ontem|вчера|昨天|昨日|昨晚|gisteren|dün|어제",
        0: "heute|aujourd'hui|hoy|oggi|hoje|сегодня|今天|今日|vandaag|bugün|오늘",
        1: "morgen|demain|mañana|domani|amanhã|завтра|明天|明日|yarın|내일",
        2: "day after tomorrow|übermorgen|après-demain|pasado mañana|dopodomani|depois de amanhã|"
           "послезавтра|后天|明後日|あさって",
    }.items()
    for word in words.split("|")
}  # fmt: skip
_MONTHS: Final = {
    name: number
    for row in (
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "jan feb mar apr - jun jul aug sep oct nov dec",
    )
    for number, name in enumerate(row.split(), start=1)
}
_WEEKDAYS: Final = {
    name: number
    for row in (
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "segunda terça quarta quinta sexta - -",
        "周一 周二 周三 周四 周五 周六 周日",
        "月曜 火曜 水曜 木曜 金曜 土曜 日曜",
    )
    for number, name in enumerate(row.split())
}
_UNITS: Final = {
    word: unit
    for unit, words in {
        "day": "tag tage tagen jour jours día días giorno giorni dia dias день дня дней 天 日",
        "week": "woche wochen semaine semaines semana semanas settimana settimane неделю недели "
                "недель 周 星期 週間 週",
        "month": "monat monate monaten mois mes meses mese mesi mês месяц месяца месяцев 个月 か月 "
                 "ヶ月 月",
        "year": "jahr jahre jahren an ans année années año años anno anni ano anos год года лет 年",
    }.items()
    for word in words.split()
}  # fmt: skip
_NUMBERS: Final = {
    word: value
    for row in (
        "ein zwei drei vier fünf sechs sieben acht neun zehn",
        "einem - - - - - - - - -", "einer - - - - - - - - -",
        "un deux trois quatre cinq six sept huit neuf dix", "une - - - - - - - - -",
        "un dos tres cuatro cinco seis siete ocho nueve diez", "una - - - - - - - - -",
        "un due tre quattro cinque sei sette otto nove dieci",
        "um dois três quatro cinco seis sete oito nove dez", "uma duas - - - - - - - -",
        "- два три четыре пять шесть семь восемь девять десять",
        "一 二 三 四 五 六 七 八 九 十", "- 两 - - - - - - - -",
    )
    for value, word in enumerate(row.split(), start=1)
}  # fmt: skip


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, set(words) - {"-"}), key=len, reverse=True))


_N: Final = rf"\d{{1,3}}|{_any(_NUMBERS)}"
_U: Final = _any(_UNITS)
_M: Final = _any(_MONTHS)
_W: Final = _any(_WEEKDAYS)
_LAST: Final = "letzte[nrs]?|vorige[nrs]?|vergangene[nrs]?"
_NEXT: Final = "nächste[nrs]?|kommende[nrs]?"
_EXPRESSION: Final = re.compile(
    rf"""(?<![\w.])(?:
      (?P<ymd>\d{{4}}[./]\d{{1,2}}[./]\d{{1,2}}) | (?P<dmy>\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}})
    | (?P<named>\d{{1,2}}(?:\.|er|º)?\s(?:de\s)?(?:{_M})\b\.?(?:,?\s(?:de\s|del\s)?\d{{4}})?)
    | (?P<month>(?:im|in|en|em|a|de|seit|depuis|desde|в)\s(?:{_M})\s(?:de\s|del\s)?\d{{4}})
    | (?P<ago>vor\s(?:{_N})\s(?:{_U}) | il\sy\sa\s(?:{_N})\s(?:{_U}) | hace\s(?:{_N})\s(?:{_U})
        | há\s(?:{_N})\s(?:{_U}) | (?:{_N})\s(?:{_U})\s(?:fa|atrás|назад))
    | (?P<ahead>(?:in|dans|dentro\sde|en|tra|fra|daqui\sa|через)\s(?:{_N})\s(?:{_U}))
    | (?P<lastunit>(?:{_LAST})\s(?:woche|monat|jahr) | (?:la\s)?semaine\sdernière
        | (?:le\s)?mois\sdernier | l'an(?:née)?\sderni[eè]re? | (?:la\s)?semana\spasada
        | (?:el\s)?mes\spasado | (?:el\s)?año\spasado | (?:la\s)?settimana\sscorsa
        | (?:il\s)?mese\sscorso | l'anno\sscorso | (?:n?a\s)?semana\spassada | mês\spassado
        | ano\spassado | прошлой\sнеделе | прошлом\sгоду)
    | (?P<nextunit>(?:{_NEXT})\s(?:woche|monat|jahr) | (?:la\s)?semaine\sprochaine
        | (?:le\s)?mois\sprochain | l'année\sprochaine | (?:la\s)?próxima\ssemana
        | (?:la\s)?semana\spróxima | (?:el\s)?próximo\smes | (?:el\s)?próximo\saño
        | (?:la\s)?settimana\sprossima | (?:il\s)?mese\sprossimo | l'anno\sprossimo
        | semana\sque\svem | próximo\smês | próximo\sano | следующей\sнеделе)
    | (?P<lastday>(?:{_LAST})\s(?:{_W})
        | (?:{_W})(?:-feira)?\s(?:dernier|pasado|scors[oa]|passad[oa]))
    | (?P<nextday>(?:{_NEXT})\s(?:{_W}) | (?:{_W})(?:-feira)?\s(?:prochain|prossim[oa]|que\svem)
        | próxim[oa]\s(?:{_W}))
    | (?P<onday>(?:am|el|na)\s(?:{_W}))
    | (?P<day>(?<!guten\s)(?<!heute\s)(?<!am\s)(?<!la\s)(?<!esta\s)(?<!van\s)
        (?:{_any(d for d in _DAYS if ord(d[0]) < 0x3000)}))
    )(?![\w])
    | (?P<cjk>(?P<cy>\d{{4}})年(?P<cm>\d{{1,2}})月(?:(?P<cd>\d{{1,2}})[日号])?)
    | (?P<cjkago>(?:{_N})(?:天|周|个月|年|日|週間|か月|ヶ月)前)
    | (?P<cjkahead>(?:{_N})(?:天|周|个月|年|日|週間|か月|ヶ月)[后後])
    | (?P<cjkweekday>(?:上|下|先|来|这|今)(?:个)?(?:周|週の?)[一二三四五六日天月火水木金土])
    | (?P<cjkunit>上周|下周|这周|本周|上个月|下个月|去年|明年|今年|先週|来週|今週|先月|来月|来年)
    | (?P<cjkday>{_any(d for d in _DAYS if ord(d[0]) >= 0x3000)})""",
    re.X | re.I,
)  # fmt: skip
_CJK_UNITS: Final = {
    "上周": ("week", -1), "下周": ("week", 1), "这周": ("week", 0), "本周": ("week", 0),
    "先週": ("week", -1), "来週": ("week", 1), "今週": ("week", 0), "上个月": ("month", -1),
    "下个月": ("month", 1), "先月": ("month", -1), "来月": ("month", 1), "去年": ("year", -1),
    "今年": ("year", 0), "明年": ("year", 1), "来年": ("year", 1),
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+")
_NUMERIC: Final = re.compile(r"\d[./]\d{1,2}[./]\d")
_WIDE: Final = re.compile("[天日周週月年前后後]|おととい|あさって|어제|오늘|내일")
_HINTS: Final = frozenset(
    word
    for phrase in (
        *_DAYS, *_WEEKDAYS, *_MONTHS, *_UNITS,
        "yesterday tomorrow vor hace há fa atrás назад dans dentro daqui через dernier dernière",
        "derniere prochain prochaine pasado pasada próximo próxima scorsa scorso prossima prossimo",
        "passada passado vem прошлой прошлом следующей",
    )
    for word in _WORD.findall(phrase)
    if word not in ("an", "of", "before", "after", "day", "de", "l", "mar", "may", "jan", "que")
)  # fmt: skip
_GERMAN: Final = re.compile(r"\b(?:ich|wir|bin|ist|sind|und|der|die|das|nicht|ein|von)\b", re.I)
_SLACK: Final = {"day": 0, "week": 3, "month": 15, "year": 183}
_LENGTH: Final = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}


def names_time(text: str) -> bool:
    """Whether the text may name a time in numbers or in another language; O(length).

    A set of words is looked up first: the pattern costs a hundred times as much.
    """
    lower = text.lower()
    if not _HINTS.isdisjoint(_WORD.findall(lower)) or _NUMERIC.search(lower):
        return True
    return not text.isascii() and _WIDE.search(text) is not None


def without(text: str) -> str:
    """The text without these expressions."""
    if not names_time(text):
        return text
    return _EXPRESSION.sub(" ", text)


def found(text: str, anchor: int) -> Iterator[tuple[int, Span]]:
    """Where in the text a time is named, and which days it is.

    Args:
        anchor: the ordinal of the day on which the text was told.

    >>> told = date(2025, 6, 11).toordinal()
    >>> [str(date.fromordinal(span[0])) for _, span in found("vorgestern, 3.6.2025, 昨天", told)]
    ['2025-06-09', '2025-06-03', '2025-06-10']
    """
    if not names_time(text):
        return
    german = _GERMAN.search(text) is not None
    for match in _EXPRESSION.finditer(text):
        if german and match.group().lower() == "hier":  # "here"
            continue
        groups = {name: value for name, value in match.groupdict().items() if value}
        name = next(iter(groups))
        span = _resolved(name, match.group().lower(), anchor)
        if span is not None:
            yield match.start(), span


@lru_cache(maxsize=8_192)
def _resolved(name: str, words: str, anchor: int) -> Span | None:
    try:
        return _RULES[name](words, date.fromordinal(anchor))
    except (ValueError, OverflowError):  # no such day, or beyond the calendar
        return None


def _one(day: date) -> Span:
    return day.toordinal(), day.toordinal()


def _numeric(words: str, _: date) -> Span:
    a, b, c = map(int, re.findall(r"\d+", words))
    if a > 31:
        return _one(date(a, b, c))
    return _one(date(c, b, a) if b <= 12 else date(c, a, b))


def _months(year: int, month: int, count: int = 1) -> Span:
    last = year * 12 + month - 1 + count
    year_after, month_after = divmod(last, 12)
    return date(year, month, 1).toordinal(), date(year_after, month_after + 1, 1).toordinal() - 1


def _named(words: str, base: date) -> Span:
    month = next(_MONTHS[part] for part in re.findall(r"[^\W\d_]+", words) if part in _MONTHS)
    numbers = [int(part) for part in re.findall(r"\d+", words)]
    if len(numbers) > 1:
        return _one(date(numbers[1], month, numbers[0]))
    day = date(base.year, month, numbers[0])
    return _one(day if day <= base else day.replace(year=base.year - 1))


def _month(words: str, _: date) -> Span:
    month = next(_MONTHS[part] for part in re.findall(r"[^\W\d_]+", words) if part in _MONTHS)
    return _months(int(re.findall(r"\d{4}", words)[0]), month)


def _far(words: str, base: date, sign: int) -> Span:
    """Some units before or after."""
    number = re.search(rf"(?<!\w)(?:{_N})(?!\w)|(?:{_N})(?=\D)", words)
    after = words[number.end() :] if number else ""
    unit = re.match(rf"\s*({_U})", after)
    if number is None or unit is None:
        raise ValueError(words)
    value = _NUMBERS.get(number.group()) or int(number.group())
    kind = _UNITS[unit[1]]
    day = base + timedelta(days=sign * round(value * _LENGTH[kind]))
    slack = _SLACK[kind] if kind != "day" else 0
    return day.toordinal() - slack, day.toordinal() + slack


def _unit(kind: str, shift: int, base: date) -> Span:
    if kind == "week":
        monday = base - timedelta(days=base.weekday()) + timedelta(weeks=shift)
        return monday.toordinal(), monday.toordinal() + 6
    if kind == "year":
        return _months(base.year + shift, 1, 12)
    year, month = divmod(base.year * 12 + base.month - 1 + shift, 12)
    return _months(year, month + 1)


def _unit_in(words: str, base: date, shift: int) -> Span:
    found = (_UNITS[part] for part in re.findall(r"[^\W\d_]+", words) if part in _UNITS)
    kind = next(found, "year" if "году" in words else "week")
    return _unit(kind, shift, base)


def _weekday(words: str, base: date, ahead: bool) -> Span:
    wanted = next(_WEEKDAYS[part] for part in re.findall(r"[^\W\d_]+", words) if part in _WEEKDAYS)
    gap = (wanted - base.weekday()) % 7 or 7 if ahead else -((base.weekday() - wanted) % 7 or 7)
    return _one(base + timedelta(days=gap))


def _cjk(words: str, _: date) -> Span:
    year, month, *day = map(int, re.findall(r"\d+", words))
    return _one(date(year, month, day[0])) if day else _months(year, month)


def _cjk_weekday(words: str, base: date) -> Span:
    shift = {"上": -1, "先": -1, "下": 1, "来": 1}.get(words[0], 0)
    place = words[-1].replace("天", "日")
    weekday = "一二三四五六日".find(place)
    weekday = weekday if weekday >= 0 and "週" not in words else "月火水木金土日".index(place)
    monday = base - timedelta(days=base.weekday()) + timedelta(weeks=shift)
    return _one(monday + timedelta(days=weekday))


_RULES: Final[Mapping[str, Callable[[str, date], Span]]] = {
    "ymd": _numeric,
    "dmy": _numeric,
    "named": _named,
    "month": _month,
    "ago": lambda words, base: _far(words, base, -1),
    "ahead": lambda words, base: _far(words, base, 1),
    "lastunit": lambda words, base: _unit_in(words, base, -1),
    "nextunit": lambda words, base: _unit_in(words, base, 1),
    "lastday": lambda words, base: _weekday(words, base, ahead=False),
    "onday": lambda words, base: _weekday(words, base, ahead=False),
    "nextday": lambda words, base: _weekday(words, base, ahead=True),
    "day": lambda words, base: _one(base + timedelta(days=_DAYS[words])),
    "cjk": _cjk,
    "cjkago": lambda words, base: _far(words, base, -1),
    "cjkahead": lambda words, base: _far(words, base, 1),
    "cjkweekday": _cjk_weekday,
    "cjkunit": lambda words, base: _unit(*_CJK_UNITS[words], base),
    "cjkday": lambda words, base: _one(base + timedelta(days=_DAYS[words])),
}
