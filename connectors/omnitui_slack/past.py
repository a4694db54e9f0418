"""What was said before: the newest of a channel, what came after a time, and what lies before it."""

from __future__ import annotations

import asyncio
from typing import Any

from omnitui.sdk import RateLimited
from omnitui_slack.client import WebApi
from omnitui_slack.mapping import KEY

Json = dict[str, Any]
PAGE = 100
MOST_PAGES = 10
MISSED_PAGES = 50
"""So far it is gone back for what was said while nobody listened; older than that is told as missing."""
PATIENT = 10
"""So often in a row one call waits as long as Slack asks to."""
THREADS_SECONDS = 7 * 24 * 3600.0
"""Threads that began so long before our last look are looked at for answers."""
OVERLAP_SECONDS = 600.0
"""Events come in no strict order, and not while channels are asked one after the other: so far we look back again."""


class Past:
    """Asks for messages; every answer is in the order in which things were said. Raises as `WebApi.call`."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def rooms(self, types: str) -> list[str]:
        """The channels that the desk is in, and its direct conversations."""
        found, cursor = list[str](), ""
        while True:
            told = await self._call("users.conversations", {"types": types, "limit": 200, "cursor": cursor or None})
            found += [str(room["id"]) for room in told.get("channels") or ()]
            cursor = _next(told)
            if not cursor:
                return found

    async def since(self, room: str, since: str) -> tuple[list[Json], str]:
        """What was said in a channel after a ts, in its threads too; where to go on if there is more before."""
        since = _earlier(since)
        roots, cursor, oldest = list[Json](), "", ""
        for number in range(1, MISSED_PAGES + 1 if since else 2):
            page, cursor = await self._history(room, cursor)
            roots += [one for one in page if _newest(one) > since]
            oldest = str(page[-1].get("ts", "")) if page else ""
            is_before = oldest <= since
            if not cursor or (is_before and number >= MOST_PAGES) or (since and _is_old(oldest, since)):
                break
        more = cursor if not since or oldest > since else ""
        return await self._with_threads(room, roots, since), more

    async def before(self, room: str, place: str) -> tuple[list[Json], str]:
        """An older page of a channel with its threads, and where to go on."""
        page, cursor = await self._history(room, place)
        return await self._with_threads(room, page, ""), cursor

    async def ours(self, room: str, thread: str, key: str) -> tuple[str, bool]:
        """The ts of our message with a key, and whether all was looked through that could be it."""
        method = "conversations.replies" if thread else "conversations.history"
        cursor = ""
        for _page in range(MOST_PAGES):
            said = {"channel": room, "ts": thread or None, "limit": PAGE, "cursor": cursor or None}
            told = await self._call(method, {**said, "include_all_metadata": True})
            for one in told.get("messages") or ():
                metadata = one.get("metadata") or {}
                if metadata.get("event_type") == KEY and (metadata.get("event_payload") or {}).get("key") == key:
                    return str(one["ts"]), True
            cursor = _next(told)
            if not cursor:
                return "", True
        return "", False

    async def _call(self, method: str, said: Json) -> Json:
        """What Slack answers, in time. Begun anew, all that was asked for would use up the next calls as well."""
        for _turn in range(PATIENT):
            try:
                return await self._api.call(method, said)
            except RateLimited as limited:
                await asyncio.sleep(limited.after / 1000)
        return await self._api.call(method, said)

    async def _history(self, room: str, cursor: str) -> tuple[list[Json], str]:
        """A page of what stands in a channel itself, newest first."""
        said = {"channel": room, "limit": PAGE, "cursor": cursor or None, "include_all_metadata": True}
        told = await self._call("conversations.history", said)
        return [one for one in told.get("messages") or () if isinstance(one, dict)], _next(told)

    async def _with_threads(self, room: str, roots: list[Json], since: str) -> list[Json]:
        found: list[Json] = []
        for root in reversed(roots):
            if str(root.get("ts", "")) > since:
                found.append(root)
            latest = str(root.get("latest_reply") or "")
            # Where it does not say when the latest came, the replies say it.
            if root.get("reply_count") and (latest > since or not latest):
                found += await self._replies(room, str(root["ts"]), since)
        kind = {"channel_type": "im"} if room.startswith("D") else {}
        return [{"type": "message", "channel": room, **kind, **one} for one in found]

    async def _replies(self, room: str, thread: str, since: str) -> list[Json]:
        found, cursor = list[Json](), ""
        while True:
            said = {"channel": room, "ts": thread, "oldest": since or None, "limit": PAGE, "cursor": cursor or None}
            told = await self._call("conversations.replies", {**said, "include_all_metadata": True})
            found += [one for one in told.get("messages") or () if isinstance(one, dict) and one.get("ts") != thread]
            cursor = _next(told)
            if not cursor:
                return found


def _is_old(oldest: str, since: str) -> bool:
    return _seconds(oldest) < _seconds(since) - THREADS_SECONDS


def _newest(root: Json) -> str:
    return max(str(root.get("ts", "")), str(root.get("latest_reply", "")))


def _earlier(ts: str) -> str:
    return f"{max(_seconds(ts) - OVERLAP_SECONDS, 0):017.6f}" if ts else ""


def _seconds(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        return 0.0


def _next(told: Json) -> str:
    return str((told.get("response_metadata") or {}).get("next_cursor") or "")
