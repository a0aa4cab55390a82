"""The error tree. One root; each leaf is also a builtin where that is natural.

    ResmemError
    ├── ConfigError (ValueError)            a setting or a profile is out of range
    ├── InputError (ValueError)             a signal, message or argument cannot be used
    │   ├── TooLarge                        text or a batch over its limit
    │   └── UnknownMemory (KeyError)        no memory of that id, or no such version of it
    ├── InputTypeError (TypeError)          bytes for text, a string for a number, …
    ├── NamespaceError (PermissionError)    no namespace, or somebody else's
    ├── KernelError (ValueError)            the numeric kernel refused its input
    ├── InvariantError                      a promised bound was violated (a bug of ours)
    ├── SafeModeError                       writes are refused while safe mode is on
    ├── OverLimit                           a namespace holds or writes all that it may
    ├── EmbeddingMismatch (ValueError)      another embedder than the one the store was made with
    ├── EmbedderError                       an embedder raised, or returned NaN or a wrong shape
    │   └── ModelTampered                   a packaged model's bytes are not those expected
    ├── ClassifierError                     a classifier raised, timed out or returned nonsense
    ├── StoreError
    │   ├── StoreUnavailable (OSError)      cannot be opened, reached or written
    │   ├── StoreFull (OSError)             no space left
    │   ├── StoreCorrupt                    damaged content
    │   ├── NotOurStore                     the file belongs to another program
    │   ├── SchemaTooNew                    written by a newer version of this package
    │   ├── ForkedHandleError (RuntimeError) a handle used in a forked child
    │   ├── ClosedError (RuntimeError)      a handle used after close()
    │   └── Conflict                        another writer was first (compare-and-set lost)
    ├── PolicyError
    │   ├── PolicyTampered                  checksum or hash chain does not match
    │   ├── UnknownVersion (KeyError)       no such proposal or policy version
    │   └── ApprovalDenied (PermissionError) stale, decided, or approved by its own proposer
    ├── AuditError                          the audit log's chain is broken
    ├── CircuitOpen                         a model is down: the call was not made
    ├── GivenUp (TimeoutError)              a call hung far beyond what is usual, and was given up
    └── MissingExtra (ImportError)          an optional dependency is not installed

Every message says what came, what is allowed and what to do; none quotes user text.
"""

from typing import Any


class ResmemError(Exception):
    """Root of every error this package raises on purpose."""


class ConfigError(ResmemError, ValueError):
    """A setting or a profile is out of range or contradicts itself."""


class InputError(ResmemError, ValueError):
    """A signal, a message or an argument cannot be used; nothing was changed."""


class TooLarge(InputError):
    """A text or a batch is over its limit; nothing was changed."""


class UnknownMemory(InputError, KeyError):
    """No memory of that id is in the namespace, or it has no such version."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class InputTypeError(ResmemError, TypeError):
    """A value of the wrong type, such as bytes for text; nothing was changed."""


class NamespaceError(ResmemError, PermissionError):
    """No namespace was given, it is malformed, or it belongs to somebody else."""


class KernelError(ResmemError, ValueError):
    """The numeric kernel refused its input; no output was written."""


class InvariantError(ResmemError):
    """A bound that this package promises was violated; the session enters safe mode."""


class SafeModeError(ResmemError):
    """A write was refused because safe mode (the kill switch) is on."""


class OverLimit(ResmemError):
    """A namespace holds or writes all that it may (`Limits`); nothing was changed.

    Attributes:
        limit: "memories", "bytes" or "writes_per_minute".
        most: what it is set to.
        retry_after: seconds after which the same write may pass; None where time does not help.
    """

    def __init__(self, limit: str, most: int, *, retry_after: float | None = None) -> None:
        self.limit, self.most, self.retry_after = limit, most, retry_after
        does = "wait" if limit == "writes_per_minute" else "forget something, sleep"
        super().__init__(
            f"the namespace is at its limit of {most:,} {limit.replace('_', ' ')}; "
            f"{does} or raise the limit"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _over_limit, (self.limit, self.most, self.retry_after)


def _over_limit(limit: str, most: int, retry_after: float | None) -> OverLimit:
    return OverLimit(limit, most, retry_after=retry_after)


class EmbeddingMismatch(ResmemError, ValueError):
    """The store holds vectors of another embedder; re-embed or open it with that one."""


class EmbedderError(ResmemError):
    """The embedder raised, or returned NaN, infinity or a wrong shape."""


class ModelTampered(EmbedderError):
    """The bytes of a packaged model are not those that this version expects; it was not run."""


class ClassifierError(ResmemError):
    """The classifier raised, timed out, or returned something that is not twelve scores."""


class StoreError(ResmemError):
    """Something about the place where memories are kept."""


class StoreUnavailable(StoreError, OSError):
    """The store cannot be opened, reached or written."""


class StoreFull(StoreError, OSError):
    """No space is left for a write; what was acknowledged before is still there."""


class StoreCorrupt(StoreError):
    """The store's content is damaged."""


class NotOurStore(StoreError):
    """The file exists and belongs to another program; it was not touched."""


class SchemaTooNew(StoreError):
    """The store was written by a newer version of this package; upgrade to read it."""


class ForkedHandleError(StoreError, RuntimeError):
    """A store handle was used in a forked child; open it again there."""


class ClosedError(StoreError, RuntimeError):
    """A handle was used after close()."""


class Conflict(StoreError):
    """Another writer was first; read again and retry."""


AWAY = (StoreUnavailable, StoreFull)
"""What a store raises while it is away: later it may work again."""


class PolicyError(ResmemError):
    """Something about proposals, approvals or policy versions."""


class PolicyTampered(PolicyError):
    """A policy's checksum does not match; the last approved one is used instead."""


class UnknownVersion(PolicyError, KeyError):
    """There is no proposal or policy version of that name."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class ApprovalDenied(PolicyError, PermissionError):
    """The proposal is stale, already decided, or approved by its own proposer."""


class AuditError(ResmemError):
    """The audit log's hash chain is broken."""


class CircuitOpen(ResmemError):
    """A model or provider failed too often, or asked to be left alone: the call was not made.

    Attributes:
        retry_after: seconds until a call is let through.
        on: the dependency's name, where it is known.
    """

    def __init__(self, retry_after: float, on: str = "", *, asked: bool = False) -> None:
        why = "asked to be left alone" if asked else "failed too often"
        super().__init__(
            f"{on or 'the provider'} {why}: not called; try again in {retry_after:.1f} s"
        )
        self.retry_after = retry_after
        self.on = on


class GivenUp(ResmemError, TimeoutError):
    """A call gave no answer for far longer than its dependency ever takes, and was given up."""


class MissingExtra(ResmemError, ImportError):
    """An optional dependency is not installed; the message names the pip install."""


def missing_extra(extra: str, package: str) -> MissingExtra:
    """The error for an extra that is not installed.

    >>> print(missing_extra("qdrant", "qdrant_client"))
    qdrant_client is not installed: run  pip install 'resilient-memory[qdrant]'
    """
    return MissingExtra(
        f"{package} is not installed: run  pip install 'resilient-memory[{extra}]'", name=package
    )
