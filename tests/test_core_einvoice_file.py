"""Files of e-invoicing statuses: every byte is read or named as a problem, nothing is guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.einvoice_file import (
    BAD_AMOUNT,
    BAD_DATE,
    EMPTY,
    NO_CODE,
    NO_COLUMN,
    NO_NUMBER,
    PROBLEMS,
    Problem,
    Row,
    read,
)

HEAD = "number;code;date;reason;amount\n"


def rows_of(text, encoding="utf-8"):
    rows, problems = read(text.encode(encoding))
    assert not problems
    return rows


def problems_of(text):
    rows, problems = read(text.encode())
    return [(one.line, one.code, one.value) for one in problems], rows


def test_all_columns():
    (row,) = rows_of(HEAD + "INV/1;207;31/03/2026;Prix contesté;40,50\n")
    assert row == Row(2, "INV/1", "207", date(2026, 3, 31), "Prix contesté", Decimal("40.50"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_separators_and_ends_of_line(encoding, separator, end):
    lines = ["Numéro,Statut,Motif", 'INV/1,207,"Qualité, délai"', "", "INV/2,205,"]
    text = end.join(lines) + end
    if separator == ";":
        text = text.replace(",", ";").replace("Qualité; délai", "Qualité, délai")
    first, second = rows_of(text, encoding)
    assert first.reason == "Qualité, délai"
    assert (second.number, second.line, second.day) == ("INV/2", 4, None)


def test_columns_in_another_order_and_others_beside():
    (row,) = rows_of("Code;Client;Number\n210;Martin;INV/1\n")
    assert (row.number, row.code, row.amount) == ("INV/1", "210", 0)


@pytest.mark.parametrize("text", ["2026-03-31", "31/03/2026", "31.03.2026", "20260331", "2026-03-31T10:00:00Z"])
def test_dates(text):
    assert rows_of(HEAD + f"A;207;{text}")[0].day == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.50", "1234.50"),
        ("1234,50", "1234.50"),
        ("1 234,50 €", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("", "0"),
    ],
)
def test_amounts(text, expected):
    assert rows_of(HEAD + f"A;207;;;{text}")[0].amount == Decimal(expected)


@pytest.mark.parametrize("text", ["-5", "ten", "1e5", "1.234", "1,234", "NaN", "1..2"])
def test_an_amount_that_is_none_or_could_be_two_is_refused(text):
    assert problems_of(f'number;code;amount\nA;207;"{text}"\n')[0] == [(2, BAD_AMOUNT, text)]


def test_every_wrong_line_is_named():
    problems, rows = problems_of(HEAD + ";207\nA;\nB;207;31/31/2026\nC;207;;;x\nD;207\n")
    assert problems == [(2, NO_NUMBER, ""), (3, NO_CODE, ""), (4, BAD_DATE, "31/31/2026"), (5, BAD_AMOUNT, "x")]
    assert [row.number for row in rows] == ["D"]


def test_a_file_without_what_is_needed():
    assert problems_of("")[0] == [(1, EMPTY, "")]
    assert problems_of(HEAD)[0] == [(2, EMPTY, "")]
    assert problems_of("INV/1;207\n")[0] == [(1, NO_COLUMN, "number"), (1, NO_COLUMN, "code")]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode), st.text().map(lambda text: (HEAD + text).encode())))
def test_whatever_the_bytes_it_answers(content):
    rows, problems = read(content)
    assert rows or problems
    assert all(isinstance(row, Row) and row.number and row.code and row.amount >= 0 for row in rows)
    assert all(isinstance(one, Problem) and one.code in PROBLEMS for one in problems)
