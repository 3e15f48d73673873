"""Fed to Odoo's shell by ./dev run: what the demo company's customers owe, as a table."""

company = env.ref("account_dunning.demo_customer_1").company_id  # noqa: F821
moves = env["account.move"].search([("company_id", "=", company.id), ("move_type", "=", "out_invoice")])  # noqa: F821
print(f"\n{company.name}: {len(moves)} invoices")
for state, label in moves._fields["payment_state"]._description_selection(env):  # noqa: F821
    found = moves.filtered(lambda move, state=state: move.payment_state == state)
    if found:
        owed = sum(found.mapped("amount_residual_signed"))
        print(f"  {label:<22}{len(found):>6}{owed:>16,.2f} EUR open")
