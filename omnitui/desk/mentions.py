"""Who is named in a note: `@` and an agent's name, written out, so that a search for it finds the note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from omnitui.model.people import Agent

_BEGUN = re.compile(r"(?:^|(?<=[\s(（「、。,.]))[@＠](\S{0,40})\Z")


def mentioned(text: str, agents: Iterable[Agent]) -> list[Agent]:
    """The agents that `text` names, each once; of two names that fit, the longer one counts."""
    folded = text.casefold().replace("＠", "@")
    found: list[tuple[int, Agent]] = []
    taken: set[int] = set()
    for agent in sorted(agents, key=lambda one: -len(one.name)):
        name = f"@{agent.name.casefold()}"
        for match in re.finditer(re.escape(name), folded) if agent.name.strip() else ():
            after = folded[match.end() : match.end() + 1]
            if match.start() in taken or (after.isalnum() and after.isascii() and name[-1].isascii()):
                continue
            taken.add(match.start())
            found.append((match.start(), agent))
    order = [agent for _at, agent in sorted(found, key=lambda one: one[0])]
    return list(dict.fromkeys(order))


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
