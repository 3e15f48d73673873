from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..core import escalation
from .account_dunning_notice import INTEREST_MODES
from .placeholders import PLACEHOLDERS, TEXTS, get_unknown

SHOWN = ("stage", "channel_id", "response_days", "interest_mode", "attach_invoices", "attach_documents")


class AccountDunningLevel(models.Model):
    _name = "account.dunning.level"
    _description = "Dunning Level"
    _inherit = "account.dunning.ladder"
    _order = "policy_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    policy_id = fields.Many2one("account.dunning.policy", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    stage = fields.Selection(
        [("reminder", "Reminder"), ("formal_notice", "Formal Notice"), ("last_notice", "Last Notice")],
        required=True,
        default="reminder",
        help="A formal notice is never mixed with reminders.",
    )
    delay_days = fields.Integer(string="Days", default=5)
    delay_basis = fields.Selection(
        [
            ("due_date", "after the due date"),
            ("previous_notice", "after the previous notice left"),
            ("response_date", "after the last day to answer"),
        ],
        required=True,
        default="due_date",
        string="Counted",
    )
    channel_id = fields.Many2one("account.dunning.channel", required=True, ondelete="restrict", string="Sent By")
    copy_channel_ids = fields.Many2many(
        "account.dunning.channel", string="Copies By", help="A copy never makes a level reached."
    )
    approval = fields.Selection(
        [("automatic", "Automatic"), ("manual", "By a manager")], required=True, default="automatic"
    )
    response_days = fields.Integer(
        string="Days to Answer", help="The notice grants so many days to pay; 0 when it names no date."
    )
    attach_invoices = fields.Boolean(
        string="Enclose the Invoices",
        help="A copy of each claimed invoice goes along: its stored PDF, else one made in the night. With more than "
        "20 invoices or 10 MB the letter says that copies are sent on request.",
    )
    attach_documents = fields.Boolean(
        string="Enclose Supporting Documents",
        help="Orders, signed delivery notes, acceptance reports and contracts go along: what was marked as such under "
        "“Supporting Documents” on the Dunning page of the claimed invoices.",
    )
    after_call = fields.Boolean(
        string="After a Call", help="A call task is made; the notice leaves two working days later."
    )
    interest_mode = fields.Selection(
        INTEREST_MODES,
        required=True,
        default="none",
        string="Late-Payment Interest",
        help="Mentioned: the letter prints what has accrued, for information. Claimed: interest and compensation are "
        "added to the amount claimed.",
    )
    subject = fields.Char(required=True, translate=True)
    body = fields.Html(translate=True, sanitize=True, string="Text")
    consequences = fields.Html(
        translate=True,
        sanitize=True,
        help="What follows if a formal notice is not paid, for a customer in the company's own country.",
    )
    consequences_abroad = fields.Html(
        translate=True,
        sanitize=True,
        string="Consequences Abroad",
        help="The same for a customer in another country; where it is empty the other text is used.",
    )
    legal_texts = fields.Text(
        translate=True, help="The articles of law on which a formal notice rests, printed below its consequences."
    )
    list_other_items = fields.Boolean(
        string="List Other Items",
        help="A second table names what else is past due, for information and in no total. Formal notices have none.",
    )

    letter_preview = fields.Text(
        compute="_compute_letter_preview",
        compute_sudo=True,
        string="Preview",
        help="The letter with the texts as they stand here, to an invented customer.",
    )

    _delay_not_negative = models.Constraint(
        "CHECK (delay_days >= 0 AND response_days >= 0)", "The days of a level must not be negative."
    )

    @api.depends(*SHOWN, "policy_id.obligation", *TEXTS)
    @api.depends_context("lang", "company")
    def _compute_letter_preview(self):
        for level in self:
            level.letter_preview = self.env["account.dunning.letter.sample"]._render(level) if level.channel_id else ""

    @api.constrains("policy_id", "sequence", "delay_basis", "stage", "active")
    def _check_ladder(self):
        for policy in self.policy_id:
            ladder = policy.level_ids.sorted(lambda level: (level.sequence, level.id))
            if ladder and ladder[0].delay_basis != "due_date":
                raise ValidationError(
                    self.env._("%s is the first level: count its days after the due date.", ladder[0].name)
                )
            stages = [escalation.STAGES.index(level.stage) for level in ladder]
            if stages != sorted(stages):
                raise ValidationError(
                    self.env._("%s: put reminders first, then formal notices, then last notices.", policy.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels._begin_new_round()
        return levels

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"sequence", "stage", "active"}:
            self._begin_new_round()
        return result

    def _begin_new_round(self):
        """The ladder has another order: a level that an item has had may be its next one again."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_item item SET round = COALESCE(round, 0) + 1
                 WHERE EXISTS (SELECT 1 FROM account_dunning_notice_line line
                                 JOIN account_dunning_level level ON level.id = line.level_id
                                WHERE line.item_id = item.id AND line.role = 'claimed' AND line.live
                                  AND level.policy_id = ANY(%s))
                """,
                self.policy_id.ids,
            )
        )
        self.env["account.dunning.item"].invalidate_model(["round"])

    @api.constrains(*TEXTS)
    def _check_texts(self):
        """In every language: an unknown placeholder would be printed as it stands, and some words must not be."""
        for code, _name in self.env["res.lang"].get_installed():
            for level in self.with_context(lang=code):
                unknown = get_unknown(level[name] for name in TEXTS)
                if unknown:
                    raise ValidationError(self._say_unknown(unknown))
                self.env["account.dunning.wording"]._check_level(level)

    @api.model
    def _say_unknown(self, unknown):
        known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
        return self.env._("There is no placeholder {%(unknown)s}. Use %(known)s.", unknown=unknown, known=known)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """Override of `base`: translations are written without constraints."""
        result = super()._update_field_translations(field_name, translations, digest, source_lang)
        self._check_texts()
        return result

    def _forget_law(self):
        """Texts of another country's law: a lawyer of the company's own country writes what belongs there."""
        self.write(dict.fromkeys(("consequences", "consequences_abroad", "legal_texts"), False))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _check_unused(self):
        used = self.env["account.dunning.notice.line"].sudo().search([("level_id", "in", self.ids)], limit=1)
        used = used.level_id or self.env["account.dunning.item"].sudo().search([("level_id", "in", self.ids)]).level_id
        if used:
            raise UserError(self.env._("%s was used in notices: archive it instead of deleting it.", used[0].name))

    def _rank(self):
        """How many active levels of its stage this level completes in its own policy; 0 for no level."""
        if not self:
            return 0
        of_stage = self.policy_id.level_ids.filtered(lambda level: level.stage == self.stage or level == self)
        return list(of_stage.sorted(lambda level: (level.sequence, level.id))).index(self) + 1

    def _to_core(self):
        self.ensure_one()
        return escalation.Level(
            id=self.id,
            sequence=self.sequence,
            stage=self.stage,
            delay_days=self.delay_days,
            delay_basis=self.delay_basis,
            approval=self.approval,
        )
