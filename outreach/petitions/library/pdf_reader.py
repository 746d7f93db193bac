"""A program of its own that reads the text of a PDF; pdf.py starts it, with bounds.

Reads the file from standard input, writes its text as UTF-8. It imports nothing of ours.
"""

from __future__ import annotations

import importlib
import io
import resource
import sys

MEMORY = 1_000_000_000  # bytes
CPU_S = 20
MAX_PAGES = 800
MAX_LETTERS = 2_000_000


def main() -> None:
    """Print the text of the pages, as far as the bounds reach."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    pypdf = importlib.import_module("pypdf")  # only behind the bounds
    size = 0
    for page in pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read())).pages[:MAX_PAGES]:
        text = page.extract_text()
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n\n")
        size += len(text)
        if size > MAX_LETTERS:
            return


if __name__ == "__main__":
    main()
