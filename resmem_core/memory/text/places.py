"""Names of places, so that "moved to Porto" is a home and "moved to Linux" is none.

Cities of the time zone database and larger ones of Europe, the Americas and Asia, some in several
languages; a place that is missing makes a change of home a conflict for a person to settle.
"""

from __future__ import annotations

import re
from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(re.split(r",\s+|\n\s*", text.strip()))


CITIES: Final = _names(
    """
    a coruña, aachen, aarhus, abidjan, abu dhabi, abuja, accra, adak, adana, addis ababa,
    adelaide, aden, ahmedabad, albuquerque, alexandria, algiers, alicante, almaty, almería,
    amburgo, amman, amsterdam, anadyr, anchorage, ancona, andorra, angers, anguilla, ankara,
    annecy, antalya, antananarivo, antigua, antwerp, anvers, apia, aqtau, aqtobe, araguaina,
    arequipa, aruba, ashgabat, ashkhabad, asmara, asmera, astrakhan, asuncion, asunción, atenas,
    atene, athen, athens, athènes, atikokan, atka, atyrau, auckland, augsburg, austin, aveiro,
    avignon, azores, baghdad, bahia, bahia banderas, bahrain, baku, bali, baltimore, bamako,
    bangalore, bangkok, bangui, banjul, barbados, barcellona, barcelona, barcelone, bari,
    barnaul, basel, bath, beijing, beirut, belem, belfast, belgrade, belize, belo horizonte,
    bergamo, bergen, berlin, bermuda, bern, biarritz, bielefeld, bilbao, birmingham, bishkek,
    bissau, blanc-sablon, blantyre, boa vista, bochum, bogota, bogotá, boise, bologna, bonn,
    bordeaux, boston, bougainville, boulder, braga, brasília, bratislava, braunschweig,
    brazzaville, bremen, brescia, brest, brighton, brisbane, bristol, brno, broken hill,
    brooklyn, bruges, brunei, bruselas, brussels, bruxelas, bruxelles, brüssel, bucharest,
    budapest, buenos aires, bujumbura, bursa, busan, busingen, caen, cagliari, cairns, cairo,
    calcutta, calgary, cali, cambridge, cambridge bay, campo grande, canary, canberra, cancun,
    cannes, cape town, cape verde, caracas, cardiff, cartagena, casablanca, cascais, casey,
    catamarca, catania, cayenne, cayman, cebu, ceuta, chagos, charlotte, chatham, chengdu,
    chennai, chiang mai, chicago, chihuahua, chisinau, chita, choibalsan, chongqing,
    christchurch, christmas, chungking, chuuk, cincinnati, ciudad juarez, cleveland, cocos,
    coimbra, cologne, colombo, colonia, columbus, comodrivadavia, comoro, conakry, copenaghen,
    copenhagen, copenhague, coral harbour, cordoba, cork, costa rica, coyhaique, creston,
    cuiaba, curacao, curitiba, currie, cusco, cádiz, córdoba, dacca, daegu, dakar, dallas,
    damascus, danmarkshavn, dar es salaam, darwin, davis, dawson, dawson creek, delhi, denver,
    detroit, dhaka, dijon, dili, djibouti, dominica, dortmund, douala, dresden, dubai, dublin,
    dumontdurville, dundee, durban, dushanbe, düsseldorf, edinburgh, edmonton, efate, eindhoven,
    eirunepe, el aaiun, el paso, el salvador, elche, enderbury, ensenada, essen, eucla, faeroe,
    fakaofo, famagusta, faro, faroe, ferrara, fez, fiji, firenze, florence, florencia, florenz,
    florença, florianópolis, fort nelson, fort wayne, fortaleza, francfort, francoforte,
    frankfurt, freetown, freiburg, fráncfort, fukuoka, funafuti, funchal, gaborone, galapagos,
    galway, gambier, gand, gaza, gdansk, gdańsk, gdynia, genebra, geneva, genf, genoa, genova,
    genève, ghent, gibraltar, gijón, ginebra, ginevra, girona, giza, glace bay, glasgow,
    godthab, gold coast, goose bay, gothenburg, granada, grand turk, graz, grenada, grenoble,
    groningen, guadalajara, guadalcanal, guadeloupe, guam, guangzhou, guatemala, guayaquil,
    guernsey, guyana, gênes, hague, halifax, hambourg, hamburg, hamburgo, hamilton, hannover,
    hanoi, hanover, harare, harbin, havana, hebron, heidelberg, helsinki, hermosillo, hiroshima,
    ho chi minh, hobart, hong kong, honolulu, houston, hovd, huelva, hyderabad, ibiza, incheon,
    indianapolis, innsbruck, inuvik, iqaluit, irkutsk, isle of man, istanbul, izmir, jaipur,
    jakarta, jamaica, jan mayen, jayapura, jerez, jersey, jerusalem, johannesburg, johnston,
    juba, jujuy, juneau, kabul, kaliningrad, kamchatka, kampala, kansas city, kanton, karachi,
    karlsruhe, kashgar, kassel, kathmandu, katmandu, kazan, kerguelen, khandyga, khartoum, kiel,
    kiev, kigali, kinshasa, kiritimati, kirov, knox in, kobe, kolkata, kopenhagen, kosrae,
    krakow, kraków, kralendijk, krasnoyarsk, kuala lumpur, kuching, kuwait, kwajalein, kyiv,
    kyoto, köln, la paz, la rioja, lagos, lahore, las vegas, lausanne, le havre, lecce, leeds,
    leicester, leiden, leipzig, leon, león, libreville, lille, lima, limerick, lindeman, linz,
    lisboa, lisbon, lisbona, lisbonne, lissabon, liverpool, ljubljana, lome, london, londra,
    londres, longyearbyen, lord howe, los angeles, louisville, lower princes, luanda,
    lubumbashi, lugano, lund, lusaka, lyon, macao, macau, maceio, macquarie, madeira, madrid,
    magadan, mahe, mailand, mainz, majuro, makassar, malabo, malaga, maldives, malmo, malmö,
    managua, manaus, manchester, manhattan, manila, mannheim, maputo, marbella, mariehamn,
    marigot, marquesas, marrakesh, marseille, martinique, maseru, matamoros, mauritius, mawson,
    mayotte, mazatlan, mbabane, mcmurdo, medellín, melbourne, memphis, mendoza, menominee,
    merida, messina, metlakatla, metz, mexico city, miami, midway, milan, milano, milwaukee,
    milán, milão, minneapolis, minsk, miquelon, modena, mogadishu, monaco, moncton, monrovia,
    monterrey, montevideo, monticello, montpellier, montreal, montréal, montserrat, mosca,
    moscou, moscovo, moscow, moscú, moskau, mumbai, munich, murcia, muscat, málaga, mérida,
    múnich, münchen, münster, nagoya, nairobi, nancy, nantes, naples, napoli, nara, nashville,
    nassau, nauru, ndjamena, neapel, new delhi, new orleans, new york, newcastle, niamey, nice,
    nicosia, nipigon, niue, nizza, nome, norfolk, noronha, nottingham, nouakchott, noumea, nova
    iorque, novokuznetsk, novosibirsk, nueva york, nuremberg, nuuk, nápoles, nîmes, nürnberg,
    oaxaca, odense, ojinaga, omsk, oporto, oral, orlando, osaka, oslo, ottawa, ouagadougou,
    oviedo, oxford, padua, pago pago, palau, palermo, palma, palmer, pamplona, pangnirtung,
    paramaribo, parigi, paris, parma, pau, perth, perugia, philadelphia, phnom penh, phoenix,
    phuket, pisa, pitcairn, pittsburgh, podgorica, pohnpei, ponape, pontianak, port moresby,
    port of spain, port-au-prince, portland, porto, porto acre, porto alegre, porto velho,
    porto-novo, potsdam, poznan, prag, praga, prague, pretoria, puebla, puerto rico, pune, punta
    arenas, pyongyang, qatar, qostanay, quebec, queens, queensland, quito, qyzylorda, rabat,
    rainy river, raleigh, rangoon, rankin inlet, rarotonga, ravenna, recife, regina, reims,
    rennes, resolute, reunion, reykjavik, riga, rimini, rio, rio branco, rio de janeiro, rio
    gallegos, riyadh, rom, roma, rome, rosario, rostock, rothera, rotterdam, rouen, sacramento,
    saigon, saipan, sakhalin, salamanca, salt lake city, salta, salvador, salzburg, samara,
    samarkand, samoa, san antonio, san diego, san francisco, san jose, san juan, san luis, san
    marino, san sebastian, santa isabel, santander, santarem, santiago, santo domingo, sao
    paulo, sao tome, sapporo, sarajevo, saratov, scoresbysund, seattle, sendai, seoul, setúbal,
    sevilla, seville, shanghai, sheffield, shenzhen, shiprock, simferopol, sintra, sitka,
    siviglia, skopje, sofia, south georgia, south pole, southampton, srednekolymsk, st
    barthelemy, st helena, st johns, st kitts, st louis, st lucia, st petersburg, st thomas, st
    vincent, stanley, stavanger, stockholm, strasbourg, straßburg, stuttgart, surat, swift
    current, sydney, syowa, séville, tahiti, taipei, tallinn, tampa, tarawa, tarragona,
    tashkent, tasmania, tbilisi, tegucigalpa, tehran, tel aviv, thessaloniki, thimbu, thimphu,
    thule, thunder bay, tijuana, timbuktu, tirane, tiraspol, tokyo, toledo, tomsk, tongatapu,
    torino, toronto, tortola, toulon, toulouse, tours, trento, trier, trieste, tripoli, troll,
    trondheim, truk, tucson, tucuman, tunis, turim, turin, turku, turín, ujung pandang,
    ulaanbaatar, ulan bator, ulm, ulyanovsk, uppsala, urumqi, ushuaia, ust-nera, utrecht,
    uzhgorod, vaduz, valencia, valladolid, valparaíso, vancouver, varsavia, varsovia, varsovie,
    vatican, venecia, venedig, veneza, venezia, venice, venise, verona, victoria, viena, vienna,
    vienne, vientiane, vigo, vilnius, virgin, vladivostok, volgograd, vostok, wake, wallis,
    warsaw, warschau, washington, wellington, whitehorse, wien, wiesbaden, windhoek, winnipeg,
    winterthur, wroclaw, wuppertal, yakutat, yakutsk, yancowinna, yangon, yap, yekaterinburg,
    yellowknife, yerevan, yokohama, york, zagreb, zaporozhye, zaragoza, zurich, zürich, évora,
    łódź, берлин, казань, лондон, москва, париж, петербург, рим, 上海, 东京, 京都, 伦敦
    北京, 名古屋
    大阪, 巴黎, 广州, 成都, 札幌, 杭州, 東京, 深圳, 福岡, 纽约
    """
)
REGIONS: Final = _names(
    """
    africa, alabama, alaska, alemanha, alemania, alentejo, algarve, allemagne, andalusia,
    angleterre, argentina, arizona, asia, australia, austria, autriche, bavaria, belgium,
    bolivia, brazil, british columbia, brittany, bulgaria, california, canada, catalonia, chile,
    china, colombia, colorado, croatia, cuba, cyprus, czechia, denmark, deutschland, ecuador,
    egypt, england, espagne, espanha, españa, estonia, ethiopia, europe, finland, florida,
    france, francia, frankreich, frança, georgia, germania, germany, ghana, greece, hawaii,
    hungary, iceland, illinois, india, indonesia, inghilterra, inglaterra, iran, iraq, ireland,
    israel, italia, italie, italien, italy, itália, japan, jordan, kenya, korea, latvia,
    lebanon, lithuania, luxembourg, malaysia, malta, massachusetts, mexico, michigan, minnesota,
    montana, morocco, nepal, netherlands, nevada, new jersey, new zealand, nigeria, normandy,
    norway, ohio, ontario, oregon, pakistan, panama, pennsylvania, peru, philippines, poland,
    portugal, provence, romania, russia, sardinia, saudi arabia, schweiz, scotland, senegal,
    serbia, sicily, singapore, slovakia, slovenia, south africa, south korea, spagna, spain,
    spanien, sri lanka, suisse, suiza, suíça, svizzera, sweden, switzerland, taiwan, tanzania,
    tennessee, texas, thailand, tunisia, turkey, tuscany, uganda, uk, ukraine, united kingdom,
    united states, uruguay, us, usa, utah, venezuela, vermont, vietnam, virginia, wales,
    wisconsin, zambia, österreich
    """
)
"""Countries and other places that cities lie in."""


def is_place(name: str) -> bool:
    """Whether the name, or its first one or two words, is a place that is known here.

    >>> is_place("Porto last week"), is_place("Linux")
    (True, False)
    """
    words = name.lower().replace("the ", "", 1).split()
    heads = (" ".join(words[:length]) for length in (1, 2, 3))
    return any(head in CITIES or head in REGIONS for head in heads)
