"""Instants cut down to their hour, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class hour_of(GenericFunction[str]):
    """The hour in which an instant lies: UTC, as ISO 8601 text."""

    type = String()
    inherit_cache = True


@compiles(hour_of, "sqlite")
def _sqlite(element: hour_of, compiler: SQLCompiler, **options: Any) -> str:
    (at,) = element.clauses
    return compiler.process(func.strftime("%Y-%m-%dT%H:00:00+00:00", at), **options)


@compiles(hour_of, "postgresql")
def _postgresql(element: hour_of, compiler: SQLCompiler, **options: Any) -> str:
    (at,) = element.clauses
    shape = 'YYYY-MM-DD"T"HH24":00:00+00:00"'
    return compiler.process(func.to_char(func.timezone("UTC", at), shape), **options)
