"""`outreach analytics`: SQL views for people with a tool of their own, and who may read them."""

from __future__ import annotations

import click

from outreach.analytics.views import views
from outreach.cli.context import Context, actor, as_json
from outreach.core.errors import NotFound


@click.group("analytics")
def analytics() -> None:
    """SQL views for your own tool, and who may read them."""


@analytics.command("views")
@click.argument("name", required=False)
@as_json
@click.pass_obj
def views_(context: Context, name: str | None, json_: bool) -> None:
    """Print the views with what each column means; † stands at pseudonymous ones."""
    chosen = [view for view in views.VIEWS if name in (None, view.name)]
    if not chosen:
        raise NotFound(f"There is no view “{name}”.", hint="See: outreach analytics views")
    if not json_:
        context.say("\n".join(view.markdown() for view in chosen))
        return
    database = "sqlite" if context.services_on_any_schema.db.is_sqlite else "postgresql"
    context.print_json(
        [
            {
                "view": view.called(database),
                "about": view.about,
                "columns": [
                    {
                        "name": column.name,
                        "meaning": column.meaning,
                        "pseudonymous": column.pseudonymous,
                    }
                    for column in view.columns
                ],
            }
            for view in chosen
        ]
    )


@analytics.command("grant")
@click.argument("role")
@click.pass_obj
def grant(context: Context, role: str) -> None:
    """Let ROLE of PostgreSQL read the views, and nothing else."""
    with context.services.db.transaction() as session:
        views.grant(session, role, actor=actor())
    context.say(f"{role} may read the views in the schema {views.SCHEMA}, and no table by this.")


@analytics.command("revoke")
@click.argument("role")
@click.pass_obj
def revoke(context: Context, role: str) -> None:
    """Take back what `grant` gave to ROLE."""
    with context.services.db.transaction() as session:
        views.revoke(session, role, actor=actor())
    context.say(f"{role} may no longer read the views.")
