"""From which rates on a blast pauses by itself: those of the settings, or an organisation's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.core.errors import FormErrors

LETTERS = "letters"
# States of letters that a blast is paused for, in the words of a form.
STATES: Mapping[str, str] = MappingProxyType(
    {"bounced": "Bounced", "complained": "Reported as spam", "refused": "Refused by the provider"}
)
FIELDS = (*STATES, LETTERS)
_MOST_LETTERS = 1_000_000


@dataclass(frozen=True)
class Limits:
    """From which share on a blast is paused, in percent by state of its letters (0: never), and how
    many letters that takes at least."""

    percent: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"bounced": 5.0, "complained": 0.3, "refused": 10.0}
        )
    )
    letters: int = 200

    def __str__(self) -> str:
        """When a blast pauses by itself, as a sentence."""
        rates = [
            f"{share:g} % {STATES[state].lower()}" for state, share in self.percent.items() if share
        ]
        if not rates:
            return "A blast never pauses by itself."
        said = f"{', '.join(rates[:-1])} or {rates[-1]}" if rates[1:] else rates[0]
        return f"A blast pauses by itself from {said} on, of at least {self.letters:,} letters."


def of_organisation(organisation: Organisation, settings: Limits) -> Limits:
    """What holds for its blasts: its own limits, and for the rest those of the settings."""
    own = organisation.pausing
    percent = {state: float(own.get(state, settings.percent[state])) for state in settings.percent}
    return Limits(MappingProxyType(percent), int(own.get(LETTERS, settings.letters)))


def values(organisation: Organisation) -> dict[str, str]:
    """Its own limits as text; "" where the settings hold."""
    own = organisation.pausing
    return {name: str(own[name]).removesuffix(".0") if name in own else "" for name in FIELDS}


def edit(
    session: Session, organisation: Organisation, changes: Mapping[str, str], *, actor: str
) -> list[str]:
    """Set limits of FIELDS from text, "" for those of the settings; the fields that are other than
    before. Raises FormErrors naming each field at fault; nothing changed then."""
    faults: list[tuple[str, str]] = []
    own: dict[str, Any] = dict(organisation.pausing)
    for name, text in changes.items():
        if not text.strip():
            own.pop(name, None)
        elif (number := _number(name, text)) is not None:
            own[name] = number
        elif name == LETTERS:
            faults.append((name, "Enter a whole number of letters such as 200, or nothing."))
        else:
            faults.append((name, "Enter a percentage such as 0.3, 0 for never, or nothing."))
    if faults:
        raise FormErrors(faults)
    changed = [name for name in FIELDS if own.get(name) != organisation.pausing.get(name)]
    organisation.pausing = own
    session.flush()
    if changed:
        subject = f"organisation:{organisation.id}"
        audit.record(
            session, actor=actor, action="organisation.pausing", subject=subject, changed=changed
        )
    return changed


def _number(name: str, text: str) -> float | int | None:
    """What was typed; None where it is no such number."""
    plain = text.strip().removesuffix("%").strip()
    if name == LETTERS:
        whole = plain.replace(",", "")
        return int(whole) if whole.isdecimal() and 1 <= int(whole) <= _MOST_LETTERS else None
    try:
        share = float(plain.replace(",", "."))
    except ValueError:
        return None
    return share if 0 <= share <= 100 else None
