"""What can be done where the channel takes no free answer: a template, a tag, another channel of the same person."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.desk.budgets import budget_words
from omnitui.desk.naming import channel_word
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.sdk.capabilities import Allow, Barred, Capabilities, NeedTag, NeedTemplate, PaidPush, Policy
from omnitui.services.triage.ways import Way, ways
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Piece, plain
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

TEMPLATE = "template"
TAG = "tag"
UNTAG = "untag"


async def pick_way(
    desk: Desk, conversation: Conversation, capabilities: Capabilities, policy: Policy | None, tag: str
) -> Way | str | None:
    """Ask how else it can be answered: a `Way`, or `TEMPLATE`, `TAG`, `UNTAG`.

    Raises:
        OmniError: There is no other way.
    """
    now = desk.clock.now()
    choices: list[Choice] = []
    if capabilities.templates:
        choices.append(Choice(TEMPLATE, ((_("an approved template …"), "strong"),), ((_("at any time"), "good"),)))
    if isinstance(policy, NeedTag):
        words = _("under the tag {tag} …").format(tag=plain(policy.tag))
        choices.append(Choice(UNTAG if tag else TAG, ((words, "strong"),), _until(policy.until, now)))
    for way in await desk.cache.aread(ways, conversation.id, now):
        choices.append(_choice(way, now))
    if not choices:
        raise OmniError(
            _("there is no other way to this customer"), hint=_("link the contact with its other addresses first")
        )
    hint = _("Enter takes what you wrote there; both conversations will say so")
    chosen = await desk.ask(PickerScreen(_("Answer how?"), among(choices), hint=hint))
    return chosen.value if chosen is not None else None


def _choice(way: Way, now: Millis) -> Choice:
    there = way.conversation
    about = (there.subject or there.snippet) if there is not None else _("a new conversation")
    left = (
        (plain(channel_word(way.channel)), "theirs"),
        (f" {plain(way.identity.address)}", "text"),
        (f" · {plain(about)}", "muted"),
    )
    return Choice(way, left, (state(way.policy, now),), words=way.account, dim=isinstance(way.policy, Barred))


def state(policy: Policy, now: Millis) -> Piece:
    """What a policy allows, in a few words."""
    match policy:
        case Allow(until=None) | PaidPush(left=""):
            return (_("open"), "good") if isinstance(policy, Allow) else (_("uses the paid quota"), "warn")
        case Allow():
            assert policy.until is not None
            return _("closes in {span}").format(span=phrases.countdown(policy.until - now)), "good"
        case PaidPush():
            return f"{_('uses the paid quota')}: {plain(budget_words(policy.left))}", "warn"
        case NeedTag():
            return _("under the tag {tag} only").format(tag=plain(policy.tag)), "warn"
        case NeedTemplate():
            return _("an approved template only"), "warn"
    return plain(policy.why), "bad"


def _until(until: Millis | None, now: Millis) -> tuple[Piece, ...]:
    return ((_("closes in {span}").format(span=phrases.countdown(until - now)), "good"),) if until is not None else ()


async def ask_reason(desk: Desk, tag: str) -> str:
    """Ask why an answer goes under a tag; empty where that was left."""
    title = _("Why under the tag {tag}?").format(tag=plain(tag))
    found = await desk.ask(FormScreen(title, (Entry("reason", _("The reason is kept in the log")),), done=_("take it")))
    return found["reason"].strip() if found is not None else ""
