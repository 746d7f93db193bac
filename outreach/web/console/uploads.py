"""Files that were sent with a form and are kept until they are used, a day at most."""

from __future__ import annotations

import re
import time
from pathlib import Path
from uuid import uuid4

from flask import request

from outreach.core.errors import BadInput
from outreach.web.forms import Form

KEPT_S = 24 * 3600


def received(data_dir: Path, form: Form) -> Path:
    """The file of this form: sent with it, or kept since an earlier try of the same form.

    Notes in the form how to find it again (`upload`) and what the person calls it (`filename`).
    Raises BadInput where there is none.
    """
    folder = data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder)
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        form.values |= {"upload": uuid4().hex, "filename": sent.filename[:200]}
        path = folder / form.values["upload"]
        sent.save(path)
        return path
    kept = form.text("upload")
    if not kept:
        raise BadInput("Choose a file.", field="file")
    path = folder / kept
    if not re.fullmatch(r"[0-9a-f]{32}", kept) or not path.is_file():
        form.values.pop("upload")
        raise BadInput("The file is not kept any more. Choose it again.", field="file")
    return path


def _forget_old(folder: Path) -> None:
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime > KEPT_S:
            path.unlink(missing_ok=True)
