"""`outreach petitions recount`: the counts that pages show, beside the signatures themselves."""

from __future__ import annotations

import click

from outreach.cli.context import Context, as_json
from outreach.core.errors import Conflict
from outreach.petitions import queries, tally


@click.command()
@click.argument("slug", required=False)
@click.option("--mend", is_flag=True, help="Begin a count anew where it differs.")
@as_json
@click.pass_obj
def recount(context: Context, slug: str | None, mend: bool, json_: bool) -> None:
    """Count the signatures of one petition, or of all, and compare with what their pages show.

    Ends with an error where they differ and are not mended.
    """
    with context.services.db.transaction() as session:
        wanted = [queries.by_slug(session, slug)] if slug else queries.all_petitions(session)
        found = []
        for petition in wanted:
            shown = tally.count(session, petition.id)
            counted = tally.recount(session, petition.id)
            found.append({"slug": petition.slug, "shown": shown, "counted": counted})
            if mend and shown != counted:
                tally.begin_anew(session, petition.id)
    differing = [one for one in found if one["shown"] != one["counted"]]
    if json_:
        context.print_json(found)
    else:
        for one in found:
            same = "equal" if one not in differing else f"the page shows {one['shown']:,}"
            context.say(f"{one['counted']:>9,}  {one['slug']}: {same}")
    if differing and not mend:
        raise Conflict("Some counts differ.", hint="Mend them: outreach petitions recount --mend")
