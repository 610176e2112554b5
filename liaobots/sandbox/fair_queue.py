"""Jobs that wait, each owner's in turn."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, zip_longest
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue for each owner, first in, first out; the owners take turns. It has no lock."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def count(self, owner: str) -> int:
        """Return how many jobs of an owner wait."""
        return len(self._queues.get(owner, ()))

    def put(self, owner: str, job: T) -> None:
        self._queues.setdefault(owner, deque()).append(job)

    def take(self, running: Iterable[str], most: int) -> T | None:
        """Return the next job, or None; an owner with `most` jobs running has to wait."""
        counted = Counter(running)
        owner = next((each for each in self._queues if counted[each] < most), None)
        if owner is None:
            return None
        queue = self._queues.pop(owner)
        job = queue.popleft()
        if queue:
            # Behind the others: it is their turn now.
            self._queues[owner] = queue
        return job

    def remove(self, is_wanted: Callable[[T], bool]) -> Sequence[T]:
        """Remove and return the jobs that are not wanted any more."""
        removed = [job for job in self.jobs() if not is_wanted(job)]
        for owner, queue in list(self._queues.items()):
            kept = deque(job for job in queue if job not in removed)
            if kept:
                self._queues[owner] = kept
            else:
                del self._queues[owner]
        return removed

    def jobs(self) -> Sequence[T]:
        """Return all jobs in the order in which they would be taken."""
        rounds = zip_longest(*self._queues.values())
        return [job for job in chain.from_iterable(rounds) if job is not None]
