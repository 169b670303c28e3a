"""A table of text, and its ways into Markdown, CSV and HTML."""

from __future__ import annotations

import csv
import html
import io
from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """A table of text, first column the names.

    Attributes
    ----------
    title : str
        One line above the table.
    header : tuple of str
        Names of the columns.
    body : tuple of tuple of str
        The rows, each as long as the header.

    Examples
    --------
    >>> table = Table("Sizes", ("name", "mm"), (("ant", "5"), ("bee", "12")))
    >>> print(table.to_markdown())
    | name | mm |
    |---|--:|
    | ant | 5 |
    | bee | 12 |
    >>> print(table.to_csv())
    name,mm
    ant,5
    bee,12
    """

    title: str
    header: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]

    def to_markdown(self) -> str:
        """Return the table in Markdown, without its title."""
        rule = "|---" + "|--:" * (len(self.header) - 1) + "|"
        first, *rest = [
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
            for row in (self.header, *self.body)
        ]
        return "\n".join([first, rule, *rest])

    def to_csv(self) -> str:
        """Return the table as comma-separated values, without its title."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.header, *self.body])
        return text.getvalue().rstrip("\n")

    def to_html(self) -> str:
        """Return the table as an HTML element, its title as the caption."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in self.header)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>\n"
            for row in self.body
        )
        caption = f"<caption>{html.escape(self.title)}</caption>"
        return f"<table>{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>"
