"""Who may be written to after signing, by the signer's country: one table to be read.

NOTE: the law lets a note beside the button do, with a way out in every letter. BOX: only who ticked
an empty box is written to. A country that is not listed needs the box. This table is ours to be
careful with, and no legal advice: have it read by whoever advises you before you change it.
"""

from __future__ import annotations

NOTE, BOX = "note", "box"

# Country, rule, and the law that says so
_TABLE = """
US  note  CAN-SPAM Act, 15 U.S.C. § 7704
AS  note  CAN-SPAM Act (territory of the United States)
GU  note  CAN-SPAM Act (territory of the United States)
MP  note  CAN-SPAM Act (territory of the United States)
PR  note  CAN-SPAM Act (territory of the United States)
UM  note  CAN-SPAM Act (territory of the United States)
VI  note  CAN-SPAM Act (territory of the United States)
SG  note  Spam Control Act 2007, s. 11
AU  box   Spam Act 2003, s. 16
BR  box   Lei Geral de Proteção de Dados, art. 7
CA  box   Canada’s anti-spam law (CASL), s. 6
CH  box   UWG, art. 3 (1) (o)
GB  box   Privacy and Electronic Communications Regulations 2003, reg. 22
IL  box   Communications Law, s. 30A
IN  box   Digital Personal Data Protection Act 2023, s. 6
JP  box   Act on Regulation of Transmission of Specified Electronic Mail, art. 3
KR  box   Network Act, art. 50
NO  box   Marketing Control Act, s. 15
NZ  box   Unsolicited Electronic Messages Act 2007, s. 9
ZA  box   Protection of Personal Information Act, s. 69
AT  box   ePrivacy Directive 2002/58/EC, art. 13
BE  box   ePrivacy Directive 2002/58/EC, art. 13
BG  box   ePrivacy Directive 2002/58/EC, art. 13
CY  box   ePrivacy Directive 2002/58/EC, art. 13
CZ  box   ePrivacy Directive 2002/58/EC, art. 13
DE  box   ePrivacy Directive 2002/58/EC, art. 13
DK  box   ePrivacy Directive 2002/58/EC, art. 13
EE  box   ePrivacy Directive 2002/58/EC, art. 13
ES  box   ePrivacy Directive 2002/58/EC, art. 13
FI  box   ePrivacy Directive 2002/58/EC, art. 13
FR  box   ePrivacy Directive 2002/58/EC, art. 13
GR  box   ePrivacy Directive 2002/58/EC, art. 13
HR  box   ePrivacy Directive 2002/58/EC, art. 13
HU  box   ePrivacy Directive 2002/58/EC, art. 13
IE  box   ePrivacy Directive 2002/58/EC, art. 13
IS  box   ePrivacy Directive 2002/58/EC, art. 13 (EEA)
IT  box   ePrivacy Directive 2002/58/EC, art. 13
LI  box   ePrivacy Directive 2002/58/EC, art. 13 (EEA)
LT  box   ePrivacy Directive 2002/58/EC, art. 13
LU  box   ePrivacy Directive 2002/58/EC, art. 13
LV  box   ePrivacy Directive 2002/58/EC, art. 13
MT  box   ePrivacy Directive 2002/58/EC, art. 13
NL  box   ePrivacy Directive 2002/58/EC, art. 13
PL  box   ePrivacy Directive 2002/58/EC, art. 13
PT  box   ePrivacy Directive 2002/58/EC, art. 13
RO  box   ePrivacy Directive 2002/58/EC, art. 13
SE  box   ePrivacy Directive 2002/58/EC, art. 13
SI  box   ePrivacy Directive 2002/58/EC, art. 13
SK  box   ePrivacy Directive 2002/58/EC, art. 13
"""

RULES: dict[str, tuple[str, str]] = {
    country: (rule, law)
    for country, rule, law in (line.split(None, 2) for line in _TABLE.strip().splitlines())
}
BY_NOTE = frozenset(country for country, (rule, _) in RULES.items() if rule == NOTE)


def rule_for(country: str) -> str:
    """NOTE or BOX for a country's two letters; "" is a country that nobody knows."""
    return NOTE if country in BY_NOTE else BOX
