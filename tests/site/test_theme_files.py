"""MkDocs is shown the theme's visible files, and still finds the hidden ones by name."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.theme import Theme

from handbook.theme_files import VisibleFiles, leave_hidden_out


def test_hidden_folders_are_not_listed_and_their_files_still_load(tmp_path: Path) -> None:
    for name in ("main.html", "assets/a.css", ".icons/b.svg", "assets/.c/d.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    env = Environment(loader=VisibleFiles(str(tmp_path)))
    assert env.list_templates() == ["assets/a.css", "main.html"]
    assert env.get_template(".icons/b.svg").render() == ".icons/b.svg"


def test_the_site_gets_the_same_files_of_the_theme_either_way() -> None:
    config = MkDocsConfig()
    config.load_dict({"site_name": "x", "theme": "material"})
    config.validate()
    found = []
    for theme in (Theme("material"), config.theme):
        files = Files([])
        if theme is config.theme:
            leave_hidden_out(theme)
        files.add_files_from_theme(theme.get_env(), config)
        found.append([file.src_uri for file in files])
    assert found[0] == found[1] != []
