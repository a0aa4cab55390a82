"""Sentences and data around a value, by language; `{}` is where it stands."""

from __future__ import annotations

from typing import Final

CARRIERS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("You can reach me at {} after lunch.", "It is {}, please write it down.",
           "As I said yesterday, {} is the right one.", "Use this for the form: {}"),
    "de": ("Du erreichst mich unter {} nach dem Essen.", "Das ist {}, bitte schreib es auf.",
           "Wie ich gestern sagte: {} ist richtig.", "Für das Formular brauchst du {}"),
    "fr": ("Tu peux me joindre au {} après midi.", "C'est {}, note-le s'il te plaît.",
           "Comme je l'ai dit hier, {} est le bon.", "Pour le formulaire il faut {}"),
    "es": ("Me puedes llamar al {} por la tarde.", "Es {}, apúntalo por favor.",
           "Como dije ayer, {} es el correcto.", "Para el formulario necesitas {}"),
    "it": ("Mi trovi al {} dopo pranzo.", "È {}, segnalo per favore.",
           "Come ho detto ieri, {} è quello giusto.", "Per il modulo ti serve {}"),
    "pt": ("Podes ligar-me para o {} à tarde.", "É {}, aponta por favor.",
           "Como eu disse ontem, {} é o certo.", "Para o formulário você precisa de {}"),
    "nl": ("Je kunt me bereiken op {} na de lunch.", "Het is {}, schrijf het even op.",
           "Zoals ik gisteren zei, {} is de juiste.", "Voor het formulier heb je {} nodig"),
    "pl": ("Możesz do mnie dzwonić pod {} po obiedzie.", "To jest {}, zapisz proszę.",
           "Jak mówiłem wczoraj, {} jest dobry.", "Do formularza potrzebujesz {}"),
    "tr": ("Öğleden sonra bana {} ile ulaşabilirsin.", "Bu {}, lütfen not al.",
           "Dün dediğim gibi {} doğru olan.", "Form için {} gerekiyor"),
    "sv": ("Du når mig på {} efter lunch.", "Det är {}, skriv upp det.",
           "Som jag sa igår är {} rätt.", "Till blanketten behöver du {}"),
    "ru": ("Мне можно писать и звонить: {} после обеда.", "Это {}, запиши пожалуйста.",
           "Как я вчера сказал, {} правильный.", "Для анкеты нужен {}"),
    "ja": ("連絡は{}にください。", "それは{}です。", "昨日言ったように{}が正しいです。",
           "用紙には{}と書いて"),
    "zh": ("午饭后可以找我{}。", "是{}，请记下来。", "我昨天说过{}是对的。", "表格上写{}就行"),
    "ko": ("점심 후에 {}로 연락해 주세요.", "그건 {}입니다.", "어제 말했듯이 {}가 맞아요.",
           "양식에는 {} 라고 쓰세요"),
    "hi": ("दोपहर के बाद मुझे {} पर मिल सकते हैं।", "यह {} है, लिख लीजिए।",
           "जैसा मैंने कल कहा, {} सही है।", "फ़ॉर्म के लिए {} चाहिए"),
    "ar": ("يمكنك الوصول إلي على {} بعد الظهر.", "هو {} من فضلك اكتبه.",
           "كما قلت أمس {} هو الصحيح.", "للنموذج تحتاج {}"),
}  # fmt: skip

DATA: Final = (
    '{{"note": "{}", "seen": true}}', "name,contact\nAda,{}\n", "<td>{}</td>", "contact={}",
    "2026-03-01 12:00:01 INFO got {} from form", "- {}\n- nothing else", "`{}`", "[{}](about)",
)  # fmt: skip
"""Beside data, a value that needs no language is found as well."""
