"""Structured personal data out of a text, before anything else sees it (design 5.1, step 1).

Kinds: e-mail, phone, payment card, IBAN, national ids, IP addresses, keys and tokens, credentials
in URLs. Names and street addresses are not structured and are not found: they need a model.

A text without a digit, `@`, `=`, `::` or PEM header costs one scan. Patterns use possessive or
bounded repeats only; the expensive checks (phone metadata, checksums) draw on a budget per pass,
and number-like runs beyond it are replaced unread (`[NUMBER]`): the redactor fails closed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn, numdb

from resmem_core.errors import ConfigError, InputTypeError, TooLarge
from resmem_core.memory.credentials import CREDENTIALS, Finder, Span, matches
from resmem_core.memory.national import BY_REGION, NationalId
from resmem_core.protocols import Found, Redacted
from resmem_core.types import MAX_TEXT

DEFAULT_REGIONS: Final = ("US", "GB", "DE", "FR", "ES")
MAX_CHECKS: Final = 400
MAX_PASSES: Final = 4

_MASK: Final = "\x00"
_TRIGGER: Final = re.compile(r"[\d@=\uff20\uff1d]|::|-----BEGIN")
_WIDE: Final[dict[int, int | str]] = {
    **{0xFF01 + i: 0x21 + i for i in range(94)},
    **dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-"),
}

_LOCAL: Final = r"[\w.!#$%&'*+/=?^`{|}~-]"
_EMAIL: Final = re.compile(
    rf"(?<!{_LOCAL}){_LOCAL}++@(?:(?:[\w-]+\.)+[^\W\d_][\w-]+|\[[0-9A-Fa-f:.]{{2,45}}\])"
)
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,40}+(?!\w)")
_IBAN_HEAD: Final = re.compile(r"(?<![A-Za-z0-9])(?P<country>[A-Za-z]{2})\d\d")
_RUN: Final = re.compile(r"[+(]{0,2}\d(?:[ ().\-/]{0,3}\d){6,}+")
_GROUP: Final = re.compile(r"\d+")
_SHAPED: Final = re.compile(
    r"(?:(?:\+|00)?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[ .-]\d{4}"
    r"|\(0\d{2,5}\) ?\d[\d ]{4,8}\d|0\d{9,10}"
)
"""Written as only phone numbers are, whether or not the number exists."""
_EXTENSION: Final = re.compile(r"(?i) ?(?:x|ext\.?|extension) ?\d{1,6}(?!\w)")
_LABELLED: Final = re.compile(
    r"(?i)(?:\b(?:order|invoice|ticket|ref|reference|case|id|item|sku|isbn|build)\b"
    r"[ .:#no]{0,6}|#)$"
)
"""Before an unbroken number: what it counts is not a phone."""
_UUID: Final = re.compile(r"(?i)(?<!\w)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w)")
_NOT_A_PHONE: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T ]\d\d(?=:))?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d(?: \d\d(?=:))?"
    r"|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d|\d\d?:\d\d(?::\d\d)?|127\.0\.0\.1|0\.0\.0\.0)(?!\d)"
)
_DECIMAL: Final = re.compile(r"\d+\.\d+")
_UNBROKEN: Final = {
    "US": re.compile(r"1?[2-9]\d{9}"),
    "GB": re.compile(r"0\d{9,10}"),
    "DE": re.compile(r"0\d{6,13}"),
    "FR": re.compile(r"0[1-9]\d{8}"),
    "ES": re.compile(r"[5-9]\d{8}"),
}
"""What an unbroken group of digits must look like to be worth a check; only to save time."""
_ANNOUNCED: Final = re.compile(
    r"(?i)\b(?:phone|tel|telephone|cell|mobile|fax|whatsapp|call me (?:on|at)|text me (?:on|at)"
    r"|reach me (?:on|at)|ring me on)\b[^\d\n+(]{0,16}$"
)


@dataclass(slots=True)
class _Work:
    """Checks left in this pass: what bounds the time of a hostile text."""

    left: int

    def take(self) -> bool:
        """Use one check; False when none is left."""
        self.left -= 1
        return self.left >= 0


class PatternRedactor:
    """Validated patterns, checksums and phone metadata. Thread-safe: no state between calls.

    >>> PatternRedactor().redact("Mail ada@example.org, card 4111 1111 1111 1111.").text
    'Mail [EMAIL], card [CARD].'

    Args:
        regions: ISO 3166 codes whose phone numbers (written without +) and national ids are
            looked for. International phone numbers, IBANs and cards are always found.
        max_checks: expensive checks per pass, >= 1.

    Raises:
        ConfigError: an unknown region, or max_checks < 1.
    """

    def __init__(
        self, regions: Sequence[str] = DEFAULT_REGIONS, *, max_checks: int = MAX_CHECKS
    ) -> None:
        unknown = [region for region in regions if region not in BY_REGION]
        if isinstance(regions, str) or unknown:
            raise ConfigError(
                f"regions must be a sequence out of {', '.join(BY_REGION)}, got {regions!r:.60}"
            )
        if max_checks < 1:
            raise ConfigError(f"max_checks must be at least 1, got {max_checks}")
        self.regions = tuple(regions)
        self.max_checks = max_checks
        self._ids = tuple(one for region in regions for one in BY_REGION[region])

    def redact(self, text: str) -> Redacted:
        """The text with each finding replaced by its kind, such as `[EMAIL]`.

        Idempotent: what comes out is left alone by another call.

        Raises:
            InputTypeError: not a str. TooLarge: more than 16,000 characters; none was read.
        """
        if not isinstance(text, str):
            raise InputTypeError(f"text must be str, got {type(text).__name__}")
        if len(text) > MAX_TEXT:
            raise TooLarge(f"text has {len(text):,} characters; split it: {MAX_TEXT:,} are allowed")
        found: Counter[str] = Counter()
        for left in range(MAX_PASSES, 0, -1):
            if not _TRIGGER.search(text):
                break
            # A finding can uncover a neighbour, so look again; the last pass takes all numbers.
            spans = self._spans(text, _Work(self.max_checks if left > 1 else 0))
            if not spans:
                break
            found.update(kind for _, _, kind in spans)
            text = _replace(text, spans)
        return Redacted(text, tuple(Found(kind, n) for kind, n in sorted(found.items())))

    def _spans(self, text: str, work: _Work) -> list[Span]:
        """What to replace, in order of place; earlier kinds hide their spans from later ones."""
        shadow = text if text.isascii() else _fold(text)
        spans: list[Span] = []
        for finder in _FINDERS:
            found = list(finder(shadow))
            shadow = _hide(shadow, found)
            spans += found
        if any(_digit(c) for c in shadow):
            numbers = list(self._numbers(shadow, work))
            spans += numbers
        return sorted(spans)

    def _numbers(self, text: str, work: _Work) -> Iterator[Span]:
        """Cards, national ids and phones; they compete for the same digits, in this order."""
        text = _UUID.sub(lambda match: _MASK * len(match[0]), text)
        for find in (_cards, self._national, self._phones):
            found = list(find(text, work))
            text = _hide(text, found)
            yield from found

    def _national(self, text: str, work: _Work) -> Iterator[Span]:
        for one in self._ids:
            found = list(_ids_of(one, text, work))
            text = _hide(text, found)
            yield from found

    def _phones(self, text: str, work: _Work) -> Iterator[Span]:
        text = _NOT_A_PHONE.sub(lambda match: _MASK * len(match[0]), text)
        for run in _RUN.finditer(text):
            start, end = run.span()
            extension = _EXTENSION.match(text, end)
            if text[start - 1 : start].isalpha() or (
                not extension and text[end : end + 1].isalpha()
            ):
                continue  # part of a hash or a name
            if work.left <= 0:
                yield start, end, "NUMBER"
                continue
            for lo, hi, kind in self._phones_in(text, start, end, work):
                yield lo, extension.end() if extension and hi == end else hi, kind

    def _phones_in(self, text: str, start: int, end: int, work: _Work) -> Iterator[Span]:
        for lo, hi in _pieces(text, start, end):
            if span := self._phone(text[max(0, lo - 40) : lo], text[lo:hi], work):
                yield lo + span[0], lo + span[1], span[2]

    def _phone(self, before: str, written: str, work: _Work) -> Span | None:
        """The phone number in a piece of a run, if it has one."""
        whole = 0, len(written), "PHONE"
        if _DECIMAL.fullmatch(written) or (written.isdigit() and _LABELLED.search(before)):
            return None
        if _SHAPED.fullmatch(written):
            return whole
        if 7 <= sum(map(str.isdigit, written)) <= 15 and _ANNOUNCED.search(before):
            return whole
        abroad = written.startswith(("+", "(+", "00"))
        leniency = Leniency.POSSIBLE if abroad else Leniency.VALID
        for region in self._worth_asking(written, abroad):
            if not work.take():
                return 0, len(written), "NUMBER"
            for match in PhoneNumberMatcher(written, region, leniency, 3):
                return match.start, match.end, "PHONE"
        return None

    def _worth_asking(self, written: str, abroad: bool) -> Iterator[str]:
        """Regions in which the number can be one, as far as its shape tells."""
        for region in self.regions[:1] if "+" in written else self.regions:
            shape = None if abroad or not written.isdigit() else _UNBROKEN.get(region)
            if shape is None or shape.fullmatch(written):
                yield region


def _digit(char: str) -> bool:
    return "0" <= char <= "9"


def _fold(text: str) -> str:
    """The same length, with wide forms, other scripts' digits, spaces and hyphens made ASCII."""
    text = text.translate(_WIDE)
    return "".join(str(int(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def _hide(text: str, spans: Sequence[Span]) -> str:
    for start, end, _ in spans:
        text = text[:start] + _MASK * (end - start) + text[end:]
    return text


def _replace(text: str, spans: Sequence[Span]) -> str:
    parts, at = [], 0
    for start, end, kind in spans:
        parts += [text[at:start], f"[{kind}]"]
        at = end
    return "".join([*parts, text[at:]])


def _ips(pattern: re.Pattern[str], shape: Callable[[str], bool]) -> Finder:
    """Addresses that lead to somebody: not loopback, not unspecified."""

    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            if shape(match[0]) and _routable(match[0]):
                yield match.start(), match.end(), "IP"

    return find


def _ipv6_shape(written: str) -> bool:
    """Keeps `std::add` and `12:30` out: three groups, or a digit beside `::`."""
    groups = [group for group in written.split(":") if group]
    return written.count(":") >= 2 and (
        len(groups) >= 3 or any(c.isdigit() for g in groups for c in g)
    )


def _routable(written: str) -> bool:
    try:
        address = ip_address(written)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


def _iban_lengths() -> dict[str, int]:
    """Country to the length of its IBANs, from python-stdnum's copy of the registry."""
    registry = numdb.get("iban")
    lengths = {}
    for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            info = registry.info(a + b + "00")[0][1]
            if "bban" in info:
                lengths[a + b] = 4 + sum(map(int, re.findall(r"(\d+)!", info["bban"])))
    return lengths


_IBANS: Final = {
    country: re.compile(rf"[A-Za-z]{{2}}\d\d(?:[ -]?[A-Za-z0-9]){{{length - 4}}}(?![A-Za-z0-9])")
    for country, length in _iban_lengths().items()
}


def _ibans(text: str) -> Iterator[Span]:
    end = 0
    for head in _IBAN_HEAD.finditer(text):
        if head.start() < end:
            continue
        shape = _IBANS.get(head["country"].upper())
        match = shape.match(text, head.start()) if shape else None
        if match and iban.is_valid(match[0], check_country=False):
            end = match.end()
            yield match.start(), end, "IBAN"


def _cards(text: str, work: _Work) -> Iterator[Span]:
    """13 to 19 digits that pass Luhn, whole or in the groups that cards are printed in."""
    for run in _RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
        at = 0
        while at < len(groups):
            taken = _card_groups(text, groups, at, work)
            if taken:
                yield groups[at][0], groups[at + taken - 1][1], "CARD"
            at += taken or 1


def _card_groups(text: str, groups: Sequence[tuple[int, int]], at: int, work: _Work) -> int:
    """How many groups from `at` on make a card; 0 for none."""
    sizes = [hi - lo for lo, hi in groups[at : at + 19]]
    for count in _card_shapes(sizes, whole=at == 0 and len(sizes) == len(groups)):
        digits = "".join(text[lo:hi] for lo, hi in groups[at : at + count])
        if digits[0] in "23456" or (len(digits) >= 15 and digits[0] != "0"):
            if not work.take():
                return 0
            if luhn.is_valid(digits):
                return count
    return 0


def _card_shapes(sizes: Sequence[int], *, whole: bool) -> Iterator[int]:
    """Numbers of leading groups that could be a card, the longest first."""
    if whole and 13 <= len(sizes) <= 19 and max(sizes) == 1:
        yield len(sizes)
    for count in range(min(6, len(sizes)), 1, -1):
        first, *middle, last = sizes[:count]
        if (
            first in (4, 6)
            and all(3 <= size <= 6 for size in middle)
            and last <= 13
            and 13 <= first + sum(middle) + last <= 19
        ):
            yield count
    if 13 <= sizes[0] <= 19:
        yield 1


def _ids_of(one: NationalId, text: str, work: _Work) -> Iterator[Span]:
    group = "id" if "id" in one.shape.groupindex else 0
    for match in one.shape.finditer(text):
        if not work.take():
            return
        if one.valid(match[group]):
            yield *match.span(group), "NATIONAL_ID"


def _pieces(text: str, start: int, end: int, width: int = 48) -> Iterator[tuple[int, int]]:
    """A run cut at its gaps into pieces of about `width`, so that one check stays small."""
    while end - start > width:
        gap = next((i for i in range(start + width, end) if not _digit(text[i])), end)
        cut = next((i for i in range(start + 30, gap) if not _digit(text[i])), gap)
        yield start, cut
        start = next((i for i in range(cut, end) if _digit(text[i])), end)
    if start < end:
        yield start, end


_FINDERS: Final[tuple[Finder, ...]] = (
    *CREDENTIALS,
    matches(_EMAIL, "EMAIL"),
    _ibans,
    _ips(_IPV4, lambda written: True),
    _ips(_IPV6, _ipv6_shape),
)
