"""A store that is away is said once, and once more when it is away again."""

from __future__ import annotations

import logging

from resmem_core.errors import AWAY

logger = logging.getLogger("resmem")


class Outage:
    """Remembers whether it was said that the store is away; one for each open memory."""

    def __init__(self) -> None:
        self._said = False

    def say(self, what: str, error: Exception) -> None:
        """Log what could not be done: a warning, but for what follows from one that was given.

        Args:
            what: was not done, and what happens instead; never a user's text.
            error: why; only its type is logged.
        """
        follows = self._said and isinstance(error, AWAY)
        self._said = self._said or isinstance(error, AWAY)
        level = logging.DEBUG if follows else logging.WARNING
        logger.log(level, "%s: %s", what, type(error).__name__)

    def over(self) -> None:
        """The store took a write."""
        self._said = False
