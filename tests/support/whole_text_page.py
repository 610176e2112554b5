"""A page that shows a whole text in one element, to compare ours with."""

import os
import sys
from pathlib import Path

import streamlit as st

sys.path.append(str(Path(__file__).parents[2]))

from liaobots.ui.markdown import blocks, parser
from liaobots.ui.markdown.answer import ANSWER_OPTIONS

text = Path(os.environ["SHOWN_TEXT"]).read_text()
with st.chat_message("assistant"):
    st.markdown(blocks.write(parser.parse_whole(text), ANSWER_OPTIONS))
