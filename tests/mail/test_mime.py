"""Letters as bytes: what a mail client reads is what the plan says, whatever people are called."""

from __future__ import annotations

import gc
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.core.tokens import Slot, Tokens
from outreach.mail.draft import Draft
from outreach.mail.fields import Field
from outreach.mail.mime import Unsendable, compile_mime, mime_letter, rfc2822_date
from outreach.mail.plan import CONTROL, Context, Envelope, Plan, Recipient

TOKENS = Tokens("a secret for tests")
DATE = rfc2822_date(datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
ENVELOPE = Envelope(
    sender_name="Mara, Harbour Lights",
    sender_address="mara@harbour.example",
    base_url="https://act.harbour.example",
    list_id="petitions.harbour.example",
    feedback_id="b3:o1:outreach",
    reply_to="hello@harbour.example",
)
# Everything but lone surrogates, with what breaks encoders drawn often.
anything = st.one_of(
    st.text(),
    st.text(
        alphabet=st.sampled_from('a ."=?_<>@\\,\r\n\té€🐟\u2028\x85\x00FromBcc:'), max_size=200
    ),
)
statics = st.lists(anything, min_size=3, max_size=3)


def letter_plan(subject: list[str], html: list[str], text: list[str]) -> Plan:
    draft = Draft(nonce="0f0f0f0f")
    name, link = Field("first_name"), int(Slot.FIRST_LINK)

    def filled(pieces: list[str], context: Context) -> str:
        middle = draft.merge(name, context) + pieces[1]
        if context is not Context.HEADER:
            middle += draft.link(link)
        return pieces[0] + middle + pieces[2]

    return draft.compile(
        ENVELOPE,
        subject=filled(subject, Context.HEADER),
        html=filled(html, Context.HTML),
        text=filled(text, Context.PLAIN),
        blast_id=3,
    )


def recipient(plan: Plan, first_name: str = "Anna", **changes: object) -> Recipient:
    tokens = TOKENS.letter_maker(plan.blast_id, plan.links)(77)
    known = {"first_name": first_name}
    facts: dict[str, object] = {
        "delivery_id": 77,
        "address": "anna@mail.example",
        "name": "Anna Smith",
        "values": plan.values_of([known[field] for field in plan.fields], tokens),
    }
    return Recipient(**(facts | changes))  # type: ignore[arg-type]


def parsed(letter: bytes) -> EmailMessage:
    message = message_from_bytes(letter, policy=policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
    return message


def part_text(message: EmailMessage, subtype: str) -> str:
    [part] = [p for p in message.walk() if p.get_content_type() == f"text/{subtype}"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


def read_mailbox(letter: bytes) -> tuple[str, str]:
    """Name and address in To, by the older parser: the newer one leaves spaces between the
    encoded words of a long name, against RFC 2047, 6.2."""
    to = str(message_from_bytes(letter, policy=policy.compat32)["To"])
    name, address = parseaddr(re.sub(r"\r\n(?= )", "", to))
    return str(make_header(decode_header(name))), address


def with_newlines(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def assert_fit_for_smtp(letter: bytes) -> None:
    assert letter.endswith(b"\r\n")
    assert b"\r" not in letter.replace(b"\r\n", b"") and b"\n" not in letter.replace(b"\r\n", b"")
    head, _, body = letter.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@settings(deadline=None)
@given(subject=statics, html=statics, text=statics, first_name=anything, name=anything)
@example(["", "", ""], ["", "", ""], ["", "", ""], "", "")
@example([" x", "", " "], [".", "", "."], ["From ", "", " "], ".From ", '"\\" <a@b>')
@example(["é" * 99, "é", ""], ["é" * 99] * 3, ["=" * 80] * 3, "🐟" * 80, "é" * 300)
@example(["%s %", "%d", "=?utf-8?q?x?="], ["x" * 75] * 3, ["x" * 76] * 3, "x" * 74, "=?a?b?c?=")
def test_a_letter_reads_as_its_plan_is_filled(
    subject: list[str], html: list[str], text: list[str], first_name: str, name: str
) -> None:
    plan = letter_plan(subject, html, text)
    person = recipient(plan, first_name, name=name)

    letter = mime_letter(plan, person, DATE)

    assert_fit_for_smtp(letter)
    message = parsed(letter)
    assert part_text(message, "html") == with_newlines(plan.filled(plan.html, person.values))
    assert part_text(message, "plain") == with_newlines(plan.filled(plan.text, person.values))
    assert message["Subject"] == plan.filled(plan.subject, person.values)
    assert read_mailbox(letter) == (CONTROL.sub(" ", name), "anna@mail.example")
    assert [key for key in message if key != "Auto-Submitted"] == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Feedback-ID",
        "Reply-To",
        "MIME-Version",
        "Content-Type",
    ]


def plain_plan(**envelope: object) -> Plan:
    facts = {field: getattr(ENVELOPE, field) for field in ENVELOPE.__dataclass_fields__}
    return Draft().compile(
        Envelope(**(facts | envelope)),  # type: ignore[arg-type]
        subject="Save the harbour",
        html="<p>Hello</p>",
        text="Hello",
        blast_id=3,
    )


def test_headers_say_who_writes_and_how_to_leave() -> None:
    plan = plain_plan()
    person = recipient(plan)
    letter = mime_letter(plan, person, DATE)
    message = parsed(letter)

    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (
        "Mara, Harbour Lights",
        "mara@harbour.example",
    )
    # On one line: no reader may have to unfold it.
    (way_out,) = TOKENS.letter(77, 3, [Slot.UNSUBSCRIBE])
    line = f"List-Unsubscribe: <https://act.harbour.example/u/{way_out}>\r\n"
    assert letter.count(line.encode()) == 1
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<petitions.harbour.example>"
    assert message["Feedback-ID"] == "b3:o1:outreach"
    assert message["Reply-To"] == "hello@harbour.example"
    assert message["Date"] == "Sun, 01 Mar 2026 09:30:00 +0000"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_letter_that_a_person_asked_for_offers_no_way_out_of_a_list() -> None:
    plan = plain_plan(
        can_unsubscribe=False, automatic=True, list_id="", feedback_id="", reply_to=""
    )
    message = parsed(mime_letter(plan, recipient(plan), DATE))

    assert message["Auto-Submitted"] == "auto-generated"
    for absent in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"):
        assert message[absent] is None
    assert message["Reply-To"] is None


def test_a_letter_that_comes_again_has_a_way_out_of_its_own() -> None:
    way_out = "https://act.harbour.example/digest/" + "x" * 90
    plan = plain_plan(can_unsubscribe=False, way_out=way_out)
    letter = mime_letter(plan, recipient(plan), DATE)
    assert letter.count(f"List-Unsubscribe: <{way_out}>\r\n".encode()) == 1
    assert parsed(letter)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_message_id_is_the_same_for_a_delivery_and_differs_between_installations() -> None:
    plan = plain_plan()
    elsewhere = Tokens("another secret").letter_maker(3, plan.links)(77)

    def message_id(person: Recipient, date: str = DATE) -> str:
        return str(parsed(mime_letter(plan, person, date))["Message-ID"])

    mine = message_id(recipient(plan))
    assert re.fullmatch(r"<d77\.[\w-]{5}@harbour\.example>", mine)
    assert message_id(recipient(plan), "Mon, 02 Mar 2026 09:30:00 +0000") == mine
    assert message_id(recipient(plan, values=plan.values_of([], elsewhere))) != mine
    trial = message_id(recipient(plan, values=plan.values_of([])))
    assert trial == "<d77.0@harbour.example>"


@pytest.mark.parametrize(
    "address",
    [
        "anna@mail.example\r\nBcc: all@mail.example",
        "anna@mail.example> <other@mail.example",
        "anna@mail.example, other@mail.example",
        "a nna@mail.example",
        "anna",
        "",
        "a@b@mail.example",
    ],
)
def test_an_impossible_address_is_named_without_repeating_it(address: str) -> None:
    plan = plain_plan()
    with pytest.raises(Unsendable) as caught:
        mime_letter(plan, recipient(plan, address=address), DATE)
    assert "anna" not in str(caught.value)


def test_an_address_beyond_ascii_stays_as_it_is_in_to() -> None:
    plan = plain_plan()
    letter = mime_letter(plan, recipient(plan, address="änna@mail.example"), DATE)
    assert 'To: "Anna Smith" <änna@mail.example>\r\n'.encode() in letter


def test_a_letter_above_25_mb_is_refused() -> None:
    draft = Draft()
    plan = draft.compile(ENVELOPE, subject="s", html="x" * 25_000_000, text="t")
    with pytest.raises(Unsendable, match=r"25,000,000"):
        mime_letter(plan, recipient(plan), DATE)


def test_a_plan_is_compiled_once_and_forgotten_with_it() -> None:
    plan = plain_plan()
    compiled = compile_mime(plan)
    assert compile_mime(plan) is compiled

    kept_id = id(plan)
    del plan
    gc.collect()
    others = [plain_plan(sender_name=f"Sender {i}") for i in range(50)]
    for i, other in enumerate(others):
        message = parsed(mime_letter(other, recipient(other), DATE))
        assert f"Sender {i}" in message["From"], f"letter of another plan (id {kept_id})"
