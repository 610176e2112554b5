"""Functions that run on files in real child processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import liaobots
from liaobots.errors import (
    FileUnreadable,
    InvalidInput,
    JobCancelled,
    LiaobotsError,
    LimitReached,
    ServerBusy,
)
from liaobots.sandbox import job as job_module
from liaobots.sandbox import process
from liaobots.sandbox.fair_queue import FairQueue
from liaobots.sandbox.job import SandboxJob
from liaobots.sandbox.pool import SandboxPool
from tests.support.app import ROOT
from tests.support.processes import children, is_alive
from tests.support.waiting import wait_until

Submit = Callable[..., SandboxJob]


@pytest.fixture
def pool() -> Iterator[SandboxPool]:
    made = SandboxPool(at_once=2, waiting=20)
    yield made
    made.close()


@pytest.fixture
def submit(pool: SandboxPool, tmp_path: Path) -> Submit:
    """Return a function that runs a task of the tests on a short file."""
    return submitter(pool, tmp_path)


def submitter(pool: SandboxPool, folder: Path) -> Submit:
    source = folder / "source"
    source.write_text("words of the file ")

    def submit(task: str, result: str = "result", **others: Any) -> SandboxJob:
        bounds: dict[str, Any] = {
            "processor_seconds": 20,
            "memory_bytes": 300_000_000,
            "options": {"times": 2},
        }
        return pool.submit(
            f"tests.support.sandbox_tasks:{task}", source, folder / result, **(bounds | others)
        )

    return submit


def error_of(job: SandboxJob) -> LiaobotsError:
    with pytest.raises(LiaobotsError) as caught:
        job.result_or_raise()
    return caught.value


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """Check that no process, thread, descriptor or file outlives its job."""
    before = children(os.getpid()), threading.active_count(), len(os.listdir("/proc/self/fd"))
    yield
    wait_until(lambda: threading.active_count() <= before[1])
    assert children(os.getpid()) <= before[0]
    assert len(os.listdir("/proc/self/fd")) <= before[2]
    assert {each.name for each in tmp_path.iterdir()} <= {"source", "result", "order"} | set("abcd")


def test_result(submit: Submit, tmp_path: Path) -> None:
    """The result of the function exists when the job is over."""
    job = submit("copy")
    job.result_or_raise()
    assert job.is_over
    assert job.position == 0
    assert (tmp_path / "result").read_text() == "words of the file " * 2


def test_what_a_process_knows(
    submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has none of the server's settings, and loads no module that it does not need."""
    monkeypatch.setenv("LIAOBOTS_AUTH", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@localhost:1")
    submit("environment").result_or_raise()
    known = set((tmp_path / "result").read_text().split("\n"))
    assert not {"LIAOBOTS_AUTH", "HTTPS_PROXY", "HOME", "PATH"} & known
    assert not {"streamlit", "sqlalchemy", "requests", "liaobots.client"} & known


def test_names_of_the_package() -> None:
    """`import liaobots` offers the names of the contract, and loads them on first use."""
    code = "import liaobots; names = dir(liaobots); from liaobots import *; print(Client, model)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "liaobots.client.client.Client" in done.stdout
    assert set(liaobots.__all__) <= set(dir(liaobots))
    assert all(getattr(liaobots, name) is not None for name in liaobots.__all__)
    assert not hasattr(liaobots, "nothing")


@pytest.mark.parametrize("times", [1, 100_000])
def test_the_message_of_an_error(submit: Submit, times: int) -> None:
    """The message of the function is passed on, up to a length that fits a page."""
    error = error_of(submit("refuse", options={"times": times}))
    assert type(error) is InvalidInput
    assert str(error).startswith("“a.pdf” is no file for us. Mend it.")
    assert len(str(error)) <= 2_000


@pytest.mark.parametrize("task", ["fail", "crash", "no_such_function"])
def test_a_failing_function(submit: Submit, task: str, capfd: pytest.CaptureFixture[str]) -> None:
    """However a function fails, the message is ours, and quotes nothing of the file."""
    error = error_of(submit(task))
    assert type(error) is FileUnreadable
    assert "words of the file" not in str(error)
    assert capfd.readouterr() == ("", "")


def test_printed_text_is_discarded(submit: Submit, capfd: pytest.CaptureFixture[str]) -> None:
    """It reaches neither the server's console nor the report."""
    submit("print_much").result_or_raise()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("task", "limit", "words"),
    [
        ("compute", "processor time", "than the 1 seconds of processor"),
        ("allocate", "memory", "than the 300 MB of memory"),
        ("hide_memory_error", "memory", "than the 300 MB of memory"),
        ("write_much", "output", "than the 5 MB of text"),
    ],
)
def test_limits(submit: Submit, tmp_path: Path, task: str, limit: str, words: str) -> None:
    """The message says which limit was reached and what to do."""
    error = error_of(submit(task, processor_seconds=1, result_bytes=5_000_000))
    assert isinstance(error, LimitReached)
    assert error.limit == limit
    assert words in str(error)
    assert "Save the part that matters" in str(error)
    result = tmp_path / "result"
    assert not result.exists() or result.stat().st_size <= 5_000_000


def test_memory_without_a_limit_of_the_address_space(
    submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process without that limit, as on macOS, checks its memory itself."""
    code = (
        "import resource, runpy, sys; vars(resource).pop('RLIMIT_AS')\n"
        "sys.argv.remove('-m'), sys.argv.remove('liaobots.sandbox')\n"
        "runpy.run_module('liaobots.sandbox', run_name='__main__', alter_sys=False)"
    )
    wrapper = tmp_path / "a"
    wrapper.write_text(f'#!/bin/sh\nshift 2; exec {sys.executable} -c "{code}" "$@"\n')
    wrapper.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(wrapper))
    error = error_of(submit("allocate", memory_bytes=100_000_000))
    assert isinstance(error, LimitReached)
    assert error.limit == "memory"


def sleeping(submit: Submit, folder: Path, **others: Any) -> tuple[SandboxJob, list[int]]:
    """Return a job that sleeps for ever, with the ids of its two processes."""
    job, result = submit("sleep", **others), folder / "result"
    wait_until(lambda: not job.is_over and result.exists() and " " in result.read_text())
    return job, [int(pid) for pid in result.read_text().split()]


def gone(pids: list[int]) -> bool:
    return not any(map(is_alive, pids))


def test_clock_time(submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that takes no processor time is ended, with another that it started."""
    monkeypatch.setattr(process, "START_SECONDS", 0)
    job, pids = sleeping(submit, tmp_path, processor_seconds=1)
    error = error_of(job)
    assert isinstance(error, LimitReached)
    assert error.limit == "time"
    wait_until(lambda: gone(pids))


def test_cancel(submit: Submit, tmp_path: Path) -> None:
    """A cancelled job ends at once, with all its processes."""
    job, pids = sleeping(submit, tmp_path)
    job.cancel()
    assert isinstance(error_of(job), JobCancelled)
    wait_until(lambda: gone(pids))


def test_an_abandoned_job_is_cancelled(
    submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that is not checked is cancelled, whether it runs or waits; others continue."""
    ended: list[SandboxJob] = []
    left, pids = sleeping(submit, tmp_path, owner="a", on_over=ended.append)
    waiting = submit("copy", owner="a", on_over=ended.append)
    watched = submit("sleep", "b", owner="b")
    wanted = submit("sleep", "c", owner="c", is_wanted=lambda: True)
    wait_until(lambda: not watched.is_over and len(ended) == 2)
    assert set(ended) == {left, waiting}
    assert all(isinstance(each.error, JobCancelled) for each in ended)
    assert gone(pids)
    time.sleep(job_module.UNWATCHED_SECONDS / 5)
    assert not watched.is_over
    assert not wanted.is_over


def test_follow(submit: Submit, tmp_path: Path) -> None:
    """Following a job counts as checking it, for as long as it runs."""
    job, pids = sleeping(submit, tmp_path)
    began = time.monotonic()
    for _ in job.follow(0.1):
        if time.monotonic() - began > job_module.UNWATCHED_SECONDS + 1:
            break
    assert not gone(pids)
    job.cancel()
    assert list(job.follow(60)) == []


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[SandboxPool]:
    made = SandboxPool(at_once=1, waiting=3, waiting_per_owner=2)
    yield made
    made.close()


def test_order(narrow: SandboxPool, tmp_path: Path) -> None:
    """Jobs run in the order of submission and know their position; owners take turns."""
    submit = submitter(narrow, tmp_path)
    order = tmp_path / "order"
    first = submit("wait_for_source", "a")
    wait_until(lambda: first.position == 0 and order.exists())
    jobs = [
        submit("wait_for_source", "b", owner="one"),
        submit("wait_for_source", "c", owner="one"),
        submit("wait_for_source", "d", owner="two"),
    ]
    assert [job.position for job in jobs] == [1, 3, 2]
    (tmp_path / "source").unlink()
    wait_until(lambda: all(job.is_over for job in jobs))
    assert order.read_text().split() == ["a", "b", "d", "c"]


def test_full_queue(narrow: SandboxPool, tmp_path: Path) -> None:
    """One job too many is refused, for one owner or for all; freed places are used."""
    submit = submitter(narrow, tmp_path)
    running, _ = sleeping(submit, tmp_path, owner="a")
    waiting = [submit("copy", owner=owner) for owner in ("a", "a")]
    with pytest.raises(ServerBusy, match="2 of your files wait"):
        submit("copy", owner="a")
    waiting.append(submit("copy", owner="b"))
    with pytest.raises(ServerBusy, match="3 files wait"):
        submit("copy", owner="c")
    waiting[0].cancel()
    waiting.append(submit("copy", owner="c"))
    assert isinstance(error_of(waiting[0]), JobCancelled)
    running.cancel()
    for job in waiting[1:]:
        job.result_or_raise()


def test_one_owner_leaves_a_process_for_others(submit: Submit, tmp_path: Path) -> None:
    """One owner uses one of two processes."""
    order = tmp_path / "order"
    jobs = [submit("wait_for_source", name, owner="one") for name in "ab"]
    wait_until(lambda: [job.position for job in jobs] == [0, 1] and order.exists())
    jobs.append(submit("wait_for_source", "c", owner="two"))
    wait_until(lambda: [job.is_over for job in jobs] and len(order.read_text()) == 4)
    assert order.read_text().split() == ["a", "c"]
    (tmp_path / "source").unlink()
    wait_until(lambda: all(job.is_over for job in jobs))


def test_fair_queue() -> None:
    """The order that is shown is the order in which jobs are taken."""
    queue: FairQueue[str] = FairQueue()
    for job in ("a1", "a2", "a3", "b1", "c1", "c2"):
        queue.put(job[0], job)
    expected = ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert queue.jobs() == expected
    assert queue.remove(lambda job: job != "b1") == ["b1"]
    assert [queue.take([], 1) for _ in range(6)] == ["a1", "c1", "a2", "c2", "a3", None]


# A shell that starts a program in the background has it ignore SIGINT.
SERVER = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from liaobots.sandbox.pool import SandboxPool
pool = SandboxPool(1, 1)
folder = Path(sys.argv[1])
job = pool.submit(
    "tests.support.sandbox_tasks:" + sys.argv[2], folder / "source", folder / "result",
    processor_seconds=600, memory_bytes=10**9, options={"times": 2})
for _ in job.follow(0.1):
    pass
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_does_not_outlive_the_server(tmp_path: Path, sent: signal.Signals) -> None:
    """However the server ends, its processes end with it."""
    (tmp_path / "source").write_text("x")
    (tmp_path / "result").touch()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, tmp_path, "compute"], cwd=ROOT, stderr=subprocess.DEVNULL
    )

    def started() -> list[int]:
        """Return the processes that have begun to run their own program."""
        listed = Path(f"/proc/{server.pid}/task").glob("*/children")
        pids = [int(pid) for file in listed for pid in file.read_text().split()]
        return [pid for pid in pids if b"sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    wait_until(started)
    pids = started()
    server.send_signal(sent)
    server.wait(timeout=60)
    wait_until(lambda: gone(pids))
