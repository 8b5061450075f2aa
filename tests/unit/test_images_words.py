"""Words in XMP and IPTC, which of them count, the camera, and the position where it is wanted."""

from __future__ import annotations

import hashlib
import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from imagesearch.images import read_picture
from imagesearch.pictures.xmp import MAX_BYTES, xmp_texts
from imagesearch.records import PictureFacts, Position, Sizing, Words

DESCRIPTION, MAKE, MODEL, XP_TITLE, GPS_IFD = 0x010E, 0x010F, 0x0110, 0x9C9B, 0x8825
OBJECT_NAME, KEYWORD, HEADLINE, CAPTION, CHARACTER_SET = (2, 5), (2, 25), (2, 105), (2, 120), (1, 90)
UTF_8 = (CHARACTER_SET, b"\x1b%G")


def facts_of(data: bytes, *, keep_position: bool = False) -> PictureFacts:
    sizing = Sizing(size=64, fit="squeeze", resampling="bilinear")
    return read_picture(data, sizing=sizing, max_pixels=10**6, thumbnail_size=64, keep_position=keep_position).facts


def encoded(file_format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, file_format, **options)
    return file.getvalue()


def packet(inner: str, attributes: str = "") -> bytes:
    """An XMP packet as programs write it, with this inside its rdf:Description."""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes}>{inner}</rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def alternative(name: str, **by_language: str) -> str:
    items = "".join(
        f'<rdf:li xml:lang="{language.replace("_", "-")}">{text}</rdf:li>' for language, text in by_language.items()
    )
    return f"<dc:{name}><rdf:Alt>{items}</rdf:Alt></dc:{name}>"


def subjects(*keywords: str) -> str:
    return f"<dc:subject><rdf:Bag>{''.join(f'<rdf:li>{each}</rdf:li>' for each in keywords)}</rdf:Bag></dc:subject>"


def iptc(*fields: tuple[tuple[int, int], bytes]) -> bytes:
    """A block of IPTC-IIM."""
    return b"".join(b"\x1c" + bytes(tag) + struct.pack(">H", len(value)) + value for tag, value in fields)


def with_iptc(*fields: tuple[tuple[int, int], bytes], digest: bytes = b"", jpeg: bytes | None = None) -> bytes:
    """A JPEG with the block in its APP13 segment, as Photoshop writes it."""

    def resource(number: int, body: bytes) -> bytes:
        return (
            b"8BIM"
            + struct.pack(">H", number)
            + b"\0\0"
            + struct.pack(">I", len(body))
            + body
            + b"\0" * (len(body) % 2)
        )

    block = iptc(*fields)
    body = b"Photoshop 3.0\0" + resource(0x0404, block) + (resource(0x0425, digest) if digest else b"")
    jpeg = jpeg or encoded()
    return jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


class TestXmp:
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
    def test_title_description_and_keywords_are_read_in_every_format_that_has_it(self, file_format: str) -> None:
        xmp = packet(
            alternative("title", x_default="Harbour")
            + alternative("description", x_default="Two boats at dawn")
            + subjects("boat", "sea", "boat")
        )
        if file_format == "TIFF":
            directory = ImageFileDirectory_v2()
            directory[700] = xmp
            data = encoded("TIFF", tiffinfo=directory)
        elif file_format == "PNG":
            from PIL.PngImagePlugin import PngInfo

            info = PngInfo()
            info.add_itxt("XML:com.adobe.xmp", xmp.decode())
            data = encoded("PNG", pnginfo=info)
        else:
            data = encoded(file_format, xmp=xmp)
        assert facts_of(data).words == Words("Harbour: Two boats at dawn", ("boat", "sea"))

    def test_of_several_languages_the_default_counts_wherever_it_stands(self) -> None:
        texts = xmp_texts(packet(alternative("title", fr_FR="Le port", x_default="Harbour", de_DE="Hafen")))
        assert texts.title == "Harbour"

    def test_without_a_default_the_first_language_counts(self) -> None:
        assert xmp_texts(packet(alternative("title", fr_FR="Le port", de_DE="Hafen"))).title == "Le port"

    @pytest.mark.parametrize(
        "xmp",
        [packet("<dc:description>Plain</dc:description>"), packet("", 'dc:description="Plain"')],
        ids=["element", "attribute"],
    )
    def test_a_plain_text_instead_of_a_list_is_read(self, xmp: bytes) -> None:
        assert xmp_texts(xmp).description == "Plain"

    @pytest.mark.parametrize(
        "xmp",
        [
            b"<x:xmpmeta",
            b"\xff\xfe\x00",
            b"<?xml version='1.0' encoding='no-such'?><a/>",
            packet("<dc:title><rdf:Alt/></dc:title>"),
            b"<a>" * 100_000 + b"</a>" * 100_000,
            b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>" + packet(alternative("title", x_default="x")),
        ],
        ids=["cut short", "binary", "unknown encoding", "empty", "deeply nested", "a document type"],
    )
    def test_malformed_xmp_says_nothing(self, xmp: bytes) -> None:
        assert facts_of(encoded("WEBP", xmp=xmp)).words == Words()

    def test_entities_are_not_expanded(self) -> None:
        """Given a billion laughs and an entity that names a file, then neither is touched."""
        laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
        start = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b'<!ENTITY file SYSTEM "file:///etc/passwd">]>'
        inner = alternative("title", x_default="&l9;") + alternative("description", x_default="&file;")
        assert facts_of(encoded("WEBP", xmp=start + packet(inner).split(b"?>", 1)[1])).words == Words()

    def test_what_is_huge_is_not_read(self) -> None:
        inner = alternative("title", x_default="x")
        assert xmp_texts(packet(inner + " " * (MAX_BYTES // 2))).title == "x"
        assert xmp_texts(packet(inner + " " * MAX_BYTES)).title == ""

    @given(st.binary(max_size=300), st.integers(0, 500))
    def test_any_bytes_may_stand_where_xmp_should(self, noise: bytes, at: int) -> None:
        xmp = packet(alternative("title", x_default="x") + subjects("a", "b"))
        xmp_texts(xmp[:at] + noise + xmp[at + len(noise) :])


class TestIptc:
    def test_object_name_caption_and_keywords_are_read(self) -> None:
        data = with_iptc(
            UTF_8, (OBJECT_NAME, b"Harbour"), (CAPTION, "Två båtar".encode()), (KEYWORD, b"boat"), (KEYWORD, b"sea")
        )
        assert facts_of(data).words == Words("Harbour: Två båtar", ("boat", "sea"))

    def test_a_headline_stands_in_for_an_object_name(self) -> None:
        assert facts_of(with_iptc((HEADLINE, b"Boats"), (KEYWORD, b"sea"))).words == Words("Boats", ("sea",))

    @pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
    def test_without_a_character_set_it_is_utf_8_else_latin_1(self, encoding: str) -> None:
        assert facts_of(with_iptc((CAPTION, "Blå båt".encode(encoding)))).words.caption == "Blå båt"

    def test_it_is_read_in_tiff(self) -> None:
        directory = ImageFileDirectory_v2()
        directory[33_723] = iptc(UTF_8, (CAPTION, b"A boat"))
        directory.tagtype[33_723] = 7
        assert facts_of(encoded("TIFF", tiffinfo=directory)).words.caption == "A boat"

    @given(st.binary(max_size=200))
    def test_any_bytes_may_stand_where_it_should(self, noise: bytes) -> None:
        block = ((CAPTION, b"A boat"), ((2, 25), noise))
        assert facts_of(with_iptc(*block)).format == "JPEG"
        assert facts_of(with_iptc(*block).replace(b"\x1c\x02\x19", noise[:3].ljust(3, b"\x1c"))).format == "JPEG"


class TestWhichWordsCount:
    XMP = packet(alternative("description", x_default="of XMP") + subjects("xmp"))

    def jpeg(self, *, xmp: bytes = b"", exif: str = "") -> bytes:
        tags, options = Image.Exif(), {"xmp": xmp} if xmp else {}
        if exif:
            tags[DESCRIPTION] = exif
        return encoded("JPEG", exif=tags, **options)

    def test_xmp_goes_before_iptc_and_iptc_before_exif(self) -> None:
        block = (CAPTION, b"of IPTC"), (KEYWORD, b"iptc")
        assert facts_of(with_iptc(*block, jpeg=self.jpeg(xmp=self.XMP, exif="of EXIF"))).words.caption == "of XMP"
        assert facts_of(with_iptc(*block, jpeg=self.jpeg(exif="of EXIF"))).words.caption == "of IPTC"
        assert facts_of(self.jpeg(exif="of EXIF")).words.caption == "of EXIF"

    def test_each_field_is_taken_from_the_first_that_has_it(self) -> None:
        data = with_iptc((KEYWORD, b"iptc"), jpeg=self.jpeg(xmp=packet(alternative("title", x_default="T")), exif="D"))
        assert facts_of(data).words == Words("T: D", ("iptc",))

    @pytest.mark.parametrize(("digest", "caption"), [("same", "of XMP"), ("another", "of IPTC"), ("zeros", "of XMP")])
    def test_iptc_that_was_edited_after_the_xmp_goes_first(self, digest: str, caption: str) -> None:
        """Programs that know both leave a digest of the IPTC; one that knows only IPTC does not renew it."""
        block = iptc((CAPTION, b"of IPTC"))
        digests = {
            "same": hashlib.md5(block, usedforsecurity=False).digest(),
            "another": hashlib.md5(b"as it was", usedforsecurity=False).digest(),
            "zeros": bytes(16),
        }
        data = with_iptc((CAPTION, b"of IPTC"), digest=digests[digest], jpeg=self.jpeg(xmp=self.XMP))
        assert facts_of(data).words.caption == caption


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D750", "NIKON D750"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("  SONY\0", "ILCE-7M4 \0junk", "SONY ILCE-7M4"),
        ("", "EZ Controller", "EZ Controller"),
        ("Canon", "", "Canon"),
        ("Line\nbreak", "X\x07Y", "Line break X Y"),
        ("", "", None),
        ("\0", " ", None),
    ],
)
def test_a_camera_is_called_by_its_make_once(make: str, model: str, camera: str | None) -> None:
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = make, model
    assert facts_of(encoded(exif=exif)).camera == camera


def position_of(**gps: Any) -> Position | None:
    names = {"lat_ref": 1, "lat": 2, "lon_ref": 3, "lon": 4, "status": 9}
    exif = Image.Exif()
    exif.get_ifd(GPS_IFD).update({names[name]: value for name, value in gps.items()})
    return facts_of(encoded(exif=exif), keep_position=True).position


BERLIN: dict[str, Any] = {"lat_ref": "N", "lat": (52.0, 31.0, 12.0), "lon_ref": "E", "lon": (13.0, 24.0, 36.0)}


def test_a_position_is_in_signed_degrees() -> None:
    assert position_of(**BERLIN) == Position(52.52, 13.41)
    assert position_of(**{**BERLIN, "lat_ref": "S", "lon_ref": "W"}) == Position(-52.52, -13.41)
    assert position_of(**{**BERLIN, "lat": (52.52, 0.0, 0.0)}) == Position(52.52, 13.41)


def test_a_position_is_not_read_unless_it_is_wanted() -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    data = encoded(exif=exif)
    assert facts_of(data, keep_position=True).position == Position(52.52, 13.41)
    assert facts_of(data).position is None


@pytest.mark.parametrize(
    "changes",
    [
        {"lat_ref": "X"},
        {"lat_ref": ""},
        {"lat": (91.0, 0.0, 0.0)},
        {"lon": (180.0, 0.0, 1.0)},
        {"lat": (52.0, 61.0, 0.0)},
        {"lat": (52.0, 0.0, 0.0, 0.0)},
        {"lat": 52.0},
        {"status": "V"},
        {"lat": (0.0, 0.0, 0.0), "lon": (0.0, 0.0, 0.0)},
    ],
    ids=str,
)
def test_a_malformed_position_is_none(changes: dict[str, Any]) -> None:
    assert position_of(**{**BERLIN, **changes}) is None


@pytest.mark.parametrize("missing", BERLIN)
def test_half_a_position_is_none(missing: str) -> None:
    assert position_of(**{name: value for name, value in BERLIN.items() if name != missing}) is None


def test_a_position_divided_by_zero_is_none() -> None:
    """Given rationals of zero divided by zero, as cameras write them without a fix."""
    exif = Image.Exif()
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    data = encoded(exif=exif)
    degrees = struct.pack(">II", 52, 1)
    assert degrees in data or struct.pack("<II", 52, 1) in data
    broken = data.replace(degrees, bytes(8)).replace(struct.pack("<II", 52, 1), bytes(8))
    assert facts_of(broken, keep_position=True).position is None
