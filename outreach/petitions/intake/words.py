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
    aaron abby abdul abigail adam adele adrian agnes ahmed aidan aiden aisha akira alan albert
    alberto aldo alejandra alejandro alessandra alex alexandra alexis alfred ali alice alicia
    alina alison aliyah allen allison alma althea alvaro amal amanda amina amir amit amy ana
    anastasia andre andrea andreas andrei andrew andrés angela angelina anika anita ann anna
    anne annie anthony antoine anton antonio anya arjun arnold arthur arturo ashley astrid
    audrey ava barbara beatrice bella ben benjamin bernadette bernard bernie beth betty beverly
    billy bob bonnie brad bradley brenda brett brian brianna bruce bryan caitlin calvin camila
    camille carl carla carlos carmen carol caroline carolyn carrie cassandra catherine cecilia
    cesar chad charles charlotte chelsea cheryl chloe chris christian christina christine
    christopher chuck cindy claire clara clifford clyde colin colleen connie connor corey craig
    cristina crystal curtis cynthia daisy damian dana dani daniel daniela danielle danny daria
    darren dave david deb deborah debra denise dennis derek devon diana diego dina dmitri
    dolores dominic don donald donna doris dorothy doug douglas duncan dustin dylan eddie
    eduardo edward edwin eileen elaine eleanor elena eli elias elijah elise elizabeth ella ellen
    elliot eloise elsa emilia emilio emily emma emmanuel enrique eric erica erik erin ernest
    esther ethan eva evan evelyn ezra fabian farah fatima felix fernanda fernando fiona flora
    frances francis frank fred frederick gabriel gail gary gavin gemma geoffrey george gerald
    gideon gina giulia glenn gloria gordon grace graham greg greta guadalupe gustavo gwen hal
    hamza hannah harold harriet harry hasan hassan hazel heather hector heidi helen helena henry
    herbert hilary holly howard hugh hugo ian ibrahim igor ines ingrid irene iris isaac isabel
    isabella isaiah ivan jack jackie jacob jada jai jamal james jamie jane janet janice jared
    jasmine jason javier jay jayne jean jeff jeffrey jenna jennifer jenny jeremy jerome jerry
    jesse jessica jill jillian jim jimmy jo joan joanna joanne jodie joe joel johan johanna john
    jon jonas jonathan jorge jose joseph josephine josh joshua joyce juan juanita judith judy
    julia julian julie juliet justin kai kamala kara karen karim karl karla kate katharine
    katherine kathleen kathryn kathy katie katrina kay keisha keith kelly kendra kenneth kerry
    kevin khalid kim kiran kirsten kristen kristina kwame kyle lamar lana lars latoya laura
    lauren leah lee leila leo leon leonard leroy leslie lewis liam lila lillian lily linda lisa
    liz lola lorena lorenzo lori louis louise luca lucas lucia lucille lucy luis luke lydia lynn
    mabel mackenzie madeleine malcolm malik mara marc marcia marco marcus margaret margot maria
    mariam mariana marie marilyn mario marjorie mark marsha marta martha martin marvin mary
    mateo mathew matt matteo matthew maureen maurice maxine maya megan mehmet mei melanie
    melinda melissa meredith mia micah michael michelle miguel mike milan mildred miles milo
    mina minh miranda miriam mitchell mohamed mohammad mohammed moira molly mona monica morgan
    muhammad myra nadia nadine nancy naomi nasser natalie nathan neil nelson nia nicholas nick
    nicole nigel nikhil nikki nina nisha noah noel noelle nora norman nour octavia olga oliver
    olivia omar oscar otto pablo pamela pascal patrice patricia patrick patty paul paula pauline
    pedro perry pete peter petra phil philip phillip phoebe phyllis pierre priya quentin quinn
    rachel rafael raj rajesh ralph ramon randall randy raquel raul ravi raymond rebecca rebekah
    reggie regina renata rene ricardo richard rick ricky rita rob robbie robert roberta roberto
    robin rodney rodrigo roger roland ron ronald rosa rosalind rosemary ross roxanne roy ruben
    russell ruth ryan sabrina sadie saeed sal sally salma salvador sam samantha samuel sandra
    sanjay sara sarah sasha saul scott sean sebastian serena sergei sergio seth shannon sharon
    shaun shawn sheila shelley sherry shirley sidney simon simone siobhan siobhán sofia sonia
    sonya sophie spencer stacey stacy stanley stella stephan stephanie stephen steve steven suki
    sunita susan sven sylvia tamara tanya tara tariq tasha tatiana taylor ted terence teresa
    terry thelma theo theodore theresa thomas tiffany tim timothy tina tobias todd tom tomas
    tony tracey tracy travis trevor tricia uma ursula valentina valerie vanessa vera vernon
    veronica vicky victor victoria vijay vincent vivian vladimir walter wanda wei wendy wesley
    whitney wilfred willa william xavier yasmin yolanda yuki yusuf yvette yvonne zach zachary
    zainab zara zeinab zoe
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
