"""Forms of the console: what was typed, what is wrong with it, and the cross-site check.

A form says its errors when it is sent: a view reads its fields, calls the operation inside
`form.judging()`, and shows the same page again with status 400 when `form.faults` is not empty.
The domain's own errors (BadInput with its field, FormErrors, Conflict) become faults; what was
typed stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from flask import flash, request
from flask_wtf.csrf import CSRFProtect

from outreach.core.errors import BadInput, Conflict, FormErrors, NotAllowed, NotFound, TryLater

csrf = CSRFProtect()


class Form:
    """The fields of one form; `faults` are pairs of (field or "", sentence), in order."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})
        self.faults: list[tuple[str, str]] = []

    @classmethod
    def sent(cls) -> Form:
        """The form of this request."""
        return cls(request.form.to_dict())

    def text(self, name: str) -> str:
        """A field as typed, without space around it; line ends as one character."""
        return self.values.get(name, "").replace("\r\n", "\n").strip()

    def needed(self, name: str, sentence: str) -> str:
        """A field that can't stay empty; `sentence` tells what to enter."""
        value = self.text(name)
        if not value:
            self.refuse(name, sentence)
        return value

    def instant(self, name: str) -> datetime | None:
        """A `datetime-local` field, naive as it was typed; a fault where it can't be read."""
        value = self.text(name)
        try:
            return datetime.fromisoformat(value).replace(tzinfo=None)
        except ValueError:
            self.refuse(name, "Enter a date and a time, for example 2027-03-21 09:00.")
            return None

    def refuse(self, name: str, sentence: str) -> None:
        """Note a fault at a field ("" for the form as a whole)."""
        self.faults.append((name, sentence))

    def fault(self, name: str) -> str:
        """What is wrong with this field, or "" where nothing is."""
        return next((sentence for field, sentence in self.faults if field == name), "")

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Turn what the domain says against the input into faults; nothing was stored then."""
        try:
            yield
        except FormErrors as error:
            self.faults.extend(error.faults)
        except (BadInput, Conflict, NotAllowed, NotFound, TryLater) as error:
            self.refuse(error.field or "", str(error))


def notice(title: str, detail: str = "", *, level: str = "ok") -> None:
    """Tell on the next page what happened, what was kept, what to do next.

    `level`: ok, warn or stop. The notice stays until it is read; no personal data goes in.
    """
    flash(f"{title}\n{detail}", level)
