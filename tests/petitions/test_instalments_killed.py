"""A delivery killed (SIGKILL) at any moment: no name is lost, none is delivered twice."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from outreach.core.clock import now
from outreach.petitions.instalment_models import Instalment
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World

ROOT = Path(__file__).parents[2]
DELIVER = """
import sys
from pathlib import Path
import config
from outreach.cli.context import Context
from outreach.cli.petitions_deliver import deliver
url, folder, *words = sys.argv[1:]
context = Context(config.Settings(database_url=url, data_dir=Path(folder) / "data"))
vars(context)["services"] = context.services_on_any_schema
deliver.main(words, obj=context)
"""


def start(world: World, folder: Path, *words: str) -> subprocess.Popen[str]:
    """`outreach petitions deliver`, as a process of its own."""
    url = world.db.url.render_as_string(hide_password=False)
    asked = [world.petition.slug, "--folder", str(folder), *words]
    return subprocess.Popen(
        [sys.executable, "-c", DELIVER, url, str(folder), *asked],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def sign(world: World, first: int, number: int) -> None:
    """So many people sign, told apart by a number in their names."""
    at = now()
    people = range(first, first + number)
    with world.db.transaction() as session:
        version = session.scalars(select(PetitionVersion)).one()
        ids = session.scalars(
            insert(Supporter).returning(Supporter.id, sort_by_parameter_order=True),
            [{"address": f"p{i}@example.org", "email": f"p{i}@example.org"} for i in people],
        ).all()
        rows = [
            {
                "petition_id": world.petition.id,
                "version_id": version.id,
                "supporter_id": supporter_id,
                "state": "verified",
                "grade": "confirmed",
                "name": f"Signer {i}",
                "mailbox": f"p{i}@example.org",
                "is_new": True,
                "verified_at": at,
            }
            for i, supporter_id in zip(people, ids, strict=True)
        ]
        session.execute(insert(Signature), rows)


def instalments_of(world: World) -> list[int]:
    with world.db.reading() as session:
        return list(session.scalars(select(Instalment.number).order_by(Instalment.number)))


def killed_when(process: subprocess.Popen[str], there: Callable[[], bool]) -> bool:
    """Kill it as soon as something is there; whether that was before its own end."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        if there():
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    said = process.communicate(timeout=120)[0]
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode == -signal.SIGKILL


def test_no_kill_loses_a_name_or_delivers_it_twice(world: World, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    folder = tmp_path / "files"
    folder.mkdir()
    with world.db.transaction() as session:
        session.get_one(Petition, world.petition.id).targets = ["the Transport Board"]
    started, known = [0.0], [0]
    stages: list[Callable[[], bool]] = [
        lambda: time.monotonic() - started[0] > 1.0,  # before anything is stored
        lambda: len(instalments_of(world)) > known[0],  # stored, its files at most begun
        lambda: any(folder.glob("*.csv")),  # the list is there, the PDF is being set
    ]
    signed = kills = 0
    for stage in stages:
        for file in folder.glob("*.*"):
            file.unlink()
        sign(world, signed, 120)
        signed += 120
        started[0], known[0] = time.monotonic(), len(instalments_of(world))
        kills += killed_when(start(world, folder), stage)
        assert len(instalments_of(world)) <= known[0] + 1
    assert kills >= 2  # the rest were faster than the kill
    last = start(world, folder)
    said = last.communicate(timeout=180)[0]
    assert last.returncode == 0, said

    found: list[tuple[int, str]] = []
    for number in instalments_of(world):
        again = start(world, folder, "--again", str(number))
        said = again.communicate(timeout=180)[0]
        assert again.returncode == 0, said
        [path] = folder.glob(f"*-{number}.csv")
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
        with path.open(encoding="utf-8", newline="") as file:
            found += [(int(row["number"]), row["name"]) for row in csv.DictReader(file)]
    assert not list(folder.glob("*.part"))
    assert [place for place, _ in found] == list(range(1, signed + 1))
    assert sorted(name for _, name in found) == sorted(f"Signer {i}" for i in range(signed))
