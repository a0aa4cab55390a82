"""Readings of an unknown scale, compared with their own baseline."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.config.signals import SPECS
from resmem_core.control.baseline import FAR, ORDINARY, WARM, WINDOW, ReadingBaseline, reading
from resmem_core.errors import InputError

SIMILARITY = SPECS["similarity"]


def fed(values, name="similarity"):
    """The baseline after the values, and what each of them said."""
    baseline, said = ReadingBaseline(), []
    for value in values:
        baseline, signal = reading(baseline, name, value)
        said.append(signal)
    return baseline, said


@given(st.lists(st.floats(-1e9, 1e9), max_size=40), st.sampled_from(sorted(SPECS)))
def test_whatever_arrives_stays_in_the_signal_s_range(values, name):
    """Every reading becomes a value that the controller takes, and the baseline stays finite."""
    baseline, said = fed(values, name)

    assert all(SPECS[name].lo <= s.value <= SPECS[name].hi for s in said if s is not None)
    assert np.isfinite([baseline.mean, baseline.variance]).all()
    assert baseline.variance >= 0


@given(st.floats(0.01, 1e6), st.floats(-100, 100), st.integers(0, 2**32))
def test_scale_and_offset_do_not_matter(scale, offset, seed):
    """A retriever with other units says the same, where its spread is not below the floor."""
    usual = np.random.default_rng(seed).normal(0, 1, 60)
    raised = [*(scale * (offset + usual)), scale * (offset + 100)]

    _, said = fed(raised)
    off = (said[-1].value - SIMILARITY.reference) / SIMILARITY.scale

    assert off > 0.2


def test_the_first_readings_only_teach():
    """Nothing is said before the baseline has seen enough."""
    _, said = fed([1.3] * (WARM + 1))

    assert said[:WARM] == [None] * WARM
    assert said[WARM].value == pytest.approx(SIMILARITY.reference)


def test_ordinary_readings_move_a_signal_as_the_bench_s_noise_does():
    """One standard deviation is a quarter of the signal's scale; far is capped at all of it."""
    usual = np.random.default_rng(5).normal(1.3, 0.2, 2000)
    _, said = fed(usual)
    values = np.array([s.value for s in said[WARM + 50 :]])

    assert values.mean() == pytest.approx(SIMILARITY.reference, abs=0.02)
    assert values.std() == pytest.approx(ORDINARY * SIMILARITY.scale, rel=0.1)
    assert np.abs(values - SIMILARITY.reference).max() <= ORDINARY * FAR * SIMILARITY.scale + 1e-12


def test_a_lasting_change_becomes_ordinary():
    """The baseline follows within its window."""
    _, said = fed([1.0, 1.1] * 200 + [2.0, 2.1] * WINDOW * 2)

    assert said[400].value > SIMILARITY.reference + 0.3
    assert said[-1].value == pytest.approx(SIMILARITY.reference, abs=0.1)


def test_a_baseline_survives_its_document():
    """What was written is what is read."""
    baseline, _ = fed([0.4, 0.9, 1.4])

    assert ReadingBaseline.from_doc(baseline.to_doc()) == baseline


@pytest.mark.parametrize(("name", "value"), [("mood", 1.0), ("novelty", float("nan"))])
def test_what_is_no_reading_is_refused(name, value):
    """An unknown name, or no finite number: one typed error."""
    with pytest.raises(InputError, match=name):
        reading(ReadingBaseline(), name, value)
