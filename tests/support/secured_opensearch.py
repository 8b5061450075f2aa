"""A real OpenSearch with its security plugin, as Amazon's domains have it: users, roles, permissions.

Amazon knows callers by the ARNs of their IAM roles, and takes those for the backend roles that roles are mapped to
(https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html). Here they are backend roles, too, of
users with passwords. HTTP is in the clear, on loopback; between nodes, of which there is one, TLS can't be left out.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from imagesearch_local.commands.servers import plan
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.jars import FilesDiffer, check_files, read_pins, run_maven
from imagesearch_local.servers.opensearch import Plan, prepare
from imagesearch_local.servers.processes import last_lines, owned
from model_export.fetch import cache_dir

PROJECT = CHECKOUT / "requirements" / "opensearch-security.xml"
PINS = CHECKOUT / "requirements" / "opensearch-security.sha256"
ADMIN = ("admin", "admin")
_ADMIN_HASH = "$2a$12$VcCDgh2NDk07JGN0rjGbM.Ad41qVR/YFJcgHp0UGns5JDymv..TOG"
"""Of that password: it is what the plugin's own demo has."""
_READY_SECONDS = 300
_SETTINGS = """\
plugins.security.ssl.transport.pemcert_filepath: node.pem
plugins.security.ssl.transport.pemkey_filepath: node.key
plugins.security.ssl.transport.pemtrustedcas_filepath: node.pem
plugins.security.ssl.http.enabled: false
plugins.security.nodes_dn: ["CN=node"]
plugins.security.allow_default_init_securityindex: true
plugins.security.restapi.roles_enabled: ["all_access"]
"""
_BASIC = {
    "http_enabled": True,
    "order": 0,
    "http_authenticator": {"type": "basic", "challenge": False},
    "authentication_backend": {"type": "intern"},
}
_CONFIGURATION: Mapping[str, Mapping[str, object]] = {
    "config": {"config": {"dynamic": {"authc": {"basic": _BASIC}}}},
    "internalusers": {"admin": {"hash": _ADMIN_HASH, "backend_roles": ["admin"]}},
    "rolesmapping": {"all_access": {"backend_roles": ["admin"]}},
    "roles": {},
    "actiongroups": {},
    "tenants": {},
}
"""Nobody but the administrator may do anything."""
_FILES = {
    "internalusers": "internal_users",
    "rolesmapping": "roles_mapping",
    "actiongroups": "action_groups",
}


@dataclass(frozen=True, slots=True)
class SecuredPlan(Plan):
    """How such a server is run: as one without the plugin, but for it."""

    plugin: Path = Path()
    """The folder of its jars."""

    def command(self) -> list[str]:
        command = Plan.command(self)  # not by `super()`: a dataclass with slots is another class by then
        for option, more in (
            ("-cp", f":{self.plugin}/*"),
            ("-pluginTypes", ",org.opensearch.security.OpenSearchSecurityPlugin"),
        ):
            command[command.index(option) + 1] += more
        return command


@dataclass(frozen=True, slots=True)
class SecuredOpenSearch:
    """One that runs."""

    port: int

    def url(self, user: tuple[str, str] = ADMIN) -> str:
        return f"http://{user[0]}:{user[1]}@127.0.0.1:{self.port}"

    def new_user(self, *backend_roles: str) -> str:
        """The URL of a user who may do what these may."""
        name, password = f"user-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
        body = {"password": password, "backend_roles": backend_roles}
        path = f"{self.url()}/_plugins/_security/api/internalusers/{name}"
        httpx.put(path, json=body, trust_env=False, timeout=60).raise_for_status()
        return self.url((name, password))


@contextmanager
def secured_opensearch(data: Path) -> Iterator[SecuredOpenSearch]:
    """Run one while the block runs. Raises ToolMissing and other ServerErrors."""
    data.mkdir(parents=True, exist_ok=True)
    plain = plan(data.resolve(), heap=768)
    secured = SecuredPlan(plain.java, plain.jars, plain.data, plain.port, plain.heap_mib, plugin=data / "plugin")
    with zipfile.ZipFile(plugin()) as archive:
        archive.extractall(secured.plugin)
    prepare(secured)
    _configure(secured.data / "node_1" / "config")
    with owned(secured.command(), secured.log, folder=secured.jars) as process:
        server = SecuredOpenSearch(secured.port)
        started = time.monotonic()
        while not _is_ready(server):
            if process.ended() or time.monotonic() - started > _READY_SECONDS:
                raise ServerError(f"OpenSearch with its security plugin did not start: {last_lines(secured.log)}")
            time.sleep(0.5)
        yield server


def _is_ready(server: SecuredOpenSearch) -> bool:
    """Once it knows its users: until then it refuses all."""
    try:
        return httpx.get(f"{server.url()}/_cluster/health", trust_env=False, timeout=10).is_success
    except httpx.HTTPError:
        return False


def _configure(folder: Path) -> None:
    with (folder / "opensearch.yml").open("a") as file:
        file.write(_SETTINGS)
    _write_certificate(folder)
    (folder / "opensearch-security").mkdir(exist_ok=True)
    for kind, body in _CONFIGURATION.items():
        # YAML takes JSON.
        document = {"_meta": {"type": kind, "config_version": 2}, **body}
        (folder / "opensearch-security" / f"{_FILES.get(kind, kind)}.yml").write_text(json.dumps(document))


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    (folder / "node.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "node.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def plugin() -> Path:
    """The plugin's archive in the cache, checked; fetched unless it is there. Raises ToolMissing, ServerError."""
    folder, pins = cache_dir() / "opensearch" / "security", read_pins(PINS)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as name:
            fetched = Path(name) / "ready"
            run_maven(PROJECT, Path(name), fetched, len(pins), lambda *_: None)
            if not folder.is_dir():  # another process may have been faster
                fetched.rename(folder)
    try:
        check_files(folder, pins)
    except FilesDiffer as error:
        raise ServerError(
            f"The security plugin in {folder} is not the pinned one ({error}): delete that folder"
        ) from error
    (archive,) = (folder / name for name in pins)
    return archive
