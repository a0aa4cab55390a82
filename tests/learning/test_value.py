"""A head file is what was exported, or it is refused; its graph knows the hormones apart."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core import Profile, ResilientMemory, kernel
from resmem_core.config.heads import GraphHead, Head, MlpHead
from resmem_core.errors import ConfigError, PolicyTampered
from resmem_core.learning import value


def mlp(seed: int = 0) -> Head:
    rng = np.random.default_rng(seed)
    return MlpHead(rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=4), 0.5)


def film(seed: int = 0) -> GraphHead:
    rng = np.random.default_rng(seed)
    shapes = {"e": (4, 2), "c": (4, 2), "a": (4, 4), "u": (2, 2), "v": (2, 2), "s": (2,)}
    shapes |= {"r": (4, 2), "t": (4, 2)}
    return GraphHead(**{k: rng.normal(size=s) for k, s in shapes.items()}, r0=0.1)


def content(data: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(data)) as file:
        return {name: file[name] for name in file.files}


def written(arrays: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize("head", [mlp(), film()])
def test_a_head_survives_its_file(head: Head, tmp_path: Path) -> None:
    """The same values, to the last bit; the same checksum."""
    path = tmp_path / "head.npz"
    seal = value.save(head, path)
    levels = np.random.default_rng(1).uniform(size=(20, head.n))

    again = value.load(path)
    assert value.save(again, path) == seal
    np.testing.assert_array_equal(value.values(again, levels), kernel.value(head, levels))


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_changed_byte_goes_unseen(place: int, byte: int) -> None:
    """A file with one byte changed is refused, or its content is still exactly the same."""
    data = bytearray(value.to_bytes(mlp()))
    data[place % len(data)] = byte
    try:
        head = value.from_bytes(bytes(data))
    except (ConfigError, PolicyTampered):
        return

    assert content(value.to_bytes(head)).keys() == content(value.to_bytes(mlp())).keys()
    np.testing.assert_array_equal(head.w1, mlp().w1)  # type: ignore[union-attr]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share: float) -> None:
    """Wherever it was cut."""
    data = value.to_bytes(film())

    with pytest.raises(ConfigError, match=r"whole \.npz"):
        value.from_bytes(data[: int(share * len(data))])


def test_a_changed_weight_is_tampering() -> None:
    """Numbers changed, checksum left."""
    arrays = content(value.to_bytes(mlp()))
    arrays["w2"][0] += 1e-12

    with pytest.raises(PolicyTampered, match="checksum"):
        value.from_bytes(written(arrays))


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: a.update(format=np.asarray(2)),
        lambda a: a.pop("checksum"),
        lambda a: a.update(kind=np.asarray("tree")),
        lambda a: a.pop("w1"),
        lambda a: a.update(extra=np.zeros(2)),
        lambda a: a.update(w1=a["w1"].astype(np.float32)),
    ],
)
def test_another_format_is_refused(damage: Callable[[dict[str, Any]], object]) -> None:
    """Another version, kind, or set of arrays: ConfigError."""
    arrays = content(value.to_bytes(mlp()))
    damage(arrays)

    with pytest.raises(ConfigError):
        value.from_bytes(written(arrays))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ConfigError, match="cannot be read"):
        value.load(tmp_path / "none.npz")


def test_levels_of_other_hormones_are_refused() -> None:
    """A head of three hormones reads three."""
    with pytest.raises(ConfigError, match="cannot read"):
        value.values(mlp(), np.zeros((2, 5)))


def test_the_shipped_head_reads_the_shipped_profile() -> None:
    """It is intact, reads twelve levels, and tells two hormones apart."""
    head = value.shipped()
    profile = Profile.default()
    rng = np.random.default_rng(2)
    levels = rng.uniform(size=(100, profile.n))
    swapped = levels.copy()
    swapped[:, [0, 3]] = levels[:, [3, 0]]

    assert head.n == profile.n
    assert np.abs(value.values(head, levels) - value.values(head, swapped)).mean() > 1e-3


def test_a_session_knows_its_value() -> None:
    """V of its levels in the kernel; None where the head reads other hormones."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t", namespace=("a",))
        levels = np.array([list(session.levels.values())])

        assert session.value == kernel.value(value.shipped(), levels)[0]
    with ResilientMemory.open(":memory:", profile=Profile.minimal()) as memory:
        assert memory.session("t", namespace=("a",)).value is None


MIXING = np.ones((12, 12)) / 12
"""D^-½ A D^-½ of the complete graph with self loops: what a convolution on it multiplies by."""


def test_the_complete_graph_sees_the_mean_and_nothing_else() -> None:
    """Ã = J / N: one round of convolution gives every node the mean, whoever held what."""
    h = np.random.default_rng(0).uniform(size=(12, 1))
    mixed = MIXING @ h

    np.testing.assert_allclose(mixed, np.full((12, 1), h.mean()))


def test_concatenated_identities_do_not_help() -> None:
    """The mean of one-hot identities is the same constant at every node."""
    h = np.random.default_rng(0).uniform(size=(12, 1))
    nodes = np.concatenate([h, np.eye(12)], axis=1)
    swapped = np.concatenate([h[::-1], np.eye(12)], axis=1)

    np.testing.assert_allclose(MIXING @ nodes, MIXING @ swapped)


def test_the_laplacian_of_the_complete_graph_with_self_loops() -> None:
    """Its spectrum is {0, 1, …, 1}, not the published one."""
    laplacian = np.eye(12) - MIXING

    np.testing.assert_allclose(np.sort(np.linalg.eigvalsh(laplacian)), [0, *[1] * 11], atol=1e-12)


@pytest.mark.long
def test_pruning_leaves_out_what_carries_nothing() -> None:
    """Edges below a thousandth of the strongest become exact zeros; the value hardly moves."""
    pytest.importorskip("torch")
    from training import graph

    head = film()
    a = head.a.copy()
    a[0, 1] = 1e-9
    weak = GraphHead(head.e, head.c, a, head.u, head.v, head.s, head.r, head.t, head.r0)
    levels = np.random.default_rng(3).uniform(size=(50, 3))
    sparse = graph.pruned(weak)

    assert sparse.a[0, 1] == 0.0
    np.testing.assert_allclose(kernel.value(sparse, levels), kernel.value(weak, levels), atol=1e-7)
