"""Byte packing and predictors against imagecodecs, an independent implementation."""

from __future__ import annotations

import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unblur.errors import ImageReadError
from unblur.images.tiff_codecs import can_pack, can_unpack, pack, predict, unpack, unpredict

DECODERS = {
    1: bytes,
    5: imagecodecs.lzw_decode,
    8: imagecodecs.zlib_decode,
    32773: imagecodecs.packbits_decode,
    50000: imagecodecs.zstd_decode,
}
ENCODERS = {
    5: imagecodecs.lzw_encode,
    8: imagecodecs.zlib_encode,
    32773: imagecodecs.packbits_encode,
    34925: lambda data: imagecodecs.lzma_encode(data),
    50000: imagecodecs.zstd_encode,
}
samples = st.sampled_from(["<u1", "<u2", ">u2", "<f4", ">f4"]).flatmap(
    lambda dtype: hnp.arrays(
        dtype, st.tuples(st.integers(1, 5), st.integers(1, 9), st.sampled_from([1, 2, 3, 4]))
    )
)


@pytest.mark.parametrize("compression", DECODERS)
@given(data=st.binary(min_size=12, max_size=400))
def test_what_is_packed_others_unpack(compression, data):
    data = data[: len(data) // 4 * 4]
    packed = pack(data, compression, 4)
    assert bytes(DECODERS[compression](packed))[: len(data)] == data
    assert unpack(packed, compression, 4, len(data) // 4) == data


@pytest.mark.parametrize("compression", ENCODERS)
@given(data=st.binary(min_size=12, max_size=400))
def test_what_others_pack_is_unpacked(compression, data):
    packed = bytes(ENCODERS[compression](data))
    assert unpack(packed, compression, 1, len(data)) == data


def test_a_long_strip_of_lzw(rng):
    data = rng.integers(0, 9, 1 << 20, np.uint8).tobytes()
    assert unpack(imagecodecs.lzw_encode(data), 5, 1 << 10, 1 << 10) == data


@pytest.mark.parametrize("compression", [1, 5, 8, 32773, 50000])
def test_damaged_data_are_refused(compression, rng):
    data = rng.integers(0, 20, 4000, np.uint8).tobytes()
    with pytest.raises(ImageReadError):
        unpack(pack(data, compression, 4)[:-400], compression, 4, 1000)


def test_deflate_bombs_give_no_more_than_asked():
    assert len(unpack(zlib.compress(bytes(10_000_000)), 8, 10, 10)) == 100


@given(samples)
def test_horizontal_differences_match_imagecodecs(array):
    if array.dtype.kind == "f":
        array = array.view(array.dtype.str.replace("f", "u"))
    ours = predict(array.astype(array.dtype.newbyteorder("=")), 2, array.dtype.byteorder)
    oracle = imagecodecs.delta_encode(array.astype(array.dtype.newbyteorder("=")), axis=1)
    assert ours == oracle.astype(array.dtype).tobytes()
    back = unpredict(ours, 2, array.shape, array.dtype)
    np.testing.assert_array_equal(back, array)
    assert back.dtype.isnative


@given(hnp.arrays("<f4", st.tuples(st.integers(1, 5), st.integers(1, 9), st.sampled_from([1, 3]))))
def test_float_differences_match_imagecodecs(array):
    oracle = bytes(imagecodecs.floatpred_encode(array, axis=-2))
    assert predict(array, 3, "<") == oracle
    back = unpredict(oracle, 3, array.shape, array.dtype)
    assert back.tobytes() == array.tobytes()


@given(samples)
def test_without_a_predictor_only_bytes_are_swapped(array):
    data = predict(array.astype(array.dtype.newbyteorder("=")), 1, array.dtype.byteorder)
    assert data == array.tobytes()
    back = unpredict(data, 1, array.shape, array.dtype)
    assert back.astype(array.dtype).tobytes() == array.tobytes()


def test_what_is_known():
    assert can_unpack(1)
    assert can_unpack(5)
    assert not can_unpack(7)
    assert can_pack(5)
    assert not can_pack(34925)
    assert not can_pack(7)
