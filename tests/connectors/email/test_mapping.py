"""Folders' findings as events, UIDs as ranges, labels as keywords, settings as settings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omnitui_email import mapping, uids
from omnitui_email.folder import FolderState, Mail, Pull
from omnitui_email.keywords import keyword, label, labels
from omnitui_email.mailbox import Folders, Listed
from omnitui_email.settings import read_settings
from omnitui_email.watch import followed, read_cursor

from omnitui.sdk import Direction, FolderReset, MailFlags, MailReceived, MailVanished, OmniError

GIVEN = {"address": "Desk@x.test", "imap_host": "imap.x.test"}
OURS = frozenset({"desk@x.test"})
STATE = FolderState(7, 10)
AT = datetime(2025, 5, 5, 9, tzinfo=UTC)


def a_found_mail(uid: int, raw: bytes, *flags: str) -> Mail:
    return Mail(uid, raw, Listed(uid, len(raw), AT, flags))


def test_a_reset_comes_before_everything_else() -> None:
    pull = Pull("INBOX", STATE, reset=True, mails=[a_found_mail(3, b"From: a@b.test\n\n", "\\Seen", "vip")])
    pull.vanished, pull.flags = [1], {2: ("\\Flagged", "$Junk")}
    reset, vanished, mail, flags = mapping.events(pull, "desk@x.test", OURS, sent=False, now=0)
    assert reset == FolderReset("INBOX", 7)
    assert isinstance(vanished, MailVanished)
    assert isinstance(mail, MailReceived)
    assert (mail.seen, mail.keywords, mail.received_at) == (True, ("vip",), 1_746_435_600_003)
    assert isinstance(flags, MailFlags)
    assert (flags.seen, flags.flagged, flags.keywords) == (False, True, ())


def test_mails_of_one_second_keep_the_order_of_the_mailbox() -> None:
    pull = Pull("INBOX", STATE, mails=[a_found_mail(uid, b"From: a@b.test\n\n") for uid in (9, 8, 7)])
    found = [
        one for one in mapping.events(pull, "desk@x.test", OURS, sent=False, now=0) if isinstance(one, MailReceived)
    ]
    assert [one.received_at % 1_000 for one in found] == [9, 8, 7]
    assert {one.received_at // 1_000 for one in found} == {int(AT.timestamp())}


@pytest.mark.parametrize(
    ("head", "ours"),
    [
        (b"From: Desk <desk@x.test>", True),
        (b"From: DESK@X.TEST\r\nReply-To: desk+token@x.test", True),
        (b"From: desk@x.test\r\nReply-To: kim@y.test", False),
        (b"From: kim@y.test", False),
        (b'From: "', False),
        (b"From: " + b"a@b.test, " * 20_000, False),
        (b"", False),
        (b"\xff\xfe: \x00", False),
    ],
)
def test_who_wrote_a_mail_is_seen_from_its_head_alone(head: bytes, ours: bool) -> None:
    raw = head + b"\r\n\r\nFrom: desk@x.test\r\n"
    assert mapping.written_by_us(raw, OURS) is ours
    mail = mapping.received(a_found_mail(1, raw), "INBOX", 7, "desk@x.test", OURS, sent=False, now=0)
    assert (mail.direction is Direction.OUTGOING) is ours


@given(st.sets(st.integers(1, 300)))
def test_uids_written_as_ranges_read_back_the_same(found: set[int]) -> None:
    assert sorted(uids.newest_first(uids.parse(uids.write(found)), 1_000)) == sorted(found)


def test_a_claim_of_four_billion_uids_costs_nothing() -> None:
    found = list(uids.newest_first(uids.parse("1:4294967295,5:7,x,9:"), 1_000_000, most=10))
    assert found == list(range(999_999, 999_989, -1))


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40))
def test_a_label_in_any_script_survives_as_a_keyword(text: str) -> None:
    atom = keyword(text)
    assert atom.isascii()
    assert atom.isprintable()
    assert not set(atom) & set('(){ %*"\\]')
    assert label(atom) == text


def test_keywords_of_mail_programs_are_no_labels() -> None:
    assert labels(("\\Seen", "$Forwarded", "NonJunk", "vip")) == ("vip",)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"address": ""}, "address is missing"),
        ({"address": "desk"}, "address is 'desk'"),
        ({"imap_security": "ssl"}, "imap_security is 'ssl'"),
        ({"imap_port": "many"}, "not a number"),
        ({"auth": "xoauth2"}, "oauth_client_id"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], words: str) -> None:
    with pytest.raises(OmniError, match=words):
        read_settings({**GIVEN, **changed})


def test_ports_and_hosts_follow_from_the_rest() -> None:
    settings = read_settings({**GIVEN, "smtp_security": "starttls", "sent_folder": "Sent", "unknown": "x"})
    assert (settings.imap.port, settings.smtp.port) == (993, 587)
    assert settings.smtp.host == "imap.x.test"
    assert settings.username == "Desk@x.test"
    assert settings.ours == OURS
    google = read_settings({**GIVEN, "auth": "xoauth2", "oauth_client_id": "id", "oauth_provider": "google"})
    assert google.oauth_token_url == "https://oauth2.googleapis.com/token"


def test_the_followed_folders_are_inbox_sent_and_archive_but_never_gmails_copy_of_all() -> None:
    folders = Folders(("INBOX", "Sent", "Archive", "Junk"), "Sent", "Archive")
    assert followed(read_settings(GIVEN), folders) == ("INBOX", "Sent", "Archive")
    gmail = Folders(("INBOX", "[Gmail]/Sent Mail", "[Gmail]/All Mail"), "[Gmail]/Sent Mail", "[Gmail]/All Mail")
    assert followed(read_settings(GIVEN), gmail) == ("INBOX", "[Gmail]/Sent Mail")
    own = read_settings({**GIVEN, "folders": "inbox, junk, 見積"})
    assert followed(own, folders) == ("INBOX", "Junk", "見積")


def test_a_cursor_that_cannot_be_read_begins_anew() -> None:
    state = FolderState(7, 10, 3, ((1, 4), (8, 9)), 1, "1:4")
    assert read_cursor({"v": 1, "folders": {"INBOX": state.write(), "Sent": {"uidvalidity": "x"}}}) == {"INBOX": state}
    assert read_cursor(None) == read_cursor([]) == {}
