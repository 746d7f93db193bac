"""Word lists that the readers share: verbs of headlines, words of institutions, first names."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as running text."""
    return frozenset(text.split())


IMPERATIVES = words(
    """
    abolish act add adopt allow approve ask back ban block boycott break bring build call cancel
    cease cease choose clean close cut declare defend defund deliver demand demilitarize deny
    disarm divest don't don’t drop end enact enforce ensure expand expel expose extend fight fire
    fix forgive free freeze fund get give grant guarantee halt help hold honor honour impeach
    investigate join keep label let lift lower make open oppose overturn pass pay pledge preserve
    prevent prosecute protect provide publish pull put raise ratify recognise recognize regulate
    reject release remove reopen repair repeal replace rescind restore reverse revoke save say
    secure shut sign stand stop strengthen support suspend take tax tell treat uphold urge use
    veto vote withdraw
    """
)

# A name that ends in one of these before "and" goes on: "Food and Drug Administration".
COMPOUND_STARTS = words(
    """
    aeronautics agriculture alcohol arts business children climate commerce communities community
    conservation control culture customs development disease economic education energy environment
    environmental equality families finance fish food foreign gas health heritage home housing
    immigration industry infrastructure innovation justice labor labour land law management media
    medicare medicine nutrition ocean oceanic oil parks pensions planning power products public
    racial recreation research safety science securities social sport technology tobacco trade
    training transport transportation urban veterans water ways welfare wildlife women work youth
    """
)

BODIES = words(
    """
    administration agency association authority board bureau center centre coalition commission
    committee company council department enforcement foundation group institute ministry network
    office organization organisation protection secretary service services society trust union
    """
)

# After a comma these belong to the name before it: "Jeff Bezos, CEO of Amazon", "Acme, Inc."
ROLE_STARTS = words(
    """
    attorney ceo cfo chair chairman chairperson chairwoman chancellor chief co-chair co-founder
    commissioner congressman congresswoman coo council deputy director editor executive founder
    general governor head inc inc. judge jr jr. justice leader llc llp ltd ltd. corp corp. manager
    mayor member minister owner premier president prime principal publisher rector representative
    secretary senator sheriff speaker sr sr. superintendent treasurer u.s. vice
    """
)

STATES = words(
    """
    Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii
    Idaho Illinois Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan
    Minnesota Mississippi Missouri Montana Nebraska Nevada Ohio Oklahoma Oregon Pennsylvania
    Tennessee Texas Utah Vermont Virginia Washington Wisconsin Wyoming DC D.C. AL AK AZ AR CA CO CT
    DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI
    SC SD TN TX UT VT VA WA WV WI WY
    """
) | frozenset(
    {
        "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina",
        "North Dakota", "Rhode Island", "South Carolina", "South Dakota", "West Virginia",
    }
)  # fmt: skip

FIRST_NAMES = words(
    """
    aaron adam ahmed aisha alan alex alexandra alice alison amanda amy ana andrea andrew angela ann
    anna anne anthony antonio barbara ben benjamin beth brian carlos carol caroline catherine
    charles chloe chris christina christopher claire daniel david deborah diana diego donna dorothy
    edward elena elizabeth emily emma eric fatima felix fiona francis frank gabriel gary george
    gloria grace greg hannah harry heather helen henry ian isabel jack jacob james jamie jane janet
    jason jean jeff jennifer jessica jim joan joe johan john jonathan jorge jose joseph josh joshua
    juan judith julia julie karen kate katherine kathleen katie keith kelly kevin kim kyle laura
    lauren lee leila leon linda lisa lucy luis luke maria marie mark martha martin mary matt matthew
    megan mei melissa michael michelle miguel mike mohamed mohammed monica naomi nancy natalie
    nathan nicholas nicole nina noah nora oliver olivia omar patricia patrick paul paula pedro peter
    philip priya rachel rebecca richard robert rosa ruth ryan sally sam samantha samuel sandra sara
    sarah scott sean sofia sonia sophie stephanie stephen steve steven susan teresa theresa thomas
    tim timothy tom tony victor victoria vincent wei wendy william yusuf zoe
    """
)

PRESS_WORDS = words(
    """
    beast bulletin call chronicle courier daily day dispatch enquirer examiner express gazette
    globe guardian herald independent inquirer intelligencer journal ledger magazine mail mirror
    monitor news observer post press record register report review science star sun telegraph times
    today tribune voice watch week weekly
    """
)

SMALL_WORDS = words(
    "a an and at by de del der des di du for from in la le of on or the to und von van with y"
)
