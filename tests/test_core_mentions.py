"""What a letter must show, read from its HTML: tables for what is seen, properties for each single fact."""

from dataclasses import fields, replace
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core import mentions
from odoo.addons.account_dunning.core.mentions import Item, Letter, Point, missing, visible_text

examples = settings(max_examples=300, deadline=None)

NOTICE = Letter(
    stage="formal_notice",
    debtor_kind="business",
    lang="fr_FR",
    place="Lyon",
    date="22 novembre 2026",
    sender=("Atelier Durand SAS", "12 rue de la Paix", "69002 Grenoble"),
    sender_registration="SIREN 552 100 554",
    addressee=("Boulangerie de l’Étoile", "3 place du Marché", "35000 Rennes"),
    addressee_registration="SIREN 732829320",
    reference="REL/2026/00012",
    items=(
        Item(number="FAC/2026/0001", date="01/08/2026", due_date="31/08/2026", balance="1\u202f312,00\xa0€"),
        Item(number="FAC/2026/00012", date="02/08/2026", due_date="01/09/2026", balance="312,00\xa0€"),
    ),
    total="1\u202f701,50\xa0€",
    principal="1\u202f624,00\xa0€",
    interest="37,50\xa0€",
    compensation="80,00\xa0€",
    charges_claimed=True,
    obligation="Livraison de pain, commande du 15 juillet 2026",
    earlier=(("05/09/2026", "e-mail"), ("15/09/2026", "lettre simple")),
    response_days=8,
    response_date="15/12/2026",
    response_date_words="le quinze décembre deux mille vingt-six",
    consequences="À défaut, nous saisirons la juridiction compétente.",
    legal_texts="Article 1344 du code civil",
    signatory="Jeanne Durand",
    signatory_role="Directrice financière",
    contact=("compta@durand.example", "+33 4 72 00 00 00"),
    bank_account="FR7630006000011234567890189",
    bank_is_trusted=True,
    disregard="Si vous avez payé entre-temps, ne tenez pas compte de cette lettre.",
)
REMINDER = replace(NOTICE, stage="reminder", rank=2)


def page(letter, without=()):
    """A letter with all of it, but for `without`: names of fields, or (name, number in it)."""

    def show(name, text=None):
        return "" if name in without else escape(getattr(letter, name) if text is None else text)

    def show_each(name):
        return "<br>".join(show((name, place), text) for place, text in enumerate(getattr(letter, name)))

    rows = "".join(
        f"<tr>{''.join(f'<td>{show((name, place), getattr(item, name))}</td>' for name in ITEM)}</tr>"
        for place, item in enumerate(letter.items)
    )
    earlier = "".join(f"<li>{show(('earlier', n), f'{d} : {c}')}</li>" for n, (d, c) in enumerate(letter.earlier))
    announced = "" if "announcement" in without else "Sinon suivra une <b>mise</b> en\ndemeure."
    act = "" if "formal_notice" in without else "<h1>MISE EN DEMEURE</h1><p>Nous vous mettons en demeure de payer.</p>"
    granted = "sous 8 jours à compter de la première présentation" if "response_days" not in without else ""
    return f"""<html><head><title>Title</title><style>td {{}}</style></head><body>
    <div>{show_each("sender")}<br>{show("sender_registration")}</div><p>{show_each("addressee")}</p>
    <p>{show("addressee_registration")}</p><p>{show("place")}, {show("date")}</p><p>{show("reference")}</p>
    {act if letter.is_notice else announced}
    <table>{rows}</table><table><tr><td>Principal</td><td>{show("principal")}</td></tr>
    <tr><td>Intérêts</td><td>{show("interest")}</td></tr><tr><td>{show("compensation")}</td></tr>
    <tr><td>Total</td><td><b>{show("total")}</b></td></tr></table>
    <p>{show("bank_account")}</p><p>{show_each("contact")}</p><p>{show("disregard")}</p>
    <p>{granted}, au plus tard {show("response_date")}, {show("response_date_words")}</p>
    <p>{show("obligation")}</p><ul>{earlier}</ul><p>{show("consequences")}</p><p>{show("legal_texts")}</p>
    <p>{show("signatory")}</p><p>{show("signatory_role")}</p></body></html>"""


ITEM = ("number", "date", "due_date", "balance")
SINGLE = [
    "place",
    "date",
    "sender_registration",
    "addressee_registration",
    "reference",
    "principal",
    "interest",
    "compensation",
    "total",
    "bank_account",
    "disregard",
    "response_date",
]
OF_NOTICE = [
    *SINGLE,
    "formal_notice",
    "obligation",
    "response_days",
    "response_date_words",
    "consequences",
    "legal_texts",
    "signatory",
    "signatory_role",
]
LISTED = [(name, n) for name in ("sender", "addressee", "contact") for n, _line in enumerate(getattr(NOTICE, name))]
OF_ITEM = [(name, n) for name in ITEM for n in range(2)]


def expected(letter, name):
    if isinstance(name, str):
        return Point(name)
    name, place = name
    if name in ITEM:
        return Point(f"item_{name}", letter.items[place].number)
    if name == "earlier":
        return Point("earlier", " ".join(letter.earlier[place]))
    return Point(name, getattr(letter, name)[place])


def test_a_complete_letter_misses_nothing():
    assert missing(page(NOTICE), NOTICE) == ()
    assert missing(page(REMINDER), REMINDER) == ()


@pytest.mark.parametrize("name", [*OF_NOTICE, *LISTED, *OF_ITEM, ("earlier", 0), ("earlier", 1)], ids=str)
def test_what_a_notice_does_not_show_is_named(name):
    assert missing(page(NOTICE, {name}), NOTICE) == (expected(NOTICE, name),)


@pytest.mark.parametrize("name", [*SINGLE, "announcement", *LISTED, *OF_ITEM], ids=str)
def test_what_a_reminder_does_not_show_is_named(name):
    assert missing(page(REMINDER, {name}), REMINDER) == (expected(REMINDER, name),)


NOT_OF_ALL = {"formal_notice", "response_days", "interest", "addressee_registration", "compensation"}


@pytest.mark.parametrize("name", sorted(set(OF_NOTICE) - NOT_OF_ALL))
def test_what_is_not_known_is_named(name):
    letter = replace(NOTICE, **{name: " "})
    assert missing(page(letter), letter)[:1] == (Point(name),)


@examples
@given(st.sets(st.sampled_from([*OF_NOTICE, *LISTED, *OF_ITEM, ("earlier", 0), ("earlier", 1)])))
def test_every_gap_is_named_and_nothing_else(names):
    hidden = {(name, n) for name, n in names - set(OF_NOTICE) if name in ITEM and ("number", n) in names}
    wanted = {expected(NOTICE, name) for name in names - hidden} | {
        expected(NOTICE, ("number", n)) for _name, n in hidden
    }
    assert set(missing(page(NOTICE, names), NOTICE)) == wanted


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"items": ()}, "items", id="nothing claimed"),
        pytest.param({"sender": ()}, "sender", id="no sender"),
        pytest.param({"addressee": ("Boulangerie de l'Étoile",)}, "addressee", id="a name alone is no address"),
        pytest.param({"contact": ("",)}, "contact", id="nobody to call"),
        pytest.param({"response_days": 0}, "response_days", id="no delay"),
        pytest.param({"response_days": 15}, "response_days", id="another delay than printed"),
        pytest.param({"lang": "pl_PL"}, "language", id="a language whose words are not known"),
        pytest.param({"lang": "en_GB"}, "formal_notice", id="the words of another language"),
        pytest.param({"debtor_kind": "consumer"}, "consumer_compensation", id="compensation of a consumer"),
        pytest.param({"debtor_kind": ""}, "consumer_compensation", id="compensation of an unknown kind"),
        pytest.param({"bank_is_trusted": False}, "bank_untrusted", id="an account that nobody has checked"),
        pytest.param({"bank_account": "FR1420041010050500013M02606"}, "bank_other", id="another account than ours"),
        pytest.param({"earlier": (("05/09/2026", "SMS"),)}, "earlier", id="a reminder by another channel"),
    ],
)
def test_points_of_a_notice(changes, expected):
    assert expected in [point.code for point in missing(page(NOTICE), replace(NOTICE, **changes))]


def test_days_alone_are_not_counted_from_the_first_presentation():
    html = page(NOTICE).replace("à compter de la première présentation", "")
    assert missing(html, NOTICE) == (Point("response_days"),)


def test_without_charges_the_total_is_the_principal():
    letter = replace(NOTICE, charges_claimed=False, interest="", compensation="")
    assert missing(page(letter, {"principal"}), letter) == ()


@pytest.mark.parametrize("changes", [{"addressee_registration": ""}, {"earlier": ()}, {"interest": ""}])
def test_what_not_every_letter_has(changes):
    letter = replace(NOTICE, **changes)
    assert missing(page(letter), letter) == ()


def test_a_first_reminder_needs_neither_deadline_nor_announcement():
    first = replace(REMINDER, rank=1, response_date="")
    assert missing(page(first, {"announcement"}), first) == ()
    undated = replace(REMINDER, response_days=0, response_date="")
    assert missing(page(undated, {"announcement"}), undated) == ()


def test_an_item_not_yet_due_is_named():
    items = (NOTICE.items[0], replace(NOTICE.items[1], is_due=False))
    assert missing(page(NOTICE), replace(NOTICE, items=items)) == (Point("item_not_due", "FAC/2026/00012"),)


def test_banned_words_are_quoted():
    html = page(NOTICE).replace("</body>", "<p>Un Huissier passera.</p></body>")
    assert missing(html, NOTICE) == (Point("banned", "Huissier"),)


def test_a_customer_may_be_called_what_no_letter_says():
    letter = replace(NOTICE, addressee=("Maître Petit, huissier", *NOTICE.addressee[1:]))
    assert missing(page(letter), letter) == ()


# === Formal notices and reminders in their languages === #

WORDS = {
    "fr": ("Mise en demeure", "Nous vous mettons en demeure de payer.", "8 jours après la première présentation"),
    "en": ("Formal notice", "We hereby give you formal notice to pay.", "within 8 days of its first presentation"),
    "de": ("Mahnung", "Wir setzen Sie hiermit in Verzug.", "binnen 8 Tagen ab der ersten Vorlage"),
    "es": ("Requerimiento de pago", "Por la presente le requerimos.", "8 días desde la primera presentación"),
    "it": ("Diffida ad adempiere", "Vi costituiamo in mora.", "entro 8 giorni dalla prima presentazione"),
    "nl": ("Ingebrekestelling", "Wij stellen u hierbij in gebreke.", "binnen 8 dagen na de eerste aanbieding"),
    "pt": ("Interpelação formal", "Constituímos em mora o devedor.", "8 dias após a primeira apresentação"),
}


def test_the_languages():
    assert set(WORDS) == set(mentions.LANGUAGES)


@pytest.mark.parametrize("lang", WORDS)
def test_words_of_a_formal_notice(lang):
    name, act, granted = WORDS[lang]
    letter = replace(NOTICE, lang=lang)
    bare = page(letter, {"formal_notice", "response_days"})
    assert [point.code for point in missing(bare, letter)] == ["formal_notice", "response_days"]
    for words in (name.upper(), act):
        assert missing(f"{bare}<p>{words}</p><p>{granted}</p>", letter) == ()


@pytest.mark.parametrize("lang", WORDS)
def test_a_reminder_is_no_formal_notice(lang):
    name, act, _granted = WORDS[lang]
    letter = replace(REMINDER, lang=lang)
    bare = page(letter, {"announcement"})
    assert missing(bare, letter) == (Point("announcement"),)
    assert missing(f"{bare}<p>... {name}</p>", letter) == ()
    for act_of_it in (f"<h1>{name}</h1>", f"<p>{name}: {act}</p>"):
        assert [point.code for point in missing(bare + act_of_it, letter)] == ["not_a_reminder"]


@pytest.mark.parametrize(
    "text",
    [
        "À défaut, nous vous mettrons en demeure.",
        "Nous serons contraints de vous adresser une mise en demeure de payer.",
        "Cette lettre ne vaut pas mise en demeure.",
    ],
)
def test_an_announcement_is_no_act(text):
    assert missing(page(REMINDER).replace("</body>", f"<p>{text}</p></body>"), REMINDER) == ()
    english = replace(REMINDER, lang="en_US")
    announced = "<h1>Last reminder before formal notice</h1>Failing that, we shall have to give you formal notice."
    assert missing(page(english) + announced, english) == ()


# === Amounts === #


@pytest.mark.parametrize(
    ("printed", "amount", "is_shown"),
    [
        pytest.param("312.00", "12.00", False, id="the end of another"),
        pytest.param("1 312,00 €", "312,00 €", False, id="after a thousand"),
        pytest.param("1.312,00 €", "312,00 €", False, id="after a thousand with a dot"),
        pytest.param("$1,312.00", "$312.00", False, id="with the sign before"),
        pytest.param("12.005", "12.00", False, id="more digits"),
        pytest.param("$12,000", "$12", False, id="a thousand times"),
        pytest.param("-12.00", "12.00", False, id="a credit"),
        pytest.param("13 000 €", "13", False, id="the begin of another"),
        pytest.param("A$12.00", "$12.00", False, id="another currency"),
        pytest.param("1\u202f312,00\xa0€", "1 312,00 €", True, id="whatever the space"),
        pytest.param("1 312,00 &euro;", "1\xa0312,00\u202f€", True, id="as an entity"),
        pytest.param("1’312.00 CHF", "1'312.00 CHF", True, id="whatever the apostrophe"),
        pytest.param("<td>12</td><td>312,00 €</td>", "312,00 €", True, id="after a number in another cell"),
        pytest.param("en 2026 312,00 €", "312,00 €", True, id="after a year"),
        pytest.param("(12.00)", "12.00", True, id="in brackets"),
        pytest.param("pay 12.00.", "12.00", True, id="at the end of a sentence"),
    ],
)
def test_an_amount_matches_whole(printed, amount, is_shown):
    html = page(NOTICE, {"total"}).replace("<b></b>", f"<b>{printed}</b>")
    assert (missing(html, replace(NOTICE, total=amount)) == ()) is is_shown


@examples
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_amount_is_read_within_another(one, other):
    shown, asked = (f"{number / 100:,.2f} €".replace(",", " ").replace(".", ",") for number in (one, other))
    html = page(NOTICE, {"total"}).replace("<b></b>", f"<b>{shown}</b>")
    rest = {NOTICE.principal.replace("\u202f", " ").replace("\xa0", " "), "37,50 €", "80,00 €"}
    assert (missing(html, replace(NOTICE, total=asked)) == ()) is (asked == shown or asked in rest)


def test_the_total_of_one_item_is_not_its_balance():
    letter = replace(NOTICE, items=NOTICE.items[1:], total="312,00 €")
    assert missing(page(letter, {"total"}), letter) == (Point("total"),)
    assert missing(page(letter), letter) == ()


def test_facts_of_an_item_stand_in_its_row():
    """Another invoice of the same day does not show this one's date."""
    items = tuple(replace(item, date="01/08/2026") for item in NOTICE.items)
    letter = replace(NOTICE, items=items)
    assert missing(page(letter, {("date", 1)}), letter) == (Point("item_date", "FAC/2026/00012"),)


def test_an_invoice_due_on_its_date_prints_both():
    items = (replace(NOTICE.items[0], due_date="01/08/2026"),)
    letter = replace(NOTICE, items=items)
    assert missing(page(letter), letter) == ()
    assert missing(page(letter, {("date", 0)}), letter) == (Point("item_due_date", "FAC/2026/0001"),)


# === What is seen === #


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>x</p>",
        "<p style='display:none'>x</p>",
        "<p style='DISPLAY : None !important; color: red'>x</p>",
        "<p style='visibility:hidden'><b>x</b></p>",
        "<p style='opacity:0.0'>x</p>",
        "<p style='font-size:0'>x</p>",
        "<p style='font-size: 7.9pt'><b>x</b></p>",
        "<p style='font-size:10px'>x</p>",
        "<p style='font-size:10pt'><b style='font-size:70%'>x</b></p>",
        "<p style='color: #FFF'>x</p>",
        "<p style='color: rgb(255, 255, 255)'>x</p>",
        "<p style='color:white'><b>x</b></p>",
        "<p style='background:white;color:white'>x</p>",
        "<div style='background:white'><p style='color:white'>x</p></div>",
        "<!-- x -->",
        "<script>x</script>",
        "<style>x</style>",
        "<html><head><title>x</title>x</head></html>",
        "<title>x</title>",
        "<img alt='x'>",
        "<template>x</template>",
        "<p style='display:none'>x<br>x<img>x</p>",
    ],
)
def test_unseen(html):
    assert visible_text(html) == ""
    assert visible_text(f"<i>a</i>{html}<i>b</i>".replace("<html>", "").replace("</html>", "")) in ("ab", "a b")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a&nbsp;b\u202fc\n d</p>", "a b c d"),
        ("<p>mise</p><p>en</p>", "mise en"),
        ("mi<b>se</b>", "mise"),
        ("a<br>b<td>c</td>d", "a b c d"),
        ("&eacute;&#233;", "éé"),
        ("so\u00adft\u200b", "soft"),
        ("<p style='font-size:7pt'><b style='font-size:8pt'>x</b></p>", "x"),
        ("<p style='font-size:11px'>x</p>", "x"),
        ("<p style='color:#ffffff;background:#004'>x</p>", "x"),
        ("<div style='background:navy'><p style='color:white'>x</p></div>", "x"),
        ("<p class='dark' style='color:white'>x</p>", "x"),
        ("<p style='color:white;background-color:navy'>x</p>", "x"),
        ("<p style='color:white'><b style='color:black'>x</b></p>", "x"),
        ("<p style='opacity:0.5;font-size:smaller'>x</p>", "x"),
        ("<head><title>t</title><body>x", "x"),
        ("<p style='display:none'>a</p></p></b>x", "x"),
        ("<![foo[ bar ]]>x", "x"),
        ("<!DOCTYPE html><?xml?>x", "x"),
        ("a < b & c", "a < b & c"),
    ],
)
def test_seen(html, text):
    assert visible_text(html) == text


def test_a_hidden_fact_is_missing():
    html = page(NOTICE).replace(NOTICE.signatory, f"<span style='font-size:6pt'>{NOTICE.signatory}</span>")
    assert missing(html, NOTICE) == (Point("signatory"),)


HTML = (
    "<p>", "</p>", "<tr>", "</tr>", "<td>", "<head>", "<body>", "<script>", "</script>", "<h1>", "</h1>", "<svg/>",
    "<![", "<!--", "-->", "<!", "<?", "</", "<", ">", "&", "&#", "&nbsp;", "]]>", "<![CDATA[", "<![foo[",
    "<p/style='font-size:.pt;color:white;background:'>", "<b/style=font-size:1e9em>",
)  # fmt: skip
pieces = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.sampled_from(HTML),
    ),
    max_size=30,
).map("".join)


@examples
@given(pieces)
def test_any_text_is_read(html):
    visible_text(html)
    assert missing(html, NOTICE)


@examples
@given(st.text(), st.sampled_from([field.name for field in fields(Letter) if field.type is str or field.type == "str"]))
def test_any_fact_is_looked_for(text, name):
    missing(page(NOTICE), replace(NOTICE, **{name: text}))


@examples
@given(st.text())
def test_what_is_printed_is_found(text):
    """Whatever a company is called."""
    letter = replace(NOTICE, signatory=f"A{text}Z")
    assert Point("signatory") not in missing(page(letter), letter)
