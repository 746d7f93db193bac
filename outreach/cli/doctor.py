"""`outreach doctor`: is everything as it must be to send, and what to do where it is not."""

from __future__ import annotations

from dataclasses import asdict

import click
from sqlalchemy.exc import SQLAlchemyError

from outreach.cli.context import Context, as_json
from outreach.cli.doctor_machine import GROUND, LEFT
from outreach.cli.doctor_sending import WAY_OUT
from outreach.cli.doctor_verdict import Check, Patient, Verdict

CHECKS = (*GROUND, *WAY_OUT, *LEFT)


@click.command()
@as_json
@click.pass_obj
def doctor(context: Context, json_: bool) -> None:
    """Check settings, database, provider, DNS, clock, worker and kept files; sends nothing.

    Exit code 1 when something stops the work.
    """
    patient = Patient(context.settings, context.services_on_any_schema)
    found = [verdict for check in CHECKS for verdict in _verdicts(check, patient)]
    patient.services.provider.close()
    if json_:
        context.print_json([asdict(verdict) for verdict in found])
    else:
        for verdict in found:
            context.say(f"{verdict.level:<8} {verdict.check:<10} {verdict.found}")
            if verdict.todo:
                context.say(f"{'':19} What to do: {verdict.todo}")
    if any(verdict.level == "stop" for verdict in found):
        raise SystemExit(1)


def _verdicts(check: Check, patient: Patient) -> list[Verdict]:
    try:
        return list(check(patient))
    except SQLAlchemyError:  # the check of the database says so
        name = check.__name__.strip("_")
        return [Verdict(name, "skipped", "The database can’t be asked.")]
