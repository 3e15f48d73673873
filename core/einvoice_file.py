"""A file of e-invoicing statuses, one a line: what its bytes say, or what is wrong in which line.

Columns `number;code;date;reason;amount` by the names in the first line; separators `;` or `,`; UTF-8 or Windows-1252.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

NAMES = {  # what the first line may call a column
    "number": ("number", "invoice", "numero", "numéro", "facture"),
    "code": ("code", "status", "statut"),
    "date": ("date",),
    "reason": ("reason", "motif", "motive"),
    "amount": ("amount", "montant"),
}
REQUIRED = ("number", "code")
AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]*)?")
AMBIGUOUS = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")  # thousands or decimals?
DAY_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d")

# What may be wrong. The caller says it in the reader's language.
EMPTY, NO_COLUMN, NO_NUMBER, NO_CODE, BAD_DATE, BAD_AMOUNT = (
    "empty",
    "no_column",
    "no_number",
    "no_code",
    "bad_date",
    "bad_amount",
)
PROBLEMS = (EMPTY, NO_COLUMN, NO_NUMBER, NO_CODE, BAD_DATE, BAD_AMOUNT)


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    number: str
    code: str
    day: date | None = None
    reason: str = ""
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is one of PROBLEMS, `value` what stood there."""

    line: int
    code: str
    value: str = ""


def read(content):
    """(rows, problems) of the bytes `content`; never raises.

    >>> rows, problems = read("number;code;date;reason;amount\\nINV/1;207;31/03/2026;Price;1 234,50\\n".encode())
    >>> rows[0].number, rows[0].code, str(rows[0].day), str(rows[0].amount), problems
    ('INV/1', '207', '2026-03-31', '1234.50', [])
    """
    lines = list(_split(_decode(content)))
    if not lines:
        return [], [Problem(1, EMPTY)]
    columns = _find_columns(lines[0][1])
    missing = [Problem(1, NO_COLUMN, name) for name in REQUIRED if name not in columns]
    if missing:
        return [], missing
    rows, problems = [], []
    for number, cells in lines[1:]:
        found = _read_line(number, {name: _cell(cells, place) for name, place in columns.items()})
        (problems if isinstance(found, Problem) else rows).append(found)
    if not rows and not problems:
        problems.append(Problem(2, EMPTY))
    return rows, problems


def _decode(content):
    """As UTF-8, else as the encoding of a spreadsheet of Windows, of which every byte means something."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _split(text):
    """(number of the line in the file, its cells) of each line that is not empty."""
    text = text.replace("\x00", "")
    first = text.lstrip().partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error:  # a cell longer than the reader takes: what follows is not read
        return


def _find_columns(cells):
    places = {cell.lower(): place for place, cell in reversed(list(enumerate(cells)))}
    found = {name: next((places[one] for one in names if one in places), None) for name, names in NAMES.items()}
    return {name: place for name, place in found.items() if place is not None}


def _cell(cells, place):
    return cells[place] if place < len(cells) else ""


def _read_line(line, cells):
    if not cells["number"]:
        return Problem(line, NO_NUMBER)
    if not cells["code"]:
        return Problem(line, NO_CODE)
    day, amount = _read_day(cells.get("date", "")), _read_amount(cells.get("amount", ""))
    if day is False:
        return Problem(line, BAD_DATE, cells["date"])
    if amount is None:
        return Problem(line, BAD_AMOUNT, cells["amount"])
    return Row(line, cells["number"], cells["code"], day, cells.get("reason", ""), amount)


def _read_day(text):
    """The day, None where nothing stands, False where it is none."""
    if not text:
        return None
    for form in DAY_FORMATS:
        try:
            return datetime.strptime(text.partition("T")[0].partition(" ")[0], form).date()
        except ValueError:
            continue
    return False


def _read_amount(text):
    """The amount, written as in French or in English; 0 where nothing stands, None where it is none."""
    digits = "".join(text.split()).replace("'", "").rstrip("€")
    if AMBIGUOUS.fullmatch(digits):
        return None
    if "," in digits and "." in digits:
        digits = digits.replace("." if digits.rfind(",") > digits.rfind(".") else ",", "")
    digits = digits.replace(",", ".") or "0"
    return Decimal(digits) if AMOUNT.fullmatch(digits) else None
