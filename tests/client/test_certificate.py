"""A service whose certificate nobody vouches for."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from liaobots.client.client import Client
from liaobots.errors import ConnectionFailed
from tests.client.test_client import ask
from tests.conftest import CODE


def certificate(folder: Path) -> Path:
    """Make a file with a key and a certificate for this machine that is signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    there = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([there]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(*form, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


class Secured:
    """A server that speaks TLS, and counts who tries; `heard` is what came once it was secured."""

    def __init__(self, file: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(file)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.tried = 0
        self.heard: list[bytes] = []

    def serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.tried += 1
            with caller:
                self._listen(caller)

    def _listen(self, caller: socket.socket) -> None:
        caller.settimeout(10)
        try:
            with self._context.wrap_socket(caller, server_side=True) as secured:
                self.heard.append(secured.recv(65_536))
        except OSError:
            # The caller does not like the certificate.
            return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    server = Secured(certificate(tmp_path))
    threading.Thread(target=server.serve, name="secured", daemon=True).start()
    yield server
    server.close()


CALLS: dict[str, Callable[[Client], object]] = {
    "chat": lambda client: list(client.chat(ask("hello"))),
    "models": lambda client: client.models(10),
    "account": lambda client: client.account(10),
}


@pytest.mark.parametrize("asking", CALLS)
def test_a_certificate_of_its_own(secured: Secured, asking: str) -> None:
    """The words say what is wrong; it is tried once, and nothing was sent, nor the code."""
    with pytest.raises(ConnectionFailed, match="certificate could not be verified") as caught:
        CALLS[asking](Client(CODE, secured.url, timeout=10))
    assert CODE not in str(caught.value)
    assert secured.tried == 1
    assert not any(secured.heard)
