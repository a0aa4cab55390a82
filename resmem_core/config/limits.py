"""What one namespace may take of a store that it shares with others."""

from __future__ import annotations

from dataclasses import dataclass, fields

from resmem_core.config.checks import check_setting


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of each namespace, which is a tenant; None is none.

    They hold for messages and imports. What is there stays when a limit is lowered, and repeats,
    edits, sleep and forgetting go on at a limit.

    Args:
        memories: that a namespace may hold.
        bytes: of UTF-8 of their texts, older wordings and merged messages included.
        writes_per_minute: messages of any 60 seconds, counted by each process for itself.

    Raises:
        ConfigError: a limit is no whole number, or below 1.
    """

    memories: int | None = None
    bytes: int | None = None
    writes_per_minute: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                check_setting(field.name, value, 1, 2**53, whole=True)
