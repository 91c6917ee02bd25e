"""Whatever is sent to a route of the OpenAPI schema, the answer is one that the schema tells of.

Requests are made from the app's own schema, so that a new route is tried without a change here:
valid ones, odd ones and wrong ones, by nobody and by an administrator.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import Receive, Scope, Send

from assistant.assembly import Assembly
from assistant.channels.app import create_app
from assistant.segment import Segmenter
from assistant.settings import load_settings
from assistant.store.versions import Version
from assistant.types import Role
from tests.answering.readers import PlainReader
from tests.channels.conftest import ANSWERED, HOSTILE, Site, events, open_site
from tests.channels.library import Office
from tests.channels.staff import PASSWORD, Person, signed_in
from tests.conftest import DOCUMENTS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

PLACEHOLDERS = [f"known-{number}" for number in range(3)]

KNOWN = {
    "account_id", "answer_id", "code", "conversation_id", "document_id", "name", "new", "old",
    "password", "q", "question", "replaces", "version_id",
}  # fmt: skip
"""Fields for which the site has values that stand for something."""

ODD: list[object] = ["\x00", "好" * 5_000, 2**63, 10**400, -1, 1e300, True]
ODD_IN_JSON = [*ODD, "\ud800", None, [], {}]
"""What is not always thought of; half a character is no part of an address."""

OPENAPI = create_app(Assembly(load_settings())).openapi()

schema = schemathesis.openapi.from_dict(OPENAPI)
valid = schemathesis.openapi.from_dict(OPENAPI)
valid.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])

tried = settings(
    max_examples=int(os.environ.get("TEST_OPENAPI_EXAMPLES", "15")),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""More examples by hand find what is rare."""


@schema.hook
def flatmap_case(
    context: schemathesis.HookContext, case: schemathesis.Case
) -> st.SearchStrategy[schemathesis.Case]:
    """Half of the cases as they are, half with placeholders where there is a place for them."""
    places = [(part, field) for part in parts(case) for field in sorted(KNOWN & part.keys())]

    def put(values: tuple[str, ...]) -> schemathesis.Case:
        for (part, field), value in zip(places, values, strict=True):
            part[field] = value
        return case

    return st.just(case) | st.tuples(*(st.sampled_from(PLACEHOLDERS) for _ in places)).map(put)


def parts(case: schemathesis.Case) -> list[dict[str, Any]]:
    """What of a request has named fields."""
    return [p for p in (case.path_parameters, case.query, case.body) if isinstance(p, dict)]


class Elsewhere:
    """The running application, asked from another address each time.

    Whoever guesses at passwords is locked out by address; the next request shall be tried too.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._numbers = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "lifespan":
            # Which is how an application says that it needs no starting.
            raise RuntimeError("already running")
        number = next(self._numbers)
        scope["client"] = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1)
        await self._app(scope, receive, send)


class Administrator:
    """Somebody who stays signed in, whatever is done to the account."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._numbers = count(1)
        self._other = signed_in(site, Role.EDITOR, "other").name
        self.person = self._sign_in()

    def _sign_in(self) -> Person:
        # Another account, since the last one may be closed or locked out by now.
        return signed_in(self._site, Role.ADMINISTRATOR, f"chief-{next(self._numbers)}")

    def headers(self) -> dict[str, str]:
        """Cookie and token of a session that has not ended."""
        answer = self.person.client.get("/api/staff/session")
        if answer.status_code != 200:
            self.person = self._sign_in()
            answer = self.person.client.get("/api/staff/session")
        cookie = self.person.client.cookies["staff_session"]
        return {"Cookie": f"staff_session={cookie}", "X-CSRF-Token": answer.json()["csrf"]}

    def locked_out(self) -> None:
        """Go on with another account."""
        self.person = self._sign_in()

    def ids(self) -> list[str]:
        """Of the own account and of another."""
        names = (self.person.name, self._other)
        return [a.id for a in self._site.assembly.staff.accounts() if a.name in names]


@pytest.fixture(scope="module")
def own_site(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Site]:
    """A site of its own, since what is found on it may be deleted here."""
    documents = {**DOCUMENTS, "hostile.md": HOSTILE}
    folder = tmp_path_factory.mktemp("openapi")
    with open_site(folder, segmenter, PlainReader(count=2), documents) as opened:
        opened.assembly.librarian.stop()
        yield opened


@pytest.fixture(scope="module")
def administrator(own_site: Site) -> Administrator:
    """Somebody who may do everything."""
    return Administrator(own_site)


class Known:
    """What the placeholders stand for on the site."""

    def __init__(self, site: Site, administrator: Administrator) -> None:
        self._administrator, self._site = administrator, site
        asked = [site.ask(ANSWERED) for _ in PLACEHOLDERS]
        self._lasting = {
            "answer_id": [a["answer_id"] for a in asked],
            "conversation_id": [a["conversation_id"] for a in asked],
            "document_id": [site.document_id(path) for path in sorted(DOCUMENTS)],
            "new": [f"{PASSWORD} staple"],
            "old": [PASSWORD],
            "password": [PASSWORD],
            "q": [ANSWERED],
            "question": [ANSWERED],
        }

    def _drafts(self) -> list[Version]:
        """Documents of the console as a person left them, new ones where they were discarded."""
        office, library = Office(self._site), self._site.assembly.library
        while len(found := library.versions()) < len(PLACEHOLDERS):
            library.upload(
                f"{secrets.token_hex(4)}.txt", secrets.token_bytes(9).hex().encode(), "test"
            )
        office.work()
        return found

    def fill(self, case: schemathesis.Case) -> None:
        """Put values in the places of placeholders."""
        person, drafts = self._administrator.person, self._drafts()
        values = {
            **self._lasting,
            "account_id": self._administrator.ids(),
            "code": [person.code],
            "version_id": [version.id for version in drafts],
            "replaces": [version.library_id for version in drafts],
            "name": [person.name, f"new-{secrets.token_hex(4)}"],
        }
        for part in parts(case):
            for field in KNOWN & part.keys():
                if part[field] in PLACEHOLDERS:
                    number = PLACEHOLDERS.index(part[field])
                    part[field] = values[field][number % len(values[field])]


@pytest.fixture
def known(own_site: Site, administrator: Administrator) -> Known:
    """The values of the site; new ones for each route, since another may have deleted them."""
    return Known(own_site, administrator)


@pytest.fixture(scope="module")
def elsewhere(own_site: Site) -> Elsewhere:
    """The site's application."""
    return Elsewhere(own_site.app)


def check(case: schemathesis.Case, app: Elsewhere, headers: dict[str, str]) -> int:
    """Send a request; the status of the answer, once that is one which the schema tells of."""
    response = case.call(app=app, headers=headers)
    case.validate_response(response, checks=CHECKS)
    if response.headers.get("content-type", [""])[0].startswith("text/event-stream"):
        told = [name for name, _ in events(response.content.decode())]
        assert told[-1] == "final"
        assert "error" not in told
    return response.status_code


@schema.parametrize()
@tried
def test_nobody_meets_an_answer_that_the_schema_does_not_tell_of(
    case: schemathesis.Case, elsewhere: Elsewhere, known: Known
) -> None:
    known.fill(case)
    check(case, elsewhere, {})


@schema.parametrize()
@tried
def test_an_administrator_meets_no_answer_that_the_schema_does_not_tell_of(
    case: schemathesis.Case, elsewhere: Elsewhere, known: Known, administrator: Administrator
) -> None:
    known.fill(case)
    if check(case, elsewhere, administrator.headers()) == 429:
        administrator.locked_out()


@valid.parametrize()
@settings(tried, max_examples=1, phases=[Phase.generate])
def test_no_odd_value_of_a_field_meets_an_answer_that_the_schema_does_not_tell_of(
    case: schemathesis.Case, elsewhere: Elsewhere, known: Known, administrator: Administrator
) -> None:
    for part, field, odd in odd_values(case):
        changed = case.operation.Case(
            path_parameters={**case.path_parameters},
            query={**case.query},
            body={**case.body} if isinstance(case.body, dict) else case.body,
            media_type=case.media_type,
        )
        for fields in parts(changed):
            fields.update({name: PLACEHOLDERS[0] for name in KNOWN & fields.keys()})
        getattr(changed, part)[field] = odd
        known.fill(changed)
        if check(changed, elsewhere, administrator.headers()) == 429:
            administrator.locked_out()


def odd_values(case: schemathesis.Case) -> Iterator[tuple[str, str, object]]:
    """Each field that the schema tells of: the part of a request it is in, its name, an odd value."""
    told = OPENAPI["paths"][case.path][case.method.lower()]
    in_address = {"path": "path_parameters", "query": "query"}
    for parameter in told.get("parameters", []):
        if part := in_address.get(parameter["in"]):
            yield from ((part, parameter["name"], odd) for odd in ODD)
    content = told.get("requestBody", {}).get("content", {})
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    if name:
        for field in OPENAPI["components"]["schemas"][name]["properties"]:
            yield from (("body", field, odd) for odd in ODD_IN_JSON)
