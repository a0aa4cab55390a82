"""Identifiers that are found wherever they stand: e-mail and IP addresses, IBANs, payment cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from typing import Final

from stdnum import iban, luhn, numdb

from resmem_core.memory.privacy.spans import LATIN, RUN, Finder, Span, Work, matches, needing

_SIGNS: Final = r".!#$%&'*+/=?^`{|}~\-"
_OTHER: Final = rf"(?:(?![{LATIN}])\w)"
_EMAIL: Final = re.compile(
    rf"(?:(?<![{LATIN}{_SIGNS}])[{LATIN}{_SIGNS}]++"
    rf"|(?<![\w{_SIGNS}]){_OTHER}(?:[{_SIGNS}\d]|{_OTHER})*+)@"
    rf"(?:(?:(?:[{LATIN}-]++|(?:{_OTHER}|[\d-])++)\.)+"
    rf"(?:(?![\d_])[{LATIN}][{LATIN}-]+|{_OTHER}{{2,}}+)|\[[0-9A-Fa-f:.]{{2,45}}\])"
)
"""Local part and every label of the domain in one script each: what touches them is not theirs."""
_VERSION: Final = re.compile(
    r"(?i)(?:(?<!\w)(?:python|node|java|jdk|kernel|linux|ubuntu|debian|windows|macos|ios|android|chrome|firefox"
    r"|safari|sqlite|postgres\w*|mysql|redis|docker|openssl|gcc|php|ruby|nginx|driver|sdk|dll|patch"
    r"|update|rule|ffmpeg|e\.?c\.?|v|ver|versi\w{1,6}|versão|rel|release|build|firmware|fw|rev|revision|section"
    r"|sec|chapter|clause|item|abschnitt|kapitel|absatz|article|chapitre|apartado|cláusula|sezione|§"
    r"|верси\w{1,2}|пункт\w{0,2}|раздел\w{0,2}|глав\w{1,2}|стать\w{1,3})|版本号?|第|バージョン|버전)"
    r"[ .:#=<>~!]{0,3}(?:v?[\d.]{3,20}[ ,/>-]{1,3}(?:to|and|bis|und|à|et|a|y|до|и)?[ >-]{0,2}v?)?$"
)
"""Before four numbers with dots that are no address."""
_RELEASE: Final = re.compile(r"(?i) (?:update|release|patch|version|hotfix|build)\b")
_IPV4: Final = re.compile(rf"(?<![{LATIN}.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![{LATIN}]|\.\d)")
_IPV6: Final = re.compile(rf"(?<![{LATIN}:.])[0-9A-Fa-f:]{{2,40}}+(?![{LATIN}])")
_IBAN_HEAD: Final = re.compile(r"(?<![A-Za-z0-9])(?P<country>[A-Za-z]{2})\d\d")
_GROUP: Final = re.compile(r"\d+")
_BARCODE: Final = re.compile(
    r"(?i)(?:\b(?:ean|gtin|upc|isbn|issn|imei|iccid|barcode|strichcode|code-barres"
    r"|código de barras|codice a barre|штрих-?код)|商品编码|条码|條碼|バーコード|바코드)"
    r"\W{0,3}(?:-?1[034])?\W{0,3}$"
)
"""Before numbers whose check digit is the same as a card's."""


def _ips(pattern: re.Pattern[str], shape: Callable[[str], bool]) -> Finder:
    """Addresses that lead to somebody: not loopback, not unspecified."""

    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            if shape(match[0]) and _is_hosts(text, match) and not _counts(text, match):
                yield match.start(), match.end(), "IP"

    return find


def _is_hosts(text: str, match: re.Match[str]) -> bool:
    """Whether it is an address of a machine, and not of a network that is nobody's."""
    width = _WIDTH.match(text, match.end())
    return _routable(match[0]) and not (width and match[0] + width[0] in _NOBODYS)


_WIDTH: Final = re.compile(r"/\d{1,3}(?![\w.])")
_NOBODYS: Final = frozenset(
    ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
     "224.0.0.0/4", "fe80::/10", "fc00::/7", "ff00::/8", "2001:db8::/32"),
)  # fmt: skip
"""Networks that everybody has."""


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether the words beside it say that it is a version or a section."""
    before = text[max(0, match.start() - 40) : match.start()]
    pinned = before.rstrip().endswith(("==", "~=", ">=", "<=", "!="))
    return bool(pinned or _VERSION.search(before) or _RELEASE.match(text, match.end()))


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
    mask = written.startswith(("255.", "0."))
    return not (address.is_loopback or address.is_unspecified or mask)


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


def ibans(text: str) -> Iterator[Span]:
    end = 0
    for head in _IBAN_HEAD.finditer(text):
        if head.start() < end:
            continue
        shape = _IBANS.get(head["country"].upper())
        match = shape.match(text, head.start()) if shape else None
        if match and iban.is_valid(match[0], check_country=False):
            end = match.end()
            yield match.start(), end, "IBAN"


def cards(text: str, written: str, work: Work) -> Iterator[Span]:
    """13 to 19 digits that pass Luhn, whole or in the groups that cards are printed in.

    `written` is the text with the letters of every script, which name a barcode.
    """
    for run in RUN.finditer(text):
        if _BARCODE.search(written[max(0, run.start() - 20) : run.start()]):
            continue
        groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
        at = 0
        while at < len(groups):
            taken = _card_groups(text, groups, at, work)
            if taken:
                yield groups[at][0], groups[at + taken - 1][1], "CARD"
            at += taken or 1


def _card_groups(text: str, groups: Sequence[tuple[int, int]], at: int, work: Work) -> int:
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


_BESIDE: Final = re.compile(rf"[{_SIGNS}]*(?:[A-Za-z_]+=)?[{_SIGNS}]*")


_REMOTE: Final = re.compile(r"(?:git|hg|svn|aur|gitea|gitlab)@[\w.-]{3,80}[:/](?!//)")
"""A repository's address, which is everybody's."""


def _emails(text: str) -> Iterator[Span]:
    """Addresses, without the signs and the name of a field that stand before them."""
    for match in _EMAIL.finditer(text):
        if _REMOTE.match(text, match.start()):
            continue
        before = _BESIDE.match(text, match.start(), match.end())
        start = before.end() if before else match.start()
        yield start if text[start] != "@" else match.start(), match.end(), "EMAIL"


_WRITTEN_EMAIL: Final = re.compile(
    r"(?i)(?<![\w.+-])[\w.+-]{1,64}+(?:%40|\s?[\[({]\s?(?:at|ät|arroba|chez|собака)\s?[\])}]\s?)"
    r"[\w-]{1,63}+(?:(?:\.|\s?[\[({]\s?(?:dot|punkt|punto|point|ponto|точка)\s?[\])}]\s?)[\w-]{2,63}+){1,4}"
)
"""With its sign escaped, or written so that no program finds it."""

EMAILS: Final = needing("@", _emails)
WRITTEN_EMAILS: Final = needing(("%40", "[", "(", "{"), matches(_WRITTEN_EMAIL, "EMAIL"))

IPS: Final[tuple[Finder, ...]] = (
    needing(".", _ips(_IPV4, lambda written: True)),
    needing(":", _ips(_IPV6, _ipv6_shape)),
)
