"""Who did not get it: unknown letters settled or sent again, refused ones tried again, a blast to
the others, and domains that are stopped."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts import domains, followup, queries, standing
from outreach.blasts.models import Blast
from outreach.mail.again import PutBack
from outreach.web.auth import actor, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_deliveries", __name__, url_prefix="/console")
SHOWN = 200  # letters on the screen; all of a blast can be chosen at once


@blueprint.get("/deliveries/unknown")
@needs("read")
def unknown() -> ResponseReturnValue:
    """The letters of which it is not known whether they left, of a blast or of all."""
    with services().db.reading() as session:
        return _page(session, _blast(session, request.args.get("blast", "")), Form())


@blueprint.post("/deliveries/unknown")
@needs("send")
def judge() -> ResponseReturnValue:
    """Settle the chosen letters, or send them again when that was confirmed."""
    form = Form.sent()
    resend = form.text("do") == "resend"
    with services().db.reading() as session:
        blast = _blast(session, form.text("blast"))
        whole = blast if form.text("which") == "all" else None
        ids = [int(each) for each in request.form.getlist("ids") if each.isdigit()]
        if whole:
            ids = [letter.delivery_id for letter in standing.unknown(session, whole)]
        if not ids:
            form.refuse("", "Tick the letters that you mean.")
        if resend and not form.faults and not form.text("confirmed"):
            return _confirm(blast, whole, ids)
    if not form.faults:
        with form.judging():
            if resend:
                _resend(whole.id if whole else None, ids)
            else:
                _settle(form, ids)
    if form.faults:
        with services().db.reading() as session:
            return _page(session, blast, form, ids), 400
    return redirect(url_for(".unknown", blast=blast.id if blast else None))


def _settle(form: Form, ids: Sequence[int]) -> None:
    with services().db.transaction() as session:
        standing.settle(
            session, ids, as_=form.text("do"), reason=form.text("reason"), actor=actor()
        )
    counts = "letter counts" if len(ids) == 1 else "letters count"
    notice(f"{len(ids):,} {counts} as {form.text('do')}", "Nothing was sent.")


def _resend(blast_id: int | None, ids: Sequence[int]) -> None:
    with services().db.transaction() as session:
        if blast_id is None:
            _told(standing.resend(session, ids, actor=actor()))
        else:
            blast = queries.by_id(session, blast_id, lock=True)
            _told(standing.resend_unknown(session, blast, actor=actor()), blast)


@blueprint.post("/blasts/<int:blast_id>/retry")
@needs("send")
def retry(blast_id: int) -> ResponseReturnValue:
    """Send letters again that the provider refused for now."""
    with services().db.transaction() as session:
        blast = queries.by_id(session, blast_id, lock=True)
        _told(standing.retry(session, blast, actor=actor()), blast)
    return redirect(url_for("console_blasts.show", blast_id=blast_id))


@blueprint.post("/blasts/<int:blast_id>/follow-up")
@needs("draft")
def follow_up(blast_id: int) -> ResponseReturnValue:
    """Draft a blast to those who did not get this one."""
    with services().db.transaction() as session:
        draft = followup.follow_up(session, queries.by_id(session, blast_id), actor=actor())
    notice(
        "The draft is stored",
        "The same letter, to those who did not get it. Look at it, then schedule it.",
    )
    return redirect(url_for("console_compose.show", blast_id=draft.id))


@blueprint.post("/blasts/<int:blast_id>/stop-domain")
@needs("send")
def stop_domain(blast_id: int) -> ResponseReturnValue:
    """Hold letters to a domain, of this blast or of all."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        domain = domains.stop(
            session, _of(session, blast_id, form), form.text("domain"), actor=actor()
        )
        notice(f"{domain} is stopped", "Its letters wait; all others leave.")
    _faults(form)
    return redirect(url_for("console_blasts.show", blast_id=blast_id, _anchor="domains"))


@blueprint.post("/blasts/<int:blast_id>/start-domain")
@needs("send")
def start_domain(blast_id: int) -> ResponseReturnValue:
    """Let letters to a domain go."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        domain = domains.start(
            session, _of(session, blast_id, form), form.text("domain"), actor=actor()
        )
        notice(f"{domain} is let go", "Its letters wait for their turn within seconds.")
    _faults(form)
    return redirect(url_for("console_blasts.show", blast_id=blast_id, _anchor="domains"))


def _of(session: Session, blast_id: int, form: Form) -> Blast | None:
    return None if form.text("for_all") else queries.by_id(session, blast_id)


def _faults(form: Form) -> None:
    for _, sentence in form.faults:
        notice("Nothing was changed", sentence, level="stop")


def _told(back: PutBack, blast: Blast | None = None) -> None:
    said = standing.sent_again(back, paused=blast is not None and blast.state == "paused")
    notice(
        "Put back" if back.waiting else "Nothing was put back",
        said,
        level="warn" if back.in_hand else "ok",
    )


def _blast(session: Session, number: str) -> Blast | None:
    return queries.by_id(session, int(number)) if number.isdigit() else None


def _page(session: Session, blast: Blast | None, form: Form, chosen: Sequence[int] = ()) -> str:
    return render_template(
        "console/deliveries_unknown.html",
        blast=blast,
        form=form,
        letters=standing.unknown(session, blast, at_most=SHOWN),
        total=standing.unknown_count(session, blast),
        chosen=frozenset(chosen),
    )


def _confirm(blast: Blast | None, whole: Blast | None, ids: Sequence[int]) -> str:
    return render_template(
        "console/deliveries_resend.html",
        blast=blast,
        which="all" if whole else "chosen",
        ids=() if whole else ids,
        number=len(ids),
        twice=standing.TWICE,
        back=url_for(".unknown", blast=blast.id if blast else None),
    )
