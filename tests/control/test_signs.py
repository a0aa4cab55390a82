"""The table of signs: what is shipped keeps it, what breaks it is refused, the docs print it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import draws
from resmem_core.config import signs
from resmem_core.config.profile import Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.config.twelve import hand_written
from resmem_core.errors import ConfigError
from resmem_core.types import HORMONES, KNOBS, NEUROCHEMICALS

DOCS = Path(__file__).parents[2] / "docs" / "control.md"


def doc(field: str, row: int, column: int, value: float) -> str:
    """The shipped profile as JSON with one entry replaced."""
    made: dict[str, Any] = json.loads(Profile.default().to_json())
    made[field][row][column] = value
    return json.dumps(made)


@pytest.mark.parametrize("profile", [Profile.default(), Profile.minimal(), hand_written()])
def test_what_is_shipped_keeps_the_table(profile: Profile) -> None:
    """Each matrix is its own projection."""
    for field in signs.Signs._fields:
        held = getattr(profile, field)
        assert np.array_equal(signs.projected(field, held, profile.hormones), held)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(signs.Signs._fields), st.integers(0, 2**16), st.floats(0.01, 0.9))
def test_an_entry_against_the_table_is_refused_by_name(field: str, place: int, size: float) -> None:
    """Whichever entry it is: one that should be 0, or one of the wrong sign."""
    matrix = getattr(signs.signs(HORMONES), field)
    row, column = np.unravel_index(place % matrix.size, matrix.shape)
    wrong = -size * (matrix[row, column] or 1.0)
    names = {"delta": (KNOBS, HORMONES), "text": (HORMONES, NEUROCHEMICALS)}
    rows, columns = names.get(field, (HORMONES, HORMONES if field == "lateral" else SIGNALS))

    with pytest.raises(ConfigError, match=f"{field} of {rows[row]} by {columns[column]}"):
        Profile.from_json(doc(field, int(row), int(column), wrong))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_projection_is_nearest_and_stays(seed: int) -> None:
    """Entries of the right sign are kept as they are, the others become 0; twice is once."""
    rng = np.random.default_rng(seed)
    field = str(rng.choice(signs.Signs._fields))
    sign = getattr(signs.signs(HORMONES), field)
    drawn = rng.normal(0, 1, sign.shape)

    made = signs.projected(field, drawn, HORMONES)

    assert np.array_equal(made[sign * drawn > 0], drawn[sign * drawn > 0])
    assert not made[sign * drawn <= 0].any()
    assert np.array_equal(signs.projected(field, made, HORMONES), made)
    assert draws.profile(rng, 12).n == 12


def test_the_truths_that_were_asked_for_stand_in_it() -> None:
    """Errors raise epinephrine, lasting failure cortisol, injection norepinephrine; trust falls."""
    up = signs.signs(HORMONES).up

    def sign(hormone: str, signal: str) -> float:
        return float(up[HORMONES.index(hormone), SIGNALS.index(signal)])

    assert sign("epinephrine", "provider_error") == sign("epinephrine", "tool_error") == 1
    assert sign("cortisol", "provider_error") == 1
    assert sign("norepinephrine", "injection") == 1
    assert sign("oxytocin", "provider_error") == sign("oxytocin", "tool_error") == -1
    assert sign("cortisol", "feedback") == -1
    assert not up[:, SIGNALS.index("latency")][[h != "thyroid" for h in HORMONES]].any()
    assert not (signs.signs(HORMONES).delta[KNOBS.index("max_tokens")] < 0).any()
    assert not up[HORMONES.index("melatonin"), SIGNALS.index("latency")]


def test_the_docs_print_the_table() -> None:
    """Every row stands in docs/control.md as it is in the code."""
    text = DOCS.read_text("utf-8")

    for name, row in signs.TABLE.items():
        line = f"| {name} | {row.job} | {row.signals} | {row.text} | {row.hormones} | {row.knobs} |"
        assert line in text
