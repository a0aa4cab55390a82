"""Slack exports: a folder per channel, in it a file per day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, mapping

name = "slack"

_TS: Final = re.compile(r"\d{9,10}\.\d{1,6}")
_MARK: Final = re.compile(r"<([@#!]?)([^<>|\n]{1,400})(?:\|([^<>\n]{0,400}))?>")
_SAID: Final = ("", "bot_message", "thread_broadcast", "me_message", "file_share", "file_comment")
"""Subtypes of what somebody said; others tell who joined, left or changed something."""


def detects(document: Any) -> bool:
    """A list of events of type `message` with Slack's time stamps."""
    return isinstance(document, list) and any(
        isinstance(e, Mapping)
        and isinstance(e.get("ts"), str)
        and e.get("type") == "message"
        and _TS.fullmatch(e["ts"]) is not None
        for e in document
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """What people and apps wrote; who joined or left is left out.

    Args:
        context: its folder is the channel, its names those of `users.json`.
    """
    return each(document, "", lambda event, _: _said(event, context))


def _said(event: Any, context: Context) -> Iterator[Found]:
    kind = mapping(event, "an event").get("subtype") or ""
    if event.get("type") != "message" or kind not in _SAID:
        yield LeftOut("system line")
        return
    text = event.get("text")
    yield from (LeftOut("picture or file") for _ in event.get("files") or ())
    if not isinstance(text, str) or not text.strip():
        yield LeftOut("message without text")
        return
    app = kind == "bot_message" or ("bot_id" in event and not event.get("user"))
    who = fields.word(event, "user", "username", "bot_id")
    profile = event.get("user_profile")
    called = profile.get("real_name") if isinstance(profile, Mapping) else None
    author = context.names.get(who or "", called if isinstance(called, str) else who)
    yield Said(
        "tool" if app else "user",
        _plain(text, context.names),
        context.folder,
        author,
        fields.word(event, "ts"),
        fields.moment(event.get("ts"), "ts"),
    )


def _plain(text: str, names: Mapping[str, str]) -> str:
    """Mentions by name, links by label and address, `&amp;` as it is meant."""

    def shown(match: re.Match[str]) -> str:
        mark, inner, label = match.groups()
        if mark == "@":
            return f"@{names.get(inner, label or inner)}"
        if mark:
            return f"{'#' if mark == '#' else '@'}{label or inner}"
        return f"{label} ({inner})" if label and label != inner else inner

    return unescape(_MARK.sub(shown, text))
