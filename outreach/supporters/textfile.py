"""A file of unknown origin as text: which encoding it is in, and whether it is text at all."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from outreach.core.errors import BadInput

LOST = "\ufffd"  # stands where bytes could not be read
_HEAD = 1 << 16
_CHUNK = 1 << 20
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # XLSX, XLS


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[TextIO]:
    """The file as text with its line ends as they are; unreadable bytes come as LOST.

    Raises BadInput when it can't be opened.
    """
    with readable(path), path.open(encoding=encoding, errors="replace", newline="") as stream:
        yield stream


def encoding_of(path: Path, wanted: str | None = None) -> str:
    """The encoding to read with: the wanted one, else UTF-8, UTF-16 (by its mark), or cp1252.

    Raises BadInput for a file that is empty, no text, or can't be opened, and for an encoding that
    does not exist.
    """
    with readable(path), path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise BadInput(
            "The file is empty. Nothing was stored.", hint="Export it again.", field="file"
        )
    if wanted:
        return _known(wanted)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(_SPREADSHEETS) or b"\0" in head:
        raise BadInput(
            "This is not a text file. Nothing was stored.",
            hint="In a spreadsheet choose “Save as” and the format “CSV UTF-8”.",
            field="file",
        )
    return "utf-8-sig" if _is_utf8(path) else "cp1252"


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the system says against opening a file into BadInput."""
    try:
        yield
    except FileNotFoundError:
        raise BadInput(
            f"There is no file {path.name} there. Nothing was stored.",
            hint="Check the path.",
            field="file",
        ) from None
    except OSError as error:
        raise BadInput(
            f"The file can’t be read: {error.strerror}. Nothing was stored.",
            hint="Check what it is and whether you may open it.",
            field="file",
        ) from None


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)
    except LookupError:
        raise BadInput(
            f"There is no text encoding “{encoding}”. Nothing was stored.",
            hint="Usual ones: utf-8, utf-16, cp1252, latin-1.",
            field="encoding",
        ) from None
    plain = codecs.lookup(encoding).name
    return "utf-8-sig" if plain == "utf-8" else plain


def _is_utf8(path: Path) -> bool:
    """Whether it is UTF-8, be it with a few damaged places: those cost their rows, not the file."""
    proper = damaged = 0
    with opened(path, "utf-8") as stream:
        while text := stream.read(_CHUNK):
            if text.isascii():
                continue
            lost = text.count(LOST)
            damaged += lost
            proper += len(text) - len(text.encode("ascii", "ignore")) - lost
    return not damaged or proper > damaged
