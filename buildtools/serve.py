"""A static server for the loopback address, with the headers that the page wants.

Any static server will do to use the page, which adds them by its service worker; here they are
there from the first request: cross-origin isolation (threads, interruptible Python), the content
security policy, and right MIME types on every platform.
"""

from __future__ import annotations

import argparse
import sys
import webbrowser
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MIME_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".whl": "application/zip",
    ".zip": "application/zip",
}
#: The same as in web/page/sw.js: a worker obeys the headers of its own script, not the page's.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
        "img-src 'self' blob: data:; media-src blob:; connect-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


#: The lab's document alone (`web/lab/room.js` says why): its frame inherits what is said here and
#: tightens it. Everything else keeps the page's policy.
LAB_POLICY = (
    "default-src 'none'; script-src 'self' data: blob: 'unsafe-eval' 'wasm-unsafe-eval'; "
    "style-src 'self'; img-src 'self' blob: data:; connect-src 'self' data: blob:; "
    "worker-src data:; frame-src 'none'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: Where that document lies.
LAB = ("/lab/", "/lab/index.html")


class Handler(SimpleHTTPRequestHandler):
    """Serve files of one folder; quiet, revalidated, isolated, under the page's policy."""

    protocol_version = "HTTP/1.1"
    extensions_map = MIME_TYPES | {"": "application/octet-stream"}
    headers_to_add: dict[str, str] = HEADERS

    def end_headers(self) -> None:
        lab = self.path.partition("?")[0].endswith(LAB)
        for name, value in self.headers_to_add.items():
            here = lab and name == "Content-Security-Policy"
            self.send_header(name, LAB_POLICY if here else value)
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:  # type: ignore[override]
        """Folders are not listed."""
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


class PlainHandler(Handler):
    """The same without these headers: what an ordinary static server sends."""

    headers_to_add: dict[str, str] = {}  # noqa: RUF012 (one constant per class)


class Server(ThreadingHTTPServer):
    """Loopback only, and silent about browsers that hang up in the middle of a file."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(folder: Path, port: int = 0, *, isolated: bool = True) -> Server:
    """A server bound to 127.0.0.1; port 0 takes any free one."""
    handler = partial(Handler if isolated else PlainHandler, directory=str(folder))
    return Server(("127.0.0.1", port), handler)


def address(server: Server) -> str:
    """The URL of a server."""
    return f"http://127.0.0.1:{server.server_address[1]}/"


def serve_forever(
    folder: Path, port: int, *, open_page: bool = False, isolated: bool = True
) -> int:
    """Serve until interrupted; where the port is taken, a free one is used instead."""
    try:
        server = make_server(folder, port, isolated=isolated)
    except OSError:
        server = make_server(folder, 0, isolated=isolated)
    with server:
        print(address(server), flush=True)
        if open_page:
            webbrowser.open(address(server))
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def main() -> int:
    """Command line: serve a folder and print its address."""
    parser = argparse.ArgumentParser(description="Serve a folder on the loopback address.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="without cross-origin isolation")
    arguments = parser.parse_args()
    return serve_forever(arguments.folder, arguments.port, isolated=not arguments.plain)


if __name__ == "__main__":
    sys.exit(main())
