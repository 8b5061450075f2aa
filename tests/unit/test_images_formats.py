"""Formats that Pillow reads and few people write any more: the files are those of its own tests (`make hostile`)."""

from __future__ import annotations

import pytest
import suites

from imagesearch.duplicates import hamming_distance
from imagesearch.formats import CONTENT_TYPE_OF_SUFFIX, CONTENT_TYPES, FORMATS
from imagesearch.images import read_picture
from imagesearch.records import PictureFacts, Sizing

SAMPLES = {
    "BLP": "blp/blp1_jpeg.blp",
    "CUR": "deerstalker.cur",
    "DCX": "hopper.dcx",
    "DDS": "bc5_snorm.dds",
    "DIB": "clipboard.dib",
    "FITS": "hopper.fits",
    "FLI": "hopper.fli",
    "FTEX": "ftex_dxt1.ftc",
    "GBR": "gbr.gbr",
    "ICNS": "pillow.icns",
    "ICO": "hopper.ico",
    "IM": "hopper.im",
    "IMT": "bw_gradient.imt",
    "JPEG2000": "balloon.jpf",
    "MCIDAS": "cmx3g8_wv_1998.260_0745_mcidas.ara",
    "MSP": "hopper.msp",
    "PCD": "hopper.pcd",
    "PCX": "pil184.pcx",
    "PIXAR": "hopper.pxr",
    "PPM": "hopper.ppm",
    "PSD": "hopper.psd",
    "QOI": "hopper.qoi",
    "SGI": "hopper.sgi",
    "SPIDER": "hopper.spider",
    "SUN": "hopper.ras",
    "TGA": "rgb32rle.tga",
    "XBM": "hopper.xbm",
    "XPM": "hopper.xpm",
    "XVThumb": "hopper.p7",
}


def facts_of(name: str) -> PictureFacts:
    try:
        data = suites.picture(suites.PILLOW, name)
    except suites.NotFetched as error:
        pytest.skip(str(error))
    sizing = Sizing(64, "squeeze", "bilinear")
    return read_picture(data, sizing=sizing, max_pixels=10**8, thumbnail_size=64).facts


@pytest.mark.parametrize(("file_format", "name"), SAMPLES.items())
def test_a_picture_of_the_format_is_read(file_format: str, name: str) -> None:
    facts = facts_of(name)
    assert facts.format == file_format
    assert CONTENT_TYPES[facts.format].startswith("image/")
    assert CONTENT_TYPE_OF_SUFFIX["." + name.rpartition(".")[2]] == CONTENT_TYPES[file_format]


@pytest.mark.parametrize(
    "name", ["hopper.spider", "hopper.ppm", "hopper.psd", "hopper.ras", "hopper.pxr", "hopper.xpm"]
)
def test_one_photograph_is_the_same_in_all_of_them(name: str) -> None:
    jpeg = facts_of("hopper.jpg")
    assert hamming_distance(facts_of(name).perceptual_hash, jpeg.perceptual_hash) <= 6


def test_the_layers_of_a_psd_are_no_frames() -> None:
    assert facts_of("hopper.psd").frames == 1
    assert facts_of("a.fli").frames == 384


def test_no_suffix_and_no_content_type_stands_for_two_formats() -> None:
    suffixes = [suffix for each in FORMATS for suffix in each.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert len(CONTENT_TYPES) == len(set(CONTENT_TYPES.values())) == len(FORMATS)
