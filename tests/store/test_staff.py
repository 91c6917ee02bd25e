"""Staff's accounts, sessions, second factor, lock-out and the audit log, by a clock of our own."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from assistant.errors import LockedOutError, NotFoundError, SignInError, StaffError
from assistant.store.attempts import LOCKED, OF_A_NAME, OF_AN_ADDRESS
from assistant.store.audit import AuditLog
from assistant.store.database import open_database
from assistant.store.passwords import Passwords
from assistant.store.secret import Secret, kept_key
from assistant.store.sessions import HALF, IDLE, LONGEST, Session, SessionStore
from assistant.store.staff import INVITED, StaffStore
from assistant.store.tables import audit, staff_failures, staff_recovery_codes, staff_sessions
from assistant.types import Role

PASSWORD = "correct horse battery"  # noqa: S105 - opens nothing
ADDRESS = "192.0.2.1"


@dataclass
class Office:
    """The stores over one database."""

    engine: Engine
    staff: StaffStore
    sessions: SessionStore
    audit: AuditLog
    now: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time

    def join(self, name: str, role: Role = Role.READER) -> str:
        """An account with a password; its id."""
        self.staff.accept(self.staff.create(name, role, "test"), PASSWORD)
        return self.account_id(name)

    def account_id(self, name: str) -> str:
        """The id of an account."""
        return next(a.id for a in self.staff.accounts() if a.name == name)

    def half(self, name: str) -> Session:
        """A session with the password alone."""
        return self.session(self.sessions.begin(name, PASSWORD, ADDRESS))

    def session(self, token: str) -> Session:
        """The session of a token."""
        found = self.sessions.find(token)
        assert found is not None
        return found

    def enrol(self, name: str) -> tuple[Session, str, list[str]]:
        """A verified session, the secret of the second factor and the recovery codes."""
        half = self.half(name)
        secret = self.sessions.enrolment(half, "test").secret
        token, codes = self.sessions.enrol(half, self.code(secret), ADDRESS)
        return self.session(token), secret, codes

    def code(self, secret: str) -> str:
        """What an authenticator shows now."""
        return pyotp.TOTP(secret).at(self.now)

    def actions(self) -> list[str]:
        """What was done, oldest first."""
        return [entry.action for entry in reversed(self.audit.entries(1000))]

    def count(self, table: object) -> int:
        """How many rows a table has."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[call-overload]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A new database, with passwords that are quick to check."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    given = (engine, Secret(b"k" * 32), Passwords(1, 8), lambda: office.now)
    office = Office(engine, StaffStore(*given), SessionStore(*given), AuditLog(engine))
    return office


# --- accounts and invitations


def test_an_account_begins_with_an_invitation_that_is_good_once(office: Office) -> None:
    token = office.staff.create("张三", Role.EDITOR, "admin")
    assert office.staff.invited(token).name == "张三"
    with pytest.raises(SignInError):
        office.sessions.begin("张三", "", ADDRESS)
    office.staff.accept(token, PASSWORD)
    assert office.half("张三").role is Role.EDITOR
    for again in (token, "", "none"):
        with pytest.raises(NotFoundError):
            office.staff.accept(again, PASSWORD)


def test_an_invitation_runs_out(office: Office) -> None:
    token = office.staff.create("张三", Role.EDITOR, "admin")
    office.wait(INVITED)
    with pytest.raises(NotFoundError):
        office.staff.accept(token, PASSWORD)


def test_an_account_without_an_invitation_cannot_be_taken_by_an_empty_one(office: Office) -> None:
    office.join("张三")
    with pytest.raises(NotFoundError):
        office.staff.invited("")


@pytest.mark.parametrize("name", ["", "a", "a b", "<b>", "a\nb", "x" * 33, "-ab", "../x"])
def test_a_name_that_could_deceive_is_refused(office: Office, name: str) -> None:
    with pytest.raises(StaffError) as error:
        office.staff.create(name, Role.READER, "admin")
    assert error.value.key == "error_account_name"


@pytest.mark.parametrize("name", ["server", "SERVER", " ｓｅｒｖｅｒ ", "服务器命令"])
def test_nobody_is_called_what_the_log_calls_a_command(office: Office, name: str) -> None:
    with pytest.raises(StaffError) as error:
        office.staff.create(name, Role.READER, "admin")
    assert error.value.key == "error_account_reserved"
    assert office.staff.accounts() == []


def test_a_name_is_taken_in_all_its_ways_of_writing(office: Office) -> None:
    office.join("zhang")
    with pytest.raises(StaffError) as error:
        office.staff.create(" Ｚhang ", Role.READER, "admin")
    assert error.value.key == "error_account_exists"
    assert office.half("ZHANG").name == "zhang"


WEAK = """
abcabcabcabcabc zhang-123456 x7Kq-mP2x7Kq-mP2 Wx3!Wx3!Wx3!Bd
123456789012 210987654321 １２３４５６７８９０１２ abcdefghijkl ZYXWVUTSRQPO abcdef-123456
qwertyuiop12 poiuytrewq!! asdfghjkl123 1qaz2wsx3edc !QAZ2wsx#EDC
Password1234 P@ssw0rd2024 Admin@123456 woaini5201314 Qilong@12345
"""


@pytest.mark.parametrize("weak", ["", "short", "a" * 20, "x" * 129, "ﷺ" * 20, *WEAK.split()])
def test_a_password_that_is_easy_to_guess_is_refused(office: Office, weak: str) -> None:
    token = office.staff.create("zhang", Role.READER, "admin")
    with pytest.raises(StaffError) as error:
        office.staff.accept(token, weak)
    assert error.value.key == "error_password_weak"
    office.staff.accept(token, PASSWORD)


@pytest.mark.parametrize(
    "good",
    [
        *(PASSWORD, "another long sentence", "xk7$pq9!vtmz", "白沙渡口的船下午三点半才开走"),
        *("qwerty-Baisha-7391", "123456 boats on the river", "hello from the river bank"),
    ],
)
def test_a_row_or_a_common_word_in_a_long_password_does_no_harm(good: str) -> None:
    passwords = Passwords(1, 8)
    assert passwords.matches(passwords.keep(good, "zhang"), good)


def test_a_new_invitation_ends_password_second_factor_codes_and_sessions(office: Office) -> None:
    account = office.join("zhang")
    office.enrol("zhang")
    token = office.staff.invite(account, "admin")
    assert office.count(staff_sessions) == office.count(staff_recovery_codes) == 0
    with pytest.raises(SignInError):
        office.sessions.begin("zhang", PASSWORD, ADDRESS)
    office.staff.accept(token, PASSWORD)
    assert not office.half("zhang").second_factor


def test_there_is_always_an_administrator(office: Office) -> None:
    first = office.join("first", Role.ADMINISTRATOR)
    for change in (
        lambda: office.staff.set_role(first, Role.PUBLISHER, "first"),
        lambda: office.staff.set_active(first, False, "first"),
    ):
        with pytest.raises(StaffError) as error:
            change()
        assert error.value.key == "error_last_administrator"
    office.join("second", Role.ADMINISTRATOR)
    office.staff.set_role(first, Role.READER, "second")
    with pytest.raises(StaffError):
        office.staff.set_active(office.account_id("second"), False, "second")
    assert "account_closed" not in office.actions()


def test_a_changed_role_and_a_closed_account_end_its_sessions(office: Office) -> None:
    office.join("admin", Role.ADMINISTRATOR)
    account = office.join("zhang")
    token = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    office.staff.set_role(account, Role.EDITOR, "admin")
    assert office.sessions.find(token) is None
    assert office.half("zhang").role is Role.EDITOR
    token = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    done = office.actions()
    office.staff.set_role(account, Role.EDITOR, "admin")
    office.staff.set_active(account, True, "admin")
    assert office.sessions.find(token), "nothing has changed"
    assert office.actions() == done
    office.staff.set_active(account, False, "admin")
    with pytest.raises(SignInError):
        office.sessions.begin("zhang", PASSWORD, ADDRESS)
    office.staff.set_active(account, True, "admin")
    assert office.half("zhang")


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.set_role("none", Role.READER, "admin"),
        lambda s: s.set_active("none", True, "admin"),
        lambda s: s.invite("none", "admin"),
    ],
)
def test_an_unknown_account_is_not_found(
    office: Office, change: Callable[[StaffStore], None]
) -> None:
    with pytest.raises(NotFoundError):
        change(office.staff)


# --- sessions


def test_a_copy_of_the_database_is_no_way_in(office: Office, tmp_path: Path) -> None:
    invitation = office.staff.create("zhang", Role.READER, "admin")
    office.staff.accept(invitation, PASSWORD)
    token = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    _, _, codes = office.enrol("zhang")
    office.engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    for told in (PASSWORD, token, invitation, codes[0], codes[0].replace("-", ""), ADDRESS):
        assert told.encode() not in kept


def test_what_was_wrong_is_not_told(office: Office) -> None:
    office.join("zhang")
    for name, password in (("zhang", "wrong"), ("nobody", PASSWORD), ("", "")):
        with pytest.raises(SignInError) as error:
            office.sessions.begin(name, password, ADDRESS)
        assert error.value.key == "error_sign_in"


def test_a_name_that_is_not_there_costs_as_many_checks_of_a_password(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.join("zhang")
    checks: list[bool] = []
    verify = Passwords.matches

    def counted(self: Passwords, kept: str, password: str) -> bool:
        checks.append(bool(kept))
        return verify(self, kept, password)

    monkeypatch.setattr(Passwords, "matches", counted)
    for name in ("zhang", "nobody"):
        with pytest.raises(SignInError):
            office.sessions.begin(name, "wrong", ADDRESS)
    assert checks == [True, False]


def test_a_session_ends_unused_at_its_longest_and_half_of_one_soon(office: Office) -> None:
    office.join("zhang")
    half = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    office.wait(HALF + timedelta(seconds=1))
    assert office.sessions.find(half) is None
    half_session = office.half("zhang")
    secret = office.sessions.enrolment(half_session, "test").secret
    token, codes = office.sessions.enrol(half_session, office.code(secret), ADDRESS)
    for _ in range(int(LONGEST / IDLE)):
        assert office.sessions.find(token)
        office.wait(IDLE - timedelta(minutes=1))
    assert office.sessions.find(token)
    office.wait(timedelta(minutes=13))
    assert office.sessions.find(token) is None
    token = office.sessions.verify(office.half("zhang"), codes[0], ADDRESS)
    office.wait(IDLE + timedelta(seconds=1))
    assert office.sessions.find(token) is None


def test_signing_out_everywhere_ends_every_session_and_nobody_elses(office: Office) -> None:
    office.join("zhang")
    office.join("li")
    tokens = [office.sessions.begin("zhang", PASSWORD, ADDRESS) for _ in range(3)]
    other = office.sessions.begin("li", PASSWORD, ADDRESS)
    office.sessions.end_all(office.session(tokens[0]))
    assert [office.sessions.find(token) for token in tokens] == [None] * 3
    assert office.sessions.find(other)


def test_a_changed_password_ends_all_sessions_but_this(office: Office) -> None:
    office.join("zhang")
    other = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    token = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    session = office.session(token)
    new = "another long sentence"
    for old, wanted in (("wrong", new), (PASSWORD, "short")):
        with pytest.raises(StaffError):
            office.sessions.change_password(session, old, wanted, ADDRESS)
    office.sessions.change_password(session, PASSWORD, new, ADDRESS)
    assert office.sessions.find(other) is None
    assert office.sessions.find(token)
    with pytest.raises(SignInError):
        office.half("zhang")
    assert office.sessions.begin("zhang", new, ADDRESS)


# --- the second factor


def test_a_session_is_verified_with_a_code_and_the_old_token_ends(office: Office) -> None:
    office.join("zhang")
    _, secret, _ = office.enrol("zhang")
    office.wait(timedelta(seconds=30))
    half = office.sessions.begin("zhang", PASSWORD, ADDRESS)
    assert not office.session(half).verified
    whole = office.sessions.verify(office.session(half), office.code(secret), ADDRESS)
    assert office.session(whole).verified
    assert office.sessions.find(half) is None


def test_a_code_is_good_once_and_not_for_long(office: Office) -> None:
    office.join("zhang")
    _, secret, _ = office.enrol("zhang")
    used = office.code(secret)
    office.wait(timedelta(seconds=60))
    code = office.code(secret)
    half = office.half("zhang")
    office.sessions.verify(half, code, ADDRESS)
    for wrong in (used, code, "", "000000x", "abc"):
        office.wait(LOCKED)
        with pytest.raises(SignInError):
            office.sessions.verify(office.half("zhang"), wrong, ADDRESS)


def test_a_recovery_code_is_good_once_however_it_is_written(office: Office) -> None:
    office.join("zhang")
    _, _, codes = office.enrol("zhang")
    assert len(set(codes)) == 8
    office.sessions.verify(office.half("zhang"), f" {codes[0].lower()} ", ADDRESS)
    with pytest.raises(SignInError):
        office.sessions.verify(office.half("zhang"), codes[0], ADDRESS)
    session = office.session(
        office.sessions.verify(office.half("zhang"), codes[1].replace("-", ""), ADDRESS)
    )
    renewed = office.sessions.renew_recovery_codes(session)
    with pytest.raises(SignInError):
        office.sessions.verify(office.half("zhang"), codes[2], ADDRESS)
    office.sessions.verify(office.half("zhang"), renewed[0], ADDRESS)


def test_who_has_only_the_password_cannot_set_up_another_second_factor(office: Office) -> None:
    office.join("zhang")
    office.enrol("zhang")
    office.wait(timedelta(minutes=1))
    half = office.half("zhang")
    secret = office.sessions.enrolment(half, "test").secret
    with pytest.raises(SignInError):
        office.sessions.enrol(half, office.code(secret), ADDRESS)


def test_a_second_factor_is_the_same_while_it_is_set_up_and_its_link_is_read_by_others(
    office: Office,
) -> None:
    office.join("张三")
    half = office.half("张三")
    with pytest.raises(SignInError):
        office.sessions.enrol(half, "", ADDRESS)
    first, again = (office.sessions.enrolment(half, "助手") for _ in range(2))
    assert first == again
    read = pyotp.parse_uri(first.link)
    assert (read.secret, read.name, read.issuer) == (first.secret, "张三", "助手")


# --- lock-out


def test_a_name_is_locked_out_after_failures_whether_or_not_it_is_there(office: Office) -> None:
    office.join("zhang")
    for name in ("zhang", "nobody"):
        for at in range(OF_A_NAME):
            with pytest.raises(SignInError):
                office.sessions.begin(name, "wrong", f"198.51.100.{at}")
        with pytest.raises(LockedOutError) as error:
            office.sessions.begin(name, PASSWORD, ADDRESS)
        assert error.value.seconds == LOCKED.total_seconds()
    office.wait(LOCKED)
    assert office.half("zhang")


def test_the_password_alone_does_not_undo_failures_of_the_second_factor(office: Office) -> None:
    office.join("zhang")
    office.enrol("zhang")
    for _ in range(OF_A_NAME // 2):
        half = office.half("zhang")
        with pytest.raises(SignInError):
            office.sessions.verify(half, "000000", ADDRESS)
    with pytest.raises(LockedOutError):
        office.half("zhang")


def test_an_address_is_locked_out_and_locks_out_no_more_names(office: Office) -> None:
    office.join("zhang")
    for at in range(OF_AN_ADDRESS):
        with pytest.raises(SignInError):
            office.sessions.begin(f"name{at}", "wrong", ADDRESS)
    for _ in range(OF_A_NAME + 1):
        with pytest.raises(LockedOutError):
            office.sessions.begin("zhang", "wrong", ADDRESS)
    assert office.sessions.begin("zhang", PASSWORD, "203.0.113.9")


def test_an_office_that_signs_in_all_day_is_not_locked_out(office: Office) -> None:
    office.join("zhang")
    _, secret, _ = office.enrol("zhang")
    for _ in range(OF_AN_ADDRESS + 1):
        office.wait(timedelta(minutes=1))
        assert office.sessions.verify(office.half("zhang"), office.code(secret), ADDRESS)


def test_attempts_at_the_same_moment_are_all_counted(office: Office) -> None:
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            office.sessions.begin("nobody", "wrong", ADDRESS)
        except (SignInError, LockedOutError) as error:
            outcomes.append(error.key)

    threads = [threading.Thread(target=attempt) for _ in range(OF_A_NAME + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["error_locked_out"] * 4 + ["error_sign_in"] * OF_A_NAME


def test_failures_are_not_kept_for_long(office: Office) -> None:
    with pytest.raises(SignInError):
        office.sessions.begin("nobody", "wrong", "192.0.2.7")
    office.wait(LOCKED)
    office.join("zhang")
    office.half("zhang")
    with office.engine.connect() as connection:
        assert len(connection.execute(select(staff_failures)).all()) == 2  # zhang and his address


# --- the audit log


def test_every_change_is_in_the_log_with_who_did_it_and_what_was_before(office: Office) -> None:
    office.join("admin", Role.ADMINISTRATOR)
    account = office.join("zhang")
    office.staff.set_role(account, Role.EDITOR, "admin")
    session, _, _ = office.enrol("zhang")
    office.sessions.renew_recovery_codes(session)
    office.sessions.change_password(session, PASSWORD, "another long sentence", ADDRESS)
    office.sessions.end_all(session)
    office.staff.set_active(account, False, "admin")
    office.staff.invite(account, "admin")
    assert office.actions()[2:] == [
        "account_created", "password_set", "role_changed", "second_factor_set",
        "recovery_codes_renewed", "password_changed", "signed_out_everywhere", "account_closed",
        "account_invited",
    ]  # fmt: skip
    entry = next(e for e in office.audit.entries(100) if e.action == "role_changed")
    assert (entry.actor, entry.target) == ("admin", "zhang")
    assert (entry.before, entry.after) == ({"role": "reader"}, {"role": "editor"})
    changed = {e.action: (e.before, e.after) for e in office.audit.entries(100)}
    assert changed["account_closed"] == ({"active": True}, {"active": False})
    assert changed["recovery_codes_renewed"] == ({"recovery_codes": 8}, {"recovery_codes": 8})
    assert changed["second_factor_set"] == ({"second_factor": False}, {"second_factor": True})
    assert changed["password_set"] == ({"password": False}, {"password": True})
    assert changed["account_invited"] == (
        {"password": True, "second_factor": True},
        {"password": False, "second_factor": False},
    )
    assert changed["password_changed"] == ({}, {}), "secrets are not told"
    assert [e.number for e in office.audit.entries(2, before=5)] == [4, 3]


def test_what_was_refused_is_not_in_the_log(office: Office) -> None:
    office.join("zhang")
    before = office.actions()
    with pytest.raises(StaffError):
        office.staff.create("zhang", Role.READER, "admin")
    with pytest.raises(SignInError):
        office.sessions.verify(office.half("zhang"), "000000", ADDRESS)
    assert office.actions() == before


@pytest.mark.parametrize(
    "change",
    [
        update(audit).values(actor="nobody"),
        delete(audit),
        insert(audit).prefix_with("OR REPLACE").values(
            number=1, at=datetime.now(UTC), actor="x", action="x", target="x", before={}, after={}
        ),
    ],
    ids=["update", "delete", "replace"],
)  # fmt: skip
def test_the_database_refuses_to_change_the_log(office: Office, change: object) -> None:
    office.join("zhang")
    before = office.audit.entries(10)
    with (
        pytest.raises((IntegrityError, DatabaseError), match="only grows"),
        office.engine.begin() as c,
    ):
        c.execute(change)  # type: ignore[call-overload]
    assert office.audit.entries(10) == before


# --- the secret


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: made.append(kept_key(folder, "session.key")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32


def test_a_signature_is_of_use_for_one_purpose_and_hides_the_key() -> None:
    secret = Secret(b"k" * 32)
    signed = secret.sign("form", "text")
    assert secret.is_signature("form", "text", signed)
    assert not secret.is_signature("cookie", "text", signed)
    assert not secret.is_signature("form", "text", "无")
    assert "kk" not in repr(secret)


def test_passwords_are_kept_by_argon2id_with_the_memory_that_is_recommended() -> None:
    assert "$argon2id$v=19$m=65536,t=3,p=1$" in Passwords().keep(PASSWORD, "zhang")
