"""What comes next for an overdue item, when and why: readable tables, then properties."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.claims import Claim, Credit, Hold, allocate
from odoo.addons.account_dunning.core.escalation import (
    AUTOMATIC,
    AWAITS_RESPONSE,
    BELOW_MINIMUM,
    COVERED,
    DUE,
    DUE_DATE,
    END_OF_LADDER,
    EXCLUDED,
    FORMAL_NOTICE,
    HELD,
    HIGHER_STAGE,
    INTERVAL,
    LAST_NOTICE,
    MANUAL,
    NO_DUE_DATE,
    NO_POLICY,
    NOT_SENT,
    NOT_YET,
    NOTICE_UNDER_WAY,
    PREVIOUS_NOTICE,
    REASONS,
    REMINDER,
    RESPONSE_DATE,
    SETTLED,
    STAGES,
    Item,
    Level,
    Policy,
    Standing,
    arbitrate,
    decide,
    next_level,
)

examples = settings(max_examples=200, deadline=None)

DAY = timedelta(days=1)


def march(day):
    return date(2026, 3, day)


def april(day):
    return date(2026, 4, day)


def level(number, after=0, basis=DUE_DATE, stage=REMINDER, approval=AUTOMATIC):
    """The level with this id and sequence, reached so many days after its basis."""
    return Level(number, number, stage, after, basis, approval)


def formal(number, after=15, basis=PREVIOUS_NOTICE):
    return level(number, after, basis, FORMAL_NOTICE, MANUAL)


def last(number, after=8, basis=RESPONSE_DATE):
    return level(number, after, basis, LAST_NOTICE, MANUAL)


def ladder(*levels, minimum=0, **rules):
    return Policy(1, levels, Decimal(minimum), **rules)


TONIGHT = march(6)
LADDER = ladder(level(1, after=5), level(2, 14, PREVIOUS_NOTICE), formal(3), last(4))
FIVE_LEVELS = ladder(level(1, 5), level(2, 15), level(3, 25), formal(4), last(5))
THREE_LEVELS = ladder(level(11, 5), formal(12), last(13))


def item(number=1, due=None, residual=100, **facts):
    """An item of 100 due on 1 March, for which nothing has left yet."""
    return Item(number, due or march(1), Decimal(residual), **facts)


def after_notice(stage, count, left_on, number=1, **facts):
    """The item of 100 due on 1 March after so many notices of a stage, the last of which left that day."""
    return item(number, stage=stage, stage_count=count, last_notice_on=left_on, **facts)


def standing(*items, customer=1, company=1, currency=1, rate=1, **facts):
    return Standing(customer, company, currency, items, Decimal(rate), **facts)


def hold(amount=None, kind="dispute", since=None, until=None):
    return Hold(kind, since, until, None if amount is None else Decimal(amount))


def tonight(own, policy=LADDER, on=TONIGHT):
    """The one step of an item or of a standing of one item."""
    (step,) = decide(own if isinstance(own, Standing) else standing(own), policy, on).steps
    return step


def reasons(decision):
    return {step.item_id: step.reason for step in decision.steps}


def notices(decision):
    """{level of the notice: its items}"""
    return {notice.level.id: [step.item_id for step in notice.steps] for notice in decision.notices}


def first_night(own, policy, since=date(2026, 1, 1), nights=365):
    """The first night with a notice, or None."""
    return next((day for day in days(since, nights) if decide(standing(own), policy, day).notices), None)


def days(since, count):
    return (since + number * DAY for number in range(count))


def climb(own, policy, since=date(2026, 1, 1), nights=120, response_days=8):
    """[(day, level)] of an item whose every notice leaves the night it is prepared, with time to respond."""
    left, last_left_on = [], None
    for day in days(since, nights):
        step = tonight(standing(own, last_left_on=last_left_on), policy, day)
        if step.reason == DUE:
            count = own.stage_count if step.level.stage == own.stage else 0
            answer_by = day + response_days * DAY
            own = replace(
                own, stage=step.level.stage, stage_count=count + 1, last_notice_on=day, response_until=answer_by
            )
            left.append((day, step.level.id))
            last_left_on = day
    return left


# --- Delays ---


@pytest.mark.parametrize(
    ("due", "delay", "night"),
    [
        pytest.param(march(1), 5, march(6), id="due 1 March, five days: the night of 6 March"),
        pytest.param(march(1), 1, march(2), id="due 1 March, one day: the night of 2 March"),
        pytest.param(march(1), 30, march(31), id="due 1 March, thirty days: the night of 31 March"),
        pytest.param(date(2026, 2, 26), 5, march(3), id="over the end of February"),
        pytest.param(date(2028, 2, 26), 5, date(2028, 3, 2), id="over 29 February of a leap year"),
        pytest.param(march(1), 0, march(2), id="no delay: not on the due date, the night after"),
        pytest.param(march(1), -10, march(2), id="a negative delay: not before the due date either"),
    ],
)
def test_a_delay_from_the_due_date(due, delay, night):
    policy = ladder(level(1, after=delay))
    assert first_night(item(due=due), policy, since=due - 20 * DAY) == night
    early = tonight(item(due=due), policy, on=night - DAY)
    assert (early.reason, early.level.id, early.next_date) == (NOT_YET, 1, night)


@pytest.mark.parametrize(
    ("sent_on", "rules", "night"),
    [
        pytest.param(march(10), {}, march(25), id="sent late: ten days to pay, then the delay"),
        pytest.param(date(2026, 2, 1), {}, march(6), id="sent early: the due date counts"),
        pytest.param(date(2026, 2, 19), {}, march(6), id="sent ten days before the due date: the due date counts"),
        pytest.param(date(2026, 2, 20), {}, march(7), id="sent nine days before: one day later"),
        pytest.param(march(10), {"min_days_after_sending": 3}, march(18), id="the policy says how many days"),
        pytest.param(None, {}, march(6), id="never sent: the due date, where the policy does not ask"),
        pytest.param(None, {"only_sent": True}, None, id="never sent: never, where the policy asks"),
        pytest.param(march(10), {"only_sent": True}, march(25), id="sent: as usual where the policy asks"),
    ],
)
def test_the_clock_of_an_invoice_starts_when_it_was_sent(sent_on, rules, night):
    invoice = item(needs_sending=True, sent_on=sent_on)
    assert first_night(invoice, ladder(level(1, after=5), **rules)) == night


@pytest.mark.parametrize("only_sent", [True, False])
@pytest.mark.parametrize("sent_on", [None, march(10)])
def test_a_journal_entry_need_not_be_sent(only_sent, sent_on):
    entry = item(needs_sending=False, sent_on=sent_on)
    assert first_night(entry, ladder(level(1, after=5), only_sent=only_sent)) == march(6)


@pytest.mark.parametrize(
    ("own", "next_one", "night"),
    [
        pytest.param(
            after_notice(REMINDER, 1, march(9)), level(2, 15), march(16), id="from the due date, whenever it left"
        ),
        pytest.param(
            after_notice(REMINDER, 1, march(9)),
            level(2, 15, PREVIOUS_NOTICE),
            march(24),
            id="from the day the previous notice left",
        ),
        pytest.param(item(), level(1, 5, PREVIOUS_NOTICE), march(6), id="a first level: from the due date"),
        pytest.param(
            item(needs_sending=True, sent_on=march(10)),
            level(1, 5, PREVIOUS_NOTICE),
            march(25),
            id="a first level of an invoice sent late: from the start of its clock",
        ),
        pytest.param(
            after_notice(FORMAL_NOTICE, 1, march(9), response_until=march(17)),
            last(4, after=8),
            march(25),
            id="from the last day granted",
        ),
        pytest.param(
            after_notice(FORMAL_NOTICE, 1, march(9)), last(4, after=8), None, id="never while that day is not known"
        ),
        pytest.param(
            after_notice(REMINDER, 1, march(20)), level(2, 10), march(21), id="a late one: the next a night later"
        ),
        pytest.param(
            after_notice(REMINDER, 1, march(20)),
            level(2, 0, PREVIOUS_NOTICE),
            march(21),
            id="without any delay: never the day the previous one left",
        ),
        pytest.param(
            after_notice(REMINDER, 1, date(2026, 2, 1)),
            level(2, 5, PREVIOUS_NOTICE),
            march(2),
            id="after a notice before a due date that was put off: not before that",
        ),
    ],
)
def test_what_a_delay_counts_from(own, next_one, night):
    levels = (level(90), next_one) if own.stage == REMINDER else (formal(90), next_one)
    policy = ladder(replace(levels[0], sequence=0), levels[1]) if own.stage else ladder(next_one)
    assert first_night(own, policy) == night


@pytest.mark.parametrize("basis", [DUE_DATE, PREVIOUS_NOTICE, RESPONSE_DATE])
def test_nothing_goes_out_on_or_before_the_due_date_by_any_basis(basis):
    policy = ladder(level(1, -30, basis))
    assert first_night(item(response_until=date(2026, 1, 1)), policy) == march(2)


# --- Order ---


@pytest.mark.parametrize(
    ("policy", "stage", "count", "expected"),
    [
        pytest.param(FIVE_LEVELS, None, 0, 1, id="nothing left yet: the first reminder"),
        pytest.param(FIVE_LEVELS, REMINDER, 1, 2, id="one reminder left: the second"),
        pytest.param(FIVE_LEVELS, REMINDER, 2, 3, id="two reminders left: the third"),
        pytest.param(FIVE_LEVELS, REMINDER, 3, 4, id="all reminders left: the formal notice"),
        pytest.param(FIVE_LEVELS, FORMAL_NOTICE, 1, 5, id="the formal notice left: the last notice"),
        pytest.param(FIVE_LEVELS, LAST_NOTICE, 1, None, id="the last notice left: the ladder ends"),
        pytest.param(FIVE_LEVELS, REMINDER, 0, 1, id="moved by hand to before the reminders: the first one"),
        pytest.param(FIVE_LEVELS, FORMAL_NOTICE, 0, 4, id="moved by hand to before the formal notice: that"),
        pytest.param(THREE_LEVELS, REMINDER, 3, 12, id="five levels replaced by three: no reminder twice"),
        pytest.param(THREE_LEVELS, REMINDER, 1, 12, id="five replaced by three after one reminder: the formal notice"),
        pytest.param(THREE_LEVELS, FORMAL_NOTICE, 1, 13, id="five replaced by three after the formal notice"),
        pytest.param(FIVE_LEVELS, REMINDER, 1, 2, id="three levels replaced by five after one reminder: the second"),
        pytest.param(
            FIVE_LEVELS, FORMAL_NOTICE, 2, 5, id="three replaced by five after the formal notices: no step back"
        ),
        pytest.param(ladder(formal(1), last(2)), None, 0, 1, id="no reminders: the formal notice"),
        pytest.param(ladder(level(1), last(2)), REMINDER, 1, 2, id="no formal notice: the last notice"),
        pytest.param(ladder(level(1), last(2)), FORMAL_NOTICE, 1, 2, id="no formal notice any more: the last notice"),
        pytest.param(ladder(level(1), level(2)), FORMAL_NOTICE, 1, None, id="never from a formal notice to a reminder"),
        pytest.param(ladder(level(1)), REMINDER, 1, None, id="a ladder of one level ends after it"),
        pytest.param(ladder(), None, 0, None, id="an empty ladder has none"),
        pytest.param(ladder(level(2), level(1)), None, 0, 1, id="sequence counts, not the order of entry"),
        pytest.param(
            ladder(Level(7, 1, LAST_NOTICE), Level(8, 2, FORMAL_NOTICE), Level(9, 3, REMINDER)),
            None,
            0,
            9,
            id="a reminder comes first wherever it stands",
        ),
        pytest.param(ladder(Level(8, 1), Level(7, 1)), None, 0, 7, id="of the same sequence the first entered"),
        pytest.param(ladder(formal(1), formal(2), last(3)), FORMAL_NOTICE, 1, 2, id="a second formal notice"),
    ],
)
def test_the_level_that_comes_next(policy, stage, count, expected):
    found = next_level(policy, item(stage=stage, stage_count=count))
    assert (found and found.id) == expected


def test_a_whole_ladder_when_every_notice_leaves_at_once():
    assert climb(item(), LADDER) == [(march(6), 1), (march(20), 2), (april(4), 3), (april(20), 4)]


def test_a_hundred_nights_in_a_night_plan_the_same_and_none_after_it_is_under_way():
    before = decide(standing(item()), LADDER, march(6))
    assert all(decide(standing(item()), LADDER, march(6)) == before for _night in range(100))
    assert not decide(standing(item(under_way=True)), LADDER, march(6)).notices


def test_a_job_that_slept_for_months_climbs_one_level_a_night():
    step = tonight(item(), FIVE_LEVELS, on=date(2026, 12, 1))
    assert (step.reason, step.level.id) == (DUE, 1)


# --- Reasons ---

PAUSED = item(holds=(hold(kind="pause", until=march(20)),))
CREDITED = item(claim=Claim(Decimal(100), credit=Decimal(100)))
INVOICE = item(needs_sending=True)
SERVED = after_notice(FORMAL_NOTICE, 1, march(2))
CLIMBED = after_notice(LAST_NOTICE, 1, march(2))


@pytest.mark.parametrize(
    ("own", "policy", "reason", "level_id", "next_date"),
    [
        pytest.param(item(), LADDER, DUE, 1, march(6), id="due"),
        pytest.param(item(due=march(3)), LADDER, NOT_YET, 1, march(8), id="not yet: the delay is not over"),
        pytest.param(item(due=march(9)), LADDER, NOT_YET, 1, march(14), id="not yet: not even overdue"),
        pytest.param(
            standing(item(), last_left_on=march(4)), LADDER, INTERVAL, 1, march(11), id="interval: heard from us lately"
        ),
        pytest.param(item(residual=20), ladder(level(1), minimum=50), BELOW_MINIMUM, 1, None, id="below the minimum"),
        pytest.param(SERVED, LADDER, AWAITS_RESPONSE, 4, None, id="awaits a response whose end is not known"),
        pytest.param(item(under_way=True), LADDER, NOTICE_UNDER_WAY, 1, None, id="a notice is under way"),
        pytest.param(INVOICE, ladder(level(1), only_sent=True), NOT_SENT, 1, None, id="the invoice was never sent"),
        pytest.param(PAUSED, LADDER, HELD, 1, march(21), id="held: next the day after the last day of the hold"),
        pytest.param(CREDITED, LADDER, COVERED, 1, None, id="covered by credits"),
        pytest.param(item(residual=0), LADDER, SETTLED, 1, None, id="settled"),
        pytest.param(item(excluded="intercompany"), LADDER, EXCLUDED, 1, None, id="excluded"),
        pytest.param(Item(1, None, Decimal(9)), LADDER, NO_DUE_DATE, 1, None, id="without a due date"),
        pytest.param(item(), None, NO_POLICY, None, None, id="no policy applies"),
        pytest.param(CLIMBED, LADDER, END_OF_LADDER, None, None, id="the end of the ladder"),
    ],
)
def test_each_reason_in_the_night_of_6_march(own, policy, reason, level_id, next_date):
    step = tonight(own, policy)
    assert (step.reason, step.level and step.level.id, step.next_date) == (reason, level_id, next_date)
    assert bool(decide(own if isinstance(own, Standing) else standing(own), policy, march(6)).notices) == (
        reason == DUE
    )


def test_the_reason_higher_stage():
    (ordinary, _served) = arbitrate(
        [
            decide(standing(item()), LADDER, march(20)),
            decide(standing(after_notice(REMINDER, 2, march(1)), currency=2), LADDER, march(20)),
        ]
    )
    assert reasons(ordinary) == {1: HIGHER_STAGE}


def test_reasons_carry_their_facts():
    assert tonight(item(excluded="intercompany")).detail == "intercompany"
    held = tonight(PAUSED)
    assert (held.detail, held.until) == ("pause", march(20))


@pytest.mark.parametrize(
    ("own", "policy", "reason"),
    [
        pytest.param(item(excluded="x", residual=0), None, EXCLUDED, id="excluded before everything"),
        pytest.param(item(residual=0, holds=(hold(),), under_way=True), None, SETTLED, id="settled before held"),
        pytest.param(replace(CREDITED, holds=(hold(),)), LADDER, COVERED, id="covered before held"),
        pytest.param(replace(PAUSED, under_way=True), LADDER, HELD, id="held before under way"),
        pytest.param(PAUSED, None, HELD, id="held before no policy"),
        pytest.param(replace(PAUSED, due_date=march(9)), LADDER, HELD, id="held before not yet"),
        pytest.param(
            replace(INVOICE, under_way=True), ladder(level(1), only_sent=True), NOT_SENT, id="not sent before under way"
        ),
        pytest.param(replace(CLIMBED, under_way=True), LADDER, NOTICE_UNDER_WAY, id="under way before the end"),
        pytest.param(
            standing(item(due=march(3)), last_left_on=march(4)), LADDER, NOT_YET, id="not yet before the interval"
        ),
        pytest.param(
            standing(item(), last_left_on=march(4)),
            replace(LADDER, minimum_amount=Decimal(500)),
            BELOW_MINIMUM,
            id="below the minimum before the interval",
        ),
        pytest.param(
            item(due=march(3)), replace(LADDER, minimum_amount=Decimal(500)), NOT_YET, id="not yet before the minimum"
        ),
    ],
)
def test_of_several_reasons_the_strongest_is_told(own, policy, reason):
    assert tonight(own, policy).reason == reason


@pytest.mark.parametrize(
    ("due", "sent_on", "reason"),
    [
        pytest.param(march(1), None, NOT_SENT, id="never sent"),
        pytest.param(march(1), march(4), NOT_YET, id="sent two days ago: ten days to pay first"),
        pytest.param(march(1), date(2026, 2, 10), DUE, id="sent in time"),
    ],
)
def test_an_invoice_where_only_sent_ones_are_dunned(due, sent_on, reason):
    policy = ladder(level(1, after=5), only_sent=True)
    assert tonight(item(due=due, needs_sending=True, sent_on=sent_on), policy).reason == reason


# --- The interval between notices ---


@pytest.mark.parametrize(
    ("last_left_on", "interval", "night"),
    [
        pytest.param(None, 7, march(6), id="nothing left yet, or sent by hand: no waiting"),
        pytest.param(march(1), 7, march(8), id="left on 1 March, seven days: the night of 8 March"),
        pytest.param(march(5), 7, march(12), id="left on 5 March, seven days: the night of 12 March"),
        pytest.param(date(2026, 2, 27), 7, march(6), id="left a week ago: no waiting"),
        pytest.param(march(5), 1, march(6), id="one day: the night after"),
        pytest.param(march(6), 0, march(6), id="no interval: the same night"),
    ],
)
def test_the_interval_counts_from_the_last_day_anything_left(last_left_on, interval, night):
    policy = ladder(level(1, after=5), min_days_between_notices=interval)
    own = standing(item(), last_left_on=last_left_on)
    assert next(day for day in days(march(6), 30) if decide(own, policy, day).notices) == night
    waiting = [tonight(own, policy, day) for day in days(march(6), (night - march(6)).days)]
    assert all((step.reason, step.next_date) == (INTERVAL, night) for step in waiting)


def test_the_interval_does_not_take_back_what_a_draft_claims_already():
    own = standing(item(1, drafted=True), item(2), last_left_on=march(5))
    decision = decide(own, LADDER, march(6))
    assert reasons(decision) == {1: DUE, 2: INTERVAL}
    assert notices(decision) == {1: [1]}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"residual": Decimal(0)}, SETTLED, id="paid"),
        pytest.param({"holds": (hold(),)}, HELD, id="held"),
        pytest.param({"excluded": "intercompany"}, EXCLUDED, id="excluded"),
        pytest.param({"due_date": march(5)}, NOT_YET, id="put off"),
        pytest.param({"residual": Decimal(10)}, BELOW_MINIMUM, id="paid but for a little"),
    ],
)
def test_a_draft_claims_no_longer_what_is(changed, reason):
    assert tonight(replace(item(drafted=True), **changed), replace(LADDER, minimum_amount=Decimal(50))).reason == reason


# --- The minimum amount ---


@pytest.mark.parametrize(
    ("items", "rate", "reason"),
    [
        pytest.param([item(residual=49)], 1, BELOW_MINIMUM, id="49 of 50"),
        pytest.param([item(residual="49.99")], 1, BELOW_MINIMUM, id="a cent less than 50"),
        pytest.param([item(residual=50)], 1, DUE, id="exactly 50"),
        pytest.param([item(residual=49)], "1.1", DUE, id="49 dollars at 1.10 are 53.90"),
        pytest.param([item(residual=60)], "0.8", BELOW_MINIMUM, id="60 dollars at 0.80 are 48"),
        pytest.param([item(residual=30), item(2, residual=30)], 1, DUE, id="two items together"),
        pytest.param(
            [item(residual=30), item(2, residual=30, due=march(2))],
            1,
            DUE,
            id="an overdue item counts before its level",
        ),
        pytest.param(
            [item(residual=30), item(2, residual=30, due=march(6))],
            1,
            BELOW_MINIMUM,
            id="an item due today is not overdue and does not count",
        ),
        pytest.param(
            [item(residual=30), item(2, residual=30, excluded="intercompany")],
            1,
            BELOW_MINIMUM,
            id="an excluded item does not count",
        ),
        pytest.param([item(residual=90, holds=(hold(50),))], 1, BELOW_MINIMUM, id="what is held does not count"),
        pytest.param(
            [item(residual=90, claim=Claim(Decimal(90), credit=Decimal(50)))],
            1,
            BELOW_MINIMUM,
            id="what is credited does not count",
        ),
        pytest.param(
            [item(residual=30), Item(2, None, Decimal(30))], 1, BELOW_MINIMUM, id="an item without a due date does not"
        ),
    ],
)
def test_a_minimum_of_50_in_the_company_currency(items, rate, reason):
    decision = decide(standing(*items, rate=rate), ladder(level(1, after=5), minimum=50), march(6))
    assert reasons(decision)[1] == reason
    assert bool(decision.notices) == (reason == DUE)


# --- Notices ---


def test_reminders_share_one_notice_with_the_text_of_the_highest_of_their_levels():
    own = standing(
        item(1), after_notice(REMINDER, 1, march(2), number=2), after_notice(REMINDER, 2, march(2), number=3)
    )
    policy = ladder(level(1, 5), level(2, 5), level(3, 5))
    (notice,) = decide(own, policy, march(20)).notices
    assert (notice.level.id, notice.own_level_id) == (3, None)
    assert [(step.item_id, step.level.id) for step in notice.steps] == [(1, 1), (2, 2), (3, 3)]
    assert notice.amount_claimed == 300


def test_the_highest_level_is_the_one_of_the_highest_sequence():
    policy = ladder(Level(9, 1), Level(4, 2))
    own = standing(after_notice(REMINDER, 1, march(2), number=1), item(2))
    assert notices(decide(own, policy, march(20))) == {4: [1, 2]}


def test_formal_and_approved_levels_make_a_notice_of_their_own():
    policy = ladder(
        level(1, 5), level(2, 5), level(3, 5, approval=MANUAL), formal(4, 5, DUE_DATE), last(5, 5, DUE_DATE)
    )
    own = standing(
        item(1),
        after_notice(REMINDER, 1, march(2), number=2),
        after_notice(REMINDER, 2, march(2), number=3),
        after_notice(REMINDER, 3, march(2), number=4),
        after_notice(REMINDER, 3, march(2), number=5),
        after_notice(FORMAL_NOTICE, 1, march(2), number=6),
    )
    planned = decide(own, policy, march(20))
    assert notices(planned) == {2: [1, 2], 3: [3], 4: [4, 5], 5: [6]}
    assert [notice.own_level_id for notice in planned.notices] == [None, 3, 4, 5]


def test_two_formal_notices_never_share_a_letter():
    policy = ladder(formal(1, 5, DUE_DATE), formal(2, 5, DUE_DATE))
    own = standing(item(1), after_notice(FORMAL_NOTICE, 1, march(2), number=2))
    assert notices(decide(own, policy, march(20))) == {1: [1], 2: [2]}


@pytest.mark.parametrize(
    ("of", "own"),
    [
        pytest.param(level(1), False, id="an automatic reminder shares"),
        pytest.param(level(1, approval=MANUAL), True, id="a reminder to approve does not"),
        pytest.param(level(1, stage=FORMAL_NOTICE), True, id="an automatic formal notice does not"),
        pytest.param(level(1, stage=LAST_NOTICE), True, id="an automatic last notice does not"),
        pytest.param(formal(1), True, id="a formal notice to approve does not"),
    ],
)
def test_which_levels_make_a_notice_of_their_own(of, own):
    assert of.makes_own_notice is own


def test_a_notice_claims_only_what_is_due_tonight():
    own = standing(item(1), item(2, due=march(5)), item(3, holds=(hold(),)), item(4, under_way=True))
    (notice,) = decide(own, LADDER, march(6)).notices
    assert ([step.item_id for step in notice.steps], notice.amount_claimed) == ([1], 100)


def test_a_customer_without_open_items_gets_nothing():
    nothing = decide(standing(), LADDER, march(6))
    assert (nothing.steps, nothing.notices) == ((), ())
    assert arbitrate([]) == []


# --- One customer ---

STAGES_POLICY = ladder(level(1, 5), formal(2, 5, DUE_DATE), last(3, 5, DUE_DATE))
READY_FOR = {
    REMINDER: item(),
    FORMAL_NOTICE: after_notice(REMINDER, 1, march(2)),
    LAST_NOTICE: after_notice(FORMAL_NOTICE, 1, march(2)),
}


def ready(*stages, numbers_from=1, policy=STAGES_POLICY, **facts):
    """The decision of a standing with one item that is due for each of these stages."""
    items = (replace(READY_FOR[stage], id=number) for number, stage in enumerate(stages, numbers_from))
    return decide(standing(*items, **facts), policy, march(20))


def test_of_one_standing_only_the_highest_stage_goes():
    (settled,) = arbitrate([ready(REMINDER, FORMAL_NOTICE, LAST_NOTICE)])
    assert notices(settled) == {3: [3]}
    assert reasons(settled) == {1: HIGHER_STAGE, 2: HIGHER_STAGE, 3: DUE}


def test_of_two_currencies_only_the_highest_stage_goes():
    euros, dollars = arbitrate([ready(REMINDER), ready(FORMAL_NOTICE, currency=2)])
    assert (notices(euros), reasons(euros)) == ({}, {1: HIGHER_STAGE})
    assert notices(dollars) == {2: [1]}


def test_notices_of_the_same_stage_go_together_in_all_currencies():
    decisions = [ready(FORMAL_NOTICE), ready(FORMAL_NOTICE, currency=2), ready(REMINDER, currency=3)]
    assert [notices(each) for each in arbitrate(decisions)] == [{2: [1]}, {2: [1]}, {}]


def test_of_two_policies_only_the_highest_stage_goes():
    other = replace(ladder(level(21, 5), formal(22, 5, DUE_DATE)), id=2)
    decisions = [ready(REMINDER), ready(FORMAL_NOTICE, numbers_from=2, policy=other)]
    assert [notices(each) for each in arbitrate(decisions)] == [{}, {22: [2]}]


def test_two_notices_of_the_same_stage_both_go():
    policy = ladder(level(1, 5), level(2, 5, approval=MANUAL))
    own = standing(item(1), after_notice(REMINDER, 1, march(2), number=2))
    (settled,) = arbitrate([decide(own, policy, march(20))])
    assert notices(settled) == {1: [1], 2: [2]}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"customer": 2}, id="another customer"),
        pytest.param({"company": 2}, id="the same customer of another company"),
    ],
)
def test_customers_and_companies_are_independent(other):
    ordinary, served = arbitrate([ready(REMINDER), ready(FORMAL_NOTICE, **other)])
    assert (notices(ordinary), notices(served)) == ({1: [1]}, {2: [1]})


def test_a_formal_notice_that_does_not_go_tonight_keeps_nothing_back():
    awaiting = decide(standing(replace(READY_FOR[FORMAL_NOTICE], under_way=True), currency=2), STAGES_POLICY, march(20))
    assert [notices(each) for each in arbitrate([ready(REMINDER), awaiting])] == [{1: [1]}, {}]


def test_other_reasons_survive_the_arbitration():
    own = standing(item(1), READY_FOR[FORMAL_NOTICE], item(3, holds=(hold(),)), item(4, due=march(19)))
    own = replace(own, items=(own.items[0], replace(own.items[1], id=2), *own.items[2:]))
    (settled,) = arbitrate([decide(own, STAGES_POLICY, march(20))])
    assert reasons(settled) == {1: HIGHER_STAGE, 2: DUE, 3: HELD, 4: NOT_YET}


def test_decisions_come_back_in_their_order():
    decisions = [ready(REMINDER, customer=number) for number in (3, 1, 2)]
    assert [each.standing.partner_id for each in arbitrate(iter(decisions))] == [3, 1, 2]


# --- Holds and credits ---


@pytest.mark.parametrize(
    ("holds", "reason", "claimed"),
    [
        pytest.param([], DUE, 100, id="no hold: all is claimed"),
        pytest.param([hold()], HELD, 0, id="a whole hold"),
        pytest.param([hold(until=march(6))], HELD, 0, id="on its last day"),
        pytest.param([hold(until=march(5))], DUE, 100, id="expired yesterday"),
        pytest.param([hold(since=march(7))], DUE, 100, id="begins tomorrow"),
        pytest.param([hold(since=march(6))], HELD, 0, id="begins today"),
        pytest.param([hold(40)], DUE, 60, id="for an amount: the part left climbs"),
        pytest.param([hold(100)], HELD, 0, id="for the whole amount"),
        pytest.param([hold(40), hold(60)], HELD, 0, id="two amounts that make up the item"),
    ],
)
def test_holds_of_an_item_of_100_due_tonight(holds, reason, claimed):
    own = item(holds=tuple(holds))
    assert tonight(own).reason == reason
    assert sum(notice.amount_claimed for notice in decide(standing(own), LADDER, march(6)).notices) == claimed


@pytest.mark.parametrize(
    ("until", "on", "night"),
    [
        pytest.param(march(20), march(6), march(21), id="reached already: the day after the hold"),
        pytest.param(march(4), march(2), march(6), id="over before the level is reached: the level's day"),
    ],
)
def test_the_next_date_of_an_item_held_until_a_day(until, on, night):
    own = item(holds=(hold(until=until),))
    step = tonight(own, on=on)
    assert (step.reason, step.until, step.next_date) == (HELD, until, night)
    assert first_night(own, LADDER, since=on) == night


@pytest.mark.parametrize(
    ("open_credits", "expected"),
    [
        pytest.param([(130, 0)], {1: COVERED, 2: DUE}, id="the oldest is covered first"),
        pytest.param([(100, 2)], {1: DUE, 2: COVERED}, id="a credit note covers the invoice it reverses"),
        pytest.param([(200, 2)], {1: COVERED, 2: COVERED}, id="what is left of it covers the oldest"),
        pytest.param([(99, 0)], {1: DUE, 2: DUE}, id="an item not quite covered climbs"),
        pytest.param([(500, 0)], {1: COVERED, 2: COVERED}, id="all covered: nothing goes out"),
    ],
)
def test_credits_of_two_items_of_100_due_tonight(open_credits, expected):
    items = (item(2, due=march(1), move_id=2), item(1, due=date(2026, 2, 28), move_id=1))
    items = allocate(items, [Credit(Decimal(amount), move_id) for amount, move_id in open_credits])
    assert reasons(decide(standing(*items), LADDER, march(6))) == expected


def test_a_part_that_is_credited_is_not_claimed():
    items = allocate((item(1), item(2)), [Credit(Decimal(130))])
    (notice,) = decide(standing(*items), LADDER, march(6)).notices
    assert ([step.item_id for step in notice.steps], notice.amount_claimed) == ([2], 70)


@pytest.mark.parametrize(
    ("case_hold", "expected", "claimed"),
    [
        pytest.param(hold(), {1: HELD, 2: HELD}, 0, id="a whole hold holds every item"),
        pytest.param(hold(130), {1: HELD, 2: DUE}, 70, id="an amount holds the oldest first"),
        pytest.param(hold(130, until=march(5)), {1: DUE, 2: DUE}, 200, id="an expired one holds nothing"),
        pytest.param(hold(130, since=march(7)), {1: DUE, 2: DUE}, 200, id="one of tomorrow holds nothing tonight"),
    ],
)
def test_a_hold_of_a_case_with_two_items_of_100(case_hold, expected, claimed):
    items = allocate((item(2), item(1)), (), [case_hold], march(6))
    decision = decide(standing(*items), LADDER, march(6))
    assert reasons(decision) == expected
    assert sum(notice.amount_claimed for notice in decision.notices) == claimed


# --- Properties ---

# a few weeks and short delays: dates meet often, and so do the edges of the rules
DAYS = st.integers(1, 20).map(march)
NIGHTS = st.integers(5, 35).map(lambda days: march(1) + days * DAY)
AMOUNTS = (st.integers(0, 50000) | st.sampled_from([0, 5000, 10000, 20000])).map(lambda cents: Decimal(cents) / 100)
STAGE = st.sampled_from([REMINDER, *STAGES])
SOME_HOLDS = st.just(()) | st.lists(
    st.builds(Hold, st.sampled_from(["pause", "dispute"]), st.none() | DAYS, st.none() | DAYS, st.none() | AMOUNTS),
    max_size=3,
).map(tuple)
CREDITS = st.lists(st.builds(Credit, AMOUNTS, st.integers(0, 4)), max_size=3)
RESIDUALS = st.integers(1, 50000).map(lambda cents: Decimal(cents) / 100) | st.sampled_from([100, 200]).map(Decimal)
FLAG = st.sampled_from([False] * 5 + [True])
STATE = st.sampled_from(
    [{}] * 6
    + [
        {"drafted": True},
        {"under_way": True},
        {"excluded": "intercompany"},
        {"residual": Decimal(0)},
        {"due_date": None},
    ]
)


@st.composite
def policies(draw):
    levels = st.builds(
        Level,
        id=st.integers(1, 99),
        sequence=st.integers(1, 6),
        stage=draw(st.sampled_from([STAGE, st.just(REMINDER)])),
        delay_days=st.integers(-2, 10),
        delay_basis=st.sampled_from([DUE_DATE, PREVIOUS_NOTICE, RESPONSE_DATE]),
        approval=st.sampled_from([AUTOMATIC, AUTOMATIC, MANUAL]),
    )
    return Policy(
        draw(st.integers(1, 9)),
        tuple(draw(st.lists(levels, min_size=1, max_size=6, unique_by=lambda each: each.id))),
        draw(AMOUNTS if draw(st.booleans()) else st.just(Decimal(0))),
        draw(st.integers(0, 7)),
        draw(st.booleans()),
        draw(st.integers(0, 7)),
    )


@st.composite
def open_items(draw, number, residuals=RESIDUALS):
    stage = draw(st.none() | STAGE)
    own = Item(
        number,
        draw(DAYS),
        draw(residuals),
        move_id=draw(st.integers(0, 4)),
        needs_sending=draw(st.booleans()),
        sent_on=None if draw(FLAG) else draw(DAYS),
        stage=stage,
        stage_count=draw(st.integers(0, 2)) if stage else 0,
        last_notice_on=draw(DAYS) if stage else None,
        response_until=draw(DAYS) if stage and not draw(FLAG) else None,
        holds=draw(SOME_HOLDS) if draw(FLAG) else (),
    )
    return replace(own, **draw(STATE))


@st.composite
def standings(draw, residuals=RESIDUALS, night=None, most=4):
    """A few items of a customer, with the credits and holds of their case as they are on `night`."""
    items = [draw(open_items(number, residuals)) for number in range(1, draw(st.integers(1, most)) + 1)]
    if draw(FLAG):
        items = allocate(items, draw(CREDITS), draw(SOME_HOLDS), night)
    return Standing(
        draw(st.integers(1, 2)),
        2 if draw(FLAG) else 1,
        draw(st.integers(1, 3)),
        tuple(items),
        draw(st.sampled_from([Decimal(1), Decimal("0.8")])),
        draw(DAYS) if draw(st.booleans()) else None,
    )


@st.composite
def nights(draw, residuals=RESIDUALS):
    """A standing, a policy and a night."""
    night = draw(NIGHTS)
    return draw(standings(residuals, night)), draw(policies()), night


@st.composite
def nights_of_all(draw):
    """The decisions of one night for a few standings of a few customers, currencies and two policies."""
    night = draw(NIGHTS)
    policy, other = draw(policies()), draw(policies())
    several = draw(st.lists(st.tuples(standings(night=night, most=2), st.booleans()), min_size=2, max_size=4))
    return [decide(own, policy if first else other, night) for own, first in several]


def customer(decision):
    return decision.standing.company_id, decision.standing.partner_id


def by_item(decision):
    return [(own, step) for own, step in zip(decision.standing.items, decision.steps, strict=True)]


def claimed_steps(decision):
    return [step for notice in decision.notices for step in notice.steps]


def rungs(policy):
    return sorted(policy.levels, key=lambda each: (STAGES.index(each.stage), each.sequence, each.id))


@examples
@given(nights(RESIDUALS | RESIDUALS.map(lambda amount: -amount)), st.booleans())
def test_every_item_has_exactly_one_step_with_a_reason_and_nothing_is_raised(night, without_policy):
    own, policy, today = night
    decision = decide(own, None if without_policy else policy, today)
    assert [step.item_id for step in decision.steps] == [each.id for each in own.items]
    assert {step.reason for step in decision.steps} <= set(REASONS)
    assert len(arbitrate([decision])) == 1
    assert not (without_policy and decision.notices)


@examples
@given(nights())
def test_the_same_question_has_the_same_answer(night):
    assert decide(*night) == decide(*night)


@examples
@given(nights())
def test_the_order_of_the_items_changes_no_step(night):
    own, policy, today = night
    turned = decide(replace(own, items=own.items[::-1]), policy, today)
    assert turned.steps[::-1] == decide(own, policy, today).steps


@examples
@given(nights_of_all())
def test_notices_claim_exactly_what_is_due_and_no_item_twice(decisions):
    for decision in [*decisions, *arbitrate(decisions)]:
        due = [step.item_id for step in decision.steps if step.reason == DUE]
        assert Counter(step.item_id for step in claimed_steps(decision)) == Counter(due)
        assert all(step in decision.steps for step in claimed_steps(decision))
        assert all(notice.steps and notice.amount_claimed > 0 for notice in decision.notices)


@examples
@given(nights())
def test_no_level_is_skipped_and_none_repeated(night):
    own, policy, today = night
    for each, step in by_item(decide(own, policy, today)):
        reached = STAGES.index(each.stage) if each.stage else 0
        left = [rung for rung in rungs(policy) if STAGES.index(rung.stage) >= reached]
        same = [rung for rung in left if each.stage and rung.stage == each.stage]
        ahead = left[min(each.stage_count, len(same)) :]
        assert step.level == (ahead[0] if ahead else None)


@examples
@given(nights())
def test_nothing_is_planned_on_or_before_the_due_date(night):
    own, policy, today = night
    for each, step in by_item(decide(own, policy, today)):
        assert step.reason != DUE or each.due_date < today


@examples
@given(nights())
def test_nothing_is_planned_before_its_delay_is_over(night):
    own, policy, today = night
    for each, step in by_item(decide(own, policy, today)):
        if step.reason == DUE:
            sent = each.sent_on + policy.min_days_after_sending * DAY if each.needs_sending and each.sent_on else None
            clock = max(each.due_date, sent or each.due_date)
            basis = {
                DUE_DATE: clock,
                PREVIOUS_NOTICE: each.last_notice_on or clock,
                RESPONSE_DATE: each.response_until,
            }[step.level.delay_basis]
            assert (today - basis).days >= step.level.delay_days
            assert not each.last_notice_on or each.last_notice_on < today


@examples
@given(nights())
def test_nothing_is_planned_for_an_item_that_must_not_be_dunned(night):
    own, policy, today = night
    for each, step in by_item(decide(own, policy, today)):
        held_whole = any(held.amount is None and held.is_active(today) for held in each.holds)
        never_sent = policy.only_sent and each.needs_sending and not each.sent_on
        if held_whole or never_sent or each.under_way or each.excluded or not each.residual or not step.claim.claimed:
            assert step.reason != DUE


@examples
@given(nights())
def test_nothing_new_is_planned_within_the_interval(night):
    own, policy, today = night
    for each, step in by_item(decide(own, policy, today)):
        if step.reason == DUE and own.last_left_on and not each.drafted:
            assert (today - own.last_left_on).days >= policy.min_days_between_notices


@examples
@given(nights())
def test_nothing_is_planned_below_the_minimum(night):
    own, policy, today = night
    decision = decide(own, policy, today)
    overdue = [
        step.claim.claimed
        for each, step in by_item(decision)
        if each.due_date and each.due_date < today and not each.excluded
    ]
    if decision.notices:
        assert sum(overdue) * own.rate >= policy.minimum_amount


@examples
@given(nights())
def test_reminders_share_a_notice_and_others_have_one_a_level(night):
    decision = decide(*night)
    assert len({notice.own_level_id for notice in decision.notices}) == len(decision.notices)
    for notice in decision.notices:
        levels = [step.level for step in notice.steps]
        if notice.own_level_id:
            assert set(levels) == {notice.level}
            assert notice.level.stage != REMINDER or notice.level.approval == MANUAL
        else:
            assert {(each.stage, each.approval) for each in levels} == {(REMINDER, AUTOMATIC)}
            assert notice.level == [each for each in rungs(night[1]) if each in levels][-1]


@examples
@given(nights(), st.integers(1, 60))
def test_what_is_due_and_left_alone_stays_due(night, later):
    """With an unchanged standing; a hold that begins later is a change, so there is none here."""
    own, policy, today = night
    begun = (
        replace(each, holds=tuple(held for held in each.holds if not held.since or held.since <= today))
        for each in own.items
    )
    own = replace(own, items=tuple(begun))
    before, after = decide(own, policy, today), decide(own, policy, today + later * DAY)
    for step, same in zip(before.steps, after.steps, strict=True):
        assert step.reason != DUE or (same.reason, same.level) == (DUE, step.level)


@examples
@given(nights())
def test_what_is_not_yet_due_is_due_on_its_next_date_unless_something_else_holds_it_back(night):
    own, policy, today = night
    for number, step in enumerate(decide(own, policy, today).steps):
        if step.reason in (NOT_YET, INTERVAL):
            assert step.next_date > today
            assert decide(own, policy, step.next_date - DAY).steps[number].reason != DUE
            assert decide(own, policy, step.next_date).steps[number].reason in (DUE, INTERVAL, HELD, BELOW_MINIMUM)


@examples
@given(nights_of_all())
def test_after_arbitration_each_customer_hears_of_one_stage_the_highest(decisions):
    def stages(of):
        found = {customer(decision): set() for decision in of}
        for decision in of:
            found[customer(decision)].update(notice.level.stage for notice in decision.notices)
        return found

    before, after = stages(decisions), stages(arbitrate(decisions))
    assert after == {each: set(sorted(found, key=STAGES.index)[-1:]) for each, found in before.items()}


@examples
@given(nights_of_all())
def test_arbitration_only_makes_lower_stages_wait_and_is_final(decisions):
    settled = arbitrate(decisions)
    assert arbitrate(settled) == settled
    for before, after in zip(decisions, settled, strict=True):
        assert (before.standing, before.policy) == (after.standing, after.policy)
        for step, same in zip(before.steps, after.steps, strict=True):
            assert same == step or (step.reason == DUE and same == replace(step, reason=HIGHER_STAGE, next_date=None))


@examples
@given(nights_of_all())
def test_no_customer_waits_for_another(decisions):
    together = arbitrate(decisions)
    for each in {customer(decision) for decision in decisions}:
        alone = arbitrate(decision for decision in decisions if customer(decision) == each)
        assert alone == [decision for decision in together if customer(decision) == each]


@examples
@given(open_items(1), policies())
def test_night_after_night_an_item_climbs_each_level_once_in_order(own, policy):
    fresh = Item(
        1, own.due_date or march(1), own.residual, needs_sending=own.needs_sending, sent_on=own.sent_on, holds=own.holds
    )
    left = climb(fresh, policy, nights=240)
    assert [number for _day, number in left] == [rung.id for rung in rungs(policy)][: len(left)]
    assert all(fresh.due_date < day for day, _number in left)
    gap = max(policy.min_days_between_notices, 1)
    assert all((later - day).days >= gap for (day, _), (later, _) in pairwise(left))


@examples
@given(nights())
def test_claimed_credit_and_held_make_up_what_is_open(night):
    for each, step in by_item(decide(*night)):
        claim = step.claim
        assert claim.claimed + claim.credit + claim.held == each.residual == claim.residual
        assert min(claim.claimed, claim.credit, claim.held) >= 0


# --- After a broken promise ---


@pytest.mark.parametrize(
    ("own", "night"),
    [
        pytest.param(item(due=march(1), at_once=True), march(2), id="no delay of the first level"),
        pytest.param(after_notice(REMINDER, 1, march(5), at_once=True), march(6), id="nor of the second"),
        pytest.param(
            after_notice(REMINDER, 1, march(5), at_once=True, response_until=march(12)),
            march(13),
            id="but what was granted is granted",
        ),
    ],
)
def test_at_once_waits_for_no_delay_of_the_level(own, night):
    assert first_night(own, LADDER) == night


def test_at_once_waits_for_the_days_between_two_notices():
    own = after_notice(REMINDER, 1, march(5), at_once=True)
    decision = decide(
        standing(own, last_left_on=march(5)), ladder(level(1), level(2, 30), min_days_between_notices=7), march(8)
    )
    assert (decision.steps[0].reason, decision.steps[0].next_date) == (INTERVAL, march(12))
