"""What goes along with a notice: named in the letter, frozen with it, and left exactly so."""

import base64
import hashlib
import io
import zipfile
from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from odoo.addons.account_dunning.core.enclosures import MAX_BYTES, MAX_INVOICES
from odoo.addons.account_dunning.core.mentions import visible_text

from .common import TODAY
from .test_letter_printing import LetterCommon
from .test_outbox import fail

COPIES = "odoo.addons.account_dunning.models.account_dunning_copies"


def make_pdf(width=200, pages=1):
    """A real PDF, told from others by the width of its pages."""
    writer, output = PdfFileWriter(), io.BytesIO()
    for _page in range(pages):
        writer.add_blank_page(width, 300)
    writer.write(output)
    return output.getvalue()


def get_widths(content):
    return [int(page.mediabox[2]) for page in PdfFileReader(io.BytesIO(content)).pages]


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class EnclosuresCommon(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.write({"attach_invoices": True, "attach_documents": True})

    @classmethod
    def attach(cls, move, name, content, **vals):
        vals = {"name": name, "raw": content, "res_model": "account.move", "res_id": move.id, **vals}
        return cls.env["ir.attachment"].create(vals)

    @classmethod
    def store_pdf(cls, move, content=None, name=None):
        """As Odoo does when it sends the invoice."""
        name = name or f"{move.name.replace('/', '_')}.pdf"
        file = cls.attach(move, name, content or make_pdf(), res_field="invoice_pdf_report_file")
        move.invalidate_recordset()
        return file

    @classmethod
    def tag(cls, move, kind, name, content=b"A document", **vals):
        file = cls.attach(move, name, content, **vals)
        return cls.env["account.dunning.annex"].create({"move_id": move.id, "attachment_id": file.id, "kind": kind})

    def issue_now(self, *partners):
        """The notices of a night, issued by the job; none is sent."""
        self.night()
        with self.job() as env:
            env["account.dunning.issue"]._issue_company(self.company.with_env(env))
        return self.notices(partner=partners[0] if partners else None)

    def read(self, notice):
        """The words of the letter, and of the stored PDF."""
        pdf = " ".join(self.read_pages(notice.document_id.raw))
        page = visible_text(notice.page)
        return " ".join(page.split()), " ".join(pdf.split())

    def get_parts(self, message):
        """[(name, MIME type, bytes)] of the attached files."""
        parts = [part for part in message.walk() if part.get_filename()]
        return [(part.get_filename(), part.get_content_type(), part.get_payload(decode=True)) for part in parts]


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestEnclosures(EnclosuresCommon):
    def make_two(self):
        """The younger invoice first, so that the order of the table is not that of their making."""
        young, old = self.make_invoice(days=6), self.make_invoice(days=9)
        return old, young

    def test_the_letter_names_what_leaves_and_what_leaves_is_what_it_names(self):
        self.catch_mails()
        old, young = self.make_two()
        files = {move: self.store_pdf(move, make_pdf(width)) for move, width in ((old, 210), (young, 220))}
        order = self.tag(young, "order", "Bon n° 7.docx", b"PK order", mimetype="application/msword").attachment_id
        note = self.tag(old, "delivery_note", "signed.png", base64.b64decode(PNG)).attachment_id
        self.night()
        moves = self.notices()._get_claimed_lines().move_id
        notice = self.issue_now()
        for said in self.read(notice):
            self.assertIn(f"Enclosures: copies of the invoices {moves[0].name}, {moves[1].name}; ", said)
            self.assertIn(f"signed delivery note signed.png (invoice {old.name})", said)
            self.assertIn(f"order Bon n° 7.docx (invoice {young.name})", said)
            self.assertNotIn("on request", said)
        self.deliver()
        (mail,) = self.mails()
        letter, *enclosed = self.get_parts(mail)
        self.assertEqual(letter, (notice.document_id.name, "application/pdf", notice.document_id.raw))
        documents = [note, order] if moves[0] == old else [order, note]
        expected = [*(files[move] for move in moves), *documents]
        self.assertEqual(enclosed, [(file.name, file.mimetype, file.raw) for file in expected])
        self.assertEqual({file.mimetype for file in documents}, {"image/png", "application/msword"})
        sums = [hashlib.sha256(file.raw).hexdigest() for file in expected]
        self.assertEqual([file["sha256"] for file in notice.enclosures], sums)
        self.assertEqual(notice.enclosure_names, ", ".join(file.name for file in expected))

    def deliver(self):
        with self.job() as env:
            env["account.dunning.outbox"]._deliver_company(self.company.with_env(env))

    def test_a_level_encloses_what_it_says_and_nothing_else(self):
        invoice = self.make_invoice()
        self.store_pdf(invoice)
        self.tag(invoice, "contract", "contract.txt")
        for invoices, documents, kinds in ((True, False, [""]), (False, True, ["contract"]), (False, False, [])):
            self.first.write({"attach_invoices": invoices, "attach_documents": documents})
            notice = self.issue_now()[-1]
            self.assertEqual([file["kind"] for file in notice.enclosures or ()], kinds)
            notice._cancel("Again")

    def test_an_invoice_in_instalments_is_enclosed_once_and_an_entry_never(self):
        invoice = self.make_invoice_of_items(3, self.customer)
        self.store_pdf(invoice)
        notice = self.issue_now()
        self.assertEqual(len(notice._get_claimed_lines()), 3)
        self.assertEqual(len(notice.enclosures), 1)
        self.assertIn(f"Enclosures: copy of the invoice {invoice.name}.", self.read(notice)[0])

    def test_in_the_customer_s_language(self):
        self.customer.lang = "fr_FR"
        paid, missing = self.make_invoice(days=7), self.make_invoice(days=6)
        self.store_pdf(paid)
        self.tag(paid, "order", "commande.pdf")
        said, _pdf = self.read(self.issue_now())
        self.assertIn(f"Pièces jointes : copie de la facture {paid.name}; bon de commande commande.pdf", said)
        self.assertIn(
            f"Non joint, envoyé sur demande (office@creditor.example) : copie de la facture {missing.name}.", said
        )

    # === What is missing === #

    def test_an_invoice_without_a_file_is_sent_on_request(self):
        there, missing = self.make_invoice(days=7), self.make_invoice(days=6)
        self.store_pdf(there)
        notice = self.issue_now()
        said, _pdf = self.read(notice)
        self.assertIn(f"Enclosures: copy of the invoice {there.name}.", said)
        self.assertIn(
            f"Not enclosed, sent on request (office@creditor.example): copy of the invoice {missing.name}.", said
        )
        self.assertEqual([file["invoice"] for file in notice.enclosures], [there.name])

    def test_a_file_that_lies_on_the_disk_no_more_is_not_announced(self):
        invoice = self.make_invoice()
        self.lose(self.store_pdf(invoice))
        notice = self.issue_now()
        self.assertFalse(notice.enclosures)
        self.assertIn("on request", self.read(notice)[0])

    def lose(self, file, content=None):
        """Below Odoo."""
        path = file._full_path(file.store_fname)
        with open(path, "rb") as known:
            kept = known.read()
        self.addCleanup(lambda: open(path, "wb").write(kept))  # noqa: SIM115
        with open(path, "wb") as damaged:
            damaged.write(content or b"")
        file.invalidate_recordset()

    # === Limits === #

    def test_more_than_twenty_invoices_are_listed_with_a_link_where_there_is_one(self):
        moves = [self.make_invoice(days=6 + number % 3) for number in range(MAX_INVOICES + 1)]
        for move in moves:
            self.store_pdf(move)
        moves[3].access_token = "a-key"
        notice = self.issue_now()
        self.assertFalse(notice.enclosures)
        said, pdf = self.read(notice)
        for text in (said, pdf):
            self.assertIn("Not enclosed, sent on request (office@creditor.example): copies of the invoices", text)
            rest = text.partition("copies of the invoices")[2]
            self.assertFalse([move.name for move in moves if move.name not in rest])
            self.assertNotIn("a-key", text)
        self.assertEqual(notice.mail_body.count("/my/invoices/"), 1)
        self.assertIn(f"/my/invoices/{moves[3].id}?access_token=a-key", notice.mail_body)

    def test_twenty_invoices_go_along(self):
        for _number in range(MAX_INVOICES):
            self.store_pdf(self.make_invoice())
        self.assertEqual(len(self.issue_now().enclosures), MAX_INVOICES)

    def test_above_ten_megabytes_the_documents_go_first(self):
        one, two = self.make_invoice(days=7), self.make_invoice(days=6)
        self.store_pdf(one, b"%PDF-1.4" + bytes(MAX_BYTES - 1000))
        self.store_pdf(two, b"%PDF-1.4" + bytes(900))
        self.tag(one, "order", "order.txt", bytes(500))
        notice = self.issue_now()
        self.assertEqual([file["name"] for file in notice.enclosures], ["order.txt"])
        said = self.read(notice)[0]
        self.assertIn(f"Enclosures: order order.txt (invoice {one.name}).", said)
        self.assertIn("sent on request (office@creditor.example): copies of the invoices", said)
        self.assertNotIn("/my/invoices/", notice.mail_body)

    # === Between issue and sending === #

    @contextmanager
    def issued_without_mail(self):
        """The mail of a letter that was issued is written later, after what happens in between."""
        self.catch_mails()
        invoice = self.make_invoice()
        file = self.store_pdf(invoice)
        with patch.object(type(self.env["account.dunning.mail"]), "_write_out", fail), mute_logger(RETRIED):
            notice = self.issue_now()
        yield invoice, notice, file
        self.deliver()
        self.assertFalse(self.mails())
        self.assertRecordValues(notice.delivery_ids, [{"state": "failed", "date_left": False}])
        (task,) = notice.case_id.task_ids.filtered(lambda task: task.kind == "decide")
        self.assertIn(file_name := notice.enclosures[0]["name"], task.note)
        self.assertIn(file_name, notice.delivery_ids.last_error)

    def test_a_changed_file_does_not_leave_and_the_invoice_is_due_again(self):
        with self.issued_without_mail() as (invoice, notice, file):
            self.lose(file, make_pdf(999))
        self.assertIn("changed", notice.delivery_ids.last_error)
        self.assertFalse(self.item(invoice).level_id)
        self.night()
        again = self.notices("draft")
        self.assertEqual(again._get_claimed_lines().item_id, self.item(invoice))

    def test_a_deleted_file_does_not_leave(self):
        with self.issued_without_mail() as (_invoice, notice, file):
            file.unlink()
        self.assertIn("is gone", notice.delivery_ids.last_error)

    def test_what_is_frozen_stays(self):
        self.store_pdf(self.make_invoice())
        notice = self.issue_now()
        with self.assertRaises(UserError):
            notice.enclosures = []

    # === Supporting documents === #

    def test_a_billing_user_adds_a_file_or_marks_one_of_the_invoice(self):
        invoice = self.make_invoice()
        action = invoice.with_user(self.billing).action_dunning_annexes()
        annexes = self.env["account.dunning.annex"].with_user(self.billing).with_context(**action["context"])
        added = annexes.create({"kind": "contract", "file": base64.b64encode(b"Signed"), "file_name": "c.txt"})
        marked = annexes.create({"attachment_id": self.attach(invoice, "order.txt", b"Ordered").id})
        self.assertEqual(annexes.search(action["domain"]), added | marked)
        self.assertRecordValues(
            added.attachment_id,
            [{"name": "c.txt", "raw": b"Signed", "res_model": "account.move", "res_id": invoice.id}],
        )
        file = added.attachment_id
        added.unlink()
        self.assertTrue(file.exists(), "the invoice keeps what was only marked")

    def test_only_files_of_the_invoice_itself(self):
        invoice, other = self.make_invoice(), self.make_invoice(partner=self.make_customer("Other"))
        foreign = self.attach(other, "secret.txt", b"Of another customer")
        loose = self.env["ir.attachment"].create({"name": "loose.txt", "raw": b"Of nobody"})
        for file in (foreign, loose):
            with self.assertRaises(ValidationError):
                self.env["account.dunning.annex"].create({"move_id": invoice.id, "attachment_id": file.id})

    def test_a_file_that_moved_to_another_invoice_since_is_not_enclosed(self):
        invoice, other = self.make_invoice(), self.make_invoice(partner=self.make_customer("Other"))
        self.tag(invoice, "order", "order.txt").attachment_id.res_id = other.id
        self.store_pdf(invoice)
        self.assertEqual([file["kind"] for file in self.issue_now().enclosures], [""])

    def test_another_company_neither_sees_nor_marks_documents(self):
        invoice = self.make_invoice()
        annex = self.tag(invoice, "order", "order.txt")
        copy = self.env["account.dunning.invoice.copy"]._store({invoice: make_pdf()})
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.make_user("stranger", "account.group_account_invoice", company=other)
        with mute_logger("odoo.addons.base.models.ir_rule", "odoo.models"):
            for record in (annex, copy, copy.attachment_id):
                with self.assertRaises(AccessError):
                    record.with_user(stranger).read(["display_name"])
            with self.assertRaises(AccessError):
                self.env["account.dunning.annex"].with_user(stranger).create(
                    {"move_id": invoice.id, "attachment_id": self.attach(invoice, "more.txt", b"More").id}
                )

    # === For many notices at once === #

    def test_as_many_queries_for_twenty_notices_as_for_one(self):
        customers = [self.make_customer(f"Customer {number}") for number in range(20)]
        for customer in customers:
            invoice = self.make_invoice(partner=customer)
            self.store_pdf(invoice)
            self.tag(invoice, "order", "order.txt")
        self.night()
        notices = self.env["account.dunning.notice"].search([("partner_id", "in", [one.id for one in customers])])
        find = self.env["account.dunning.enclosures"]._find
        find(notices)
        counts = []
        for some in (notices[:1], notices):
            self.env.invalidate_all()
            some._get_claimed_lines().move_id.mapped("move_type"), some.level_id.mapped("attach_invoices")
            before = self.cr.sql_log_count
            self.assertEqual({len(found.files) for found in find(some).values()}, {2})
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertLessEqual(counts[0], 8)


RETRIED = "odoo.addons.account_dunning.models.retried"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMissingCopies(EnclosuresCommon):
    def make_copies(self):
        with self.job() as env:
            env["account.dunning.copies"].with_company(self.company.id)._make_of_company(self.company.with_env(env))

    def get_version(self, *moves):
        """PostgreSQL's own: it changes with every update of the row."""
        self.env.flush_all()
        ids = tuple(move.id for move in moves)
        return self.env.execute_query(SQL("SELECT id, xmin::text, ctid::text FROM account_move WHERE id IN %s", ids))

    def get_copy(self, move):
        return self.env["account.dunning.invoice.copy"].search([("move_id", "=", move.id)])

    def test_the_job_makes_missing_copies_and_leaves_the_invoices_alone(self):
        self.company.write({"link_qr_code": True})
        self.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")
        moves = [self.make_invoice(days=6 + number) for number in range(3)]
        self.store_pdf(moves[0])
        self.night()
        before = self.get_version(*moves)
        self.make_copies()
        self.assertEqual(self.get_version(*moves), before)
        self.assertFalse(self.get_copy(moves[0]))
        self.assertFalse(any(move.invoice_pdf_report_id or move.is_move_sent for move in moves[1:]))
        notice = self.issue_now()
        self.assertEqual({file["invoice"] for file in notice.enclosures}, {move.name for move in moves})
        self.assertNotIn("on request", self.read(notice)[0])
        for move in moves[1:]:
            others = [other.name for other in moves if other != move]
            text = " ".join(self.read_pages(self.get_copy(move).attachment_id.raw))
            self.assertIn(move.name, text)
            self.assertFalse([name for name in others if name in text])
        known = self.env["account.dunning.invoice.copy"].search_count([])
        self.make_copies()
        self.assertEqual(self.env["account.dunning.invoice.copy"].search_count([]), known)

    def test_one_that_cannot_be_printed_is_named_and_stops_no_other(self):
        good, bad = self.make_invoice(days=7), self.make_invoice(days=6)
        self.night()
        copies = type(self.env["account.dunning.copies"])
        print_report = copies._print_report

        def stumble(model, report, moves):
            if bad.id in moves.ids:
                raise ValueError("the template is broken")
            return print_report(model, report, moves)

        with patch.object(copies, "_print_report", stumble), mute_logger(COPIES):
            self.make_copies()
        self.assertTrue(self.get_copy(good))
        run = self.env["account.dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertIn(f"{bad.name}: its copy could not be made: the template is broken", run.errors)
        notice = self.issue_now()
        self.assertEqual([file["invoice"] for file in notice.enclosures], [good.name])
        self.assertIn(f"copy of the invoice {bad.name}.", self.read(notice)[0].partition("on request")[2])

    def test_none_is_made_that_would_not_be_enclosed(self):
        moves = [self.make_invoice() for _number in range(MAX_INVOICES + 1)]
        quiet = self.make_invoice(partner=self.make_customer("Quiet"))
        self.night()
        with self.job() as env:
            missing = env["account.dunning.copies"]._get_missing(env["account.dunning.notice"].search([]))
            self.assertFalse(missing & env["account.move"].browse([move.id for move in moves]))
            self.assertIn(quiet.id, missing.ids)

    def test_a_letter_by_hand_has_its_copies_at_once(self):
        (notice,) = self.issue("By Hand")
        self.assertEqual([file["mimetype"] for file in notice.enclosures], ["application/pdf"])
        self.assertIn(notice._get_claimed_lines().move_id.name, " ".join(self.read_pages(self.read_file(notice))))

    def read_file(self, notice):
        return self.env["ir.attachment"].browse(notice.enclosures[0]["attachment_id"]).raw

    def test_a_copy_does_not_outlive_the_text_of_its_invoice(self):
        invoice = self.make_invoice()
        copy = self.env["account.dunning.invoice.copy"]._store({invoice: make_pdf()})
        invoice.button_draft()
        self.assertFalse(copy.active)
        invoice.action_post()
        self.assertFalse(self.get_copy(invoice))
        self.env["account.dunning.invoice.copy"]._store({invoice: make_pdf(300)})

    def test_the_stored_one_comes_before_the_copy(self):
        invoice = self.make_invoice()
        self.env["account.dunning.invoice.copy"]._store({invoice: make_pdf(300)})
        stored = self.store_pdf(invoice)
        self.assertEqual(self.issue_now().enclosures[0]["attachment_id"], stored.id)

    def test_the_night_asks_for_the_job(self):
        cron = self.env.ref("account_dunning.ir_cron_make_copies")
        triggers = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        with self.job() as env:
            env["account.dunning.run"]._cron_decide()
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), triggers + 1)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPrintedEnclosures(EnclosuresCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        customers = [cls.make_customer(name) for name in ("Alpha", "Beta")]
        cls.moves = [cls.make_invoice(partner=customer) for customer in customers]
        for number, move in enumerate(cls.moves):
            cls.store_pdf(move, make_pdf(210 + number, pages=3))
        cls.tag(cls.moves[0], "order", "order.pdf", make_pdf(300, pages=2))
        cls.tag(cls.moves[0], "other", "Photo n° 1.png", base64.b64decode(PNG))
        by_hand = cls.env["account.dunning.by.hand"].with_company(cls.company)
        by_hand._issue(cls.company, cls.env["account.move"].concat(*cls.moves), channel=cls.letter)
        cls.one, cls.two = (
            cls.env["account.dunning.notice"].search([("partner_id", "=", one.id)]) for one in customers
        )

    def test_each_letter_is_followed_by_its_enclosures_on_sheets_of_their_own(self):
        widths = get_widths(self.print(self.one | self.two, with_enclosures=True, has_list=False))
        paper = widths[0]
        length = len(self.read_pages(self.one.document_id.raw))
        letter = [paper] * (length + length % 2)
        expected = [*letter, *[210] * 4, 300, 300, *letter, *[211] * 4]
        self.assertEqual(widths, expected)

    def test_without_asking_there_are_none(self):
        self.assertEqual(len(set(get_widths(self.print(self.one | self.two, has_list=False)))), 1)

    def test_the_list_names_what_follows_and_what_does_not(self):
        batch = self.open(self.one | self.two, with_enclosures=True)
        listed = self.read_pages(self.get_file(batch.action_print()).raw)[0]
        self.assertIn("order.pdf", listed)
        self.assertIn("Photo n° 1.png is no PDF: it is in the ZIP only.", listed)
        pages = [len(self.read_pages(notice.document_id.raw)) for notice in (self.one, self.two)]
        self.assertEqual(batch._get_printed()["pages"], sum(pages) + 3 + 2 + 3)
        self.assertEqual(batch._get_printed()["sheets"], sum((count + 1) // 2 for count in pages) + 2 + 1 + 2)

    def test_the_archive_has_a_folder_for_each_letter(self):
        content = self.print(self.one | self.two, with_enclosures=True, file_format="zip", has_list=False)
        archive = zipfile.ZipFile(io.BytesIO(content))
        name = f"0001_{self.one.name.replace('/', '-')}_Alpha"
        inside = [path for path in archive.namelist() if path.startswith(f"{name}/")]
        invoice = self.moves[0].name.replace("/", "_")
        self.assertEqual(
            [path.partition("/")[2] for path in inside],
            [f"{name}.pdf", f"01_{invoice}.pdf", "02_order.pdf", "03_Photo_n_1.png"],
        )
        self.assertEqual(get_widths(archive.read(inside[1])), [210] * 3)
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        for path in archive.namelist():
            if path != "SHA256SUMS":
                self.assertEqual(sums[path], hashlib.sha256(archive.read(path)).hexdigest(), path)

    def test_a_file_that_is_gone_is_named_and_the_letter_printed(self):
        self.env["account.dunning.annex"].search([("kind", "=", "order")]).attachment_id.unlink()
        batch = self.open(self.one | self.two, with_enclosures=True)
        listed = self.read_pages(self.get_file(batch.action_print()).raw)[0]
        self.assertIn("The enclosure order.pdf is gone.", listed)
        self.assertIn(self.one.name, listed)
