"""What the tests of the public pages do and look at again and again."""

from __future__ import annotations

import re

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach.core.db import Base
from outreach.petitions.models import Signature
from outreach.tracking.models import Event
from tests.web.public.conftest import Public


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page))


def everything(public: Public) -> dict[str, int]:
    with public.db.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def signatures(public: Public) -> list[Signature]:
    with public.db.reading() as session:
        return list(session.scalars(select(Signature).order_by(Signature.id)))


def signed_events(public: Public) -> list[Event]:
    with public.db.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == "signed")))


def typed_in(public: Public, email: str = "bea@example.org", **more: str) -> Signature:
    public.browser.post(f"{public.path}/sign", data={"name": "Bea Lund", "email": email, **more})
    return signatures(public)[-1]


def confirm(public: Public, signature: Signature) -> TestResponse:
    return public.browser.post(f"/confirm/{public.tokens.seal('confirm', signature.id)}")


def mangled(token: str) -> list[str]:
    return [token[:-1], token + "A", token.swapcase(), token[::-1], "é", "%00", "x" * 5000]
