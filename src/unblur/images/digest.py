"""Digests that tell a file, or the pixels in it, from any other."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from unblur.errors import ImageReadError
from unblur.images.photo import Photo
from unblur.images.places import Place

__all__ = ["FileDigest", "digest_pixels"]


@dataclass(frozen=True)
class FileDigest:
    """A file, and what tells whether it is still the same.

    Parameters
    ----------
    path : str
        Where it was, as it was named.
    size : int
        Its length in bytes.
    sha256 : str
        Its SHA-256, in hexadecimal digits.

    Examples
    --------
    >>> FileDigest.of(b"", "empty").sha256[:8]
    'e3b0c442'
    """

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes | BinaryIO, path: Place | str) -> FileDigest:
        """Digest a file.

        Parameters
        ----------
        data : bytes or binary file
            All of it; a file is read from its start, and ends at its end.
        path : Path, RemotePath or str
            Where it is.

        Returns
        -------
        FileDigest
            Of these bytes.
        """
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        return cls(str(path), file.seek(0, io.SEEK_END), digest)

    @classmethod
    def of_file(cls, path: Path) -> FileDigest:
        """Digest a file of this machine.

        Parameters
        ----------
        path : Path
            Where it is.

        Returns
        -------
        FileDigest
            Of its bytes now.

        Raises
        ------
        ImageReadError
            When it cannot be read.
        """
        try:
            with path.open("rb") as file:
                return cls.of(file, path)
        except OSError as error:
            raise ImageReadError(f"{path}: cannot be read: {error.strerror or error}") from error

    def same_bytes(self, other: FileDigest) -> bool:
        """Tell whether two files hold the same bytes, wherever they are.

        Parameters
        ----------
        other : FileDigest
            The other file.

        Returns
        -------
        bool
            Whatever their paths.
        """
        return (self.size, self.sha256) == (other.size, other.sha256)


def digest_pixels(photo: Photo) -> str:
    r"""Digest what is seen of a photo, whatever file it goes into.

    Parameters
    ----------
    photo : Photo
        Upright.

    Returns
    -------
    str
        SHA-256 of the line ``"uint8 H W C"`` (or the type that it has), the pixels row by row in
        little-endian order, frame by frame, and, if there is any, alpha.

    Examples
    --------
    >>> photo = Photo(np.zeros((2, 3, 1), np.uint8))
    >>> digest_pixels(photo) == hashlib.sha256(b"uint8 2 3 1\n" + bytes(6)).hexdigest()
    True
    """
    height, width, channels = photo.pixels.shape
    digest = hashlib.sha256(f"{photo.pixels.dtype} {height} {width} {channels}\n".encode())
    for plane in (*photo.frames, photo.alpha):
        if plane is not None:
            digest.update(np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).data)
    return digest.hexdigest()
