"""Named views of the reports: kept, found again, shared, deleted."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from outreach.analytics.overview.saved_models import SavedView
from outreach.core.db import Database
from tests.web.console.conftest import Browser

Enter = Callable[[str], Browser]


def _keep(browser: Browser, name: str, query: str = "", **more: str) -> str:
    sent = {"name": name, "screen": "blasts", "query": query, **more}
    answer = browser.post("/console/reports/views/", sent)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def _links(browser: Browser) -> dict[str, str]:
    page = browser.get("/console/reports/views/").text
    found = re.findall(r'<th scope="row"><a href="([^"]+)"><b>([^<]+)</b>', page)
    return {name: link.replace("&amp;", "&") for link, name in found}


def test_a_view_leads_back_to_what_was_seen(enter: Enter) -> None:
    mara = enter("analyst")
    page = mara.get("/console/reports/?by=sign&down=1&column=open&column=sign&page=3").text
    query = re.search(r'name="query" value="([^"]+)"', page)
    assert query
    address = _keep(mara, "Best  asks", query[1].replace("&amp;", "&"))
    assert address == "/console/reports/?by=sign&down=1&column=open&column=sign"
    assert _links(mara) == {"Best asks": address}
    assert mara.get(address).status_code == 200
    _keep(mara, "Best asks", "by=open")  # in its place
    assert _links(mara) == {"Best asks": "/console/reports/?by=open"}


def test_shared_ones_are_found_by_colleagues_who_can_not_change_them(
    enter: Enter, db: Database
) -> None:
    mara, ben = enter("analyst"), enter("owner")
    _keep(mara, "Mine")
    _keep(mara, "Ours", shared="1")
    assert list(_links(ben)) == ["Ours"]
    with db.reading() as session:
        ids = {v.name: v.id for v in session.scalars(select(SavedView))}
    assert ben.post(f"/console/reports/views/{ids['Ours']}/delete").status_code == 409
    assert (
        ben.post(f"/console/reports/views/{ids['Mine']}/share", {"shared": "1"}).status_code == 409
    )
    mara.post(f"/console/reports/views/{ids['Ours']}/share", {"shared": "0"})
    assert _links(ben) == {}
    mara.post(f"/console/reports/views/{ids['Ours']}/delete")
    assert list(_links(mara)) == ["Mine"]
    assert mara.post(f"/console/reports/views/{ids['Ours']}/delete").status_code == 404


def test_what_is_no_view_is_refused(enter: Enter) -> None:
    mara = enter("analyst")
    for name, screen, query in (
        ("", "blasts", ""),
        ("x" * 121, "blasts", ""),
        ("x", "https://elsewhere.example", ""),
        ("x", "blasts", "a=" + "x" * 3000),
    ):
        sent = {"name": name, "screen": screen, "query": query}
        assert mara.post("/console/reports/views/", sent).status_code == 400
    assert _links(mara) == {}


def test_chosen_columns_alone_are_shown(enter: Enter) -> None:
    page = enter("analyst").get("/console/reports/?column=sign&column=weather").text
    assert re.findall(r'name="column" value="(\w+)" checked', page) in ([], ["sign"])
