"""The HTTP API: who is let in, what the verbs answer, and a clear word for every mistake."""

from __future__ import annotations

import json
import logging
import socket
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from mcp import Client

from resmem_core import Message, Outcome, ResilientMemory, Signal
from resmem_core.engine.loop.story import Sent
from resmem_core.errors import ConfigError
from resmem_core.health.acts import Act, from_doc
from resmem_core.health.failures import Kind
from resmem_core.protocols import AppendAudit
from resmem_core.serve import openapi, views
from resmem_core.serve.console import Console
from resmem_core.serve.operations import OPERATIONS
from resmem_core.serve.run import bound
from resmem_core.verbs import Desk
from tests.serve.consoles import ADA, BOB, SAID, Running, contradict, propose, running

HERE = {"namespace": "acme/ada"}


def asked(console: Running, token: str | None = None, **headers: str) -> httpx.Client:
    given = console.access.editor if token is None else token
    auth = {"authorization": f"Bearer {given}"} if given else {}
    return httpx.Client(base_url=console.base, headers={**auth, **headers}, trust_env=False)


def test_without_the_token_nothing_is_served(console: Running) -> None:
    """No page, no document, no API, no stream and no agent's endpoint."""
    paths = ["/", "/main.js", "/openapi.json", "/api/stream", "/api/live", "/mcp", "/nowhere"]
    paths += [one.path for one in OPERATIONS]
    with asked(console, "") as none, asked(console, "wrong") as wrong:
        answers = [client.get(path, params=HERE) for client in (none, wrong) for path in paths]
        answers.append(none.get("/", params={"token": "wrong"}))

    assert {answer.status_code for answer in answers} == {401}
    assert not any(text in answer.text for answer in answers for text in SAID)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"host": "evil.example"},
        {"host": "evil.example:80"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_origin_gets_nothing(console: Running, headers: dict[str, str]) -> None:
    """Even with the right token; and nothing is changed."""
    with asked(console, **headers) as client:
        read = client.get("/api/memories", params=HERE)
        written = client.post("/api/memories", params=HERE, json={"text": "Owned."})

    assert (read.status_code, written.status_code) == (403, 403)
    assert "access-control-allow-origin" not in read.headers
    assert len(console.memory.scan(ADA)) == len(SAID)


def test_the_token_moves_from_the_address_into_a_cookie(console: Running) -> None:
    """It stays in no address bar and no script can read it."""
    with httpx.Client(trust_env=False) as client:
        first = client.get(console.editor)
        cookie = first.headers["set-cookie"].lower()
        page = client.get(f"{console.base}/")

    assert (first.status_code, first.headers["location"], page.status_code) == (303, "/", 200)
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")  # nothing from elsewhere


def test_the_verbs_do_what_they_say(console: Running) -> None:
    """One fact through every verb of the API."""
    with asked(console) as client:
        client.params = HERE  # type: ignore[assignment]
        kept = client.post("/api/memories", json={"text": "The gate code is green."}).json()
        path = f"/api/memories/{kept['id']}"
        hits = client.post("/api/recall", json={"question": "gate code"}).json()["memories"]
        edited = client.patch(path, json={"text": "The gate code is blue.", "version": 1}).json()
        late = client.patch(path, json={"text": "It is red.", "version": 1})
        restored = client.post(f"{path}/restore", json={}).json()
        pinned = client.post(f"{path}/pin", json={"on": True}).json()
        versions = client.get(f"{path}/history").json()["versions"]
        meant = client.post("/api/forget", json={"ids": [kept["id"]], "preview": True}).json()
        erased = client.post("/api/forget", json={"ids": [kept["id"], "x"]}).json()
        absent = client.get(path)

    assert hits[0]["text"] == "The gate code is green."
    assert sum(hits[0]["why"].values()) == pytest.approx(hits[0]["score"], abs=1e-4)
    assert (edited["text"], edited["version"]) == ("The gate code is blue.", 2)
    assert (late.status_code, late.json()["error"]) == (409, "Conflict")
    assert (restored["text"], pinned["pinned"]) == ("The gate code is green.", True)
    assert [v["how"] for v in versions] == ["said", "edited", "restored"]
    assert [m["id"] for m in meant["meant"]] == [kept["id"]]
    assert erased == {"erased": 1, "missing": ["x"]}
    assert absent.status_code == 404


def test_pages_lists_and_the_live_state(console: Running) -> None:
    """What the console's pages are drawn from."""
    with asked(console) as client:
        rows = client.get("/api/rows", params={**HERE, "limit": 2}).json()
        page = client.get("/api/memories", params={**HERE, "limit": 4}).json()
        rest = client.get("/api/memories", params={**HERE, "cursor": page["cursor"]}).json()
        map_ = client.get("/api/map", params=HERE).json()
        live = client.get("/api/live").json()
        names = client.get("/api/namespaces").json()["namespaces"]

    assert [row["text"] for row in rows["rows"]] == [SAID[-1], SAID[-2]]
    assert [m["text"] for m in (*page["memories"], *rest["memories"])] == list(SAID)
    assert len(map_["points"]) == map_["total"] == len(SAID)
    monday = next(one for one in live["sessions"] if one["session"] == "monday")
    assert len(monday["moments"]) == 6
    assert all(0 <= level <= 1 for m in monday["moments"] for level in m["levels"].values())
    assert {one["key"] for one in names} == {"acme/ada", "acme/bob"}


def test_a_conflict_is_settled(console: Running) -> None:
    """The pair is listed, the one that does not hold is closed and stays in its history."""
    contradict(console.memory)
    with asked(console) as client:
        pair = client.get("/api/conflicts", params=HERE).json()["pairs"][0]
        ids = {"holds": pair["newer"]["id"], "other": pair["older"]["id"]}
        done = client.post("/api/conflicts/settle", params=HERE, json=ids)
        left = client.get("/api/conflicts", params=HERE).json()["pairs"]
        older = client.get(f"/api/memories/{pair['older']['id']}", params=HERE).json()
        again = client.post("/api/conflicts/settle", params=HERE, json=ids)

    assert (pair["older"]["text"][-7:], pair["newer"]["text"][-7:]) == ("Monday.", "Friday.")
    assert (done.status_code, left) == (200, [])
    assert older["valid_to"] is not None
    assert (again.status_code, again.json()["error"]) == (400, "InputError")


def test_the_map_tells_what_became_of_the_memories_over_time(console: Running) -> None:
    """Every memory is in one span, by its quadrant and by its tier."""
    with asked(console) as client:
        told = client.get("/api/map", params=HERE).json()
    spans = told["over_time"]

    for name in ("tiers", "quadrants"):
        assert sum(sum(span.values()) for span in spans[name]) == told["total"] == len(SAID)
    assert spans["from"] <= spans["until"]


def test_rows_and_a_memory_are_read_before_the_mirror_is_there(memory: ResilientMemory) -> None:
    """A page of the list is the same from the store and from the mirror."""
    console, desk = Console(memory, None), Desk(memory, ADA)
    cold = [views.rows(desk, offset, 2, loaded=console.loaded(ADA)) for offset in (0, 2, 5, 9)]
    console.warm()
    warm = [views.rows(desk, offset, 2, loaded=console.loaded(ADA)) for offset in (0, 2, 5, 9)]

    assert console.loaded(ADA)
    assert cold == warm
    assert [row["text"] for row in cold[0]["rows"]] == [SAID[-1], SAID[-2]]


def test_what_was_sent_stands_beside_what_the_user_set(console: Running) -> None:
    """Of the last request, read by a console from the stored conversation."""
    session = console.memory.session("wednesday", namespace=ADA)
    session.sent = (Sent("temperature", 0.7, 0.4), Sent("max_tokens", None, 64.0))
    session.signal(Signal("provider_error"))
    session.outcome(Outcome(success=False, latency=1.0))
    with asked(console) as client:
        told = client.get("/api/live").json()["sessions"]
    moment = next(one for one in told if one["session"] == "wednesday")["moments"][-1]

    assert moment["sent"] == {"temperature": [0.7, 0.4], "max_tokens": [None, 64.0]}
    assert moment["steered"] is True


def test_acts_are_told_in_sentences(console: Running) -> None:
    """Of a failure what was done about it, of the gate its verdict and reason."""
    act = Act("refusal", "tool:calendar", 5.0, Kind.CONNECTION, 30.0, 4, 1.0)
    verdict = {"event": "gate", "namespace": [*ADA], "verdict": "keep", "reason": "worth 1"}
    console.memory.store.apply(
        [AppendAudit({"event": "health", **act.to_doc()}), AppendAudit(verdict)]
    )
    with asked(console) as client:
        acts = client.get("/api/live").json()["acts"]
    told = {one["event"]: one["words"] for one in reversed(acts)}

    assert from_doc(act.to_doc()) == act
    assert told["health"] == act.sentence()
    assert "calendar" in told["health"]
    assert told["gate"] == "keep: worth 1"


def test_what_was_let_go_can_be_kept_after_all() -> None:
    """It is listed with the gate's reason, and comes back by its id."""
    with ResilientMemory.open(":memory:", keep=0.3) as strict:
        session = strict.session("s", namespace=ADA)
        for number, text in enumerate(("ok", "hm", "My sister plays the oboe.", "yes", "no")):
            session.observe(Message("user", text, id=f"g{number}"))
        strict.sleep(ADA)
        with running(strict) as other, asked(other) as client:
            gone = client.get("/api/dropped", params=HERE).json()["rows"]
            back = client.post(f"/api/memories/{gone[0]['id']}/restore", params=HERE, json={})
            left = client.get("/api/dropped", params=HERE).json()["rows"]

    assert gone
    assert all(row["reason"] for row in gone)
    assert back.json()["text"] == gone[0]["text"]
    assert len(left) == len(gone) - 1


def test_a_viewer_sees_and_does_not_change(console: Running) -> None:
    """Every operation that edits is refused to the viewer's token, and nothing happens."""
    before = [m.text for m in console.memory.scan(ADA)]
    with asked(console, console.access.viewer) as client:
        for one in OPERATIONS:
            path = one.path.replace("{id}", "m0")
            answer = client.request(one.method, path, params=HERE, json={"text": "x", "by": "x"})
            assert (answer.status_code == 403) is one.edits or not one.edits
            if one.edits:
                assert "viewer" in answer.json()["message"]
        listed = client.get("/api/memories", params=HERE)

    assert listed.status_code == 200
    assert [m.text for m in console.memory.scan(ADA)] == before
    assert console.memory.safe_mode() is False


def test_policies_are_decided_by_a_named_person(console: Running) -> None:
    """Approved, refused to its own proposer, rejected and rolled back."""
    second = propose(console.memory)
    with asked(console) as client:
        first = client.get("/api/policies").json()["proposals"][0]
        own = client.post(f"/api/proposals/{first['id']}/approve", json={"by": "learner"})
        nobody = client.post(f"/api/proposals/{first['id']}/approve", json={"by": ""})
        done = client.post(f"/api/proposals/{first['id']}/approve", json={"by": "Grace"}).json()
        again = client.post(f"/api/proposals/{first['id']}/approve", json={"by": "Grace"})
        no = client.post(f"/api/proposals/{second}/reject", json={"by": "Grace", "reason": "no"})
        back = client.post("/api/policies/rollback", json={"by": "Grace", "version": 0}).json()

    assert "w0" in first["changes"][0]["path"]
    assert (own.status_code, nobody.status_code, again.status_code) == (403, 400, 403)
    assert (done["version"], done["approved_by"]) == (1, "Grace")
    assert no.json()["status"] == "rejected"
    assert (back["version"], console.memory.policies.active().approved_by) == (2, "Grace")


def test_safe_mode_is_switched_and_refuses_writes(console: Running) -> None:
    """The kill switch of every worker."""
    with asked(console) as client:
        on = client.post("/api/safe-mode", json={"on": True}).json()
        refused = client.post("/api/memories", params=HERE, json={"text": "A fact."})

    assert on == {"safe_mode": True}
    assert (refused.status_code, refused.json()["error"]) == (423, "SafeModeError")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/memories", b"not json", 400),
        ("POST", "/api/memories", b"[]", 400),
        ("POST", "/api/memories", b"{}", 400),
        ("POST", "/api/memories", b"[" * 100_000, 400),
        ("POST", "/api/memories", b'{"text": "\\ud800 half"}', 400),
        ("POST", "/api/memories", json.dumps({"text": "x" * 16_001}).encode(), 400),
        ("POST", "/api/memories", json.dumps({"text": "x" * 10_000_000}).encode(), 413),
        ("POST", "/api/memories", b'{"text": "a", "namespace": "acme/bob"}', 400),
        ("POST", "/api/recall", b'{"question": ""}', 400),
        ("POST", "/api/recall", b'{"question": "a", "k": 0}', 400),
        ("POST", "/api/forget", b'{"ids": []}', 400),
        ("POST", "/api/forget", b"{}", 400),
        ("PATCH", "/api/memories/nobody", b'{"text": "a"}', 404),
        ("GET", "/api/memories/nobody/history", b"", 404),
        ("GET", "/api/rows?limit=many", b"", 400),
        ("GET", "/api/memories?cursor=x", b"", 400),
        ("POST", "/api/policies/rollback", b'{"by": "Grace", "version": 99}', 404),
        ("POST", "/api/proposals/nope/approve", b'{"by": "Grace"}', 404),
        ("DELETE", "/api/memories", b"", 405),
        ("GET", "/api/nowhere", b"", 404),
    ],
)
def test_bad_input_is_a_clear_word(
    console: Running, method: str, path: str, body: bytes, status: int
) -> None:
    """A typed status, a sentence, and nothing is changed."""
    with asked(console) as client:
        sep = "&" if "?" in path else "?"
        answer = client.request(method, f"{path}{sep}namespace=acme/ada", content=body)

    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    assert [m.text for m in console.memory.scan(ADA)] == list(SAID)


def test_a_body_that_lies_about_its_length_is_cut_off(console: Running) -> None:
    """Ten megabytes in pieces without a length are not taken in."""
    pieces = (b'{"text": "', *(b"x" * 100_000 for _ in range(100)), b'"}')
    with asked(console) as client:
        answer = client.post("/api/memories", params=HERE, content=iter(pieces))

    assert answer.status_code == 413


def test_a_namespace_that_is_not_shown_is_a_wall(memory: ResilientMemory) -> None:
    """A console that was started for one namespace reads and changes no other."""
    with running(memory, [ADA]) as console, asked(console) as client:
        body = {"text": "a", "question": "a", "ids": ["a"]}
        answers = [
            client.request(one.method, one.path.replace("{id}", "m0"), params={"namespace": name},
                           json=None if one.method == "GET" else body)
            for one in OPERATIONS if one.scoped for name in ("acme/bob", "", "acme", "acme//ada")
        ]  # fmt: skip
        names = client.get("/api/namespaces").json()["namespaces"]
        live = client.get("/api/live").text

    assert all(answer.status_code in (400, 403) for answer in answers)
    assert not any("4711" in answer.text for answer in answers)
    assert [one["key"] for one in names] == ["acme/ada"]
    assert "bob" not in live
    assert len(memory.scan(BOB)) == 1


def test_no_log_holds_a_token_or_a_text(console: Running, caplog: pytest.LogCaptureFixture) -> None:
    """Not at the chattiest level, neither of a good nor of a failed request."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the test's own client tells its URLs
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    with asked(console) as client:
        client.get(console.editor)
        client.post("/api/recall", params=HERE, json={"question": "kiln"})
        client.post("/api/memories", params=HERE, content=b"{")

    assert console.access.editor not in caplog.text
    assert not any(text in caplog.text for text in SAID)
    assert console.access.editor not in repr(console.access)


async def test_agents_reach_one_namespace_over_http(memory: ResilientMemory) -> None:
    """The SDK's client speaks to /mcp with the token, and gets nothing without it."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    with running(memory, [ADA]) as console:
        headers = {"authorization": f"Bearer {console.access.editor}"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
            transport = streamable_http_client(f"{console.base}/mcp", http_client=http)
            async with Client(transport) as client:
                found = await client.call_tool("recall", {"question": "How hot is the kiln?"})
        with asked(console, "") as stranger, asked(console, console.access.viewer) as viewer:
            none = stranger.post("/mcp", json={})
            seen = viewer.post("/mcp", json={})

    assert found.structured_content is not None
    assert "1240" in found.structured_content["memories"][0]["text"]
    assert (none.status_code, seen.status_code) == (401, 403)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_only_loopback_is_served(address: str) -> None:
    """Nothing else is bound."""
    with pytest.raises(ConfigError, match="loopback"):
        bound(address, 0)


def test_a_port_that_is_taken_is_named() -> None:
    """The error says which, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}.*--port"):
            bound("127.0.0.1", port)


def test_the_document_describes_every_operation() -> None:
    """What is served is what is described."""
    paths = openapi.document()["paths"]
    described = {(m.upper(), path) for path, methods in paths.items() for m in methods}

    assert described == {(one.method, one.path) for one in OPERATIONS}


@pytest.mark.parametrize("operation", [one.name for one in OPERATIONS])
def test_schemathesis_finds_no_hole(console: Running, operation: str) -> None:
    """Inputs made from the document, good and bad, get the answers that it promises."""
    schema = schemathesis.openapi.from_dict(openapi.document())
    headers = {"Authorization": f"Bearer {console.access.editor}"}

    @given(case=schema.find_operation_by_id(operation).as_strategy())
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        (case.query or {}).pop("cursor", None)  # no schema can make one: it is one of ours
        case.call_and_validate(base_url=console.base, headers=headers)

    check()
