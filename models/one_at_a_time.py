"""Jobs that two processes must not do at once."""

from contextlib import contextmanager

from odoo import modules
from odoo.tools import SQL


@contextmanager
def one_at_a_time(env, name, number=0):
    """False while another process of this database does `name`; freed however the process ends.

    The lock is held on a connection of its own, since the job's own commits; what the job reads is read after it.
    """
    if modules.module.current_test:
        yield True
        return
    with env.registry.cursor() as lock:
        lock.execute(SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", f"account_dunning {name}", number))
        locked = lock.fetchone()[0]
        env["ir.cron"]._commit_progress()
        yield locked
