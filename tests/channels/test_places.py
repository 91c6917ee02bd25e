"""Where a quote stands in its original is told with it, by the API, the page and the command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.segment import Segmenter
from tests.answering.readers import PlainReader
from tests.channels.conftest import Site, open_site

FEES = "项目,费用,地点\n补办身份证,四十元,一楼三号窗口\n补办户口簿,十元,一楼五号窗口\n"
QUESTION = "补办户口簿的费用是多少？"


@pytest.fixture
def site(tmp_path: Path, segmenter: Segmenter) -> Iterator[Site]:
    """The application over one table."""
    with open_site(tmp_path, segmenter, PlainReader(), {"fees.csv": FEES}) as opened:
        yield opened


def test_the_api_and_the_page_tell_the_place(site: Site) -> None:
    [citation] = site.ask(QUESTION)["citations"]
    assert citation["quote"] == "项目：补办户口簿；费用：十元；地点：一楼五号窗口。"
    assert citation["place"] == "第3行"
    page = site.client.post("/", data={"question": QUESTION})
    assert "《fees》 › 第3行</cite>" in page.text
