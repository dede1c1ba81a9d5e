"""The queue: one picture is painted at a time, whoever asks, and whether or not anyone is connected."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable

from sfumato.errors import InputError, SfumatoError, listening, unexpected
from sfumato.studio.job import Job, Kind
from sfumato.studio.session import Session

__all__ = ["Queue"]

_LOG = logging.getLogger("sfumato.studio")


class Queue:
    """Threads that carry out jobs: one paints, one takes quick looks, so that no look waits for a painting.

    Parameters
    ----------
    work : callable
        Carries out a job; sets its state if it is cancelled.
    """

    def __init__(self, work: Callable[[Job], None]) -> None:
        self._work = work
        self._waiting: dict[Kind, deque[Job]] = {"paint": deque(), "look": deque()}
        self._ready = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(kind,), name=f"sfumato-{kind}", daemon=True)
            for kind in self._waiting
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def close(self, *, seconds: float = 20.0) -> None:
        """Cancel everything, and wait for the threads for a while."""
        with self._ready:
            self._closed = True
            for jobs in self._waiting.values():
                for job in jobs:
                    job.stop.set()
            self._ready.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(seconds)

    def add(self, session: Session, kind: Kind) -> Job:
        """Put a job into the queue. A look takes the place of the session's look before it.

        Raises
        ------
        InputError
            If the session has a painting in progress.
        """
        with self._ready:
            before = session.job
            if before is not None and before.active:
                if before.kind == "paint":
                    raise InputError("a picture is being painted; cancel it first, or wait until it is done")
                self._stop(before)
            job = Job(secrets.token_hex(6), kind, session)
            session.job = job
            self._waiting[kind].append(job)
            self._number()
            self._ready.notify_all()
        session.changed()
        return job

    def cancel(self, session: Session) -> None:
        """Cancel the session's job: at once if it waits, else after its current step.

        Raises
        ------
        InputError
            If there is none.
        """
        with self._ready:
            if session.job is None or not session.job.active:
                raise InputError("nothing is being painted")
            self._stop(session.job)

    def _stop(self, job: Job) -> None:
        job.stop.set()
        if job.state == "queued":
            self._waiting[job.kind].remove(job)
            self._number()
            job.end("cancelled")
        else:
            job.say("stopping after the current step")

    def _number(self) -> None:
        """Tell the waiting jobs their places; the job in progress is the first."""
        for jobs in self._waiting.values():
            waiting = [job for job in jobs if job.state == "queued"]
            ahead = len(jobs) - len(waiting)
            for number, job in enumerate(waiting):
                if job.place != number + ahead:
                    job.place = number + ahead
                    job.session.changed()

    def _serve(self, kind: Kind) -> None:
        jobs = self._waiting[kind]
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._closed or bool(jobs))
                if self._closed:
                    return
                job = jobs[0]
                job.begin()
            try:
                with listening(lambda message: None):
                    self._work(job)
                if job.active:
                    job.end("cancelled" if job.stop.is_set() else "done")
            except SfumatoError as error:
                job.end("failed", job.session.plain(str(error)))
            except Exception as error:  # whatever it is, the next job should be painted
                full = "out of memory" in str(error) or "allocate memory" in str(error)
                if full or isinstance(error, MemoryError):
                    job.end("failed", "not enough memory; choose a smaller size or preset")
                else:
                    _LOG.exception("a job failed")
                    job.end("failed", f"the studio made a mistake: {unexpected(error)}"[:300])
            with self._ready:
                jobs.remove(job)
                self._number()
