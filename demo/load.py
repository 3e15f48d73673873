"""Fed to Odoo's shell by ./dev: the demo data in a database that has none of Odoo's own."""

env["account.dunning.demo"]._load()  # noqa: F821
env.cr.commit()  # noqa: F821
