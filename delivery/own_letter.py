"""A letter that the office prints and posts itself: nothing to call, a person enters when it left."""

from .base import Rejected


class OwnLetterAdapter:
    code = "own_letter"
    label = "Printed and posted by us"
    credentials = ()

    def send(self, parcel):
        raise Rejected("A letter of our own is posted by hand and marked as posted with its date.")
