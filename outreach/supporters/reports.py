"""What became of a file's rows: of an import that ran, or of one that was only tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.supporters.csvfile import DUPLICATE, REFUSED, Refusal
from outreach.supporters.models import Import, ImportRefusal
from outreach.supporters.slices import SUPPRESSED, UNSUBSCRIBED

SHOWN_REFUSALS = 1_000


@dataclass(frozen=True)
class Report:
    """Counts of rows: `rows` = added + updated + suppressed + refused + duplicates.

    `unsubscribed` are among `updated`. `refusals` are the first SHOWN_REFUSALS rows with a remark,
    by line; `import_id` is None for a dry run.
    """

    import_id: int | None
    state: str
    rows: int
    added: int
    updated: int
    unsubscribed: int
    suppressed: int
    refused: int
    duplicates: int
    refusals: Sequence[Refusal]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "refusals": [refusal._asdict() for refusal in self.refusals]}


@dataclass
class Weighing:
    """The counts of a dry run while it goes on."""

    rows: int = 0
    known: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, *, rows: int, known: int, remarks: Sequence[Refusal]) -> None:
        """Count a slice; `known` of its rows are of people who are stored already."""
        self.rows += rows
        self.known += known
        self.kinds.update(remark.kind for remark in remarks)
        self.refusals += sorted(remarks)[: SHOWN_REFUSALS - len(self.refusals)]

    def report(self) -> Report:
        """The report of all slices."""
        staying_out = self.kinds[REFUSED] + self.kinds[DUPLICATE] + self.kinds[SUPPRESSED]
        return Report(
            import_id=None,
            state="dry run",
            rows=self.rows,
            added=self.rows - staying_out - self.known,
            updated=self.known,
            unsubscribed=self.kinds[UNSUBSCRIBED],
            suppressed=self.kinds[SUPPRESSED],
            refused=self.kinds[REFUSED],
            duplicates=self.kinds[DUPLICATE],
            refusals=self.refusals,
        )


def report_of(session: Session, import_id: int) -> Report:
    """The report of an import as far as it has come."""
    session.flush()
    task = session.get_one(Import, import_id)
    of_import = ImportRefusal.import_id == import_id
    by_kind = select(ImportRefusal.kind, func.count()).where(of_import)
    kinds = Counter(dict(session.execute(by_kind.group_by(ImportRefusal.kind)).all()))
    first = select(ImportRefusal).where(of_import).order_by(ImportRefusal.line, ImportRefusal.id)
    return Report(
        import_id=task.id,
        state=task.state,
        rows=task.rows_done,
        added=task.added,
        updated=task.updated,
        unsubscribed=kinds[UNSUBSCRIBED],
        suppressed=task.suppressed,
        refused=kinds[REFUSED],
        duplicates=kinds[DUPLICATE],
        refusals=[
            Refusal(stored.line, stored.kind, stored.reason, stored.row)
            for stored in session.scalars(first.limit(SHOWN_REFUSALS))
        ],
    )
