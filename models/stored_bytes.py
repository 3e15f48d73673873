"""The bytes of one stored file, read alone: nothing of them stays in the cache, nor are other files read along."""

import hashlib
import os
from pathlib import Path
from uuid import uuid4

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


def lay_down(attachments, content):
    """The bytes at their place in the filestore, in one step: neither a kill nor a second writer leaves half of them.

    Odoo takes what half a file there is for another content, and would refuse this one for ever.
    """
    if attachments._storage() == "db":
        return
    checksum = attachments._compute_checksum(content)
    name = f"{checksum[:2]}/{checksum}"
    path = Path(attachments._full_path(name))
    if path.is_file() and _read_file(path).sha256 == hashlib.sha256(content).hexdigest():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    attachments._mark_for_gc(name)  # should the transaction not come to its end
    whole = path.with_name(f"{path.name}.{uuid4()}")
    whole.write_bytes(content)
    whole.replace(path)


def _read_file(path):
    with open(path, "rb") as file:
        return StoredFile(os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())
