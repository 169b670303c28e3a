"""What is said of a picture in a few words."""

from __future__ import annotations

import pytest

from unblur.cli.talk import done_in_words

SHAKE = {"kind": "shake", "extent": 12.34, "angle": None}


@pytest.mark.parametrize(
    ("kept", "direct", "words"),
    [
        (0, 0, "shake 12.3 px"),
        (1, 0, "shake 12.3 px"),
        (0, 1, "shake 12.3 px, in part no PSF"),
        (2, 2, "blur that no PSF explains"),
        (0, 4, "blur that no PSF explains"),
        (4, 0, "left as it was"),
    ],
)
def test_a_blur_that_was_not_believed_is_not_said_to_be_taken_out(kept, direct, words):
    report = {"blur": SHAKE, "tiles": 4, "tiles_kept": kept, "tiles_direct": direct}
    assert done_in_words(report) == words


def test_a_sharp_picture_is_said_to_have_no_blur():
    report = {"blur": {"kind": "none"}, "tiles": 1, "tiles_kept": 1, "tiles_direct": 0}
    assert done_in_words(report) == "none"


def test_older_reports_and_other_methods_are_understood():
    assert done_in_words({"blur": SHAKE}) == "shake 12.3 px"
