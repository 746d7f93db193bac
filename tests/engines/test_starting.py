"""A due blast is checked once more as it starts: what it speaks of may have gone meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import config
from outreach.app import build_services
from outreach.blasts import operations, queries, schedule, starting
from outreach.jobs import sending
from outreach.mail import render
from outreach.petitions.models import Petition
from outreach.services import Services
from outreach.supporters.models import Supporter, SupporterList
from tests.standins.world import BASE_URL, World

BODY = 'Dear {{ first_name or "friend" }} of {{ field.city }},\n\n{% snippet "bye" %}\n\n[[Sign]]'


@pytest.fixture
def services(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A scheduled blast whose letter uses a field and a snippet, and services to start it with."""
    (tmp_path / "letters" / "_snippets").mkdir(parents=True)
    for folder in render.FOLDER.iterdir():
        if folder.name != "_snippets":
            (tmp_path / "letters" / folder.name).symlink_to(folder)
    snippet(tmp_path).write_text("See you.", "utf-8")
    monkeypatch.setattr(render, "FOLDER", tmp_path / "letters")
    world.add_people(3)
    with world.db.transaction() as session:
        session.execute(update(Supporter).values(fields={"city": "Westhaven"}))
        blast = world.blast(session)
        operations.edit(session, blast, actor="Mara", body=BODY)
        schedule.schedule(session, blast, at=None, actor="Mara", base_url=BASE_URL)
    url = world.db.url.render_as_string(hide_password=False)
    settings = config.load(_env_file=None, data_dir=tmp_path, database_url=url, base_url=BASE_URL)
    built = build_services(settings, provider=world.provider)
    yield built
    built.db.close()


def snippet(folder: Path) -> Path:
    """Where the snippet stands."""
    return folder / "letters" / "_snippets" / "bye.md"


def forget_the_field(session: Session, _folder: Path) -> None:
    session.execute(update(Supporter).values(fields={}))


def rename_the_list(session: Session, _folder: Path) -> None:
    session.execute(update(SupporterList).values(name="Easthaven"))


def close_the_petition(session: Session, _folder: Path) -> None:
    session.scalars(select(Petition)).one().state = "paused"


def delete_the_snippet(_session: Session, folder: Path) -> None:
    snippet(folder).unlink()


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (forget_the_field, "Known of nobody in the audience: field.city."),
        (rename_the_list, "There is no list “Westhaven”."),
        (close_the_petition, "The petition is paused."),
        (delete_the_snippet, "there is no snippet “bye”."),
    ],
)
def test_what_is_gone_is_named_and_the_blast_waits(
    world: World, services: Services, tmp_path: Path, lose: Callable[..., None], said: str
) -> None:
    with world.db.transaction() as session:
        lose(session, tmp_path)
    sending.start_due_blasts(services, threading.Event())
    sending.send(services, threading.Event())
    assert world.provider.taken == []
    with world.db.transaction() as session:
        blast = world.blast(session)
        assert blast.state == "paused"
        assert blast.reason is not None and said in blast.reason
        schedule.unschedule(session, blast, actor="Mara")
        assert (blast.state, blast.reason, blast.scheduled_for) == ("draft", None, None)


def test_once_it_is_mended_the_blast_is_resumed(
    world: World, services: Services, tmp_path: Path
) -> None:
    snippet(tmp_path).unlink()
    sending.start_due_blasts(services, threading.Event())
    snippet(tmp_path).write_text("Bye.", "utf-8")
    with world.db.transaction() as session:
        schedule.resume(session, world.blast(session), actor="Mara")
    sending.start_due_blasts(services, threading.Event())
    sending.send(services, threading.Event())
    assert len(world.provider.taken) == 3


def test_a_fault_of_ours_holds_one_blast_and_no_other(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError

    other = world.another_blast("Second ask")
    with world.db.transaction() as session:
        second = queries.by_id(session, other)
        schedule.schedule(session, second, at=None, actor="Mara", base_url=BASE_URL)
    monkeypatch.setattr(starting, "freeze", fault)
    with pytest.raises(ZeroDivisionError):
        sending.start_due_blasts(services, threading.Event())
    with world.db.reading() as session:
        first, second = world.blast(session), queries.by_id(session, other)
        assert (first.state, second.state) == ("paused", "sending")
        assert first.reason is not None and "log" in first.reason
