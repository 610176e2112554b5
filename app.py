"""What `streamlit run app.py` finds: the page, behind the door that guards it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from liaobots.ui import server
from liaobots.ui.door import Door
from liaobots.ui.identity_middleware import IdentityMiddleware


@asynccontextmanager
async def life(app: st.App) -> AsyncIterator[None]:
    """Prepares the server, and lets what is written be marked, however it is told to stop."""
    del app
    server.begin()
    yield
    server.end()


app = st.App(
    "liaobots/ui/page.py",
    middleware=[Middleware(Door), Middleware(IdentityMiddleware)],
    lifespan=life,
)
