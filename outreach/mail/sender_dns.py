"""What the DNS says of a sender's domain, to those who decide whether to believe its letters."""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.resolver

TIMEOUT_S = 5.0


class NoAnswer(Exception):
    """The DNS can't be asked from here, or does not answer now."""


@dataclass(frozen=True)
class SenderRecords:
    """The records of one domain; "" where there is none."""

    domain: str
    spf: str
    dmarc: str


def of(domain: str) -> SenderRecords:
    """Look the domain's SPF (RFC 7208) and DMARC (RFC 7489) records up; raises NoAnswer.

    A subdomain without a DMARC record goes by that of the domains above it.
    """
    spf = _starting("v=spf1", domain)
    labels = domain.split(".")
    for first in range(max(1, len(labels) - 1)):
        if dmarc := _starting("v=DMARC1", f"_dmarc.{'.'.join(labels[first:])}"):
            return SenderRecords(domain, spf, dmarc)
    return SenderRecords(domain, spf, "")


def texts(name: str) -> list[str]:
    """The TXT records of a name, each as one text; raises NoAnswer."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=TIMEOUT_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(f"{name}: {type(error).__name__}") from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _starting(words: str, name: str) -> str:
    return next((one for one in texts(name) if one.lower().startswith(words.lower())), "")
