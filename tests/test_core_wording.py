"""The ban list: what no letter says, to whom, and what only looks like it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core import wording
from odoo.addons.account_dunning.core.wording import CODES, banned, fold, reason_of

examples = settings(max_examples=300, deadline=None)
BANNED = [
    ("Ce courrier interrompt la prescription.", "business", "limitation", "interrompt la prescription"),
    ("La présente est interruptive de prescription.", "", "limitation", "interruptive de prescription"),
    ("This notice interrupts the limitation period.", "business", "limitation", "interrupts the limitation"),
    ("Nous mandaterons un Huissier de justice.", "business", "bailiff", "Huissier"),
    ("The bailiff will come.", "consumer", "bailiff", "bailiff"),
    ("Dernier avis avant saisie", "business", "seizure", "saisie"),
    ("Nous ferons saisir vos comptes bancaires.", "business", "seizure", "saisir vos comptes"),
    ("Vos comptes seront saisis.", "business", "seizure", "comptes seront saisis"),
    ("une saisie-attribution", "public", "seizure", "saisie"),
    ("We shall seize your goods.", "business", "seizure", "seize"),
    ("and attach your bank accounts", "business", "seizure", "attach your bank accounts"),
    ("sous peine de fichage", "consumer", "register", "fichage"),
    ("inscription à la Banque de France", "consumer", "register", "Banque de France"),
    ("You will be blacklisted.", "business", "register", "blacklisted"),
    ("au TEG de 12 %", "consumer", "rate_of_credit", "TEG"),
    ("Tous frais à votre charge.", "business", "costs", "Tous frais à votre charge"),
    ("Les frais de procédure seront mis à votre charge.", "business", "costs", None),
    ("all recovery costs will be borne by you", "business", "costs", "all recovery costs will be borne by you"),
    ("des frais de relance de 15 €", "business", "fees", "frais de relance"),
    ("a reminder fee", "business", "fees", "reminder fee"),
    ("obtenir un titre exécutoire", "business", "enforceable_title", "titre exécutoire"),
    ("an enforceable title", "business", "enforceable_title", "enforceable title"),
    ("RÉPUBLIQUE FRANÇAISE", "business", "official_look", "RÉPUBLIQUE FRANÇAISE"),
    ("une injonction de payer", "public", "payment_order", "injonction de payer"),
    ("une indemnité forfaitaire", "consumer", "compensation", "indemnité forfaitaire"),
    ("une somme de 40 €", "", "compensation", "40 €"),
    ("a sum of €40", "consumer", "compensation", "€40"),
    ("article L. 441-10 du code de commerce", "consumer", "business_law", "L. 441-10"),
    ("des pénalités de retard", "consumer", "penalties", "pénalités"),
    ("late payment penalties", "", "penalties", "penalties"),
]
FINE = [
    ("À défaut d'injonction, nous saisirons la juridiction compétente.", "business"),
    ("Nous pourrons saisir le tribunal compétent.", "consumer"),
    ("La juridiction compétente sera saisie.", "business"),
    ("Le tribunal pourra être saisi.", "business"),
    ("Sauf erreur de saisie de notre part", "consumer"),
    ("Nous confierons le dossier à un commissaire de justice.", "consumer"),
    ("La présente mise en demeure n'interrompt pas la prescription.", "business"),
    ("The letter does not interrupt the limitation period.", "business"),
    ("La demande interrompt la prescription.", "public"),
    ("une procédure d'injonction de payer", "business"),
    ("une indemnité forfaitaire de 40 € pour frais de recouvrement", "business"),
    ("article L. 441-10 du code de commerce et pénalités de retard", "public"),
    ("un solde de 40,00 €, de 140 €, de 1 040 €", "consumer"),
    ("€40.00 and €400", "consumer"),
    ("Aucun frais de relance, sans pénalité", "consumer"),
    ("les frais de recouvrement entrepris sans titre exécutoire restent à notre charge", "consumer"),
    ("aucuns frais ne seront à votre charge", "consumer"),
    ("Please attach your proof of payment and seize the opportunity to call us.", "business"),
    ("une fiche, un fichier, la stratégie", "consumer"),
    ("", "consumer"),
]


@pytest.mark.parametrize(("text", "kind", "code", "words"), BANNED)
def test_banned(text, kind, code, words):
    found = {one.code: one.words for one in banned(text, kind)}
    assert code in found
    assert words is None or found[code] == words


@pytest.mark.parametrize(("text", "kind"), FINE)
def test_fine(text, kind):
    assert banned(text, kind) == ()


def test_each_code_is_met_by_an_example():
    assert {code for _text, _kind, code, _words in BANNED} == set(CODES)


@pytest.mark.parametrize("rule", wording._RULES, ids=lambda rule: rule.pattern.pattern[:40])
def test_each_pattern_is_folded(rule):
    """One with an accent or a capital letter would never be met."""
    literal = rule.pattern.pattern.replace(r"\W", "").replace("€", "")
    assert literal == fold(literal)


def test_a_penalty_clause_allows_penalties_to_a_consumer():
    assert banned("pénalités de retard", "consumer", has_penalty_clause=True) == ()
    assert banned("indemnité forfaitaire", "consumer", has_penalty_clause=True) != ()


def test_an_unknown_kind_is_protected_as_a_consumer():
    for kind in ("", None, False, "something"):
        assert [one.code for one in banned("pénalités", kind)] == ["penalties"]


@pytest.mark.parametrize(("text", "kind", "code", "_words"), BANNED)
def test_the_reason_is_found_again_by_the_words(text, kind, code, _words):
    assert code in [reason_of(one.words) for one in banned(text, kind)]


@examples
@given(st.text())
def test_folding_keeps_every_place(text):
    assert len(fold(text)) == len(text)


@examples
@given(st.text(), st.sampled_from(["business", "consumer", "public", ""]))
def test_words_are_quoted_as_they_stand(text, kind):
    around = f"{text}  un HUISSIER\u00a0! {text}"
    assert ("bailiff", "HUISSIER") in banned(around, kind)


@examples
@given(st.sampled_from(BANNED), st.sampled_from(["\u00a0", "\u202f", "\n", "  "]))
def test_neither_space_nor_case_hides_words(example, space):
    text, kind, code, _words = example
    assert code in [one.code for one in banned(text.upper().replace(" ", space), kind)]
