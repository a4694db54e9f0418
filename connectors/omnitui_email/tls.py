"""Encrypted lines: what is trusted, and why a certificate was not."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from omnitui.sdk import NotReady
from omnitui_email.settings import Server

_PARTIAL_CHAIN = 0x80000
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_PARTIAL_CHAIN and X509_V_FLAG_NO_CHECK_TIME of OpenSSL; the ssl module names only the first."""


def client_context(ca_file: str = "", fingerprints: Iterable[str] = ()) -> ssl.SSLContext:
    """Trusts the system's authorities, and those in `ca_file`; checks the host's name. Takes 20 ms: not on the loop.

    With `fingerprints` it trusts those certificates (SHA-256, as `fingerprint` writes them) and no others, whoever has
    signed them.
    """
    pins = frozenset(fingerprints)
    if pins:
        return _Pinned(pins)
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise NotReady(f"ca_file {ca_file} cannot be used: {error.strerror or error}") from error
    return context


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 of a certificate (DER), 64 digits in lower case."""
    return hashlib.sha256(certificate).hexdigest()


class _Pinned(ssl.SSLContext):
    """Speaks on only with a server that shows one of these certificates."""

    pins: frozenset[str]

    def __new__(cls, pins: frozenset[str]) -> _Pinned:
        self = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        self.pins = pins
        self.check_hostname = False
        self.verify_mode = ssl.CERT_NONE
        self.sslsocket_class = _PinnedSocket
        self.sslobject_class = _PinnedObject
        return self

    def __init__(self, pins: frozenset[str]) -> None:
        super().__init__()

    def check(self, certificate: bytes | None) -> None:
        """Raises ssl.SSLCertVerificationError unless the certificate is pinned."""
        shown = fingerprint(certificate or b"")
        if not any(hmac.compare_digest(shown, pin) for pin in self.pins):
            error = ssl.SSLCertVerificationError(1, "not the pinned certificate")
            error.verify_message = "it is not the one that tls_fingerprints names"
            raise error


class _PinnedSocket(ssl.SSLSocket):
    """For IMAP, in threads."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        if isinstance(self.context, _Pinned):
            self.context.check(self.getpeercert(binary_form=True))


class _PinnedObject(ssl.SSLObject):
    """For SMTP, in asyncio."""

    def do_handshake(self) -> None:
        super().do_handshake()
        if isinstance(self.context, _Pinned):
            self.context.check(self.getpeercert(binary_form=True))


def describe_refusal(error: ssl.SSLError, server: Server, protocol: str, timeout: float = 10) -> str:
    """Why the certificate of `server` was refused, with its names, issuer and dates where they can be had.

    Connects again, twice, without sending anything beyond what starts TLS. `protocol`: "imap" or "smtp".
    """
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"{server.host}: TLS failed: {error.reason or error}"
    reason = f"{server.host}: certificate refused: {error.verify_message}"
    with contextlib.suppress(OSError, ValueError):
        raw, facts = _certificate(server, protocol, timeout)
        names = ", ".join(value for _, value in facts.get("subjectAltName", ())) or _name(facts.get("subject", ()))
        dates = f"{facts.get('notBefore', '?')} to {facts.get('notAfter', '?')}"
        issuer = _name(facts.get("issuer", ()))
        return f"{reason} (for {names}; issued by {issuer}; valid {dates}; SHA-256 {fingerprint(raw)})"
    return reason


def _name(parts: Any) -> str:
    """`commonName` or `organizationName` of a decoded distinguished name."""
    flat = {key: value for group in parts for key, value in group}
    return flat.get("commonName") or flat.get("organizationName") or "nobody"


def _certificate(server: Server, protocol: str, timeout: float) -> tuple[bytes, dict[str, Any]]:
    """The server's certificate, raw and decoded: the ssl module decodes only what it trusts, so it is trusted for a
    moment."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    with _handshake(server, protocol, blind, timeout) as line:
        raw = line.getpeercert(binary_form=True) or b""
    lenient = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lenient.check_hostname = False
    lenient.verify_flags |= ssl.VerifyFlags(_PARTIAL_CHAIN | _NO_CHECK_TIME)
    lenient.load_verify_locations(cadata=raw)
    with _handshake(server, protocol, lenient, timeout) as line:
        return raw, dict(line.getpeercert() or {})


def _handshake(server: Server, protocol: str, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    plain = socket.create_connection((server.host, server.port), timeout=timeout)
    try:
        if server.security == "starttls":
            plain.recv(4096)
            for command in {"imap": [b"a STARTTLS"], "smtp": [b"EHLO [127.0.0.1]", b"STARTTLS"]}[protocol]:
                plain.sendall(command + b"\r\n")
                plain.recv(4096)
        return context.wrap_socket(plain, server_hostname=server.host)
    except BaseException:
        plain.close()
        raise
