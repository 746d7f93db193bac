"""Bounce mail as mail systems of several kinds write it, in our own words, about a given letter."""

from __future__ import annotations

LETTER = """From: "Mara, Harbour Lights" <mara@harbour.example>
To: zoe@mail.example
Subject: Zoe, save the harbour
Message-ID: <d7.12345@harbour.example>
List-Unsubscribe: <https://act.harbour.example/u/{way_out}>

Dear Zoe, section 5.1.1 of the plan, 550 pages long, will be read in public.
"""


def _crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8")


def report(
    return_path: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <zoe@mail.example> there is nobody of this name",
    message_id: str = "<20260301.1@mx.mail.example>",
    more: str = "",
) -> bytes:
    """A delivery report in the standard form (RFC 3464), as Postfix and many others write it."""
    return _crlf(f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.mail.example>
To: {return_path}
Subject: Your letter came back
Date: Sun, 01 Mar 2026 10:00:00 +0100
Message-ID: {message_id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

The letter below did not reach everybody.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.mail.example
Arrival-Date: Sun, 01 Mar 2026 09:59:00 +0100

Final-Recipient: rfc822; zoe@mail.example
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}
{more}
--b1
Content-Type: message/rfc822

{LETTER.format(way_out="x" * 26)}
--b1--
""")


def qmail(return_path: str, reason: str = "Sorry, no mailbox here by that name. (#5.1.1)") -> bytes:
    """In qmail's form: plain text, the letter copied below a line."""
    return _crlf(f"""Return-Path: <>
From: MAILER-DAEMON@old.example
To: {return_path}
Subject: failure notice
Date: Sun, 01 Mar 2026 10:00:00 -0000

Hello from the mail program at old.example, with bad news about your letter:

<zoe@mail.example>:
{reason}

--- Below this line is a copy of the message.

{LETTER.format(way_out="x" * 26)}""")


def exim(return_path: str, reason: str = "Unrouteable address") -> bytes:
    """In the form of older Exims."""
    return _crlf(f"""From: Mail Delivery System <Mailer-Daemon@gate.example>
To: {return_path}
X-Failed-Recipients: zoe@mail.example
Auto-Submitted: auto-replied
Subject: Your letter was returned
Date: Sun, 01 Mar 2026 10:00:00 +0000
Message-ID: <E1@gate.example>

One address could not be reached:

  zoe@mail.example
    {reason}

------ This is a copy of your message. ------

{LETTER.format(way_out="x" * 26)}""")


def exchange(return_path: str) -> bytes:
    """As Exchange wraps it: HTML first, the status in a part that is not announced."""
    return _crlf(f"""From: postmaster@corp.example
To: {return_path.upper()}
Subject: =?utf-8?b?VW56dXN0ZWxsYmFyOiBSZXR0ZXQgZGVuIEhhZmVu?=
Date: Sun, 01 Mar 2026 10:00:00 +0000
Message-ID: <X1@corp.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b2"

--b2
Content-Type: text/html; charset=utf-8

<p>Ihre Nachricht konnte nicht zugestellt werden.</p>

--b2
Content-Type: message/delivery-status

Reporting-MTA: dns;mail.corp.example

Final-recipient: RFC822;zoe@corp.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp;550 5.4.1 Recipient address rejected: access denied

--b2--
""")


def away(return_path: str, headers: str = "Auto-Submitted: auto-replied") -> bytes:
    """An automatic reply of a person on holiday, with a date that looks like a status code."""
    return _crlf(f"""From: Zoe Smith <zoe@mail.example>
To: {return_path}
Subject: Re: Zoe, save the harbour
Date: Sun, 01 Mar 2026 10:00:00 +0000
Message-ID: <away1@mail.example>
{headers}

I am back on 5.1.27; in urgent cases call 550 1234.
""")


def complaint(
    *, return_path: str = "redacted", way_out: str = "x" * 26, kind: str = "abuse"
) -> bytes:
    """A complaint of a feedback loop (RFC 5965), sent to an address of its own."""
    return _crlf(f"""From: feedback@loop.example
To: complaints@act.harbour.example
Subject: Zoe, save the harbour
Date: Sun, 01 Mar 2026 10:00:00 +0000
Message-ID: <arf1@loop.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b3"

--b3
Content-Type: text/plain

Somebody pressed “spam”.

--b3
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: loop/1.0
Version: 1
Original-Mail-From: <{return_path}>

--b3
Content-Type: message/rfc822

{LETTER.format(way_out=way_out)}
--b3--
""")


def receipt(return_path: str) -> bytes:
    """A receipt that a mail program sends (RFC 8098)."""
    return _crlf(f"""From: zoe@mail.example
To: {return_path}
Subject: Read
Message-ID: <mdn1@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="b4"

--b4
Content-Type: text/plain

It was shown.

--b4
Content-Type: message/disposition-notification

Final-Recipient: rfc822; zoe@mail.example
Disposition: manual-action/MDN-sent-manually; displayed

--b4--
""")


def letter_of_a_person(return_path: str) -> bytes:
    """Somebody who writes to the return path."""
    return _crlf(f"""From: zoe@mail.example
To: {return_path}
Subject: About the harbour
Message-ID: <p1@mail.example>

Where do I sign? 550 of us want to.
""")
