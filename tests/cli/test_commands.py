"""The command line: every command, its JSON, and one line for every mistake."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.audit import records
from resmem_core.cli import main

SAMPLE = Path(__file__).parents[2] / "examples/data/sample.jsonl"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Run `resmem …` over a database of the test's own; returns exit code, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["resmem", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


@pytest.fixture
def empty(run, tmp_path: Path):  # type: ignore[no-untyped-def]
    """The same, with a memory that holds nothing yet."""
    ResilientMemory.open(str(tmp_path / "resmem.db")).close()
    return run


@pytest.fixture
def filled(run):  # type: ignore[no-untyped-def]
    """The same, with the sample conversation imported."""
    code, _, err = run("import", str(SAMPLE), "-n", "acme/ada", "--json")
    assert (code, err) == (0, "")
    return run


def test_import_counts_what_it_did(run) -> None:  # type: ignore[no-untyped-def]
    """Every message of the file ends as kept, merged or dropped."""
    code, out, _ = run("import", str(SAMPLE), "-n", "acme/ada", "--json")
    counts = json.loads(out)

    assert code == 0
    assert counts["keep"] + counts["merge"] + counts["drop"] == len(SAMPLE.read_text().splitlines())
    assert counts["bad"] == 0


def test_import_names_the_bad_line_and_keeps_the_rest(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A broken line costs itself, not the file."""
    file = tmp_path / "chat.jsonl"
    good = '{"role": "user", "text": "The kiln fires at 1240 degrees.", "id": "a"}'
    other = '{"role": "user", "text": "My sister Ines plays the oboe.", "id": "b"}'
    file.write_text(f"{good}\nnot json\n{other}\n")

    code, out, err = run("import", str(file), "-n", "acme/ada", "--json")

    assert code == 0
    assert "chat.jsonl:2:" in err
    assert json.loads(out)["bad"] == 1
    assert json.loads(out)["stored"] == 2


def test_recall_says_why(filled) -> None:  # type: ignore[no-untyped-def]
    """Each hit carries the share of every signal, and they sum to its score."""
    _, out, _ = filled("recall", "Which food is Inês allergic to?", "-n", "acme/ada", "--json")
    best = json.loads(out)[0]

    assert "walnuts" in best["text"]
    assert sum(best["why"].values()) == pytest.approx(best["score"], abs=1e-4)


def test_sleep_inspect_export_and_forget(filled) -> None:  # type: ignore[no-untyped-def]
    """What was imported can be consolidated, looked into, exported and erased."""
    _, out, _ = filled("sleep", "-n", "acme/ada", "--json")
    report = json.loads(out)[0]
    _, out, _ = filled("export", "-n", "acme/ada", "--json")
    items = json.loads(out)
    ident = next(item["id"] for item in items if not item["semantic"])
    _, out, _ = filled("inspect", "gate", "-n", "acme/ada", "--id", ident, "--json")
    told = json.loads(out)
    _, out, _ = filled("forget", "-n", "acme/ada", "--all", "--json")

    assert report["after"]["short"] + report["after"]["mid"] + report["after"]["long"] == len(items)
    assert {one["id"] for one in told["verdicts"]} == {ident}
    assert set(told["features"]) >= {"novelty", "time", "question"}
    assert json.loads(out)["erased"] == len(items)


def test_inspect_gate_shows_the_verdicts_that_were_given(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Word for word as the gate gave them, dropped and merged messages included."""
    said = {
        "a": "My sister Ines plays the oboe.", "b": "ok", "c": "My sister Ines plays the oboe.",
        "d": "The kiln in Porto fires at 1240 degrees since March.",
    }  # fmt: skip
    with ResilientMemory.open(str(tmp_path / "resmem.db")) as memory:
        session = memory.session("s", namespace=("acme", "ada"))
        session.observe_all([Message("user", text, id=ident) for ident, text in said.items()])
        memory.sleep(("acme", "ada"))
        log = [record for record in records(memory.store) if record["event"] == "gate"]
    _, out, _ = run("inspect", "gate", "-n", "acme/ada", "--json")
    _, one, _ = run("inspect", "gate", "-n", "acme/ada", "--id", "b", "--json")
    _, shown, _ = run("inspect", "gate", "-n", "acme/ada")
    verdicts = json.loads(out)["verdicts"]

    assert [(v["verdict"], v["reason"]) for v in verdicts] == [
        (r["verdict"], r["reason"]) for r in log
    ]
    assert {v["verdict"] for v in verdicts} == {"keep", "drop", "merge"}
    assert {v["id"] for v in verdicts if v["verdict"] == "merge"} == {
        "a"
    }  # where its text lives on
    assert [v["verdict"] for v in json.loads(one)["verdicts"]] == ["drop"]
    assert json.loads(one)["verdicts"][0]["text"] is None
    assert "not stored" in shown


def test_inspect_gate_invents_no_verdict(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """What waits in the buffer, and what never came, has none."""
    with ResilientMemory.open(str(tmp_path / "resmem.db")) as memory:
        session = memory.session("s", namespace=("acme", "ada"))
        session.observe(Message("user", "My sister Ines plays the oboe.", id="a"))
    waiting, _, early = run("inspect", "gate", "-n", "acme/ada", "--id", "a")
    absent, _, never = run("inspect", "gate", "-n", "acme/ada", "--id", "z")

    assert (waiting, absent) == (2, 2)
    assert "not given yet" in early
    assert "holds no verdict on z" in never


def test_a_command_without_a_namespace_names_those_there_are(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The error lists what the memory holds, a dozen as the first ten and a number."""
    with ResilientMemory.open(str(tmp_path / "resmem.db")) as memory:
        for number in range(12):
            session = memory.session("s", namespace=("acme", f"ada{number:02}"))
            session.observe(Message("user", "My sister Ines plays the oboe."))
    for command in (["export"], ["recall", "oboe"], ["inspect", "gate"], ["forget", "--all"]):
        code, _, err = run(*command)

        assert code == 2
        assert "acme/ada00, " in err
        assert "acme/ada09 and 2 more" in err


def test_a_list_of_an_unknown_namespace_names_those_there_are(filled) -> None:  # type: ignore[no-untyped-def]
    """A slip in the name is told; a known one that is filtered to nothing is not."""
    code, _, err = filled("list", "-n", "acme/adda")
    known = filled("list", "-n", "acme/ada", "--author", "nobody")

    assert (code, err) == (0, "acme/adda holds nothing; resmem.db holds acme/ada\n")
    assert (known[0], known[2]) == (0, "")


def test_without_a_memory_no_namespace_is_listed_and_none_is_made(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Asking makes no file."""
    code, _, err = run("import", str(SAMPLE))

    assert code == 2
    assert "--namespace acme/ada" in err
    assert list(tmp_path.iterdir()) == []


def test_safe_mode_and_audit(filled) -> None:  # type: ignore[no-untyped-def]
    """The kill switch refuses an import, and the log's chain holds."""
    filled("safe-mode", "on")
    code, _, err = filled("import", str(SAMPLE), "-n", "acme/bob")
    filled("safe-mode", "off")
    _, out, _ = filled("audit", "verify", "--json")

    assert code == 2
    assert "resmem safe-mode off" in err
    assert json.loads(out)["intact"] is True


def test_the_command_says_its_version(run) -> None:  # type: ignore[no-untyped-def]
    """Which release somebody speaks of in a report."""
    code, out, _ = run("--version")

    assert code == 0
    assert out.strip() == f"resilient-memory {metadata.version('resilient-memory')}"


def test_an_anchor_shows_that_the_log_was_cut(filled, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A chain whose newest records are gone is sound by itself; the kept hash tells."""
    filled("safe-mode", "on")
    _, kept, _ = filled("audit", "anchor")
    filled("safe-mode", "off")
    code, _, _ = filled("audit", "verify", "--anchor", kept.strip())
    assert code == 0

    number = int(kept.split(":")[0])
    with closing(sqlite3.connect(next(tmp_path.glob("*.db")))) as connection:
        connection.execute("DELETE FROM audit WHERE number >= ?", (number,))
        connection.commit()

    assert filled("audit", "verify")[0] == 0
    code, _, err = filled("audit", "verify", "--anchor", kept.strip())
    assert code == 2
    assert "cut or replaced" in err
    assert filled("audit", "verify", "--anchor", "nonsense")[0] == 2


def test_report_writes_a_page(filled, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """One file, of the memories that are there."""
    _, out, _ = filled("report", "--json")
    told = json.loads(out)

    assert told["memories"] > 200
    assert "allergic to walnuts" in (tmp_path / told["page"]).read_text("utf-8")


def test_policy_show(empty) -> None:  # type: ignore[no-untyped-def]
    """A fresh store stands on the shipped policy, with nothing waiting."""
    _, out, _ = empty("policy", "show", "--json")
    shown = json.loads(out)

    assert [version["version"] for version in shown["versions"]] == [0]
    assert shown["proposals"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("recall", "x"), "namespace"),
        (("recall", "", "-n", "a"), "empty"),
        (("recall", "x", "-n", "a", "-k", "0"), "k must be"),
        (("recall", "x", "-n", "a//b"), "part 2"),
        (("import", "missing.jsonl", "-n", "a"), "missing.jsonl"),
        (("import", ".", "-n", "a"), "held no message"),
        (("import", str(SAMPLE), "-n", "a", "--db", "/proc/nothing/here.db"), "/proc/nothing"),
        (("forget", "-n", "a"), "--all"),
        (("safe-mode", "maybe"), "on, off or show"),
        (("policy", "approve", "nope", "--by", "Grace"), "no proposal"),
        (("policy", "show", "--proposal", "nope"), "no proposal"),
        (("bench", "turn", "--adapter", "other"), "langchain or llamaindex"),
        (("bench", "sleep", "--sizes", "-5"), "--sizes"),
        (("report", "--out", "/proc/nothing/page.html"), "/proc/nothing"),
        (("move", "resmem.db", "./resmem.db"), "one store"),
        (("demo", "--data", "missing.json"), "missing.json"),
        (("demo", "--data", str(SAMPLE), "--model", "m", "--base-url", "http://[::1]:1"), "Ollama"),
    ],
)
def test_a_mistake_is_one_clear_line(empty, arguments: tuple[str, ...], words: str) -> None:  # type: ignore[no-untyped-def]
    """Exit code 2, what came and what to do, no traceback."""
    code, out, err = empty(*arguments)

    assert code == 2
    assert words in " ".join(err.split())
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    "arguments",
    [
        ("recall", "x", "-n", "a"),
        ("sleep",),
        ("export", "-n", "a"),
        ("forget", "-n", "a", "--all"),
        ("inspect", "gate", "-n", "a"),
        ("policy", "show"),
        ("safe-mode", "on"),
        ("audit", "verify"),
        ("audit", "replay"),
        ("report",),
        ("move", "typo.db", "new.db"),
    ],
)
def test_a_mistyped_memory_is_not_begun(run, tmp_path: Path, arguments: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    """Only an import begins a memory: elsewhere a name that leads nowhere is a mistake."""
    code, out, err = run(*arguments, *([] if "move" in arguments else ["--db", "typo.db"]))

    assert (code, out) == (2, "")
    assert "typo.db" in err
    assert list(tmp_path.iterdir()) == []


def test_sleep_drops_nothing_that_it_was_not_told_to(run) -> None:  # type: ignore[no-untyped-def]
    """What an import with keep=1 left waiting for its verdict is kept."""
    _, out, _ = run("import", str(SAMPLE), "-n", "acme/ada", "--keep", "1", "--json")
    stored = json.loads(out)["stored"]
    _, out, _ = run("sleep", "--json")
    (report,) = json.loads(out)

    assert report["before"]["buffer"] == 0
    assert report["before"]["short"] == stored


def test_a_foreign_file_is_left_alone(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A file that is not ours is refused and not touched."""
    file = tmp_path / "notes.db"
    file.write_bytes(b"my own notes, not a database" * 50)
    before = file.read_bytes()

    code, _, err = run("export", "-n", "a", "--db", str(file))

    assert (code, file.read_bytes()) == (2, before)
    assert "notes.db" in "".join(err.split())


def test_brackets_in_a_text_are_shown(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """What looks like markup is text: a placeholder of the redactor does not vanish."""
    file = tmp_path / "chat.jsonl"
    file.write_text('{"role": "user", "text": "My oboe teacher is ada@example.org.", "id": "a"}\n')
    run("import", str(file), "-n", "acme/ada", "--json")

    _, out, _ = run("recall", "oboe teacher", "-n", "acme/ada")

    assert "[EMAIL]" in out


def test_memories_are_corrected_on_the_command_line(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Got, edited, pinned, looked back at, restored, listed and searched, each as JSON."""
    with ResilientMemory.open(str(tmp_path / "resmem.db")) as memory:
        session = memory.session("s", namespace=("acme", "ada"))
        session.observe(Message("user", "The kiln fires at 1240 degrees.", id="a"))
        session.observe(Message("tool", "Kiln shop: open from nine to five.", id="b"))

    def asked(*arguments: str):  # type: ignore[no-untyped-def]
        code, out, err = run(*arguments, "-n", "acme/ada", "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    assert asked("edit", "a", "The kiln fires at 1260 degrees.")["text"].endswith("1260 degrees.")
    assert asked("pin", "a")["pinned"]
    assert not asked("pin", "a", "--off")["pinned"]
    assert [v["how"] for v in asked("history", "a")] == ["said", "edited"]
    assert asked("restore", "a", "--version", "1")["text"].endswith("1240 degrees.")
    assert asked("get", "a")["id"] == "a"
    assert [m["id"] for m in asked("list", "--role", "tool")["items"]] == ["b"]
    first = asked("list", "--limit", "1")
    assert [m["id"] for m in asked("list", "--cursor", first["cursor"])["items"]] == ["b"]
    assert [m["id"] for m in asked("search", "kiln", "--trust", "trusted")] == ["a"]
    assert asked("list", "--as-of", "2001-01-01")["items"] == []
    for command in (["get", "z"], ["list", "--metadata", "nonsense"], ["list", "--role", "bot"]):
        code, _, err = run(*command, "-n", "acme/ada")
        assert (code, err.startswith("error")) == (2, True)
    for command in (["get", "a"], ["history", "a"], ["list"], ["search", "kiln"]):
        code, out, _ = run(*command, "-n", "acme/ada")
        assert (code, "kiln" in out) == (0, True)


def test_an_export_is_imported_and_exported_again(filled, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The two files are equal, byte by byte; a broken one names its line."""
    first, second, broken = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl"))
    filled("sleep", "-n", "acme/ada")
    filled("export", "-n", "acme/ada", "-o", str(first))
    code, out, _ = filled("import", str(first), "--db", "other.db", "--json")
    filled("export", "-n", "acme/ada", "--db", "other.db", "-o", str(second))
    broken.write_text(first.read_text().replace('"role": "user"', '"role": "bot"', 1))
    failed, _, err = filled("import", str(broken), "--db", "third.db")
    _, dry, _ = filled("import", str(first), "--db", "third.db", "--dry-run", "--json")

    assert code == 0
    assert json.loads(out)["memories"] == json.loads(dry)["memories"] > 0
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600
    assert failed == 2
    assert "line " in err


def test_an_erasure_has_a_receipt_that_can_be_verified(filled, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Nothing is left: 0; a copy that still holds it: 1; a changed receipt: 2."""
    receipt, copy = tmp_path / "receipt.json", tmp_path / "copy.jsonl"
    _, out, _ = filled("list", "-n", "acme/ada", "--json")
    ident = json.loads(out)["items"][0]["id"]
    filled("export", "-n", "acme/ada", "-o", str(copy))
    kept = copy.read_bytes()
    copy.unlink()
    code, out, _ = filled("forget", "-n", "acme/ada", "--id", ident, "--receipt", str(receipt))
    sound, _, _ = filled("verify-erasure", str(receipt))
    copy.write_bytes(kept)
    left, out, _ = filled("verify-erasure", str(receipt), "--json")
    receipt.write_text(receipt.read_text().replace('"erased": 1', '"erased": 2'))
    changed, _, err = filled("verify-erasure", str(receipt))

    assert (code, sound, left, changed) == (0, 0, 1, 2)
    assert set(json.loads(out)["found"]) == {"copy.jsonl"}
    assert "AuditError" in err


@pytest.mark.parametrize("command", ["list", "recall"])
def test_an_empty_file_is_no_memory_to_read(run, tmp_path: Path, command: str) -> None:  # type: ignore[no-untyped-def]
    """A file that somebody only touched stays as it is; reading makes no store of it."""
    (tmp_path / "resmem.db").touch()
    arguments = {"list": ("list",), "recall": ("recall", "kiln")}

    code, _, err = run(*arguments[command], "-n", "acme/ada")

    assert code != 0
    assert "there is no memory at resmem.db" in err
    assert (tmp_path / "resmem.db").stat().st_size == 0


def test_ids_in_a_table_are_whole(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """However narrow the terminal is, so that they can be given to `get` and `forget`."""
    monkeypatch.setenv("COLUMNS", "60")
    ident = "8b8c6bc4-41d9-4e95-9f62-0a1b2c3d4e5f"
    with ResilientMemory.open(str(tmp_path / "resmem.db"), keep=1.0) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        session.observe(Message("user", "The kiln fires at 1240 degrees.", id=ident))

    _, out, _ = run("list", "-n", "acme/ada")

    assert "…" not in out
    assert set(ident) - set(out) == set()


def test_an_export_to_nowhere_is_one_line(filled, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A folder that is not there."""
    code, _, err = filled("export", "-n", "acme/ada", "-o", str(tmp_path / "none" / "e.jsonl"))

    assert code != 0
    assert "cannot write" in err
    assert "OSError" not in err


def test_a_restore_over_a_store_names_its_option(filled, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Who is refused is told how."""
    filled("backup", "copy.db")
    code, _, err = filled("restore", "copy.db")

    assert code != 0
    assert "--replace" in err
