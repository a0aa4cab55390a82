"""What cannot be used is refused with a KernelError, in C and in NumPy, and nothing changes."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from benchmarks import draws
from benchmarks.kernel import heads
from resmem_core import kernel
from resmem_core.config.heads import GraphHead, MlpHead
from resmem_core.config.layout import TAIL, layout
from resmem_core.config.profile import Profile
from resmem_core.errors import ConfigError, KernelError
from resmem_core.kernel import binding

P = Profile.default()
HALF = np.full(3, 0.5)
BAD = (np.nan, np.inf, -np.inf)


@pytest.fixture(params=["C", "NumPy"], autouse=True)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test runs on the C kernel and on the reference."""
    if request.param == "C" and not kernel.COMPILED:
        pytest.skip("no C kernel here")
    if request.param == "NumPy":
        monkeypatch.setattr(binding, "lib", None)
    return str(request.param)


def spoil(array: Any, value: float) -> Any:
    """A copy with one bad number in the middle."""
    out = np.array(array, dtype=np.float64)
    out.flat[out.size // 2] = value
    return out


@pytest.mark.parametrize("bad", [*BAD, -0.1, 1.1])
@pytest.mark.parametrize("place", [0, 1])
def test_decay(bad: float, place: int) -> None:
    """Levels and baselines outside [0, 1], NaN and infinities."""
    arrays = [HALF.copy(), HALF.copy(), HALF.copy()]
    arrays[place] = spoil(arrays[place], bad)

    with pytest.raises(KernelError):
        kernel.decay(*arrays, 1.0)


@pytest.mark.parametrize("dt", [*BAD, -1.0, 1e7])
def test_decay_time(dt: float) -> None:
    """A dt that is negative, huge or no number."""
    with pytest.raises(KernelError):
        kernel.decay(HALF, HALF, HALF, dt)


@pytest.mark.parametrize("bad", [*BAD, -1.5, 2e6])
@pytest.mark.parametrize("place", range(7))
def test_intake(bad: float, place: int) -> None:
    """Every argument of the intake is checked."""
    arrays = [HALF.copy() for _ in range(7)]
    arrays[place] = spoil(arrays[place], bad)
    before = [array.copy() for array in arrays]

    with pytest.raises(KernelError):
        kernel.intake(*arrays, 1.0)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(arrays, before, strict=True))


@pytest.mark.parametrize("bad", [*BAD, -2.0, 2e6])
@pytest.mark.parametrize("place", range(8))
def test_compose(bad: float, place: int) -> None:
    """Every argument of the composer is checked."""
    arrays = [HALF, HALF, HALF, np.full((3, 3), 0.5), HALF, np.full((3, 3), 0.5), HALF, 2 * HALF]
    arrays[place] = spoil(arrays[place], bad)

    with pytest.raises(KernelError):
        kernel.compose(*arrays, 2)


def test_compose_exponent() -> None:
    """q must be from 1 to 4."""
    square = np.full((3, 3), 0.5)

    with pytest.raises(KernelError):
        kernel.compose(HALF, HALF, HALF, square, HALF, square, HALF, 2 * HALF, 5)


@pytest.mark.parametrize("bad", [*BAD, -2.0, 2e9])
@pytest.mark.parametrize("place", range(7))
def test_limit(bad: float, place: int) -> None:
    """Every argument of the rate limit is checked."""
    arrays = [HALF, HALF, HALF, 2 * HALF, HALF, HALF, HALF]
    arrays[place] = spoil(arrays[place], bad)

    with pytest.raises(KernelError):
        kernel.limit(*arrays)


def test_cautious_is_a_sign() -> None:
    """The safe direction is -1 or 1, nothing between."""
    with pytest.raises(KernelError):
        kernel.limit(HALF, HALF, HALF, HALF, HALF, HALF, HALF)


@pytest.mark.parametrize("shape", [(), (2,), (3, 1), (0,)])
def test_shapes(shape: tuple[int, ...]) -> None:
    """Arrays of different shapes are refused, not broadcast."""
    with pytest.raises(KernelError):
        kernel.decay(HALF, np.zeros(shape), HALF, 1.0)


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
    """Text, and what is not [size, sessions], is refused as a first state and as a new one."""
    fleet = kernel.Fleet(P, 2)
    before = fleet.state

    with pytest.raises(KernelError):
        kernel.Fleet(P, state=spoiled(kernel.start(P, 2)))
    with pytest.raises(KernelError):
        fleet.state = spoiled(kernel.start(P, 2))
    assert np.array_equal(fleet.state, before)


def test_a_new_state_has_as_many_sessions() -> None:
    """A fleet does not grow: its signals and values are bound to it."""
    fleet = kernel.Fleet(P, 2)

    with pytest.raises(KernelError):
        fleet.state = kernel.start(P, 3)


@pytest.mark.parametrize("sessions", [1, 2, 40])
def test_a_state_is_copied(sessions: int) -> None:
    """A fleet ticks its own copy, hands out read-only ones, and takes all of them back."""
    given = kernel.start(P, sessions)
    fleet = kernel.Fleet(P, state=given)
    fleet.signals[:] = 0.5
    begun = fleet.state
    fleet.tick()

    assert np.array_equal(given, begun)
    assert not np.array_equal(fleet.state, begun)
    with pytest.raises(ValueError, match="read-only"):
        begun[0] = 0.0
    fleet.state = begun
    assert np.array_equal(fleet.state, begun)


def test_tick_takes_any_numbers() -> None:
    """The pure form copies, so strided and read-only states are fine; text is refused."""
    state, raw = kernel.start(P, 4), np.full((17, 2), 0.5)

    strided = kernel.tick(P, read_only(state[:, ::2]), raw)

    assert np.array_equal(strided, kernel.tick(P, state[:, ::2].copy(), raw))
    with pytest.raises(KernelError):
        kernel.tick(P, state.astype(str)[:, :2].astype(object) + "x", raw)


def test_threads() -> None:
    """A fleet needs at least one thread."""
    with pytest.raises(KernelError):
        kernel.Fleet(P, 1, threads=0)


@pytest.mark.parametrize(("sessions", "threads"), [(1, 1), (40, 1), (200, 1), (5000, 2)])
def test_one_bad_session_does_not_stop_the_others(sessions: int, threads: int) -> None:
    """Sessions are independent: the refused one is bit for bit as it was, the others move."""
    head = heads(P.n, np.random.default_rng(0))[0]
    fleet = kernel.Fleet(P, sessions, head=head, threads=threads)
    fleet.signals[:] = draws.signals(np.random.default_rng(1), sessions).clip(-1, 1)
    bad = sessions // 2
    fleet.signals[2, bad] = np.inf
    before = fleet.state.copy()

    refused = fleet.tick()

    assert np.flatnonzero(refused).tolist() == [bad]
    assert np.array_equal(fleet.state[:, bad], before[:, bad])
    ticks = fleet.state[layout(P.n, 17, 7).tail(TAIL[-1])]
    assert ticks.sum() == sessions - 1


def test_a_head_for_another_profile() -> None:
    """A value head must read as many hormones as the profile has."""
    with pytest.raises(KernelError):
        kernel.Fleet(P, 1, head=heads(3, np.random.default_rng(0))[0])
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
