"""What every response says to browsers and robots, and HEAD wherever there is GET."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A page that saves what is typed on it.
WRITING_POLICY = f"{POLICY}; connect-src 'self'"
# The one page that any site may show in a frame. No click on it is worth stealing: whoever fills it
# in still has to confirm.
FRAMED_POLICY = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
# A captured letter is a stranger's HTML: its styles and nothing else, in a sandbox of its own.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
MAILBOX_POLICY = f"{POLICY}; frame-src 'self'"
# A picture that is opened by itself: an SVG could carry a script.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
A_YEAR = "max-age=31536000"


class SecurityHeaders:
    """Adds them to every response; a page that sets one itself keeps its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cache-Control", "no-store")
        if not _is_public(path):
            headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        if self._https:
            headers.setdefault("Strict-Transport-Security", A_YEAR)


class HeadAsGet:
    """HEAD is GET without the body. Both change nothing, so nothing can go wrong by it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_without_body)


def _is_public(path: str) -> bool:
    return path == "/" or path.startswith(("/courses/", "/static/", "/dress/"))
