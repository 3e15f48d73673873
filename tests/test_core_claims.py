"""How much of each open item is claimed, after credits and holds: readable tables, then properties."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.claims import Claim, Credit, Hold, allocate, claims_of, held_until, oldest_first
from odoo.addons.account_dunning.core.escalation import Item

examples = settings(max_examples=200, deadline=None)


def march(day):
    return date(2026, 3, day)


TODAY = march(20)
DAY = timedelta(days=1)


def item(number=1, residual=100, due=None, **facts):
    """Item 1 is due on 1 March, item 2 on 2 March; the invoice has the number of the item."""
    facts.setdefault("move_id", number)
    return Item(number, due or march(number), Decimal(residual), **facts)


def credit(amount, reverses=0):
    return Credit(Decimal(amount), reverses)


def hold(amount=None, kind="dispute", since=None, until=None):
    return Hold(kind, since, until, None if amount is None else Decimal(amount))


def credits_of(items, *open_credits):
    return {each.id: each.claim.credit for each in allocate(items, open_credits)}


def claim_of(*holds, residual=100, credited=0):
    """The claim on 20 March of one item with these holds."""
    own = item(residual=residual, holds=holds, claim=Claim(Decimal(residual), Decimal(credited)))
    return claims_of((own,), TODAY)[own.id]


def case_claims(items, case_holds, open_credits=(), today=TODAY):
    """{item id: claim} of a case with holds of its own."""
    return claims_of(allocate(items, open_credits, case_holds, today), today)


# --- Credits ---


@pytest.mark.parametrize(
    ("open_credits", "expected"),
    [
        pytest.param([], [0, 0, 0], id="without credits nothing is taken off"),
        pytest.param([credit(30)], [30, 0, 0], id="a payment on account goes to the item due first"),
        pytest.param([credit(100)], [100, 0, 0], id="it can cover that item exactly"),
        pytest.param([credit(130)], [100, 30, 0], id="what is left of it goes to the next due"),
        pytest.param([credit(30), credit(80)], [100, 10, 0], id="two of them add up"),
        pytest.param([credit(999)], [100, 100, 100], id="more than is owed covers all and no more"),
        pytest.param([credit(40, reverses=3)], [0, 0, 40], id="a credit note goes to the invoice it reverses"),
        pytest.param([credit(150, reverses=3)], [50, 0, 100], id="what is left of it goes to the item due first"),
        pytest.param([credit(40, reverses=99)], [40, 0, 0], id="it goes to the oldest when its invoice is paid"),
        pytest.param(
            [credit(120), credit(50, reverses=3)], [100, 20, 50], id="a credit note beside a payment on account"
        ),
        pytest.param(
            [credit(60, reverses=2), credit(60, reverses=2)], [20, 100, 0], id="two credit notes for one invoice"
        ),
        pytest.param(
            [credit(150, reverses=1), credit(90, reverses=2)],
            [100, 100, 40],
            id="the rest of one credit note never takes the room of another's",
        ),
    ],
)
def test_credits_of_three_items_of_100(open_credits, expected):
    assert list(credits_of([item(1), item(2), item(3)], *open_credits).values()) == expected


def test_the_items_keep_their_order_and_everything_else():
    given_items = (item(2, excluded="intercompany"), item(1, holds=(hold(10),)))
    allocated = allocate(given_items, [credit(30)])
    assert [(each.id, each.excluded, each.holds) for each in allocated] == [
        (2, "intercompany", ()),
        (1, None, (hold(10),)),
    ]


def test_a_credit_note_goes_to_the_instalments_of_its_invoice_oldest_first():
    other, second, first = item(1, move_id=7), item(3, move_id=8), item(2, move_id=8)
    assert credits_of([other, second, first], credit(150, reverses=8)) == {1: 0, 2: 100, 3: 50}


def test_a_journal_entry_without_a_move_is_no_target_of_a_credit_without_one():
    assert credits_of([item(1, move_id=5), item(2, move_id=0)], credit(30, reverses=0)) == {1: 30, 2: 0}


def test_of_two_items_due_the_same_day_the_first_entered_comes_first():
    assert credits_of([item(2, due=march(1)), item(1, due=march(1))], credit(130)) == {2: 30, 1: 100}


def test_an_item_without_a_due_date_comes_last():
    undated = Item(1, None, Decimal(100))
    assert [each.id for each in oldest_first([undated, item(3), item(2)])] == [2, 3, 1]


def test_an_item_paid_in_full_takes_no_credit():
    assert credits_of([item(1, residual=0), item(2)], credit(30)) == {1: 0, 2: 30}


def test_an_item_in_the_customers_favour_takes_no_credit():
    assert credits_of([item(1, residual=-50), item(2)], credit(30)) == {1: 0, 2: 30}


def test_cents_are_kept():
    assert credits_of([item(1, residual="0.30"), item(2)], credit("0.40")) == {1: Decimal("0.30"), 2: Decimal("0.10")}


# --- Holds of an item ---


@pytest.mark.parametrize(
    ("of", "active"),
    [
        pytest.param(hold(), True, id="without dates it always holds"),
        pytest.param(hold(since=march(20)), True, id="it holds from its first day on"),
        pytest.param(hold(since=march(21)), False, id="it does not hold the day before"),
        pytest.param(hold(until=march(20)), True, id="it still holds on its last day"),
        pytest.param(hold(until=march(19)), False, id="it does not hold the day after"),
        pytest.param(hold(since=march(20), until=march(20)), True, id="it can hold for one day"),
        pytest.param(hold(since=march(1), until=march(31)), True, id="it holds between its days"),
    ],
)
def test_a_hold_on_20_march(of, active):
    assert of.is_active(TODAY) is active


@pytest.mark.parametrize(
    ("holds", "held"),
    [
        pytest.param([], 0, id="no hold"),
        pytest.param([hold()], 100, id="a hold without an amount holds all"),
        pytest.param([hold(40)], 40, id="a hold for an amount holds its amount"),
        pytest.param([hold(140)], 100, id="it never holds more than the item"),
        pytest.param([hold(40), hold(30)], 70, id="two amounts add up"),
        pytest.param([hold(40), hold(70)], 100, id="two amounts add up to at most the item"),
        pytest.param([hold(40), hold()], 100, id="an amount beside a whole hold adds nothing"),
        pytest.param([hold(until=march(19))], 0, id="an expired hold holds nothing"),
        pytest.param([hold(since=march(21))], 0, id="a hold of tomorrow holds nothing"),
        pytest.param([hold(40), hold(50, until=march(19))], 40, id="of two only the active one counts"),
        pytest.param([hold(40), hold(since=march(21))], 40, id="a whole hold of tomorrow does not count today"),
        pytest.param([hold(0)], 0, id="a hold for nothing holds nothing"),
    ],
)
def test_what_is_held_of_an_item_of_100(holds, held):
    claim = claim_of(*holds)
    assert (claim.held, claim.claimed) == (held, 100 - held)


@pytest.mark.parametrize(
    ("holds", "held", "claimed"),
    [
        pytest.param([], 0, 70, id="the credit is taken off"),
        pytest.param([hold()], 70, 0, id="a whole hold takes the rest after the credit"),
        pytest.param([hold(50)], 50, 20, id="an amount is taken after the credit"),
        pytest.param([hold(90)], 70, 0, id="credit and hold count each euro once"),
    ],
)
def test_what_is_held_of_an_item_of_100_with_a_credit_of_30(holds, held, claimed):
    claim = claim_of(*holds, credited=30)
    assert (claim.residual, claim.credit, claim.held, claim.claimed) == (100, 30, held, claimed)


def test_a_covered_item_has_nothing_left_to_hold():
    claim = claim_of(hold(), credited=100)
    assert (claim.credit, claim.held, claim.claimed) == (100, 0, 0)


@pytest.mark.parametrize(
    ("holds", "kind", "until"),
    [
        pytest.param([], "", None, id="nothing to name without a hold"),
        pytest.param([hold(40, "promise", until=march(25))], "promise", march(25), id="the only hold is named"),
        pytest.param([hold(40, "promise")], "promise", None, id="an open end has no last day"),
        pytest.param(
            [hold(40, "promise", until=march(30)), hold(None, "dispute", until=march(25))],
            "dispute",
            march(25),
            id="a whole hold is named before one for an amount",
        ),
        pytest.param(
            [hold(None, "pause", until=march(25)), hold(None, "dispute", until=march(30))],
            "dispute",
            march(30),
            id="of two whole holds the one that lasts longer",
        ),
        pytest.param(
            [hold(None, "insolvency"), hold(None, "dispute", until=march(30))],
            "insolvency",
            None,
            id="an open end lasts longest",
        ),
        pytest.param(
            [hold(None, "pause", until=march(19)), hold(None, "dispute", until=march(25))],
            "dispute",
            march(25),
            id="an expired hold is not named",
        ),
    ],
)
def test_the_hold_that_is_named(holds, kind, until):
    claim = claim_of(*holds)
    assert (claim.held_kind, held_until(item(holds=tuple(holds)), TODAY)) == (kind, until)


def test_claims_of_an_item_nobody_allocated_credits_to():
    assert claims_of([item(7, residual=80)], TODAY) == {7: Claim(Decimal(80))}


# --- Holds of a case ---


@pytest.mark.parametrize(
    ("case_holds", "held"),
    [
        pytest.param([], [0, 0, 0], id="no hold"),
        pytest.param([hold()], [100, 100, 100], id="a hold without an amount holds every item"),
        pytest.param([hold(50)], [50, 0, 0], id="an amount holds the item due first"),
        pytest.param([hold(150)], [100, 50, 0], id="what is left of the amount holds the next due"),
        pytest.param([hold(999)], [100, 100, 100], id="more than is owed holds all and no more"),
        pytest.param([hold(70), hold(70)], [100, 40, 0], id="two amounts count each euro once"),
        pytest.param([hold(50), hold()], [100, 100, 100], id="an amount beside a whole hold"),
        pytest.param([hold(150, until=march(19))], [0, 0, 0], id="an expired amount holds nothing"),
        pytest.param([hold(150, since=march(21))], [0, 0, 0], id="an amount of tomorrow holds nothing"),
        pytest.param(
            [hold(100, until=march(19)), hold(50)], [50, 0, 0], id="an expired amount takes no room from another"
        ),
        pytest.param([hold(until=march(19))], [0, 0, 0], id="an expired whole hold holds nothing"),
        pytest.param([hold(since=march(21))], [0, 0, 0], id="a whole hold of tomorrow holds nothing"),
    ],
)
def test_holds_of_a_case_with_three_items_of_100(case_holds, held):
    claims = case_claims([item(1), item(2), item(3)], case_holds)
    assert [claim.held for claim in claims.values()] == held


def test_the_amount_of_a_case_hold_goes_to_the_oldest_whatever_the_order_of_the_items():
    claims = case_claims([item(3), item(1), item(2)], [hold(150)])
    assert {number: claim.held for number, claim in claims.items()} == {1: 100, 2: 50, 3: 0}


def test_a_case_hold_comes_after_the_credits():
    claims = case_claims([item(1), item(2)], [hold(50)], open_credits=[credit(80)])
    assert [(claim.credit, claim.held, claim.claimed) for claim in claims.values()] == [(80, 20, 0), (0, 30, 70)]


def test_a_case_hold_is_added_to_the_holds_of_the_item():
    claims = case_claims([item(1, holds=(hold(30),)), item(2)], [hold(20)])
    assert [claim.held for claim in claims.values()] == [50, 0]


def test_a_case_hold_keeps_its_kind_and_its_days():
    promise = hold(150, "promise", since=march(10), until=march(25))
    for each in allocate([item(1), item(2)], (), [promise], TODAY):
        assert [(own.kind, own.since, own.until) for own in each.holds] == [("promise", march(10), march(25))]


def test_a_case_hold_leaves_no_empty_hold_on_the_items_it_does_not_reach():
    assert [len(each.holds) for each in allocate([item(1), item(2)], (), [hold(50)], TODAY)] == [1, 0]


# --- Properties ---

DAYS = st.integers(0, 180).map(lambda days: date(2026, 1, 1) + days * DAY)
AMOUNTS = (st.integers(0, 50000) | st.sampled_from([0, 5000, 10000, 20000])).map(lambda cents: Decimal(cents) / 100)
HOLDS = st.builds(Hold, st.sampled_from(["pause", "promise"]), st.none() | DAYS, st.none() | DAYS, st.none() | AMOUNTS)
CREDITS = st.builds(Credit, AMOUNTS, st.integers(0, 4))
SEVERAL_CREDITS = st.lists(CREDITS, max_size=4)
SEVERAL_HOLDS = st.lists(HOLDS, max_size=3).map(tuple)


@st.composite
def several_items(draw, residuals=AMOUNTS):
    """Up to five items of up to four moves, instalments among them, in any order."""
    numbers = draw(st.permutations(range(1, draw(st.integers(1, 5)) + 1)))
    return [
        Item(
            number,
            draw(st.none() | DAYS),
            draw(residuals),
            move_id=draw(st.integers(0, 4)),
            holds=draw(SEVERAL_HOLDS),
        )
        for number in numbers
    ]


@examples
@given(several_items(), SEVERAL_CREDITS, SEVERAL_HOLDS, DAYS)
def test_claimed_credit_and_held_make_up_the_residual_and_none_is_negative(items, open_credits, case_holds, today):
    claims = case_claims(items, case_holds, open_credits, today)
    assert set(claims) == {each.id for each in items}
    for each in items:
        claim = claims[each.id]
        assert claim.residual == each.residual
        assert claim.claimed + claim.credit + claim.held == each.residual
        assert min(claim.claimed, claim.credit, claim.held) >= 0


@examples
@given(several_items(), SEVERAL_CREDITS)
def test_each_euro_of_the_credits_is_used_once_as_long_as_something_is_owed(items, open_credits):
    used = sum(credits_of(items, *open_credits).values())
    owed = sum(each.residual for each in items)
    assert used == min(owed, sum(each.amount for each in open_credits))


@examples
@given(several_items(AMOUNTS | AMOUNTS.map(lambda amount: -amount)), SEVERAL_CREDITS)
def test_credits_never_exceed_what_there_is_nor_what_an_item_owes(items, open_credits):
    taken = credits_of(items, *open_credits)
    assert sum(taken.values()) <= sum(each.amount for each in open_credits)
    assert all(0 <= taken[each.id] <= max(each.residual, 0) for each in items)


@examples
@given(several_items(), SEVERAL_CREDITS)
def test_a_credit_note_leaves_its_invoice_only_when_that_is_covered(items, open_credits):
    taken = credits_of(items, *open_credits)
    for move_id in {each.move_id for each in items if each.move_id}:
        own = [each for each in items if each.move_id == move_id]
        reversing = sum(each.amount for each in open_credits if each.move_id == move_id)
        assert sum(taken[each.id] for each in own) >= min(reversing, sum(each.residual for each in own))


@examples
@given(several_items(), AMOUNTS)
def test_a_payment_on_account_touches_no_item_before_the_older_ones_are_covered(items, amount):
    taken = credits_of(items, Credit(amount))
    ordered = sorted(items, key=lambda each: (each.due_date is None, each.due_date or march(1), each.id))
    for older, younger in pairwise(ordered):
        assert taken[older.id] == older.residual or not taken[younger.id] or not younger.residual


@examples
@given(several_items(), SEVERAL_CREDITS, SEVERAL_HOLDS, DAYS, st.randoms())
def test_the_order_of_the_items_and_of_the_credits_changes_nothing(items, open_credits, case_holds, today, random):
    before = case_claims(items, case_holds, open_credits, today)
    random.shuffle(items)
    random.shuffle(open_credits)
    assert case_claims(items, case_holds, open_credits, today) == before


@examples
@given(several_items(), st.lists(AMOUNTS, max_size=3), DAYS)
def test_case_holds_for_an_amount_hold_that_amount_as_long_as_something_is_owed(items, amounts, today):
    free = [Item(each.id, each.due_date, each.residual) for each in items]
    claims = case_claims(free, [hold(amount) for amount in amounts], today=today)
    assert sum(claim.held for claim in claims.values()) == min(sum(each.residual for each in free), sum(amounts))


@examples
@given(several_items(), DAYS)
def test_a_hold_counts_on_its_days_and_on_no_other(items, today):
    for each in items:
        claim = claims_of([each], today)[each.id]
        active = [own for own in each.holds if (own.since or today) <= today <= (own.until or today)]
        if any(own.amount is None for own in active):
            assert claim.held == each.residual
        else:
            assert claim.held == min(each.residual, sum(own.amount for own in active))


@examples
@given(several_items(), DAYS, st.integers(1, 100))
def test_without_holds_that_begin_later_a_claim_never_falls_by_itself(items, today, days):
    begun = [
        Item(
            each.id,
            each.due_date,
            each.residual,
            holds=tuple(own for own in each.holds if not own.since or own.since <= today),
        )
        for each in items
    ]
    before, after = claims_of(begun, today), claims_of(begun, today + days * DAY)
    assert all(before[number].claimed <= after[number].claimed for number in before)


# --- Which items a case's hold is about ---


def test_an_amount_of_some_items_is_taken_from_these_only_the_oldest_first():
    some = Hold("promise", amount=Decimal(130), item_ids=frozenset({2, 3}))
    claims = case_claims((item(1), item(2), item(3)), [some])
    assert [claims[number].held for number in (1, 2, 3)] == [0, 100, 30]


@pytest.mark.parametrize(
    ("cause_on", "held"),
    [
        pytest.param(march(9), 100, id="a debt from before the judgment"),
        pytest.param(march(10), 0, id="one of its day goes on"),
        pytest.param(march(11), 0, id="a newer one goes on"),
        pytest.param(None, 100, id="an unknown one is not claimed"),
    ],
)
def test_an_insolvency_covers_what_arose_before_the_judgment(cause_on, held):
    judgment = Hold("insolvency", causes_before=march(10))
    assert case_claims((item(cause_on=cause_on),), [judgment])[1].held == held


@examples
@given(st.sets(st.integers(1, 5)), st.integers(1, 600), st.integers(1, 5))
def test_what_a_hold_of_some_items_takes_lies_in_them(chosen, amount, count):
    items = tuple(item(number) for number in range(1, count + 1))
    one = Hold("promise", amount=Decimal(amount), item_ids=frozenset(chosen))
    claims = case_claims(items, [one])
    covered = [each for each in items if not chosen or each.id in chosen]
    assert sum(claim.held for claim in claims.values()) == min(amount, 100 * len(covered))
    assert all(not claims[each.id].held for each in items if each not in covered)
