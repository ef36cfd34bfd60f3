"""Names and passwords: which are let in, and how long a guesser has to wait."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from qa.ui.auth import AuthError, Passwords, Verdict, read_accounts

IN = Verdict(True)
OUT = Verdict(False)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passwords(clock: Clock) -> Passwords:
    return Passwords({"anna": "correct:horse", "bo": "ünïcode"}, clock=clock)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_the_right_password_lets_in(passwords: Passwords) -> None:
    assert passwords.judge(basic("anna", "correct:horse"), "192.0.2.1") == IN
    assert passwords.judge(basic("bo", "ünïcode"), "192.0.2.1") == IN
    assert passwords.judge(basic("bo", "correct:horse"), "192.0.2.1") == OUT
    assert passwords.judge(basic("nobody", ""), "192.0.2.1") == OUT


@pytest.mark.parametrize(
    "header", [None, "", "Basic", "Basic !!!", "Basic YW5uYQ==", "Bearer YW5uYTp4", "Basic /w=="]
)
def test_without_a_name_and_a_password_nobody_is_let_in_and_nothing_counts(
    passwords: Passwords, header: str | None
) -> None:
    for _ in range(10):
        assert passwords.judge(header, "192.0.2.1") == OUT


def test_after_five_different_guesses_name_and_address_wait_and_longer_each_time(
    passwords: Passwords, clock: Clock
) -> None:
    for seconds in (60.0, 120.0, 240.0):
        for guess in range(4):
            assert passwords.judge(basic("anna", f"{clock.now}{guess}"), "192.0.2.1") == OUT
        assert passwords.judge(basic("anna", "last"), "192.0.2.1") == Verdict(False, seconds)
        right = basic("anna", "correct:horse")
        assert passwords.judge(right, "192.0.2.1") == Verdict(False, seconds)
        assert passwords.judge(right, "192.0.2.2") == Verdict(False, seconds)  # the name waits
        assert passwords.judge(basic("bo", "ünïcode"), "192.0.2.1").wait_seconds == seconds
        assert passwords.judge(None, "192.0.2.1") == Verdict(False, seconds)
        clock.now += seconds - 1
        assert passwords.judge(right, "192.0.2.1") == Verdict(False, 1.0)
        clock.now += 1
    assert passwords.judge(right, "192.0.2.1") == IN


def test_a_browser_that_repeats_one_wrong_password_is_not_locked_out(passwords: Passwords) -> None:
    for _ in range(20):
        assert passwords.judge(basic("anna", "stale"), "192.0.2.1") == OUT
    assert passwords.judge(basic("anna", "correct:horse"), "192.0.2.1") == IN


def test_a_stranger_cannot_lock_out_who_has_been_here(passwords: Passwords) -> None:
    right = basic("anna", "correct:horse")
    assert passwords.judge(right, "192.0.2.1") == IN
    for guess in range(5):
        passwords.judge(basic("anna", str(guess)), f"198.51.100.{guess}")
    assert passwords.judge(right, "198.51.100.9") == Verdict(False, 60.0)
    assert passwords.judge(right, "192.0.2.1") == IN


def test_of_ipv6_the_household_waits(passwords: Passwords) -> None:
    for guess in range(5):
        passwords.judge(basic("anna", str(guess)), f"2001:db8::{guess}")
    assert passwords.judge(None, "2001:db8::ffff").wait_seconds == 60.0
    assert passwords.judge(None, "2001:db8:0:1::1") == OUT
    for guess in range(5):
        passwords.judge(basic("bo", str(guess)), "::ffff:192.0.2.7")
    assert passwords.judge(None, "192.0.2.7").wait_seconds == 60.0


def test_a_file_of_passwords_is_read(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text("# of the office\n\nanna:correct:horse\nbo: spaced \n", "utf-8")
    file.chmod(0o600)
    assert read_accounts((), file) == {"anna": "correct:horse", "bo": " spaced "}
    assert read_accounts(["cy:x"], file)["cy"] == "x"
    file.chmod(0o640)
    with pytest.raises(AuthError, match=r"read by others on this machine \(mode 640\).*chmod 600"):
        read_accounts((), file)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["anna"], "--auth: expected USER:PASSWORD"),
        (["anna:"], "neither may be empty"),
        ([":x"], "neither may be empty"),
        (["anna:x", "anna:y"], "'anna' has a password already"),
    ],
)
def test_what_is_no_account_is_an_error(given: list[str], message: str) -> None:
    with pytest.raises(AuthError, match=message):
        read_accounts(given, None)


def test_a_file_without_a_password_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    with pytest.raises(AuthError, match="No such file"):
        read_accounts((), file)
    file.write_text("# none yet\n")
    file.chmod(0o600)
    with pytest.raises(AuthError, match="There is no password in"):
        read_accounts((), file)
