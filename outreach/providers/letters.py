"""The finished letters of a part, for providers that take them as MIME."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outreach.core.clock import now
from outreach.mail.dkim import Signer
from outreach.mail.headers import Unsendable, mailbox, rfc2822_date
from outreach.mail.mime import CompiledMime, compile_mime
from outreach.mail.plan import Envelope, Plan, Recipient
from outreach.mail.provider import Fate, Outcome, ProviderRefuses


def letters(
    plan: Plan,
    recipients: Sequence[Recipient],
    outcomes: list[Outcome],
    *,
    signer: Signer | None = None,
) -> Iterator[tuple[Recipient, bytes]]:
    """Each person's letter, written (and signed) when it is asked for.

    Those that can't be sent go to `outcomes`, refused with the reason. Raises ProviderRefuses, at
    once, when the plan's sender has no usable address.
    """
    require_sender(plan.envelope)
    written = _written(compile_mime(plan), recipients, outcomes)
    return signer.sign_all(written) if signer else written


def require_sender(envelope: Envelope) -> None:
    """Raises ProviderRefuses when letters can't come from, or be answered to, these addresses:
    a fault of the sender must not be counted against the people written to."""
    try:
        mailbox(envelope.sender_name, envelope.sender_address)
        if envelope.reply_to:
            mailbox("", envelope.reply_to)
    except Unsendable as error:
        raise ProviderRefuses(f"The sender of this letter can’t be used. {error}") from None


def _written(
    compiled: CompiledMime, recipients: Sequence[Recipient], outcomes: list[Outcome]
) -> Iterator[tuple[Recipient, bytes]]:
    date = rfc2822_date(now())
    for recipient in recipients:
        try:
            letter = compiled.letter(recipient, date)
        except Unsendable as error:
            outcomes.append(Outcome(recipient.delivery_id, Fate.REFUSED, error.message))
        else:
            yield recipient, letter
