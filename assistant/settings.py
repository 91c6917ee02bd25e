"""Every setting there is: from the environment, then a file, then its default."""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.errors import SettingsError
from assistant.resources import load

PREFIX = "ASSISTANT_"
SETTINGS_FILE = Path("assistant.toml")
SECRET_LENGTH = 32
"""Characters that a secret has at least."""


_ORIGIN = re.compile(
    r"(https?)://((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::([1-9]\d{0,4}))?"
)
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def _origin(given: str) -> str:
    """An origin as browsers send it (RFC 6454): ASCII, lower case, no port where it is the default.

    Over http a page can be changed on its way, so only one on the same machine may use it.
    """
    match = _ORIGIN.fullmatch(given.lower())
    if match is None or (match[1] == "http" and match[2] not in _LOCAL):
        raise PydanticCustomError("origin", "not an origin")
    scheme, host, port = match.groups()
    if port and int(port) > 65_535:
        raise PydanticCustomError("origin", "not an origin")
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS[scheme]) else "")


Origin = Annotated[str, AfterValidator(_origin)]


class Settings(BaseSettings):
    """Settings; each is read from ``ASSISTANT_<NAME>``, then from ``assistant.toml``.

    A key that is not known is an error, so that a misspelt one is not silently ignored.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=SETTINGS_FILE, extra="forbid", frozen=True
    )

    corpus_dir: Path = Field(Path("corpus"), description="The folder of documents.")
    data_dir: Path = Field(Path("data"), description="Where database, models and indexes are kept.")
    database_url: str = Field(
        "", description="SQLAlchemy's address of the database; SQLite in data_dir if empty."
    )
    chroma_url: str = Field("", description="Address of a Chroma server; embedded if empty.")
    embedding_model: str = Field(
        "", description="Name or folder of the embedding model; the built-in one if empty."
    )
    query_prompt: str | None = Field(
        None, description="Put before a question; the model's own if not set."
    )
    passage_prompt: str | None = Field(
        None, description="Put before a passage; the model's own if not set."
    )
    retention_days: int = Field(
        30, ge=0, le=36_500, description="Days that a conversation is kept after its last use."
    )
    public_url: str = Field(
        "", description="The site's own address, for links in citations; relative links if empty."
    )
    wechat_token: SecretStr | None = Field(
        None, description="The official account's callback token; no /wechat without it."
    )
    wechat_aes_key: SecretStr | None = Field(
        None, description="The official account's EncodingAESKey; plain mode without it."
    )
    wechat_previous_aes_key: SecretStr | None = Field(
        None, description="The EncodingAESKey before the last change, still accepted."
    )
    wechat_account: str = Field(
        "", description="The official account's original id (gh_…); not compared if empty."
    )
    wechat_app_id: str = Field("", description="The official account's AppID.")
    wechat_app_secret: SecretStr | None = Field(
        None, description="The official account's AppSecret, for WeChat's server API."
    )
    wechat_customer_service: bool = Field(
        False, description="Whether the account may send customer-service messages."
    )
    wechat_api_url: str = Field(
        "https://api.weixin.qq.com", description="Where WeChat's server API is."
    )
    wechat_hash_key: SecretStr | None = Field(
        None, description="Key that user ids are hashed with; made once in data_dir if not set."
    )
    wecom_corp_id: str = Field("", description="The enterprise's id.")
    wecom_agent_id: int | None = Field(None, description="The self-built app's AgentId.")
    wecom_secret: SecretStr | None = Field(None, description="The self-built app's Secret.")
    wecom_token: SecretStr | None = Field(
        None, description="The self-built app's callback token; no /wecom without it."
    )
    wecom_aes_key: SecretStr | None = Field(
        None, description="The self-built app's EncodingAESKey."
    )
    wecom_bot_token: SecretStr | None = Field(
        None, description="The smart bot's callback token; no /wecom/bot without it."
    )
    wecom_bot_aes_key: SecretStr | None = Field(None, description="The smart bot's EncodingAESKey.")
    wecom_staff: str = Field(
        "", description="WeCom users who are staff: userid=account, separated by commas."
    )
    wecom_api_url: str = Field(
        "https://qyapi.weixin.qq.com", description="Where WeCom's server API is."
    )

    questions_per_minute: int = Field(
        30, ge=0, le=100_000, description="Questions a minute that one address may ask; 0: any."
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Proxies whose X-Forwarded-For is believed: addresses or networks."
    )
    embed_origins: Annotated[tuple[Origin, ...], NoDecode] = Field(
        (), description="Sites that may embed the chat, as scheme://host[:port]; nobody if empty."
    )

    session_secret: SecretStr = Field(
        SecretStr(""),
        description="Signs staff's sessions, 32 characters or more; made once in data_dir if empty.",
    )

    @field_validator("session_secret")
    @classmethod
    def _long(cls, given: SecretStr) -> SecretStr:
        """A short secret could be guessed."""
        if 0 < len(given.get_secret_value()) < SECRET_LENGTH:
            raise PydanticCustomError("secret", "too short", {"least": SECRET_LENGTH})
        return given

    @field_validator("trusted_proxies", "embed_origins", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """Several values in one environment variable are separated by commas."""
        if isinstance(given, str):
            return tuple(part.strip() for part in given.split(",") if part.strip())
        return given

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database(self) -> str:
        """The address to open, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'assistant.db'}"


def load_settings(**given: object) -> Settings:
    """Read the settings; ``given`` (from the command line) win where they are not None.

    Raises:
        SettingsError: a value cannot be used, or the file cannot be read; the message names
            each key, or the file.
    """
    unknown = [key for key in os.environ if key.startswith(PREFIX) and not _is_setting(key)]
    if unknown:
        raise SettingsError("settings_unknown", keys="、".join(sorted(unknown)))
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("settings_not_toml", file=SETTINGS_FILE) from error
    except ValidationError as error:
        wrong = "；".join(f"{'.'.join(map(str, e['loc']))} {_reason(e)}" for e in error.errors())
        raise SettingsError("settings_wrong", what=wrong) from error


def _reason(error: ErrorDetails) -> str:
    """What is wrong with a value, without the value: it may be a password."""
    reasons: dict[str, str] = load("setting_reasons")
    found = reasons.get(error["type"], reasons["other"])
    return found.format(**error.get("ctx", {}))


def _is_setting(key: str) -> bool:
    return key.removeprefix(PREFIX).lower() in Settings.model_fields
