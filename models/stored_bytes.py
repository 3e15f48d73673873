"""The bytes of one stored file, read alone: nothing of them stays in the cache, nor are other files read along."""

from odoo.exceptions import MissingError


def read_alone(attachment):
    """b"" where the file or its record is gone."""
    alone = attachment.with_prefetch()
    try:
        content = alone.raw or b""
    except MissingError:
        return b""
    alone.invalidate_recordset(["raw", "datas"], flush=False)
    return content
