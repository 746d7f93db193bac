"""Commands as typed, on a database whose tables are there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from click import Group
from click.testing import CliRunner, Result

import config
from outreach.cli.context import Context
from outreach.core.db import Database

Typed = Callable[..., Result]


@contextmanager
def terminal(group: Group, db: Database, folder: Path) -> Iterator[Typed]:
    """A terminal at which the words behind `outreach GROUP` are typed."""
    url = db.url.render_as_string(hide_password=False)
    opened = []

    def type_(*words: str) -> Result:
        context = Context(config.Settings(database_url=url, data_dir=folder / "data"))
        vars(context)["services"] = context.services_on_any_schema
        opened.append(context.services.db)
        return CliRunner().invoke(group, words, obj=context)

    yield type_
    for database in opened:
        database.close()
