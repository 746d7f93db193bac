"""The charts of a week's digest: drawn once, kept, and shown in letters from an address here.

Hosted and not attached: letters are static pieces that each provider takes in its own way, and a
data: address is shown by few readers of mail. With images off nothing is missing but the drawing:
the text has the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from outreach.accounts.models import Organisation
from outreach.analytics.digest.models import DigestPicture
from outreach.analytics.digest.week import Week
from outreach.analytics.drawing import pictures, plates
from outreach.analytics.report.wording import instant
from outreach.core import log
from outreach.core.db import Database
from outreach.core.errors import OutreachError
from outreach.core.tokens import Tokens

SEAL = "digest picture"
KEPT = timedelta(weeks=26)
_log = log.get(__name__)


@dataclass(frozen=True)
class Shown:
    """A picture as a letter shows it: its address, and what stands in its place without images."""

    url: str
    alt: str


_ALTS = {
    "signed": "Chart: sign rates of the week’s blasts. The numbers stand below.",
    "growth": "Chart: people who joined and left, by week. The last week’s numbers stand above.",
}


def kept(
    db: Database, tokens: Tokens, base_url: str, organisation: Organisation, week: Week
) -> dict[str, Shown]:
    """The week's pictures by name, drawn where they are not yet; none without the extra `charts`,
    and where one can't be drawn the letter leaves without it."""
    mine = select(DigestPicture).where(
        DigestPicture.organisation_id == organisation.id, DigestPicture.week == week.monday
    )
    with db.reading() as session:
        found = {one.name: one.id for one in session.scalars(mine)}
    if not found and pictures.draws():
        try:
            specs = _specs(organisation, week)
            drawn = pictures.as_png(*specs.values())
            _keep(db, organisation, week, dict(zip(specs, drawn, strict=True)))
        except OutreachError as error:
            _log.warning("digest.not_drawn", reason=str(error))
        with db.reading() as session:
            found = {one.name: one.id for one in session.scalars(mine)}
    return {
        name: Shown(f"{base_url}/digest/pictures/{tokens.seal(SEAL, number)}.png", _ALTS[name])
        for name, number in found.items()
    }


def _keep(db: Database, organisation: Organisation, week: Week, drawn: dict[str, bytes]) -> None:
    """Keep all of them or, where another machine was first, none; old ones go."""
    try:
        with db.transaction() as session:
            old = DigestPicture.week < week.monday - KEPT
            session.execute(delete(DigestPicture).where(old))
            for name, png in drawn.items():
                session.add(
                    DigestPicture(
                        organisation_id=organisation.id, week=week.monday, name=name, png=png
                    )
                )
    except IntegrityError:
        _log.info("digest.drawn_elsewhere")


def _specs(organisation: Organisation, week: Week) -> dict[str, pictures.Spec]:
    source = f"Source: {organisation.name}, as of {instant(week.as_of, week.zone)}"
    growth = pictures.framed(
        plates.growth(
            [(f"{one.monday.day} {one.monday:%b}", one.joined, one.left) for one in week.growth]
        ),
        title="Joined and left, by week",
        unit="people, in the week from that Monday on; above the line joined, below it left",
        source=source,
    )
    signed = [(line.name, dict(line.rates)["Signed"]) for line in week.blasts if line.delivered]
    if not signed:
        return {"growth": growth}
    rates = pictures.framed(
        plates.rates(signed),
        title=f"Signed, {week.title}",
        unit="percent of delivered people, with 95 % intervals; machines left out",
        source=source,
    )
    return {"signed": rates, "growth": growth}
