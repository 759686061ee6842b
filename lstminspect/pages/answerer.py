"""Answers of the laboratory from a process of its own, each within its time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from threading import Lock, Timer
from time import monotonic
from typing import NamedTuple, TypeVar

__all__ = ["BUSY", "MOST_SECONDS", "Answerer", "Reply", "refused"]

#: Seconds for an answer, for the start of the process, and for the answers before one's own.
MOST_SECONDS, MOST_START, MOST_WAIT = 5.0, 60.0, 30.0
#: The process has the modules of this one, and no others from the folder where it starts.
START = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from lstminspect.pages import answerer_child
"""
MAIN = "answerer_child.main(float(sys.argv[2]))"
TOO_SLOW, BUSY, ENDED = 504, 503, 500

T = TypeVar("T")


class Reply(NamedTuple):
    """A status of HTTP and a text in JSON."""

    status: int
    text: bytes


def refused(status: int, message: str) -> Reply:
    """A reply to a request that cannot be answered, in the form that the laboratory shows."""
    text = json.dumps({"error": {"message": message}, "warnings": []})
    return Reply(status, text.encode("ascii"))


class Answerer:
    """A process that answers one question after the other; where one takes too long, both end.

    `first` is run in the `process` before its first question.
    """

    def __init__(self, seconds: float = MOST_SECONDS, first: str = "") -> None:
        self._seconds = seconds
        self._code = f"{START}{first}\n{MAIN}"
        self._turn = Lock()
        self._is_closed = False
        self._start()

    def answer(self, question: bytes) -> Reply:
        """The answer to a question in JSON, after those that were asked before."""
        if not self._turn.acquire(timeout=MOST_WAIT):
            return refused(BUSY, "too many questions wait for an answer. Ask again.")
        try:
            return self._answered(question)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process; nothing is answered afterwards."""
        self._is_closed = True
        self._end()

    def _end(self) -> None:
        self.process.kill()
        with self.process:  # Its pipes are closed too.
            pass

    def _start(self) -> None:
        # Seconds after which it ends itself, where nobody is left to end it.
        words = [json.dumps(sys.path), str(self._seconds + 5)]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", self._code, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server.
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._is_ready = False

    def _answered(self, question: bytes) -> Reply:
        if self._is_closed:
            hint = "Start it again by lstminspect page --serve."
            return refused(ENDED, f"the server has ended. {hint}")
        if self.process.poll() is not None:
            self._restart()
        if not self._is_ready:
            self._is_ready = self._within(MOST_START, self._line) == b"ready\n"
        if not self._is_ready:
            self._restart()
            return refused(ENDED, "the process that answers did not start. Ask again.")
        end = monotonic() + self._seconds
        reply = self._within(self._seconds, lambda: self._exchanged(question))
        if reply is not None:
            return reply
        self._restart()
        if monotonic() < end:
            return refused(ENDED, "the process that answers ended without an answer. Ask again.")
        hint = "Ask with a shorter text or smaller sizes."
        return refused(TOO_SLOW, f"an answer may take {self._seconds:g} seconds. {hint}")

    def _exchanged(self, question: bytes) -> Reply:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"%d\n" % len(question) + question)
        self.process.stdin.flush()
        status, length = map(int, self._line().split())
        text = self.process.stdout.read(length)
        if len(text) < length:
            raise EOFError
        return Reply(status, text)

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline(32)

    def _within(self, seconds: float, act: Callable[[], T]) -> T | None:
        """The result of `act`; None if the process ends before, or is ended after `seconds`."""
        end = Timer(seconds, self.process.kill)
        end.daemon = True
        end.start()
        try:
            return act()
        except (OSError, ValueError, EOFError):
            return None
        finally:
            end.cancel()

    def _restart(self) -> None:
        self._end()
        if not self._is_closed:
            self._start()
