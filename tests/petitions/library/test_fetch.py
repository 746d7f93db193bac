"""Opening addresses: only public ones, with limits, however the server behaves."""

from __future__ import annotations

import gzip
import socket
import time
from typing import Any

import pytest

from outreach.petitions.library import fetch
from outreach.petitions.library.fetch import Fetched, NotFetched
from tests.petitions.library.conftest import Web


def opened(url: str, **limits: Any) -> Fetched:
    return fetch.fetch(url, loopback=True, **{"timeout_s": 5.0, **limits})


def refused(url: str, **limits: Any) -> NotFetched:
    with pytest.raises(NotFetched) as said:
        opened(url, **limits)
    return said.value


def test_a_page_is_fetched_with_its_type(web: Web) -> None:
    found = opened(web.page("/a?b=1", "<p>Here</p>"))
    assert (found.status, found.body, found.is_whole) == (200, b"<p>Here</p>", True)
    assert found.content_type.startswith("text/html") and found.hops == ()


def test_letters_outside_ascii_are_written_as_servers_want_them(web: Web) -> None:
    web.page("/caf%C3%A9%20?q=%C3%BC", "x")
    assert opened(web.url("/café ?q=ü")).body == b"x"


def test_redirects_are_followed_and_told(web: Web) -> None:
    web.page("/new", "here")
    url = web.page("/old", status=301, Location="/new")
    found = opened(url)
    assert found.url == web.url("/new") and found.hops == ((301, url),)


def test_redirects_without_end_are_given_up(web: Web) -> None:
    web.page("/a", status=302, Location="/b")
    web.page("/b", status=302, Location="/a")
    assert refused(web.url("/a")).kind == "broken"

    def ever_on(connection: socket.socket, path: str) -> None:
        web.pages[f"{path}x"] = ever_on
        connection.sendall(f"HTTP/1.1 302 On\r\nLocation: {path}x\r\n\r\n".encode())

    web.pages["/x"] = ever_on
    assert refused(web.url("/x")).kind == "broken"
    assert len(web.asked) < 30


def test_an_endless_body_is_cut(web: Web) -> None:
    def endless(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            connection.sendall(b"word " * 10_000)

    web.pages["/"] = endless
    found = opened(web.url("/"), max_bytes=300_000)
    assert len(found.body) == 300_000 and not found.is_whole


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\n\r\n"])
def test_a_slow_drip_is_cut_off(web: Web, head: bytes) -> None:
    through: list[bool] = []

    def dripping(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        for _second in range(200):
            connection.sendall(b"x")
            time.sleep(0.05)
        through.append(True)

    web.pages["/"] = dripping
    assert refused(web.url("/"), timeout_s=0.6).kind == "silent"
    assert through == []  # the drip itself takes ten seconds


def test_a_server_that_never_answers_is_silent(web: Web) -> None:
    web.pages["/"] = lambda _connection, _: time.sleep(3)
    assert refused(web.url("/"), timeout_s=0.4).kind == "silent"


def test_a_gzip_bomb_fills_nothing(web: Web) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    web.page("/", bomb, Content_Encoding="gzip")
    found = opened(web.url("/"), max_bytes=200_000)
    assert len(found.body) == 200_000 and not found.is_whole


def test_packed_pages_are_unpacked(web: Web) -> None:
    web.page("/", gzip.compress("<p>Grüße</p>".encode()), Content_Encoding="gzip")
    assert opened(web.url("/")).body.decode() == "<p>Grüße</p>"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\x01\x02",
        b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 Fine\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 Fine\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 Fine\r\n" + b"A: b\r\n" * 5000,
        b"HTTP/1.1 302 On\r\nLocation: http://[nowhere/\r\n\r\n",
    ],
)
def test_nonsense_is_no_answer_and_no_fault_of_ours(web: Web, answer: bytes) -> None:
    web.pages["/"] = lambda connection, _: connection.sendall(answer)
    said = refused(web.url("/"))
    assert said.kind in ("broken", "silent", "forbidden")
    assert said.why


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://172.16.0.9/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "file:///etc/passwd",
        "ftp://board.example/",
        "gopher://board.example/",
        "http://somebody:secret@board.example/",
        "http://93.184.215.14:22/",
        "http://93.184.215.14:99999/",
        "http://[nowhere/",
        "http:///",
        "nothing",
    ],
)
def test_what_is_not_public_is_never_opened(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("opened"))
    with pytest.raises(NotFetched) as said:
        fetch.fetch(url)
    assert said.value.kind == "forbidden"


@pytest.mark.parametrize(
    "url", ["http://[::ffff:127.0.0.1]/", "http://10.0.0.1/", "http://169.254.169.254/"]
)
def test_the_setting_of_tests_opens_loopback_alone(url: str) -> None:
    assert refused(url).kind == "forbidden"


def test_a_redirect_to_a_private_address_is_not_followed(web: Web) -> None:
    url = web.page("/", status=302, Location="http://169.254.169.254/latest/meta-data/")
    assert refused(url).kind == "forbidden"
    assert refused(web.page("/f", status=302, Location="file:///etc/passwd")).kind == "forbidden"


def test_a_name_is_resolved_once_and_every_address_of_it_must_be_public(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    dialled: list[Any] = []

    def resolved(host: str, port: int, **_kind: Any) -> list[Any]:
        asked.append(host)
        addresses = {"mixed.example": ["93.184.215.14", "10.0.0.1"]}.get(host, ["93.184.215.14"])
        if len(asked) > 1 and host == "rebinding.example":
            addresses = ["127.0.0.1"]
        return [(socket.AF_INET, 1, 6, "", (one, port)) for one in addresses]

    def dial(address: Any, **_more: Any) -> Any:
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(NotFetched, match="public"):
        fetch.fetch("http://mixed.example/")
    assert dialled == []
    asked.clear()
    with pytest.raises(NotFetched, match="connection"):
        fetch.fetch("http://rebinding.example/")
    assert asked == ["rebinding.example"] and dialled == [("93.184.215.14", 80)]


def test_a_host_that_does_not_exist_is_told_from_a_network_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number, kind in ((socket.EAI_NONAME, "gone"), (socket.EAI_AGAIN, "silent")):

        def failing(*_a: Any, number: int = number, **_k: Any) -> Any:
            raise socket.gaierror(number, "no")

        monkeypatch.setattr(socket, "getaddrinfo", failing)
        with pytest.raises(NotFetched) as said:
            fetch.fetch("http://courier.example/")
        assert said.value.kind == kind


def test_what_is_sent_names_us_and_nobody_else(web: Web) -> None:
    opened(web.page("/", "x"))
    assert "Cookie" not in web.heads[0] and "Outreach" in web.heads[0]
    assert f"Host: 127.0.0.1:{web.port}\r\n" in web.heads[0]
