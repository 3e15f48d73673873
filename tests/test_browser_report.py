"""The address of a report, which anybody may type: the stored letter or a clear answer, never an internal error."""

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import TODAY, DunningCommon

REPORT = "account_dunning.notice_letter"


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestReport(DunningCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("clerk", "account.group_account_invoice")
        cls.make_user("debtor", "base.group_portal")
        cls.make_user(
            "elsewhere", "account.group_account_invoice", company=cls.env["res.company"].create({"name": "O"})
        )
        cls.make_invoice(days=6)
        by_hand = cls.env["account.dunning.by.hand"].with_company(cls.company)
        cls.issued, _waiting = by_hand._issue(cls.company, cls.env["account.move"].search([], limit=1), all_open=True)
        cls.make_invoice(days=36, partner=cls.make_customer("Other"))
        cls.env["account.dunning.night"]._decide_partners(cls.company, cls.env["res.partner"].search([]).ids)
        cls.draft = cls.env["account.dunning.notice"].search([("state", "=", "draft")])

    def ask(self, notices, login="clerk", converter="pdf"):
        self.authenticate(login, login)
        with mute_logger("odoo.http"):
            return self.url_open(f"/report/{converter}/{REPORT}/{','.join(map(str, notices))}")

    def test_an_issued_notice_gives_its_stored_letter(self):
        answer = self.ask(self.issued.ids)
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))
        self.assertEqual(answer.content, self.issued.document_id.raw)

    def test_a_draft_gives_a_clear_error(self):
        self.assertTrue(self.draft)
        self.check_answer(self.ask(self.draft.ids[:1]), "This notice has no letter yet")

    def test_a_page_instead_of_the_pdf_gives_a_clear_error(self):
        for converter in ("html", "text"):
            with self.subTest(converter=converter):
                self.check_answer(self.ask(self.issued.ids, converter=converter), "The letter of a notice is a PDF")

    def test_a_notice_that_is_not_there_gives_a_clear_error(self):
        self.assertEqual(self.ask([self.draft.ids[-1] + 1000]).status_code, 404)
        self.check_answer(self.ask([]), "Choose the notices")

    def test_who_may_not_read_the_notice_is_refused(self):
        for login in ("debtor", "elsewhere"):
            with self.subTest(login=login):
                self.assertEqual(self.ask(self.issued.ids, login).status_code, 403)

    def check_answer(self, answer, sentence):
        self.assertIn(answer.status_code, (400, 422))
        self.assertIn(sentence, answer.text)
