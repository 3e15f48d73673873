"""Letters of any selection as one PDF or ZIP: order, sheets, list, what is left out, slice by slice."""

import csv
import hashlib
import io
import subprocess
import tempfile
import zipfile
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from .common import TODAY
from .test_screens import BILLING, ScreensCommon

BATCH = "odoo.addons.account_dunning.wizard.account_dunning_letter_batch"
RULES = ("odoo.addons.base.models.ir_rule", "odoo.models")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class LetterCommon(ScreensCommon):
    @classmethod
    def issue(cls, *names, count=1):
        """The notices of new customers, with letters that claim `count` items each."""
        customers = [cls.make_customer(name) for name in names]
        invoices = [cls.make_invoice_of_items(count, customer) for customer in customers]
        by_hand = cls.env["account.dunning.by.hand"].with_company(cls.company)
        by_hand._issue(cls.company, cls.env["account.move"].concat(*invoices), channel=cls.letter)
        notices = cls.env["account.dunning.notice"].search([("partner_id", "in", [one.id for one in customers])])
        return [
            notices.filtered(lambda notice, customer=customer: notice.partner_id == customer) for customer in customers
        ]

    @classmethod
    def make_invoice_of_items(cls, count, customer):
        """One invoice in so many instalments, all of them overdue."""
        if count == 1:
            return cls.make_invoice(partner=customer)
        lines = [{"value": "fixed", "value_amount": 10, "nb_days": day} for day in range(1, count)]
        lines.append({"value": "percent", "value_amount": 100, "nb_days": count})
        term = cls.env["account.payment.term"].create(
            {"name": f"{count} instalments", "line_ids": [Command.clear(), *map(Command.create, lines)]}
        )
        day = TODAY - timedelta(days=count + 30)
        return cls.make_invoice(10 * count, partner=customer, invoice_date=day, invoice_payment_term_id=term.id)

    def open(self, records, user=None, **vals):
        """The dialog that the button above the list opens for this selection."""
        action = records.with_user(user or self.billing).action_print_letters()
        return self.fill(action, user, **vals)

    def fill(self, action, user=None, **vals):
        self.assertEqual(action["res_model"], "account.dunning.letter.batch", action)
        batch = self.env[action["res_model"]].with_user(user or self.billing).browse(action["res_id"])
        batch.write(vals)
        return batch

    def get_file(self, action):
        """What the browser downloads."""
        return self.get_download(action).with_user(self.billing)

    def print(self, records, **vals):
        return self.get_file(self.open(records, **vals).action_print()).raw

    def read_pages(self, content):
        """The words of each page."""
        return [" ".join(page.extract_text().split()) for page in PdfFileReader(io.BytesIO(content)).pages]

    def join(self, *notices):
        return self.env["account.dunning.notice"].concat(*notices)

    def damage(self, notice, content):
        """Below Odoo, as a disk or a person would."""
        letter = notice.document_id
        path = Path(letter._full_path(letter.store_fname))
        kept = path.read_bytes()
        self.addCleanup(path.write_bytes, kept)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        letter.invalidate_recordset()


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLetterPrinting(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two, cls.three = cls.issue("Été & Fils", "Bernard", "Carpentier")

    # === One PDF === #

    def test_letters_come_in_the_order_of_the_list_behind_their_list(self):
        order = self.join(self.two, self.three, self.one)
        pages = self.read_pages(self.print(order, is_duplex=False))
        self.assertEqual(len(pages), 4)
        for page, notice in zip(pages[1:], order, strict=True):
            self.assertIn(notice.name, page)
        self.assertLess(pages[0].index(self.two.name), pages[0].index(self.three.name))
        self.assertLess(pages[0].index(self.three.name), pages[0].index(self.one.name))

    def test_the_list_may_be_left_out(self):
        self.assertEqual(len(self.read_pages(self.print(self.one | self.two, is_duplex=False, has_list=False))), 2)

    def test_each_letter_begins_on_a_sheet_of_its_own(self):
        notices = self.join(*(self.issue(f"With {count}", count=count)[0] for count in (1, 30, 45, 60, 75)))
        lengths = [len(self.read_pages(notice.document_id.raw)) for notice in notices]
        self.assertEqual({length % 2 for length in lengths}, {0, 1})
        self.assertGreaterEqual(len(set(lengths)), 3, lengths)
        pages = self.read_pages(self.print(notices))
        place = 2  # the list has one page and a blank one
        for notice, length in zip(notices, lengths, strict=True):
            self.assertEqual(place % 2, 0)
            self.assertIn(notice.name, pages[place])
            self.assertTrue(pages[place + length - 1].strip())
            if length % 2:
                self.assertFalse(pages[place + length].strip())
            place += length + length % 2
        self.assertEqual(len(pages), place)
        self.assertFalse(pages[1].strip())
        self.assertIn(f"Pages: {sum(lengths)}", pages[0])
        self.assertIn(f"Sheets: {sum((length + 1) // 2 for length in lengths)}", pages[0])

    def test_a_blank_page_has_the_size_of_the_letter(self):
        pages = PdfFileReader(io.BytesIO(self.print(self.one | self.two))).pages
        self.assertEqual(len({tuple(page.mediabox) for page in pages}), 1)

    def test_the_stored_letters_are_left_as_they_are(self):
        before = [notice.document_id.raw for notice in (self.one, self.two)]
        self.print(self.one | self.two)
        self.env.invalidate_all()
        for notice, content in zip((self.one, self.two), before, strict=True):
            self.assertEqual(notice.document_id.raw, content)
            self.assertEqual(notice.document_sha256, hashlib.sha256(content).hexdigest())
            self.assertIn(str(notice.document_id.id), notice.with_user(self.billing).action_print()["url"])

    # === The list === #

    def test_the_list_says_what_an_envelope_needs(self):
        delivery = self.two.delivery_ids
        delivery.write({"channel_id": self.registered.id, "tracking_number": "1A 234 567"})
        page = self.read_pages(self.print(self.one | self.two))[0]
        for expected in (
            "Letters printed on 03/31/2026", "Letters: 2", "Pages: 2", "Sheets: 2", self.company.name, self.one.name,
            "Été & Fils", "Marseille", "100.00", self.letter.name, self.registered.name, "1A 234 567",
        ):  # fmt: skip
            self.assertIn(expected, page)
        self.assertNotIn("Left out", page)

    def test_the_list_is_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        self.billing.lang = "fr_FR"
        batch = self.open(self.one | self.two).with_context(lang="fr_FR")
        page = self.read_pages(self.get_file(batch.action_print()).raw)[0]
        for expected in ("Lettres imprimées le 31/03/2026", "Feuilles : 2", "Lettre", "100,00"):
            self.assertIn(expected, page)

    def test_a_long_list_repeats_its_heads(self):
        batch = self.open(self.one | self.two)
        batch.action_print()
        batch.printed_list = batch.printed_list * 250
        pages = self.read_pages(batch._render_list())
        self.assertGreater(len(pages), 8)
        for page in pages[:-1]:
            self.assertIn("Customer", page)
        self.assertIn("500", pages[-1])

    # === ZIP === #

    def test_the_zip_has_the_stored_bytes_and_sums_that_hold(self):
        order = self.join(self.three, self.one)
        action = self.open(order, file_format="zip").action_print()
        self.assertTrue(self.get_file(action).name.endswith(".zip"))
        with tempfile.TemporaryDirectory() as folder:
            zipfile.ZipFile(io.BytesIO(self.get_file(action).raw)).extractall(folder)
            checked = subprocess.run(
                ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
            )
            self.assertEqual(checked.returncode, 0, checked.stderr)
            self.assertEqual(checked.stdout.count(": OK"), 4)
            numbers = [notice.name.replace("/", "-") for notice in order]
            names = [f"0001_{numbers[0]}_Carpentier.pdf", f"0002_{numbers[1]}_Ete_Fils.pdf"]
            found = sorted(path.name for path in Path(folder).iterdir())
            self.assertEqual(found, ["0000_List.csv", "0000_List.pdf", *names, "SHA256SUMS"])
            for name, notice in zip(names, order, strict=True):
                content = Path(folder, name).read_bytes()
                self.assertEqual(hashlib.sha256(content).hexdigest(), notice.document_sha256)
            rows = list(csv.reader(Path(folder, "0000_List.csv").read_text(encoding="utf-8-sig").splitlines()))
            self.assertEqual(rows[1][:5], ["1", self.three.name, "Carpentier", "Marseille", "1"])
            self.assertEqual(rows[2][5:7], ["100.00", "USD"])

    # === What is left out === #

    def check_left_out(self, bad, *why):
        for file_format in ("pdf", "zip"):
            batch = self.open(self.join(self.one, bad, self.three), file_format=file_format, is_duplex=False)
            with mute_logger(BATCH):
                action = batch.action_print()
            self.assertEqual(action["params"]["title"], "Left out: 1")
            for expected in (bad.name or "", *why):
                self.assertIn(expected, action["params"]["message"])
            self.assertEqual([row["number"] for row in batch.printed_list], [self.one.name, self.three.name])
            if file_format == "pdf":
                pages = self.read_pages(self.get_file(action).raw)
                self.assertEqual(len(pages), 3)
                for expected in ("Left out: 1", bad.name or "", *why):
                    self.assertIn(expected, pages[0])

    def test_a_letter_whose_bytes_were_changed_is_left_out_and_named(self):
        content = self.two.document_id.raw
        self.damage(self.two, content.replace(b"%%EOF", b"%%EOG"))
        self.check_left_out(self.two, "Bernard", "its SHA-256 differs")

    def test_a_letter_whose_file_is_gone_is_left_out_and_named(self):
        self.damage(self.two, None)
        with mute_logger("odoo.addons.base.models.ir_attachment"):
            self.check_left_out(self.two, "Bernard", "file is missing")

    def test_a_letter_that_is_no_pdf_is_left_out_and_named(self):
        self.store(self.two, b"this is not a PDF at all")
        self.check_left_out(self.two, "Bernard", "cannot be read as a PDF")

    def test_a_pdf_that_cannot_be_merged_is_left_out_and_named(self):
        """Its pages are counted without a fault; only merging meets the page that is broken."""
        writer = PdfFileWriter()
        writer.add_blank_page(width=100, height=100)
        output = io.BytesIO()
        writer.write(output)
        self.store(self.two, output.getvalue())
        merge = PdfFileWriter.add_page

        def add_page(writer, page, *args):
            if page.mediabox.width == 100:
                raise ValueError("broken")
            return merge(writer, page, *args)

        with patch.object(PdfFileWriter, "add_page", add_page), mute_logger(BATCH):
            batch = self.open(self.join(self.one, self.two, self.three))
            action = batch.action_print()
        self.assertIn(self.two.name, action["params"]["message"])
        self.assertEqual([row["number"] for row in batch.printed_list], [self.one.name, self.three.name])

    def store(self, notice, content):
        """As if these bytes had been made and recorded."""
        attachment = notice.document_id.copy({"raw": content})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_dunning_notice SET document_id = %s, document_sha256 = %s WHERE id = %s",
            (attachment.id, hashlib.sha256(content).hexdigest(), notice.id),
        )
        self.env.invalidate_all()

    def test_a_notice_without_a_letter_is_left_out_and_named(self):
        self.make_invoice(days=6, partner=self.make_customer("Draft"))
        self.night()
        draft = self.env["account.dunning.notice"].search([("state", "=", "draft")])
        self.check_left_out(draft, "Draft", "There is no letter yet")

    def test_notices_without_letters_are_told_before(self):
        self.make_invoice(days=6, partner=self.make_customer("Draft"))
        self.make_invoice(days=6, partner=self.make_customer("Sketch"))
        self.night()
        drafts = self.env["account.dunning.notice"].search([("state", "=", "draft")])
        batch = self.open(drafts | self.one)
        self.assertEqual(batch.letter_count, 1)
        self.assertIn("without a letter: 2", batch.remark)
        with self.assertRaisesRegex(UserError, "None of these"):
            self.open(drafts)

    def test_nothing_at_all_to_print_is_said_by_name(self):
        for notice in (self.one, self.two):
            self.damage(notice, b"rubbish")
        with self.assertRaisesRegex(UserError, "Bernard"):
            self.open(self.one | self.two).action_print()

    # === Other selections === #

    def test_one_notice_is_its_stored_letter(self):
        action = self.one.with_user(self.billing).action_print_letters()
        self.assertEqual(self.get_file(action), self.one.document_id)

    def test_cases_give_their_last_letters(self):
        by_hand = self.env["account.dunning.by.hand"].with_company(self.company)
        moves = self.two.line_ids.move_id
        self.two.delivery_ids.action_mark_posted()
        with self.on(5):
            by_hand._issue(self.company, moves, channel=self.letter, repeat=True)
            last = self.notices("issued", partner=self.two.partner_id)[-1]
            self.assertNotEqual(last, self.two)
            never = self.make_customer("Never")
            self.make_invoice(days=6, partner=never)
            self.night()
            cases = self.env["account.dunning.case"].concat(
                self.two.case_id, self.notices(partner=never).case_id, self.one.case_id
            )
            batch = self.open(cases)
            action = batch.action_print()
        self.assertEqual([row["number"] for row in batch.printed_list], [last.name, self.one.name])
        self.assertIn("Never", action["params"]["message"])
        with self.assertRaises(UserError):
            self.open(self.notices(partner=never).case_id)

    def test_letters_to_post_keep_the_day_once_they_are_printed(self):
        day = TODAY + timedelta(days=2)
        self.damage(self.two, b"rubbish")
        letters = (self.one | self.two).delivery_ids
        batch = self.fill(letters.with_user(self.billing).action_open_printing(), date_planned=day)
        self.assertTrue(batch.is_to_post)
        batch.action_print()
        self.assertEqual([self.one.delivery_ids.date_planned, self.two.delivery_ids.date_planned], [day, False])

    def test_a_letter_posted_in_the_meantime_is_not_printed_for_the_post(self):
        letters = (self.one | self.two).delivery_ids
        batch = self.fill(letters.with_user(self.billing).action_open_printing())
        self.two.delivery_ids.action_mark_posted()
        action = batch.action_print()
        self.assertIn("no longer waits", action["params"]["message"])
        self.assertEqual([row["number"] for row in batch.printed_list], [self.one.name])

    def test_a_notice_by_two_letters_is_printed_twice(self):
        copy = self.two.delivery_ids.create({"notice_id": self.two.id, "channel_id": self.registered.id})
        copy.tracking_number = "2C 1"
        letters = self.two.delivery_ids | copy
        batch = self.fill(letters.with_user(self.billing).action_open_printing(), is_duplex=False)
        self.assertEqual(len(self.read_pages(self.get_file(batch.action_print()).raw)), 3)
        self.assertEqual({row["tracking"] for row in batch.printed_list}, {"", "2C 1"})

    # === Access === #

    def test_letters_of_another_company_are_refused(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("stranger", BILLING, company=elsewhere)
        for records in (self.one | self.two, (self.one | self.two).case_id):
            with self.assertRaises(AccessError), mute_logger(*RULES):
                self.open(records, stranger)
        letters = [[self.one.id, None], [self.two.id, self.two.delivery_ids.id]]
        batch = self.env["account.dunning.letter.batch"].with_user(stranger)
        batch = batch.create({"letter_list": letters, "letter_count": 2, "date_planned": TODAY})
        self.env.invalidate_all()
        for method in ("action_print", "make_slice"):
            with self.assertRaises(AccessError), mute_logger(*RULES):
                getattr(batch, method)()
        printed = [{"notice_id": self.one.id, "delivery_id": False, "pages": 1}]
        for file_format in ("pdf", "zip"):
            batch.write({"printed_list": printed, "done_count": 2, "file_format": file_format})
            self.env.invalidate_all()
            with self.assertRaises(AccessError), mute_logger(*RULES):
                batch.finish()

    def test_nobody_goes_on_with_the_printing_of_another(self):
        batch = self.open(self.one | self.two)
        self.env.invalidate_all()
        for method in ("make_slice", "finish", "action_print"):
            with self.assertRaises(AccessError), mute_logger(*RULES):
                getattr(batch.with_user(self.manager), method)()

    # === The stored letter === #

    def test_a_check_says_whether_the_letter_is_unchanged(self):
        said = self.one.with_user(self.billing).action_verify_document()["params"]
        self.assertEqual(said["type"], "success")
        self.assertIn("Unchanged", said["message"])
        self.damage(self.one, b"%PDF rubbish")
        said = self.one.with_user(self.billing).action_verify_document()["params"]
        self.assertEqual(said["type"], "danger")
        self.assertIn("CHANGED", said["message"])


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLetterSlices(LetterCommon):
    """Seven letters, two at a time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls.env["account.dunning.notice"].concat(*cls.issue(*(f"No {number}" for number in range(7))))

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(self.env.registry["account.dunning.letter.batch"], "_slice_size", 2))

    def begin(self, **vals):
        batch = self.open(self.letters, **vals)
        action = batch.action_print()
        self.assertEqual(action["tag"], "account_dunning_progress")
        begun = {"model": batch._name, "res_id": batch.id, "total": 7, "unit": "letters"}
        self.assertEqual({name: action["params"][name] for name in begun}, begun)
        return batch

    def make_all(self, batch):
        done = []
        while not done or done[-1] < 7:
            done.append(batch.make_slice()["done"])
            self.env.invalidate_all()
        return done

    def test_slices_give_the_same_as_one_go(self):
        for file_format in ("pdf", "zip"):
            batch = self.begin(file_format=file_format)
            self.assertEqual(self.make_all(batch), [2, 4, 6, 7])
            content = self.get_file(batch.finish()).raw
            with patch.object(self.env.registry["account.dunning.letter.batch"], "_slice_size", 100):
                at_once = self.print(self.letters, file_format=file_format)
            if file_format == "pdf":
                self.assertEqual(self.read_pages(content), self.read_pages(at_once))
            else:
                names = [zipfile.ZipFile(io.BytesIO(one)).namelist() for one in (content, at_once)]
                self.assertEqual(*names)
                self.assertEqual(len(names[0]), 10)

    def test_only_the_finished_file_is_kept(self):
        batch = self.begin()
        self.make_all(batch)
        self.assertEqual(len(batch._get_files()), 4)
        self.assertEqual(self.get_file(batch.finish()), batch._get_files())

    def test_who_stops_in_the_middle_has_changed_nothing(self):
        deliveries = self.letters.delivery_ids
        before = self.letters.read(), deliveries.read()
        batch = self.fill(
            deliveries.with_user(self.billing).action_open_printing(), date_planned=TODAY + timedelta(days=1)
        )
        batch.action_print()
        batch.make_slice()
        batch.make_slice()
        with self.assertRaisesRegex(UserError, "Not all letters"):
            batch.finish()
        self.env.invalidate_all()
        self.assertEqual((self.letters.read(), deliveries.read()), before)
        files = batch._get_files()
        self.assertEqual(len(files), 2)
        batch.unlink()
        self.assertFalse(files.exists())
        self.assertEqual(len(self.print(self.letters[:2])) > 0, True)

    def test_a_slice_that_was_broken_off_is_made_again(self):
        batch = self.begin()
        batch.make_slice()
        broken = patch.object(type(batch), "_get_row", side_effect=RuntimeError)
        with self.assertRaises(RuntimeError), self.env.cr.savepoint(), broken:
            batch.make_slice()
        self.env.invalidate_all()
        self.assertEqual(batch.done_count, 2)
        self.assertEqual(len(batch._get_files()), 1)
        self.assertEqual(self.make_all(batch), [4, 6, 7])
        pages = self.read_pages(self.get_file(batch.finish()).raw)
        self.assertEqual(len([page for page in pages if page.strip()]), 8)

    def test_printing_once_more_begins_anew(self):
        batch = self.begin()
        batch.make_slice()
        batch.action_print()
        self.assertEqual((batch.done_count, bool(batch.printed_list), len(batch._get_files())), (0, False, 0))

    def test_a_slice_takes_as_many_queries_as_another(self):
        """And no more for ten letters than for two."""
        counts = []
        for size in (2, 6):
            with patch.object(self.env.registry["account.dunning.letter.batch"], "_slice_size", size):
                batch = self.begin(file_format="zip")
                batch.make_slice()
                batch._restart()
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                batch.make_slice()
                self.env.flush_all()
                counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLetterLog(LetterCommon):
    """The log of a case names the letters that left by post."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls.env["account.dunning.notice"].concat(*cls.issue(*(f"No {number}" for number in range(8))))

    def get_log(self, notice):
        """Newest first."""
        domain = [("model", "=", "account.dunning.case"), ("res_id", "=", notice.case_id.id), ("body", "!=", "")]
        return self.env["mail.message"].search(domain, order="id desc")

    def test_a_posted_letter_is_logged_once_with_its_letter(self):
        notice = self.letters[0]
        self.assertFalse(self.get_log(notice))
        notice.delivery_ids.with_user(self.billing).action_mark_posted(TODAY - timedelta(days=1))
        notice.delivery_ids._conclude()
        note = self.get_log(notice)
        self.assertEqual(len(note), 1)
        self.assertEqual(note.attachment_ids, notice.document_id)
        self.assertEqual(note.author_id, self.billing.partner_id)
        self.assertTrue(note.is_internal)
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertFalse(note.notified_partner_ids | note.partner_ids)
        text = note.preview
        for expected in ("Level 1", notice.name, "posted on 03/30/2026"):
            self.assertIn(expected, text)
        self.assertIn(f'data-oe-id="{notice.id}"', note.body.replace("'", '"'))

    def test_a_registered_letter_is_logged_with_its_number(self):
        notice = self.letters[0]
        notice.delivery_ids.channel_id = self.registered
        notice.delivery_ids.action_mark_posted(tracking_number="1A 234")
        self.assertIn("1A 234", self.get_log(notice).preview)

    def test_a_posting_taken_back_is_logged_too(self):
        notice = self.letters[0]
        notice.delivery_ids.action_mark_posted()
        notice.delivery_ids.action_undo_posted()
        self.assertIn("not posted after all", self.get_log(notice)[0].preview)
        notice.delivery_ids.action_mark_posted()
        self.assertEqual(len(self.get_log(notice)), 3)

    def test_logging_many_takes_as_many_queries_as_logging_two(self):
        all_letters = self.letters.delivery_ids
        few, many = all_letters.browse(all_letters[:2].ids), all_letters.browse(all_letters[2:].ids)
        counts = []
        for deliveries in (few, many):
            deliveries.date_left = TODAY
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            deliveries._log_letters(lambda letter: letter._say_posted())
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)

    def test_many_are_posted_at_once_by_the_dialog(self):
        letters = self.letters.delivery_ids
        letters[0].channel_id = self.registered
        letters[0].tracking_number = "1A 1"
        self.dialog(letters.with_user(self.billing).action_open_posting()).action_post()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(set(self.letters.mapped("date_left")), {TODAY})
        for notice in self.letters:
            self.assertEqual(len(self.get_log(notice)), 1)
            self.assertEqual(notice.line_ids.item_id.level_id, self.first)
