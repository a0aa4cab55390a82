"""Long texts of machines, kept as extracts: the lines and sentences worth keeping. Pure.

An extract is a part of the text, word for word and in its order, with a line "…" where something is
left out. The memory's metadata says under `CUT` how much that is, and holds a digest of the whole
text, by which the same message is known when it comes again. What was left out is gone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from resmem_core.memory.gate.features import StreamContext, squash
from resmem_core.memory.gate.model import GateState
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.decisions import decides
from resmem_core.memory.text.sentence_ends import Span, spans
from resmem_core.memory.text.sentences import Sentence, told_apart
from resmem_core.types import Decision, Memory, Verdict

CUT: Final = "cut"
"""In the metadata of an extract: {"left_out", "of": bytes of UTF-8, "digest": of the whole text,
"spans": where its parts stood, as [start, end] in characters}."""

LEAST: Final = 600
"""Bytes up to which a text stays whole, and that an extract may have whatever the budget."""
GAP: Final = "\n…\n"

_LINE: Final = re.compile(r"[^\n]+")
_LONG_LINE: Final = 240
_RECORD: Final = re.compile(r".+?(?:[}\]],?(?=\s*[\"{\[])|$)\s*")
"""A record of data that stands in one line."""
_ENTRY: Final = re.compile(r".+?(?:,(?=\s*[\"'{])|$)\s*")
"""A key and its value, of a record without end."""
_ENDLESS: Final = 480
_PIECE: Final = re.compile(r".{1,140}(?:\s|$)|.{1,140}", re.DOTALL)
"""Of a part with no end in sight, such as a blob: pieces that always fit `LEAST`."""
_FRAME: Final = re.compile(r"\W*(?:\w+\W*)?")
"""A line of marks and one word at most: a fence, a bracket, a rule."""
_RESULT: Final = re.compile(
    r"^\s*(?:[+-](?![+-])|@@|>>>|=>|→)|(?:=|→|:)\s*[\"']?[-+$€£]?\d"
    r"|\b(?:total|result|error|passed|failed|booked|confirmed|created|reference)\b",
    re.IGNORECASE,
)
"""A line of a diff, a computed value, the outcome of what was done."""

SAVED: Final = 1_000
"""Bytes that the budget may have saved for one text ..."""
OWED: Final = 4_000
"""... and that people's long texts, which are never cut, may take of what comes after them."""


def within_budget(
    state: GateState, memory: Memory, decision: Decision, stream: StreamContext
) -> tuple[GateState, Memory, Decision]:
    """What a judged message takes of the budget in bytes, and the message as that allows it.

    The budget gives `keep` of the bytes of each message that is judged, kept or not, and saves at
    most `SAVED`. With `keep` = 1 nothing is cut.

    Returns:
        The next state; the memory, an extract where it had to be cut; the decision, which says so.
    """
    keep = state.config.keep
    if keep >= 1.0 or decision.verdict is Verdict.MERGE:
        return state, memory, decision
    whole = size(memory.text)
    room = int(keep * whole) + state.saved
    taken = 0
    if decision.verdict is Verdict.KEEP:
        memory = extract(memory, room, stream) if may_be_cut(memory) else memory
        taken = size(memory.text)
    if taken and taken < whole:
        told = f"{decision.reason}; {whole - taken} of {whole} bytes left out"
        decision = replace(decision, reason=told)
    return replace(state, saved=min(max(room - taken, -OWED), SAVED)), memory, decision


def size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def may_be_cut(memory: Memory) -> bool:
    """Whether the budget may shorten it: a machine's long text that nobody took up by hand."""
    touched = memory.pinned or memory.merged or memory.versions or memory.semantic
    return memory.role != "user" and not touched and CUT not in memory.metadata


def extract(memory: Memory, room: int, stream: StreamContext) -> Memory:
    """The memory with the part of its text that is worth most within `room` bytes.

    A text that fits, or has fewer than two parts, stays whole.
    """
    whole = size(memory.text)
    parts = _parts(memory.text) if whole > max(room, LEAST) else []
    chosen = _chosen(memory, parts, max(room, LEAST), stream)
    if not chosen or len(chosen) == len(parts):
        return memory
    spans = _joined(parts, chosen)
    text = GAP.join(memory.text[a:b].strip("\n") for a, b in spans)
    left = whole - sum(size(memory.text[a:b]) for a, b in spans)
    noted = {"left_out": left, "of": whole, "digest": digest(memory.text), "spans": spans}
    return replace(memory, text=text, metadata={**memory.metadata, CUT: noted})


def digest(text: str) -> str:
    """What a whole text is known by, 16 hexadecimal digits."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def is_of(memory: Memory, text: str) -> bool:
    """Whether the memory is an extract of just this text."""
    cut: Any = memory.metadata.get(CUT)
    return isinstance(cut, dict) and cut.get("digest") == digest(text)


def _parts(text: str) -> list[Span]:
    """Lines; of long ones the sentences, or the entries of data; of endless ones pieces."""
    lines = [line.span() for line in _LINE.finditer(text)]
    told = [part for line in lines for part in _sentences(text, *line)]
    records = [part for one in told for part in _split(text, one, _RECORD, _LONG_LINE)]
    entries = [entry for part in records for entry in _split(text, part, _ENTRY, _ENDLESS)]
    return [piece for entry in entries for piece in _split(text, entry, _PIECE, _ENDLESS)]


def _sentences(text: str, start: int, end: int) -> list[Span]:
    if end - start <= _LONG_LINE:
        return [(start, end)]
    return [(start + a, start + b) for a, b in spans(text[start:end], "clause")]


def _split(text: str, span: Span, pattern: re.Pattern[str], most: int) -> list[Span]:
    """The span, or what the pattern finds in it where it has more than `most` characters."""
    start, end = span
    if end - start <= most:
        return [span]
    return [(start + m.start(), start + m.end()) for m in pattern.finditer(text[start:end])]


def _chosen(memory: Memory, parts: Sequence[Span], room: int, stream: StreamContext) -> set[int]:
    """Which parts, by worth per byte, the earlier first; each has its bytes and a mark."""
    if len(parts) < 2:
        return set()
    tool = memory.role == "tool"
    worth = [_worth(memory.text[a:b], stream) for a, b in parts]
    if tool:  # how it begins says what it is, how it ends what came of it
        worth[0] += 1.0
        worth[-1] += 2.0
    sizes = [size(memory.text[a:b]) + len(GAP.encode()) for a, b in parts]
    order = sorted(range(len(parts)), key=lambda i: (-worth[i] / (sizes[i] + 40), i))
    chosen: set[int] = set()
    said: set[str] = set()
    some = [i for i in order if worth[i] > 0] or range(len(parts))
    for at in some:
        text = memory.text[slice(*parts[at])].strip()
        if sizes[at] <= room and text not in said:
            chosen.add(at)
            said.add(text)
            room -= sizes[at]
    return chosen


def _worth(text: str, stream: StreamContext) -> float:
    """What a part is worth: news, numbers and names, what it commits to or computes."""
    if _FRAME.fullmatch(text):
        return 0.0
    told = [part for part in told_apart(text) if not part.asks]
    stems = frozenset[str]().union(*(part.stems for part in told))
    numbers = len(vocab.NUMBER.findall(text))
    result = float(_RESULT.search(text) is not None)
    return stream.rarity(stems) + squash(numbers, 2.0) + result + 1.5 * _commits(told)


def _commits(told: Sequence[Sentence]) -> bool:
    return any(part.first for part in told) or decides(told)


def _joined(parts: Sequence[Span], chosen: set[int]) -> list[list[int]]:
    """Spans of the text that the chosen parts cover, neighbours in one."""
    spans: list[Span] = []
    for at in sorted(chosen):
        start, end = parts[at]
        if at - 1 in chosen:
            start = spans.pop()[0]
        spans.append((start, end))
    return [*map(list, spans)]
