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
from collections.abc import Iterator, Sequence
from typing import Final

from resmem_core.errors import ConfigError, InputTypeError, TooLarge
from resmem_core.memory.privacy.credentials import CREDENTIALS, TOKENS
from resmem_core.memory.privacy.identifiers import EMAILS, IPS, WRITTEN_EMAILS, cards, ibans
from resmem_core.memory.privacy.national import (
    BY_LANGUAGE,
    BY_REGION,
    NUMBERED,
    announced,
    national,
)
from resmem_core.memory.privacy.phones import phones
from resmem_core.memory.privacy.spans import (
    MASK,
    SHORTEST,
    Span,
    Work,
    apart,
    digits,
    fold,
    hide,
    longest,
    replace,
)
from resmem_core.memory.text.language import likely
from resmem_core.protocols import Found, Redacted
from resmem_core.types import MAX_TEXT

DEFAULT_REGIONS: Final = ("US", "GB", "DE", "FR", "ES")
MAX_CHECKS: Final = 400
MAX_PASSES: Final = 4

_TRIGGER: Final = re.compile(
    r"[\d@=\uff20\uff1d]|::|(?i:[\[({]\s?(?:at|ät|arroba|chez|собака)\s?[\])}])|-----BEGIN"
    r"|(?:[a-z]{2,6}[-_.]|AKIA|ASIA|AIza)[\w-]{16}"
    r"|(?i:phrase|mnemonic|(?:seed|recovery|backup) words|frase)|фраза|助|フレーズ|문구"
)
_HEX: Final = re.compile(
    r"(?i)(?<!\w)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]{6,}+"
    r"|(?=\d*+[a-f]\d*+[a-f])[0-9a-f]{16,}+)(?!\w)"
)
"""UUIDs, addresses in hexadecimal and hashes: their digits are no numbers."""
_SHORTEST_HEX: Final = 16
"""Characters of one that has no 0x, at least."""
WORDED: Final = (*CREDENTIALS, EMAILS, WRITTEN_EMAILS, *IPS)
"""What is told by letters of any script; all else is looked for between boundaries."""


class PatternRedactor:
    """Validated patterns, checksums and phone metadata. Thread-safe: no state between calls.

    >>> PatternRedactor().redact("Mail ada@example.org, card 4111 1111 1111 1111.").text
    'Mail [EMAIL], card [CARD].'

    Args:
        regions: ISO 3166 codes whose phone numbers (written without +) and national ids are
            looked for; None for US, GB, DE, FR, ES and those of the text's language.
            International phone numbers, IBANs and cards are always found.
        max_checks: expensive checks per pass, >= 1.

    Raises:
        ConfigError: an unknown region, or max_checks < 1.
    """

    def __init__(
        self, regions: Sequence[str] | None = None, *, max_checks: int = MAX_CHECKS
    ) -> None:
        chosen = DEFAULT_REGIONS if regions is None else regions
        unknown = [region for region in chosen if region not in BY_REGION]
        if isinstance(regions, str) or unknown:
            raise ConfigError(
                f"regions must be a sequence out of {', '.join(BY_REGION)}, got {regions!r:.60}"
            )
        if max_checks < 1:
            raise ConfigError(f"max_checks must be at least 1, got {max_checks}")
        self.regions = tuple(chosen)
        self.max_checks = max_checks
        self._follows = regions is None

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
            spans = self._spans(text, Work(self.max_checks if left > 1 else 0))
            if not spans:
                break
            found.update(kind for _, _, kind in spans)
            text = replace(text, spans)
        return Redacted(text, tuple(Found(kind, n) for kind, n in sorted(found.items())))

    def _spans(self, text: str, work: Work) -> list[Span]:
        """What to replace, in order of place; earlier kinds hide their spans from later ones."""
        written = text if text.isascii() else fold(text)
        spans: list[Span] = []
        for finder in WORDED:
            if found := list(finder(written)):
                written = hide(written, found)
                spans += found
        shadow = apart(written)
        for finder in (ibans, *TOKENS):
            if found := list(finder(shadow)):
                shadow = hide(shadow, found)
                spans += found
        if digits(shadow):
            spans += self._numbers(shadow, written, work)
        return sorted(spans)

    def _numbers(self, text: str, written: str, work: Work) -> Iterator[Span]:
        """Cards, national ids and phones; they compete for the same digits, in this order."""
        if longest(text) >= _SHORTEST_HEX or "0x" in text.lower():
            text = _HEX.sub(lambda match: MASK * len(match[0]), text)
        long = digits(text) >= SHORTEST
        found = list(cards(text, written, work)) if long else []
        yield from found
        text = hide(text, found)
        if not long and not NUMBERED.search(text):
            return
        regions = self._regions(written)
        found = list(self._national(text, written, regions, work))
        yield from found
        if long:
            yield from phones(hide(text, found), written, regions, work)

    def _national(
        self, text: str, written: str, regions: Sequence[str], work: Work
    ) -> Iterator[Span]:
        if NUMBERED.search(text):
            ids = [one for region in regions for one in BY_REGION[region]]
            if self._follows:
                ids += announced(written)
            yield from national(text, written, ids, work)

    def _regions(self, text: str) -> Sequence[str]:
        """Where the text's numbers may come from, its own language first."""
        if not self._follows:
            return self.regions
        spoken = (region for language in likely(text) for region in BY_LANGUAGE.get(language, ()))
        return tuple(dict.fromkeys((*spoken, *self.regions)))
