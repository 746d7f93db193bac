"""What the engine asks of a provider; the adapters stand in outreach/providers/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from outreach.core.errors import TryLater
from outreach.mail.flight import Flight
from outreach.mail.plan import Plan, Recipient


class Fate(StrEnum):
    """What became of a letter when it was handed over; each says what to do next."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # never again as it is: the reason stands in the outcome
    LATER = "later"  # the provider asks for patience; certainly not sent
    UNKNOWN = "unknown"  # may or may not have been taken; never sent again without a person's word


class Outcome(NamedTuple):
    """One letter's fate. `reason` is a sentence without personal data; `ref` the provider's id."""

    delivery_id: int
    fate: Fate
    reason: str = ""
    ref: str = ""


class ProviderDown(TryLater):
    """The provider can't be reached or is out of capacity; nothing of this part was handed over.

    The engine keeps the batch and tries again after `wait_s` seconds.
    """

    def __init__(self, message: str, *, wait_s: float = 30.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class ProviderRefuses(TryLater):
    """The provider will not work for us as configured (credentials, sender, certificate);
    nothing of this part was handed over. The engine pauses the blast with this sentence."""


class Way(NamedTuple):
    """One of the relays that a provider works with: its name, and how many letters it takes in a
    part."""

    name: str
    part_size: int


class Provider(Protocol):
    """Takes letters."""

    name: str
    # How many parts it takes at the same time, each from a thread of its own.
    lanes: int
    # How many letters are handed over between two marks in the ledger.
    part_size: int
    # Whether it tells a flight how far each letter got. Where it does not, all letters of a part
    # are in doubt until their outcome is written down.
    follows_letters: bool

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """Hand over up to `part_size` letters; an outcome for each that was begun, in any order.

        All are begun unless `flight` was stopped meanwhile.

        Raises ProviderDown or ProviderRefuses only when certainly none was taken.
        """
        ...

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """What the provider itself knows of letters whose outcome a crash lost.

        Only certain knowledge: ACCEPTED, or LATER for certainly not sent. Others are left out.
        """
        ...

    def close(self) -> None:
        """Give back what is held, after parts that are under way; `send` opens it again."""
        ...


@runtime_checkable
class HasWays(Protocol):
    """A provider that works with several relays. `Flight.way` says which one is to take a part."""

    paces: Mapping[str, float]  # letters a second by the relay's name, from the settings

    def ways(self, sender: str) -> Sequence[Way]:
        """Those that work for this sender, or that are to be tried again, the next one first;
        never none."""
        ...


def ways_of(provider: Provider, sender: str) -> Sequence[Way]:
    """The ways by which a provider's next part from this sender may leave, the best first."""
    if isinstance(provider, HasWays):
        return provider.ways(sender)
    return (Way(provider.name, provider.part_size),)
