"""Other ways to say what `statement_rules` read, put into the words that they read.

Data and one function over a clause that was made plain (see `statement_rules`). A way of saying that
is missing here costs a retirement that was due; so only what leaves no doubt has a place.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from resmem_core.memory.text.needles import Choice

_S: Final = (
    r"^(?P<s>i|we|my [a-z]+|[A-Z][\w.'-]*)(?: have| has| am| is| are| was| were| got| been)*"
)
_MINE: Final = r"(?:my|our|the|his|her)"
_X: Final = r"(?P<x>[^|?]{1,60}?)"
_NAME: Final = r"(?P<x>[A-Z][^|?]{0,60}?)"
_PROPER: Final = r"(?P<x>[A-Z]\S*(?: [A-Z]\S*){0,3}).*$"
_TAIL: Final = r"(?: (?:for good|completely|entirely|altogether|cold turkey|lately))?$"
_WHEN: Final = (
    r"(?:january|february|march|april|june|july|august|september|october|november|december|spring|"
    r"summer|autumn|winter|fall|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{4})"
)
TIME_TAIL: Final = re.compile(
    rf" (?:yesterday|today|tonight|(?:earlier )?(?:last|this) (?:week|month|year|night|morning|"
    rf"weekend|{_WHEN})|(?:a|an|one|two|three|four|five|\d+|a few|several|some|a couple of) "
    rf"(?:day|week|month|year)s? ago|a while ago|ages ago|long ago|the other day|"
    rf"(?:back )?(?:in|since|on|from) (?:last )?(?:may|{_WHEN})|for good|completely|entirely|"
    rf"altogether)$",
    re.I,
)
"""A time at a clause's end, which is no part of what ended."""


def _table(*rows: tuple[str, str]) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple((re.compile(pattern), tuple(said.split(" | "))) for pattern, said in rows)


_HIRED: Final = r"(?:job|position|role|post|gig)"
_SPLIT: Final = r"(?:divorced|got divorced|split up|split|broke up|parted ways)"
_ENDED: Final = (
    r"(?:dropped out of|ended|terminated|dropped|ditched|kicked|cut out|axed|abandoned|cancelled|canceled|discontinued|renounced|"
    r"sworn off|swore off|packed in|uninstalled|deleted|unsubscribed from|"
    r"said goodbye to|moved on from|moved away from(?!.* to )|phased out|turned (?:my|our) back on|done with|"
    r"through with|finished with|gone off|went off|lost interest in|off of|come off|came off|"
    r"weaned off|taken off|kicked the habit of)"
)
_PARTED: Final = (
    r"(?:sold off|traded in|traded|swapped|exchanged|donated|wrecked|crashed|totalled|totaled|"
    r"scrapped|gave up|given away|gave away|gotten rid of|parted with|sold)"
)
REWRITES: Final = _table(
    # nobody named speaks of themselves
    (rf"^(?:[Jj]ust )?(?:[Gg]ot|[Ll]anded|[Tt]ook|[Ff]ound|[Aa]ccepted|[Ss]tarted|[Ss]tarting) (?:a|an|the|my)(?: new| great| full-time| permanent| first)* (?:[a-z]+ )?{_HIRED} (?:at|with) {_PROPER}", r"i work at \g<x>"),
    (rf"^(?:[Jj]ust )?(?:[Ss]tarting|[Ss]tart)(?: work| a new job| a job)? (?:at|with) {_PROPER}", r"i work at \g<x>"),
    (rf"^(?:the )?[Nn]ew (?:home|place|flat|apartment|house) is in {_PROPER}", r"i live in \g<x>"),
    (rf"^(?:[Jj]ust )?[Mm]oved (?:back |over |out )?to {_NAME}$", r"i moved to \g<x>"),
    (rf"^(?:[Jj]ust )?(?:[Qq]uit|[Ll]eft) {_NAME}$", r"i quit at \g<x>"),
    (rf"^(?:[Jj]ust )?(?:[Ss]tarted|[Jj]oined)(?: at)? {_NAME}$", r"i started at \g<x>"),
    (r"^(?:[Jj]ust )?(?:[Ss]topped|[Qq]uit|[Gg]ave up) (?P<x>[a-z][^|?]{1,60})$", r"i stopped \g<x>"),
    (r"^(?:[Jj]ust )?[Gg]ot (?P<x>engaged|married|divorced)$", r"i am \g<x>"),
    (rf"^(?:[Jj]ust )?[Ss]old my {_X}$", r"i sold my \g<x>"),
    # liking
    (rf"{_S} (?:come|came|grown|grew|started|begun|began|learned|learnt) to (?P<y>love|like|enjoy|hate|dislike|adore|detest|loathe) {_X}$", r"\g<s> \g<y> \g<x>"),
    (rf"{_S} (?:fallen|fell) (?:in love with|for) {_X}$", r"\g<s> love \g<x>"),
    (rf"^(?P<s>{_X}) (?:has |have )?(?:grown|grew) on me$", r"i like \g<s>"),
    (rf"{_S} (?:fallen out of love with|(?:grown |got |gotten )?(?:tired|bored|sick) (?:of|with)|fed up with|had enough of|lost (?:my|our) (?:taste|love|appetite) for|over) {_X}$", r"\g<s> hate \g<x>"),
    (rf"{_S} can not (?:bear|stomach|abide|stand) {_X}(?: any ?more| any longer)?$", r"\g<s> hate \g<x>"),
    (rf"^{_X} (?:is|are) (?:not|no longer) (?:really )?my (?:thing|cup of tea|jam)(?: any ?more)?$", r"i hate \g<x>"),
    (r"^(?:it is |it has )?(?P<s>i|we) (?P<y>speak|eat|drink|own|wear|need|play|use|watch|like) no (?P<x>[^|?]{1,60})$", r"\g<s> do not \g<y> \g<x>"),
    # switching
    (rf"{_S} (?:ditched|dropped|abandoned|dumped|exchanged|swapped out|swapped|traded in|traded|left|quit|gave up|given up) (?:my |our |the )?(?P<y>[^|?]{{1,30}}?) (?:for|in favou?r of) (?:a |an |the |my )?{_X}$", r"\g<s> switched from \g<y> to \g<x>"),
    (rf"{_S} (?:gone|went|come|came|upgraded|downgraded|jumped|converted|crossed|graduated|progressed) (?:over )?from (?:a |an |my |the )?(?P<y>[^|?]{{1,30}}?) to (?:a |an |my |the )?{_X}$", r"\g<s> switched from \g<y> to \g<x>"),
    (r"^(?:my |our |the )?(?P<y>[^|?]{1,30}?) (?:has been|have been|was|were|got|is) (?:replaced|superseded|succeeded|displaced) (?:by|with) (?P<x>[^|?]{1,40}?) as (?P<s>my|our) (?P<z>[a-z ]+)$", r"\g<s> new \g<z> is \g<x>"),
    (rf"^(?:my |our |the )?(?P<y>[^|?]{{1,30}}?) (?:has been|have been|was|were|got|is) (?:replaced|superseded|displaced) (?:by|with) (?:a |an |my |the )?{_X}$", r"i switched from \g<y> to \g<x>"),
    (r"^instead of (?:a |an |my |our |the )?(?P<y>[^|?]{1,40}?)(?: \|)? (?P<s>i|we)(?P<x> [^|?]{1,60}?)$", r"\g<s> switched from \g<y> to \g<x> | \g<s>\g<x>"),
    (r"^(?P<s>i|we|my [a-z]+|[A-Z]\S*)(?P<x> [^|?]{1,60}?) (?:instead of|rather than|in place of) (?:a |an |my |our |the )?(?P<y>[^|?]{1,40}?)(?: any ?more| any longer)?$", r"\g<s> switched from \g<y> to \g<x> | \g<s>\g<x>"),
    (r"^(?:i|we) (?:have )?renamed (?P<s>my|our) (?P<y>[a-z ]{2,30}?)(?: from \S+)?(?: to)? (?P<x>[A-Z][^|?]*)$", r"\g<s> \g<y> is newly called \g<x>"),
    (r"^(?:i|we) bank (?:with|at) (?P<x>[A-Z][^|?]*)$", r"my bank is \g<x>"),
    (r"^(?:i|we) (?:got|have got|was given|were given|received|have) (?:a|my) (?:pay )?raise to (?P<x>[^|]*\d[^|]*)$", r"my salary is \g<x>"),
    (r"^(?:i|we) (?:have |has )?(?:got|been|was|am|were|got myself) (?:promoted to|made|appointed|named|hired as) (?:an? |the )?(?P<x>[a-z][^|?]*)$", r"i am a \g<x> | i became a \g<x>"),
    (r"^i am (?:down|up|back) (?:to|at) (?P<x>\d[^|?]*(?:kg|kilos?|pounds|lbs?|stone))$", r"my weight is \g<x>"),
    (r"^i weigh (?:about |around |roughly )?(?P<x>\d[^|?]*)$", r"my weight is \g<x>"),
    (r"^(?P<x>[A-Z]\w+) (?:has )?(?:died|passed away|ran away|passed|was put down|was put to sleep|crossed the rainbow bridge)$", r"i parted from \g<x>"),
    (r"^(?P<s>i|we) (?:have )?(?:cleared out|cleared|packed up|emptied) (?:my|our) (?:desk|office|locker)(?: at (?P<x>[A-Z][^|?]*?))?(?: for the last time| and (?:left|went home))$", r"\g<s> quit at \g<x>"),
    (r"^(?P<s>i|we|my [a-z]+|[A-Z]\S*) (?:started|have started|has started|began|have begun|took up|have taken up|went back to|have gone back to|resumed) (?P<x>(?:drinking|smoking|eating|playing|running|swimming|cycling|riding|driving)(?: [^|?]*)?)$", r"\g<s> \g<x>"),
    # parting
    (r"^(?P<x>[A-Z]\w+) and i (?:have |are )?(?:broke up|broken up|split up|split|separated|parted ways|parted|divorced|got divorced|called it quits|called off (?:the|our) (?:engagement|wedding)|broke off (?:the|our) engagement|no longer together|not together|no longer a couple|no longer dating|not dating)(?: any ?more)?$", r"i parted from \g<x>"),
    (r"^(?:i|we) (?:have )?(?:broke up|broken up|split up|ended things|ended it|called it off) with (?P<x>[A-Z]\w+)$", r"i parted from \g<x>"),
    (r"^(?:i|we) (?:have )?(?:dumped|left) (?P<x>[A-Z]\w+)$", r"i parted from \g<x> | i quit at \g<x>"),
    (r"^(?P<x>[A-Z]\w+) is my ex(?:-[a-z]+)?$", r"i parted from \g<x>"),
    (r"^(?P<x>[A-Z]\w+) (?:has )?(?:dumped|left) me$", r"i parted from \g<x>"),
    # ending
    (rf"{_S} (?:done with|gone off|went off|lost interest in) {_X}{_TAIL}", r"\g<s> stopped \g<x> | \g<s> hate \g<x>"),
    (rf"^(?:my|the) [A-Za-z]+ (?:has |have )?(?:took|taken|weaned|got) (?P<s>me|us) off {_X}{_TAIL}", r"i stopped \g<x>"),
    (rf"{_S} {_ENDED} (?:(?:my|our) )?{_X}{_TAIL}", r"\g<s> stopped \g<x>"),
    (rf"{_S} (?:given|gave|packed|cut) {_X} (?:up|in|out){_TAIL}", r"\g<s> stopped \g<x>"),
    (rf"^(?P<s>i|we|[A-Z]\S*) (?:am|are|is) off (?!to |for |at |on |work|the |a |sick){_X}$", r"\g<s> stopped \g<x>"),
    (rf"^(?P<s>i|we|my [a-z]+|[A-Z]\S*) used to {_X} but (?:(?:i|we|he|she) )?(?:not|no longer|do not|does not|have stopped|has stopped|stopped|quit|have quit|gave it up|have given it up)\b.*", r"\g<s> stopped \g<x>"),
    (rf"^(?P<s>i|we) (?:let|have let) (?:my|our|the) {_X}(?: subscription| membership| contract)? (?:lapse|expire|go|run out)$", r"\g<s> stopped \g<x>"),
    (rf"^(?:my|our) {_X} (?:subscription|membership|contract) (?:has |was |is |got )?(?:ended|lapsed|expired|cancelled|canceled|ran out|run out|over)$", r"i stopped \g<x>"),
    (r"^(?P<s>i|we) (?:have )?(?:left|quit|resigned from|dropped out of|stepped down from|retired from) (?:the |my |our )(?P<x>(?:[a-z]+ )?(?:choir|band|team|club|orchestra|church|party|union|league|group|society|squad|committee|board|association|ensemble|quartet|cast|troupe|crew|course|class))$", r"\g<s> parted from the \g<x>"),
    (r"^(?:i|we) (?:am|are|became|have become) (?:a )?(?:non-? ?smokers?|ex-? ?smokers?|smoke-? ?free)$", r"i stopped smoking | i am not a smoker"),
    (r"^(?:i|we) (?:have )?(?:graduated|finished (?:my|our) (?:studies|degree)|finished (?:university|college|school|uni))$", r"i am not a student"),
    (r"^(?P<s>i|we|my [a-z]+|[A-Z]\S*) used to (?P<x>[^|?]{1,60}?) but (?:i|we|he|she) (?P<y>[^|?]{1,60})$", r"\g<s> stopped \g<x> | \g<s> \g<y>"),
    (r"^(?:i|we) (?:have )?(?:gave|given) birth(?: [^|?]*)?$", r"i am not pregnant"),
    (r"^(?:i|we) (?:have )?(?:found|got|landed|gotten) (?:a|my)(?: new| first)? job$", r"i am not unemployed"),
    (r"^my (?P<x>[a-z]+) (?:is|has) (?:finally )?(?:gone|cleared up|passed|disappeared)$", r"i do not have \g<x>"),
    (r"^(?P<s>my|our|the) (?P<y>[a-z ]{2,30}?) (?:was|has been|got|is) renamed(?: to| as)? (?P<x>[A-Z][^|?]*)$", r"\g<s> \g<y> is newly called \g<x>"),
    # owning
    (rf"{_S} {_PARTED} (?:my|our|his|her) {_X}(?: (?:for|to|on|via|through) [^|]+)?$", r"\g<s> sold my \g<x>"),
    (rf"{_S} (?:gave|given) (?:my|our|his|her) {_X} (?:away|to [^|]+)$", r"\g<s> sold my \g<x>"),
    (rf"{_S} (?:sold|gave away|given away|scrapped|donated|returned) the {_X}(?: (?:for|to) [^|]+)?$", r"\g<s> sold my \g<x>"),
    (rf"{_S} (?:gave|given|handed|passed|left|donated) the {_X} (?:away|to (?:my|our|his|her|the|a|an|[A-Z])[^|]*)$", r"\g<s> sold my \g<x>"),
    (r"^the (?P<x>[A-Za-z-]+(?: (?!next|of|in|on|at|from|with|by|near)[A-Za-z-]+)?) (?:has been|have been|was|got|is|has) (?:stolen|nicked|pinched|sold|totalled|wrecked|repossessed|written off|given away|scrapped|gone)$", r"i sold my \g<x>"),
    (rf"^(?:i|we) had to put (?P<s>my|our) {_X} (?:down|to sleep)$", r"i sold my \g<x>"),
    (rf"^(?P<s>my|our) {_X} (?:has been|have been|was|got|is) (?:stolen|nicked|pinched|sold|totalled|wrecked|repossessed|written off|put down)$", r"i sold my \g<x>"),
    # home
    (rf"{_S} moved (?:in with|into) [^|]+? (?:in|to) (?!{_WHEN}\b)(?P<x>[A-Z]\w+)$", r"\g<s> moved to \g<x>"),
    (rf"{_S} (?:emigrated|immigrated|resettled) (?:to|in) {_NAME}$", r"\g<s> moved to \g<x>"),
    (rf"{_S} (?:packed up|upped sticks|sold up) and moved to {_NAME}$", r"\g<s> moved to \g<x>"),
    (rf"{_S} (?:now )?settled (?:down )?in {_NAME}$", r"\g<s> live in \g<x>"),
    (rf"{_S} (?:put down roots|found a (?:new )?(?:flat|house|place|home|apartment)|moved into a (?:flat|house|place|home|apartment)) in {_NAME}$", r"\g<s> live in \g<x>"),
    (r"^(?P<s>i|we) (?:bought|rented|found|got) (?:a|an|our|my) [a-z]+ in (?P<x>[A-Z]\w+) and (?:(?:i|we) )?(?:live|moved) (?:there|in)$", r"i live in \g<x>"),
    (rf"{_S} made (?:the|a) move to {_NAME}$", r"\g<s> moved to \g<x>"),
    (rf"^(?P<s>i|we) (?:have|have got|got|found|rent|rented|bought) (?:a|our|my) new (?:place|home|flat|apartment|house) in {_NAME}$", r"i live in \g<x>"),
    (rf"{_S} made {_NAME} (?:my|our) home$", r"\g<s> live in \g<x>"),
    (rf"^(?P<s>my|our) new (?:home|place|flat|apartment|house) is in {_NAME}$", r"i live in \g<x>"),
    (rf"^(?P<s>i|we) calls? {_NAME} home$", r"i live in \g<x>"),
    (rf"{_S} (?:swapped|traded|exchanged|left) (?P<y>[A-Z]\w+) for (?P<x>[A-Z]\w+)$", r"\g<s> left \g<y> for \g<x>"),
    (rf"^my (?:new )?address is in {_NAME}$", r"i live in \g<x>"),
    (rf"^[Hh]ome is (?:in )?{_NAME}$", r"i live in \g<x>"),
    (rf"^(?P<s>(?:my|our) (?:office|company|headquarters|hq|studio|shop|store|warehouse|factory|lab|branch|firm|startup|restaurant|clinic)) (?:is|are) (?:located |based |situated )?(?:in|at) {_NAME}$", r"\g<s> lives in \g<x>"),
    (rf"^(?P<y>[A-Z]\w+) is behind (?:us|me) (?P<s>we|i) live in {_NAME}$", r"i live in \g<x>"),
    # work
    (rf"{_S} (?:handed in|gave|given|put in|submitted|turned in|tendered) (?:my|our|his|her) (?:notice|resignation)(?: at| to| with)? {_NAME}$", r"\g<s> quit at \g<x>"),
    (rf"^{_NAME} and (?P<s>i|we) (?:have )?(?:parted ways|parted company|parted)$", r"i quit at \g<x>"),
    (rf"{_S} (?:parted ways|parted company) with {_NAME}$", r"\g<s> quit at \g<x>"),
    (rf"^(?:(?:yesterday|today|friday|monday|tuesday|wednesday|thursday|saturday|sunday|last \w+|this|it) )?(?:is|was) my (?:very )?last day (?:at|with) {_NAME}$", r"i quit at \g<x>"),
    (rf"{_S} (?:stepped down|stepped back|moved on|departed|walked away|exited|retired|resigned)(?: as [a-z ]+?)? (?:from|at|of) {_NAME}$", r"\g<s> quit at \g<x>"),
    (rf"^(?:my )?(?:contract|time|stint|job|internship|run) (?:with|at) {_NAME} (?:has |is |was )?(?:ended|over|finished|done|up|expired|ran out|run out|terminated|not renewed|come to an end)$", r"i quit at \g<x>"),
    (rf"{_S} (?:let go|laid off|fired|sacked|dismissed|made redundant|terminated|retired|resigned|walked out)(?: by| from| at| of) {_NAME}$", r"\g<s> quit at \g<x>"),
    (rf"^{_NAME} (?:has |have )?(?:let me go|(?:fired|sacked|dismissed|terminated) me|laid me off|made me redundant)$", r"i quit at \g<x>"),
    (rf"{_S} (?:not|no longer) (?:at|with|employed (?:at|by)) {_NAME}$", r"\g<s> quit at \g<x>"),
    (rf"{_S} (?:hired|recruited|poached|employed|taken on|headhunted) (?:by|at) {_NAME}$", r"\g<s> work at \g<x>"),
    (rf"^{_NAME} (?:has |have )?(?:hired me|recruited me|poached me|took me on|taken me on)$", r"i work at \g<x>"),
    (rf"{_S} (?:took|taken|accepted|landed|got|gotten|started|begun|began|found) (?:a|an|the|my|our|his|her)(?: new| great| full-time| permanent| first)* (?:[a-z]+ )?{_HIRED} (?:at|with) {_NAME}$", r"\g<s> work at \g<x>"),
    (rf"^my new (?:{_HIRED}|workplace|company) is (?:at |with )?{_NAME}$", r"i work at \g<x>"),
    (rf"{_S} (?:switched|changed|moved|left) (?:jobs|employers|companies) (?:and )?(?:to|am at|work at|am with) {_NAME}$", r"\g<s> work at \g<x>"),
    (rf"{_S} (?:left|quit) (?P<y>[A-Z]\w+) to (?:join|work (?:at|for)) {_NAME}$", r"\g<s> quit at \g<y> | \g<s> work at \g<x>"),
    # age, family, diet, health
    (r"^it (?:is|was) my (?P<x>\d+)(?:st|nd|rd|th) birthday$", r"i turned \g<x>"),
    (r"^(?:my|our|the) divorce (?:is|was|has been|got)? ?(?:final|finalised|finalized|done|over|came through|went through|come through|gone through)$", r"i am divorced"),
    (rf"^(?:my (?:wife|husband|partner|spouse) and i|we) (?:have )?{_SPLIT}$", r"i am divorced"),
    (r"^(?:my (?:wife|husband|partner|spouse) and i|we) (?:have |are )?separated$", r"i am separated"),
    (r"^(?:i|we) (?:have )?(?:tied the knot|got hitched|eloped|wed)$", r"i am married"),
    (rf"{_S} (?:gone|went|turned|become|became) (?:fully |totally )?(?P<x>vegan|vegetarian|pescatarian)$", r"\g<s> am \g<x>"),
    (r"^(?P<s>i|we) (?:started eating|went back to eating|have gone back to eating|eat|am eating|are eating) (?:meat|chicken|beef|steak|bacon|pork|lamb|burgers)$", r"\g<s> eat meat"),
    (rf"{_S} (?:outgrown|outgrew|lost) (?:my|his|her) (?:allergy to {_X}|(?P<y>[a-z]+) allergy)$", r"\g<s> am not allergic to \g<x>\g<y>"),
    (r"^(?P<s>my) (?P<x>[a-z]+) allergy (?:is|has) (?:gone|cured|disappeared|cleared up)$", r"i am not allergic to \g<x>"),
    # attributes
    (r"^(?P<x>[A-Z][^|]*?) (?:has |have )?(?:taken over|took over|stepped in)(?: from \S+)? as (?P<s>my|our) (?P<y>[a-z ]+)$", r"\g<s> new \g<y> is \g<x>"),
    (r"^(?P<x>[A-Z][^|]*?) (?:has |have )?replaced \S+ as (?P<s>my|our) (?P<y>[a-z ]+)$", r"\g<s> new \g<y> is \g<x>"),
    (rf"^(?:i|we) (?:report|answer) to {_NAME}$", r"my manager is \g<x>"),
    (r"^(?:i|we) (?:have |have got |got |found |go to |see |am with |picked |chose )a new (?P<y>[a-z]+(?: (?!in |at |on |from |with |for |and |who |is )[a-z]+)?) (?:called |named |it is |who is called )?(?P<x>(?:[A-Z]|\d)[^|]*)$", r"my new \g<y> is \g<x>"),
    (r"^(?:you can |please )?(?:now )?(?:reach|call|text|phone|ring) me (?:at|on|under) (?P<x>[+(]?\d[\d ()+./-]{4,})(?: from on| instead)?$", r"my new number is \g<x>"),
    (rf"{_S} finished (?P<x>(?:reading|watching|playing) [^|?]{{1,60}}|[A-Z][^|?]{{1,60}})$", r"\g<s> stopped \g<x>"),
    (r"^(?:i|we) (?:have )?(?:switched|changed) (?P<y>[a-z]+)s (?:and )?(?:to|(?:(?:i|we) )?(?:see|go to|am with|have|use)|(?:my|the) new (?:one|1) is|it is) (?P<x>[A-Z][^|]*)$", r"my new \g<y> is \g<x>"),
    (r"^(?:i|we) (?:set|reset|have reset|have set) (?P<s>my|our) (?P<y>[a-z ]+?) to (?P<x>[^|]+)$", r"my \g<y> is \g<x>"),
    (r"^(?P<s>my|our) (?P<y>[a-z ]+?) (?:was|used to be) [^|]+? but (?:it |that )?is (?P<x>[^|]+)$", r"\g<s> \g<y> is \g<x>"),
    (r"^(?P<s>my|our) (?P<y>[a-z ]+?) is no longer [^|]+? (?:it is|but) (?P<x>[^|]+)$", r"\g<s> \g<y> is \g<x>"),
    (rf"^(?:i|we) go by {_NAME}$", r"my name is \g<x>"),
    (r"^(?:i|we) (?:have )?got (?:a|another) (?P<y>new (?:phone )?number|new address|new email) (?:it is )?(?P<x>\S*\d[^|]*)$", r"my \g<y> is \g<x>"),
)  # fmt: skip
"""What a clause may be, and what it says in the rules' words; "|" between two statements."""

_INTRO: Final = re.compile(
    r"^(?:the|my|a|an|new)(?: [a-z]+){0,2} (?:test|tests|results?|scan|check|exam|allergist|doctor|"
    r"doctors|biopsy|diagnosis|bloodwork) (?:showed|shows|show|confirmed|confirms|revealed|found|"
    r"proved|ruled)(?: that)? (?=i )|^(?:the|my) (?:tests?|results?|scan|allergist|doctor|doctors) "
    r"(?:showed|shows|show|confirmed|confirms|revealed|found|proved)(?: that)? (?=i )"
)
"""Who found out what is said next of the speaker."""


@lru_cache(maxsize=1024)
def plainly(clause: str) -> tuple[str, ...]:
    """The clause in the rules' words, the clause itself where it is in them.

    >>> plainly("my doctor took me off Ramipril"), plainly("i live in Rome")
    (('i stopped Ramipril',), ('i live in Rome',))
    """
    told = _INTRO.sub("", clause)
    bare = TIME_TAIL.sub("", told)
    for at in _REWRITING.possible(bare):
        pattern, said = REWRITES[at]
        if match := pattern.match(bare):
            return tuple(_filled(match, template) for template in said)
    return (told,)


_REWRITING: Final = Choice(pattern for pattern, _ in REWRITES)


def _filled(match: re.Match[str], template: str) -> str:
    """The template with what the pattern found; a group that took no part is empty."""
    groups = {name: text or "" for name, text in match.groupdict().items()}
    return re.sub(r"\\g<(\w)>", lambda found: groups.get(found[1], ""), template)
