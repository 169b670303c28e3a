"""Figures are drawn, hold what they should, and say what they lack."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from unblur.errors import ConfigurationError
from unblur.evaluation.figures import (
    Showcase,
    draw_distribution,
    draw_history,
    draw_panels,
    read_history,
)
from unblur.evaluation.paired.scoring import PairedRow, Shown

HISTORY = """epoch,step,loss,accuracy,val_loss,val_accuracy,lr
1,10,0.1,0.5,0.12,0.4,0.001
2,20,0.05,0.6,0.08,,0.001
"""


def shown(name, psnr, *, method="ours", grey=False):
    row = PairedRow(name, "motion", method, 24, 30, psnr, 0.5, 0.01, None, None, None, 0.1)
    colour = np.zeros((24, 30, 1 if grey else 3), np.float32)
    return Shown(row, colour + np.float32(0.2), colour + np.float32(0.9), colour + np.float32(0.5))


def colours(path):
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        found = picture.convert("RGB").getcolors(1 << 20)
    return {colour for _, colour in found}


def width(path):
    with Image.open(path) as picture:
        return picture.width


def test_panels_show_input_truth_and_prediction(tmp_path):
    draw_panels([shown("a", 20.0), shown("b", 30.0, grey=True)], tmp_path / "p.png")
    for value in (0.2, 0.9, 0.5):
        grey = int(value * 255)
        assert {(grey,) * 3, (grey + 1,) * 3} & colours(tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as two:
        height = two.height
    draw_panels([shown("a", 20.0)], tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as one:
        assert one.height < height


def test_the_first_the_worst_and_the_best_are_kept_once():
    kept = Showcase(2)
    for number, psnr in enumerate((25, 26, 20, 30, 21, 29, 22, 28, 23)):
        kept.add(shown(str(number), psnr))
        kept.add(shown(str(number), psnr, method="theirs"))
    assert [each.row.psnr for each in kept.of("ours")] == [25, 26, 20, 21, 30, 29]
    assert kept.methods == ("ours", "theirs")
    assert kept.of("nobody") == []


def test_a_single_picture_is_shown_once():
    kept = Showcase()
    for name in "abc":
        kept.add(shown(name, 20.0))
    assert [each.row.name for each in kept.of("ours")] == ["a", "b", "c"]


def test_distribution(tmp_path):
    rows = [shown(str(n), 20 + n, method=m).row for n in range(5) for m in ("input", "ours")]
    draw_distribution(rows, tmp_path / "d.png")
    assert len(colours(tmp_path / "d.png")) > 10


def test_history(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    history = read_history(tmp_path / "history.csv")
    assert history["loss"] == [0.1, 0.05]
    assert history["val_accuracy"][0] == 0.4
    assert np.isnan(history["val_accuracy"][1])
    draw_history(history, tmp_path / "h.png")
    wide = width(tmp_path / "h.png")
    del history["accuracy"], history["val_accuracy"]
    draw_history(history, tmp_path / "h.png")
    assert width(tmp_path / "h.png") < wide


@pytest.mark.parametrize(
    "text", ["", "epoch,loss\n", "epoch,loss\n1,\n", "a,b\n1,2\n", "epoch,loss\n1,x\n"]
)
def test_what_is_no_history(tmp_path, text):
    (tmp_path / "h.csv").write_text(text)
    with pytest.raises(ConfigurationError, match=r"h\.csv: is no history"):
        read_history(tmp_path / "h.csv")
    with pytest.raises(ConfigurationError, match="is no history"):
        read_history(tmp_path / "none.csv")


def test_without_matplotlib_the_way_out_is_told_and_the_rest_works():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from unblur.evaluation.figures import require_matplotlib\n"
        "from unblur import MissingExtraError\n"
        "try: require_matplotlib()\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "matplotlib is not installed: run pip install 'unblur[figures]'\n"


def test_the_module_itself_loads_no_matplotlib():
    code = "import sys, unblur.evaluation.figures; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
