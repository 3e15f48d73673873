"""Files of printed letters: their names in an archive, its list of checksums, its table, the sheets of paper."""

import csv
import io
import re
import unicodedata

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def get_file_name(position, number, customer):
    """Plain letters only: every system unpacks such a name as it is, and `sha256sum -c` finds it.

    >>> get_file_name(1, "RL/2026/0001", "Société d'Été & Fils")
    '0001_RL-2026-0001_Societe_d_Ete_Fils.pdf'
    >>> get_file_name(12, "RL/2026/0007", "Ελλάδα")
    '0012_RL-2026-0007.pdf'
    """
    words = [f"{position:04d}", _get_plain(number.replace("/", "-")), _get_plain(customer)[:60].strip("_")]
    return "_".join(filter(None, words)) + ".pdf"


def get_enclosure_name(position, name):
    """Of a file in the folder of its letter, in the order in which the letter names them.

    >>> get_enclosure_name(1, "Facture n° 12/2026.PDF"), get_enclosure_name(2, "signé"), get_enclosure_name(3, "…")
    ('01_Facture_n_12_2026.pdf', '02_signe', '03')
    """
    stem, dot, kind = name.rpartition(".")
    words = [f"{position:02d}", _get_plain(stem if dot else name)[:60].strip("_")]
    ending = _get_plain(kind).lower() if dot else ""
    return "_".join(filter(None, words)) + (f".{ending}" if ending else "")


def _get_plain(text):
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9-]+", "_", ascii_text).strip("_-")


def get_checksums(sums):
    """The file that `sha256sum -c` reads; `sums` is {name: SHA-256}.

    >>> get_checksums({"a.pdf": "00ff"})
    b'00ff  a.pdf\\n'
    """
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()).encode()


def get_table(rows, separator):
    r"""CSV that spreadsheets open with their accents; what looks like a formula stays text.

    >>> get_table([["Kunde", 3], ["=1+1", -2]], ";").decode("utf-8-sig")
    "Kunde;3\r\n'=1+1;-2\r\n"
    """
    output = io.StringIO()
    csv.writer(output, delimiter=separator).writerows([_get_cell(value) for value in row] for row in rows)
    return output.getvalue().encode("utf-8-sig")


def _get_cell(value):
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def count_sheets(pages, on_both_sides):
    """Of one letter: no two letters share a sheet.

    >>> [count_sheets(pages, True) for pages in (1, 2, 3)], count_sheets(3, False)
    ([1, 1, 2], 3)
    """
    return (pages + 1) // 2 if on_both_sides else pages
