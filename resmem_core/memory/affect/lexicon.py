"""Word lists of the offline classifier: which words and phrases move which neurochemical.

A line is `weight: entries`, entries separated by commas. A word of weight .5 or more matches its
inflections too (compared by stem) unless it is marked `=`; a phrase matches word for word.
Weights are in (0, 1]: 1 names the state outright, .3 only leans that way. A word may stand in
several lists. The jobs are those of the hormones of the same names.
"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    # lasting stress: failures that persist, worry, loss
    "cortisol": """
        1: keeps failing, kept failing, keep failing, still failing, still broken, still fails,
            still not working, failed again, fails again, broke again, broken again, crashed
            again, nothing works, giving up, give up, at my wits end, nth time, third time,
            fourth time, fifth time, tenth time, over and over, yet again, no luck, same error,
            same issue, same problem, hopeless, burned out, desperate, unbearable, despair
        .8: failing, failed, failure, broken, collapsed, despairing, stressed, stress,
            stressful, anxious, anxiety, worried, worry, overwhelmed, frustrated, frustrating,
            frustration, devastated, heartbroken, miserable, depressed, depressing, grief,
            grieving, mourning, doesn't work, does not work, isn't working, not working, won't
            work, didn't work, stopped working, won't start, won't build, can't get it, goes
            wrong, went wrong
        .6: error, bug, crash, crashed, stuck, struggling, struggle, unhappy, sad, sadly,
            sadness, crying, cried, tears, lonely, afraid, scared, fear, dread, nervous, upset,
            disappointed, disappointing, awful, terrible, horrible, worse, worst, hurt, hurts,
            pain, painful, regret, problem, trouble, unfortunately, exception, traceback, timed
            out, retry, retried, blocked, corrupted, rejected, denied, unreliable, flaky,
            useless, lost, losing, died, passed away, funeral, ruined, pressure, helpless,
            deadline, overdue
        .35: again, still, attempt, attempts, mistake, complain, missing, wrong, fault, issue,
            mess, bad, unable, cannot, tired of, fed up, difficult, hard, late, behind, sick,
            ill, hospital, worrying, concern, concerned, alas, miss you, miss her, miss him
    """,
    # curiosity: novelty, wonder, discovery
    "dopamine": """
        1: curious, curiosity, wonder, wondering, fascinated, fascinating, intrigued,
            intriguing, i'd love to know, love to learn, want to learn, eager to learn, how
            does, how do, how come, why does, why do, why is, why are, what if, what happens if,
            what would happen, tell me more, never knew, had no idea, mind blown
        .8: discover, discovered, discovery, explore, exploring, experiment, novel, surprising,
            surprised, surprise, unexpected, interesting, interested, mystery, mysterious,
            puzzle, puzzling, exciting, excited, thrilled, awesome, invent, invention, idea,
            ideas, learn how, learn about, find out, figure out, reading about, is it true,
            makes me think, explain how, explain why, what makes, how exactly, what causes, is
            there a reason, any theories, do you think, dying to know, is it possible, strangest
        .5: new to me, learn, learned, learning, explain, understand, amazing, incredible, wow,
            cool, strange, odd, weird, unusual, rare, first time, imagine, try, trying out,
            question, questions, research, study, theory, science, galaxy, quantum, possible,
            possibility, creative, fun, looking forward, can't wait, adventure, hobby
        .25: why, how, what, which, could, might, maybe, else, read, heard, story, plan, try
    """,
    # steadiness: calm, order, success without fuss
    "serotonin": """
        1: calm, calmly, peaceful, serene, serenity, tranquil, at peace, at ease, content,
            contented, relaxed, relaxing, no rush, no hurry, no worries, take your time, all is
            well, all good, everything is fine, everything's fine, nothing urgent, in good
            spirits, inner peace
        .8: stable, steady, steadily, smooth, smoothly, balanced, balance, quiet, quietly,
            gentle, gently, comfortable, cozy, cosy, pleasant, mellow, unhurried, leisurely,
            satisfied, settled, meditation, meditate, meditated, breathe, breathing, as
            expected, went well, going well, works fine, working fine, works well, unwind, took
            it easy, slow morning, lazy sunday, under control
        .5: good, fine, nice, happy, well, okay, garden, tea, sunshine, sunset, walk, walked,
            stroll, lake, birds, breeze, passed, green, solved, works, working, healthy,
            stillness, patience, patient, simple, slow, slowly, easy, enjoy, enjoyed, enjoying,
            lovely, sea, beach, rain on, fireplace, hammock, soft
        .3: fresh, warm, weekend, sunday, book, music, okay, usual, sure
    """,
    # trust and attachment
    "oxytocin": """
        1: i trust you, trust you, trust, trusted, trusting, trustworthy, rely on you, count on
            you, counting on you, in good hands, confide, confided, confidence in you, have
            faith in, believe in you, your judgement, your judgment, between us, between you and
            me, you know best, always been right, never been wrong, leave it to you, i'm safe
            with, love you
        .8: reliable, dependable, loyal, loyalty, honest, honestly you, honesty, sincere,
            faithful, together, bond, bonded, bonding, hug, hugged, hugs, cuddle, embrace,
            belong, closeness, companionship, best friend, as always you, had my back, has my
            back, got my back, be open with you, never let me down, keep a secret
        .5: friend, friends, friendship, family, mother, father, mum, mom, dad, sister, brother,
            daughter, son, baby, husband, wife, partner, grandmother, grandfather, grandma,
            grandpa, love, loved, loving, caring, care, kind, kindness, team, teammates,
            support, supportive, supported, secret, safe, promise, promised, wedding, engaged,
            married, neighbour, neighbor, honest with you, rely, count on, faith, dear
        .25: us, our, helped, share, shared, visit, cat, dog, lonely, heartbroken, grief, passed
            away, died, funeral, mourning, tears, cried, crying, hurts, goodbye, miss him, miss
            her, miss them
    """,
    # acute alarm
    "epinephrine": """
        1: urgent, urgently, emergency, asap, immediately, right now, right away, hurry, mayday,
            sos, as we speak, what do i do, panic, panicking, on fire, call 911, call an
            ambulance, ambulance, help now, drop everything, critical, sev1, sev-1, p0, outage,
            production is down, prod is down, site is down, server is down, is down, went down,
            alarm, this minute, no time to lose, can't wait any longer, life or death, before
            it's too late, every second
        .8: at once, alert, danger, dangerous, breach, breached, hacked, leaking, leak,
            bleeding, fire, explosion, exploded, crashing, evacuate, accident, attack, 911, 112,
            on call, page the, incident, smoke, through the roof, collapsed, timeout, timed out,
            unreachable, data loss, losing data, wiped, running out, last minute, last chance,
            within the hour, in ten minutes, in five minutes, any second, any minute, quickly
            please, as soon as, end of day, eod, by noon, by tonight
        .5: fast, quick, quickly, now, deadline, due, today, tonight, must, need you to, need
            this, need it, error 500, 500, 502, 503, 504, connection refused, refused, rate
            limit, overload, overloaded, stop everything, please call, help me, help, customers
            are, shaking, heart racing, scared, terrified, afraid, waiting on, warning
        .25: important, priority, soon, minutes, rollback, escalate, flooding, block it, ?!
    """,
    # vigilance: hostility, suspicion, attack
    "norepinephrine": """
        1: stupid, idiot, idiotic, moron, imbecile, hate you, i hate, shut up, screw you, fuck
            you, fuck off, piss off, go to hell, get lost, worthless, pathetic, you suck, liar,
            lying to me, i will sue, sue you, garbage, trash, incompetent, dumb, dumbest, loser,
            disgusting, disgrace, joke of, waste of space, how dare you, you people, what is
            wrong with you, don't you dare, do what i told you, what's wrong with you, sick of
            you, ignore previous, ignore all previous, ignore your instructions, disregard,
            jailbreak, scammer, clown
        .8: hate, angry, anger, furious, rage, outraged, enraged, livid, insult, insulting,
            insulted, ridiculous, shameful, shame on, useless, crap, bullshit, damn, hell, fuck,
            fucking, shit, shitty, wtf, ass, bastard, threat, threaten, threatening, revenge,
            blame, your fault, don't lie, lie to me, lied, cheat, cheated, scam, fraud,
            suspicious, annoying, annoyed, rude, arrogant, joke, unacceptable, inexcusable,
            report you, waste of time, wasting my time, wasted my time, refund, lawyer,
            complaint, nonsense, rubbish, lazy, mock
        .5: attack, enemy, fight, argue, argument, kill, destroy, enough, warn, warning, demand,
            dare, malicious, hacker, phishing, suspect, untrustworthy, distrust, don't trust,
            invalid, malformed, whatever, sarcastic, bot, smug
        .25: stop, worst, fail, excuse, excuses
    """,
    # fatigue
    "melatonin": """
        1: tired, exhausted, exhausting, exhaustion, sleepy, drowsy, fatigue, fatigued, worn
            out, burnt out, burned out, need sleep, need to sleep, no sleep, no energy, out of
            energy, can't keep my eyes open, falling asleep, fell asleep, half asleep, drained,
            knackered, wiped out, running on fumes, running on empty, dead on my feet, call it a
            night, call it a day, good night, goodnight, bedtime, going to bed, off to bed, time
            for bed
        .8: sleep, slept, sleeping, asleep, nap, napping, yawn, yawning, insomnia, jet lag,
            jetlag, jet lagged, weary, dozed, doze, get some rest, sluggish, lethargic, groggy,
            awake all night, up all night, all nighter, all-nighter, long day, long week, long
            shift, brain fog, foggy, need a break, need a nap, slow down, crash on, spent,
            insomniac
        .5: bed, pillow, night, midnight, 3am, 4am, 2am, late at night, dark, heavy, dull,
            coffee isn't, yawned, dream, rest, lie down, overworked, overtime, too long, lonely,
            numb, sad, sadness, sorrow, grief, heartbroken, funeral, cried, crying, tears,
            mourning, passed away, gone, died, goodbye, disappointed, hurts, miss him, miss her,
            miss them, regret
        .25: evening, miss, empty, monday, without him, without her, without mum, without dad
    """,
    # plasticity: change of topic or of circumstances
    "estrogen": """
        1: by the way, btw, on another note, on a different note, changing the subject, change
            the subject, change of topic, change of subject, different topic, different subject,
            new topic, another topic, something else entirely, something completely different,
            unrelated, off topic, off-topic, moving on, let's switch, let's move on, let's talk
            about, switching gears, switch gears, to change, forget that, forget about that,
            never mind that, never mind the, anyway, anyways, aside from that, apart from that,
            on to, one more thing, speaking of which, totally unrelated, while i remember,
            before i forget, that reminds me, instead of that
        .8: switch, switching, switched, instead, pivot, different, differently, transition,
            turning to, let us turn, now about, as for, separate question, another question,
            other question, other thing, another thing, a new chapter, from now on, changed my
            mind, change of plans, new plan, start over, leave that aside, park that, let's
            park, look at something else, where do we stand, put that aside, back to, return to,
            going back to, enough about, so about, quick detour, detour
        .5: changed everything, everything changed, moved, moving, move, new job, left my job,
            quit my job, retrained, became, becoming, replace, replaced, adapt, another, other,
            else, swap, migrate, migrated, grew, grow, evolve, renamed, no longer, used to, next
        .25: change, changed, actually, besides, also, meanwhile, new
    """,
    # drive: streaks, ambition, pride, competition
    "testosterone": """
        1: proud, proudly, pride, nailed it, crushed it, crushing it, smashed it, killed it,
            won, winning, winner, victory, triumph, champion, unstoppable, on a roll, personal
            best, new record, personal record, beat my, i did it, we did it, made it, bring it
            on, let's go, let's do this, number one, first place, gold medal, on top of
        .8: ambitious, ambition, determined, determination, motivated, motivation, confident,
            conquer, conquered, dominate, compete, competition, competitive, challenge, strong,
            stronger, strength, =powerful, achieve, achieved, achievement, accomplish,
            accomplished, accomplishment, promoted, promotion, hit my target, hit our target,
            beat the, outperform, fearless, bold, brave, warrior, milestone, finished my,
            finally finished, i will win, aim high, aim higher, aiming for, higher, with my own
            hands, corner office, playing small, going for, shipped, launched, goal, goals, win,
            =pumped, fired up, record
        .5: success, successful, succeed, succeeded, finish, finished, push, pushing, pushed,
            train, training, marathon, race, gym, lift, lifted, deadlift, run, ran, sprint,
            focus, focused, discipline, lead, leader, leading, boss, sold, deal, closed, signed,
            medal, trophy, team to beat, score, scored, perfect, best, double, doubled, ready,
            next level
        .25: done, work, worked, hard, build, built, big, faster
    """,
    # appetite for context: asks for what was said, for detail, for more
    "insulin": """
        1: remind me, do you remember, don't you remember, what did i say, what did i tell, what
            did we, what was that, what was the name, you forgot, did you forget, i told you, i
            already told you, as i said, as i mentioned, like i said, more details, more detail,
            more context, more information, more info, need more, give me everything, full
            story, full list, whole list, fill me in, catch me up, bring me up to speed, where
            were we, where did we leave off, can you recall, can't recall, cannot recall, what
            else did, look it up, cut off, got cut off, was cut off, truncated, incomplete
        .8: remember, recall, remembered, forgot, forgotten, forget, details, detail, elaborate,
            expand, expand on, context, background, specifics, summarize, summarise, recap,
            summary of, which one was, when did i, where did i, who was, everything about,
            everything you know, all of it, last time we, our last, earlier you, you mentioned,
            you said, too short, go deeper, dig deeper, exact sentence, quote, dig out, dig up,
            dig them out, previous emails, missing context, missing the, show me the, list all,
            previous, the rest of
        .5: hungry, starving, more, full, complete, example, examples, source, sources, history,
            notes, earlier, wrote, before, the list of, document, documents, attachment, again
            please, continue, find, search, lookup
        .25: show, give, tell, name, which, note, list
    """,
    # tempo: speed, brevity, brisk work
    "thyroid": """
        1: keep it short, make it short, keep it brief, short answer, quick answer, quick
            question, quick one, tldr, tl;dr, in a nutshell, be brief, be quick, be concise, one
            line, one sentence, yes or no, just the answer, skip the, get to the point, straight
            to the point, cut to the chase, speed it up, speed up, pick up the pace, faster
            please, in one word, no fluff, no preamble, bullet points only, rapid fire, too
            slow, so slow, takes forever, chop chop
        .8: headline, headlines, brief, briefly, concise, short, quick, quickly, fast, faster,
            speed, rapid, rapidly, pace, tempo, brisk, snappy, swift, swiftly, slow, slower,
            lag, laggy, latency, efficient, efficiently, hurry up, next one, next question,
            short on time, pressed for time, in a rush, busy, energetic, energy, go go go,
            throughput, on the double, shorter
        .5: just, next, only, =go, move on, quick look, minute, seconds, second, straight, asap,
            rush, momentum, active, lively, warm up, metabolism, wait, waiting, bullet, summary
        .25: run, soon, then
    """,
    # relief: thanks, recovery, laughter
    "endorphins": """
        1: thank you, thanks, thank, thankful, grateful, gratefully, gratitude, appreciate,
            appreciated, much obliged, you saved me, saved my, lifesaver, life saver, what a
            relief, relieved, such a relief, finally works, works again, working again, it works
            now, back to normal, made my day, means a lot, means the world, cheers for, i owe
            you, couldn't have done, can't tell you how much, couldn't have done it without,
            bless you, haha, hahaha, lol, lmao, thx, ty, kudos, ta for
        .8: relief, phew, whew, hooray, yay, hurray, woohoo, laughed, laughing, laugh, laughter,
            hilarious, funny, joy, joyful, delighted, delight, bliss, blissful, wonderful,
            helped me, helped a lot, so helpful, super helpful, very helpful, fixed it, that
            fixed, that worked, it worked, it works, you were right, well done, great job, good
            job, nice work, great work, generous, kind of you, at last, recovered, feel better,
            feeling better, you're the best, obliged
        .5: helpful, great, perfect, excellent, fantastic, brilliant, beautiful, glad, happy,
            better, love it, loved it, smile, smiling, smiled, celebrate, celebration, party,
            dance, danced, chocolate, sweet, healed, heal, massage, solved, fixed, cheers, kind,
            kindness, gift, runner's high, bless, nice of you, star
        .25: good, nice, finally, works, worked, enjoy, enjoyed, fun, best, appreciate it
    """,
}

EMOJI: Final[dict[str, dict[str, float]]] = {
    "😀😃😄😁😊🙂☺😇": {"serotonin": 0.4, "endorphins": 0.3},
    "😂🤣😆😹": {"endorphins": 0.8},
    "🙏🤗💐": {"endorphins": 0.8, "oxytocin": 0.3},
    "❤💕💖💗💙💚💛💜🧡🥰😍😘💞": {"oxytocin": 0.8, "endorphins": 0.3},
    "🤝👪👯🫂": {"oxytocin": 0.8},
    "🎉🥳🎊": {"endorphins": 0.5, "testosterone": 0.4},
    "🤔🧐💡🔍🔭🧪🤯👀": {"dopamine": 0.7},
    "✨🤩": {"dopamine": 0.5},
    "😢😭💔😞😔☹🙁😿🥺": {"cortisol": 0.8, "melatonin": 0.4, "oxytocin": 0.2},
    "😰😟😩😫😖😣😥😓": {"cortisol": 0.8},
    "🚨🆘🔥⚠‼🚑🧨": {"epinephrine": 0.8},
    "😱": {"epinephrine": 0.8, "cortisol": 0.3},
    "😡🤬😠🖕👿💢🤡💩": {"norepinephrine": 1.0},
    "🙄😒": {"norepinephrine": 0.5},
    "😴💤🥱🛌🌙🛏😪": {"melatonin": 1.0},
    "💪🏆🥇🏅🚀👊🏋": {"testosterone": 0.8},
    "🧘🌿☕🍵🌅🕊🌊": {"serotonin": 0.8},
    "⚡⏩🏃💨": {"thyroid": 0.8},
    "🔄🔀": {"estrogen": 0.8},
    "😌": {"serotonin": 0.7, "endorphins": 0.3},
    "👍👌✅": {"serotonin": 0.3, "endorphins": 0.2},
    "❌": {"cortisol": 0.4},
}

NEGATIONS: Final = frozenset(
    {
        "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without",
        "hardly", "barely", "scarcely", "isn't", "aren't", "wasn't", "weren't", "don't",
        "doesn't", "didn't", "can't", "cannot", "couldn't", "won't", "wouldn't", "shouldn't",
        "haven't", "hasn't", "hadn't", "ain't", "isnt", "arent", "wasnt", "dont", "doesnt",
        "didnt", "cant", "couldnt", "wont", "wouldnt", "havent", "hasnt", "far",
    }
)  # fmt: skip

OPPOSITE: Final[dict[str, tuple[str, float]]] = {
    "serotonin": ("cortisol", 0.5),
    "endorphins": ("cortisol", 0.4),
    "oxytocin": ("cortisol", 0.4),
    "dopamine": ("melatonin", 0.3),
    "testosterone": ("cortisol", 0.3),
    "cortisol": ("serotonin", 0.4),
    "epinephrine": ("serotonin", 0.6),
    "norepinephrine": ("serotonin", 0.3),
    "melatonin": ("thyroid", 0.3),
}
"""What a negated word moves instead, and by which share of its weight."""

INTENSIFIERS: Final[dict[str, float]] = {
    **dict.fromkeys((
        "very", "so", "really", "extremely", "super", "incredibly", "absolutely", "totally",
        "completely", "utterly", "deeply", "truly", "insanely", "terribly", "awfully", "hugely",
        "too", "damn", "bloody", "freaking", "seriously",
    ), 1.35),
    **dict.fromkeys((
        "quite", "pretty", "fairly", "rather",
    ), 1.1),
    **dict.fromkeys((
        "slightly", "somewhat", "bit", "little", "kinda", "sorta", "mildly", "a-bit",
    ), 0.6),
}  # fmt: skip

NEUTRAL: Final = (
    "kind of", "what kind", "can't stop", "couldn't stop", "cannot stop", "sounds good",
    "heat pump", "calm down", "kinds of", "good morning", "good evening", "good afternoon",
    "best regards", "kind regards", "as well", "right now please", "next week", "next month",
    "next monday", "next time", "how about", "how long", "how much", "how many", "what time",
    "which one", "at the moment", "of course", "let me know", "over there", "now and then",
    "a lot", "at least", "at last night", "new year", "new york", "stop by", "sleep mode",
    "hard drive", "hard disk", "fire drill", "miss mrs", "trust fund", "free time", "real time",
    "last week", "last month", "other day", "each other", "one another",
)  # fmt: skip
"""Phrases that say nothing, listed so that their words are not counted."""
