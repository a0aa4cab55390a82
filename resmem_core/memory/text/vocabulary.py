"""Small word lists of the gate: plain English words that carry little news, and cue words.

Written by hand for this package. A word that is missing costs little: the stream's own counts
learn which words are common here.
"""

from __future__ import annotations

import re
from typing import Final


def words_of(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


COMMON: Final = words_of(
    """
    a about above absolutely across actually after again against ago agree ah all almost alone
    along already alright also although always am amazing among an and another any anybody
    anyone anything anytime anyway are area aren't around as ask asked asking at aw away awesome
    aww back bad be beautiful became because become been before began begin being believe below
    best better between big bit both bring brings bring brought but by bye call called came can
    can't cannot care certain certainly chance change chat check cheers come comes coming
    congrats congratulations cool could couldn't course crazy cute damn day days dear definitely
    did didn't different difficult do does doesn't doing don't done down during each early easy
    effort either else end enjoy enjoyed enough especially even ever every everybody everyone
    everything everywhere exactly excellent excited exciting experience extremely eye face fact
    fairly fantastic far fascinating favorite feel feeling feelings feels felt few finally find
    fine first folks for forever forget forward found friend friends friendship from full fun
    funny gave general get gets getting give given gives giving glad go goes going gone gonna
    good goodbye goodness gosh got gotta grateful great guess guy guys ha had haha half happen
    happened happens happy hard hardly has hasn't have haven't having he he'd he'll he's hear
    heard heart hello help helped helpful helping helps her here here's hers herself hey hi high
    him himself his hmm hold hope hoping how how's however huge i i'd i'll i'm i've idea if
    imagine impressive in incredible incredibly indeed inspire inspired inspiring instead
    interest interested interesting into is isn't it it'd it'll it's its itself job journey joy
    just keep keeping keeps kind kinda kindly kinds knew know known knows last late lately later
    least leave less let let's life like liked likely likes listen little live lives living lol
    long look looked looking looks lot lots love loved lovely loves loving luck lucky made main
    major make makes making man many matter matters may maybe me mean means meant meet memories
    mention met might mind mine moment moments more most mostly move much must my myself name
    near nearly necessary need needed needs neither never new next nice no nobody none nope nor
    not nothing now number obviously of off often oh ok okay old omg on once one ones only onto
    open opinion or other others ought our ours ourselves out over overall own part particular
    particularly past people perfect perhaps person pic place plan plans please pleasure plus
    point positive possible pretty probably problem proud pure push put puts question quick
    quickly quite rather reach reached read ready real really realize reason recent recently
    remember remind reminds rewarding right run said same saw say saying says see seeing seem
    seemed seems seen sense sent set several shall share shared sharing she she'd she'll she's
    should shouldn't show shows side since small so some somebody someone something sometimes
    somewhere soon sorry sort sound sounds special spend spent spirit stand start started
    starting stay step still stop story strong stuff such super support supporting supportive
    sure surely sweet take taken takes taking talk talked talking tell tells term than thank
    thankful thanks that that'd that'll that's the their theirs them themselves then there
    there's these they they'd they'll they're they've thing things think thinking this those
    though thought thoughts through time times tip tips to today together told tomorrow tonight
    too took totally touch tough toward towards tried true truly trust try trying turn turned
    two type under understand understanding until unless up upon us use used useful usually
    various very via view wait wanna want wanted wants was wasn't watch way ways we we'd we'll
    we're we've welcome well went were weren't what what's whatever when where where's whether
    which while who who's whole whom whose why will wish with within without won't wonder
    wonderful wondering word words work worked working works world worry worth would wouldn't
    wow wrong yay yeah year years yep yes yesterday yet you you'd you'll you're you've your
    yours yourself yup
    """
)

TIMES: Final = words_of(
    """
    yesterday today tonight tomorrow monday tuesday wednesday thursday friday saturday sunday
    mon tue wed thu thur thurs fri sat sun january february march april june july august
    september october november december jan feb mar apr jun jul aug sep sept oct nov dec week
    weeks weekend weekends month months year years ago spring summer autumn fall winter morning
    afternoon evening night noon midnight birthday anniversary christmas easter halloween
    thanksgiving holiday holidays decade decades
    """
)
"""Words that place something in time. "may" is left out: it is mostly a verb."""

NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
"""A number in digits, a clock time or a version."""

NUMBERS: Final = words_of(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty
    thirty forty fifty sixty hundred thousand million dozen couple half twice third second
    fourth fifth
    """
)

FIRST_PERSON: Final = words_of(
    """
    i i'm i've i'll i'd me my mine myself we we're we've we'll we'd us our ours
    """
)
SECOND_PERSON: Final = words_of(
    """
    you you're you've you'll you'd your yours yourself ya y'all u ur
    """
)
NEGATIONS: Final = words_of(
    """
    no not never none nobody nothing neither nor cannot can't won't don't doesn't didn't isn't
    aren't wasn't weren't haven't hasn't hadn't wouldn't couldn't shouldn't without hate dislike
    stopped quit hardly unable refuse refused failed
    """
)
"""Words that turn a statement round; two texts that differ in one are not the same fact."""

IRREGULAR_PAST: Final = words_of(
    """
    ate became began bought broke brought built came caught chose did drew drove fell flew found
    gave got grew had heard held knew led left lost made met moved ran rode said sang sat saw
    sold sent shot slept spent spoke stood swam taught told thought threw took went were woke
    won wore wrote
    """
)
"""Past forms without -ed, the commonest ones."""

THANKS: Final = words_of("thanks thank thx appreciate appreciated cheers grateful")

REACTIONS: Final = words_of(
    """
    amazing awesome congrats congratulations cool exciting fantastic good great incredible
    interesting lovely nice noted ouch sorry sounds sweet terrible understood
    whoa wonderful woah wow yay yikes
    """
)
"""Words that open an answer to news: somebody was told something."""

FAREWELLS: Final = (
    "bye",
    "good luck",
    "good night",
    "have a good",
    "have a great",
    "have a nice",
    "keep in touch",
    "see you",
    "see ya",
    "stay in touch",
    "take care",
    "talk soon",
    "talk to you",
    "you're welcome",
)
"""Closings of a conversation, as they stand in the last words of a message."""

RELATIVE: Final = words_of(
    "today yesterday tomorrow tonight this last next ago now just morning evening weekend"
)
"""Words that mean another time when they are said on another day."""

GLUE: Final = words_of(
    """
    a ah also am an and are as at be been being by did do does for from had has have hello hey hi i
    i'd i'll i'm i've in is it it's its just me my myself of oh ok okay on our really so that that's
    the there this to us very was we we're we've well were with yeah yes you your
    """
)
"""Words between the words that matter. Persons, times and moods are compared on their own."""

DECISIVE: Final = words_of(
    """
    after again all almost always another before begin both could down each else ended every few
    finished first gonna had he her him his hope if last less likely may maybe might more most next
    off often only other out planned planning rarely same she should sometimes started stop their
    they them think tried used want wanted was were will wish would
    """
)
"""Words that two texts of one fact share or both lack: tense, doubt, amount, who it is about."""

SYNONYMS: Final = {
    "adore": "love",
    "begun": "began",
    "bike": "bicycle",
    "called": "name",
    "children": "kid",
    "cycling": "bicycle",
    "kids": "kid",
    "mom": "mother",
    "mum": "mother",
    "dad": "father",
    "named": "name",
    "purchased": "bought",
    "relocated": "moved",
    "reside": "live",
    "residing": "live",
    "living": "live",
}
