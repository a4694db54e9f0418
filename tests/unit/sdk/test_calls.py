"""Calls over HTTP, and how they fail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from omnitui.sdk import AuthFailed, Broken, Fault, Unreachable, called
from omnitui.services.channels.http import SharedClient
from tests.support.dovecot import free_port


async def ask(url: str) -> None:
    await called(SharedClient(), "Tea", "GET", url, seconds=20, headers={"Authorization": "secret"})


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (lambda: f"http://127.0.0.1:{free_port()}/secret", Unreachable),
        (lambda: "tea.example/secret", AuthFailed),
        (lambda: "http://[::bad/secret", AuthFailed),
        (lambda: "http://tea.example/secret", AuthFailed),
        (lambda: "http://127.0.0.1.tea.example/secret", AuthFailed),
    ],
)
async def test_where_nothing_left_a_fault_says_so_without_the_address(
    url: Callable[[], str], fault: type[Fault]
) -> None:
    with pytest.raises(fault, match="Tea") as raised:
        await ask(url())
    assert "secret" not in raised.value.message + raised.value.hint


async def test_where_something_left_it_is_not_known_what_was_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            line, _address = server.accept()
            with line:
                line.recv(1)

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(Broken, match="Tea"):
            await ask(f"http://127.0.0.1:{server.getsockname()[1]}/secret")


async def test_answer_that_cannot_be_unpacked_leaves_it_unknown_what_was_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def mumble() -> None:
            line, _address = server.accept()
            with line:
                line.recv(65_536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\ntea!")

        threading.Thread(target=mumble, daemon=True).start()
        with pytest.raises(Broken, match="Tea"):
            await ask(f"http://127.0.0.1:{server.getsockname()[1]}/secret")
