"""What providers call the same things: sampling settings, token counts, reasons to stop. Pure.

Private.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

SAMPLING: Final = ("temperature", "top_p", "max_tokens")
"""The knobs that reach a provider; the others steer recall, tools and retries."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_tokens": (
        "max_tokens", "max_completion_tokens", "max_output_tokens", "num_predict",
        "max_new_tokens", "max_tokens_to_sample",
    ),
}  # fmt: skip
"""For each sampling knob, the names under which models, calls and option tables carry it."""

_PUBLIC: Final = frozenset({"api.openai.com", "api.anthropic.com"})
"""Hosts that say no more than the provider's name."""

_INPUT: Final = (
    "prompt_tokens", "input_tokens", "prompt_token_count", "prompt_eval_count", "inputTokens",
)  # fmt: skip
_OUTPUT: Final = (
    "completion_tokens", "output_tokens", "candidates_token_count", "eval_count", "outputTokens",
)  # fmt: skip
_TOTAL: Final = ("total_tokens", "total_token_count", "totalTokens")

_REASONS: Final = ("finish_reason", "done_reason", "stop_reason", "finishReason", "stopReason")
_CUT: Final = frozenset(
    {"length", "max_tokens", "max_output_tokens", "max_new_tokens", "model_length", "token_limit"}
)

_WHOLE: Final = frozenset({"stop", "end_turn", "eos", "eos_token", "complete", "completed"})


def read(place: Any, name: str) -> Any:
    """An entry of a mapping or an attribute of an object; None where there is none."""
    return place.get(name) if isinstance(place, Mapping) else getattr(place, name, None)


def number(value: Any) -> float | None:
    """A setting as a number; None for what is none (a flag is none)."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def setting(value: Any) -> float | None:
    """What a user set; None for nothing, and for a negative cap, which means no cap."""
    found = number(value)
    return None if found is None or found < 0 else found


def route(provider: str, model: str, host: str = "") -> str:
    """A model's name as a dependency: provider, model, and its host where that is no public one.

    >>> route("openai", "gpt-4o", "https://api.openai.com/v1")
    'model:openai/gpt-4o'
    >>> route("ollama", "qwen3:4b", "http://me:secret@127.0.0.1:11434")
    'model:ollama/qwen3:4b@127.0.0.1:11434'
    """
    place = urlsplit(host).netloc.rpartition("@")[2]
    return f"model:{provider}/{model}" + (f"@{place}" if place and place not in _PUBLIC else "")


def apart(names: Iterable[str]) -> list[str]:
    """The names, each its own: a repeat gets its number.

    >>> apart(["a", "b", "a"])
    ['a', 'b', 'a#3']
    """
    made: list[str] = []
    for name in names:
        made.append(name if name not in made else f"{name}#{len(made) + 1}")
    return made


def tokens_in(usage: Any) -> int:
    """Tokens of a usage report, input and output together; 0 when it does not say.

    >>> tokens_in({"prompt_eval_count": 11, "eval_count": 3})
    14
    """
    return _first(usage, _TOTAL) or _first(usage, _INPUT) + _first(usage, _OUTPUT)


def _first(place: Any, names: Iterable[str]) -> int:
    counts = (read(place, name) for name in names)
    return next((count for count in counts if type(count) is int and count > 0), 0)


def was_cut(*answers: Any) -> bool | None:
    """Whether an answer ended at its token limit; None when none of these places says why it ended.

    Args:
        answers: mappings or objects that may hold the reason: a message's metadata, a raw answer.

    >>> was_cut({"finish_reason": "stop"}), was_cut({"done_reason": "length"}), was_cut({})
    (False, True, None)
    """
    reasons = [reason for place in answers for reason in _reasons(place)]
    return any(_plain(reason) in _CUT for reason in reasons) if reasons else None


def ended_well(*answers: Any) -> bool:
    """Whether a provider says that its answer is whole.

    >>> ended_well({"stop_reason": "end_turn"}), ended_well({"finish_reason": "refusal"})
    (True, False)
    """
    reasons = [reason for place in answers for reason in _reasons(place)]
    return bool(reasons) and all(_plain(reason) in _WHOLE for reason in reasons)


def _reasons(place: Any) -> list[Any]:
    choices = read(place, "choices")
    if isinstance(choices, Sequence) and not isinstance(choices, str) and choices:
        place = choices[0]
    details = read(place, "incomplete_details")  # OpenAI's Responses API
    found = [read(place, name) for name in _REASONS] + [read(details, "reason")]
    return [reason for reason in found if reason]


def _plain(reason: Any) -> str:
    """`FinishReason.MAX_TOKENS`, `"MAX_TOKENS"` and `"max_tokens"` are one reason."""
    return str(getattr(reason, "name", reason)).rpartition(".")[2].lower()
