from unittest.mock import patch

from odoo.tests import HttpCase, freeze_time, tagged

from ..wizard import account_dunning_verification
from .browser import in_browser
from .common import TODAY
from .proof_common import ProofCommon

STEPS = """
    await click(named(".o_form_statusbar button", "Verify"));
    await click(one(".modal footer button[name='action_verify']"));
    await wait(one(".modal .alert-success [name='answer']"));
    await click(named(".modal footer button", "Close"));
    await wait(() => !document.querySelector(".modal"));
    await wait(one(".o_form_view .o_field_widget[name='verified_sequence']"));
"""


@tagged("post_install", "-at_install", "dunning_browser")
@freeze_time(TODAY)
class TestBrowserVerification(ProofCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.make_user("auditor", "base.group_user", "account_dunning.group_dunning_auditor")
        delivery = self.send()
        for number in range(3):
            self.receive(delivery, "content", content=b"%%PDF-1.4 %d" % number)
        self.chain = delivery.proof_ids.chain_id

    def verify(self):
        self.browser_js(
            f"/odoo/action-account_dunning.account_dunning_chain_action/{self.chain.id}",
            in_browser(STEPS),
            ready="!!document.querySelector('.o_form_statusbar button')",
            login="auditor",
        )
        self.env.invalidate_all()
        self.assertEqual((self.chain.verified_sequence, self.chain.finding), (3, False))

    def test_the_form_of_the_chain_shows_what_came_of_it(self):
        self.verify()

    def test_after_a_progress_bar_too(self):
        with patch.object(account_dunning_verification, "SLICE", 2):
            self.verify()
