"""The picture formats that are read: one table for all who ask.

They are those that Pillow and pi-heif decode by themselves. Left out are EPS and WMF, which other programs draw.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One of them."""

    name: str
    """Pillow's."""
    content_type: str
    suffixes: tuple[str, ...]
    """In lower case."""


FORMATS = (
    Format("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jfif", ".jpe", ".mpo")),
    Format("PNG", "image/png", (".png", ".apng")),
    Format("WEBP", "image/webp", (".webp",)),
    Format("GIF", "image/gif", (".gif",)),
    Format("AVIF", "image/avif", (".avif", ".avifs")),
    Format("HEIF", "image/heic", (".heic", ".heif", ".hif", ".heics", ".heifs")),
    Format("TIFF", "image/tiff", (".tif", ".tiff")),
    Format("BMP", "image/bmp", (".bmp",)),
    # From here on: of other times and trades. Few browsers show them; their thumbnails are WebP like all others.
    Format("JPEG2000", "image/jp2", (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx")),
    Format("PSD", "image/vnd.adobe.photoshop", (".psd",)),
    Format("ICO", "image/vnd.microsoft.icon", (".ico",)),
    Format("CUR", "image/x-win-cursor", (".cur",)),
    Format("ICNS", "image/icns", (".icns",)),
    Format("DIB", "image/x-dib", (".dib",)),
    Format("TGA", "image/x-tga", (".tga", ".icb", ".vda", ".vst")),
    Format("DDS", "image/vnd.ms-dds", (".dds",)),
    Format("QOI", "image/qoi", (".qoi",)),
    Format("PPM", "image/x-portable-anymap", (".ppm", ".pgm", ".pbm", ".pnm", ".pfm")),
    Format("PCX", "image/x-pcx", (".pcx",)),
    Format("DCX", "image/x-dcx", (".dcx",)),
    Format("SGI", "image/sgi", (".sgi", ".rgb", ".rgba", ".bw")),
    Format("SUN", "image/x-sun-raster", (".ras",)),
    Format("PCD", "image/x-photo-cd", (".pcd",)),
    Format("FLI", "image/x-flic", (".fli", ".flc")),
    Format("XBM", "image/x-xbitmap", (".xbm",)),
    Format("XPM", "image/x-xpixmap", (".xpm",)),
    Format("FITS", "image/fits", (".fits", ".fit")),
    Format("BLP", "image/x-blp", (".blp",)),
    Format("FTEX", "image/x-ftex", (".ftc", ".ftu")),
    Format("GBR", "image/x-gimp-gbr", (".gbr",)),
    Format("IM", "image/x-ifunc", (".im",)),
    Format("IMT", "image/x-im-tools", (".imt",)),
    Format("MCIDAS", "image/x-mcidas", (".ara",)),
    Format("MSP", "image/x-msp", (".msp",)),
    Format("PIXAR", "image/x-pixar", (".pxr",)),
    Format("SPIDER", "image/x-spider", (".spider",)),
    Format("XVThumb", "image/x-xv-thumbnail", (".p7",)),
)

CONTENT_TYPES = {each.name: each.content_type for each in FORMATS}
"""By name."""
CONTENT_TYPE_OF_SUFFIX = {suffix: each.content_type for each in FORMATS for suffix in each.suffixes}
NAMES = "JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF, BMP and many older formats"
"""For people."""
