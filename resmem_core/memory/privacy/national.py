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

from resmem_core.memory.privacy.spans import Span, Work, digits, hide


@dataclass(frozen=True, slots=True)
class NationalId:
    """One kind of number: a shape, and the python-stdnum modules of which one must accept it.

    A text with fewer than `digits` digits holds none.
    """

    shape: re.Pattern[str]
    modules: tuple[str, ...]
    digits: int = 7

    def valid(self, written: str) -> bool:
        """Whether any of the modules accepts the number as it was written."""
        compact = re.sub(r"[^\w]", "", written)
        return not self.modules or any(
            _module(name).is_valid(form) for name in self.modules for form in (written, compact)
        )


@lru_cache(maxsize=64)
def _module(name: str):  # type: ignore[no-untyped-def]  # a python-stdnum module, untyped
    return import_module(f"stdnum.{name}")


def _id(shape: str, *modules: str, digits: int = 7) -> NationalId:
    alone = rf"(?<!\w)(?<!\d[-./])(?:{shape})(?!\w)(?![-./]\d)"  # not a part of a longer number
    return NationalId(re.compile(alone, re.IGNORECASE | re.ASCII), modules, digits)


def _after(words: str, shape: str, *modules: str) -> NationalId:
    """Only after one of the words, at most 12 characters before the number."""
    announced = rf"\b(?:{words})\b[^\d\n]{{0,12}}(?P<id>{shape})(?!\w)"
    return NationalId(re.compile(announced, re.IGNORECASE | re.ASCII), modules)


BY_REGION: Final[dict[str, tuple[NationalId, ...]]] = {
    "US": (
        _id(r"\d{3}[- ]\d{2}[- ]\d{4}", "us.ssn", "us.itin"),
        _after("ssn|social security(?: number)?|itin", r"\d{9}", "us.ssn", "us.itin"),
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
    "FR": (_id(r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", "fr.nir"),),
    "ES": (_id(r"\d{8}[- ]?[A-Z]", "es.dni"), _id(r"[XYZ][- ]?\d{7}[- ]?[A-Z]", "es.nie")),
    "PT": (
        _after("nif|contribuinte", r"\d{3} ?\d{3} ?\d{3}", "pt.nif"),
        _id(r"\d{8} ?\d ?[A-Z]{2}\d", "pt.cc"),
    ),
    "IT": (_id(r"[A-Z]{6}\w\w[A-Z]\w\w[A-Z]\w{3}[A-Z]", "it.codicefiscale", digits=0),),
    "NL": (_after("bsn|burgerservicenummer", r"\d{9}", "nl.bsn"),),
    "BE": (_id(r"\d\d\.?\d\d\.?\d\d-?\d{3}\.?\d\d", "be.nn"),),
    "SE": (_id(r"(?:\d\d)?\d{6}[-+]\d{4}", "se.personnummer"),),
    "DK": (_id(r"\d{6}-\d{4}", "dk.cpr"),),
    "FI": (_id(r"\d{6}[-+A]\d{3}\w", "fi.hetu"),),
    "NO": (_id(r"\d{6} ?\d{5}", "no.fodselsnummer"),),
    "PL": (_id(r"\d{11}", "pl.pesel"),),
    "CH": (_id(r"756\.?\d{4}\.?\d{4}\.?\d\d", "ch.ssn"),),
    "IE": (_id(r"\d{7}[A-W][A-IW]?", "ie.pps"),),
    "BR": (_id(r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", "br.cpf"),),
    "IN": (
        _id(r"\d{4}[ -]\d{4}[ -]\d{4}", "in_.aadhaar"),
        _after("aadhaar", r"\d{12}", "in_.aadhaar"),
        _id(r"[A-Z]{5}\d{4}[A-Z]", "in_.pan", digits=4),
    ),
    "CA": (_id(r"\d{3}[ -]\d{3}[ -]\d{3}", "ca.sin"), _after("sin", r"\d{9}", "ca.sin")),
    "AU": (_after("tfn|tax file number", r"\d{3} ?\d{3} ?\d{3}", "au.tfn"),),
    "MX": (_id(r"[A-Z]{4}\d{6}[HM][A-Z]{5}\w\d", "mx.curp"),),
    "ZA": (_id(r"\d{6} ?\d{4} ?\d{3}", "za.idnr"),),
    "CN": (_id(r"\d{17}[\dX]", "cn.ric"),),
    "KR": (_id(r"\d{6}-\d{7}", "kr.rrn"),),
}
"""Region (ISO 3166 code) to its numbers."""


def national(text: str, ids: Sequence[NationalId], work: Work) -> Iterator[Span]:
    """Valid numbers of these kinds; the first kind that claims a number has it."""
    held = digits(text)
    for one in ids:
        if held < one.digits:
            continue
        found = list(_found(one, text, work))
        text = hide(text, found)
        yield from found


def _found(one: NationalId, text: str, work: Work) -> Iterator[Span]:
    group = "id" if "id" in one.shape.groupindex else 0
    for match in one.shape.finditer(text):
        if not work.take():
            return
        if one.valid(match[group]):
            yield *match.span(group), "NATIONAL_ID"
