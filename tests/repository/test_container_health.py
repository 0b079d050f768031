"""The health check of the image: what a container runtime is told about the roles inside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from workers.runtime.health_check import check


@contextmanager
def role(status: int) -> Iterator[int]:
    """Something that answers every request with one status; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    """A port that nobody listens on."""
    with role(200) as port:
        return port


def test_the_one_role_of_a_container_is_enough() -> None:
    """Roles that run elsewhere do not count."""
    with role(200) as port:
        assert check([("feedback", port), ("web", closed_port())]) == (True, "feedback alive")


def test_one_stuck_role_makes_a_container_unhealthy() -> None:
    """A role that answers 503 is named, though others are well."""
    with role(200) as good, role(503) as bad:
        assert check([("feedback", good), ("delivery", bad)]) == (
            False,
            "feedback alive, delivery stuck",
        )


def test_a_container_without_roles_is_unhealthy() -> None:
    """Nobody listening is not health."""
    assert check([("web", closed_port())]) == (False, "no role listens here")
