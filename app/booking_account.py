"""Whether the booking tool knows us, and whether we would know it when it calls."""

from app.bootstrap import House
from app.findings import CALL_SECONDS, Finding, look, ok, wrong
from app.settings import variable
from emails.booking_tools.base import ToolOptions
from emails.booking_tools.registry import TOOLS
from emails.errors import FetchFailed


def booking_account(house: House, name: str) -> list[Finding]:
    options = house.settings.booking.options(name)
    address = house.links.page(f"hooks/{name}/events")
    return [*_key(name, options), judge_tool_hooks(name, options, address)]


def judge_tool_hooks(name: str, options: ToolOptions, address: str) -> Finding:
    what, key = f"webhook of {TOOLS[name].title}", f"booking.{name}.webhook_secret"
    if options.secret("webhook_secret"):
        return ok(what, f"its calls to {address} can be told from anybody's.")
    says = f"{key} isn't set, so that its calls are refused: sessions are heard of by asking alone."
    return look(what, says, f"Make one to {address} there; give its secret as {variable(key)}.")


def _key(name: str, options: ToolOptions) -> list[Finding]:
    what = f"account with {TOOLS[name].title}"
    quick = {"timeout_seconds": min(options.timeout_seconds, CALL_SECONDS)}
    tool = TOOLS[name].make(options.model_copy(update=quick))
    try:
        troubles = tool.probe()
    except FetchFailed as error:
        return [wrong(what, f"{error}.", "Look whether this machine reaches it.")]
    finally:
        tool.close()
    return [wrong(what, trouble) for trouble in troubles] or [ok(what, "the key works.")]
