"""Value heads in torch: many small ones trained at once, each exported for the kernel.

Every parameter has a leading axis of models, so that all targets and seeds of one architecture
are one batch of matrix products: seconds per target on two cores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resmem_core.config.heads import GraphHead, Head, MlpHead
from training.graph import pruned

Array = NDArray[np.float64]
Parameters = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How heads are trained: Adam with a cosine schedule on mini-batches."""

    steps: int = 3000
    batch: int = 256
    rate: float = 0.02
    sparsity: float = 1e-5


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of head: its parameters' shapes and its forward pass.

    Attributes:
        shapes: of each parameter, without the axis of models; n is the number of hormones.
        forward: (parameters, levels [models, batch, n]) -> values [models, batch].
        export: parameters of one model -> a head for the kernel; None for the controls.
        recipe: how it is trained unless told otherwise.
    """

    shapes: Callable[[int], Mapping[str, tuple[int, ...]]]
    forward: Callable[[Parameters, Tensor], Tensor]
    export: Callable[[Mapping[str, Array]], Head] | None = None
    recipe: Recipe = Recipe()


def _with_global(h: Tensor) -> Tensor:
    """Levels and their mean as the last node: [models, batch, n + 1]."""
    return torch.cat([h, h.mean(dim=-1, keepdim=True)], dim=-1)


# -- the published head and what is said to mend it


def _gcn(p: Parameters, h: Tensor) -> Tensor:
    """relu(Ã h w1) w2 on the complete graph with self loops: Ã h is the mean, at every node."""
    mean = h.mean(dim=-1, keepdim=True)
    hidden = torch.relu(mean * p["w1"][:, None] + p.get("b1", torch.zeros(1, 1))[:, None])
    return (hidden * p["w2"][:, None]).sum(-1) + p.get("b2", torch.zeros(1, 1))


def _node_id(p: Parameters, h: Tensor) -> Tensor:
    """The same with identities concatenated to the nodes: Ã [h, I] W = mean(h) w + a constant."""
    mean = h.mean(dim=-1, keepdim=True)
    hidden = torch.relu(mean * p["w1"][:, None] + p["ids"].mean(1)[:, None] + p["b1"][:, None])
    return (hidden * p["w2"][:, None]).sum(-1) + p["b2"]


# -- the shipped heads


def _mlp(p: Parameters, h: Tensor) -> Tensor:
    hidden = torch.relu(torch.baddbmm(p["b1"][:, None], h, p["w1"].transpose(1, 2)))
    return (hidden * p["w2"][:, None]).sum(-1) + p["b2"]


def _film(p: Parameters, h: Tensor) -> Tensor:
    """`config.heads.GraphHead`, many at once."""
    nodes = _with_global(h)
    z = torch.relu(nodes[..., None] * p["e"][:, None] + p["c"][:, None])  # [models, batch, n+1, d]
    models, batch, count, d = z.shape
    told = p["a"][:, None] @ z
    flat = z.reshape(models, batch * count, d) @ p["u"].transpose(1, 2)
    flat = flat + told.reshape(models, batch * count, d) @ p["v"].transpose(1, 2)
    y = torch.relu(flat.reshape(z.shape) + p["s"][:, None, None])
    return (p["r"][:, None] * y + p["t"][:, None] * z).sum((-1, -2)) + p["r0"]


def _mlp_head(p: Mapping[str, Array]) -> Head:
    return MlpHead(p["w1"], p["b1"], p["w2"], float(p["b2"][0]))


def _film_head(p: Mapping[str, Array]) -> Head:
    arrays = {name: p[name] for name in "ecauvsrt"}
    return pruned(GraphHead(**arrays, r0=float(p["r0"][0])))


def _film_shapes(n: int, d: int = 12) -> Mapping[str, tuple[int, ...]]:
    node = (n + 1, d)
    return {
        "e": node, "c": node, "a": (n + 1, n + 1), "u": (d, d), "v": (d, d), "s": (d,),
        "r": node, "t": node, "r0": (1,),
    }  # fmt: skip


HEADS: Final[Mapping[str, Architecture]] = {
    "published_gcn": Architecture(lambda n: {"w1": (16,), "w2": (16,)}, _gcn),
    "gcn_biases": Architecture(lambda n: {"w1": (16,), "b1": (16,), "w2": (16,), "b2": (1,)}, _gcn),
    "gcn_node_id": Architecture(
        lambda n: {"w1": (16,), "ids": (n, 16), "b1": (16,), "w2": (16,), "b2": (1,)}, _node_id
    ),
    "mlp": Architecture(
        lambda n: {"w1": (16, n), "b1": (16,), "w2": (16,), "b2": (1,)}, _mlp, _mlp_head
    ),
    "film_graph": Architecture(_film_shapes, _film, _film_head, Recipe(steps=2000, batch=128)),
}
"""Heads of `resmem bench value`: three controls, and the two that the kernel runs."""


def parameters(head: str, n: int) -> int:
    """How many numbers a head has."""
    return sum(math.prod(shape) for shape in HEADS[head].shapes(n).values())


@dataclass(frozen=True, slots=True)
class Fitted:
    """Heads of one architecture, one per target, in the order of the targets."""

    name: str
    parameters: Sequence[Mapping[str, Array]]

    def heads(self) -> list[Head]:
        """For the kernel; only of the architectures that it runs."""
        export = HEADS[self.name].export
        assert export is not None
        return [export(p) for p in self.parameters]

    def values(self, levels: Array) -> Array:
        """V [models, count] in torch, for the controls that the kernel does not run."""
        stacked = {
            name: torch.tensor(np.stack([p[name] for p in self.parameters]))
            for name in self.parameters[0]
        }
        rows = torch.tensor(levels).expand(len(self.parameters), -1, -1)
        return np.asarray(HEADS[self.name].forward(stacked, rows).numpy())


def fit(
    name: str, levels: Array, targets: Array, *, seed: int, recipe: Recipe | None = None
) -> Fitted:
    """Train one head per row of targets.

    Args:
        name: of `HEADS`.
        levels: [count, n]. targets: [models, count].
        seed: of the initialisation and the mini-batches.
        recipe: how; the architecture's own when None.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the products are small: threads would only wait for each other
    try:
        return _fit(name, levels, targets, seed, recipe or HEADS[name].recipe)
    finally:
        torch.set_num_threads(threads)


def _fit(name: str, levels: Array, targets: Array, seed: int, recipe: Recipe) -> Fitted:
    head = HEADS[name]
    generator = torch.Generator().manual_seed(seed)
    models, n = len(targets), levels.shape[1]
    p = _start(head.shapes(n), models, generator)
    x, y, scale, shift = _standard(levels, targets, not _BIASES.isdisjoint(p))
    optimiser = torch.optim.Adam(p.values(), lr=recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.steps)
    for _ in range(recipe.steps):
        rows = torch.randint(len(levels), (recipe.batch,), generator=generator)
        batch = x[rows].expand(models, -1, -1)
        loss = ((head.forward(p, batch) - y[:, rows]) ** 2).mean(1).sum()
        if "a" in p:  # a sparse graph
            loss = loss + recipe.sparsity * p["a"].abs().sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return Fitted(name, [_unscaled(p, i, scale[i], shift[i]) for i in range(models)])


def _standard(levels: Array, targets: Array, biased: bool) -> tuple[Tensor, Tensor, Array, Array]:
    shift, scale = targets.mean(1), np.maximum(targets.std(1), 1e-9)
    if not biased:
        shift, scale = np.zeros_like(shift), np.ones_like(scale)
    y = (targets - shift[:, None]) / scale[:, None]
    return torch.tensor(levels).float(), torch.tensor(y).float(), scale, shift


def _start(
    shapes: Mapping[str, tuple[int, ...]], models: int, generator: torch.Generator
) -> Parameters:
    made: Parameters = {}
    for name, shape in shapes.items():
        wide = shape[-1] if len(shape) > 1 and name not in "ecrt" else 1
        spread = {"b2": 0.0, "r0": 0.0, "r": 0.1, "t": 0.1, "w2": 0.3}.get(
            name, 1.0 / math.sqrt(wide)
        )
        value = spread * torch.randn((models, *shape), generator=generator)
        made[name] = value.requires_grad_()
    return made


_OUT: Final = ("w2", "b2", "r", "t", "r0")
"""The last, linear parameters: a target's scale goes there."""
_BIASES: Final = frozenset({"b2", "r0"})
"""Where its mean goes; a head without one is given the target as it is."""


def _unscaled(p: Parameters, i: int, scale: float, shift: float) -> Mapping[str, Array]:
    """Model i with the target's own scale; a head without a bias cannot take the shift."""
    out = {name: value[i].detach().double().numpy().copy() for name, value in p.items()}
    for name in _OUT:
        if name in out:
            out[name] *= scale
    for name in _BIASES:
        if name in out:
            out[name] += shift
    return out


def r_squared(truth: Array, values: Array) -> float:
    """1 - residual variance over variance; below 0 when worse than the mean."""
    return float(1.0 - np.mean(np.square(truth - values)) / np.var(truth))
