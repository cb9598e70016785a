"""The staged tree is a whole site for MkDocs, for ProperDocs and for Zensical."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from datetime import date
from pathlib import Path

import pytest

from handbook.policy.errors import HandbookError
from handbook.site.stage import finish, stage

ROOT = Path(__file__).parents[2]
DAY = date(2021, 7, 26)
PAGES = [
    "index.html", "404.html", "changelog/index.html", "review/index.html", "acknowledging/index.html",
    "changing-a-policy/index.html", "before-you-post/index.html", "policies/social-media/index.html",
    "policies/social-media/2020-09/index.html", "policies/social-media/2021-09/index.html",
    "policies/social-media/2020-09..2021-09/index.html", "feed.xml", "policies.json", "sitemap.xml",
]  # fmt: skip
SEARCHED = {
    "acknowledging/", "before-you-post/", "changelog/", "policies/social-media/",
    "policies/social-media/#monitoring",
    "changelog/#social-media-2021-09",
}  # fmt: skip


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    stage(ROOT, tmp_path / "staged", DAY, DAY)
    return tmp_path / "staged"


def run(command: list[str | Path], staged: Path) -> str:
    done = subprocess.run(
        [*command, "-f", "mkdocs.yml"], cwd=staged, capture_output=True, text=True, timeout=120,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def check_site(site: Path) -> None:
    assert [path for path in PAGES if not (site / path).is_file()] == []
    index = next(p for p in (site / "search.json", site / "search/search_index.json") if p.exists())
    data = json.loads(index.read_text(encoding="utf-8"))
    found = {entry["location"] for entry in data.get("items") or data["docs"]}
    assert found >= SEARCHED
    assert not [location for location in found if "/2020-09" in location or "/2021-09" in location]
    assert "Keeping Children Safe" in (site / PAGES[-4]).read_text(encoding="utf-8")
    assert 'content="noindex"' in (site / "policies/social-media/2020-09/index.html").read_text(
        encoding="utf-8"
    )


def tool(name: str, packages: list[str]) -> Path:
    """A generator in an environment of its own, kept in the cache of the checkout."""
    folder = ROOT / ".cache" / "generators" / name
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (bin_folder / name).exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [
            bin_folder / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *packages,
        ]
        if subprocess.run(pip, capture_output=True, timeout=300).returncode:
            pytest.skip(f"{name} cannot be installed here")
    return bin_folder / name


def test_plain_mkdocs_builds_the_staged_tree_without_a_warning(staged: Path) -> None:
    output = run([sys.executable, "-m", "mkdocs", "build", "--strict"], staged)
    assert "WARNING" not in output
    check_site(staged / "site")


@pytest.mark.soak
def test_properdocs_builds_the_staged_tree_without_a_warning(staged: Path) -> None:
    output = run(
        [tool("properdocs", ["properdocs", "mkdocs-material>=9.8.1,<10"]), "build", "--strict"], staged
    )
    assert "WARNING" not in output
    check_site(staged / "site")


@pytest.mark.soak
def test_zensical_builds_the_staged_tree_without_a_warning(staged: Path) -> None:
    output = run([tool("zensical", ["zensical"]), "build"], staged)
    assert "warning" not in output.lower()
    assert "No issues found" in output
    check_site(staged / "site")


def test_a_finished_site_has_the_exact_texts_and_the_headers(staged: Path) -> None:
    run([sys.executable, "-m", "mkdocs", "build"], staged)
    finish(staged, staged / "site")
    text = ROOT / "handbook/docs/policies/social-media/2021-09.md"
    published = (staged / "site/policies/social-media/2021-09.md").read_text(encoding="utf-8")
    assert published.startswith("# Social Media Policy\n\n")
    assert text.read_text(encoding="utf-8").rstrip().endswith(published.rstrip()[-200:])
    assert "Content-Security-Policy" in (staged / "site/_headers").read_text(encoding="utf-8")


def test_staging_never_writes_over_something(staged: Path) -> None:
    with pytest.raises(HandbookError, match="is not empty"):
        stage(ROOT, staged, DAY, DAY)
