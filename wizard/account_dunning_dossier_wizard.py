from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.dossier import TooLarge
from ..models.file_download import download_from

SHOWN = 12  # of what is missing, in the dialog; the dossier names all


class AccountDunningDossierWizard(models.TransientModel):
    """The dialog behind *Dossier* of a case and of chosen notices."""

    _name = "account.dunning.dossier.wizard"
    _description = "Dossier Dialog"

    case_id = fields.Many2one("account.dunning.case", string="Customer", required=True, readonly=True)
    notice_ids = fields.Many2many("account.dunning.notice", string="Notices", readonly=True)
    target = fields.Selection(selection="_get_targets", string="Made For", required=True, default="lawyer")
    recipient = fields.Char(string="To", required=True, help="Who gets it: name, and firm or court.")
    reason = fields.Char(string="Why", required=True, help="It is kept in the log of exports.")
    date = fields.Date(
        string="Figures as Of",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The last day that counts, in what is owed and for interest. The pieces are all that there are.",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env["account.dunning.dossier.wizard"]._get_default_lang(),
        help="Of the list of pieces, the summary and the tables. What was sent stays as it was sent.",
    )
    summary = fields.Html(compute="_compute_summary", sanitize=False)

    @api.model
    def _get_targets(self):
        return list(self.env["account.dunning.dossier"]._get_targets().items())

    @api.model
    def _get_default_lang(self):
        """Of the company: the courts are those of its country."""
        codes = dict(self.env["res.lang"].get_installed())
        own = self.env.company.sudo().partner_id.lang
        return own if own in codes else self.env.lang if self.env.lang in codes else next(iter(codes))

    @api.model
    def default_get(self, fields_list):
        defaults = super().default_get(fields_list)
        model, ids = self.env.context.get("active_model"), self.env.context.get("active_ids") or []
        if model == "account.dunning.notice":
            notices = self.env[model].browse(ids)
            case = self._check_one_case(notices.case_id)
            defaults |= {"case_id": case.id, "notice_ids": [fields.Command.set(notices.ids)]}
        if model == "account.dunning.case":
            defaults["case_id"] = self._check_one_case(self.env[model].browse(ids)).id
        return defaults

    @api.model
    def _check_one_case(self, cases):
        if len(cases) != 1:
            raise UserError(self.env._("A dossier is about one customer: choose one case, or notices of one case."))
        return cases

    # === What is shown first === #

    @api.depends("case_id", "notice_ids", "date", "lang")
    @api.depends_context("lang")
    def _compute_summary(self):
        for dialog in self:
            obstacle = dialog._get_obstacle()
            words = {"obstacle": obstacle} if obstacle else dialog._get_contents()
            dialog.summary = self.env["ir.qweb"]._render("account_dunning.dossier_contents", words)

    def _get_obstacle(self):
        if not self.case_id or not self.date:
            return self.env._("Enter the day.")
        if self.date > self.case_id.company_id._dunning_today():
            return self.env._("The day lies in the future: what is owed then nobody knows yet.")
        if self.notice_ids.case_id - self.case_id:
            return self.env._("A dossier is about one customer: choose notices of this case only.")
        if any(notice.state != "issued" for notice in self.notice_ids):
            return self.env._("Choose notices that were issued: a draft was not sent to anybody.")
        return ""

    def _get_contents(self):
        """How many pieces of each section there are, and what is missing."""
        asked = self._ask(self.env.lang)
        dossiers = self.env["account.dunning.dossier"]._about(asked)
        sources = dossiers._get_sources(asked)
        counts = [
            (caption, sum(source.section == section for source in sources))
            for section, caption in dossiers._get_sections().items()
        ]
        missing = dossiers._find_gaps(asked, sources)
        return {
            "obstacle": "",
            "counts": [(caption, count) for caption, count in counts if count],
            "missing": missing[:SHOWN],
            "more": self.env._("and more: %s", len(missing) - SHOWN) if len(missing) > SHOWN else "",
        }

    def _ask(self, lang):
        chosen = {"day": self.date, "target": self.target or "other", "recipient": self.recipient or ""}
        case, notices = self.case_id._origin or self.case_id, self.notice_ids._origin or self.notice_ids
        return self.env["account.dunning.dossier"]._ask(case, notices, lang, **chosen)

    # === What is done === #

    def action_export(self):
        """The ZIP as download; who took it is noted first."""
        self.ensure_one()
        obstacle = self._get_obstacle()
        if obstacle:
            raise UserError(obstacle)
        asked = self._ask(self.lang)
        try:
            made = self.env["account.dunning.dossier"]._about(asked)._make(asked)
        except TooLarge as error:
            raise UserError(
                self.env._("One ZIP cannot hold so much: choose fewer notices. It stopped at %s.", error)
            ) from error
        self.env["account.dunning.export"]._note(asked, made, self.reason, self.lang)
        return download_from(self, self._get_file_name(), made.content, **self._warn(made))

    def _warn(self, made):
        """Nobody hands on a changed letter without knowing."""
        if not made.changed:
            return {}
        numbers = ", ".join(str(one.added.piece.number) for one in made.changed)
        message = self.env._(
            "The stored file is not the one that was recorded, of piece %s: see the list of pieces.", numbers
        )
        return {"type": "danger", "message": message}

    def _get_file_name(self):
        customer = (self.case_id.partner_id.name or "").replace("/", "-")
        return self.env._("Dossier %(date)s %(customer)s.zip", date=self.date, customer=customer)
