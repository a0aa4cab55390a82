"""The kinds of values that are planted: who writes them, in which language, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonenumbers import PhoneNumberFormat

from benchmarks.privacy.values import (
    Make,
    card,
    chars,
    checked,
    dated,
    email,
    iban,
    ipv4,
    ipv6,
    jwt,
    login,
    phone,
    shaped,
    words,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to write one kind of value.

    Attributes:
        says: the word that announces it in this language; empty where it stands alone.
        language: of the sentences around it; empty for any.
    """

    name: str
    family: str
    make: Make
    language: str = ""
    says: str = ""


_NATIONAL: Final = PhoneNumberFormat.NATIONAL
_ABROAD: Final = PhoneNumberFormat.INTERNATIONAL

_PHONES: Final = tuple(
    Kind(f"phone {region}", "phone", phone(region, _NATIONAL), language)
    for region, language in (
        ("US", "en"), ("GB", "en"), ("DE", "de"), ("AT", "de"), ("FR", "fr"), ("ES", "es"),
        ("MX", "es"), ("IT", "it"), ("PT", "pt"), ("BR", "pt"), ("NL", "nl"), ("PL", "pl"),
        ("TR", "tr"), ("RU", "ru"), ("JP", "ja"), ("CN", "zh"), ("KR", "ko"), ("IN", "hi"),
        ("SE", "sv"), ("SA", "ar"),
    )
) + tuple(
    Kind(f"phone +{region}", "phone abroad", phone(region, style))
    for region, style in (
        ("PT", _ABROAD), ("JP", _ABROAD), ("BR", PhoneNumberFormat.E164), ("IN", _ABROAD),
        ("CH", PhoneNumberFormat.E164), ("RU", _ABROAD),
    )
)  # fmt: skip

_CARDS: Final = tuple(
    Kind(f"card {name}{gap!r}", "card", card(prefix, length, gap))
    for name, prefix, length in (("visa", "4", 16), ("mc", "52", 16), ("amex", "37", 15))
    for gap in ("", " ", "-")
)

_ACCOUNTS: Final = tuple(
    Kind(f"iban {country}{gap!r}", "iban", iban(country, bban, gap=gap))
    for country, bban, gap in (
        ("DE", "#" * 18, " "), ("FR", "#" * 21 + "##", ""), ("ES", "#" * 20, " "),
        ("PT", "#" * 21, ""), ("NL", "^^^^" + "#" * 10, " "), ("GB", "^^^^" + "#" * 14, ""),
        ("IT", "^" + "#" * 22, " "), ("PL", "#" * 24, " "), ("TR", "#" * 22, ""),
        ("SA", "#" * 20, " "),
    )
)  # fmt: skip

_PEOPLE: Final = tuple(
    Kind(f"id {country}", "national id", make, language, says)
    for country, language, says, make in (
        ("US", "en", "SSN", checked(shaped("###-##-####"), "us", "ssn")),
        ("GB nhs", "en", "", checked(shaped("### ### ####"), "gb", "nhs")),
        ("GB nino", "en", "", shaped("JC ## ## ## B")),
        ("DE", "de", "Steuer-ID", checked(shaped("## ### ### ###"), "de", "idnr")),
        ("FR", "fr", "", checked(shaped("1 85 05 75 1## ### ##"), "fr", "nir")),
        ("ES dni", "es", "DNI", checked(shaped("########^"), "es", "dni")),
        ("ES nie", "es", "NIE", checked(shaped("X#######^"), "es", "nie")),
        ("PT", "pt", "NIF", checked(shaped("2## ### ###"), "pt", "nif")),
        ("BR", "pt", "CPF", checked(shaped("###.###.###-##"), "br", "cpf")),
        ("IT", "it", "codice fiscale", checked(shaped("RCCMNL8#S1#D969^"), "it", "codicefiscale")),
        ("NL", "nl", "BSN", checked(shaped("1########"), "nl", "bsn")),
        ("PL", "pl", "PESEL", checked(dated("", "#####"), "pl", "pesel")),
        ("TR", "tr", "TC kimlik no", checked(shaped("###########"), "tr", "tckimlik")),
        ("SE", "sv", "", checked(dated("", "-####"), "se", "personnummer")),
        ("RU inn", "ru", "ИНН", checked(shaped("77##########"), "ru", "inn")),
        ("JP", "ja", "マイナンバー", checked(shaped("#### #### ####"), "jp", "in_")),
        ("CN", "zh", "身份证号", checked(dated("110101", "####", "Ymd"), "cn", "ric")),
        ("KR", "ko", "", checked(dated("", "-1######"), "kr", "rrn")),
        ("IN", "hi", "आधार", checked(shaped("#### #### ####"), "in_", "aadhaar")),
    )
)  # fmt: skip

_ADDRESSES: Final = (
    Kind("email plain", "email", email("{name}@{host}")),
    Kind("email tag", "email", email("{name}+news@{host}")),
    Kind("email upper", "email", email("{NAME}@{HOST}")),
    Kind("email mailto", "email", email("{name}@{host}")),
    Kind("ipv4", "ip", ipv4),
    Kind("ipv6", "ip", ipv6),
)

_HEX32: Final = shaped("~" * 32)

_KEYS: Final = tuple(
    Kind(f"key {name}", "key", make)
    for name, make in (
        ("openai", shaped("sk-proj-" + "*" * 40)),
        ("anthropic", shaped("sk-ant-api03-" + "*" * 40)),
        ("stripe", shaped("sk_live_" + "*" * 24)),
        ("github", shaped("ghp_" + "*" * 36)),
        ("github fine", shaped("github_pat_" + "*" * 22 + "_" + "*" * 40)),
        ("gitlab", shaped("glpat-" + "*" * 20)),
        ("aws", shaped("AKIA" + "^" * 16)),
        ("google", shaped("AIzaSy" + "*" * 33)),
        ("google oauth", shaped("GOCSPX-" + "*" * 28)),
        ("slack", shaped("xoxb-##########-##########-" + "*" * 24)),
        ("slack hook", shaped("https://hooks.slack.com/services/T########/B########/" + "*" * 24)),
        ("npm", shaped("npm_" + "*" * 36)),
        ("pypi", shaped("pypi-AgEIcHlwaS5vcmc" + "*" * 50)),
        ("hugging face", shaped("hf_" + "*" * 34)),
        ("sendgrid", shaped("SG." + "*" * 22 + "." + "*" * 43)),
        ("telegram", shaped("##########:AA" + "*" * 33)),
        ("discord", shaped("MT" + "*" * 22 + ".G" + "*" * 5 + "." + "*" * 38)),
        ("digitalocean", shaped("dop_v1_" + "~" * 64)),
        ("shopify", shaped("shpat_" + "~" * 32)),
        ("square", shaped("sq0atp-" + "*" * 22)),
        ("brevo", shaped("xkeysib-" + "~" * 64 + "-" + "*" * 16)),
        ("twilio", shaped("SK" + "~" * 32)),
        ("vault", shaped("hvs." + "*" * 24)),
        ("linear", shaped("lin_api_" + "*" * 40)),
        ("databricks", shaped("dapi" + "~" * 32)),
        ("jwt", jwt),
    )
)

_SECRETS: Final = tuple(
    Kind(f"secret {language or says}", "password", make, language, says)
    for language, says, make in (
        ("en", "my password is", words), ("en", "the passphrase:", words),
        ("de", "mein Passwort lautet", words), ("de", "Kennwort:", words),
        ("fr", "mon mot de passe est", words), ("fr", "mot de passe :", words),
        ("es", "mi contraseña es", words), ("es", "clave:", words),
        ("pt", "a minha senha é", words), ("pt", "palavra-passe:", words),
        ("it", "la mia password è", words), ("nl", "mijn wachtwoord is", words),
        ("pl", "moje hasło to", words), ("tr", "şifre:", words),
        ("sv", "mitt lösenord är", words), ("ru", "мой пароль", words),
        ("ru", "пароль:", words), ("zh", "密码是", words), ("ja", "パスワードは", words),
        ("ko", "비밀번호는", words), ("ar", "كلمة المرور:", words), ("hi", "पासवर्ड है", words),
    )
)  # fmt: skip

_CODE: Final = tuple(
    Kind(f"code {name}", "in code", make, "code", shape)
    for name, shape, make in (
        ("env", "DB_PASSWORD={}", words), ("env quoted", 'export API_TOKEN="{}"', _HEX32),
        ("json", '{{"user": "app", "password": "{}"}}', words),
        ("yaml", "db:\n  password: {}\n  host: local", words),
        ("python", 'client = Client(api_key="{}")', _HEX32),
        ("query", "https://api.example.com/v1/list?api_key={}&page=2", _HEX32),
        ("token query", "https://example.com/reset?token={}", shaped("*" * 40)),
        ("dsn", "postgres://{}@db.example.com:5432/main", login),
        ("mongo", "mongodb+srv://{}@cluster0.example.net", login),
        ("odbc", "Server=db;User Id=sa;Password={};Encrypt=yes", words),
        ("curl", "curl -u admin:{} https://example.com", words),
        ("bearer", 'curl -H "Authorization: Bearer {}" https://example.com', shaped("*" * 40)),
        ("basic", "Authorization: Basic {}", lambda rng: chars(rng, 32) + "=="),
        ("header", "X-Api-Key: {}", _HEX32), ("cookie", "Cookie: sessionid={}; theme=dark", _HEX32),
        ("aws", "aws_secret_access_key = {}", shaped("*" * 40)),
        ("azure", "AccountKey={};EndpointSuffix=core", lambda rng: chars(rng, 86) + "=="),
        ("npmrc", "//registry.example.com/:_authToken={}", _HEX32),
        ("netrc", "machine example.com login ada password {}", words),
        ("flag", "mysql -u root --password={} shop", words),
        ("sql", "ALTER USER app IDENTIFIED BY '{}';", words),
        ("terraform", 'variable "x" {{ secret = "{}" }}', _HEX32),
        ("git remote", "git clone https://{}@git.example.com/x.git", login),
    )
)  # fmt: skip

PLANTED: Final = (
    *_ADDRESSES, *_PHONES, *_CARDS, *_ACCOUNTS, *_PEOPLE, *_KEYS, *_SECRETS, *_CODE,
)  # fmt: skip
"""Every way in which a value is written here."""
