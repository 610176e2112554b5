"""The page to export and import chats."""

import streamlit as st

from liaobots.formats import MAX_FILE_BYTES
from liaobots.formats.import_job import ImportJob
from liaobots.ui import actions, markdown, notice, texts
from liaobots.ui.state.session import Session, let_run_end

# How often the progress bar is drawn again: often enough to look smooth.
PROGRESS_INTERVAL_SECONDS = 0.1


def show(session: Session) -> None:
    """Draw the export and the import."""
    st.title(texts.TRANSFER, anchor=False)
    st.subheader(texts.EXPORT, anchor=False)
    st.caption(texts.EXPORT_HINT)
    st.download_button(
        texts.EXPORT_ALL,
        actions.transfer.export_all(session),
        file_name=texts.EXPORT_FILE,
        mime="application/json",
        icon=texts.EXPORT_ICON,
        on_click="ignore",
    )
    st.subheader(texts.IMPORT, anchor=False)
    st.caption(texts.IMPORT_HINT)
    _show_import(session)


def _show_import(session: Session) -> None:
    """Draw the field for a file, and the progress or result of the last import."""
    # The key changes after each file, which empties the field.
    key = f"upload-{session.uploads}"
    st.file_uploader(
        texts.IMPORT_LABEL,
        key=key,
        max_upload_size=MAX_FILE_BYTES // 1_000_000,
        on_change=actions.transfer.import_file,
        args=(key,),
    )
    notice.show(session)
    if (importing := session.import_job) is None:
        return
    slot = st.empty()
    if not importing.is_over:
        with slot.container():
            _follow(importing)
    slot.empty()
    _show_result(importing)


def _follow(importing: ImportJob) -> None:
    """Draw the progress of an import until it is over."""
    bar = st.empty()
    st.button(texts.IMPORT_STOP, icon=texts.STOP_ICON, on_click=importing.cancel)
    for _ in importing.follow(PROGRESS_INTERVAL_SECONDS):
        let_run_end()
        bar.progress(importing.share, _progress(importing))


def _progress(importing: ImportJob) -> str:
    if position := importing.position:
        return texts.IMPORT_WAITS.format(position=position)
    return texts.importing(importing.done, importing.all) if importing.all else texts.READING


def _show_result(importing: ImportJob) -> None:
    if importing.error is None:
        st.success(texts.imported(importing.done, importing.messages, importing.prompts))
    elif importing.all:
        words = texts.not_imported(str(importing.error), importing.done, importing.all)
        st.error(markdown.escape_line(words))
    else:
        st.error(markdown.escape_line(str(importing.error)))
