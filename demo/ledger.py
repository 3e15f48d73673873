"""A year of a French company's receivables, made through Odoo's own methods, relative to today."""

import random
from datetime import timedelta
from itertools import cycle

from stdnum import luhn
from stdnum.fr import siren as stdnum_siren

from odoo import Command, fields

from .customers import BUSINESSES, CONSUMERS, FOREIGN, PUBLIC_BODIES

SEED = 19
SERVICES = ("Luminaires sur mesure", "Pose et réglage", "Étude d'éclairage", "Maintenance annuelle", "Pièces détachées")

# state: how many invoices, due between so many days ago (negative: in the future)
PLAN = {
    "paid": (138, 20, 330),
    "open": (44, 1, 190),
    "not_due": (24, -28, -1),
    "part_paid": (12, 4, 120),
    "instalments": (12, 6, 90),
    "credited": (8, 5, 110),
    "unmatched_payment": (4, 12, 45),
    "payment_on_its_way": (3, 6, 20),
    "statement_line": (3, 8, 30),
    "blocked": (2, 15, 60),
}
NOT_SENT = 10  # open or not due


def siren(first_eight):
    return first_eight + luhn.calc_check_digit(first_eight)


class Ledger:
    def __init__(self, env):
        self.today = fields.Date.today()
        self.random = random.Random(SEED)
        self.company = self._prepare_company(env)
        self.env = env(context={"allowed_company_ids": self.company.ids, "tracking_disable": True})
        self.company = self.company.with_env(self.env)
        self.bank_journal = self.env["account.journal"].search([("type", "=", "bank")], limit=1)

    def build(self):
        self.customers = self._create_customers()
        self._create_rates()
        invoices = {state: self._create_invoices(state, *plan) for state, plan in PLAN.items()}
        self._send(invoices)
        for state, moves in invoices.items():
            settle = getattr(self, f"_settle_{state}", None)
            if settle:
                settle(moves)
        self._create_opening_balance()

    # === The company === #

    def _prepare_company(self, env):
        """The main company while nothing is posted in it, else a company of its own."""
        company = env.ref("base.main_company")
        if env["account.move"].sudo().search_count([("company_id", "=", company.id)], limit=1):
            company = env["res.company"].create({"name": "Atelier Lumen", "country_id": env.ref("base.fr").id})
            admin = env.ref("base.user_admin")
            admin.write({"company_ids": [Command.link(company.id)], "company_id": company.id})
        company.write(self._prepare_company_vals(env))
        charts = dict(env["account.chart.template"]._get_chart_template_mapping())
        code = "fr" if "fr" in charts else "generic_coa"
        if company.chart_template != code:
            env["account.chart.template"].try_loading(code, company, install_demo=False)
        self._prepare_bank(env, company)
        self._prepare_signatory(env, company)
        return company

    def _prepare_company_vals(self, env):
        number = siren("99412700")
        return {
            "name": "Atelier Lumen SAS",
            "street": "24 rue des Canuts",
            "zip": "69004",
            "city": "Lyon",
            "country_id": env.ref("base.fr").id,
            "currency_id": env.ref("base.EUR").id,
            "phone": "+33 4 72 00 00 12",
            "email": "comptabilite@atelier-lumen.example",
            "website": "https://www.atelier-lumen.example",
            "company_registry": number,
            "vat": f"FR{stdnum_siren.to_tva(number)}".replace(" ", ""),
        }

    def _prepare_bank(self, env, company):
        bank = env["res.bank"].create({"name": "Banque des Canuts", "bic": "CANUFRPP"})
        account = env["res.partner.bank"].create(
            {
                "acc_number": "FR76 3000 4000 0100 0012 3456 401",
                "partner_id": company.partner_id.id,
                "bank_id": bank.id,
                "company_id": company.id,
                "allow_out_payment": True,
            }
        )
        journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
        journal.bank_account_id = account

    def _prepare_signatory(self, env, company):
        admin = env.ref("base.user_admin")
        admin.partner_id.write(
            {"name": "Claire Vasseur", "function": "Directrice administrative et financière", "lang": "fr_FR"}
        )
        admin.write({"email": "claire.vasseur@atelier-lumen.example", "tz": "Europe/Paris"})
        company.write({"dunning_signatory": admin.name, "dunning_signatory_role": admin.function})
        company.partner_id.write({"lang": "fr_FR", "child_ids": [Command.link(admin.partner_id.id)]})

    # === Customers === #

    def _create_customers(self):
        groups = ((BUSINESSES, True), (CONSUMERS, False), (PUBLIC_BODIES, True), (FOREIGN, True))
        customers = [(customer, is_company) for group, is_company in groups for customer in group]
        records = [
            {"xml_id": f"account_dunning.demo_customer_{number}", "noupdate": True, "values": vals}
            for number, vals in enumerate((self._prepare_customer_vals(*customer) for customer in customers), 1)
        ]
        partners = self.env["res.partner"]._load_records(records)
        self.currency_by_partner = {
            partner: self.env["res.currency"].with_context(active_test=False).search([("name", "=", one.currency)])
            for partner, (one, _is_company) in zip(partners, customers, strict=True)
        }
        return partners

    def _prepare_customer_vals(self, customer, is_company):
        number = siren(customer.siren) if customer.siren else False
        slug = customer.name.lower().split()[-1].strip(".").encode("ascii", "ignore").decode() or "client"
        return {
            "name": customer.name,
            "is_company": is_company,
            "street": customer.street,
            "zip": customer.postcode,
            "city": customer.city,
            "country_id": self.env.ref(f"base.{customer.country.lower().replace('gb', 'uk')}").id,
            "lang": customer.lang,
            "phone": self._invent_phone(customer.name),
            "email": f"compta.{slug}.{customer.postcode.replace(' ', '').lower()}@client.example",
            "company_registry": number,
            "vat": f"FR{stdnum_siren.to_tva(number)}".replace(" ", "") if number else False,
            "company_id": self.company.id,
        }

    @staticmethod
    def _invent_phone(name):
        """Of the numbers that Arcep keeps free for works of fiction (decision 2018-0881): 04 65 71."""
        number = sum(map(ord, name)) % 10000
        return f"+33 4 65 71 {number // 100:02} {number % 100:02}"

    def _create_rates(self):
        rates = {"USD": 1.09, "GBP": 0.86}
        for name, rate in rates.items():
            currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
            currency.active = True
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "name": self.today - timedelta(days=400),
                    "rate": rate,
                    "company_id": self.company.id,
                }
            )

    # === Invoices === #

    def _create_invoices(self, state, count, latest, earliest):
        customers = cycle(self._pick_customers(state))
        vals_list = []
        for number in range(count):
            days_overdue = latest + (earliest - latest) * number // max(count - 1, 1)
            vals_list.append(self._prepare_invoice_vals(next(customers), days_overdue, state))
        moves = self.env["account.move"].create(vals_list)
        moves.action_post()
        return moves

    def _pick_customers(self, state):
        partners = list(self.customers)
        if state in ("unmatched_payment", "payment_on_its_way", "statement_line", "instalments"):
            partners = partners[: len(BUSINESSES)]
        self.random.shuffle(partners)
        return partners

    def _prepare_invoice_vals(self, partner, days_overdue, state):
        due = self.today - timedelta(days=days_overdue)
        term = self.env.ref("account.account_payment_term_30days")
        if state == "instalments":
            term = self._get_instalment_term()
        taxes = self.company.account_sale_tax_id if partner.country_id.code == "FR" else self.env["account.tax"]
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "currency_id": self.currency_by_partner[partner].id,
            "invoice_date": due - timedelta(days=30),
            "invoice_payment_term_id": term.id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": self.random.choice(SERVICES),
                        "quantity": self.random.randint(1, 6),
                        "price_unit": self.random.choice((45, 120, 260, 480, 790, 1350, 2400)),
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
            ],
        }

    def _get_instalment_term(self):
        term = self.env["account.payment.term"].search([("name", "=", "50 % à 30 jours, 50 % à 60 jours")], limit=1)
        half = {"value": "percent", "value_amount": 50.0, "delay_type": "days_after"}
        return term or term.create(
            {
                "name": "50 % à 30 jours, 50 % à 60 jours",
                "line_ids": [Command.create({**half, "nb_days": days}) for days in (30, 60)],
            }
        )

    def _send(self, invoices):
        """Log each invoice but a few as e-mailed on its own date, as Odoo does when it sends one.

        Really sending would print 240 PDF files and need a mail server.
        """
        kept_back = (invoices["open"][: NOT_SENT - 4] | invoices["not_due"])[:NOT_SENT]
        sent = self.env["account.move"].union(*invoices.values()) - kept_back
        sent.is_move_sent = True
        self.env["mail.message"].create([self._prepare_sent_message_vals(move) for move in sent])

    def _prepare_sent_message_vals(self, move):
        return {
            "model": move._name,
            "res_id": move.id,
            "message_type": "email_outgoing",
            "subtype_id": self.env.ref("mail.mt_comment").id,
            "subject": f"{move.company_id.name} Facture (Réf {move.name})",
            "body": f"Veuillez trouver ci-joint la facture {move.name}.",
            "date": fields.Datetime.to_datetime(move.invoice_date),
            "partner_ids": [Command.set(move.partner_id.ids)],
        }

    # === What became of them === #

    def _settle_paid(self, moves):
        for move in moves:
            self._register_payment(move, move.invoice_date_due + timedelta(days=self.random.randint(-5, 25)))

    def _settle_part_paid(self, moves):
        for move in moves:
            amount = self.random.choice((0.3, 0.5, 0.8)) * move.amount_total
            self._register_payment(move, move.invoice_date_due, amount)

    def _register_payment(self, move, date, amount=None):
        vals = {"payment_date": min(date, self.today), "journal_id": self.bank_journal.id}
        if amount:
            vals["amount"] = move.currency_id.round(amount)
        context = {"active_model": "account.move", "active_ids": move.ids}
        wizard = self.env["account.payment.register"].with_context(**context).create(vals)
        wizard._create_payments()

    def _settle_credited(self, moves):
        """Credit notes: two for the whole invoice, three for a part, three that no invoice has used yet."""
        whole, partly, unused = moves[:2], moves[2:5], moves[5:]
        dates = {"invoice_date": self.today, "date": self.today}
        whole._reverse_moves([dates for _move in whole], cancel=True)
        credit_notes = partly._reverse_moves([dates for _move in partly])
        credit_notes |= unused.copy({"move_type": "out_refund", "invoice_date": self.today})
        for credit_note in credit_notes:
            credit_note.invoice_line_ids.quantity = 0.2
        credit_notes.action_post()

    def _settle_unmatched_payment(self, moves):
        """Money received and entered, but not yet matched to an invoice."""
        payments = self.env["account.payment"].create(
            [
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": move.partner_id.id,
                    "amount": move.amount_total,
                    "date": self.today - timedelta(days=2),
                    "journal_id": self.bank_journal.id,
                    "memo": "Virement reçu",
                }
                for move in moves
            ]
        )
        payments.action_post()

    def _settle_payment_on_its_way(self, moves):
        """An online payment that the bank has not confirmed yet."""
        provider = self.env["payment.provider"].create({"name": "Carte bancaire", "company_id": self.company.id})
        method = self.env["payment.method"].with_context(active_test=False).search([("code", "=", "card")], limit=1)
        for move in moves:
            transaction = self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "reference": f"CB-{move.name}",
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "partner_id": move.partner_id.id,
                    "invoice_ids": [Command.set(move.ids)],
                }
            )
            transaction._set_pending()

    def _settle_statement_line(self, moves):
        """A bank line that names the invoice and waits for somebody to match it."""
        self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": self.bank_journal.id,
                    "date": self.today - timedelta(days=1),
                    "payment_ref": f"VIR {move.partner_id.name} {move.name}",
                    "amount": move.amount_residual,
                }
                for move in moves
            ]
        )

    def _settle_blocked(self, moves):
        for move in moves:
            move.action_toggle_block_payment()

    def _create_opening_balance(self):
        """Three debts taken over from the former software, in the general journal."""
        journal = self.env["account.journal"].search([("type", "=", "general")], limit=1)
        equity = self.env["account.account"].search([("account_type", "=", "equity")], limit=1)
        lines = []
        debts = ((1, 1840.0, 260), (10, 615.5, 205), (15, 2310.0, 230))
        for number, amount, days in debts:
            partner = self.customers[number]
            receivable = partner.with_company(self.company).property_account_receivable_id
            due = self.today - timedelta(days=days)
            name = f"Reprise de solde {partner.name}"
            debit = {"account_id": receivable.id, "partner_id": partner.id, "debit": amount, "date_maturity": due}
            lines.append(Command.create({"name": name, **debit}))
            lines.append(Command.create({"name": name, "account_id": equity.id, "credit": amount}))
        move = self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "date": self.today - timedelta(days=200),
                "ref": "Reprise des soldes",
                "line_ids": lines,
            }
        )
        move.action_post()
