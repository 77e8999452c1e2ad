"""What a living installation is told of itself, in a process of its own beside a small world."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.accounts import judge_hooks
from app.dns_records import (
    Dns,
    judge_dkim,
    judge_dmarc,
    judge_mail,
    judge_spf,
    mail_for,
    names_above,
    spf,
    standing_in,
)
from app.doctor import GIGABYTE, judge_disk, judge_work
from app.findings import Finding, Mark, Question, answers, ok
from app.public_address import judge_certificate, judge_clock
from emails.providers.resend import ResendOptions
from emails.providers.ses import SesOptions
from emails.providers.smtp import SmtpOptions
from tests.support.outside import Records, make_certificate, name_server, web_server
from tests.support.postgres import Cluster
from tests.support.served import free_port, installation, run

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOMAIN = "letters.practice.org"
ALIVE = b'{"status":"ok"}'
GOOD_RECORDS = {
    f"{DOMAIN} TXT": ['"google-site-verification=x"', '"v=spf1 include:amazonses.com" " ~all"'],
    f"{DOMAIN} MX": ["10 in.practice.org."],
    "_dmarc.practice.org TXT": ['"v=DMARC1; p=none; sp=quarantine"'],
    f"resend._domainkey.{DOMAIN} TXT": ['"p=MIGfMA0"'],
}
BAD_RECORDS = {
    f"{DOMAIN} TXT": ['"v=spf1 -all"', '"v=spf1 include:amazonses.com ~all"'],
    f"{DOMAIN} MX": ["0 ."],
    f"resend._domainkey.{DOMAIN} TXT": ['"v=DKIM1; p="'],
}


def sending_home(folder: Path, provider_url: str, **more: str) -> dict[str, str]:
    environment = installation(
        folder,
        f"sqlite:///{folder / 'lettercourse.sqlite3'}",
        LETTERCOURSE_EMAILS__PROVIDER="resend",
        LETTERCOURSE_EMAILS__FROM_ADDRESS=f"letters@{DOMAIN}",
        LETTERCOURSE_EMAILS__REPLY_ADDRESS=f"replies@{DOMAIN}",
        LETTERCOURSE_EMAILS__RESEND__API_KEY="re_1",
        LETTERCOURSE_EMAILS__RESEND__BASE_URL=provider_url,
        **more,
    )
    assert run(environment, "migrate").returncode == 0
    return environment


def marks(environment: Mapping[str, str], records: Records) -> tuple[int, dict[str, str]]:
    with name_server(records) as server:
        done = run(environment, "doctor", "--json", "--name-server", server)
    assert "Traceback" not in done.stderr
    findings = json.loads(done.stdout)["findings"]
    return done.returncode, {
        each["what"]: each["mark"] for each in findings if each["what"] != "before production"
    }


def test_all_is_well_where_everybody_answers_as_they_should(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "here.pem")
    with web_server() as provider, web_server(ALIVE, certificate=certificate) as public:
        home = sending_home(
            tmp_path,
            provider,
            LETTERCOURSE_WEB__BASE_URL=public,
            LETTERCOURSE_EMAILS__RESEND__WEBHOOK_SECRET="whsec_MQ==",
            SSL_CERT_FILE=str(certificate),
        )
        code, found = marks(home, GOOD_RECORDS)
    assert code == 0
    assert found == dict.fromkeys(
        (
            "settings and lessons", "database", "worker", "disk", "account with resend",
            "webhooks of resend", f"public address {public}", "certificate", "clock",
            f"SPF of {DOMAIN}", f"DMARC of {DOMAIN}", f"DKIM at resend._domainkey.{DOMAIN}",
            f"MX of {DOMAIN}",
        ),
        "ok",
    )  # fmt: skip


def test_what_is_wrong_outside_is_told_line_by_line(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "here.pem")
    with (
        web_server(status=401, ahead_seconds=-3600) as provider,
        web_server(ALIVE, certificate=certificate) as public,
    ):
        home = sending_home(tmp_path, provider, LETTERCOURSE_WEB__BASE_URL=public)
        code, found = marks(home, BAD_RECORDS)
    assert code == 1
    wrong = {what for what, mark in found.items() if mark == "wrong"}
    assert wrong == {
        "account with resend",
        f"public address {public}",
        "clock",
        f"SPF of {DOMAIN}",
        f"DMARC of {DOMAIN}",
        f"DKIM at resend._domainkey.{DOMAIN}",
        f"MX of {DOMAIN}",
    }
    assert found["webhooks of resend"] == "look"


def test_who_doesn_t_answer_is_named_after_five_seconds_and_never_by_a_trace(
    tmp_path: Path,
) -> None:
    with web_server(hangs_seconds=30) as provider:
        home = sending_home(
            tmp_path, provider, LETTERCOURSE_WEB__BASE_URL=f"https://127.0.0.1:{free_port()}"
        )
        began = time.monotonic()
        done = run(home, "doctor", "--name-server", f"127.0.0.1:{free_port()}")
    assert time.monotonic() - began < 25
    assert done.returncode == 1
    assert "wrong account with resend: no answer (ReadTimeout)." in done.stdout
    assert "no answer (ConnectError)." in done.stdout
    assert f"look  SPF of {DOMAIN}: couldn't be asked" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_fresh_installation_has_much_to_look_at_and_nothing_wrong(tmp_path: Path) -> None:
    home = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    unready = run(home, "doctor")
    assert unready.returncode == 1
    assert "lettercourse migrate" in unready.stdout
    run(home, "migrate")
    done = run(home, "doctor")
    assert done.returncode == 0, done.stdout
    assert "before production: owner.name" in done.stdout
    assert "DNS of practice.example: not asked" in done.stdout
    assert "Wrong: 0" in done.stdout


def test_production_with_examples_in_it_is_wrong(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}"
    home = installation(tmp_path, database, LETTERCOURSE_ENVIRONMENT="production")
    run(home, "migrate")
    done = run(home, "doctor")
    assert done.returncode == 1
    assert "wrong settings and lessons: owner.name" in done.stdout


def test_a_database_out_of_reach_is_one_line_among_the_others(tmp_path: Path) -> None:
    done = run(installation(tmp_path, "postgresql://nobody@127.0.0.1:1/none"), "doctor")
    assert done.returncode == 1
    assert "wrong database: it can't be used" in done.stdout
    assert "look  disk: the database stands elsewhere" in done.stdout


def test_on_postgresql_the_database_is_written_to_and_its_disk_is_elsewhere(
    tmp_path: Path, cluster: Cluster
) -> None:
    cluster.run("CREATE DATABASE examined")
    home = installation(tmp_path, cluster.url("examined"))
    assert run(home, "migrate").returncode == 0
    done = run(home, "doctor")
    assert done.returncode == 0, done.stdout
    assert "ok    database: ready, and can be written." in done.stdout
    assert "look  disk: the database stands elsewhere" in done.stdout


def test_a_wrong_name_server_is_told_in_a_sentence(tmp_path: Path) -> None:
    home = installation(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}")
    done = run(home, "doctor", "--name-server", "dns.example")
    assert done.returncode == 1
    assert "'dns.example' is no name server" in done.stderr


def test_a_question_that_hangs_or_breaks_leaves_the_others_their_answers() -> None:
    def slow() -> list[Finding]:
        time.sleep(1)
        return []

    def broken() -> list[Finding]:
        raise ZeroDivisionError

    questions = [
        Question("slow", slow),
        Question("broken", broken),
        Question("good", lambda: [ok("good", "it is.")]),
    ]
    found = [(each.what, str(each.mark), each.says) for each in answers(questions, seconds=0.3)]
    assert found == [
        ("slow", "look", "no answer within 0.3 seconds."),
        ("broken", "look", "couldn't be asked (ZeroDivisionError)."),
        ("good", "ok", "it is."),
    ]


def test_a_domain_that_doesn_t_exist_is_told_as_such() -> None:
    with name_server(GOOD_RECORDS) as server:
        host, _, port = server.partition(":")
        asked = Dns((host, int(port)))
        findings = [*spf(asked, "leters.practice.org"), *mail_for(asked, "leters.practice.org")]
        known = [*spf(asked, DOMAIN), *mail_for(asked, DOMAIN)]
    assert [each.mark for each in findings] == [Mark.WRONG] * 2
    assert all("no such domain" in each.says for each in findings)
    assert [each.mark for each in known] == [Mark.OK] * 2


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["v=spf1 include:amazonses.com ~all"], Mark.OK),
        (["V=SPF1 -all", "another text"], Mark.OK),
        (["v=spf10 -all"], Mark.LOOK),
        ([], Mark.LOOK),
        (["v=spf1 -all", "v=spf1 ~all"], Mark.WRONG),
        (["v=spf1 +all"], Mark.WRONG),
        (["v=spf1 a all"], Mark.WRONG),
    ],
)
def test_an_spf_record_stands_alone_and_doesn_t_let_everybody_in(
    texts: list[str], mark: Mark
) -> None:
    assert judge_spf(DOMAIN, texts).mark is mark


@pytest.mark.parametrize(
    ("texts", "mark", "says"),
    [
        (["v=DMARC1; p=none"], Mark.OK, "none"),
        (["v=DMARC1;p=Quarantine; rua=mailto:a@b.org"], Mark.OK, "quarantine"),
        (["v = DMARC1 ; p = reject ; t=y"], Mark.OK, "marked as a test"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], Mark.WRONG, "2 records"),
        (["v=DMARC1; p=nothing"], Mark.WRONG, "no policy"),
        (["p=none; v=DMARC1"], Mark.WRONG, "no record"),
        ([], Mark.WRONG, "no record"),
    ],
)
def test_a_dmarc_record_is_judged_by_its_policy(texts: list[str], mark: Mark, says: str) -> None:
    found = judge_dmarc(DOMAIN, DOMAIN, texts)
    assert found.mark is mark
    assert says in found.says


def test_a_parent_s_dmarc_record_speaks_by_its_policy_for_subdomains() -> None:
    found = judge_dmarc(DOMAIN, "practice.org", ["v=DMARC1; p=reject; sp=none"])
    assert "the policy is none" in found.says


def test_who_speaks_for_a_domain_without_dmarc_is_found_up_the_tree() -> None:
    record = ["v=DMARC1; p=none"]
    assert names_above("a.b.practice.org") == ["b.practice.org", "practice.org", "org"]
    assert len(names_above("a.b.c.d.e.f.g.h.i.practice.org")) == 7
    assert standing_in({"b.practice.org": record, "practice.org": record}) == "practice.org"
    ends = ["v=DMARC1; p=none; psd=n"]
    assert standing_in({"b.practice.org": ends, "practice.org": record}) == "b.practice.org"
    registry = {"practice.org": record, "org": ["v=DMARC1; p=none; psd=y"]}
    assert standing_in(registry) == "practice.org"
    assert standing_in({"practice.org": [], "org": registry["org"]}) == "org"
    assert standing_in({"practice.org": [], "org": []}) is None


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["v=DKIM1; k=rsa; p=MIGf"], Mark.OK),
        (["p=MIGf"], Mark.OK),
        (["v=DKIM1; p="], Mark.WRONG),
        ([], Mark.LOOK),
    ],
)
def test_a_dkim_key_is_there_withdrawn_or_elsewhere(texts: list[str], mark: Mark) -> None:
    assert judge_dkim(f"resend._domainkey.{DOMAIN}", texts).mark is mark


@pytest.mark.parametrize(
    ("hosts", "has_address", "mark"),
    [
        (["mx.practice.org."], False, Mark.OK),
        (["."], True, Mark.WRONG),
        ([], True, Mark.LOOK),
        ([], False, Mark.WRONG),
    ],
)
def test_replies_need_a_way_in(hosts: list[str], has_address: bool, mark: Mark) -> None:
    assert judge_mail(DOMAIN, hosts, has_address).mark is mark


def test_a_clock_may_be_some_seconds_off() -> None:
    off = [judge_clock(NOW, NOW + timedelta(seconds=n)).mark for n in (-3, 3, 30, -30, 600)]
    assert off == [Mark.OK, Mark.OK, Mark.LOOK, Mark.LOOK, Mark.WRONG]
    assert "behind" in judge_clock(NOW, NOW - timedelta(seconds=30)).says


def test_a_certificate_is_looked_at_before_it_ends() -> None:
    assert judge_certificate(NOW + timedelta(days=60), NOW).mark is Mark.OK
    assert judge_certificate(NOW + timedelta(days=6), NOW).mark is Mark.LOOK


def test_a_disk_is_looked_at_before_it_is_full() -> None:
    assert judge_disk(2 * GIGABYTE).mark is Mark.OK
    assert judge_disk(GIGABYTE // 2).mark is Mark.LOOK


def test_a_letter_left_lying_tells_that_nobody_works() -> None:
    assert judge_work(None, NOW).mark is Mark.OK
    assert judge_work(NOW - timedelta(minutes=1), NOW).mark is Mark.OK
    assert judge_work(NOW - timedelta(hours=1), NOW).mark is Mark.WRONG


def test_webhooks_need_what_proves_who_calls() -> None:
    bare = judge_hooks("resend", ResendOptions())
    assert (bare.mark, "LETTERCOURSE_EMAILS__RESEND__WEBHOOK_SECRET" in bare.cure) == (
        Mark.LOOK,
        True,
    )
    assert judge_hooks("ses", SesOptions()).mark is Mark.LOOK
    assert judge_hooks("ses", SesOptions(topics=("arn",))).mark is Mark.OK
    assert judge_hooks("smtp", SmtpOptions()).mark is Mark.OK
