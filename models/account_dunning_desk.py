"""What stands above the lists of the desk: whether anything leaves, and what happened since yesterday."""

from datetime import timedelta

from odoo import api, models
from odoo.tools.misc import format_date, formatLang


class AccountDunningDesk(models.AbstractModel):
    _name = "account.dunning.desk"
    _description = "Dunning Desk"

    @api.model
    @api.readonly
    def get_banner(self, with_facts=False):
        """{"silent": why nothing leaves, and receipts of nobody; "facts": the morning of the current company}"""
        companies = self.env.companies.sudo()
        silent = [self._say_silent(company) for company in companies if company.dunning_mode != "send"]
        stopped = [provider._say_stopped() for provider in self.env["account.dunning.provider"]._get_stopped(companies)]
        silent += stopped + self._say_orphans(companies)
        return {"silent": silent, "facts": self._get_facts(self.env.company.sudo()) if with_facts else []}

    @api.model
    def _say_orphans(self, companies):
        """Nobody sees a receipt that belongs to no case, unless he is told."""
        waiting = [("is_orphan", "=", True), ("company_id", "in", companies.ids)]
        count = self.env["account.dunning.proof"].sudo().search_count(waiting)
        if not count:
            return []
        return [self.env._("Receipts that name no delivery: %s. Assign them under Records, Proofs.", count)]

    @api.model
    def _say_silent(self, company):
        mode = dict(company._get_dunning_modes())[company.dunning_mode]
        if len(self.env.companies) == 1:
            return self.env._("Nothing leaves by itself: the mode is “%s”.", mode)
        return self.env._(
            "Nothing leaves %(company)s by itself: the mode is “%(mode)s”.", company=company.name, mode=mode
        )

    # === The morning === #

    @api.model
    def _get_facts(self, company):
        rates = self.env["account.late.interest.watch"]._get_warnings(company)
        facts = [self._say_bank(company), *self._say_last_night(company), self._say_received(company), *rates]
        return [fact for fact in facts if fact]

    @api.model
    def _say_bank(self, company):
        journals = company.dunning_bank_journal_ids
        if not journals:
            return ""
        days = company._get_last_bank_days(journals)
        if len(days) < len(journals):
            return company._get_bank_warning()
        return self.env._("Bank entries until %s.", format_date(self.env, min(days.values())))

    @api.model
    def _say_last_night(self, company):
        """What left since the last night, and what of it waits for a person."""
        of_company = [("company_id", "=", company.id)]
        run = self.env["account.dunning.run"].search(of_company, limit=1)
        if not run:
            return []
        notices, deliveries = self.env["account.dunning.notice"], self.env["account.dunning.delivery"]
        to_approve = [("state", "=", "draft"), "|", ("own_level_id", "!=", False), ("reason", "!=", False)]
        left = [("date_left", ">=", run.date), ("leading", "=", True)]
        to_check = [("state", "in", ("failed", "uncertain", "bounced"))]
        return [
            self.env._(
                "Since the night of %(date)s: %(left)s left, %(approve)s to approve, %(check)s to check.",
                date=format_date(self.env, run.date),
                left=deliveries.search_count([*of_company, *left]),
                approve=notices.search_count([*of_company, *to_approve]),
                check=deliveries.search_count([*of_company, *to_check]),
            )
        ]

    @api.model
    def _say_received(self, company):
        """What customers paid since yesterday by the dates of the entries in banks and cash."""
        if not self.env["account.move.line"].has_access("read"):
            return ""
        [(total,)] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("date", ">=", company._dunning_today() - timedelta(days=1)),
                ("date", "<=", company._dunning_today()),
                ("parent_state", "=", "posted"),
                ("journal_id.type", "in", ("bank", "cash", "credit")),
                ("account_id.account_type", "=", "asset_receivable"),
            ],
            aggregates=["balance:sum"],
        )
        amount = formatLang(self.env, -(total or 0), currency_obj=company.currency_id)
        return self.env._("Received since yesterday: %s.", amount)
