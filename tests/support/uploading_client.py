"""A visitor without a browser who sends files along with a question."""

import asyncio
import secrets

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLsResponse, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from liaobots.ui.identity_cookie import COOKIE
from tests.support.protocol_client import Visitor

XSRF = "_streamlit_xsrf"


class Sender(Visitor):
    """A visitor who sends files along. `typed` is what the server put into the composer."""

    _addresses: FileURLsResponse | None = None
    typed = ""

    async def ask_with(self, question: str, *files: bytes) -> None:
        """Upload files, then send a question with them from the composer."""
        infos = [await self._upload(f"{at}.pdf", data) for at, data in enumerate(files)]
        state = WidgetState(id=await self._widget("chat_input"))
        state.chat_input_value.data = question
        state.chat_input_value.file_uploader_state.uploaded_file_info.extend(infos)
        await self._rerun(state)

    async def _upload(self, name: str, data: bytes) -> UploadedFileInfo:
        message = BackMsg()
        wish = message.file_urls_request
        wish.request_id, wish.session_id = secrets.token_hex(8), self.session
        wish.file_names.append(name)
        self._addresses = None
        await self._line.send(message.SerializeToString())
        await self.until(lambda: self._addresses)
        assert self._addresses
        address = self._addresses.file_urls[0]
        await asyncio.to_thread(self._put, address.upload_url, name, data)
        return UploadedFileInfo(
            name=name, size=len(data), file_id=address.file_id, file_urls=address
        )

    def _put(self, path: str, name: str, data: bytes) -> None:
        with requests.Session() as session:
            session.cookies.set(COOKIE, self.identity)
            token = session.get(f"{self._root}/_stcore/health", timeout=60).cookies.get(XSRF, "")
            session.put(
                f"{self._root}{path}",
                files={"file": (name, data)},
                headers={"X-Xsrftoken": token},
                timeout=60,
            ).raise_for_status()

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "file_urls_response":
            self._addresses = message.file_urls_response
        super()._take(message)

    def _note(self, element: Element) -> None:
        if element.WhichOneof("type") == "chat_input" and element.chat_input.set_value:
            self.typed = element.chat_input.value
        super()._note(element)
