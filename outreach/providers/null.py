"""Writes every letter and gives it to nobody: for measuring and for rehearsals."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.mail.flight import Flight
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome
from outreach.providers.letters import letters


class NullProvider:
    """Counts letters and their bytes."""

    name = "null"
    lanes = 1
    follows_letters = False
    part_size = 1000

    def __init__(self) -> None:
        self.letters = 0
        self.bytes = 0

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """All accepted, but for letters that no provider could take."""
        outcomes: list[Outcome] = []
        for recipient, letter in letters(plan, recipients, outcomes):
            self.letters += 1
            self.bytes += len(letter)
            outcomes.append(Outcome(recipient.delivery_id, Fate.ACCEPTED))
        return outcomes

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """Nothing: it keeps no letters."""
        return []

    def close(self) -> None:
        """Nothing is held."""
