"""What a memory and its sessions share: where things are kept, and who is asked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event

from resmem_core.config.profile import Profile
from resmem_core.engine.base import actors, pseudonyms
from resmem_core.engine.base.guards import check_embedder
from resmem_core.engine.base.outage import Outage
from resmem_core.engine.calling.board import Board
from resmem_core.engine.calling.latencies import Latencies
from resmem_core.engine.policy.explore import Scores
from resmem_core.engine.policy.guard import Guard
from resmem_core.engine.policy.kill_switch import KillSwitch
from resmem_core.engine.policy.policies import Policies, policy_key
from resmem_core.engine.state.components import Components
from resmem_core.errors import ClosedError, SafeModeError
from resmem_core.protocols import Store
from resmem_core.types import Namespace


@dataclass(frozen=True, slots=True)
class Runtime:
    """One open memory.

    Attributes:
        scores: how outcomes are scored while exploring; else None.
        health: what is known of every provider and tool.
        latencies: what calls of this deployment usually take.
        guard: takes authority from a controller that does harm, where that was asked for.
        outage: says once that the store is away.
        closed: set once the memory is closed.
    """

    store: Store
    components: Components
    kill_switch: KillSwitch
    policies: Policies
    scores: Scores | None
    health: Board
    latencies: Latencies
    guard: Guard | None = None
    outage: Outage = field(default_factory=Outage)
    closed: Event = field(default_factory=Event)

    @classmethod
    def start(cls, store: Store, components: Components) -> Runtime:
        """The run time over a store.

        Raises:
            EmbeddingMismatch: the store holds vectors of another embedder.
        """
        check_embedder(store, components.embedder)
        runtime = cls(
            store,
            components,
            KillSwitch(store, components.clock),
            Policies(store, components.clock, components.profile, policy_key()),
            Scores(store, components.learning) if components.explore else None,
            Board(store, components.clock),
            Latencies(store),
            Guard(store, components.clock, components.guard) if components.guard else None,
        )
        runtime.health.read()
        if components.explore:  # nothing is tried out in silence
            runtime.record({"event": "explore", "sigma": components.explore})
        if components.guard:
            runtime.record({"event": "guarded", "share": components.guard})
        return runtime

    def profile(self) -> Profile:
        """The profile of the active policy: the shipped one until a person approved another."""
        return self.policies.acting()

    def check_open(self) -> None:
        """Raise ClosedError once the memory is closed."""
        if self.closed.is_set():
            raise ClosedError("this memory was closed; open it again")

    def refuse_in_safe_mode(self, what: str) -> None:
        """Raise SafeModeError while the kill switch is on."""
        self.check_open()
        if self.kill_switch.is_on():
            raise SafeModeError(
                f"{what} is refused while safe mode is on; run  resmem safe-mode off"
            )

    def acting(self, actor: str | None) -> AbstractContextManager[None]:
        """Meanwhile the log's records name who acts; None names nobody."""
        return actors.acting(actor, self.components.redactor)

    def record(self, event: dict[str, object], namespace: Namespace = ()) -> None:
        """Append one event to the audit log (numbers, ids and reasons; never text)."""
        self.store.apply(pseudonyms.audited(self.store, [self.stamped(event, namespace)]))

    def stamped(self, event: dict[str, object], namespace: Namespace = ()) -> dict[str, object]:
        """An audit record with its time and place."""
        now = self.components.clock.now()
        return {"at": now, "namespace": list(namespace), **event, **actors.by()}
