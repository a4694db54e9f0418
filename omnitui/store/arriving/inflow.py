"""What comes in, written: the functions that ingest composes into one commit."""

from omnitui.store.arriving.fulltext import index_pending
from omnitui.store.arriving.fulltext import renew as renew_index
from omnitui.store.arriving.mailplaces import drop_location, flags_at, flags_set, message_at, put_location, reset_folder
from omnitui.store.arriving.message_state import delete_message, find_message, move_message, set_seen
from omnitui.store.arriving.messages import Arrival, Stored, put_message
from omnitui.store.arriving.newcomers import expect_messages
from omnitui.store.arriving.receipts import set_receipt
from omnitui.store.contacts import change_contact, fields_of, find_or_make_contact, give_address
from omnitui.store.conversations import change_conversation, find_conversation, make_conversation, rate
from omnitui.store.progress import cursor, put_cursor, put_ledger

__all__ = [
    "Arrival",
    "Stored",
    "change_contact",
    "change_conversation",
    "cursor",
    "delete_message",
    "drop_location",
    "expect_messages",
    "fields_of",
    "find_conversation",
    "find_message",
    "find_or_make_contact",
    "flags_at",
    "flags_set",
    "give_address",
    "index_pending",
    "make_conversation",
    "message_at",
    "move_message",
    "put_cursor",
    "put_ledger",
    "put_location",
    "put_message",
    "rate",
    "renew_index",
    "reset_folder",
    "set_receipt",
    "set_seen",
]
