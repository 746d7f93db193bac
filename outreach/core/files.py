"""Files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from outreach.core.errors import BadInput


@contextmanager
def whole(path: Path, hint: str = "") -> Iterator[BinaryIO]:
    """A file to write; it takes its place only when it is complete.

    Raises BadInput, with this hint, when it can't be written there.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise BadInput(
            f"{path} can’t be written: {error.strerror}.",
            hint=hint or "Check that the folder exists and that you may write there.",
            field="file",
        ) from None
    finally:
        part.unlink(missing_ok=True)
