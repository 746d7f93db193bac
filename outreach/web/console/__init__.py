"""The console: every screen for people who work here, each behind the same guard."""

from __future__ import annotations

from typing import Any

from flask import g

from outreach.web import auth
from outreach.web.console import (
    account,
    blasts,
    cohorts,
    comparing,
    compose,
    deliverability,
    deliveries,
    formats,
    growth,
    home,
    imports,
    judging,
    mailbox,
    organisation,
    overview,
    pace,
    pausing,
    petition_sources,
    petitions,
    petitions_deliver,
    petitions_edit,
    petitions_import,
    petitions_page,
    petitions_people,
    petitions_referrals,
    report_letter,
    report_signers,
    saved,
    schedule,
    segments,
    sign_in,
    sources,
    supporters,
    variants,
    visits,
)

BLUEPRINTS = (
    home.blueprint,
    petitions_import.blueprint,
    petitions.blueprint,
    petition_sources.blueprint,
    petitions_edit.blueprint,
    sources.blueprint,
    petitions_page.blueprint,
    petitions_people.blueprint,
    petitions_deliver.blueprint,
    petitions_referrals.blueprint,
    blasts.blueprint,
    compose.blueprint,
    variants.blueprint,
    schedule.blueprint,
    deliveries.blueprint,
    supporters.blueprint,
    imports.blueprint,
    segments.blueprint,
    report_letter.blueprint,
    report_signers.blueprint,
    overview.blueprint,  # with that of reports
    growth.blueprint,
    cohorts.blueprint,
    visits.blueprint,
    comparing.blueprint,
    saved.blueprint,
    deliverability.blueprint,
    mailbox.blueprint,
    account.blueprint,
    organisation.blueprint,
    judging.blueprint,
    pace.blueprint,
    pausing.blueprint,
    sign_in.blueprint,
)


def _frame() -> dict[str, Any]:
    return {"account": g.get("account"), "allowed": auth.allowed}


for _blueprint in BLUEPRINTS:
    _blueprint.before_request(auth.guard)
    _blueprint.context_processor(_frame)
home.blueprint.record_once(lambda state: state.app.jinja_env.filters.update(formats.FILTERS))
