"""The domains of the large mailbox providers; whoever has a domain of their own keeps its name."""

from __future__ import annotations

from collections.abc import Mapping

# Yahoo and Microsoft give out addresses under a domain for each country.
_COUNTRIES = (
    "ca", "co.id", "co.in", "co.jp", "co.nz", "co.th", "co.uk", "com.ar", "com.au",
    "com.br", "com.hk", "com.mx", "com.my", "com.ph", "com.sg", "com.tr", "com.tw",
    "com.vn", "de", "dk", "es", "fi", "fr", "gr", "hu", "ie", "in", "it", "nl", "no", "pl",
    "pt", "ro", "se",
)  # fmt: skip


def _everywhere(name: str) -> tuple[str, ...]:
    return (f"{name}.com", *(f"{name}.{country}" for country in _COUNTRIES))


_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "Gmail": ("gmail.com", "googlemail.com"),
    "Microsoft": (
        *_everywhere("hotmail"),
        *_everywhere("live"),
        *_everywhere("outlook"),
        *("hotmail.be", "live.be", "live.cn", "msn.com", "windowslive.com", "passport.com"),
    ),
    # AOL's and Yahoo's mail is taken by the same servers.
    "Yahoo": (
        *_everywhere("yahoo"),
        *("ymail.com", "rocketmail.com", "myyahoo.com", "yahoo.be"),
        *("aol.com", "aol.co.uk", "aol.de", "aol.fr", "aim.com", "netscape.net", "verizon.net"),
    ),
    "iCloud": ("icloud.com", "me.com", "mac.com"),
    "Proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "Fastmail": ("fastmail.com", "fastmail.fm", "fastmail.net", "fastmail.co.uk"),
    "Zoho": ("zoho.com", "zoho.eu", "zoho.in", "zohomail.com", "zohomail.eu", "zohomail.in"),
    "GMX and WEB.DE": (
        *("gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "gmx.fr", "gmx.es", "gmx.co.uk"),
        *("web.de", "mail.com", "email.com", "usa.com"),
    ),
    "Telekom": ("t-online.de", "magenta.de"),
    "Comcast": ("comcast.net", "xfinity.com"),
    "AT&T": (
        *(
            "att.net",
            "sbcglobal.net",
            "bellsouth.net",
            "pacbell.net",
            "ameritech.net",
            "swbell.net",
        ),
        *("flash.net", "nvbell.net", "prodigy.net", "snet.net", "currently.com"),
    ),
    "Spectrum": (
        *("charter.net", "spectrum.net", "roadrunner.com", "twc.com", "brighthouse.com"),
        *("rr.com", "bresnan.net", "earthlink.net"),
    ),
    "Cox": ("cox.net",),
    "Orange": ("orange.fr", "wanadoo.fr", "orange.es", "orange.pl"),
    "Free": ("free.fr", "libertysurf.fr", "aliceadsl.fr"),
    "SFR": ("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "numericable.fr"),
    "La Poste": ("laposte.net",),
    "BT": ("btinternet.com", "btopenworld.com", "bt.com", "talk21.com"),
    "Virgin Media": ("virginmedia.com", "ntlworld.com", "blueyonder.co.uk", "virgin.net"),
    "Sky": ("sky.com",),
    "TalkTalk": ("talktalk.net", "tiscali.co.uk"),
    "Libero": ("libero.it", "iol.it", "inwind.it", "blu.it", "giallo.it"),
    "Telstra": ("bigpond.com", "bigpond.net.au", "telstra.com"),
    "Bell": ("bell.net", "sympatico.ca"),
    "Rogers": ("rogers.com", "rogers.ca"),
    "Shaw": ("shaw.ca",),
    "Telus": ("telus.net",),
    "UOL": ("uol.com.br", "bol.com.br"),
    "Mail.ru": ("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru"),
    "Yandex": ("yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "yandex.ua"),
    "Tencent QQ": ("qq.com", "foxmail.com"),
    "NetEase": ("163.com", "126.com", "yeah.net"),
    "Naver": ("naver.com",),
    "Daum": ("daum.net", "hanmail.net"),
    "Seznam": ("seznam.cz", "email.cz", "post.cz"),
    "Onet": ("onet.pl", "op.pl", "onet.eu", "poczta.onet.pl", "vp.pl"),
    "WP": ("wp.pl", "o2.pl", "tlen.pl"),
}
PROVIDER_OF: Mapping[str, str] = {
    domain: provider for provider, domains in _DOMAINS.items() for domain in domains
}
