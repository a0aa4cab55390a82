"""Tasks can be done, are judged by the end state, and are drawn by their seed alone."""

import json
from random import Random

import pytest

from benchmarks.chaos2 import world
from benchmarks.chaos2.mind import Nature, reply
from benchmarks.chaos2.prompts import Call, Prompt, Seen
from benchmarks.chaos2.tasks import lay_out, make, solved
from benchmarks.chaos2.templates import SOLID, TEMPLATES
from benchmarks.chaos2.world import TOOLS, World


def done(task, told: str = "", skip: str = "") -> tuple[World, str]:
    """Follow the plan without faults; `skip` is a tool whose calls never reach the world."""
    place, messages = World(), [Seen("system", told), Seen("user", task.text)]
    lay_out(place, task)
    for _ in range(12):
        made = reply(Prompt(tuple(messages), frozenset(TOOLS)), Nature(), lambda *_: 0.999)
        if not made.calls:
            return place, made.text
        call: Call = made.calls[0]
        messages.append(Seen("assistant", calls=made.calls))
        result = "{}" if call.tool == skip else world.use(place, call.tool, call.args)
        messages.append(Seen("tool", result, answers=call.id))
    raise AssertionError("the plan does not end")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_task_is_solved_by_its_plan(template, seed):
    """A model without errors reaches every goal."""
    task = make(template, seed + 3, Random(seed))
    place, answer = done(task, task.told)

    assert solved(place, task, answer)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
def test_no_task_is_solved_by_words(template):
    """Where the last change never reached the world, saying that it is done does not help."""
    task = make(template, 5, Random(1))
    changing = [line.split()[1] for line in task.text.splitlines() if line[:1].isdigit()][-1]
    place, _ = done(task, task.told, skip=changing)

    assert not solved(place, task, json.dumps({"done": True, "answer": "It is done."}))


@pytest.mark.parametrize(
    "answer", ["", "done", '{"done": false}', '{"done": true, "ans', "[1]", "3"]
)
def test_an_answer_that_does_not_close_counts_as_none(answer):
    """The schema is an object that says that it was done."""
    task = make(SOLID[0], 1, Random(0))
    place, _ = done(task)

    assert not solved(place, task, answer)


def test_what_is_done_twice_is_counted():
    """The same change with the same arguments in one task is a double."""
    place = World(task=4)
    for _ in range(3):
        world.use(place, "note_write", {"key": "a", "text": "b"})

    assert world.doubles(place, 4) == 2


def test_there_are_forty_templates_that_need_no_memory():
    """At least forty, of different names."""
    assert len({t.name for t in SOLID}) >= 40
