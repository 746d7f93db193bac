"""How a petition's page is set up, and its translations."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.core import languages
from outreach.petitions import page_settings, queries, translations
from outreach.petitions.models import Petition
from outreach.petitions.page_settings import COMMENTS, SIGNERS, PageSettings, settings_of
from outreach.petitions.translations import PARTS, Translated
from outreach.web.auth import actor, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_petitions_page", __name__, url_prefix="/console/petitions")


@blueprint.get("/<slug>/page")
@needs("draft")
def show(slug: str) -> ResponseReturnValue:
    """The settings as they are stored."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        return _page(session, petition, Form(_filled(settings_of(petition))))


@blueprint.post("/<slug>/page")
@needs("draft")
def save(slug: str) -> ResponseReturnValue:
    """Store them."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        page_settings.set_page(session, petition, _typed(form, petition), by=actor())
    if form.faults:
        with services().db.reading() as session:
            return _page(session, queries.by_slug(session, slug), form), 400
    notice("The page is set up so", "Whoever opens it from now on gets it like this.")
    return redirect(url_for("console_petitions.show", slug=slug))


@blueprint.get("/<slug>/translations/<language>")
@needs("draft")
def translation(slug: str, language: str) -> ResponseReturnValue:
    """A translation beside the original; a new one starts empty."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        stored = translations.latest(session, petition, language)
        values = {name: getattr(stored, name) for name in PARTS} if stored else {}
        values["targets"] = "\n".join(values.get("targets", ()))
        return _translation(session, petition, language, Form(values))


@blueprint.post("/<slug>/translations")
@needs("draft")
def begin(slug: str) -> ResponseReturnValue:
    """Go to the form of the language that was typed."""
    language = request.form.get("language", "").strip()
    if not languages.is_known(language):
        notice("No such language is known", "Type its tag, such as es or pt-BR.", level="stop")
        return redirect(url_for(".show", slug=slug))
    return redirect(url_for(".translation", slug=slug, language=language))


@blueprint.post("/<slug>/translations/<language>")
@needs("draft")
def translate(slug: str, language: str) -> ResponseReturnValue:
    """Store a translation, or take it away."""
    form = Form.sent()
    with form.judging(), services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        if form.text("do") == "remove":
            translations.remove(session, petition, language, by=actor())
        else:
            texts = {name: form.text(name) for name in PARTS if name != "targets"}
            targets = tuple(form.text("targets").split("\n"))
            given = Translated(**texts, targets=targets)
            translations.save(session, petition, language, given, by=actor())
    if form.faults:
        with services().db.reading() as session:
            petition = queries.by_slug(session, slug)
            return _translation(session, petition, language, form), 400
    if form.text("do") == "remove":
        notice("The translation is taken away", "What was signed in it stays as it was signed.")
    else:
        notice(f"The page speaks {languages.own_name(language)}", "It is open at once.")
    return redirect(url_for(".show", slug=slug))


def _page(session: Session, petition: Petition, form: Form) -> str:
    in_force = queries.current_version(session, petition).fingerprint
    return render_template(
        "console/petition_page.html",
        petition=petition,
        form=form,
        comments=COMMENTS,
        signers=SIGNERS,
        translations=[
            (row, languages.own_name(row.language), row.of == in_force)
            for row in translations.all_latest(session, petition)
        ],
        original=translations.original_language(session, petition),
        base_url=services().base_url,
    )


def _translation(session: Session, petition: Petition, language: str, form: Form) -> str:
    version = queries.current_version(session, petition)
    return render_template(
        "console/petition_translation.html",
        petition=petition,
        language=language,
        name=languages.own_name(language),
        direction=languages.direction(language),
        original=translations.read(session, petition, version),
        stored=translations.latest(session, petition, language),
        in_force=version.fingerprint,
        form=form,
    )


def _filled(found: PageSettings) -> dict[str, str]:
    return {
        "language": found.language,
        "is_letter": "yes" if found.is_letter else "",
        "state_text": found.state_text,
        "comments": found.comments,
        "signers": found.signers,
        "partner_words": "\n".join(f"{name}: {text}" for name, text in found.partner_words.items()),
        "embed_origins": "\n".join(found.embed_origins),
    }


def _typed(form: Form, petition: Petition) -> PageSettings:
    return PageSettings(
        language=form.text("language"),
        is_letter=bool(form.text("is_letter")),
        state_text=form.text("state_text"),
        comments=form.text("comments"),
        signers=form.text("signers"),
        partner_words=_by_partner(form.text("partner_words"), petition.partners),
        embed_origins=tuple(form.text("embed_origins").split("\n")),
    )


def _by_partner(text: str, partners: list[str]) -> dict[str, str]:
    """Lines of “Partner: its words”; a partner's own name may hold a colon."""
    found = {}
    for line in filter(str.strip, text.split("\n")):
        known = next((name for name in partners if line.startswith(f"{name}:")), "")
        name = known or line.partition(":")[0].strip()
        found[name] = line[len(known) :].partition(":")[2].strip()
    return found
