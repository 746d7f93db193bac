"""An organisation's own limits of the automatic pause."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.accounts.models import AuditEntry, Organisation
from outreach.blasts import pause_limits
from outreach.blasts.pause_limits import Limits, edit, of_organisation, values
from outreach.core.db import Database
from outreach.core.errors import FormErrors


def test_own_limits_stand_before_those_of_the_settings(
    db: Database, organisation: Organisation
) -> None:
    settings = Limits({"bounced": 5.0, "complained": 0.3, "refused": 10.0}, letters=200)
    with db.transaction() as session:
        own = session.get_one(Organisation, organisation.id)
        assert of_organisation(own, settings) == settings
        typed = {"bounced": "", "complained": "0,15 %", "refused": "0", "letters": "1,000"}
        assert edit(session, own, typed, actor="mara") == ["complained", "refused", "letters"]
        assert edit(session, own, typed, actor="mara") == []
    with db.transaction() as session:
        own = session.get_one(Organisation, organisation.id)
        holds = of_organisation(own, settings)
        assert dict(holds.percent) == {"bounced": 5.0, "complained": 0.15, "refused": 0.0}
        assert str(holds) == (
            "A blast pauses by itself from 5 % bounced or 0.15 % reported as spam on, "
            "of at least 1,000 letters."
        )
        assert values(own) == {
            "bounced": "",
            "complained": "0.15",
            "refused": "0",
            "letters": "1000",
        }
        edit(session, own, dict.fromkeys(pause_limits.FIELDS, ""), actor="mara")
        assert of_organisation(own, settings) == settings
        actions = list(session.scalars(select(AuditEntry.action)))
        assert actions == ["organisation.pausing"] * 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("bounced", text) for text in ("-1", "101", "many", "nan", "1e999")),
        *(("letters", text) for text in ("0", "2.5", "-3", "9999999999")),
    ],
)
def test_what_is_no_limit_is_said_at_its_field(
    db: Database, organisation: Organisation, name: str, text: str
) -> None:
    with db.transaction() as session:
        own = session.get_one(Organisation, organisation.id)
        with pytest.raises(FormErrors) as raised:
            edit(session, own, {"refused": "3", name: text}, actor="mara")
        assert [field for field, _ in raised.value.faults] == [name]
        assert own.pausing == {}


def test_without_any_limit_it_never_pauses() -> None:
    never = Limits(dict.fromkeys(pause_limits.STATES, 0.0))
    assert str(never) == "A blast never pauses by itself."
