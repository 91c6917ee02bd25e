"""Settings come from the environment, then a file, then their defaults; a wrong one is named."""

from __future__ import annotations

import json
import os
import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from assistant.errors import SettingsError
from assistant.settings import Settings, load_settings

README = Path(__file__).parents[1] / "README.md"
WORDS = {"": "空", None: "不设", (): "空"}
"""How the README writes a default that is empty or not there."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment without our settings."""
    for name in os.environ:
        if name.upper().startswith("ASSISTANT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings.corpus_dir == Path("corpus")
    assert settings.retention_days == 30
    assert all(f.default is not PydanticUndefined for f in Settings.model_fields.values())


def test_a_file_goes_before_the_default(folder: Path) -> None:
    (folder / "assistant.toml").write_text('retention_days = 7\ncorpus_dir = "文档"\n', "utf-8")
    settings = load_settings()
    assert settings.retention_days == 7
    assert settings.corpus_dir == Path("文档")
    assert settings.data_dir == Path("data")


def test_the_environment_goes_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "assistant.toml").write_text('retention_days = 7\npublic_url = "https://a"\n')
    monkeypatch.setenv("ASSISTANT_RETENTION_DAYS", "90")
    settings = load_settings()
    assert settings.retention_days == 90
    assert settings.public_url == "https://a"


def test_the_command_line_goes_before_both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "assistant.toml").write_text('data_dir = "from-file"\n')
    monkeypatch.setenv("ASSISTANT_DATA_DIR", "from-environment")
    assert load_settings(data_dir=Path("given")).data_dir == Path("given")
    assert load_settings(data_dir=None).data_dir == Path("from-environment")


def test_an_unknown_key_in_the_file_is_named(folder: Path) -> None:
    (folder / "assistant.toml").write_text("retention_day = 7\n")
    with pytest.raises(SettingsError, match=r"retention_day\b"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retention_days", "soon"),
        ("retention_days", "-1"),
        ("retention_days", ""),
        ("questions_per_minute", "-1"),
        ("questions_per_minute", "many"),
        ("retention_days", "36501"),  # the calendar ends before much longer
    ],
)
def test_a_wrong_value_is_named_by_its_key(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ASSISTANT_{name.upper()}", value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ()),
        ("https://www.qidong.gov.cn", ("https://www.qidong.gov.cn",)),
        ("HTTPS://A.CN:443, https://b.cn:8443 ,", ("https://a.cn", "https://b.cn:8443")),
        ("http://localhost:8080,http://127.0.0.1", ("http://localhost:8080", "http://127.0.0.1")),
        ("https://xn--fiq228c.cn,https://[2001:db8::1]", ("https://xn--fiq228c.cn", "https://[2001:db8::1]")),
    ],
)  # fmt: skip
def test_sites_that_may_embed_are_kept_as_browsers_name_them(
    monkeypatch: pytest.MonkeyPatch, given: str, kept: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ASSISTANT_EMBED_ORIGINS", given)
    assert load_settings().embed_origins == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "*", "https://*", "https://*.a.cn", "a.cn", "//a.cn", "https://a.cn/", "https://a.cn/chat",
        "https://a.cn?x", "https://u:p@a.cn", "ftp://a.cn", "http://a.cn", "http://localhost.a.cn",
        "https://a.cn:0", "https://a.cn:99999", "https://a.cn; script-src *", "null", "https://",
        "https://a..cn", "https://-a.cn", "https://中文.cn", "https://a.cn\n", "https://a b.cn",
        "'self'", "data:",
    ],
)  # fmt: skip
def test_what_is_no_site_may_not_embed(folder: Path, wrong: str) -> None:
    text = json.dumps(["https://good.cn", wrong], ensure_ascii=False)
    (folder / "assistant.toml").write_text(f"embed_origins = {text}\n", "utf-8")
    with pytest.raises(SettingsError, match=r"embed_origins\.1 应当是网站的来源"):
        load_settings()


def test_proxies_are_addresses_or_networks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "assistant.toml").write_text('trusted_proxies = ["10.0.0.0/24"]\n')
    assert load_settings().trusted_proxies == (ip_network("10.0.0.0/24"),)
    monkeypatch.setenv("ASSISTANT_TRUSTED_PROXIES", "127.0.0.1, ::1")
    assert load_settings().trusted_proxies == (ip_network("127.0.0.1"), ip_network("::1"))
    for wrong in ("*", "proxy", "10.0.0.1/8", "10.0.0.0/33", "1"):
        monkeypatch.setenv("ASSISTANT_TRUSTED_PROXIES", wrong)
        with pytest.raises(SettingsError, match=r"trusted_proxies.* 应当是地址或网段"):
            load_settings()


def test_every_wrong_value_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "assistant.toml").write_text("corpus_dir = 5\nunknown = 1\n")
    monkeypatch.setenv("ASSISTANT_RETENTION_DAYS", "soon")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert all(key in str(error.value) for key in ("corpus_dir", "unknown", "retention_days"))
    # In Chinese, and without the value, which may be a password.
    assert not re.search(r"[Ii]nput|soon", str(error.value))


@pytest.mark.parametrize("content", [b"data_dir = ", b"[[[", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_not_toml_is_named(folder: Path, content: bytes) -> None:
    (folder / "assistant.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"assistant\.toml"):
        load_settings()


def test_a_short_secret_is_refused_and_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SESSION_SECRET", "x" * 32)
    assert "xxx" not in repr(load_settings())
    monkeypatch.setenv("ASSISTANT_SESSION_SECRET", "hunter2" * 4)
    with pytest.raises(SettingsError, match="session_secret 太短，至少要 32") as error:
        load_settings()
    assert "hunter2" not in str(error.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().retention_days = 5


def test_the_database_is_in_the_data_folder_unless_another_is_given() -> None:
    assert load_settings(data_dir=Path("d")).database == f"sqlite:///{Path('d/assistant.db')}"
    address = "postgresql+psycopg://host/name"
    assert load_settings(database_url=address).database == address


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained(name: str) -> None:
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_readmes_table_with_its_default(name: str) -> None:
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|\n").split("|")]
        for line in README.read_text("utf-8").splitlines()
        if line.startswith("|")
    ]
    default = Settings.model_fields[name].default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    found = [row[1] for row in rows if row[0] == f"ASSISTANT_{name.upper()}"]
    assert found == [WORDS.get(default, str(default))]


def test_the_readmes_table_names_no_setting_that_is_gone() -> None:
    named = set(re.findall(r"ASSISTANT_([A-Z_]+[A-Z])", README.read_text("utf-8")))
    assert {name.lower() for name in named} == set(Settings.model_fields)
