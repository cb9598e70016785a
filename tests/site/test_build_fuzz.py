"""Whatever was changed, damaged or cut short before it, a build gives what one gives that has nothing to
take over."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from datetime import date, timedelta

import pytest
import yaml

from handbook.site.build import OURS, BuildFailed
from tests.site.conftest import SCHOOL, Root

POLICIES = ("trips", "visits", "phones")
OWN_PAGES = ("tips.md", "before-you-post.md", "changing-a-policy.md", "review/index.md", "more/index.md")
FEATURES = (
    "navigation.footer",
    "navigation.expand",
    "navigation.tabs",
    "navigation.indexes",
    "toc.integrate",
)
NAVIGATIONS = (["index.md", {"All": "policies/"}], ["changing-a-policy.md", "policies/trips/index.md"], None)
GONE = ["gone.md"]  # which fails
LOOKS_AT_OTHERS = "{% for file in pages %}{{ file.page.title }}{{ file.page.toc|length }}{% endfor %}"


class Writer:
    """A school that changes this and that, on a machine where this and that goes wrong."""

    def __init__(self, root: Root, seed: int):
        self.root, self.chance = root, random.Random(seed)
        self.book = root.path / "handbook"
        self.day, self.delay, self.drafts = date(2020, 10, 1), 0, False
        self.labels = dict.fromkeys(POLICIES, date(2020, 1, 1))
        shutil.copytree(OURS.parent / "overrides", self.book / "overrides")
        root.version("plans", "2021-01", title="Plans", approved_on=None)
        for policy in POLICIES:
            self.version(policy)

    def act(self) -> str:
        """Do one thing, and tell which."""
        acts = (
            self.version,
            self.school,
            self.ask,
            self.own_page,
            self.override,
            self.setting,
            self.spoil,
            self.killed,
        )
        act = self.chance.choice(acts)
        act()
        return act.__name__

    def version(self, policy: str = "") -> None:
        policy = policy or self.chance.choice(POLICIES)
        self.labels[policy] += timedelta(days=self.chance.choice((40, 70)))
        body = "".join(f"## Part {n}\n\n{self.words()}\n\n" for n in range(self.chance.randint(1, 3)))
        title = self.chance.choice((policy.title(), self.words()))
        self.root.version(policy, f"{self.labels[policy]:%Y-%m}", body, title=title, approved_on="2019-01-01")

    def school(self) -> None:
        text = SCHOOL.replace("Hill School", self.words()).replace("office@", f"{self.chance.choice('abc')}@")
        (self.root.path / "school.toml").write_text(text, encoding="utf-8")

    def ask(self) -> None:
        """Build for another day, perhaps with drafts, perhaps before a build of the same day as ever."""
        before = self.day, self.delay, self.drafts
        self.day = max(date(2020, 4, 1), self.day + timedelta(days=self.chance.choice((-30, 1, 40))))
        self.delay, self.drafts = self.chance.randint(0, 1), self.chance.random() < 0.3
        if self.chance.random() < 0.3:
            self.site("site")
            self.day, self.delay, self.drafts = before

    def own_page(self) -> None:
        page = self.book / "docs" / self.chance.choice(OWN_PAGES)
        if page.exists() and self.chance.random() < 0.4:
            page.unlink()
            return
        page.parent.mkdir(parents=True, exist_ok=True)
        front = self.chance.choice(
            ("", "---\nstatus: new\nicon: material/bus\n---\n", f"---\ntitle: {self.words()}\n---\n")
        )
        page.write_text(f"{front}# {self.words()}\n\n## Do\n\n{self.words()}\n", encoding="utf-8")
        (self.book / "docs/plan.png").write_bytes(self.chance.randbytes(9))

    def override(self) -> None:
        ours = (OURS.parent / "overrides/main.html").read_text(encoding="utf-8")
        said = self.chance.choice(("", self.words(), LOOKS_AT_OTHERS))
        text = ours.replace("{% block announce %}", "{% block announce %}" + said)
        (self.book / "overrides/main.html").write_text(text, encoding="utf-8")

    def setting(self) -> None:
        config = yaml.safe_load(OURS.read_text(encoding="utf-8")) | {"hooks": [str(OURS.parent / "hooks.py")]}
        config["theme"] |= {
            "features": self.chance.sample(FEATURES, 2),
            "language": self.chance.choice(("en", "de")),
        }
        nav = self.chance.choice(NAVIGATIONS) if self.chance.random() < 0.9 else GONE
        config |= {"nav": nav, "not_in_nav": self.chance.choice(("tips.md", "more/*"))}
        (self.book / "mkdocs.yml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def spoil(self) -> None:
        """Damage or remove some files of the site, or of the cache."""
        folder = self.root.path / self.chance.choice(("site", ".cache"))
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "policies.json")
        for path in self.chance.sample(paths, min(len(paths), self.chance.choice((1, 5, 200)))):
            if self.chance.random() < 0.3:
                path.unlink()
            else:
                path.write_bytes(path.read_bytes().replace(b"e", b"o"))

    def killed(self) -> None:
        command = [sys.executable, "-c", "from handbook.cli import main; "
                                         "main()", "build", "--root", str(self.root.path),
                   "--as-of", str(self.day), "--output", str(self.root.path / "site")]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
            try:
                build.wait(self.chance.uniform(0.5, 2.5))
            except subprocess.TimeoutExpired:
                build.kill()

    def words(self) -> str:
        return " ".join(self.chance.sample(("one", "two", "tree", "bus", "café", "map"), 2))

    def site(self, name: str, **given: object) -> dict[str, bytes]:
        """The files of a site built as asked for, or why it was not built."""
        built_on = self.day + timedelta(days=self.delay)
        try:
            site = self.root.build(str(self.day), name, built_on=built_on, drafts=self.drafts, **given)
        except BuildFailed as error:
            return {"not built": str(error).encode("utf-8")}
        return {
            path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()
        }


def run(root: Root, seed: int, steps: int) -> None:
    writer, done = Writer(root, seed), []
    for step in range(steps):
        done += [writer.act() for _ in range(writer.chance.randint(1, 3))]
        over = writer.site("site")
        anew = writer.site("anew", cache=root.path / f"none-{step}")
        assert [path for path in over.keys() | anew.keys() if over.get(path) != anew.get(path)] == [], (
            step,
            done,
        )


@pytest.mark.parametrize("seed", [2, 3])
def test_a_build_is_as_from_nothing(root, seed) -> None:
    run(root, seed, 8)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_build_is_as_from_nothing_for_long(root, seed) -> None:
    run(root, seed, 60)
