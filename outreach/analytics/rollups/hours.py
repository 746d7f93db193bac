"""What rollups group by that the two databases say differently: hours, evidence, agents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, String, func
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
    instant = compiler.process(at, **options)
    # As it is written, without parameters: GROUP BY has to know it again.
    return f"to_char(timezone('UTC', {instant}), 'YYYY-MM-DD\"T\"HH24\":00:00+00:00\"')"


class strongest_of(GenericFunction[str]):
    """The name of the weightiest piece in a judgement's evidence (definitions.strongest)."""

    type = String()
    inherit_cache = True


@compiles(strongest_of, "sqlite")
def _strongest_sqlite(element: strongest_of, compiler: SQLCompiler, **options: Any) -> str:
    evidence = compiler.process(element.clauses, **options)
    return (
        "coalesce((SELECT json_extract(piece.value, '$.name') "
        f"FROM json_each({evidence}) AS piece "
        "ORDER BY json_extract(piece.value, '$.weight') DESC, piece.key LIMIT 1), 'unknown')"
    )


@compiles(strongest_of, "postgresql")
def _strongest_postgresql(element: strongest_of, compiler: SQLCompiler, **options: Any) -> str:
    evidence = compiler.process(element.clauses, **options)
    # Most have one piece, which needs no reading of a list.
    return (
        f"CASE jsonb_array_length({evidence}) WHEN 1 THEN {evidence} -> 0 ->> 'name' "
        "ELSE coalesce((SELECT piece.value ->> 'name' "
        f"FROM jsonb_array_elements({evidence}) WITH ORDINALITY AS piece (value, place) "
        "ORDER BY CAST(piece.value ->> 'weight' AS numeric) DESC, piece.place LIMIT 1), "
        "'unknown') END"
    )


class ascii_lower(GenericFunction[str]):
    """A text with A to Z in lower case, and nothing else changed: by a server's locale PostgreSQL
    takes ten times as long, and the databases would not agree."""

    type = String()
    inherit_cache = True


@compiles(ascii_lower, "sqlite")
def _lower_sqlite(element: ascii_lower, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(ascii_lower, "postgresql")
def _lower_postgresql(element: ascii_lower, compiler: SQLCompiler, **options: Any) -> str:
    return f'lower({compiler.process(element.clauses, **options)} COLLATE "C")'


class place_in(GenericFunction[int]):
    """Where in a text another one begins, from 1 on; 0: nowhere."""

    type = Integer()
    inherit_cache = True


@compiles(place_in, "sqlite")
def _place_sqlite(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _place_postgresql(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


class bits_of(GenericFunction[int]):
    """All bits that are set in a column of single bits (powers of two, or 0)."""

    type = Integer()
    inherit_cache = True


@compiles(bits_of, "sqlite")
def _bits_sqlite(element: bits_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"sum(DISTINCT {compiler.process(element.clauses, **options)})"


@compiles(bits_of, "postgresql")
def _bits_postgresql(element: bits_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"bit_or({compiler.process(element.clauses, **options)})"
