"""What cannot be used is refused with a KernelError, in C and in NumPy, and nothing changes."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from benchmarks.kernel import heads
from resmem_core import kernel
from resmem_core.config.heads import GraphHead, MlpHead
from resmem_core.config.layout import layout
from resmem_core.config.profile import Profile
from resmem_core.errors import ConfigError, KernelError
from resmem_core.kernel import binding
from resmem_core.kernel.constants import compiled
from resmem_core.kernel.tick import margins, step

P = Profile.default()
BAD = (np.nan, np.inf, -np.inf)


@pytest.fixture(params=["C", "NumPy"], autouse=True)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test runs on the C kernel and on the reference."""
    if request.param == "C" and not kernel.COMPILED:
        pytest.skip("no C kernel here")
    if request.param == "NumPy":
        monkeypatch.setattr(binding, "lib", None)
    return str(request.param)


def test_not_numbers() -> None:
    """Text for an array is refused."""
    with pytest.raises(KernelError):
        kernel.scan(np.array([["a", "b"]]), np.zeros(2, np.float32))


@pytest.mark.parametrize("bad", BAD)
def test_every_row_of_the_state(bad: float) -> None:
    """A NaN or an infinity anywhere in the state is refused; the state is as it was."""
    good = kernel.start(P, 1)
    raw = np.full((17, 1), 0.5)
    for row in range(len(good)):
        state = good.copy()
        state[row] = bad
        before = state.copy()

        with pytest.raises(KernelError):
            kernel.tick(P, state, raw)
        assert np.array_equal(state, before, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "value"), [("mode", 7.0), ("grade", 5.0), ("breaker", 3.0), ("window", 2.0**31)]
)
def test_state_out_of_range(name: str, value: float) -> None:
    """Counters and codes that no tick can make are refused."""
    state = kernel.start(P, 1)
    state[layout(P.n, 17, 7).tail(name)] = value

    with pytest.raises(KernelError):
        kernel.tick(P, state, np.full((17, 1), np.nan))


@pytest.mark.parametrize("bad", [np.inf, -np.inf, 1e10])
def test_signals(bad: float) -> None:
    """Infinite and absurd signals are refused; NaN alone means missing."""
    state, raw = kernel.start(P, 1), np.full((17, 1), np.nan)
    kernel.tick(P, state, raw)
    raw[3] = bad

    with pytest.raises(KernelError):
        kernel.tick(P, state, raw)


@pytest.mark.parametrize("bad", [*BAD, 1e7])
def test_push(bad: float) -> None:
    """A push must be finite."""
    with pytest.raises(KernelError):
        kernel.tick(P, kernel.start(P, 1), np.zeros((17, 1)), np.full((P.n, 1), bad))


@pytest.mark.parametrize("bad", [*BAD, -1.0, 1e7])
def test_times(bad: float) -> None:
    """dt and seconds must be finite, not negative and at most 10^6."""
    state, raw = kernel.start(P, 1), np.zeros((17, 1))

    with pytest.raises(KernelError):
        kernel.tick(P, state, raw, dt=bad)
    with pytest.raises(KernelError):
        kernel.tick(P, state, raw, seconds=bad)


def test_tick_shapes() -> None:
    """State, signals and push must belong to the profile and to each other."""
    with pytest.raises(KernelError):
        kernel.tick(P, np.zeros((5, 1)), np.zeros((17, 1)))
    with pytest.raises(KernelError):
        kernel.tick(P, kernel.start(P, 2), np.zeros((17, 1)))
    with pytest.raises(KernelError):
        kernel.tick(P, kernel.start(P, 1), np.zeros((17, 1)), np.zeros((P.n, 2)))


def read_only(state: Any) -> Any:
    """A view that may not be written."""
    view = state.view()
    view.flags.writeable = False
    return view


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda state: state[0],
        lambda state: state[:, :0],
        lambda state: state[:-1],
        lambda state: state.astype(str).astype(object) + "x",
    ],
)
def test_what_is_no_state(spoiled: Any) -> None:
    """Text, and what is not [size, sessions], is refused."""
    with pytest.raises(KernelError):
        kernel.tick(P, spoiled(kernel.start(P, 2)), np.zeros((17, 2)))


@pytest.mark.parametrize("bad", [*BAD, 1e10])
@pytest.mark.parametrize("place", ["state", "signals", "push"])
def test_one_session(place: str, bad: float) -> None:
    """The single tick refuses what the batched one does, and changes nothing."""
    given = {
        "state": kernel.start(P, 1)[:, 0].copy(),
        "signals": np.zeros(17),
        "push": np.zeros(P.n),
    }
    before = given["state"].copy()
    given[place][3] = bad
    if place == "signals" and np.isnan(bad):
        kernel.step(P, *given.values())  # missing
        return

    with pytest.raises(KernelError):
        kernel.step(P, *given.values())
    if place != "state":
        assert np.array_equal(given["state"], before)


@pytest.mark.parametrize("bad", [*BAD, -1.0, 1e7])
def test_times_of_one_session(bad: float) -> None:
    """dt and seconds must be finite, not negative and at most 10^6."""
    state = kernel.start(P, 1)[:, 0].copy()

    with pytest.raises(KernelError):
        kernel.step(P, state, np.zeros(17), dt=bad)
    with pytest.raises(KernelError):
        kernel.step(P, state, np.zeros(17), seconds=bad)


def test_shapes_of_one_session() -> None:
    """State, signals and push must belong to the profile."""
    state = kernel.start(P, 1)[:, 0].copy()
    for wrong in (
        (state[1:], np.zeros(17)),
        (state, np.zeros(16)),
        (state, np.zeros(17), np.zeros(3)),
    ):
        with pytest.raises(KernelError):
            kernel.step(P, *wrong)


def test_tick_takes_any_numbers() -> None:
    """The pure form copies, so strided and read-only states are fine; text is refused."""
    state, raw = kernel.start(P, 4), np.full((17, 2), 0.5)

    strided = kernel.tick(P, read_only(state[:, ::2]), raw)

    assert np.array_equal(strided, kernel.tick(P, state[:, ::2].copy(), raw))
    with pytest.raises(KernelError):
        kernel.tick(P, state.astype(str)[:, :2].astype(object) + "x", raw)


@pytest.mark.parametrize("sessions", [1, 40])
def test_a_batch_names_the_session_that_it_refuses(sessions: int) -> None:
    """Nothing is changed, and the message says which session cannot be used."""
    state, raw = kernel.start(P, sessions), np.zeros((17, sessions))
    before, bad = state.copy(), sessions // 2
    raw[2, bad] = np.inf

    with pytest.raises(KernelError, match=f"session {bad}:"):
        kernel.tick(P, state, raw)
    assert np.array_equal(state, before)


def test_in_c_one_bad_session_does_not_stop_the_others() -> None:
    """Sessions are independent: the refused one is bit for bit as it was, the others move."""
    if binding.lib is None:
        pytest.skip("the reference refuses the whole batch")
    rows, raw = kernel.start(P, 5).T.copy(), np.zeros((5, 17))
    before, raw[2, 3], refused = rows.copy(), np.inf, np.zeros(5, np.bool_)
    made = compiled(P)
    status = binding.lib.rsm_tick_many(
        made.struct, made.rates(P, 1.0)[0], 5, binding.writable(rows), binding.readable(raw),
        binding.ffi.NULL, 1.0, False, binding.writable(refused, "unsigned char[]"),
    )  # fmt: skip

    assert status == 0
    assert refused.tolist() == [False, False, True, False, False]
    assert np.array_equal(rows[2], before[2])
    assert rows[:, -1].sum() == 4


def test_levels_for_a_head() -> None:
    """A value head reads as many hormones as it was made for, and finite numbers."""
    with pytest.raises(KernelError):
        kernel.value(heads(3, np.random.default_rng(0))[1], np.zeros((1, 4)))
    with pytest.raises(KernelError):
        kernel.value(heads(3, np.random.default_rng(0))[0], np.full((1, 3), np.nan))


def test_heads_are_checked() -> None:
    """Weights with NaN, of the wrong shape or too wide are no value head."""
    one, two = np.zeros((1, 1)), np.zeros((2, 1))
    with pytest.raises(ConfigError):
        MlpHead(np.full((2, 3), np.nan), np.zeros(2), np.zeros(2))
    with pytest.raises(ConfigError):
        MlpHead(np.zeros(3), np.zeros(2), np.zeros(2))
    with pytest.raises(ConfigError):
        MlpHead(np.zeros((65, 3)), np.zeros(65), np.zeros(65))
    with pytest.raises(ConfigError):
        MlpHead(np.zeros((2, 3)), np.zeros(3), np.zeros(2))
    with pytest.raises(ConfigError):
        GraphHead(one, one, one, one, one, np.zeros(1), one, one)
    assert GraphHead(two, two, np.zeros((2, 2)), one, one, np.zeros(1), two, two).n == 1


def test_scan() -> None:
    """A query with NaN, wrong shapes and empty matrices are refused."""
    rows = np.ones((2, 3), np.float32)
    with pytest.raises(KernelError):
        kernel.scan(rows, np.array([0, np.nan, 1], np.float32))
    with pytest.raises(KernelError):
        kernel.scan(rows, np.ones(2, np.float32))
    with pytest.raises(KernelError):
        kernel.scan(np.ones((0, 3), np.float32), np.ones(3, np.float32))


def test_scan_codes() -> None:
    """A query with NaN, wrong shapes and empty matrices are refused."""
    codes, steps, query = np.ones((2, 3), np.int8), np.ones(2, np.float32), np.ones(3, np.float32)
    with pytest.raises(KernelError, match="NaN"):
        kernel.scan_codes(codes, steps, np.array([0, np.nan, 1], np.float32))
    for wrong in ((codes, steps, query[:2]), (codes, steps[:1], query), (codes[0], steps, query)):
        with pytest.raises(KernelError, match="scan_codes needs"):
            kernel.scan_codes(*wrong)
    with pytest.raises(KernelError):
        kernel.scan_codes(codes[:0], steps[:0], query)
    with pytest.raises(KernelError):
        kernel.scan_codes(codes, steps, np.array(["a", "b", "c"]))


def test_late() -> None:
    """Sizes beyond the limits, starts that do not fit and numbers of no use are refused."""
    codes, starts, query = np.ones((2, 1), np.uint8), np.array([0, 2]), np.ones((1, 8), np.float32)
    assert kernel.late(codes, starts, query).tolist() == [-6.0]  # one sign of eight is +
    for asked in (
        query[0], query[:, :7], query[:0], np.ones((1, 16)), np.ones((257, 8)), np.ones((1, 1032)),
        query * np.nan, query * np.inf, query * 2e4,
    ):  # fmt: skip
        with pytest.raises(KernelError):
            kernel.late(codes, starts, asked)
    for wrong in ([0], [0, 1], [1, 2], [0, 3], [0, 2, 1, 2], [[0, 2]], [0, -1, 2]):
        with pytest.raises(KernelError):
            kernel.late(codes, np.array(wrong, np.int32), query)
    for held in (codes[0], np.ones((2, 2), np.uint8)):
        with pytest.raises(KernelError):
            kernel.late(held, starts, query)
    assert kernel.late(codes[:0], np.zeros(3), query).tolist() == [0.0, 0.0]


def test_words_and_what_is_near() -> None:
    """Rows that are none, counts below 0, NaN and shapes that do not fit are refused."""
    near, share = np.array([[-1, 1], [0, -1]], np.int32), np.ones((2, 2), np.float32)
    one, good, norm = np.array([0, 1]), np.ones(1, np.float32), np.ones(2, np.float32)
    kernel.bm25(one, np.array([1]), good, good, norm, near, share)
    for rows, times, around, given in (
        ([2], good, near, share), ([-1], good, near, share), ([0, 1], good, near, share),
        ([0], -good, near, share), ([0], good * np.nan, near, share),
        ([0], good * 1e19, near, share), ([0], good, near[:1], share[:1]),
        ([0], good, near + 1, share), ([0], good, near - 1, share),
        ([0], good, near[:, :1], share[:, :1]), ([0], good, near, share * np.inf),
    ):  # fmt: skip
        with pytest.raises(KernelError):
            kernel.bm25(one, np.array(rows), times, good, norm, around, given)
    for idf, by in ((-good, norm), (norm, norm), (good, norm * 0), (good, -norm), (good, good)):
        with pytest.raises(KernelError):
            kernel.bm25(one, np.array([1]), good, idf, by, near, share)
    for starts in ([1, 1], [0, 2], [0, 1, 0, 1], []):
        with pytest.raises(KernelError):
            kernel.bm25(np.array(starts), np.array([1]), good, good, norm, near, share)
        with pytest.raises(KernelError):
            kernel.tally(np.array(starts), np.array([1]), good, one, 2)
    for rows, times, bins, count in (
        ([2], good, one, 2), ([-1], good, one, 2), ([0], good, one, 1), ([0], good, one - 1, 2),
        ([0], good * np.inf, one, 2), ([0], good, one[:0], 2), ([0], good, one, 0),
        ([0, 1], good, one, 2),
    ):  # fmt: skip
        with pytest.raises(KernelError):
            kernel.tally(np.array([0, 1]), np.array(rows), times, bins, count)
    x = np.ones(2, np.float32)
    for values, around, given in (
        (x[:1], near, share), (x * np.nan, near, share), (x, near + 1, share),
        (x, near[:, :0], share[:, :0]), (x, near, share * 1e19),
    ):  # fmt: skip
        with pytest.raises(KernelError):
            kernel.around(values, around, given)


def test_a_query_of_nothing_scores_nothing() -> None:
    """A question without a direction is near no row."""
    assert not kernel.scan_codes(
        np.ones((2, 3), np.int8), np.ones(2, np.float32), np.zeros(3, np.float32)
    ).any()


def test_a_sum_that_could_overflow_is_refused() -> None:
    """The C function itself does not trust its caller's rounding."""
    if binding.lib is None:
        pytest.skip("no C kernel")
    codes, steps = np.ones((1, 600), np.int8), np.ones(1, np.float32)
    out, query = np.zeros(1, np.float32), np.full(600, 32767, np.int16)
    read = binding.readable
    status = binding.lib.rsm_scan_codes(
        1, 600, binding.writable(out, "float[]"), read(codes, "int8_t[]"),
        read(steps, "float[]"), read(query, "int16_t[]"), 1.0,
    )  # fmt: skip

    assert status in binding.REFUSED
    assert out.tolist() == [0.0]


def test_top() -> None:
    """NaN scores and impossible k are refused."""
    with pytest.raises(KernelError):
        kernel.top(np.array([1, np.nan], np.float32), 1)
    for k in (0, 3):
        with pytest.raises(KernelError):
            kernel.top(np.ones(2, np.float32), k)


def test_fuse() -> None:
    """NaN, numbers whose sum could overflow, and wrong shapes are refused."""
    good, weight = np.ones((2, 3), np.float32), np.ones(2, np.float32)
    with pytest.raises(KernelError):
        kernel.fuse(good * np.float32(np.nan), weight)
    with pytest.raises(KernelError):
        kernel.fuse(good, weight * np.float32(1e30))
    with pytest.raises(KernelError):
        kernel.fuse(good * np.float32(1e30), weight)
    with pytest.raises(KernelError):
        kernel.fuse(good, np.ones(3, np.float32))
    for columns in ([], [good[0], good[1, :2]], [good[0], good[:0, :0].ravel()]):
        with pytest.raises(KernelError):
            kernel.fuse(columns, weight[: len(columns)])


def test_without_a_compiler_it_says_so_once() -> None:
    """Without the extension the reference runs, after one warning that names the fix."""
    code = (
        "import sys, warnings\n"
        "sys.modules['resmem_core._kernel'] = None\n"
        "with warnings.catch_warnings(record=True) as seen:\n"
        "    warnings.simplefilter('always')\n"
        "    from resmem_core import kernel\n"
        "    import importlib; importlib.import_module('resmem_core.kernel')\n"
        "ours = [w for w in seen if 'C kernel' in str(w.message)]\n"
        "assert len(ours) == 1 and ours[0].category is RuntimeWarning, ours\n"
        "assert 'gcc' in str(ours[0].message) and 'pip install' in str(ours[0].message)\n"
        "assert not kernel.COMPILED\n"
        "from resmem_core.config.profile import Profile\n"
        "import numpy as np\n"
        "p = Profile.default()\n"
        "kernel.tick(p, kernel.start(p, 1), np.ones((17, 1)))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("wrong", ["short", "float32", "strided", "column"])
def test_arrays_that_c_would_read_beyond(form: str, wrong: str) -> None:
    """A state that is short, of another type or not in a row reaches no C."""
    if form == "NumPy":
        pytest.skip("it reads nothing beyond an array")
    good = kernel.start(P, 1)[:, 0].copy()
    bad = {
        "short": good[:3].copy(), "float32": good.astype(np.float32),
        "strided": np.repeat(good, 2)[::2], "column": good[:, None],
    }[wrong]  # fmt: skip
    raw = np.full(17, np.nan)
    for call in (
        lambda: step(P, bad, raw),
        lambda: margins(P, bad, good),
        lambda: margins(P, good, bad),
    ):
        with pytest.raises(KernelError):
            call()
