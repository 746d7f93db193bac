"""`outreach deliverability`: the score card at the terminal."""

from __future__ import annotations

import click

from outreach.analytics.deliverability import scorecard, sender_readings
from outreach.analytics.deliverability import wording as scorecard_words
from outreach.analytics.deliverability.scorecard import ScoreCard
from outreach.cli.context import Context, as_json


@click.command()
@click.option("--read", is_flag=True, help="Ask the DNS first instead of taking what is kept.")
@as_json
@click.pass_obj
def deliverability(context: Context, read: bool, json_: bool) -> None:
    """Show the deliverability score card: records, complaints, bounces, unsubscribing."""
    services = context.services
    if read:
        sender_readings.refresh(services.db, services.sending)
    with services.db.reading() as session:
        card = scorecard.score_card(session)
    if json_:
        context.print_json(card.to_json())
        return
    _records(context, card)
    _providers(context, card)
    context.say("\nUnsubscribing, last 30 days")
    for one in card.leaving:
        way = scorecard_words.WAYS[one.way]
        context.say(f"  {way}: {one.presses:,}. {scorecard_words.leaving(one)}")
    context.say("\nNewly suppressed by week (UTC)")
    for week in card.weeks:
        reasons = [f"{n:,} {name}" for name, n in sorted(week.suppressed.items())]
        context.say(f"  {week.monday}  {', '.join(reasons) or 'nobody'}")


def _records(context: Context, card: ScoreCard) -> None:
    if not card.readings:
        context.say("The DNS records were not read yet: outreach deliverability --read")
    for one in card.readings:
        kind, level = scorecard_words.KINDS[one.kind], scorecard_words.LEVELS[one.level]
        context.say(f"{level:<11} {kind:<12} {one.name}  (read {one.read_at:%Y-%m-%d %H:%M} UTC)")
        if one.todo:
            context.say(f"{'':24} What to do: {one.todo}")
    header = card.unsubscribable
    context.say(f"List-Unsubscribe: {header.count:,} of {header.of:,} letters of the last 30 days.")


def _providers(context: Context, card: ScoreCard) -> None:
    context.say("\nComplaints, last 30 days (stay under 0.1 %, never reach 0.3 %)")
    for line in card.providers:
        said = scorecard_words.VERDICTS[scorecard.verdict(line.month)]
        rate = line.month.complaint
        context.say(
            f"  {scorecard_words.domain(line)}: {scorecard_words.complaint(line.month)}, "
            f"95 % interval {rate.between}. {said}."
        )
    if not card.providers:
        context.say("  No blast began in the last 30 days.")
    for line in card.providers:
        if line.falls:
            context.say(f"  Look: {scorecard_words.falling(line)}")
