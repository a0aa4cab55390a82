"""Irregular English forms, which a suffix stemmer cannot fold: "bought" is "buy".

Written by hand for this package from common grammar-book lists.
"""

from __future__ import annotations

from typing import Final

_FORMS: Final = """
arise arose arisen; awake awoke awoken; beat beaten; become became; begin began begun; bend bent;
bet bets; bind bound; bite bit bitten; bleed bled; blow blew blown; break broke broken; breed
bred; bring brought; build built; burn burnt; buy bought; catch caught; choose chose chosen; come
came; creep crept; deal dealt; dig dug; draw drew drawn; dream dreamt; drink drank drunk; drive
drove driven; eat ate eaten; fall fell fallen; feed fed; feel felt; fight fought; find found; flee
fled; fly flew flown; forbid forbade forbidden; forget forgot forgotten; forgive forgave forgiven;
freeze froze frozen; get got gotten; give gave given; go went gone; grind ground; grow grew grown;
hang hung; hear heard; hide hid hidden; hold held; keep kept; kneel knelt; know knew known; lay
laid; lead led; lean leant; learn learnt; leave left; lend lent; light lit; lose lost; make made;
mean meant; meet met; pay paid; prove proven; ride rode ridden; ring rang rung; rise rose risen;
run ran; say said; see saw seen; seek sought; sell sold; send sent; shake shook shaken; shine
shone; shoot shot; show shown; shrink shrank shrunk; sing sang sung; sink sank sunk; sit sat;
sleep slept; slide slid; speak spoke spoken; speed sped; spell spelt; spend spent; spill spilt;
spin spun; spoil spoilt; stand stood; steal stole stolen; stick stuck; sting stung; strike struck
stricken; strive strove; swear swore sworn; sweep swept; swell swollen; swim swam swum; swing
swung; take took taken; teach taught; tear tore torn; tell told; think thought; throw threw
thrown; understand understood; wake woke woken; wear wore worn; weave wove woven; weep wept; win
won; wind wound; withdraw withdrew withdrawn; write wrote written; child children kid kids; person
people; man men; woman women; foot feet; tooth teeth; goose geese; mouse mice; life lives; wife
wives; knife knives; leaf leaves; loaf loaves; shelf shelves; wolf wolves; half halves; good
better best; bad worse worst; mom mum mother mommy mama moms mothers; dad father daddy papa dads
fathers; photo photograph picture pic photos photographs pictures pics; bike bicycle bikes
bicycles; phone telephone phones; fridge refrigerator; tv television; movie film movies films; car
automobile cars; gym gymnasium; exam examination exams; lab laboratory; plane airplane aeroplane
planes; fave favorite favourite favorites faves; grandma grandmother granny grandmas; grandpa
grandfather grandad; uni university college; doc doctor docs; info information; ad advert
advertisement ads; kitty cat kitties cats kitten; pup dog puppy puppies pups dogs doggy; job jobs
occupation; store shop stores shops; biz business; present gift gifts presents; bday birthday;
color colour colors colours; apartment flat apartments; vacation holiday vacations holidays;
"""

BASE: Final = {
    form: words[0] for entry in _FORMS.split(";") if (words := entry.split()) for form in words[1:]
}
"""Irregular or short form → base form."""
