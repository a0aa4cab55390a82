"""`resmem chat` against a scripted server on loopback."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from resmem_core import ResilientMemory
from resmem_core.cli import main

ME = ("local", "me")


class Server:
    """Answers what the test scripted, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                outer.asked.append(json.loads(self.rfile.read(length)))
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                status, body = outer.answers.pop(0) if outer.answers else said("Noted.")
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"


def said(text: Any) -> tuple[int, bytes]:
    doc = {"choices": [{"message": {"content": text}}], "usage": {"completion_tokens": 3}}
    return 200, json.dumps(doc).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


@pytest.fixture
def chat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Say lines to `resmem chat`; exit code, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def call(lines: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        monkeypatch.setattr(sys, "argv", ["resmem", "chat", "--model", "m", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


def test_what_was_said_is_in_a_later_conversation(chat: Any, server: Server) -> None:
    """The memory crosses conversations, as data before the question; /why says from where."""
    chat("I moved to Lisbon in May.\n", "--base-url", server.url, "--thread", "a")
    server.answers = [said("In Lisbon.")]
    code, out, err = chat("Where do I live?\n/why\n", "--base-url", server.url, "--thread", "b")
    system = server.asked[-1]["messages"][0]

    assert (code, err) == (0, "")
    assert "In Lisbon." in out
    assert system["role"] == "system"
    assert "I moved to Lisbon in May." in system["content"]
    assert "I moved to Lisbon in May.  (" in out.partition("In Lisbon.")[2]
    assert "calm" in out


def test_in_calm_your_settings_are_sent_as_they_are(chat: Any, server: Server) -> None:
    """No setting of ours where you set none, and yours to the last digit where you did."""
    chat("Hello there, I am Ada.\n", "--base-url", server.url)
    lines = "Hello there, I am Ada.\n/knobs\n"
    _, out, _ = chat(lines, "--base-url", server.url, "--temperature", "0.73")

    assert set(server.asked[0]) == {"model", "messages"}
    assert server.asked[1]["temperature"] == 0.73
    assert "sent last: temperature 0.73 (yours 0.73)" in out


def test_commands_show_and_erase(chat: Any, server: Server, tmp_path: Path) -> None:
    """/memories, /forget, /knobs, and a word for what is no command."""
    chat("My sister Ines plays the oboe.\n", "--base-url", server.url)
    with ResilientMemory.open(tmp_path / "resmem.db") as memory:
        ident = next(m.id for m in memory.scan(ME) if "oboe" in m.text)
    lines = f"/memories\n/forget {ident}\n/memories\n/knobs\n/dance\n/forget\n/quit\nnever said\n"
    _, out, _ = chat(lines, "--base-url", server.url)

    assert "plays the oboe" in out
    assert "erased 1" in out
    assert "sent last: no setting of yours, none of ours" in out
    assert "temperature" in out
    assert "no command /dance" in out
    assert "name the memory" in out
    assert len(server.asked) == 1
    with ResilientMemory.open(tmp_path / "resmem.db") as memory:
        assert not any("oboe" in m.text for m in memory.scan(ME))


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, b"{}", "500"),
        (401, b"your key sk-secret is wrong", "401"),
        (200, b"not json", "no chat completion"),
        (200, b'{"choices": []}', "no chat completion"),
        (200, b"[" * 100_000, "no chat completion"),
        (200, said(None)[1], "no text"),
    ],
)
def test_a_failing_server_ends_no_conversation(
    chat: Any, server: Server, tmp_path: Path, status: int, body: bytes, words: str
) -> None:
    """The reason is told without the body, what you said is kept, and the next answer comes."""
    server.answers = [(status, body), said("Back again.")]
    code, out, err = chat(
        "The kiln fires at 1240 degrees.\nStill there?\n", "--base-url", server.url
    )

    assert code == 0
    assert words in err
    assert "sk-secret" not in err
    assert "Back again." in out
    with ResilientMemory.open(tmp_path / "resmem.db") as memory:
        assert any("1240" in m.text for m in memory.scan(ME))


def test_a_server_that_is_not_there_is_left_alone_after_a_while(chat: Any) -> None:
    """Each failure is told; in the end no more calls are made."""
    lines = "".join(f"Message number {n} of mine.\n" for n in range(12))
    code, _, err = chat(lines, "--base-url", "http://127.0.0.1:9/v1")

    assert code == 0
    assert "no answer" in err
    assert "left alone" in err


def test_the_key_goes_to_the_server_and_nowhere_else(
    chat: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent, and not printed."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-mine")
    _, out, err = chat("Hello there, I am Ada.\n/why\n", "--base-url", server.url)

    assert server.headers[0]["authorization"] == "Bearer sk-of-mine"
    assert "sk-of-mine" not in out + err


def test_what_a_model_says_cannot_drive_the_terminal(chat: Any, server: Server) -> None:
    """Control characters of an answer are not printed."""
    server.answers = [said("fine\x1b]0;owned\x07\x1b[2J ok")]
    _, out, _ = chat("Hello there, I am Ada.\n", "--base-url", server.url)

    assert "\x1b" not in out
    assert "ok" in out


@pytest.mark.parametrize("url", ["ftp://x/v1", "no address", "", "http://"])
def test_an_address_that_is_none_is_refused(chat: Any, url: str) -> None:
    """One clear line before anything is opened."""
    code, _, err = chat("Hello\n", "--base-url", url)

    assert code == 2
    assert "--base-url" in err
