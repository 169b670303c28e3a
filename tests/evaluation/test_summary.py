from __future__ import annotations

import pytest

from unblur.errors import ArgumentError
from unblur.evaluation.report import report
from unblur.evaluation.summary import psnr_gains, summarise, tabulate, tabulate_long


@pytest.fixture
def rows(make_row):
    """Two pictures and two kinds of blur; 'sharpen' is blind, 'wiener' is not."""
    rows = []
    for number, picture in enumerate(("a.png", "b.png")):
        for kind, base in (("motion", 20.0), ("none", 40.0)):
            own = base + 2 * number
            for method, gain, blind in (
                ("input", 0.0, True),
                ("sharpen", 1.5, True),
                ("wiener", 3.0, False),
            ):
                rows.append(
                    make_row(
                        picture=picture,
                        kind=kind,
                        method=method,
                        blind=blind,
                        psnr=own + gain * (1 + number),
                        aligned_psnr=own + 0.5 + gain if blind else None,
                        aligned_ssim=0.5 if blind else None,
                        seconds=0.02 * (1 + number),
                        peak_bytes=None if number else int(2.5e8),
                    )
                )
    return rows


def test_gain_is_the_mean_of_the_pictures_own_gains(rows):
    mean = summarise(rows)["wiener", "motion"]
    assert (mean.count, mean.score, mean.gain) == (2, pytest.approx(25.5), pytest.approx(4.5))


def test_gain_of_an_unfinished_method_is_over_its_own_pictures(rows):
    unfinished = [row for row in rows if not (row.method == "wiener" and row.picture == "b.png")]
    mean = summarise(unfinished)["wiener", "motion"]
    assert (mean.count, mean.gain) == (1, pytest.approx(3.0))


def test_first_row_is_always_the_input(rows):
    table = tabulate(list(reversed(rows)))
    assert table.header == ("method", "none", "motion", "s/MP", "MB")
    assert table.body[0] == ("input", "41.00", "21.00", "", "")
    assert tabulate(rows).body[1:] == (
        ("sharpen (blind)", "23.25 (+2.25)", "43.25 (+2.25)", "1.50", "250"),
        ("wiener", "25.50 (+4.50)", "45.50 (+4.50)", "1.50", "250"),
    )


def test_best_shift_scores_show_blind_methods_alone(rows):
    table = tabulate(rows, "aligned_psnr")
    assert [row[0] for row in table.body] == ["input", "sharpen (blind)"]
    assert table.body[1][1] == "23.00 (+1.50)"


def test_scores_without_a_gain_show_none(rows):
    assert tabulate(rows, "kept").body[2][1] == "100.00"


def test_a_table_without_the_input_is_refused(rows):
    with pytest.raises(ArgumentError, match=r"input's own psnr on a\.png \(motion\)"):
        tabulate([row for row in rows if row.method != "input"])


def test_sets_are_not_mixed(rows, make_row):
    with pytest.raises(ArgumentError, match="other/validation, val/validation"):
        summarise([*rows, make_row(pictures="other")])


def test_grey_pictures_have_no_accuracy(make_row):
    grey = [make_row(accuracy=None), make_row(accuracy=None, method="sharpen")]
    assert tabulate(grey, "accuracy").body == ()
    mixed = [*grey, make_row(picture="b.png"), make_row(picture="b.png", method="sharpen")]
    assert tabulate(mixed, "accuracy").body[1][1] == "0.7500 (+0.0000)"


def test_missing_cells_are_empty(rows):
    partly = [row for row in rows if (row.method, row.kind) != ("wiener", "none")]
    assert tabulate(partly).body[2][2] == ""


def test_report_has_a_section_for_each_set_with_its_origin(rows, make_row):
    text = report([*rows, make_row(pictures="other"), make_row(pictures="other", method="sharpen")])
    assert text.index("## val: 2 pictures, protocol validation, seed 1") < text.index("## other: 1")
    assert text.count("unblur 0.1.0, Python 3.11.0, Some CPU, 2 cores, 2 threads, 2026-01-31.") == 2
    assert "| input | 21.00 | 41.00 |  |  |" in text
    assert "best shift" in text
    assert text.endswith("\n")
    assert "Mean squared error" in report(rows, ["mse"])


def test_long_table_holds_every_score_of_every_set(rows, make_row):
    table = tabulate_long([*rows, make_row(pictures="other")])
    records = [dict(zip(table.header, row, strict=True)) for row in table.body]
    assert len(records) == 3 * 2 + 1
    wiener = records[2]
    assert (wiener["method"], wiener["kind"], wiener["count"]) == ("wiener", "motion", "2")
    assert float(wiener["psnr_gain"]) == pytest.approx(4.5)
    assert wiener["aligned_psnr"] == ""
    assert (wiener["blind"], wiener["machine"]) == ("False", "Some CPU, 2 cores")
    assert float(wiener["seconds_per_megapixel"]) == pytest.approx(1.5)
    assert records[-1]["pictures"] == "other"


def test_gains_of_blind_methods_are_at_the_best_shift(rows):
    gains = {(row.method, row.picture, row.kind): gain for row, gain in psnr_gains(rows)}
    assert gains["input", "a.png", "motion"] == 0
    assert gains["wiener", "b.png", "none"] == pytest.approx(6)
    assert gains["sharpen", "b.png", "none"] == pytest.approx(1.5)
