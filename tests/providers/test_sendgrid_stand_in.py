"""The stand-in refuses what SendGrid refuses."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from tests.standins.sendgrid import errors_of

SPECS = Path(os.environ.get("OUTREACH_SPECS", Path(__file__).parents[3] / "shared" / "specs"))
SPECIFICATION = SPECS / "sendgrid_mail_v3.yaml"


def test_the_stand_in_is_as_strict_as_sendgrid() -> None:
    def request(**changes: Any) -> dict[str, Any]:
        person = {"to": [{"email": "one@mail.example"}], **changes.pop("person", {})}
        return {
            "personalizations": [person],
            "from": {"email": "mara@harbour.example"},
            "subject": "s",
            "content": [{"type": "text/plain", "value": "t"}, {"type": "text/html", "value": "h"}],
            **changes,
        }

    assert errors_of(request()) == []
    faulty = [
        request(personalizations=[]),
        request(personalizations=[{"to": [{"email": f"p{n}@m.example"}]} for n in range(1001)]),
        request(personalizations=[{"to": [{"email": "one@mail.example"}]}] * 2),
        request(person={"to": []}),
        request(person={"to": [{"email": "one"}]}),
        request(person={"cc": [{"email": "ONE@mail.example"}]}),
        request(person={"substitutions": {"-a-": "x" * 9998}}),
        request(person={"custom_args": {"a": "x" * 10_000}}),
        request(person={"headers": {"Subject": "mine"}}),
        request(person={"headers": {"X-Mine": "a\r\nBcc: b"}}),
        request(person={"send_at": int(time.time()) + 73 * 3600}),
        request(person={"tags": []}),
        request(headers={"DKIM-Signature": "mine"}),
        request(send_at=int(time.time()) + 73 * 3600),
        request(tracking={}),
        request(content=list(reversed(request()["content"]))),
        request(content=[{"type": "text/plain", "value": ""}]),
        request(content=[]),
        request(subject=""),
    ]
    for body in faulty:
        assert errors_of(body), body
