"""What recipes are made of: data, optimiser, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from unblur.degradation.sampling import PSFSampler
from unblur.errors import ArgumentError

__all__ = [
    "Count",
    "DataSettings",
    "NotNegative",
    "OptimiserSettings",
    "PlateauSettings",
    "Positive",
    "Share",
]

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


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
        Largest read noise, in encoded units; most crops get much less.
    linear_share : float
        Share of crops blurred in linear light, the rest as encoded.
    jpeg_share, saturation_share : float
        Share of crops that go through JPEG, and that clip their highlights.
    progressive : tuple of int
        Sides of crops that the run begins with: it is cut into equal parts, one for each of these
        and the last one for `crop`.

    Raises
    ------
    ArgumentError
        If a kind of blur is unknown, or no share is above zero.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"blurred", "sharp", "psf"})

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
    linear_share: Share = 0.9
    jpeg_share: Share = 0.1
    saturation_share: Share = 0.15
    progressive: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        PSFSampler(kinds=tuple(self.kinds), weights=tuple(self.kinds.values()))


@dataclass(frozen=True)
class PlateauSettings:
    """When the learning rate falls for want of progress in the validation loss.

    Parameters
    ----------
    factor : float
        What it is multiplied by.
    patience : int
        Validations without progress that are borne; at the next one the rate falls. Keras counts
        that one too: its patience of 5 is 4 here.
    threshold : float
        The least fall of the loss that counts as progress, in its own units.
    cooldown : int
        Validations after a fall that do not count.
    smallest : float
        The rate never falls below this.
    """

    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1**0.5
    patience: Annotated[int, Field(ge=0)] = 4
    threshold: NotNegative = 1e-4
    cooldown: Annotated[int, Field(ge=0)] = 0
    smallest: NotNegative = 0.5e-6


@dataclass(frozen=True)
class OptimiserSettings:
    """Adam or AdamW, a schedule, clipping and weight averaging.

    Parameters
    ----------
    method : {"adamw", "adam"}
        The optimiser.
    learning_rate : float
        At the end of the warm-up.
    weight_decay : float
        AdamW's decoupled weight decay; Adam has none.
    betas : tuple of float
        Decay of the two moments.
    epsilon : float
        Added to the root of the second moment.
    schedule : {"cosine", "constant", "plateau"}
        How the learning rate moves after the warm-up: down along half a cosine, not at all, or
        whenever the validation loss no longer falls.
    plateau : PlateauSettings
        For the schedule of that name.
    warmup_steps : int
        Steps in which the learning rate rises to its full height; the schedule "plateau" has none.
    final_fraction : float
        What the cosine leaves of the learning rate at the end of the recipe.
    clip : float, optional
        Largest norm of the gradient; ``null`` for none.
    ema_decay : float, optional
        How slowly the averaged weights, which are those that are kept, follow the trained ones;
        ``null`` keeps the trained ones.

    Raises
    ------
    ArgumentError
        If the values do not fit each other.
    """

    method: Literal["adamw", "adam"] = "adamw"
    learning_rate: Positive = 4e-4
    weight_decay: NotNegative = 1e-4
    betas: tuple[Share, Share] = (0.9, 0.95)
    epsilon: Positive = 1e-8
    schedule: Literal["cosine", "constant", "plateau"] = "cosine"
    plateau: PlateauSettings = PlateauSettings()
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    final_fraction: Share = 0.02
    clip: Positive | None = 0.5
    ema_decay: Share | None = 0.998

    def __post_init__(self) -> None:
        if self.method == "adam" and self.weight_decay:
            raise ArgumentError("adam has no weight decay; set weight_decay to 0, or take adamw")
        if self.schedule == "plateau" and self.warmup_steps:
            raise ArgumentError("the schedule plateau has no warm-up; set warmup_steps to 0")
