"""A store that has a bad day: the real one behind a door that answers errors when told to."""

import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import trustme

_ERRORS = {
    "full": (500, "243", "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)"),
    "internal": (500, "1001", "Code: 1001. DB::Exception: std::exception. (STD_EXCEPTION)"),
    "gateway": (502, "", "<html><h1>502 Bad Gateway</h1></html>"),
}


class FlakyStore:
    """Passes requests on, or refuses them in the way that ``error`` names."""

    def __init__(self, target: str, certificate: trustme.LeafCert | None = None) -> None:
        self.target, self.error, self.refused = target, "", 0
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if store.error:
                    store.refused += 1
                    status, code, text = _ERRORS[store.error]
                    headers = {"X-ClickHouse-Exception-Code": code} if code else {}
                    return self._reply(status, headers, text.encode())
                request = urllib.request.Request(store.target + self.path, data=body, headers=dict(self.headers))
                try:
                    with urllib.request.urlopen(request, timeout=30) as answer:
                        return self._reply(answer.status, dict(answer.headers), answer.read())
                except urllib.error.HTTPError as error:
                    return self._reply(error.code, dict(error.headers), error.read())

            def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.startswith("X-"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            cast(Any, certificate).configure_cert(context)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "FlakyStore":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
