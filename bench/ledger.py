"""Builds the ledgers: a few hundred invoices through Odoo's own methods, the others as their copies.

ledger.py few DATABASE            100 customers with 5 overdue invoices each
ledger.py open DATABASE 2000      so many customers, the new ones copies of the 100
ledger.py paid DATABASE 200000    so many paid invoices beside, of the same customers
"""

import sys
from datetime import timedelta

from check import check_copies
from copies import copy_entries, copy_partners
from session import environment

from odoo import Command, fields

CUSTOMERS, INVOICES_A_CUSTOMER = 100, 5


def build_few(env):
    prepare_company(env)
    create_invoices(env, create_customers(env), latest=6)


def build_open(env, customers):
    """Overdue items of `customers` customers; the first hundred are the originals."""
    partners = get_customers(env)
    factor = customers // len(partners)
    copy_partners(env, partners, factor)
    invoices = env["account.move"].search([("partner_id", "in", partners.ids)])
    copy_entries(env, invoices, copies=factor, factor=factor)
    check_copies(env, invoices[0])


def build_paid(env, invoices):
    """Paid invoices, five by one transfer, spread over all customers."""
    originals = get_customers(env)
    customers = env["res.partner"].search_count([("ref", "like", "BENCH")])
    paid = create_invoices(env, originals, latest=120)
    entries = pay(env, paid)
    factor = customers // len(originals)
    copy_entries(env, paid | entries, copies=invoices // len(paid), factor=factor)


def get_customers(env):
    return env["res.partner"].search([("ref", "=", "BENCH")])


# === Through Odoo's own methods === #


def prepare_company(env):
    company = env.ref("base.main_company")
    france, euro = env.ref("base.fr"), env.ref("base.EUR")
    address = {"street": "24 rue des Canuts", "zip": "69004", "city": "Lyon", "country_id": france.id}
    company.write({"name": "Atelier Lumen SAS", "email": "comptabilite@atelier-lumen.example", **address})
    company.currency_id = euro
    if company.chart_template != "fr":
        env["account.chart.template"].try_loading("fr", company, install_demo=False)
    bank = {"acc_number": "FR76 3000 4000 0100 0012 3456 401", "partner_id": company.partner_id.id}
    env["res.partner.bank"].create({**bank, "allow_out_payment": True})  # no letter leaves without one
    env.ref("account_dunning.policy_business").action_use()
    company.write(
        {
            "dunning_mode": "send",
            "dunning_baseline_date": company._dunning_today(),
            "dunning_nightly_cap": 0,
            "dunning_business_hours_only": False,
        }
    )


def create_customers(env):
    return env["res.partner"].create(
        [
            {
                "name": f"Client {number}",
                "ref": "BENCH",
                "is_company": True,
                "debtor_kind": "business",
                "email": f"compta.{number}@client.example",
                "street": f"{number} rue du Port",
                "zip": "13002",
                "city": "Marseille",
                "country_id": env.ref("base.fr").id,
                "lang": "fr_FR",
            }
            for number in range(1, CUSTOMERS + 1)
        ]
    )


def create_invoices(env, partners, latest):
    """Posted and sent, due between `latest` and `latest` + 99 days ago."""
    today = fields.Date.today()
    vals_list = [
        prepare_invoice_vals(partner, today - timedelta(days=latest + (7 * rank + 20 * number) % 100), 100 + rank)
        for rank, partner in enumerate(partners)
        for number in range(INVOICES_A_CUSTOMER)
    ]
    moves = env["account.move"].create(vals_list)
    moves.action_post()
    moves.is_move_sent = True
    env["mail.message"].create([prepare_sent_message_vals(move) for move in moves])
    return moves


def prepare_invoice_vals(partner, due, amount):
    line = {"name": "Luminaires sur mesure", "quantity": 1, "price_unit": amount, "tax_ids": []}
    return {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": due - timedelta(days=30),
        "invoice_date_due": due,
        "invoice_payment_term_id": False,
        "invoice_line_ids": [Command.create(line)],
    }


def prepare_sent_message_vals(move):
    return {
        "model": move._name,
        "res_id": move.id,
        "message_type": "email_outgoing",
        "subject": f"Facture {move.name}",
        "date": fields.Datetime.to_datetime(move.invoice_date),
    }


def pay(env, invoices):
    """One entry of the bank journal for each customer, reconciled with the invoices; the entries."""
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    by_partner = invoices.grouped("partner_id")
    entries = env["account.move"].create([prepare_payment_vals(journal, moves) for moves in by_partner.values()])
    entries.action_post()
    for entry, moves in zip(entries, by_partner.values(), strict=True):
        lines = (entry | moves).line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        lines.reconcile()
    return entries


def prepare_payment_vals(journal, invoices):
    receivable = invoices.line_ids.account_id.filtered(lambda account: account.account_type == "asset_receivable")
    amount, partner = sum(invoices.mapped("amount_total")), invoices.partner_id
    lines = [
        {"account_id": journal.default_account_id.id, "debit": amount},
        {"account_id": receivable.id, "credit": amount, "partner_id": partner.id},
    ]
    return {
        "journal_id": journal.id,
        "date": max(invoices.mapped("invoice_date_due")),
        "line_ids": [Command.create({"name": "Virement", **line}) for line in lines],
    }


def main(stage, database, *counts):
    with environment(database) as env:
        {"few": build_few, "open": build_open, "paid": build_paid}[stage](env, *map(int, counts))
        env.cr.commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
