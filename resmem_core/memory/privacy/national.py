"""National identity and tax numbers by region: how they are written, and who checks them.

A number that has a checksum or a shape of its own is looked for everywhere. One that is only nine
or ten digits (one in eleven random numbers would pass) is looked for only in its official
grouping, or after a word that announces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Final

from resmem_core.memory.privacy.phones import LABELLED
from resmem_core.memory.privacy.spans import Span, Work, digits, hide


@dataclass(frozen=True, slots=True)
class NationalId:
    """One kind of number: a shape, and the python-stdnum modules of which one must accept it.

    Attributes:
        after: the words of which one must stand before the number; None where the number shows
            by itself what it is.
        digits: a text with fewer holds none.
        words: the source of `after`.
    """

    shape: re.Pattern[str]
    modules: tuple[str, ...]
    after: re.Pattern[str] | None = None
    digits: int = 7
    words: str = ""

    def valid(self, written: str, before: str) -> bool:
        """Whether the number as it was written is one, after the text before it."""
        if self.after and not self.after.search(before):
            return False
        compact = re.sub(r"[^\w]", "", written)
        return not self.modules or any(
            _module(name).is_valid(form) for name in self.modules for form in (written, compact)
        )


@lru_cache(maxsize=64)
def _module(name: str):  # type: ignore[no-untyped-def]  # a python-stdnum module, untyped
    return import_module(f"stdnum.{name}")


def _id(shape: str, *modules: str, digits: int = 7, after: str = "") -> NationalId:
    """A number that is no part of a longer one, after one of the words if there are any."""
    alone = rf"(?<!\w)(?<!\d[-./])(?:{shape})(?!\w)(?![-./]\d)"
    announced = rf"(?i)(?:(?<![^\W_])(?:{after}))[^\d\n]{{0,16}}$" if after else ""
    return NationalId(
        re.compile(alone, re.IGNORECASE | re.ASCII),
        modules,
        re.compile(announced) if announced else None,
        digits,
        after,
    )


def _after(words: str, shape: str, *modules: str) -> NationalId:
    """Only where one of the words stands at most 16 characters before the number."""
    return _id(shape, *modules, digits=0, after=words)


BY_REGION: Final[dict[str, tuple[NationalId, ...]]] = {
    "US": (
        _id(r"\d{3}[- ]\d{2}[- ]\d{4}", "us.ssn", "us.itin"),
        _after("ssn|social security(?: number)?|itin", r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    ),
    "GB": (
        _id(r"\d{3}[ -]\d{3}[ -]\d{4}", "gb.nhs"),
        _after("nhs(?: number)?", r"\d{10}", "gb.nhs"),
        # A national insurance number has no checksum; its letters are restricted.
        _id(
            r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:\d\d ?){3}[A-D]",
            digits=6,
        ),
        _after("utr|tax reference", r"\d{5} ?\d{5}", "gb.utr"),
    ),
    "DE": (_id(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "de.idnr"),),
    "AT": (_id(r"\d{4} \d{6}", "at.vnr"), _after(r"sv-?n\w*|versicherung\w*", r"\d{10}", "at.vnr")),
    "FR": (_id(r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", "fr.nir"),),
    "ES": (_id(r"\d{8}[- ]?[A-Z]", "es.dni"), _id(r"[XYZ][- ]?\d{7}[- ]?[A-Z]", "es.nie")),
    "PT": (
        _after("nif|contribuinte", r"\d{3} ?\d{3} ?\d{3}", "pt.nif"),
        _id(r"\d{8} ?\d ?[A-Z]{2}\d", "pt.cc"),
    ),
    "IT": (_id(r"[A-Z]{6}\w\w[A-Z]\w\w[A-Z]\w{3}[A-Z]", "it.codicefiscale", digits=0),),
    "NL": (_after(r"bsn|burgerservice\w*|sofi\w*", r"\d{9}", "nl.bsn"),),
    "BE": (_id(r"\d\d\.?\d\d\.?\d\d-?\d{3}\.?\d\d", "be.nn"),),
    "SE": (_id(r"(?:\d\d)?\d{6}[-+]\d{4}", "se.personnummer"),),
    "DK": (_id(r"\d{6}-\d{4}", "dk.cpr"),),
    "FI": (_id(r"\d{6}[-+A]\d{3}\w", "fi.hetu"),),
    "NO": (_id(r"\d{6} ?\d{5}", "no.fodselsnummer"),),
    "IS": (_id(r"\d{6}-\d{4}", "is_.kennitala"),),
    "PL": (_id(r"\d{11}", "pl.pesel"),),
    "CZ": (_id(r"\d{6}/\d{3,4}", "cz.rc"),),
    "SK": (_id(r"\d{6}/\d{3,4}", "sk.rc"),),
    "RO": (_id(r"[1-9]\d{12}", "ro.cnp"),),
    "BG": (_after("егн|egn", r"\d{10}", "bg.egn"),),
    "HR": (_after("oib", r"\d{11}", "hr.oib"),),
    "GR": (_after("amka|αμκα", r"\d{11}", "gr.amka"),),
    "CH": (_id(r"756\.?\d{4}\.?\d{4}\.?\d\d", "ch.ssn"),),
    "IE": (_id(r"\d{7}[A-W][A-IW]?", "ie.pps"),),
    "TR": (_id(r"[1-9]\d{10}", "tr.tckimlik"),),
    "RU": (
        _id(r"\d{3}-\d{3}-\d{3}[- ]\d\d"),
        _after(r"инн", r"\d{10}(?:\d\d)?", "ru.inn"),
        _after(r"снилс", r"\d{11}"),
        _after(r"паспорт\w*", r"\d{2} ?\d{2} ?\d{6}"),
    ),
    "UA": (_after(r"рнокпп|іпн|ідентифікаційн\w+", r"\d{10}", "ua.rntrc"),),
    "BR": (_id(r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", "br.cpf"),),
    "AR": (
        _id(r"\d{2}-\d{8}-\d", "ar.cuit"),
        _after("dni|documento", r"\d{2}\.?\d{3}\.?\d{3}", "ar.dni"),
    ),
    "CL": (_id(r"\d{1,2}\.?\d{3}\.?\d{3}-[\dK]", "cl.rut"),),
    "MX": (_id(r"[A-Z]{4}\d{6}[HM][A-Z]{5}\w\d", "mx.curp"),),
    "IN": (
        _id(r"\d{4}[ -]\d{4}[ -]\d{4}", "in_.aadhaar"),
        _after("aadhaar|आधार", r"\d{4}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar"),
        _id(r"[A-Z]{5}\d{4}[A-Z]", "in_.pan", digits=4),
    ),
    "PK": (_id(r"\d{5}-\d{7}-\d", "pk.cnic"),),
    "CA": (
        _id(r"\d{3}[ -]\d{3}[ -]\d{3}", "ca.sin"),
        _after("sin", r"\d{3}[ -]?\d{3}[ -]?\d{3}", "ca.sin"),
    ),
    "AU": (_after("tfn|tax file number", r"\d{3} ?\d{3} ?\d{3}", "au.tfn"),),
    "NZ": (_after("ird", r"\d{2,3}-?\d{3}-?\d{3}", "nz.ird"),),
    "ZA": (_id(r"\d{6} ?\d{4} ?\d{3}", "za.idnr"),),
    "IL": (_after(r"ת\.? ?ז\.?|תעודת זהות|teudat zehut", r"\d{7,8}-?\d", "il.idnr"),),
    "TH": (_id(r"\d-\d{4}-\d{5}-\d\d-\d", "th.pin"), _after(r"บัตรประชาชน\w*", r"\d{13}", "th.pin")),
    "MY": (_id(r"\d{6}-\d{2}-\d{4}", "my.nric"),),
    "SG": (_after("nric|fin", r"[STFGM]\d{7}[A-Z]"),),
    "ID": (_after("nik|ktp", r"\d{16}", "id.nik"),),
    "CN": (_id(r"\d{17}[\dX]", "cn.ric"),),
    "TW": (_after(r"身分證\w*|身份證\w*", r"[A-Z][12]\d{8}"),),
    "JP": (
        _id(r"\d{4}[ -]\d{4}[ -]\d{4}", "jp.in_"),
        _after("マイナンバー|個人番号|my number", r"\d{12}", "jp.in_"),
    ),
    "KR": (_id(r"\d{6}-\d{7}", "kr.rrn"),),
    **{region: () for region in ("SA", "AE", "EG", "IR", "VN", "HK", "CO", "HU")},
}
"""Region (ISO 3166 code) to its numbers; a region without any is one for phone numbers."""

_SHAPED: Final = (
    _id(r"[A-Z]{6}\w\w[A-Z]\w\w[A-Z]\w{3}[A-Z]", "it.codicefiscale", digits=4),
    _id(r"[A-Z]{4}\d{6}[HM][A-Z]{5}\w\d", "mx.curp"),
)
ANNOUNCED: Final = (
    *(one for region in BY_REGION.values() for one in region if one.after),
    *_SHAPED,
    *(
        _after(words, shape, module)
        for words, shape, module in (
            (r"steuer\S*|tin|idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "de.idnr"),
            (r"(?:sozial)?versicherung\S*", r"\d{4} ?\d{6}", "at.vnr"),
            (r"rijksregister\w*|registre national|insz|niss", r"\d{11}", "be.nn"),
            (r"pps\w*", r"\d{7}[A-W][A-IW]?", "ie.pps"),
            ("kennitala", r"\d{6}-?\d{4}", "is_.kennitala"),
            ("pesel", r"\d{11}", "pl.pesel"),
            (r"t\.?c\.?|kimlik\w*", r"\d{11}", "tr.tckimlik"),
            ("cpf", r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", "br.cpf"),
            ("personnummer", r"(?:\d\d)?\d{6}[-+]?\d{4}", "se.personnummer"),
            ("cpr", r"\d{6}-?\d{4}", "dk.cpr"),
            (r"fødsels\w+|fodsels\w+", r"\d{6} ?\d{5}", "no.fodselsnummer"),
            (r"hetu|henkilötunnus", r"\d{6}[-+A]\d{3}\w", "fi.hetu"),
            (r"ahv\w*|avs", r"756\.?\d{4}\.?\d{4}\.?\d\d", "ch.ssn"),
            ("cnp", r"\d{13}", "ro.cnp"),
            (r"rodn\w+", r"\d{6}/?\d{3,4}", "cz.rc"),
            ("身份证|身份證|公民身份号码", r"\d{17}[\dX]", "cn.ric"),
            ("주민등록번호|주민번호", r"\d{6}-?\d{7}", "kr.rrn"),
            (r"rut|run", r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dK]", "cl.rut"),
            ("תעודת זהות", r"\d{5,9}", "il.idnr"),
            (r"isikukood\w*", r"\d{11}", "ee.ik"),
            ("asmens kodas", r"\d{11}", "lt.asmens"),
            (r"emšo|jmbg|матични број", r"\d{13}", "si.emso"),
            ("เลขบัตรประชาชน|บัตรประชาชน", r"\d-?\d{4}-?\d{5}-?\d\d-?\d", "th.pin"),
            (r"mykad|nric|ic no", r"\d{6}-?\d\d-?\d{4}", "my.nric"),
            (r"nik|ktp", r"\d{16}", "id.nik"),
            ("الرقم القومي", r"\d{14}", "eg.tn"),
            (r"c[eé]dula", r"\d{10}", "ec.ci"),
            (r"c[eé]dula", r"\d{3}-?\d{7}-?\d", "do.cedula"),
            (r"cuit|cuil", r"\d{2}-?\d{8}-?\d", "ar.cuit"),
            ("cnic", r"\d{5}-?\d{7}-?\d", "pk.cnic"),
            ("pan", r"[A-Z]{5}\d{4}[A-Z]", "in_.pan"),
        )
    ),
    _after(
        r"(?:national |personal )?id(?:entity|entification)? ?(?:card |document )?(?:number|no|nr)"
        r"|national id|identity card|personalausweis\w*|ausweisnummer|carte d'identité"
        r"|(?:número|numero|nº) de identi\w+|documento de identidad|numero di identità",
        r"\d(?:[ ./-]?\d){6,16}(?:[ -]?[A-Z])?|[A-Z]{1,4}-?\d{6,8}[A-Z\d-]{1,9}",
        "za.idnr",
        "il.idnr",
        "th.pin",
        "my.nric",
        "ee.ik",
        "lt.asmens",
        "si.emso",
        "bg.egn",
        "kr.rrn",
        "cn.ric",
        "tr.tckimlik",
        "in_.aadhaar",
        "pk.cnic",
        "mx.curp",
        "pl.pesel",
        "ro.cnp",
        "be.nn",
        "es.dni",
        "es.nie",
        "br.cpf",
        "cl.rut",
        "fi.hetu",
        "dk.cpr",
        "is_.kennitala",
    ),
)
"""Numbers that a word or their shape and checksum tell, whatever the language around them."""

_ANNOUNCING: Final = re.compile(
    "(?i)" + "|".join(sorted({one.words for one in ANNOUNCED if one.words})), re.UNICODE
)


NUMBERED: Final = re.compile(r"(?i)\d(?:[ ./+-]?\d){5}|[a-z]{5}\d{4}|\w{16}")
"""What a part of every number of these kinds looks like: cheaper to look for than each of them."""


def announced(written: str) -> Sequence[NationalId]:
    """The kinds to look for in any language: those that words tell, where there is such a word."""
    return ANNOUNCED if _ANNOUNCING.search(written) else _SHAPED


BY_LANGUAGE: Final = {
    "en": ("US", "GB", "CA", "AU", "IE", "IN", "NZ", "ZA"),
    "de": ("DE", "AT", "CH"),
    "fr": ("FR", "BE", "CH", "CA"),
    "es": ("ES", "MX", "AR", "CL", "CO"),
    "pt": ("PT", "BR"),
    "it": ("IT", "CH"),
    "nl": ("NL", "BE"),
    "pl": ("PL",),
    "tr": ("TR",),
    "sv": ("SE", "FI"),
    "da": ("DK", "NO"),
    "no": ("NO", "DK"),
    "fi": ("FI",),
    "cs": ("CZ", "SK"),
    "ro": ("RO",),
    "hu": ("HU",),
    "el": ("GR",),
    "he": ("IL",),
    "fa": ("IR",),
    "ar": ("SA", "AE", "EG"),
    "hi": ("IN",),
    "ru": ("RU", "BG"),
    "uk": ("UA",),
    "zh": ("CN", "TW", "HK"),
    "ja": ("JP",),
    "ko": ("KR",),
    "th": ("TH",),
    "vi": ("VN",),
    "id": ("ID", "MY"),
}
"""Language (ISO 639-1) to the regions where its numbers come from."""


_IDENTITY: Final = re.compile(
    r"(?i)(?:(?<![^\W_])id(?:entity|entidad|nr)?\b|steuer|sozial|ausweis|passport|passeport|pasaporte"
    r"|social|insurance|national|sécu)[^\d\n]{0,16}$"
)
"""A word that counts things and people alike."""


def national(text: str, written: str, ids: Sequence[NationalId], work: Work) -> Iterator[Span]:
    """Valid numbers of these kinds; the first kind that claims a number has it.

    `written` is the text with the letters of every script, which announce a number.
    """
    held = digits(text)
    for one in ids:
        if held < one.digits:
            continue
        found = list(_found(one, text, written, work))
        text = hide(text, found)
        yield from found


def _found(one: NationalId, text: str, written: str, work: Work) -> Iterator[Span]:
    for match in one.shape.finditer(text):
        if not work.take():
            return
        before = written[max(0, match.start() - 40) : match.start()]
        counts = not one.after and LABELLED.search(before) and not _IDENTITY.search(before)
        if not counts and one.valid(match[0], before):
            yield *match.span(), "NATIONAL_ID"
