"""Fed to Odoo's shell by ./dev run: one night in mode `send` on the demo data, and the sending window after it."""

from odoo.addons.account_dunning.demo.night import DemoNight

DemoNight(env).run()  # noqa: F821
