"""Files of printed letters: names that every system unpacks, sums that hold, tables that stay text."""

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.account_dunning.core.letter_files import count_sheets, get_file_name, get_table


@given(st.integers(1, 9999), st.text(min_size=1), st.text())
def test_a_name_is_plain_short_and_tells_its_position(position, number, customer):
    name = get_file_name(position, number, customer)
    assert re.fullmatch(r"\d{4}(_[A-Za-z0-9_-]+)?\.pdf", name)
    assert name.startswith(f"{position:04d}")


def test_a_long_name_is_cut():
    assert len(get_file_name(1, "RL/1", "Company " * 40)) < 80


@given(st.integers(1, 500))
def test_two_sides_need_no_more_sheets_and_no_less_than_half(pages):
    sheets = count_sheets(pages, True)
    assert pages <= 2 * sheets <= pages + 1
    assert count_sheets(pages, False) == pages


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc"))), min_size=1))
def test_no_cell_is_a_formula(row):
    (read,) = csv.reader(io.StringIO(get_table([row], ";").decode("utf-8-sig"), newline=""), delimiter=";")
    assert len(read) == len(row)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in read)
