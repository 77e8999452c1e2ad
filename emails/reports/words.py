"""What servers say, as tables: of the reader, of us, of the road between.

Read from top to bottom; the first that fits counts. Soft ones stand first, because to drop a
living reader is the worst mistake: "550 5.1.1 mailbox is full" is about a living one.
"""

import re
from enum import Enum, auto


class Meaning(Enum):
    PASSING = auto()  # Full, busy, blocked, too big, too late: the address may be well.
    SUSPENDED = auto()  # Closed for now by its provider.
    NO_DOMAIN = auto()  # The domain doesn't exist, or takes no mail.
    NO_USER = auto()  # Nobody has this address.
    SILENT = auto()  # Nothing we understand.


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


FULL = _any(
    r"over ?quota|quota (exceeded|full|limit)",
    r"exceed\w* .{0,30}(quota|storage|allowed size|limit)",
    r"(mail)?box\b.{0,60}(\bfull|exceed|limit|quota)",
    r"(inbox|storage|disk|space).{0,40}\b(full|out of)",
    r"(out of|not enough|insufficient|no) .{0,20}(storage|space|quota)|disk full|user is over",
    r"mailfolder is full|too many messages|file system full|queue file write error",
    r"postfach.{0,30}voll|speicher\w* .{0,30}(voll|erschöpft)|bo[iî]te.{0,40}pleine",
    r"quota dépassé",
    r"buz[oó]n.{0,30}lleno|casella.{0,30}piena|caixa.{0,30}cheia|ящик.{0,30}(полон|переполнен)",
    r"容量(オーバー|超過|不足)|満杯|(邮|郵)(箱|件).{0,10}(满|滿)|超过.{0,10}(容量|限)",
)  # fmt: skip
BUSY = _any(
    r"gr[ae]y-?list|try (again|later)|temporar|deferred|defer\b|throttl|rate ?limit|too many",
    r"frequency limited|receiving mail at a rate|receiving mail too quickly",
    r"quota for (today|this)",
    r"daily (relay )?quota|later\b.{0,20}\btry|essayer plus tard|später|too fast|unusual rate",
    r"load too high|too busy|resources? .{0,20}unavailable|service (currently |is )?unavailable",
    r"concurren|exceeded .{0,30}(rate|hour|day|connection)|limit exceeded",
)  # fmt: skip
UNREACHED = _any(
    r"timed? ?out|timeout|time limit|expired|giving up\b(?! on)|too long|in the queue",
    r"retr(y|ied)",
    r"connection (refused|reset|lost|dropped|closed|died)|connect(ion)? (to|failed|attempt)",
    r"network (is )?unreachable|no route|socket error|lost connection",
    r"did not accept .{0,20}connect",
    r"too many hops|hop count|\bloop|loops back|malformed or unexpected|servfail|try ?again",
    r"ldap|(tls|ssl|certificate|starttls)\b",
    r"could not connect|unable to connect|wasn.t able to establish|no answer|queue\.expired",
)  # fmt: skip
# The address it came from, or the server that brought it.
SENDER = _any(
    r"\bsender|mail[- ]from\b|\b[he][eh]lo\b|client host|your (host|domain|server|ip)|\brdns\b",
    r"reverse dns|\bptr\b|from[: ]address|return[ -]?(path|address)|responsible address",
)  # fmt: skip
BLOCKED = _any(
    r"\bspam|\bube\b|\bubl\b|\bjunk|blocke?d?\b|block ?list|black ?list|deny ?list|\brbl\b|dnsbl",
    r"spamhaus|sorbs|spamcop|barracuda|cloudmark|proofpoint|reputation|banned|suspicious|phish",
    r"policy|polic(ies|y) (reasons|violation)|violat|not (allowed|permitted|authori[sz]ed)",
    r"dmarc|\bspf\b|\bdkim\b|authenticat|\bauth\b|rfc ?\d{4}",
    r"virus|malware|infected|content rejected|message (content )?(rejected|filtered|refused)",
    r"media error|header (error|s too)|attachment|access denied|permission|relay",
    r"not accepted due",
    r"refused by|denied|greeting|unauthori[sz]ed|complaint|unsolicited|bulk",
    r"bloqu[ée]|rejete|security|protection",
    r"too (big|large|long)|size (limit|exceed)|message length|sizelimit",
    r"exceeds (the )?(max|size)",
    r"internal (server |system )?error|system error|mailer error|configuration error",
    r"syntax error",
    r"not implemented|malformed|could be|may (not )?(exist|be)|might|possibly",
    r"you may need|restricted|only .{0,40}(members|accept)|moderat|redundant",
)  # fmt: skip
SUSPENDED = _any(
    r"(account|user|mailbox|address|recipient)s?\b.{0,60}\b(disabled|inactive|suspended|frozen)",
    r"(account|mailbox|user)\b.{0,40}\b(locked|blocked|deactivat|discontinued|closed|expired)",
    r"(disabled|inactive|suspended|deactivated|dormant|frozen|locked) .{0,20}"
    r"(account|user|mailbox|recipient|address)",
    r"compte.{0,40}(bloqu|d[ée]sactiv|suspend)|konto.{0,30}(gesperrt|deaktiviert)",
    r"cuenta.{0,30}(desactiv|inhabilit|suspend)|(account|ящик).{0,30}(заблокирован|отключ)",
)  # fmt: skip
NO_DOMAIN = _any(
    r"(host|domain)( name)?( or domain name)? (is )?(unknown|not found|does ?n.t exist)",
    r"(domain|host)( name)? does not exist|unknown (mail )?(host|domain)|no such (host|domain)",
    r"(host|domain) (or domain name |\S{1,100} )?not found|nxdomain|name or service not known",
    r"invalid domain",
    r"bad destination (host|system)|domain .{1,80} (does not|doesn.t) exist|illegal host",
    r"couldn.t find (any host|a mail exchanger)|no (mx|mail exchanger|a record|valid mx)",
    r"no smtp service|does(n.t| not) (accept|receive) (e-?)?mail|null mx|nullmx",
    r"system not accepting network messages|domain .{0,60}(couldn.t|could not) be found",
    r"(domäne|domain) .{0,60}(nicht gefunden|existiert nicht)|domaine (inconnu|introuvable)",
    r"dominio .{0,60}(no existe|non esiste)|домен .{0,60}не (существует|найден)",
)  # fmt: skip
NO_USER = _any(
    r"(user|recipient|mailbox|address\w*|account|alias|addressee|name|customer|member)s?\b\W{0,4}"
    r"(\S{1,100} )?(is |was |has |are )?(\(?un)(known|recogni[sz]ed|routable)",
    r"(user|recipient|mailbox|address|account|alias|addressee|name|mail ?drop|login)s?\b\W{0,4}"
    r"(\S{1,100} )?((is|was|are|could|can|has|have|does|do|been) ?){0,4}(not|n.t|non)[ -]?"
    r"(be |been )?(found|exist\w*|recogni[sz]ed|known|registered|listed|valid|located)",
    r"(does|do|did)( not|n.t) (exist|have (a|an) (\S{1,80} )?(account|mailbox))",
    r"(un|not )(known|recogni[sz]ed|registered) .{0,10}(user|recipient|mailbox|address|account)",
    r"no (such )?(user|mailbox|recipient|address|account|person|subscriber|such person)\b",
    r"no mailbox here",
    r"(invalid|bad|unknown|illegal|wrong) .{0,20}(recipient|mailbox|user\b|userid)",
    r"(invalid|bad) (destination )?(email )?address",
    r"mailbox (is )?(unavailable|invalid|not available)",
    r"not a (valid|registered|known|local) (\w+ )?(user|recipient|mailbox|address|account)",
    r"(no longer|not) (on|at|in|with|valid|available|exists?|employed|active|in use)\b.{0,20}",
    r"doesn.t have (a|an) .{1,80} account|recipnotfound|recipient ?not ?found|recip_?unknown",
    r"user.{0,20}(doesn.t|does not|not) exist|address (rejected|unknown)\.?$|person not found",
    r"destinataire.{0,40}(invalide|inconnu|inexistant)|utilisateur (inconnu|inexistant)",
    r"(adresse|bo[iî]te).{0,40}(invalide|introuvable|n.existe pas)",
    r"empf[äa]nger.{0,40}(unbekannt|nicht)",
    r"unbekannte\w? (empf|benutzer|nutzer|adresse)",
    r"(benutzer|nutzer|adresse|postfach|konto).{0,30}(unbekannt|existiert nicht)",
    r"(benutzer|nutzer|adresse|postfach|konto).{0,30}nicht (gefunden|vorhanden|bekannt)",
    r"kein (solcher )?(benutzer|postfach)",
    r"usuario.{0,30}(desconocido|inexistente|no (existe|encontrado))",
    r"direcci[oó]n.{0,60}no (existe|v[áa]lida)",
    r"(buz[oó]n|cuenta|destinatario).{0,30}(no existe|inexistente|desconocid)",
    r"no se (ha )?encontr",
    r"utente (sconosciuto|inesistente)",
    r"(casella|indirizzo|account).{0,60}(non (esiste|trovat)|inesistente)",
    r"impossibile trovare|usu[áa]rio.{0,30}(desconhecid|inexistente|n[ãa]o (existe|encontrad))",
    r"(onbekende? (gebruiker|ontvanger|adres))",
    r"(gebruiker|ontvanger|adres).{0,30}(onbekend|bestaat niet)",
    r"nieznany.{0,20}(u[żz]ytkownik|adresat)",
    r"(u[żz]ytkownik|adresat).{0,20}(nieznany|nie istnieje)",
    r"nezn[áa]m[ýy] (u[žz]ivatel|p[řr][íi]jemce)|ok[äa]nd (anv[äa]ndare|mottagare)",
    r"ukendt (bruger|modtager)",
    r"ukjent (bruker|mottaker)|tuntematon (k[äa]ytt[äa]j[äa]|vastaanottaja)",
    r"ismeretlen (felhaszn|c[íi]mzett)",
    r"(пользовател|адресат|получател|ящик|адрес)\w*.{0,60}не (существует|найден|зарегистрирован)",
    r"нет такого (пользователя|адреса|ящика)|несуществующ",
    r"(kullan\u0131c\u0131|al\u0131c\u0131).{0,20}(bulunamad|yok)",
    r"宛先(が)?(不明|存在しません|見つかりません)",
    r"(ユーザー?|アドレス|宛先).{0,15}(存在しません|見つかりません|不明)",
    r"(用户|用戶|收件人|账号|帐号|賬號|邮箱|郵箱).{0,10}(不存在|未找到|无效)|존재하지 않",
)  # fmt: skip
# Rejections that say nothing, whose status says it all. RFC 3463, 3886, 7505.
GONE_STATUSES = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.1.351"}
# Too general to prove anything, but it does speak of the address.
GENERAL_STATUS = "5.1.0"
# Servers that look into their own directory, or tell what answered to the address.
DIRECTORIES = _any(
    r"recipient name is not recognized|msexch:\S{1,200} .{0,60}unknown recipient|recipnotfound",
    r"invalid final delivery userid|because the address couldn.t be found",
)
# An answer of two things, code and address, is an answer to the command that named it.
NAMES_ADDRESS = _any(r"^\s*55[0-4][ -]<?\S{1,100}@\S{1,200}?>?(:|\.\.\.)")
# Exchange Online tells so that a directory has no such recipient (Directory Based Edge Blocking).
EDGE_BLOCK = _any(r"\b5\.4\.1\b.{0,200}recipient address rejected: access denied")
# KDDI's filter calls a living reader unknown, and names nobody: "550 : User unknown".
NAMELESS = _any(r"\b55\d\s+:\s*user unknown")

WARNING = _any(
    r"warning message only|has been delayed|will (be retried|keep trying|continue to)",
    r"still trying",
    r"delivery (status notification )?\(?delay|no action is required|not yet (been )?delivered",
    r"do not need to resend|for (the )?past \d+ hours|in the queue for .{0,40}(not|and)",
    r"verzögert|noch nicht zugestellt|retard[ée]|retrasad|配信が遅れ",
)  # fmt: skip
