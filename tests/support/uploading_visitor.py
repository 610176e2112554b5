"""A visitor without a browser who uploads files, for a question or an import."""

import asyncio
import secrets
from collections.abc import Sequence

import requests
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, FileURLsResponse, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from liaobots.ui.identity_cookie import COOKIE
from tests.support.protocol_client import Visitor

XSRF_COOKIE, XSRF_HEADER = "_streamlit_xsrf", "X-Xsrftoken"


class UploadingVisitor(Visitor):
    """A visitor who uploads files.

    `typed` is what the server put into the composer. `has_error` says whether the page
    has shown an error since it was last drawn from its beginning.
    """

    _urls: FileURLsResponse | None = None
    typed = ""
    has_error = False

    async def upload(self, name: str, data: bytes) -> tuple[int, UploadedFileInfo]:
        """Upload a file, and return the status and what a widget says of it."""
        urls = await self._file_urls(name)
        info = UploadedFileInfo(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)
        return await asyncio.to_thread(self._put, urls.upload_url, name, data), info

    async def ask_with(self, question: str, files: Sequence[UploadedFileInfo]) -> None:
        """Send a question with uploaded files from the composer."""
        state = WidgetState(id=await self._widget("chat_input"))
        state.chat_input_value.data = question
        state.chat_input_value.file_uploader_state.uploaded_file_info.extend(files)
        await self._rerun(state)

    async def import_chats(self, file: UploadedFileInfo) -> None:
        """Import an uploaded file, on the page for that."""
        state = WidgetState(id=await self._widget("file_uploader"))
        state.file_uploader_state_value.uploaded_file_info.append(file)
        await self._rerun(state)

    async def _file_urls(self, name: str) -> FileURLs:
        message = BackMsg()
        asked = message.file_urls_request
        asked.request_id, asked.session_id = secrets.token_hex(8), self.session
        asked.file_names.append(name)
        self._urls = None
        await self.send(message)
        await self.until(lambda: self._urls)
        assert self._urls
        return self._urls.file_urls[0]

    def _put(self, path: str, name: str, data: bytes) -> int:
        with requests.Session() as session:
            session.cookies.set(COOKIE, self.identity)
            health = session.get(f"{self._root}/_stcore/health", timeout=60)
            answer = session.put(
                f"{self._root}{path}",
                files={"file": (name, data)},
                headers={XSRF_HEADER: health.cookies.get(XSRF_COOKIE, "")},
                timeout=120,
            )
            return answer.status_code

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "file_urls_response":
            self._urls = message.file_urls_response
        super()._take(message)

    def _begin(self, message: ForwardMsg) -> None:
        self.has_error = False
        super()._begin(message)

    def _note(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind == "chat_input" and element.chat_input.set_value:
            self.typed = element.chat_input.value
        self.has_error |= kind == "alert" and element.alert.format == Alert.ERROR
        super()._note(element)
