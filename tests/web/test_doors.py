"""What every answer has, errors for people and for programs, and the signs of life."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import InterfaceError, TimeoutError

import config
from outreach.accounts.models import Organisation
from outreach.app import build_services, create_app
from outreach.core import migrations
from outreach.core.errors import Conflict, FormErrors
from outreach.services import Services


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """Services on an embedded database."""
    built = build_services(config.load(_env_file=None, data_dir=tmp_path))
    migrations.upgrade(built.db)
    return built


@pytest.fixture
def app(services: Services) -> Flask:
    """The app, with doors that fail in each way."""
    built = create_app(services)

    @built.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("secret detail")

    @built.get("/busy")
    def busy() -> str:
        raise Conflict("It is sending.", hint="Pause it first.")

    @built.get("/faults")
    def faults() -> str:
        raise FormErrors([("email", "Enter an address."), ("name", "Enter a name.")])

    return built


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor."""
    return app.test_client()


def test_pages_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    headers = client.get("/nothing-here").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_browsers_are_told_to_stay_with_https_where_we_are_reached_by_it(
    client: FlaskClient, services: Services
) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    app = create_app(dataclasses.replace(services, base_url="https://act.example.org"))
    for path in ("/healthz", "/nothing-here", "/console/"):
        told = app.test_client().get(path).headers["Strict-Transport-Security"]
        assert told == "max-age=31536000", path


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing-here", 404, "nothing at this address"),
        ("/broken", 500, "fault of ours"),
        ("/busy", 409, "Pause it first."),
    ],
)
def test_errors_are_pages_for_people(
    client: FlaskClient, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


def test_errors_are_json_for_programs(client: FlaskClient) -> None:
    answer = client.get("/faults", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json == {
        "error": {
            "status": 400,
            "title": "That can’t be used as it is",
            "message": "Enter an address.; Enter a name.",
            "hint": "",
            "fields": [
                {"field": "email", "message": "Enter an address."},
                {"field": "name", "message": "Enter a name."},
            ],
        }
    }
    assert (
        client.get("/nope", headers={"Accept": "application/json"}).json["error"]["status"] == 404
    )


def test_alive_and_ready_are_two_things(client: FlaskClient, services: Services) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["worker"]) == (503, "not running: outreach worker")
    services.alive_file.touch()
    assert client.get("/readyz").json == {"status": "ok", "database": "ok", "worker": "ok"}
    long_ago = time.time() - 60
    os.utime(services.alive_file, (long_ago, long_ago))
    assert "silent for" in client.get("/readyz").json["worker"]


def test_not_ready_on_an_old_schema(client: FlaskClient, services: Services) -> None:
    services.alive_file.touch()
    migrations.downgrade(services.db, "base")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "outreach db upgrade" in answer.json["database"]
    assert client.get("/").status_code == 503  # a page says so, it does not break


@pytest.mark.parametrize(
    "error", [TimeoutError("QueuePool limit"), InterfaceError("", {}, OSError())]
)
def test_a_database_too_busy_to_answer_is_no_fault_of_the_page(
    app: Flask, error: Exception
) -> None:
    @app.get("/crowded")
    def crowded() -> str:
        raise error

    answer = app.test_client().get("/crowded")
    assert answer.status_code == 503
    assert "The database does not answer." in answer.text


def test_a_number_beyond_all_keys_is_refused(app: Flask) -> None:
    @app.get("/row/<int:number>")
    def row(number: int) -> str:
        with app.extensions["outreach"].db.reading() as session:
            return str(session.get(Organisation, number))

    assert app.test_client().get(f"/row/{10**30}").status_code == 400


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/supporters/imports/new"])
def test_a_stranger_can_not_fill_the_disk(client: FlaskClient, path: str) -> None:
    answer = client.post(
        path,
        data=b"x" * 600_000,
        content_type="multipart/form-data; boundary=y",
        headers={"Cookie": "outreach_sign_in=x"},
    )
    assert answer.status_code == 413
