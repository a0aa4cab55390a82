"""The rule that the docs print names the running fault from the levels alone."""

from __future__ import annotations

from benchmarks import explain


def test_the_rule_names_most_faults_of_unseen_traces() -> None:
    """At least eight of ten, on seeds that are not the ones it was written on."""
    assert explain.measure(7_000, 3)["accuracy"] >= explain.BAR
