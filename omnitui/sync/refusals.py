"""What must not come in again: what was erased, and what is older than an account keeps."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.model.accounts import Account
from omnitui.sdk.events import ContactChanged, Unsupported
from omnitui.store.contacts import address_of, has_identity, scope_of
from omnitui.store.forgetting import tombstones
from omnitui.store.writer import Tx
from omnitui.sync.mails import ReadyMail
from omnitui.sync.parking import of_conversation, of_mail, of_message
from omnitui.sync.preparation import ReadyMessage, ReadyUnsupported


class Refusals:
    """Asked for each event of one account, within one transaction."""

    def __init__(self, tx: Tx, account: Account) -> None:
        self._tx = tx
        self._account_id = account.id
        self._stones = tombstones.Tombstones(tx)
        self._since = tombstones.kept_since(tx.beside, account.id, tx.now())
        self.blobs: set[str] = set()
        """What was kept of refused events before anybody could know."""

    def refuses(self, event: ReadyMessage | ReadyUnsupported | ContactChanged) -> bool:
        """Whether to leave an event alone."""
        if self._since is None and not self._stones.any:
            return False
        match event:
            case ReadyMessage(said):
                received_at = said.sent_at if said.received_at is None else said.received_at
                names = (of_message(said.external_id),)
                older = (self._person(said.channel, said.contact.address), of_conversation(said.conversation))
                return self._note(self._refused(names, older, received_at), event.raw, *event.files)
            case ReadyUnsupported():
                unknown: Unsupported = event.event
                about = (of_conversation(unknown.conversation),)
                return self._note(self._refused((of_message(event.external_id),), about, unknown.at), event.raw)
            case ContactChanged():
                gone = self._stones.at(self._account_id, self._person(event.channel, event.address))
                return gone is not None and not has_identity(
                    self._tx.beside, self._account_id, event.channel, event.address
                )

    def refuses_mail(self, mail: ReadyMail, channel: str, customer: str) -> bool:
        """The same for a mail to or from a customer."""
        names = (of_message(mail.external_id), of_mail(mail.parsed.message_id))
        older = (self._person(channel, customer),)
        refused = self._refused(names, older, mail.event.received_at)
        return self._note(refused, mail.raw, *(sha256 for sha256, kept in mail.files if kept))

    def forgot(self, awaited: str) -> bool:
        """Whether what an event is about was erased, so that nothing may wait for it."""
        return self._stones.at(self._account_id, awaited) is not None

    def _refused(self, names: tuple[str, ...], older: tuple[str, ...], received_at: Millis) -> bool:
        if self._since is not None and received_at < self._since:
            return True
        if not self._stones.any:
            return False
        if any(self._stones.at(self._account_id, name) is not None for name in names):
            return True
        times = [self._stones.at(self._account_id, name) for name in older]
        return any(at is not None and received_at <= at for at in times)

    def _person(self, channel: str, address: str) -> str:
        return tombstones.person(channel, address_of(channel, address), scope_of(self._account_id, channel))

    def _note(self, refused: bool, *blobs: str) -> bool:
        if refused:
            self.blobs.update(blobs)
        return refused
