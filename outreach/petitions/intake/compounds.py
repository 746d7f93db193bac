"""Words and numbers that carry digits of their own: CO2, MP3, H.R.1, WD40, G7."""

from __future__ import annotations

import re

from outreach.petitions.intake.words import words

_EXACT = words(
    """
    co2 ch4 n2 n2o no2 so2 o2 o3 h2 h2o nh3 pm2 pm10 mp3 mp4 h1 h5 g7 g8 g20 g77 b2 b12 r2 d2 u2 y2
    wd40 n95 ps2 ps3 ps4 ps5 e10 e85 a4 a3 m1 m4 m16 ak47 ar15 f16 f35 mi5 mi6 k9 k12 web2 web3
    gpt2 gpt3 gpt4 gpt5 covid19 area51 catch22 forever21 boeing737 boeing747 pier1 level3 win7 win10
    windows7 windows8 windows10 windows11 python2 python3 html5 utf8 sha1 sha2 md5 log2 log10 ipv4
    ipv6 fy18 fy19 fy20 fy21 fy22 fy23 fy24 fy25 fy26 q1 q2 q3 q4 cop21 cop25 cop26 cop27 cop28
    formula1 f1 uk2 nzs2 ps1 mp2 mrna1 brca1 brca2 hiv1 hiv2 hpv16 hpv18 pfas4 ss7 l2 d3 v2 v3
    hr1 hb1 hb2 sb1 sb2 sb4 sb8 ab1 ab5 hr2 hr3 hr4 s1 s2 ps8
    """
)  # fmt: skip
_STEMS = words(
    """
    iphone ipad galaxy pixel windows android covid sars fy cop sb hb ab hr sr sjr hjr lb hf sf
    interstate highway boeing airbus apollo channel dc-
    """
)
_BILL = re.compile(
    r"(?:^|[\s(“\"])(?:h\.\s?r|s|h|h\.\s?b|s\.\s?b|a\.\s?b|s\.\s?res|h\.\s?res|h\.\s?con\.\s?res|"
    r"h\.\s?j\.\s?res|s\.\s?j\.\s?res|l\.\s?d|res|pub\.\s?l|p\.\s?l|no|nos|art|arts|sec|secs|vol|fig|"
    r"figs|ch|chap|pp?|pg|para|ver|v|rev|eq|tel|ext|apt|ste|bldg|rs|approx|ca|c|cap|reg|tit|prop)$",
    re.IGNORECASE,
)


def is_compound(word: str, digits: str) -> bool:
    """Whether a word goes with its digits as one name: ("CO", "2"), ("iPhone", "6")."""
    stem = word.lower()
    return stem + digits in _EXACT or stem in _STEMS


def is_bill_or_number(before: str) -> bool:
    """Whether the words before a full stop call a number: "H.R", "No", "Sec", "p"."""
    found = _BILL.search(before)
    if not found:
        return False
    return found.group().strip(' (“"\t\n') != "no"  # "she said no.1" against "No.1"
