"""The disk fills while a blast is on its way, and somebody makes room."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.mail.flight import FlightRecorder
from tests.conftest import make_tables
from tests.engines.fleet import missing, until
from tests.standins.world import World, build_world

PEOPLE = 1000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for little."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        missing("right to mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def world(small_disk: Path) -> Iterator[World]:
    """A blast that is about to leave, from a SQLite database on the small disk."""
    db = Database(f"sqlite:///{small_disk / 'outreach.db'}")
    make_tables(db)
    organisation = Organisation(
        name="Harbour Lights Action",
        postal_address="4 Quay Street",
        sender_name="Mara",
        sender_address="mara@harbourlights.example",
    )
    with db.transaction() as session:
        session.add(organisation)
    made = build_world(db, organisation)
    made.flights = FlightRecorder(small_disk / "flights")
    yield made
    db.close()


def test_who_left_is_written_down_when_there_is_room_again(world: World, small_disk: Path) -> None:
    addresses = world.add_people(PEOPLE)
    world.start()
    filler, failed = small_disk / "filler", threading.Event()

    def fill(_: object) -> None:
        if world.provider.taken and not filler.exists():
            with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
                while True:
                    file.write(bytes(4096))

    def send() -> None:
        try:
            world.send()
        except OperationalError as error:
            assert "full" in str(error)
            failed.set()

    world.provider.before = fill
    sender = threading.Thread(target=send)
    sender.start()
    until(filler.exists, "the disk is full", 30)
    sender.join(timeout=3)
    assert sender.is_alive()  # it alone knows of the letters on the wire, and keeps asking
    world.provider.before = lambda recipients: None
    filler.unlink()
    sender.join(timeout=60)
    assert failed.is_set()
    left = len(world.provider.taken)
    states = Counter(state for state, _ in world.states().values())
    assert 0 < left < PEOPLE
    assert states == {"accepted": left, "pending": PEOPLE - left}
    world.send()
    assert sorted(world.provider.taken) == addresses
    assert {state for state, _ in world.states().values()} == {"accepted"}
