"""The fixed compensation of a late invoice: how much, or why there is none."""

from decimal import Decimal

import pytest

from odoo.addons.account_dunning.core.compensation import Tier, compensate


def tiers(*pairs):
    return [Tier(Decimal(start), Decimal(amount)) for start, amount in pairs]


EURO = tiers((0, 40))
UK = tiers((0, 40), (1000, 70), (10000, 100))
IRELAND = tiers((0, 40), ("1000.01", 70), ("10000.01", 100))


@pytest.mark.parametrize(
    ("law", "debt", "expected"),
    [
        pytest.param(EURO, "0.01", 40, id="France: 40 whatever the amount"),
        pytest.param(EURO, 10**6, 40, id="also of a large one"),
        pytest.param(UK, "999.99", 40, id="United Kingdom: below 1,000"),
        pytest.param(UK, 1000, 70, id="from 1,000 on"),
        pytest.param(UK, "9999.99", 70, id="below 10,000"),
        pytest.param(UK, 10000, 100, id="from 10,000 on"),
        pytest.param(IRELAND, 1000, 40, id="Ireland: up to 1,000"),
        pytest.param(IRELAND, "1000.01", 70, id="above 1,000"),
        pytest.param(IRELAND, 10000, 70, id="up to 10,000"),
        pytest.param(IRELAND, "10000.01", 100, id="above 10,000"),
        pytest.param(list(reversed(UK)), 5000, 70, id="in whatever order the tiers come"),
    ],
)
def test_amount(law, debt, expected):
    assert compensate(law, "business", Decimal(debt)) == (expected, "due")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, (40, "due"), id="a late invoice of a business"),
        pytest.param({"kind": "public"}, (40, "due"), id="of a public body"),
        pytest.param({"kind": "consumer"}, (0, "debtor_kind"), id="never of a consumer"),
        pytest.param({"kind": ""}, (0, "debtor_kind"), id="never of an unknown kind"),
        pytest.param({"kind": None}, (0, "debtor_kind"), id="nor of none"),
        pytest.param({"is_late": False}, (0, "not_late"), id="not late"),
        pytest.param({"is_insolvent": True}, (0, "insolvency"), id="none new after the judgment"),
        pytest.param({"rest": Decimal("9.99"), "minimum": Decimal(10)}, (0, "below_minimum"), id="a small rest"),
        pytest.param({"rest": Decimal(10), "minimum": Decimal(10)}, (40, "due"), id="a rest of the minimum"),
        pytest.param({"rest": Decimal(0)}, (40, "due"), id="paid late: the compensation stays due"),
        pytest.param({"disputed": Decimal(100)}, (0, "disputed"), id="all of it disputed"),
        pytest.param({"rest": Decimal(60), "disputed": Decimal(60)}, (0, "disputed"), id="all of the rest disputed"),
        pytest.param({"disputed": Decimal("99.99")}, (40, "due"), id="a part of it disputed"),
        pytest.param({"law": []}, (0, "no_compensation"), id="a law without compensation"),
        pytest.param({"law": tiers((500, 70))}, (0, "no_compensation"), id="below the first tier"),
    ],
)
def test_reason(facts, expected):
    facts = dict(facts)
    law, kind = facts.pop("law", EURO), facts.pop("kind", "business")
    assert compensate(law, kind, Decimal(100), **facts) == expected


def test_the_debt_chooses_the_tier_the_rest_does_not():
    """A payment after the invoice was late does not lower what is due for its lateness."""
    assert compensate(UK, "business", Decimal(1000), rest=Decimal(10)) == (70, "due")
