"""Nobody sees another company: a manager of one tries all that another has."""

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from . import access_matrix
from .access_scenario import QUIET, AccessScenario
from .common import TODAY

OF_ALL_COMPANIES = (  # what the law says
    "account.dunning.einvoice.code",
    "account.late.interest.rate",
    "account.late.interest.regime",
    "account.late.interest.compensation",
)
OF_A_CASE = ("account.dunning.contact.wizard", "account.dunning.decision", "account.dunning.plan.wizard")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAnotherCompany(AccessScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other"})
        groups = "account.group_account_invoice", "account_dunning.group_dunning_manager"
        provider = cls.env["account.dunning.provider"].create(
            {"name": "Ours", "code": "email", "company_id": cls.company.id}
        )
        cls.letter.copy({"company_id": cls.company.id, "provider_id": provider.id})
        cls.users = {**cls.users, "stranger": cls.make_user("stranger", *groups, company=cls.other)}

    def setUp(self):
        super().setUp()
        self.stranger = self.env_of("stranger")
        self.env.invalidate_all()

    def theirs(self, model):
        """All records of the first company."""
        found = self.env[model].search([])
        return found.filtered(lambda record: record.company_id == self.company) if "company_id" in found else found

    def each_model(self):
        """(its name, records of the first company); of a dialog one that its manager filled in."""
        for model in access_matrix.get_models(self.env):
            if model in OF_ALL_COMPANIES:
                continue
            records = self.fill_in_line(model) if self.env[model]._transient else self.theirs(model)
            self.assertTrue(records, f"the scenario has no {model}")
            yield model, records

    def fill_in_line(self, model):
        """A dialog, or a line of one in its dialog."""
        records = self.get_candidates("manager", model)
        if "wizard_id" in records and not records.wizard_id:
            records.wizard_id = self.get_candidates("manager", records.wizard_id._name)
        return records

    def try_each_model(self, trial):
        for model, records in list(self.each_model()):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(model=model), mute_logger(*QUIET):
                trial(self.stranger[model].browse(records.ids))

    def test_nothing_is_found(self):
        self.try_each_model(self.check_not_found)

    def check_not_found(self, records):
        domain = [("id", "in", records.ids)]
        self.assertFalse(records.search(domain))
        self.assertFalse(records.name_search("", domain))
        self.assertEqual(records.web_search_read(domain, {"display_name": {}})["records"], [])
        self.assertEqual(records.formatted_read_group(domain, [], ["__count"])[0]["__count"], 0)

    def test_nothing_is_read_by_its_id(self):
        self.try_each_model(self.check_not_read)

    def check_not_read(self, records):
        for record in records:
            with self.assertRaises(AccessError):
                record.read(["display_name"])
            with self.assertRaises(AccessError):
                record.web_read({"display_name": {}})

    def test_nothing_is_changed_or_deleted(self):
        self.try_each_model(self.check_not_changed)

    def check_not_changed(self, records):
        for operation in ("write", "unlink"):
            self.assertFalse(records[0].has_access(operation))

    def test_no_button_works(self):
        for model, method in sorted(self.get_methods()):
            with self.subTest(model=model, method=method), mute_logger(*QUIET):
                if model in OF_ALL_COMPANIES:
                    continue
                records = self.get_candidates("manager", model)
                shared = "company_id" in records and records.filtered(lambda record: not record.company_id)
                self.check_refused("stranger", records - (shared or records.browse()), method)

    def test_no_dialog_works_with_ids_of_the_other_company(self):
        """A dialog may be filled in with any numbers; what it then does and shows counts."""
        for model, method in sorted(self.get_methods()):
            if self.env[model]._transient and not model.startswith("account.dunning.dry.run"):
                with self.subTest(model=model, method=method), mute_logger(*QUIET):
                    self.check_dialog(model, method)

    def test_no_dialog_tells_of_the_other_company(self):
        """Its numbers may be entered, the names behind them are not told."""
        customers = self.theirs("account.dunning.case").partner_id.mapped("name")
        for model in access_matrix.get_models(self.env):
            if self.env[model]._transient and not model.startswith("account.dunning.dry.run"):
                with self.subTest(model=model), mute_logger(*QUIET):
                    told = self.read_dialog(model)
                    self.assertFalse([name for name in customers if name in told])

    def test_a_dry_run_tells_neither_of_another_company_nor_of_another_user(self):
        dry_run = self.fill_in(self.env_of("manager"), "account.dunning.dry.run")
        start = self.stranger["account.dunning.start"].create({"dry_run_id": dry_run.id})
        mine = self.stranger["account.dunning.dry.run"].create({"company_id": self.company.id})
        setup = self.stranger["account.dunning.setup"].create({"company_id": self.company.id})
        asked = ((start, "notice_count"), (start, "bank_warning"), (start, "notice_group_ids"))
        for record, name in (*asked, (mine, "mode"), (mine, "bank_warning"), (setup, "mode")):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(record=record, name=name), self.assertRaises(AccessError), mute_logger(*QUIET):
                record.read([name])

    def test_a_dialog_about_a_case_of_the_other_company_is_not_filled_in(self):
        """What it would propose, such as the amount overdue or whom to call, is that company's own."""
        case = self.theirs("account.dunning.case")[0]
        for model in OF_A_CASE:
            given = {"case_id": case.id, "outcome": "cash"}
            with self.subTest(model=model), self.assertRaises(AccessError), mute_logger(*QUIET):
                dialog = self.stranger[model].create({name: given[name] for name in given if name in self.env[model]})
                self.env.flush_all()
                self.env.invalidate_all()
                dialog.read(["company_id", "currency_id"])

    def read_dialog(self, model):
        try:
            dialog = self.fill_in(self.stranger, model)[:1]
            names = [name for name, field in dialog._fields.items() if field.type != "many2one" or field.related]
            self.env.flush_all()
            self.env.invalidate_all()
            return str(dialog.web_read({name: {"fields": {"display_name": {}}} for name in names}))
        except AccessError:
            return ""

    def check_dialog(self, model, method):
        try:
            dialogs = self.fill_in(self.stranger, model)
        except AccessError:
            return
        for dialog in dialogs:
            self.env.flush_all()
            called = getattr(dialog, method)
            if not self.is_refused(called):
                self.assertFalse(self.changes_theirs(called), f"{model}.{method} changes another company")

    def changes_theirs(self, called):
        before = self.get_state()
        with self.undone():
            called()
            self.env.flush_all()
            return self.get_state() != before

    def get_state(self):
        """All that the first company has, as it is stored."""
        models = [name for name in access_matrix.get_models(self.env) if not self.env[name]._transient]
        return {name: [self.theirs(name).sudo().read()] for name in models if self.env[name]._auto}

    def test_no_letter_or_mail_is_downloaded(self):
        notices, deliveries = self.theirs("account.dunning.notice"), self.theirs("account.dunning.delivery")
        letters = notices.document_id
        waiting = deliveries.filtered(lambda delivery: not delivery.date_left)[:1]
        waiting._store_contents({waiting: b"From: us"})
        scan = self.env["ir.attachment"].create(
            {"name": "scan", "raw": b"scan", "res_model": "account.dunning.delivery"}
        )
        scan.res_id = deliveries[0].id
        printed = self.print_all()
        self.env.invalidate_all()
        self.assertTrue(letters and deliveries.content_id and printed)
        for attachment in letters | waiting.content_id | scan | printed:
            with self.subTest(attachment=attachment.name), mute_logger(*QUIET):
                with self.assertRaises(AccessError):
                    attachment.with_env(self.stranger).read(["raw"])
                with self.assertRaises(AccessError):
                    self.stranger["ir.binary"]._find_record(res_model="ir.attachment", res_id=attachment.id)

    def print_all(self):
        """Letters of several customers, as one file that belongs to the dialog of who printed it."""
        dialog = self.fill_in(self.env_of("manager"), "account.dunning.print")[0]
        dialog.kind = "copy"
        action = dialog.action_print()
        action = self.env_of("manager")[action["res_model"]].browse(action["res_id"]).action_print()
        return self.get_download(action)

    def test_messages_of_a_case_stay_in_the_company(self):
        case = self.theirs("account.dunning.case")[0]
        message = case.message_post(body="He is bankrupt")
        self.env.invalidate_all()
        self.assertFalse(self.stranger["mail.message"].search([("id", "=", message.id)]))
        with self.assertRaises(AccessError), mute_logger(*QUIET):
            message.with_env(self.stranger).read(["body"])

    def test_fields_of_shared_customers_tell_of_ones_own_company_only(self):
        customer = self.theirs("account.dunning.case").partner_id[0].with_env(self.stranger)
        self.assertEqual((customer.dunning_case_count, customer.dunning_amount_overdue), (0, 0))
        move = self.theirs("account.dunning.item").move_id[0]
        self.env.invalidate_all()
        with self.assertRaises(AccessError), mute_logger(*QUIET):
            move.with_env(self.stranger).read(["dunning_state"])


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBranch(AccessScenario):
    """Who works in a branch sees its own; of the parent the settings, no debts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Branch", "parent_id": cls.company.id})
        groups = "account.group_account_invoice", "account_dunning.group_dunning_manager"
        cls.users = {**cls.users, "branch": cls.make_user("branch", *groups, company=cls.branch)}

    def test_policies_of_the_parent_are_seen_and_its_debts_are_not(self):
        env = self.env_of("branch")
        for model in access_matrix.get_models(self.env):
            fields = self.env[model]._fields
            if "company_id" not in fields or self.env[model]._transient:
                continue
            with self.subTest(model=model):
                shared = model.rpartition(".")[2] in ("policy", "level", "channel", "provider", "root")
                found = env[model].search([("company_id", "=", self.company.id)])
                there = self.env[model].search([("company_id", "=", self.company.id)])
                self.assertEqual(found.ids, there.ids if shared else [])
