"""Real mail servers, one set a worker; every test uses addresses of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import dovecot
from tests.support.mail_servers import MailServers, mail_servers

POLLED = "IMAP4rev1 LITERAL+ UIDPLUS"
"""What a plain old server offers: neither IDLE nor CONDSTORE, QRESYNC, MOVE, SPECIAL-USE."""
LIKE_GMAIL = "IMAP4rev1 LITERAL+ UIDPLUS IDLE MOVE CONDSTORE ENABLE SPECIAL-USE"
"""What Gmail offers: news by IDLE and changed flags by CONDSTORE, but no record of what vanished."""


def _need_dovecot() -> None:
    if dovecot.binary() is None:
        pytest.skip(f"needs Dovecot: {dovecot.INSTALL}")


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    """Dovecot with all it can do, and an SMTP server."""
    _need_dovecot()
    with mail_servers() as running:
        yield running


@pytest.fixture
def own_servers() -> Iterator[MailServers]:
    """A set that a test may kill."""
    _need_dovecot()
    with mail_servers() as running:
        yield running


@pytest.fixture(scope="session")
def plain_servers() -> Iterator[MailServers]:
    """Dovecot made to offer next to nothing."""
    _need_dovecot()
    with mail_servers(capability=POLLED) as running:
        yield running


@pytest.fixture(scope="session")
def condstore_servers() -> Iterator[MailServers]:
    """Dovecot made to offer what Gmail does."""
    _need_dovecot()
    with mail_servers(capability=LIKE_GMAIL) as running:
        yield running
