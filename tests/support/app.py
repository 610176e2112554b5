"""The app as a visitor meets it: `streamlit run app.py` in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

ROOT = Path(__file__).parents[2]


class App:
    """A running app; `log` is the file with its output."""

    def __init__(
        self,
        folder: Path,
        *,
        script: str = "app.py",
        address: str = "localhost",
        **environment: str,
    ) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = folder / f"app-{self.port}.log"
        self._script, self._address = script, address
        self._environment = {"HOME": str(folder), **environment}

    def start(self) -> Self:
        """Start the app, and wait until it answers."""
        options = {"headless": "true", "port": str(self.port)}
        options |= {"address": self._address} if self._address else {}
        command = [sys.executable, "-m", "streamlit", "run", self._script]
        command += [f"--server.{name}={value}" for name, value in options.items()]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LIAOBOTS_", "XDG_"))}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=kept | self._environment, stdout=log, stderr=log
            )
        self._wait_until_healthy()
        return self

    def stop(self) -> None:
        """Stop the app as Ctrl-C would."""
        self.process.terminate()
        self.process.wait(timeout=30)

    def kill(self) -> None:
        """Kill the app, as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=30)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if requests.get(f"{self.url}/_stcore/health", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise RuntimeError(f"The app did not start:\n{self.log.read_text()}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
