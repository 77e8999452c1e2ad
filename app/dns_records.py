"""What the DNS says of a sender's domain, asked and judged.

SPF is RFC 7208, DKIM RFC 6376, DMARC RFC 9989 (which knows no `pct` any more).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import dns.name
import dns.resolver

from app.findings import CALL_SECONDS, Finding, look, ok, wrong

DNS_PORT = 53
# Longer names are cut to this many labels after the first question: RFC 9989, section 4.10.
TREE_LABELS = 7
POLICIES = {
    "none": "receivers let fakes through and only report them",
    "quarantine": "receivers put fakes into junk",
    "reject": "receivers refuse fakes",
}
# Where these vendors' own pages have everybody put the key.
SELECTORS = {"resend": ("resend",), "sendgrid": ("s1",)}
ASK_PROVIDER = "Your provider's page of the domain shows whether it finds its DKIM key."

Tags = Mapping[str, str]


class Dns:
    """A resolver: the system's, or the one at `name_server` (an IP address and a port)."""

    def __init__(self, name_server: tuple[str, int] | None = None) -> None:
        self._name_server = name_server

    def texts(self, name: str) -> list[str]:
        """Raises DNSException where nobody answers, as all of these do."""
        return [
            b"".join(each.strings).decode("utf-8", "replace") for each in self._ask(name, "TXT")
        ]

    def mail_hosts(self, name: str) -> list[str]:
        """Where mail for this domain goes; a lone dot where it says that it takes none."""
        return [each.exchange.to_text() for each in self._ask(name, "MX")]

    def has_address(self, name: str) -> bool:
        return any(self._ask(name, kind) for kind in ("A", "AAAA"))

    def knows(self, name: str) -> bool:
        try:
            self._resolve(name, "SOA")
        except dns.resolver.NXDOMAIN:
            return False
        return True

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self._resolve(name, kind))
        except dns.resolver.NXDOMAIN:
            return []

    def _resolve(self, name: str, kind: str) -> dns.resolver.Answer:
        return self._resolver.resolve(
            dns.name.from_text(name), kind, raise_on_no_answer=False, lifetime=CALL_SECONDS
        )

    @cached_property
    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=self._name_server is None)
        if self._name_server is not None:
            address, resolver.port = self._name_server
            resolver.nameservers = [address]
        return resolver


def spf(dns_: Dns, domain: str) -> list[Finding]:
    if not dns_.knows(domain):
        return [unknown(f"SPF of {domain}")]
    return [judge_spf(domain, dns_.texts(domain))]


def unknown(what: str) -> Finding:
    cure = (
        "Is it misspelt in settings.toml, or not registered? Its mail is refused until it exists."
    )
    return wrong(what, "the name server we asked says that there is no such domain.", cure)


def judge_spf(domain: str, texts: Sequence[str]) -> Finding:
    what = f"SPF of {domain}"
    found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return look(
            what,
            "there is no record. Many providers send returns to a domain of their own, and need "
            "none here.",
            "Add the one your provider shows, if it shows one.",
        )
    if len(found) > 1:
        return wrong(
            what,
            f"there are {len(found)} records, and then receivers heed none.",
            "Make them one: a single v=spf1, the others' words in it, and one ending.",
        )
    if {"all", "+all"} & set(found[0].lower().split()):
        return wrong(
            what,
            "the record allows everybody to send in your name.",
            "End it with ~all instead of +all.",
        )
    return ok(what, f"there is one record: {found[0]}")


def dkim(dns_: Dns, provider: str, domain: str) -> list[Finding]:
    """A key can only be found by its selector, which most vendors choose by themselves."""
    names = [f"{selector}._domainkey.{domain}" for selector in SELECTORS.get(provider, ())]
    if not names:
        says = f"{provider} gives each domain a name for its key that can't be guessed."
        return [look(f"DKIM of {domain}", says, ASK_PROVIDER)]
    return [judge_dkim(name, dns_.texts(name)) for name in names]


def judge_dkim(name: str, texts: Sequence[str]) -> Finding:
    what = f"DKIM at {name}"
    keys = [tags["p"] for tags in map(tags_of, texts) if "p" in tags]
    if not keys:
        return look(what, "there is no key; it may stand under another name.", ASK_PROVIDER)
    if not any(keys):
        return wrong(what, "the key was withdrawn (p is empty).", ASK_PROVIDER)
    return ok(what, "there is a key.")


def dmarc(dns_: Dns, domain: str) -> list[Finding]:
    """The domain's own record, or the one that stands in for it further up the tree."""
    own = dns_.texts(f"_dmarc.{domain}")
    if dmarc_records(own):
        return [judge_dmarc(domain, domain, own)]
    above = {name: dns_.texts(f"_dmarc.{name}") for name in names_above(domain)}
    name = standing_in(above)
    return [judge_dmarc(domain, name or domain, above.get(name or "", []))]


def names_above(domain: str) -> list[str]:
    labels = domain.split(".")
    parents = [".".join(labels[n:]) for n in range(1, len(labels))]
    return parents[-TREE_LABELS:]


def standing_in(above: Mapping[str, Sequence[str]]) -> str | None:
    """Whose record speaks for a domain that has none: RFC 9989, section 4.10.

    `above` goes from near to far. The farthest speaks, but a domain that says psd=n is the last one
    asked, and one under which others register (psd=y) speaks only where nobody else does.
    """
    speaking = None
    for name, texts in above.items():
        records = dmarc_records(texts)
        if len(records) != 1:
            continue
        match tags_of(records[0]).get("psd", "").lower():
            case "n":
                return name
            case "y":
                return speaking or name
            case _:
                speaking = name
    return speaking


def dmarc_records(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text.split(";")[0].replace(" ", "") == "v=DMARC1"]


def judge_dmarc(domain: str, at: str, texts: Sequence[str]) -> Finding:
    what, found = f"DMARC of {domain}", dmarc_records(texts)
    where = f"_dmarc.{at}"
    if len(found) != 1:
        says = f"there are {len(found)} records at {where}, and then receivers heed none."
        return wrong(
            what,
            says if found else "there is no record; large mailbox providers want one.",
            f'Have exactly one TXT record at {where}; "v=DMARC1; p=none" is enough to begin.',
        )
    tags = tags_of(found[0])
    policy = (tags.get("p") if at == domain else tags.get("sp", tags.get("p"))) or ""
    meaning = POLICIES.get(policy.lower())
    if meaning is None:
        cure = "Let it hold p=none, p=quarantine or p=reject."
        return wrong(what, f"the record at {where} has no policy that exists.", cure)
    testing = " It is marked as a test (t=y)." if tags.get("t", "").lower() == "y" else ""
    return ok(what, f"the policy is {policy.lower()}: {meaning}.{testing}")


def mail_for(dns_: Dns, domain: str) -> list[Finding]:
    if not dns_.knows(domain):
        return [unknown(f"MX of {domain}")]
    hosts = dns_.mail_hosts(domain)
    return [judge_mail(domain, hosts, bool(hosts) or dns_.has_address(domain))]


def judge_mail(domain: str, hosts: Sequence[str], has_address: bool) -> Finding:
    what = f"MX of {domain}"
    cure = "Add the MX record of whoever receives your readers' replies."
    if hosts == ["."]:
        return wrong(what, "the domain says that it takes no mail: no reply can arrive.", cure)
    if hosts:
        return ok(what, f"replies go to {', '.join(host.rstrip('.') for host in hosts)}.")
    if has_address:
        return look(what, "there is none; mail is tried at the web server, which is rare.", cure)
    return wrong(what, "there is none: no reply can arrive.", cure)


def tags_of(record: str) -> Tags:
    pairs = (part.partition("=") for part in record.split(";"))
    return {
        name.strip().lower(): value.strip() for name, _, value in pairs if value or name.strip()
    }
