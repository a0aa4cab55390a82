"""The audit log's hash chain."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.audit import GENESIS, TRIMMED, chain, trim, verify
from resmem_core.errors import AuditError, InputError, InputTypeError
from resmem_core.protocols import AppendAudit, TrimAudit

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


# -- trimming


def applied(log, ops):
    """The log, as (number, record), after the operations of a trim."""
    for op in ops:
        match op:
            case AppendAudit(record):
                log = [*log, (log[-1][0] + 1, chain(log[-1][1]["hash"], record))]
            case TrimAudit(through):
                log = [item for item in log if item[0] > through]
    return log


events = st.lists(st.sampled_from(["gate", "gate", "gate", "forget"]), min_size=2, max_size=12)


@given(events, st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_trimmed_log_verifies_and_has_lost_verdicts_only(events, pages):
    """However often: the chain holds, what is no verdict is still there, in its order."""
    log = list(enumerate(chained([{"event": e, "n": n} for n, e in enumerate(events)]), start=1))
    forgets = [record["n"] for _, record in log if record["event"] == "forget"]
    for size in pages:
        log = applied(log, trim(log[:size], 0.0))

    assert verify(record for _, record in log) == log[-1][1]["hash"]
    assert sorted(r["n"] for _, r in log if r["event"] == "forget") == forgets


@given(events, st.data())
def test_a_record_removed_from_a_trimmed_log_is_seen(events, data):
    """Only a noted trim explains a missing beginning."""
    log = list(enumerate(chained([{"event": e} for e in events]), start=1))
    log = [record for _, record in applied(log, trim(log[:1], 0.0))]
    del log[data.draw(st.integers(0, len(log) - 2))]

    with pytest.raises(AuditError, match="removed or moved"):
        verify(log)


def test_a_log_that_lost_the_note_of_its_trim_is_seen():
    """A beginning that was cut off without a note is no trim."""
    log = chained([{"event": "gate"}, {"event": "gate"}, {"event": "gate"}])

    with pytest.raises(AuditError, match="no trim is noted"):
        verify(log[1:])


def test_only_the_newest_seal_of_a_part_of_a_trace_is_carried():
    """Seals of what was overwritten since then are passed over."""
    seals = [{"event": "trace", "key": "a/0", "digest": str(n)} for n in range(3)]
    log = list(enumerate(chained([*seals, {"event": TRIMMED, "last": "x"}]), start=1))

    noted, *carried, _ = trim(log, 5.0)

    assert [op.record["digest"] for op in carried] == ["2"]
    assert (noted.record["count"], noted.record["through"], noted.record["at"]) == (3, 4, 5.0)
