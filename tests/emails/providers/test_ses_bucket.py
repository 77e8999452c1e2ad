"""Emails that SES kept in S3 are fetched from our bucket, and from no other."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from emails.errors import FetchFailed, HookUnreadable
from emails.providers import transport
from emails.providers.base import Vendor as Ours
from emails.providers.hooks import Notice
from emails.providers.ses import SesOptions
from tests.players import ses, sns
from tests.players.sns import KEY, REPLY_ADDRESS, announced
from tests.players.vendor import Player, Verdict

PAYLOADS = Path(__file__).parent / "payloads" / "ses" / "inbound"
AT = datetime(2026, 11, 3, 7, 0, 10, tzinfo=UTC)
RAW = b"From: Ana <ana@example.com>\r\nSubject: Re\r\n\r\nW\xf6rter.\r\n"


@pytest.fixture
def rules() -> ses.Rules:
    rules = ses.Rules()
    rules.kept[KEY] = RAW
    return rules


@pytest.fixture
def player(rules: ses.Rules) -> Iterator[Player]:
    with ses.make_ses(rules=rules) as player:
        yield player


@pytest.fixture
def ours(player: Player) -> Iterator[Ours]:
    yield from provider(player)


def provider(player: Player, **options: str) -> Iterator[Ours]:
    chosen = {"inbound_url": player.url, "inbound_bucket": ses.BUCKET} | options
    made = ses.PLAYED.provider(player.url, **chosen)
    yield made
    made.close()


def test_an_email_in_our_bucket_is_announced_and_fetched_as_it_travelled(ours: Ours) -> None:
    [notice] = ours.read_inbound(announced(ses.BUCKET))
    assert notice == Notice(KEY, (REPLY_ADDRESS,))
    assert ours.fetch(KEY) == RAW


def test_their_own_notice_is_read(ours: Ours) -> None:
    # https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
    hook = sns.sign((PAYLOADS / "kept-in-s3.json").read_bytes(), AT)
    assert ours.verify(hook, AT)
    expected = Notice("replies/d6iitobk75ur44p8kdnnp7g2n800", (REPLY_ADDRESS,))
    assert ours.read_inbound(hook) == [expected]
    with pytest.raises(HookUnreadable, match="/inbound"):
        ours.read_events(hook)


@pytest.mark.parametrize("bucket", ["somebody-elses", "", None, 7, f"{ses.BUCKET}/"])
def test_no_other_bucket_is_ever_asked(ours: Ours, bucket: object) -> None:
    with pytest.raises(HookUnreadable, match="inbound_bucket"):
        ours.read_inbound(announced(bucket))


@pytest.mark.parametrize(
    "key", ["../theirs/1", "a/../../theirs/1", "./1", "..", "", None, [], "a\r\nb", "\ud800"]
)
def test_no_name_leads_out_of_it(ours: Ours, key: object) -> None:
    with pytest.raises(HookUnreadable):
        ours.read_inbound(announced(ses.BUCKET, key))


@pytest.mark.parametrize("key", ["a?versionId=1", "a#b", "a%2F..%2Fb", "//a", "a//b", "ä+b c"])
def test_every_other_name_is_asked_for_as_it_is(rules: ses.Rules, ours: Ours, key: str) -> None:
    rules.kept[key] = key.encode()
    assert ours.read_inbound(announced(ses.BUCKET, key)) == [Notice(key, (REPLY_ADDRESS,))]
    assert ours.fetch(key) == key.encode()


def test_without_a_bucket_in_the_settings_none_is_believed(player: Player) -> None:
    for ours in provider(player, inbound_bucket=""):
        with pytest.raises(HookUnreadable, match="inbound_bucket"):
            ours.read_inbound(announced(""))


def test_where_no_address_is_given_it_is_amazons_own_for_the_region() -> None:
    options = SesOptions(region="eu-west-3", inbound_bucket="replies")
    assert options.bucket_address == "https://s3.eu-west-3.amazonaws.com/replies"


@pytest.mark.parametrize("name", ["..", "a/b", "Replies", "x", "replies?"])
def test_what_cannot_be_the_name_of_a_bucket_is_no_setting(name: str) -> None:
    with pytest.raises(ValidationError):
        SesOptions(inbound_bucket=name)


def test_an_email_that_is_not_there_is_nothing(ours: Ours) -> None:
    assert ours.fetch("replies/gone") is None


def test_a_key_that_may_not_read_is_told_what_to_allow(player: Player) -> None:
    for ours in provider(player, api_key="somebody-elses"):
        with pytest.raises(FetchFailed, match="s3:GetObject"):
            ours.fetch(KEY)


@pytest.mark.parametrize(
    ("verdict", "part"),
    [
        (Verdict(503, b"<Error><Code>SlowDown</Code></Error>"), "HTTP 503"),
        (Verdict(307, b"", headers={"Location": "http://127.0.0.1:9/"}), "HTTP 307"),
        (Verdict(200, b"\0", headers={"x-amz-meta-x-amz-key-v2": "x"}), "KMS"),
    ],
)
def test_any_other_trouble_is_for_later(
    player: Player, ours: Ours, verdict: Verdict, part: str
) -> None:
    player.judge = lambda _: verdict
    with pytest.raises(FetchFailed, match=part):
        ours.fetch(KEY)


def test_more_than_an_email_can_be_is_not_taken_in(
    ours: Ours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_EMAIL_BYTES", len(RAW) - 1)
    with pytest.raises(FetchFailed, match="larger"):
        ours.fetch(KEY)


def test_no_answer_is_for_later(player: Player) -> None:
    for ours in provider(player, inbound_url="http://127.0.0.1:9"):
        with pytest.raises(FetchFailed, match="S3"):
            ours.fetch(KEY)


def test_the_request_is_signed_for_s3_and_the_host_it_goes_to(player: Player, ours: Ours) -> None:
    asked: list[httpx.Headers] = []

    def judge(call: Any) -> Verdict:
        asked.append(httpx.Headers(dict(call.headers)))
        return Verdict(200, RAW)

    player.judge = judge
    ours.fetch(KEY)
    [headers] = asked
    assert f"{ses.REGION}/s3/aws4_request" in headers["authorization"]
    assert "host" in headers["authorization"]
    assert "x-amz-content-sha256" in headers["authorization"]
