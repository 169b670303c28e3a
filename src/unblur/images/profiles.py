"""ICC profiles: turning pictures of other colour spaces into sRGB, by their profile."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageCms

__all__ = ["is_grey_profile", "srgb_profile", "to_srgb"]


@cache
def srgb_profile() -> bytes:
    """Make the sRGB profile that is put in place of one that no longer fits."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def is_grey_profile(icc: bytes | None) -> bool:
    """Tell whether an ICC profile describes grey pictures."""
    return icc is not None and icc[16:20] == b"GRAY"


def to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bytes | None, str]:
    """Convert a CMYK or grey picture of 8 bits to sRGB.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode CMYK or L.
    icc : bytes or None
        Its profile; without one, or with a damaged one, the plain formula without inks is used.

    Returns
    -------
    image : PIL.Image.Image
        Mode RGB.
    icc : bytes or None
        The sRGB profile, or None when no profile was used.
    note : str
        What was done, in one sentence.
    """
    mode = image.mode
    if icc is not None:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(icc)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError):
            pass
        else:
            if converted is not None:
                return converted, srgb_profile(), f"{mode} was converted to sRGB by its ICC profile"
    reason = "has no ICC profile" if icc is None else "has a damaged ICC profile"
    return image.convert("RGB"), None, f"{mode} {reason}: the RGB colours are approximate"
