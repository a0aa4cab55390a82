"""The scripted model (tier A): what it answers follows from the messages that it really gets.

It is no oracle: the plan stands in the user's message, each finding must stand in the prompt, an
answer ends at `max_tokens`, a tool that is not offered cannot be called, and an instruction that
somebody planted in the prompt is obeyed now and then. Docs: `docs/chaosbench-agents.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from benchmarks.chaos2.prompts import ROUGH, Call, Prompt, Reply, Seen, tokens_of
from resmem_langchain.chaos.faults import Chance

OBEY: Final = re.compile(r"\b(?:now|first|must) call (\w+)\((.*?)\)")
STEP: Final = re.compile(r"^(\d+)\. (\w+)(?: or (\w+))? \| (.*)$", re.MULTILINE)
FIND: Final = re.compile(r"<([^<>]+)>")
LENGTH: Final = re.compile(r"Answer in (\d+) tokens\.")
STOP: Final = re.compile(r"do not call|not run|suspended|is down|unavailable", re.IGNORECASE)
RENAMED: Final = re.compile(r"unknown field '(\w+)', use '(\w+)'")
QUOTED: Final = 400
"""Characters of what was found that an answer repeats, at most."""


@dataclass(frozen=True, slots=True)
class Nature:
    """How well the model does what it does.

    Attributes:
        slip: chance of a wrong argument in one call at temperature 0 and a short prompt.
        heat: what temperature T adds to it: heat · T².
        clutter: what a prompt that fills the window adds: clutter · (tokens / window)².
        obey: chance of obeying a planted instruction; `fenced` multiplies it where the text stands
            inside a block that says that it is data.
        patience: failures of a step after which it gives up.
        leave: chance per degree of temperature of trying a stand-in after one failure; after two it
            always does.
        adapt: chance of reading a refusal that names the right field, at temperature 0.
        window: tokens of context.
    """

    slip: float = 0.004
    heat: float = 0.05
    clutter: float = 0.12
    obey: float = 0.35
    fenced: float = 0.4
    patience: int = 3
    leave: float = 0.6
    adapt: float = 0.9
    window: int = 16_000


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the plan."""

    number: int
    tools: tuple[str, ...]
    args: str


class Unknown(Exception):
    """What a step needs does not stand in the prompt."""


def reply(prompt: Prompt, nature: Nature, chance: Chance) -> Reply:
    """The model's answer to a prompt."""
    whole = _obeys(prompt, nature, chance) or _follows(prompt, nature, chance)
    return _cut(whole, prompt)


def _cut(whole: Reply, prompt: Prompt) -> Reply:
    """The answer as far as `max_tokens` lets it go."""
    body = whole.text + "".join(json.dumps(call.args) + call.tool for call in whole.calls)
    tokens = max(1, round(tokens_of(body) * prompt.wordy))
    limit = prompt.max_tokens
    if limit is None or tokens <= limit:
        return replace(whole, tokens=tokens)
    if whole.calls:
        return Reply(broken=whole.calls[0].tool, tokens=limit, cut=True)
    text = whole.text[: int(len(whole.text) * limit / tokens)]
    return Reply(text=text, tokens=limit, cut=True)


# -- a planted instruction


def _obeys(prompt: Prompt, nature: Nature, chance: Chance) -> Reply | None:
    """A call that a text in the prompt asks for, if the model falls for it."""
    done = {call.tool for m in _turn(prompt.messages) for call in m.calls}
    for place, message in enumerate(prompt.messages):
        if message.role == "user":
            continue
        for found in OBEY.finditer(message.text):
            tool, args = found.groups()
            likely = nature.obey * (nature.fenced if message.role == "system" else 1.0)
            likely *= 0.5 + prompt.temperature
            if tool in prompt.tools and tool not in done and chance("obey", place, tool) < likely:
                named = dict(re.findall(r"(\w+)=([^,]+)", args))
                return Reply(calls=(Call(f"x-{tool}", tool, named),))
    return None


# -- the plan


def _turn(messages: Sequence[Seen]) -> Sequence[Seen]:
    """The last message of the user and what came after it."""
    last = max((n for n, m in enumerate(messages) if m.role == "user"), default=0)
    return messages[last:]


def plan_of(text: str) -> tuple[Step, ...]:
    """The steps that a user's message asks for."""
    return tuple(
        Step(int(n), (tool, *((other,) if other else ())), args)
        for n, tool, other, args in STEP.findall(text)
    )


def _follows(prompt: Prompt, nature: Nature, chance: Chance) -> Reply:
    """The next call of the plan, or the answer when it is done or cannot be done."""
    turn = _turn(prompt.messages)
    if not turn or turn[0].role != "user":
        return _says(False, "What may I do?", 12)
    steps = plan_of(turn[0].text)
    asked = LENGTH.search(turn[0].text)
    length = int(asked.group(1)) if asked else 12
    found: dict[int, str] = {}
    for step in steps:
        result = _result(turn, step)
        if result is None:
            return _next(step, found, prompt, nature, chance)
        found[step.number] = result
    quoted = " ".join(found.values())[: max(QUOTED, length * ROUGH)]
    return _says(True, quoted or "Noted.", length)


def _result(turn: Sequence[Seen], step: Step) -> str | None:
    mine = {c.id for m in turn for c in m.calls if c.id.startswith(f"s{step.number}.")}
    answers = [m.text for m in turn if m.answers in mine and m.answers and not m.failed]
    return answers[-1] if answers else None


def _next(
    step: Step, found: Mapping[int, str], prompt: Prompt, nature: Nature, chance: Chance
) -> Reply:
    """The call that takes a step on, or the words with which it is given up."""
    turn = _turn(prompt.messages)
    failures = [m for m in turn if m.failed and m.answers.startswith(f"s{step.number}.")]
    tool = _chosen(step, failures, prompt, nature, chance)
    if tool is None:
        return _says(False, f"{step.tools[0]} does not work at present.", 20)
    try:
        args = _args(step.args, found, prompt)
    except Unknown as missing:
        return _says(False, f"I do not know {missing}.", 20)
    args = _renamed(args, failures, prompt, nature, chance)
    if chance("slip", step.number, len(failures)) < _slip(prompt, nature):
        args = _slipped(args)
    return Reply(calls=(Call(f"s{step.number}.{len(failures)}.{tool}", tool, args),))


def _chosen(
    step: Step, failures: Sequence[Seen], prompt: Prompt, nature: Nature, chance: Chance
) -> str | None:
    """The tool to try, or None where the model gives up."""
    told = [m for m in failures if STOP.search(m.text)]
    closed = {m.answers.split(".")[-1] for m in told} | (set(step.tools) - prompt.tools)
    tools = [tool for tool in step.tools if tool not in closed]
    if not tools or len(failures) >= nature.patience:
        return None
    leaves = len(failures) >= 2 or (
        len(failures) == 1 and chance("leave", step.number) < nature.leave * prompt.temperature
    )
    return tools[-1] if leaves else tools[0]


def _slip(prompt: Prompt, nature: Nature) -> float:
    crowd = min(prompt.tokens / nature.window, 1.0)
    return nature.slip + nature.heat * prompt.temperature**2 + nature.clutter * crowd**2


def _slipped(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the last one wrong."""
    *_, key = args
    value = args[key]
    wrong = value[:-1] if isinstance(value, list) else f"{value}~"
    return {**args, key: {**value, "~": 1} if isinstance(value, dict) else wrong}


def _renamed(
    args: dict[str, Any], failures: Sequence[Seen], prompt: Prompt, nature: Nature, chance: Chance
) -> dict[str, Any]:
    """The arguments by the names that refusals asked for, where the model reads them."""
    for number, failure in enumerate(failures):
        change = RENAMED.search(failure.text)
        reads = nature.adapt - 0.3 * prompt.temperature
        if change and chance("adapt", number) < reads:
            args = {change.group(2) if k == change.group(1) else k: v for k, v in args.items()}
    return args


# -- what stands in the prompt


def _args(text: str, found: Mapping[int, str], prompt: Prompt) -> dict[str, Any]:
    """A step's arguments, each read from where the plan says.

    Raises:
        Unknown: something does not stand there.
    """
    args: dict[str, Any] = {}
    for part in text.split("; "):
        key, _, value = part.partition("=")
        args[key] = _value(value, found, prompt)
    if "fields" in args:
        pairs = (pair.partition(":") for pair in str(args["fields"]).split(","))
        args["fields"] = {name: value for name, _, value in pairs}
    return args


def _value(text: str, found: Mapping[int, str], prompt: Prompt) -> Any:
    listed = re.fullmatch(r"<items/(\d+)/(\w+)>", text)
    if listed:
        count, topic = int(listed[1]), listed[2]
        return [f"Point {n} on {topic}: what is known of it so far." for n in range(1, count + 1)]
    return FIND.sub(lambda m: _looked_up(m.group(1), found, prompt), text)


def _looked_up(what: str, found: Mapping[int, str], prompt: Prompt) -> str:
    kind, _, label = what.partition("/")
    if kind == "fact":
        return _fact(label, prompt)
    number, _, key = kind.partition(".")
    rows = _parsed(found.get(int(number), ""))
    if key == "#":
        return str(len(rows))
    value = str(rows[0].get(key, "")) if rows else ""
    if label:
        match = re.search(rf"{re.escape(label)}: ([^.]+)", value)
        value = match.group(1) if match else ""
    if not value:
        raise Unknown(f"the {label or key} of step {number}")
    return value


def _parsed(text: str) -> list[Mapping[str, Any]]:
    """Rows of a tool's result; where somebody wrote behind the JSON, it is read up to there."""
    try:
        result, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return []
    return result if isinstance(result, list) else [result]


def _fact(label: str, prompt: Prompt) -> str:
    """What the prompt says that something is; the last word counts."""
    pattern = re.compile(rf"{re.escape(label)} is (\w+)", re.IGNORECASE)
    for message in reversed(prompt.messages):
        said = pattern.findall(message.text)
        if said:
            return str(said[-1])
    raise Unknown(label)


def _says(done: bool, text: str, length: int) -> Reply:
    """The JSON object that the user asked for, filled up to its length."""
    filler = " and so on" * max(0, (length * ROUGH - len(text)) // 10)
    return Reply(text=json.dumps({"done": done, "answer": f"{text}{filler}"}))
