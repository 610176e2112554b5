"""What `streamlit run app.py` finds: the page, behind the door that guards it."""

import streamlit as st
from starlette.middleware import Middleware

from liaobots.ui.door import Door

app = st.App("liaobots/ui/page.py", middleware=[Middleware(Door)])
