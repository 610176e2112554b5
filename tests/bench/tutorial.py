"""The pattern of every tutorial: `st.write_stream` over the raw pieces, history in the session."""

import sys
from pathlib import Path

import streamlit as st

sys.path.append(str(Path(__file__).parents[2]))

from liaobots import Client

history = st.session_state.setdefault("messages", [])
for message in history:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])
if question := st.chat_input("Ask anything"):
    history.append({"role": "user", "content": question})
    with st.chat_message("user"):
        st.markdown(question)
    with st.chat_message("assistant"):
        answer = st.write_stream(Client().chat(history, model="gpt-4"))
    history.append({"role": "assistant", "content": answer})
