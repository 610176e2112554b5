"""A service with a self-signed certificate."""

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
from tests.support.auth_code import CODE
from tests.support.client_calls import ask


def certificate(folder: Path) -> Path:
    """Create a file with a key and a self-signed certificate for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(*encoding, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


class TLSServer:
    """A TLS server that counts connections; `received` is what arrives after the handshake."""

    def __init__(self, file: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(file)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.attempts = 0
        self.received: list[bytes] = []

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.attempts += 1
            with client:
                self._listen(client)

    def _listen(self, client: socket.socket) -> None:
        client.settimeout(10)
        try:
            with self._context.wrap_socket(client, server_side=True) as tls_server:
                self.received.append(tls_server.recv(65_536))
        except OSError:
            # The client rejects the certificate.
            return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[TLSServer]:
    server = TLSServer(certificate(tmp_path))
    threading.Thread(target=server.serve, name="tls_server", daemon=True).start()
    yield server
    server.close()


CALLS: dict[str, Callable[[Client], object]] = {
    "chat": lambda client: list(client.chat(ask("hello"))),
    "models": lambda client: client.models(10),
    "account": lambda client: client.account(10),
}


@pytest.mark.parametrize("call", CALLS)
def test_self_signed_certificate(tls_server: TLSServer, call: str) -> None:
    """The error names the problem; address is one attempt, and nothing is sent."""
    with pytest.raises(ConnectionFailed, match="certificate could not be verified") as caught:
        CALLS[call](Client(CODE, tls_server.url, timeout=10))
    assert CODE not in str(caught.value)
    assert tls_server.attempts == 1
    assert not any(tls_server.received)
