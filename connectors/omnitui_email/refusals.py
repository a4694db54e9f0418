"""What servers and networks say no with, and what the supervisor shall do about it."""

from __future__ import annotations

import errno
import imaplib
import re
import socket
import ssl

from imapclient.exceptions import CapabilityError

from omnitui.sdk import MINUTE, AuthFailed, Fault, NotReady, RateLimited, Unreachable
from omnitui_email.settings import Server
from omnitui_email.tls import describe_refusal

_CODE = re.compile(r"\[([A-Z-]+)[^\]]*\]")
_BUSY = frozenset({"LIMIT", "OVERQUOTA", "THROTTLED"})
_TEMPORARY = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "CONTACTADMIN"})
"""Response codes of RFC 5530; THROTTLED is Microsoft's."""
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL})
_CLOSED = re.compile(r"socket error|the line was cut|unexpected EOF", re.IGNORECASE)
_TOO_MUCH = re.compile(r"too many|throttl|rate limit|bandwidth|try again later|simultaneous", re.IGNORECASE)


def login_fault(words: str, server: Server, username: str, *, oauth: bool = False) -> Fault:
    """The server refused the login with `words`."""
    words = clean(words)
    if _CLOSED.search(words):
        # IMAPClient says of a line that was cut in the middle of a login that the login failed.
        return Unreachable(f"{server.host} closed the line")
    code = _CODE.search(words)
    if (code and code[1] in _BUSY) or _TOO_MUCH.search(words):
        return RateLimited(f"{server.host} lets nobody in just now: {words}", after=MINUTE)
    if code and code[1] in _TEMPORARY:
        return NotReady(f"{server.host} cannot check the login now: {words}")
    if oauth:
        hint = "sign in at the provider again and store the new refresh token"
    elif any(name in server.host for name in ("gmail", "google", "icloud", "me.com", "yahoo", "fastmail")):
        hint = "this provider wants an app password, or auth xoauth2: see docs/email.md"
    elif any(name in server.host for name in ("office365", "outlook")):
        hint = "Microsoft 365 takes no passwords: set auth to xoauth2, see docs/email.md"
    else:
        hint = "check username and password"
    return AuthFailed(f"{server.host} refused the login of {username}: {words}", hint=hint)


def imap_fault(error: Exception, server: Server) -> Fault:
    """The fault that an exception of IMAPClient, imaplib, ssl or the network means."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, CapabilityError):
        return NotReady(f"{server.host}: {error}")
    if isinstance(error, imaplib.IMAP4.error):
        words = clean(str(error))
        code = _CODE.search(words)
        if (code and code[1] in _BUSY) or (_TOO_MUCH.search(words) and not isinstance(error, imaplib.IMAP4.abort)):
            return RateLimited(f"{server.host}: {words}", after=MINUTE)
        if isinstance(error, imaplib.IMAP4.abort) and _CLOSED.search(words):
            return Unreachable(f"{server.host} closed the line")
        return NotReady(f"{server.host}: {words}")
    if isinstance(error, OSError):
        return network_fault(error, server, "imap")
    return NotReady(
        f"{server.host} sent something that cannot be understood: {type(error).__name__}: {clean(str(error))}"
    )


def network_fault(error: OSError, server: Server, protocol: str) -> NotReady:
    """The fault that an error of the network or of TLS means; may connect again to describe a certificate."""
    place = f"{server.host}:{server.port}"
    if isinstance(error, ssl.SSLError):
        hint = "the line would not be safe; nothing was sent"
        if isinstance(error, ssl.SSLCertVerificationError):
            hint += "; for a private authority set ca_file, for this very certificate tls_fingerprints"
        elif "WRONG_VERSION_NUMBER" in str(error):
            hint = "the port does not speak TLS at once: try starttls"
        return NotReady(describe_refusal(error, server, protocol), hint=hint)
    if isinstance(error, socket.gaierror):
        return Unreachable(
            f"{server.host} is not known to the name service", hint="check the host's name and the network"
        )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(f"{place} refuses connections", hint="check the port; is the server up?")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{place} does not answer", hint="check the network, the host and the port")
    if isinstance(error, ConnectionError):
        return Unreachable(f"{place} closed the line")
    if error.errno in _NO_WAY:
        return Unreachable(f"{place}: {clean(str(error))}", hint="check the network")
    return NotReady(f"{place}: {clean(str(error)) or type(error).__name__}")


def clean(words: str) -> str:
    """A server's own words fit for one line of a log or a screen: printable, at most 300 characters."""
    words = re.sub(r"""^(b'|b")|['"]$""", "", words.strip())
    return "".join(char if char.isprintable() else " " for char in words)[:300].strip()
