from __future__ import annotations

import csv
from html.parser import HTMLParser

from unblur.evaluation.tables import Table

AWKWARD = Table("a < b", ("name", "x|y"), (("<b>", "1,5"), ('"q"', "a|b")))


def test_markdown_escapes_the_bars_of_its_cells():
    assert AWKWARD.to_markdown().splitlines() == [
        r"| name | x\|y |",
        "|---|--:|",
        "| <b> | 1,5 |",
        r'| "q" | a\|b |',
    ]


def test_csv_is_read_back_by_the_standard_library():
    cells = list(csv.reader(AWKWARD.to_csv().splitlines()))
    assert [tuple(row) for row in cells] == [AWKWARD.header, *AWKWARD.body]


def test_html_is_read_back_by_the_standard_library():
    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.texts = []

        def handle_data(self, data):
            if data.strip():
                self.texts.append(data)

    reader = Reader()
    reader.feed(AWKWARD.to_html())
    assert reader.texts == ["a < b", "name", "x|y", "<b>", "1,5", '"q"', "a|b"]
