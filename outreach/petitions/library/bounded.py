"""Reading strangers' pages and PDFs in a process of its own, which they can neither stop nor fill.

Both parsers have inputs that take them minutes or gigabytes; a process has limits and can be ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from outreach.core.errors import BadInput

READER = Path(__file__).with_name("reader.py")
SECONDS = 30.0


def parts_of_page(text: str) -> dict[str, Any]:
    """Text, titles and what an HTML page says of itself. Raises BadInput where it can't be read."""
    return _read("html", text.encode("utf-8", "replace"), "page")


def text_of_pdf(body: bytes) -> str:
    """The text of a PDF. Raises BadInput where it can't be read, or holds only pictures."""
    text: str = _read("pdf", body, "PDF")["text"]
    if not text:
        raise _unreadable("PDF", "holds pictures of text only")
    return text


def _read(what: str, body: bytes, called: str) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(READER), what],
            input=body,
            capture_output=True,
            timeout=SECONDS,
            env={},  # it needs none of our passwords
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(called, "takes too long to read") from None
    if done.returncode:
        raise _unreadable(called, "can’t be read")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _unreadable(called: str, why: str) -> BadInput:
    return BadInput(f"This {called} {why}.", hint="Copy its text, and paste that.", field="file")
