"""From bytes to numbered lines: encodings, line ends, spaces that only a word processor sees."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from outreach.core.errors import BadInput

LARGEST_BYTES = 2_000_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_PLAIN_SPACE = re.compile("(?<!«)[\u00a0\u2007](?![!?;:»%€])|\t")
_SPACES = re.compile(" {2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_UNUSUAL = re.compile("[\u00a0\u2007\t<\x00-\x08\x0e-\x1f\x7f]|  ")
_SUPERSCRIPT_TAG = re.compile(r"<sup>\s*\[?([0-9]{1,4})\]?\s*</sup>", re.IGNORECASE)
NOT_TEXT_HINT = "Paste the petition as plain text or Markdown, or save it as a .txt or .md file."


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, its cleaned text, its words as pasted, its indentation."""

    number: int
    text: str
    raw: str
    indent: int


def decode(data: bytes, name: str = "the text") -> str:
    """UTF-8 (with or without a mark), UTF-16 and UTF-32 with a mark, else Windows-1252.

    Raises BadInput for what is empty or not a text.
    """
    if not data.strip():
        raise BadInput(f"line 1: {name} is empty.", hint=NOT_TEXT_HINT)
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise _not_a_text(name) from None
    if b"\x00" in data:
        raise _not_a_text(name)
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def numbered_lines(text: str) -> list[Line]:
    """The text as lines, blank ones included.

    Raises BadInput where the text is empty, above 2 MB, or holds binary rubbish.
    """
    if len(text) > LARGEST_BYTES:
        raise BadInput("The text is larger than 2 MB; nothing was read.", hint=NOT_TEXT_HINT)
    controls = _CONTROL.findall(text)
    if "\x00" in controls or len(controls) > 5 + len(text) // 200:
        raise _not_a_text("the text")
    text = _INVISIBLE.sub("", text)
    if not _CONTROL.sub("", text).strip():
        raise BadInput("line 1: the text is empty.", hint=NOT_TEXT_HINT)
    text = unicodedata.normalize("NFC", text)
    return [_line(number, row) for number, row in enumerate(_LINE_END.split(text), start=1)]


def _line(number: int, row: str) -> Line:
    raw = row.strip()
    if not _UNUSUAL.search(row):
        return Line(number, raw, raw, len(row) - len(row.lstrip()))
    row = _CONTROL.sub("", row)
    raw = row.strip()
    text = _SUPERSCRIPT_TAG.sub(r"[^\1]", _PLAIN_SPACE.sub(" ", row))
    indent = len(row) - len(row.lstrip())
    return Line(number, _SPACES.sub(" ", text).strip(), raw, indent)


def _not_a_text(name: str) -> BadInput:
    return BadInput(
        f"line 1: {name} is not a text (it holds binary data); nothing was read.",
        hint=NOT_TEXT_HINT,
    )
