import base64
from datetime import date, timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import TODAY
from .test_screens import ScreensCommon


def day(number):
    return TODAY + timedelta(days=number)


class EinvoiceCommon(ScreensCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self.make_invoice(100, days=6)

    def tell(self, code, *args, invoice=None, **kwargs):
        (invoice or self.invoice).with_user(self.billing).dunning_set_einvoice_status(code, *args, **kwargs)
        self.env.invalidate_all()

    def holds(self, invoice=None):
        return self.item(invoice or self.invoice).case_id.hold_ids

    def statuses(self, invoice=None):
        domain = [("move_id", "=", (invoice or self.invoice).id)]
        return self.env["account.dunning.einvoice.status"].search(domain, order="id")

    def claimed(self):
        return self.item(self.invoice).amount_claimed


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestEinvoiceStatuses(EinvoiceCommon):
    """What the platform says of an invoice pauses, disputes or resumes its dunning."""

    def test_what_each_code_does(self):
        disputes, pauses, grace = {"206", "207", "208"}, {"210", "213", "501"}, {"211"}
        codes = self.env["account.dunning.einvoice.code"].search([]).mapped("code")
        self.assertLessEqual(disputes | pauses | grace | {"200", "205", "212", "220", "228"}, set(codes))
        for code in codes:
            with self.subTest(code):
                invoice = self.make_invoice(100, days=6, partner=self.make_customer(f"Customer {code}"))
                self.tell(code, reason="Because", invoice=invoice)
                kind = "dispute" if code in disputes else "pause" if code in pauses | grace else False
                self.assertEqual(self.holds(invoice).kind, kind)
                self.assertEqual(
                    invoice.dunning_state, "on_hold" if kind else "scheduled" if self.item(invoice) else "none"
                )

    def test_in_dispute_for_a_part(self):
        self.tell("207", "2026-03-30", "Two hours too many", 40)
        self.assertRecordValues(
            self.holds(),
            [
                {
                    "kind": "dispute",
                    "amount": 40,
                    "category": "Two hours too many",
                    "date_from": day(-1),
                    "date_until": False,
                }
            ],
        )
        self.assertEqual(self.claimed(), 60)
        self.night()
        self.assertEqual(self.notices("draft").amount_total, 60)
        self.assertFalse(self.case().task_ids)

    def test_a_dispute_without_a_motive_asks_for_it(self):
        self.tell("208")
        self.assertIn("motive", self.case().task_ids.filtered(lambda task: task.kind == "call").note)

    def test_a_refused_invoice_is_to_be_corrected_or_credited(self):
        self.tell("210", reason="Wrong order number")
        self.assertRecordValues(
            self.holds(), [{"kind": "pause", "pause_reason": "einvoice_status", "date_until": False}]
        )
        self.assertIn("Wrong order number", self.holds().note)
        task = self.case().task_ids
        self.assertEqual(task.kind, "correct")
        self.assertIn(self.invoice.name, task.note)

    def test_approved_in_part_holds_the_rest(self):
        self.tell("206", amount=30)
        self.assertEqual(self.claimed(), 70)

    def test_a_payment_transmitted_gives_three_working_days(self):
        self.tell("211", day(-1))  # Monday: until Thursday
        self.assertEqual(self.holds().date_until, day(2))
        with self.on(3):
            self.night()
            self.assertRecordValues(self.holds(), [{"state": "ended", "outcome": "expired"}])
            self.assertTrue(self.notices("draft"))

    def test_a_grace_that_is_over_holds_nothing(self):
        self.tell("211", day(-20))
        self.assertEqual(len(self.statuses()), 1)
        self.assertFalse(self.holds())

    def test_a_later_normal_status_lifts_what_the_platform_made(self):
        self.tell("207", day(-3))
        self.tell("205", day(-1))
        self.assertRecordValues(self.holds(), [{"state": "ended", "outcome": "lifted"}])
        self.assertEqual(self.item(self.invoice).reason, "due")

    def test_but_never_what_a_person_made(self):
        button = self.invoice.with_user(self.billing).with_context(dunning_hold_kind="dispute")
        self.dialog(button.action_dunning_hold(), category="Mine").action_hold()
        self.env.invalidate_all()
        self.tell("207")
        self.tell("205")
        active = self.holds().filtered(lambda hold: hold.state == "active")
        self.assertEqual(active.category, "Mine")

    def test_one_problem_replaces_another(self):
        self.tell("207", day(-3), amount=40)
        self.tell("210", day(-1))
        self.assertEqual(self.holds().filtered(lambda hold: hold.state == "active").kind, "pause")

    def test_an_older_status_that_comes_late_changes_nothing(self):
        self.tell("205", day(-1))
        self.tell("207", day(-3))
        self.assertEqual(len(self.statuses()), 2)
        self.assertFalse(self.holds())

    def test_the_same_status_twice_is_one(self):
        for _time in range(2):
            self.tell("207", day(-1), "Price", 40)
        self.tell("207", day(-1))
        self.assertRecordValues(self.statuses(), [{"reason": "Price", "amount": 40}])
        self.assertEqual(len(self.holds()), 1)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.statuses().copy()

    def test_without_a_day_the_last_one_is_not_repeated(self):
        self.tell("207")
        with self.on(2):
            self.tell("207")
        self.assertEqual(self.statuses().date, TODAY)

    def test_what_was_missing_is_filled_in(self):
        self.tell("207", day(-1))
        self.tell("207", day(-1), "Price", 40)
        self.assertRecordValues(self.holds(), [{"category": "Price", "amount": 40}])
        self.assertEqual(self.claimed(), 60)

    def test_what_a_person_lifted_stays_lifted(self):
        self.tell("207", day(-1))
        self.holds().action_lift()
        self.tell("207", day(-1))
        self.assertEqual(self.holds().mapped("state"), ["ended"])

    def test_a_paid_invoice_keeps_its_history_only(self):
        self.pay(self.invoice)
        self.tell("207")
        self.assertEqual(len(self.statuses()), 1)
        self.assertFalse(self.holds())

    def test_what_is_wrong_is_said(self):
        draft = self.invoice.copy()
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.customer.id})
        for invoice, code, values in (
            (self.invoice, "299", {}),
            (self.invoice, "207", {"date": day(1)}),
            (self.invoice, "207", {"amount": 101}),
            (self.invoice, "207", {"amount": -1}),
            (draft, "207", {}),
            (bill, "207", {}),
        ):
            with self.subTest(code=code, **values), self.assertRaises(UserError):
                self.tell(code, invoice=invoice, **values)
        with self.assertRaisesRegex(UserError, "299 is no known .* 207"):
            self.tell("299")
        self.assertFalse(self.statuses())

    def test_only_who_may_change_the_invoice(self):
        reader = self.make_user("reader", "base.group_user")
        with self.assertRaises(AccessError):
            self.invoice.with_user(reader).dunning_set_einvoice_status("207")

    def test_it_is_in_the_timeline_of_the_case(self):
        self.night()
        self.tell("207", day(-1), "Price", 40)
        event = self.case().with_user(self.billing).event_ids.filtered(lambda event: event.kind == "einvoice")
        self.assertEqual((event.amount, event.date), (40, day(-1)))
        self.assertIn("207", event.description)
        self.assertIn("Price", event.description)
        self.assertEqual(event.action_open()["res_id"], self.statuses().id)

    def test_by_hand_from_the_invoice(self):
        action = {"res_model": "account.dunning.einvoice.wizard", "context": {"default_move_ids": self.invoice.ids}}
        code = self.env.ref("account_dunning.einvoice_code_207")
        with self.assertRaises(AssertionError):  # a dispute needs its motive
            self.dialog(action, code_id=code)
        wizard = self.dialog(action, code_id=code, reason="Price", amount=40)
        wizard.action_set()
        self.env.invalidate_all()
        self.assertRecordValues(self.statuses(), [{"user_id": self.billing.id, "amount": 40, "date": TODAY}])
        again = self.dialog(action, code_id=self.env.ref("account_dunning.einvoice_code_205"))
        self.assertEqual(again.status_ids.sudo(), self.statuses())


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestEinvoiceImport(EinvoiceCommon):
    """A file of statuses: all of its lines, or none."""

    def load(self, text, encoding="utf-8", companies=None, user=None):
        """(the answer, the dialog) of importing this file"""
        model = self.env["account.dunning.einvoice.import"].with_user(user or self.billing)
        model = model.with_context(allowed_company_ids=(companies or self.company).ids)
        wizard = model.create({"file": base64.b64encode(text.encode(encoding))})
        answer = wizard.action_import()
        self.env.invalidate_all()
        return answer, wizard

    @classmethod
    def make_other_company(cls):
        cls.product_category = cls.product_category.with_env(cls.env)
        return cls.setup_other_company(name="Other")["company"].with_env(cls.env)

    def test_a_file_of_a_spreadsheet(self):
        other = self.make_invoice(days=6)
        lines = [
            "Numéro;Code;Date;Motif;Montant",
            f"{self.invoice.name};207;30/03/2026;Qualité;40,00",
            f"{other.name};210;2026-03-31;;",
        ]
        answer, _wizard = self.load("\r\n".join(lines), "cp1252")
        self.assertEqual(answer["params"]["type"], "success")
        self.assertRecordValues(
            self.statuses() | self.statuses(other),
            [
                {"date": day(-1), "reason": "Qualité", "amount": 40, "user_id": self.billing.id},
                {"date": TODAY, "reason": "", "amount": 0, "user_id": self.billing.id},
            ],
        )
        self.load("\r\n".join(lines), "cp1252")
        self.assertEqual(len(self.statuses()), 1)

    def test_every_wrong_line_is_named_and_nothing_is_recorded(self):
        lines = [
            "number,code,date,reason,amount",
            f"{self.invoice.name},207,,,",
            "NOBODY/1,207,,,",
            f"{self.invoice.name},299,,,",
            f"{self.invoice.name},207,31/31/2026,,",
            f"{self.invoice.name},207,,,500",
        ]
        answer, wizard = self.load("\n".join(lines))
        self.assertEqual(answer["res_id"], wizard.id)
        problems = wizard.problems.splitlines()
        self.assertEqual([line.partition(":")[0] for line in problems], ["Line 3", "Line 4", "Line 5", "Line 6"])
        self.assertIn("NOBODY/1", problems[0])
        self.assertIn("31/31/2026", problems[2])
        self.assertFalse(self.statuses())

    def test_a_file_without_columns_says_how_to_name_them(self):
        _answer, wizard = self.load(f"{self.invoice.name};207")
        self.assertIn("number;code;date;reason;amount", wizard.problems)

    def test_each_company_gets_its_own(self):
        other = self.make_other_company()
        user = self.make_user("both", "account.group_account_invoice")
        user.company_ids |= other
        theirs = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "invoice_date": date(2026, 2, 1),
                    "invoice_date_due": date(2026, 3, 1),
                    "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 100, "tax_ids": []})],
                }
            )
        )
        theirs.action_post()
        theirs.name = self.invoice.name
        line = f"number;code\n{self.invoice.name};207\n"
        _answer, wizard = self.load(line, companies=self.company | other, user=user)
        self.assertIn("several companies", wizard.problems)
        self.load(line, companies=other, user=user)
        self.assertEqual((len(self.statuses(theirs)), len(self.statuses())), (1, 0))
        self.assertEqual(self.holds(theirs).company_id, other)
        theirs.name = "OTHER/0001"
        lines = f"number;code\n{self.invoice.name};207\nOTHER/0001;205\n"
        self.load(lines, companies=self.company | other, user=user)
        self.assertEqual(self.holds().company_id, self.company)
        self.assertEqual(self.holds(theirs).state, "ended")
        self.load(f"number;code\n{theirs.name};210\n", companies=self.company)
        self.assertEqual(len(self.statuses(theirs)), 2)
