"""Limits that hold over all web processes, and what they do to people while their store is away."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

from outreach.app import create_app
from outreach.core.errors import TooMany
from outreach.services import Services
from outreach.web import limits
from tests.engines.fleet import OwnRedis

Apps = Callable[[str], Flask]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    """A Redis of this test’s own, which a busy machine may keep from answering for a while."""
    monkeypatch.setattr(limits, "STORE_ANSWERS_S", 30)
    redis = OwnRedis()
    yield redis
    redis.close()


@pytest.fixture
def app_with(services: Services) -> Iterator[Apps]:
    """A web process that counts in the store at an address, three signatures a minute."""

    def make(url: str) -> Flask:
        return create_app(replace(services, limits_url=url, sign_per_minute=3))

    yield make
    # The limiter outlives its app: it is to forget that store, and that it was away.
    create_app(services)
    limits.limiter._storage_dead = False
    limits.limiter.reset()


def press(app: Flask, name: str) -> str:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        try:
            limits.must_be_within_limits(f"{name}@example.org")
        except TooMany:
            return "too many"
    return "taken"


def test_processes_count_together_in_redis(app_with: Apps, store: OwnRedis) -> None:
    first = app_with(store.url)
    assert [press(first, "a"), press(first, "b")] == ["taken", "taken"]
    # Another process knows nothing but what is in the store.
    second = create_app(replace(first.extensions["outreach"]))
    assert [press(second, "c"), press(second, "d")] == ["taken", "too many"]


def test_nobody_is_stopped_by_a_redis_that_is_away(app_with: Apps, store: OwnRedis) -> None:
    app = app_with(store.url)
    assert press(app, "a") == "taken"
    store.close()
    # Each process goes on by itself, and still counts.
    assert [press(app, name) for name in "bcde"] == ["taken", "taken", "taken", "too many"]


def test_nobody_waits_for_a_redis_that_is_silent(app_with: Apps) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = app_with(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        with ThreadPoolExecutor(1) as visitor:
            # By default Redis’s client tries for 20 s.
            assert visitor.submit(press, app, "a").result(timeout=10) == "taken"
