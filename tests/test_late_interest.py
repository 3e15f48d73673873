"""Rates and regimes of late interest: which law, which figures, what warns, who may enter the next one."""

import threading
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..core.interest import accrue, get_total
from ..core.rates import MissingRate
from ..models.account_late_interest_fetch import ADDRESS, OUTCOME, SWITCH
from .common import TODAY
from .test_screens import ScreensCommon

ANSWER = (Path(__file__).parent / "samples" / "ecb_rate.csv").read_bytes()


@contextmanager
def serve(content, status=200):
    """The address of a server on this machine that gives this answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/rate"
    finally:
        server.shutdown()
        server.server_close()


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class LateInterestCommon(ScreensCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.fr")
        cls.rates = cls.env["account.late.interest.rate"]
        cls.regimes = cls.env["account.late.interest.regime"]

    def regime(self, code):
        return self.regimes.with_context(active_test=False).search([("code", "=", code)])

    def rate(self, reference, start):
        return self.rates.search([("reference", "=", reference), ("date_start", "=", start)])


@freeze_time(TODAY)
class TestRegimes(LateInterestCommon):
    def resolve(self, kind, country="fr", **options):
        customer = self.make_customer(debtor_kind=kind, country_id=country and self.env.ref(f"base.{country}").id)
        return self.regimes._resolve(self.company, customer, **options)[customer].code

    def test_the_sellers_law_governs_businesses_and_public_bodies(self):
        self.assertEqual(self.resolve("business"), "FR-BUSINESS")
        self.assertEqual(self.resolve("business", "de"), "FR-BUSINESS")
        self.assertEqual(self.resolve("public", "be"), "FR-PUBLIC")

    def test_the_law_of_his_country_governs_a_consumer_and_whoever_is_of_no_known_kind(self):
        self.assertEqual(self.resolve("consumer"), "FR-CONSUMER")
        self.assertEqual(self.resolve("consumer", "de"), "DE-CONSUMER")
        self.assertEqual(self.resolve(False), "FR-CONSUMER")
        self.assertFalse(self.resolve("consumer", "it"), "no regime is known, none is made up")
        self.assertFalse(self.resolve("consumer", None))

    def test_the_choice_of_the_contract_comes_first(self):
        self.company.dunning_law_country_id = self.env.ref("base.be")
        self.assertEqual(self.resolve("business"), "BE-BUSINESS")
        self.assertEqual(self.resolve("business", law=self.env.ref("base.uk")), "UK-BUSINESS")

    def test_elsewhere_in_the_euro_area_the_directive_is_the_minimum(self):
        for country, code in (
            ("fi", "EU-BUSINESS"),
            ("hr", "EU-BUSINESS"),
            ("pl", False),
            ("ch", False),
            ("us", False),
        ):
            self.company.dunning_law_country_id = self.env.ref(f"base.{country}")
            self.assertEqual(self.resolve("business"), code, country)
        self.company.dunning_law_country_id = self.env.ref("base.fi")
        self.assertEqual(self.resolve("public"), "EU-PUBLIC")
        self.assertFalse(self.resolve("consumer"), "the directive is not about consumers")

    def test_contacts_have_the_regime_of_their_customer_and_queries_are_few(self):
        customers = [self.make_customer(f"C{number}", debtor_kind="business") for number in range(30)]
        contact = self.make_customer("Contact", parent_id=customers[0].id)
        both = self.env["res.partner"].union(*customers, contact)
        self.regimes._resolve(self.company, both)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            found = self.regimes._resolve(self.company, both)
        self.assertEqual(found.keys(), set(customers))

    def test_what_is_low_is_off_and_what_is_on_has_a_source(self):
        every = self.regimes.with_context(active_test=False).search([])
        self.assertEqual(every.filtered(lambda one: one.active == (one.confidence == "low")), self.regimes)
        self.assertFalse(every.filtered(lambda one: not one.source or not one.law))
        self.assertFalse(every.filtered(lambda one: one.confidence != "verified" and not one.note))

    def test_each_active_regime_has_a_rate_today(self):
        for regime in self.regimes.search([]):
            with self.subTest(regime=regime.code):
                self.assertTrue(list(regime._get_core_rate().get_pieces(TODAY, TODAY)))

    def test_rates_of_2026(self):
        expected = {
            "FR-BUSINESS": "12.15",
            "FR-PUBLIC": "10.15",
            "FR-CONSUMER": "2.62",
            "DE-BUSINESS": "10.27",
            "DE-CONSUMER": "6.27",
            "BE-BUSINESS": "10.5",
            "NL-BUSINESS": "10.15",
            "AT-BUSINESS": "10.73",
            "AT-CONSUMER": "4.0",
            "IT-BUSINESS": "10.15",
            "UK-BUSINESS": "11.75",
            "EU-BUSINESS": "10.15",
        }
        for code, percent in expected.items():
            ((_first, _last, found, source),) = self.regime(code)._get_core_rate().get_pieces(TODAY, TODAY)
            self.assertEqual(found, Decimal(percent), code)
            self.assertTrue(source, code)

    def test_the_published_sum_with_the_shipped_figures(self):
        rate = self.regime("FR-BUSINESS")._get_core_rate()
        slices = accrue(Decimal(10000), date(2026, 5, 1), date(2026, 9, 1), rate)
        self.assertEqual(get_total(slices), Decimal("413.76"))
        self.assertIn("European Central Bank", slices[0].source)

    def test_a_public_body_owes_one_rate_all_along(self):
        rate = self.regime("FR-PUBLIC")._get_core_rate(contract_percent=30)
        self.assertEqual([one[2] for one in rate.get_pieces(date(2026, 5, 2), date(2026, 9, 1))], [Decimal("10.15")])

    def test_the_contract_binds_businesses_not_below_three_times_the_legal_rate(self):
        def percents(code):
            rate = self.regime(code)._get_core_rate(contract_percent=8)
            return [one[2] for one in rate.get_pieces(date(2026, 6, 30), date(2026, 7, 1))]

        self.assertEqual(percents("FR-BUSINESS"), [Decimal("8.0"), Decimal("8.25")])
        self.assertEqual(percents("FR-CONSUMER"), [Decimal("2.62"), Decimal("2.75")])
        self.assertEqual(percents("DE-BUSINESS"), [Decimal("8.0")], "no floor is known there")

    def test_compensation(self):
        expected = {
            ("FR-BUSINESS", 999): 40,
            ("FR-PUBLIC", 20000): 40,
            ("FR-CONSUMER", 999): 0,
            ("DE-CONSUMER", 999): 0,
            ("IE-BUSINESS", 1000): 40,
            ("IE-BUSINESS", 1001): 70,
            ("UK-BUSINESS", 1000): 70,
            ("UK-BUSINESS", 10000): 100,
        }
        for (code, debt), amount in expected.items():
            found, reason = self.regime(code)._get_compensation(Decimal(debt))
            self.assertEqual((found, reason == "due"), (amount, bool(amount)), code)
        self.assertEqual(self.regime("UK-BUSINESS").currency_id.name, "GBP")
        self.assertEqual(self.regime("FR-BUSINESS")._get_compensation(Decimal(9), is_insolvent=True), (0, "insolvency"))

    def test_a_regime_has_either_a_published_or_a_fixed_rate(self):
        with self.assertRaisesRegex(ValidationError, "a published rate or a fixed percent, not both"):
            self.regime("FR-BUSINESS").fixed_percent = 5
        with self.assertRaisesRegex(ValidationError, "a published rate or a fixed percent, not both"):
            self.regime("DE-BUSINESS").reference = False

    @mute_logger("odoo.sql_db")
    def test_one_active_regime_a_country_and_kind(self):
        with self.assertRaises(UniqueViolation):
            self.regime("FR-BUSINESS").copy({"code": "FR-OTHER"})

    def test_managers_change_the_law_users_read_it(self):
        self.regime("FR-BUSINESS").with_user(self.manager).margin = 11
        with self.assertRaises(AccessError):
            self.regime("FR-BUSINESS").with_user(self.billing).margin = 12
        with self.assertRaises(AccessError):
            self.rate("ecb_mro", "2026-01-01").with_user(self.billing).percent = 12
        self.assertTrue(self.regime("FR-BUSINESS").with_user(self.billing).read(["law", "margin"]))

    def test_the_forms_open(self):
        for record in (self.regime("UK-BUSINESS"), self.rate("ecb_mro", "2026-01-01")):
            with Form(record.with_user(self.manager)) as form:
                form.note = "Looked at"
            self.assertEqual(record.note, "Looked at")


@freeze_time(TODAY)
class TestRates(LateInterestCommon):
    def test_no_two_rates_for_a_day(self):
        vals = {"reference": "ecb_mro", "date_start": "2026-12-31", "date_end": "2027-06-30", "percent": 9}
        with self.assertRaisesRegex(ValidationError, "there is already a rate from 07/01/2026 to 12/31/2026"):
            self.rates.create(vals)
        self.rates.create({**vals, "active": False})
        self.rates.create({**vals, "reference": "de_base", "date_start": "2027-01-01"})

    def test_a_change_counts_at_once(self):
        rate = self.regime("FR-BUSINESS")._get_core_rate()
        self.assertEqual(next(rate.get_pieces(TODAY, TODAY))[2], Decimal("12.15"))
        known = self.rate("ecb_mro", "2026-01-01")
        known.percent = 3
        self.assertEqual(next(self.regime("FR-BUSINESS")._get_core_rate().get_pieces(TODAY, TODAY))[2], 13)
        known.active = False
        with self.assertRaisesRegex(MissingRate, "ECB main refinancing rate: no rate is known for 2026-03-31"):
            next(self.regime("FR-BUSINESS")._get_core_rate().get_pieces(TODAY, TODAY))

    def test_reading_the_rates_again_asks_nothing(self):
        regime = self.regime("FR-BUSINESS")
        regime._get_core_rate()
        with self.assertQueryCount(0):
            regime._get_core_rate()

    def test_an_update_adds_what_is_missing_and_changes_nothing(self):
        changed, archived = self.rate("ecb_mro", "2026-01-01"), self.rate("ecb_mro", "2025-07-01")
        changed.percent, archived.active = 9, False
        self.rate("ecb_mro", "2025-01-01").unlink()
        self.rates._add_published()
        self.assertEqual((changed.percent, archived.active), (9, False))
        self.assertEqual(self.rate("ecb_mro", "2025-01-01").percent, 3.15)
        self.assertFalse(self.rate("ecb_mro", "2025-07-01"))

    def test_the_dialog_proposes_the_half_year_after_the_last(self):
        with Form(self.env["account.late.interest.rate.wizard"].with_user(self.manager)) as form:
            form.reference = "fr_legal_other"
            self.assertEqual((form.date_start, form.date_end), (date(2027, 1, 1), date(2027, 6, 30)))
            self.assertEqual(form.source, "Arrêté fixant le taux de l'intérêt légal, Journal officiel")
            self.assertIn("Journal officiel", form.publisher)
            self.assertEqual(form.last_percent, 2.75)
            form.percent = 2.9
        form.record.action_enter()
        self.assertRecordValues(
            self.rate("fr_legal_other", "2027-01-01"),
            [{"percent": 2.9, "date_end": date(2027, 6, 30), "confidence": "verified", "active": True}],
        )

    def test_a_forgotten_percent_is_no_rate_of_zero(self):
        with Form(self.env["account.late.interest.rate.wizard"].with_user(self.manager)) as form:
            form.source = "ECB"
        with self.assertRaisesRegex(UserError, "Enter the percent"):
            form.record.action_enter()
        form.record.is_zero = True
        form.record.action_enter()
        self.assertEqual(self.rate("ecb_mro", "2027-01-01").percent, 0)

    def test_billing_users_enter_no_rates(self):
        with self.assertRaises(AccessError):
            self.env["account.late.interest.rate.wizard"].with_user(self.billing).create({})


@freeze_time(TODAY)
class TestWatch(LateInterestCommon):
    """30 days before the last known half-year ends, and from then on, somebody is told."""

    ENDING = "ECB main refinancing rate: known until 12/31/2026 only."

    def setUp(self):
        super().setUp()
        self.watch = self.env["account.late.interest.watch"]
        self.company.dunning_user_id = self.billing

    def activities(self):
        return self.rate("ecb_mro", "2026-07-01").activity_ids

    def test_long_before_nothing_is_said(self):
        self.assertEqual(self.watch._get_warnings(self.company), [])
        with freeze_time("2026-12-01"):
            self.assertEqual(self.watch._get_warnings(self.company), [])

    def test_from_thirty_days_before_each_rate_of_the_companys_law_is_named_with_its_publisher(self):
        with freeze_time("2026-12-02"):
            first, second = self.watch._get_warnings(self.company)
        self.assertIn(self.ENDING, first)
        self.assertIn("the European Central Bank", first)
        self.assertIn("French legal rate (other creditors): known until 12/31/2026 only.", second)

    def test_afterwards_it_says_that_nothing_can_be_computed(self):
        with freeze_time("2027-01-01"):
            self.assertIn(
                "no rate is known after 12/31/2026, so no interest", self.watch._get_warnings(self.company)[0]
            )

    def test_a_table_without_any_rate(self):
        self.rates.search([("reference", "=", "ecb_mro")]).active = False
        (warning,) = self.watch._get_warnings(self.company)
        self.assertIn("ECB main refinancing rate: no rate is known.", warning)

    def test_only_the_rates_of_the_companys_law(self):
        self.company.country_id = self.env.ref("base.uk")
        with freeze_time("2026-12-02"):
            (warning,) = self.watch._get_warnings(self.company)
        self.assertIn("Bank of England", warning)

    def test_the_night_tells_and_reminds_once_until_the_rate_is_entered(self):
        with freeze_time("2026-12-02"):
            self.night()
        run = self.env["account.dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertIn(self.ENDING, run.rate_warning)
        with freeze_time("2026-12-03"):
            self.night()
        self.assertEqual(len(self.activities()), 1)
        self.assertRecordValues(self.activities(), [{"user_id": self.billing.id, "date_deadline": date(2026, 12, 31)}])
        vals = {"reference": "ecb_mro", "date_start": "2027-01-01", "date_end": "2027-06-30", "percent": 2.65}
        self.rates.with_user(self.manager).create(vals)
        self.assertFalse(self.activities())
        self.assertIn(self.ENDING, run.rate_warning, "what the night knew stays")

    def test_most_nights_have_nothing_to_tell_the_responsible(self):
        run = self.night()
        self.assertRecordValues(run, [{"state": "done", "rate_warning": "", "errors": False}])
        self.assertFalse(self.activities())

    def test_simulating_reminds_nobody(self):
        self.company.dunning_mode = "simulate"
        with freeze_time("2026-12-02"):
            self.night()
        self.assertFalse(self.activities())

    def test_the_settings_and_the_desk_say_so(self):
        with freeze_time("2026-12-02"):
            settings = self.env["res.config.settings"].with_company(self.company).create({})
            desk = self.env["account.dunning.desk"].with_user(self.billing).with_company(self.company)
            facts = desk.get_banner(True)["facts"]
            self.assertIn(self.ENDING, settings.dunning_rate_warning)
        self.assertIn(self.ENDING, " ".join(facts))


@freeze_time("2027-01-04")
class TestFetch(LateInterestCommon):
    """Against a server on this machine, which answers as the ECB's does."""

    def setUp(self):
        super().setUp()
        self.fetch = self.env["account.late.interest.fetch"]
        self.parameters = self.env["ir.config_parameter"]
        self.parameters.set_param(SWITCH, "True")

    def cron(self, content=ANSWER, status=200):
        with serve(content, status) as address:
            self.parameters.set_param(ADDRESS, address)
            self.fetch._cron_fetch()

    def problems(self):
        return self.env["account.late.interest.watch"]._get_warnings(self.company)

    def test_off_by_default(self):
        self.parameters.set_param(SWITCH, False)
        self.cron()
        self.assertFalse(self.rate("ecb_mro", "2027-01-01"))
        self.assertFalse(self.parameters.get_param(OUTCOME))

    def test_the_half_year_that_began_is_added(self):
        self.cron()
        self.assertRecordValues(
            self.rate("ecb_mro", "2027-01-01"),
            [{"percent": 2.65, "date_end": date(2027, 6, 30), "confidence": "verified"}],
        )
        self.assertEqual(self.fetch._say_last(), "Last fetch on 01/04/2027: 1 half-years added.")
        self.cron()
        self.assertEqual(self.fetch._say_last(), "Last fetch on 01/04/2027: 0 half-years added.")

    def test_what_differs_stays_and_is_said_until_it_is_settled(self):
        known = self.rate("ecb_mro", "2026-07-01")
        known.percent = 2.5
        self.cron()
        self.assertEqual(known.percent, 2.5)
        said = "from 07/01/2026: the table has 2.5 %, the ECB's service says 2.4 %. Nothing was changed"
        self.assertIn(said, " ".join(self.problems()))
        known.percent = 2.4
        self.assertNotIn(said, " ".join(self.problems()))

    @mute_logger("odoo.addons.account_dunning.models.account_late_interest_fetch")
    def test_no_answer_and_wrong_answers_change_nothing_and_are_said(self):
        before = self.rates.search_count([])
        for content, status in ((b"", 503), (b"<html>Moved</html>", 200), (ANSWER + b"x" * 1_000_000, 200)):
            self.cron(content, status)
            self.assertIn("could not be fetched on 01/04/2027", " ".join(self.problems()))
        self.parameters.set_param(ADDRESS, "http://127.0.0.1:9/closed")
        self.fetch._cron_fetch()
        self.assertIn("could not be fetched on 01/04/2027", " ".join(self.problems()))
        self.assertEqual(self.rates.search_count([]), before)

    def test_a_manager_fetches_by_a_button_also_where_the_settings_do_not(self):
        self.parameters.set_param(SWITCH, False)
        with self.assertRaises(AccessError):
            self.rates.with_user(self.billing).action_fetch()
        self.rate("ecb_mro", "2026-07-01").percent = 2.5
        with serve(ANSWER) as address:
            self.parameters.set_param(ADDRESS, address)
            told = self.rates.with_user(self.manager).action_fetch()["params"]
        self.assertIn("Nothing was changed", told["message"])
        self.assertEqual(told["type"], "warning")
        self.assertTrue(self.rate("ecb_mro", "2027-01-01"))
