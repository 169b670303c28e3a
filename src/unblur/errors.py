"""Every error that `unblur` raises on purpose, in one tree.

::

    UnblurError
    ├── ImageError                 a picture cannot be used
    │   ├── ImageReadError         it cannot be read: missing, truncated, damaged
    │   │   ├── ImageKindError     it is no picture, or one of a kind that is not supported
    │   │   └── ImageSizeError     it has more pixels than allowed
    │   └── ImageWriteError        it cannot be written: exists already, no such folder
    │       └── NoRoomError        the disk is full
    ├── ArgumentError              a value given by the caller is wrong (also a ValueError)
    │   ├── ArrayError             wrong shape, type or range of an array
    │   └── PSFError               not a point spread function, or an unknown way to name one
    ├── ConfigurationError         a recipe or setting with an unknown key or a wrong value
    ├── RecordError                a record cannot be read, or what it tells cannot be done again
    ├── ModelError                 a model's weights or card are missing, damaged or do not fit
    ├── ProcessLostError           one of the processes that train together has ended
    └── MissingExtraError          an optional package is not installed (also an ImportError)

`DeviceWarning` is no error: work goes on without a device that is missing or fails.
Each message names the thing, the reason and the way out, in one line.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "ArrayError",
    "ConfigurationError",
    "DeviceWarning",
    "ImageError",
    "ImageKindError",
    "ImageReadError",
    "ImageSizeError",
    "ImageWriteError",
    "MissingExtraError",
    "ModelError",
    "NoRoomError",
    "PSFError",
    "ProcessLostError",
    "RecordError",
    "UnblurError",
]


class UnblurError(Exception):
    """Base of all errors raised by `unblur`."""


class ImageError(UnblurError):
    """A picture cannot be used."""


class ImageReadError(ImageError):
    """A picture cannot be read."""


class ImageKindError(ImageReadError):
    """A file is no picture, or a picture of a kind that is not supported."""


class ImageSizeError(ImageReadError):
    """A picture has more pixels than allowed."""


class ImageWriteError(ImageError):
    """A picture cannot be written."""


class NoRoomError(ImageWriteError):
    """The disk is full: nothing further can be written either."""


class ArgumentError(UnblurError, ValueError):
    """A value given by the caller is wrong."""


class ArrayError(ArgumentError):
    """An array has the wrong shape, type or range."""


class PSFError(ArgumentError):
    """Something is not a point spread function, or names none."""


class ConfigurationError(UnblurError):
    """A recipe or setting has an unknown key or a wrong value."""


class RecordError(UnblurError):
    """A record is missing or damaged, or what it tells cannot be done again."""


class ModelError(UnblurError):
    """A model's weights or card are missing, damaged or do not fit."""


class ProcessLostError(UnblurError):
    """One of the processes that train together has ended."""


class MissingExtraError(UnblurError, ImportError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: run pip install 'unblur[{extra}]'")


class DeviceWarning(UserWarning):
    """A device is missing or fails, and another takes its place."""
