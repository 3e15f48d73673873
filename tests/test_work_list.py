from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time

from .common import TODAY
from .test_screens import ScreensCommon


@freeze_time(TODAY)
class TestWorkList(ScreensCommon):
    """The tasks of a day, by money and urgency, and what each of them opens."""

    def make_task(self, kind="call", amount=100, waits=0, name="Debtor", **vals):
        partner = self.make_customer(name)
        self.make_invoice(amount, days=6, partner=partner, **vals)
        self.night()
        case = self.env["account.dunning.case"].search([("partner_id", "=", partner.id)])
        return case._raise_task(kind, TODAY - timedelta(days=waits)).with_user(self.billing)

    def find(self, tasks):
        found = self.env["account.dunning.task"].with_user(self.billing)
        return found.search([("id", "in", tasks.ids)], order="weight desc, date_due, id")

    def test_money_times_days_of_waiting(self):
        tasks = [
            self.make_task(amount=5000, waits=-1, name="Later"),
            self.make_task(amount=100, waits=9, name="Ten days"),
            self.make_task(amount=1001, waits=0, name="Today"),
            self.make_task(amount=20, waits=99, name="Hundred days"),
        ]
        found = self.find(self.env["account.dunning.task"].union(*tasks))
        self.assertEqual(found.mapped("partner_id.name"), ["Hundred days", "Today", "Ten days", "Later"])
        self.assertEqual(found.mapped("weight"), [2000, 1001, 1000, 0])

    def test_money_is_weighed_in_the_companys_currency(self):
        yen = self.setup_other_currency("JPY", rates=[])
        vals = {"name": "2020-01-01", "rate": 150, "currency_id": yen.id, "company_id": self.company.id}
        self.env["res.currency.rate"].create(vals)
        tasks = self.make_task(amount=15000, name="Yen", currency_id=yen.id) | self.make_task(amount=101, name="Near")
        self.assertEqual(self.find(tasks).mapped("partner_id.name"), ["Near", "Yen"])
        self.assertAlmostEqual(self.find(tasks)[1].weight, 100, 2)

    def test_each_kind_opens_what_it_asks_for(self):
        expected = {
            "call": "account.dunning.contact.wizard",
            "find_address": "res.partner",
            "decide": "account.dunning.decision",
            "review": "account.dunning.case",
            "find_payment": "account.payment",
            "send_invoice": "account.move.send.wizard",
            "correct": "account.dunning.case",
            "declare_claim": "account.dunning.case",
            "tell_lawyer": "account.dunning.case",
        }
        kinds = dict(self.env["account.dunning.task"]._fields["kind"].selection)
        case = self.make_task().case_id.sudo()
        case.task_ids._finish()
        for kind in kinds:
            with self.subTest(kind):
                task = case._raise_task(kind).with_user(self.billing)
                if kind in expected:
                    self.assertEqual(task.action_work()["res_model"], expected[kind])
                else:
                    with self.assertRaises(UserError):
                        task.action_work()

    def test_an_invoice_never_sent_is_sent_by_odoos_own_dialog(self):
        self.policy.only_sent = True
        task = self.make_task("send_invoice")
        self.assertEqual(task.action_work()["res_model"], "account.move.send.wizard")

    def test_a_letter_is_posted_from_its_task(self):
        self.first.channel_id = self.letter
        task = self.make_task("post_letter")
        self.window()
        self.dialog(task.action_work()).action_post()
        self.env.invalidate_all()
        self.assertEqual(task.state, "done")

    def test_an_uncertain_delivery_is_opened(self):
        task = self.make_task("settle_delivery")
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        delivery = task.sudo().case_id.notice_ids.delivery_ids
        delivery.state = "uncertain"
        self.assertEqual(task.action_work()["res_id"], delivery.id)

    def test_the_task_to_approve_ends_with_the_last_notice(self):
        self.first.approval = "manual"
        for act in ("action_approve", "action_refuse"):
            task = self.make_task("approve", name=act)
            notice = task.case_id.notice_ids
            getattr(notice.with_user(self.manager), act)()
            self.assertEqual(task.state, "done")


@freeze_time(TODAY)
class TestDecision(ScreensCommon):
    """The end of the ladder asks until it is answered, and again once the answer has run out."""

    def reach_the_end(self):
        self.policy.level_ids[1:].active = False
        self.make_invoice(days=6)
        self.night()
        self.window()

    def task(self):
        return self.case().task_ids.filtered(lambda task: task.kind == "decide" and task.state == "open")

    def decide(self, **values):
        self.dialog(self.task().with_user(self.billing).action_work(), **values).action_decide()
        self.env.invalidate_all()

    def test_marked_as_done_without_an_answer_it_is_asked_again(self):
        self.reach_the_end()
        with self.on(10):
            self.night()
            self.task().action_done()
            self.assertFalse(self.task())
        with self.on(11):
            self.night()
            self.assertTrue(self.task())

    def test_waiting_ends_and_the_question_comes_back(self):
        self.reach_the_end()
        with self.on(10):
            self.night()
            until = TODAY + timedelta(days=20)
            self.decide(choice="wait", date_until=until, note="Called")
            self.assertFalse(self.task())
            self.assertRecordValues(
                self.case().hold_ids,
                [{"kind": "pause", "pause_reason": "other", "date_until": until, "note": "Called"}],
            )
        with self.on(20):
            self.night()
            self.assertFalse(self.task())
        with self.on(21):
            self.night()
            self.assertTrue(self.task())

    def test_a_lawyer_gets_it_for_good(self):
        self.reach_the_end()
        with self.on(10):
            self.night()
            self.decide(choice="lawyer", note="Maître Roux")
        with self.on(300):
            self.night()
            self.assertFalse(self.task())
            self.assertRecordValues(self.case().hold_ids, [{"pause_reason": "lawyer", "date_until": False}])

    def test_instalments_are_a_plan_and_the_question_is_answered_with_it(self):
        self.reach_the_end()
        with self.on(10):
            self.night()
            decision = self.dialog(self.task().with_user(self.billing).action_work(), choice="plan")
            plan = self.dialog(decision.action_decide())
            self.assertTrue(self.task())
            plan.action_plan()
            self.assertFalse(self.task())
            self.assertEqual(set(self.case().hold_ids.mapped("kind")), {"promise"})

    def test_a_write_off_opens_the_invoices(self):
        self.reach_the_end()
        with self.on(10):
            self.night()
            dialog = self.dialog(self.task().with_user(self.billing).action_work(), choice="write_off")
            action = dialog.action_decide()
            self.assertEqual(action["res_model"], "account.move")
            self.assertEqual(self.case().hold_ids.pause_reason, "write_off")

    def test_a_day_that_is_over_is_refused(self):
        self.reach_the_end()
        with self.on(10):
            self.night()
            with self.assertRaises(UserError):
                self.decide(choice="wait", date_until=fields.Date.today())
