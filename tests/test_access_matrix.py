"""Each field, button, menu and action of the addon, tried as each role.

After a change of views, groups or access rights: DUNNING_WRITE_MATRIX=1 ./dev test tests/test_access_matrix.py
writes tests/samples/access_matrix.csv anew; read its diff, it says who may now see or do what.
"""

import os

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from . import access_matrix
from .access_matrix import REFUSED, ROLES, YES
from .access_scenario import QUIET, AccessScenario
from .common import TODAY


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestAccessMatrix(AccessScenario):
    def test_the_list_says_what_the_views_give(self):
        """No entry missing, none too many, and each with the outcome that was reviewed."""
        found = access_matrix.get_matrix(self.env, self.users)
        if os.environ.get("DUNNING_WRITE_MATRIX"):
            access_matrix.write_file(found)
        known = access_matrix.read_file()
        again = "DUNNING_WRITE_MATRIX=1 ./dev test tests/test_access_matrix.py writes it anew"
        self.assertFalse(sorted(found.keys() - known.keys()), f"missing in {access_matrix.FILE.name}: {again}")
        self.assertFalse(sorted(known.keys() - found.keys()), f"superfluous in {access_matrix.FILE.name}: {again}")
        self.assertEqual({key: known[key] for key in found if known[key] != found[key]}, {}, again)

    def test_what_a_view_shows_can_be_read(self):
        for role, name, view, ours in self.each_shown_view():
            with self.subTest(role=role, view=name):
                self.read_as_client(self.env_of(role), view, ours)

    def test_a_button_that_is_shown_works(self):
        """On a record for which it is shown; a refusal because of the record's state is an answer, too."""
        for role, name, view, ours in self.each_shown_view():
            shown = access_matrix.get_shown(self.env_of(role), view, ours)
            for what, nodes in self.get_buttons(shown).items():
                with self.subTest(role=role, view=name, button=what), mute_logger(*QUIET):
                    self.press_any(role, view, what, nodes)

    def test_what_stands_behind_a_hidden_button_does_nothing(self):
        """Called by RPC it is refused, or changes nothing."""
        for role in ROLES:
            for model, method in sorted(self.get_methods() - self.get_methods(role)):
                with self.subTest(role=role, model=model, method=method), mute_logger(*QUIET):
                    self.check_refused(role, self.get_candidates("manager", model), method)

    def test_each_menu_that_is_shown_opens(self):
        for role in ROLES:
            shown = access_matrix.get_shown_menus(self.env_of(role))
            for name, menu in access_matrix.get_ours(self.env, "ir.ui.menu").items():
                if menu.id in shown and menu.action:
                    with self.subTest(role=role, menu=name), self.undone():
                        self.open(self.env_of(role), menu.action)

    def test_each_action_that_is_shown_works(self):
        for role in ROLES:
            outcomes = access_matrix.get_action_outcomes(self.env_of(role))
            for name in [name for (_kind, name), outcome in outcomes.items() if outcome == YES]:
                with self.subTest(role=role, action=name), self.undone():
                    action = self.env.ref(f"account_dunning.{name}")
                    records = self.get_candidates(role, action.binding_model_id.model)[:1]
                    self.assertTrue(records)
                    self.open(self.env_of(role), action, records)

    def test_fields_of_core_models_are_read_by_whom_the_list_names(self):
        for role in ROLES:
            for (_kind, what), outcome in access_matrix.get_core_field_outcomes(self.env_of(role)).items():
                model, name = what.split(": ")
                with self.subTest(role=role, field=what), mute_logger(*QUIET):
                    record = self.get_core_record(role, model)
                    self.assertEqual(record.has_access("read"), record.browse().has_access("read"))
                    if outcome == REFUSED:
                        with self.assertRaises(AccessError):
                            record.read([name])
                    else:
                        record.read([name])

    def each_shown_view(self):
        for role in ROLES:
            for name, (view, ours) in self.views.items():
                if access_matrix.get_shown(self.env_of(role), view, ours):
                    yield role, name, view, ours
