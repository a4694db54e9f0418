"""An OAuth2 provider for tests: gives access tokens for refresh tokens, and tells Dovecot whose they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class TokenEndpoint:
    """Listens on a free port of the loopback interface while it is entered."""

    refresh_token: str = "refresh-1"
    lifetime: int = 3600
    user: str = ""
    """Whom the tokens stand for."""
    issued: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    rotating: bool = False
    """Whether each refresh gives a new refresh token and ends the one before."""
    failing: int = 0
    """A status to answer with instead of a token."""
    retry_after: Callable[[], str] | None = None
    """What a refusal asks to wait, in either form."""
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> TokenEndpoint:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = endpoint.token({name: values[0] for name, values in parse_qs(body).items()})
                self._answer(status, answer)

            def do_GET(self) -> None:
                token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
                good = token in endpoint.issued and token not in endpoint.revoked
                self._answer(200 if good else 400, {"email": endpoint.user} if good else {"error": "invalid_token"})

            def _answer(self, status: int, answer: dict[str, object]) -> None:
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if status == 429 and endpoint.retry_after is not None:
                    self.send_header("Retry-After", endpoint.retry_after())
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """The answer to a refresh."""
        self.forms.append(form)
        if self.failing:
            return self.failing, {"error": "temporarily_unavailable"}
        if form.get("refresh_token") != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        token = f"access-{len(self.issued) + 1}"
        self.issued.append(token)
        answer: dict[str, object] = {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}
        if self.rotating:
            self.refresh_token = f"refresh-{len(self.issued) + 1}"
            answer["refresh_token"] = self.refresh_token
        return 200, answer
