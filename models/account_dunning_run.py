import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.gc import disabling_gc
from odoo.tools.misc import format_date

from .one_at_a_time import one_at_a_time

_logger = logging.getLogger(__name__)
CUSTOMERS_A_CHUNK, ITEMS_A_CHUNK = 500, 2500


class AccountDunningRun(models.Model):
    _name = "account.dunning.run"
    _description = "Dunning Run"
    _order = "date desc, id desc"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, index=True)
    date = fields.Date(required=True)
    mode = fields.Selection(selection=lambda self: self.env["res.company"]._get_dunning_modes(), required=True)
    state = fields.Selection([("running", "Running"), ("done", "Done")], required=True, default="running")
    items_considered = fields.Integer(readonly=True)
    customers_considered = fields.Integer(readonly=True)
    reason_counts = fields.Json(readonly=True)
    summary = fields.Text(compute="_compute_summary", string="By Reason")
    errors = fields.Text(readonly=True)
    late_bank_journal_id = fields.Many2one("account.journal", string="Late Bank", readonly=True, ondelete="set null")
    late_bank_date = fields.Date(string="Bank Entries Until", readonly=True)
    bank_warning = fields.Char(compute="_compute_bank_warning", compute_sudo=True, string="Bank")
    rate_endings = fields.Json(readonly=True)
    rate_warning = fields.Text(compute="_compute_rate_warning", compute_sudo=True, string="Late Interest Rates")
    date_started = fields.Datetime(default=fields.Datetime.now, readonly=True)
    date_ended = fields.Datetime(readonly=True)
    notice_ids = fields.One2many("account.dunning.notice", "run_id", string="Notices")

    _one_a_day = models.UniqueIndex("(company_id, date)", "This company's night was already started.")

    @api.depends("reason_counts")
    @api.depends_context("lang")
    def _compute_summary(self):
        labels = dict(self.env["account.dunning.explanation"]._get_reasons())
        for run in self:
            counts = sorted((run.reason_counts or {}).items(), key=lambda pair: -pair[1])
            run.summary = "\n".join(f"{labels.get(reason, reason)}: {count}" for reason, count in counts)

    @api.depends("late_bank_journal_id", "late_bank_date")
    @api.depends_context("lang")
    def _compute_bank_warning(self):
        for run in self:
            journal = run.late_bank_journal_id
            run.bank_warning = run.company_id._say_late_bank(journal, run.late_bank_date) if journal else ""

    @api.depends("rate_endings")
    @api.depends_context("lang")
    def _compute_rate_warning(self):
        watch = self.env["account.late.interest.watch"]
        for run in self:
            run.rate_warning = "\n".join(watch._say_endings(run.rate_endings or [], run.date))

    # === The night === #

    @api.model
    def _cron_decide(self):
        """Decide for every company that dunning is not off for; one company's fault stops no other."""
        companies = self.env["res.company"].sudo().search([("dunning_mode", "!=", "off")])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            with one_at_a_time(self.env, "decide", company.id) as alone:
                if alone:
                    self.with_company(company)._decide_company(company)
            self.env["ir.cron"]._commit_progress(1)
        self.env.ref("account_dunning.ir_cron_make_copies")._trigger()
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _decide_company(self, company):
        try:
            self._start(company)._work()
        except Exception as error:  # one company's fault never stops another's
            self.env.cr.rollback()
            _logger.exception("The dunning night of company %s failed", company.id)
            self.search([("company_id", "=", company.id)], limit=1)._note_error(company.name, error)

    @api.model
    def _start(self, company):
        """The row of this company's night: a new one, or the one that a killed run has left."""
        date = company._dunning_today()
        self._check_not_before_last(company, date)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_run (company_id, date, mode, state, date_started, create_date)
                     VALUES (%s, %s, %s, 'running', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT DO NOTHING
                """,
                company.id,
                date,
                company.dunning_mode,
            )
        )
        run = self.search([("company_id", "=", company.id), ("date", "=", date)])
        self.env["ir.cron"]._commit_progress()
        return run

    @api.model
    def _check_not_before_last(self, company, date):
        """A day that is over is not decided again: its notices would be older than those that have left."""
        last = self.search([("company_id", "=", company.id), ("date", ">", date)], limit=1)
        if last:
            raise UserError(
                self.env._(
                    "The night of %(date)s is not run for %(company)s: the one of %(last)s was run already.",
                    date=format_date(self.env, date),
                    company=company.name,
                    last=format_date(self.env, last.date),
                )
            )

    def _work(self):
        company = self.company_id
        self.errors = False  # a run that is taken up again names what is still wrong
        self._note_late_bank()
        self._note_rate_endings()
        if self.mode != "simulate":
            self.env["account.dunning.hold"]._end_expired(company)  # what a broken promise leads to is decided tonight
        self.env["ir.cron"]._commit_progress()
        for partner_ids in self._get_chunks(company):
            try:
                self._work_chunk(company, partner_ids)
            except Exception:  # noqa: BLE001  (one chunk's fault is retried customer by customer)
                self.env.cr.rollback()
                self._work_one_by_one(company, partner_ids)
        self._finish()

    def _note_late_bank(self):
        journal, day = self.company_id._get_late_bank() or (False, False)
        self.write({"late_bank_journal_id": journal and journal.id, "late_bank_date": day})

    def _note_rate_endings(self):
        watch = self.env["account.late.interest.watch"]
        self.rate_endings = endings = watch._get_endings(self.company_id)
        if self.mode != "simulate":
            watch._remind(self.company_id, endings)  # read back from its field, none would be False

    def _work_one_by_one(self, company, partner_ids):
        for partner_id in partner_ids:
            try:
                self._work_chunk(company, [partner_id])
            except Exception as error:  # one customer's fault never stops another's
                self.env.cr.rollback()
                _logger.exception("Dunning of customer %s failed", partner_id)
                self._note_error(self.env["res.partner"].browse(partner_id).display_name, error)

    def _work_chunk(self, company, partner_ids):
        night = self.env["account.dunning.night"]
        with disabling_gc():  # a chunk is small and makes no cycles: looking for them takes a tenth of the night
            night._decide_partners(company, partner_ids, run=self, prepare=company.dunning_mode != "simulate")
        self.env["ir.cron"]._commit_progress()

    def _note_error(self, name, error):
        """Who failed, and the first line of what went wrong."""
        self._add_error(f"{name}: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _tell(self, company, messages):
        """Name in the last run of `company` what happened after it."""
        if not messages:
            return
        last_run = self.search([("company_id", "=", company.id)], limit=1)
        for message in messages:
            last_run._add_error(message)

    def _add_error(self, message):
        """Said once, however often it is found."""
        for run in self:
            known = (run.errors or "").splitlines()
            run.errors = "\n".join([*known, message]) if message not in known else run.errors

    @api.model
    def _get_chunks(self, company):
        """Lists of the ids of customers with open items, small enough for one transaction each."""
        chunk, items = [], 0
        for customer_id, count in self.env.execute_query(self._get_customers_query(company)):
            if chunk and (len(chunk) >= CUSTOMERS_A_CHUNK or items + count > ITEMS_A_CHUNK):
                yield chunk
                chunk, items = [], 0
            chunk.append(customer_id)
            items += count
        if chunk:
            yield chunk

    @api.model
    def _get_customers_query(self, company):
        return SQL(
            """
            SELECT partner.commercial_partner_id, COUNT(*)
              FROM account_move_line line JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.account_id = ANY(ARRAY(SELECT id FROM account_account WHERE account_type = 'asset_receivable'))
               AND line.reconciled IS NOT TRUE AND line.parent_state = 'posted'
               AND line.company_id = %s AND line.amount_residual_currency != 0
          GROUP BY partner.commercial_partner_id ORDER BY partner.commercial_partner_id
            """,
            company.id,
        )

    def _finish(self):
        """Cancel what the night no longer asks for, close what is settled, count."""
        night = self.env["account.dunning.night"]
        night._settle_items(self.company_id)
        night._cancel_settled(self.company_id)
        self.env.flush_all()  # what follows reads with SQL
        night._close_cases(self.company_id)
        if self.mode != "simulate":
            self.env["account.dunning.task"]._raise_all(self.company_id)
        self._count()
        self.write({"state": "done", "date_ended": fields.Datetime.now()})
        self.env["ir.cron"]._commit_progress()

    def _count(self):
        """Counters are counted from what the night wrote, so that a resumed night counts right."""
        items = self.env["account.dunning.item"]
        domain = [("company_id", "=", self.company_id.id), ("projected_at", ">=", self.date_started)]
        counts = dict(items._read_group(domain, ["reason"], ["__count"]))
        customers = items._read_group(domain, [], ["partner_id:count_distinct"])[0][0]
        self.write(
            {"reason_counts": counts, "items_considered": sum(counts.values()), "customers_considered": customers}
        )
