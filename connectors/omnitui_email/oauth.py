"""OAuth2 access tokens for XOAUTH2: refreshed when they are about to end, once however many ask."""

from __future__ import annotations

import asyncio
from typing import Any

from omnitui.sdk import (
    MINUTE,
    SECOND,
    AuthFailed,
    Context,
    Millis,
    NotReady,
    RateLimited,
    Unreachable,
    retry_after,
    steady_of,
)
from omnitui_email.refusals import clean
from omnitui_email.settings import EmailSettings

EARLY: Millis = 2 * MINUTE
"""A token is renewed so long before its end: a login with it must not come too late."""
_LIFETIME = 3600
"""Seconds a token lives where the provider does not say (RFC 6749, 5.1 recommends that it does)."""


class Tokens:
    """The access token of one account, from its refresh token."""

    def __init__(self, context: Context, settings: EmailSettings) -> None:
        self._context = context
        self._settings = settings
        self._refresh_token = context.secrets.get("password", "")
        self._refreshing: asyncio.Task[None] | None = None
        self._refused: AuthFailed | None = None
        """Why the provider takes this refresh token no more: it is not asked again."""
        self._steady = steady_of(context.clock)
        self._not_before: Millis = 0
        """When the provider wants to be asked again."""
        self._token = ""
        self._ends_at: Millis = 0

    async def get(self) -> str:
        """An access token that is good for a while.

        Raises:
            AuthFailed: The provider no longer takes the refresh token.
            NotReady: The provider cannot be reached.
            RateLimited: The provider wants to be left alone for a while.
        """
        if self._token and self._context.clock.now() < self._ends_at - EARLY:
            return self._token
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._refreshed)
        # Who stops waiting must not stop it: the token that comes may be the only one that still counts.
        await asyncio.shield(self._refreshing)
        return self._token or await self.get()

    def spoil(self, token: str) -> None:
        """The server refused this token: the next `get` asks for another one."""
        if token == self._token:
            self._token = ""

    def _refreshed(self, done: asyncio.Task[None]) -> None:
        self._refreshing = None
        if not done.cancelled():
            # Nobody may have waited to the end.
            done.exception()

    async def _keep(self, renewed: object) -> None:
        """Microsoft hands out a new refresh token each time; the one before ends some day, elsewhere at once."""
        if not isinstance(renewed, str) or renewed in ("", self._refresh_token):
            return
        self._refresh_token = renewed
        if not await self._context.keep_secret("password", renewed):
            self._context.log(
                "the provider gave a new refresh token, and it is not kept: the next start has the old one"
            )

    async def _refresh(self) -> None:
        url = self._settings.oauth_token_url
        if self._refused is not None:
            raise self._refused
        if (left := self._not_before - self._steady()) > 0:
            raise RateLimited(f"{url}: too many requests", after=left)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._refresh_token,
            "client_id": self._settings.oauth_client_id,
        }
        if secret := self._context.secrets.get("oauth_client_secret"):
            form["client_secret"] = secret
        if self._settings.oauth_scope:
            form["scope"] = self._settings.oauth_scope
        try:
            response = await self._context.http().post(url, data=form)
            answer: Any = response.json()
        except (OSError, ValueError) as error:
            raise NotReady(f"{url} did not give a token: {clean(str(error))}") from error
        except Exception as error:
            # httpx is not ours to import; all its errors of transport are HTTPError.
            if not any(kind.__name__ == "HTTPError" for kind in type(error).__mro__):
                raise
            raise Unreachable(f"{url} cannot be reached: {clean(str(error))}") from error
        if not isinstance(answer, dict):
            answer = {}
        token = answer.get("access_token")
        if response.status_code == 200 and isinstance(token, str) and token:
            self._token = token
            lifetime = str(answer.get("expires_in"))
            seconds = int(lifetime) if lifetime.isdecimal() else _LIFETIME
            self._ends_at = self._context.clock.now() + seconds * SECOND
            await self._keep(answer.get("refresh_token"))
            return
        words = clean(str(answer.get("error_description") or answer.get("error") or response.status_code))
        if response.status_code == 429:
            after = retry_after(response.headers, self._context.clock.now())
            self._not_before = self._steady() + (MINUTE if after is None else after)
            raise RateLimited(f"{url}: {words}", after=self._not_before - self._steady())
        if response.status_code >= 500:
            raise NotReady(f"{url}: {words}")
        self._refused = AuthFailed(
            f"{url} refused the refresh token: {words}", hint="sign in again and store the new token"
        )
        raise self._refused
