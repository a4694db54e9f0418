"""Who is named in a note: `@` and an agent's name, written out, so that a search for it finds the note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from omnitui.model.people import Agent

_BEGUN = re.compile(r"(?:^|(?<=[\s(（「、。,.]))[@＠](\S{0,40})\Z")


def named(text: str, names: Iterable[str]) -> list[str]:
    """Those of agents' `names` that `text` names, in its order; of two that fit, the longer one counts."""
    folded = text.casefold().replace("＠", "@")
    found: list[tuple[int, str]] = []
    taken: set[int] = set()
    for name in sorted(dict.fromkeys(names), key=lambda one: -len(one)):
        wanted = f"@{name.casefold()}"
        for match in re.finditer(re.escape(wanted), folded) if name.strip() else ():
            after = folded[match.end() : match.end() + 1]
            if match.start() in taken or (after.isalnum() and after.isascii() and wanted[-1].isascii()):
                continue
            taken.add(match.start())
            found.append((match.start(), name))
    return list(dict.fromkeys(name for _at, name in sorted(found)))


def mentioned(text: str, agents: Iterable[Agent]) -> list[Agent]:
    """The agents that `text` names, each once; of two names that fit, the longer one counts."""
    known: dict[str, Agent] = {}
    for agent in agents:
        known.setdefault(agent.name, agent)
    return [known[name] for name in named(text, known)]


def begun(line: str) -> str | None:
    """What stands behind the `@` with which a line ends; None where there is none, or within an address."""
    found = _BEGUN.search(line)
    return found[1] if found else None


def offered(begin: str, agents: Sequence[Agent]) -> list[Agent]:
    """Agents of whose name a part, or whose address, begins so."""
    wanted = begin.casefold()
    return [
        agent
        for agent in agents
        if (
            agent.name
            and any(part.startswith(wanted) for part in (agent.name.casefold(), *agent.name.casefold().split()))
        )
        or any(address.casefold().startswith(wanted) for address in agent.addresses if wanted)
    ]
