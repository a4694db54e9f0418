"""Automatic replies and bounces are told from what people write."""

from __future__ import annotations

import pytest

from omnitui.text.mail.parsing import parse_mail


def mail_with(headers: str, body: str = "text") -> bytes:
    return f"From: x@example.com\n{headers}\n\n{body}\n".encode()


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated (failure)", True),
        ("Auto-Submitted: no", False),
        ("Precedence: auto_reply", True),
        ("Precedence: bulk", False),
        ("X-Autoreply: yes", True),
        ("X-Autorespond: x", True),
        ("Subject: Automatic reply: your order", True),
        ("Subject: Out of Office: back on Monday", True),
        ("Subject: Re: Out of stock?", False),
        ("Subject: =?utf-8?B?44CQ6Ieq5YuV6L+U5L+h44CR44GK5ZWP44GE5ZCI44KP44Gb?=", True),
        ("Subject: 自動返信: お問い合わせ", True),
        ("Subject: 自動車の件", False),
        ("Subject: Abwesenheitsnotiz: Ihre Mail", True),
        ("Subject: Réponse automatique : commande", True),
        ("X-Auto-Response-Suppress: All\nSubject: Hello", False),
        ("X-Auto-Response-Suppress: All\nSubject: Re: x (automatic reply)", True),
        ("Subject: Hello", False),
    ],
)
def test_automatic_reply_is_recognised(headers: str, automatic: bool) -> None:
    assert parse_mail(mail_with(headers)).auto_reply is automatic


REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="BB"

--BB

This is the mail system. I'm sorry.
--BB
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Mon, 3 Jun 2024 10:15:00 +0900

Final-Recipient: rfc822; nobody@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.org>:
 User unknown

--BB
Content-Type: message/rfc822

Message-ID: <sent-1@us.example>
Subject: Re: order

text
--BB--
"""


def test_delivery_report_gives_recipient_status_and_what_was_sent() -> None:
    bounce = parse_mail(REPORT.encode()).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.action, bounce.status) == ("nobody@example.org", "failed", "5.1.1")
    assert bounce.diagnostic == "550 5.1.1 <nobody@example.org>: User unknown"
    assert bounce.original_message_id == "<sent-1@us.example>"


def test_delay_report_is_no_failure() -> None:
    raw = REPORT.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1")
    bounce = parse_mail(raw.encode()).bounce
    assert bounce is not None
    assert (bounce.action, bounce.status) == ("delayed", "4.4.1")


QMAIL = """\
From: MAILER-DAEMON@mx.example.com
Subject: failure notice

Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.

<nobody@example.org>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 unknown user

--- Below this line is a copy of the message.

Message-ID: <sent-2@us.example>
Subject: x
"""
EXIM = """\
From: Mail Delivery System <Mailer-Daemon@mx.example.com>
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: nobody@example.org

A message that you sent could not be delivered:

  nobody@example.org
    host mx [192.0.2.1]: 550 5.1.1 unknown user

------ This is a copy of the message, including all the headers. ------

Message-ID: <sent-2@us.example>
"""
CARRIER = """\
From: postmaster@docomo.example.jp
Subject: 送信エラー
Content-Type: text/plain; charset=utf-8

次のあて先へのメッセージはエラーのため送信できませんでした。
<nobody@example.org>
550 5.1.1 Unknown user
"""
POSTFIX = """\
From: MAILER-DAEMON@mx.example.com
Subject: Undelivered Mail Returned to Sender

<nobody@example.org>: host mx[192.0.2.1] said: 550 5.1.1 unknown user (in reply
    to RCPT TO command)
"""


@pytest.mark.parametrize("raw", [QMAIL, EXIM, CARRIER, POSTFIX], ids=["qmail", "exim", "carrier", "postfix"])
def test_bounce_without_a_report_is_recognised(raw: str) -> None:
    bounce = parse_mail(raw.encode()).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.action, bounce.status) == ("nobody@example.org", "failed", "5.1.1")
    assert bounce.original_message_id == ("<sent-2@us.example>" if "sent-2" in raw else "")


def test_people_who_write_about_bounces_are_no_bounce() -> None:
    raw = mail_with("Subject: Undelivered mail", "I got: 550 5.1.1 user unknown for nobody@example.org. Why?")
    assert parse_mail(raw).bounce is None
