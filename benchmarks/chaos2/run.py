"""Plays entrants over families and seeds, and puts the report together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos2 import families, measures
from benchmarks.chaos2.entrants import ENTRANTS
from benchmarks.chaos2.episode import LOOPS, Episode, play
from benchmarks.chaos2.kept import Job, Kept
from benchmarks.chaos2.measures import Games, Key
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
        trial: seeds on which what ours is left without plays, and only in the family in which it
            has to show; none: it plays as everybody does.
        kept: a file of episodes that were played; None: nothing is kept.
    """

    entrants: tuple[str, ...]
    families: tuple[str, ...]
    seeds: tuple[int, ...]
    replicates: int = 1
    loop: str = "langchain"
    jobs: int = 1
    often: tuple[str, ...] = ()
    most: int = 0
    trial: tuple[int, ...] = ()
    kept: Path | None = None

    def __post_init__(self) -> None:
        _known("entrant", self.entrants, tuple(ENTRANTS))
        _known("family", self.families, families.NAMES)
        _known("loop", (self.loop,), tuple(LOOPS))
        if self.loop == "llamaindex":
            _known("entrant of this loop", self.entrants, ("bare", "ours"))
        if not self.seeds or self.replicates < 1 or self.jobs < 1:
            raise ConfigError("seeds, replicates and jobs must each be at least one")

    def keys(self, name: str) -> list[Key]:
        """The episodes of an entrant; ours plays those of the trial too."""
        tried = dict.fromkeys(f for f in measures.PARTS.values() if f in self.families)
        if self.trial and name in measures.PARTS:
            return [(f, s, 0) for f in tried if f == measures.PARTS[name] for s in self.trial]
        times = OFTEN if name in self.often else self.replicates
        keys = [(f, s, r) for f in self.families for s in self.seeds for r in range(times)]
        more = [(f, s, 0) for f in tried for s in self.trial] if name == "ours" else []
        return list(dict.fromkeys([*keys, *more]))

    def work(self) -> list[Job]:
        """Every episode once, the longest first, so that processes end together."""
        jobs = [(name, key) for name in self.entrants for key in self.keys(name)]
        return sorted(jobs, key=_length, reverse=True)


def _length(job: Job) -> float:
    """How long an episode takes beside others."""
    return (3.0 if job[0].startswith("ours") else 1.0) * (2.0 if job[1][0] == "F4" else 1.0)


def _known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"no {what} {name!r:.40}: there are {', '.join(known)}")
    if not names:
        raise ConfigError(f"name at least one {what} of {', '.join(known)}")


def play_all(
    plan: Plan, progress: Callable[[int, int], None] = lambda done, of: None
) -> dict[str, dict[Key, Episode]]:
    """Every entrant's episodes: the same whatever the number of processes.

    Args:
        progress: told how many episodes there are so far, and of how many.
    """
    kept = None if plan.kept is None else Kept(plan.kept, f"{plan.loop}, {plan.most}")
    work = plan.work()
    stored = {} if kept is None else kept.read()
    done = {job: stored[job] for job in work if job in stored}
    for job, episode in _played(plan, [job for job in work if job not in done]):
        done[job] = episode
        if kept is not None:
            kept.add(job, episode)
        progress(len(done), len(work))
    return {name: {key: done[name, key] for key in plan.keys(name)} for name in plan.entrants}


def _played(plan: Plan, work: Sequence[Job]) -> Iterator[tuple[Job, Episode]]:
    one = partial(_episode, plan.loop, plan.most)
    if min(plan.jobs, len(work)) < 2:
        yield from ((job, one(job)) for job in work)
        return
    # each process has one core; and they are spawned, since forks of a process with threads hang
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(min(plan.jobs, len(work)), mp_context=get_context("spawn")) as pool:
        under_way = {pool.submit(one, job): job for job in work}
        for future in as_completed(under_way):
            yield under_way[future], future.result()


def _episode(loop: str, most: int, job: Job) -> Episode:
    name, key = job
    return play(ENTRANTS[name], *key, loop=LOOPS[loop], most=most)


def report(plan: Plan, games: dict[str, dict[Key, Episode]]) -> dict[str, Any]:
    """The figures, as one JSON document; seeds of the trial alone count in the trial alone."""
    main: dict[str, Games] = {
        name: own for name, played in games.items() if (own := _of_seeds(plan, name, played))
    }
    constant = measures.best_constant(main)
    if constant:
        main["best_constant"] = constant
    subject = "ours" if "ours" in games else plan.entrants[0]
    return {
        "bench": "agents",
        "tier": "scripted",
        "loop": plan.loop,
        "families": {name: families.FAMILIES[name][0] for name in plan.families},
        "seeds": list(plan.seeds),
        "trial_seeds": list(plan.trial),
        "replicates": plan.replicates,
        "often": list(plan.often),
        "test_digest": families.digest(),
        "entrants": {name: measures.summary(own) for name, own in main.items()},
        "paired": measures.compared(main, subject),
        "layers": measures.trial(games),
    }


def _of_seeds(plan: Plan, name: str, played: Mapping[Key, Episode]) -> Games:
    """An entrant's episodes of the seeds that everybody plays; a part on trial has none."""
    if plan.trial and name in measures.PARTS:
        return {}
    return {key: episode for key, episode in played.items() if key[1] in plan.seeds}
