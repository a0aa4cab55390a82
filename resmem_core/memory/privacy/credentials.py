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

from resmem_core.memory.privacy.spans import LATIN, Finder, Span, matches, needing, running

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY")
_PEM_END: Final = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_URL_LOGIN: Final = re.compile(r"(?<=://)[^\s/@:\x00]{0,128}+:[^\s/@\x00]{1,256}+(?=@)")
_TOKEN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|gsk|pplx|glpat|gldt|pypi|sq0[a-z]{3}|whsec|rnd|nvapi|tskey|xai|sntrys|xkeysib)[-_][\w-]{16,}"
    r"|[srp]k_(?:live|test)_\w{16,}|gh[pousr]_\w{30,}|github_pat_\w{22,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|AIza[\w-]{30,}"
    r"|GOCSPX-[\w-]{20,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|(?:npm|hf|lin_api|lin_oauth|shp[acps][a-z]|do[opr]_v1|figd|ntn|secret|sbp|r8|key)_[A-Za-z0-9]{28,}"
    r"|(?:hvs|hvb|atlasv1|dp\.pt|dp\.st)\.[\w-]{20,}|(?:dapi|SK|AC|key-)[0-9a-f]{32}"
    r"|NRAK-[A-Z0-9]{20,}|AGE-SECRET-KEY-1[0-9A-Z]{40,}|PMAK-[\w-]{40,}|EAA[A-Za-z0-9]{80,}"
    r"|hooks\.slack\.com/services/[\w/]{20,}|discord(?:app)?\.com/api/webhooks/[\w/-]{20,}"
    r")"
)
_PARTS: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:\d{8,10}:[A-Za-z0-9_-]{35}|[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)(?![A-Za-z0-9@])",
    re.ASCII,
)
"""Tokens of several parts, of which another finder could take one: a bot's, a session's."""
"""Written by their makers so that they can be told."""
_BEARER: Final = re.compile(
    r"(?i)\b(?:bearer|basic|authorization: ?(?:token|apikey|key)) {1,3}"
    r"(?P<value>[\w.~+/-]{16,}+={0,2})"
)
_PASSWORD: Final = (
    r"passw(?:or)?d|passwort|pwd|passphrase|code (?:du )?wi-?fi|code d'accès|zugangscode"
    r"|wlan-?schlüssel|clé (?:du )?wi-?fi|codice (?:di accesso|wi-?fi)|código (?:de acceso|wi-?fi)"
    r"|wi-?fi (?:code|key)|kennwort|mot de passe|mdp|contrase[ñn]a|clave"
    r"|senha|palavra[ -]passe|parola|wachtwoord|hasło|hasła|şifre|parolam?|lösenord\w*|salasana"
    r"|adgangskode|passord|heslo|jelszó|mật khẩu|kata sandi|парол\w|密码|密碼|口令|暗証番号"
    r"|κωδικ[όο]ς|סיסמ[הא]|รหัสผ่าน|パスワード|비밀번호|비번|암호"
    r"|كلمة (?:المرور|السر)|رمز عبور|पासवर्ड"
)
"""In en, de, fr, es, pt, it, nl, pl, tr, sv, fi, da, no, cs, hu, vi, id, ru, zh, el, he, th, ja,
ko, ar, fa, hi."""
PASSWORD_KEY: Final = re.compile(
    rf"(?:[^\W_]{{1,20}}[ _.-])?(?:{_PASSWORD}|secret|pin)", re.IGNORECASE
)
"""A key whose value is a password, whatever it looks like."""
_PASS: Final = (
    rf"(?:{_PASSWORD}|secret|pgpassword|\b(?:my|db|user|admin|root|smtp|mail)?_?pass\b(?= ?[:=]))"
    r"(?: [^\W\d]{1,10}){0,3}?"
)
"""A word for a password, and up to three that say whose it is."""
_IS: Final = (
    r"=|:|[-=]>|→|(?<=\w)>|\b(?:is|ist|lautet|est|es|è|é|to|är|er|on|je|là|adalah|это)\b ?:?"
    r"|[是為为は은는]|है|(?<= )(?=[^\s:=]*\d)"
)
_NAMED: Final = re.compile(
    rf"(?i)(?:(?P<pass>{_PASS})|token|api.?key|_key|\bkeys?(?![a-z])|credentials?|sess\w*id)"
    rf"[\w-]{{0,20}}?[\"']? {{0,3}}(?P<by>{_IS})"
    r" {0,3}(?:[\"'](?P<quoted>[^\"'\n\[\]\x00]{4,64}+)(?=[\"'])"
    r"|[\"']?(?P<value>[^\s\"'\[\],;<>。，、；！？\x00]{4,}))"
)
_QUERY: Final = re.compile(
    r"(?i)[?&](?:[\w.-]{0,20}(?:key|token|secret|passw\w*|pwd|sig|signature|auth|session\w*|code))="
    r"(?P<value>[^\s&#\"'<>\[\]\x00]{8,})"
)
"""In an address, where a value ends at the next one."""
_LOGIN: Final = re.compile(
    r"(?i)(?:\s-u|--user)[ =][\"']?[\w.-]{1,40}:(?P<curl>[^\s\"'\x00]{4,})"
    r"|\bidentified (?:by|with \w+ by) ['\"](?P<sql>[^'\"\x00]{4,})['\"]"
    r"|\b(?:sess(?:ion)?[_-]?(?:id|token)?|sid|phpsessid|jsessionid|csrf\w*|auth)=(?P<cookie>[\w.%-]{12,})"
)
"""Where a command, a statement or a cookie says who is there."""
_LOGINS: Final = ("-u", "user", "identified", "sess", "sid=", "csrf", "auth")
_PIN: Final = re.compile(
    r"(?i)(?<!\w)(?:pins?(?:[- ]?(?:code|nummer|number))?|code pin|passcode"
    r"|geheimzahl|código pin|codice pin|пин(?:-?код)?|pin 码|pin码|핀 ?번호)"
    r"(?: (?:of|for|der|de|del|du|от|für|my|card|bank|karte|handy|phone)){0,3}"
    r"(?: {0,2}[:=] {0,2}| (?:is|ist|lautet|es|est|è|é|это|was|now|:)"
    r"(?: (?:now|jetzt))? | (?=\d{6}(?!\d))|[是は는은])"
    r"(?P<value>\d{4,8})(?![\d-])"
)
_SHELL: Final = re.compile(
    r"\b(?:mysql\w*|mariadb\w*|sshpass|mongo\w*)\b[^\n|;]{0,80}? -p ?[\"']?"
    r"(?P<value>[^\s\"'\x00]{4,})"
)
_PHRASE: Final = re.compile(
    r"(?i)(?:pass ?phrase|(?:seed|recovery|backup) (?:phrase|words)|mnemonic|wiederherstellungs\w+"
    r"|phrase (?:secrète|de récupération|mnémonique)|frase (?:semilla|de recuperación|di recupero)"
    r"|сид[- ]?фраза|助记词|助記詞|シードフレーズ|시드 ?문구)"
    r"(?: {0,3}[:=] {0,3}| (?:is|ist|est|es|è|это|:) |[是은는は]:? ?)[\"']?"
    r"(?P<value>[^\W\d_]{3,12}(?:[ -][^\W\d_]{3,12}){2,23})(?![^\W_])"
)
"""Several plain words that open something."""
_HEX_KEY: Final = re.compile(
    r"(?i)\b(?:private|secret|signing|wallet|master)[ _-]?key\W{0,4}(?:is )?"
    r"(?P<value>(?:0x)?[0-9a-f]{32,128})(?![^\W_])"
)
BEARERS: Final = ("bearer", "bas", "authorization")
NAMES: Final = (
    "pass", "pwd", "secret", "token", "key", "cred", "kennwort", "mdp", "contrase", "clave",
    "senha", "palavra", "parola", "wachtwoord", "has", "ş", "sess", "lösenord", "salasana",
    "sandi", "adgangskode", "heslo", "jelszó", "mật", "κωδικ", "סיסמ", "รหัสผ่าน", "رمز",
    "code", "wifi", "wi-fi", "wlan", "código",
    "парол", "密", "口令", "暗証番号", "パスワード", "비밀번호", "비번", "암호", "كلمة", "पासवर्ड",
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
                start, end = match.span(match.lastgroup or "value")
                tail = _TAIL.search(text[start:end])
                yield start, start + tail.start() if tail else end, "SECRET"

    return find


def _named_secret(match: re.Match[str]) -> bool:
    """A value after a telling name: any after `password=`, else one with letters and digits."""
    value = match["value"] or match["quoted"]
    if match["by"] == "=" and match["pass"]:
        return not value.startswith(("{", "$", "<"))
    if not match["by"] and not (match["pass"] and sum(map(str.isdigit, value)) >= 2):
        return False
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
    needing("?&", _values(_QUERY, lambda match: True)),
    needing(_LOGINS, _values(_LOGIN, lambda match: True), str.casefold),
    needing(
        ("pin", "passcode", "geheimzahl", "пин", "핀"),
        _values(_PIN, lambda match: True),
        str.casefold,
    ),
    needing(
        ("phrase", "words", "mnemon", "wiederh", "frase", "фраза", "助", "シード", "시드"),
        _values(_PHRASE, lambda match: True),
        str.casefold,
    ),
    needing(("key",), _values(_HEX_KEY, lambda match: True), str.casefold),
    needing(("-p",), _values(_SHELL, lambda match: True)),
    needing(NAMES, _values(_NAMED, _named_secret), str.casefold),
    needing(":.", running(20, matches(_PARTS, "SECRET"))),
    needing("=:", running(20, _values(_ASSIGNED, lambda match: _random_looking(match["value"])))),
)
"""In the order in which they claim their spans, before addresses do."""

TOKENS: Final[tuple[Finder, ...]] = (
    running(15, matches(_TOKEN, "SECRET")),
    running(32, _long_tokens),
)
"""After addresses, whose parts may look random: half an address would be left."""
