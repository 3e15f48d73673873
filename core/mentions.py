"""What a letter must show, read from the visible text of its own HTML: what is missing, and what must not be there.

No statute lists the mentions of a formal notice; these are the usual ones. A letter that has them all is complete,
which says nothing about its effect.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import NamedTuple

from .escalation import REMINDER
from .wording import CONSUMERS, banned, fold

PLACE = "place"
DATE = "date"
SENDER = "sender"
SENDER_REGISTRATION = "sender_registration"
ADDRESSEE = "addressee"
ADDRESSEE_REGISTRATION = "addressee_registration"
REFERENCE = "reference"
ITEMS = "items"
ITEM_NUMBER = "item_number"
ITEM_DATE = "item_date"
ITEM_DUE_DATE = "item_due_date"
ITEM_BALANCE = "item_balance"
ITEM_NOT_DUE = "item_not_due"
PRINCIPAL = "principal"
INTEREST = "interest"
COMPENSATION = "compensation"
TOTAL = "total"
BANK_ACCOUNT = "bank_account"
BANK_UNTRUSTED = "bank_untrusted"
BANK_OTHER = "bank_other"
CONTACT = "contact"
DISREGARD = "disregard"
ANNOUNCEMENT = "announcement"
NOT_A_REMINDER = "not_a_reminder"
LANGUAGE = "language"
FORMAL_NOTICE = "formal_notice"
OBLIGATION = "obligation"
EARLIER = "earlier"
RESPONSE_DAYS = "response_days"
RESPONSE_DATE = "response_date"
RESPONSE_DATE_WORDS = "response_date_words"
CONSEQUENCES = "consequences"
LEGAL_TEXTS = "legal_texts"
SIGNATORY = "signatory"
SIGNATORY_ROLE = "signatory_role"
CONSUMER_COMPENSATION = "consumer_compensation"
BANNED = "banned"
CODES = (
    PLACE,
    DATE,
    SENDER,
    SENDER_REGISTRATION,
    ADDRESSEE,
    ADDRESSEE_REGISTRATION,
    REFERENCE,
    ITEMS,
    ITEM_NUMBER,
    ITEM_DATE,
    ITEM_DUE_DATE,
    ITEM_BALANCE,
    ITEM_NOT_DUE,
    PRINCIPAL,
    INTEREST,
    COMPENSATION,
    TOTAL,
    BANK_ACCOUNT,
    BANK_UNTRUSTED,
    BANK_OTHER,
    CONTACT,
    DISREGARD,
    ANNOUNCEMENT,
    NOT_A_REMINDER,
    LANGUAGE,
    FORMAL_NOTICE,
    OBLIGATION,
    EARLIER,
    RESPONSE_DAYS,
    RESPONSE_DATE,
    RESPONSE_DATE_WORDS,
    CONSEQUENCES,
    LEGAL_TEXTS,
    SIGNATORY,
    SIGNATORY_ROLE,
    CONSUMER_COMPENSATION,
    BANNED,
)
MINIMUM_SIZE = 8.0  # points: smaller print counts as not there


class Point(NamedTuple):
    """`detail`: what of it, such as the number of the invoice, the address line, the banned words."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    number: str
    date: str
    due_date: str
    balance: str
    is_due: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter must show: texts as they are printed, in the letter's language.

    Empty texts are missing, but for those that not every letter has: `addressee_registration`, `interest`,
    `compensation`, and `earlier` of a customer who had no reminder.
    """

    stage: str
    rank: int = 1
    debtor_kind: str = ""
    has_penalty_clause: bool = False
    lang: str
    place: str = ""
    date: str = ""
    sender: tuple[str, ...] = ()
    sender_registration: str = ""
    addressee: tuple[str, ...] = ()
    addressee_registration: str = ""
    reference: str = ""
    items: tuple[Item, ...] = ()
    total: str = ""
    principal: str = ""
    interest: str = ""
    compensation: str = ""
    charges_claimed: bool = False
    obligation: str = ""
    earlier: tuple[tuple[str, str], ...] = ()  # (date, channel) of each reminder that left
    response_days: int = 0
    response_date: str = ""
    response_date_words: str = ""
    consequences: str = ""
    legal_texts: str = ""
    signatory: str = ""
    signatory_role: str = ""
    contact: tuple[str, ...] = ()
    bank_account: str = ""
    bank_is_trusted: bool = False
    disregard: str = ""

    @property
    def is_notice(self):
        return self.stage != REMINDER


class _Phrases(NamedTuple):
    """Of a language, folded. `name`: how a formal notice is called; `act`: the sentence that makes a letter one."""

    name: re.Pattern
    act: re.Pattern
    presentation: re.Pattern
    days: str


def _phrases(name, act, presentation, days):
    return _Phrases(re.compile(rf"\b(?:{name})\b"), re.compile(rf"\b(?:{act})\b"), re.compile(presentation), days)


_PHRASES = {
    "fr": _phrases(
        r"mises? en demeure|mettons en demeure",
        r"(?:vous|te) (?:mettons|mets|met)(?: \w+)? en demeure|etes (?:\w+ )?mise?s? en demeure"
        r"|(?:vaut|valant|(?:tient|tenant) lieu de|constitue une) mise en demeure",
        "premiere presentation",
        "jours?",
    ),
    "en": _phrases(
        "formal notice|formal demand",
        r"(?:we|i) (?:(?:hereby|now|therefore|formally|must) )*(?:give|serve)(?: on)? you (?:\w+ ){0,3}formal notice"
        r"|hereby (?:\w+ ){0,4}formal notice"
        r"|(?:is|constitutes|serves as|amounts to) (?:a |our |the )?formal (?:notice|demand)",
        "first (?:presentation|presented|delivery attempt)",
        "days?",
    ),
    "de": _phrases(
        r"mahnung|in verzug|verzugsetzung|inverzugsetzung",
        r"setzen (?:wir )?sie (?:\w+ )?in verzug|mahnen (?:wir )?sie (?:hiermit |formlich |formell )+",
        r"erste[nrm]? (?:vorlage|zustellung|zustellversuch)",
        r"(?:kalender)?tage?n?",
    ),
    "es": _phrases(
        r"requerimiento (?:formal|fehaciente|de pago)|constitucion en mora",
        r"(?:le|les) (?:requerimos|requiero) (?:\w+ )?(?:formalmente|fehacientemente)"
        r"|por la presente (?:le|les) requerimos|(?:le|les) constituimos en mora",
        r"primera presentacion|primer intento de entrega",
        "dias?",
    ),
    "it": _phrases(
        r"costituzione in mora|messa in mora|diffida(?: ad adempiere)?",
        r"(?:vi|la|le) (?:costituiamo|mettiamo) (?:\w+ )?in mora|(?:vi|la) diffidiamo",
        r"prima presentazione|primo tentativo di consegna",
        r"giorn[io]",
    ),
    "nl": _phrases(
        r"ingebrekestelling|in gebreke",
        r"stellen (?:wij |we )?u (?:\w+ )?in gebreke",
        r"eerste (?:aanbieding|presentatie)",
        r"(?:kalender)?dag(?:en)?",
    ),
    "pt": _phrases(
        r"interpelacao(?: formal| para cumprimento| para pagamento)?|notificacao formal|constituicao em mora",
        r"interpelamos|notificamos formalmente|constituimos em mora",
        r"primeira (?:apresentacao|tentativa de entrega)",
        "dias?",
    ),
}
LANGUAGES = tuple(_PHRASES)


def missing(html, letter):
    """The points that keep a letter from leaving, in the order of a letter's parts."""
    page = _read(html)
    check = _check_notice if letter.is_notice else _check_reminder
    found = [
        *_check_heading(page, letter),
        *_check_items(page, letter),
        *_check_amounts(page, letter),
        *_check_payment(page, letter),
        *check(page, letter),
        *_check_forbidden(page, letter),
    ]
    return tuple(dict.fromkeys(found))


def visible_text(html):
    """What somebody sees of it, as one line.

    >>> visible_text("<style>p {}</style><p>Due:&nbsp;<b>12</b></p><p hidden='1'>Not</p>")
    'Due: 12'
    """
    return " ".join(_read(html).text.split())


# === The parts of a letter === #


def _check_heading(page, letter):
    yield from _shown(page, PLACE, letter.place)
    yield from _shown(page, DATE, letter.date)
    yield from _all_shown(page, SENDER, letter.sender)
    yield from _shown(page, SENDER_REGISTRATION, letter.sender_registration, _shows_digits)
    yield from _all_shown(page, ADDRESSEE, letter.addressee, at_least=2 if letter.is_notice else 1)
    if letter.addressee_registration:
        yield from _shown(page, ADDRESSEE_REGISTRATION, letter.addressee_registration, _shows_digits)
    yield from _shown(page, REFERENCE, letter.reference)


def _check_items(page, letter):
    if not letter.items:
        yield Point(ITEMS)
    for item in letter.items:
        yield from _check_item(page, item)
        if not item.is_due:
            yield Point(ITEM_NOT_DUE, item.number)


def _check_item(page, item):
    """All of it in one row of a table, where its number stands in one; else anywhere in the letter."""
    if not _shows(page.folded, item.number):
        return [Point(ITEM_NUMBER, item.number)]
    rows = _get_rows(page, item) or [page.folded]
    return min((_get_gaps(row, item) for row in rows), key=len)


def _get_rows(page, item):
    first, *_words = fold(item.number).split() or [""]
    return [row for row in page.rows if first in row and _shows(row, item.number)]


def _get_gaps(row, item):
    on_due_date = item.date == item.due_date
    gaps = [
        (ITEM_DATE, _shows(row, item.date)),
        (ITEM_DUE_DATE, _count(row, item.due_date) > on_due_date),
        (ITEM_BALANCE, _shows_amount(row, item.balance)),
    ]
    return [Point(code, item.number) for code, is_shown in gaps if not is_shown]


def _check_amounts(page, letter):
    """Outside the rows of the items: the total of one invoice is its balance."""
    item_rows = {row for item in letter.items for row in _get_rows(page, item)}
    outside = "\n".join([page.outside_rows, *(row for row in page.rows if row not in item_rows)])
    if letter.charges_claimed:
        yield from _shown(page, PRINCIPAL, letter.principal, _shows_amount, outside)
    for code, amount in ((INTEREST, letter.interest), (COMPENSATION, letter.compensation)):
        if amount:
            yield from _shown(page, code, amount, _shows_amount, outside)
    yield from _shown(page, TOTAL, letter.total, _shows_amount, outside)


def _check_payment(page, letter):
    """Money is asked to a trusted account only, and to no other that somebody typed into a text."""
    if letter.bank_account and not letter.bank_is_trusted:
        yield Point(BANK_UNTRUSTED, letter.bank_account)
    else:
        yield from _shown(page, BANK_ACCOUNT, letter.bank_account, _shows_digits)
    for iban in _find_ibans(page.folded):
        if iban != _compact(letter.bank_account):
            yield Point(BANK_OTHER, iban.upper())
    yield from _all_shown(page, CONTACT, letter.contact)
    yield from _shown(page, DISREGARD, letter.disregard)


def _check_reminder(page, letter):
    phrases = _PHRASES.get(letter.lang[:2])
    if letter.rank > 1 and letter.response_days:
        yield from _shown(page, RESPONSE_DATE, letter.response_date)
        if phrases and not phrases.name.search(page.line):
            yield Point(ANNOUNCEMENT)
    if phrases and (act := _find_act(page, phrases)):
        yield Point(NOT_A_REMINDER, act)


def _find_act(page, phrases):
    """The words that make a formal notice of it: the sentence, or a heading that begins with its name."""
    found = phrases.act.search(page.line) or next(filter(None, map(phrases.name.match, page.headings)), None)
    return found.group() if found else ""


def _check_notice(page, letter):
    phrases = _PHRASES.get(letter.lang[:2])
    if not phrases:
        yield Point(LANGUAGE, letter.lang)
    elif not (phrases.name.search(page.line) or phrases.act.search(page.line)):
        yield Point(FORMAL_NOTICE)
    yield from _shown(page, OBLIGATION, letter.obligation)
    for day, channel in letter.earlier:
        if not (_shows(page.folded, day) and _shows(page.folded, channel)):
            yield Point(EARLIER, f"{day} {channel}")
    if not letter.response_days or (phrases and not _grants_days(page, phrases, letter.response_days)):
        yield Point(RESPONSE_DAYS)
    yield from _shown(page, RESPONSE_DATE, letter.response_date)
    yield from _shown(page, RESPONSE_DATE_WORDS, letter.response_date_words)
    yield from _shown(page, CONSEQUENCES, letter.consequences)
    yield from _shown(page, LEGAL_TEXTS, letter.legal_texts)
    yield from _shown(page, SIGNATORY, letter.signatory)
    yield from _shown(page, SIGNATORY_ROLE, letter.signatory_role)


def _grants_days(page, phrases, days):
    granted = re.search(rf"(?<!\d){days}\)? (?:\w+ ){{0,2}}{phrases.days}\b", page.line)
    return bool(granted and phrases.presentation.search(page.line))


def _check_forbidden(page, letter):
    if letter.compensation and (letter.debtor_kind or "") in CONSUMERS:
        yield Point(CONSUMER_COMPENSATION, letter.compensation)
    for one in banned(_without_names(page, letter), letter.debtor_kind, letter.has_penalty_clause):
        yield Point(BANNED, one.words)


def _without_names(page, letter):
    """A customer may be called what no letter may say."""
    names = (*letter.sender, *letter.addressee, *letter.contact, letter.signatory, letter.signatory_role)
    text = list(page.text)
    for start, end in (place for name in names for place in _find(page.folded, name)):
        text[start:end] = "\n" * (end - start)
    return "".join(text)


# === Is it there === #


def _shown(page, code, fact, shows=None, where=None):
    where = page.folded if where is None else where
    if not fact.strip() or not (shows or _shows)(where, fact):
        yield Point(code)


def _all_shown(page, code, facts, at_least=1):
    lines = [fact for fact in facts if fact.strip()]
    if len(lines) < at_least:
        yield Point(code)
    for line in lines:
        if not _shows(page.folded, line):
            yield Point(code, line)


def _shows(folded, fact):
    return _count(folded, fact) > 0


def _count(folded, fact):
    return len(_find(folded, fact))


def _find(folded, fact):
    """[(start, end)] of `fact` as a whole in folded text, whether its words stand in one line or in more."""
    words = _get_words(fact)
    if not words:
        return []
    flat, needle = folded.replace("\n", " "), " ".join(words)  # of the same length: a place in it is one in `folded`
    before, after = _get_bounds(words)
    places, start = [], flat.find(needle)
    while start >= 0:
        end = start + len(needle)
        is_whole = before.match(folded, start) and after.match(folded, end)
        if is_whole:
            places.append((start, end))
        start = flat.find(needle, end if is_whole else start + 1)
    return places


def _shows_digits(folded, fact):
    """Account and registration numbers are grouped in more than one way."""
    compact = r"\s?".join(map(re.escape, _compact(fact)))
    return bool(compact) and bool(re.search(rf"(?<!\w){compact}(?!\w)", folded))


def _shows_amount(folded, fact):
    """The whole amount: 12.00 is not in 312.00, nor 312,00 in 1 312,00."""
    return any(not _is_tail(folded, *place) for place in _find(folded, fact))


def _is_tail(folded, start, end):
    before = folded[:start]
    return before.endswith("-") or bool(
        re.match(r"\d{3}(?!\d)", folded[start:end]) and re.search(r"(?<!\d)\d{1,3}(?: \d{3})* $", before)
    )


# What may stand before and after a fact that begins and ends with a letter, a figure or the sign of a currency
_ANYTHING = re.compile("")
_BEFORE = re.compile(r"(?<!\w)(?<!\w[/-])(?<!\d[.,'])")
_AFTER = re.compile(r"(?!\w|[/-]\w)")
_AFTER_FIGURE = re.compile(r"(?!\w|[/-]\w|[.,']\d| \d{3}(?!\d))")


@lru_cache(maxsize=1024)
def _get_words(fact):
    return tuple(fold(_clean(fact)).split())


def _get_bounds(words):
    """The patterns that hold right before and right after a fact of these words."""
    first, last = words[0][0], words[-1][-1]
    after = _AFTER_FIGURE if last.isdigit() else _AFTER
    return _BEFORE if _is_bound(first) else _ANYTHING, after if _is_bound(last) else _ANYTHING


def _is_bound(char):
    return char.isalnum() or unicodedata.category(char) == "Sc"


def _compact(text):
    return "".join(fold(_clean(text)).split())


def _find_ibans(folded):
    for match in re.finditer(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b", folded):
        iban = match.group().replace(" ", "")
        if int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1:
            yield iban


# === The visible text === #

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_UNSEEN = frozenset(("head", "style", "script", "title", "template", "noscript"))
_INLINE = frozenset(
    (
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "t",
        "u",
        "wbr",
    )
)
_HEADINGS = frozenset(("h1", "h2", "h3"))
_POINTS = {"pt": 1.0, "px": 0.75, "": 0.75, "mm": 2.835, "cm": 28.35, "in": 72.0, "pc": 12.0}
_WHITE = frozenset(("white", "#fff", "#ffffff", "rgb(255,255,255)"))
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_HEAD = re.compile(r"\s*(?:<!doctype[^<>]*>)?\s*<html[^<>]*>\s*<head>.*?</head>", re.IGNORECASE | re.DOTALL)


def _clean(text):
    """Composed, without what takes no room."""
    return unicodedata.normalize("NFC", text).translate(_INVISIBLE)


def _collapse(text):
    """One space between words, one line break where a block or a cell ends."""
    lines = (" ".join(line.split()) for line in _clean(text).split("\n"))
    return "\n".join(filter(None, lines))


class _Page(NamedTuple):
    """`text` has a line for each block and cell; `folded` is the same, `line` in one; `rows`: innermost table rows."""

    text: str
    folded: str
    line: str
    rows: tuple[str, ...]
    outside_rows: str
    headings: tuple[str, ...]


class _Element(NamedTuple):
    tag: str
    is_hidden: bool
    size: float | None  # points, None where it cannot be told
    is_white: bool
    is_on_white: bool
    row: int  # the innermost table row around it, 0 for none
    heading: int

    def is_seen(self):
        is_small = self.size is not None and self.size < MINIMUM_SIZE
        return not (self.is_hidden or is_small or (self.is_white and self.is_on_white))


_ROOT = _Element("", is_hidden=False, size=None, is_white=False, is_on_white=True, row=0, heading=0)


class _Reader(HTMLParser):
    """Collects the visible text as (row, heading, text)."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = [_ROOT]
        self.pieces = []
        self.count = 0

    def handle_starttag(self, tag, attrs):
        self._break(tag)
        if tag == "body":
            self.open = self.open[:1]
        if tag not in _VOID:
            self.open.append(self._get_element(tag, dict(attrs)))

    def handle_endtag(self, tag):
        self._break(tag)
        tags = [element.tag for element in self.open]
        if tag in tags[1:]:
            del self.open[len(tags) - 1 - tags[::-1].index(tag) :]

    def handle_data(self, data):
        if self.open[-1].is_seen():
            self._add(" ".join(f"|{data}|".split())[1:-1])

    def parse_html_declaration(self, i):
        """Override of `HTMLParser`: it fails on marked sections that it does not know."""
        if self.rawdata.startswith("<![", i):
            return self.parse_bogus_comment(i)
        return super().parse_html_declaration(i)

    def _break(self, tag):
        if tag not in _INLINE:
            self._add("\n")

    def _add(self, text):
        self.pieces.append((self.open[-1].row, self.open[-1].heading, text))

    def _get_element(self, tag, attrs):
        around = self.open[-1]
        style = _get_style(attrs.get("style") or "")
        color = _squeeze(style.get("color", ""))
        self.count += 1
        return _Element(
            tag,
            is_hidden=around.is_hidden or tag in _UNSEEN or "hidden" in attrs or _is_hidden(style),
            size=_get_size(style, around.size),
            is_white=color in _WHITE if color else around.is_white,
            is_on_white=_is_on_white(style, attrs, around.is_on_white),
            row=self.count if tag == "tr" else around.row,
            heading=self.count if tag in _HEADINGS else around.heading,
        )


def _get_style(text):
    """{property: value} of a style attribute."""
    pairs = (part.partition(":") for part in text.replace("!important", "").lower().split(";"))
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _is_hidden(style):
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or bool(re.fullmatch(r"0*\.?0*%?", style.get("opacity") or "1"))
    )


def _get_size(style, around):
    found = re.fullmatch(r"(\d*\.?\d+)\s*([a-z%]*)", style.get("font-size", ""))
    if not found:
        return around
    number, unit = float(found[1]), found[2]
    if unit in _POINTS:
        return number * _POINTS[unit]
    factor = {"%": 0.01, "em": 1.0}.get(unit)
    return number * factor * around if factor and around else (0.0 if not number else None)


def _is_on_white(style, attrs, around):
    """A class or an image may bring a background of its own."""
    background = _squeeze(style.get("background-color") or style.get("background") or "")
    if background:
        return background in _WHITE or (background in ("none", "transparent") and around)
    return around and not attrs.get("class") and not attrs.get("bgcolor")


def _squeeze(text):
    return "".join(text.split())


def _read(html):
    reader = _Reader()
    reader.feed(_HEAD.sub("", html, count=1) if _HEAD.match(html) else html)  # a style sheet is long
    reader.close()
    text = _collapse("".join(piece for _row, _heading, piece in reader.pieces))
    folded = fold(text)
    rows = _gather(reader.pieces, 0)
    headings = _gather(reader.pieces, 1)
    outside = rows.pop(0, "")
    headings.pop(0, None)
    lines = tuple(" ".join(heading.split()) for heading in headings.values())
    return _Page(text, folded, " ".join(folded.split()), tuple(rows.values()), outside, lines)


def _gather(pieces, place):
    """{number of the row or heading: its folded text}; 0 for what is in none."""
    found = {}
    for piece in pieces:
        found.setdefault(piece[place], []).append(piece[2])
    return {number: fold(_collapse("".join(texts))) for number, texts in found.items()}
