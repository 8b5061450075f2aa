"""What a picture says of itself in its EXIF, IPTC and XMP. Malformed metadata says nothing; it is no error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PIL import Image
from PIL.ExifTags import IFD

from imagesearch.pictures import exif as exif_tags
from imagesearch.pictures.iptc import edited_after_xmp, iptc_texts
from imagesearch.pictures.texts import Texts, words_of
from imagesearch.pictures.xmp import xmp_texts
from imagesearch.records import Position, Words


@dataclass(frozen=True, slots=True)
class Embedded:
    """All that is taken from a picture's metadata."""

    orientation: int
    """1 to 8, as EXIF 2.32 numbers them; 1 (upright) where it is missing or none of these."""
    taken: datetime | None
    camera: str | None
    position: Position | None
    """None, too, where it is not wanted: then it is not even read."""
    words: Words


def embedded_in(image: Image.Image, *, keep_position: bool) -> Embedded:
    """What a decoded picture says of itself, while its file is open."""
    try:
        exif = image.getexif()
        photo = exif.get_ifd(IFD.Exif)
    except Exception:  # noqa: BLE001 - malformed EXIF fails in as many ways as there are bytes
        exif, photo = Image.Exif(), {}
    return Embedded(
        orientation=exif_tags.orientation_of(exif),
        taken=exif_tags.taken_of(photo),
        camera=exif_tags.camera_of(exif),
        position=_position(exif) if keep_position else None,
        words=words_of(_texts(image, exif)),
    )


def _texts(image: Image.Image, exif: Image.Exif) -> Texts:
    """XMP over IPTC (unless that was edited later) over EXIF, field by field.

    The first as the Metadata Working Group has it (Guidelines for Handling Image Metadata 2.0). It puts a description
    in EXIF before both; here it comes last, since cameras and programs fill it in by themselves, people seldom do.
    """
    iptc = _iptc(image)
    xmp = xmp_texts(_xmp_packet(image))
    newest = iptc.over(xmp) if edited_after_xmp(image) else xmp.over(iptc)
    return newest.over(exif_tags.exif_texts(exif))


def _xmp_packet(image: Image.Image) -> bytes:
    packet = image.info.get("xmp")
    return packet if isinstance(packet, bytes) else b""


def _iptc(image: Image.Image) -> Texts:
    try:
        return iptc_texts(image)
    except Exception:  # noqa: BLE001 - as with EXIF
        return Texts()


def _position(exif: Image.Exif) -> Position | None:
    try:
        return exif_tags.position_of(exif.get_ifd(IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - as with EXIF
        return None
