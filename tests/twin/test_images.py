"""Pictures: scikit-learn's digits, and files as MNIST has them, whole and spoilt."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultsim.errors import SpecError
from faultsim.learning.twin.academy import split
from faultsim.learning.twin.images import digits, read_idx, read_idx_folder


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def write_mnist(folder: Path, learned: int, tested: int, size: int = 28) -> None:
    source = np.random.default_rng(0)
    for part, count in (("train", learned), ("t10k", tested)):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(source.integers(0, 256, (count, size, size))))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(source.integers(0, 10, count))))


def test_digits_are_there_and_a_split_has_each_once() -> None:
    images = digits()
    assert (len(images), images.shape, images.intensities.shape) == (1797, (8, 8), (1797, 64))
    assert (images.intensities.min(), images.intensities.max()) == (0, 1)
    learned, tested = split(images, 0.25, 0)
    assert (len(learned), len(tested)) == (1348, 449)
    both = np.concatenate([learned.intensities, tested.intensities])
    assert sorted(map(bytes, both)) == sorted(map(bytes, images.intensities))
    assert (split(images, 0.25, 0)[1].labels == tested.labels).all()
    assert (split(images, 0.25, 1)[1].labels != tested.labels).any()
    assert set(np.unique(learned.in_black_and_white(0.5).intensities)) == {0, 1}


def test_files_of_mnist_are_read_also_compressed(tmp_path: Path) -> None:
    write_mnist(tmp_path, 30, 7)
    learned, tested = read_idx_folder(tmp_path)
    assert (len(learned), len(tested), learned.shape) == (30, 7, (28, 28))
    raw = (tmp_path / "train-images-idx3-ubyte").read_bytes()
    assert learned.intensities[0, 5] == raw[16 + 5] / 255


def test_everything_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    write_mnist(tmp_path, 3, 2)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(np.zeros(2)))
    with pytest.raises(SpecError) as raised:
        read_idx_folder(tmp_path)
    said = str(raised.value).splitlines()
    assert len(said) == 2
    assert "train-images-idx3-ubyte: is not there" in said[0]
    assert "t10k-labels-idx1-ubyte.gz: cannot be read" in said[1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "begins with "),
        (idx(np.zeros(3))[:6], "ends after 6 bytes, in its header"),
        (idx(np.zeros((3, 2))), "begins with 00 00 08 02, not with 00 00 08 01"),
        (idx(np.zeros(3)) + b"x", "has 4 bytes for 3"),
        (idx(np.zeros(3))[:-1], "has 2 bytes for 3"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "labels"
    file.write_bytes(data)
    with pytest.raises(SpecError, match=said):
        read_idx(file, 1)


def test_pictures_and_labels_have_to_be_as_many(tmp_path: Path) -> None:
    write_mnist(tmp_path, 3, 2)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(4)))
    with pytest.raises(SpecError, match="train: 3 pictures and 4 labels"):
        read_idx_folder(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "any"
    file.write_bytes(data)
    try:
        read_idx(file, 1)
    except SpecError as error:
        assert str(file) in str(error)
