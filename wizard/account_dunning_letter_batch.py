import hashlib
import logging
import tempfile
import zipfile
from itertools import chain
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang, get_lang

from ..core.letter_files import count_sheets, get_checksums, get_file_name, get_table
from ..models.file_download import download
from ..models.merged_pdf import count_pages, merge
from ..models.stored_bytes import read_alone

_logger = logging.getLogger(__name__)


class Letter(NamedTuple):
    """A letter that can be printed."""

    notice: models.Model
    delivery: models.Model  # the one to post, empty for a copy
    content: bytes
    pages: int
    enclosures: tuple = ()

    def get_parts(self):
        """Pages of the letter, then of each enclosure: each part begins on a sheet of its own."""
        return [self.pages, *(one.pages for one in self.enclosures if one.pages)]

    def get_contents(self):
        return [self.content, *(one.content for one in self.enclosures if one.pages)]


NAMED = 5  # letters left out that a message names; the list names all


class AccountDunningLetterBatch(models.TransientModel):
    """Letters of any selection as one PDF or as an archive, made slice by slice.

    Nothing but its own rows and files is written until the last step: whoever stops in between has changed nothing.
    """

    _name = "account.dunning.letter.batch"
    _description = "Print Letters"
    _slice_size = 50  # letters of one call; more than that are made with a progress bar

    letter_list = fields.Json(required=True, readonly=True)  # [notice, its letter to post or null], in order
    missing_list = fields.Json(readonly=True)  # what was selected and has no letter at all
    printed_list = fields.Json(readonly=True)
    left_out_list = fields.Json(readonly=True)
    letter_count = fields.Integer(string="Letters", readonly=True)
    done_count = fields.Integer(readonly=True)
    file_format = fields.Selection(
        [("pdf", "One PDF"), ("zip", "ZIP, one file a letter")],
        string="As",
        required=True,
        default="pdf",
        help="The ZIP has the stored files unchanged, the list as PDF and CSV, and the SHA-256 of each file.",
    )
    is_duplex = fields.Boolean(
        string="Printed on Both Sides",
        default=True,
        help="In one PDF a blank page follows a letter with an odd number of pages: each begins on its own sheet.",
    )
    has_list = fields.Boolean(
        string="With the List", default=True, help="The letters with their pages, and what was left out and why."
    )
    is_to_post = fields.Boolean(compute="_compute_is_to_post")
    date_planned = fields.Date(
        string="To Be Posted On",
        help="Proposed when these letters are marked as posted. A letter keeps the date that is printed on it.",
    )
    remark = fields.Char(compute="_compute_remark")

    @api.model
    def _open(self, letters, missing=()):
        """The dialog for these letters, [(notice, its letter to post or None)] in the order of the list."""
        deliveries = self.env["account.dunning.delivery"].union(
            *(delivery for _notice, delivery in letters if delivery)
        )
        today = max((company._dunning_today() for company in deliveries.company_id), default=False)
        vals = {
            "letter_list": [(notice.id, delivery.id if delivery else None) for notice, delivery in letters],
            "missing_list": list(missing),
            "letter_count": len(letters),
            "date_planned": today,
        }
        return {
            "name": self.env._("Print Letters"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.create(vals).id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _open_waiting(self, deliveries):
        """The dialog for those of these letters that wait to be posted."""
        waiting = deliveries.filtered(lambda delivery: delivery._waits_for_post())
        if not waiting:
            raise UserError(self.env._("None of these letters waits to be posted."))
        return self._open([(delivery.notice_id, delivery) for delivery in waiting])

    # === The letters, as far as this user may read them === #

    def _get_deliveries(self):
        ids = [delivery_id for _notice_id, delivery_id in self.letter_list if delivery_id]
        deliveries = self.env["account.dunning.delivery"].browse(ids)
        deliveries.check_access("read")
        return deliveries

    def _get_letters(self, start, end):
        """[(notice, its letter to post)] of a slice."""
        some = self.letter_list[start:end]
        notices = self._browse("account.dunning.notice", (notice_id for notice_id, _delivery_id in some))
        deliveries = self._browse("account.dunning.delivery", (delivery_id for _notice_id, delivery_id in some))
        self._locate(notices)
        by_id = {delivery.id: delivery for delivery in deliveries}
        return [
            (notice, by_id.get(delivery_id, deliveries.browse()))
            for notice, (_notice_id, delivery_id) in zip(notices, some, strict=True)
        ]

    def _locate(self, notices):
        notices._locate_letters()
        if self.with_enclosures:
            self.env["account.dunning.enclosures"]._locate(notices)

    @api.model
    def _browse(self, model, ids):
        records = self.env[model].browse(filter(None, ids))
        records.check_access("read")
        return records

    @api.depends("letter_list")
    def _compute_is_to_post(self):
        for batch in self:
            batch.is_to_post = any(delivery_id for _notice_id, delivery_id in batch.letter_list or ())

    @api.depends("date_planned", "letter_list", "missing_list")
    @api.depends_context("lang")
    def _compute_remark(self):
        for batch in self:
            notices = batch._get_deliveries().notice_id
            other = notices.filtered(lambda notice, day=batch.date_planned: notice._get_printed_date() != day)
            remarks = [
                self._say_missing(len(batch.missing_list)) if batch.missing_list else "",
                self._say_other_date(len(other), len(notices)) if other else "",
            ]
            batch.remark = " ".join(filter(None, remarks))

    @api.model
    def _say_missing(self, count):
        return self.env._("Selected, but without a letter: %s. The list names them.", count)

    @api.model
    def _say_other_date(self, count, total):
        return self.env._(
            "%(count)s of %(all)s letters carry another date than the planned one: an issued letter never changes.",
            count=count,
            all=total,
        )

    # === Step by step === #

    def action_print(self):
        """A few at once; more of them by the client, slice by slice, with a progress bar."""
        self.ensure_one()
        self._check_planned()
        self._restart()
        if self.letter_count > self._slice_size:
            return self._show_progress()
        self.make_slice()
        return self.finish()

    def _check_planned(self):
        for company in self._get_deliveries().company_id:
            if not self.date_planned or self.date_planned < company._dunning_today():
                raise UserError(self.env._("The day of posting lies in the past: choose today or a later day."))

    def _restart(self):
        self._get_files().unlink()
        count = len(self.letter_list)
        self.write({"printed_list": [], "left_out_list": [], "done_count": 0, "letter_count": count})

    def _show_progress(self):
        return {
            "name": self.env._("Printing Letters"),
            "type": "ir.actions.client",
            "tag": "account_dunning_progress",
            "target": "new",
            "params": {
                "model": self._name,
                "res_id": self.id,
                "total": self.letter_count,
                "unit": self.env._("letters"),
                "finishing": self.env._("Putting the letters together…"),
                "failing": self.env._("The letters could not be printed."),
            },
        }

    def make_slice(self):
        """Check and merge the next letters; how far it is. Repeated after a failure it begins where it was."""
        self.ensure_one()
        self.lock_for_update()
        start, end = self.done_count, min(self.done_count + self._slice_size, self.letter_count)
        printed, left_out = self._sort_out(self._get_letters(start, end))
        if self.file_format == "pdf":
            printed, unreadable = self._make_part(printed)
            left_out += unreadable
        rows = [self._get_row(letter) for letter in printed]
        self.write(
            {
                "printed_list": [*(self.printed_list or ()), *rows],
                "left_out_list": [*(self.left_out_list or ()), *left_out],
                "done_count": end,
            }
        )
        return {"done": end, "total": self.letter_count}

    def _sort_out(self, letters):
        """(letters to print, rows of those left out)"""
        printed, left_out = [], []
        for notice, delivery in letters:
            content = notice._read_letter()
            pages = self._count_pages(notice, content)
            fault = self._get_fault(notice, delivery, content) or ("" if pages else self._say_unreadable())
            if fault:
                left_out.append(self._get_left_out(notice, fault))
            else:
                printed.append(Letter(notice, delivery, content, pages, self._read_enclosures(notice)))
        return printed, left_out

    def _get_fault(self, notice, delivery, content):
        if delivery and not delivery._waits_for_post():
            return self.env._("It no longer waits to be posted.")
        return notice._get_letter_fault(content)

    @api.model
    def _count_pages(self, notice, content):
        """0 for what cannot be read."""
        try:
            return count_pages(content)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it)
            _logger.info("The stored letter of notice %s cannot be read: %s", notice.name, error)
            return 0

    @api.model
    def _say_unreadable(self):
        return self.env._("The stored file cannot be read as a PDF.")

    def _make_part(self, letters):
        """The PDF of a slice; (what is in it, rows of those that cannot be merged)."""
        part, sound = self._merge(letters), letters
        if not part:
            sound = [letter for letter in letters if self._merge([letter])]
            part = self._merge(sound)
        if part:
            self._store(f"{self.done_count}.part", part)
        bad = [letter for letter in letters if letter not in sound]
        return sound, [self._get_left_out(letter.notice, self._say_unreadable()) for letter in bad]

    def _merge(self, letters):
        """b"" where one of them cannot be merged, or there is none."""
        try:
            contents = [content for letter in letters for content in letter.get_contents()]
            return merge(contents, self.is_duplex) if contents else b""
        except Exception as error:  # noqa: BLE001  (whatever is wrong with one)
            _logger.info("Letters could not be merged: %s", error)
            return b""

    def finish(self):
        """The file of all slices, and the day for which the posting of its letters is planned."""
        self.ensure_one()
        self.lock_for_update()
        if self.done_count < self.letter_count:
            raise UserError(self.env._("Not all letters were read: print them again."))
        if not self.printed_list:
            raise UserError("\n".join(self._name_left_out(self._get_all_left_out())))
        content = self._make_archive() if self.file_format == "zip" else self._make_pdf()
        self._get_files().unlink()
        file = self._store(self._get_download_name(), content)
        self._plan_posting()
        return self._download(file)

    def _plan_posting(self):
        printed = {row["delivery_id"] for row in self.printed_list}
        self._get_deliveries().filtered(lambda delivery: delivery.id in printed).sudo().date_planned = self.date_planned

    # === Files === #

    def _get_files(self):
        return self.env["ir.attachment"].search([("res_model", "=", self._name), ("res_id", "=", self.id)], order="id")

    def _store(self, name, content):
        vals = {"name": name, "raw": content, "res_model": self._name, "res_id": self.id}
        file = self.env["ir.attachment"].create(vals)
        file.invalidate_recordset(["raw", "datas"])
        return file

    def _get_download_name(self):
        name = self.env._("Letters to post") if self.is_to_post else self.env._("Letters")
        return f"{name}.{self.file_format}"

    def _make_pdf(self):
        first = [merge([self._render_list()], self.is_duplex)] if self.has_list else []
        return merge(chain(first, map(read_alone, self._get_files())))

    def _make_archive(self):
        """The SHA-256 of the letters are those recorded when they were made."""
        with tempfile.TemporaryFile() as output:
            with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
                sums = {**self._add_list(archive), **self._add_letters(archive)}
                archive.writestr("SHA256SUMS", get_checksums(sums))
            output.seek(0)
            return output.read()

    def _add_list(self, archive):
        if not self.has_list:
            return {}
        name = self.env._("List")
        contents = {f"0000_{name}.pdf": self._render_list(), f"0000_{name}.csv": self._make_table()}
        return self._add_contents(archive, "", contents)

    @api.model
    def _add_contents(self, archive, folder, contents):
        for name, content in contents.items():
            archive.writestr(folder + name, content)
        return {folder + name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}

    def _add_letters(self, archive):
        sums = {}
        notices = self._browse("account.dunning.notice", (row["notice_id"] for row in self.printed_list))
        self._locate(notices)
        for position, notice in enumerate(notices, 1):
            name = get_file_name(position, notice.name, notice.sudo().partner_id.name or "")
            enclosed = self._get_folder_contents(notice)
            folder = f"{name.removesuffix('.pdf')}/" if enclosed else ""
            archive.writestr(folder + name, notice._read_letter())
            sums[folder + name] = notice.document_sha256
            sums |= self._add_contents(archive, folder, enclosed)
        return sums

    def _download(self, file):
        """The browser fetches the file, and says what was left out."""
        left_out = self._get_all_left_out()
        message = " ".join(self._name_left_out(left_out))
        return download(file, title=self.env._("Left out: %s", len(left_out)), message=message)

    # === The list === #

    def _get_all_left_out(self):
        return [*(self.missing_list or ()), *(self.left_out_list or ())]

    @api.model
    def _name_left_out(self, left_out):
        """Sentences that name the first of them; the list names all."""
        named = [" – ".join(filter(None, (row["number"], row["customer"], row["reason"]))) for row in left_out[:NAMED]]
        return [*named, "…"] if len(left_out) > NAMED else named

    @api.model
    def _get_left_out(self, notice, reason):
        notice = notice.sudo()
        return {"number": notice.name or "", "customer": notice.partner_id.display_name, "reason": reason}

    def _get_row(self, letter):
        notice = letter.notice.sudo()
        delivery = letter.delivery.sudo() or notice.delivery_ids.filtered("leading").sorted()[:1]
        return {
            "notice_id": notice.id,
            "delivery_id": delivery.id,
            "number": notice.name,
            "customer": notice.partner_id.display_name,
            "town": notice.partner_id.city or "",
            "pages": sum(letter.get_parts()),
            "sheets": sum(count_sheets(pages, self.is_duplex) for pages in letter.get_parts()),
            **self._name_enclosures(letter),
            "amount": formatLang(self.env, notice.amount_total, currency_obj=notice.currency_id),
            "total": notice.amount_total,
            "currency": notice.currency_id.name,
            "channel": delivery.channel_id.name or "",
            "tracking": delivery.tracking_number or "",
        }

    def _get_printed(self):
        """What the list shows, as text in the user's language."""
        return {
            "company": ", ".join(self._get_companies()),
            "title": self.env._("Letters printed on %s", format_date(self.env, fields.Date.context_today(self))),
            "planned": self._say_planned() if self.is_to_post else "",
            "rows": self.printed_list,
            "is_registered": any(row["tracking"] for row in self.printed_list),
            "left_out": self._get_all_left_out(),
            "count": len(self.printed_list),
            "pages": sum(row["pages"] for row in self.printed_list),
            "sheets": sum(row["sheets"] for row in self.printed_list),
        }

    def _say_planned(self):
        return self.env._("To be posted on %s", format_date(self.env, self.date_planned))

    def _get_companies(self):
        notices = self._browse("account.dunning.notice", (row["notice_id"] for row in self.printed_list))
        return notices.sudo().company_id.mapped("name")

    def _render_list(self):
        lang = get_lang(self.env).code
        page = self.env["ir.qweb"]._render("account_dunning.letter_list", self._get_printed(), lang=lang)
        return self.env["account.dunning.document"]._run([page])

    def _make_table(self):
        """The same for a spreadsheet, with the separators of the user's language."""
        mark = get_lang(self.env).decimal_point
        rows = [
            [position, *(row[name] for name in ("number", "customer", "town", "pages")),
             f"{row['total']:.2f}".replace(".", mark), *(row[name] for name in ("currency", "channel", "tracking")), ""]
            for position, row in enumerate(self.printed_list, 1)
        ]  # fmt: skip
        left_out = [
            ["", row["number"], row["customer"], "", "", "", "", "", "", row["reason"]]
            for row in self._get_all_left_out()
        ]
        return get_table([self._get_heads(), *rows, *left_out], ";" if mark == "," else ",")

    def _get_heads(self):
        return [
            self.env._("Position"),
            self.env._("Number"),
            self.env._("Customer"),
            self.env._("Town"),
            self.env._("Pages"),
            self.env._("Amount"),
            self.env._("Currency"),
            self.env._("Channel"),
            self.env._("Registered Number"),
            self.env._("Left out because"),
        ]
