"""Turn blurred photographs sharp: find the blur, show it, remove it.

Everything public is a name of this module, loaded when it is first used, so that
``import unblur`` costs next to nothing.

Examples
--------
>>> import unblur
>>> psf = unblur.gaussian_psf(1.5)
>>> psf.shape[0] % 2
1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unblur.api import degrade, estimate_psf, inspect, restore, restore_file
    from unblur.classical.bounded_wiener import bounded_wiener
    from unblur.classical.burst import Burst, BurstFrame, merge_burst
    from unblur.classical.nlm import non_local_means
    from unblur.classical.regularised import regularised, unsupervised_wiener
    from unblur.classical.richardson_lucy import blind_richardson_lucy, richardson_lucy
    from unblur.classical.total_variation import richardson_lucy_tv
    from unblur.classical.wiener import wiener
    from unblur.degradation.beads import psf_from_beads
    from unblur.degradation.optics import Optics, microscope_psf
    from unblur.degradation.physical import PhysicalPSF
    from unblur.degradation.pipeline import Degradation
    from unblur.degradation.psf import (
        box_psf,
        disk_psf,
        gaussian_psf,
        motion_psf,
        parse_psf,
        psf_from_picture,
    )
    from unblur.errors import (
        ArgumentError,
        ArrayError,
        ConfigurationError,
        ImageError,
        ImageKindError,
        ImageReadError,
        ImageSizeError,
        ImageWriteError,
        MissingExtraError,
        ModelError,
        NoRoomError,
        ProcessLostError,
        PSFError,
        RecordError,
        UnblurError,
    )
    from unblur.estimation.classical import estimate_psf_classical
    from unblur.estimation.describe import describe_psf
    from unblur.estimation.report import BlurReport
    from unblur.images.codecs import decode_photo, encode_photo
    from unblur.images.digest import FileDigest
    from unblur.images.files import find_photos, read_photo, write_photo
    from unblur.images.photo import Photo
    from unblur.images.stack import Channel, Stack
    from unblur.images.stack_files import read_stack, write_stack
    from unblur.inspection.page import InspectionPage
    from unblur.restoration.batch import restore_batch, share_threads
    from unblur.restoration.batch_report import BatchReport
    from unblur.restoration.burst_files import MergedFiles, merge_files
    from unblur.restoration.cluster import restore_on_cluster
    from unblur.restoration.faithful import FaithfulRestorer
    from unblur.restoration.job import FileResult, Job
    from unblur.restoration.making import Making, RecordEntry, digest_model, exact_psf
    from unblur.restoration.planning import BatchPlan, plan_batch
    from unblur.restoration.record import Record, read_record, record_schema
    from unblur.restoration.replay import Replay, replay_record
    from unblur.restoration.report import ChangeBound
    from unblur.restoration.restorer import RestorationReport, Restorer
    from unblur.restoration.stack_psfs import optics_psfs
    from unblur.restoration.stacks import Deconvolution, DeconvolutionReport, deconvolve_stack
    from unblur.restoration.video.restoring import VideoReport, restore_video
    from unblur.restoration.walking import BatchWalk, walk_batch

    __version__: str

__all__ = [
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
]

_HOMES = {
    "unblur.api": ("degrade", "estimate_psf", "inspect", "restore", "restore_file"),
    "unblur.classical.bounded_wiener": ("bounded_wiener",),
    "unblur.classical.burst": ("Burst", "BurstFrame", "merge_burst"),
    "unblur.classical.nlm": ("non_local_means",),
    "unblur.classical.regularised": ("regularised", "unsupervised_wiener"),
    "unblur.classical.richardson_lucy": ("blind_richardson_lucy", "richardson_lucy"),
    "unblur.classical.total_variation": ("richardson_lucy_tv",),
    "unblur.classical.wiener": ("wiener",),
    "unblur.degradation.beads": ("psf_from_beads",),
    "unblur.degradation.optics": ("Optics", "microscope_psf"),
    "unblur.degradation.physical": ("PhysicalPSF",),
    "unblur.degradation.pipeline": ("Degradation",),
    "unblur.degradation.psf": (
        "box_psf",
        "disk_psf",
        "gaussian_psf",
        "motion_psf",
        "parse_psf",
        "psf_from_picture",
    ),
    "unblur.errors": (
        "ArgumentError",
        "ArrayError",
        "ConfigurationError",
        "ImageError",
        "ImageKindError",
        "ImageReadError",
        "ImageSizeError",
        "ImageWriteError",
        "MissingExtraError",
        "ModelError",
        "NoRoomError",
        "PSFError",
        "RecordError",
        "ProcessLostError",
        "UnblurError",
    ),
    "unblur.estimation.classical": ("estimate_psf_classical",),
    "unblur.estimation.describe": ("describe_psf",),
    "unblur.estimation.report": ("BlurReport",),
    "unblur.images.codecs": ("decode_photo", "encode_photo"),
    "unblur.images.digest": ("FileDigest",),
    "unblur.images.files": ("find_photos", "read_photo", "write_photo"),
    "unblur.images.photo": ("Photo",),
    "unblur.images.stack": ("Channel", "Stack"),
    "unblur.images.stack_files": ("read_stack", "write_stack"),
    "unblur.inspection.page": ("InspectionPage",),
    "unblur.restoration.batch": ("restore_batch", "share_threads"),
    "unblur.restoration.batch_report": ("BatchReport",),
    "unblur.restoration.burst_files": ("MergedFiles", "merge_files"),
    "unblur.restoration.cluster": ("restore_on_cluster",),
    "unblur.restoration.faithful": ("FaithfulRestorer",),
    "unblur.restoration.job": ("FileResult", "Job"),
    "unblur.restoration.making": ("Making", "RecordEntry", "digest_model", "exact_psf"),
    "unblur.restoration.planning": ("BatchPlan", "plan_batch"),
    "unblur.restoration.record": ("Record", "read_record", "record_schema"),
    "unblur.restoration.replay": ("Replay", "replay_record"),
    "unblur.restoration.report": ("ChangeBound",),
    "unblur.restoration.restorer": ("RestorationReport", "Restorer"),
    "unblur.restoration.stack_psfs": ("optics_psfs",),
    "unblur.restoration.stacks": ("Deconvolution", "DeconvolutionReport", "deconvolve_stack"),
    "unblur.restoration.video.restoring": ("VideoReport", "restore_video"),
    "unblur.restoration.walking": ("BatchWalk", "walk_batch"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("unblur")
    elif name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value  # the next access does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
