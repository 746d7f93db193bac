"""The local mailbox: letters found, read in every form, and shown without running anything."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.core.tokens import Slot, Tokens
from outreach.mail.draft import Draft
from outreach.mail.plan import Envelope, Recipient
from outreach.providers.mailbox import MailboxProvider
from outreach.services import Services
from outreach.web.console.sheet import framed

HTML = """<html><head><style>@media (prefers-color-scheme: dark) { p { color: red } }</style></head>
<body><p>Dear reader</p><img src="https://example.org/boat.png" alt="A boat"></body></html>"""


@pytest.fixture(autouse=True)
def letters(services: Services) -> None:
    """Two letters."""
    envelope = Envelope(
        sender_name="Mara",
        sender_address="mara@harbourlights.example",
        base_url=services.base_url,
        list_id="harbour.example",
    )
    plan = Draft().compile(envelope, subject="The night ferry", html=HTML, text="Dear reader")
    provider = services.provider
    assert isinstance(provider, MailboxProvider)
    provider.send(
        plan,
        [
            Recipient(
                delivery_id=1, address="ana@example.org", name="Ana Öz", values=plan.values_of([])
            ),
            Recipient(delivery_id=2, address="ben@example.org", name="", values=plan.values_of([])),
        ],
    )


def test_letters_are_listed_and_found(console: Any) -> None:
    assert "2 letters" in console.get("/console/mailbox/").text
    found = console.post("/console/mailbox/", {"q": "ana ö"}).text
    assert "1 letter with" in found and "ben@example.org" not in found
    assert "No letter matches" in console.post("/console/mailbox/", {"q": "zoe"}).text


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("text", "Dear reader"),
        ("headers", "Message-ID"),
        ("source", "Content-Type: multipart/alternative"),
        ("html", 'sandbox="allow-popups'),
    ],
)
def test_a_letter_is_shown_in_every_form(console: Any, view: str, words: str) -> None:
    page = console.get(f"/console/mailbox/1?view={view}").text
    assert words in page and "The night ferry" in page


def test_the_html_part_is_framed_with_a_policy_of_its_own(console: Any) -> None:
    shown = console.get("/console/mailbox/1/html")
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "@media not all" in shown.text
    off = console.get("/console/mailbox/1/html?view=images-off")
    assert "img-src 'none'" in off.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["99", "1?view=raw", "..%2f..%2fsecret"])
def test_what_is_not_there_is_not_found(console: Any, path: str) -> None:
    assert console.get(f"/console/mailbox/{path}").status_code == 404


def test_looking_at_a_letter_here_is_no_open_by_its_reader() -> None:
    [token] = Tokens("a secret").letter(7, 3, [Slot.OPEN])
    pixel = f'<img src="https://act.example/o/{token}.gif" width="1" height="1" alt="">'
    shown = framed(f"<head></head><p>Dear reader</p>{pixel}", "html").get_data(as_text=True)
    assert "Dear reader" in shown
    assert "/o/" not in shown
