"""Phone numbers: shapes that nothing else has, then the metadata of python-phonenumbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from phonenumbers import Leniency, PhoneNumberMatcher

from resmem_core.memory.privacy.spans import MASK, RUN, Span, Work, digit

_SHAPED: Final = re.compile(
    r"(?:(?:\+|00)?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[ .-]\d{4}"
    r"|\(0\d{2,5}\) ?\d[\d ]{4,8}\d|0\d{9,10}"
)
"""Written as only phone numbers are, whether or not the number exists."""
_EXTENSION: Final = re.compile(r"(?i) ?(?:x|ext\.?|extension) ?\d{1,6}(?!\w)")
_THINGS: Final = (
    r"dossier|file|rule|expediente|processo|proceso|protocollo|pratica|sprawa|zaak|dosya|case|docket"
    r"|дел[оау]|(?!handy|mobil|telefon|ruf|rück|fax|kontakt)[^\W\d]{3,}(?:nummer|nr)"
    r"|primes?|max(?:imum)?|min(?:imum)?|values?|int(?:eger)?s?|factors?|seed|epoch|timestamp"
    r"|scores?|results?|rows?|lines?|pages?|records?|offset|bytes|total|count|size|rma|order|invoice|ticket|ref|reference|case|id|item|sku|isbn|issn|ean|upc|gtin|asin|doi|pmid|build"
    r"|part|model|version|ver|serial|s/n|sn|p/n|pn|mpn|product|article|catalog(?:ue)?|lot|batch"
    r"|tracking|shipment|parcel|receipt|bug|issue|patent|revision|rev|release|firmware|code"
    r"|(?:bestell|rechnungs?|auftrags?|teile?|artikel|modell|serien|sendungs|produkt|chargen"
    r"|versions)-?(?:nummer|nr)?|bestellung|rechnung|auftrag|charge|aktenzeichen"
    r"|commande|facture|pièce|réf(?:érence)?|modèle|série|produit|colis|suivi"
    r"|pedido|factura|pieza|parte|referencia|modelo|serie|artículo|producto|lote|versión|seguimiento"
    r"|sipariş\w*|takip|ürün|zamówieni\w+|faktur\w*|przesyłk\w+|bestelling|factuur|beställning\w*"
    r"|tilaus\w*|objednáv\w+|comand[ăa]|rendelés\w*|đơn hàng|pesanan"
    r"|encomenda|fatura|peça|referência|artigo|produto|versão|rastreio"
    r"|ordine|fattura|pezzo|ricambio|riferimento|modello|seriale|articolo|prodotto|lotto|versione"
    r"|заказ\w{0,2}|сч[её]т\w{0,2}|детал\w{1,2}|артикул\w{0,2}|модел\w{1,2}|серийн\w{2,3}|верси\w{1,2}"
    r"|парти\w{1,2}|товар\w{0,2}|накладн\w{2,3}"
)
_CJK_THINGS: Final = (
    "订单|訂單|ऑर्डर|बिल|الطلب|طلب|فاتورة|הזמנה|παραγγελία|คำสั่งซื้อ|型号|型號|零件|货号|貨號|编号|編號|版本|序列|单号|單號|运单|发票|商品"
    "|工单|工單|案件|案号|单据|会員|受付|접수|회원|예약|予約|管理|注文|型番|品番|部品|製造|バージョン|伝票|주문|모델|부품|버전|시리얼|송장"
)
LABELLED: Final = re.compile(
    rf"(?i)(?:(?:(?<!\w)(?:{_THINGS})|{_CJK_THINGS})(?:[ .:#=№°º(-]{{0,3}}(?:number|num|nummer"
    r"|numéro|número|numero|nr|no|n|de|del|da|di|is|ist|est|es|è|é|id|номер\w{0,2}|号码?|號碼?|番号|번호|是|は"
    r"|[은는])?(?!\w)|(?<=\W))?[ .:#=№°º(\"'-]{0,3}|#|(?<!тел )(?<!тел. )№ ?)"
    r"(?:\d{4,} (?:of|to) )?$"
)
"""Before a number that is not written as abroad: what it counts is not a phone."""
_CODED: Final = re.compile(r"(?<![^\W_])(?!TEL|FAX|MOB|PH-)[A-Z]{2,6}-$")
"""Before the digits of a document's or a part's number."""
_NOT_A_PHONE: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T ]\d\d(?=:))?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d(?: \d\d(?=:))?"
    r"|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d|(?<!\) )(?<!\d )\d{5}-\d{4}"
    r"|\d\d?:\d\d(?::\d\d)?|127\.0\.0\.1|0\.0\.0\.0"
    r"|(?:10|172\.16|192\.168|169\.254|100\.64|224)(?:\.0){2,3}/\d{1,2}|255\.\d{1,3}\.\d{1,3}\.\d{1,3}|214748364[78]|429496729[56])(?!\d)"
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
_ZERO_FIRST: Final = frozenset(
    [
        "GB",
        "DE",
        "FR",
        "AT",
        "NL",
        "BE",
        "SE",
        "FI",
        "CH",
        "IE",
        "AU",
        "NZ",
        "ZA",
        "JP",
        "KR",
        "TW",
        "UA",
        "IL",
        "RO",
        "SK",
        "TH",
        "ID",
        "MY",
        "VN",
        "AE",
        "EG",
        "IR",
        "BG",
        "HR",
    ]
)
"""Regions where a number that is written for use at home begins with 0."""
ANNOUNCED: Final = re.compile(
    r"(?i)(?:\b(?:phone|tel|telephone|cell|mobile|fax|whatsapp|call me (?:on|at)|text me (?:on|at)"
    r"|reach me (?:on|at)|ring me on|telefon\w{0,8}|handy\w{0,6}|mobilnummer|téléphone|portable"
    r"|teléfono|móvil|celular|telefone|telemóvel|telefono|cellulare|телефон\w{0,2}|мобильн\w{2,3})\b"
    r"|手机|手機|电话|電話|携帯|전화|휴대폰|핸드폰|هاتف|جوال|فون|फ़ोन|मोबाइल)[^\d\n+(]{0,16}$"
)
"""Words before a phone number, at the end of what stands before it."""


def phones(text: str, written: str, regions: Sequence[str], work: Work) -> Iterator[Span]:
    """Phone numbers; past the budget, any long number.

    `written` is the text with the letters of every script, which say what a number counts.
    """
    text = _NOT_A_PHONE.sub(lambda match: MASK * len(match[0]), text)
    for run in RUN.finditer(text):
        start, end = run.span()
        extension = _EXTENSION.match(text, end)
        if text[start - 1 : start].isalpha() or (not extension and text[end : end + 1].isalpha()):
            continue  # part of a hash or a name
        if work.left <= 0:
            yield start, end, "NUMBER"
            continue
        for lo, hi, kind in _phones_in(text, written, start, end, regions, work):
            yield lo, extension.end() if extension and hi == end else hi, kind


def _phones_in(
    text: str, written: str, start: int, end: int, regions: Sequence[str], work: Work
) -> Iterator[Span]:
    for lo, hi in _pieces(text, start, end):
        if span := _phone(written[max(0, lo - 40) : lo], text[lo:hi], regions, work):
            yield lo + span[0], lo + span[1], span[2]


def _phone(before: str, written: str, regions: Sequence[str], work: Work) -> Span | None:
    """The phone number in a piece of a run, if it has one."""
    whole = 0, len(written), "PHONE"
    abroad = written.startswith(("+", "(+", "00"))
    counts = written[0] not in "+(" and (LABELLED.search(before) or _CODED.search(before))
    if counts or _DECIMAL.fullmatch(written):
        return None
    if _SHAPED.fullmatch(written):
        return whole
    if 7 <= sum(map(str.isdigit, written)) <= 15 and ANNOUNCED.search(before):
        return whole
    leniency = Leniency.POSSIBLE if abroad else Leniency.VALID
    for region in _worth_asking(written, regions, abroad=abroad):
        if not work.take():
            return 0, len(written), "NUMBER"
        for match in PhoneNumberMatcher(written, region, leniency, 3):
            return match.start, match.end, "PHONE"
    return None


def _worth_asking(written: str, regions: Sequence[str], *, abroad: bool) -> Iterator[str]:
    """Regions in which the number can be one, as far as its shape tells."""
    for region in regions[:1] if "+" in written else regions:
        if region in _ZERO_FIRST and not abroad and written.lstrip("(")[:1] != "0":
            continue
        shape = None if abroad or not written.isdigit() else _UNBROKEN.get(region)
        if shape is None or shape.fullmatch(written):
            yield region


def _pieces(text: str, start: int, end: int, width: int = 48) -> Iterator[tuple[int, int]]:
    """A run cut at its gaps into pieces of about `width`, so that one check stays small."""
    while end - start > width:
        gap = next((i for i in range(start + width, end) if not digit(text[i])), end)
        cut = next((i for i in range(start + 30, gap) if not digit(text[i])), gap)
        yield start, cut
        start = next((i for i in range(cut, end) if digit(text[i])), end)
    if start < end:
        yield start, end
