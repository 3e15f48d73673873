"""Work that is done again when another transaction was in its way, and work whose fault stops nothing else."""

import logging
import random
import time

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)
TRIES = 5
LONGEST_PAUSE = 0.2  # seconds; random, so that two who met do not meet again


def retried(env, work, *arguments):
    """What `work` returns; it commits itself, and starts anew when others changed or locked the same rows."""
    for left in reversed(range(TRIES)):
        try:
            return work(*arguments)
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
            env.cr.rollback()
            if not left:
                raise
            time.sleep(random.uniform(0, LONGEST_PAUSE))


def attempted(env, work, *arguments):
    """True when `work` was done; a fault is rolled back and logged, and whoever called goes on with the next."""
    try:
        retried(env, work, *arguments)
    except Exception:
        env.cr.rollback()
        _logger.exception("%s failed: the job goes on", getattr(work, "__name__", work))
        return False
    return True


def attempted_each(env, work, *arguments):
    """Do `work` for all records, the last argument, together, else for each alone: a bad one stops no other."""
    *others, records = arguments
    if not attempted(env, work, *arguments) and len(records) > 1:
        for record in records:
            attempted(env, work, *others, record)
