"""`resmem chaos`: faults around a user's own agent, and a certificate."""

import json

import pytest
import typer
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from typer.testing import CliRunner

from resmem_core.errors import ConfigError, InputError
from resmem_langchain.chaos import subject, tasks, trial
from resmem_langchain.chaos.certificate import certificate, page
from resmem_langchain.chaos.command import add_to

AGENT = "examples/chaos_my_agent.py:build"
TASKS = "examples/data/chaos_tasks.jsonl"


def command(*arguments: str):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_to(app)
    return CliRunner().invoke(app, ["chaos", *arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The example, as its page runs it."""
    out = tmp_path_factory.mktemp("chaos")
    result = command(
        AGENT,
        "--tasks",
        TASKS,
        "--faults",
        "F1,F7,F8",
        "--turns",
        "12",
        "--out",
        str(out),
        "--json",
    )
    return json.loads(result.stdout), out


def test_the_example_gets_its_certificate(made):
    """Both files are there, and the JSON is what was printed."""
    doc, out = made

    assert json.loads((out / "certificate.json").read_text("utf-8")) == doc
    assert set(doc["families"]) == {"F12", "F1", "F7", "F8"}
    assert "my_agent.py:build" in (out / "certificate.html").read_text("utf-8")


def test_calm_is_survived_by_both_and_nothing_is_struck(made):
    """Without faults everything is done, with and without Resilient Memory."""
    doc, _ = made

    for side in ("with", "without"):
        assert (doc[side]["F12"]["success"], doc[side]["F12"]["struck"]) == (100, 0)


@pytest.mark.parametrize("family", ["F1", "F7", "F8"])
def test_a_fault_that_was_asked_for_strikes(made, family):
    """A certificate over nothing would be none."""
    assert made[0]["without"][family]["struck"] > 0


def test_no_tool_that_fails_ends_a_turn_with_resilient_memory(made):
    """Its user gets an answer each time; without, the tool's exception. An outage costs no more."""
    doc, _ = made

    assert doc["with"]["F7"]["errors"] == 0 < doc["without"]["F7"]["errors"]
    assert doc["with"]["F1"]["errors"] <= doc["without"]["F1"]["errors"]


def test_after_a_trial_models_and_tools_are_as_before(made):
    """The process is left as it was found."""
    from langchain.agents import create_agent

    assert BaseChatModel._generate_with_cache.__module__.startswith("langchain_core")
    assert BaseTool.run.__module__.startswith("langchain_core")
    assert create_agent.__module__.startswith("langchain.")


@pytest.mark.parametrize(
    "path", ["agent", ":build", "agent:", "agent:no-name", "none_such_at_all:b"]
)
def test_an_agent_that_cannot_be_found_is_one_error(path):
    """The message says how to name one."""
    with pytest.raises(InputError):
        subject.load(path)


def test_a_factory_that_makes_no_agent_is_one_error():
    """As is one to which nothing can be added."""

    class Other:
        def invoke(self):
            """An agent of another kind."""

    with pytest.raises(InputError, match="must return an agent"):
        subject.build(lambda: 3)
    with pytest.raises(InputError, match="middleware"):
        subject.build(Other, [object()])


def test_a_factory_may_take_middleware_itself():
    """Its parameter is used, and nothing is patched in."""
    seen = []

    class Other:
        def invoke(self):
            """An agent of another kind."""

    def build(middleware=()):
        seen.extend(middleware)
        return Other()

    subject.build(build, ["ours"])
    assert seen == ["ours"]


@pytest.mark.parametrize(
    "line",
    [
        "", "no json", "[1]", "{}", '{"text": 3}', '{"text": "a", "wants": 1}',
        '{"text": "a", "contains": 3}', '{"text": "a", "calls": [""]}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_task_is_named(tmp_path, line):
    """A file with it is refused whole, before anything runs; an empty file too."""
    file = tmp_path / "tasks.jsonl"
    file.write_text(f'{{"text": "fine"}}\n{line}\n' if line else "\n", "utf-8")

    with pytest.raises(InputError, match="line 2" if line else "no task"):
        tasks.read(file)


@pytest.mark.parametrize("family", ["F0", "F6", "F13", "calm", ""])
def test_a_family_that_is_none_is_refused(family):
    """With the families that there are; F6 needs a user who shows thumbs."""
    with pytest.raises(ConfigError, match="F11"):
        trial.check((family,))


def test_the_page_quotes_what_it_shows():
    """A name with markup stays text."""
    runs = [
        trial.Run("F12", resilient, 0, True, "", 1, 0, 0, 1, 1.0, 0, 0)
        for resilient in (True, False)
    ]
    html = page(certificate("<b>x</b>:build", runs, (0,)))

    assert "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;:build" in html
