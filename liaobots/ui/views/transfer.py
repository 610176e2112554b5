"""The page to export and import chats."""

import streamlit as st

from liaobots.formats import MAX_FILE_BYTES
from liaobots.formats.import_job import ImportJob
from liaobots.locale import Sentence, _
from liaobots.ui import actions, icons, markdown, notice
from liaobots.ui.state.session import Session, let_run_end

# How often the progress bar is drawn again: often enough to look smooth.
PROGRESS_INTERVAL_SECONDS = 0.1


def show(session: Session) -> None:
    """Draw the export and the import."""
    st.title(_("Import and export"), anchor=False)
    st.subheader(_("Export"), anchor=False)
    st.caption(
        _(
            "All your chats with all their versions, and your prompts, in one JSON file, "
            "which can be imported here again."
        )
    )
    st.download_button(
        _("Export everything"),
        actions.transfer.export_all(session),
        file_name=_("liaobots-chats.json"),
        mime="application/json",
        icon=icons.EXPORT,
        on_click="ignore",
    )
    st.subheader(_("Import"), anchor=False)
    st.caption(
        _(
            "A file exported here, or the conversations.json of ChatGPT or Claude, or an "
            "export of Chatbot UI. Chats that are here already are not duplicated."
        )
    )
    _show_import(session)


def _show_import(session: Session) -> None:
    """Draw the field for a file, and the progress or result of the last import."""
    # The key changes after each file, which empties the field.
    key = f"upload-{session.uploads}"
    st.file_uploader(
        _("A file with chats"),
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
    st.button(_("Stop the import"), icon=icons.STOP, on_click=importing.cancel)
    for _moment in importing.follow(PROGRESS_INTERVAL_SECONDS):
        let_run_end()
        bar.progress(importing.share, _progress(importing))


def _progress(importing: ImportJob) -> str:
    if position := importing.position:
        return _(
            "Waiting: other imports are running, and this one is number {position} in the queue.",
            position=position,
        )
    if importing.all:
        return _("Importing: {done} of {chats}", done=importing.done, chats=_chats(importing.all))
    return _("Reading the file …")


def _show_result(importing: ImportJob) -> None:
    if importing.error is None:
        st.success(
            _(
                "Imported: {chats}, with {messages}, and {prompts}.",
                chats=_chats(importing.done),
                messages=Sentence.counted(
                    "{count} new message", "{count} new messages", importing.messages
                ),
                prompts=Sentence.counted(
                    "{count} new prompt", "{count} new prompts", importing.prompts
                ),
            )
        )
        return
    words = importing.error.message.worded()
    if importing.all:
        words = _(
            "{words} Imported: {done} of {chats}. Import the file again to continue.",
            words=words,
            done=importing.done,
            chats=_chats(importing.all),
        )
    st.error(markdown.escape_line(words))


def _chats(count: int) -> Sentence:
    return Sentence.counted("{count} chat", "{count} chats", count)
