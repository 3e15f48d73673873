"""A copied invoice against one that Odoo really posts: every column is equal, its own identity apart."""

import odoo.init  # noqa: F401  (fills the namespace package that the next import reads)
from odoo import Command
from odoo.tools import SQL

OWN = {
    "account_move": {"id", "name", "sequence_number", "payment_reference", "create_date", "write_date"},
    "account_move_line": {"id", "move_id", "move_name", "name", "create_date", "write_date"},
}


def check_copies(env, original):
    """Post what `original` says for the customer of one of its copies; stop where the copy differs from that."""
    env.cr.execute("SELECT new FROM bench_account_move WHERE old = %s AND copy = 2", [original.id])
    copied = env["account.move"].browse(env.cr.fetchone()[0])
    with env.cr.savepoint() as savepoint:
        problems = list(compare_moves(env, post_like(original, copied.partner_id), copied))
        savepoint.rollback()
    env.invalidate_all()
    if problems:
        raise SystemExit("Copied invoices differ from posted ones:\n" + "\n".join(problems))


def compare_moves(env, posted, copied):
    yield from compare(env, "account_move", posted, copied)
    for account in posted.line_ids.account_id:
        lines = [move.line_ids.filtered(lambda line, of=account: line.account_id == of) for move in (posted, copied)]
        yield from compare(env, "account_move_line", *lines)
    for move in (posted, copied):
        if not has_consistent_names(move):
            yield f"{move.name}: {move.payment_reference}, {move.line_ids.mapped('move_name')}"


def post_like(original, partner):
    line = original.invoice_line_ids
    line_vals = {"name": line.name, "quantity": line.quantity, "price_unit": line.price_unit, "tax_ids": []}
    posted = original.create(
        {
            "move_type": original.move_type,
            "partner_id": partner.id,
            "invoice_date": original.invoice_date,
            "invoice_date_due": original.invoice_date_due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create(line_vals)],
        }
    )
    posted.action_post()
    posted.is_move_sent = True
    posted.env.flush_all()
    return posted


def compare(env, table, posted, copied):
    rows = [get_row(env, table, record.id) for record in (posted, copied)]
    for column in rows[0].keys() - OWN[table]:
        if rows[0][column] != rows[1][column]:
            yield f"{table}.{column}: posted {rows[0][column]!r}, copied {rows[1][column]!r}"


def get_row(env, table, row_id):
    return env.execute_query_dict(SQL("SELECT * FROM %s WHERE id = %s", SQL.identifier(table), row_id))[0]


def has_consistent_names(move):
    expected = f"{move.sequence_prefix}{move.sequence_number:05d}"
    receivable = move.line_ids.filtered("date_maturity")
    return {move.name, move.payment_reference, *move.line_ids.mapped("move_name"), receivable.name} == {expected}
