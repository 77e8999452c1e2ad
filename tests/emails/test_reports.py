"""Delivery reports are understood whoever wrote them, and a living reader is never given up."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import reports as bench
from emails.autoreplies import is_automatic
from emails.reports import Kind, Report, read_report

ANA = "ana@reader.example"
TOKEN = "<0123.abc.def@practice.example>"
LETTER = (
    f"Message-ID: {TOKEN}\n"
    f"From: letters@practice.example\nTo: {ANA}\n"
    "Reply-To: replies+abc.def@practice.example\n"
    "List-Unsubscribe: <https://practice.example/unsubscribe/abc.def>,\n"
    " <mailto:replies+stop.abc.def@practice.example>\nSubject: The quick\n"
)
UNKNOWN = f"550 5.1.1 <{ANA}>: Recipient address rejected: User unknown"


def parse(raw: str | bytes) -> EmailMessage:
    data = raw if isinstance(raw, bytes) else raw.encode()
    mail = message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def prose(
    body: str, subject: str = "failure notice", sender: str = "MAILER-DAEMON@mx.example"
) -> str:
    return (
        f"From: {sender}\nTo: bounces@practice.example\nSubject: {subject}\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    )


def multipart(
    *parts: tuple[str, str], sender: str = "MAILER-DAEMON@mx.example", kind: str = ""
) -> str:
    kind = kind or "multipart/report; report-type=delivery-status"
    body = "".join(f"--b\nContent-Type: {of}\n\n{text}\n" for of, text in parts)
    return (
        f"From: {sender}\nTo: bounces@practice.example\nSubject: Undelivered\n"
        f'Content-Type: {kind}; boundary="b"\nMIME-Version: 1.0\n\n{body}--b--\n'
    )


def standard(
    action: str = "failed", status: str = "5.1.1", said: str = UNKNOWN, words: str = ""
) -> str:
    fields = (
        "Reporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {ANA}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n"
    )
    return multipart(
        ("text/plain", words or "Your message could not be delivered."),
        ("message/delivery-status", fields),
        ("message/rfc822", f"{LETTER}\nThe letter."),
    )


def complaint(
    kind: str, recipient: str = f"Original-Rcpt-To: {ANA}\n", letter: str = LETTER
) -> str:
    return multipart(
        ("text/plain", "An abuse report."),
        ("message/feedback-report", f"Feedback-Type: {kind}\nVersion: 1\n{recipient}"),
        ("message/rfc822", f"{letter}\nThe letter."),
        sender="feedback@provider.example",
        kind="multipart/report; report-type=feedback-report",
    )


def read(raw: str | bytes) -> Report:
    report = read_report(parse(raw))
    assert report is not None
    return report


FAMILIES = {
    "qmail": prose(
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        f"<{ANA}>:\n192.0.2.1 does not like recipient.\nRemote host said: {UNKNOWN}\n"
        "Giving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\n" + LETTER
    ),
    "Exim": prose(
        "This message was created automatically by mail delivery software.\n\n"
        f"  {ANA}\n    SMTP error from remote mail server after RCPT TO:<{ANA}>:\n"
        "    host mx.example [192.0.2.1]: 550 No such user here\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n" + LETTER
    ),
    "Postfix": prose(
        "I'm sorry to have to inform you that your message could not\nbe delivered.\n\n"
        f"<{ANA}>: host mx.example[192.0.2.1] said: 550 no mailbox here by that\n"
        "    name (in reply to RCPT TO command)\n\nReturn-Path: <x@practice.example>\n" + LETTER
    ),
    "Yahoo": prose(
        f"Sorry, we were unable to deliver your message.\n\n<{ANA}>:\n{UNKNOWN} [RCPT_TO]\n\n"
        "--- Below this line is a copy of the message.\n\n" + LETTER
    ),
    "GMX": prose(
        f'The following address\nfailed:\n\n"{ANA}":\nSMTP error from remote server after RCPT '
        f"command:\nhost: mx.example\n{UNKNOWN}\n\n--- The header of the original message is "
        "following. ---\n\n" + LETTER,
        "Mail delivery failed: returning message to sender",
    ),
    "Exchange": prose(
        f"did not reach the following recipient(s):\n\n{ANA} on Thu, 29 Apr 2010 00:00:00\n"
        "    The recipient name is not recognized\n\nOriginal message follows.\n\n" + LETTER,
        "Undeliverable: The quick",
        "System Administrator <postmaster@mx.example>",
    ),
    "Japanese": prose(
        f"以下のメールアドレスへの送信に失敗しました。\n\n{ANA}\n\n"
        f"-------server message\n{UNKNOWN}\n\n"
        "-------original message\n" + LETTER,
        "メールを送信できませんでした",
    ),
    "HTML": prose(
        f"<style>p {{color: red}}</style><p>Your message to <b>{ANA}</b> couldn't be delivered.</p>"
        f"<p>{UNKNOWN.replace('<', '&lt;').replace('>', '&gt;')}</p>",
        "Undeliverable: The quick",
        "Microsoft Outlook <MicrosoftExchange329e@x.example>",
    ).replace("text/plain", "text/html"),
    "RFC 3464": standard(),
}  # fmt: skip


@pytest.mark.parametrize("raw", FAMILIES.values(), ids=FAMILIES)
def test_a_hard_bounce_is_understood_in_every_family(raw: str) -> None:
    report = read(raw)
    assert (report.kind, report.recipient) == (Kind.HARD, ANA)
    assert "\n" not in report.reason
    assert report.reason != ""


@pytest.mark.parametrize("raw", [raw for name, raw in FAMILIES.items() if name != "HTML"])
def test_the_letters_own_header_comes_with_it(raw: str) -> None:
    original = read(raw).original
    assert original.message_id == TOKEN
    assert "Reply-To: replies+abc.def@practice.example" in original.headers
    assert any(
        line.endswith("<mailto:replies+stop.abc.def@practice.example>") for line in original.headers
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.2.2", "552 5.2.2 Mailbox full"),
        ("5.1.1", "550 5.1.1 sorry, this mailbox is over quota"),
        ("4.2.0", "450 4.2.0 Greylisted, try again later"),
        ("5.7.1", "554 5.7.1 Message rejected as spam"),
        ("5.7.26", "550 5.7.26 This mail is unauthenticated"),
        ("5.0.0", "550 Blocked by Spamhaus"),
        ("4.4.1", "connect to mx.example: Connection timed out"),
        ("4.4.3", "Host or domain name not found. Host not found, try again"),
        ("5.1.8", "553 5.1.8 Domain of sender address does not exist"),
        ("5.2.1", "550 5.2.1 The email account is disabled"),
        ("5.0.0", "550 : User unknown"),
        ("5.0.0", "550 user unknown"),
        ("5.7.1", "550 5.7.1 User unknown"),
        ("5.3.4", "552 5.3.4 Message too big"),
        ("5.0.0", ""),
    ],
)  # fmt: skip
def test_what_can_pass_is_soft(status: str, said: str) -> None:
    assert read(standard(status=status, said=said)).kind is Kind.SOFT


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.1.1", "550 5.1.1 User unknown"),
        ("5.0.0", "550 5.1.1 Requested action not taken: mailbox unavailable"),
        ("5.1.2", "Host unknown"),
        ("5.4.4", "Host or domain name not found: Host not found"),
        ("5.1.6", "550 5.1.6 recipient no longer on server"),
        ("5.5.0", "550 Empfänger unbekannt (in reply to RCPT TO command)"),
        ("5.4.1", f"550 5.4.1 [{ANA}]: Recipient address rejected: Access denied"),
    ],
)  # fmt: skip
def test_an_address_that_is_gone_is_hard(status: str, said: str) -> None:
    assert read(standard(status=status, said=said)).kind is Kind.HARD


def test_unknown_after_the_whole_letter_was_read_is_a_filters_word() -> None:
    said = "550 User unknown (in reply to end of DATA command)"
    assert read(standard(status="5.1.1", said=said)).kind is Kind.SOFT


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_late_or_well_is_a_notice(action: str) -> None:
    assert read(standard(action=action, status="4.4.7")).kind is Kind.NOTICE


def test_a_warning_in_prose_is_a_notice() -> None:
    body = (
        "THIS IS A WARNING MESSAGE ONLY.\n\n"
        f"Delivery to the following recipient has been delayed:\n\n  {ANA}\n"
    )
    assert read(prose(body, "Delivery Status Notification (Delay)")).kind is Kind.NOTICE


def test_each_recipient_has_a_finding() -> None:
    body = (
        f"An error has occurred:\n\n{ANA}: {UNKNOWN}\nbo@reader.example: 552 5.2.2 Mailbox full\n"
    )
    report = read(prose(body, "Delivery status notification: error"))
    assert [(found.recipient, found.kind) for found in report.findings] == [
        (ANA, Kind.HARD),
        ("bo@reader.example", Kind.SOFT),
    ]
    assert report.about("BO@reader.example") == report.findings[1]
    assert report.about("eve@reader.example") is None


@pytest.mark.parametrize(
    ("feedback", "kind"),
    [
        ("abuse", Kind.COMPLAINT),
        ("opt-out", Kind.COMPLAINT),
        ("not-spam", Kind.NOTICE),
        ("auth-failure", Kind.NOTICE),
        ("anything", Kind.NOTICE),
    ],
)
def test_feedback_is_a_complaint_only_when_it_complains(feedback: str, kind: Kind) -> None:
    report = read(complaint(feedback))
    assert (report.kind, report.recipient, report.reason) == (kind, ANA, feedback)
    assert report.original.message_id == TOKEN


def test_a_redacted_complaint_still_has_our_token() -> None:
    letter = LETTER.replace(ANA, "redacted@reader.example")
    report = read(complaint("abuse", "Original-Rcpt-To: redacted@reader.example\n", letter))
    assert report.recipient == ""
    assert report.original.message_id == TOKEN


def test_an_event_of_amazon_as_mail() -> None:
    bounced = [{"emailAddress": ANA, "status": "5.1.1", "diagnosticCode": "smtp; " + UNKNOWN}]
    event = {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": bounced,
        },
        "mail": {"headers": [{"name": "Message-ID", "value": TOKEN}]},
    }
    body = json.dumps({"Type": "Notification", "Message": json.dumps(event)})
    report = read(prose(body, "AWS Notification", "no-reply@sns.example"))
    assert (report.kind, report.recipient, report.reason) == (Kind.HARD, ANA, UNKNOWN)
    assert report.original.message_id == TOKEN


@pytest.mark.parametrize("family", FAMILIES)
def test_a_person_who_quotes_a_bounce_writes_none(family: str) -> None:
    quoted = "\n".join(f"> {line}" for line in FAMILIES[family].split("\n"))
    words = f"I got this when I wrote to you, what is it?\n\n{quoted}"
    for subject in ("Re: The quick", "Fwd: failure notice"):
        mail = parse(prose(words, subject, "Ana <ana@reader.example>"))
        assert read_report(mail) is None
        assert not is_automatic(mail)


def test_a_person_who_attaches_a_bounce_writes_none() -> None:
    raw = multipart(
        ("text/plain", "What is this?"),
        ("message/rfc822", standard()),
        sender="Ana <ana@reader.example>",
        kind="multipart/mixed",
    ).replace('boundary="b"', 'boundary="outer"', 1)
    assert read_report(parse(raw)) is None


def test_a_note_of_absence_or_a_read_receipt_is_no_bounce() -> None:
    head = "Return-Path: <>\nAuto-Submitted: auto-replied\n"
    assert read_report(parse(head + prose("I am away.", "Away", ANA))) is None
    receipt = multipart(
        ("text/plain", "Your message was read."),
        ("message/disposition-notification", f"Final-Recipient: rfc822; {ANA}\n"),
        sender=ANA,
        kind="multipart/report; report-type=disposition-notification",
    )
    assert read_report(parse(receipt)) is None
    assert is_automatic(parse(receipt))


HEADERS = st.sampled_from(
    [
        b"From: MAILER-DAEMON@x.example",
        b"From: =?x-none?b?////?=",
        b"Subject: Undeliverable =?utf-8?q?=ff?=",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: text/plain; charset=klingon",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/feedback-report",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"X-Failed-Recipients: a@b.example, @, c",
        b"Return-Path: <>",
        b"Final-Recipient: rfc822; a@b.example",
        b"Status: 5.1.1",
        b"--b",
        b"--b--",
        b"",
        b"{",
        b'{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [1, {}]}}',
        b"550 5.1.1 <a@b.example> unknown user",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(HEADERS | st.binary(max_size=60), max_size=25))
def test_whatever_the_bytes_nothing_is_raised(lines: list[bytes]) -> None:
    mail = parse(b"\n".join(lines))
    report = read_report(mail)
    is_automatic(mail)
    if report is not None:
        assert report.findings
        assert repr(report).encode()


@pytest.mark.parametrize("charset", ["klingon", "utf-7", "idna", "rot13", "base64", "\udcff", ""])
def test_a_charset_that_is_none_hides_no_address(charset: str) -> None:
    raw = FAMILIES["qmail"].replace("charset=utf-8", f'charset="{charset}"')
    assert read(raw.encode("utf-8", "surrogateescape")).recipient == ANA


def test_deep_nesting_is_left_alone() -> None:
    raw = "From: MAILER-DAEMON@x.example\nSubject: Undeliverable\n"
    for n in range(60):
        raw += f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n'
    read_report(parse(raw + "\n550 5.1.1 unknown user"))


@pytest.mark.parametrize(
    "piece", ["a-", "user ", "to:", "<", "a@b ", "exceed ", "Final-Recipient: a@b\n"]
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html", "message/delivery-status"])
def test_a_huge_message_costs_little(piece: str, kind: str) -> None:
    mail = parse(prose(piece * (2_000_000 // len(piece))).replace("text/plain", kind))
    start = perf_counter()
    read_report(mail)
    assert perf_counter() - start < 2


def test_the_corpora_are_understood_as_well_as_we_promise() -> None:
    found, precision, recall, recipients = bench.score_bounces(
        bench.read_cases(bench.CORPORA / "bounces.jsonl"), bench.Watch()
    )
    assert found.share >= 0.95
    assert precision.share >= 0.95
    assert recall.share >= 0.85
    assert recipients.share >= 0.95
