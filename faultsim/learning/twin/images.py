"""Labelled pictures: scikit-learn's digits, or files as the MNIST database has them."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultsim.errors import Problem, SpecError

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_PARTS = ("train", "t10k")
_UNSIGNED_BYTE = 0x08


@dataclass(frozen=True)
class Images:
    """Pictures with what they show.

    Attributes:
        shape: Rows and columns of each.
        intensities: From 0 to 1; shape (pictures, pixels).
        labels: What each shows, from 0 on.
    """

    shape: tuple[int, int]
    intensities: Floats
    labels: Places

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.labels)

    def some(self, places: Places) -> Images:
        """Return those at some places, in that order."""
        return Images(self.shape, self.intensities[places], self.labels[places])

    def first(self, count: int | None) -> Images:
        """Return the first of them; all if None."""
        return Images(self.shape, self.intensities[:count], self.labels[:count])

    def in_black_and_white(self, black_from: float) -> Images:
        """Return them without grey: what has an intensity or more is black."""
        return Images(self.shape, (self.intensities >= black_from).astype(float), self.labels)


def digits() -> Images:
    """Return the 1,797 handwritten digits of 8 x 8 pixels that scikit-learn has (UCI, Alpaydin and Kaynak 1998)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return Images((8, 8), found.data / 16.0, found.target.astype(np.int64))


def read_idx_folder(folder: Path) -> tuple[Images, Images]:
    """Return the pictures to learn from and those to be tested with, as the MNIST database names its four files.

    Args:
        folder: With train-images-idx3-ubyte, train-labels-idx1-ubyte and both of t10k, each also with .gz.

    Raises:
        SpecError: Everything that is missing or wrong.
    """
    problems: list[Problem] = []
    found = [_part(folder, part, problems) for part in _PARTS]
    if problems:
        raise SpecError(problems)
    learned, tested = (one for one in found if one is not None)
    if learned.shape != tested.shape:
        raise SpecError([Problem(str(folder), f"pictures of {learned.shape} and {tested.shape} pixels", "one size")])
    return learned, tested


def _part(folder: Path, part: str, problems: list[Problem]) -> Images | None:
    arrays = []
    for kind, dimensions in (("images", 3), ("labels", 1)):
        stem = f"{part}-{kind}-idx{dimensions}-ubyte"
        file = next((path for path in _spellings(folder, stem) if path.is_file()), None)
        if file is None:
            problems.append(Problem(str(folder / stem), "is not there", "the four files of MNIST, also with .gz"))
            continue
        try:
            arrays.append(read_idx(file, dimensions))
        except SpecError as error:
            problems += error.problems
    if len(arrays) < 2:
        return None
    images, labels = arrays
    if len(images) != len(labels):
        message = f"{len(images):,} pictures and {len(labels):,} labels"
        problems.append(Problem(f"{folder}: {part}", message, "as many of the one as of the other"))
        return None
    shape = (images.shape[1], images.shape[2])
    return Images(shape, images.reshape(len(images), -1) / 255.0, labels.astype(np.int64))


def _spellings(folder: Path, stem: str) -> Iterator[Path]:
    dotted = stem.replace("-idx", ".idx")
    return (folder / f"{name}{end}" for name in (stem, dotted) for end in ("", ".gz"))


def read_idx(file: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the array of unsigned bytes in an IDX file.

    Args:
        file: May be compressed with gzip, and is then named .gz.
        dimensions: How many the array has.

    Raises:
        SpecError: It is no such file, or shorter or longer than it says.
    """
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise SpecError([Problem(str(file), f"cannot be read: {error}", "an IDX file")]) from error
    head = 4 + 4 * dimensions
    wanted = bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    if data[:4] != wanted:
        message = f"begins with {data[:4].hex(' ')}, not with {wanted.hex(' ')}"
        raise SpecError([Problem(str(file), message, f"unsigned bytes in {dimensions} dimension(s)")])
    if len(data) < head:
        raise SpecError([Problem(str(file), f"ends after {len(data)} bytes, in its header", "the whole file")])
    sizes = tuple(int(size) for size in np.frombuffer(data[4:head], ">u4"))
    if len(data) - head != math.prod(sizes):
        message = f"has {len(data) - head:,} bytes for {' x '.join(f'{size:,}' for size in sizes)}"
        raise SpecError([Problem(str(file), message, "the whole file")])
    return np.frombuffer(data, np.uint8, offset=head).reshape(sizes)
