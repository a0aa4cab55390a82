"""Plays entrants over families and seeds, and puts the report together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any, Final

from benchmarks.chaos2 import families, measures
from benchmarks.chaos2.entrants import ENTRANTS
from benchmarks.chaos2.episode import LOOPS, Episode, play
from benchmarks.chaos2.measures import Key
from resmem_core.errors import ConfigError

OFTEN: Final = 4
"""Replicates of those that are asked whether they solve a task every time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played.

    Attributes:
        entrants, families: names. seeds: of schedules and tasks. replicates: of the model's draws.
        often: entrants that play four replicates, for what is solved every time.
        loop: langchain or llamaindex.
        jobs: processes. most: tasks per episode at most, 0 for as many as are drawn.
        trial: whether what ours is left without plays only the family in which it has to show.
    """

    entrants: tuple[str, ...]
    families: tuple[str, ...]
    seeds: tuple[int, ...]
    replicates: int = 1
    loop: str = "langchain"
    jobs: int = 1
    often: tuple[str, ...] = ()
    most: int = 0
    trial: bool = False

    def __post_init__(self) -> None:
        _known("entrant", self.entrants, tuple(ENTRANTS))
        _known("family", self.families, families.NAMES)
        _known("loop", (self.loop,), tuple(LOOPS))
        if self.loop == "llamaindex":
            _known("entrant of this loop", self.entrants, ("bare", "ours"))
        if not self.seeds or self.replicates < 1 or self.jobs < 1:
            raise ConfigError("seeds, replicates and jobs must each be at least one")

    def keys(self, name: str) -> list[Key]:
        """The episodes of an entrant."""
        own = measures.PARTS.get(name) if self.trial else None
        return [
            (family, seed, replicate)
            for family in self.families
            if own in (None, family)
            for seed in self.seeds
            for replicate in range(OFTEN if name in self.often else self.replicates)
        ]


def _known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"no {what} {name!r:.40}: there are {', '.join(known)}")
    if not names:
        raise ConfigError(f"name at least one {what} of {', '.join(known)}")


def play_all(
    plan: Plan, progress: Callable[[str], None] = lambda name: None
) -> dict[str, dict[Key, Episode]]:
    """Every entrant's episodes."""
    games: dict[str, dict[Key, Episode]] = {}
    for name, episodes in _played(plan):
        progress(name)
        games[name] = dict(zip(plan.keys(name), episodes, strict=True))
    return games


def _played(plan: Plan) -> Iterator[tuple[str, list[Episode]]]:
    if plan.jobs == 1:
        for name in plan.entrants:
            yield name, [_episode(name, plan.loop, plan.most, key) for key in plan.keys(name)]
        return
    # spawned, since forks of a process with threads hang
    with ProcessPoolExecutor(plan.jobs, mp_context=get_context("spawn")) as pool:
        for name in plan.entrants:
            one = partial(_episode, name, plan.loop, plan.most)
            yield name, list(pool.map(one, plan.keys(name), chunksize=4))


def _episode(name: str, loop: str, most: int, key: Key) -> Episode:
    return play(ENTRANTS[name], *key, loop=LOOPS[loop], most=most)


def report(plan: Plan, games: dict[str, dict[Key, Episode]]) -> dict[str, Any]:
    """The figures, as one JSON document."""
    constant = measures.best_constant(games)
    if constant:
        games = {**games, "best_constant": constant}
    subject = "ours" if "ours" in games else plan.entrants[0]
    return {
        "bench": "agents",
        "tier": "scripted",
        "loop": plan.loop,
        "families": {name: families.FAMILIES[name][0] for name in plan.families},
        "seeds": list(plan.seeds),
        "replicates": plan.replicates,
        "test_digest": families.digest(),
        "entrants": {name: measures.summary(own) for name, own in games.items()},
        "paired": measures.compared(games, subject),
        "layers": measures.trial(games),
    }
