"""What may go along with a letter: as much as mail servers take and as anybody reads."""

MAX_INVOICES = 20
MAX_BYTES = 10 * 1024 * 1024  # of the files themselves; base64 makes a third more of them in an e-mail


def choose(invoices, copies, documents):
    """(the copies go along, the documents go along): each kind whole or not at all, so that a letter is easy to check.

    `invoices` is the number of invoices claimed, `copies` and `documents` the bytes of each kind. Where both are too
    much together, the documents go: the customer has had the invoices.

    >>> choose(20, 1000, 1000), choose(21, 1000, 1000)
    ((True, True), (False, True))
    >>> choose(1, MAX_BYTES, 0), choose(1, MAX_BYTES, 1), choose(1, MAX_BYTES + 1, 0)
    ((True, True), (False, True), (False, True))
    >>> choose(1, 1000, MAX_BYTES + 1), choose(21, 1000, MAX_BYTES + 1)
    ((True, False), (False, False))
    """
    documents_go = documents <= MAX_BYTES
    room = MAX_BYTES - (documents if documents_go else 0)
    return invoices <= MAX_INVOICES and copies <= room, documents_go
