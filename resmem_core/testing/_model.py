"""What a store does under any sequence of calls, compared with a dictionary."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from resmem_core.errors import Conflict
from resmem_core.protocols import Delete, Op, Put, PutDoc, Row, Store
from resmem_core.testing.examples import ADA, BEN, ids, row, same
from resmem_core.types import Namespace, Tier

NAMES: tuple[Namespace, ...] = (ADA, BEN, ("acme",))
TIERS: tuple[Tier, ...] = ("buffer", "short", "long")


class ModelTests:
    """A store is a dictionary of rows with a log of what changed."""

    @pytest.mark.parametrize("seed", range(10))
    def test_it_behaves_like_a_dictionary(self, store: Store, seed: int) -> None:
        """Any sequence of calls leaves what the same calls leave in a dictionary."""
        assert_like_a_dictionary(store, some_calls(random.Random(seed)))

    @pytest.mark.parametrize("seed", range(10))
    def test_a_mirror_fed_with_changes_is_the_store(self, store: Store, seed: int) -> None:
        """Reading only what changed, at any moments, gives the same as reading everything."""
        chance = random.Random(seed)
        calls = some_calls(chance)
        assert_mirrored(store, calls, {chance.randrange(9) for _ in range(3)})


def some_calls(chance: random.Random) -> list[list[Op]]:
    """Up to eight calls of up to four operations on few ids, so that they meet."""
    return [[_op(chance) for _ in range(chance.randrange(5))] for _ in range(chance.randrange(9))]


def _op(chance: random.Random) -> Op:
    name, ident = chance.choice(NAMES), chance.choice("abcd")
    made: list[Callable[[], Op]] = [
        lambda: Put((row(ident, name, chance.randrange(6), seq=chance.randrange(4),
                         tier=chance.choice(TIERS)),)),
        lambda: Delete(name, (ident,)),
        lambda: PutDoc("gate", "k", {"n": chance.randrange(99)}, chance.randrange(3)),
    ]  # fmt: skip
    return chance.choices(made, (3, 1, 1))[0]()


def run_model(store: Store, calls: Sequence[Sequence[Op]]) -> dict[tuple[Namespace, str], Row]:
    """The calls on the store and on a dictionary; what the dictionary holds in the end."""
    model: dict[tuple[Namespace, str], Row] = {}
    version = 0
    for ops in calls:
        trial, ahead, fine = dict(model), version, True
        for op in ops:
            if isinstance(op, Put):
                trial.update({(r.memory.namespace, r.memory.id): r for r in op.rows})
            elif isinstance(op, Delete):
                for ident in op.ids:
                    trial.pop((op.namespace, ident), None)
            elif isinstance(op, PutDoc):
                fine = fine and op.expect == ahead
                ahead += 1
        if fine:
            store.apply(ops)
            model, version = trial, ahead
        else:
            with pytest.raises(Conflict):
                store.apply(ops)
    return model


def assert_like_a_dictionary(store: Store, calls: Sequence[Sequence[Op]]) -> None:
    """Run the calls; every namespace then holds what the dictionary does, in order."""
    model = run_model(store, calls)
    for name in NAMES:
        held = sorted(
            (r for (space, _), r in model.items() if space == name),
            key=lambda r: (r.memory.seq, r.memory.id),
        )
        found = store.rows(name)
        assert ids(found) == ids(held)
        assert all(map(same, found, held))


def assert_mirrored(store: Store, calls: Sequence[Sequence[Op]], looks: set[int]) -> None:
    """Run the calls and read the changes after some of them: nothing was missed."""
    mirror: dict[str, Row] = {}
    revision = 0
    for at, ops in enumerate([*calls, []]):
        run_model(store, [[op for op in ops if not isinstance(op, PutDoc)]])
        if at in looks or at == len(calls):
            changes = store.changes(ADA, revision)
            if changes.full:
                mirror.clear()
            mirror.update((r.memory.id, r) for r in changes.rows)
            for ident in changes.gone:
                mirror.pop(ident, None)
            revision = changes.revision
    assert sorted(mirror) == sorted(ids(store.rows(ADA)))
