"""A file handed to the browser, however long it took to make."""


def download(attachment, **said):
    """The action that fetches `attachment`, closes the dialog, and shows `message` with `title` and `type`, if any."""
    params = {"url": f"/web/content/{attachment.id}?download=true", **said}
    return {"type": "ir.actions.client", "tag": "account_dunning_download", "params": params}


def download_from(dialog, name, content, **said):
    """The same for what was just made: kept with the dialog, which Odoo clears away itself, and not in the cache."""
    vals = {"name": name, "raw": content, "res_model": dialog._name, "res_id": dialog.id}
    attachment = dialog.env["ir.attachment"].create(vals)
    attachment.invalidate_recordset(["raw", "datas"])
    return download(attachment, **said)
