"""What only a mail server does: it answers at every step, on a line that has to be protected."""

import dataclasses
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from emails.errors import HookRefused, HookUnreadable
from emails.message import Attachment
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.hooks import Hook
from emails.providers.registry import VENDORS
from emails.providers.smtp import MESSAGES_A_LINE, SmtpOptions, SmtpProvider
from tests.players.faults import Fault, Kind
from tests.players.played import SHORT_SECONDS
from tests.players.smtp import PASSWORD, PLAYED, USERNAME, Rules, SmtpPlayer, make_smtp
from tests.support.messages import message, messages
from tests.support.vendors import on_stage

KEY = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
LOGIN = {"username": USERNAME, "password": PASSWORD}
NAME = "mail.practice.example"


def outcome_of(rules: Rules, **options: Any) -> Outcome:
    with make_smtp(rules) as player:
        provider = PLAYED.provider(player.url, **options)
        [outcome] = provider.send(messages(1), KEY)
        provider.close()
        return outcome


@pytest.mark.parametrize(
    ("verb", "answer", "expected"),
    [
        ("MAIL", "550 5.7.1 not yours", AccountPaused),
        ("MAIL", "552 5.3.4 too big", Rejected),
        ("MAIL", "421 4.3.2 closing", TryLater),
        ("MAIL", "451 4.3.0 later", TryLater),
        ("RCPT", "550 5.1.1 no such user", Rejected),
        ("RCPT", "550 5.2.1 mailbox suspended", Rejected),
        ("RCPT", "550 5.1.1 <sender@example.com>: unknown", Rejected),
        ("RCPT", "551 moved", Rejected),
        ("RCPT", "553 5.1.3 bad syntax", Rejected),
        ("RCPT", "550 5.7.1 no, thank you", Rejected),
        ("RCPT", "553 5.7.1 <a@b.example>: Sender address rejected: not logged in", AccountPaused),
        ("RCPT", "554 5.7.1 <a@b.example>: Relay access denied", AccountPaused),
        ("RCPT", "530 5.7.0 Authentication required", AccountPaused),
        ("RCPT", "450 4.2.0 greylisted", TryLater),
        ("RCPT", "452 4.2.2 full", TryLater),
        ("DATA", "550 5.7.1 looks like spam", Rejected),
        ("DATA", "552 5.3.4 too big", Rejected),
        ("DATA", "554 5.6.0 broken", Rejected),
        ("DATA", "550 5.7.60 no permission to send as this one", AccountPaused),
        ("DATA", "554 Message rejected: Email address is not verified.", AccountPaused),
        ("DATA", "550 5.4.5 Daily sending limit exceeded", AccountPaused),
        ("DATA", "454 Throttling failure: Daily message quota exceeded", AccountPaused),
        ("DATA", "451 4.3.0 disk full", TryLater),
        ("DATA", "421 4.4.2 timeout", TryLater),
        ("DATA", "354 go on", Unknown),
    ],
)
def test_each_answer_means_what_to_do_next(verb: str, answer: str, expected: type[Outcome]) -> None:
    outcome = outcome_of(Rules(answers={verb: answer}))
    assert type(outcome) is expected
    assert not isinstance(outcome, Accepted)
    assert isinstance(outcome, Unknown) or outcome.reason == answer


@pytest.mark.parametrize(
    ("answer", "too_fast"),
    [
        ("421 4.7.0 slow down", True),
        ("454 4.7.0 Throttling failure: Maximum sending rate exceeded", True),
        ("421 4.3.2 closing", False),
        ("450 4.7.1 greylisted", False),
    ],
)
def test_too_fast_is_told_from_busy(answer: str, too_fast: bool) -> None:
    outcome = outcome_of(Rules(answers={"DATA": answer}))
    assert isinstance(outcome, TryLater)
    assert outcome.too_fast == too_fast


def test_a_quota_pauses_longer_than_a_wrong_login() -> None:
    quota = outcome_of(Rules(answers={"DATA": "550 5.4.5 Daily sending limit exceeded"}))
    login = outcome_of(Rules(), password="somebody-elses")
    assert isinstance(quota, AccountPaused)
    assert isinstance(login, AccountPaused)
    assert quota.after > login.after


def test_a_line_that_breaks_before_the_letters_end_has_certainly_taken_nothing() -> None:
    with on_stage(PLAYED) as stage:
        stage.player.faults.append(Fault(Kind.RESET))
        [outcome] = stage.provider.send(messages(1), KEY)
        assert isinstance(outcome, TryLater)
        assert stage.arrived == []
        assert isinstance(stage.provider.send(messages(1), KEY)[0], Accepted)


def test_a_letter_larger_than_the_server_takes_is_rejected_before_it_travels() -> None:
    with on_stage(PLAYED) as stage:
        large = Attachment("plan.bin", "application/octet-stream", b"x" * 2**20)
        [outcome] = stage.provider.send([message("ana@example.com", large)], KEY)
        assert isinstance(outcome, Rejected)
        assert stage.player.calls == []


@pytest.mark.parametrize(
    "change",
    [
        {"to": "jörg@example.com"},
        {"to": "a@x.example\r\nDATA"},
        {"subject": "x\r\nBcc: e@x.example"},
    ],
    ids=str,
)
def test_what_no_mail_server_could_be_told_is_rejected_and_the_line_is_kept(
    change: dict[str, Any],
) -> None:
    with make_smtp() as player:
        provider = PLAYED.provider(player.url)
        told = [message(), dataclasses.replace(message(), **change), message()]
        outcomes = [provider.send([each], KEY)[0] for each in told]
        provider.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    assert (player.logins, len(player.journal.entries)) == (1, 2)


def test_lines_are_few_and_kept() -> None:
    with make_smtp() as player:
        provider = PLAYED.provider(player.url)
        for _ in range(3):
            provider.send(messages(provider.max_batch), KEY)
        provider.close()
    assert len(player.journal.entries) == 3 * provider.max_batch
    assert player.logins <= 4


def test_a_line_carries_no_more_than_servers_allow() -> None:
    with make_smtp() as player:
        provider = PLAYED.provider(player.url)
        for _ in range(MESSAGES_A_LINE + 1):
            assert isinstance(provider.send(messages(1), KEY)[0], Accepted)
        provider.close()
    assert player.logins == 2


def test_a_line_the_server_has_closed_is_replaced() -> None:
    with make_smtp(Rules(patience_seconds=0.1)) as player:
        provider = PLAYED.provider(player.url)
        for _ in range(2):
            assert isinstance(provider.send(messages(1), KEY)[0], Accepted)
            time.sleep(0.2)
        provider.close()
    assert player.logins == 2


def test_a_dot_alone_is_a_line_like_any_other() -> None:
    with on_stage(PLAYED) as stage:
        dotted = dataclasses.replace(
            message(), text="One.\n.\n..two\n", html="<p>a</p>\n.\n<p>b</p>"
        )
        stage.provider.send([dotted], KEY)
        [arrived] = stage.arrived
        assert (arrived.text, arrived.html) == (dotted.text, dotted.html)


def made(player: SmtpPlayer, **options: Any) -> SmtpProvider:
    given = {"base_url": player.url, "timeout_seconds": SHORT_SECONDS, **LOGIN, **options}
    return SmtpProvider(SmtpOptions(**given), lambda: AT)


@pytest.mark.parametrize("bounce_address", ["", "bounces@practice.example"])
def test_bounces_come_to_the_sender_or_where_it_is_said(bounce_address: str) -> None:
    with make_smtp() as player:
        provider = made(player, bounce_address=bounce_address)
        provider.send(messages(1), KEY)
        provider.close()
    [entry] = player.journal.entries
    assert entry["sender"] == (bounce_address or message().sender.email)
    assert message_from_string(entry["mail"], policy=default)["From"] == str(message().sender)


def test_a_letter_is_dated_by_our_clock() -> None:
    with make_smtp() as player:
        provider = made(player)
        provider.send(messages(1), KEY)
        provider.close()
    [entry] = player.journal.entries
    assert message_from_string(entry["mail"], policy=default)["Date"].datetime == AT


def test_a_server_may_know_us_without_a_login() -> None:
    with make_smtp(Rules(login_wanted=False)) as player:
        options = SmtpOptions(base_url=player.url, timeout_seconds=SHORT_SECONDS)
        provider = SmtpProvider(options, lambda: AT)
        assert isinstance(provider.send(messages(1), KEY)[0], Accepted)
        provider.close()
    assert player.logins == 0


def test_it_declares_that_it_recognises_no_repeat() -> None:
    with on_stage(PLAYED) as stage:
        batch = messages(1)
        stage.provider.send(batch, KEY)
        stage.provider.send(batch, KEY)
        assert stage.provider.dedupe_window == timedelta(0)
        assert len(stage.arrived) == 2


def test_a_probe_tells_a_good_login_from_a_wrong_one_and_from_silence() -> None:
    with make_smtp() as player:
        good, wrong = made(player), made(player, password="somebody-elses")
        assert good.probe() == []
        [sentence] = wrong.probe()
    assert "535" in sentence
    assert "LETTERCOURSE_EMAILS__SMTP__USERNAME" in sentence
    [sentence] = good.probe()
    assert "reached" in sentence


def test_a_login_that_cannot_be_said_pauses_the_account() -> None:
    outcome = outcome_of(Rules(), password="pässword")
    assert isinstance(outcome, AccountPaused)
    assert "ASCII" in outcome.reason


def test_nobody_calls_its_webhook() -> None:
    provider = SmtpProvider(SmtpOptions(), lambda: AT)
    hook = Hook({"authorization": "Basic x"}, b"{}")
    with pytest.raises(HookRefused):
        provider.verify(hook, AT)
    for read in (provider.read_events, provider.read_inbound):
        with pytest.raises(HookUnreadable):
            read(hook)
    assert provider.fetch("anything") is None


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("smtp://mail.example.org", "smtp://mail.example.org"),
        ("smtp://mail.example.org:587/", "smtp://mail.example.org:587"),
        ("smtps://[::1]:465", "smtps://[::1]:465"),
        ("", ""),
    ],
)
def test_an_address_of_a_mail_server_is_kept(url: str, kept: str) -> None:
    assert SmtpOptions(base_url=url).base_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "https://mail.example.org",
        "smtp://",
        "smtp://mail.example.org/inbox",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org:0",
        "smtp://me:secret@mail.example.org",
        "smtp://mail..example.org",
    ],
)
def test_an_address_that_is_no_mail_servers_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        SmtpOptions(base_url=url)


def test_only_the_servers_address_has_to_be_given_and_the_login_is_secret() -> None:
    assert SmtpOptions().missing() == ["base_url"]
    assert VENDORS["smtp"].options.secrets() == ["username", "password"]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's, made out to its name and to this machine; and its file, for who trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key_file)
    return context, file


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Callable[[SmtpPlayer], str]:
    """The same server as if it were another machine."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if host == NAME else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return lambda player: player.url.replace("127.0.0.1", NAME)


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS"])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_server_elsewhere_has_to_prove_who_it_is(
    certificate: tuple[ssl.SSLContext, Path],
    elsewhere: Callable[[SmtpPlayer], str],
    monkeypatch: pytest.MonkeyPatch,
    implicit: bool,
    trusted: bool,
) -> None:
    context, file = certificate
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with SmtpPlayer(Rules(), context, implicit=implicit) as player:
        provider = made(player, base_url=elsewhere(player), timeout_seconds=5)
        [outcome] = provider.send(messages(1), KEY)
        provider.close()
    assert isinstance(outcome, Accepted if trusted else AccountPaused)
    assert player.logins == (1 if trusted else 0)
    assert isinstance(outcome, Accepted) or "certificate" in outcome.reason


def test_a_server_elsewhere_that_offers_no_protection_hears_nothing_of_us(
    elsewhere: Callable[[SmtpPlayer], str],
) -> None:
    with make_smtp() as player:
        provider = made(player, base_url=elsewhere(player))
        [outcome] = provider.send(messages(1), KEY)
        provider.close()
    assert isinstance(outcome, AccountPaused)
    assert "STARTTLS" in outcome.reason
    assert player.logins == 0


def test_a_server_that_offers_no_login_pauses_the_account(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    with SmtpPlayer(Rules(), certificate[0]) as player:
        provider = made(player)
        [outcome] = provider.send(messages(1), KEY)
        provider.close()
    assert isinstance(outcome, AccountPaused)
    assert "AUTH" in outcome.reason
