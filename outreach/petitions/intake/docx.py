"""DOCX with real footnotes and endnotes: looked over before anything is unpacked, then read.

Only the parts that hold words are unpacked, each within a limit; pictures and fonts are never
touched. What a part may not hold (a document type, entities, endless nesting) is refused.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import IO, Any
from xml.parsers import expat

import mammoth

from outreach.core.errors import BadInput

LARGEST_PART_BYTES = 6_000_000
LARGEST_INDEX_BYTES = 500_000
MOST_ELEMENTS = 60_000
DEEPEST = 120
_WORDS = re.compile(
    r"^(?:\[Content_Types\]\.xml|_rels/\.rels|word/(?:_rels/)?"
    r"(?:document|footnotes|endnotes|styles|numbering)\d*\.xml(?:\.rels)?)$"
)
_MACROS = re.compile(r"vbaproject\.bin$|vbadata\.xml$|macrosheets/", re.IGNORECASE)
_HINT = "Save it again as .docx without macros, or copy its text and paste it."
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh\nu => \n"


def docx_to_html(file: IO[bytes], name: str) -> str:
    """The text of a DOCX as HTML, notes as links down the page.

    Raises BadInput where it is broken, hostile, or unpacks to more than a petition ever holds.
    """
    try:
        slim = _words_only(file, name)
        found = mammoth.convert_to_html(
            slim, style_map=_STYLES, convert_image=mammoth.images.img_element(_no_image)
        )
    except BadInput:
        raise
    except RecursionError:
        raise _refused(name, "it is nested too deeply") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise _refused(name, f"its archive is damaged ({error})") from None
    except (KeyError, ValueError, IndexError, AttributeError, TypeError, LookupError) as error:
        raise _refused(name, f"it is no complete Word document ({type(error).__name__})") from None
    return str(found.value)


def _words_only(file: IO[bytes], name: str) -> io.BytesIO:
    """A copy that holds nothing but the parts with words, each of them looked over."""
    _look_at_index(file, name)
    slim = io.BytesIO()
    left, elements = LARGEST_PART_BYTES, MOST_ELEMENTS
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(slim, "w") as copy:
        names = archive.namelist()
        if any(_MACROS.search(part) for part in names):
            raise _refused(name, "it holds macros")
        if "EncryptedPackage" in names:
            raise _refused(name, "it is locked with a password")
        if "word/document.xml" not in names and not any(
            re.fullmatch(r"word/document\d*\.xml", part) for part in names
        ):
            raise _refused(name, "it is an archive, but no Word document")
        for part in sorted({part for part in names if _WORDS.match(part)}):
            with archive.open(part) as packed:
                data = packed.read(left + 1)
            if len(data) > left:
                raise _refused(name, "it unpacks to more than 6 MB of text")
            left -= len(data)
            elements -= _Counted(name, elements).look_over(data)
            copy.writestr(part, data)
    slim.seek(0)
    return slim


def _look_at_index(file: IO[bytes], name: str) -> None:
    """Refuse an archive whose index alone is huge, before it is read into memory."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise _refused(name, "its archive is cut off")
    entries, index_bytes = struct.unpack_from("<HI", tail, at + 10)
    if entries > 5_000 or index_bytes > LARGEST_INDEX_BYTES:
        raise _refused(name, "its archive holds thousands of parts")
    file.seek(0)


class _Counted:
    """Reads one part as a stream and stops at the first thing that no document needs."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._count = self._depth = 0

    def look_over(self, data: bytes) -> int:
        """How many elements the part has; raises BadInput for what is refused."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise _refused(self._name, f"a part of it is damaged ({error})") from None
        return self._count

    def _doctype(self, *_: Any) -> None:
        raise _refused(self._name, "it declares entities, which a Word document never does")

    def _start(self, _tag: str, _attributes: Any) -> None:
        self._count += 1
        self._depth += 1
        if self._count > self._most:
            raise _refused(self._name, "it holds more than any petition does")
        if self._depth > DEEPEST:
            raise _refused(self._name, "it is nested too deeply")

    def _end(self, _tag: str) -> None:
        self._depth -= 1


def _no_image(_image: Any) -> dict[str, str]:
    return {"src": ""}


def _refused(name: str, why: str) -> BadInput:
    return BadInput(
        f"{name} is not a text that can be read: {why}. Nothing was kept.", hint=_HINT, field="file"
    )
