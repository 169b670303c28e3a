"""The public face: one sorted list of names, each of which can be had and none of which is lost."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import unblur

ROOT = Path(__file__).resolve().parents[2]

# Names that programs out there may use. Adding one is a line here; removing one breaks them.
PROMISED = {
    "ArgumentError",
    "ArrayError",
    "BatchPlan",
    "BatchReport",
    "BatchWalk",
    "BlurReport",
    "Burst",
    "BurstFrame",
    "ChangeBound",
    "Channel",
    "ConfigurationError",
    "Deconvolution",
    "DeconvolutionReport",
    "Degradation",
    "FaithfulRestorer",
    "FileDigest",
    "FileResult",
    "ImageError",
    "ImageKindError",
    "ImageReadError",
    "ImageSizeError",
    "ImageWriteError",
    "InspectionPage",
    "Job",
    "Making",
    "MergedFiles",
    "MissingExtraError",
    "ModelError",
    "NoRoomError",
    "Optics",
    "PSFError",
    "Photo",
    "PhysicalPSF",
    "ProcessLostError",
    "Record",
    "RecordEntry",
    "RecordError",
    "Replay",
    "RestorationReport",
    "Restorer",
    "Stack",
    "UnblurError",
    "VideoReport",
    "__version__",
    "blind_richardson_lucy",
    "bounded_wiener",
    "box_psf",
    "decode_photo",
    "deconvolve_stack",
    "degrade",
    "describe_psf",
    "digest_model",
    "disk_psf",
    "encode_photo",
    "estimate_psf",
    "estimate_psf_classical",
    "exact_psf",
    "find_photos",
    "gaussian_psf",
    "inspect",
    "merge_burst",
    "merge_files",
    "microscope_psf",
    "motion_psf",
    "non_local_means",
    "optics_psfs",
    "parse_psf",
    "plan_batch",
    "psf_from_beads",
    "psf_from_picture",
    "read_photo",
    "read_record",
    "read_stack",
    "record_schema",
    "regularised",
    "replay_record",
    "restore",
    "restore_batch",
    "restore_file",
    "restore_on_cluster",
    "restore_video",
    "richardson_lucy",
    "richardson_lucy_tv",
    "share_threads",
    "unsupervised_wiener",
    "walk_batch",
    "wiener",
    "write_photo",
    "write_stack",
}


def names_for_type_checkers() -> set[str]:
    tree = ast.parse(Path(unblur.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return imported | {"__version__"}


def test_the_list_is_sorted_and_has_no_doubles() -> None:
    assert unblur.__all__ == sorted(set(unblur.__all__))


def test_no_promised_name_is_missing_and_none_is_unannounced() -> None:
    assert set(unblur.__all__) == PROMISED


@pytest.mark.parametrize("name", unblur.__all__)
def test_every_name_can_be_had(name: str) -> None:
    assert getattr(unblur, name) is not None
    assert name in dir(unblur)


def test_type_checkers_see_the_same_names() -> None:
    assert names_for_type_checkers() == set(unblur.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sharpen'"):
        unblur.sharpen  # noqa: B018


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - ", changelog, flags=re.MULTILINE)
    assert unblur.__version__ == project["version"] == released[0]
