"""Many model files on a cluster: a row for each URL, and a worker that is killed loses none.

Here the files are served by this machine and the cluster is local. For a real one give the address
of its scheduler to Client, and your URLs to `audit`: only the bytes that describe a file travel.

pip install 'lstminspect[cluster,remote]'
python examples/audit_many_files.py
"""

import logging
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from distributed import Client, KilledWorker, LocalCluster, as_completed

import lstminspect as li
from lstminspect.files.many import FileRow, file_row
from lstminspect.weights.saved import safetensors

FILES = 40


def audit(urls: list[str], client: Client) -> Iterator[FileRow]:
    """A row for each URL, as it is read. A file that kills its workers has that as its problem."""
    futures = client.map(file_row, urls, pure=False, retries=3)
    names = {future.key: url for future, url in zip(futures, urls, strict=True)}
    for future in as_completed(futures):
        try:
            yield future.result()
        except KilledWorker:
            yield FileRow(names[future.key], problem="every worker that read it was killed.")


class Files(BaseHTTPRequestHandler):
    """The files of a folder, by ranges, as stores of models give them."""

    folder = Path()

    def do_HEAD(self) -> None:
        """Send the head alone."""
        self.answer()

    def do_GET(self) -> None:
        """Send the bytes."""
        self.wfile.write(self.answer())

    def answer(self) -> bytes:
        """Send the head of an answer; the bytes that are asked for."""
        whole = self.folder.joinpath(os.path.basename(self.path)).read_bytes()
        asked = self.headers.get("Range", "")
        first, _, last = asked.removeprefix("bytes=").partition("-")
        part = whole[int(first or 0) : int(last or len(whole) - 1) + 1]
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if asked:
            end = int(first) + len(part) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(whole)}")
        self.end_headers()
        return part

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the rows."""


def kill_a_worker(client: Client) -> None:
    """End the process of one worker, as a machine that is lost does."""
    worker = next(iter(client.scheduler_info()["workers"]))
    pid = client.run(os.getpid, workers=[worker])[worker]
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Files.folder = Path(folder)
        for units in range(1, FILES + 1):
            weights = li.random_weights(li.Layer("gru", units, 3), "pytorch")
            content = safetensors({f"rnn.{name}": each for name, each in weights.items()})
            # Every tenth file is cut off.
            cut = content[:100] if units % 10 == 0 else content
            Files.folder.joinpath(f"{units}.safetensors").write_bytes(cut)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        urls = [
            f"http://127.0.0.1:{server.server_port}/{units}.safetensors"
            for units in range(1, FILES + 1)
        ]
        with (
            LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            rows = []
            for row in audit(urls, client):
                rows.append(row)
                if len(rows) == 3:
                    kill_a_worker(client)
        server.shutdown()
        server.server_close()
    rows.sort(key=lambda row: urls.index(row.path))
    bad = [row for row in rows if row.problem]
    print(f"{len(rows)} files, {len(bad)} with a problem, a worker killed on the way")
    print(li.render(bad[:2]))
    assert [row.path for row in rows] == urls


if __name__ == "__main__":
    main()
