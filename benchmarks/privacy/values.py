"""Values that identify somebody or open something, made by seed: every one is invented.

Checksums are right and prefixes are real, so that a finder which only knows the shape and one that
checks it are measured alike.
"""

from __future__ import annotations

import base64
import string
import uuid
from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias

from phonenumbers import PhoneNumber, example_number, format_number
from phonenumbers import is_valid_number as valid_phone
from stdnum import luhn
from stdnum.util import get_cc_module

Make: TypeAlias = Callable[[Random], str]

_ALNUM: Final = string.ascii_letters + string.digits
_HEX: Final = "0123456789abcdef"


def chars(rng: Random, count: int, alphabet: str = _ALNUM) -> str:
    return "".join(rng.choices(alphabet, k=count))


def shaped(shape: str) -> Make:
    """A maker: `#` is a digit, `^` a capital, `~` hexadecimal, `*` a letter or digit."""
    sets = {"#": string.digits, "^": string.ascii_uppercase, "~": _HEX, "*": _ALNUM}
    return lambda rng: "".join(rng.choice(sets.get(c, c)) for c in shape)


def checked(make: Make, country: str, module: str) -> Make:
    """Values of the shape that python-stdnum's module accepts, as they were written."""
    check = get_cc_module(country, module)
    assert check is not None, (country, module)

    def made(rng: Random) -> str:
        return next(value for _ in range(200_000) if check.is_valid(value := make(rng)))

    return made


def dated(before: str, after: str, order: str = "ymd") -> Make:
    """A day of birth between two shapes."""

    def made(rng: Random) -> str:
        parts = {
            "y": f"{rng.randrange(50, 99)}",
            "m": f"{rng.randrange(1, 13):02}",
            "d": f"{rng.randrange(1, 29):02}",
            "Y": f"{rng.randrange(1950, 1999)}",
        }
        return shaped(before)(rng) + "".join(parts[c] for c in order) + shaped(after)(rng)

    return made


def phone(region: str, style: int) -> Make:
    """A valid number of the region near its example."""
    base = example_number(region)
    assert base is not None, region

    def made(rng: Random) -> str:
        for _ in range(2_000):
            digits = str(base.national_number)
            digits = digits[:-5] + chars(rng, 5, string.digits)
            number = PhoneNumber(country_code=base.country_code, national_number=int(digits))
            number.italian_leading_zero = base.italian_leading_zero
            if valid_phone(number):
                return str(format_number(number, style))
        raise AssertionError(region)

    return made


def card(prefix: str, length: int, gap: str) -> Make:
    def made(rng: Random) -> str:
        body = prefix + chars(rng, length - len(prefix) - 1, string.digits)
        number = body + luhn.calc_check_digit(body)
        sizes = (4, 6, 5) if length == 15 else (4, 4, 4, length - 12)
        parts, at = [], 0
        for size in sizes:
            parts.append(number[at : at + size])
            at += size
        return gap.join(parts)

    return made


def iban(country: str, bban: str, *, gap: str = "") -> Make:
    def made(rng: Random) -> str:
        body = shaped(bban)(rng).upper()
        digits = "".join(str(int(c, 36)) for c in body + country + "00")
        number = f"{country}{98 - int(digits) % 97:02}{body}"
        return gap.join(number[i : i + 4] for i in range(0, len(number), 4))

    return made


def email(shape: str) -> Make:
    names = ("ada", "jiri.novak", "maria-jose", "o.brien", "lee_sun", "zoe", "t.anderson", "karl")
    hosts = ("example.org", "mail.example.com", "firma.example", "posta.example.it", "uni.ac.uk")

    def made(rng: Random) -> str:
        name, host = rng.choice(names) + str(rng.randrange(9, 99)), rng.choice(hosts)
        return shape.format(name=name, host=host, NAME=name.upper(), HOST=host.upper())

    return made


def words(rng: Random) -> str:
    """A password as people choose them: a word, digits, a sign."""
    word = rng.choice(("Sommer", "tiger", "Lisboa", "dragon", "Monkey", "kaffee", "raduga"))
    return word + str(rng.randrange(1980, 2026)) + rng.choice("!?#")


def login(rng: Random) -> str:
    return f"app{rng.randrange(10, 99)}:{words(rng)}"


def jwt(rng: Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{chars(rng, 40)}.{chars(rng, 43)}"


def ipv4(rng: Random) -> str:
    first = rng.choice((81, 93, 185, 203, 192))
    return ".".join(str(n) for n in (first, *(rng.randrange(2, 250) for _ in range(3))))


def ipv6(rng: Random) -> str:
    return "2001:db8:" + ":".join(chars(rng, 4, _HEX) for _ in range(6))


def guid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
