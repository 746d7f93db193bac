"""A program of its own that draws charts and sets pages; bounded.py starts it.

Reads a JSON list of pairs from standard input: what to make and of which text (svg and png: a
Vega-Lite spec; card: an SVG, as PNG; pdf: HTML). Writes {"made": [base64, …]}, or {"missing": …}
where a library is not there.
It imports nothing of ours, so that it begins at once.
"""

from __future__ import annotations

import importlib
import json
import sys
from base64 import b64encode
from typing import Any

PNG_SCALE = 2  # pixels for a unit of the drawing: sharp on paper and on dense screens
_LIBRARIES = {"svg": "vl_convert", "png": "vl_convert", "card": "vl_convert", "pdf": "weasyprint"}


def made(what: str, text: str, library: Any) -> bytes:
    """One thing of those; nothing is fetched, whatever a name in the figures holds."""
    if what == "svg":
        return bytes(library.vegalite_to_svg(text, allowed_base_urls=[]).encode())
    if what == "png":
        return bytes(library.vegalite_to_png(text, scale=PNG_SCALE, allowed_base_urls=[]))
    if what == "card":
        return bytes(library.svg_to_png(text))
    fetcher = library.urls.URLFetcher(allowed_protocols={"data"})
    return bytes(library.HTML(string=text, url_fetcher=fetcher).write_pdf(pdf_tags=True))


def main() -> None:
    """Make all that is asked for, or nothing."""
    wanted = json.load(sys.stdin)
    try:
        libraries = {what: importlib.import_module(_LIBRARIES[what]) for what, _ in wanted}
    except (ImportError, OSError) as error:  # WeasyPrint raises OSError where pango is not there
        json.dump({"missing": str(error)}, sys.stdout)
        return
    found = [b64encode(made(what, text, libraries[what])).decode() for what, text in wanted]
    json.dump({"made": found}, sys.stdout)


if __name__ == "__main__":
    main()
