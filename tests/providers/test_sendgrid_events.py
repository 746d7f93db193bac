"""SendGrid's words become ours; whatever it sends, nothing breaks and nobody is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.mail.feedback import Feedback, Word
from outreach.providers.sendgrid_events import feedback
from outreach.providers.sendgrid_signature import is_genuine, known_keys
from tests.standins.sendgrid_events import Signer, as_posted, event

ZOE = "zoe@mail.example"


def one(kind: str, **more: Any) -> Feedback:
    [report] = feedback(as_posted(event(kind, ZOE, 7, **more)))
    return report


@pytest.mark.parametrize(
    ("kind", "more", "word", "suppress"),
    [
        ("processed", {}, Word.ACCEPTED, ""),
        ("deferred", {"response": "451 later", "attempt": "3"}, Word.DEFERRED, ""),
        ("delivered", {"response": "250 OK"}, Word.DELIVERED, ""),
        ("bounce", {"type": "bounce", "status": "5.1.1"}, Word.GONE, "bounced"),
        ("bounce", {"type": "blocked", "status": "5.7.1"}, Word.BOUNCED, ""),
        ("bounce", {}, Word.BOUNCED, ""),
        ("dropped", {"reason": "Bounced Address"}, Word.DROPPED, "bounced"),
        ("dropped", {"reason": "Unsubscribed Address"}, Word.DROPPED, "asked"),
        ("dropped", {"reason": "Spam Reporting Address"}, Word.DROPPED, "complained"),
        ("dropped", {"reason": "Invalid"}, Word.DROPPED, "bounced"),
        ("dropped", {"reason": "Recipient List over Package Quota"}, Word.DROPPED, ""),
        ("spamreport", {}, Word.COMPLAINED, "complained"),
        ("unsubscribe", {}, Word.UNSUBSCRIBED, ""),
        ("group_unsubscribe", {"asm_group_id": 10}, Word.UNSUBSCRIBED, ""),
        ("open", {"sg_machine_open": True}, Word.PROVIDER_OPENED, ""),
        ("click", {"url": "https://act.example/c/token"}, Word.PROVIDER_CLICKED, ""),
        ("group_resubscribe", {"asm_group_id": 10}, Word.OTHER, ""),
        ("account_status_change", {"type": "suspended"}, Word.OTHER, ""),
    ],
)
def test_what_sendgrid_says_in_our_words(
    kind: str, more: dict[str, Any], word: Word, suppress: str
) -> None:
    report = one(kind, timestamp=1_790_000_000, **more)
    assert (report.word, report.suppress) == (word, suppress)
    assert report.delivery_id == 7
    assert report.at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert report.ref.startswith("message-1.")


def test_machine_opens_and_unknown_kinds_keep_what_they_say_and_no_person() -> None:
    assert one("open", sg_machine_open=True).detail == {"machine": True}
    new = one("levitated", height=3, where="over zoe's house", ip="192.0.2.7", tags=["a", 1])
    assert new.detail["said"] == "levitated"
    assert (new.detail["height"], new.detail["tags"]) == (3, '["a", 1]')
    bounced = one("bounce", type="bounce", reason=f"550 {ZOE}: no mailbox “zoe” here")
    assert bounced.reason == "550 [address] no mailbox “[name]” here"
    for report in (new, bounced):
        kept = json.dumps(report.detail) + report.reason
        assert "zoe" not in kept and "192.0.2" not in kept


def test_an_event_is_known_by_its_id_or_else_by_all_that_it_says() -> None:
    first, again = one("open", sg_event_id="a"), one("open", sg_event_id="a", timestamp=1)
    assert first.key == again.key
    nameless = [one("open", sg_event_id=None, timestamp=t, sg_message_id="m") for t in (1, 1, 2)]
    keys = [n.key for n in nameless]
    assert keys[1] != keys[2]
    assert all(len(key) <= 64 for key in keys)


def test_what_is_missing_or_odd_is_read_all_the_same() -> None:
    odd = [
        {},
        {"event": None, "email": 7, "timestamp": "soon", "delivery": "7.5"},
        {"event": "delivered", "timestamp": 1e300, "delivery": "9" * 30, "sg_message_id": []},
        {"event": "deli\ud800vered", "reason": "a\x00b\ud800", "nested": {"x": [None]}},
        "no event",
        None,
    ]
    reports = feedback(json.dumps(odd).encode())
    assert [report.delivery_id for report in reports] == [None] * 6
    words = [report.word for report in reports]
    assert words == [Word.OTHER] * 2 + [Word.DELIVERED] + [Word.OTHER] * 3


@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense", b"\xff", b"[" * 100_000, b"7"])
def test_what_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="Nothing was stored"):
        feedback(body)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_names = st.sampled_from(["event", "email", "timestamp", "delivery", "reason", "type", "status"])


@given(st.lists(st.dictionaries(_names | st.text(), _json, max_size=6), max_size=3))
def test_no_event_breaks_the_others(events: list[dict[str, Any]]) -> None:
    reports = feedback(json.dumps(events).encode())
    assert len(reports) == len(events)
    for report in reports:
        json.dumps(report.detail, allow_nan=False)


def test_a_signature_holds_for_its_time_and_its_bytes_only() -> None:
    signer, other = Signer(), Signer()
    body = as_posted(event("delivered", ZOE, note="zoë"))
    _, signature, timestamp = signer.headers(body).values()

    def genuine(
        *keys: str, signature: str = signature, timestamp: str = timestamp, body: bytes = body
    ) -> bool:
        return is_genuine(keys, signature=signature, timestamp=timestamp, body=body)

    assert genuine(signer.public_key)
    assert genuine(other.public_key, signer.public_key)  # while keys are changed
    assert not genuine()
    assert not genuine(other.public_key)
    for change in (
        {"body": body.rstrip()},  # the line's end belongs to it
        {"body": body + b"\xff"},
        {"timestamp": str(int(timestamp) + 1)},
        {"timestamp": ""},
        {"timestamp": "\udce9"},
        {"signature": ""},
        {"signature": "not base64 at all!"},
        {"signature": "é"},
        {"signature": "AAAA"},
    ):
        assert not genuine(signer.public_key, **change), change  # type: ignore[arg-type]


def test_keys_come_from_a_setting_and_a_wrong_one_is_named_at_the_start() -> None:
    one, two = Signer().public_key, Signer().public_key
    assert known_keys(f" {one},\n{two} ,") == (one, two)
    assert known_keys("") == ()
    for wrong in (f"{one},nonsense", f"{one},{two[:-8]}"):
        with pytest.raises(BadInput, match="Key 2 in OUTREACH_SENDGRID_WEBHOOK_KEYS"):
            known_keys(wrong)
