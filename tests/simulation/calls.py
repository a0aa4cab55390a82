"""What engines are asked to do, and what the client knows afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from resmem_core import Decision, Message, Outcome, Profile, ResilientMemory
from resmem_core.engine.keeping.files import backup, restore
from resmem_core.engine.outbox import LATER
from resmem_core.engine.session import Session
from resmem_core.errors import ApprovalDenied, ForkedHandleError
from resmem_core.learning.proposals import Evidence

from .told import SPACES, space_of, thread_of

if TYPE_CHECKING:
    from .world import World

DAY: Final = 86_400.0
SYLLABLES: Final = [*map("".join, zip("bdfgklmnprstvz", "aoiueoiuaiouae", strict=True))]


def _session(memory: ResilientMemory, ident: str) -> Session:
    """The conversation in which a message is told; always the same one for one id."""
    return memory.session(thread_of(ident), namespace=space_of(ident))


def _message(world: World, *, beside: str | None = None) -> Message:
    """A message that is told for the first time, or again, as a client does that got no answer.

    Args:
        beside: it is told in the conversation of this one.
    """
    told, chance = world.told, world.chance
    fitting = [i for i in told.texts if beside is None or thread_of(i) == thread_of(beside)]
    again = sorted(told.unsure.intersection(fitting)) if chance.random() < 0.5 else sorted(fitting)
    if again and (beside is not None or chance.random() < 0.3):
        ident = chance.choice(again)
    else:
        ident = f"m{len(told.texts)}"
        told.texts[ident] = _text(chance)
    return Message(role="user", text=told.texts[ident], id=ident)


def _messages(world: World) -> list[Message]:
    """One or two of one conversation."""
    first = _message(world)
    second = _message(world, beside=first.id)
    near = second.id != first.id and thread_of(str(second.id)) == thread_of(str(first.id))
    return [first, second] if near else [first]


def _text(chance: Random) -> str:
    words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(4)]
    return f"{words[0].title()} keeps {words[1]} beside {words[2]} in {words[3].title()}."


def _write(world: World, messages: list[Message], call: Callable[[], list[Decision]]) -> None:
    """Send, and note what the client knows then."""
    told = world.told
    told.unsure |= {str(message.id) for message in messages} - told.held - told.waiting
    for message, decision in zip(messages, call(), strict=True):
        _note(world, str(message.id), decision)


def _note(world: World, ident: str, decision: Decision) -> None:
    told, kept = world.told, decision.verdict != "drop"
    assert kept or world.keep < 1.0 or ident in told.unwanted, "at keep=1.0 all is kept"
    told.unsure.discard(ident)
    if ident in told.unwanted or not kept:
        return
    if decision.reason == LATER.reason:
        told.waiting |= {ident} & _durable(world)
    elif decision.final and world.keep == 1.0:
        told.held.add(ident)
        told.waiting.discard(ident)


def _durable(world: World) -> set[str]:
    """What the outbox keeps on the disk; the rest dies with its process."""
    return world.in_the_outbox() if world.keep == 1.0 else set()


def _observe(world: World, memory: ResilientMemory) -> None:
    message = _message(world)
    session = _session(memory, str(message.id))
    _write(world, [message], lambda: [session.observe(message)])


def _turn(world: World, memory: ResilientMemory) -> None:
    messages = _messages(world)
    session = _session(memory, str(messages[0].id))
    outcome = Outcome(success=world.chance.random() < 0.7)
    _write(world, messages, lambda: session.turn(messages, outcome))


def _by_outbox(world: World, memory: ResilientMemory) -> None:
    """As an adapter writes: nothing raises, what the store does not take waits on the disk."""
    messages = _messages(world)
    session = _session(memory, str(messages[0].id))
    outcome = Outcome(success=world.chance.random() < 0.7)
    if world.chance.random() < 0.5:
        _write(world, messages, lambda: memory.outbox.observe(session, messages))
    else:
        _write(world, messages, lambda: memory.outbox.turn(session, messages, outcome))


def _forget(world: World, memory: ResilientMemory) -> None:
    told = world.told
    if not told.texts:
        return
    ident = world.chance.choice(sorted(told.texts))
    told.held.discard(ident)
    told.waiting.discard(ident)
    told.unwanted.add(ident)
    if memory.forget(space_of(ident), [ident]):
        told.forgotten.add(ident)


def _sleep(world: World, memory: ResilientMemory) -> None:
    memory.sleep(world.chance.choice(SPACES))


def _recall(world: World, memory: ResilientMemory) -> None:
    told = world.told
    ident = world.chance.choice(sorted(told.texts)) if told.texts else "m0"
    hits = _session(memory, ident).recall(told.texts.get(ident, "Who?"))
    gone = {told.texts[ident] for ident in told.forgotten}
    assert not gone & {hit.text for hit in hits}, "recall speaks of what was forgotten"
    others = {text for i, text in told.texts.items() if space_of(i) != space_of(ident)}
    assert not others & {hit.text for hit in hits}, "recall speaks of another namespace"


def _carry(world: World, memory: ResilientMemory) -> None:
    """An export of ours is taken in again, at once or by another engine."""
    lines = list(memory.export(world.chance.choice(SPACES)))
    memory.import_(lines)


def _decide(world: World, memory: ResilientMemory) -> None:
    """Propose and approve, or roll back; another person may be first."""
    policies, shift = memory.policies, world.chance.uniform(0.01, 0.05)
    with suppress(ApprovalDenied):  # stale by then, or the active one already
        if world.chance.random() < 0.3:
            policies.rollback(0, by="Grace")
            return
        shipped = Profile.default()
        bolder = replace(shipped, base=shipped.base.clip(0, 0.9) + shift)
        made = policies.propose(bolder, EVIDENCE, proposer="trainer")
        policies.approve(made.id, by="Grace")


def _fork(world: World, memory: ResilientMemory) -> None:
    """A child of the process goes on with what its parent opened: refused, and nothing stored."""
    message = _message(world)
    with patch.object(os, "getpid", lambda: -1), suppress(ForkedHandleError):
        _session(memory, str(message.id)).observe(message)
        raise AssertionError("a child wrote with its parent's handle")


def _back_up(world: World, memory: ResilientMemory) -> None:
    copy = world.path.with_suffix(".copy")
    copy.unlink(missing_ok=True)
    backup(world.path, copy)
    world.copy = deepcopy(world.told)


def _restore(world: World, memory: ResilientMemory) -> None:
    """The copy is put back while nobody has the store open; what was told since may be gone."""
    if world.copy is None or not world.alone:
        return
    told, then = world.told, world.copy
    world.stop()
    world.truth.close()
    restore(world.path.with_suffix(".copy"), world.path, replace=True)
    world.truth = world.open()
    told.unsure |= (told.held | told.waiting) - then.held
    told.held &= then.held
    told.waiting = set()


def _time_jumps(world: World, memory: ResilientMemory) -> None:
    """Mostly onwards, at times far, at times back, as clocks of several machines do."""
    chance = world.chance
    world.clock.at += chance.choice([60.0, 3_600.0, DAY, 40 * DAY, -3_600.0, -2 * DAY])
    world.clock.passed += chance.choice([0.0, 60.0, 3_600.0])


EVIDENCE: Final = Evidence(samples=500, gain=0.03, lower_bound=0.01, kl=0.004, method="replay")

CALLS: Final = {
    _observe: 7, _turn: 4, _by_outbox: 6, _forget: 2, _sleep: 2, _recall: 3, _carry: 1, _decide: 1,
    _time_jumps: 2, _fork: 1, _back_up: 1, _restore: 1,
}  # fmt: skip
