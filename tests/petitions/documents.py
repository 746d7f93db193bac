"""Word documents made by hand: just the parts that hold words, as Word writes them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)
_PIECE = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|\[(?P<words>[^\]^]+)\]\((?P<url>\S+?)\)"
    r"|\[\^(?P<foot>\d+)\]|\[\^e(?P<end>\d+)\]"
)


def docx(
    paragraphs: Sequence[str],
    footnotes: Sequence[str] = (),
    endnotes: Sequence[str] = (),
    extra: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """A document of paragraphs in a little Markdown: `# `, bold, italic, links, `[^1]`, `[^e1]`."""
    urls: list[str] = []
    body = "".join(_paragraph(text, urls) for text in paragraphs)
    links = "".join(
        f'<Relationship Id="rIdL{n}" Type="{_OFFICE}/hyperlink" Target="{escape(url)}" '
        'TargetMode="External"/>'
        for n, url in enumerate(urls)
    )
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS,
        "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}'
            f'<Relationship Id="rId8" Type="{_OFFICE}/footnotes" Target="footnotes.xml"/>'
            f'<Relationship Id="rId9" Type="{_OFFICE}/endnotes" Target="endnotes.xml"/>'
            "</Relationships>"
        ),
        "word/footnotes.xml": _notes("footnote", footnotes),
        "word/endnotes.xml": _notes("endnote", endnotes),
        "word/styles.xml": f"<w:styles {W}>"
        '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
        "</w:styles>",
        **(extra or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _notes(kind: str, texts: Sequence[str]) -> str:
    rows = "".join(
        f'<w:{kind} w:id="{n}">{_paragraph(" " + text, [])}</w:{kind}>'
        for n, text in enumerate(texts, start=1)
    )
    return f"<w:{kind}s {W} {R}>{rows}</w:{kind}s>"


def _paragraph(text: str, urls: list[str]) -> str:
    style = ""
    if text.startswith("# "):
        text, style = text[2:], '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
    runs, at = [], 0
    for found in _PIECE.finditer(text):
        runs += [_run(text[at : found.start()]), _piece(found, urls)]
        at = found.end()
    return f"<w:p>{style}{''.join(runs)}{_run(text[at:])}</w:p>"


def _piece(found: re.Match[str], urls: list[str]) -> str:
    if found["bold"] or found["italic"]:
        return _run(found["bold"] or found["italic"], "<w:b/>" if found["bold"] else "<w:i/>")
    if found["words"]:
        urls.append(found["url"])
        return f'<w:hyperlink r:id="rIdL{len(urls) - 1}">{_run(found["words"])}</w:hyperlink>'
    kind, number = ("footnote", found["foot"]) if found["foot"] else ("endnote", found["end"])
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def _run(text: str, looks: str = "") -> str:
    if not text:
        return ""
    words = f'<w:t xml:space="preserve">{escape(text)}</w:t>'
    return f"<w:r><w:rPr>{looks}</w:rPr>{words}</w:r>"
