"""Settings of the data that a run learns from, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from unblur.degradation.sampling import PSFSampler
from unblur.errors import ArgumentError

__all__ = [
    "NOISES",
    "AnyData",
    "Count",
    "DataSettings",
    "NoiseSettings",
    "NotNegative",
    "PairSettings",
    "Positive",
    "Share",
    "side_at",
]

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]

NOISES = ("gaussian", "poisson", "speckle", "impulse", "none")


@dataclass(frozen=True)
class DataSettings:
    """Pairs made on the way from sharp pictures, without end.

    Parameters
    ----------
    source : {"pictures"}
        Tells these settings from others.
    crop : int
        Side of the crops in pixels, after the blur's border is cut off.
    batch_size : int
        Crops a step.
    kinds : dict of str to float
        Share of each kind of blur, see `unblur.degradation.PSFSampler`; any positive scale.
    choices : int
        Random crops of which the most detailed is taken: flat sky teaches little.
    min_scale : float
        Pictures are shrunk by a random factor between this and 1, which sharpens soft ones.
    noise : float
        Largest read noise of nine crops in ten, in encoded units; most get much less.
    strong_noise : float
        Largest noise of the tenth crop, in multiples of `noise`.
    linear_share : float
        Share of crops blurred in linear light, the rest as encoded.
    jpeg_share, saturation_share : float
        Share of crops that go through JPEG, and that clip their highlights.
    squeezed_share : float
        Share of crops of pictures shrunk by leaving pixels out, as the paper's are: finer detail
        than any lens draws.
    moving_share : float
        Share of crops of scenes that move, see `unblur.training.moving`; the others are blurred by
        a PSF, which is then told for none.
    progressive : tuple of int
        Sides of crops that the run begins with: it is cut into equal parts, one for each of these
        and the last one for `crop`.

    Raises
    ------
    ArgumentError
        If a kind of blur is unknown, or no share is above zero.
    """

    source: Literal["pictures"] = "pictures"
    crop: Annotated[int, Field(ge=48)] = 160
    batch_size: Count = 8
    kinds: dict[str, float] = field(
        default_factory=lambda: {
            "gaussian": 0.2,
            "defocus": 0.2,
            "motion": 0.22,
            "shake": 0.3,
            "none": 0.08,
        }
    )
    choices: Count = 2
    min_scale: Annotated[float, Field(gt=0, le=1)] = 0.5
    noise: NotNegative = 0.02
    strong_noise: Annotated[float, Field(ge=0.5)] = 2.0
    linear_share: Share = 0.9
    jpeg_share: Share = 0.1
    saturation_share: Share = 0.15
    squeezed_share: Share = 0.0
    moving_share: Share = 0.0
    progressive: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        PSFSampler(kinds=tuple(self.kinds), weights=tuple(self.kinds.values()))

    @property
    def gives(self) -> frozenset[str]:
        """What a crop consists of, besides the name of its kind of blur."""
        pictures = frozenset({"blurred", "sharp"})
        return pictures if self.moving_share else pictures | {"psf", "linear"}


@dataclass(frozen=True)
class PairSettings:
    """Pairs of a blurred and a sharp file, see `unblur.evaluation.paired.finding`.

    Parameters
    ----------
    source : {"pairs"}
        Tells these settings from others.
    crop : int
        Side of the squares that the network sees, in pixels.
    batch_size : int
        Pairs a step; the last step of an epoch has what is left.
    fit : {"crop", "resize"}
        Cut squares out of the pictures, at random in training and from the middle in validation;
        or squeeze the whole pictures into squares by nearest neighbours, as the paper does.
    kinds : tuple of str
        Kinds of blur; all when empty.
    protocol : {"held-out", "paper"}
        Validate on scenes that are held out of the training, or on all that it was trained on.
    held_out : float
        Share of the scenes that is held out.
    split_seed : int
        Another one holds out other scenes.
    flips : bool
        Mirror half of the pairs in training.
    progressive : tuple of int
        Sides that the run begins with: it is cut into equal parts, one for each of these and the
        last one for `crop`.

    Raises
    ------
    ArgumentError
        If the values do not fit each other.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"blurred", "sharp"})

    source: Literal["pairs"] = "pairs"
    crop: Count = 128
    batch_size: Count = 32
    fit: Literal["crop", "resize"] = "crop"
    kinds: tuple[str, ...] = ()
    protocol: Literal["held-out", "paper"] = "held-out"
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.2
    split_seed: Annotated[int, Field(ge=0)] = 0
    flips: bool = False
    progressive: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        if self.progressive and self.fit == "resize":
            raise ArgumentError("progressive is for crops; leave it out, or set fit to crop")


@dataclass(frozen=True)
class NoiseSettings:
    """Small crops of shrunken pictures, with Gaussian blur and the noises of the literature.

    Blur and noise are in encoded values, as they are there. A batch also has "clean", the blurred
    crops before the noise.

    Parameters
    ----------
    source : {"noise"}
        Tells these settings from others.
    crop : int
        Side of the crops in pixels.
    batch_size : int
        Crops a step.
    scale : tuple of float
        Pictures are shrunk by a random factor between these, at most 1.
    sigma : tuple of float
        Least and largest standard deviation of the Gaussian PSF in pixels.
    blur_share : float
        Share of crops that are blurred at all.
    noises : dict of str to tuple of float
        Least and largest strength of each noise, one of which each crop gets: "gaussian" and
        "speckle" by standard deviation, "poisson" by photons at white, "impulse" by the share of
        pixels, and "none", whose strength means nothing.
    progressive : tuple of int
        Sides of crops that the run begins with, as in `DataSettings`.

    Raises
    ------
    ArgumentError
        If a noise is unknown, or a range is none.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"blurred", "clean", "sharp", "psf"})

    source: Literal["noise"] = "noise"
    crop: Count = 32
    batch_size: Count = 128
    scale: tuple[Positive, Positive] = (0.1, 0.4)
    sigma: tuple[Positive, Positive] = (0.5, 2.0)
    blur_share: Share = 1.0
    noises: dict[str, tuple[NotNegative, NotNegative]] = field(
        default_factory=lambda: {"gaussian": (0.01, 0.1)}
    )
    progressive: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.noises) - set(NOISES)):
            raise ArgumentError(f"{unknown[0]}: no such noise; use one of {', '.join(NOISES)}")
        if not self.noises:
            raise ArgumentError("noises must name one noise or more")
        for name, (least, largest) in {
            **self.noises,
            "scale": self.scale,
            "sigma": self.sigma,
        }.items():
            if least > largest:
                raise ArgumentError(f"{name}: {least} to {largest} is no range; swap the numbers")
        if self.scale[1] > 1:
            raise ArgumentError(f"scale must not enlarge, not {self.scale[1]}")


AnyData = DataSettings | PairSettings | NoiseSettings


def side_at(settings: AnyData, step: int, steps: int | None) -> int:
    """Return the side of the crops at a step of a run.

    Parameters
    ----------
    settings : DataSettings, PairSettings or NoiseSettings
        Its `crop` and `progressive`.
    step : int
        Steps before.
    steps : int, optional
        Steps of the whole run; when left out, it is as at the end.

    Returns
    -------
    int
        Pixels.

    Examples
    --------
    >>> settings = PairSettings(crop=64, progressive=(32,))
    >>> [side_at(settings, step, steps=4) for step in range(4)]
    [32, 32, 64, 64]
    """
    sides = (*settings.progressive, settings.crop)
    return sides[-1] if steps is None else sides[min(step * len(sides) // steps, len(sides) - 1)]
