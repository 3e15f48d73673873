from typing import NamedTuple

from odoo import api, fields, models

from ..core.letter_files import get_enclosure_name
from ..models.account_dunning_enclosures import PDF, EnclosureChangedError
from ..models.merged_pdf import count_pages


class Enclosed(NamedTuple):
    """A file that goes with a letter: `pages` to be printed, 0 and a `fault` where there are none."""

    name: str
    content: bytes
    pages: int = 0
    fault: str = ""


class AccountDunningLetterBatch(models.TransientModel):
    _inherit = "account.dunning.letter.batch"

    with_enclosures = fields.Boolean(
        help="The copies and documents that a letter announces follow it. What is no PDF is in the ZIP only; the list "
        "names it.",
    )

    def _read_enclosures(self, notice):
        """What the letter announces, as far as it is still the same file."""
        if not self.with_enclosures:
            return ()
        return tuple(self._read_enclosure(file) for file in notice.sudo().enclosures or ())

    @api.model
    def _read_enclosure(self, file):
        try:
            content = self.env["account.dunning.enclosures"]._read(file)
        except EnclosureChangedError as error:
            return Enclosed(file["name"], b"", fault=str(error))
        if file["mimetype"] != PDF:
            return Enclosed(
                file["name"], content, fault=self.env._("%s is no PDF: it is in the ZIP only.", file["name"])
            )
        try:
            return Enclosed(file["name"], content, count_pages(content))
        except Exception:  # noqa: BLE001  (whatever is wrong with it)
            return Enclosed(file["name"], content, fault=self.env._("%s cannot be read as a PDF.", file["name"]))

    @api.model
    def _name_enclosures(self, letter):
        """For the list: what follows the letter, and what does not and why."""
        return {
            "enclosures": [one.name for one in letter.enclosures if not one.fault],
            "faults": [one.fault for one in letter.enclosures if one.fault],
        }

    def _get_folder_contents(self, notice):
        """{name in the letter's folder: bytes} of its enclosures."""
        found = [one for one in self._read_enclosures(notice) if one.content]
        return {get_enclosure_name(position, one.name): one.content for position, one in enumerate(found, 1)}
