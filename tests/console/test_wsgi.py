"""What serves the pages: processes, never threads."""

from __future__ import annotations

import subprocess
import sys

from console.data_folder import CHECKOUT

_ASK = """
import io, os
os.environ["CONSOLE_LOGIN"] = "web"
os.environ.update(WEB_DATABASE_URL="postgresql://web@/nowhere", SECRET_KEY="x" * 60)
from console.wsgi import application
environ = {
    "REQUEST_METHOD": "GET", "PATH_INFO": "/healthz", "SERVER_NAME": "x", "SERVER_PORT": "80",
    "HTTP_HOST": "x", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    "wsgi.multithread": %s,
}
print(b"".join(application(environ, lambda status, headers: print(status))))
"""


def ask(*, threads: bool) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _ASK % threads],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_process_without_threads_answers() -> None:
    assert ask(threads=False).stdout.splitlines() == ["200 OK", "b'ok'"]


def test_a_server_with_threads_is_refused() -> None:
    done = ask(threads=True)
    assert done.returncode == 1
    assert "The console is served by processes, not threads" in done.stderr
