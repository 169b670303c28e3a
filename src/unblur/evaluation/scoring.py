"""One method on one case: run it, time it, judge what it returns."""

from __future__ import annotations

import time

import numpy as np

from unblur.degradation import quantise
from unblur.errors import ArrayError
from unblur.evaluation.alignment import align
from unblur.evaluation.case import Case, CaseSet
from unblur.evaluation.gallery import Gallery
from unblur.evaluation.methods import Method
from unblur.evaluation.metrics import FloatArray, channel_argmax_accuracy, mse, psnr, ssim
from unblur.evaluation.provenance import Provenance
from unblur.evaluation.records import Row

__all__ = ["score"]

_BEST = 100.0  # dB: stands for "equal", which JSON and averages cannot hold as infinity


def score(
    method: Method,
    case: Case,
    pictures: CaseSet,
    provenance: Provenance,
    *,
    gallery: Gallery | None = None,
) -> Row:
    """Run a method on a case and judge what it returns.

    The output is clipped to [0, 1] and rounded to 8 bits first, as it would be stored.

    Parameters
    ----------
    method : Method
        What to run.
    case : Case
        What to run it on.
    pictures : PictureSet or PairSet
        The set that the case is from.
    provenance : Provenance
        For the record.
    gallery : Gallery or None
        Gets to see the output.

    Returns
    -------
    Row
        All scores.

    Raises
    ------
    ArrayError
        If the method returns a picture of another shape, or with numbers that are not finite.
    """
    seen = case.observed(blind=method.blind)
    start = time.perf_counter()
    output = method.run(seen)
    seconds = time.perf_counter() - start
    _check_output(method, case, output)
    output = quantise(output, bits=8)
    if gallery is not None:
        gallery.keep(pictures, case, method.name, output)
    height, width, channels = case.sharp.shape
    aligned = align(output, case.sharp) if method.blind else None
    return Row(
        pictures=pictures.name,
        protocol=pictures.protocol_name,
        seed=pictures.seed,
        picture=case.picture,
        kind=case.kind,
        case=case.fingerprint,
        method=method.name,
        method_fingerprint=method.fingerprint,
        blind=method.blind,
        height=height,
        width=width,
        mse=mse(output, case.sharp),
        psnr=_decibels(output, case.sharp),
        ssim=ssim(output, case.sharp),
        accuracy=channel_argmax_accuracy(output, case.sharp) if channels > 1 else None,
        kept=_decibels(output, case.blurred),
        aligned_psnr=_decibels(aligned.image, aligned.reference) if aligned else None,
        aligned_ssim=ssim(aligned.image, aligned.reference) if aligned else None,
        seconds=seconds,
        provenance=provenance,
        parameters=method.parameters,
        extent=case.extent,
    )


def _decibels(image: FloatArray, reference: FloatArray) -> float:
    return min(psnr(image, reference), _BEST)


def _check_output(method: Method, case: Case, output: FloatArray) -> None:
    where = f"{method.name} on {case.picture} ({case.kind})"
    if output.shape != case.sharp.shape:
        raise ArrayError(
            f"{where} returned the shape {output.shape} instead of "
            f"{case.sharp.shape}: mend the method"
        )
    if not np.isfinite(output).all():
        raise ArrayError(f"{where} returned numbers that are not finite: mend the method")
