"""Members of staff with a browser each, for tests of the console."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp
from starlette.testclient import TestClient

from assistant.store.staff import SERVER
from assistant.types import Role
from tests.channels.conftest import Site

PASSWORD = "correct horse battery"  # noqa: S105 - opens nothing
WRONG = "wrong"


@dataclass
class Person:
    """A browser, and who sits before it."""

    client: TestClient
    name: str = ""
    code: str = ""

    def form(self, page: str) -> str:
        """The token of the forms on a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(page).text)
        assert found, page
        return found[1]

    def send(self, path: str, page: str = "/staff/account", **fields: str) -> Any:
        """Send a form as the page has it; without following where that leads."""
        data = {"csrf": self.form(page), **fields}
        return self.client.post(path, data=data, follow_redirects=False)

    def call(self, method: str, path: str, json: object = None) -> Any:
        """Ask the API, with the token where something changes."""
        headers = {}
        if method != "GET":
            headers["X-CSRF-Token"] = self.client.get("/api/staff/session").json()["csrf"]
        return self.client.request(method, path, json=json, headers=headers)


def browser(site: Site) -> Person:
    """A browser in which nobody has signed in."""
    return Person(TestClient(site.app, raise_server_exceptions=False))


def invited(site: Site, name: str, role: Role) -> None:
    """An account with a password; there is an administrator besides."""
    staff = site.assembly.staff
    known = {account.name: account.id for account in staff.accounts()}
    if "chief" not in known:
        staff.create("chief", Role.ADMINISTRATOR, SERVER)
    token = staff.invite(known[name], SERVER) if name in known else staff.create(name, role, SERVER)
    staff.accept(token, PASSWORD)


def half_signed_in(site: Site, name: str = "half", role: Role = Role.ADMINISTRATOR) -> Person:
    """Signed in with the password alone."""
    invited(site, name, role)
    person = browser(site)
    person.name = name
    page = "/staff/sign-in"
    assert person.send(page, page, name=name, password=PASSWORD).status_code == 303
    return person


def signed_in(site: Site, role: Role, name: str = "") -> Person:
    """A member of staff with both factors; ``code`` is a recovery code for another time."""
    person = half_signed_in(site, name or f"a-{role.value}", role)
    page = person.client.get("/staff/second-factor").text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret
    code = pyotp.TOTP(secret[1]).at(datetime.now(UTC))
    done = person.send("/staff/second-factor", "/staff/second-factor", code=code)
    assert done.status_code == 200, done.text
    person.code = re.findall(r"<code>([A-Z2-7-]+)</code>", done.text)[0]
    return person
