"""The page on which chats are taken along, and brought in."""

import streamlit as st

from liaobots.formats import LIMIT
from liaobots.formats.import_job import ImportJob
from liaobots.ui import actions, markdown, texts
from liaobots.ui.state import session

# How often the bar moves, in seconds.
PAUSE = 0.1


def show() -> None:
    """Draws the way out and the way in."""
    st.title(texts.TRANSFER, anchor=False)
    st.subheader(texts.EXPORT, anchor=False)
    st.caption(texts.EXPORT_HINT)
    st.download_button(
        texts.EXPORT_ALL,
        actions.transfer.export_all(),
        file_name=texts.EXPORT_FILE,
        mime="application/json",
        icon=texts.EXPORT_ICON,
        on_click="ignore",
    )
    st.subheader(texts.IMPORT, anchor=False)
    st.caption(texts.IMPORT_HINT)
    _show_import()


def _show_import() -> None:
    """Draws the field for a file, and what became of the last one."""
    key = session.upload()
    st.file_uploader(
        texts.IMPORT_LABEL,
        key=key,
        max_upload_size=LIMIT // 1_000_000,
        on_change=actions.transfer.import_file,
        args=(key,),
    )
    if words := session.import_refusal():
        st.error(markdown.escape_line(words))
    importing = session.importing()
    if importing is None:
        return
    place = st.empty()
    if not importing.is_over:
        with place.container():
            _follow(importing)
    place.empty()
    _show_end(importing)


def _follow(importing: ImportJob) -> None:
    """Draws how far an import has come, until it is over."""
    bar = st.empty()
    st.button(texts.IMPORT_STOP, icon=texts.STOP_ICON, on_click=importing.cancel)
    for _ in importing.follow(PAUSE):
        # The touch lets a click through.
        session.importing()
        bar.progress(importing.share, _progress(importing))


def _progress(importing: ImportJob) -> str:
    if position := importing.position:
        return texts.IMPORT_WAITS.format(position=position)
    return texts.IMPORTING.format(**_counts(importing)) if importing.all else texts.READING


def _show_end(importing: ImportJob) -> None:
    if importing.error is None:
        st.success(texts.IMPORTED.format(**_counts(importing)))
    elif importing.all:
        words = texts.NOT_IMPORTED.format(words=importing.error, **_counts(importing))
        st.error(markdown.escape_line(words))
    else:
        st.error(markdown.escape_line(str(importing.error)))


def _counts(importing: ImportJob) -> dict[str, int]:
    new = {"messages": importing.messages, "prompts": importing.prompts}
    return {"chats": importing.done, "all": importing.all, **new}
