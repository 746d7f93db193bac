"""`outreach dkim`: the keys that sign letters, and what the DNS must say of them."""

from __future__ import annotations

import click
from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.cli.context import Context, as_json
from outreach.core.address import domain
from outreach.core.errors import NotFound
from outreach.mail import dkim_keys


@click.command()
@as_json
@click.pass_obj
def dkim(context: Context, json_: bool) -> None:
    """Check the keys that sign letters, and print their DNS records."""
    settings = context.settings
    signer = dkim_keys.signer(settings.dkim_domain, settings.dkim_keys)
    if signer is None:
        raise NotFound(
            "Letters are not signed.", hint="Set OUTREACH_DKIM_DOMAIN and OUTREACH_DKIM_KEYS."
        )
    records = [(key, *dkim_keys.dns_record(signer, key)) for key in signer.keys]
    with context.services.db.reading() as session:
        senders = session.scalars(select(Organisation.sender_address)).all()
    apart = sorted({domain(one) for one in senders if not _aligned(domain(one), signer.domain)})
    if json_:
        context.print_json(
            {
                "domain": signer.domain,
                "records": [
                    {"algorithm": key.algorithm, "name": name, "type": "TXT", "text": text}
                    for key, name, text in records
                ],
                "senders_not_covered": apart,
            }
        )
        return
    for key, name, text in records:
        context.say(f"{name}  TXT  ({key.algorithm})\n{text}\n")
    for sender in apart:
        context.say(f"Letters from {sender} are signed by {signer.domain}: DMARC sees no relation.")
    if settings.provider != "smtp":
        context.say("Only letters to an SMTP relay are signed (OUTREACH_PROVIDER=smtp).")


def _aligned(sender: str, signing: str) -> bool:
    """Whether DMARC takes one domain's signature for the other's letters, at its default."""
    return sender == signing or sender.endswith(f".{signing}") or signing.endswith(f".{sender}")
