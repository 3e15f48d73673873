from unittest.mock import patch

from lxml import etree

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from . import access_matrix
from .common import TODAY, DunningCommon

MOVE = ["dunning_level_id", "dunning_state", "dunning_next_level_id", "dunning_next_date", "dunning_case_id"]
CASE = ["partner_id", "amount_overdue", "level_id", "next_level_id", "next_date", "explanation", "user_id"]
ITEM = ["display_name", "partner_id", "case_id", "level_id", "next_level_id", "next_date", "reason", "amount_claimed"]
NOTICE = ["display_name", "partner_id", "level_id", "state", "amount_total", "currency_id"]
LENGTHS = (1, 80, 2000)
QUERIES_A_LIST, QUERIES_A_GROUP = 12, 4  # page and count, and one for each field that shows another record
QUERIES_MORE = {
    "account.dunning.task": 1,  # the last outcome: the contacts of the cases, then what they say
    "account.dunning.item": 2,  # the limitation date: the laws, and what interrupts it
}
CHUNKS, ROWS_AN_INSERT = (1, 80, 500), 100


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestQueryCounts(DunningCommon):
    """As many queries for 80 records as for one, and no more for 2,000 than the ORM's portions ask for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.make_ledger(max(LENGTHS))

    @classmethod
    def make_ledger(cls, count):
        """So many customers with one overdue invoice each: copies of one invoice, made by INSERT ... SELECT."""
        original = cls.make_original()
        cls.env.flush_all()
        partner_ids = cls.copy("res_partner", original.partner_id.id, count, commercial_partner_id=SQL("new.id"))
        move_ids = cls.copy(
            "account_move",
            original.id,
            count,
            partner_id=SQL("(%s::int[])[new.number]", partner_ids),
            commercial_partner_id=SQL("(%s::int[])[new.number]", partner_ids),
            name=SQL("'COPY/' || new.number"),
            sequence_number=SQL("900000 + new.number"),
        )
        for line in original.line_ids:
            cls.copy(
                "account_move_line",
                line.id,
                count,
                partner_id=SQL("(%s::int[])[new.number]", partner_ids),
                move_id=SQL("(%s::int[])[new.number]", move_ids),
            )
        cls.env.invalidate_all()
        cls.invoices = cls.env["account.move"].browse(move_ids)
        return cls.env["res.partner"].browse(partner_ids)

    @classmethod
    def make_original(cls):
        """Its customer has nothing else."""
        partner = cls.make_customer("Original", debtor_kind="business")
        return cls.make_invoice(partner=partner)

    @classmethod
    def copy(cls, table, row_id, count, **changes):
        """The ids of `count` copies of one row."""
        columns = [
            name
            for (name,) in cls.env.execute_query(
                SQL(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'",
                    table,
                )
            )
        ]
        changes = {"id": SQL("new.id"), **changes}
        rows = cls.env.execute_query(
            SQL(
                "INSERT INTO %(table)s (%(columns)s) SELECT %(values)s FROM %(table)s original CROSS JOIN ("
                " SELECT number, nextval(%(sequence)s)::int AS id FROM generate_series(1, %(count)s) AS number) AS new"
                " WHERE original.id = %(row)s ORDER BY new.number RETURNING id",
                table=SQL.identifier(table),
                columns=SQL(", ").join(map(SQL.identifier, columns)),
                values=SQL(", ").join(changes.get(name, SQL("original.%s", SQL.identifier(name))) for name in columns),
                sequence=f"{table}_id_seq",
                count=count,
                row=row_id,
            )
        )
        return [row_id for (row_id,) in rows]

    # === Counting === #

    def count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def assert_same(self, function):
        """Odoo's ORM reads in portions of a thousand: for 2,000 the same queries, twice at most."""
        function(max(LENGTHS))  # policies, languages and access rights are read once, items are made once
        one, many, most = (self.count(lambda length=length: function(length)) for length in LENGTHS)
        self.assertLessEqual(one, 20)
        self.assertLessEqual(many, one)
        self.assertLessEqual(most, 2 * one)

    def decide(self, length, prepare=True):
        customers = self.customers[:length]
        self.env["account.dunning.night"]._decide_partners(self.company, customers.ids, prepare=prepare)

    def decide_all(self):
        for start in range(0, len(self.customers), 500):
            customers = self.customers[start : start + 500]
            self.env["account.dunning.night"]._decide_partners(self.company, customers.ids)

    # === What is counted === #

    def test_the_ledger_is_what_it_says(self):
        self.decide(80)
        notices = self.notices(partner=self.customers[79])
        self.assertRecordValues(notices, [{"state": "draft", "amount_total": 100, "level_id": self.first.id}])
        self.assertEqual(self.env["account.dunning.notice"].search_count([("company_id", "=", self.company.id)]), 80)

    def test_deciding(self):
        self.assert_same(lambda length: self.decide(length, prepare=False))

    def test_preparing_new_drafts(self):
        """At most 40 queries a chunk, and one for each hundred notices inserted."""
        self.decide(1)
        counts = [self.count(lambda length=length: self.decide_fresh(length)) for length in CHUNKS]
        self.assertLessEqual(counts[0], 25)
        for length, count in zip(CHUNKS, counts, strict=True):
            self.assertLessEqual(count, counts[0] + 2 * (length // ROWS_AN_INSERT))

    def decide_fresh(self, length):
        """So many customers that have no item yet."""
        known = self.env["account.dunning.item"].search([]).partner_id
        fresh = (self.customers - known)[:length]
        self.env["account.dunning.night"]._decide_partners(self.company, fresh.ids)

    def test_preparing_again_where_nothing_changed(self):
        self.assert_same(self.decide)

    def test_reading_a_list_of_invoices(self):
        self.decide_all()
        self.assert_same(lambda length: self.invoices[:length].read(MOVE))

    def test_reading_lists_of_cases_items_and_notices(self):
        self.decide_all()
        for model, names in (("case", CASE), ("item", ITEM), ("notice", NOTICE)):
            records = self.env[f"account.dunning.{model}"].search([("company_id", "=", self.company.id)])
            self.assertEqual(len(records), max(LENGTHS))
            self.assert_same(lambda length, records=records, names=names: records[:length].read(names))

    def make_work(self):
        """A task, a delivery with its receipt, a hold and a call for each of 80 customers."""
        self.decide_all()
        notices = self.env["account.dunning.notice"].search([("company_id", "=", self.company.id)], limit=80)
        cases = notices.case_id
        cases._raise_task("call")
        deliveries = [{"notice_id": notice.id, "channel_id": self.letter.id, "leading": True} for notice in notices]
        for number, delivery in enumerate(self.env["account.dunning.delivery"].create(deliveries)):
            receipt = {"company": self.company, "delivery": delivery, "source": "upload"}
            self.env["account.dunning.proof"]._receive(f"%PDF-1.4 {number}".encode(), **receipt)
        for model, vals in (("contact", {"kind": "call"}), ("hold", {"kind": "pause", "pause_reason": "other"})):
            self.env[f"account.dunning.{model}"].create([{"case_id": case.id, **vals} for case in cases])
        changes = [{"item_id": case.item_ids[0].id, "reason": "Agreed"} for case in cases]
        self.env["account.dunning.level.change"].create(changes)

    def each_list(self):
        """(model as a billing user has it, else a manager, its list view, its search view) of this addon."""
        billing = self.make_user("billing", "account.group_account_invoice")
        manager = self.make_user("manager", "account.group_account_invoice", "account_dunning.group_dunning_manager")
        for view, ours in access_matrix.get_views(self.env).values():
            user = billing if self.env[view.model].with_user(billing).has_access("read") else manager
            env = self.env(user=user, context={"allowed_company_ids": self.company.ids})
            if view.type == "list" and ours is None and env[view.model]._auto and not env[view.model]._transient:
                found = env[view.model].get_views([(False, "search")])["views"]["search"]["arch"]
                yield env[view.model], access_matrix.get_arch(env, view), etree.fromstring(found)

    def test_lists_as_the_web_client_reads_them(self):
        """As many queries for a page of 80 as for one record, and few."""
        self.make_work()
        for model, arch, _search in self.each_list():
            specification = access_matrix.get_specification(model.env, model._name, arch)
            self.check_list(model, specification, arch.get("default_order"))

    def check_list(self, model, specification, order):
        def read(limit):
            return model.web_search_read([], specification, limit=limit, order=order)["records"]

        self.assertLessEqual(len(read(80)), 80)
        one, many = (self.count(lambda limit=limit: read(limit)) for limit in (1, 80))
        self.assertLessEqual(many, min(one, QUERIES_A_LIST + QUERIES_MORE.get(model._name, 0)), model)

    def test_groups_as_the_web_client_reads_them(self):
        self.make_work()
        for model, arch, search in self.each_list():
            sums = [f"{node.get('name')}:sum" for node in arch.iter("field") if node.get("sum")]
            for node in search.iter("filter"):
                grouped = safe_eval(node.get("context") or "{}").get("group_by")
                if grouped:
                    self.check_groups(model, grouped, sums)

    def check_groups(self, model, grouped, sums):
        if ":" not in grouped and model._fields[grouped].type in ("date", "datetime"):
            grouped += ":month"  # as the client does

        def read():
            return model.web_read_group([], [grouped], ["__count", *sums], limit=80)

        read()
        self.assertLessEqual(self.count(read), QUERIES_A_GROUP, f"{model} by {grouped}")

    def test_the_sentences_of_many_invoices_are_decided_at_once(self):
        self.assert_same(lambda length: self.invoices[:length].read(["dunning_explanation"]))
        self.assertIn("Level 1 is due", self.invoices[1999].dunning_explanation)

    def test_interest_of_many_invoices_is_worked_out_at_once(self):
        self.company.country_id = self.env.ref("base.fr")
        self.decide_all()
        late = ["late_interest_amount", "late_compensation_amount", "late_interest_remark"]
        self.assert_same(lambda length: self.invoices[:length].read(late))
        amounts = {(move.late_interest_amount, move.late_compensation_amount) for move in self.invoices}
        self.assertEqual(len(amounts), 1)
        self.assertTrue(all(amounts.pop()))

    def test_deciding_works_out_no_interest(self):
        """Only what is issued is worked out, in a batch."""
        self.first.interest_mode = "mention"
        with patch.object(self.env.registry["account.late.interest"], "_get_late", side_effect=AssertionError):
            self.decide(80)

    def test_charging_notices(self):
        self.company.country_id = self.env.ref("base.fr")
        self.first.interest_mode = "claim"
        self.decide_all()
        notices = self.env["account.dunning.notice"].search([("company_id", "=", self.company.id)])
        today, charge = self.company._dunning_today(), self.env["account.dunning.charge"]._charge
        charge(self.company, notices, today)
        counts = [self.count(lambda one=one: charge(self.company, one, today)) for one in (notices[:1], notices[:100])]
        self.assertLessEqual(counts[0], 20)
        self.assertLessEqual(counts[1], counts[0])
        self.assertFalse(notices.filtered(lambda notice: not notice.amount_interest))

    def test_the_form_of_a_case_whatever_the_number_of_its_items(self):
        invoices = [self.make_invoice(partner=self.customers[0]) for _number in range(80)]
        self.decide(2)
        for model in ("item_ids", "notice_ids"):
            names = ["display_name", "reason", "level_id", "next_date"] if model == "item_ids" else NOTICE
            few, many = (self.item(self.invoices[number]).case_id for number in (1, 0))
            few[model].read(names)
            counts = [self.count(lambda case=case: case[model].read(names)) for case in (few, many)]  # noqa: B023
            self.assertLessEqual(counts[1], counts[0])
        self.assertEqual(len(many.item_ids), len(invoices) + 1)
