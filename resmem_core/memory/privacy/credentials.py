"""Keys, tokens, passwords and credentials in a text, for the redactor.

Each finder is a scan with possessive or bounded repeats that yields spans of one kind. What is
replaced of `password=…` is the value; the name stays, so that the text still makes sense.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from resmem_core.memory.privacy.spans import LATIN, Finder, Span, matches, needing

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY")
_PEM_END: Final = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_URL_LOGIN: Final = re.compile(r"(?<=://)[^\s/@:\x00]{0,128}+:[^\s/@\x00]{1,256}+(?=@)")
_TOKEN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{16,}|gh[pousr]_\w{30,}|github_pat_\w{22,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|xox[abeoprs]-[\w-]{10,}|AIza[\w-]{30,}|glpat-[\w-]{16,}"
    r"|npm_\w{30,}|pypi-[\w-]{16,}|hf_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|ya29\.[\w-]{20,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r")"
)
_BEARER: Final = re.compile(r"(?i)\b(?:bearer|basic) {1,3}(?P<value>[\w.~+/-]{16,}+={0,2})")
_PASSWORD: Final = (
    r"passw(?:or)?d|passwort|pwd|passphrase|kennwort|mot de passe|mdp|contrase[ñn]a|clave"
    r"|senha|palavra[ -]passe|parola|wachtwoord|hasło|şifre|парол\w|密码|密碼|口令|暗証番号"
    r"|パスワード|비밀번호|암호|كلمة (?:المرور|السر)|पासवर्ड"
)
"""In en, de, fr, es, pt, it, nl, pl, tr, ru, zh, ja, ko, ar, hi."""
_NAMED: Final = re.compile(
    rf"(?i)(?:(?P<pass>{_PASSWORD}|secret)|token|api.?key|_key|\bkey|credentials?)"
    r"[\w-]{0,20}?[\"']? {0,3}(?P<by>=|:|\b(?:is|ist|lautet|est|es|è|é|это)\b ?:?"
    r"|[是为為は은는]|है) {0,3}[\"']?(?P<value>[^\s\"'\[\],;。，、；！？\x00]{4,})"
)
BEARERS: Final = ("bearer", "bas")
NAMES: Final = (
    "pass", "pwd", "secret", "token", "key", "cred", "kennwort", "mdp", "contrase", "clave",
    "senha", "parola", "wachtwoord", "hasło", "ş", "парол", "密", "口令", "暗証番号", "パスワード",
    "비밀번호", "암호", "كلمة", "पासवर्ड",
)  # fmt: skip
"""Of which every match of the two holds one, case folded; without an i, whose case has a dot."""
_TAIL: Final = re.compile(rf"(?<=[{LATIN}!-~])(?:(?![{LATIN}])\w)[^0-9A-Za-z]*$")
"""What follows a value without a blank, in a script that has none."""
_ASSIGNED: Final = re.compile(r"[=:] ?[\"']?(?P<value>[\w+/-]{20,}+={0,2})")
_LONG: Final = re.compile(r"(?<![\w/+.-])[\w-]{32,}+")
_UUID: Final = re.compile(r"(?i)(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:0x)?[0-9a-f_-]+)")


def _pem(text: str) -> Iterator[Span]:
    """Private key blocks; one that is cut off reaches to the end of the text."""
    at = 0
    while (begin := _PEM.search(text, at)) is not None:
        end = _PEM_END.search(text, begin.end())
        at = end.end() if end else len(text)
        yield begin.start(), at, "PRIVATE_KEY"


def _values(pattern: re.Pattern[str], accept: Callable[[re.Match[str]], bool]) -> Finder:
    """Spans of the group `value` in the matches that are accepted."""

    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            if accept(match):
                start, end = match.span("value")
                tail = _TAIL.search(match["value"])
                yield start, start + tail.start() if tail else end, "SECRET"

    return find


def _named_secret(match: re.Match[str]) -> bool:
    """A value after a telling name: any after `password=`, else one with letters and digits."""
    value = match["value"]
    if match["by"] == "=" and match["pass"]:
        return not value.startswith(("{", "$", "<"))
    return len(value) >= 6 and _mixed(value)


def _mixed(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _random_looking(value: str) -> bool:
    """Upper, lower and digits, at least 3.5 bits per character; not a hash or a UUID."""
    if not (_mixed(value) and value.lower() != value != value.upper()) or _UUID.fullmatch(value):
        return False
    counts = Counter(value).values()
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return bits >= 3.5


def _long_tokens(text: str) -> Iterator[Span]:
    for match in _LONG.finditer(text):
        value = match[0]
        if sum(map(str.isdigit, value)) >= 3 and _random_looking(value):
            yield match.start(), match.end(), "SECRET"


CREDENTIALS: Final[tuple[Finder, ...]] = (
    needing(["-----BEGIN"], _pem),
    needing(["://"], matches(_URL_LOGIN, "CREDENTIALS")),
    needing(BEARERS, _values(_BEARER, lambda match: _mixed(match["value"])), str.casefold),
    needing(NAMES, _values(_NAMED, _named_secret), str.casefold),
    needing("=:", _values(_ASSIGNED, lambda match: _random_looking(match["value"]))),
)
"""In the order in which they claim their spans, before addresses do."""

TOKENS: Final[tuple[Finder, ...]] = (matches(_TOKEN, "SECRET"), _long_tokens)
"""After addresses, whose parts may look random: half an address would be left."""
