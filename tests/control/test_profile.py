"""Profiles: exact through JSON, and every contradiction in one is refused by name."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import draws
from resmem_core.config import signs, twelve
from resmem_core.config.profile import LAYERS, Profile, Range, Resilience
from resmem_core.errors import ConfigError
from resmem_core.types import HORMONES

units = st.floats(0, 1)


def changed(field: str, value: Any) -> str:
    """The default profile's JSON with one field replaced."""
    return json.dumps(json.loads(Profile.default().to_json()) | {field: value})


def nested(field: str, key: str, value: Any) -> str:
    """The default profile's JSON with one entry of a nested field replaced."""
    doc = json.loads(Profile.default().to_json())
    doc[field] = doc[field] | {key: value}
    return json.dumps(doc)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_json_is_exact(seed: int) -> None:
    """Any profile survives JSON to the last bit."""
    profile = draws.profile(np.random.default_rng(seed))

    again = Profile.from_json(profile.to_json())

    assert again.to_json() == profile.to_json()
    assert np.array_equal(again.up, profile.up)


def test_the_twelve() -> None:
    """The shipped profile has the table's twelve hormones and all layers."""
    assert Profile.default().hormones == HORMONES
    assert Profile.default().layers == LAYERS
    assert twelve.hand_written().half_life.tolist() == [
        3,
        8,
        35,
        12,
        40,
        30,
        60,
        10,
        15,
        12,
        20,
        50,
    ]
    assert Profile.minimal().hormones == ("stress", "curiosity")


def test_arrays_cannot_be_changed() -> None:
    """A profile is a value: its arrays are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        Profile.default().up[0, 0] = 1.0


def test_writing_and_loading(tmp_path: Path) -> None:
    """load reads what main writes, and the shipped one without a path."""
    twelve.main(str(tmp_path))

    assert Profile.load(tmp_path / "default.json").name == "hand-written twelve"
    assert Profile.load() is Profile.default()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"format": 9}', b"{"])
def test_refuses_files(tmp_path: Path, content: bytes) -> None:
    """Empty, binary, truncated and foreign files."""
    path = tmp_path / "profile.json"
    path.write_bytes(content)

    with pytest.raises(ConfigError):
        Profile.load(path)
    with pytest.raises(ConfigError):
        Profile.load(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (lambda: changed("hormones", ["caffeine"] * 12), "hormones"),
        (lambda: changed("hormones", ["caffeine", *HORMONES[1:]]), "caffeine"),
        (lambda: changed("hormones", []), "hormones"),
        (lambda: changed("half_life", [-1.0] * 12), "half_life"),
        (lambda: changed("half_life", [float("nan")] * 12), "half_life"),
        (lambda: changed("half_life", [1.0] * 11), "half_life"),
        (lambda: changed("half_life", "long"), "half_life"),
        (lambda: changed("beta", [1.0] * 12), "beta"),
        (lambda: changed("cap", [0.0] * 12), "below its cap"),
        (lambda: changed("p", [1.5] * 12), "whole|integers"),
        (lambda: changed("dwell", [0.5] * 7), "integers"),
        (lambda: changed("cautious", [0.5] * 7), "cautious"),
        (lambda: changed("q", 9), "q must"),
        (lambda: changed("q", True), "q must"),
        (lambda: changed("lateral", (9 * signs.signs(HORMONES).lateral).tolist()), "spectral norm"),
        (lambda: changed("layers", ["prayer"]), "layers"),
        (lambda: changed("layers", ["rest", "coping"]), "layers"),
        (lambda: changed("layers", 5), "wrong type"),
        (lambda: changed("signals", ["smell"]), "signals"),
        (lambda: changed("surprise", 1), "surprise"),
        (lambda: changed("ranges", {}), "ranges"),
        (lambda: nested("ranges", "top_p", {"lo": 2.0, "hi": 1.0}), "lo must not exceed hi"),
        (lambda: nested("ranges", "top_p", {"low": 2.0}), "wrong type"),
        (lambda: nested("resilience", "crisis", 0.1), "thresholds"),
        (lambda: nested("resilience", "wake", 0.99), "wake"),
        (lambda: nested("resilience", "crisis", 2.0), "crisis"),
        (lambda: nested("resilience", "window", 99), "window"),
        (lambda: nested("resilience", "window", 2.5), "integer"),
        (lambda: nested("resilience", "jitter", "much"), "jitter"),
        (lambda: nested("resilience", "open_seconds", 100.0), "open_seconds"),
        (lambda: nested("resilience", "grades", [0.9, 0.1, 0.2, 0.3]), "grades"),
        (lambda: nested("resilience", "relief", [0.1]), "relief"),
    ],
)
def test_refuses_contradictions(text: Callable[[], str], names: str) -> None:
    """One ConfigError that names the field."""
    with pytest.raises(ConfigError, match=names):
        Profile.from_json(text())


def test_a_missing_field() -> None:
    """A profile without one of its fields is refused by the field's name."""
    doc = json.loads(Profile.default().to_json())
    del doc["delta"]

    with pytest.raises(ConfigError, match=r"'delta' is missing"):
        Profile.from_json(json.dumps(doc))


def test_without() -> None:
    """Leaving a layer out keeps the others; an unknown one is refused."""
    assert Profile.default().without("medication").layers == tuple(
        layer for layer in LAYERS if layer != "medication"
    )
    with pytest.raises(ConfigError, match="prayer"):
        Profile.default().without("prayer")


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12), units)
def test_ranges_never_overshoot(lo: float, width: float, unit: float) -> None:
    """A point of a range is within its bounds, whatever rounding does."""
    bounds = Range(lo, lo + width)

    assert bounds.lo <= bounds.at(unit) <= bounds.hi
    assert 0 <= bounds.unit(bounds.at(unit)) <= 1


@given(units)
def test_logarithmic_ranges(unit: float) -> None:
    """at and unit are inverse on a logarithmic range; integers are whole."""
    assert Range(128, 8192, log=True).unit(Range(128, 8192, log=True).at(unit)) == pytest.approx(
        unit
    )
    assert Range(0, 20, integer=True).at(unit) % 1 == 0


@pytest.mark.parametrize("bounds", [(2, 1, False), (0, 1, True), (float("nan"), 1, False)])
def test_refuses_ranges(bounds: tuple[float, float, bool]) -> None:
    """Crossed bounds, NaN, and a logarithm of zero."""
    with pytest.raises(ConfigError):
        Range(bounds[0], bounds[1], log=bounds[2])


def test_settings_must_be_numbers() -> None:
    """A boolean is no number."""
    with pytest.raises(ConfigError, match="stressed"):
        Resilience(stressed=True)


def test_one_text_is_parsed_once() -> None:
    """Sessions that open with the same profile share it, and so what was bound to C for it."""
    text = replace(Profile.minimal(), name="shared").to_json()

    assert Profile.from_json(text) is Profile.from_json(text[:1] + text[1:])
    assert Profile.from_json(text) is not Profile.from_json(text.replace("shared", "other"))
