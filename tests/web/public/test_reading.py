"""A petition's page tells that somebody is at it: a POST that adds an observation, and no more."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from outreach.core.clock import now
from outreach.tracking.catch_up import catch_up
from outreach.tracking.models import Event, Judgement
from outreach.tracking.record import Observation, observe
from tests.web.public.conftest import Public
from tests.web.public.visits import mangled

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0"

# As browsers send what a page's script tells by sendBeacon.
BEACON = {"User-Agent": AGENT, "Accept": "*/*", "Sec-Fetch-Mode": "no-cors"}


def _token(public: Public, **query: str) -> str:
    page = public.browser.get(public.path, query_string=query).text
    found = re.search(r'data-reading="([^"]+)" data-from="([^"]+)"', page)
    if found is None:
        return ""
    assert found[1] == f"{public.path}/reading"
    return found[2]


def _tell(public: Public, token: str) -> None:
    answer = public.browser.post(f"{public.path}/reading", data={"from": token}, headers=BEACON)
    assert (answer.status_code, answer.data) == (204, b"")


def _verdicts(public: Public) -> list[tuple[str, str]]:
    catch_up(public.db)
    with public.db.reading() as session:
        rows = session.execute(
            select(Event.kind, Judgement.verdict)
            .join(Judgement, Judgement.event_id == Event.id)
            .order_by(Event.id)
        )
        return [(kind, verdict) for kind, verdict in rows]


def test_who_is_at_the_page_was_the_one_who_clicked(public: Public) -> None:
    delivery = public.letter_to(public.supporter())
    click = Observation(
        "clicked", now(), delivery.id, agent=AGENT, detail={"signs": ["any_answer"]}
    )
    with public.db.transaction() as session:
        observe(session, click)
    assert _verdicts(public) == [("clicked", "unknown")]
    _tell(public, _token(public, letter=public.recognise(delivery)))
    assert _verdicts(public) == [("clicked", "human"), ("read", "human")]


def test_it_is_kept_once_an_hour_for_each_visitor_and_letter(public: Public) -> None:
    first, second = (public.letter_to(public.supporter(name)) for name in ("Jane", "Bo"))
    for delivery in (first, first, second):
        _tell(public, _token(public, letter=public.recognise(delivery)))
    assert [kind for kind, _ in _verdicts(public)] == ["read", "read"]


def test_what_is_mangled_or_no_letter_s_records_nothing(public: Public) -> None:
    known = public.recognise(public.letter_to(public.supporter()))
    credit = _token(public, letter=known)
    for token in ("", known, *mangled(credit)):
        _tell(public, token)
    with public.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0


def test_a_stranger_s_page_tells_nothing(public: Public) -> None:
    assert _token(public) == ""


def test_a_get_of_it_is_no_page(public: Public) -> None:
    assert public.browser.get(f"{public.path}/reading").status_code == 405
