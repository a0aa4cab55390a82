"""The redactor: what must never survive, what must be left alone, what bounds its work."""

from __future__ import annotations

import random
import re
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, example_number, format_number
from stdnum import luhn
from stdnum.gb import nhs

from resmem_core.errors import ConfigError, InputTypeError, TooLarge
from resmem_core.memory.privacy import credentials
from resmem_core.memory.privacy import phones as module
from resmem_core.memory.privacy.national import ANNOUNCED, BY_REGION, NUMBERED
from resmem_core.memory.privacy.redact import MAX_PASSES, PatternRedactor
from resmem_core.protocols import Redactor

REDACTOR = PatternRedactor()
EVERYWHERE = PatternRedactor(tuple(BY_REGION))
CONTEXTS = ("{}", "it is {}, thanks", "({})", "old:{}; new soon", "Take {} and go.")


def redact(text: str) -> str:
    return REDACTOR.redact(text).text


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A number that passes Luhn, written plainly or in the groups of its length."""
    length = draw(st.integers(13, 19))
    body = draw(st.sampled_from("3456")) + draw(
        st.text("0123456789", min_size=length - 2, max_size=length - 2)
    )
    number = body + luhn.calc_check_digit(body)
    gap = draw(st.sampled_from(("", " ", "-")))
    sizes = (4, 6, 5) if length == 15 else (4, 4, 4, length - 12)
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return gap.join(parts) if sum(sizes) == length else number


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country, length = draw(st.sampled_from((("DE", 22), ("FR", 27), ("PT", 25), ("ES", 24))))
    bban = draw(st.text("0123456789", min_size=length - 4, max_size=length - 4))
    check = 98 - int("".join(str(int(c, 36)) for c in bban + country + "00")) % 97
    number = f"{country}{check:02d}{bban}"
    spaced = " ".join(number[i : i + 4] for i in range(0, length, 4))
    return draw(st.sampled_from((number, spaced, number.lower())))


@st.composite
def phones(draw: st.DrawFn) -> str:
    region = draw(st.sampled_from(REDACTOR.regions))
    style = draw(st.sampled_from((PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)))
    number = example_number(draw(st.sampled_from((*REDACTOR.regions, "PT", "JP", "BR", "IN"))))
    national = example_number(region)
    assert number is not None
    assert national is not None
    return draw(
        st.sampled_from(
            (format_number(number, style), format_number(national, PhoneNumberFormat.NATIONAL))
        )
    )


@settings(deadline=None)
@given(cards(), st.sampled_from(CONTEXTS))
def test_no_payment_card_survives(card: str, context: str) -> None:
    """A Luhn-valid number of 13 to 19 digits is replaced, however it is grouped."""
    out = redact(context.format(card))

    assert sum(c.isdigit() for c in out) == 0


@settings(deadline=None)
@given(ibans(), st.sampled_from(CONTEXTS))
def test_no_iban_survives(number: str, context: str) -> None:
    """An IBAN is replaced, plain, spaced or in lower case."""
    assert redact(context.format(number)) == context.format("[IBAN]")


@settings(deadline=None)
@given(st.emails())
@example("0@G0000000000011123456789ABCDEFHa0.AC")
@example("token=Abc123xyz456@example.com")
@example("sk-abcdefghij0123456789ABCDEFGHIJ@example.com")
def test_no_email_survives(address: str) -> None:
    """Whatever RFC 5321 allows before and after the @ is gone."""
    assert "@" not in redact(f"write to {address} today")


@settings(deadline=None)
@given(phones(), st.sampled_from(CONTEXTS))
def test_no_phone_number_survives(number: str, context: str) -> None:
    """International numbers of anywhere, national ones of the configured regions."""
    assert "[PHONE]" in redact(context.format(number))


@settings(deadline=None)
@given(st.text("0123456789", min_size=9, max_size=9))
def test_no_nhs_number_survives(body: str) -> None:
    """A ten-digit health number in its official grouping is replaced."""
    check = next((d for d in "0123456789" if nhs.is_valid(body + d)), "X")
    written = f"{body[:3]} {body[3:6]} {body[6:]}{check}"

    assert check == "X" or written not in redact(f"NHS {written}")


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("US", "536-90-4399"), ("GB", "943 476 5919"), ("GB", "AB 12 34 56 C"),
        ("DE", "36 574 261 809"), ("FR", "2 95 10 99 126 111 93"), ("ES", "54362315K"),
        ("ES", "X-2482300W"), ("IT", "RCCMNL83S18D969H"), ("BE", "85.07.30-033.28"),
        ("SE", "880320-0016"), ("PL", "44051401359"), ("CH", "756.9217.0769.85"),
        ("BR", "390.533.447-05"), ("IN", "2341 2341 2346"), ("ZA", "750330 5044 089"),
        ("CA", "123-456-782"),
    ],
)  # fmt: skip
def test_national_ids_of_a_region_are_found(region: str, number: str) -> None:
    """A valid number of an enabled region is replaced."""
    assert number not in PatternRedactor((region,)).redact(f"my id is {number}.").text


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("PT", "o meu NIF: 123 456 789"), ("NL", "BSN 111222333"), ("US", "SSN 536904399"),
        ("AU", "tax file number 123 456 782"),
    ],
)  # fmt: skip
def test_bare_ids_are_found_where_a_word_announces_them(region: str, text: str) -> None:
    """Nine plain digits are an id only after the id's name."""
    assert "[NATIONAL_ID]" in PatternRedactor((region,)).redact(text).text


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("use sk-proj-Ab12Cd34Ef56Gh78Ij90", "Ab12Cd34"),
        ("export GH=ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_"),
        ("aws AKIAIOSFODNN7EXAMPLE", "AKIA"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "eyJ"),
        ("Authorization: Bearer 9f8e7d6c5b4a39281706", "9f8e"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("cut off -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg", "MIIE"),
        ("postgres://bob:hunter2@db.internal/app", "hunter2"),
        ("password=correct-horse", "correct-horse"),
        ("the password is hunter2", "hunter2"),
        ('{"api_key": "d41d8cd98f00b204"}', "d41d8"),
        ("x=Zm9vYmFyQmF6UXV4MTIzNDU2", "Zm9v"),
        ("seen from 203.0.113.77 twice", "203.0"),
        ("seen from 2001:db8::8a2e:370:7334", "8a2e"),
        ("mapped ::ffff:203.0.113.77", "113.77"),
        ("４１１１ １１１１ １１１１ １１１１", "１１"),
        ("ring me on 555 1234", "1234"),
        ("office: 833-214-1466x5827", "5827"),
        ("a number nobody has: (0115) 4960111", "4960111"),
        ("+441632960899 from a film", "2960899"),
    ],
)
def test_keys_tokens_logins_and_addresses_are_gone(text: str, gone: str) -> None:
    """One example of each remaining kind."""
    assert gone not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "I really liked the walk along the river.",
        "2023-05-08 14:30, then 08/05/2023 10:15:22, and 2019-2021",
        "We sold 1,234,567 units at 2,300.50 each; pi is 3.14159265358979",
        "1 2 3 4 5 6 7 8 9 10 11 12 13",
        "order 123456789, build v1.2.3, epoch 1700000000",
        "commit 3f2a9c1b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a, id=550e8400-e29b-41d4-a716-446655440000",
        "std::add(a, b) at 12:30:45 on 127.0.0.1, max_tokens=1024",
        "my password is changed, the token: whatever, sort_key=created_at",
        "order 733540875, ISBN 978-84-8450-442-9",
        "bc5475b7-1894-4681-be1e-dc5ecc2a02c6 34bda1774b8354211225e13a83939d012387ae42",
        "npm i left-pad@1.3.0 and rent is 980 euros",
        "Überraschung: ١٢ كتب, 三十 and ½ of it ✨",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Dates, prices, versions, hashes, code and other scripts pass unchanged."""
    assert redact(text) == text


MIXED = st.lists(st.one_of(
    st.text(max_size=20), st.text("0123456789 -.()+/:@=", max_size=40), cards(), phones(),
    ibans(), st.emails(), st.sampled_from(("password=", "key: ", "a1::", "\x00", "[", "tel ")),
), max_size=6).map("".join)  # fmt: skip


def assert_idempotent(text: str) -> None:
    for redactor in (REDACTOR, EVERYWHERE):
        once = redactor.redact(text).text
        assert redactor.redact(once).text == once


@given(MIXED)
@settings(max_examples=200, deadline=None)
def test_redaction_is_idempotent(text: str) -> None:
    """What comes out is left alone by another call, whatever the regions."""
    assert_idempotent(text)


@pytest.mark.nightly
@given(MIXED)
@settings(max_examples=10_000, deadline=None)
def test_redaction_is_idempotent_at_length(text: str) -> None:
    """The same over ten thousand texts."""
    assert_idempotent(text)


def test_what_was_found_is_counted_and_never_shown() -> None:
    """The report has kinds and counts, no values."""
    out = REDACTOR.redact("a@example.org, b@example.org and 4111111111111111")

    assert [(f.kind, f.count) for f in out.found] == [("CARD", 1), ("EMAIL", 2)]


HOSTILE = (
    "1 ", "1", "a@", "AA11 ", "212 555 0123 ", "4111 ", "1.1.1.1.", "://a:", "key=", "12/34/", "(1",
    "GB82 WEST 1234 5698 7654 33 ", "+1 ", "536-90-4399 ", "-----BEGIN PRIVATE KEY", "a.1@a.1.",
    "943 476 5918 ", "1-", "X1234567L ",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_work_on_hostile_text_is_bounded(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Phone checks, the dearest ones, stay within the budget of the passes."""
    calls = 0
    matcher = module.PhoneNumberMatcher

    def counted(*args: object) -> object:
        nonlocal calls
        calls += 1
        assert len(str(args[0])) <= 80  # each check reads a short piece
        return matcher(*args)

    monkeypatch.setattr(module, "PhoneNumberMatcher", counted)
    PatternRedactor(max_checks=20).redact((unit * 16_000)[:16_000])

    assert calls <= 20 * MAX_PASSES


def test_numbers_beyond_the_budget_are_replaced_unread() -> None:
    """The redactor fails closed: past its budget no long number stays."""
    text = "\n".join(f"(0{i}) 9460958{i}" for i in range(1000, 1400))
    out = PatternRedactor(max_checks=20).redact(text)

    assert "[NUMBER]" in out.text
    assert not any(part.isdigit() and len(part) > 6 for part in out.text.split())


def test_random_lines_of_digits_never_break_it() -> None:
    """Any layout of digits and separators goes through."""
    rng = random.Random(7)
    for _ in range(60):
        text = "".join(rng.choices(string.digits * 4 + " .-()/+\n", k=400))

        assert isinstance(REDACTOR.redact(text).text, str)


def test_bad_input_is_refused() -> None:
    """Bytes, too long a text and unknown regions are typed errors."""
    with pytest.raises(InputTypeError):
        REDACTOR.redact(b"x")  # type: ignore[arg-type]
    with pytest.raises(TooLarge, match="16,001"):
        REDACTOR.redact("a" * 16_001)
    with pytest.raises(ConfigError, match="regions"):
        PatternRedactor(("XX",))
    with pytest.raises(ConfigError, match="max_checks"):
        PatternRedactor(max_checks=0)


def test_it_is_a_redactor() -> None:
    """It fits the protocol."""
    assert isinstance(REDACTOR, Redactor)


@settings(deadline=None)
@given(st.data(), st.sampled_from(["_BEARER", "_NAMED"]))
def test_no_credential_is_without_a_mark(data: st.DataObject, name: str) -> None:
    """Whatever the two patterns match, in any case or script of its letters, holds a mark."""
    text = data.draw(st.from_regex(getattr(credentials, name)))
    marks = {"_BEARER": credentials.BEARERS, "_NAMED": credentials.NAMES}[name]

    assert any(mark in text.casefold() for mark in marks)


def test_letters_that_only_casefold_knows_hide_nothing() -> None:
    """The long s and the Kelvin sign are letters of "password" and "token" too."""
    for name in ("paſſword", "to\u212aen", "CREDENT\u0130AL", "credentıal"):
        assert redact(f"{name}: abc123def456").endswith(": [SECRET]")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("電話は090-1234-5678です", "電話は[PHONE]です"),
        ("我的手机号是13812345678", "我的手机号是[PHONE]"),
        ("Мой телефон 8 912 345-67-89, звоните", "Мой телефон [PHONE], звоните"),
        ("mein Handy: 0171 1234567", "mein Handy: [PHONE]"),
        ("ip是192.168.1.20吗", "ip是[IP]吗"),
        ("我的邮箱是ada@example.com谢谢", "我的邮箱是[EMAIL]谢谢"),
        ("메일은 ada@example.com입니다", "메일은 [EMAIL]입니다"),
        ("пиши на иван@пример.рф", "пиши на [EMAIL]"),
        ("карта 4111111111111111 моя", "карта [CARD] моя"),
        ("密码是abc12345", "密码是[SECRET]"),
        ("mi contraseña: hunter22x", "mi contraseña: [SECRET]"),
        ("le mot de passe est fiche77b", "le mot de passe est [SECRET]"),
    ],
)
def test_a_value_is_found_beside_any_script(text: str, clean: str) -> None:
    """What touches a value without a blank is no part of it, and stays."""
    assert PatternRedactor().redact(text).text == clean


@pytest.mark.parametrize(
    "text",
    [
        "phone model 3310-1100",
        "part number 555-123-4567",
        "order no. 212-555-0187",
        "Bestellnummer 212-555-0187",
        "артикул 212-555-0187",
        "型号 212-555-0187",
        "ISBN 978-3-16-148410-0",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "commit 3f2a9c1b7d4e5f60718293a4b5c6d7e8f9012345",
        "firmware 10.2.3.4",
        "versión 10.2.3.4",
    ],
)
def test_what_only_looks_like_a_value_stays(text: str) -> None:
    """Orders, parts, books, hashes, hexadecimal addresses and versions are no personal data."""
    assert PatternRedactor().redact(text).text == text


@given(st.data())
def test_each_kind_of_national_id_has_the_part_that_is_looked_for_first(data):
    """No number of a known shape is passed over because the quick look finds nothing."""
    kinds = sorted({one.shape.pattern for ids in (*BY_REGION.values(), ANNOUNCED) for one in ids})
    shape = data.draw(st.sampled_from(kinds))
    number = data.draw(st.from_regex(re.compile(shape, re.IGNORECASE | re.ASCII), fullmatch=True))
    assert NUMBERED.search(f"No. {number}, please.")
