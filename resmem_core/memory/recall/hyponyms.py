"""Everyday kinds and their members: who asks for an instrument will be glad of a violin.

Written by hand for this package, kind by kind from common knowledge, not from any data set. A word
of a question brings in its members or its kind at a lower weight (`RecallWeights.related`).
"""

from __future__ import annotations

from typing import Final

from resmem_core.memory.text.tokens import stem

_KINDS: Final = """
instrument music: guitar piano violin cello clarinet flute trumpet saxophone drum ukulele harp
keyboard bass banjo; music concert: song band singer album gig musician orchestra jazz rock pop
classical rap blues country playlist lyrics melody tune; musician artist: singer band guitarist
pianist drummer rapper composer; art: painting drawing sculpture pottery sketch watercolor canvas
mural portrait gallery photography; paint: painting canvas watercolor brush acrylic portrait
landscape; craft hobby: knitting sewing pottery crochet woodworking origami embroidery jewelry
candle weaving; hobby pastime: reading painting gardening cooking baking hiking fishing gaming
photography knitting dancing collecting chess; activity: hiking camping swimming painting running
reading cooking dancing fishing yoga museum picnic biking skiing volunteering gardening; outdoor:
hiking camping fishing kayaking climbing trail mountain nature park picnic mountaineering surfing
biking; sport: soccer football basketball tennis baseball volleyball hockey golf swimming running
cycling skiing surfing boxing rugby cricket badminton skating climbing; exercise workout fitness:
yoga running gym weights cardio pilates swimming boxing kickboxing cycling jogging training
stretching aerobics crossfit; martial: karate taekwondo judo kickboxing boxing kungfu aikido
jiujitsu wrestling; yoga: meditation pose stretching mindfulness; dance: ballet salsa tango hiphop
contemporary choreography studio tap ballroom; game: chess videogame console playstation xbox
nintendo cards puzzle boardgame tournament multiplayer; pet animal: dog cat hamster parrot fish
rabbit turtle snake lizard guinea horse bird ferret gecko; animal wildlife: bear deer fox wolf
elephant lion tiger whale dolphin owl eagle bird turtle; bird: eagle owl parrot robin hawk pigeon
duck sparrow; flower plant: rose sunflower tulip lily daisy orchid garden succulent; family
relative: mom dad brother sister son daughter husband wife grandma grandpa aunt uncle cousin child
nephew niece parent sibling; parent: mom dad; child: son daughter baby toddler teen; sibling:
brother sister twin; spouse partner: husband wife girlfriend boyfriend fiance; marry wedding:
husband wife bride groom engagement fiance anniversary honeymoon ceremony; relationship status:
single married divorced dating girlfriend boyfriend husband wife partner breakup engaged; friend:
buddy pal roommate friendship; colleague coworker: team boss office; job career work: engineer
teacher nurse doctor lawyer manager designer developer accountant writer chef banker promotion
hired interview salary office profession; career education: counseling degree college major
profession; doctor health: hospital clinic appointment checkup diagnosis surgery medicine; health
condition illness: diabetes asthma allergy cancer anxiety depression arthritis flu injury pain
migraine; injury hurt: sprain broke fracture ankle wrist knee concussion accident; accident: crash
collision injury emergency; study education: school college degree course class exam student major
graduate professor; school: class teacher student college classroom; degree: bachelor master phd
diploma graduate; class course: lesson workshop tutorial training; event: concert festival parade
conference party fair fundraiser exhibition ceremony workshop wedding show race meetup gathering
tournament; charity volunteer: shelter donate fundraiser nonprofit homeless soup donation
community; cause support: charity campaign rights awareness donate advocacy; travel trip: flight
journey vacation visit abroad tour cruise hotel; vehicle transport: car bike bus train plane
motorcycle truck van boat scooter; car vehicle: engine brake tire mechanic driver honda toyota
ford tesla; country nation: usa america canada mexico brazil argentina england britain france
spain portugal italy germany greece turkey sweden norway denmark finland poland ireland scotland
japan china india korea thailand vietnam indonesia australia egypt kenya morocco russia ukraine
switzerland austria netherlands belgium; european europe: england france spain portugal italy
germany greece sweden norway denmark finland poland ireland scotland switzerland austria
netherlands belgium london paris rome berlin madrid lisbon barcelona; asian asia: japan china
india korea thailand vietnam indonesia singapore tokyo; state: california texas florida oregon
washington nevada arizona colorado utah ohio michigan illinois georgia alaska hawaii minnesota
montana virginia carolina tennessee massachusetts connecticut pennsylvania; city town: london
paris rome tokyo boston chicago seattle berlin barcelona madrid york toronto vancouver miami
dublin; place location: city park beach mountain museum cafe restaurant lake island; food dish
meal: pizza pasta soup salad chicken beef steak sushi curry burger sandwich rice taco noodle stew
roast grill recipe cuisine; cook: recipe bake grill kitchen chef roast meal ingredient; bake
dessert: cake cookie pie bread cupcake muffin brownie chocolate pastry tart; dessert sweet: cake
cookie pie icecream chocolate pudding; fruit: apple banana strawberry blueberry orange grape mango
peach cherry; vegetable: carrot broccoli spinach tomato pepper potato; diet eat: vegan vegetarian
dairy gluten healthy snack sugar; drink beverage: coffee tea beer wine juice cocktail soda
smoothie; allergy: dairy lactose nut pollen fur; book read: novel author fantasy fiction series
chapter library memoir poetry; author writer: novel book poem publish; write: novel poem poetry
story journal screenplay blog essay; film: cinema actor director screen watch comedy drama
thriller trilogy; television show: series episode season netflix; clothes clothing: shirt dress
jacket jean shoe hat sweater hoodie coat skirt sneaker; jewelry: necklace ring bracelet pendant
earring; gift: birthday christmas surprise wrap; buy purchase: shopping bought sale order; own
possess: have collection; collect: collection collector vintage stamp coin; home house: apartment
rent mortgage neighborhood move room; furniture: couch table chair bed desk lamp shelf; room:
kitchen bedroom bathroom living; move relocate: apartment city packing immigrate; device gadget
technology: laptop phone computer tablet camera app console drone; computer: laptop keyboard
software code pc; programming: code python java software app developer website; business company:
startup store launch investor customer client entrepreneur brand market; money finance: loan
budget debt salary rent savings invest fund; weather: rain snow storm sun flood wind heat; nature:
mountain forest lake river ocean beach waterfall sunset trail park; beach sea: ocean surf sand
wave coast shore; mountain: climb hike summit peak trail; religion religious faith: church prayer
temple mosque god bible spiritual; spiritual: meditation faith church; politics political:
campaign election vote office mayor government policy senate; war military: army veteran soldier
navy service; stress destress relax: calm yoga meditation bath massage therapy unwind peaceful
soothing; emotion feel: happy sad angry proud anxious excited nervous grateful scared relieved
joyful lonely; fear scare: afraid terrified nervous phobia; happy joy: glad excited thrilled
delighted; sad upset: cry grief devastated loss; die death: funeral passed loss grief; pregnant
birth: baby newborn due; mental: anxiety depression therapy therapist counseling; therapy:
counseling therapist psychologist; identity gender: transgender gay lesbian queer nonbinary
bisexual lgbtq woman man; lgbtq: transgender gay lesbian queer pride rainbow; symbol: flag cross
rainbow heart; award prize: trophy medal won winner certificate; competition contest: tournament
race championship win; goal plan: hope aim future dream ambition; hope dream: wish goal; begin:
start launch open; begin learn: beginner lesson; advice suggest: recommend tip; recommend:
suggestion suggest advice; motivate inspire: inspiration encourage; challenge problem: difficult
obstacle struggle setback hurdle; setback: injury lost failed difficult; celebrate: party birthday
anniversary cheers; party: birthday celebration guest; holiday: christmas thanksgiving easter
halloween; adopt: adoption agency shelter; garden: plant seed flower vegetable grow; camp: tent
campfire hike; photo: camera photography; color: red blue green yellow purple pink black white
orange brown; age old: birthday years born; nickname name: called; language: spanish french german
italian chinese japanese english portuguese; subject science: math physics chemistry biology
history; meet: introduced; visit: went trip; repair fix: broken mechanic replace; lose: lost
missing; genre style: fantasy mystery thriller romance horror comedy drama jazz rock pop classical
country metal folk; dog breed: labrador retriever poodle bulldog terrier shepherd husky beagle
collie puppy; insect: bee butterfly ant spider beetle; fish sea: shark whale dolphin salmon
octopus coral; tree: oak pine maple birch willow palm; body: arm leg knee ankle back shoulder neck
wrist foot hand head eye tooth; season: spring summer autumn fall winter; meal: breakfast lunch
dinner brunch; breakfast: egg pancake toast cereal oatmeal waffle bacon; cuisine: italian mexican
chinese indian thai japanese french greek korean vietnamese; meat: beef chicken pork lamb turkey
bacon steak; seafood: shrimp salmon crab lobster tuna; snack: chip popcorn nut chocolate candy;
spice herb: basil garlic ginger cinnamon pepper mint; alcohol: beer wine whiskey vodka cocktail;
kitchen cooking: oven pan stove knife blender; tool: hammer drill saw wrench screwdriver; toy:
doll lego puzzle teddy; stationery: notebook pen journal planner; cosmetic beauty: makeup lipstick
skincare perfume; shoe footwear: sneaker boot sandal heel; electronics: phone laptop tablet
headphone speaker tv; subscription service: netflix spotify gym; social media: instagram facebook
twitter youtube tiktok blog post follower; profession occupation: engineer teacher nurse doctor
lawyer designer developer accountant writer chef architect plumber electrician pilot scientist
photographer journalist; creative: painting writing music photography design art; skill: coding
cooking driving swimming language painting; project: app website research prototype campaign;
office work: meeting deadline boss colleague presentation project; promotion: raise manager;
unemployed: fired layoff quit resign jobless; finance: bank loan mortgage debt tax savings budget
credit; insurance: claim coverage premium; law legal: lawyer court judge contract; crime: theft
robbery stolen police; police: officer arrest; disaster: fire flood earthquake hurricane tornado
storm; wedding: bride groom vow ring venue reception; baby: crib diaper newborn stroller; death
funeral: grief mourning memorial; move: boxes packing lease landlord; renovate remodel: kitchen
paint floor bathroom; chore: laundry dish cleaning vacuum; clean: laundry vacuum mop tidy; pet:
vet leash litter aquarium cage; train: obedience trick treat; club group: member join meeting
chess book debate; team: player coach captain teammate; match: score goal point win lose; gym:
treadmill weight trainer membership; run: marathon race jog 5k; race: marathon 5k triathlon
sprint; bike: cycling trail helmet; swim: pool lap beach; ski: snow snowboard slope; water: swim
surf kayak sail dive snorkel; trail hike: waterfall summit view boot; flight airport: plane
luggage airline boarding; hotel stay: resort hostel airbnb cabin lodge; souvenir: magnet postcard
mug; landmark: tower bridge statue castle cathedral temple palace monument; castle: tower
medieval; museum: exhibit gallery painting sculpture history; theater: play musical actor stage;
concert: band stage ticket crowd live; video: stream youtube channel; game: level character quest
rpg strategy; board: chess monopoly scrabble catan; card: poker bridge rummy; puzzle: crossword
sudoku jigsaw; collect: card record figurine comic; superhero: batman superman spiderman;
religion: christian muslim jewish buddhist hindu catholic; pray: church god; sleep: insomnia nap
dream bed; weight: diet pound lose gain; smoke: cigarette quit; medicine: pill prescription
vitamin; symptom: fever cough headache nausea fatigue; heart: cardiac palpitation; hospital:
surgery emergency patient nurse; surgery: operation; disability: wheelchair deaf blind; support:
encourage help; mentor: advice guidance coach; award: scholarship grant; scholarship: tuition;
exam: test grade; science: physics chemistry biology experiment lab; environment: climate recycle
pollution sustainable green; recycle: plastic compost waste; energy: solar wind electric; plant:
seed soil pot; fundraise: donation charity auction bake; volunteer: shelter hospital tutor mentor;
immigrant: visa passport border; country: flag passport culture; culture heritage: tradition
ancestor; tradition: holiday festival; memory: childhood nostalgia; childhood: kid young school;
dream: nightmare; personality trait: kind thoughtful shy outgoing honest generous brave creative;
value: honesty loyalty family respect; regret mistake: sorry wrong; argue conflict: fight
disagreement; apologize: sorry forgive; trust: honest secret; love romance: date boyfriend
girlfriend partner crush; date: dinner romantic; breakup: divorce split ex; surprise: unexpected
secret; prank: joke funny;
"""


def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for entry in filter(str.strip, _KINDS.split(";")):
        kinds, members = ({stem(w) for w in side.split()} for side in entry.split(":"))
        for kind in kinds:
            table.setdefault(kind, set()).update(members | kinds)
        for member in members:
            table.setdefault(member, set()).update(kinds)
    return {word: frozenset(others - {word}) for word, others in table.items()}


RELATED: Final = _table()
"""Stem → stems of its members, of its kind and of the kind's other names."""
