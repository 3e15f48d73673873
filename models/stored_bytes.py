"""The bytes of one stored file, read alone: nothing of them stays in the cache, nor are other files read along."""

import hashlib
import os

from odoo.exceptions import MissingError

from ..core.chain import StoredFile


def read_alone(attachment):
    """b"" where the file or its record is gone."""
    alone = attachment.with_prefetch()
    try:
        content = alone.raw or b""
    except MissingError:
        return b""
    alone.invalidate_recordset(["raw", "datas"], flush=False)
    return content


def find_file(attachment):
    """What is really there: Odoo reads a missing file as an empty one."""
    try:
        name = attachment.store_fname
        if name:
            return _read_file(attachment._full_path(name))
        content = attachment.db_datas
    except (MissingError, OSError):
        return StoredFile(None)
    return StoredFile(len(content), hashlib.sha256(content).hexdigest()) if content else StoredFile(None)


def _read_file(path):
    with open(path, "rb") as file:
        return StoredFile(os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())
