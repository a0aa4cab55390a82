"""The audit log's hash chain."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.audit import GENESIS, chain, verify
from resmem_core.errors import AuditError, InputError, InputTypeError

scalar = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
scalar = scalar.filter(lambda value: value not in (float("inf"), float("-inf")))
names = st.text(min_size=1).filter(lambda name: name not in ("prev", "hash"))
records = st.lists(st.dictionaries(names, scalar, max_size=4), min_size=1, max_size=6)


def chained(bodies: list[dict[str, object]]) -> list[dict[str, object]]:
    log: list[dict[str, object]] = []
    for body in bodies:
        log.append(chain(str(log[-1]["hash"]) if log else None, body))
    return log


@given(records)
def test_an_untouched_log_verifies_after_a_trip_through_json(bodies):
    """What was chained verifies, also when it was written out and read again."""
    log = [json.loads(json.dumps(record)) for record in chained(bodies)]

    assert verify(log) == log[-1]["hash"]


@given(records, st.data())
def test_a_changed_record_is_seen(bodies, data):
    """Changing any value of any record breaks the chain."""
    log = chained(bodies)
    at = data.draw(st.integers(0, len(log) - 1))
    log[at] = {**log[at], "smuggled": 1, "event": "other"}

    with pytest.raises(AuditError, match=f"record {at} was changed"):
        verify(log)


@given(records.filter(lambda bodies: len(bodies) > 1), st.data())
def test_a_removed_record_is_seen(bodies, data):
    """A record taken out of the middle or the beginning breaks the chain."""
    log = chained(bodies)
    del log[data.draw(st.integers(0, len(log) - 2))]

    with pytest.raises(AuditError, match="removed or moved"):
        verify(log)


def test_a_log_verifies_in_pieces():
    """The last hash of one piece is where the next piece starts."""
    log = chained([{"n": i} for i in range(5)])

    assert verify(log[3:], verify(log[:3])) == log[-1]["hash"]


def test_an_empty_log_verifies():
    """Nothing was removed from nothing."""
    assert verify([]) == GENESIS


@pytest.mark.parametrize(
    ("record", "error"), [({"x": float("nan")}, InputError), ({"x": {1}}, InputTypeError)]
)
def test_what_json_cannot_carry_is_refused(record, error):
    """One typed error for a record that could not be read back."""
    with pytest.raises(error):
        chain(None, record)
