"""A provider that remembers what it was handed and does as each address tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from outreach.mail.flight import Flight
from outreach.mail.mime import mime_letter
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome


class Recorder:
    """Accepts everybody but for the fates given by address; `before` is called for each part."""

    name = "recorder"
    lanes = 1
    follows_letters = False

    def __init__(self, part_size: int = 100) -> None:
        self.part_size = part_size
        self.taken: list[str] = []
        self.letters: dict[str, str] = {}
        self.fates: dict[str, Fate] = {}
        self.known: dict[int, Fate] = {}  # what settle is certain of
        self.before: Callable[[Sequence[Recipient]], None] = lambda recipients: None

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """Remember each letter, then tell its fate."""
        assert len(recipients) <= self.part_size
        self.before(recipients)
        outcomes = []
        for recipient in recipients:
            fate = self.fates.get(recipient.address, Fate.ACCEPTED)
            if fate is not Fate.LATER:
                self.taken.append(recipient.address)
                letter = mime_letter(plan, recipient, "Mon, 01 Jun 2026 09:00:00 +0000")
                self.letters[recipient.address] = letter.decode("ascii")
            reason = "" if fate is Fate.ACCEPTED else f"told to be {fate.value}"
            outcomes.append(Outcome(recipient.delivery_id, fate, reason))
        return outcomes

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """What the test says is certain."""
        return [Outcome(i, self.known[i]) for i in delivery_ids if i in self.known]

    def close(self) -> None:
        """Nothing is held."""

    @property
    def twice(self) -> list[str]:
        """Addresses that were handed over more than once."""
        return [address for address, times in Counter(self.taken).items() if times > 1]
