"""The site on this machine, built anew whenever a file changes; while something is wrong, pages say what."""

from __future__ import annotations

import errno
import logging
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from html import escape
from pathlib import Path

from handbook.policy.errors import HandbookError
from handbook.site.build import build, config_of

from mkdocs.livereload import LiveReloadServer  # isort: skip  (after handbook.site.build, which quietens the theme)

SECONDS_TO_RETRY = 2
SECONDS_BETWEEN_LOOKS = 0.2  # at the files; a look at 2,000 takes a tenth of that
FAULTY = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Not built</title>
<meta http-equiv="refresh" content="{seconds}">
<meta name="viewport" content="width=device-width"></head>
<body><h1>The last change could not be built</h1>
<p>Mend what is listed here and save: this page comes back by itself.</p>
<pre style="white-space: pre-wrap">{faults}</pre></body></html>
"""


def serve(
    root: Path,
    port: int,
    as_of: date | None,
    drafts: bool,
    today: Callable[[], date],
    say: Callable[[str], None],
) -> None:
    """Serve the checkout at `root` until interrupted, as it stands on `as_of`, or on the day of each build.

    Raises FaultsFound or BuildFailed when the site cannot be built at the start. What goes wrong later is
    said, and shown in place of every page until it is mended.
    """
    root = Path(root).resolve()
    logging.getLogger("mkdocs.livereload").setLevel(
        logging.ERROR
    )  # a page not found is no warning of the build

    with tempfile.TemporaryDirectory(prefix="handbook-") as folder:
        site = Path(folder) / "site"

        def build_site() -> None:
            day = today()
            built = build(root, site, as_of or day, day, drafts, base_address=f"http://127.0.0.1:{port}")
            say(f"Built {built.pages} pages.")

        build_site()
        server = _Server(build_site, port, site, say)
        for path in watched(root):
            server.watch(str(path))
        _run(server, port)


def watched(root: Path) -> list[Path]:
    """What the site of a checkout is made from, as far as it is there."""
    named = [root / "handbook" / name for name in ("mkdocs.yml", "docs", "overrides")]
    named += [root / "changelog", root / "school.toml"]
    if named[0].exists():
        config = config_of(root, root / "site")
        named += [Path(path) for path in (config.docs_dir, *config.watch)]
    return [path for path in dict.fromkeys(path.resolve() for path in named) if path.exists()]


def _run(server: _Server, port: int) -> None:
    try:
        server.serve()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise HandbookError(f"port {port} is in use already; name another with --port") from error
        raise
    finally:
        server.shutdown()


class _Server(LiveReloadServer):
    """Serves the last good site, or the faults of the last change in the place of every page."""

    def __init__(self, build_site: Callable[[], None], port: int, site: Path, say: Callable[[str], None]):
        super().__init__(self._rebuild, "127.0.0.1", port, str(site), polling_interval=SECONDS_BETWEEN_LOOKS)
        self._build_site = build_site
        self._say = say
        self._faults = ""
        self.error_handler = lambda code: (site / "404.html").read_bytes() if code == 404 else None

    def server_activate(self) -> None:
        super().server_activate()
        self._say(f"Serving on {self.url} until you press Ctrl-C; a saved change shows by itself.")

    def serve_request(self, request: dict, start_response: Callable) -> Iterable[bytes]:
        if not self._faults or not request["PATH_INFO"].endswith("/"):
            return super().serve_request(request, start_response)
        start_response("500 Not built", [("Content-Type", "text/html; charset=utf-8")])
        return [FAULTY.format(seconds=SECONDS_TO_RETRY, faults=escape(self._faults)).encode()]

    def _rebuild(self) -> None:
        """Never raises what a writer can mend: the server would keep every reader waiting."""
        try:
            self._build_site()
            self._faults = ""
        except (HandbookError, OSError) as error:
            self._faults = str(error)
            self._say(f"{error}\nNot built: mend what is listed above and save.")
