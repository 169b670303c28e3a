"""Stacks in and out; results are read by tifffile, OpenCV and an XML parser."""

import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest
import tifffile

from unblur.errors import ArrayError, ImageReadError, ImageWriteError
from unblur.images.stack import Stack
from unblur.images.stack_files import read_stack, write_stack

VALUES = np.random.default_rng(0).integers(0, 60000, (2, 3, 2, 16, 20)).astype(np.uint16)
OME = {
    "axes": "TZCYX",
    "PhysicalSizeX": 65.0,
    "PhysicalSizeXUnit": "nm",
    "PhysicalSizeY": 0.065,
    "PhysicalSizeYUnit": "µm",
    "PhysicalSizeZ": 0.3,
    "PhysicalSizeZUnit": "µm",
    "SignificantBits": 12,
    "Channel": {"Name": ["GFP", "RFP"], "EmissionWavelength": [509, 610]},
}


@pytest.fixture
def ome(tmp_path):
    path = tmp_path / "in.ome.tif"
    tifffile.imwrite(path, VALUES, metadata=OME, compression="zlib", software="a microscope")
    return path


def elements(path):
    """Every element of a file's OME-XML with its attributes, in order."""
    with tifffile.TiffFile(path) as file:
        root = ElementTree.fromstring(file.ome_metadata)
    return [(each.tag.rpartition("}")[2], dict(each.attrib)) for each in root.iter()]


def test_ome_says_the_optics(ome):
    stack = read_stack(ome)
    assert (stack.axes, stack.kind, stack.values.dtype) == ("TZCYX", "ome", np.uint16)
    assert stack.voxel == pytest.approx((0.3, 0.065, 0.065))
    assert [(each.name, each.wavelength) for each in stack.channels] == [("GFP", 509), ("RFP", 610)]


def test_ome_comes_back_but_for_the_type(ome, tmp_path):
    stack = read_stack(ome)
    new = stack.with_values(stack.values.astype(np.float32) * 2.5)
    write_stack(new, tmp_path / "out.ome.tif")
    before, after = elements(ome), elements(tmp_path / "out.ome.tif")
    changes = [
        (one[0], key, one[1].get(key), other[1].get(key))
        for one, other in zip(before, after, strict=True)
        for key in {*one[1], *other[1]}
        if one[1].get(key) != other[1].get(key)
    ]
    assert {(tag, key) for tag, key, _, _ in changes} == {
        ("OME", "UUID"),
        ("Pixels", "Type"),
        ("Pixels", "SignificantBits"),
    }
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as file:
        assert file.is_ome
        assert file.series[0].axes == "TZCYX"
        np.testing.assert_array_equal(file.asarray(), new.values)
        assert file.pages[0].tags["Software"].value == "a microscope"
    again = read_stack(tmp_path / "out.ome.tif")
    assert (again.voxel, again.channels) == (stack.voxel, stack.channels)


def test_unchanged_values_leave_all_but_the_name_of_the_file(ome, tmp_path):
    write_stack(read_stack(ome), tmp_path / "out.ome.tif")
    before, after = elements(ome), elements(tmp_path / "out.ome.tif")
    before[0][1].pop("UUID")
    after[0][1].pop("UUID")
    assert before == after


def test_foreign_parts_and_other_places_of_planes(tmp_path):
    note = '<OME:Value><lab:x xmlns:lab="l">1 &lt; 2</lab:x></OME:Value><!-- by hand -->'
    xml = (
        '<?xml version="1.0"?>'
        '<OME:OME xmlns:OME="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<OME:Image ID="Image:0"><OME:Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" '
        'SizeX="20" SizeY="16" SizeZ="2" SizeC="1" SizeT="1">'
        '<OME:TiffData FirstZ="0" IFD="0"><OME:UUID FileName="in.ome.tif">urn:uuid:1</OME:UUID>'
        "</OME:TiffData>"
        '<OME:TiffData FirstZ="1" IFD="1"/></OME:Pixels></OME:Image>' + note + "</OME:OME>"
    )
    values = VALUES[0, :2, 0]
    path = tmp_path / "in.ome.tif"
    tifffile.imwrite(path, values, description=xml.encode(), metadata=None)
    write_stack(read_stack(path).with_values(values.astype(np.float32)), tmp_path / "out.ome.tif")
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as file:
        text = file.ome_metadata
        np.testing.assert_array_equal(file.asarray(), values)
    assert note in text
    assert text.count("TiffData") == 1


def test_imagej_comes_back(tmp_path):
    words = {"axes": "TZCYX", "spacing": 0.5, "unit": "um", "Labels": list("abcdefghijkl")}
    tifffile.imwrite(
        tmp_path / "in.tif", VALUES, imagej=True, resolution=(10, 5), metadata={**words, "min": 3.0}
    )
    stack = read_stack(tmp_path / "in.tif")
    assert stack.kind == "imagej"
    assert stack.voxel == pytest.approx((0.5, 0.2, 0.1))
    write_stack(stack.with_values(VALUES.astype(np.float32)), tmp_path / "out.tif")
    with (
        tifffile.TiffFile(tmp_path / "in.tif") as one,
        tifffile.TiffFile(tmp_path / "out.tif") as two,
    ):
        assert one.imagej_metadata == two.imagej_metadata
        assert one.series[0].axes == two.series[0].axes
        np.testing.assert_array_equal(one.asarray(), two.asarray())
        assert one.pages[0].tags["XResolution"].value == two.pages[0].tags["XResolution"].value


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
def test_plain_pages_of_any_type(tmp_path, dtype):
    values = VALUES[0, :, 0].astype(dtype)
    tifffile.imwrite(tmp_path / "in.tif", values, photometric="minisblack", metadata=None)
    stack = read_stack(tmp_path / "in.tif", axes="ZYX")
    write_stack(stack, tmp_path / "out.tif")
    done, pages = cv2.imreadmulti(str(tmp_path / "out.tif"), flags=cv2.IMREAD_UNCHANGED)
    assert done
    np.testing.assert_array_equal(np.stack(pages), values)


def test_axes_of_a_new_stack_come_back(tmp_path):
    write_stack(Stack(VALUES, "TZCYX"), tmp_path / "out.tif")
    stack = read_stack(tmp_path / "out.tif")
    assert (stack.axes, stack.values.shape) == ("TZCYX", VALUES.shape)


def test_colour_lies_side_by_side(tmp_path):
    values = VALUES[0].transpose(0, 2, 3, 1)[..., :1].repeat(3, -1)
    tifffile.imwrite(tmp_path / "in.tif", values, photometric="rgb")
    stack = read_stack(tmp_path / "in.tif")
    assert (stack.axes[-3:], stack.channel_axis) == ("YXS", "S")
    write_stack(stack, tmp_path / "out.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), values)


def test_types_are_rounded_only_where_all_fits():
    stack = Stack(np.array([[0.4, 254.6]], np.float32), "YX")
    assert stack.as_type(np.dtype(np.uint8)).values.tolist() == [[0, 255]]
    for outside in (-0.6, 255.6):
        with pytest.raises(ArrayError, match="do not fit into uint8"):
            Stack(np.array([[outside]], np.float32), "YX").as_type(np.dtype(np.uint8))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("length", [0, 7, 100, 2000])
def test_cut_files(tmp_path, length):
    tifffile.imwrite(tmp_path / "in.tif", VALUES)
    (tmp_path / "cut.tif").write_bytes((tmp_path / "in.tif").read_bytes()[:length])
    with pytest.raises(ImageReadError, match=r"cut\.tif") as error:
        read_stack(tmp_path / "cut.tif")
    assert "\n" not in str(error.value)


def test_what_cannot_be_read_or_written_is_said(tmp_path, ome):
    with pytest.raises(ImageReadError, match="is no file"):
        read_stack(tmp_path / "no.tif")
    with pytest.raises(ArrayError, match="do not fit"):
        read_stack(ome, axes="ZYX")
    with tifffile.TiffWriter(tmp_path / "two.tif") as file:
        file.write(VALUES[0, 0, 0])
        file.write(VALUES[0, 0, 0, :8, :8])
    with pytest.raises(ImageReadError, match="2 series"):
        read_stack(tmp_path / "two.tif")
    stack = read_stack(ome)
    with pytest.raises(ImageWriteError, match=r"use .tif"):
        write_stack(stack, tmp_path / "out.png")
    with pytest.raises(ImageWriteError, match="exists already"):
        write_stack(stack, ome)
    wide = Stack(VALUES.astype(np.float64), "TZCYX", kind="imagej")
    with pytest.raises(ImageWriteError, match="no float64"):
        write_stack(wide, tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()
