"""The copy of the links leads where the database would, and a broken one harms nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from outreach.core.db import Database
from outreach.tracking import link_copy, links
from outreach.tracking.links import NewLink
from outreach.tracking.models import Link
from tests.tracking.worlds import Letter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return link_copy.folder_in(tmp_path / "data")


def _file(folder: Path, letter: Letter) -> Path:
    [file] = folder.iterdir()
    assert file.name == f"{letter.blast_id}.json"
    return file


def _leads(folder: Path, letter: Letter, slot: int) -> str | None:
    found = link_copy.find(folder, letter.blast_id, slot)
    return found.url if found else None


def test_every_link_is_found_as_it_is_stored(db: Database, letter: Letter, folder: Path) -> None:
    link_copy.refresh(db, folder)
    with db.reading() as session:
        for slot in (3, 8, 9, 10, 11):
            stored = links.by_slot(session, letter.blast_id, slot)
            found = link_copy.find(folder, letter.blast_id, slot)
            assert stored is not None and found is not None
            assert (found.id, found.kind, found.url) == (stored.id, stored.kind, stored.url)
    assert link_copy.find(folder, letter.blast_id, 77) is None
    assert link_copy.find(folder, letter.blast_id + 1, 8) is None


def test_without_a_copy_there_is_no_link_and_no_noise(letter: Letter, folder: Path) -> None:
    with capture_logs() as logged:
        assert _leads(folder, letter, 8) is None
    assert logged == []


def test_a_refresh_with_nothing_new_writes_nothing(
    db: Database, letter: Letter, folder: Path
) -> None:
    through = link_copy.refresh(db, folder)
    assert through == max(letter.links.values())
    before = _file(folder, letter).stat()
    assert link_copy.refresh(db, folder, through) == through
    assert _file(folder, letter).stat().st_ino == before.st_ino


def test_links_committed_late_are_not_passed_over(
    db: Database, letter: Letter, folder: Path
) -> None:
    """Two blasts were frozen at once, and the one with the higher ids was there first."""
    through = link_copy.refresh(db, folder)
    _file(folder, letter).unlink()
    link_copy.refresh(db, folder, through + link_copy.LATE - 1)
    assert _leads(folder, letter, 8) is not None


def test_only_what_may_be_new_is_read_again(db: Database, letter: Letter, folder: Path) -> None:
    through = link_copy.refresh(db, folder)
    _file(folder, letter).unlink()
    link_copy.refresh(db, folder, through + link_copy.LATE)
    assert _leads(folder, letter, 8) is None


@pytest.mark.parametrize("content", [b"", b'{"8": {"id": 1, "ki', b"[]", b'{"8": 1}', b"\xff\x00"])
def test_a_broken_file_is_logged_and_made_whole(
    db: Database, letter: Letter, folder: Path, content: bytes
) -> None:
    link_copy.refresh(db, folder)
    _file(folder, letter).write_bytes(content)
    with capture_logs() as logged:
        assert _leads(folder, letter, 8) is None
    assert [line["event"] for line in logged] == [link_copy.COPY_UNREADABLE]
    link_copy.refresh(db, folder)
    assert _leads(folder, letter, 8) == "https://act.example/petitions/night-buses"


def test_a_crash_while_writing_leaves_the_file_before(
    db: Database, letter: Letter, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_copy.refresh(db, folder)
    with db.transaction() as session:
        links.store(session, letter.blast_id, [NewLink(12, "link", "https://act.example/late")])

    def crash(_descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr("os.fsync", crash)
        link_copy.refresh(db, folder)
    assert _leads(folder, letter, 8) == "https://act.example/petitions/night-buses"
    assert _leads(folder, letter, 12) is None
    link_copy.refresh(db, folder)
    assert _leads(folder, letter, 12) == "https://act.example/late"


def test_a_copy_that_cannot_be_written_is_tried_again(
    db: Database, letter: Letter, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("not a folder")
    assert link_copy.refresh(db, link_copy.folder_in(tmp_path / "full"), 3) == 3


def test_what_is_copied_stays_while_the_database_is_away(
    db: Database, letter: Letter, folder: Path, tmp_path: Path
) -> None:
    through = link_copy.refresh(db, folder)
    away = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    with pytest.raises(OperationalError):
        link_copy.refresh(away, folder, through)
    assert _leads(folder, letter, 8) is not None


def test_the_copy_follows_a_database_that_was_set_back(
    db: Database, letter: Letter, folder: Path
) -> None:
    """Restored from a backup, it gives ids anew that were read before."""
    through = link_copy.refresh(db, folder) + 5 * link_copy.LATE
    with db.transaction() as session:
        session.execute(delete(Link))
        links.store(session, letter.blast_id, [NewLink(8, "link", "https://act.example/anew")])
    for _ in range(6):
        through = link_copy.refresh(db, folder, through)
    assert _leads(folder, letter, 8) == "https://act.example/anew"
