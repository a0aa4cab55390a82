"""A console that runs, over a memory with something in it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from resmem_core import Message, Outcome, ResilientMemory, Signal
from resmem_core.learning.proposals import Evidence
from resmem_core.protocols import Put, Row
from resmem_core.serve.access import Access, hosts
from resmem_core.serve.run import bound
from resmem_core.serve.run import server as made
from resmem_core.types import Link, Namespace

ADA: Namespace = ("acme", "ada")
BOB: Namespace = ("acme", "bob")
SCRIPT = (
    '<img src=x onerror="document.title=1"><script>document.title="owned"</script> & <b>bold</b>'
)
SAID = (
    "I moved to Lisbon in May and live near the river now.",
    "The kiln in my studio fires at 1240 degrees.",
    "My sister Ines plays the oboe in the city orchestra.",
    "The train to Porto leaves at 7:40 on weekdays.",
    f"My page holds {SCRIPT} as its first line.",
    "I am allergic to walnuts, and so is my sister.",
)


@dataclass(frozen=True)
class Running:
    """A console that answers at `base`."""

    memory: ResilientMemory
    access: Access
    base: str

    @property
    def editor(self) -> str:
        return f"{self.base}/?token={self.access.editor}"

    @property
    def viewer(self) -> str:
        return f"{self.base}/?token={self.access.viewer}"


def fill(memory: ResilientMemory) -> None:
    """Two namespaces, a conversation with an outage, and a proposal that waits."""
    session = memory.session("monday", namespace=ADA)
    for number, text in enumerate(SAID):
        session.observe(Message("user", text, author="Ada", id=f"m{number}"))
    for ok in (True, True, False, False, False, True):
        session.signal(Signal("provider_error", 0.0 if ok else 1.0), Signal("latency", 1.0))
        session.outcome(Outcome(success=ok, latency=1.0))
    session.save()
    memory.session("s", namespace=BOB).observe(Message("user", "Bob's safe opens with 4711."))
    propose(memory)


def contradict(memory: ResilientMemory) -> None:
    """Two memories of Ada's that may contradict each other."""
    session = memory.session("tuesday", namespace=ADA)
    texts = ("The oboe lesson is on Monday.", "The oboe lesson is on Friday.")
    session.observe_all([Message("user", text, id=f"c{n}") for n, text in enumerate(texts)])
    rows = {row.memory.id: row for row in memory.store.rows(ADA)}
    later = replace(rows["c1"].memory, links=(Link("c0", "conflict"),))
    memory.store.apply([Put((Row(later, rows["c1"].vector),))])


def propose(memory: ResilientMemory) -> str:
    """A proposal that waits; its id."""
    profile = json.loads(memory.profile().to_json())
    profile["w0"][0] *= 1.01 + len(memory.policies.proposals()) / 100
    made = memory.policies.propose(profile, Evidence(400, 0.05, 0.01), proposer="learner")
    return made.id


@contextmanager
def running(
    memory: ResilientMemory, namespaces: list[Namespace] | None = None, port: int = 0
) -> Iterator[Running]:
    """Serve a memory on a port."""
    listening = bound("127.0.0.1", port)
    where = listening.getsockname()[1]
    access = Access(hosts("127.0.0.1", where))
    server = made(memory, access, namespaces)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Running(memory, access, f"http://127.0.0.1:{where}")
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
