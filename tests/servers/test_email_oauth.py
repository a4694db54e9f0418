"""XOAUTH2: a fake provider's tokens, checked by a real Dovecot and a real SMTP server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from omnitui.clock import HOUR, FrozenClock
from omnitui.sdk import Accepted, AuthFailed, NotReady, RateLimited
from tests.support import dovecot
from tests.support.mail_account import Listening, MailAccount
from tests.support.mail_servers import MailServers, a_mail, mail_servers
from tests.support.token_endpoint import TokenEndpoint

pytestmark = pytest.mark.server


@pytest.fixture
def provider() -> Iterator[TokenEndpoint]:
    with TokenEndpoint() as running:
        yield running


@pytest.fixture
def oauth_servers(provider: TokenEndpoint) -> Iterator[MailServers]:
    if dovecot.binary() is None:
        pytest.skip(f"needs Dovecot: {dovecot.INSTALL}")
    with mail_servers(tokeninfo=f"{provider.url}/tokeninfo?access_token=") as running:
        yield running


@pytest.fixture
async def account(provider: TokenEndpoint, oauth_servers: MailServers, tmp_path: Path) -> AsyncIterator[MailAccount]:
    settings = {"auth": "xoauth2", "oauth_client_id": "client", "oauth_token_url": f"{provider.url}/token"}
    async with httpx.AsyncClient() as client:
        found = MailAccount(
            oauth_servers, oauth_servers.user(), tmp_path, settings, {"password": "refresh-1"}, FrozenClock()
        )
        found.client = client
        provider.user = found.address
        yield found


async def test_imap_and_smtp_log_in_with_one_token(account: MailAccount, provider: TokenEndpoint) -> None:
    account.servers.smtp.token = "access-1"
    customer = account.servers.user("customer")
    async with account.running() as connector, Listening(connector) as heard:
        account.servers.deliver(account.address, a_mail("hello", to=account.address))
        await heard.until(lambda: "hello" in heard.subjects())
        assert isinstance(await connector.perform(account.reply(customer)), Accepted)
        assert (await connector.check()).ok
    assert provider.issued == ["access-1"]
    assert provider.forms == [{"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "client"}]
    assert len(account.servers.messages(customer)) == 1


async def test_many_who_need_a_token_cause_one_refresh(account: MailAccount, provider: TokenEndpoint) -> None:
    async with account.running() as connector:
        await asyncio.gather(*(connector._credentials() for _ in range(10)))
        assert len(provider.forms) == 1
        clock = account.clock
        assert isinstance(clock, FrozenClock)
        clock.advance(HOUR)
        await asyncio.gather(*(connector._credentials() for _ in range(10)))
    assert provider.issued == ["access-1", "access-2"]


async def test_a_token_that_the_server_no_longer_takes_is_renewed_once(
    account: MailAccount, provider: TokenEndpoint
) -> None:
    provider.revoked = {"access-1"}
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    assert "access-2" in provider.issued


async def test_a_refused_refresh_token_asks_the_person(account: MailAccount) -> None:
    account.secrets = {"password": "refresh-0"}
    async with account.running() as connector:
        with pytest.raises(AuthFailed, match="Token has been expired or revoked") as caught:
            await connector.perform(account.reply("customer@example.test"))
        assert "sign in again" in caught.value.hint
        assert not (await connector.check()).ok


async def test_a_provider_that_is_down_is_tried_again(account: MailAccount, provider: TokenEndpoint) -> None:
    provider.failing = 503
    async with account.running() as connector:
        with pytest.raises(NotReady, match="temporarily_unavailable"):
            await connector.perform(account.reply("customer@example.test"))
    async with account.running(oauth_token_url="http://127.0.0.1:1/token") as connector:
        with pytest.raises(NotReady, match="cannot be reached"):
            await connector.perform(account.reply("customer@example.test"))


async def test_a_rotated_refresh_token_is_kept_for_the_next_start(
    account: MailAccount, provider: TokenEndpoint
) -> None:
    provider.rotating = True
    for number in (2, 3):
        async with account.running() as connector:
            await connector._credentials()
            assert account.secrets["password"] == f"refresh-{number}"
    assert [form["refresh_token"] for form in provider.forms] == ["refresh-1", "refresh-2"]


async def test_a_refresh_token_that_cannot_be_kept_is_told_and_used_until_the_end(
    account: MailAccount, provider: TokenEndpoint
) -> None:
    provider.rotating = True
    account.keeps = False
    async with account.running() as connector:
        await connector._credentials()
        assert isinstance(account.clock, FrozenClock)
        account.clock.advance(HOUR)
        await connector._credentials()
    assert [form["refresh_token"] for form in provider.forms] == ["refresh-1", "refresh-2"]
    assert account.secrets["password"] == "refresh-1"
    assert any("not kept" in line for line in account.lines)


async def test_many_who_ask_while_the_provider_refuses_cause_one_request(
    account: MailAccount, provider: TokenEndpoint
) -> None:
    account.secrets = {"password": "refresh-0"}
    async with account.running() as connector:
        for _ in range(2):
            refused = await asyncio.gather(*(connector._credentials() for _ in range(10)), return_exceptions=True)
            assert [type(one) for one in refused] == [AuthFailed] * 10
    assert len(provider.forms) == 1


@pytest.mark.parametrize("as_date", [False, True])
async def test_provider_that_asks_to_wait_gets_no_request_before_its_time(
    account: MailAccount, provider: TokenEndpoint, as_date: bool
) -> None:
    provider.failing = 429
    provider.retry_after = lambda: formatdate(time.time() + 90, usegmt=True) if as_date else "90"
    clock = account.clock
    assert isinstance(clock, FrozenClock)
    async with account.running() as connector:
        for _ in range(3):
            limited = await asyncio.gather(*(connector._credentials() for _ in range(5)), return_exceptions=True)
            for one in limited:
                assert isinstance(one, RateLimited)
                assert 0 < one.after <= 91_000
            clock.advance(20_000)
        assert len(provider.forms) == 1
        provider.failing = 0
        clock.advance(31_500)
        assert (await connector._credentials()).token == "access-1"
    assert len(provider.forms) == 2


async def test_token_that_came_when_nobody_waited_any_more_is_kept(
    account: MailAccount, provider: TokenEndpoint
) -> None:
    provider.rotating = True
    async with account.running() as connector:
        asking = asyncio.create_task(connector._credentials())
        await asyncio.sleep(0)
        asking.cancel()
        assert (await connector._credentials()).token == "access-1"
    assert account.secrets["password"] == "refresh-2"
    assert len(provider.forms) == 1
