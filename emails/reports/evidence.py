"""Whether a mail is a delivery report: a machine sent it, and it says what became of a mail.

A person's reply that quotes a report, or passes one on, comes from that person.
"""

import re

from emails.reports.fields import of_recipients, read_fields
from emails.reports.parts import Parts

MAILERS = re.compile(
    r"^(mailer[-_.]?daemon|post[-_.]?master|poo?stmaster|mail[-_.]?daemon|mail[-_.]delivery\b"
    r"|mailer|mdaemon|smtp[-_.]?daemon|bounces?|double-bounce|microsoftexchange)",
    re.IGNORECASE,
)
MAILER_NAMES = re.compile(
    r"mail(er)?[- ]deliver\w*|mail(er)?[- ]daemon|deliver\w* (sub-?)?system|system administrator"
    r"|postmaster|mail administrator|content[- ]filter|internet mail delivery|microsoft outlook$",
    re.IGNORECASE,
)
NULL_PATHS = {"<>", "<mailer-daemon>", "<null>", "mailer-daemon"}
ADDRESS = re.compile(r"<([^<>\s]{0,200})>|([^\s<>\"()]{1,100}@[^\s<>\"()]{1,200})")

SUBJECT = re.compile(
    # English
    r"undeliver|(un|not |failed? (to )?)deliver|returned? (mail|message|to sender)|returning"
    r"|failure notice|deliver\w* (status|fail|notif|report|problem|error|has failed|delay)"
    r"|(mail|message|delivery) (failure|failed|error|system error|could ?n.t be|was not delivered)"
    r"|status notification|non[- ]?delivery|error sending your mail"
    r"|could not (be )?(send|deliver)"
    r"|(still )?being retried|warning: (could not|message)|postmaster notify|mail status"
    r"|message you sent blocked|delayed mail|mta-blocked|bounced?\b"
    # German, Dutch, Scandinavian
    r"|unzustellbar|nicht zustellbar|nicht zugestellt|zustell\w*fehl|zustellung|fehlgeschlagen"
    r"|onbestelbaar|niet bezorgd|kan ikke leveres|kunde inte levereras|ej levererat|olevererbar"
    r"|ikke levert|kunne ikke leveres|toimitta\w+ ei|ei voitu toimittaa"
    # Romance
    r"|non remis|non d[ié]livr|[ée]chec de (la )?(remise|distribution)|retour.{0,20}exp[ée]diteur"
    r"|no (se )?(puede|pudo|ha podido) entreg|no entregad|error de entrega|devuelt"
    r"|non recapit|mancat[oa] (recapito|consegna)|impossibile (consegnare|recapitare)"
    r"|n[ãa]o entregue|falha na entrega|n[ãa]o p[ôo]de ser entreg|devolvid"
    # Slavic, Greek, Turkish, Hungarian
    r"|не ?доставлен|недоставлен|не может быть доставлен|невозможно доставить|возвра(т|щен)"
    r"|не вдалося доставити|niedostarcz|nie dostarcz|zwrot|nedoru[čc]|nelze doru[čc]it"
    r"|δεν παραδόθηκε|teslim edilemedi|iletilemedi|kézbesíthetetlen|nem kézbesíthető"
    # Japanese, Chinese, Korean
    r"|配信(不能|できません|エラー|失敗)|送信(できません|エラー)|配達(不能|できません)"
    r"|送れませんでした"
    r"|メールを?返送|退信|未(能)?(送达|送達)|无法(投递|送达)|無法(投遞|傳遞)|投递失败"
    r"|전송 실패|반송",
    re.IGNORECASE,
)
PROSE = re.compile(
    r"(could not|couldn.t|can ?not|can.t|wasn.t able to|was not able to|unable to|failed to"
    r"|not been|was not|wasn.t|did not|didn.t|never) (be )?(deliver|reach|send|sent)\w*"
    r"|error (delivering|sending) (your|the)|delivery (has )?(failed|failure|errors?)"
    r"|delivery to the following|following address(es)?\b|trouble delivering|undeliverable"
    r"|permanent(ly)? (fatal )?(errors?|fail)|transcript of session|attempt\w* to deliver"
    r"|has been delayed|not (yet )?been delivered|delivery status notification"
    r"|failed addresses|mailbox (is )?full|account is (disabled|over)|exceeds? (the )?allowed"
    r"|invalid (final delivery|user|recipient|address)|user unknown|unknown (user|recipient)"
    r"|no such user|message from .{1,60}unable|failed \d+ attempts|the group you tried"
    r"|не может быть доставлен|не удалось доставить|nicht zugestellt|nicht zustellen"
    r"|n.a pas pu [êe]tre|no (se )?(pudo|ha podido) entregar|送信(に失敗|できません)"
    r"|配信(に失敗|できません)"
    r"|^[45]\d\d[ -][45]\.\d\.\d",
    re.IGNORECASE | re.MULTILINE,
)
REPORT_TYPES = ("delivery-status", "")


def is_delivery_report(parts: Parts) -> bool:
    mail = parts.mail
    if _answers_by_itself(parts):
        return False
    told_by_machine = bool(of_recipients(read_fields(parts.fields)))
    if _is_report_type(parts) and (told_by_machine or _has_mailer(parts)):
        return told_by_machine or _speaks_of_delivery(parts)
    if mail.get_all("X-Failed-Recipients") and _speaks_of_delivery(parts):
        return True
    return _has_mailer(parts) and (told_by_machine or _speaks_of_delivery(parts))


def _is_report_type(parts: Parts) -> bool:
    kind = parts.header("Content-Type").lower()
    return kind.startswith("multipart/report") and "disposition-notification" not in kind


def _answers_by_itself(parts: Parts) -> bool:
    """A note of absence says so; a postmaster's note may come with an empty return path."""
    submitted = parts.header("Auto-Submitted").lower()
    return submitted.startswith("auto-replied") and not (
        parts.fields.strip() or SUBJECT.search(parts.header("Subject"))
    )


def _has_mailer(parts: Parts) -> bool:
    sender = parts.header("From")
    found = ADDRESS.search(sender)
    address = (found[1] or found[2] or "") if found else sender.strip()
    name = sender.replace(address, "") if address else sender
    return (
        not address
        or bool(MAILERS.match(address))
        or bool(MAILER_NAMES.search(name))
        or (_null_path(parts) and bool(SUBJECT.search(parts.header("Subject"))))
    )


def _null_path(parts: Parts) -> bool:
    return parts.header("Return-Path").strip().lower() in NULL_PATHS


def _speaks_of_delivery(parts: Parts) -> bool:
    """By its subject, else by its first words: further down it may quote anything."""
    subject = parts.header("Subject")
    return bool(SUBJECT.search(subject) or PROSE.search(parts.prose[:4_000]))
