"""Which texts name a country?"""

from __future__ import annotations

from collections.abc import Collection

_ALPHA2 = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
    "BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES "
    "ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE "
    "IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY "
    "MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU "
    "NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM "
    "SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE "
    "VG VI VN VU WF WS YE YT ZA ZM ZW UK EU XK"
)
_ALPHA3 = (
    "AFG ALB DZA AGO ARG ARM AUS AUT AZE BHS BHR BGD BRB BLR BEL BLZ BEN BTN BOL BIH BWA BRA BRN BGR BFA "
    "BDI KHM CMR CAN CPV CAF TCD CHL CHN COL COM COG COD CRI CIV HRV CUB CYP CZE DNK DJI DMA DOM ECU EGY "
    "SLV GNQ ERI EST ETH FJI FIN FRA GAB GMB GEO DEU GHA GRC GRD GTM GIN GNB GUY HTI HND HKG HUN ISL IND "
    "IDN IRN IRQ IRL ISR ITA JAM JPN JOR KAZ KEN PRK KOR KWT KGZ LAO LVA LBN LSO LBR LBY LIE LTU LUX MAC "
    "MDG MWI MYS MDV MLI MLT MRT MUS MEX MDA MCO MNG MNE MAR MOZ MMR NAM NPL NLD NZL NIC NER NGA MKD NOR "
    "OMN PAK PAN PNG PRY PER PHL POL PRT PRI QAT ROU RUS RWA SAU SEN SRB SYC SLE SGP SVK SVN SOM ZAF SSD "
    "ESP LKA SDN SUR SWZ SWE CHE SYR TWN TJK TZA THA TLS TGO TTO TUN TUR TKM UGA UKR ARE GBR USA URY UZB "
    "VUT VEN VNM YEM ZMB ZWE"
)
_NAMES = (
    "afghanistan|albania|algeria|angola|argentina|armenia|australia|austria|azerbaijan|bahrain|bangladesh|"
    "belarus|belgium|benin|bolivia|bosnia and herzegovina|botswana|brazil|bulgaria|cambodia|cameroon|"
    "canada|chad|chile|china|colombia|costa rica|croatia|cuba|cyprus|czech republic|czechia|denmark|"
    "dominican republic|ecuador|egypt|el salvador|estonia|ethiopia|finland|france|georgia|germany|ghana|"
    "greece|guatemala|haiti|honduras|hong kong|hungary|iceland|india|indonesia|iran|iraq|ireland|israel|"
    "italy|ivory coast|jamaica|japan|jordan|kazakhstan|kenya|kuwait|kyrgyzstan|laos|latvia|lebanon|libya|"
    "liechtenstein|lithuania|luxembourg|madagascar|malaysia|mali|malta|mexico|moldova|monaco|mongolia|"
    "montenegro|morocco|mozambique|myanmar|namibia|nepal|netherlands|new zealand|nicaragua|niger|nigeria|"
    "north korea|north macedonia|norway|oman|pakistan|panama|paraguay|peru|philippines|poland|portugal|"
    "qatar|romania|russia|rwanda|saudi arabia|senegal|serbia|singapore|slovakia|slovenia|somalia|"
    "south africa|south korea|spain|sri lanka|sudan|sweden|switzerland|syria|taiwan|tajikistan|tanzania|"
    "thailand|togo|tunisia|turkey|turkmenistan|uganda|ukraine|united arab emirates|united kingdom|"
    "united states|united states of america|uruguay|uzbekistan|venezuela|vietnam|yemen|zambia|zimbabwe|uk|"
    "usa|deutschland|frankreich|italien|spanien|österreich|schweiz|españa|italia|france"
)
_CODES = frozenset(f"{_ALPHA2} {_ALPHA3}".split())
_COUNTRIES = frozenset(_NAMES.split("|"))
_LEAST = 3
_MOST_MISSED = 0.1


def are_countries(values: Collection[str]) -> bool:
    """Whether these different texts are names or codes of countries, three at least and nearly all."""
    if len(values) < _LEAST:
        return False
    missed = sum(value not in _CODES and value.casefold() not in _COUNTRIES for value in values)
    return missed <= len(values) * _MOST_MISSED
