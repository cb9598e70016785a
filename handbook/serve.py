"""The site on this machine, built anew whenever a file changes."""

from __future__ import annotations

from pathlib import Path

from handbook.build import OURS, BuildFailed

from mkdocs.commands.serve import serve as mkdocs_serve  # isort: skip  (after handbook.build, which quietens the theme)
from mkdocs.exceptions import Abort, ConfigurationError  # isort: skip


def serve(root: Path, port: int) -> None:
    """Serve until interrupted. A fault found later is printed, and the last good site stays."""
    own = Path(root).resolve() / "handbook" / "mkdocs.yml"
    config = own if own.exists() else OURS
    settings: dict = {}
    if not own.exists():  # what our configuration names beside itself is then elsewhere
        checkout = Path(root).resolve()
        settings = {
            "docs_dir": str(checkout / "handbook" / "docs"),
            "watch": [str(checkout / name) for name in ("changelog", "school.toml")],
        }
    try:
        mkdocs_serve(str(config), livereload=True, dev_addr=f"127.0.0.1:{port}", strict=True, **settings)
    except (Abort, ConfigurationError) as error:
        raise BuildFailed([str(error)]) from error
