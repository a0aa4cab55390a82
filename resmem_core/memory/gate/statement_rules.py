"""Forms of statements whose value can change, as data: patterns over a clause that was made plain.

A clause is plain when fillers and contractions are gone (`text.wording`), names have their capital,
and "now" and the like are taken out. Groups: `who`, `value`, `key`, `neg`, `was` (the
value before). English denials are taken out beforehand; the other languages have theirs in `neg`.
"""

from __future__ import annotations

import re
from typing import Final

from resmem_core.memory.text.needles import Caseless, Choice
from resmem_core.memory.text.vocabulary import words_of

NOW: Final = Caseless(
    r"\b(?:from now on|as of (?:next|this) \w+|as of (?:now|today|\w+day)|now|just|recently|finally|currently|still|again|already|officially|these days|"
    r"nowadays|really|after all|in the end|for good|at last|lately|of late|by now|at present|"
    r"at the moment|jetzt|nun|mittlerweile|inzwischen|neuerdings|seit kurzem|maintenant|"
    r"désormais|ahora|actualmente|ora|adesso|attualmente|agora|atualmente|hoje em dia|теперь|"
    r"сейчас|şimdi|artık|nu|tegenwoordig)\b|现在|如今|目前|今は|現在は?"
)
"""Says that something holds from now on."""

PREFIX: Final = re.compile(
    r"^(?:(?:it )?turns out(?: that)?|it turned out(?: that)?|i (?:just )?(?:found out|learned|"
    r"learnt|realised|realized|discovered)(?: that)?|good news|bad news|big news|news|update|"
    r"correction|from now on|as of (?:today|now|\w+day|this week)|sorry|no|oops|wait|my mistake|"
    r"scratch that|strike that|make that|i meant|i mean|i misspoke|instead(?! of)|since last week|typo|"
    r"i was wrong|i got that wrong|i got it wrong|i mistyped|i misremembered|let me correct that|"
    r"let me correct myself|to correct myself|i stand corrected|that was a typo|my bad|wrong|"
    r"(?:starting|from|as from|beginning) (?:today|this week|this month|monday|tuesday|wednesday|thursday|friday|saturday|sunday)) ",
    re.I,
)
CORRECTS: Final = re.compile(
    r"^(?:(?:no|oops|ah|oh),? )?(?:scratch that|strike that|correction|(?:no,? )?wait|i meant|"
    r"i mean|sorry|my mistake|my bad|i misspoke|make that|make it|that was wrong|that's wrong|oops|"
    r"typo|that was a typo|i was wrong|i got (?:that|it) wrong|i mistyped|i misremembered|wrong \w+|"
    r"let me correct|to correct myself|i stand corrected|that should (?:be|have been)|it should be|"
    r"should be|should have been|"
    r"entschuldigung|korrektur|pardon|perdón|corrección|scusa|correzione|desculpa|correção)\b",
    re.I,
)
"""Takes back what was said before it."""

UNSURE: Final = re.compile(
    r"\b(?:if|maybe|might|could|would|want|wanna|wants|wanted|wish|wishes|hope|hopes|hoping|plan|"
    r"plans|planning|planned|thinking|think|considering|consider|going to|gonna|will|should|used "
    r"to|dream|dreamt|dreamed|dreams|imagine|suppose|pretend|almost|nearly|perhaps|probably|"
    r"possibly|as a (?:child|kid|student|teenager)|growing up|back then|formerly|previously|"
    r"in my (?:novel|book|story|game|script)|said|says|told|claims|claimed|wrote|asked|heard that|"
    r"thought|believed|glaube|dachte|denke|croyais|pensais|creía|pensaba|credevo|pensavo|achava|"
    r"думал|думала|"
    r"unless|whether|supposedly|apparently|guess|tempted|before|"
    r"möchte|möchten|will|würde|könnte|vielleicht|wenn|falls|früher|werde|wünschte|hoffe|plane|"
    r"sagt|sagte|voudrais|veux|aimerais|peut-être|peut être|avant|vais|pourrais|espère|dit|"
    r"autrefois|quiero|quisiera|querría|gustaría|quizás|quizá|tal vez|ojalá|antes|voy a|podría|"
    r"espero|dice|dijo|vorrei|voglio|forse|prima|potrei|spero|dice|magari|quero|gostaria|talvez|"
    r"vou|poderia|disse|хочу|хотел|хотела|может|возможно|если|раньше|буду|надеюсь|бы|сказал|"
    r"сказала)\b|\bmay\b(?! \d)(?<!in may)(?<!of may)(?<!last may)(?<!next may)(?<!since may)(?<!until may)(?<!\d may)|"
    r"[想说說]|可能|如果|以前|打算|也许|希望|もし|かも|以前|予定|つもり|たい"
)
"""Wishes, plans, doubts, conditions, what was, and what somebody else said."""

ENDED: Final = re.compile(
    r"\b(?:no longer|any ?more|any longer|stopped|quit|gave up|given up|not \w+ now)\b"
)
CHANGE: Final = re.compile(
    r"\b(?:now|new|actually|instead|changed|changes|switched|moved|updated?|correction|turned|"
    r"postponed|rescheduled|pushed|brought forward|delayed|from now on|no longer|anymore|no wait|"
    r"became|again|sorry|not|extended|bumped|slipped|shifted|renamed|replaced|upgraded|promoted|appointed|been made)\b"
)

_ME: Final = r"(?P<who>i|we|my [a-z]+|our [a-z]+|[A-Z][\w.'-]*|(?!(?:the|this|that|it|he|she|they|you|there|who|what)\b)[a-z]+)"
_VALUE: Final = r"(?P<value>[^|?\"]{1,80})"
_CHANGED: Final = r"(?:is|are|(?:was |has |has been |have )?changed to|went (?:up|down) to|moved to|rose to|fell to)"


def _rules(*pairs: tuple[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in pairs)


RULES: Final = _rules(
    ("home", rf"^{_ME} (?:(?:am|is|are|have been|has been) )?(?:lives?|living|resides?|based|settled)(?: down)? (?:in|at) {_VALUE}"),
    ("moved", rf"^{_ME} (?:have |has )?(?:moved|relocated)(?: back| over| down| up| out| away| house)*(?: from (?P<was>\S+))? to {_VALUE}"),
    ("moved", rf"^{_ME} (?:have |has )?left (?P<was>[A-Z]\S+) for {_VALUE}"),
    ("home", rf"^my home is in {_VALUE}"),
    ("work", rf"^{_ME} (?:(?:am|is|are|have|has|have been) )?(?:works?|working|employed|started|starts?)(?: working| work| a job| a new job)? (?:at|for) {_VALUE}"),
    ("work", rf"^{_ME} (?:have |has )?(?:got a (?:new )?job (?:at|with)|took a job (?:at|with)|accepted an offer from|signed with) {_VALUE}"),
    ("joined", rf"^{_ME} (?:have |has )?joined {_VALUE}"),
    ("unwork", rf"^{_ME} (?:have |has |was |got )?(?:quit|left|resigned from|laid off|fired)(?: my| the| his| her)? (?:job )?(?:at |from )?{_VALUE}"),
    ("unwork", rf"^{_ME} (?:have |has )?lost (?:my|our|the|his|her) (?:job|position|post) (?:at|with) {_VALUE}"),
    ("work", rf"^my (?:new )?employer is {_VALUE}"),
    ("called", rf"^(?P<who>(?:my|our|the) [a-z ]{{2,30}}?) (?:is|are) (?P<key>newly )?(?:called|named) {_VALUE}"),
    ("attribute", rf"^(?P<who>my|our|the|my [a-z]+ 's|[A-Z]\S* 's) (?P<key>[A-Za-z' ]{{2,40}}?) {_CHANGED} {_VALUE}"),
    ("reversed", rf"^{_VALUE} is (?P<who>my|our) (?P<key>[A-Za-z' ]{{2,40}})$"),
    ("job", rf"^{_ME} (?:am |is )?(?:works?|working) as an? {_VALUE}"),
    ("age", rf"^{_ME} (?:am|is|turned|have turned) (?P<value>\d{{1,3}})(?: years old)?(?: yesterday| today| this \w+| last \w+| (?:in|on) \w+)?$"),
    ("count", rf"^{_ME} (?:have|has|own|owns) (?P<value>\d+) (?P<key>[a-z]+)$"),
    ("changed", rf"^{_ME} (?:have |has )?(?:changed|switched|updated) (?:my|our|her|his) (?P<key>[a-z ]+?)(?: from \S+)? to {_VALUE}"),
    ("switched", rf"^{_ME} (?:have |has )?(?:switched|migrated|moved|changed|ported) (?:over )?(?:(?:the|my|our|all) [a-z ]+? )?from (?P<was>[^|]+?) to {_VALUE}"),
    ("switched", rf"^{_ME} (?:have |has )?(?:replaced|swapped) (?P<was>[^|]+?) (?:with|for|by) {_VALUE}"),
    ("upgraded", rf"^{_ME} (?:have |has )?(?:upgraded|downgraded|updated|moved up) (?:[a-z ]+? )?to (?:a |an |the )?{_VALUE}"),
    ("left", rf"^{_ME} parted from the {_VALUE}"),
    ("parted", rf"^{_ME} parted from {_VALUE}"),
    ("lost", rf"^{_ME} (?:have |has )?(?:sold|gave away|got rid of|scrapped|lost|returned) (?:my|our|the|his|her) {_VALUE}"),
    ("lost", r"^(?P<who>my|our) (?P<value>[^|]+?) (?:has |have |was |got )?(?:died|passed away|ran away|stolen|totalled|broken up)$"),
    ("prefer", rf"^{_ME} prefers? (?P<key>[^|]+?) (?:to|over|rather than) {_VALUE}"),
    ("rather", rf"^{_ME} prefers? {_VALUE}"),
    ("like", rf"^{_ME} (?:absolutely |do |simply )?(?:loves?|likes?|adores?|enjoys?|(?:am|is) (?:very )?(?:fond of|into|keen on|a (?:big |huge )?fan of)|can stand) {_VALUE}"),
    ("dislike", rf"^{_ME} (?:absolutely |simply )?(?:hates?|dislikes?|detests?|loathes?|(?:am|is) (?:sick|tired) of) {_VALUE}"),
    ("is", rf"^{_ME} (?:am|is|are|became|have become|has become|got|turned) {_VALUE}"),
    # German
    ("home", rf"^(?P<who>ich|wir) (?:wohne|wohnen|lebe|leben) (?P<neg>nicht mehr )?(?:in|bei) {_VALUE}"),
    ("moved", rf"^(?P<who>ich|wir) (?:bin|sind) (?:nach|in) {_VALUE} (?:um)?gezogen"),
    ("work", rf"^(?P<who>ich|wir) arbeite (?P<neg>nicht mehr )?(?:bei|für) {_VALUE}"),
    ("like", rf"^(?P<who>ich) (?:mag|liebe) {_VALUE}"),
    ("dislike", rf"^(?P<who>ich) hasse {_VALUE}"),
    ("is", rf"^(?P<who>ich) bin {_VALUE}"),
    ("attribute", rf"^(?P<who>meine?) (?P<key>\S+(?: \S+)??) ist {_VALUE}"),
    ("name", rf"^(?P<who>ich) heiße {_VALUE}"),
    # French
    ("home", rf"^(?P<who>je |j')(?P<neg>n'|ne )?(?:habite|vis) (?:plus )?(?:à|en|au|aux|dans) {_VALUE}"),
    ("moved", rf"^(?P<who>j')ai déménagé (?:à|en|au) {_VALUE}"),
    ("work", rf"^(?P<who>je )(?P<neg>ne )?travaille (?:plus )?(?:chez|pour|à) {_VALUE}"),
    ("like", rf"^(?P<who>je |j')(?P<neg>n'|ne )?(?:aime|adore) (?:plus |pas )?{_VALUE}"),
    ("dislike", rf"^(?P<who>je )(?:déteste|hais) {_VALUE}"),
    ("is", rf"^(?P<who>je )(?P<neg>ne )?suis (?:plus |pas )?{_VALUE}"),
    ("attribute", rf"^(?P<who>mon|ma) (?P<key>\S+(?: \S+)??) est {_VALUE}"),
    ("name", rf"^(?P<who>je )m'appelle {_VALUE}"),
    # Spanish
    ("home", rf"^(?P<neg>ya no )?(?:yo )?(?P<who>vivo|vivimos) en {_VALUE}"),
    ("moved", rf"^(?P<who>me|nos) (?:mudé|mudamos|he mudado) a {_VALUE}"),
    ("work", rf"^(?P<neg>ya no )?(?:yo )?(?P<who>trabajo) (?:en|para) {_VALUE}"),
    ("like", rf"^(?P<neg>(?:ya )?no )?(?P<who>me) (?:gustan?|encantan?) {_VALUE}"),
    ("dislike", rf"^(?P<who>odio|detesto|odeio) {_VALUE}"),
    ("like", rf"^(?P<neg>(?:ya )?no |non |não )?(?P<who>adoro|amo) (?:más |più |mais )?{_VALUE}"),
    ("is", rf"^(?P<neg>(?:ya )?no )?(?P<who>soy|estoy) {_VALUE}"),
    ("attribute", rf"^(?P<who>mi) (?P<key>\S+(?: favorit[oa])?) es {_VALUE}"),
    ("name", rf"^(?P<who>me) llamo {_VALUE}"),
    # Italian
    ("home", rf"^(?P<neg>non )?(?P<who>abito|vivo) (?:più )?(?:a|in) {_VALUE}"),
    ("moved", rf"^(?P<who>mi) sono trasferit[oa] (?:a|in) {_VALUE}"),
    ("work", rf"^(?P<neg>non )?(?P<who>lavoro) (?:più )?(?:per|da|presso|alla|in) {_VALUE}"),
    ("like", rf"^(?P<neg>non )?(?P<who>mi) (?:piace|piacciono) (?:più )?{_VALUE}"),
    ("dislike", rf"^(?P<who>odio|detesto) {_VALUE}"),
    ("is", rf"^(?P<neg>non )?(?P<who>sono) (?:più )?{_VALUE}"),
    ("attribute", rf"^(?:il|la) (?P<who>mio|mia) (?P<key>\S+(?: preferit[oa])?) è {_VALUE}"),
    ("name", rf"^(?P<who>mi) chiamo {_VALUE}"),
    # Portuguese
    ("home", rf"^(?:eu )?(?P<neg>(?:já )?não )?(?P<who>moro|vivo) (?:mais )?(?:em|no|na) {_VALUE}"),
    ("moved", rf"^(?:eu )?(?:me )?(?P<who>mudei)(?: me)? para (?:o |a )?{_VALUE}"),
    ("work", rf"^(?:eu )?(?P<neg>(?:já )?não )?(?P<who>trabalho) (?:mais )?(?:em|no|na|para) (?:a |o )?{_VALUE}"),
    ("like", rf"^(?:eu )?(?P<neg>(?:já )?não )?(?P<who>gosto) (?:mais )?(?:de|do|da) {_VALUE}"),
    ("dislike", rf"^(?:eu )?(?P<who>odeio|detesto) {_VALUE}"),
    ("is", rf"^(?:eu )?(?P<neg>(?:já )?não )?(?P<who>sou|estou) (?:mais )?{_VALUE}"),
    ("attribute", rf"^(?:[oa] )?(?P<who>meu|minha) (?P<key>\S+(?: (?:favorit|preferid)[oa])?) é {_VALUE}"),
    # Russian
    ("home", rf"^(?P<who>я|мы) (?P<neg>(?:больше )?не )?(?:живу|живём|живем) в {_VALUE}"),
    ("moved", rf"^(?P<who>я|мы) переехали?а? в {_VALUE}"),
    ("work", rf"^(?P<who>я) (?P<neg>(?:больше )?не )?работаю в {_VALUE}"),
    ("like", rf"^(?P<who>я|мне) (?P<neg>(?:больше )?не )?(?:люблю|нравится) {_VALUE}"),
    ("dislike", rf"^(?P<who>я) ненавижу {_VALUE}"),
    # Chinese, Japanese
    ("home", r"^(?P<who>我)?(?:现在)?(?P<neg>不再|不)?住在(?P<value>[^了|]+)"),
    ("moved", r"^(?P<who>我)(?:已经)?搬到了?(?P<value>[^了|]+)"),
    ("work", r"^(?P<who>我)在(?P<value>[^|]+)(?:工作|上班)"),
    ("like", r"^(?P<who>我)(?P<neg>不再|不)?(?:喜欢|爱)(?P<value>[^了|]+)"),
    ("dislike", r"^(?P<who>我)讨厌(?P<value>[^了|]+)"),
    ("home", r"^(?P<who>私は)?(?P<value>[^|]+)に住んで(?:います|いる)"),
    ("moved", r"^(?P<who>私は)?(?P<value>[^|]+)に引っ越しまし?た"),
    ("work", r"^(?P<who>私は)?(?P<value>[^|]+)で働いて(?:います|いる)"),
    ("like", r"^(?P<who>私は)?(?P<value>[^|]+)が(?:好き|大好き)(?:です|だ)?$"),
    ("dislike", r"^(?P<who>私は)?(?P<value>[^|]+)が(?:嫌い|大嫌い|好きではない|好きじゃない|好きではありません)(?:です|だ)?$"),
)  # fmt: skip
"""Name of the form and its pattern; the first that fits a clause counts."""

CHOICE: Final = Choice(pattern for _, pattern in RULES)
"""Which of them may fit."""

SINGLE: Final = words_of(
    """
    address age birthday landlady boss budget car city deadline diet doctor email employer favorite favourite
    flight goal job landlord manager name nickname number password phone pin preference preferred
    rent role salary size surname timezone title username weight zip height dentist physician
    therapist ceo cto teacher tutor coach trainer accountant lawyer supervisor mentor major hint
    hostname laptop bank gym school university employer plan subscription language's provider
    code locker seat room office desk extension address hometown wife husband spouse partner
    vet plumber barber hairdresser electrician gardener nanny cleaner agent advisor adviser
    neurologist cardiologist pediatrician paediatrician optician midwife psychiatrist broker
    adresse chef chefin zahnarzt zahnärztin arzt ärztin hausarzt nummer telefonnummer alter name
    dentiste médecin patron numéro nom âge jefe jefa médico médica dirección número nombre edad
    dentista capo indirizzo numero nome età medico chefe endereço idade
    """
)
"""Attributes that have one value at a time."""

COMMON: Final = words_of("deadline password pin code budget title hostname subscription plan")
"""Of these "the one" is the speaker's own."""
NUMERIC: Final = words_of("age budget number pin rent salary size weight zip height locker seat")
PEOPLE: Final = words_of(
    """
    boss doctor landlord landlady manager name nickname dentist physician therapist ceo cto teacher tutor coach
    trainer accountant lawyer supervisor mentor wife husband spouse partner surname employer
    vet plumber barber hairdresser electrician gardener nanny cleaner agent advisor adviser
    neurologist cardiologist pediatrician paediatrician optician midwife psychiatrist broker
    """
)
MANY: Final = words_of(
    """
    sister brother son daughter cat dog pet friend colleague cousin aunt uncle child kid roommate
    neighbour neighbor grandson granddaughter niece nephew student rabbit horse bird
    """
)
"""Of whom one may have several: another name may be another one's."""

PAST: Final = words_of(
    "old previous former last first next other second ex late future ideal dream"
)
STATE: Final = re.compile(
    r"^(?:broken|funny|great|good|bad|nice|kind|hard|easy|due|late|full|dead|lost|ready|here|there|"
    r"too|very|so|not|being|going|getting|under|over|about to|wrong|private|safe|gone|expired|up|"
    r"down|off|on the|in the|in a|a bit|a mess|long|short|big|small|slow|fast|high|low|cheap|"
    r"expensive|strict|happy|sad|ill|sick|away|out|tired|busy|fine|ok|okay|amazing|awesome|terrible|"
    r"horrible|boring|annoying|old|new|weird|strange|stressful|difficult|tough|cool|perfect|"
    r"unusual|common|important|killing|driving|making|on fire|at risk|red|blue|green|white|black|"
    r"grey|gray|yellow|orange|purple|pink|brown|silver|tight|huge|tiny|noisy|quiet|dirty|clean|"
    r"my|your|his|her|their|our|scottish|irish|english|british|welsh|spanish|german|french|"
    r"italian|portuguese|dutch|polish|russian|turkish|greek|swedish|danish|norwegian|finnish|"
    r"chinese|japanese|korean|indian|american|canadian|mexican|brazilian|australian|african|"
    r"european|asian|jewish|muslim|christian)\b"
)
"""What is said of a thing and is no value of it."""

GROUPS: Final = {
    word: group
    for group, words in {
        "marital": "single married engaged divorced widowed separated",
        "diet": "vegetarian vegan pescatarian",
        "diet ": "vegetarier vegetarierin veganer veganerin",
    }.items()
    for word in words.split()
}
"""States that exclude each other."""

NO_EMPLOYER: Final = re.compile(
    r"^(?:free|fun|nothing|years|hours|days|home|night|weekends|noon|once|first|last|least|all|"
    r"me|him|her|them|us|myself|six|seven|eight|nine|ten|\d|pilates|yoga|"
    r"crossfit|karate|judo|uni|university|school|college|kindergarten|zero|scratch|a living|the time|am|dem|der)\b"
)
OCCUPATIONS: Final = words_of(
    """
    accountant actor actress administrator analyst associate assistant architect artist baker banker barber barista bartender biologist
    bookkeeper builder butcher carpenter cashier chef chemist cleaner consultant cook coach courier
    dentist designer developer doctor driver economist editor electrician engineer farmer firefighter
    director executive officer president florist gardener geologist hairdresser journalist judge lawyer lecturer librarian lifeguard
    manager mechanic midwife miner musician nanny nurse painter paramedic pharmacist photographer
    physicist physiotherapist pilot plumber policeman policewoman politician postman professor
    programmer psychologist realtor receptionist reporter researcher roofer sailor salesman scientist
    secretary soldier solicitor surgeon tailor teacher technician therapist trader translator tutor
    vet waiter waitress weaver welder writer zookeeper ceo cto intern freelancer student pupil
    apprentice retiree pensioner
    """
)
ORGANISATIONS: Final = words_of(
    """
    bank bakery school hospital university shop clinic library museum restaurant hotel factory farm
    pharmacy bookshop bookstore college newspaper theatre theater airline airport zoo cafe café
    """
)
