from odoo.exceptions import UserError
from odoo.tests import freeze_time

from .common import TODAY
from .test_screens import BILLING, MANAGER, ScreensCommon


@freeze_time(TODAY)
class TestApproval(ScreensCommon):
    """Notices that wait for approval: one manager, and from an amount on two."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_user("other", f"{BILLING},{MANAGER}")
        cls.first.approval = "manual"

    def draft(self, amount=100.0, partner=None):
        self.make_invoice(amount, days=6, partner=partner)
        self.night()
        return self.notices("draft", partner=partner)

    def approve(self, notice, user=None):
        return notice.with_user(user or self.manager).approve_at_desk()

    def test_one_manager_approves_while_no_amount_is_set(self):
        notice = self.draft(1_000_000)
        self.assertEqual(self.approve(notice), {"approved": 1, "messages": []})
        self.assertRecordValues(notice, [{"state": "approved", "approved_by": self.manager.id}])

    def test_from_the_amount_on_it_takes_two_people(self):
        self.company.dunning_second_approval_amount = 100
        notice = self.draft(100)
        answer = self.approve(notice)
        self.assertEqual(answer["approved"], 0)
        self.assertIn("second person", answer["messages"][0])
        self.assertRecordValues(notice, [{"state": "draft", "first_approved_by": self.manager.id}])
        self.assertIn("waits for a second person", notice.approval_remark)
        self.assertTrue(notice.first_approved_at)
        self.assertEqual(self.approve(notice, self.other), {"approved": 1, "messages": []})
        self.assertRecordValues(
            notice,
            [{"state": "approved", "first_approved_by": self.manager.id, "approved_by": self.other.id}],
        )
        self.assertFalse(notice.approval_remark)

    def test_below_the_amount_one_is_enough(self):
        self.company.dunning_second_approval_amount = 100.01
        self.approve(self.draft(100))
        self.assertTrue(self.notices("approved"))

    def test_the_amount_is_in_the_companys_currency(self):
        currency = self.setup_other_currency("CHF", rates=[])
        self.env["res.currency.rate"].create(
            {"name": "2020-01-01", "rate": 2, "currency_id": currency.id, "company_id": self.company.id}
        )
        self.company.dunning_second_approval_amount = 100
        self.make_invoice(199, days=6, currency_id=currency.id)
        self.night()
        self.assertFalse(self.notices("draft").needs_second_approval)
        self.company.dunning_second_approval_amount = 99.5
        self.assertTrue(self.notices("draft").needs_second_approval)

    def test_the_same_person_twice_is_told(self):
        self.company.dunning_second_approval_amount = 50
        notice = self.draft()
        self.approve(notice)
        self.assertIn("you approved it already", self.approve(notice)["messages"][0])
        with self.assertRaisesRegex(UserError, "another manager"):
            notice.with_user(self.manager).action_approve()
        self.assertEqual(notice.state, "draft")

    def test_a_first_approval_does_not_cover_more_than_was_seen(self):
        self.company.dunning_second_approval_amount = 50
        notice = self.draft()
        self.approve(notice)
        self.make_invoice(5, days=7)
        self.night()
        self.assertRecordValues(
            notice, [{"state": "draft", "first_approved_by": False, "reason": "More is claimed than was approved"}]
        )

    def test_a_first_approval_covers_less(self):
        self.company.dunning_second_approval_amount = 50
        notice = self.draft()
        self.approve(notice)
        self.pay(notice.line_ids.move_id, 40)
        self.night()
        self.assertRecordValues(notice, [{"amount_total": 60, "first_approved_by": self.manager.id}])
        self.approve(notice, self.other)
        self.assertEqual(notice.state, "approved")

    def test_what_somebody_else_approved_meanwhile_is_said(self):
        notice = self.draft()
        self.approve(notice, self.other)
        answer = self.approve(notice)
        self.assertEqual(answer["approved"], 0)
        self.assertIn("already approved by other", answer["messages"][0])
        self.assertEqual(notice.approved_by, self.other)

    def test_of_a_selection_the_rest_is_approved(self):
        second = self.make_customer("Second")
        notices = self.draft() | self.draft(partner=second)
        self.approve(notices[0], self.other)
        action = notices.with_user(self.manager).action_approve()
        self.assertEqual(set(notices.mapped("state")), {"approved"})
        self.assertIn("already approved by other", action["params"]["message"])

    def test_what_is_gone_or_cancelled_is_said(self):
        notice = self.draft()
        gone = notice.browse(notice.id + 1_000_000)
        notice._cancel("No longer due")
        messages = self.approve(notice | gone)["messages"]
        self.assertIn("No longer due", messages[0])
        self.assertIn("no longer there", messages[1])
        with self.assertRaisesRegex(UserError, "No longer due"):
            notice.with_user(self.manager).action_refuse("Late")

    def test_the_notices_of_chosen_cases_are_opened(self):
        notice, other = self.draft(), self.draft(partner=self.make_customer("Other"))
        action = notice.case_id.with_user(self.manager).action_open_notices_to_approve()
        self.assertEqual(self.env["account.dunning.notice"].search(action["domain"]), notice)
        self.approve(notice)
        with self.assertRaisesRegex(UserError, "waits for approval"):
            notice.case_id.with_user(self.manager).action_open_notices_to_approve()
        both = (notice | other).case_id.action_open_notices_to_approve()
        self.assertEqual(self.env["account.dunning.notice"].search(both["domain"]), other)

    def test_a_billing_user_approves_nothing(self):
        notice = self.draft()
        with self.assertRaises(UserError):
            self.approve(notice, self.billing)
        self.assertEqual(notice.state, "draft")

    def test_the_letter_beside_the_list_is_todays(self):
        notice = self.draft(1234)
        before = notice.read()
        letter = notice.with_user(self.billing).get_letter()
        for expected in ("1,234.00", "Level 1: ", "Debtor", "PREVIEW", "March 31, 2026"):
            self.assertIn(expected.replace("March 31, 2026", "2026"), letter["html"])
        self.env.invalidate_all()
        self.assertEqual(notice.read(), before)

    def test_an_issued_letter_is_the_stored_one(self):
        self.first.approval = "automatic"
        self.make_invoice(days=6)
        self.night()
        self.window()
        notice = self.notices("issued")
        letter = notice.with_user(self.billing).get_letter()
        self.assertIn(f"/web/content/{notice.document_id.id}", letter["url"])
