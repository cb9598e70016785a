"""The same site as plain Markdown with a plain mkdocs.yml, which any generator of the family can build."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import yaml

from handbook.pages.assemble import staged_markdown
from handbook.site.bodies import Bodies
from handbook.site.build import BuildFailed, config_of
from handbook.site.generator import CACHE, POLICIES, Run, navigation, own_page
from handbook.site.headers import write_headers

BESIDE = "beside"
OURS_ALONE = ("hooks", "watch", "docs_dir", "site_dir", "INHERIT")


def stage(
    root: Path,
    folder: Path,
    as_of: date,
    built_on: date,
    drafts: bool = False,
    base_address: str | None = None,
) -> int:
    """Write `docs/`, `overrides/` and `mkdocs.yml` to a new or empty folder, and return how many files there
    are.

    A generator takes every `.md` file for a page. So the exact texts of the versions, which are published
    under such names, stand in `beside/`; `finish` puts them into the site the generator made.
    """
    root, folder = Path(root).resolve(), Path(folder).resolve()
    if folder.exists() and any(folder.iterdir()):
        raise BuildFailed([f"{folder}: is not empty; name a new folder"])
    config = config_of(root, folder / "site")
    run = Run(root, as_of, built_on, drafts, base_address, Bodies(root / CACHE))
    run.draw(config.site_name)
    docs = Path(config.docs_dir)
    try:
        _copy_docs(run, docs, folder / "docs")
        _write_pages(run, folder)
        _copy_overrides(config.theme.custom_dir, folder / "overrides")
        (folder / "mkdocs.yml").write_text(_plain_config(run, config, docs), encoding="utf-8")
    except OSError as error:
        raise BuildFailed([f"{error.filename or folder}: {error.strerror or error}"]) from error
    return sum(1 for path in folder.rglob("*") if path.is_file())


def finish(folder: Path, site: Path) -> None:
    """Add to a site built from a staged folder what its generator could not: the exact texts, and the
    headers."""
    shutil.copytree(folder / BESIDE, site, dirs_exist_ok=True)
    write_headers(site, site.rglob("*.html"))


def _copy_docs(run: Run, docs: Path, target: Path) -> None:
    """The school's own pages and files, without the sources of the policies."""
    for source in sorted(p for p in docs.rglob("*") if p.is_file()):
        path = source.relative_to(docs)
        if path.as_posix().startswith(POLICIES) and source.suffix == ".md":
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            _write(target / path, own_page(run, source.read_text(encoding="utf-8")))
        else:
            shutil.copyfile(source, target / path)


def _copy_overrides(custom_dir: str | None, target: Path) -> None:
    if custom_dir:
        shutil.copytree(custom_dir, target)


def _write_pages(run: Run, folder: Path) -> None:
    docs = folder / "docs"
    for path, text in run.site.pages.items():
        if not (docs / path).exists():
            _write(docs / path, text)
    for page in run.site.frozen:
        body = run.bodies.html_of(page.body) if page.body else ""
        _write(docs / f"{page.address.rstrip('/')}.md", staged_markdown(page, body, run.address))
    for path, text in run.site.files.items():
        _write((folder / BESIDE if path.endswith(".md") else docs) / path, text)


def _plain_config(run: Run, config, docs: Path) -> str:
    """The checkout's configuration without what only MkDocs' hooks can do."""
    settings = _settings(Path(config.config_file_path))
    for name in OURS_ALONE:
        settings.pop(name, None)
    theme = dict(settings.get("theme") or {})
    if config.theme.custom_dir:
        theme["custom_dir"] = "overrides"
    settings |= {
        "site_url": f"{run.address}/",
        "copyright": run.footer,
        "docs_dir": "docs",
        "site_dir": "site",
        "theme": theme,
        "nav": navigation(settings.get("nav"), run.site, docs),
        "not_in_nav": "\n".join([settings.get("not_in_nav", ""), "/policies/", "/changelog/"]).lstrip(),
        "extra": {**(settings.get("extra") or {}), "handbook_drafts": run.drafts},
    }
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)


def _settings(path: Path) -> dict:
    """A configuration as written, with those it inherits from."""
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    inherited = settings.get("INHERIT")
    return {**_settings((path.parent / inherited).resolve()), **settings} if inherited else settings


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
