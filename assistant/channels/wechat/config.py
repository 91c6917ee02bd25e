"""What the settings say of the three entrances; what does not fit is refused before the start."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

from assistant.channels.wechat.crypto import KeyRing, MessageCipher, read_key
from assistant.errors import SettingsError
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Entrance:
    """A callback: its token and, where messages are encrypted, its keys."""

    token: str = field(repr=False)
    keys: KeyRing | None


@dataclass(frozen=True, slots=True)
class Config:
    """The entrances that are set; None where one is not."""

    official: Entrance | None
    app: Entrance | None
    bot: Entrance | None

    @property
    def empty(self) -> bool:
        """Whether nothing is set."""
        return not (self.official or self.app or self.bot)

    @classmethod
    def of(cls, settings: Settings) -> Config:
        """From the settings.

        Raises:
            SettingsError: a token is empty, a key is none, or something needed is missing.
        """
        return cls(_official(settings), _app(settings), _bot(settings))


def _official(given: Settings) -> Entrance | None:
    others = (given.wechat_aes_key, given.wechat_previous_aes_key, given.wechat_app_secret)
    wanted = any(others) or given.wechat_app_id or given.wechat_account
    if given.wechat_token is None and not (wanted or given.wechat_customer_service):
        return None
    token = _token("wechat_token", given.wechat_token)
    if given.wechat_customer_service:
        _secret("wechat_app_secret", given.wechat_app_secret)
        _filled("wechat_app_id", given.wechat_app_id)
    if given.wechat_aes_key is None:
        return Entrance(token, None)
    receiver = _filled("wechat_app_id", given.wechat_app_id)
    ciphers = [_cipher("wechat_aes_key", given.wechat_aes_key, receiver)]
    if given.wechat_previous_aes_key:
        name = "wechat_previous_aes_key"
        ciphers.append(_cipher(name, given.wechat_previous_aes_key, receiver))
    return Entrance(token, KeyRing(tuple(ciphers)))


def _app(given: Settings) -> Entrance | None:
    if given.wecom_token is None:
        return None
    token = _token("wecom_token", given.wecom_token)
    receiver = _filled("wecom_corp_id", given.wecom_corp_id)
    _secret("wecom_secret", given.wecom_secret)
    if given.wecom_agent_id is None:
        raise SettingsError("wechat_setting_missing", name="wecom_agent_id")
    return Entrance(token, KeyRing((_cipher("wecom_aes_key", given.wecom_aes_key, receiver),)))


def _bot(given: Settings) -> Entrance | None:
    if given.wecom_bot_token is None:
        return None
    token = _token("wecom_bot_token", given.wecom_bot_token)
    cipher = _cipher("wecom_bot_aes_key", given.wecom_bot_aes_key, "")
    return Entrance(token, KeyRing((cipher,)))


def _token(key: str, given: SecretStr | None) -> str:
    token = _secret(key, given)
    if not (token.isascii() and token.isalnum() and 3 <= len(token) <= 32):
        raise SettingsError("wechat_token_wrong", name=key)
    return token


def _secret(key: str, given: SecretStr | None) -> str:
    return _filled(key, given.get_secret_value() if given else "")


def _filled(key: str, given: str) -> str:
    if not given:
        raise SettingsError("wechat_setting_missing", name=key)
    return given


def _cipher(key: str, given: SecretStr | None, receiver: str) -> MessageCipher:
    try:
        return MessageCipher(read_key(_secret(key, given)), receiver)
    except ValueError as error:
        raise SettingsError("wechat_key_wrong", name=key) from error
