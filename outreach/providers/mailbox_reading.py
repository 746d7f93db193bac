"""Reading the local mailbox: pages of letters, newest first, and one letter in all its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

import orjson

from outreach.core.errors import NotFound
from outreach.core.paging import Page

PAGE_SIZE = 50
FOLDER_SIZE = 1000
_is_id = re.compile(r"(\d{1,15})(?:-(\d{1,6}))?").fullmatch


@dataclass(frozen=True, slots=True)
class Summary:
    """A letter's line in a list. `id` is the delivery's, with `-2` and so on for repeats."""

    id: str
    to: str
    subject: str
    at: datetime

    @property
    def delivery_id(self) -> int:
        """The delivery that this letter belongs to."""
        return _order(self.id)[0]


@dataclass(frozen=True, slots=True)
class StoredLetter(Summary):
    """A letter as it would have been sent; `headers` decoded, `source` as the bytes spell it."""

    sender: str
    headers: list[tuple[str, str]]
    html: str
    text: str
    source: str


class Mailbox:
    """The letters of one folder. Safe to read while letters are being stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, delivery_id: int, copy: int = 1) -> Path:
        """Where a delivery's letter stands, or would."""
        name = f"{delivery_id}.eml" if copy == 1 else f"{delivery_id}-{copy}.eml"
        return self.folder / str(delivery_id // FOLDER_SIZE) / name

    def letters(self, query: str = "", page: int = 1, size: int = PAGE_SIZE) -> Page[Summary]:
        """A page of letters, latest delivery first; `query` is looked for in address, name and
        subject, whatever the case."""
        if query:
            wanted = query.casefold()
            found = [
                letter
                for folder, ids in self._folders()
                for letter in _summaries(folder, ids)
                if wanted in letter.to.casefold() or wanted in letter.subject.casefold()
            ]
            page = _within(page, len(found), size)
            return Page(found[(page - 1) * size : page * size], page, size, len(found))
        folders = list(self._folders())
        total = sum(len(ids) for _, ids in folders)
        page = _within(page, total, size)
        rows = _slice(folders, (page - 1) * size, page * size)
        return Page(rows, page, size, total)

    def letter(self, letter_id: str | int) -> StoredLetter:
        """One letter by its id, or the first of a delivery; raises NotFound."""
        found = _is_id(str(letter_id))
        path = self.path(int(found[1]), int(found[2] or 1)) if found else None
        if path is None or not path.is_file():
            raise NotFound(
                "There is no such letter in the mailbox.", hint="The list shows those that are."
            )
        source = path.read_bytes()
        message = message_from_bytes(source, policy=policy.default)
        return StoredLetter(
            id=path.stem,
            to=str(message["To"] or ""),
            subject=str(message["Subject"] or ""),
            at=_written_at(path),
            sender=str(message["From"] or ""),
            headers=[(name, str(value)) for name, value in message.items()],
            html=_content(message, "html"),
            text=_content(message, "plain"),
            source=source.decode("utf-8", "replace"),
        )

    def _folders(self) -> Iterator[tuple[Path, list[str]]]:
        """Folders with the ids of their letters, latest first."""
        numbers = [int(path.name) for path in self.folder.glob("[0-9]*") if path.name.isdecimal()]
        for number in sorted(numbers, reverse=True):
            folder = self.folder / str(number)
            ids = [path.stem for path in folder.iterdir() if path.suffix == ".eml"]
            yield folder, sorted(ids, key=_order, reverse=True)


def _order(letter_id: str) -> tuple[int, int]:
    delivery_id, _, copy = letter_id.partition("-")
    return int(delivery_id), int(copy or 1)


def _within(page: int, total: int, size: int) -> int:
    return min(max(1, page), max(1, -(-total // size)))


def _slice(folders: list[tuple[Path, list[str]]], start: int, stop: int) -> list[Summary]:
    rows: list[Summary] = []
    for folder, ids in folders:
        rows += _summaries(folder, ids[max(0, start) : max(0, stop)])
        start, stop = start - len(ids), stop - len(ids)
        if stop <= 0:
            break
    return rows


def _summaries(folder: Path, ids: list[str]) -> Iterator[Summary]:
    if not ids:
        return
    known = _index(folder / "index")
    for letter_id in ids:
        yield known.get(letter_id) or _from_headers(folder / f"{letter_id}.eml")


def _index(path: Path) -> dict[str, Summary]:
    known = {}
    lines = path.read_bytes().splitlines() if path.exists() else []
    for line in lines:
        try:
            entry = orjson.loads(line)
            at = datetime.fromisoformat(entry["at"])
            known[entry["id"]] = Summary(entry["id"], entry["to"], entry["subject"], at)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            continue  # torn by a kill; the letter itself is read instead
    return known


def _from_headers(path: Path) -> Summary:
    with path.open("rb") as file:
        message = BytesHeaderParser(policy=policy.default).parse(file)
    to, subject = str(message["To"] or ""), str(message["Subject"] or "")
    return Summary(path.stem, to, subject, _written_at(path))


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
