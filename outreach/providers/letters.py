"""The finished letters of a part, for providers that take them as MIME."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outreach.core.clock import now
from outreach.mail.mime import Unsendable, compile_mime, rfc2822_date
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome, ProviderRefuses


def letters(
    plan: Plan, recipients: Sequence[Recipient], outcomes: list[Outcome]
) -> Iterator[tuple[Recipient, bytes]]:
    """Each person's letter, written when it is asked for.

    Those that can't be sent go to `outcomes`, refused with the reason. Raises ProviderRefuses when
    the plan's sender has no usable address.
    """
    try:
        compiled = compile_mime(plan)
    except Unsendable as error:
        raise ProviderRefuses(f"The sender of this letter can’t be used. {error}") from None
    date = rfc2822_date(now())
    for recipient in recipients:
        try:
            letter = compiled.letter(recipient, date)
        except Unsendable as error:
            outcomes.append(Outcome(recipient.delivery_id, Fate.REFUSED, error.message))
        else:
            yield recipient, letter
