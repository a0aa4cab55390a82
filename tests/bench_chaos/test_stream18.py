"""The published stream: our port reproduces every audited figure, and a constant wins."""

import pytest

from benchmarks.chaos import stream18


@pytest.fixture(scope="module")
def successes():
    """The table of the suite."""
    return stream18.run()["successes"]


@pytest.mark.parametrize(
    ("variant", "count"),
    [
        ("prototype", 11),
        ("prototype − coping", 0),
        ("prototype − rest", 3),
        ("prototype − mode", 2),
        ("prototype − medication", 10),
        ("prototype − baseline", 11),
        ("prototype − perspective", 11),
        ("prototype − medication − rest", 1),
        ("prototype − all layers", 0),
        ("prototype, learning off", 11),
        ("prototype, reset to the documented 0.4", 0),
    ],
)
def test_port_reproduces_the_audit(successes, variant, count):
    """Each ablation scores what the audit of the original measured."""
    assert successes[variant] == count


def test_a_knob_that_never_moves_scores_everything(successes):
    """The stream rewards doing nothing: a constant knob and empty input both score 18."""
    assert successes["constant knob 0.75"] == successes["prototype, empty input"] == 18
