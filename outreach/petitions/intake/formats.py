"""The door for files: whatever a campaigner has becomes one text, plain or Markdown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

from outreach.core.errors import BadInput
from outreach.petitions.intake.docx import docx_to_html
from outreach.petitions.intake.html import html_to_markdown, looks_like_html
from outreach.petitions.intake.lines import LARGEST_BYTES, NOT_TEXT_HINT, decode

LARGEST_FILE_BYTES = 30_000_000  # a DOCX with its pictures
LARGEST_HTML_BYTES = 8_000_000  # Word wraps each word in twenty of its own
_OTHERS = {
    b"%PDF": "a PDF; its lines and notes can’t be told apart",
    b"{\\rt": "in Rich Text Format",
    b"\xd0\xcf\x11\xe0": "an old or locked Word document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


def read_text_file(path: str | Path) -> str:
    """The text of a file: DOCX and HTML as Markdown, others in whatever encoding they have.

    Raises BadInput where the file is missing, unreadable, empty, too large or not a text.
    """
    try:
        with Path(path).open("rb") as file:
            return text_of(file, f"The file {path}")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", hint="Check the name.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput(
            f"The file {path} can’t be read: {reason}.", hint="Check its permissions."
        ) from None


def text_of(file: IO[bytes], name: str) -> str:
    """The text of an open file, told by what is in it and not by its name; see `read_text_file`."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start == b"PK\x03\x04":
        _at_most(LARGEST_FILE_BYTES, size, name)
        return html_to_markdown(docx_to_html(file, name))
    for signature, what in _OTHERS.items():
        if start.startswith(signature):
            raise BadInput(
                f"{name} is {what}; nothing was read.",
                hint="Save it as .docx, or copy its text and paste it.",
                field="file",
            )
    _at_most(LARGEST_HTML_BYTES, size, name)
    return as_text(decode(file.read(), name), name)


def as_text(text: str, name: str = "the text") -> str:
    """A text as it is; one that is the source of a page as Markdown."""
    if looks_like_html(text):
        return html_to_markdown(text)
    _at_most(LARGEST_BYTES, len(text), name)
    return text


def _at_most(limit: int, size: int, name: str) -> None:
    if size > limit:
        raise BadInput(
            f"{name} is larger than {limit // 1_000_000} MB; nothing was read.",
            hint=NOT_TEXT_HINT,
            field="file",
        )
