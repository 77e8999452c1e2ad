"""All pages put together as one ASGI application."""

from fastapi import FastAPI

from app.bootstrap import House
from app.web import (
    api,
    booking,
    booking_changes,
    confirm,
    courses,
    dress,
    embed,
    feed,
    health,
    hooks,
    keepsake,
    letters,
    mailbox,
    mailbox_answers,
    mailbox_clock,
    reflect,
    session,
    signup,
    static,
    unsubscribe,
    your_data,
)
from app.web.body_limit import BodyLimit
from app.web.headers import HeadAsGet, SecurityHeaders
from app.web.pages import Pages
from app.web.threads import few_threads
from app.web.troubles import CalmFailure, add_trouble_pages

# There are no cookies and no logins on these pages: what a request may do stands in its token.
# So no other site can borrow a visitor's rights, and the forms need no CSRF token.
READERS = (
    courses.router,
    dress.router,
    signup.router,
    embed.router,
    api.router,
    confirm.router,
    unsubscribe.router,
    letters.router,
    reflect.router,
    keepsake.router,
    your_data.router,
    booking.router,
    booking_changes.router,
    session.router,
    feed.router,
)
# For trying things out; exist only where no mail can leave this machine.
TRIAL = (mailbox.router, mailbox_answers.router, mailbox_clock.router)


def create_web(house: House) -> FastAPI:
    """The web side of one house."""
    app = FastAPI(
        title="Lettercourse",
        lifespan=few_threads,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.house = house
    app.state.pages = Pages(house)
    for router in READERS:
        app.include_router(router)
    app.include_router(health.router)
    app.include_router(hooks.router)
    if house.settings.emails.provider == "mailbox":
        for router in TRIAL:
            app.include_router(router)
    app.mount("/static", static.files())
    add_trouble_pages(app)
    # The last one added stands outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(CalmFailure, pages=app.state.pages)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecurityHeaders, https=house.settings.web.public_url.startswith("https://"))
    return app
