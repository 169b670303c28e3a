"""Between frames as codecs store them and pictures as everything else sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from numpy.typing import NDArray

__all__ = ["as_encoded", "to_frame", "to_pixels"]

Pixels = NDArray[Any]

# swscale's names of the matrices that frames are tagged with (ITU-T H.273)
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_FULL_RANGE = 2
_EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)


def to_pixels(frame: VideoFrame) -> Pixels:
    """Return a frame as a picture.

    Parameters
    ----------
    frame : VideoFrame
        Of any format and colours.

    Returns
    -------
    ndarray
        (H, W) or (H, W, C), full range: uint8, or uint16 where the frame has more than 8 bits.
    """
    name = _picture_format(frame.format)
    if frame.format.name == name:
        return np.asarray(frame.to_ndarray())
    picture = frame.reformat(
        format=name,
        src_colorspace=_matrix(frame),
        interpolation=_EXACT,
        src_color_range=_range(frame),
        dst_color_range=_FULL_RANGE,
    )
    return np.asarray(picture.to_ndarray())


def to_frame(pixels: Pixels, like: VideoFrame, pix_fmt: str) -> VideoFrame:
    """Return a picture as a frame of the given format, with times and colours of another.

    Parameters
    ----------
    pixels : ndarray
        As `to_pixels` gave them.
    like : VideoFrame
        The frame that they came from.
    pix_fmt : str
        FFmpeg's name of a format.

    Returns
    -------
    VideoFrame
        Ready to be encoded.
    """
    picture = VideoFrame.from_ndarray(
        np.ascontiguousarray(pixels), format=_picture_format(like.format)
    )
    picture.color_range = _FULL_RANGE
    return _tagged(_converted(picture, like, pix_fmt), like)


def as_encoded(frame: VideoFrame, pix_fmt: str) -> VideoFrame:
    """Return an untouched frame in the encoder's format: itself if it has that."""
    if frame.format.name == pix_fmt:
        return frame
    converted = frame.reformat(
        format=pix_fmt,
        src_colorspace=_matrix(frame),
        dst_colorspace=_matrix(frame),
        interpolation=_EXACT,
        src_color_range=_range(frame),
        dst_color_range=_range(frame),
    )
    return _tagged(converted, frame)


def _converted(picture: VideoFrame, like: VideoFrame, pix_fmt: str) -> VideoFrame:
    if picture.format.name == pix_fmt:
        return picture
    return picture.reformat(
        format=pix_fmt,
        dst_colorspace=_matrix(like),
        interpolation=_EXACT,
        src_color_range=_FULL_RANGE,
        dst_color_range=_range(like),
    )


def _tagged(frame: VideoFrame, like: VideoFrame) -> VideoFrame:
    frame.pts, frame.time_base, frame.duration = like.pts, like.time_base, like.duration
    frame.colorspace, frame.color_range = like.colorspace, like.color_range
    frame.color_primaries, frame.color_trc = like.color_primaries, like.color_trc
    return frame


def _picture_format(form: VideoFormat) -> str:
    """The format of the same kind in which the whole picture is one array."""
    deep = "le" if max(part.bits for part in form.components) > 8 else ""
    clear = form.has_palette or any(part.is_alpha for part in form.components)
    if len(form.components) == 1 and not form.has_palette:
        return "gray16le" if deep else "gray"
    if clear:
        return "rgba64le" if deep else "rgba"
    return "rgb48le" if deep else "rgb24"


def _matrix(frame: VideoFrame) -> Colorspace:
    return _MATRICES.get(int(frame.colorspace), Colorspace.DEFAULT)


def _range(frame: VideoFrame) -> int:
    """Full or limited, of the numbers in the frame."""
    if frame.format.name.startswith("yuvj") or frame.format.is_rgb:
        return _FULL_RANGE
    return int(frame.color_range)
