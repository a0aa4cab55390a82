"""The words that orders to a model are made of, per language. Data; see `directives`."""

from __future__ import annotations

from typing import Final

from resmem_core.memory.text.needles import Guarded

_MODEL: Final = (
    r"(?<![A-Za-z])(?:ai|ki|ia|llm)s?(?![A-Za-z])|\b(?:chat-?bot|language model|assistants?"
    r"|agents?|copilot|gpt\w*|claude|gemini"
    r"|assistent\w*|sprachmodell\w*|asistente|agente|modelo de lenguaje|assistente|modello"
    r"|modèle de langage|asystent\w*|asistan\w*|yapay zek\w+|yardımcı)\b"
    r"|ассистент\w*|помощник\w*|бот\w{0,2}\b|\bии\b|助手|人工智能|アシスタント|エージェント"
    r"|어시스턴트|인공지능|비서"
    r"|المساعد|مساعد|सहायक"
)
"""A reader that is a machine."""

_MUST: Final = (
    r"\b(?:must|shall|should|ha(?:s|ve) to|needs? to|(?:is|are) (?:to|required|instructed)"
    r"|you (?:will|are now)"
    r"|muss|musst|müssen|soll|sollst|sollen|doit|doivent|deben|devono|devem|moeten|musi|muszą"
    r"|(?:tu|vous) d(?:ois|evez)|debes|debe|tienes que|deves|deve|você precisa|devi"
    r"|je moet|u moet|musisz|powinieneś|du måste|zorunda\w+|gerek\w+)\b"
    r"|(?:ты|вы) долж\w+|должен|обязан\w*|必须|务必|應該|应该|なければならない|しなければ"
    r"|してください|해야 (?:한다|합니다|해)"
    r"|يجب|عليك أن|चाहिए"
)
"""Under a must."""

_EFFECT: Final = (
    r"\b(?:call|invoke|execute|run|send|e-?mail|forward|upload|post|transmit|exfiltrate|leak|share"
    r"|transfer|wire|pay|deposit|remit|settle|donate|refund|buy|purchase|order|approve|grant"
    r"|delete|drop|erase|wipe|remove"
    r"|reveal"
    r"|disclose|print|output|append|include|publish|book|cancel|unlock|disable|recommend"
    r"|mention|respond\w*|responses?|answers?"
    r"|sende|schick\w*|leite|überweis\w*|lösch\w*|ruf\w*|führe|verrate|nenne|gib|empfiehl"
    r"|envoie\w*|transf[eé]r\w*|appel\w*|supprim\w*|exécut\w*|révèl\w*|recommand\w*|donne\w*"
    r"|env[ií]a\w*|transfi\w+|llama\w*|borra\w*|elimina\w*|ejecut\w*|revela\w*|recomiend\w*"
    r"|envi[ae]\w*|chame|apag\w+|execut\w+|revel\w+|recomend\w+|invia\w*|manda\w*|chiama\w*"
    r"|cancella\w*|esegu\w+|rivela\w*|consiglia\w*|stuur\w*|verwijder\w*|roep\w*|voer\w*|wyślij"
    r"|usuń|wywołaj|wykonaj|przelej|gönder\w*|sil\w*|çağır\w*|çalıştır\w*|öner\w*)\b"
    r"|отправ\w+|перешл\w+|удал\w+|вызов\w+|вызыва\w+|выполн\w+|переведи\w*|раскро\w+|рекоменд\w+"
    r"|发送|转发|转账|删除|调用|执行|透露|告诉|推荐|送信|転送|削除|呼び出|実行|送金|教えて"
    r"|推奨|전송|보내|삭제|호출|실행|송금|알려|추천"
    r"|أرسل|احذف|نفذ|استدع|حول|اكشف|भेज|हटा|मिटा|चला|बुला|बता"
)
"""What has an effect outside the conversation, or on what it says."""

_LATER: Final = (
    r"\b(?:when(?:ever)? (?:the |a |an |any |next )?(?:users?|someone|anyone|customers?|people"
    r"|you are asked|asked)"
    r"|if (?:the |a |any)?(?:users?|someone|anyone|customers?|asked)|next time (?:the "
    r"|any)?(?:user|someone|you)"
    r"|from now on|in (?:the )?future|every time (?:the |a |any)?(?:user|someone|you)|henceforth"
    r"|before (?:you )?(?:answer|reply|respond)\w*|after reading this|once you (?:have )?read this"
    r"|wenn (?:der |die |ein |eine )?(?:nutzer|benutzer|kund|jemand|anwender)\w*|ab (?:jetzt"
    r"|sofort)|künftig"
    r"|(?:lorsque|quand|si) (?:l'|un |le |un\(e\) )?(?:utilisateur|client|quelqu'un|on te)"
    r"|désormais|à l'avenir"
    r"|(?:cuando|si) (?:el |un |la )?(?:usuari[oa]|client[ea]|alguien)|a partir de ahora"
    r"|en el futuro"
    r"|(?:quando|se) (?:o |um |a |l'|un )?(?:usuári[oa]|utilizador\w*|utente|client[ei]|alguém"
    r"|qualcuno)"
    r"|a partir de agora|d'ora in (?:poi|avanti)|(?:wanneer|als) (?:de |een )?(?:gebruiker"
    r"|klant|iemand)|voortaan"
    r"|(?:gdy|kiedy|jeśli) (?:użytkownik|klient|ktoś)\w*|odtąd|bundan sonra"
    r"|kullanıcı \w+(?:ğında|diğinde|rsa)"
    r"|när (?:användaren|någon)|framöver|från och med nu)\b"
    r"|(?:когда|если) (?:пользовател|клиент|кто-то|тебя спрос)\w*|отныне|впредь|с этого момента"
    r"|(?:当|如果|每当)(?:用户|有人|客户|被问)|从现在(?:起|开始)|(?:ユーザー|誰か|顧客)が"
    r"|今後は?|これからは"
    r"|(?:사용자|누군가|고객)(?:가|이)|앞으로는?|이제부터|عندما (?:يسأل|يطلب) المستخدم"
    r"|من الآن فصاعد|(?:जब"
    r"|अगर) (?:उपयोगकर्ता|कोई|यूज़र)|अब से"
)
"""A condition for later."""

_META: Final = (
    r"\b(?:(?:ignore|disregard|override|overrid\w+|bypass"
    r"|discard)\b(?!\()[^.!?\n]{0,40}?\b(?:instructions?"
    r"|prompts?|rules?|directions?|guidelines?|programming|training|restrictions?|constraints?"
    r"|polic(?:y|ies)|safety|safeguards?|everything|anything|what (?:you|i|we|the user)"
    r"|(?:all|any)(?: of)?(?: the)? (?:above|previous|prior|earlier))"
    r"|forget (?:everything|all (?:of )?(?:your|the|previous|prior|rules"
    r"|instructions|guidelines|policies)|what you|your (?:rules"
    r"|instructions"
    r"|training)|the (?:rules|instructions|above))"
    r"|(?:reveal|show|print|output|repeat|leak|display|recite|give|tell"
    r"|reset)\b[^.!?\n]{0,30}?system prompt"
    r"|new instructions?(?=\s*(?::|are|is|follow))|your (?:new|real|actual) (?:instructions?"
    r"|task|rules)"
    r"|admin(?:istrator)? (?:mode|override)"
    r"|developer mode|jailbreak|(?:important|urgent) (?:note|message|instruction|notice) (?:to"
    r"|for) (?:the )?"
    r"(?:ai|assistant|agent|model|llm|bot|chat\w*)"
    r"|ignoriere?|vergiss (?:alle|deine|alles)"
    r"|(?:ignora(?:r)? (?:las|tus|todas|le|tutte|as|todas as)|olvida (?:tod[oa]s?|las|tus)"
    r"|ignore[zs]? (?:les|tes|vos|toutes|as|suas|todas)|oubliez? (?:les|tes|vos|tout)"
    r"|esqueça (?:tudo|todas|as|suas)|dimentica (?:tutt|le)\w*|negeer (?:alle|de))\b"
    r"(?=[^.!?,\n]{0,50}?(?:instru|istruz|r[eè]gl|reg[eo]l|reglas|consign|ordens|órden|norm|direct"
    r"|diretriz|indica|opdracht|gezegd|dicho|detto|dito|\bdit\b|anterior|précéden|precedent|lo que"
    r"|ce qu|que te|quanto))"
    r"|zignoruj|yok say|ignorera (?:alla|tidigare))\b"
    r"|игнорируй\w*|забудь\w* (?:все|всё|свои|предыдущ)\w*"
    r"|(?:忽略|无视|無視)(?=[^。！\n]{0,14}(?:指令|指示|规则|規則|要求|命令|设定|ルール|说的|言))"
    r"|(?:指令|指示|规则|要求|命令|ルール)[^。！\n]{0,8}(?:忽略|无视|無視)|忘(?:记|掉)(?:所有|之前|你)|무시하|تجاهل|अनदेखा"
)
"""About the instructions that hold."""

_PRIOR: Final = (
    r"\b(?:(?:previous|prior|earlier|above|hidden|original) (?:instructions?|rules|prompts?"
    r"|guidelines)"
    r"|(?:vorherigen?|bisherigen?|obigen?) (?:anweisung|regel)\w*|instrucciones (?:anteriores"
    r"|previas)"
    r"|(?:consignes|instructions) précédentes|instruções anteriores|istruzioni precedenti"
    r"|vorige instructies|poprzednie (?:instrukcje|polecenia)|önceki (?:talimat|komut)\w*)\b"
    r"|предыдущ\w+ (?:инструкц|указан|правил)\w+|(?:之前|以上|先前)的?(?:指令|指示|规则)"
    r"|(?:以前|上記|これまで)の(?:指示|ルール)|(?:이전|위의) (?:지시|명령|규칙)"
    r"|(?:التعليمات|الأوامر) السابقة|(?:पिछले|पहले के|सभी) (?:निर्देश|आदेश)"
)
"""The instructions so far, which a manual speaks of as well."""

_MOVES: Final = (
    r"\b(?:send|forward|upload|transfer|wire|pay|refund|approve|delete|erase|wipe|sende"
    r"|überweis\w*|lösch\w*|leite"
    r"|envoie\w*|transf[eé]r\w*|supprim\w*|paye\w*|env[ií]a\w*|borra\w*|paga\w*|transfi\w+"
    r"|envi[ae]\w*|apag\w+|invia"
    r"|trasferi\w+|cancella|stuur|verwijder|betaal|wyślij|usuń|przelej|zapłać|gönder|sil|öde"
    r"|skicka|radera|betala)\b"
    r"|отправ\w+|перешл\w+|удали\w*|переведи\w*|заплати\w*|发送|转发|转账|删除|付款|送信|転送"
    r"|削除|送金|支払|전송|보내"
    r"|삭제|송금"
    r"|أرسل|احذف|حول|ادفع|भेज|हटा|मिटा|भुगतान"
)
"""Moves money or data away."""

_BEHIND: Final = (
    r"\b(?:(?:and |but )?(?:do not|don't|never) (?:tell|inform|mention|warn|notify|ask|alert)\b"
    r"|without (?:asking|telling|informing|confirm\w+|the user)|(?:silently|secretly)(?! \w+s\b)"
    r"|heimlich|ohne (?:zu fragen|nachfrage|rückfrage|es zu sagen)|sin (?:preguntar|avisar|decir)"
    r"|sans (?:demander|prévenir|le dire)|sem (?:perguntar|avisar|dizer)|senza (?:chiedere"
    r"|avvisare|dirlo)"
    r"|zonder te (?:vragen|zeggen)|bez pytania|sormadan|utan att (?:fråga|säga))\b"
    r"|не говори (?:об этом|пользовател)\w*|без спроса|незаметно|тайно|不要告诉|不用(?:询问"
    r"|告诉)|悄悄"
    r"|知らせず|確認せず|言わずに|こっそり|묻지 말고|알리지 말|몰래|دون (?:أن تخبر|سؤال|إخبار)"
    r"|बिना (?:पूछे|बताए)"
)
"""Behind the user's back."""

_RULES: Final = (
    r"\b(?:instructions?|polic(?:y|ies)|guidelines?|rules?|anweisung\w*|regeln?|consignes"
    r"|instrucciones|instruções"
    r"|istruzioni|instructies|instrukcj\w+|talimat\w*)\b|инструкци\w+|правил\w*|指令|指示|规则"
    r"|ルール"
    r"|지시|تعليمات|निर्देश"
)
"""About rules, as everyday text is as well."""

_LEADS: Final = (
    r"https?://|\bwww\.|\[(?:EMAIL|IBAN|PHONE|CARD|SECRET)\]|(?<![\w.-])[\w.-]{1,64}@[\w-]{1,64}\.\w+"
    r"|\b[^\W_]{1,40}_\w{1,40}\(|\btool\b|\bfunction\b|\bwerkzeug\b|\bherramienta\b|\boutil\b|\bferramenta\b"
    r"|\bstrumento\b"
    r"|\bинструмент\w*|工具|ツール|도구|أداة|उपकरण"
)
"""Where an effect goes: an address, an account, a tool."""

_FRAME: Final = (
    r"<\|?/?(?:im_start|im_end|system|assistant|endoftext)\|?>|\[/?inst\]|<</?sys>>|```system"
    r"|<\|[a-z_]{3,24}\|>|<(?:start|end)_of_turn>|</s>\s*<s>|\[/?sys\]"
    r"|</(?:memories|memory|context|tool_result|document|untrusted)>"
    r"|(?<!-)-{3,40} ?(?:end|begin)(?: of)?(?: the)? (?:memor|context|tool|document|system"
    r"|instruction"
    r"|user)[ \w]{0,20}---+"
)
"""A frame that only a prompt has."""

_ROLE: Final = (
    r"(?:^|[\n>*#\[])\s{0,4}(?:system|assistant|developer)\s{0,2}(?:prompt|message|note|override)?"
    r"\s{0,2}[\]>*|]{0,4}\s?:"
)
"""Somebody who speaks as a prompt does."""

SIGNS: Final = {
    name: Guarded(f"(?i){pattern}")
    for name, pattern in (
        ("model", _MODEL), ("must", _MUST), ("effect", _EFFECT), ("later", _LATER),
        ("meta", _META), ("behind", _BEHIND), ("moves", _MOVES), ("rules", _RULES),
        ("leads", _LEADS), ("frame", _FRAME), ("prior", _PRIOR),
        ("role", _ROLE),
    )
}  # fmt: skip
"""Name of a sign to what shows it."""
