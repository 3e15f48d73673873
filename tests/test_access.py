from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import TODAY, DunningCommon

FIELDS = [
    "dunning_level_id",
    "dunning_state",
    "dunning_next_level_id",
    "dunning_next_date",
    "dunning_case_id",
    "dunning_reason",
    "dunning_item_ids",
]
MODELS = ["policy", "level", "channel", "provider", "case", "item", "notice", "notice.line", "delivery", "hold", "task"]
MODELS += ["contact", "event", "level.change", "run", "plan", "einvoice.code", "einvoice.status"]


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAccess(DunningCommon):
    def test_a_billing_user_reads_everything_about_the_dunning_of_an_invoice(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.window()
        user = self.make_user("billing", "account.group_account_invoice")
        invoice = invoice.with_user(user)
        self.env.invalidate_all()
        values = invoice.read([*FIELDS, "dunning_explanation", "dunning_notice_ids"])[0]
        self.assertEqual(values["dunning_state"], "in_progress")
        self.assertTrue(values["dunning_explanation"])
        for model in MODELS:
            self.env[f"account.dunning.{model}"].with_user(user).search([], limit=5).read()

    def test_a_billing_user_neither_configures_nor_approves(self):
        user = self.make_user("billing", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.policy.with_user(user).name = "Mine"
        with self.assertRaises(AccessError):
            self.env["account.dunning.notice"].with_user(user).check_access("create")

    def test_nobody_sees_another_company(self):
        invoice = self.make_invoice(days=6)
        self.night()
        invoice.dunning_set_einvoice_status("207")
        self.env["account.dunning.plan"].create({"case_id": self.item(invoice).case_id.id})
        other = self.env["res.company"].create({"name": "Other"})
        user = self.make_user("elsewhere", "account_dunning.group_dunning_manager", company=other)
        user.group_ids |= self.env.ref("account.group_account_invoice")
        for model in (
            "case",
            "item",
            "notice",
            "notice.line",
            "delivery",
            "task",
            "run",
            "event",
            "plan",
            "einvoice.status",
        ):
            self.assertFalse(self.env[f"account.dunning.{model}"].with_user(user).search([]), model)
        self.assertFalse(self.env["account.dunning.policy"].with_user(user).search([("company_id", "!=", False)]))

    def test_who_may_not_open_invoices_finds_by_their_numbers(self):
        invoice, other = self.make_invoice(days=6), self.make_invoice(days=6, partner=self.make_customer("Other"))
        self.night()
        auditor = self.make_user("auditor", "account_dunning.group_dunning_auditor")
        item = self.env["account.dunning.item"].with_user(auditor).search([("display_name", "ilike", invoice.name)])
        self.assertEqual(item, self.item(invoice))
        case = self.env["account.dunning.case"].with_user(auditor).search([("item_ids", "ilike", other.name)])
        self.assertEqual(case.partner_id, other.partner_id)

    def test_a_customer_in_the_portal_does_not_read_what_is_said_about_him(self):
        invoice = self.make_invoice(days=6)
        user = self.make_user("debtor", "base.group_portal")
        user.partner_id.parent_id = self.customer
        self.env.invalidate_all()
        self.assertTrue(invoice.with_user(user).read(["name"]))
        for record, name in ((invoice, "dunning_explanation"), (self.customer, "dunning_approval")):
            with self.assertRaises(AccessError):
                record.with_user(user).read([name])

    def test_a_billing_user_enters_the_work_on_a_case_and_not_its_figures(self):
        self.make_invoice(days=6)
        self.night()
        user = self.make_user("billing", "account.group_account_invoice")
        case = self.env["account.dunning.case"].search([("partner_id", "=", self.customer.id)]).with_user(user)
        case.user_id = user
        for vals in ({"state": "closed"}, {"amount_overdue": 0}, {"partner_id": user.partner_id.id}):
            with self.assertRaises(UserError):
                case.write(vals)

    def test_a_manager_changes_a_notice_by_its_transitions_only(self):
        self.first.approval = "manual"
        self.make_invoice(days=6)
        self.night()
        user = self.make_user("manager", "account.group_account_invoice", "account_dunning.group_dunning_manager")
        notice = self.notices("draft").with_user(user)
        for vals in ({"state": "issued"}, {"approved_by": user.id}, {"amount_total": 1}, {"date_left": TODAY}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                notice.write(vals)
        notice.action_approve()
        self.assertRecordValues(notice, [{"state": "approved", "approved_by": user.id}])
        notice.action_cancel()
        self.assertEqual(notice.state, "cancelled")

    def test_what_the_form_asks_for_beside_itself_is_for_dunning_users(self):
        """The customer reads his invoice in the portal; an employee without invoicing does not even read that."""
        invoice = self.make_invoice(days=6)
        self.night()
        portal, employee = self.make_user("debtor", "base.group_portal"), self.make_user("staff", "base.group_user")
        portal.partner_id.parent_id = self.customer
        self.env.invalidate_all()
        self.assertTrue(invoice.with_user(portal).read(["name"]))
        for user in (portal, employee):
            for method in ("get_dunning_timeline", "get_dunning_way"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(invoice.with_user(user), method)()

    def test_an_auditor_is_told_why_a_payment_of_the_timeline_does_not_open(self):
        invoice = self.make_invoice(days=6)
        self.night()
        self.pay(invoice, 10)
        auditor = self.make_user("auditor", "account_dunning.group_dunning_auditor")
        events = self.env["account.dunning.event"].with_user(auditor).search([])
        self.assertEqual(set(events.mapped("kind")), {"notice", "payment"})
        for event in events:
            if event.kind == "notice":
                self.assertEqual(event.action_open()["res_model"], "account.dunning.notice")
            else:
                with self.assertRaisesRegex(UserError, "kept in the books"):
                    event.action_open()

    def test_a_call_logged_without_a_next_step_has_the_one_of_its_outcome(self):
        self.make_invoice(days=6)
        self.night()
        case = self.env["account.dunning.case"].search([("partner_id", "=", self.customer.id)])
        for outcome, step in (("not_reached", "call_again"), ("forgotten", "none")):
            dialog = self.env["account.dunning.contact.wizard"].create({"case_id": case.id, "outcome": outcome})
            self.env.flush_all()
            self.assertEqual(dialog.next_step, step)

    def test_secrets_are_for_the_system_administrator_only(self):
        user = self.make_user("manager", "account.group_account_invoice", "account_dunning.group_dunning_manager")
        provider = self.env.ref("account_dunning.provider_email")
        provider.credentials = {"key": "secret"}
        with self.assertRaises(AccessError):
            provider.with_user(user).read(["credentials"])
        self.assertNotIn("credentials", provider.with_user(user).read()[0])


def get_specification(record, names):
    """What the web client asks of `web_read`: names of what is linked, nothing of what is listed."""
    linked = {"many2one": {"fields": {"display_name": {}}}}
    return {name: linked.get(record._fields[name].type, {}) for name in names}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestQueries(DunningCommon):
    def count_queries(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        return self.cr.sql_log_count - before

    def test_a_list_costs_the_same_whatever_its_length(self):
        invoices = self.env["account.move"].union(*(self.make_invoice(days=6) for _number in range(80)))
        self.night()
        invoices[:1].read(FIELDS)
        one = self.count_queries(lambda: invoices[:1].read(FIELDS))
        plain = self.count_queries(lambda: invoices.read(["name"]))
        many = self.count_queries(lambda: invoices.read(["name", *FIELDS]))
        self.assertLessEqual(many - plain, 10)
        self.assertLessEqual(many, one + 3)

    def test_the_form_adds_at_most_ten_queries(self):
        """The fields of the form view, read as the web client reads them, with and without ours."""
        invoice = self.make_invoice(days=6)
        self.night()
        names = self.get_form_fields(invoice)
        ours = [name for name in names if invoice._fields[name]._module == "account_dunning"]
        self.assertIn("dunning_explanation", ours)
        invoice.web_read(get_specification(invoice, names))
        plain = self.count_queries(
            lambda: invoice.web_read(get_specification(invoice, [name for name in names if name not in ours]))
        )
        form = self.count_queries(lambda: invoice.web_read(get_specification(invoice, names)))
        self.assertLessEqual(form - plain, 10)

    def get_form_fields(self, record):
        form = etree.fromstring(record.get_view(view_type="form")["arch"])
        return {node.get("name") for node in form.iter("field") if not list(node.iterancestors("field"))}

    def test_a_chunk_costs_the_same_queries_for_one_customer_and_for_eighty(self):
        customers = [self.make_customer(f"Customer {number}") for number in range(81)]
        for customer in customers:
            self.make_invoice(days=6, partner=customer)
        night = self.env["account.dunning.night"]

        def decide(partners):
            return lambda: night._decide_partners(self.company, [one.id for one in partners])

        decide(customers[:1])()
        one = self.count_queries(decide(customers[:1]))
        many = self.count_queries(decide(customers))
        self.assertLessEqual(many, 40)
        self.assertLessEqual(one, 40)
