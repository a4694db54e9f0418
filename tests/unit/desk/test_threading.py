"""Placement of mails: a table of cases, and what holds for every mail."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.belonging.subjects import matter, same_matter, stripped
from omnitui.desk.belonging.threading import Known, Mail, Placement, Reason, Target, explain, place

US, ANN, BOB, EVE = "support@example.com", "ann@customer.example", "bob@customer.example", "eve@evil.example"
OURS = frozenset({US})


def a_mail(
    rfc_id: str = "<new@x>",
    sender: str = ANN,
    to: tuple[str, ...] = (US,),
    subject: str = "Re: Order 7",
    references: tuple[str, ...] = (),
) -> Mail:
    return Mail(rfc_id, sender, frozenset({sender, *to}), subject, references)


ASKED = Known(a_mail("<q@x>", subject="Order 7"), "C1")
ANSWERED = Known(a_mail("<a@x>", US, (ANN,), references=("<q@x>",)), "C1", outgoing=True)
TARGET = Target("C1", "Order 7")


@dataclass(frozen=True)
class Case:
    name: str
    mail: Mail
    known: tuple[Known, ...]
    conversation_id: str | None
    reason: Reason
    hint: str | None = None
    target: Target | None = None
    numbered: str | None = None


CASES = [
    Case("first", a_mail(subject="Hello"), (), None, Reason.FIRST),
    Case("reply", a_mail(references=("<a@x>",)), (ANSWERED,), "C1", Reason.REPLY),
    Case("nearest", a_mail(references=("<a@x>", "<q@x>")), (ASKED, ANSWERED), "C1", Reason.REPLY),
    Case("copied", a_mail(sender=BOB, references=("<a@x>",)),
         (replace(ANSWERED, mail=a_mail("<a@x>", US, (ANN, BOB))),), "C1", Reason.REPLY),
    Case("token", a_mail(sender=EVE), (), "C1", Reason.TOKEN, target=TARGET),
    Case("token, no subject", a_mail(subject=""), (), "C1", Reason.TOKEN, target=TARGET),
    Case("token, new subject", a_mail(subject="Invoice"), (), None, Reason.NEW_SUBJECT, "C1", target=TARGET),
    Case("token, closed", a_mail(), (), None, Reason.CLOSED, "C1", target=replace(TARGET, closed=True)),
    Case("japanese prefix", a_mail(subject="返信: 転送：[shop] order 7", references=("<a@x>",)), (ANSWERED,), "C1",
         Reason.REPLY),
    Case("new subject", a_mail(subject="Invoice", references=("<a@x>",)), (ANSWERED,), None, Reason.NEW_SUBJECT, "C1"),
    Case("closed", a_mail(references=("<a@x>",)), (replace(ANSWERED, closed=True),), None, Reason.CLOSED, "C1"),
    Case("stranger", a_mail(sender=EVE, references=("<a@x>",)), (ANSWERED,), None, Reason.STRANGER, "C1"),
    Case("forged as us", a_mail(sender=US, to=(EVE,), references=("<a@x>",)), (ANSWERED,), None, Reason.STRANGER, "C1"),
    Case("number", a_mail(sender=EVE), (), None, Reason.NUMBER, "C9", numbered="C9"),
    Case("older than its answer", a_mail("<q@x>", subject="Order 7"), (ANSWERED,), "C1", Reason.ANSWERED),
    Case("older, closed", a_mail("<q@x>"), (replace(ANSWERED, closed=True),), "C1", Reason.ANSWERED),
    Case("older, claimed by a stranger", a_mail("<q@x>"),
         (Known(a_mail("<e@x>", EVE, references=("<q@x>",)), "C2"),), None, Reason.STRANGER, "C2"),
    Case("sibling", a_mail("<s2@x>", references=("<gone@x>",)),
         (Known(a_mail("<s1@x>", references=("<gone@x>",)), "C1"),), "C1", Reason.SIBLING),
    Case("ours from elsewhere", a_mail("<m@x>", US, (ANN,), references=("<q@x>",)), (ASKED,), "C1", Reason.REPLY),
    Case("ours to a third person", a_mail("<m@x>", US, (EVE,), references=("<q@x>",)), (ASKED,), None,
         Reason.STRANGER, "C1"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mail_is_placed_by_the_rules(case: Case) -> None:
    placed = place(case.mail, case.known, ours=OURS, target=case.target, numbered=case.numbered)
    assert (placed.conversation_id, placed.reason, placed.may_belong_to) == (
        case.conversation_id,
        case.reason,
        case.hint,
    )


def test_mail_that_joins_two_conversations_names_the_other_as_bridged() -> None:
    late = Known(a_mail("<b@x>", references=("<q@x>",)), "C2")
    placed = place(a_mail("<q@x>", subject="Order 7"), (late, ANSWERED), ours=OURS)
    assert {placed.conversation_id, *placed.bridges} == {"C1", "C2"}


def a_bounce(bounced: str) -> Mail:
    sender = "mailer-daemon@mx.example"
    return Mail("<dsn@x>", sender, frozenset({sender, US}), "Undelivered", (), "<a@x>", frozenset({bounced}))


def test_bounce_joins_what_it_reports_when_the_recipient_is_known() -> None:
    assert place(a_bounce(ANN), (ANSWERED,), ours=OURS) == Placement("C1", Reason.BOUNCE, "<a@x>")


def test_bounce_of_a_recipient_we_never_wrote_to_joins_nothing() -> None:
    assert place(a_bounce(EVE), (ANSWERED,), ours=OURS).conversation_id is None


def test_bounce_of_a_mail_that_came_to_us_joins_nothing() -> None:
    assert place(a_bounce(ANN), (replace(ANSWERED, outgoing=False),), ours=OURS).conversation_id is None


PEOPLE = st.sampled_from([US, ANN, BOB, EVE])
IDS = st.sampled_from([f"<{number}@x>" for number in range(6)])
MAILS = st.builds(
    a_mail,
    IDS,
    PEOPLE,
    st.lists(PEOPLE, max_size=2).map(tuple),
    st.sampled_from(["Order 7", "Re: Order 7", "Invoice", ""]),
    st.lists(IDS, max_size=3, unique=True).map(tuple),
)
KNOWN = st.lists(st.builds(Known, MAILS, st.sampled_from(["C1", "C2", "C3"]), st.booleans(), st.booleans()), max_size=5)


@given(MAILS, KNOWN)
def test_mail_from_a_stranger_never_joins(mail: Mail, known: list[Known]) -> None:
    mallory = "mallory@evil.example"
    stranger = replace(mail, sender=mallory, participants=mail.participants | {mallory})
    answered = {other.conversation_id for other in known if stranger.rfc_id in other.mail.references}
    placed = place(stranger, known, ours=OURS)
    # Only what was later answered to the stranger by somebody who took part can hold the stranger's mail.
    assert placed.conversation_id is None or placed.conversation_id in answered


@given(MAILS, KNOWN, st.randoms(use_true_random=False))
def test_placement_does_not_depend_on_the_order_of_what_is_known(mail: Mail, known: list[Known], random) -> None:  # type: ignore[no-untyped-def]
    mixed = list(known)
    random.shuffle(mixed)
    one, other = place(mail, known, ours=OURS), place(mail, mixed, ours=OURS)
    assert (one.conversation_id, one.may_belong_to, one.bridges) == (
        other.conversation_id,
        other.may_belong_to,
        other.bridges,
    )


@given(MAILS, KNOWN)
def test_placement_joins_or_hints_but_never_both(mail: Mail, known: list[Known]) -> None:
    placed = place(mail, known, ours=OURS)
    assert placed.conversation_id is None or placed.may_belong_to is None
    assert explain(placed.code) != placed.code


@given(MAILS, MAILS)
def test_joining_is_the_same_whichever_of_two_mails_came_first(one: Mail, other: Mail) -> None:
    if one.rfc_id == other.rfc_id or (one.rfc_id in other.references and other.rfc_id in one.references):
        return
    forward = place(one, [Known(other, "C1")], ours=OURS).conversation_id
    backward = place(other, [Known(one, "C1")], ours=OURS).conversation_id
    assert forward == backward


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        ("Re: AW: Fwd: Order", "order"),
        ("Re[2]: Order", "order"),
        ("RE: [shop] Re: Order", "order"),
        ("ＲＥ：　注文", "注文"),
        ("返信：【重要】注文", "【重要】注文"),
        ("[only a tag]", "[only a tag]"),
        ("Order (fwd)", "order"),
        ("Reorder: 7", "reorder: 7"),
        ("  ", ""),
    ],
)
def test_subject_means_the_same_without_what_mailers_add(subject: str, meant: str) -> None:
    assert matter(subject) == meant


def test_subject_is_shown_without_prefixes_but_with_its_tags() -> None:
    assert stripped("Re: ＲＥ： [shop] Order") == "[shop] Order"


@given(st.text(max_size=80))
def test_subject_stripping_ends_and_agrees_with_the_matter(subject: str) -> None:
    assert same_matter(stripped(subject), subject)
