"""A queue of jobs in which the owners take turns."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, zip_longest
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A first-in-first-out queue for each owner; the owners take turns. It is not thread-safe."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def count(self, owner: str) -> int:
        """Return how many jobs of an owner wait."""
        return len(self._queues.get(owner, ()))

    def put(self, owner: str, job: T) -> None:
        """Add a job at the end of its owner's queue."""
        self._queues.setdefault(owner, deque()).append(job)

    def take(self, running: Iterable[str], most: int) -> T | None:
        """Remove and return the next job, or None if no job may run.

        `running` are the owners of the running jobs; an owner with `most` of them must wait.
        """
        counted = Counter(running)
        owner = next((each for each in self._queues if counted[each] < most), None)
        if owner is None:
            return None
        queue = self._queues.pop(owner)
        job = queue.popleft()
        if queue:
            # This owner's next turn comes after the others.
            self._queues[owner] = queue
        return job

    def remove(self, is_wanted: Callable[[T], bool]) -> Sequence[T]:
        """Remove and return the jobs for which `is_wanted` is false."""
        removed = [job for job in self.jobs() if not is_wanted(job)]
        for owner, queue in list(self._queues.items()):
            kept = deque(job for job in queue if job not in removed)
            if kept:
                self._queues[owner] = kept
            else:
                del self._queues[owner]
        return removed

    def jobs(self) -> Sequence[T]:
        """Return all jobs in the order in which `take` would return them."""
        rounds = zip_longest(*self._queues.values())
        return [job for job in chain.from_iterable(rounds) if job is not None]
