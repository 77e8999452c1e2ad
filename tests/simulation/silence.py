"""Pages that show nothing: what a page does to the facts matters here, not how it looks."""

from fastapi.responses import HTMLResponse

from app.web.pages import Pages


class Silent(Pages):
    """Answers with the template's name in place of the page."""

    def __init__(self) -> None:
        pass

    def show(
        self, template: str, status: int = 200, *, policy: str | None = None, **values: object
    ) -> HTMLResponse:
        del policy, values
        return HTMLResponse(template, status)


SILENT = Silent()
