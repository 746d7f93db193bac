"""Open a web address for a check: public hosts only, with limits, whatever the server does.

Each hop's host is resolved once, every address of it must be public, and the connection goes to the
address that was judged: a name that answers differently a moment later (DNS rebinding) leads
nowhere else. A timer ends what drips.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

MAX_BYTES = 5_000_000  # of a page, as sent and as unpacked
MAX_HOPS = 8
TIMEOUT_S = 20.0  # for one page with all its redirects
_CONNECT_S = 8.0
_CHUNK = 65_536
_PORTS = (80, 443, 8080, 8443)
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Outreach source check)",
    "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain;q=0.9, */*;q=0.5",
    "Accept-Language": "en, *;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered. `hops` are (status, address) of the redirects on the way."""

    url: str  # where it ended
    status: int
    content_type: str
    body: bytes
    is_whole: bool  # False: cut at MAX_BYTES
    hops: tuple[tuple[int, str], ...] = ()


class NotFetched(Exception):
    """No answer. `kind`: forbidden (not to be opened from here), gone (no such host), silent (no
    connection, no answer in time), broken (no sensible answer, or redirects without end)."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind, self.why = kind, why


def fetch(
    url: str, *, loopback: bool = False, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES
) -> Fetched:
    """GET an address, following redirects, each judged anew. Raises NotFetched.

    `loopback` lets tests open servers on this machine; nothing else private is ever opened.
    """
    until = time.monotonic() + timeout_s
    hops: list[tuple[int, str]] = []
    seen = {url}
    while True:
        status, headers, body, is_whole = _get(url, loopback, until, max_bytes)
        leads = headers.get("Location")
        if status not in _REDIRECTS or not leads:
            kind = headers.get("Content-Type", "")
            return Fetched(url, status, kind, body, is_whole, tuple(hops))
        hops.append((status, url))
        try:
            url = urljoin(url, leads.strip()[:2000])
        except ValueError:
            raise NotFetched("broken", "It redirects to what is no address.") from None
        if len(hops) > MAX_HOPS or (url in seen and len(hops) > 2):
            raise NotFetched("broken", "It redirects without end.")
        seen.add(url)


def _get(
    url: str, loopback: bool, until: float, max_bytes: int
) -> tuple[int, http.client.HTTPMessage, bytes, bool]:
    scheme, host, port, target = _taken_apart(url, loopback)
    try:
        with _connected(scheme, host, port, loopback, until) as connection:
            shown = f"[{host}]" if ":" in host else host
            standard = port == (443 if scheme == "https" else 80)
            connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", shown if standard else f"{shown}:{port}")
            for name, value in _HEADERS.items():
                connection.putheader(name, value)
            connection.endheaders()
            with connection.getresponse() as answer:
                if answer.status in _REDIRECTS:
                    return answer.status, answer.headers, b"", True
                return answer.status, answer.headers, *_body(answer, until, max_bytes)
    except ssl.SSLError as error:
        raise NotFetched("broken", f"Its encryption can’t be used ({error.reason}).") from error
    except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
        if time.monotonic() >= until or isinstance(error, TimeoutError):
            raise NotFetched("silent", "It did not answer in time.") from error
        kind = "silent" if isinstance(error, OSError) else "broken"
        raise NotFetched(kind, f"It does not answer sensibly ({type(error).__name__}).") from error


def _taken_apart(url: str, loopback: bool) -> tuple[str, str, int, str]:
    """Scheme, host, port and request target. Raises NotFetched for what is not to be opened."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if not host.isascii():
            host = host.encode("idna").decode()
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise NotFetched("forbidden", "That is no web address.") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise NotFetched("forbidden", "Only plain web addresses are opened (http, https).")
    if port not in _PORTS and not loopback:
        raise NotFetched("forbidden", f"Port {port} is no port of web pages.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return parts.scheme, host, port, urlunsplit(("", "", path, query, ""))


def public_addresses(host: str, port: int, *, loopback: bool = False) -> list[str]:
    """The IP addresses of a host.

    Raises NotFetched where it has none, or one that is not public: private, loopback, link-local
    (cloud metadata too), multicast, reserved, or one of these wrapped in IPv6.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        passing = getattr(error, "errno", None) == socket.EAI_AGAIN
        kind, why = ("silent", "asked again later") if passing else ("gone", "no such host")
        raise NotFetched(kind, f"{host} is not found ({why}).") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not addresses or not all(_is_public(one, loopback) for one in addresses):
        raise NotFetched("forbidden", f"{host} is not on the public internet.")
    return addresses


def _is_public(address: str, loopback: bool) -> bool:
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner: IPv4Address | IPv6Address | None
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip.packed[:12] in (_NAT64, bytes(12)):
            inner = ip_address(ip.packed[12:]) if ip.packed[12:14] != bytes(2) else None
        if inner is not None:
            return _is_public(str(inner), loopback=False)
    if ip.is_loopback:
        return loopback
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_NAT64 = ip_address("64:ff9b::").packed[:12]


@contextmanager
def _connected(
    scheme: str, host: str, port: int, loopback: bool, until: float
) -> Iterator[http.client.HTTPConnection]:
    """A connection to one of the host's judged addresses, cut off when the time is over."""
    plain = _dialled(public_addresses(host, port, loopback=loopback), port, until)
    connection = http.client.HTTPConnection(host, port)
    connection.sock = plain
    live = [plain]
    timer = threading.Timer(max(0.0, until - time.monotonic()) + 0.05, _cut, [live])
    timer.daemon = True
    timer.start()
    try:
        if scheme == "https":
            live[0] = connection.sock = ssl.create_default_context().wrap_socket(
                plain, server_hostname=host, do_handshake_on_connect=False
            )
            connection.sock.do_handshake()
        yield connection
    finally:
        timer.cancel()
        connection.close()
        live[0].close()


def _dialled(addresses: list[str], port: int, until: float) -> socket.socket:
    error: OSError = TimeoutError()
    for address in addresses[:4]:
        left = min(_CONNECT_S, until - time.monotonic())
        if left <= 0:
            break
        try:
            found = socket.create_connection((address, port), timeout=left)
        except OSError as failed:
            error = failed
            continue
        found.settimeout(max(0.05, until - time.monotonic()))
        return found
    why = "in time" if isinstance(error, TimeoutError) else "at all"
    raise NotFetched("silent", f"No connection is made {why}.") from error


def _cut(live: list[socket.socket]) -> None:
    with suppress(OSError):  # it has ended by itself
        live[0].shutdown(socket.SHUT_RDWR)


def _body(answer: http.client.HTTPResponse, until: float, most: int) -> tuple[bytes, bool]:
    """The body, unpacked, no more than `most` bytes of it, and whether that is all."""
    unpack = _unpacker(answer.headers.get("Content-Encoding", ""))
    pieces: list[bytes] = []
    size = received = 0
    while size < most and received < most:
        if time.monotonic() >= until:
            raise TimeoutError
        raw = answer.read1(_CHUNK)
        if not raw:
            if time.monotonic() >= until:
                raise TimeoutError
            return b"".join(pieces), answer.length in (None, 0)
        received += len(raw)
        piece = unpack.decompress(raw, most - size) if unpack else raw
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)[:most], False


def _unpacker(encoding: str) -> zlib._Decompress | None:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(47)  # gzip or zlib, as its head says
    raise http.client.HTTPException(f"encoding {encoding}")
