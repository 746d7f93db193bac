"""outreach petitions recount, as typed."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

import config
from outreach.cli.context import Context
from outreach.cli.petitions import petitions
from outreach.core.errors import Conflict
from outreach.petitions import queries, signing
from outreach.petitions.models import Tally
from outreach.supporters.models import Supporter
from tests.standins.world import World


def test_a_count_that_differs_is_found_and_mended(world: World, tmp_path: Path) -> None:
    with world.db.transaction() as session:
        petition = queries.all_petitions(session)[0]
        person = Supporter(address="ann@example.org", email="ann@example.org", first_name="Ann")
        session.add(person)
        session.flush()
        signing.sign_recognised(session, petition, person)
        session.get_one(Tally, petition.id).signatures += 5
        slug = petition.slug
    url = world.db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path))

    def typed(*words: str) -> Result:
        return CliRunner().invoke(petitions, ["recount", *words], obj=context)

    wrong = typed(slug)
    assert isinstance(wrong.exception, Conflict)
    assert "the page shows 6" in wrong.output
    assert typed("--mend").exit_code == 0
    assert typed().output.strip() == f"1  {slug}: equal"
    context.close()
