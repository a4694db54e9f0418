"""Whether a LINE channel is set up so that messages come in and go out."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.sdk import AuthFailed, Broken, Fault, Health
from omnitui_line.client import MessagingApi, Refusal


async def checkup(api: MessagingApi, settings: Mapping[str, str], secrets: Mapping[str, str]) -> Health:
    """Try the token, the webhook's address and the way back to us."""
    try:
        bot = await api.get("info")
        name = f"{bot.get('displayName', '')} {bot.get('basicId', '')}".strip()
        if not settings.get("gateway") and not secrets.get("channel_secret"):
            return Health(
                ok=False,
                message=f"{name}: the gateway on this machine cannot tell LINE's messages from forged ones",
                hint="give the channel secret: LINE Developers console, Basic settings",
                refused=True,
            )
        if (wrong := await _webhook(api, name)) is not None:
            return wrong
        left = await quota(api)
    except Fault as fault:
        return Health(ok=False, message=fault.message, hint=fault.hint, refused=isinstance(fault, AuthFailed))
    except (Broken, Refusal) as error:
        return Health(ok=False, message=str(error))
    return Health(ok=True, message=f"{name}; {left}")


async def _webhook(api: MessagingApi, name: str) -> Health | None:
    """What is wrong with the way in; None where LINE reaches the gateway."""
    where = "LINE Developers console, Messaging API, Webhook settings: docs/line.md"
    try:
        endpoint = await api.get("channel/webhook/endpoint")
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        return Health(ok=False, message=f"{name} has no webhook: no messages come in", hint=where)
    if not endpoint.get("active"):
        return Health(ok=False, message=f"{name}: Use webhook is off, no messages come in", hint=where)
    tried = await api.post("channel/webhook/test", {})
    if not tried.get("success"):
        said = " ".join(str(tried[part]) for part in ("statusCode", "reason", "detail") if tried.get(part))
        return Health(
            ok=False,
            message=f"{name}: LINE does not reach {endpoint.get('endpoint', 'its webhook')}: {said}",
            hint="`omnitui gateway status` counts what it refused, and why",
        )
    return None


async def quota(api: MessagingApi) -> str:
    """What is left of this month's messages, in words. Raises `Refusal`, `Broken`, faults."""
    most, used = await api.get("message/quota"), await api.get("message/quota/consumption")
    limit, sent = most.get("value"), used.get("totalUsage")
    if most.get("type") != "limited" or not isinstance(limit, int) or not isinstance(sent, int):
        return f"{sent:,} messages this month, without a limit" if isinstance(sent, int) else ""
    return f"{max(0, limit - sent):,} of {limit:,} messages left this month"
