import base64
import io
from collections import defaultdict

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import formatLang

COLUMNS = ("partner_id", "move_id", "date_due", "days_overdue", "amount", "currency_id", "level_id", "next_date", "why")


class AccountDunningDryRun(models.TransientModel):
    _name = "account.dunning.dry.run"
    _description = "Dunning Dry Run"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one("res.partner", string="Only This Customer")
    date = fields.Date(readonly=True)
    mode = fields.Selection(related="company_id.dunning_mode", related_sudo=False)
    bank_warning = fields.Char(compute="_compute_bank_warning")
    line_ids = fields.One2many("account.dunning.dry.run.line", "dry_run_id")
    group_ids = fields.One2many("account.dunning.dry.run.group", "dry_run_id")
    notice_group_ids = fields.One2many(
        "account.dunning.dry.run.group", "dry_run_id", domain=[("kind", "=", "notice")], string="Notices"
    )
    waiting_group_ids = fields.One2many(
        "account.dunning.dry.run.group", "dry_run_id", domain=[("kind", "=", "waiting")], string="Not Dunned"
    )
    anomaly_group_ids = fields.One2many(
        "account.dunning.dry.run.group", "dry_run_id", domain=[("kind", "=", "anomaly")], string="To Be Put Right"
    )
    notice_count = fields.Integer(string="Notices Tonight", readonly=True)
    notice_amounts = fields.Char(string="Claimed Tonight", compute="_compute_notice_amounts")
    customer_count = fields.Integer(string="Customers", compute="_compute_counts")
    item_count = fields.Integer(string="Open Items", compute="_compute_counts")
    file = fields.Binary(attachment=False, readonly=True)
    file_name = fields.Char(readonly=True)

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_bank_warning(self):
        self.company_id.check_access("read")
        for dry_run in self:
            dry_run.bank_warning = dry_run.company_id.sudo()._get_bank_warning()

    @api.depends("line_ids")
    def _compute_counts(self):
        for dry_run in self:
            dry_run.item_count = len(dry_run.line_ids)
            dry_run.customer_count = len(dry_run.line_ids.partner_id)

    @api.depends("notice_group_ids")
    def _compute_notice_amounts(self):
        """One sum a currency: currencies never add up."""
        for dry_run in self:
            sums = [
                formatLang(self.env, sum(groups.mapped("amount")), currency_obj=currency)
                for currency, groups in dry_run.notice_group_ids.grouped("currency_id").items()
            ]
            dry_run.notice_amounts = " + ".join(sums)

    @api.depends("partner_id")
    def _compute_display_name(self):
        for dry_run in self:
            dry_run.display_name = dry_run.partner_id.name or self.env._("Tonight")

    # === Opening === #

    @api.model
    def action_tonight(self, partner_id=False):
        """What tonight's night would do, for one customer or for all of the current company."""
        dry_run = self.create({"partner_id": partner_id})
        return dry_run.action_calculate()

    def action_calculate(self):
        self.ensure_one()
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("Select %s among your companies first.", self.company_id.sudo().name))
        self.group_ids.unlink()
        self.line_ids.unlink()
        self._calculate()
        return self._open()

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("If You Switched This On Tonight"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # === Deciding, by the functions of the night, without writing === #

    def _calculate(self):
        company = self.company_id.sudo()
        self.date = company._dunning_today()
        self.env.flush_all()  # what follows reads with SQL
        found = [one for partner_ids in self._get_chunks(company) for one in self._decide(company, partner_ids)]
        lines = self.env["account.dunning.dry.run.line"].create([vals for _key, vals in found])
        keys = [key for key, _vals in found]
        self.notice_count = len({key for key in keys if key})
        self._create_groups(lines, keys)

    def _get_chunks(self, company):
        if self.partner_id:
            return [self.partner_id.sudo().commercial_partner_id.ids]
        return self.env["account.dunning.run"]._get_chunks(company)

    def _decide(self, company, partner_ids):
        """[(key of the notice that claims the item tonight, or None; values of the item's line)]"""
        night = self.env["account.dunning.night"].sudo().with_company(company)
        ledger, standings = night._preview_partners(company, partner_ids)
        return [
            (key, self._prepare_line_vals(ledger, decision, step, standings.rows_by_item[step.item_id], level))
            for decision in standings.decisions
            for step, key, level in self._get_steps(decision)
        ]

    def _get_steps(self, decision):
        """(step, key of its notice, level whose text it gets) of each item."""
        standing = decision.standing
        planned = {step.item_id: notice for notice in decision.notices for step in notice.steps}
        for step in decision.steps:
            notice = planned.get(step.item_id)
            key = notice and (standing.partner_id, standing.currency_id, decision.policy.id, notice.own_level_id)
            yield step, key, notice.level if notice else None

    def _prepare_line_vals(self, ledger, decision, step, row, notice_level):
        level = self.env["account.dunning.level"].sudo().browse(step.level.id if step.level else False)
        days = (ledger.today - row["date_due"]).days if row["date_due"] else 0
        reason = step.reason, level, step.next_date, step.until, step.detail
        return {
            "dry_run_id": self.id,
            "partner_id": decision.standing.partner_id,
            "currency_id": decision.standing.currency_id,
            "move_id": row["move_id"],
            "move_line_id": row["line_id"],
            "date_due": row["date_due"],
            "days_overdue": max(days, 0),
            "amount": step.claim.claimed or step.claim.residual,
            "level_id": level.id,
            "notice_level_id": notice_level.id if notice_level else False,
            "next_date": step.next_date,
            "reason": step.reason,
            "detail": step.detail,
            "why": self.env["account.dunning.explanation"]._sentence(*reason, row["date_due"], ledger.today),
            "is_reached": bool(row["stage"]),
            "is_sent": bool(row["sent_on"]) or row["move_type"] == "entry",
        }

    # === Summing up === #

    def _create_groups(self, lines, keys):
        groups = defaultdict(lambda: [[], set()])
        for line, key in zip(lines, keys, strict=True):
            group = groups[line._get_group()]
            group[0].append(line.id)
            group[1].add(key)
        found = [
            self._prepare_group_vals(kind, name, lines.browse(ids), len(notices - {None}))
            for (kind, name, _rank, _currency), (ids, notices) in sorted(groups.items(), key=lambda pair: pair[0][2:])
        ]
        for name, anomalous in [*lines._get_anomalies(), *self._get_late_bank(lines)]:
            for of_currency in anomalous.grouped("currency_id").values() or [anomalous]:
                found.append(self._prepare_group_vals("anomaly", name, of_currency))
        self.env["account.dunning.dry.run.group"].create(found)

    def _get_late_bank(self, lines):
        """[(what the late bank means, what would leave tonight if it were not late)]"""
        warning = self.bank_warning
        return [(warning, lines.filtered("notice_level_id"))] if warning else []

    def _prepare_group_vals(self, kind, name, lines, notice_count=0):
        return {
            "dry_run_id": self.id,
            "kind": kind,
            "name": name,
            "notice_count": notice_count,
            "customer_count": len(lines.partner_id),
            "item_count": len(lines),
            "amount": sum(lines.mapped("amount")),
            "currency_id": lines.currency_id.id,
            "line_ids": [fields.Command.set(lines.ids)],
        }

    def action_lines(self):
        return self.line_ids._open(self.env._("Open Items"))

    # === Spreadsheet === #

    def action_export(self):
        self.ensure_one()
        name = self.env._("dunning dry run %s", fields.Date.to_string(self.date))
        self.write({"file": base64.b64encode(self._get_spreadsheet()), "file_name": f"{name}.xlsx"})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{self.file_name}?download=true",
            "target": "self",
        }

    def _get_spreadsheet(self):
        output = io.BytesIO()
        book = xlsxwriter.Workbook(output, {"in_memory": True})
        sheet = book.add_worksheet(self.env._("Open items"))
        title, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        amount = book.add_format({"num_format": "#,##0.00"})
        labels = self.line_ids.fields_get(COLUMNS, ["string"])
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, labels[name]["string"], title)
        for row, line in enumerate(self.line_ids, 1):
            for column, name in enumerate(COLUMNS):
                self._write_cell(sheet, row, column, line, name, {"date": day, "monetary": amount})
        sheet.autofit()
        book.close()
        return output.getvalue()

    def _write_cell(self, sheet, row, column, line, name, formats):
        """Texts are written as texts: a name that begins with an equals sign is no formula."""
        kind, value = line._fields[name].type, line[name]
        if kind == "date" and value:
            sheet.write_datetime(row, column, fields.Datetime.to_datetime(value), formats[kind])
        elif kind in ("monetary", "integer"):
            sheet.write_number(row, column, value, formats.get(kind))
        else:
            sheet.write_string(row, column, value.display_name or "" if kind == "many2one" else value or "")

    # === A letter, as it would be printed; nothing of it is stored === #

    def action_preview(self):
        """The first letter of tonight as PDF."""
        return self._get_first_line().action_preview()

    def action_send_to_me(self):
        """The first letter of tonight by e-mail to the current user."""
        return self._get_first_line().action_send_to_me()

    def _get_first_line(self):
        self.ensure_one()
        line = self.line_ids.filtered("notice_level_id")[:1]
        if not line:
            raise UserError(self.env._("No letter goes tonight: there is none to look at."))
        return line

    def _get_letter(self, line):
        """(PDF bytes) of the notice that would claim this line tonight."""
        notice = self._get_notice(line)
        return notice._render_preview_pdf(self.date) if notice else None

    def _get_notice(self, line):
        """The notice, in memory, that would claim this line tonight."""
        company = self.company_id.sudo()
        night = self.env["account.dunning.night"].sudo().with_company(company)
        ledger, standings = night._preview_partners(company, line.sudo().partner_id.ids)
        rows = standings.rows_by_item
        for decision in standings.decisions:
            for planned in decision.notices:
                if any(rows[step.item_id]["line_id"] == line.move_line_id.id for step in planned.steps):
                    return self._prepare_notice(ledger, decision, planned, rows)
        return None

    def _prepare_notice(self, ledger, decision, planned, rows):
        company = ledger.company
        total = float(planned.amount_claimed)
        notices = self.env["account.dunning.notice"].sudo().with_company(company)
        return notices.new(
            {
                "partner_id": decision.standing.partner_id,
                "company_id": company.id,
                "currency_id": decision.standing.currency_id,
                "level_id": planned.level.id,
                "amount_claimed": total,
                "amount_total": total,
                "line_ids": [
                    fields.Command.create(self._prepare_notice_line_vals(ledger.today, step, rows[step.item_id]))
                    for step in planned.steps
                ],
            }
        )

    def _prepare_notice_line_vals(self, today, step, row):
        return {
            "role": "claimed",
            "move_line_id": row["line_id"],
            "level_id": step.level.id,
            "name": row["name"],
            "date_invoice": row["invoice_date"],
            "date_due": row["date_due"],
            "days_overdue": (today - row["date_due"]).days,
            "amount_original": row["original"],
            "amount_residual": float(step.claim.residual),
            "amount_claimed": float(step.claim.claimed),
        }
