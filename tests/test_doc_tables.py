"""The tables of the documentation are whole."""

from __future__ import annotations

import re

import pytest

from tests import pages


@pytest.mark.parametrize("page", pages.PAGES)
def test_the_rows_of_every_table_have_as_many_cells_as_its_head(page: str) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", pages.prose(page), re.MULTILINE)
    widths = [{len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()} for table in tables]
    assert [table for table, width in zip(tables, widths, strict=True) if len(width) > 1] == []
