"""Pages of a long list, by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of rows; `number` counts from 1, `total` is the whole list's length."""

    rows: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """Number of the last page, at least 1."""
        return max(1, -(-self.total // self.size))


def page_of(session: Session, query: Select[T], number: int, size: int = 50) -> Page[T]:
    """One page of a query over single entities, with the count of all."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(max(1, number), max(1, -(-total // size)))
    rows = session.scalars(query.limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, size, total)


def page_in(rows: Sequence[T], number: int, size: int = 50) -> Page[T]:
    """One page of rows that are all at hand."""
    number = min(max(1, number), max(1, -(-len(rows) // size)))
    return Page(rows[(number - 1) * size : number * size], number, size, len(rows))
