"""The application on loopback, set up in each way that WeChat can call it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.segment import Segmenter
from tests.channels.wechat.clock import ManualClock
from tests.channels.wechat.servers import FakeWechatApi, served
from tests.channels.wechat.support import (
    AES_KEY,
    OFFICIAL,
    OLD_KEY,
    WECOM,
    Running,
    fresh,
    running,
)


@pytest.fixture(scope="session")
def _plain(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("plain"), segmenter, ManualClock(), OFFICIAL) as site:
        yield site


@pytest.fixture
def plain(_plain: Running) -> Running:
    """An official account in plain mode."""
    return fresh(_plain)


@pytest.fixture(scope="session")
def _safe(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Running]:
    given = {**OFFICIAL, "wechat_aes_key": AES_KEY, "wechat_previous_aes_key": OLD_KEY}
    with running(tmp_path_factory.mktemp("safe"), segmenter, ManualClock(), given) as site:
        yield site


@pytest.fixture
def safe(_safe: Running) -> Running:
    """An official account in safe mode, just after its key was changed."""
    return fresh(_safe)


@pytest.fixture(scope="session")
def _api() -> Iterator[tuple[FakeWechatApi, str]]:
    fake = FakeWechatApi()
    with served(fake.app) as url:
        yield fake, url


@pytest.fixture
def api(_api: tuple[FakeWechatApi, str]) -> FakeWechatApi:
    """WeChat's server API."""
    _api[0].clear()
    return _api[0]


@pytest.fixture
def api_url(_api: tuple[FakeWechatApi, str]) -> str:
    """Where WeChat's server API is."""
    return _api[1]


@pytest.fixture
def pushing(
    tmp_path: Path, segmenter: Segmenter, api: FakeWechatApi, api_url: str
) -> Iterator[Running]:
    """An official account that may send customer-service messages."""
    given = {**OFFICIAL, "wechat_customer_service": True, "wechat_api_url": api_url}
    with running(tmp_path, segmenter, ManualClock(), given) as site:
        yield site


@pytest.fixture(scope="session")
def _wecom(
    tmp_path_factory: pytest.TempPathFactory,
    segmenter: Segmenter,
    _api: tuple[FakeWechatApi, str],
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("wecom")
    given = {**WECOM, "wecom_api_url": _api[1], "public_url": "https://town.example"}
    with running(folder, segmenter, ManualClock(), given) as site:
        yield site


@pytest.fixture
def wecom(_wecom: Running, api: FakeWechatApi) -> Running:
    """A WeCom app and a WeCom bot."""
    return fresh(_wecom)
