"""Simulated people and scanners: they read their letters and act through the real HTTP doors."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import requests

from outreach.core.errors import OutreachError
from outreach.demo.cast import Part

_PAGE = "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.8"
_TIMEOUT_S = 20.0
_AT_A_TIME = 8
_PRESSES = 5  # before a reader gives up who is asked to try again
_FRIENDS = ("Robin Hale", "Ines Duarte", "Tomas Vesely", "Aiko Brandt", "Samir Osei")


class DemoFailed(OutreachError):
    """A door did not do what the demo expects of it."""

    title = "The demo failed"


@dataclass(frozen=True)
class Letter:
    """A letter as its reader has it."""

    html: str
    one_click_url: str  # of the List-Unsubscribe header, "" without one

    @property
    def urls(self) -> list[str]:
        """Every address in the letter, each once, in order."""
        found = re.findall(r'(?:href|src)="(https?://[^"]+)"', self.html)
        return list(dict.fromkeys(unescape(url) for url in found))

    def link(self, words: str) -> str:
        """The address behind these words."""
        found = re.search(rf'href="([^"]+)"[^>]*>\s*{re.escape(words)}', self.html)
        if found is None:
            raise DemoFailed(f"A letter has no link “{words}”.")
        return unescape(found[1])

    @property
    def pixel(self) -> str:
        """The address of the open pixel."""
        return next(url for url in self.urls if "/o/" in url)


def letters_in(folder: Path) -> dict[str, Path]:
    """The newest letter's file of each address in a mailbox folder."""
    paths = sorted(folder.rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return {_recipient(path): path for path in paths}


def _recipient(path: Path) -> str:
    with path.open("rb") as file:
        headers = BytesHeaderParser().parse(file)
    return parseaddr(headers["To"])[1].lower()


def read(path: Path) -> Letter:
    """Open a letter."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",))
    return Letter(
        html=html.get_content() if html else "",
        one_click_url=str(message.get("List-Unsubscribe", "")).strip("<>"),
    )


def act_all(parts: Iterable[Part], letters: dict[str, Path], mailbox: Path) -> None:
    """Let everybody play their part, several at a time; the first failure ends it."""
    confirming: list[str] = []

    def play(part: Part) -> None:
        with requests.Session() as session:
            person = _Person(session, read(letters[part.address]), part)
            for act in part.role.acts:
                person.acts[act]()
            confirming.extend(person.to_confirm)

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(play, parts))
    _confirm(confirming, mailbox)


class _Person:
    """One reader with one letter; remembers where the last page left them."""

    def __init__(self, session: requests.Session, letter: Letter, part: Part) -> None:
        self.session = session
        self.letter = letter
        self.part = part
        self.page: requests.Response | None = None
        self.to_confirm: list[str] = []
        session.headers["User-Agent"] = part.role.agent
        if "scan" not in part.role.acts:
            session.headers["Accept"] = _PAGE  # as browsers do; scanners take anything
        self.acts: dict[str, Callable[[], None]] = {
            "open": self.open,
            "click": self.click,
            "sign": self.sign,
            "not_me": lambda: self.sign_as_another(confirm=True),
            "not_me_silent": lambda: self.sign_as_another(confirm=False),
            "leave": self.leave,
            "one_click": self.leave_by_one_click,
            "scan": self.scan,
        }

    def open(self) -> None:
        """Look at the letter with images on."""
        _expect(self._get(self.letter.pixel), 200)

    def click(self) -> None:
        """Press the button, and see the petition."""
        self.page = _expect(self._get(self.letter.link("Sign the petition")), 200)

    def sign(self) -> None:
        """Sign with one press, as the page knows this person."""
        page = self._page()
        form = form_of(page, "/sign")
        answer = _expect(self._post(form.url, form.values), 200)
        if "Thank you" not in answer.text:
            raise DemoFailed("Nobody was thanked for a signature.")

    def sign_as_another(self, *, confirm: bool) -> None:
        """The letter was forwarded: say “not me”, and sign under another name."""
        page = self._page()
        found = re.search(
            r'<a[^>]+href="([^"]+)"[^>]*>\s*(?:Not [^<]*|Click here\.?)</a>', page.text
        )
        if found is None:
            raise DemoFailed("The page does not offer “Not you?”.")
        stranger = self._get(urljoin(page.url, unescape(found[1])))
        form = form_of(_expect(stranger, 200), "/sign")
        address = "friend-of-" + self.part.address
        values = form.values | {
            "name": _FRIENDS[len(address) % len(_FRIENDS)],
            "email": address,
            "postal_code": "",
        }
        _expect(self._post(form.url, values), 200)
        if confirm:
            self.to_confirm.append(address)

    def leave(self) -> None:
        """Leave by the page behind “Unsubscribe”."""
        page = self._get(self.letter.link("Unsubscribe"))
        form = form_of(_expect(page, 200), "/u/")
        _expect(self._post(form.url, form.values), 200)

    def leave_by_one_click(self) -> None:
        """Leave as a mail program does it for its user (RFC 8058)."""
        answer = self.session.post(
            self.letter.one_click_url,
            {"List-Unsubscribe": "One-Click"},
            timeout=_TIMEOUT_S,
            allow_redirects=False,
        )
        _expect(answer, 200)

    def scan(self) -> None:
        """Follow everything in the letter by GET and by HEAD, as link scanners do."""
        for url in self.letter.urls:
            if not url.startswith(self.letter.one_click_url.split("/u/")[0]):
                continue  # a place outside; nobody is there in a demo
            self.session.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
            self.session.head(url, timeout=_TIMEOUT_S, allow_redirects=False)

    def _get(self, url: str) -> requests.Response:
        return _patiently(lambda: self.session.get(url, timeout=_TIMEOUT_S))

    def _post(self, url: str, form: dict[str, str]) -> requests.Response:
        return _patiently(lambda: self.session.post(url, form, timeout=_TIMEOUT_S))

    def _page(self) -> requests.Response:
        if self.page is None:
            raise DemoFailed("The cast lets somebody sign who saw no page.")
        return self.page


def _confirm(addresses: list[str], mailbox: Path) -> None:
    """Open the confirmation letters as they arrive, and press their button."""
    wanted = set(addresses)
    found = wait_for_letters(mailbox, wanted)
    for address in sorted(wanted):
        with requests.Session() as session:
            session.headers["User-Agent"] = "Mozilla/5.0 (confirming a signature)"
            url = next(url for url in read(found[address]).urls if "/confirm/" in url)
            form = form_of(_expect(session.get(url, timeout=_TIMEOUT_S), 200), "/confirm/")
            _expect(session.post(form.url, form.values, timeout=_TIMEOUT_S), 200)


def wait_for_letters(mailbox: Path, addresses: set[str], within_s: float = 15.0) -> dict[str, Path]:
    """Letters by address once all of these have one; DemoFailed when they don't come."""
    end = time.monotonic() + within_s
    while True:
        found = letters_in(mailbox)
        if addresses <= found.keys():
            return found
        if time.monotonic() > end:
            raise DemoFailed(f"{len(addresses - found.keys())} letters did not arrive.")
        time.sleep(0.2)


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes, and what it holds when nobody types."""

    url: str
    values: dict[str, str]


class _FormReader(HTMLParser):
    def __init__(self, page_url: str, action_part: str) -> None:
        super().__init__()
        self.page_url = page_url
        self.action_part = action_part
        self.action: str | None = None
        self.values: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form" and self.action is None:
            goes_to = urljoin(self.page_url, known.get("action") or "")
            if self.action_part in goes_to:
                self._inside, self.action = True, goes_to
        elif tag == "input" and self._inside and known.get("type") != "checkbox":
            self.values[known.get("name") or ""] = known.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def form_of(page: requests.Response, action_part: str) -> Form:
    """The first form whose address holds these characters."""
    reader = _FormReader(page.url, action_part)
    reader.feed(page.text)
    if reader.action is None:
        raise DemoFailed(f"The page has no form for {action_part}.")
    return Form(reader.action, reader.values)


def _patiently(ask: Callable[[], requests.Response]) -> requests.Response:
    """The answer; who is asked to try again (503) does, as a reader would."""
    answer = ask()
    for _ in range(_PRESSES - 1):
        if answer.status_code != 503:
            break
        time.sleep(1.0)
        answer = ask()
    return answer


def _expect(answer: requests.Response, status: int) -> requests.Response:
    if answer.status_code != status:
        # The path holds a token: only its first part is told.
        door = answer.url.split("/")[3] if answer.url.count("/") > 2 else ""
        raise DemoFailed(f"/{door} answered {answer.status_code} instead of {status}.")
    return answer
