"""The two ways to a cluster: a port on this machine, or a transport within the process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from benchmarks.cluster.cluster import Cluster

URL = "http://127.0.0.1:6333"
"""What a store within the process calls the cluster; nothing listens there."""


class Transport(httpx.BaseTransport):
    """Answers an httpx client from a cluster, without a socket.

    Args:
        cluster: who answers.
        around: gets each request's way to the cluster, and may lose, repeat or delay it.
    """

    def __init__(
        self,
        cluster: Cluster,
        around: Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]
        | None = None,
    ) -> None:
        self._cluster = cluster
        self._around = around or (lambda request, deliver: deliver())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.read() or b"{}")

        def deliver() -> httpx.Response:
            url = request.url
            status, made = self._cluster.answer(request.method, url.path, dict(url.params), body)
            return httpx.Response(status, json=made, request=request)

        return self._around(request, deliver)


@contextmanager
def serve(cluster: Cluster, delay: float = 0.0) -> Iterator[str]:
    """Answer on a free port of this machine for the block.

    Args:
        delay: seconds that every answer takes longer, as over a network.

    Yields:
        the address.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            parts = urlsplit(self.path)
            time.sleep(delay)
            status, made = cluster.answer(
                self.command, parts.path, dict(parse_qsl(parts.query)), body
            )
            content = json.dumps(made).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = _answer

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
