"""Who may do what in the console: every route of the app by every role, from the app's own routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from assistant.channels.console.guard import FORM_COOKIE
from assistant.channels.console.routes import ROUTERS
from assistant.channels.console.rules import RULES, WITHOUT_TOKEN, Stage
from assistant.types import Role
from tests.channels.conftest import Site
from tests.channels.staff import Person, browser, half_signed_in, signed_in

SAFE = ("GET", "HEAD")
ENDS_THE_SESSION = ("/staff/sign-out", "/staff/account/sign-out-everywhere")


def served(app: FastAPI) -> Iterator[str]:
    """Method and path of every route of the app, in routers too."""
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        waiting += inner.routes if inner else []
        for method in getattr(route, "methods", None) or ():
            yield f"{method} {route.path}"


def is_consoles(route: str) -> bool:
    """Whether a route is for staff."""
    return route.split(" ")[1].startswith(("/staff", "/api/staff"))


ROUTES = sorted(f"{m} {r.path}" for router in ROUTERS for r in router.routes for m in r.methods)  # type: ignore[attr-defined]
CHANGES = [r for r in ROUTES if r.split(" ")[0] not in SAFE and r not in WITHOUT_TOKEN]


def test_every_route_has_a_rule_and_every_rule_a_route(site: Site) -> None:
    found = {route for route in served(site.app) if is_consoles(route)}
    assert found == set(RULES) == set(ROUTES)


def test_a_route_without_a_rule_is_refused_even_to_an_administrator(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = signed_in(site, Role.ADMINISTRATOR)
    assert person.client.get("/staff/audit").status_code == 200
    monkeypatch.delitem(RULES, "GET /staff/audit")
    assert person.client.get("/staff/audit").status_code == 403


VISITORS: dict[str, Callable[[Site], Person]] = {
    "nobody": browser,
    "half": half_signed_in,
    **{role.value: lambda site, role=role: signed_in(site, role) for role in Role},
}


def allowed(visitor: str, rule: Stage | Role) -> bool:
    """What the rules say of a visitor, spelt out for the test."""
    if rule is Stage.ANYONE:
        return True
    if rule is Stage.PASSWORD:
        return visitor != "nobody"
    order = ["reader", "editor", "publisher", "administrator"]
    return visitor in order and order.index(visitor) >= order.index(str(rule))


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_route_lets_in_whom_the_rules_let_in_and_nobody_else(
    site: Site, visitor: str
) -> None:
    person = VISITORS[visitor](site)
    for route in ROUTES:
        method, path = route.split(" ")
        if path in ENDS_THE_SESSION or route in (
            "DELETE /api/staff/session", "DELETE /api/staff/sessions",
        ):  # fmt: skip
            continue
        headers = {"X-CSRF-Token": token(person, visitor)} if method not in SAFE else {}
        if headers and RULES[route] is Stage.ANYONE:
            kept = person.client.cookies[FORM_COOKIE].partition(".")[0]
            headers["X-CSRF-Token"] = site.assembly.secret.sign("form", kept)
        response = person.client.request(
            method, filled(path),
            headers=headers, follow_redirects=False,
        )  # fmt: skip
        check(route, visitor, response)


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize(
    "route",
    [
        "POST /staff/sign-out", "POST /staff/account/sign-out-everywhere",
        "DELETE /api/staff/session", "DELETE /api/staff/sessions",
    ],
)  # fmt: skip
def test_a_session_can_be_ended_by_whoever_has_one(site: Site, visitor: str, route: str) -> None:
    person = VISITORS[visitor](site)
    method, path = route.split(" ")
    headers = {"X-CSRF-Token": token(person, visitor)}
    response = person.client.request(method, path, headers=headers, follow_redirects=False)
    if allowed(visitor, RULES[route]):
        assert response.status_code in (200, 303), route
        assert person.client.get("/api/staff/session").status_code == 401
    else:
        check(route, visitor, response)


def filled(path: str) -> str:
    """A path to nothing that is there."""
    return re.sub(r"\{\w+\}", "none", path)


def token(person: Person, visitor: str) -> str:
    """The token of a visitor's forms."""
    return person.form(
        {"nobody": "/staff/sign-in", "half": "/staff/second-factor"}.get(visitor, "/staff/account")
    )


def check(route: str, visitor: str, response: Any) -> None:
    """The response is a refusal exactly where the rules say so, and never an error inside."""
    assert response.status_code < 500, route
    location = response.headers.get("location", "").partition("?")[0]
    if allowed(visitor, RULES[route]):
        assert response.status_code not in (401, 403), route
        assert location not in ("/staff/sign-in", "/staff/second-factor"), route
    elif visitor in ("nobody", "half"):
        way = "/staff/sign-in" if visitor == "nobody" else "/staff/second-factor"
        if route.split(" ")[1].startswith("/api"):
            assert response.status_code == 401, route
        else:
            assert (response.status_code, location) == (303, way), route
    else:
        assert response.status_code == 403, route


@pytest.mark.parametrize("route", CHANGES)
def test_nothing_is_changed_without_the_token_of_this_browser(site: Site, route: str) -> None:
    person = signed_in(site, Role.ADMINISTRATOR)
    others = token(signed_in(site, Role.READER), "reader")
    method, path = route.split(" ")
    for headers in (
        {},
        {"X-CSRF-Token": others},
        {"X-CSRF-Token": "é".encode("latin-1")},
    ):
        response = person.client.request(
            method, filled(path),
            headers=headers, follow_redirects=False,
        )  # fmt: skip
        assert response.status_code == 403, headers
        assert "页面已经过期" in response.text
    assert person.client.get("/api/staff/session").status_code == 200
