"""Links in strangers' text: which may be opened, where they really go, and whether they pretend.

A host is shown in full, as Unicode and as punycode where they differ, because look-alike letters are the oldest trick.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

SCHEMES: Final = ("http", "https", "mailto")
MAX_TEXT: Final = 262_144
"""Characters that are looked through for links."""
MAX_LINKS: Final = 500
_WRITTEN = re.compile(r"(?:https?://|mailto:)[^\s<>\"`{}|\\^\u3000-\u3002\u300c-\u3011\uff08\uff09]{1,4000}", re.I)
_ENDING: Final = ".,;:!?'*_…，．！？"

_HOSTLIKE = re.compile(r"(?:https?://)?((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24})(?=[/:?#\s]|$)", re.I)
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0]")
_TOP_LEVELS: Final = frozenset(
    [
        "com",
        "net",
        "org",
        "jp",
        "de",
        "fr",
        "uk",
        "io",
        "info",
        "biz",
        "gov",
        "edu",
        "cn",
        "kr",
        "tw",
        "eu",
        "ru",
        "nl",
        "it",
        "es",
        "us",
        "ca",
        "au",
        "ch",
        "at",
        "be",
        "br",
        "in",
        "me",
        "tv",
        "app",
        "dev",
        "shop",
        "xyz",
        "bank",
        "online",
        "site",
    ]
)
_JAPANESE: Final = frozenset(("HIRAGANA", "KATAKANA", "CJK", "KATAKANA-HIRAGANA"))


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads, and what is odd about it."""

    scheme: str
    host: str
    """As Unicode; for mailto the address."""
    punycode: str
    """The host in ASCII; "" when it is the same."""
    allowed: bool
    """It leads to the web or to a mailbox."""
    mismatch: bool
    """The text names another host than the one it goes to."""
    mixed_script: bool
    """A label of the host mixes letters of several scripts."""
    credentials: bool
    """Something stands before an @ in front of the host."""


def inspect(url: str, text: str = "") -> Link:
    """Look at one link. Never raises."""
    url = _SPACE.sub("", url)[:4_000]
    parts = _split(url)
    scheme = parts.scheme.lower() if parts else ""
    host, user = _host(parts)
    if scheme == "mailto" and parts:
        host = unquote(parts.path).partition("?")[0].strip()
    ascii_host = _punycode(host) if scheme != "mailto" else ""
    shown = _unicode(host) if scheme != "mailto" else host
    return Link(
        scheme=scheme,
        host=shown,
        punycode=ascii_host if ascii_host != shown else "",
        allowed=scheme in SCHEMES and bool(host),
        mismatch=_mismatches(text, ascii_host, scheme, host),
        mixed_script=_is_mixed(shown),
        credentials=user,
    )


def find_links(text: str) -> list[str]:
    """The web and mail links that a text names, in their order, each once."""
    found: dict[str, None] = {}
    for match in _WRITTEN.finditer(text[:MAX_TEXT]):
        url = _trimmed(match[0])
        if url not in found and inspect(url).allowed:
            found[url] = None
            if len(found) == MAX_LINKS:
                break
    return list(found)


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence that it ends."""
    url = url.rstrip(_ENDING)
    while url.endswith((")", "]")) and url.count(url[-1]) > url.count("(" if url[-1] == ")" else "["):
        url = url[:-1].rstrip(_ENDING)
    return url


def link_suffix(text: str, href: str) -> str:
    """What to write after a link's text so that a reader sees where it goes; "" when the text says so itself."""
    href = _SPACE.sub("", href)
    if not href or href.startswith("#") or not _split(href):
        return ""
    link = inspect(href, text)
    if not link.scheme:
        return ""
    if link.scheme == "mailto":
        return "" if link.host and link.host.lower() in text.lower() else f" <{link.host}>" if link.host else ""
    if not link.allowed:
        return f" <{link.scheme}: blocked>"
    where = f"{link.host} = {link.punycode}" if link.punycode else link.host
    if link.mismatch or link.mixed_script or link.credentials:
        return f" <!{where}!>"
    bare = text.strip().rstrip("/")
    if bare in (href.rstrip("/"), href.partition("://")[2].rstrip("/")) and not link.punycode:
        return ""
    path = href.partition("://")[2].partition("/")[2]
    return f" <{where}/…>" if path else f" <{where}>"


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host(parts: SplitResult | None) -> tuple[str, bool]:
    if parts is None:
        return "", False
    user, sign, host = parts.netloc.rpartition("@")
    host = host.replace("\\", "/").partition("/")[0]
    if not host.startswith("["):
        host = host.partition(":")[0]
    return host.strip(".").lower()[:300], bool(sign and user)


def _punycode(host: str) -> str:
    if host.isascii():
        return host
    labels: list[str] = []
    for label in re.split("[.。．｡]", unicodedata.normalize("NFKC", host)):
        try:
            labels.append(label if label.isascii() else label.encode("idna").decode("ascii"))
        except UnicodeError:
            labels.append("xn--" + label.encode("punycode", "replace").decode("ascii", "replace"))
    return ".".join(labels)


def _unicode(host: str) -> str:
    if "xn--" not in host:
        return host
    labels: list[str] = []
    for label in host.split("."):
        try:
            labels.append(label.encode("ascii").decode("idna") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def _mismatches(text: str, host: str, scheme: str, raw_host: str) -> bool:
    if not text:
        return False
    if scheme == "mailto":
        named = re.findall(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}", text[:2_000])
        return bool(named) and raw_host.lower() not in text.lower()
    if scheme not in ("http", "https"):
        return False
    match = _HOSTLIKE.match(text.strip()[:2_000])
    if match is None:
        return False
    named_host = _punycode(match[1].lower())
    if "@" in text[: match.end() + 1] or ("://" not in match[0] and not _is_domain(named_host)):
        return False
    return not (_same_site(named_host, host) or _same_site(host, named_host))


def _is_domain(host: str) -> bool:
    """Whether a bare word with dots is meant as a host, not a file name or an abbreviation."""
    return host.startswith("www.") or host.rpartition(".")[2] in _TOP_LEVELS


def _same_site(one: str, other: str) -> bool:
    one = one.removeprefix("www.")
    other = other.removeprefix("www.")
    return one == other or other.endswith("." + one)


def _is_mixed(host: str) -> bool:
    for label in host.split("."):
        scripts = {unicodedata.name(char, "?").split(" ")[0] for char in label if char.isalpha()}
        if not scripts or label.isascii():
            continue
        rest = scripts - _JAPANESE
        if len(rest) > 1 or (rest and scripts & _JAPANESE and rest not in ({"LATIN"}, {"HANGUL"}, {"FULLWIDTH"})):
            return True
    return False
