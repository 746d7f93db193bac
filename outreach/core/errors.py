"""Failures sorted by what a person does next; the doors map them to words and status codes."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.core.languages import N_


class OutreachError(Exception):
    """A failure that a person can act on.

    `message` says what happened and what was kept; `hint` what to do next; `field` names the
    input at fault where there is one. `status` is the HTTP status that the web gives it.
    """

    status = 500
    title = N_("Something went wrong")

    def __init__(self, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInput(OutreachError):
    """What was given can't be used; nothing was stored."""

    status = 400
    title = N_("That can’t be used as it is")


class NotFound(OutreachError):
    """The thing asked for does not exist here."""

    status = 404
    title = N_("Not found")


class NotAllowed(OutreachError):
    """This person may not do this."""

    status = 403
    title = N_("Not allowed")


class Conflict(OutreachError):
    """The state of the thing does not allow this now (its state says what does)."""

    status = 409
    title = N_("Not possible now")


class TryLater(OutreachError):
    """Something outside does not answer; the same call may succeed later."""

    status = 503
    title = N_("Not reachable at the moment")


class TooMany(OutreachError):
    """More than is taken from one place in this time; the same call may succeed later."""

    status = 429
    title = N_("Too many at once")


class FormErrors(BadInput):
    """Several fields at fault at once: pairs of (field, sentence)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(sentence for _, sentence in faults))
        self.faults = tuple(faults)
