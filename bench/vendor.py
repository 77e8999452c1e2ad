"""A provider's server with no rules: takes every batch as Resend would, after a set delay.

Run as `python -m bench.vendor SECONDS`; it prints its URL. So lean that it isn't what is measured:
it counts the messages of a batch without reading them.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

MARK = b'"reply_to":'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    delay = 0.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ids = [{"id": uuid4().hex} for _ in range(body.count(MARK))]
        time.sleep(self.delay)
        alone = self.path == "/emails"
        answer = json.dumps(ids[0] if alone else {"data": ids, "errors": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@contextmanager
def vendor(delay: float) -> Iterator[str]:
    """Its URL, while it runs in a process of its own."""
    command = [sys.executable, "-m", "bench.vendor", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    Handler.delay = float(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
