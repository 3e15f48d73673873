"""The fixed compensation for recovery costs of an invoice paid late: how much, or why there is none.

Once per late invoice, not per reminder nor per instalment (directive 2011/7/EU, article 6; French code de commerce
L441-10 II and D441-5): whoever calls this calls it once per invoice. Amounts are Decimal in the currency of the law.
"""

from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
DEBTORS = ("business", "public")

DUE = "due"
NOT_LATE = "not_late"
NO_DEBTOR = "debtor_kind"  # a consumer, or a debtor whose kind nobody has said
NO_TIER = "no_compensation"
INSOLVENT = "insolvency"
DISPUTED = "disputed"
BELOW_MINIMUM = "below_minimum"


class Tier(NamedTuple):
    """`amount` for an invoice that amounts to `starts_at` or more, up to the next tier."""

    starts_at: Decimal
    amount: Decimal


def compensate(
    tiers,
    debtor_kind: str,
    debt: Decimal,
    *,
    rest: Decimal | None = None,
    minimum: Decimal = ZERO,
    disputed: Decimal = ZERO,
    is_late: bool = True,
    is_insolvent: bool = False,
) -> tuple[Decimal, str]:
    """(amount, reason) for one invoice; the amount is zero unless the reason is DUE.

    `debt`: what was owed when the invoice became late, it chooses the tier. `rest`: what is owed of it now, `debt` if
    None; `disputed`: how much of the rest. `minimum`: smaller rests are not worth a claim. `is_insolvent`: the invoice
    became late after a judgment that opened insolvency proceedings, or none was claimed before it.
    """
    rest = debt if rest is None else rest
    reasons = (
        (debtor_kind not in DEBTORS, NO_DEBTOR),
        (not is_late, NOT_LATE),
        (is_insolvent, INSOLVENT),
        (rest < minimum, BELOW_MINIMUM),
        (disputed > 0 and disputed >= rest, DISPUTED),
    )
    refused = next((reason for applies, reason in reasons if applies), None)
    if refused:
        return ZERO, refused
    amount = get_amount(tiers, debt)
    return (amount, DUE) if amount else (ZERO, NO_TIER)


def get_amount(tiers, debt: Decimal) -> Decimal:
    """The amount of the highest tier that `debt` reaches; zero when it reaches none."""
    reached = [tier for tier in tiers if tier.starts_at <= debt]
    return max(reached, key=lambda tier: tier.starts_at).amount if reached else ZERO
