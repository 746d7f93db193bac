"""A plan as MIME letters: everything static is encoded once, and a letter is one join.

Letters are ASCII with CRLF (UTF-8 in the To header only for an address that itself needs
SMTPUTF8), no line is longer than 998 bytes, and none starts with ".", so that they go into SMTP's
DATA as they are.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from outreach.core.address import domain
from outreach.core.tokens import Slot
from outreach.mail import quoted
from outreach.mail.headers import Unsendable, mailbox, one_line, rfc2822_date, unstructured
from outreach.mail.plan import Envelope, Form, Piece, Plan, Recipient

__all__ = ["CompiledMime", "Unsendable", "compile_mime", "mime_letter", "rfc2822_date"]

# What large mailbox providers take, counted as sent.
MAX_LETTER_BYTES = 25_000_000
# "=_" can't occur in quoted-printable text, so no body can hold the boundary.
_BOUNDARY = "=_outreach_part"
# Slots beside those of the plan, counted from the end of the row that fills a letter.
_TO, _SUBJECT, _DATE, _ID, _MARK = range(-5, 0)


class MimeForm(NamedTuple):
    """Static strings of one outcome and, between them, the places of a row of values."""

    subject: str  # for the % operator; where it has no personal part, as it stands
    pick_subject: Callable[[Sequence[str]], object] | None
    template: list[str]  # static at even places, to be filled at odd ones
    pick: Callable[[Sequence[str]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CompiledMime:
    """A plan's forms, encoded, by the number of their outcome."""

    merges: int  # how many of a person's values are merge fields; tokens need no encoding
    way_out: int  # the place of the tag for unsubscribing
    forms: tuple[MimeForm, ...]

    def letter(self, recipient: Recipient, date: str) -> bytes:
        """One person's letter; raises Unsendable for an impossible address and above 25 MB.

        The Message-ID is the same whenever this delivery is written. Its mark, the beginning of
        the tag for the way out, sets it apart from other installations of the same sender.
        """
        delivery_id, address, name, values, outcome = recipient
        subject, pick_subject, template, pick = self.forms[outcome]
        row = (
            *map(quoted.value, values[: self.merges]),
            *values[self.merges :],
            mailbox(name, address),
            unstructured(subject % pick_subject(values)) if pick_subject else subject,
            date,
            str(delivery_id),
            # 30 of the tag's 72 bits: who sees a Message-ID can't use the way out.
            values[self.way_out][:5] or "0",
        )
        pieces = template.copy()
        pieces[1::2] = pick(row)
        letter = "".join(pieces).encode()
        if len(letter) > MAX_LETTER_BYTES:
            raise Unsendable(
                f"The letter has {len(letter):,} bytes; mail servers take {MAX_LETTER_BYTES:,}."
            )
        return letter


def mime_letter(plan: Plan, recipient: Recipient, date: str) -> bytes:
    """One person's letter; `date` as rfc2822_date has it. Raises Unsendable."""
    return compile_mime(plan).letter(recipient, date)


# By identity: hashing a plan would cost more than filling it.
_compiled: dict[int, CompiledMime] = {}


def compile_mime(plan: Plan) -> CompiledMime:
    """The encoded form of a plan, made once and kept as long as the plan."""
    compiled = _compiled.get(id(plan))
    if compiled is None:
        compiled = _compile(plan)
        _compiled[id(plan)] = compiled
        weakref.finalize(plan, _compiled.pop, id(plan), None)
    return compiled


def _compile(plan: Plan) -> CompiledMime:
    headers = tuple(_headers(plan))
    return CompiledMime(
        merges=len(plan.merges),
        way_out=plan.token(Slot.UNSUBSCRIBE)[-1],
        forms=tuple(_form(headers, form) for form in plan.forms),
    )


def _form(headers: Iterable[Piece], form: Form) -> MimeForm:
    pieces: list[Piece] = [
        *headers,
        f"\r\n--{_BOUNDARY}\r\n{_part_head('plain')}",
        *_body(form.text),
        f"\r\n--{_BOUNDARY}\r\n{_part_head('html')}",
        *_body(form.html),
        f"\r\n--{_BOUNDARY}--\r\n",
    ]
    template, places = _cut(pieces)
    subject, subject_places = _cut(form.subject)
    if subject_places:
        said = "%s".join(static.replace("%", "%%") for static in subject)
    else:
        said = unstructured(subject[0])
    return MimeForm(
        subject=said,
        pick_subject=itemgetter(*subject_places) if subject_places else None,
        template=[static for piece in template for static in (piece, "")][:-1],
        pick=itemgetter(*places),
    )


def _cut(pieces: Iterable[Piece]) -> tuple[list[str], list[int]]:
    """Static strings, and the places of the values that stand between them."""
    statics, places = [""], []
    for piece in pieces:
        if isinstance(piece, int):
            places.append(piece)
            statics.append("")
        else:
            statics[-1] += piece
    return statics, places


def _headers(plan: Plan) -> Iterable[Piece]:
    envelope = plan.envelope
    yield f"From: {mailbox(envelope.sender_name, envelope.sender_address)}\r\nTo: "
    yield _TO
    yield "\r\nSubject: "
    yield _SUBJECT
    yield "\r\nDate: "
    yield _DATE
    yield "\r\nMessage-ID: <d"
    yield _ID
    yield "."
    yield _MARK
    yield f"@{domain(envelope.sender_address)}>\r\n"
    if envelope.can_unsubscribe:
        yield f"List-Unsubscribe: <{envelope.base_url}/u/"
        yield from plan.token(Slot.UNSUBSCRIBE)
        yield ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    yield "".join(f"{name}: {value}\r\n" for name, value in static_headers(envelope).items())
    if envelope.reply_to:
        yield f"Reply-To: {mailbox('', envelope.reply_to)}\r\n"
    yield f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n'


def static_headers(envelope: Envelope) -> dict[str, str]:
    """Headers, beside addresses and a supporter's way out, that all letters of a plan share."""
    out = one_line(envelope.way_out)
    headers = {
        "List-Unsubscribe": f"<{out}>" if out else "",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if out else "",
        "List-Id": f"<{one_line(envelope.list_id)}>" if envelope.list_id else "",
        "Feedback-ID": one_line(envelope.feedback_id),
        "Auto-Submitted": "auto-generated" if envelope.automatic else "",
    }
    return {name: value for name, value in headers.items() if value}


def _part_head(subtype: str) -> str:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )


def _body(pieces: Sequence[Piece]) -> Iterable[Piece]:
    for i, piece in enumerate(pieces):
        if isinstance(piece, int):
            yield piece
            ended = i + 1 == len(pieces)
            if ended or isinstance(pieces[i + 1], int):
                yield quoted.SOFT_BREAK
            continue
        before_value = i + 1 < len(pieces)
        yield quoted.static(piece, after_value=i > 0, before_value=before_value)
