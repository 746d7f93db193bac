"""What mail systems write back is understood; what only looks like it is not taken for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.core.clock import now
from outreach.mail.dsn import Kind, read
from outreach.mail.dsn_status import is_hard
from tests.standins import bounce_mail as samples

TO = "bounces+0123456789abcdef0123456789abcd@act.harbour.example"


def judged(source: bytes) -> tuple[Kind, str, bool]:
    found = read(source)
    return found.kind, found.status, found.is_hard


def test_a_standard_report_of_a_dead_address() -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        found = read(samples.report(TO))
    assert (found.kind, found.status, found.is_hard) == (Kind.BOUNCED, "5.1.1", True)
    assert found.text == "550 5.1.1 <zoe@mail.example> there is nobody of this name"
    assert found.id == "<20260301.1@mx.mail.example>"
    assert found.at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert TO in found.addressed


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "expected"),
    [
        ("failed", "5.1.1", "smtp; 550 no", (Kind.BOUNCED, "5.1.1", True)),
        ("Failed", "5.1.10", "smtp; 550 no", (Kind.BOUNCED, "5.1.10", True)),
        ("failed", "5.4.4", "X-Postfix; no such domain", (Kind.BOUNCED, "5.4.4", True)),
        ("failed", "5.0.0", "smtp; 550 5.1.1 nobody", (Kind.BOUNCED, "5.1.1", True)),
        ("failed", "5.0.0", "SMTP;550 no such user", (Kind.BOUNCED, "5.1.1", True)),
        ("failed", "5.0.0", "smtp; 550 looks like spam", (Kind.BOUNCED, "5.0.0", False)),
        ("failed", "5.7.1", "smtp; 550 5.7.1 blocked", (Kind.BOUNCED, "5.7.1", False)),
        ("failed", "5.7.26", "smtp; 550 5.7.26 no DMARC", (Kind.BOUNCED, "5.7.26", False)),
        ("failed", "5.2.2", "smtp; 552 5.2.2 full", (Kind.BOUNCED, "5.2.2", False)),
        ("failed", "5.1.8", "smtp; 550 5.1.8 bad sender", (Kind.BOUNCED, "5.1.8", False)),
        ("failed", "4.4.7", "smtp; 421 4.4.7 gave up", (Kind.BOUNCED, "4.4.7", False)),
        ("failed", "5.0.0", "smtp; 452 4.2.2 full", (Kind.BOUNCED, "4.2.2", False)),
        ("delayed", "4.4.1", "smtp; no answer", (Kind.DELAYED, "4.4.1", False)),
        ("delivered", "2.0.0", "smtp; 250 ok", (Kind.DELIVERED, "2.0.0", False)),
        ("relayed", "2.0.0", "smtp; 250 ok", (Kind.AUTOMATIC, "2.0.0", False)),
        ("", "5.1.1", "", (Kind.BOUNCED, "5.1.1", True)),
    ],
)
def test_actions_and_codes(
    action: str, status: str, diagnostic: str, expected: tuple[Kind, str, bool]
) -> None:
    source = samples.report(TO, action=action, status=status, diagnostic=diagnostic)
    assert judged(source) == expected


def test_an_address_of_several_mailboxes_is_not_dead_when_one_is() -> None:
    other = "\nFinal-Recipient: rfc822; jo@mail.example\nAction: delivered\nStatus: 2.0.0\n"
    assert read(samples.report(TO, more=other)).kind is Kind.DELIVERED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (samples.qmail(TO), (Kind.BOUNCED, "5.1.1", True)),
        (
            samples.qmail(TO, "No answer. (#4.4.1)\nI'm not going to try again; too long."),
            (Kind.BOUNCED, "4.4.1", False),
        ),
        (samples.qmail(TO, "Remote host said: 550 No such person"), (Kind.BOUNCED, "5.0.0", True)),
        (samples.qmail(TO, "552 5.2.2 Mailbox full"), (Kind.BOUNCED, "5.2.2", False)),
        (samples.qmail(TO, "It is delayed; we keep trying."), (Kind.DELAYED, "", False)),
        (samples.exim(TO), (Kind.BOUNCED, "5.1.1", True)),
        (samples.exim(TO, "host mx: 550 5.7.1 spam"), (Kind.BOUNCED, "5.7.1", False)),
        (samples.exchange(TO), (Kind.BOUNCED, "5.4.1", True)),
    ],
)
def test_forms_of_their_own(source: bytes, expected: tuple[Kind, str, bool]) -> None:
    assert judged(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        samples.away(TO),
        samples.away(TO, "X-Autoreply: yes"),
        samples.away(TO, "Precedence: auto_reply"),
        samples.away(TO, "X-Other: x").replace(b"Subject: Re", b"Subject: Out of office"),
        samples.away(TO)
        .replace(b"zoe@mail.example>", b"postmaster@mail.example>")
        .replace(b"Subject: Re", b"Subject: Automatic reply"),
        samples.receipt(TO),
        samples.complaint(kind="not-spam"),
        samples.complaint(kind="auth-failure"),
    ],
)
def test_what_is_no_bounce_is_not_taken_for_one(source: bytes) -> None:
    assert read(source).kind is Kind.AUTOMATIC


def test_only_the_mail_systems_own_words_count_not_the_letter_that_it_quotes() -> None:
    source = samples.qmail(TO, "It did not work.")
    assert (b"550 pages" in source, judged(source)[0]) == (True, Kind.UNCLEAR)


def test_a_person_who_writes_to_the_return_path_is_for_a_person() -> None:
    assert read(samples.letter_of_a_person(TO)).kind is Kind.UNCLEAR


@pytest.mark.parametrize("kind", ["abuse", "Fraud", "opt-out"])
def test_complaints(kind: str) -> None:
    assert read(samples.complaint(kind=kind)).kind is Kind.COMPLAINED


def test_a_message_without_a_name_is_known_by_its_content_whatever_way_it_came() -> None:
    first = samples.qmail(TO)
    again = b"Received: from elsewhere.example\r\n" + first
    assert read(first).id == read(again).id != read(samples.qmail(TO, "no (#5.1.2)")).id


@pytest.mark.parametrize(
    "date", [b"nonsense", b"Sun, 01 Jan 0001 00:00:00 +1400", b"Fri, 01 Mar 2097 10:00:00 +0000"]
)
def test_a_date_that_cannot_be_is_now(date: bytes) -> None:
    source = samples.report(TO).replace(b"Sun, 01 Mar 2026 10:00:00 +0100", date)
    assert abs(read(source).at - now()) < timedelta(minutes=1)


@given(st.binary(max_size=400), st.integers(0, 1500))
@settings(deadline=None)
def test_nothing_makes_it_fail(noise: bytes, place: int) -> None:
    whole = samples.report(TO)
    for source in (noise, whole[:place] + noise + whole[place:]):
        assert read(source).text.encode() is not None


def test_parts_in_parts_without_end_are_unclear() -> None:
    source = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(3000)
    )
    assert read(source.encode()).kind is Kind.UNCLEAR


@pytest.mark.parametrize("charset", ["no-such-charset", "hex", "utf-7", "utf-8\x00"])
def test_texts_in_unknown_encodings_are_read(charset: str) -> None:
    source = samples.qmail(TO).replace(
        b"Subject:", f'Content-Type: text/plain; charset="{charset}"\r\nSubject:'.encode()
    )
    assert read(source).kind in (Kind.BOUNCED, Kind.UNCLEAR)


def test_what_is_said_of_letters_is_not_held_against_addresses() -> None:
    assert is_hard("5.1.1", "over quota")
    assert not is_hard("5.5.0", "Message rejected due to content policy")
    assert not is_hard("5.4.6", "routing loop")
    assert not is_hard("", "")
