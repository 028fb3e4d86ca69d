"""A vendor's API on the loopback: what it answers is a function, and it can fail when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    path: str
    params: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Answer:
    body: Any = b""  # bytes as they are, all else as JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_broken_off: bool = False  # the connection ends in the middle of the body

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class MockApi:
    """`faults` are answers given instead, by the number of the request, from 1 on."""

    answer: Callable[[Request], Answer]
    url: str = ""
    faults: dict[int, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def respond(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.faults.get(len(self.requests)) or self.answer(request)


@contextmanager
def serving(answer: Callable[[Request], Answer]) -> Iterator[MockApi]:
    api = MockApi(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            params = dict(parse_qsl(address.query))
            answer = api.respond(Request(address.path, params, headers, self.rfile.read(length)))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            half = len(answer.content) // 2
            self.wfile.write(answer.content[:half] if answer.is_broken_off else answer.content)

        do_POST = do_GET  # noqa: N815 (the name that http.server asks for)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
