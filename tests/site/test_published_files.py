"""What the host is told: headers, redirects, netlify.toml, valid HTML, and links that lead somewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

from handbook.site.build import build
from handbook.site.headers import inline_scripts, source_of

ROOT = Path(__file__).parents[2]
NETLIFY_KEYS = {
    "build": {"base", "publish", "command", "environment", "ignore"},
    "redirects": {"from", "to", "status", "force", "signed", "query", "conditions", "headers"},
    "context": {"command", "environment", "publish"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    build(ROOT, folder / "site", date(2021, 7, 26), date(2021, 7, 26), cache=folder / "cache")
    return folder / "site"


@pytest.fixture(scope="module")
def netlify() -> dict:
    return tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))


def headers_of(site: Path, path: str) -> dict[str, str]:
    blocks = (block.splitlines() for block in (site / "_headers").read_text(encoding="utf-8").split("\n\n"))
    [found] = [block[1:] for block in blocks if block and block[0] == path]
    return dict(line.strip().split(": ", 1) for line in found)


def test_the_policy_allows_exactly_the_scripts_there_are(site: Path) -> None:
    scripts = set().union(*(inline_scripts(p.read_text(encoding="utf-8")) for p in site.rglob("*.html")))
    allowed = set(re.findall(r"'sha256-[^']+'", headers_of(site, "/*")["Content-Security-Policy"]))
    assert allowed == {source_of(code) for code in scripts}
    assert len(allowed) >= 2


def test_a_hash_is_that_of_the_bytes_a_browser_sees() -> None:
    expected = base64.b64encode(hashlib.sha256("var a = 'é'\n".encode()).digest()).decode()
    assert source_of("var a = 'é'\n") == f"'sha256-{expected}'"
    page = (
        "<script>var a = 'é'\n</script><script src=x.js></script><script "
        'type="application/json">{}</script>'
    )
    assert inline_scripts(page) == {"var a = 'é'\n"}


def test_headers_refuse_what_the_site_does_not_need(site: Path) -> None:
    headers = headers_of(site, "/*")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Cache-Control" not in headers


def test_only_fingerprinted_files_are_cached_for_long(site: Path) -> None:
    text = (site / "_headers").read_text(encoding="utf-8")
    long_lived = [block.splitlines()[0] for block in text.split("\n\n") if "immutable" in block]
    assert long_lived
    assert all(re.search(r"\.[0-9a-f]{8}\.min\.(css|js)$", path) for path in long_lived)


def test_no_element_carries_a_style_or_a_handler(site: Path) -> None:
    found = re.compile(r"<[a-z][^>]*? (?:style|on[a-z]+)=[^>]*>")
    assert {p.name: found.findall(p.read_text(encoding="utf-8"))[:2] for p in site.rglob("*.html")
            if found.search(p.read_text(encoding="utf-8"))} == {}  # fmt: skip


def test_netlify_settings_are_all_known(netlify: dict) -> None:
    assert set(netlify) <= set(NETLIFY_KEYS)
    assert set(netlify["build"]) <= NETLIFY_KEYS["build"]
    for redirect in netlify["redirects"]:
        assert set(redirect) <= NETLIFY_KEYS["redirects"]
        assert redirect["status"] in (200, 301, 302, 404)
    for context in netlify["context"].values():
        assert set(context) <= NETLIFY_KEYS["context"]


def test_netlify_proxies_the_service_under_the_same_domain(netlify: dict) -> None:
    [proxy] = [r for r in netlify["redirects"] if r["from"] == "/ack/*"]
    assert proxy["status"] == 200
    assert proxy["force"] is True
    assert re.fullmatch(r"https://[a-z.-]+/ack/:splat", proxy["to"])


def test_netlify_installs_the_site_alone_and_publishes_what_is_built(netlify: dict) -> None:
    commands = [netlify["build"]["command"], *(c["command"] for c in netlify["context"].values())]
    for command in commands:
        assert "-r requirements-site.txt" in command
        assert "[service]" not in command
        assert f"--output {netlify['build']['publish']}" in command
    assert all("--drafts" in command for command in commands[1:])
    assert "--drafts" not in commands[0]


def test_the_lock_holds_every_package_of_the_site_to_one_version() -> None:
    lines = (ROOT / "requirements-site.txt").read_text(encoding="utf-8").splitlines()
    locked = dict(
        line.lower().replace("_", "-").split("==") for line in lines if line and not line.startswith("#")
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.match(r"[A-Za-z0-9-]+", r)[0].lower() for r in project["optional-dependencies"]["site"]}
    assert wanted - set(locked) == set()
    assert {"flask", "waitress", "sqlite-utils"} & set(locked) == set()


def test_a_preview_leaves_the_service_out(trips) -> None:
    site = trips.build("2020-10-01", drafts=True)
    assert (site / "_redirects").read_text(encoding="utf-8") == "/ack/* /404.html 404!\n"


def test_netlifys_own_parser_takes_the_settings(tmp_path: Path) -> None:
    parser = _npm_package("@netlify/config")
    script = (
        f"import {{resolveConfig}} from {json.dumps(str(parser / 'lib' / 'main.js'))};"
        f"const r = await "
        f"resolveConfig({{config: {json.dumps(str(ROOT / 'netlify.toml'))}, cwd: {json.dumps(str(ROOT))},"
        "offline: true, context: 'production', mode: 'cli', env: {}});"
        "console.log(JSON.stringify({redirects: r.config.redirects, publish: r.config.build.publish}))"
    )
    (tmp_path / "read.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run(["node", tmp_path / "read.mjs"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.strip().splitlines()[-1])
    assert [(r["from"], r["status"], r["force"]) for r in read["redirects"]] == [("/ack/*", 200, True)]
    assert read["publish"].endswith("site")


def test_every_page_is_valid_html(site: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("no Java, which the Nu checker needs")
    jar = _npm_package("vnu-jar") / "build" / "dist" / "vnu.jar"
    done = subprocess.run(
        ["java", "-Xss4m", "-jar", jar, "--format", "json", "--skip-non-html", "--errors-only", str(site)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    messages = json.loads(done.stderr)["messages"]
    assert [
        (m["url"].rpartition("/site/")[2], m["message"], m.get("extract", "")[:120]) for m in messages
    ] == []


def test_no_link_or_fragment_is_broken(site: Path) -> None:
    lychee = shutil.which("lychee") or shutil.which("lychee", path=str(ROOT / ".venv" / "bin"))
    if lychee is None:
        pytest.skip("no lychee")
    done = subprocess.run(
        [lychee, "--offline", "--include-fragments", "--no-progress", "--format", "json", "--index-files",
         "index.html,.",
         "--root-dir", str(site), "--exclude-path", "404.html", str(site / "**" / "*.html")],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    report = json.loads(done.stdout)
    found = report.get("error_map") or report.get("fail_map") or {}
    assert found == {}
    assert report["total"] > 100


def _npm_package(name: str) -> Path:
    """An npm package in the cache of the checkout, installed on first use."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node")
    folder = ROOT / ".cache" / "npm" / name.replace("/", "-").strip("@")
    package = folder / "node_modules" / name
    if not (package / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, name],
                              capture_output=True, text=True, timeout=300)  # fmt: skip
        if done.returncode:
            pytest.skip(f"npm cannot install {name} here")
    return package
