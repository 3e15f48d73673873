"""Builders with defaults, so that tests read like the manual."""

import email
import tempfile
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, tools
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from . import smtp_catcher

TODAY = date(2026, 3, 31)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class DunningCommon(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(user=SUPERUSER_ID)
        cls.company = cls.company_data["company"].with_env(cls.env)
        cls.company.write(
            {
                "dunning_mode": "send",
                "dunning_baseline_date": TODAY,
                "dunning_business_hours_only": False,
                "dunning_tz": "UTC",
                "email": "office@creditor.example",
                "street": "1 rue de Lyon",
                "zip": "75012",
                "city": "Paris",
                "company_registry": "994127009",
                "dunning_signatory": "Anne Durand",
                "dunning_signatory_role": "Chief executive",
            }
        )
        cls.bank = cls.make_bank(cls.company, "FR76 3000 4000 0100 0012 3456 401")
        cls.env["ir.config_parameter"].set_param("report.print_delay", 0)  # of Odoo's own invoices
        cls.email = cls.env.ref("account_dunning.channel_email")
        cls.letter = cls.env.ref("account_dunning.channel_letter")
        cls.registered = cls.env.ref("account_dunning.channel_registered_letter")
        cls.policy = cls.make_policy([(5, "reminder"), (15, "reminder"), (35, "formal_notice")])
        cls.first, cls.second, cls.formal = cls.policy.level_ids
        cls.company.dunning_policy_id = cls.policy
        cls.customer = cls.make_customer()

    @classmethod
    def make_bank(cls, company, number):
        """An account of the company that somebody has marked as trusted: letters ask for money to no other."""
        vals = {"acc_number": number, "partner_id": company.partner_id.id, "allow_out_payment": True}
        return cls.env["res.partner.bank"].create(vals)

    @classmethod
    def make_policy(cls, rungs, **vals):
        """A ladder of (days after the due date, stage); formal notices need approval, and have all they need."""
        levels = [Command.create(cls.prepare_level(number, *rung)) for number, rung in enumerate(rungs, 1)]
        vals = {
            "name": "Ladder",
            "company_id": cls.company.id,
            "level_ids": levels,
            "obligation": "the price of the work ordered",
            **vals,
        }
        return cls.env["account.dunning.policy"].create(vals)

    @classmethod
    def prepare_level(cls, number, days, stage):
        level = {
            "name": f"Level {number}",
            "sequence": number,
            "delay_days": days,
            "stage": stage,
            "channel_id": (cls.email if stage == "reminder" else cls.registered).id,
            "approval": "automatic" if stage == "reminder" else "manual",
            "subject": f"Level {number}: {{amount}}",
            "body": f"<p>Text of level {number} for {{customer}}.</p>",
        }
        if stage == "reminder":
            return level
        return {
            **level,
            "subject": "Formal notice to pay {amount}",
            "response_days": 8,
            "consequences": "<p>Without payment we shall go to the competent court.</p>",
            "legal_texts": "Civil Code, article 1344.",
        }

    @classmethod
    def make_customer(cls, name="Debtor", **vals):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "email": f"{name.lower().replace(' ', '.')}@debtor.example",
                "street": "2 rue du Port",
                "zip": "13002",
                "city": "Marseille",
                "lang": "en_US",
                **vals,
            }
        )

    @classmethod
    def make_user(cls, login, *groups, company=None):
        """A user of one company with these groups. No chat with OdooBot: it asks the server at any moment, and a test's
        server turns away what comes while a PDF is made."""
        company = company or cls.company
        belongs = {"company_id": company.id, "company_ids": [Command.set(company.ids)]}
        return new_test_user(cls.env, login, groups=",".join(groups), odoobot_state="disabled", **belongs)

    @classmethod
    def make_invoice(cls, amount=100.0, days=6, partner=None, **vals):
        """A posted invoice that fell due `days` days ago."""
        due = cls.today() - timedelta(days=days)
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.customer).id,
                "company_id": cls.company.id,
                "invoice_date": due - timedelta(days=30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "Work", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
                **vals,
            }
        )
        invoice.action_post()
        return invoice

    @classmethod
    def make_credit_note(cls, amount, partner=None):
        return cls.make_invoice(amount, partner=partner, move_type="out_refund")

    def pay(self, invoice, amount=None):
        return self._register_payment(invoice, **({"amount": amount} if amount else {}))

    @classmethod
    def today(cls):
        return cls.company._dunning_today()

    # === A real mail server === #

    def catch_mails(self):
        """From now on e-mails go over SMTP to a server of the test, which keeps them: see `mails`."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outbox = Path(folder.name)
        self.server = smtp_catcher.start(self.outbox)
        self.addCleanup(self.server.stop)
        self.startPatcher(patch.object(type(self.env["ir.mail_server"]), "_disable_send", lambda _self: False))
        self.startPatcher(patch.dict(tools.config.options, {"smtp_server": "127.0.0.1", "smtp_port": self.server.port}))
        self.env["ir.mail_server"].search([]).active = False

    def mails(self):
        return [email.message_from_bytes(path.read_bytes()) for path in sorted(self.outbox.glob("*.eml"))]

    # === The jobs === #

    @contextmanager
    def job(self):
        """The environment of a job, which may commit; what it did is seen afterwards."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr)
        self.env.invalidate_all()

    def get_download(self, action):
        """The file that the browser is told to fetch."""
        url = action["params"]["url"] if action["type"] == "ir.actions.client" else action["url"]
        return self.env["ir.attachment"].browse(int(url.split("/")[3].partition("?")[0]))

    def night(self, company=None):
        with self.job() as env:
            run = env["account.dunning.run"]._start((company or self.company).with_env(env))
            run._work()
        return run.with_env(self.env)

    def window(self):
        """Issue and deliver, without a mail server: the sending of each e-mail is recorded as accepted."""
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
            for delivery in env["account.dunning.delivery"].search([("state", "=", "queued")]):
                if delivery.method == "email":
                    delivery._record_sent(self.today())

    def on(self, days_later):
        """with self.on(5): ... five days after today"""
        return freeze_time(TODAY + timedelta(days=days_later))

    # === What is there === #

    def notices(self, *states, partner=None):
        domain = [("partner_id", "=", (partner or self.customer).id)]
        if states:
            domain.append(("state", "in", states))
        return self.env["account.dunning.notice"].search(domain, order="id")

    def item(self, invoice):
        return self.env["account.dunning.item"].search([("move_id", "=", invoice.id)])
