"""An organisation's own rules of who is a machine: weights, agents, networks, over the table's.

Kept as JSON with the organisation (`Organisation.judging`); what is not given stays as it comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.tracking.evidence import WEIGHTS

# Blasts stand on a floor above; all that is asked of them here is whose they are.
_BLASTS = table("blasts", column("id"), column("organisation_id"))


@dataclass(frozen=True, eq=False)
class Rules:
    """`weights` by evidence, 0 switches it off; `networks` are hashes as events have them.

    Each is its own, so that what it was found to say of a request can be remembered.
    """

    weights: Mapping[str, int] = field(default_factory=dict)
    machine_agents: Sequence[str] = ()
    reader_agents: Sequence[str] = ()
    networks: frozenset[str] = frozenset()
    remembered: dict[Any, Any] = field(default_factory=dict, repr=False)  # by classify.judge

    def weight(self, name: str) -> int:
        """What a piece of evidence weighs here."""
        return self.weights.get(name, WEIGHTS[name])

    def is_machine(self, agent: str) -> bool:
        """Whether the organisation says that this agent is a machine's."""
        return _contains(agent, self.machine_agents)

    def is_reader(self, agent: str) -> bool:
        """Whether the organisation says that this agent is that of people."""
        return _contains(agent, self.reader_agents)


AS_THEY_COME = Rules()


def of_organisation(organisation: Organisation) -> Rules:
    """The rules as an organisation has them."""
    return _read(organisation.judging)


def of_blast(session: Session, blast_id: int | None) -> Rules:
    """The rules by which the letters of a blast are judged; without one, as they come."""
    if blast_id is None:
        return AS_THEY_COME
    kept = session.scalar(
        select(Organisation.judging)
        .join(_BLASTS, _BLASTS.c.organisation_id == Organisation.id)
        .where(_BLASTS.c.id == blast_id)
    )
    return _read(kept or {})


def _read(kept: Mapping[str, Any]) -> Rules:
    return _of_json(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)) if kept else AS_THEY_COME


@lru_cache(maxsize=64)  # the same object for the same rules
def _of_json(text: bytes) -> Rules:
    kept = orjson.loads(text)
    return Rules(
        weights={name: n for name, n in kept.get("weights", {}).items() if name in WEIGHTS},
        machine_agents=kept.get("machine_agents", ()),
        reader_agents=kept.get("reader_agents", ()),
        networks=frozenset(chain.from_iterable(kept.get("networks", {}).values())),
    )


def _contains(agent: str, words: Sequence[str]) -> bool:
    if not words:
        return False
    lower = agent.lower()
    return any(word.lower() in lower for word in words)
