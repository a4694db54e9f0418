"""One session with an XMPP server, on slixmpp: login, our archive, messages as they come and go."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from omnitui.sdk import AuthFailed, Millis, NotReady, Unreachable
from omnitui_xmpp.archive import DELAY, FORWARDED, MAM, Heard, Page, in_result, keeps_all, page, question, stamp
from omnitui_xmpp.mapping import CLIENT, ORIGIN, OUT_OF_BAND, RECEIPTS, bare, in_archive, refusal

CONNECT_SECONDS = 30.0
ANSWER_SECONDS = 60.0
SILENCE_SECONDS = 90.0
AHEAD = 10_000
"""Messages that may wait to be stored; beyond that the session ends, and the archive gives them again."""
PLUGINS = ("xep_0030", "xep_0199", "xep_0280", "xep_0085")
_UPLOAD = "urn:xmpp:http:upload:0"
_CARBONS = "{urn:xmpp:carbons:2}"


class Place(NamedTuple):
    """Where to log in, and as whom."""

    address: str
    password: str
    host: str
    port: int
    security: str
    ca_file: str
    accept: bool


class Cut(Exception):
    """The session broke; the text says how."""


class Gone(Exception):
    """The archive no longer has the place that was named."""


class Session:
    """One login."""

    def __init__(self, place: Place, now: Any) -> None:
        try:
            import slixmpp
        except ImportError as error:
            raise AuthFailed("XMPP needs slixmpp", hint="pip install 'omnitui[xmpp]'") from error
        security = {"unencrypted_plain": True, "unencrypted_scram": True} if place.security == "none" else {}
        self._xmpp: Any = slixmpp.ClientXMPP(
            place.address, place.password, plugin_config={"feature_mechanisms": security}
        )
        # It says every fault of the line as an error of its own; ours say it once.
        logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
        self._xmpp.enable_starttls = place.security == "starttls"
        self._xmpp.enable_direct_tls = place.security == "tls"
        self._xmpp.enable_plaintext = place.security == "none"
        self._xmpp.auto_authorize = place.accept or None
        self._xmpp.auto_subscribe = place.accept
        for plugin in PLUGINS:
            self._xmpp.register_plugin(plugin)
        self._place, self._now = place, now
        self.us = bare(place.address)
        self.archives = False
        """Whether the server keeps our messages."""
        self.keeps_all = False
        """Whether it says that it keeps every one of them."""
        self._heard: deque[Heard] = deque()
        self._more, self._over = asyncio.Event(), asyncio.Event()
        self._found: dict[str, list[Heard]] = {}
        """By question, what our archive answered so far."""
        self._refused: dict[str, str] = {}
        """By id, what the server said of messages that it did not take."""
        self.end = ""
        """Why the session is over; empty while it lasts."""
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._fault: Exception | None = None

    @classmethod
    async def open(cls, place: Place, now: Any) -> Session:
        """Log in. Raises `Unreachable`, `NotReady`, `AuthFailed`."""
        session = cls(place, now)
        try:
            await session._open()
        except BaseException:
            await session.close()
            raise
        return session

    async def _open(self) -> None:
        from slixmpp.xmlstream.handler import Callback
        from slixmpp.xmlstream.matcher import MatchXPath

        xmpp, place = self._xmpp, self._place
        xmpp.register_handler(Callback("omnitui", MatchXPath(f"{CLIENT}message"), self._hear))
        for name, handler in (
            ("session_start", lambda _event: self._start(None)),
            ("failed_all_auth", lambda _event: self._start(self._refusal())),
            ("connection_failed", lambda error: self._start(self._unreachable(error))),
            ("ssl_invalid_chain", lambda error: self._start(_untrusted(place.address, error))),
            ("disconnected", self._lost),
        ):
            xmpp.add_event_handler(name, handler)
        if place.ca_file:
            try:
                await asyncio.to_thread(xmpp.ssl_context.load_verify_locations, cafile=place.ca_file)
            except OSError as error:
                raise NotReady(f"ca_file {place.ca_file} cannot be used: {error.strerror or error}") from error
        host = place.host or None
        port = place.port or (None if host is None else 5223 if place.security == "tls" else 5222)
        xmpp.connect(host, port)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.shield(self._started)
                await self._settle()
        except TimeoutError as error:
            raise Unreachable(f"{place.host or bare(place.address)} does not answer") from error
        except Cut as cut:
            raise NotReady(str(cut)) from cut

    async def _settle(self) -> None:
        """Say that we are here, and learn what the server has for us."""
        xmpp = self._xmpp
        xmpp.send_presence()
        await self._asked(xmpp.get_roster())
        told = await self._asked(xmpp.plugin["xep_0030"].get_info(jid=self.us))
        self.archives = "urn:xmpp:mam:2" in told["disco_info"]["features"]
        await self._asked(xmpp.plugin["xep_0280"].enable(), needed=False)
        if self.archives:
            asked = xmpp.make_iq_get()
            asked.xml.append(Element(f"{MAM}prefs"))
            said = await self._asked(asked.send(), needed=False)
            self.keeps_all = keeps_all(said.xml if said is not None else None)

    def _start(self, fault: Exception | None) -> None:
        if self._started.done():
            return
        if fault is None:
            self._started.set_result(None)
        else:
            self._started.set_exception(fault)

    def _refusal(self) -> Exception:
        if self._place.security == "starttls" and "starttls" not in self._xmpp.features:
            return AuthFailed(f"{bare(self._place.address)}: the server offers no encryption", hint="see `security`")
        return AuthFailed(f"the server refuses {bare(self._place.address)}", hint="check the address and the password")

    def _unreachable(self, error: object) -> Exception:
        if isinstance(error, ssl.SSLError):
            return _untrusted(self._place.address, error)
        return Unreachable(f"{self._place.host or bare(self._place.address)} cannot be reached: {error}")

    @property
    def names(self) -> dict[str, str]:
        """What the roster calls people, by address."""
        return {str(jid): self._xmpp.client_roster[jid]["name"] for jid in self._xmpp.client_roster}

    def _hear(self, stanza: Any) -> None:
        message: Element = stanza.xml
        if (result := message.find(f"{MAM}result")) is not None:
            self._keep(message, result)
            return
        at = stamp(message.find(DELAY), self._now())
        if (carbon := message.find(f"{_CARBONS}sent")) is None:
            carbon = message.find(f"{_CARBONS}received")
        if carbon is not None:
            inner = carbon.find(f"{FORWARDED}/{CLIENT}message")
            # Only our own server may say what we said elsewhere.
            if inner is None or bare(message.get("from", self.us)) != self.us:
                return
            at, message = stamp(carbon.find(f"{FORWARDED}/{DELAY}"), at), inner
        if message.get("type") == "error" and message.get("id"):
            self._refused[message.get("id", "")] = refusal(message)
        self._heard.append(Heard(message, at, in_archive(message, self.us)))
        self._more.set()
        if len(self._heard) > AHEAD:
            self._ended("more came than could be stored")

    def _lost(self, reason: object) -> None:
        if isinstance(reason, ssl.SSLError):
            self._start(_untrusted(self._place.address, reason))
        self._ended(str(reason or "the server closed the line"))

    def _keep(self, message: Element, result: Element) -> None:
        """A message of our archive; only our own server may say what lies there."""
        found, kept = self._found.get(result.get("queryid", "")), in_result(result, self._now())
        if kept is not None and found is not None and bare(message.get("from", self.us)) == self.us:
            found.append(kept)

    def _ended(self, why: str) -> None:
        self.end = self.end or why
        self._more.set()
        self._over.set()
        self._start(NotReady(f"{bare(self._place.address)}: {why}"))
        # slixmpp would connect again by itself.
        self._xmpp.cancel_connection_attempt()

    def ready(self, most: int) -> list[Heard]:
        """The messages that are here already."""
        return [self._heard.popleft() for _ in range(min(most, len(self._heard)))]

    async def take(self, most: int) -> list[Heard]:
        """The next messages; none once the session is over and all were taken."""
        while not self._heard and not self.end:
            self._more.clear()
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await self._more.wait()
            except TimeoutError:
                await self._ping()
        return self.ready(most)

    async def _ping(self) -> None:
        """A line can die without a word: ask whether somebody is there."""
        try:
            await self._worked_off()
        except Cut as cut:
            self._ended(str(cut))

    async def _worked_off(self) -> None:
        # A server works off what it is told in order: once it answers this, it has had all that was said before.
        await self._asked(self._xmpp.plugin["xep_0199"].send_ping(self._xmpp.boundjid.domain), needed=False)

    async def archive(
        self, *, after: str | None = None, before: str | None = None, start: Millis = 0, most: int
    ) -> Page:
        """A part of our archive (XEP-0313). Raises `Cut`, `Gone`.

        Args:
            after: What follows this id; empty for the beginning.
            before: What lies before this id; empty for the newest.
            start: Nothing before this time.
            most: How many at once.
        """
        asked = self._xmpp.make_iq_set()
        asked.xml.append(question(asked["id"], after=after, before=before, start=start, most=most))
        found = self._found[asked["id"]] = []
        try:
            return page(found, (await self._asked(asked.send())).xml)
        finally:
            del self._found[asked["id"]]

    async def send(self, to: str, own: str, text: str, *extra: Element, file: str = "") -> None:
        """Send one message, and return when the server has worked it off.

        Raises:
            Cut: It may have arrived.
            ValueError: The server did not take it, in its words.
        """
        message = self._xmpp.make_message(mto=to, mtype="chat")
        message["id"] = own
        if text:
            SubElement(message.xml, f"{CLIENT}body").text = text
        SubElement(message.xml, ORIGIN, id=own)
        SubElement(message.xml, f"{RECEIPTS}request")
        SubElement(message.xml, "{urn:xmpp:chat-markers:0}markable")
        if file:
            beside = SubElement(message.xml, OUT_OF_BAND)
            SubElement(beside, "{jabber:x:oob}url").text = file
        for part in extra:
            message.xml.append(part)
        if self.end:
            raise Cut(self.end)
        message.send()
        await self._worked_off()
        if own in self._refused:
            raise ValueError(self._refused.pop(own))

    def acknowledge(self, to: str, own: str) -> None:
        """Tell a customer's program that their message lies on our disk (XEP-0184)."""
        message = self._xmpp.make_message(mto=to, mtype="chat")
        SubElement(message.xml, f"{RECEIPTS}received", id=own)
        message.send()

    def compose(self, to: str) -> None:
        """Show that somebody writes (XEP-0085)."""
        message = self._xmpp.make_message(mto=to, mtype="chat")
        message["chat_state"] = "composing"
        message.send()

    async def slot(self, name: str, size: int, media_type: str) -> tuple[str, dict[str, str], str]:
        """Where a file may be put, with which headers, and where it lies then (XEP-0363).

        Raises:
            Cut, ValueError: See `send`.
        """
        domain = self._xmpp.boundjid.domain
        items = await self._asked(self._xmpp.plugin["xep_0030"].get_items(jid=domain))
        for service in (domain, *(item[0] for item in items["disco_items"]["items"])):
            told = await self._asked(self._xmpp.plugin["xep_0030"].get_info(jid=service), needed=False)
            if told is not None and _UPLOAD in told["disco_info"]["features"]:
                break
        else:
            raise ValueError("the server takes no files")
        asked = self._xmpp.make_iq_get(ito=service)
        what = {"filename": name, "size": str(size), "content-type": media_type}
        asked.xml.append(Element(f"{{{_UPLOAD}}}request", what))
        slot = (await self._asked(asked.send())).xml.find(f"{{{_UPLOAD}}}slot")
        put, get = (slot.find(f"{{{_UPLOAD}}}{way}") if slot is not None else None for way in ("put", "get"))
        if put is None or get is None:
            raise ValueError("the server offers no place for the file")
        headers = {header.get("name", ""): header.text or "" for header in put}
        return put.get("url", ""), headers, get.get("url", "")

    async def _asked(self, answer: Any, *, needed: bool = True) -> Any:
        from slixmpp.exceptions import IqError, IqTimeout

        over = asyncio.ensure_future(self._over.wait())
        asked = asyncio.ensure_future(answer)
        try:
            await asyncio.wait({over, asked}, timeout=ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise Cut(self.end or "the server did not answer")
            return asked.result()
        except IqTimeout as error:
            raise Cut("the server did not answer") from error
        except IqError as error:
            if not needed:
                return None
            if error.condition == "item-not-found":
                raise Gone from error
            raise ValueError(error.text or error.condition) from error
        finally:
            over.cancel()
            asked.cancel()

    async def close(self) -> None:
        """Log out."""
        self._ended("closed")
        await asyncio.wait([asyncio.ensure_future(self._xmpp.disconnect(wait=1.0))], timeout=2)
        if self._started.done() and not self._started.cancelled():
            self._started.exception()


def _untrusted(address: str, error: object) -> Exception:
    words = getattr(error, "verify_message", "") or error
    return NotReady(f"the certificate of {bare(address).partition('@')[2]} is not trusted: {words}")
