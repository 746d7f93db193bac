"""The shape of the house: small files, no hidden imports, whole letters, jobs on queues."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from outreach.engines.celery import PIECES, QUEUES, build
from outreach.jobs import JOBS
from outreach.mail.render import FOLDER, letters

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "outreach").rglob("*.py"))
OTHERS = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])


@pytest.mark.parametrize("path", [*FILES, *OTHERS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_hides_in_a_function_and_no_room_is_nameless(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            hidden = [n for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))]
            assert not hidden, f"{node.name} imports"


@pytest.mark.parametrize("name", letters())
def test_every_letter_has_subject_html_and_text(name: str) -> None:
    found = {path.name for path in (FOLDER / name).iterdir()}
    assert found == {"subject.txt", "body.html", "body.txt"}


def test_every_job_is_a_task_on_a_queue_with_a_turn() -> None:
    celery = build("memory://", lambda: pytest.fail("no task runs here"))
    assert len({job.name for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert job.name in celery.tasks
        assert celery.conf.task_routes[job.name] == {"queue": job.queue}
        assert celery.conf.beat_schedule[job.name]["schedule"] == job.every_s
    for pieces in PIECES:
        assert pieces.name in celery.tasks
        assert celery.conf.task_routes[pieces.name] == {"queue": pieces.queue}
    # One way into each queue: a message reaches no other one.
    ways = {(q.name, q.exchange.name, q.routing_key) for q in celery.conf.task_queues}
    assert ways == {(name, name, name) for name in QUEUES}


def test_the_domain_knows_no_web_no_engine_no_provider() -> None:
    outside = {"flask", "celery", "apscheduler", "sendgrid", "granian", "click"}
    floors = ("core", "accounts", "consent", "mail", "supporters", "petitions", "tracking")
    for path in FILES:
        if path.relative_to(ROOT).parts[1] not in (*floors, "audiences", "blasts", "analytics"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not {name.split(".")[0] for name in names} & outside, path


def test_what_is_audited_is_called_noun_and_verb() -> None:
    literal = re.compile(r"[a-z]+\.[a-z_]+")
    beginning = re.compile(r"[a-z]+\.")  # the verb is chosen when it happens
    found = []
    for path in FILES:
        for call in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)):
            name = ast.unparse(call.func)
            given = [k.value for k in call.keywords if k.arg == "action"]
            given += call.args[1:2] if name == "_audit" else []
            for action in given if name in ("audit.record", "_audit", "_record") else []:
                if isinstance(action, ast.Constant):
                    found.append(action.value)
                    assert literal.fullmatch(action.value), f"{path.name}: {action.value}"
                elif isinstance(action, ast.JoinedStr):
                    assert beginning.fullmatch(action.values[0].value), path.name  # type: ignore[attr-defined]
    assert len(found) > 15
    past = [action for action in found if action.endswith("ed")]
    assert past == []
