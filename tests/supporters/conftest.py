"""Files to import, and a list to import them into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.supporters import csvfile, imports, lists
from outreach.supporters.models import Import, SupporterList

WriteFile = Callable[..., Path]
StartImport = Callable[..., Import]


@pytest.fixture
def csv_file(tmp_path: Path) -> WriteFile:
    """A way to write a file: text in an encoding, or bytes."""

    def write(content: str | bytes, *, encoding: str = "utf-8", name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def westhaven(db: Database, organisation: Organisation) -> SupporterList:
    """A stored list with a consent wording."""
    with db.transaction() as session:
        return lists.create(session, organisation, "Westhaven", "Write to me about Westhaven.")


@pytest.fixture
def started(
    db: Database, tmp_path: Path, westhaven: SupporterList, csv_file: WriteFile
) -> StartImport:
    """A way to start an import of a text into the list Westhaven (or another)."""

    def start(text: str, supporter_list: SupporterList = westhaven, basis: str = "fair") -> Import:
        path = csv_file(text)
        with db.transaction() as session:
            return imports.start(
                session,
                tmp_path / "data",
                path=path,
                layout=csvfile.inspect(path),
                supporter_list=session.merge(supporter_list),
                basis=basis,
                created_by="mara@harbour.example",
            )

    return start
