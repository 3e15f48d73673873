"""A real Odoo registry in this process, with real commits."""

import os
from contextlib import contextmanager

import odoo.init  # noqa: F401  (fills the namespace package that the next import reads)
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


@contextmanager
def environment(database, *options):
    """The environment of the superuser, as the jobs have it."""
    arguments = ["-c", os.environ["DUNNING_CONFIG"], "-d", database, "--log-level=warn", "--max-cron-threads=0"]
    if not config["db_name"]:
        config.parse_config([*arguments, *options], setup_logging=True)
    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})
