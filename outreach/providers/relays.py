"""Several relays as one provider: letters by weight, and past a relay that does not work."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from outreach.core import log
from outreach.mail.flight import Flight
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Outcome, ProviderDown, ProviderRefuses, Way
from outreach.providers.smtp import SmtpProvider

FIRST_S, LONGEST_S = 15.0, 600.0  # until a relay that does not work is tried again

_log = log.get(__name__)


@dataclass
class Member:
    """One of the relays. `weight`: its share of the letters beside the others."""

    name: str
    provider: SmtpProvider
    weight: float = 1.0
    served: float = 0.0  # letters divided by the weight
    parts: int = 0  # under way
    failures: int = 0  # one after the other
    down_until: float = 0.0
    why: str = ""
    refused: dict[str, tuple[float, str]] = field(default_factory=dict)  # by sender: until, why

    def tried_at(self, sender: str) -> float:
        """When it may be tried again for this sender; in the past: it works."""
        return max(self.down_until, self.refused.get(sender, (0.0, ""))[0])


class RelaysProvider:
    """Hands each part to the relay that `flight.way` names, as SmtpProvider does.

    One that does not work is passed over, and tried again after a wait that grows from FIRST_S to
    LONGEST_S seconds. A sender is refused when no relay takes it.
    """

    name = "smtp"
    follows_letters = True

    def __init__(self, members: Sequence[Member], paces: dict[str, float] | None = None) -> None:
        self.lanes = sum(member.provider.lanes for member in members)
        self.part_size = max(member.provider.part_size for member in members)
        self.paces = paces or {}  # letters a second by name, from the settings
        self._members = {member.name: member for member in members}
        self._lock = threading.Lock()

    def ways(self, sender: str) -> Sequence[Way]:
        """The relays that work, or else the one that is to be tried again first."""
        with self._lock:
            return [Way(one.name, one.provider.part_size) for one in self._in_order(sender)]

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """Hand over a part by its way, or by the best where it names none.

        Raises ProviderDown without a wait where another relay may take it.
        """
        sender = plan.envelope.sender_address
        with self._lock:
            member = self._members.get(flight.way if flight else "") or self._in_order(sender)[0]
            if member.tried_at(sender) > monotonic():  # since the way was chosen
                raise self._else(sender, self._why(member, sender))
            member.parts += 1
        try:
            outcomes = member.provider.send(plan, recipients, flight)
        except ProviderDown as down:
            raise self._failed(member, sender, str(down)) from None
        except ProviderRefuses as refusal:
            raise self._refused(member, sender, str(refusal)) from None
        finally:
            with self._lock:
                member.parts -= 1
        self._worked(member, len(recipients))
        return outcomes

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """Nothing: relays can't be asked."""
        return []

    def close(self) -> None:
        """Take leave of all relays."""
        for member in self._members.values():
            member.provider.close()

    def _in_order(self, sender: str) -> list[Member]:
        instant = monotonic()
        members = self._members.values()
        works = [one for one in members if one.tried_at(sender) <= instant]
        if not works:
            return [min(members, key=lambda one: one.tried_at(sender))]
        # What is full would keep a part waiting that is marked already.
        works.sort(key=lambda one: (one.parts >= one.provider.lanes, one.served))
        return works

    def _worked(self, member: Member, letters: int) -> None:
        with self._lock:
            if member.failures:
                # It does not catch up on what others took meanwhile.
                others = [one.served for one in self._members.values() if not one.failures]
                member.served = max(member.served, min(others, default=0.0))
                _log.info("relay.works_again", relay=member.name)
            member.failures, member.down_until, member.why = 0, 0.0, ""
            member.served += letters / member.weight

    def _failed(self, member: Member, sender: str, why: str) -> ProviderDown:
        with self._lock:
            instant = monotonic()
            if member.down_until <= instant:  # and not by another part at the same time
                wait_s = min(LONGEST_S, FIRST_S * 2.0**member.failures)
                member.failures, member.down_until = member.failures + 1, instant + wait_s
                _log.warning("relay.does_not_work", relay=member.name, reason=why, wait_s=wait_s)
            member.why = why
            return self._else(sender, why)

    def _refused(self, member: Member, sender: str, why: str) -> ProviderDown | ProviderRefuses:
        with self._lock:
            member.refused[sender] = (monotonic() + LONGEST_S, why)
            if all(sender in one.refused for one in self._members.values()):
                # A person has to look; when they say so, all are tried again.
                for one in self._members.values():
                    one.refused.pop(sender)
                return ProviderRefuses(why)
            return self._else(sender, why)

    def _else(self, sender: str, why: str) -> ProviderDown:
        wait_s = min(one.tried_at(sender) for one in self._members.values()) - monotonic()
        return ProviderDown(why, wait_s=max(0.0, wait_s))

    def _why(self, member: Member, sender: str) -> str:
        refused = member.refused.get(sender)
        return member.why or (refused[1] if refused else "") or "No relay works."
