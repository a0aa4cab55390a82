"""Tables of the docs site that are made from the code: settings, signals, knobs, hormones."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from unittest.mock import patch

from resmem_core.config import checks, gate, learning, limits, recall, resilience, sleep
from resmem_core.config.knobs import RANGES
from resmem_core.config.profile import Profile
from resmem_core.config.signals import SPECS
from resmem_core.config.signs import TABLE

SETTINGS = (
    (gate, "GateConfig", "open(gate=…)"), (recall, "RecallWeights", "open(recall=…)"),
    (sleep, "SleepConfig", "open(sleep=…)"), (learning, "LearningConfig", "open(learning=…)"),
    (limits, "Limits", "open(limits=…)"), (resilience, "Resilience", "Profile.resilience"),
)  # fmt: skip

KNOBS = {
    "temperature": "how freely the model samples",
    "top_p": "the share of probability that it samples from",
    "max_tokens": "the longest answer that is asked for",
    "retrieve_k": "how many memories are recalled",
    "tool_access": "the highest declared risk of a tool that may run is this share",
    "diversity": "how much the recalled memories must differ",
    "retries": "how often a failed call is tried again",
}


def settings() -> str:
    """Every setting with its default, its range and its meaning."""
    return "\n".join(_class(module, name, where) for module, name, where in SETTINGS)


def _class(module: object, name: str, where: str) -> str:
    kind = getattr(module, name)
    meanings, ranges = _meanings(kind.__doc__ or ""), _ranges(module, kind)
    rows = [
        f"| `{one.name}` | {_short(one.default)} | {ranges.get(one.name, '')} | "
        f"{meanings.get(one.name, '')} |"
        for one in fields(kind)
        if one.default is not MISSING
    ]
    first = (kind.__doc__ or "").strip().splitlines()[0]
    head = "| setting | default | range | meaning |\n|---|---|---|---|"
    return f"## {name}\n\n{first} Given as `{where}`.\n\n{head}\n" + "\n".join(rows) + "\n"


def _ranges(module: object, kind: type) -> dict[str, str]:
    """The ranges that the class itself checks, caught while its default is made."""
    seen: dict[str, str] = {}

    def field(settings: object, ranges: dict[str, tuple[float, float]]) -> None:
        seen.update({name: f"{lo:g} to {hi:g}" for name, (lo, hi) in ranges.items()})

    def one(name: str, value: object, lo: float, hi: float, **more: object) -> None:
        seen[name] = f"{lo:g} to {hi:g}"

    with (
        patch.object(module, "check_fields", field, create=True),
        patch.object(module, "check_setting", one, create=True),
        patch.object(checks, "check_setting", one),
    ):
        kind()
    return seen


def _meanings(docstring: str) -> dict[str, str]:
    """What the docstring's Args say of each name."""
    found: dict[str, str] = {}
    start = r"^        ((?:\w+(?: \[[^\]]+\])?(?:, )?)+): "
    parts = re.split(start, docstring.replace("\n            ", " "), flags=re.MULTILINE)
    for names, words in zip(parts[1::2], parts[2::2], strict=True):
        text = words.split("\n\n")[0]
        told = " ".join(text.split()).replace("|", "\\|")
        for name in re.findall(r"\w+(?= \[|,|$)", names):
            found[name] = told
    return found


def _short(value: object) -> str:
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def signals() -> str:
    """Every signal with its range and meaning."""
    head = "| signal | range | usual at first | meaning |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| `{name}` | {spec.lo:g} to {spec.hi:g} | {spec.reference:g} | {spec.meaning} |"
        for name, spec in SPECS.items()
    )


def knobs() -> str:
    """Every knob with its range and what it does."""
    head = "| knob | range | in calm | what it is |\n|---|---|---|---|\n"
    base = dict(zip(RANGES, Profile.load().base.tolist(), strict=True))
    return head + "\n".join(
        f"| `{name}` | {one.lo:g} to {one.hi:g}{', logarithmic' if one.log else ''} | "
        f"{one.at(base[name]):.4g} | {KNOBS[name]} |"
        for name, one in RANGES.items()
    )


def hormones() -> str:
    """Every hormone of the shipped profile."""
    profile = Profile.load()
    head = "| hormone | stands for | half-life, turns | moved by | moves |\n|---|---|---|---|---|\n"
    return head + "\n".join(
        f"| {name} | {TABLE[name].job} | {half:.3g} | {TABLE[name].signals} | "
        f"{TABLE[name].knobs or 'other hormones alone'} |"
        for name, half in zip(profile.hormones, profile.half_life.tolist(), strict=True)
    )
