"""A file handed to the browser, however long it took to make."""


def download(attachment, **said):
    """The action that fetches `attachment`, closes the dialog, and shows `message` with `title` and `type`, if any."""
    params = {"url": f"/web/content/{attachment.id}?download=true", **said}
    return {"type": "ir.actions.client", "tag": "account_dunning_download", "params": params}
