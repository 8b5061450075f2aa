"""The environment as typed settings. Each is an environment variable `IMAGESEARCH_<NAME>`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024
_LAMBDA_CORE_MB = 1769


class Settings(BaseSettings):
    """What the functions need to know. Read once, by `bootstrap.settings`."""

    model_config = SettingsConfigDict(env_prefix="IMAGESEARCH_", frozen=True, hide_input_in_errors=True)

    image_bucket: str
    """The bucket that people put pictures into. Events of other buckets are skipped."""
    derived_bucket: str
    """The bucket of thumbnails and kept descriptors."""
    index_url: SecretStr
    """`sqlite:///PATH` (embedded), or of OpenSearch `http[s]://[user:password@]host[:port]/ALIAS`."""
    index_sigv4: bool = False
    """Sign requests to OpenSearch with the function's own AWS credentials."""
    index_seconds: float = Field(default=10, gt=0, le=60)
    """How long OpenSearch may take to answer one request; a search sends a few, and ends in time for API Gateway."""
    index_candidates: int = Field(default=200, ge=10, le=1000)
    """Candidates that an approximate index looks for at the least, however few are wanted: fewer find less."""
    model_dir: Path = Path("/opt/model")
    """The folder with `model.onnx` and `model.json`."""
    model_threads: int = Field(default=0, ge=0, le=64)
    """Threads that describe one query picture; 0 is one for each core."""
    index_workers: int = Field(default=4, ge=1, le=64)
    """Pictures of a batch handled at a time. As many as there are cores compute, each by one thread; others wait for
    the buckets."""

    max_image_bytes: int = Field(default=100 * MIB, gt=0)
    max_image_pixels: int = Field(default=150_000_000, gt=0)
    """Width times height, checked before decoding."""
    max_sidecar_bytes: int = Field(default=64 * 1024, gt=0)
    max_query_image_bytes: int = Field(default=4 * MIB, gt=0)
    """Of all pictures sent with one search together, as the next one."""
    max_query_image_pixels: int = Field(default=100_000_000, gt=0)
    max_upload_bytes: int = Field(default=50 * MIB, gt=0)
    thumbnail_size: int = Field(default=384, ge=64, le=2048)
    """Longest side of a thumbnail, in pixels."""

    keep_positions: bool = False
    """Whether the places where pictures were taken are kept, shown and searched."""
    decoder_seconds: int = Field(default=60, ge=1, le=600)
    """Processor time that one picture may take to decode; twice as much time in all."""
    query_decoder_seconds: int = Field(default=15, ge=1, le=600)
    """Time that all pictures of one search may take to decode together: API Gateway waits 29 seconds for the answer."""
    decoder_memory_bytes: int = Field(default=1536 * MIB, ge=256 * MIB)
    """Address space of a process that decodes pictures."""

    url_seconds: int = Field(default=3600, ge=60)
    """How long links to images and thumbnails work, at the least."""
    upload_seconds: int = Field(default=900, ge=60)
    """How long an upload form works."""
    search_depth: int = Field(default=200, ge=10, le=1000)
    """How many hits a ranked search has in all."""


class CursorSettings(BaseSettings):
    """Of functions that answer in pages. Exactly one of the two secrets must be given."""

    model_config = SettingsConfigDict(env_prefix="IMAGESEARCH_CURSOR_", frozen=True, hide_input_in_errors=True)

    seconds: int = Field(default=3600, ge=60)
    """How long a cursor works."""
    secret: SecretStr | None = Field(default=None, min_length=1)
    """Signs cursors: itself, for a laptop ..."""
    secret_id: str | None = Field(default=None, min_length=1)
    """... or where it is kept: the name or ARN of a secret of AWS Secrets Manager, all of whose text it is."""

    @model_validator(mode="after")
    def _exactly_one_secret(self) -> Self:
        if (self.secret is None) == (self.secret_id is None):
            raise ValueError("give one of IMAGESEARCH_CURSOR_SECRET and IMAGESEARCH_CURSOR_SECRET_ID")
        return self


class IndexRoles(BaseModel):
    """Who may do what with a generation: ARNs of IAM roles, or what else OpenSearch knows as backend roles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: tuple[str, ...] = ()
    """Of the functions that index and backfill."""
    search: tuple[str, ...] = ()
    """Of the function that searches."""


class IndexSettings(BaseSettings):
    """How an index of OpenSearch is made.

    Replicas and refreshing can be changed later: `create` does so. For all else a new generation is made.
    """

    model_config = SettingsConfigDict(env_prefix="IMAGESEARCH_INDEX_", frozen=True, hide_input_in_errors=True)

    shards: int = Field(default=1, ge=1, le=100)
    replicas: int = Field(default=0, ge=0, le=10)
    engine: Literal["lucene", "faiss"] = "lucene"
    m: int = Field(default=16, ge=2, le=100)
    """Neighbours that each vector of the HNSW graph is joined to (Malkov and Yashunin 2018, arXiv:1603.09320)."""
    ef_construction: int = Field(default=128, ge=2, le=1000)
    """Candidates looked at for each of them."""
    quantization: Literal["none", "sq"] = "none"
    """`sq`: numbers of a vector in 7 bits (Lucene) or 16 (Faiss): less memory, slightly other cosines."""
    refresh_seconds: int = Field(default=1, ge=1, le=60)
    """After how long at most searches see what was written."""
    roles: IndexRoles | None = None
    """As JSON. None where OpenSearch has no access control, as on a laptop."""


class StartSettings(BaseSettings):
    """What a function must know before its first event."""

    model_config = SettingsConfigDict(env_prefix="IMAGESEARCH_", frozen=True, hide_input_in_errors=True)

    preload_model: bool = False
    """Load the model and the ways to index and buckets, and start a decoder, with the function rather than on its first
    event. SnapStart keeps what is loaded; connections and the decoder are made anew in each copy."""


def cores() -> int:
    """Processors that this process may use, at least one; on Linux that can be fewer than the machine has.

    A Lambda function sees more of them than its memory pays for: one for each 1,769 MB
    (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). The nearest whole number is taken.
    """
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    return min(seen, max(1, round(int(memory) / _LAMBDA_CORE_MB))) if memory else seen
