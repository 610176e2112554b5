"""The app that `streamlit run app.py` starts: the page, with the middleware around it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from liaobots.ui import server_settings, server_state, uploads
from liaobots.ui.asgi import session_storage
from liaobots.ui.asgi.identity_middleware import IdentityMiddleware
from liaobots.ui.asgi.security_middleware import SecurityMiddleware
from liaobots.ui.asgi.socket_middleware import SocketMiddleware
from liaobots.ui.asgi.upload_middleware import UploadMiddleware

SWEEP_INTERVAL_SECONDS = 1.0


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Prepare the server, and mark the answers that are being written when it stops."""
    del app
    server_settings.log_errors()
    session_storage.install()
    server_state.tune_interpreter()
    sweeper = asyncio.create_task(sweep())
    yield
    sweeper.cancel()
    server_state.end()


async def sweep() -> None:
    """Remove uploads that are no longer usable, as long as the server runs."""
    while True:
        await asyncio.sleep(SWEEP_INTERVAL_SECONDS)
        await asyncio.to_thread(uploads.sweep)


app = st.App(
    "liaobots/ui/page.py",
    middleware=[
        Middleware(SocketMiddleware),
        Middleware(SecurityMiddleware),
        Middleware(UploadMiddleware),
        Middleware(IdentityMiddleware),
    ],
    lifespan=lifespan,
)
