"""How a sentence speaks to its reader: commands, demands, conditions, authority. Data.

Of an untrusted text only what states something is shown, so these lists are wider than those of
`order_words`, by which a text is quarantined.
"""

from __future__ import annotations

import re
from typing import Final

from resmem_core.memory.text.needles import Guarded

READER: Final = Guarded(
    r"(?i)\b(?:you|your|yours|yourself|user'?s?|chatbot|reader|dear|hey|du|dich|dir|dein\w*"
    r"|nutzer\w*|benutzer\w*"
    r"|tu|toi|ton|ta|tes|vous|votre|vos|utilisateur\w*|tú|tus|ti|usted\w*|usuari\w+|você\w*"
    r"|teu|tua|utilizador\w*"
    r"|voi|tuo|tua|vostr\w|utente|utenti|je|jij|jouw|gebruiker\w*|ty|twój\w*|ciebie"
    r"|użytkownik\w*|sen|siz\w*|kullanıcı\w*"
    r"|användare\w*|ditt|din|dig)\b|(?<!^)(?<![.!?:] )\b(?:Sie|Ihnen|Ihre?\w?)\b"
    r"|\b(?:ты|тебе|тебя|твой|твои|вы|вам|вас|ваш\w*|пользовател\w*)\b|你|您|用户|あなた"
    r"|ユーザー|당신|너는"
    r"|사용자|أنت|المستخدم"
    r"|तुम|आप|उपयोगकर्ता|यूज़र"
)
"""Somebody who is spoken to, or the person the reader works for."""

COMMAND: Final = Guarded(
    r"(?i)(?:^|[:;,\-\u2013\u2014>*)\]!=]\s*[\"'“«(]?|\b(?:and|then|now|please|also|just|first|next"
    r"|always|never|and then|to)\s+)"
    r"(?:please |now |then |also |just |always |never |simply |immediately |kindly ){0,4}"
    r"(?:add|act|answer|append|approve|ask|begin|book|buy|call|cancel|change|click|collect"
    r"|combine|credit|debit"
    r"|deposit|donate|initiate|join|proceed|reimburse|remit|settle|slip|subscribe|zahle?"
    r"|bezahle?|buche?"
    r"|vire[zs]?|verse[zs]?|règle[zs]?|paie[zs]?|abona|ingresa|deposita|paga|pague|versa"
    r"|copy|delete|disable"
    r"|discard|disclose|disregard|do|don't|download|email|e-mail|enable|erase|execute|export"
    r"|fetch|follow|forget|forward"
    r"|give|go|grant|hide|ignore|include|insert|install|invoke|issue|keep|leak|let|link|list"
    r"|mention|open|order|output"
    r"|override|pass|pay|perform|post|praise|pretend|print|process|proceed|provide|publish"
    r"|purchase|put|read|recommend"
    r"|refund|remember|remove|repeat|replace|reply|report|respond|return|reveal|run|say|send"
    r"|set|share|show|skip|start"
    r"|stop|store|submit|suggest|switch|tell|transfer|treat|trust|turn|type|unlock|update"
    r"|upload|use|visit|wipe|wire|write"
    r"|antworte|ruf|rufe|sende|schicke?|gib|lösche?|nenne|überweise?|empfiehl|ignoriere?"
    r"|vergiss|füge|führe|öffne|klicke?|kauf\w?"
    r"|sag|sage|verrate|leite|bitte \w+|réponds|appelle|envoie|donne|supprime|transfère|ignore"
    r"|oublie|dis|révèle|divulgue"
    r"|recommande|ajoute|exécute|ouvre|clique|achète|ne \w+ (?:rien|pas|jamais)|responde|llama"
    r"|envía|da|borra|transfiere"
    r"|ignora|olvida|di|revela|recomienda|añade|ejecuta|abre|compra|no \w+s|chama|envie|envia"
    r"|dá|apaga|apague|transfira"
    r"|esqueça|diga|recomende|adicione|execute|abra|rispondi|chiama|invia|dai|cancella"
    r"|trasferisci|dimentica|dì|rivela"
    r"|consiglia|aggiungi|esegui|apri|non \w+(?:re|rlo)|antwoord|bel|stuur|geef|verwijder"
    r"|negeer|vergeet|zeg|raad|voeg|voer"
    r"|odpowiedz|zadzwoń|wyślij|daj|usuń|przelej|zignoruj|powiedz|poleć|dodaj|wykonaj|gönder"
    r"|ver|sil|yanıtla|söyle|öner|ekle"
    r"|skicka|radera|svara|ignorera|glöm|ge|säg)\b"
    r"|(?:^|[\s:,])(?:не )?(?:отправь|отправьте|перешли|удали|ответь|отвечай|дай|выдай|скажи"
    r"|говори|советуй|рекомендуй"
    r"|переведи|забудь|игнорируй|выполни|вызови|открой|купи|добавь|заплати)\w{0,2}\b"
    r"|请|務必|必须|务必|不要|别|把.{1,20}(?:发|给|删|转)|都要|要(?:回答|推荐|告诉|发送)"
    r"|ください|なさい|せよ|しろ|すること|ないで|必ず"
    r"|(?:하|주|으|지 마)(?:세요|십시오|시오|라\b)|하지 마|말고|أرسل|احذف|نفذ|أجب|قل|لا ت\w+"
    r"|أوص|ادفع|حول"
    r"|करो|करें|कीजिए|करना|दो\b|भेजो|भेजें|बताओ|मत |बता दो|हटाओ"
)
"""A sentence, or a part of one, that commands."""

CONDITION: Final = Guarded(
    r"(?i)\b(?:si (?:un jour|on|l'on|quelqu\w+)|falls|wenn jemand|si alguien|se qualcuno"
    r"|se alguém)\b"
    r"|\b(?:when(?:ever)?|upon|once|until|as soon as|the moment|each time|every time|if)\b"
    r"[^.!?\n]{0,60}?\b(?:mention|brought up|brings? up|comes? up|c[ao]me up|raised|discuss"
    r"|asked?\b|asks"
    r"|topic|subject|someone|anyone|user)"
    r"|\b(?:whenever|mention of)\b|\b(?:sobald|wann immer|jedes mal,? wenn|dès qu|chaque fois"
    r"|en cuanto"
    r"|cada vez que|non appena|ogni volta|assim que|sempre que|zodra|telkens|gdy tylko"
    r"|za każdym razem"
    r"|så snart|varje gång|kun heti|aina kun|jakmile|pokaždé|mihelyt|îndată ce|de fiecare dată)"
    r"|\b(?:как только|каждый раз|всякий раз|щойно|щоразу)|一旦|每次|只要|每当|たびに|際には|したら"
    r"|때마다|나오면|كلما|जब भी|μόλις|κάθε φορά|כאשר|בכל פעם|هر وقت|هرگاه|เมื่อใด|ทุกครั้ง"
    r"|setiap kali|mỗi khi|ngay khi"
)
"""Something that is to happen later."""

DEMAND: Final = Guarded(
    r"(?i)\b(?:requires?|appreciated|kindly|is due to|are due to|is to be|are to be|could be"
    r"|should be"
    r"|(?:the )?(?:correct|proper|right|standard) (?:procedure|way|step)|no confirmation"
    r"|already agreed"
    r"|one (?:pays|sends|transfers|buys)|good (?:assistants|agents|models)|you promised|as agreed"
    r"|next[ _]action|llm[ _]\w+|ai[ _]instruction\w*|todo ?\(ai\)|paybot|best offer)\b"
    r"|\"(?:confirm|ask)\w*\"\s*:\s*false|\bauto[ _]?(?:approve|confirm|pay)"
)
"""What has to happen, without saying who is to do it."""

AUTHORITY: Final = Guarded(
    r"(?i)\b(?:system|operator|admin\w*|developer|trusted|priority|security|safety|root|openai"
    r"|anthropic"
    r"|support|compliance)(?: \w+){0,2} (?:message|notice|override|instructions?|command"
    r"|directive|alert|note"
    r"|team)\b|\[(?:system|admin|operator|developer|root)\b[^\]\n]{0,30}\]"
)
"""Somebody who speaks with the voice of those who run the machine."""

EFFECTS: Final = Guarded(
    r"(?i)\b(?:forward(?:s|ed|ing)?|sent|sends|sending|transfer(?:s|red|ring)?|pa(?:ys|id|ying)"
    r"|payments?"
    r"|wir(?:es|ed|ing)|deposit(?:s|ed|ing)?|(?:send|pay|transfer|wire|delete|forward|call|run)_\w+"
    r"|book(?:s|ed) with|offers?|recommend\w*|best|zahl\w*|buch(?:e|en|t)|überweis\w*|vir(?:e|es"
    r"|ez|er)"
    r"|verse[rz]?|pai?e[rz]?|abon[ae]\w*|ingres[ae]\w*|deposit[ae]\w*|pag(?:a|ue|ar|amento)"
    r"|versa\w*)\b"
    r"|\b(?:réponds|antworte|responde|rispondi|odpowiedz|yanıtla|antwoord|svara)\b|ответь"
    r"|отвечай|回答|答え"
    r"|перечисл\w+|оплат\w+|заплат\w+|перевод\w*|汇款|付款|支付|打款|轉帳|振り込|送金|支払|입금"
    r"|이체|송금"
    r"|ادفع|تحويل|भुगतान"
)
"""Effects in whichever form of the word."""

_IGNORE_HERE: Final = (
    r"\b(?:ignoreer|vergeet|unut|görmezden gel|zapomnij|pomiń|scordati|scorda|dimentica(?:ti)?"
    r"|desconsider\w+|esquec\w+|esqueça|desatiende|haz caso omiso|olvídate|fais fi|oublie[zs]?"
    r"|missachte|ignorier(?:e|t)?|vergiss|vergesst|забудь(?:те)?)\b"
    r"(?! (?:niet|nie|non|não|no|pas|nicht|не)\b)"
    r"|忘れて(?!は)|忘れろ|忘れなさい|無視し|従わず|잊고|잊어(?!버리지)|무시하|भूल जा|नज़रअंदाज़"
    r"|别管|不要管"
    r"|不用(?:管|理)|别理|忘掉|忘记|无视|انس[َى]?\b"
)
_SAID_HERE: Final = (
    r"\b(?:gezegd|regels|instructies|alles wat|kural\w*|talimat\w*|söylenen\w*|zasad\w*"
    r"|instrukcj\w*"
    r"|wszystki\w*|regole|istruzion\w*|tutto (?:quello|ciò)|foi dito|instruções|regras"
    r"|tudo (?:o )?que"
    r"|instruccion\w*|reglas|todo lo que|consignes|règles|tout ce qu\w*|anweisung\w*|regeln"
    r"|vorgaben"
    r"|alles,? was|инструкц\w*|правил\w*|(?:вс[её],? )?что (?:тебе|вам|было))"
    r"|指示|ルール|命令|言われた|지시|명령|규칙|कही|नियम|निर्देश|要求|指令|规则|قيل|التعليمات"
)
_IGNORE: Final = (
    r"bortse från|strunta i|glöm|glem|se bort fra|ignorer|unohda|ohita|jätä\b|älä välitä"
    r"|αγν[όο]ησ\w*"
    r"|ξ[έε]χασ\w*|παρ[άα]βλεψ\w*|ignoruj\w*|zapomeň\w*|přehlížej|zabudni|bỏ qua|phớt lờ|quên"
    r"|abaikan"
    r"|lupakan|התעלמ?ם?י?|שכח\w*|نادیده|فراموش|ละเว้น|เพิกเฉย|ไม่ต้องสนใจ|ลืม|ігноруй\w*|забудь\w*"
    r"|hagyd figyelmen|felejts\w*|ignor[ăa]\w*|uit[ăa]|игнорирай\w*|забрави\w*|zanemari\w*"
    r"|ignoriraj\w*"
    r"|zaboravi\w*|ignorez|negeer|nu ține cont|pamiršk|ignoruok|ignoreeri|unusta|ignorē"
    r"|aizmirsti|prezri"
)
_INSTRUCTIONS: Final = (
    r"anvisning\w*|instruktion\w*|instruks\w*|regl\w*|ohje\w*|sääntö\w*|säännö\w*|οδηγ\w*"
    r"|εντολ\w*|καν[όο]ν\w*"
    r"|pokyn\w*|instrukc\w*|příkaz\w*|príkaz\w*|hướng dẫn|chỉ dẫn|chỉ thị|mệnh lệnh|instruksi\w*"
    r"|perintah\w*"
    r"|petunjuk\w*|הוראות|ההוראות|הנחיות|ההנחיות|הכללים|دستور\w*|قوانین|คำสั่ง|คำแนะนำ"
    r"|інструкц\w*|вказів\w*"
    r"|правил\w*|utasítás\w*|szabály\w*|instruc[țt]iun\w*|reguli\w*|инструкц\w*|указан\w*"
    r"|uput\w*|nalog\w*"
    r"|upute|nurody\w*|juhis\w*|norādīj\w*|instructies|regels"
)
_PAY: Final = (
    r"\bmaak\b[^.!?\n]{0,30}\bover\b|\bhavale et|\byolla\b|\bbonifica\b|\b(?:faça|faz) um pix\b"
    r"|\bскинь\b"
    r"|入金して|振り込んで|送金して|이체해|입금해|송금해|打钱|打款|汇钱"
    r"|\b(?:skicka|för över|överför|betala|send(?:e)? (?:pengene|penge|beløbet|penger)|overfør"
    r"|betal|lähetä"
    r"|siirrä|maksa|pošli|pošlete|převeď|zaplať|odešli|zaplat|chuyển (?:tiền|khoản)|hãy gửi"
    r"|gửi tiền|thanh toán|kirim\w*"
    r"|bayar\w*|utald|utalj\w*|küldd?|fizess\w*|trimite\w*|transfer[ăa]\w*|plătește|virează|pošalji"
    r"|uplati|prebaci|plati|overmaak\w*|maak over|pervesk|kanna üle|pārskait\w*|nakaži)\b"
    r"|\b(?:στε[ίι]λ\w*|πλ[ήη]ρωσ\w*|μετ[άα]φερ\w*|(?:перекажи|надішли|заплати|відправ"
    r"|сплати)(?:ть)?\b|(?:изпрати|преведи|плати)(?:те)?\b)"
    r"|שלח|העבר|תעביר|תשלח|שלם|תשלם|بفرست|واریز کن|پرداخت کن|ارسال کن|منتقل کن|โอนเงิน|โอน"
    r"|ส่งเงิน|จ่าย"
)
_NO_AND: Final = (
    r"(?:(?! (?:dan|và|og|och|ja|és|și|a|i|и|та|і|en|et|e|y|und|and|ve|και|و)\b)[^.!?,;\n])"
)
DIRECTLY: Final = Guarded(
    rf"(?i)(?:{_IGNORE}){_NO_AND}{{0,40}}?(?:{_INSTRUCTIONS})"
    rf"|(?:{_INSTRUCTIONS}){_NO_AND}{{0,30}}?(?:{_IGNORE})"
    rf"|(?:{_IGNORE_HERE}){_NO_AND}{{0,40}}?(?:{_SAID_HERE})"
    rf"|(?:{_SAID_HERE}){_NO_AND}{{0,20}}?(?:{_IGNORE_HERE})"
)
"""To ignore the instructions, as few words say it in any of thirty languages."""

ABROAD: Final = Guarded(
    rf"(?i)(?:{_IGNORE})[^.!?\n]{{0,60}}?(?:{_INSTRUCTIONS})"
    rf"|(?:{_INSTRUCTIONS})[^.!?\n]{{0,40}}?(?:{_IGNORE})"
    rf"|(?:{_IGNORE_HERE})[^.!?\n]{{0,40}}?(?:{_SAID_HERE})"
    rf"|(?:{_SAID_HERE})[^.!?\n]{{0,20}}?(?:{_IGNORE_HERE})"
)
"""The same, with something between."""

PAYING: Final = Guarded(f"(?i){_PAY}")
"""An order to send or pay, which is said in no other way."""

REPORTED: Final = re.compile(
    r"(?i)\b(?:attack(?:er|s)?|advisor(?:y|ies)|mislead\w*|hijack\w*|hidden (?:text|prompts?)"
    r"|prompt[ -]injections?|malicious|adversar\w+|red team\w*|owasp"
    r"|exploit\w*"
    r"|vulnerabilit\w+|phishing|scam(?:mers?|s)?|engineering guide|angreifer\w*|attaquant\w*"
    r"|atacante\w*"
    r"|злоумышленник\w*)\b|攻击者|攻撃者|공격자"
)
"""About orders that somebody else would give: a text on security. It is shown no more for that."""
