"""The time between two instants, as both databases say it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class seconds_between(GenericFunction[float]):
    """Seconds from the first instant to the second."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    first, second = (compiler.process(at, **options) for at in element.clauses)
    return f"round((julianday({second}) - julianday({first})) * 86400, 3)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    first, second = (compiler.process(at, **options) for at in element.clauses)
    # EXTRACT would count in numeric, which takes several times as long.
    return f"date_part('epoch', {second} - {first})"
