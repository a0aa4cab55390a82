"""The blocks of one turn: what is known of the user, what is recalled now and what stands above."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from resmem_core.prompt import MORE, PREFACE, Count, compose, portrait, safely
from resmem_core.prompt._order import shown
from resmem_core.types import Attribute, Hit, Memory, Shown, Told


class Laid(NamedTuple):
    """What one turn shows of the memory.

    Attributes:
        head: what is known of the user; "" for nothing.
        rest: what was recalled; "" for nothing.
        before: the blocks that stand before earlier messages, by the messages' ids.
        told: what those are made of and, at last, what this turn's block is.
        memories: all that is shown: a block is laid out anew when one of them changes.
    """

    head: str = ""
    rest: str = ""
    before: Mapping[str, str] = {}
    told: tuple[Told, ...] = ()
    memories: tuple[Memory, ...] = ()

    @property
    def whole(self) -> str:
        """Head and rest as one text."""
        return "\n".join(filter(None, (self.head, self.rest)))


class ToAnswer(NamedTuple):
    """The message that a turn answers.

    Attributes:
        on: its id.
        text: what is recalled by.
        at: epoch seconds.
        held: texts that the prompt holds already.
    """

    on: str
    text: str
    at: float
    held: Sequence[str] = ()


class Above(NamedTuple):
    """What the conversation was told in earlier turns and keeps reading.

    Attributes:
        told: the oldest first.
        hits_of: `Session.again`.
        asked: the text of each message that the conversation still has, by its id.
    """

    told: Sequence[Told] = ()
    hits_of: Callable[[Told], list[Hit]] = lambda _: []
    asked: Mapping[str, str] = {}


def lay_out(
    hits: Sequence[Hit],
    known: Sequence[Attribute],
    asked: ToAnswer,
    *,
    budget: int,
    count: Count | None = None,
    names: Collection[str] | None = None,
    above: Above | None = None,
) -> Laid:
    """A turn's blocks, within one budget; nothing is said twice.

    Args:
        hits: what was recalled, best first.
        known: `ResilientMemory.about`.
        asked: the message that is answered.
        budget: tokens of head and rest, at most.
        count: as for `compose`.
        names: which attributes of the user, in this order; None for all.
        above: what stands above already; None for nothing.
    """
    head = portrait(known, names)
    room = budget - (safely(count)(head) if head else 0)
    lay = partial(compose, budget=room, count=count)
    there, before = told_again(lay, above or Above())
    held = [*asked.held, *(hit.text for hit in there)]
    preface = MORE if before else PREFACE
    rest = lay(hits, question=asked.text, today=asked.at, held=held, preface=preface)
    made = told(asked.on, asked.at, hits, held)
    earlier = (one for one in (above.told if above else ()) if one.on in before)
    memories = (memory for hit in (*hits, *there) for memory in hit.shown)
    return Laid(
        head, rest, before,
        told=(*earlier, *((made,) if made.hits else ())),
        memories=(*memories, *(one.memory for one in known)),
    )  # fmt: skip


def told(on: str, at: float, hits: Sequence[Hit], held: Iterable[str]) -> Told:
    """What `compose` lays out of the hits then, to be laid out again before the same message.

    Args:
        on: id of the message that the block stands before.
        at: epoch seconds, `today` of the block.
        hits, held: as for `compose`; the same are given it again with nothing held.
    """
    ids = (
        Shown(hit.id, "" if hit.asked is None else hit.asked.id, hit.standing, hit.part)
        for hit in shown(hits, held)
    )
    return Told(on, at, tuple(ids))


def told_again(lay: Callable[..., str], above: Above) -> tuple[list[Hit], dict[str, str]]:
    """What a thread was told, but for what is forgotten, and its blocks by message.

    A block is word for word what it was, as long as its memories are.

    Args:
        lay: `compose` with the budget and the counter.
    """
    there: list[Hit] = []
    blocks: dict[str, str] = {}
    for one in above.told:
        hits = above.hits_of(one) if one.on in above.asked else []
        preface, question = MORE if blocks else PREFACE, above.asked.get(one.on, "")
        if block := lay(hits, question=question, today=one.at, preface=preface):
            blocks[one.on] = block
            there += hits
    return there, blocks
