"""Every error a caller can meet, with its HTTP status and its stable code."""

from __future__ import annotations

from typing import Any, ClassVar


class ImageSearchError(Exception):
    """Base of all errors that a caller may see. The message is a sentence for people; it leaks nothing."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra
        """Further members of the problem document."""


class InvalidRequest(ImageSearchError):
    status, code, title = 422, "invalid-request", "The request can't be understood"


class InvalidCursor(ImageSearchError):
    status, code, title = 400, "invalid-cursor", "The cursor is expired, damaged or of another search"


class Forbidden(ImageSearchError):
    status, code, title = 403, "forbidden", "You are not allowed to do this"


class NotSupported(ImageSearchError):
    status, code, title = 422, "not-supported", "This index can't do that"


class ImageNotFound(ImageSearchError):
    status, code, title = 404, "image-not-found", "There is no such image"


class NotIndexed(ImageSearchError):
    status, code, title = 409, "not-indexed", "The image is not indexed"


class EditConflict(ImageSearchError):
    status, code, title = 412, "edit-conflict", "Somebody else changed the words in the meantime"


class PreconditionRequired(ImageSearchError):
    status, code, title = 428, "precondition-required", "Say which version you edit with If-Match"


class QueryImageTooLarge(ImageSearchError):
    status, code, title = 413, "query-image-too-large", "The query picture is too large"


class PictureError(ImageSearchError):
    """A picture that will never be readable: permanent. Its code is the reason kept with a rejected image."""

    status, code, title = 422, "unreadable-image", "The picture can't be read"


class NotAnImage(PictureError):
    code, title = "not-an-image", "The file is not a picture of a supported format"


class EmptyFile(PictureError):
    code, title = "empty-file", "The file is empty"


class CorruptImage(PictureError):
    code, title = "corrupt-image", "The picture is damaged or cut short"


class ImageTooLarge(PictureError):
    code, title = "image-too-large", "The picture is over the limits"


class ObjectTooLarge(ImageTooLarge):
    """An object that was not even downloaded."""

    def __init__(self, detail: str = "", *, etag: str = "", size: int = 0) -> None:
        super().__init__(detail)
        self.etag = etag
        self.size = size


class ImageTooCostly(PictureError):
    """A file that took more time or memory to decode than a picture may."""

    code, title = "image-too-costly", "The picture takes too much time or memory to decode"


class DecoderCrashed(PictureError):
    """A file that brought down a process made for nothing but decoding it."""

    code, title = "decoder-crashed", "The picture brings the decoder down"


class InvalidSidecar(ImageSearchError):
    """A sidecar that will never be readable: permanent."""

    status, code, title = 422, "invalid-sidecar", "The sidecar can't be read"


class Unavailable(ImageSearchError):
    """Something we depend on refused or did not answer: transient, try again."""

    status, code, title = 503, "unavailable", "The service is not available right now"


class IndexUnavailable(Unavailable):
    code, title = "index-unavailable", "The index does not answer right now"


class IndexMissing(Unavailable):
    """Transient: who deploys makes the index, and until then events wait in their queue."""

    code, title = "index-missing", "There is no index yet"


class IndexOutdated(Unavailable):
    code, title = "index-outdated", "The index was made by another version of the product"


class StoreUnavailable(Unavailable):
    code, title = "store-unavailable", "The picture store does not answer right now"


class SecretUnavailable(Unavailable):
    """Of the function's own secrets."""

    code, title = "secret-unavailable", "The service can't read its own settings right now"


class DecoderUnavailable(Unavailable):
    code, title = "decoder-unavailable", "Pictures can't be decoded right now"


class ModelMismatch(ImageSearchError):
    status, code, title = 503, "model-mismatch", "The index was made with another model"


class ModelMissing(ImageSearchError):
    status, code, title = 503, "model-missing", "The model is not installed"
