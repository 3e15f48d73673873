"""Search, sort and group invoices by what the night wrote about their items."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import escalation

COLUMNS = {  # field of the move: column of the projection of its items
    "dunning_level_id": "level_id",
    "dunning_next_level_id": "next_level_id",
    "dunning_next_date": "next_date",
    "dunning_state": "state",
}
COMPARISONS = {"<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">=")}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _field_to_sql(self, alias, field_expr, query=None):
        """Override: lists sort and group by the fields of the projection as if they were stored."""
        if field_expr not in COLUMNS or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        projection = query.make_alias(alias, "dunning_projection")
        joined = SQL("%s = %s", SQL.identifier(alias, "id"), SQL.identifier(projection, "move_id"))
        query.add_join("LEFT JOIN", projection, self._get_dunning_projection(), joined)
        column = SQL.identifier(projection, COLUMNS[field_expr])
        return SQL("COALESCE(%s, 'none')", column) if field_expr == "dunning_state" else column

    @api.model
    def _get_dunning_projection(self):
        """One row per move with items: what the fields of the projection say, read, searched, sorted and grouped."""
        self.env["account.dunning.item"].flush_model()
        return SQL(
            """(
            SELECT item.move_id, MIN(item.next_date) FILTER (WHERE item.is_open) AS next_date,
                   (ARRAY_AGG(item.next_level_id ORDER BY item.next_date, item.date_due, item.id)
                     FILTER (WHERE item.is_open AND item.next_date IS NOT NULL))[1] AS next_level_id,
                   (ARRAY_AGG(item.level_id ORDER BY ARRAY_POSITION(%(stages)s, item.stage) DESC, level.sequence DESC,
                                                     item.date_due DESC, item.id DESC)
                     FILTER (WHERE item.is_open AND item.level_id IS NOT NULL))[1] AS level_id,
                   CASE WHEN NOT BOOL_OR(item.is_open)
                        THEN CASE WHEN COUNT(item.level_id) > 0 THEN 'done' ELSE 'none' END
                        WHEN BOOL_AND(item.is_held OR NOT item.is_open) THEN 'on_hold'
                        WHEN BOOL_OR(item.is_open AND item.stage != %(reminder)s) THEN 'formal_notice'
                        WHEN COUNT(item.level_id) FILTER (WHERE item.is_open) > 0 THEN 'in_progress'
                        ELSE 'scheduled' END AS state
              FROM (SELECT *, reason IS DISTINCT FROM %(settled)s AS is_open,
                           reason IS NOT DISTINCT FROM %(held)s AS is_held
                      FROM account_dunning_item WHERE active AND move_id IS NOT NULL) item
         LEFT JOIN account_dunning_level level ON level.id = item.level_id
          GROUP BY item.move_id)""",
            settled=escalation.SETTLED,
            held=escalation.HELD,
            reminder=escalation.REMINDER,
            stages=list(escalation.STAGES),
        )

    @api.model
    def _read_dunning_projection(self, move_ids):
        """{move id: {column: value}} of the moves among these that have items."""
        query = SQL(
            "SELECT found.* FROM %s found WHERE found.move_id = ANY(%s)", self._get_dunning_projection(), move_ids
        )
        return {row["move_id"]: row for row in self.env.execute_query_dict(query)}

    # === Search === #

    def _search_dunning_level_id(self, operator, value):
        return self._search_dunning("dunning_level_id", operator, value)

    def _search_dunning_next_level_id(self, operator, value):
        return self._search_dunning("dunning_next_level_id", operator, value)

    def _search_dunning_next_date(self, operator, value):
        return self._search_dunning("dunning_next_date", operator, value)

    def _search_dunning_state(self, operator, value):
        return self._search_dunning("dunning_state", operator, value)

    @api.model
    def _search_dunning(self, field_name, operator, value):
        """The moves whose projection compares so; one without items has no level, no date and the state `none`."""
        column = SQL.identifier("found", COLUMNS[field_name])
        if operator == "in":
            return self._search_dunning_values(column, value, "none" if field_name == "dunning_state" else False)
        if operator == "any":
            levels = self.env["account.dunning.level"].sudo().with_context(active_test=False)._search(value)
            return self._select_dunning(SQL("%s IN %s", column, levels.subselect()))
        if operator in COMPARISONS:
            return self._select_dunning(SQL("%s %s %s", column, COMPARISONS[operator], value))
        return NotImplemented

    @api.model
    def _search_dunning_values(self, column, values, nothing):
        given = tuple(value for value in values if value and value != nothing)
        found = self._select_dunning(SQL("%s IN %s", column, given)) if given else Domain.FALSE
        if nothing in values:
            found |= ~self._select_dunning(SQL("%s::text != 'none'", column))
        return found

    @api.model
    def _select_dunning(self, condition):
        query = SQL("(SELECT found.move_id FROM %s found WHERE %s)", self._get_dunning_projection(), condition)
        return Domain("id", "in", query)
