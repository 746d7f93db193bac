"""State machines, declared once beside their table: every move has a name, repeats do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table, Update, or_, update

from outreach.core.errors import Conflict


@dataclass(frozen=True)
class Move:
    """A named transition: from any of `sources` to `target`."""

    sources: frozenset[str]
    target: str


def move(sources: str, target: str) -> Move:
    """`move("draft paused", "scheduled")`, for declarations that read as a table."""
    return Move(frozenset(sources.split()), target)


class StateMachine:
    """The moves of one kind of thing.

    `noun` names the thing in errors; `moves` maps each verb to its Move; `ours` are verbs that
    nobody types or presses, and that no error offers.
    """

    def __init__(self, noun: str, moves: Mapping[str, Move], *, ours: str = "") -> None:
        self.noun = noun
        self.moves = dict(moves)
        self._offered = sorted(self.moves.keys() - set(ours.split()))
        self.states = frozenset().union(*({m.target} | m.sources for m in moves.values()))

    def allows(self, state: str, verb: str) -> bool:
        """Whether the verb does something in this state."""
        return state in self.moves[verb].sources

    def update(self, table: Table, verb: str) -> Update:
        """UPDATE of all rows of `table` that the verb may move, to the state that follows.

        The caller says which of them, and what else changes with the state.
        """
        chosen = self.moves[verb]
        # Not IN, whose list can't be part of a statement that runs for many rows.
        movable = or_(*(table.c.state == state for state in sorted(chosen.sources)))
        return update(table).where(movable).values(state=chosen.target)

    def after(self, state: str, verb: str) -> str:
        """The state that follows; a verb whose target is already reached changes nothing.

        Raises Conflict, naming what would be possible, where the move is not allowed.
        """
        chosen = self.moves[verb]
        if state in chosen.sources or state == chosen.target:
            return chosen.target
        possible = ", ".join(v for v in self._offered if self.allows(state, v)) or "nothing"
        raise Conflict(
            f"This {self.noun} is {state}: it can’t {verb} now.", hint=f"Possible: {possible}."
        )
