"""The demo runs offline, shows its work, and survives kill -9 without losing a message."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import signal
import time
import urllib.request
from io import StringIO
from pathlib import Path

import pytest

pytest.importorskip("langchain")

from benchmarks.demo.live import shown
from benchmarks.demo.script import load
from resmem_core import Message, ResilientMemory

DATA = Path(__file__).parents[2] / "examples/data/sample.jsonl"
NAMESPACE = ("demo", "sample")
KILLS = 50
TURNS = len(load(DATA).turns)


TURN = {"speaker": "Ada", "dia_id": "D1:1", "text": "I bought a kayak."}
SAID = {"id": "a", "author": {"role": "user"}, "create_time": 1.7e9,
        "content": {"content_type": "text", "parts": ["I bought a kayak."]}}  # fmt: skip
QA = {"question": "What did Ada buy?", "answer": "a kayak", "evidence": ["D1:1"], "category": 1}
OWN = {
    "chat.jsonl": {"role": "user", "text": "I bought a kayak."},
    "conversations.json": [{"current_node": "a", "mapping": {"a": {"message": SAID}}}],
    "locomo.json": [{"sample_id": "1", "conversation": {"session_1": [TURN]}, "qa": [QA]}],
    "bare.json": [{"sample_id": "1", "conversation": {"session_1": [TURN]}}],
}


@pytest.mark.parametrize("name", OWN)
def test_every_promised_format_can_be_replayed(tmp_path: Path, name: str) -> None:
    """A JSONL, a ChatGPT export and LoCoMo, with questions of its own or without any."""
    (tmp_path / name).write_text(json.dumps(OWN[name]), "utf-8")
    script = load(tmp_path / name)

    assert script.turns[0].said[0].message.text == "I bought a kayak."
    own = "What did Ada buy?" if name == "locomo.json" else "What do you remember about me?"
    assert [question.text for question in script.questions] == [own]


def test_the_console_shows_the_replay_while_it_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address is told, it answers with the demo's memory, and it ends with the demo."""
    monkeypatch.setenv("BROWSER", "true")  # opens nothing
    monkeypatch.setenv("RESMEM_EDITOR_TOKEN", "t" * 32)
    location = str(tmp_path / "demo.db")
    with ResilientMemory.open(location) as memory:
        memory.session("s01", namespace=NAMESPACE).observe(Message("user", "I bought a kayak."))
        with shown(True, location, NAMESPACE, pace=0.0, stay=False) as pause:
            base = address(capfd)
            pause()
            ask = urllib.request.Request(f"{base}/api/rows?namespace=demo/sample")
            ask.add_header("Authorization", f"Bearer {'t' * 32}")
            with urllib.request.urlopen(ask) as reply:
                rows = json.load(reply)["rows"]

    assert [row["text"] for row in rows] == ["I bought a kayak."]
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(base)


def address(capfd: pytest.CaptureFixture[str]) -> str:
    """Where the console says that it is."""
    while True:
        told = re.search(r"http://127\.0\.0\.1:\d+", capfd.readouterr().out)
        if told:
            return told.group()
        time.sleep(0.1)


def replay(folder: str, keep: float) -> None:
    """Run the demo in a child; what it prints goes nowhere."""
    from benchmarks.demo import command

    with open(os.devnull, "w") as quiet:
        os.dup2(quiet.fileno(), 1)
        os.dup2(quiet.fileno(), 2)
        command.run(
            data=DATA,
            db=f"{folder}/demo.db",
            out=Path(folder),
            keep=keep,
            offline=True,
            acks=Path(folder) / "acks",
        )


def test_the_demo_runs_offline_and_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It keeps, drops, draws its picture, and recalls the turns that hold most answers."""
    from benchmarks.demo import command

    command.run(
        data=DATA, db=str(tmp_path / "demo.db"), out=tmp_path, offline=True, json_=True, fresh=True
    )
    out = capsys.readouterr()

    result = json.loads(out.out.splitlines()[-1])
    assert result["messages"] >= 200
    assert result["verdicts"]["keep"] > result["verdicts"]["drop"] > 0
    assert result["found"] >= 0.7 * result["questions"]
    told = " ".join(out.err.split())
    assert "look_up_calendar is down since" in told
    assert "it alone is left out" in told
    assert "stressed the mode changes" in told
    assert "look_up_calendar works again and is offered again" in told
    assert "the weather, asked with it, answered" in told
    assert (tmp_path / "demo.png").stat().st_size > 20_000
    assert "Hormones" in out.err


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_tables_fit_the_screen(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No column vanishes and no line is longer than the screen is wide."""
    from rich.console import Console

    from benchmarks.demo import view
    from benchmarks.demo.replay import Point
    from resmem_core.config.profile import Profile
    from resmem_core.types import HORMONES, Knobs, Mode

    texts = {str(turn.said[0].message.id): "kept" for turn in load(DATA).turns}
    given = [
        {"id": ident, "verdict": verdict, "why": f"worth over price {'second_person ' * 4}"}
        for ident in texts
        for verdict in ("keep", "merge", "drop")
    ]
    monkeypatch.setattr(view, "gate_records", lambda memory, script: given)
    profile = Profile.default()
    knobs = Knobs(**{name: span.at(0.7) for name, span in profile.ranges.items()})
    levels = dict.fromkeys(HORMONES, 1.0)
    points = [Point(0.0, "a", levels, knobs, Mode.NORMAL, False, 1, 1)] * 100
    console = Console(width=width, file=StringIO())
    view.decisions(console, None, load(DATA))  # type: ignore[arg-type]
    view.traces(console, points, profile)
    out = console.file.getvalue()  # type: ignore[attr-defined]

    assert max(map(len, out.splitlines())) <= width
    words = {*out.split()}
    assert {"verdict", "times", "keep", "merge", "drop", str(len(texts)), "knob", "was"} <= words
    assert {*HORMONES, *profile.ranges} <= words


def test_fifty_kills_lose_no_acknowledged_message(tmp_path: Path) -> None:
    """kill -9 at a random moment, fifty times: every acknowledged id is in the store after."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.demo.command"])
    rng, killed = random.Random(7), 0
    acks = tmp_path / "acks"
    while killed < KILLS:
        child = context.Process(target=replay, args=(str(tmp_path), 1.0))
        child.start()
        child.join(rng.uniform(0.05, 0.9))
        ended = not child.is_alive()
        if not ended:
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            killed += 1
        assert child.exitcode == (0 if ended else -signal.SIGKILL)
        child.close()
        replayed, kept = stored(tmp_path / "demo.db")
        if replayed == TURNS:  # only sleep and questions were left: begin again with nothing
            for file in tmp_path.iterdir():
                file.unlink()
        else:
            assert acknowledged(acks) <= kept


def acknowledged(path: Path) -> set[str]:
    """Whole lines of the acknowledgement file; a line cut by the kill was not acknowledged."""
    text = path.read_text("utf-8") if path.exists() else ""
    return set(text[: text.rfind("\n") + 1].split())


def stored(path: Path) -> tuple[int, set[str]]:
    """How many turns were replayed, and every message id that some memory was made from."""
    if not path.exists():
        return 0, set()
    with ResilientMemory.open(str(path)) as memory:
        doc = memory.store.doc("demo", "sample")
        kept = {source for m in memory.scan(NAMESPACE) for source in m.sources}
    return int(doc.body["turns"]) if doc else 0, kept
