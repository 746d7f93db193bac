"""What a fetched page or an uploaded file says: its text, its title, and whether it is a wall."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from outreach.core.errors import BadInput
from outreach.petitions.library import bounded
from outreach.petitions.library.reader import tidied

MAX_FILE = 20_000_000  # bytes of a file that a person brings
_LITTLE = 1500  # a page of fewer characters that speaks of a wall is one
_WALL = re.compile(
    r"enable javascript|javascript is (?:disabled|required)|verif(?:y|ying) (?:that )?you are "
    r"(?:a |not a )?(?:human|robot)|are you a (?:human|robot)|checking your browser|captcha|"
    r"just a moment|access (?:to this page )?(?:is |has been )?denied|unusual traffic|"
    r"subscribe (?:now )?to (?:continue|read|keep)|(?:sign|log) in to (?:continue|read)|"
    r"already a subscriber|accept (?:all )?cookies|we (?:use|value) (?:cookies|your privacy)|"
    r"your consent|cookie (?:policy|settings|preferences)|before you continue",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Read:
    """A document as it was understood. `says` are parts of a source, as it names them itself;
    `titles` all that may be meant by its title."""

    text: str
    titles: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict)

    @property
    def is_wall(self) -> bool:
        """Whether it shows a check of browsers, consent or subscription in place of a text."""
        shown = " ".join((*self.titles, self.text))
        return len(self.text) < _LITTLE and _WALL.search(shown) is not None


def read_document(body: bytes, content_type: str = "", name: str = "") -> Read:
    """HTML, PDF or plain text as text. Raises BadInput for what holds none that can be read."""
    if len(body) > MAX_FILE:
        raise BadInput(
            f"{name or 'The file'} is larger than {MAX_FILE // 1_000_000} MB; nothing was read.",
            hint="Paste the part of its text that is quoted.",
            field="file",
        )
    kind = content_type.partition(";")[0].strip().lower()
    if body[:1024].lstrip().startswith(b"%PDF-") or kind == "application/pdf":
        return Read(bounded.text_of_pdf(body))
    if kind.startswith(("image/", "audio/", "video/", "font/")) or _is_binary(body, content_type):
        raise BadInput(
            f"{name or 'It'} holds no text that can be read here ({kind or 'binary'}).",
            hint="Paste its text, or send it as PDF, HTML or plain text.",
            field="file",
        )
    text = decoded(body, content_type)
    if kind == "text/plain" or not re.search(r"<(?:!doctype|html|head|body|p|div)\b", text, re.I):
        return Read(tidied(text))
    found = bounded.parts_of_page(text)
    return Read(found["text"], tuple(found["titles"]), found["says"])


def decoded(body: bytes, content_type: str = "") -> str:
    """Bytes as text: what is valid UTF-8 is UTF-8, whatever the server calls it."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = _CHARSET.search(content_type) or _CHARSET.search(body[:2048].decode("latin-1"))
    wanted = declared[1].lower() if declared else "utf-8"
    order = (wanted, "utf-8") if wanted.startswith("utf-16") else ("utf-8", wanted)
    for encoding in order:
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    if wanted.startswith("utf"):  # cut within a letter, or a few letters broken
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") * 200 < len(text) + 200:
            return text
    return body.decode("cp1252", "replace")


def _is_binary(body: bytes, content_type: str) -> bool:
    wide = "utf-16" in content_type.lower() or body.startswith((_BOMS[1][0], _BOMS[2][0]))
    return b"\x00" in body[:4096] and not wide
