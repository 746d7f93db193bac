"""Structured log: an event is a constant with fields; personal data never goes in."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Field names that could carry a person; a test and this filter keep them out.
PERSONAL_FIELDS = frozenset({"email", "address", "name", "first_name", "last_name", "to", "token"})
_LEFT_OUT = "[left out]"
_ROW = re.compile(r"(?:DETAIL|CONTEXT):.*?(?=\n\[|\n\n|\Z)", re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>()'\"=,;:]+@[^\s<>()'\"=,;:]+")


def _drop_personal(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in PERSONAL_FIELDS & event.keys():
        event[key] = _LEFT_OUT
    return event


def _drop_rows(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Errors of a database quote the row; where and what went wrong stays."""
    if "exception" in event:
        event["exception"] = _ADDRESS.sub(_LEFT_OUT, _ROW.sub(_LEFT_OUT, event["exception"]))
    return event


def configure(*, level: str = "INFO", as_json: bool = True) -> None:
    """Send our events to stderr, one a line: JSON for machines, text always at a terminal."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json and not sys.stderr.isatty()
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_personal,
            structlog.processors.format_exc_info,
            _drop_rows,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    # DEBUG of this library prints the API key and the whole payload.
    logging.getLogger("python_http_client").setLevel(logging.WARNING)


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one module."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger


def quiet(name: str) -> None:
    """Silence a library that repeats what our own log says."""
    logging.getLogger(name).setLevel(logging.CRITICAL)
