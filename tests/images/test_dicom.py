"""DICOM by the files that pydicom ships; results are read by dicom3tools, a program of its own."""

import re
import subprocess
import sysconfig
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from unblur.errors import ArrayError, ImageReadError, ImageSizeError, ImageWriteError
from unblur.images.codecs import decode_photo, encode_photo
from unblur.images.files import read_photo, write_photo
from unblur.images.photo import Photo

PROGRAMS = Path(sysconfig.get_path("scripts"))
CHANGED = {
    "ContributingEquipmentSequence",
    "DerivationCodeSequence",
    "DerivationDescription",
    "ImageType",
    "LargestImagePixelValue",
    "PixelData",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "SmallestImagePixelValue",
    "SourceImageSequence",
}
# signed, unsigned of fewer bits, each compression, each byte order, lossy, near-lossless, 8 bits
FILES = [
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_padded.dcm",
    "693_J2KI.dcm",
    "JPGExtended.dcm",
    "JPEGLSNearLossless_08.dcm",
    "examples_overlay.dcm",
    "image_dfl.dcm",
]


def shipped(name: str) -> Path:
    return Path(get_testdata_file(name, download=False))


def run(program: str, path: Path) -> str:
    done = subprocess.run([PROGRAMS / program, path], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.fixture(autouse=True)
def _quiet():
    """Several of the files break a rule, of which pydicom warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pydicom\.")
        yield


@pytest.fixture
def record():
    """A CT of 128 x 128, signed, as a data set to change."""
    return pydicom.dcmread(shipped("CT_small.dcm"))


def saved(record, path: Path) -> Path:
    record.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("name", FILES)
def test_values_come_back_and_every_tag_but_those_of_a_derived_image(tmp_path, name):
    write_photo(read_photo(shipped(name)), tmp_path / name)
    before, after = pydicom.dcmread(shipped(name)), pydicom.dcmread(tmp_path / name)
    np.testing.assert_array_equal(after.pixel_array, before.pixel_array)
    tags = {tag for tag in {*before.keys(), *after.keys()} if tag.element}  # no group lengths
    different = {tag for tag in tags if before.get(tag) != after.get(tag)}
    assert {pydicom.datadict.keyword_for_tag(tag) for tag in different} <= CHANGED

    # and the record says what it is
    assert list(after.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert "unblur" in after.DerivationDescription
    (source,) = after.SourceImageSequence
    assert source.ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert source.ReferencedSOPClassUID == before.SOPClassUID


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm"])
def test_the_validator_finds_no_fault_that_was_not_there(tmp_path, name):
    write_photo(read_photo(shipped(name)), tmp_path / name)
    before, after = (run("dciodvfy", path) for path in (shipped(name), tmp_path / name))
    assert re.search("^(CT|MR)Image", after, re.MULTILINE)  # it knew the kind of record
    faults = {line for line in after.splitlines() if line.startswith("Error")}
    assert faults <= set(before.splitlines())


def test_another_reader_sees_the_tags(tmp_path):
    target = tmp_path / "out.dcm"
    write_photo(read_photo(shipped("CT_small.dcm")), target)
    seen, source = run("dcdump", target), run("dcdump", shipped("CT_small.dcm"))
    assert re.search(r"Image Type.*<DERIVED\\SECONDARY\\AXIAL", seen)
    for tag in ("Window Center", "Rescale Slope", "Rescale Intercept", "Pixel Spacing"):
        lines = [line for line in source.splitlines() if tag in line]
        assert all(line in seen for line in lines)
    assert "Pixel Spacing" in source


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("MR_small_RLE.dcm", RLELossless),
        ("MR_small_jpeg_ls_lossless.dcm", JPEGLSLossless),
        ("693_J2KI.dcm", JPEG2000Lossless),
    ],
)
def test_compression_stays_where_it_can_be_lossless(tmp_path, name, syntax):
    write_photo(read_photo(shipped(name)), tmp_path / name)
    assert pydicom.dcmread(tmp_path / name).file_meta.TransferSyntaxUID == syntax


def test_the_same_work_gives_the_same_bytes_and_the_series_stays_one(tmp_path, record):
    first = read_photo(shipped("CT_small.dcm"))
    record.SOPInstanceUID += ".1"
    record.file_meta.MediaStorageSOPInstanceUID = record.SOPInstanceUID
    second = read_photo(saved(record, tmp_path / "second.dcm"))
    assert encode_photo(first, "DICOM") == encode_photo(first, "DICOM")
    one, other = (
        pydicom.dcmread(pydicom.filebase.DicomBytesIO(encode_photo(photo, "DICOM")))
        for photo in (first, second)
    )
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.SeriesInstanceUID == other.SeriesInstanceUID != record.SeriesInstanceUID


def test_new_values_are_rounded_and_held_to_the_stored_bits(tmp_path, record):
    record.BitsStored, record.HighBit = 12, 11
    photo = read_photo(saved(record, tmp_path / "in.dcm"))
    write_photo(photo.with_pixels(photo.pixels * 3 - 1), tmp_path / "out.dcm")
    before = record.pixel_array.astype(float)
    low, high = before.min(), before.max()
    wanted = low + (3 * (before - low) / (high - low) - 1) * (high - low)
    values = pydicom.dcmread(tmp_path / "out.dcm").pixel_array
    np.testing.assert_allclose(values, np.clip(np.rint(wanted), -2048, 2047), atol=1)
    assert (values.min(), values.max()) == (-2048, 2047)


def test_monochrome1_is_turned_to_brightness_and_back(tmp_path, record):
    plain = read_photo(shipped("CT_small.dcm"))
    record.PhotometricInterpretation = "MONOCHROME1"
    inverted = read_photo(saved(record, tmp_path / "in.dcm"))
    np.testing.assert_allclose(inverted.pixels, 1 - plain.pixels, atol=1e-6)
    write_photo(inverted, tmp_path / "out.dcm")
    after = pydicom.dcmread(tmp_path / "out.dcm")
    np.testing.assert_array_equal(after.pixel_array, record.pixel_array)
    assert after.PhotometricInterpretation == "MONOCHROME1"


@pytest.mark.parametrize("compressed", [False, True])
def test_frames(tmp_path, record, compressed):
    values = np.stack([record.pixel_array, record.pixel_array[::-1], record.pixel_array // 2])
    record.NumberOfFrames, record.PixelData = 3, values.tobytes()
    if compressed:
        record.compress(RLELossless)
    photo = read_photo(saved(record, tmp_path / "in.dcm"))
    assert len(photo.frames) == 3
    write_photo(photo.with_frames(photo.frames[::-1]), tmp_path / "out.dcm")
    np.testing.assert_array_equal(pydicom.dcmread(tmp_path / "out.dcm").pixel_array, values[::-1])
    with pytest.raises(ArrayError, match="3 frames"):
        photo.with_pixels(photo.pixels)
    with pytest.raises(ImageWriteError, match="3 frames"):
        write_photo(photo, tmp_path / "out.png")


def test_padding_is_no_picture_and_stays(tmp_path, record):
    values = record.pixel_array.copy()
    values[:20] = -2000
    record.PixelPaddingValue, record.PixelData = -2000, values.tobytes()
    photo = read_photo(saved(record, tmp_path / "in.dcm"))
    assert (photo.encoding.black, photo.pixels.min()) == (values[20:].min(), 0)
    write_photo(photo.with_pixels(photo.pixels + 0.1), tmp_path / "out.dcm")
    after = pydicom.dcmread(tmp_path / "out.dcm").pixel_array
    assert (after[:20] == -2000).all()
    assert (after[20:] > values[20:]).all()


def test_spacing_and_the_numbers_of_light(record, tmp_path):
    photo = read_photo(shipped("CT_small.dcm"))
    assert photo.spacing == (0.661468, 0.661468)
    assert not photo.has_gamma
    del record.PixelSpacing
    record.ImagerPixelSpacing = [0.2, 0.1]
    assert read_photo(saved(record, tmp_path / "in.dcm")).spacing == (0.2, 0.1)


def test_other_formats_out_but_not_in(tmp_path):
    photo = read_photo(shipped("CT_small.dcm"))
    write_photo(photo, tmp_path / "out.png")
    assert read_photo(tmp_path / "out.png").pixels.dtype == np.uint16
    with pytest.raises(ImageWriteError, match="only from a DICOM"):
        write_photo(Photo(np.zeros((4, 4, 1), np.uint8)), tmp_path / "out.dcm")
    with pytest.raises(ImageWriteError, match="not stripped"):
        write_photo(photo, tmp_path / "out.dcm", strip=True)
    assert not (tmp_path / "out.dcm").exists()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("examples_rgb_color.dcm", "only greyscale"),
        ("examples_palette.dcm", "only greyscale"),
        ("MR_truncated.dcm", "truncated or damaged"),
        ("rtdose.dcm", "32 bits"),
        ("liver_1frame.dcm", "1 bits"),
        ("reportsi.dcm", "no picture"),
        ("JPEG-lossy.dcm", "truncated or damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(name, word):
    with pytest.raises(ImageReadError, match=word) as error:
        read_photo(shipped(name))
    assert str(shipped(name)) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [132, 140, 400, 2000, 20_000, 39_000])
def test_cut_files(length):
    data = shipped("CT_small.dcm").read_bytes()[:length]
    with pytest.raises(ImageReadError):
        decode_photo(data)


def test_absurd_sizes_are_refused_before_anything_is_decoded(tmp_path, record):
    record.NumberOfFrames = 10**6
    path = saved(record, tmp_path / "in.dcm")
    with pytest.raises(ImageSizeError):
        read_photo(path)
