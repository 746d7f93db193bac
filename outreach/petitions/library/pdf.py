"""The text of a PDF, read in a process of its own that hostile files can neither stop nor fill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from outreach.core.errors import BadInput

READER = Path(__file__).with_name("pdf_reader.py")
SECONDS = 30.0


def text_of(body: bytes) -> str:
    """The text of a PDF's pages. Raises BadInput where it can't be read, or is only pictures."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(READER)],
            input=body,
            capture_output=True,
            timeout=SECONDS,
            env={},  # it needs none of our passwords
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable("takes too long to read") from None
    text = done.stdout.decode("utf-8", "replace")
    if not text.strip():
        raise _unreadable("can’t be read" if done.returncode else "holds pictures of text only")
    return text


def _unreadable(why: str) -> BadInput:
    return BadInput(f"This PDF {why}.", hint="Copy its text, and paste that.", field="file")
