"""Servers of the tests, beside the stand-in."""

import threading
from http.server import ThreadingHTTPServer
from urllib.parse import urlsplit


class Loopback:
    """Answers requests at the stand-in's address, on a port of its own, while it is entered."""

    def __init__(self, stand_in, handler):
        handler.log_message = lambda *_: None
        self.server = ThreadingHTTPServer((urlsplit(stand_in).hostname, 0), handler)
        self.address = "{}:{}".format(*self.server.server_address[:2])

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
