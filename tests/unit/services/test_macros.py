"""Macros: files with faults named at their lines, texts in a sandbox with limits, steps per conversation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.errors import NotFound, OmniError
from omnitui.model.states import SendState, Status
from omnitui.services.acting.undoing import Departed
from omnitui.services.session import Session
from omnitui.services.texts import macros
from omnitui.services.texts.rendering import LONGEST, TextFault, check, rendered
from omnitui.services.triage import reasons
from omnitui.store import outbox as send_states
from omnitui.store.reads import history, inbox, outbox
from tests.support.console import a_session
from tests.support.desk import a_conversation, a_message

FACTS: dict[str, Any] = {
    "contact": {"name": "Ann Lee", "first_name": "Ann", "segment": "", "fields": {"order": "4711"}},
    "conversation": {"labels": ["vip", "new"], "subject": "{{ agent.name }} {% for x in range(9) %}x{% endfor %}"},
    "agent": {"name": "Mei"},
}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Dear {{ contact.first_name }},", "Dear Ann,"),
        ("{{ contact.segment | default('customer') }}", "customer"),
        ("{{ contact.fields.order }} / {{ contact.fields['order'] }}", "4711 / 4711"),
        ("{{ contact.fields.size | d('?') }}", "?"),
        ("{% if contact.segment %}a{% else %}b{% endif %}", None),
        ("{% if contact.segment is defined %}a{% else %}b{% endif %}", "b"),
        ("{% for one in conversation.labels %}#{{ one }} {% endfor %}", "#vip #new "),
        ("{% for n in range(3) %}{{ n }}{% endfor %}", "012"),
        ("{{ conversation.labels | join(', ') | upper }}", "VIP, NEW"),
        ("{# said by nobody #}plain", "plain"),
        ("\nline\n", "line"),
    ],
)
def test_text_is_filled_in(text: str, made: str | None) -> None:
    if made is None:
        with pytest.raises(OmniError, match="segment is not known"):
            rendered(text, FACTS)
    else:
        assert rendered(text, FACTS) == made


def test_what_a_customer_wrote_is_never_evaluated() -> None:
    assert rendered("{{ conversation.subject }}", FACTS) == FACTS["conversation"]["subject"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ contact.name.__class__ }}",
        "{{ contact['name']['__class__'] }}",
        "{{ contact.name.upper() }}",
        "{{ range(3) }}",
        "{{ cycler }}",
        "{{ self }}",
        "{{ each([1]) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 2 ** 100000 }}",
        "{% set a = 'b' %}{{ a }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% macro m() %}{% endmacro %}",
        "{{ contact.name | attr('__class__') }}",
        "{{ '%s' | format(contact) }}",
        "{{ 'a' | center(100000000) }}",
        "{% for c in contact.name %}{{ c }}{% endfor %}",
        "{% for a in range(9) %}{% for b in range(9) %}{% for c in range(9) %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ nobody }}",
        "{{ contact.shoe }}",
        "{{ ",
    ],
)
def test_text_that_reaches_further_is_refused(text: str) -> None:
    with pytest.raises(OmniError):
        rendered(text, FACTS)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(1000000000) %}x{% endfor %}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% for a in range(1000) %}" + "x" * 100 + "{% endfor %}",
        "x" * (LONGEST + 1),
        "{{ 1.5 | round(200000000, 'ceil') }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ 1e999 | int }}",
        "{{ contact.name | truncate(2) }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "1+" * 5000 + "1 }}",
        "{% if today %}" * 110 + "{% endif %}" * 110,
    ],
)
def test_text_that_makes_too_much_is_given_up(text: str) -> None:
    with pytest.raises(OmniError):
        rendered(text, FACTS)


def test_fault_of_a_text_names_its_line() -> None:
    with pytest.raises(TextFault) as caught:
        check("one\ntwo\n{{ contact.nme }}\n")
    assert caught.value.line == 3


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        for name in ("Ann", "Bo"):
            a_conversation(opened.cache, f"text of {name}", contact=name, subject=f"About {name}")
        reasons.give(opened.profile, reasons.EXAMPLE)
        yield opened


def written(session: Session, text: str, name: str = "refund") -> list[str]:
    """Write a macro; what is wrong with it."""
    macros.give(session.profile, name, text)
    _macro, problems = macros.read_file(macros.path(session.profile, name))
    return [one.message for one in problems]


MACRO = '''title = "Refund"

[[do]]
reply = """
Dear {{ contact.first_name }},
done.
"""

[[do]]
label = ["+refund", "-new"]

[[do]]
assign = "me"

[[do]]
status = "resolved"
reason = "refund"
'''


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('title = "x"\n', 1, "needs steps"),
        ('titel = "x"\n[[do]]\nread = true\n', 1, "titel"),
        ('[[do]]\nread = true\n[[do]]\nread = "yes"\n', 4, "true or false"),
        ('[[do]]\nread = true\n\n[[do]]\nstatus = "resolvd"\n', 5, "no status"),
        ('[[do]]\npriority = "hihg"\n', 2, "no priority"),
        ('[[do]]\nread = true\nnote = "x"\n', 3, "a step does one of"),
        ('[[do]]\nread = true\nat = "9"\n', 3, "beside"),
        ('[[do]]\nlabel = ["+"]\n', 2, "no label"),
        ('[[do]]\nnote = "{{ contact.nme }}"\n', 2, "contact.nme"),
        ('[[do]]\nread = true\n[[do]]\nreply = """\none\n{{ x }}\n"""\n', 6, "x"),
        ('[[do]]\nreply = """one\n{% if %}\n"""\n', 3, ""),
    ],
)
def test_fault_is_named_with_file_and_line(session: Session, text: str, line: int, why: str) -> None:
    (message, *_more) = written(session, text)
    assert message.startswith(f"refund.toml:{line}: ")
    assert why in message


def test_file_that_is_no_toml_or_open_to_others_is_named(session: Session) -> None:
    assert "no TOML" in written(session, "[[do]\n")[0]
    file = macros.give(session.profile, "open", MACRO)
    file.chmod(0o666)
    found = macros.read(session.profile)
    assert found.macros == ()
    assert any("open to other users" in one.message for one in found.problems)
    with pytest.raises(NotFound):
        found.get("open")


def test_what_is_no_file_is_named_and_what_an_editor_leaves_beside_one_is_passed_over(session: Session) -> None:
    folder = macros.give(session.profile, "good", "[[do]]\nread = true\n").parent
    (folder / ".#good.toml").symlink_to("mei@desk.4711:1795400000")
    (folder / "gone.toml").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.toml")
    (folder / "sub.toml").mkdir()
    (folder / "deep.toml").write_text(f"a = {'[' * 5000}{']' * 5000}")
    found = macros.read(session.profile)
    assert [one.name for one in found.macros] == ["good"]
    assert [one.message.split()[0] for one in found.problems] == ["deep.toml", "gone.toml", "pipe.toml", "sub.toml"]


def test_example_is_a_macro(session: Session) -> None:
    assert written(session, macros.EXAMPLE, "example") == []


def ran(session: Session, text: str, only: str = "") -> tuple[list[str], list[str]]:
    """Run a macro on all; the refs of what was done and why the rest was not."""
    assert written(session, text) == []
    macro = macros.read(session.profile).get("refund")
    ids = [row.id for row in session.cache.read(inbox.page, session.query("is:all")) if only in row.contact]
    done = session.operations.perform(macros.plan(session, macro, ids), macros.reason_of(macro))
    return [op.verb.value for op in done.ops], [one.why_not for one in done.left]


def test_macro_does_its_steps_as_one_act_and_one_undo(session: Session) -> None:
    verbs, left = ran(session, MACRO, only="Ann")
    assert (verbs, left) == (["reply", "label", "assign", "status"], [])
    (row,) = [one for one in session.cache.read(inbox.page, session.query("is:all")) if one.contact == "Ann"]
    assert (row.status, row.contact_reason, row.labels) == (Status.RESOLVED, "billing/refund", ("refund",))
    assert session.cache.read(history.page, row.id)[-1].text == "Dear Ann,\ndone."
    session.operations.undo()
    (row,) = [one for one in session.cache.read(inbox.page, session.query("is:all")) if one.contact == "Ann"]
    assert (row.status, row.contact_reason, row.labels, row.assignee_id) == (Status.OPEN, "", (), None)


def test_rest_of_an_act_is_taken_back_once_its_reply_has_left(session: Session) -> None:
    ran(session, MACRO, only="Ann")
    (entry,) = session.cache.read(outbox.entries)
    session.cache.write(lambda tx: send_states.move(tx, entry.op_id, SendState.QUEUED))
    session.cache.write(lambda tx: send_states.move(tx, entry.op_id, SendState.SENDING))
    with pytest.raises(Departed) as refused:
        session.operations.undo()
    assert refused.value.rest == 3
    with pytest.raises(Departed):
        session.operations.undo(rest="another act")
    undone = session.operations.undo(rest=refused.value.group_id)
    assert (len(undone.ops), undone.gone) == (3, 1)
    (row,) = [one for one in session.cache.read(inbox.page, session.query("is:all")) if one.contact == "Ann"]
    assert (row.status, row.contact_reason, row.labels, row.assignee_id) == (Status.OPEN, "", (), None)
    assert session.cache.read(history.page, row.id)[-1].text == "Dear Ann,\ndone."
    with pytest.raises(Departed) as nothing:
        session.operations.undo(rest=refused.value.group_id)
    assert nothing.value.rest == 0


def test_conversation_of_which_something_is_not_known_is_left(session: Session) -> None:
    verbs, left = ran(session, '[[do]]\nnote = "{{ contact.fields.order }}"\n[[do]]\nread = true\n')
    assert verbs == []
    assert left == ["order is not known, and has no fall-back"] * 2


def test_reply_names_whom_it_goes_to_where_conversations_of_two_people_are_shown_as_one(session: Session) -> None:
    rows = {row.contact: row for row in session.cache.read(inbox.page, session.query("is:all"))}
    a_message(session.cache, rows["Bo"].id, "and one more thing")
    session.operations.merge(rows["Ann"].id, [rows["Bo"].id])
    text = "{{ contact.first_name }} {{ contact.address }} {{ conversation.subject }}"
    assert ran(session, f"[[do]]\nreply = '{text}'\n", only="Ann") == (["reply"], [])
    sent = session.cache.read(history.page, rows["Bo"].id)[-1]
    assert (sent.text, sent.to) == ("Bo bo@example.com About Bo", ("bo@example.com",))


def test_macro_for_another_channel_is_not_run(session: Session) -> None:
    _verbs, left = ran(session, 'channel = "line"\n[[do]]\nread = true\n')
    assert left == ["the macro is for line"] * 2


def test_reply_of_a_macro_leaves_when_it_says(session: Session) -> None:
    verbs, _left = ran(session, '[[do]]\nreply = "Hello"\nat = "2h"\n', only="Ann")
    assert verbs == ["reply"]
    (entry,) = session.cache.read(outbox.entries)
    assert entry.state is SendState.HELD
    assert abs(entry.due_at - session.cache.clock.now() - 2 * 3_600_000) < 60_000
