"""The console's pages and API for getting in, one's own account, all accounts and the audit log."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import unquote, urlencode

import pyotp
import pytest
from starlette.testclient import TestClient

from assistant.channels.console.__main__ import main
from assistant.channels.console.guard import COOKIE, FORM_COOKIE
from assistant.resources import load
from assistant.store.attempts import OF_A_NAME
from assistant.store.staff import SERVER
from assistant.types import Role
from tests.channels.conftest import Site
from tests.channels.staff import PASSWORD, WRONG, browser, half_signed_in, invited, signed_in

SIGN_IN = "/staff/sign-in"


def test_the_first_administrator_is_made_on_the_server_and_gets_in_by_a_link(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(site.assembly.settings.data_dir))
    assert main(["create-admin", "镇长"]) == 0
    *_, lead, path = capsys.readouterr().out.splitlines()
    assert path.startswith("/staff/invitations/")
    assert "服务启动时显示的地址" in lead, "the port is not known here"
    person = browser(site)
    assert "镇长" in person.client.get(path).text
    differs = person.send(path, path, password=PASSWORD, again="other")
    assert (differs.status_code, "不一样" in differs.text) == (422, True)
    weak = person.send(path, path, password=WRONG * 3, again=WRONG * 3)
    assert (weak.status_code, "太容易" in weak.text) == (422, True)
    assert person.send(path, path, password=PASSWORD, again=PASSWORD).headers["location"] == SIGN_IN
    assert person.client.get(path).status_code == 404
    done = person.send(SIGN_IN, SIGN_IN, name="镇长", password=PASSWORD)
    assert done.headers["location"] == "/staff/second-factor"
    assert main(["create-admin", "镇长"]) == 2
    assert "已经有了" in capsys.readouterr().err
    monkeypatch.setenv("ASSISTANT_PUBLIC_URL", "https://wen.example.cn")
    assert main(["invite", "镇长"]) == 0
    told = capsys.readouterr().out
    assert "https://wen.example.cn/staff/invitations/" in told
    assert "服务启动时" not in told
    assert main(["invite", "无此人"]) == 2
    assert person.client.get("/api/staff/session").status_code == 401


def test_the_cookie_is_signed_and_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    person = browser(site)
    told = person.client.get(SIGN_IN).headers["set-cookie"]
    assert "HttpOnly" in told
    assert "SameSite=strict" in told
    assert "Secure" not in told
    secure = TestClient(site.app, base_url="https://testserver")
    assert "; Secure" in secure.get(SIGN_IN).headers["set-cookie"]


@pytest.mark.parametrize("forge", [lambda t: t[:-1] + "!", lambda t: t.split(".")[0], lambda t: ""])
def test_a_cookie_with_another_signature_is_nobodys(site: Site, forge: object) -> None:
    person = signed_in(site, Role.READER)
    kept = person.client.cookies[COOKIE]
    person.client.cookies.clear()
    person.client.cookies[COOKIE] = forge(kept)  # type: ignore[operator]
    assert person.client.get("/api/staff/session").status_code == 401


def test_a_token_that_was_put_into_the_browser_before_is_worth_nothing_after(site: Site) -> None:
    invited(site, "zhang", Role.READER)
    person = browser(site)
    person.client.get(SIGN_IN)
    before = person.client.cookies[FORM_COOKIE]
    person.send(SIGN_IN, SIGN_IN, name="zhang", password=PASSWORD)
    planted = browser(site)
    for name in (COOKIE, FORM_COOKIE):
        planted.client.cookies[name] = before
    assert planted.client.get("/staff/second-factor", follow_redirects=False).status_code == 303


def test_a_link_of_another_site_ends_no_session(site: Site) -> None:
    person = signed_in(site, Role.READER)
    wanted = "/staff/search?q=低保&topic="
    # The browser keeps the session's cookie back, and takes what it is given.
    kept = person.client.cookies[COOKIE]
    person.client.cookies.delete(COOKIE)
    shown = person.client.get(wanted, headers={"Sec-Fetch-Site": "cross-site"})
    assert shown.url.path == SIGN_IN
    assert COOKIE not in person.client.cookies
    person.client.cookies[COOKIE] = kept
    link = re.search(r'href="([^"]+)">已经登录了', shown.text)
    assert link
    again = person.client.get(unescape(link[1]), headers={"Sec-Fetch-Site": "same-origin"})
    assert again.url.path == "/staff/search"
    assert 'value="低保"' in again.text


def test_the_way_on_from_signing_in_is_shown_where_it_leads_on_alone(site: Site) -> None:
    client = browser(site).client
    for to in ("//example.com", "https://example.com/staff", "javascript:alert(1)", "/documents"):
        assert "已经登录了" not in client.get(SIGN_IN, params={"to": to}).text
    for came in ("same-origin", "none"):
        shown = client.get("/staff", headers={"Sec-Fetch-Site": came})
        assert (shown.url.path, "已经登录了" in shown.text) == (SIGN_IN, False)


def _ways(response: Any) -> Any:
    """Where the form on a page is sent, or where a form leads on to."""
    form = re.search(r'<main.*?action="([^"]+)"', response.text, re.DOTALL)
    return unescape(form[1]) if form else response.headers["location"]


def test_signing_in_leads_to_the_page_that_was_asked_for(site: Site) -> None:
    person = signed_in(site, Role.READER, "zhou")
    again = browser(site)
    wanted = "/staff/search?q=低保&topic="
    first = _ways(again.client.get(wanted))
    failed = again.send(first, first, name="zhou", password=WRONG)
    assert (failed.status_code, _ways(failed)) == (401, first)
    second = _ways(again.send(first, first, name="zhou", password=PASSWORD))
    assert _ways(again.client.get(wanted)) == second, "asked for again with the password alone"
    failed = again.send(second, second, code="12")
    assert (failed.status_code, _ways(failed)) == (401, second)
    done = again.send(second, second, code=person.code)
    assert unquote(_ways(done)) == wanted


@pytest.mark.parametrize(
    "to", ["//example.com", "https://example.com/staff", "javascript:alert(1)", "/documents"]
)
def test_signing_in_leads_to_no_other_site(site: Site, to: str) -> None:
    half = half_signed_in(site, "zhou")
    path = "/staff/second-factor?" + urlencode({"to": to})
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", half.client.get(path).text)
    assert secret
    done = half.send(path, path, code=pyotp.TOTP(secret[1]).at(datetime.now(UTC)))
    assert '<p><a href="/staff">' in done.text


def test_signing_in_fails_in_the_same_words_and_locks_out(site: Site) -> None:
    invited(site, "li", Role.READER)
    person = browser(site)
    for name in ("li", "nobody-there"):
        for _ in range(OF_A_NAME):
            failed = person.send(SIGN_IN, SIGN_IN, name=name, password=WRONG)
            assert failed.status_code == 401
            assert load("statuses")["error_sign_in"]["residents"] in failed.text
        locked = person.send(SIGN_IN, SIGN_IN, name=name, password=PASSWORD)
        assert locked.status_code == 429
        assert 0 < int(locked.headers["retry-after"]) <= 900


def test_what_was_typed_is_shown_again_as_text(site: Site) -> None:
    name = '"><script>alert(1)</script>'
    page = browser(site).send(SIGN_IN, SIGN_IN, name=name, password=WRONG).text
    assert "<script>alert" not in page
    assert name in unescape(page)


def test_the_second_factor_is_asked_for_on_every_page(site: Site) -> None:
    person = half_signed_in(site)
    for path in ("/staff", "/staff/account", "/staff/accounts", "/staff/audit"):
        response = person.client.get(path, follow_redirects=False)
        assert response.headers["location"] == "/staff/second-factor?" + urlencode({"to": path})
    page = person.client.get("/staff/second-factor").text
    assert 'src="data:image/svg+xml' in page
    assert "otpauth://totp/" in page
    wrong = person.send("/staff/second-factor", "/staff/second-factor", code="12")
    assert (wrong.status_code, "验证码不对" in wrong.text) == (401, True)


def test_who_has_a_second_factor_is_not_shown_its_secret_again(site: Site) -> None:
    person = signed_in(site, Role.READER, "wang")
    again = browser(site)
    again.send(SIGN_IN, SIGN_IN, name="wang", password=PASSWORD)
    page = again.client.get("/staff/second-factor").text
    assert "otpauth" not in page
    done = again.send("/staff/second-factor", "/staff/second-factor", code=person.code)
    assert done.headers["location"] == "/staff"
    assert again.client.get("/staff/second-factor", follow_redirects=False).status_code == 303
    assert again.client.get("/staff/account").status_code == 200


def test_one_can_change_ones_password_and_get_new_recovery_codes(site: Site) -> None:
    person = signed_in(site, Role.READER, "zhao")
    path = "/staff/account/password"
    new = "another long sentence"
    assert person.send(path, old="wrong", password=new, again=new).status_code == 403
    assert person.send(path, old=PASSWORD, password=new, again="x").status_code == 422
    done = person.send(path, old=PASSWORD, password=new, again=new)
    assert "密码已经改好" in person.client.get(done.headers["location"]).text
    page = person.send("/staff/account/recovery-codes").text
    assert len(re.findall(r"<li><code>[A-Z2-7-]{19}</code>", page)) == 8


def test_an_administrator_makes_changes_and_closes_accounts(site: Site) -> None:
    person = signed_in(site, Role.ADMINISTRATOR)
    page = "/staff/accounts"
    made = person.send(page, page, name="新人", role="editor")
    link = re.search(r'value="(http://testserver(/staff/invitations/[\w-]+))"', made.text)
    assert link
    assert browser(site).client.get(link[2]).status_code == 200
    assert person.send(page, page, name="新人", role="editor").status_code == 409
    assert person.send(page, page, name="甲乙", role="king").status_code == 422
    refused = person.send(page, page, name="Ｓｅｒｖｅｒ", role="editor")
    assert refused.status_code == 422
    assert load("statuses")["error_account_reserved"]["residents"] in refused.text
    [account] = [a for a in site.assembly.staff.accounts() if a.name == "新人"]
    one = f"{page}/{account.id}"
    assert person.send(f"{one}/role", page, role="publisher").headers["location"] == page
    assert person.send(f"{one}/active", page, active="false").headers["location"] == page
    assert browser(site).client.get(link[2]).status_code == 404
    shown = person.client.get(page).text
    assert "已停用" in shown
    asked = re.findall(r'/(\w+)" data-confirm="([^"]+)"', shown)
    assert {to for to, question in asked if "新人" in question} == {"role", "invitation"}
    assert {to for to, question in asked if person.name in question} >= {"active"}
    log = person.client.get("/staff/audit").text
    for told in (
        "新建账号",
        "改角色",
        "停用账号",
        "新人",
        "编辑",
        "发布",
        "a-administrator",
        "可以使用：否",
    ):
        assert told in log
    assert "True" not in log
    entries = site.assembly.audit.entries(1000)
    assert all(e.action in load("console")["actions"] for e in entries)
    assert {e.actor for e in entries} >= {SERVER, "a-administrator"}
    assert f"<td>{load('console')['actors'][SERVER]}</td>" in log
    assert f"<td>{SERVER}</td>" not in log


def test_an_error_is_told_on_a_page_of_the_console(site: Site) -> None:
    person = signed_in(site, Role.READER)
    for path, code in (("/staff/accounts", 403), ("/staff/none", 404)):
        response = person.client.get(path)
        assert response.status_code == code
        assert response.headers["content-type"].startswith("text/html")
        assert 'role="alert"' in response.text


def test_the_pages_run_no_script_but_our_own_and_stay_out_of_frames(site: Site) -> None:
    response = browser(site).client.get(SIGN_IN)
    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["cache-control"] == "no-store"
    for page in (
        response.text,
        signed_in(site, Role.ADMINISTRATOR).client.get("/staff/accounts").text,
    ):
        assert not re.search(r"\son\w+=|style=|<style|<script(?! src)", page)
        assert all(re.search(rf'id="{i}"', page) for i in re.findall(r'<label for="([^"]+)"', page))


# --- the API


def test_a_program_signs_in_with_both_factors_at_once(site: Site) -> None:
    person = signed_in(site, Role.EDITOR, "qian")
    program = browser(site)
    sent = {"name": "qian", "password": PASSWORD, "code": person.code}
    for wrong in ({"code": "000000"}, {"password": "wrong"}):
        response = program.client.post("/api/staff/session", json={**sent, **wrong})
        assert response.status_code == 401
        assert program.client.get("/api/staff/session").status_code == 401
    response = program.client.post("/api/staff/session", json=sent)
    assert response.status_code == 200
    assert response.json() == program.client.get("/api/staff/session").json()
    assert (response.json()["name"], response.json()["role"]) == ("qian", "editor")
    assert program.call("DELETE", "/api/staff/session").json() == {"ok": True}
    assert program.client.get("/api/staff/session").status_code == 401


def test_signing_in_takes_nothing_that_a_form_of_another_site_could_send(site: Site) -> None:
    body = '{"name": "a", "password": "b", "code": "c"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = browser(site).client.post(
            "/api/staff/session", content=body, headers={"Content-Type": kind}
        )
        assert response.status_code == 422


def test_a_program_can_do_to_accounts_what_a_page_can(site: Site) -> None:
    person = signed_in(site, Role.ADMINISTRATOR)
    made = person.call("POST", "/api/staff/accounts", {"name": "sun", "role": "reader"})
    assert made.json()["link"].startswith("http://testserver/staff/invitations/")
    accounts = person.call("GET", "/api/staff/accounts").json()["accounts"]
    [account] = [a for a in accounts if a["name"] == "sun"]
    assert (account["role"], account["joined"], account["second_factor"]) == (
        "reader",
        False,
        False,
    )
    one = f"/api/staff/accounts/{account['id']}"
    assert person.call("PUT", f"{one}/role", {"role": "editor"}).json() == {"ok": True}
    assert person.call("PUT", f"{one}/active", {"active": False}).json() == {"ok": True}
    assert person.call("POST", f"{one}/invitation").status_code == 200
    assert (
        person.call("PUT", "/api/staff/accounts/none/role", {"role": "editor"}).status_code == 404
    )
    entries = person.call("GET", "/api/staff/audit").json()["entries"]
    assert [e["action"] for e in entries[:3]] == [
        "account_invited",
        "account_closed",
        "role_changed",
    ]
    assert (entries[2]["before"], entries[2]["after"]) == ({"role": "reader"}, {"role": "editor"})
    older = person.call("GET", f"/api/staff/audit?before={entries[2]['number']}").json()["entries"]
    assert older[0]["action"] == "account_created"


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "x" * 1000])
def test_odd_text_is_an_invalid_request(site: Site, text: str) -> None:
    for field in ("name", "password", "code"):
        body = json.dumps({"name": "a", "password": "b", "code": "c", field: text})
        response = browser(site).client.post(
            "/api/staff/session", content=body, headers={"Content-Type": "application/json"}
        )
        assert response.status_code in (401, 422), field
