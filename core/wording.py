"""Words that a letter to a debtor must not have, by kind of debtor.

Each would threaten with what only a court may order, claim costs that the creditor bears, or say of the law what it
does not say. Patterns are written without accents and in lower case, for text that was folded.
"""

import re
import unicodedata
from typing import NamedTuple

BUSINESS, CONSUMER, PUBLIC, UNKNOWN = "business", "consumer", "public", ""
ALL = (BUSINESS, CONSUMER, PUBLIC, UNKNOWN)
# whoever is not known to be a business or a public body is protected as a consumer
CONSUMERS = (CONSUMER, UNKNOWN)
PRIVATE = (BUSINESS, *CONSUMERS)

LIMITATION = "limitation"
BAILIFF = "bailiff"
SEIZURE = "seizure"
REGISTER = "register"
RATE_OF_CREDIT = "rate_of_credit"
COSTS = "costs"
FEES = "fees"
ENFORCEABLE_TITLE = "enforceable_title"
OFFICIAL_LOOK = "official_look"
PAYMENT_ORDER = "payment_order"
COMPENSATION = "compensation"
BUSINESS_LAW = "business_law"
PENALTIES = "penalties"
CODES = (
    LIMITATION,
    BAILIFF,
    SEIZURE,
    REGISTER,
    RATE_OF_CREDIT,
    COSTS,
    FEES,
    ENFORCEABLE_TITLE,
    OFFICIAL_LOOK,
    PAYMENT_ORDER,
    COMPENSATION,
    BUSINESS_LAW,
    PENALTIES,
)


class Banned(NamedTuple):
    code: str
    words: str


class _Rule(NamedTuple):
    code: str
    kinds: tuple[str, ...]
    pattern: re.Pattern


_PROPERTY = r"(?:comptes?|biens?|salaires?|remunerations?|meubles?|vehicules?|revenus)"
_BORNE = r"(?:mis |mises |entierement |integralement |exclusivement )*a (?:votre charge|la charge du debiteur)"
_SOME_WORD = r"(?:(?!pas |plus |jamais )\w+ )"

_RULES = tuple(
    _Rule(code, kinds, re.compile(pattern))
    for code, kinds, pattern in (
        # a demand never interrupts it between private parties (C. civ. 2240 to 2244); of a public body it does
        (LIMITATION, PRIVATE, rf"\binterromp(?:t|ent|ra|ant|re) {_SOME_WORD}?(?:la|le delai de) prescription\b"),
        (LIMITATION, PRIVATE, r"\binterrupti(?:on|f|ve) (?:de|du) (?:la |delai de )?prescription\b"),
        (LIMITATION, PRIVATE, r"(?<!not )\b(?:interrupts?|interrupting|tolls?|suspends?) (?:the )?limitation\b"),
        (BAILIFF, ALL, r"\bhuissiers?\b|\bbailiffs?\b"),
        # a court may be "saisi"; accounts may not before there is a title
        (
            SEIZURE,
            ALL,
            r"(?<!erreur de )(?<!erreurs de )(?<!juridiction )(?<!sera )(?<!est )(?<!serait )(?<!etre )\bsaisies?\b",
        ),
        (SEIZURE, ALL, rf"\bsaisi(?:r|ssons|rons|ra|t) (?:(?:tous|sur|l'ensemble de) )?(?:vos|votre) {_PROPERTY}\b"),
        (SEIZURE, ALL, rf"\b{_PROPERTY} (?:\w+ ){{0,3}}saisi(?:e|s|es)?\b"),
        (SEIZURE, ALL, r"\b(?:seize|seizing)\b(?! (?:the|this) opportunity)|\bseizures?\b|\bgarnish(?:ment)?\b"),
        (SEIZURE, ALL, r"\battach(?:ing)? your (?:bank )?(?:accounts?|assets|wages|salary|earnings)\b"),
        (REGISTER, ALL, r"\bfichages?\b|\bfich(?:er|e|es|ons|erons) (?:aupres|a) (?:de )?la banque\b|\bficp\b"),
        (REGISTER, ALL, r"\bfichier (?:national )?des incidents\b|\bbanque de france\b|\bblack-?list(?:ed|ing)?\b"),
        (RATE_OF_CREDIT, ALL, r"\bteg\b|\btaux effectif global\b|\bannual percentage rate\b"),
        (COSTS, ALL, rf"\btous (?:les |ces |nos )?frais (?:\w+ ){{0,6}}{_BORNE}"),
        (COSTS, ALL, rf"\bfrais (?:(?!ne )\w+ ){{0,6}}(?:seront|sont|resteront|restent) {_BORNE}"),
        (COSTS, ALL, r"\b(?:all|any) (?:\w+ )?costs (?:\w+ ){0,4}(?:charged to you|at your expense|borne by you)\b"),
        (FEES, ALL, r"(?<!sans )(?<!aucun )\bfrais de (?:dossier|relance|rappel|gestion|mise en demeure)\b"),
        (
            FEES,
            ALL,
            r"(?<!no )(?<!without )\b(?:reminder|dunning|handling|administration|collection) (?:fees?|charges?)\b",
        ),
        (ENFORCEABLE_TITLE, ALL, r"(?<!sans )(?<!sans un )\btitres? executoires?\b"),
        (ENFORCEABLE_TITLE, ALL, r"(?<!without )(?<!without an )\benforceable (?:title|order)s?\b"),
        (OFFICIAL_LOOK, ALL, r"\brepublique francaise\b|\bau nom du peuple francais\b|\bministere de la justice\b"),
        (PAYMENT_ORDER, (PUBLIC,), r"\binjonctions? de payer\b|\border for payment\b|\bpayment order\b"),
        (COMPENSATION, CONSUMERS, r"(?<![\d.,])40 ?(?:€|euros?\b|eur\b)|€ ?40(?!\d|[.,]\d)"),
        (COMPENSATION, CONSUMERS, r"\bindemnites? (?:forfaitaires?|de recouvrement)\b"),
        (COMPENSATION, CONSUMERS, r"\bfrais de recouvrement\b(?! (?:entrepris )?(?:sans|restent|demeurent))"),
        (COMPENSATION, CONSUMERS, r"\b(?:fixed|statutory) compensation\b|\bcompensation for recovery\b"),
        (COMPENSATION, CONSUMERS, r"\brecovery (?:costs|fees)\b(?! (?:remain|stay))"),
        (BUSINESS_LAW, CONSUMERS, r"\bl\.? ?441-(?:9|10)\b|\bd\.? ?441-5\b"),
        (PENALTIES, CONSUMERS, r"(?<!sans )(?<!aucune )\bpenalites?\b|(?<!without )(?<!no )\bpenalt(?:y|ies)\b"),
        (PENALTIES, CONSUMERS, r"\bclause penale\b"),
    )
)

_SAME = {
    "'": "\u2019\u2018\u02bc\xb4`\u2032",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
    " ": "\xa0\u202f\u2007\u2009",
}


class _Folded(dict):
    """{character: what it is folded to}, found out when a character is first seen."""

    def __missing__(self, code):
        self[code] = unicodedata.normalize("NFD", chr(code))[0].lower()[0]
        return self[code]


_FOLDED = _Folded({ord(other): char for char, others in _SAME.items() for other in others})


def fold(text):
    """Lower case without accents, one character for each: a place in it is the same place in `text`.

    >>> fold("Mise en d\\u00e9meure\\u00a0: l\\u2019\\u00c9TAT")
    "mise en demeure : l'etat"
    """
    return text.translate(_FOLDED)


def banned(text, debtor_kind, has_penalty_clause=False):
    """What of `text` a letter to this kind of debtor must not say, each words once, in the order of the text.

    >>> banned("À défaut, nous mandaterons un huissier.", "business")
    (Banned(code='bailiff', words='huissier'),)
    >>> banned("À défaut, nous saisirons la juridiction compétente.", "business")
    ()
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    folded = fold(text)
    found = [
        (match.start(), Banned(rule.code, text[match.start() : match.end()]))
        for rule in _RULES
        if _applies(rule, debtor_kind or UNKNOWN, has_penalty_clause)
        for match in rule.pattern.finditer(folded)
    ]
    return tuple(dict.fromkeys(one for _place, one in sorted(found)))


def _applies(rule, debtor_kind, has_penalty_clause):
    kind = debtor_kind if debtor_kind in ALL else UNKNOWN
    return kind in rule.kinds and not (has_penalty_clause and rule.code == PENALTIES)


def reason_of(words):
    """The code of a ban for the words that `banned` found, "" for others.

    >>> reason_of("Huissier"), reason_of("tribunal")
    ('bailiff', '')
    """
    return next((rule.code for rule in _RULES if rule.pattern.search(fold(words))), "")
