"""Cases 6 to 12: encrypted messages, against an independent implementation."""

from __future__ import annotations

import base64
import secrets

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from assistant.channels.wechat.crypto import MessageCipher, read_key
from assistant.channels.wechat.messages import read_fields
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.channels.wechat.simulate import text_message
from assistant.errors import CallbackError
from tests.channels.wechat.support import (
    ACCOUNT,
    AES_KEY,
    ALLOWANCE,
    ALLOWANCE_ANSWER,
    APP_ID,
    BUS,
    BUS_ANSWER,
    OLD_KEY,
    TOKEN,
    Running,
    both,
    content,
    new_key,
    numbers,
    peer,
    sealed,
)


def message(person: str, text: str, site: Running, account: str = ACCOUNT) -> str:
    """A text."""
    return text_message(account, person, text, next(numbers), site.clock.now())


def opened(reply: str, key: str = AES_KEY) -> str:
    """The text of an encrypted reply, as the independent implementation reads it."""
    fields, _ = read_fields(reply)
    given = fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
    plain = peer(key).decrypt_message(reply, *given)
    return content(plain if isinstance(plain, str) else plain.decode())


@pytest.mark.parametrize("pad", range(1, 33))
def test_case_06_both_implementations_agree_at_every_length_of_padding(pad: int) -> None:
    key, identity = new_key(), APP_ID
    ours = MessageCipher(read_key(key), identity)
    text = "水" * 3 + "a" * ((-pad - 20 - 9 - len(identity)) % 32)
    assert (20 + len(text.encode()) + len(identity)) % 32 == (32 - pad) % 32
    timestamp, nonce = "1800000000", "5"
    theirs = peer(key).encrypt_message(text, nonce, timestamp)
    assert ours.decrypt(read_fields(theirs)[0]["Encrypt"]) == text
    encrypted = ours.encrypt(text)
    signature = sign(TOKEN, timestamp, nonce, encrypted)
    wrapped = {"Encrypt": encrypted}
    found = peer(key).decrypt_message(wrapped, signature, timestamp, nonce)
    assert (found if isinstance(found, str) else found.decode()) == text


def test_case_06_a_sealed_question_gets_a_sealed_answer(safe: Running) -> None:
    text = message("person-06", ALLOWANCE, safe)
    query, body = sealed(safe.clock, text, peer(), encrypt_type="aes")
    response = safe.post(body, safe.query() | query | both(query))
    assert response.status_code == 200
    assert ALLOWANCE_ANSWER in opened(response.text)


def post(site: Running, text: str, key: str = AES_KEY, identity: str = APP_ID) -> tuple[int, str]:
    """Status and body of the reply to an encrypted message."""
    query, body = sealed(site.clock, text, peer(key, identity), encrypt_type="aes")
    response = site.post(body, query | both(query))
    return response.status_code, response.text


@pytest.mark.parametrize("signature", ["", "0" * 40, "é"])
def test_case_07_a_bad_message_signature_is_refused(safe: Running, signature: str) -> None:
    query, body = sealed(safe.clock, message("p", BUS, safe), peer(), encrypt_type="aes")
    query = query | both(query) | {"msg_signature": signature}
    assert safe.post(body, query).status_code == 403
    assert safe.service.asked == []


@pytest.mark.parametrize("kind", [None, "", "raw"])
def test_case_08_a_plain_message_is_refused_in_safe_mode(safe: Running, kind: str | None) -> None:
    more = {} if kind is None else {"encrypt_type": kind}
    response = safe.post(message("p", BUS, safe), safe.query(**more))
    assert response.status_code == 403
    assert safe.service.asked == []


def test_case_08_a_sealed_message_without_a_key_is_refused(plain: Running) -> None:
    status, _ = post(plain, message("p", BUS, plain))
    assert status == 403


def test_case_09_in_compatible_mode_the_sealed_text_wins(safe: Running) -> None:
    query, body = sealed(safe.clock, message("p-09", BUS, safe), peer(), encrypt_type="aes")
    outside = message("someone-else", ALLOWANCE, safe)
    mixed = outside.replace("</xml>", body.split("<xml>", 1)[1])
    response = safe.post(mixed, query | both(query))
    assert BUS_ANSWER in opened(response.text)
    assert safe.service.asked == [BUS]


def test_case_10_another_app_inside_is_refused(safe: Running) -> None:
    assert post(safe, message("p", BUS, safe), identity="wxother")[0] == 403
    assert safe.service.asked == []


@pytest.mark.parametrize("account", ["gh_other", ""])
def test_case_10_a_message_to_another_account_is_dropped(safe: Running, account: str) -> None:
    assert post(safe, message("p", BUS, safe, account)) == (200, "success")
    assert safe.service.asked == []


def raw_cipher(plain: bytes) -> str:
    """Anything at all, encrypted with the right key."""
    key = read_key(AES_KEY)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def padded(size: int, text: bytes, pad: int | None = None) -> bytes:
    """A plain text with a told size, whose padding may be a lie."""
    head = secrets.token_bytes(16) + size.to_bytes(4, "big") + text
    right = 32 - len(head) % 32
    return head + bytes([right if pad is None else pad]) * right


DAMAGED = {
    "no base64": "%%%%",
    "no ASCII": "水",
    "empty": "",
    "short": base64.b64encode(b"x" * 16).decode(),
    "unaligned": base64.b64encode(b"x" * 45).decode(),
    "noise": base64.b64encode(b"x" * 64).decode(),
    "pad 0": raw_cipher(b"a" * 63 + b"\0"),
    "pad 33": raw_cipher(b"a" * 63 + b"\x21"),
    "pad uneven": raw_cipher(b"a" * 62 + b"\x01\x02"),
    "only padding": raw_cipher(b"\x20" * 32),
    "beyond the buffer": raw_cipher(padded(2**32 - 1, b"<xml/>" + APP_ID.encode())),
    "one too long": raw_cipher(padded(7, b"<xml/>" + APP_ID.encode())),
    "no UTF-8": raw_cipher(padded(2, b"\xff\xfe" + APP_ID.encode())),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_case_11_a_damaged_cipher_text_is_refused(safe: Running, name: str) -> None:
    timestamp, nonce = str(int(safe.clock.now())), new_nonce()
    query = {
        "timestamp": timestamp, "nonce": nonce, "encrypt_type": "aes",
        "msg_signature": sign(TOKEN, timestamp, nonce, DAMAGED[name]),
    }  # fmt: skip
    body = f"<xml><Encrypt>{DAMAGED[name]}</Encrypt></xml>"
    response = safe.post(body, query | both(query))
    # Without any cipher text there is no message to be refused.
    assert response.status_code == (400 if name == "empty" else 403)
    with pytest.raises(CallbackError):
        MessageCipher(read_key(AES_KEY), APP_ID).decrypt(DAMAGED[name])


def test_case_12_the_key_before_is_accepted_and_replied_under(safe: Running) -> None:
    status, reply = post(safe, message("p-12", BUS, safe), key=OLD_KEY)
    assert status == 200
    assert BUS_ANSWER in opened(reply, OLD_KEY)
    with pytest.raises(Exception):  # noqa: B017, PT011 - the peer raises whatever it meets
        opened(reply, AES_KEY)
