"""What a deployment is made of: CDK context (`cdk deploy -c profile=production -c alarm-email=…`), typed and checked.

Nothing of the CDK is imported here, so that a mistake is told before Node starts.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

INDEX_TIMEOUT_SECONDS = 300
"""How long `index_images` may take for a batch."""
INDEX_BATCHING_WINDOW_SECONDS = 5
"""How long its event source collects a batch."""
QUEUE_VISIBILITY_SECONDS = 6 * INDEX_TIMEOUT_SECONDS + INDEX_BATCHING_WINDOW_SECONDS
"""AWS asks for six timeouts and the window (Lambda developer guide, "Using Lambda with Amazon SQS")."""

Profile = Literal["development", "production"]
Retention = Literal["one-week", "two-weeks", "one-month", "three-months", "six-months", "one-year"]
ZONES = 3
"""That production spreads over."""

PRODUCTION: Mapping[str, object] = {
    "search_start": "snapstart",
    "waf": True,
    "monthly_budget_usd": 1500,
    "index_concurrency": 8,
    "data_node_type": "r6g.large.search",
    "data_nodes": 3,
    "manager_node_type": "m6g.large.search",
    "volume_gib": 100,
    "shards": 3,
    "replicas": 1,
    "log_retention": "three-months",
    "protected": True,
}
"""What production has where nothing else is said. Development has the defaults of `Deployment` itself."""

CDK_KEYS = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})
"""What `cdk acknowledge` and `cdk cli-telemetry` write into cdk.context.json."""
RESERVED = ("aws", "amazon", "cognito")
"""Words that Cognito takes in no domain, and ours begins with the deployment's name."""


class DeploymentError(ValueError):
    """CDK context that is no deployment. Its message says which key, what it may be, and gives an example."""


class Generation(BaseModel):
    """A model, with an index, a queue and functions of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=9999)
    model: str = "layers/model"
    """The folder with `model.onnx` and `model.json`, relative to the checkout."""
    shards: int | None = Field(default=None, ge=1, le=100)
    """Of its index, for life. None: as many as the deployment's `shards`."""

    @field_validator("model")
    @classmethod
    def _in_the_checkout(cls, model: str) -> str:
        path = PurePosixPath(model)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise ValueError("'model' is a folder within the checkout, such as 'layers/model'")
        return model


class Deployment(BaseModel):
    """One installation of the product. The context key of each field is its name with dashes: `alarm-email`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        default="imagesearch",
        pattern=r"^[a-z][a-z0-9-]{2,20}$",
        description="3 to 21 small letters, digits and dashes, a letter first",
        examples=["imagesearch"],
    )
    """What the stacks and the domain are called; two installations in one account have two names."""
    profile: Profile = Field(
        default="development", description="'development' or 'production'", examples=["production"]
    )
    account: str | None = Field(
        default=None, pattern=r"^\d{12}$", description="an AWS account's twelve digits", examples=["123456789012"]
    )
    """None: whichever the templates are deployed to, as with `region`."""
    region: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}(-[a-z]+)+-\d$", description="an AWS region", examples=["eu-central-1"]
    )
    generations: tuple[Generation, ...] = Field(
        default=(Generation(number=1),),
        min_length=1,
        max_length=2,
        description="one generation or two, each with a number of its own, a model's folder, and shards if need be",
        examples=['[{"number": 1}, {"number": 2, "model": "layers/model-2", "shards": 5}]'],
    )
    current: int = Field(default=1, description="the number of the generation that is searched", examples=["1"])
    architecture: Literal["x86_64", "arm64"] = Field(
        default="x86_64", description="'x86_64' or 'arm64'", examples=["x86_64"]
    )
    search_start: Literal["on-demand", "snapstart", "provisioned"] = Field(
        default="on-demand", description="'on-demand', 'snapstart' or 'provisioned'", examples=["snapstart"]
    )
    """How `search_api` avoids cold starts, if at all."""
    waf: bool = Field(default=False, description="'true' or 'false'", examples=["true"])
    """Whether AWS WAF stands before the API."""
    alarm_email: str | None = Field(
        default=None,
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="an e-mail address",
        examples=["operator@example.org"],
    )
    monthly_budget_usd: int = Field(default=100, ge=1, description="whole dollars a month, 1 or more", examples=["100"])
    """Above it, or where the forecast is, an alarm is sent. Nothing is switched off."""
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="a JSON list of origins, each with its scheme and without a path",
        examples=['["https://pictures.example.org"]'],
    )
    """Pages other than ours that may call the API and upload."""
    index_memory_mib: int = Field(default=3008, ge=1769, le=10240, description="1769 to 10240 (MiB)", examples=["3008"])
    """Two pictures of 144 megapixels with transparency, decoded at once, take 2.4 GB. New accounts allow 3008."""
    search_memory_mib: int = Field(
        default=1769, ge=1024, le=10240, description="1024 to 10240 (MiB)", examples=["1769"]
    )
    """1,769 MiB come with one whole processor."""
    index_concurrency: int = Field(default=2, ge=2, le=1000, description="2 to 1000", examples=["4"])
    """At most so many `index_images` of a generation run at once, so that searching is never starved."""
    data_node_type: str = Field(
        default="t3.small.search",
        pattern=r"^[a-z][a-z0-9]*\.[a-z0-9]+\.search$",
        description="an instance type of OpenSearch Service",
        examples=["r6g.large.search"],
    )
    data_nodes: int = Field(
        default=1, ge=1, le=80, description="1 to 80; in production a multiple of 3", examples=["3"]
    )
    manager_node_type: str | None = Field(
        default=None,
        pattern=r"^[a-su-z][a-z0-9]*\.[a-z0-9]+\.search$",
        description="an instance type of OpenSearch Service that is not burstable; three of them are made",
        examples=["m6g.large.search"],
    )
    """Of the dedicated managers. None: there are none."""
    volume_gib: int = Field(default=10, ge=10, le=12288, description="10 to 12288 (GiB)", examples=["100"])
    """Of each data node."""
    availability_zones: tuple[str, ...] = Field(
        default=(),
        description=f"a JSON list of {ZONES} zones of the region, for production alone",
        examples=['["us-east-1a", "us-east-1b", "us-east-1d"]'],
    )
    """Empty: the region's first three. For regions where one of these lacks an instance type."""
    shards: int = Field(default=1, ge=1, le=100, description="1 to 100", examples=["3"])
    """Of the index of each generation that does not say its own."""
    replicas: int = Field(default=0, ge=0, le=10, description="0 to one less than the data nodes", examples=["1"])
    log_retention: Retention = Field(
        default="two-weeks",
        description="one-week, two-weeks, one-month, three-months, six-months or one-year",
        examples=["one-month"],
    )
    protected: bool = Field(default=False, description="'true' or 'false'", examples=["true"])
    """Whether what people would miss (pictures, users, the index) survives the deletion of its stack."""

    @property
    def production(self) -> bool:
        return self.profile == "production"

    @property
    def library_stack(self) -> str:
        """Name of the stack that stays."""
        return f"{self.name}-library"

    @property
    def service_stack(self) -> str:
        """Name of the stack that comes and goes."""
        return f"{self.name}-service"

    def shards_of(self, number: int) -> int:
        """How many the index of this generation has. Raises KeyError where there is no such generation."""
        own = {generation.number: generation.shards for generation in self.generations}[number]
        return self.shards if own is None else own

    @model_validator(mode="before")
    @classmethod
    def _profile_decides_the_rest(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**PRODUCTION, **given} if given.get("profile") == "production" else given

    @field_validator("name")
    @classmethod
    def _no_reserved_word(cls, name: str) -> str:
        for word in RESERVED:
            if word in name:
                raise ValueError(f"people sign in at a domain of that name, and Cognito takes none with {word!r}")
        return name

    @field_validator("generations", "cors_origins", "availability_zones", mode="before")
    @classmethod
    def _lists_may_be_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("this is no JSON") from None

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            scheme, _, host = origin.partition("://")
            if scheme not in {"https", "http"} or not host or set(host) & set("/*?# "):
                raise ValueError(f"{origin!r} is no origin")
        return origins

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        numbers = [generation.number for generation in self.generations]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"generations: two of them have the number {numbers[0]}; the newer one needs the next")
        if self.current not in numbers:
            raise ValueError(
                f"current: there is no generation {self.current} among generations "
                f"({', '.join(map(str, numbers))}); for example: -c current={numbers[-1]}"
            )
        if self.replicas >= self.data_nodes:
            raise ValueError(
                f"replicas: {self.replicas} copies beside the first need more than {self.data_nodes} data nodes; "
                f"for example: -c replicas={self.data_nodes - 1}"
            )
        if self.production:
            self._fit_zones()
        elif self.availability_zones:
            raise ValueError("availability-zones: development has one node in a zone that AWS chooses; leave it out")
        return self

    def _fit_zones(self) -> None:
        if self.data_nodes % ZONES:
            raise ValueError(
                f"data-nodes: production spreads them over {ZONES} zones evenly; for example: -c data-nodes={ZONES}"
            )
        if self.manager_node_type is None:
            raise ValueError(
                "manager-node-type: production has dedicated managers; for example: "
                f"-c manager-node-type={PRODUCTION['manager_node_type']}"
            )
        if self.availability_zones and len(set(self.availability_zones)) != ZONES:
            raise ValueError(
                f"availability-zones: must be {ZONES} different ones; "
                'for example: -c availability-zones=\'["us-east-1a", "us-east-1b", "us-east-1d"]\''
            )

    @classmethod
    def of_context(cls, context: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Self:
        """The deployment that CDK context describes, as `App().node.get_all_context()` gives it.

        Keys with a colon or a slash are the CDK's own, and so are CDK_KEYS. Account and region are those of the command
        line's credentials (`CDK_DEFAULT_ACCOUNT`, `CDK_DEFAULT_REGION`) where the context names none. Raises
        DeploymentError.
        """
        given: dict[str, object] = {
            "account": environment.get("CDK_DEFAULT_ACCOUNT") or None,
            "region": environment.get("CDK_DEFAULT_REGION") or None,
        }
        keys = {field.replace("_", "-"): field for field in cls.model_fields}
        for key, value in context.items():
            if ":" in key or "/" in key or key in CDK_KEYS:
                continue
            if key not in keys:
                raise DeploymentError(_unknown(key, keys))
            given[keys[key]] = value
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise DeploymentError(_told(error.errors()[0])) from None


def _unknown(key: str, keys: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(key.replace("_", "-"), keys, n=1)
    meant = f"; did you mean '{near[0]}'?" if near else "."
    return f"there is no context key '{key}'{meant} There are: {', '.join(sorted(keys))}."


def _told(error: ErrorDetails) -> str:
    """One line: the key, what is wrong with it, what it may be, an example."""
    if not error["loc"]:  # of several keys together: they say it all
        return error["msg"].removeprefix("Value error, ")
    name = str(error["loc"][0])
    field = Deployment.model_fields[name]
    key = name.replace("_", "-")
    reason = f" ({error['msg'].removeprefix('Value error, ')})" if error["type"] == "value_error" else ""
    example = (field.examples or [""])[0]
    quoted = f"'{example}'" if set(str(example)) & set('[" ') else example
    return f"{key}: {error['input']!r} won't do{reason}: it must be {field.description}; for example: -c {key}={quoted}"
