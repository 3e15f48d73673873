"""The pieces of a dossier about people: what was said and answered, promised, disputed and decided by hand."""

from email.utils import format_datetime
from functools import partial

from odoo import api, models
from odoo.tools.mail import html2plaintext

from .account_dunning_dossier import Source
from .account_dunning_dossier_pieces import get_ending
from .letter_dates import format_day
from .stored_bytes import read_alone


class AccountDunningDossier(models.AbstractModel):
    _inherit = "account.dunning.dossier"

    # === Exchanges === #

    @api.model
    def _get_exchanges(self, asked):
        sources = []
        if asked.case.contact_ids:
            title, read = self.env._("Log of calls, replies and meetings"), partial(self._draw_contacts, asked)
            sources.append(Source("exchanges", title, read, asked.day))
        for message in self._get_replies(asked.case):
            sources += self._get_reply(asked.case.company_id, message)
        return sources

    @api.model
    def _draw_contacts(self, asked):
        heads = [
            self.env._("Date"),
            self.env._("What"),
            self.env._("With"),
            self.env._("Outcome"),
            self.env._("Then"),
            self.env._("Note"),
            self.env._("By"),
        ]
        rows = [self._get_contact(contact) for contact in asked.case.contact_ids.sorted(lambda one: (one.date, one.id))]
        return self._draw(asked, self.env._("Log of calls, replies and meetings"), [{"heads": heads, "rows": rows}])

    @api.model
    def _get_contact(self, contact):
        return [
            format_day(self.env, contact.company_id._dunning_local(contact.date).date()),
            self._label(contact, "kind"),
            contact.person or "",
            self._label(contact, "outcome"),
            self._label(contact, "next_step") if contact.next_step != "none" else "",
            contact.note or "",
            contact.user_id.name or "",
        ]

    @api.model
    def _label(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    @api.model
    def _get_replies(self, case):
        """What the customer wrote on the case."""
        written = [
            ("model", "=", case._name),
            ("res_id", "=", case.id),
            ("message_type", "in", ("email", "comment", "email_outgoing")),
            ("author_id", "child_of", case.partner_id.id),
        ]
        return self.env["mail.message"].search(written, order="date, id")

    @api.model
    def _get_reply(self, company, message):
        written = company._dunning_local(message.date).date()
        day = format_day(self.env, written)
        title = self.env._("Message of the debtor of %(day)s: %(subject)s", day=day, subject=message.subject or "")
        read = partial(self._write_message, message)
        sources = [Source("exchanges", title.rstrip(": \u00a0"), read, written, "txt")]
        for file in message.attachment_ids:
            title = self.env._("Enclosed in the message of %(day)s: %(file)s", day=day, file=file.name)
            ending = get_ending(file.name, file.mimetype)
            sources.append(Source("exchanges", title, partial(read_alone, file), written, ending))
        return sources

    @api.model
    def _write_message(self, message):
        """Its words as plain text, under the headers by which it is found again."""
        heads = {
            "From": message.email_from or message.author_id.email_formatted or message.author_id.name,
            "Date": format_datetime(message.date),
            "Subject": message.subject or "",
            "Message-ID": message.message_id or "",
            "In-Reply-To": message.parent_id.message_id or "",
        }
        lines = [f"{name}: {value}" for name, value in heads.items() if value]
        return ("\n".join(lines) + "\n\n" + html2plaintext(message.body or "") + "\n").encode()

    # === What else happened === #

    @api.model
    def _get_course(self, asked):
        sources = []
        tables = self._get_course_tables(asked)
        if tables:
            title = self.env._("Promises, disputes, plans and levels set by hand")
            sources.append(Source("course", title, partial(self._draw, asked, title, tables), asked.day))
        return [*sources, *self._get_signed(asked.case), *self._get_interruptions(asked.case)]

    @api.model
    def _get_course_tables(self, asked):
        case = asked.case
        changes = self.env["account.dunning.level.change"].search([("item_id.case_id", "=", case.id)], order="date, id")
        tables = [
            self._get_holds_table(self.env._("Promises and plans"), case, ("promise",)),
            self._get_holds_table(self.env._("Disputes"), case, ("dispute",)),
            self._get_holds_table(self.env._("Other holds"), case, ("pause", "payment_in_process", "insolvency")),
            self._get_changes_table(changes),
            self._get_interruptions_table(case),
        ]
        return [table for table in tables if table["rows"]]

    @api.model
    def _get_holds_table(self, caption, case, kinds):
        heads = [
            self.env._("From"),
            self.env._("Until"),
            self.env._("About"),
            self.env._("Amount"),
            self.env._("Items"),
            self.env._("Outcome"),
            self.env._("Note"),
        ]
        holds = case.hold_ids.filtered(lambda hold: hold.kind in kinds).sorted(lambda hold: (hold.date_from, hold.id))
        return {"caption": caption, "heads": heads, "rows": [self._get_hold(hold) for hold in holds]}

    @api.model
    def _get_hold(self, hold):
        outcome = self._label(hold, "outcome") or self._label(hold, "state")
        ended = format_day(self.env, hold.date_ended) if hold.date_ended else ""
        return [
            format_day(self.env, hold.date_from),
            format_day(self.env, hold.date_until),
            hold.why or self._label(hold, "kind"),
            hold.currency_id.format(hold.amount) if hold.amount else self.env._("the whole"),
            ", ".join(hold.item_ids.mapped("display_name")),
            " ".join(filter(None, (outcome, ended))),
            hold.note or "",
        ]

    @api.model
    def _get_changes_table(self, changes):
        heads = [
            self.env._("Date"),
            self.env._("Item"),
            self.env._("From"),
            self.env._("To"),
            self.env._("Reason"),
            self.env._("By"),
        ]
        rows = [
            [
                format_day(self.env, change.date),
                change.item_id.display_name,
                change.from_level_id.name or "",
                change.to_level_id.name or self.env._("No level"),
                change.reason,
                change.user_id.name,
            ]
            for change in changes
        ]
        return {"caption": self.env._("Levels set by hand"), "heads": heads, "rows": rows}

    @api.model
    def _get_interruptions_table(self, case):
        heads = [self.env._("Date"), self.env._("What"), self.env._("Items"), self.env._("Note")]
        rows = [
            [
                format_day(self.env, one.date),
                self._label(one, "kind"),
                ", ".join(one.item_ids.mapped("display_name")) or self.env._("all"),
                one.note or "",
            ]
            for one in case.interruption_ids.sorted(lambda one: (one.date, one.id))
        ]
        return {"caption": self.env._("Limitation interrupted"), "heads": heads, "rows": rows}

    @api.model
    def _get_signed(self, case):
        """Signed plans and promises."""
        signed = [(plan.date, plan.document_id) for plan in case.plan_ids.sorted("id") if plan.document_id]
        signed += [(hold.date_from, hold.document_id) for hold in case.hold_ids.sorted("id") if hold.document_id]
        files = {}
        for day, file in signed:
            files.setdefault(file, day)
        return [
            Source(
                "course",
                self.env._("Signed document: %s", file.name),
                partial(read_alone, file),
                day,
                get_ending(file.name, file.mimetype),
            )
            for file, day in files.items()
        ]

    @api.model
    def _get_interruptions(self, case):
        files = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "account.dunning.interruption"),
                ("res_field", "=", "document"),
                ("res_id", "in", case.interruption_ids.ids),
            ]
        )
        by_id = {file.res_id: file for file in files}
        return [
            self._get_interruption(one, by_id.get(one.id, files.browse())) for one in case.interruption_ids.sorted("id")
        ]

    @api.model
    def _get_interruption(self, one, file):
        name = one.document_name or file.name or ""
        title = f"{self._label(one, 'kind')}: {name}" if name else self._label(one, "kind")
        return Source("course", title, partial(read_alone, file), one.date, get_ending(name, file.mimetype))
