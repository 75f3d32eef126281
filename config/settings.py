"""The one frozen settings tree, read once at start from the environment and from secret files.

Variables begin with ``LIENTHONG_``, parts are joined by ``__``. Each secret may stand in a file instead: the same name
with ``_FILE`` behind it, or a file of that name in the directory ``LIENTHONG_SECRETS_DIR``.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.connector_sections import ConnectorSettings
from config.errors import Fault, SettingsRefused
from config.faults import faults_of, weak_secrets
from config.sources import DocumentSource, environment_document
from connectors.signature_check.settings import Settings as SignatureCheck

PREFIX = "LIENTHONG_"
DELIMITER = "__"
_KEY_BYTES = 32


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Api(_Section):
    """Where the endpoints listen.

    Attributes:
        public_url: how browsers reach us; ``https`` makes cookies ``Secure``.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""

    @property
    def address(self) -> str:
        """What to print and to link to."""
        return self.public_url or f"http://{self.host}:{self.port}"


class Work(_Section):
    """Workers of one ``run all`` or ``run worker``.

    Attributes:
        processes: worker processes of ``run all``.
        threads: drains that may run at once in one process.
        stop_seconds: how long running work may take to finish after SIGTERM.
        metrics_port: first inner port for the metrics of workers; 0 for none.
    """

    processes: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=64)] = 8
    stop_seconds: Annotated[float, Field(gt=0)] = 30.0
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0


class Sync(_Section):
    """Who hears of which dossiers.

    Attributes:
        subscriptions: file of subscription rules; empty: those that ship with the product.
    """

    subscriptions: str = ""


class Reuse(_Section):
    """What is asked of national databases for a dossier.

    Attributes:
        questions: file of questions; empty: those that ship with the product.
        officer: account in whose name the system itself asks; each register's settings know its name there.
        key: marks whom a question is about; empty: nothing is asked.
    """

    questions: str = ""
    officer: str = "lienthong"
    key: SecretStr = SecretStr("")


class Signatures(_Section):
    """Signing sessions.

    Attributes:
        key: makes digests of signers' numbers that nobody can guess back; empty: nobody is asked to sign.
        reminder_hours: so long before a session's deadline the time line reminds.
    """

    key: SecretStr = SecretStr("")
    reminder_hours: Annotated[float, Field(gt=0)] = 2.0


class FileLinks(_Section):
    """Links by which other systems pull files of dossiers from us.

    Attributes:
        secret: signs the links; empty: there are none, and systems that take files by link get dossiers without files.
        hours: how long a link may be used, at least; it ends at a day's end.
    """

    secret: SecretStr = SecretStr("")
    hours: Annotated[int, Field(ge=1, le=24 * 90)] = 72


class Evidence(_Section):
    """How exchanges with outside systems are kept and handed out.

    Attributes:
        master_key: 32 bytes in base64 (``openssl rand -base64 32``); encrypts the key of each dossier. Empty: bodies of
            exchanges are not kept.
        old_master_keys: earlier ones, as long as something encrypted with them is left (``lienthong evidence rewrap``).
        signing_key: Ed25519 private key, PEM or 32 bytes in base64; signs packs of evidence. Empty: none can be made.
    """

    master_key: SecretStr = SecretStr("")
    old_master_keys: tuple[SecretStr, ...] = ()
    signing_key: SecretStr = SecretStr("")

    @field_validator("master_key")
    @classmethod
    def _one_is_whole(cls, value: SecretStr) -> SecretStr:
        _whole(value)
        return value

    @field_validator("old_master_keys")
    @classmethod
    def _all_are_whole(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for each in value:
            _whole(each)
        return value

    @property
    def master_keys(self) -> tuple[bytes, ...]:
        """The current one first; none when bodies are not kept."""
        if not self.master_key.get_secret_value():
            return ()
        return tuple(_whole(each) for each in (self.master_key, *self.old_master_keys))


def _whole(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if text and (len(raw) != _KEY_BYTES or len(set(raw)) < _KEY_BYTES // 4):
        raise ValueError("32 random bytes in base64 are expected")
    return raw


class Logging(_Section):
    """How events are written.

    Attributes:
        form: ``auto`` is JSON when not on a terminal.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["auto", "json", "text"] = "auto"


class Settings(BaseSettings):
    """Everything that an installation can choose. Defaults make a single machine without partners.

    Attributes:
        database_url: PostgreSQL 15 or newer; empty: the embedded server.
        broker_url: RabbitMQ (``amqp://…``); empty: wake-ups over PostgreSQL.
        data_directory: home of the embedded server and of files; empty: the system's or the user's.
        sandbox: every outside system is a stand-in on this machine. Set by ``run all --sandbox`` only.
        connectors: one section per outside system, declared beside its client.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=DELIMITER, frozen=True, extra="forbid", validate_default=False
    )

    database_url: SecretStr = SecretStr("")
    broker_url: SecretStr = SecretStr("")
    data_directory: Path | None = None
    language: Literal["vi", "en"] = "vi"
    sandbox: bool = False
    api: Api = Field(default_factory=Api)
    work: Work = Field(default_factory=Work)
    logging: Logging = Field(default_factory=Logging)
    sync: Sync = Field(default_factory=Sync)
    files: FileLinks = Field(default_factory=FileLinks)
    evidence: Evidence = Field(default_factory=Evidence)
    reuse: Reuse = Field(default_factory=Reuse)
    signatures: Signatures = Field(default_factory=Signatures)
    signature_check: SignatureCheck = Field(default_factory=SignatureCheck)
    connectors: ConnectorSettings = Field(default_factory=ConnectorSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Our own reading of the environment: an unknown or empty variable must not pass unseen.
        return (init_settings, DocumentSource(settings_cls))


def load(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process.

    Args:
        environment: instead of the process's own (tests).
        overrides: values that stand above the environment, such as those of the command line.

    Raises:
        SettingsRefused: with every variable that is wrong, missing, unknown, empty or too weak.
    """
    given = os.environ if environment is None else environment
    document, troubles = environment_document(given, PREFIX, DELIMITER, Settings)
    if troubles:
        raise SettingsRefused(troubles)
    try:
        with DocumentSource.serving(document):
            settings = Settings(**overrides)
    except ValidationError as exc:
        raise SettingsRefused(
            faults_of(exc, PREFIX, DELIMITER, Settings)
        ) from None  # the cause would print the value
    weak = weak_secrets(settings, PREFIX, DELIMITER)
    if weak:
        raise SettingsRefused(weak)
    return settings


def fault(variable: str, message_vi: str, message_en: str) -> SettingsRefused:
    """One wrong variable, found by whoever needs it."""
    return SettingsRefused([Fault(variable, message_vi, message_en)])
