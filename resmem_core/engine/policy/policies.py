"""Stores policies and proposals; the only way by which a knob's policy changes."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, TypedDict

from resmem_core.audit import anchor, records
from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Profile
from resmem_core.engine.base.event_loop import on_event_loop
from resmem_core.errors import (
    ApprovalDenied,
    ConfigError,
    Conflict,
    PolicyTampered,
    ResmemError,
    UnknownVersion,
)
from resmem_core.learning import approvals, experience, proposals
from resmem_core.learning.experience import Batch
from resmem_core.learning.policy import Policy, digest, policy_of, shipped
from resmem_core.learning.proposals import Evidence, Proposal
from resmem_core.learning.update import candidate
from resmem_core.protocols import AppendAudit, Clock, Doc, Op, PutDoc, Store

_LOG = logging.getLogger("resmem")


def policy_key() -> bytes | None:
    """What policies are sealed with: it comes from where the process runs, not from the store."""
    return os.environ.get("RESMEM_POLICY_KEY", "").encode() or None


class _Seal(TypedDict):
    now: float
    key: bytes | None
    taken: int


class Policies:
    """Versions of the policy in one store, and the proposals that wait for a person.

    Args:
        store: where they live, shared by every worker.
        clock: for the dates of approvals.
        base: the profile that version 0 stands for.
        key: what policies are sealed with, kept outside the store; plain checksums when None.
    """

    def __init__(self, store: Store, clock: Clock, base: Profile, key: bytes | None = None) -> None:
        self._store = store
        self._clock = clock
        self._base = base
        self._key = key
        self._shipped = shipped(as_json(base))
        self._seen, self._acting = -1, base
        self._renewing = Lock()

    def acting(self) -> Profile:
        """The profile that acts now: an approval or rollback by anybody counts from here on.

        One small document is read each time; on an event loop it is read behind, so that there a
        decision may count one call later. A store that cannot be read leaves what acted.
        """
        if on_event_loop():
            if self._renewing.acquire(blocking=False):
                Thread(target=self._renew, name="resmem-policy", daemon=True).start()
        else:
            with suppress(ResmemError):
                self._look()
        return self._acting

    def _renew(self) -> None:
        try:
            with suppress(ResmemError):
                self._look()
        finally:
            self._renewing.release()

    def _look(self) -> None:
        version = self._store.version(*_NEWEST)
        if version != self._seen:
            self._acting = self._usable()
            self._seen = version

    def _usable(self) -> Profile:
        """The newest policy whose profile can be loaded: what is allowed may have changed since."""
        for policy in reversed(self.history()):
            try:
                return from_mapping(policy.profile) if policy.version else self._base
            except ConfigError as error:
                _LOG.error("policy %d refused: %s", policy.version, error)
        return self._base

    def history(self) -> list[Policy]:
        """Every intact version that somebody approved, oldest first; the shipped one is 0."""
        docs = self._store.docs("policy")
        if not docs and not self._store.version(*_NEWEST):
            return [self._shipped]  # the log is not read where nothing was ever decided
        intact = list(self._intact(docs))
        made = self._made()
        for version, wrong in approvals.problems(intact, made):
            _LOG.error("policy %d %s; check  resmem policy show", version, wrong)
        return [self._shipped, *(p for p in intact if approvals.approved(p, made))]

    def _intact(self, docs: Sequence[Doc]) -> Iterator[Policy]:
        for doc in docs:
            try:
                yield policy_of(doc.body, self._key)
            except PolicyTampered as error:
                _LOG.error("policy %s refused: %s", doc.key, error)

    def active(self) -> Policy:
        """The newest intact version: a tampered one is refused and the one before it is used."""
        return self.history()[-1]

    def proposals(self) -> list[Proposal]:
        """Every intact proposal, oldest first."""
        found = []
        for doc in self._store.docs("proposal"):
            try:
                found.append(proposals.proposal_of(doc.body))
            except PolicyTampered as error:
                _LOG.error("proposal %s refused: %s", doc.key, error)
        return sorted(found, key=lambda proposal: proposal.at)

    def propose(
        self, profile: Profile | Mapping[str, Any], evidence: Evidence, *, proposer: str
    ) -> Proposal:
        """File a proposal; nobody's knobs move.

        Raises:
            ConfigError: the profile is not one. ApprovalDenied: it changes nothing.
        """
        checked = profile if isinstance(profile, Profile) else from_mapping(profile)
        proposal = proposals.propose(
            self.active(),
            as_json(checked),
            evidence,
            proposer=proposer,
            now=self._clock.now(),
            anchor=anchor(self._store),
        )
        self._apply(
            [PutDoc("proposal", proposal.id, proposal.to_doc(), expect=0)],
            {"event": "proposal", "proposal": proposal.id, "base": proposal.base, "by": proposer},
        )
        return proposal

    def approve(self, proposal_id: str, *, by: str) -> Policy:
        """Make a proposal the active policy.

        Raises:
            UnknownVersion: no such proposal. ApprovalDenied: stale, decided, or the proposer's own.
            Conflict: somebody else's decision was first; nothing was changed.
        """
        proposal, version = self._proposal(proposal_id)
        try:
            policy = proposals.approve(proposal, self.active(), by=by, **self._seal())
        except ApprovalDenied as error:
            self._apply([], {"event": "denied", "proposal": proposal_id, "why": str(error)})
            raise
        done = proposals.decided(proposal, "approved", by=by)
        self._apply(
            [
                PutDoc("proposal", proposal_id, done.to_doc(), expect=version),
                *_stored(policy),
            ],
            {"event": "approved", "proposal": proposal_id, **_named(policy)},
        )
        return policy

    def reject(self, proposal_id: str, *, by: str, reason: str = "") -> Proposal:
        """Turn a proposal down."""
        proposal, version = self._proposal(proposal_id)
        proposals.check_open(proposal)
        done = proposals.decided(proposal, "rejected", by=by, reason=reason)
        self._apply(
            [PutDoc("proposal", proposal_id, done.to_doc(), expect=version)],
            {"event": "rejected", "proposal": proposal_id, "by": by},
        )
        return done

    def rollback(self, version: int, *, by: str) -> Policy:
        """Make an earlier version's profile the active one, as a new version.

        Raises:
            UnknownVersion: there is no such intact version.
        """
        target = next((p for p in self.history() if p.version == version), None)
        if target is None:
            raise UnknownVersion(f"there is no policy version {version}; see  resmem policy show")
        policy = proposals.rolled_back(target, self.active(), by=by, **self._seal())
        self._apply(
            _stored(policy),
            {"event": "rollback", "to": version, **_named(policy)},
        )
        return policy

    def learn(self, *, proposer: str, config: LearningConfig | None = None) -> Proposal:
        """Propose one step from the experience that all sessions gathered while exploring.

        Raises:
            InputError: there is too little of it under the active policy.
        """
        active = self.active()
        profile = from_mapping(active.profile)
        pool = experience.pool(
            self._experience(), profile=digest(active.profile), hormones=profile.n
        )
        made = candidate(profile, pool, config or LearningConfig())
        return self.propose(made.profile, made.evidence, proposer=proposer)

    def _experience(self) -> Iterator[Batch]:
        """Every intact batch in the store."""
        for doc in self._store.docs("experience"):
            try:
                yield experience.batch_of(doc.body)
            except ConfigError as error:
                _LOG.error("experience %s left out: %s", doc.key, error)

    def _proposal(self, proposal_id: str) -> tuple[Proposal, int]:
        doc = self._store.doc("proposal", proposal_id)
        if doc is None:
            raise UnknownVersion(
                f"there is no proposal {proposal_id!r:.40}; see  resmem policy show"
            )
        return proposals.proposal_of(doc.body), doc.version

    def _seal(self) -> _Seal:
        """What makes the next version: when, with which key, behind which number."""
        keys = (int(doc.key) for doc in self._store.docs("policy") if doc.key.isdecimal())
        return {
            "now": self._clock.now(),
            "key": self._key,
            "taken": max([*self._made(), *keys], default=0),
        }

    def _made(self) -> dict[int, Mapping[str, Any]]:
        return approvals.decisions(records(self._store))

    def _apply(self, ops: Sequence[Op], event: dict[str, object]) -> None:
        record = AppendAudit({"at": self._clock.now(), "namespace": [], **event})
        try:
            self._store.apply([*ops, record])
        except Conflict:
            raise Conflict(
                "somebody else's decision was first; look again with  resmem policy show"
            ) from None


def as_json(profile: Profile) -> dict[str, Any]:
    """A profile as a JSON object."""
    doc: dict[str, Any] = json.loads(profile.to_json())
    return doc


def from_mapping(doc: Mapping[str, Any]) -> Profile:
    """The profile of a JSON object.

    Raises:
        ConfigError: it is not one.
    """
    return Profile.from_json(json.dumps(doc))


_NEWEST = ("policy_newest", "version")


def _stored(policy: Policy) -> list[Op]:
    """The policy, and the mark by which every worker sees that there is a newer one."""
    return [
        PutDoc("policy", document_key(policy.version), policy.to_doc(), expect=0),
        PutDoc(*_NEWEST, {"version": policy.version}),
    ]


def _named(policy: Policy) -> dict[str, object]:
    """How a decision's record names the policy that it made."""
    return {"version": policy.version, "policy": policy.checksum, "by": policy.approved_by}


def document_key(version: int) -> str:
    """Under which key a store holds the policy of this version."""
    return f"{version:08d}"
