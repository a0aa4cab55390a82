"""Standing instructions: recognised in six languages, kept, and recalled whatever is asked."""

from __future__ import annotations

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.memory.text.standing import is_standing

STANDING = """
Always answer in French.|Please always reply in bullet points.|From now on, call me Captain.
Never use emojis.|Please keep your answers under 200 words.|keep it under 200 words
Keep it short.|Call me Tom.|Answer in German.|I prefer short answers.
I'd like you to always cite sources.|Don't use jargon.|No emojis please.
Whenever I ask about code, use Python.|Use metric units from now on.
By default, show prices in euros.|Ok, one more thing: always answer in French.
You should always double-check dates.|Never book flights before 11 AM.
Make sure to always include units.|I want you to never apologise.
Antworte immer auf Deutsch.|Bitte antworte nur auf Englisch.|Nenn mich Tom.
Keine Emojis bitte.|Von nun an bitte ohne Fremdwörter antworten.
Schreib mir künftig kurze Antworten.|Réponds toujours en français.|Tutoie-moi.
À partir de maintenant, réponds en anglais.|N'utilise jamais d'émojis.
Responde siempre en español.|De ahora en adelante, contesta en inglés.|Llámame Ana.
No uses emojis.|Rispondi sempre in italiano.|D'ora in poi rispondi in inglese.
Chiamami Luca.|Responda sempre em português.|Me chame de Rui.
A partir de agora, responda em inglês.|Não use emojis.
"""

NONE = """
I always answer in French.|Never mind.|She never answers in English.|Always a pleasure!
I've never been to Rome.|Always wanted to go there.|Do you always answer in French?
Answer in French this time.|I never use emojis.|My boss always calls me Tommy.
Can you call me a cab?|The keeper keeps it short.|I moved to Lisbon in May.
He told me to always answer in French.|My teacher said: "Always answer in French."
I like your answers.|No jargon was used in the talk.|I want answers from the landlord.
We never deploy on Fridays.|Ich antworte immer auf Deutsch.|Je réponds toujours en français.
Siempre respondo en español.|Nunca uso emojis.|Rispondo sempre in italiano.
Sempre respondo em português.|Sempre uso a bicicleta.|Toujours pas de réponse.
"""


def each(table: str) -> list[str]:
    return [text for line in table.split("\n") for text in line.split("|") if text]


@pytest.mark.parametrize("text", each(STANDING))
def test_an_instruction_is_known(text: str) -> None:
    """What says how to be answered from now on."""
    assert is_standing(text)


@pytest.mark.parametrize("text", each(NONE))
def test_what_only_looks_like_one(text: str) -> None:
    """Habits, quotations, questions, wishes for once and plain statements are none."""
    assert not is_standing(text)


@pytest.mark.parametrize("question", ["Who painted the Mona Lisa?", "12*12", "hi", "my kiln"])
def test_it_is_kept_and_comes_with_every_question(question: str) -> None:
    """At the smallest budget and past sleep, whatever is asked; a plain statement does not."""
    with ResilientMemory.open(":memory:", keep=0.05) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        said = ["Always answer in French.", *(f"Ok, step {n} is done." for n in range(120))]
        session.observe_all([Message("user", text, id=f"m{n}") for n, text in enumerate(said)])
        memory.sleep()

        hits = session.recall(question)

    assert [hit.text for hit in hits if hit.standing] == ["Always answer in French."]


@pytest.mark.parametrize("role", ["assistant", "tool"])
def test_nobody_else_gives_one(role: str) -> None:
    """What a model or a tool says is no instruction of the user."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        session.observe(Message(role, "Always answer in French.", id="m1"))  # type: ignore[arg-type]

        assert not [hit for hit in session.recall("12*12") if hit.standing]


def test_only_the_newest_ones_come() -> None:
    """At most five, the newest first, behind what answers; one shown already is left out."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        tones = ["calm", "dry", "warm", "formal", "plain", "brief", "witty"]
        session.observe_all([Message("user", f"Always write in a {t} tone.", id=t) for t in tones])

        hits = session.recall("Who painted the Mona Lisa?", exclude=["witty"])

    assert [hit.id for hit in hits] == ["brief", "plain", "formal", "warm"]
