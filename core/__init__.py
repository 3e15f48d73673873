"""The rules of dunning as pure functions: standard library only, no Odoo, no I/O, no clock."""
