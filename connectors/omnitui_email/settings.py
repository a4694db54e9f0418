"""What a mail account can be told; the options of the shell, the form and docs/email.md are made from this."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from omnitui.sdk import Manifest, OmniError, Secret, Setting

Security = Literal["tls", "starttls", "none"]

_SECURITY = ("tls", "starttls", "none")
_YES_NO = ("yes", "no")

MANIFEST = Manifest(
    kind="email",
    title="Email (IMAP and SMTP)",
    channels=("email",),
    settings=(
        Setting("address", "The address that customers write to.", kind="address"),
        Setting("imap_host", "Host of the IMAP server."),
        Setting("smtp_host", "Host of the SMTP server; the IMAP server's where it is left out.", default=""),
        Setting("username", "Login name; the address where it is left out.", default=""),
        Setting("display_name", "Name that customers see as the sender.", default=""),
        Setting("aliases", "Other addresses of this inbox, separated by commas.", default=""),
        Setting("imap_port", "Port of the IMAP server; 993 for tls, else 143.", default="0", kind="int"),
        Setting("imap_security", "How the line to IMAP is encrypted.", default="tls", choices=_SECURITY),
        Setting("smtp_port", "Port of the SMTP server; 465 for tls, else 587.", default="0", kind="int"),
        Setting("smtp_security", "How the line to SMTP is encrypted.", default="tls", choices=_SECURITY),
        Setting("ca_file", "PEM file of a private certificate authority.", default=""),
        Setting(
            "tls_fingerprints",
            "SHA-256 of the servers' certificates, separated by commas: these are trusted and no others.",
            default="",
        ),
        Setting(
            "auth",
            "How to log in: a password, or OAuth2 (XOAUTH2).",
            default="password",
            choices=("password", "xoauth2"),
        ),
        Setting("oauth_provider", "Fills in the OAuth2 addresses.", default="", choices=("", "google", "microsoft")),
        Setting("oauth_client_id", "OAuth2: id of the application you registered.", default=""),
        Setting("oauth_token_url", "OAuth2: token address, for other providers.", default=""),
        Setting("oauth_scope", "OAuth2: scopes, for other providers.", default=""),
        Setting(
            "folders",
            "Folders to follow, separated by commas; INBOX, Sent and Archive where it is left out.",
            default="",
        ),
        Setting(
            "initial", "Newest mails a folder that are loaded at once; older ones follow.", default="200", kind="int"
        ),
        Setting("poll_seconds", "How often folders that cannot push are looked at.", default="60", kind="int"),
        Setting(
            "sent",
            "Who files sent mail: auto, append (we), server.",
            default="auto",
            choices=("auto", "append", "server"),
        ),
        Setting("archive", "Move a resolved conversation's mails to Archive.", default="no", choices=_YES_NO),
        Setting("html", "Send an HTML alternative beside plain text.", default="yes", choices=_YES_NO),
        Setting("reply_token", "Put our signed token into Reply-To (name+token@host).", default="no", choices=_YES_NO),
        Setting("mail_limit", "Mails above this many MiB are loaded in part.", default="25", kind="int"),
        Setting("attachment_limit", "Largest attachment to send, in MiB.", default="20", kind="int"),
        Setting("timeout", "Seconds without an answer after which a line counts as dead.", default="60", kind="int"),
    ),
    secrets=(
        Secret("password", "Password; with xoauth2 the OAuth2 refresh token."),
        Secret("oauth_client_secret", "OAuth2: secret of your application, where it has one.", required=False),
    ),
    docs="docs/email.md",
)

_OAUTH = {
    "google": ("https://oauth2.googleapis.com/token", "https://mail.google.com/"),
    "microsoft": (
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
}

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how to reach one server."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in: a password, or an OAuth2 access token."""

    username: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """The settings of one account, checked."""

    address: str
    aliases: tuple[str, ...]
    imap: Server
    smtp: Server
    username: str
    display_name: str
    ca_file: str
    tls_fingerprints: tuple[str, ...]
    """SHA-256, 64 hexadecimal digits each."""
    auth: Literal["password", "xoauth2"]
    oauth_client_id: str
    oauth_token_url: str
    oauth_scope: str
    folders: tuple[str, ...]
    initial: int
    poll_seconds: int
    sent: Literal["auto", "append", "server"]
    archive: bool
    html: bool
    mail_limit: int
    """Bytes."""
    attachment_limit: int
    """Bytes a file."""
    timeout: int

    @property
    def ours(self) -> frozenset[str]:
        """Every address of this inbox, in lower case."""
        return frozenset(address.lower() for address in (self.address, *self.aliases))


def _commas(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _fingerprints(text: str) -> tuple[str, ...]:
    found = tuple(part.replace(":", "").lower() for part in _commas(text))
    for one in found:
        if not re.fullmatch("[0-9a-f]{64}", one):
            raise OmniError(
                f"email: tls_fingerprints names {one!r}",
                hint="a SHA-256 has 64 hexadecimal digits; account check says it",
            )
    return found


def read_settings(given: Mapping[str, str]) -> EmailSettings:
    """The checked settings; unknown names (facts that `check` learnt) are ignored.

    Raises:
        OmniError: A setting is missing or makes no sense; names it.
    """
    text: dict[str, str] = {}
    for setting in MANIFEST.settings:
        value = str(given.get(setting.name, "") or setting.default or "").strip()
        if setting.default is None and not value:
            raise OmniError(f"email: {setting.name} is missing", hint=setting.help)
        if setting.choices and value not in setting.choices:
            choices = ", ".join(choice for choice in setting.choices if choice)
            raise OmniError(f"email: {setting.name} is {value!r}", hint=f"choose one of: {choices}")
        if setting.kind == "int" and not value.isdecimal():
            raise OmniError(f"email: {setting.name} is {value!r}, not a number", hint=setting.help)
        text[setting.name] = value
    if text["address"].count("@") != 1 or any(char.isspace() for char in text["address"]):
        raise OmniError(f"email: address is {text['address']!r}", hint="give it as name@example.com")
    token_url, scope = _OAUTH.get(text["oauth_provider"], ("", ""))
    oauth = (text["oauth_token_url"] or token_url, text["oauth_scope"] or scope)
    if text["auth"] == "xoauth2" and not (oauth[0] and text["oauth_client_id"]):
        raise OmniError(
            "email: xoauth2 needs oauth_client_id, and oauth_provider or oauth_token_url", hint="see docs/email.md"
        )
    imap_security, smtp_security = cast(Security, text["imap_security"]), cast(Security, text["smtp_security"])
    return EmailSettings(
        address=text["address"],
        aliases=_commas(text["aliases"]),
        imap=Server(
            text["imap_host"], int(text["imap_port"]) or (993 if imap_security == "tls" else 143), imap_security
        ),
        smtp=Server(
            text["smtp_host"] or text["imap_host"],
            int(text["smtp_port"]) or (465 if smtp_security == "tls" else 587),
            smtp_security,
        ),
        username=text["username"] or text["address"],
        display_name=text["display_name"],
        ca_file=text["ca_file"],
        tls_fingerprints=_fingerprints(text["tls_fingerprints"]),
        auth=cast(Literal["password", "xoauth2"], text["auth"]),
        oauth_client_id=text["oauth_client_id"],
        oauth_token_url=oauth[0],
        oauth_scope=oauth[1],
        folders=_commas(text["folders"]),
        initial=max(1, int(text["initial"])),
        poll_seconds=max(1, int(text["poll_seconds"])),
        sent=cast(Literal["auto", "append", "server"], text["sent"]),
        archive=text["archive"] == "yes",
        html=text["html"] == "yes",
        mail_limit=max(1, int(text["mail_limit"])) * MIB,
        attachment_limit=int(text["attachment_limit"]) * MIB,
        timeout=max(2, int(text["timeout"])),
    )
