"""Whether those who send for us know us, and whether we would know them when they call."""

from app.bootstrap import House
from app.findings import CALL_SECONDS, Finding, look, ok, wrong
from app.settings import variable
from emails.errors import FetchFailed
from emails.providers.options import Account, Options
from emails.providers.registry import VENDORS

HOOK_SECRETS = ("webhook_secret", "inbound_secret")


def account(house: House, name: str) -> list[Finding]:
    what, options = f"account with {name}", _options(house, name)
    if options.missing():
        keys = ", ".join(f"emails.{name}.{option}" for option in options.missing())
        return [wrong(what, f"not given: {keys}.", "settings.toml says where each belongs.")]
    quick = options.model_copy(
        update={"timeout_seconds": min(options.timeout_seconds, CALL_SECONDS)}
    )
    vendor = VENDORS[name].provider(quick, house.clock.now)
    try:
        troubles = vendor.probe()
    except FetchFailed as error:
        return [wrong(what, f"{error}.", "Look whether this machine reaches the provider.")]
    finally:
        vendor.close()
    return [wrong(what, trouble) for trouble in troubles] or [ok(what, "it works.")]


def hooks(house: House, name: str) -> list[Finding]:
    return [judge_hooks(name, _options(house, name))]


def judge_hooks(name: str, options: Account) -> Finding:
    what = f"webhooks of {name}"
    if not isinstance(options, Options):
        return ok(what, "a mail server calls none; bounces and replies come as mail.")
    missing = [f"emails.{name}.{option}" for option in _unproven(options)]
    if not missing:
        return ok(what, "we can tell its calls from anybody's.")
    names = ", ".join(missing)
    says = f"{names} isn't set, so that calls are refused: no bounce or reply is heard of."
    secrets = ", ".join(variable(key) for key in missing if not key.endswith(".topics"))
    return look(what, says, f"Give it as {secrets}." if secrets else "Write it in settings.toml.")


def _unproven(options: Options) -> list[str]:
    # A vendor that signs by certificate is believed by topic, and has no secret with us.
    if "topics" in type(options).model_fields:
        return [] if getattr(options, "topics", ()) else ["topics"]
    return [n for n in HOOK_SECRETS if n in options.secrets() and not options.secret(n)]


def _options(house: House, name: str) -> Account:
    return house.settings.emails.options(name)
