"""What holds for every `ack` command: help with an example, exit codes, and plain sentences instead of
tracebacks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import click
import pytest

from ackservice.cli import main


def walk(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with its words."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            inner = command.get_command(context, part)
            assert inner is not None and inner.name == part
            yield from walk(inner, f"{name} {part}".strip())
    else:
        yield name, command


COMMANDS = dict(walk(main))


def test_help_loads_no_library_of_mail_web_or_spreadsheets():
    heavy = {"flask", "jinja2", "lxml", "msal", "requests", "sqlite_utils", "xlsxwriter", "yaml", "waitress"}
    code = (
        "import sys\nfrom ackservice.cli import main\n"
        f"try: main(['--help'])\nexcept SystemExit: assert not {heavy} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "manager-link  Print a link" in done.stdout


def arguments_for(name: str) -> list[str]:
    """Arguments any command of that shape takes; nothing of them exists."""
    given = {
        "policy": "social-media",
        "what": "letter",
        "version": "2021-09",
        "person": "P001",
        "person_id": "P001",
        "address": "office@larkspur-row.example",
    }
    words = name.split()
    for parameter in COMMANDS[name].params:
        if parameter.name == "versions":
            words += [given["policy"], given["version"]]
        elif isinstance(parameter, click.Argument):
            words.append(given.get(parameter.name, "out.db"))
        elif parameter.required:
            value = {"recorded_by": "Bea", "format_": "csv", "output": "out.csv"}.get(
                parameter.name, "2021-07-26"
            )
            words += [parameter.opts[-1], value]
    return words


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(run_ack, name):
    done = run_ack(*name.split(), "--help")
    assert done.exit_code == 0
    assert "Example" in done.output
    assert f"ack {name}" in done.output.split("Example", 1)[1]


@pytest.mark.parametrize("group", ["", *sorted({name.rpartition(" ")[0] for name in COMMANDS} - {""})])
def test_a_group_lists_its_commands(run_ack, group):
    assert run_ack(*group.split(), "--help").exit_code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_misuse(run_ack, name):
    assert run_ack(*name.split(), "--nonsense").exit_code == 2


@pytest.mark.parametrize("words", ["nonsense", "roster nonsense", "export social-media 2021-09 --format pdf",
                                   "status social-media 2021-09 --as-of 1.9.2021", "status social-media",
                                   "roster import no-such-file.csv",
                                   "paper social-media 2021-09 P001 --on 2021-02-30 --recorded-by "
                                   "B"])  # fmt: skip
def test_misuse_exits_2(run_ack, words):
    done = run_ack(*words.split())
    assert done.exit_code == 2
    assert "Usage:" in done.output


NEEDS_A_DATABASE = sorted(
    COMMANDS.keys()
    - {"migrate", "serve", "demo", "mail test", "doctor", "roster import", "bounces", "manager-link"}
)


@pytest.mark.parametrize("name", NEEDS_A_DATABASE)
def test_without_a_database_it_says_how_to_make_one(run_ack, name, school, monkeypatch):
    monkeypatch.chdir(school.root)
    done = run_ack(*arguments_for(name), input="y\n")
    assert done.exit_code == 1
    assert (
        f"there is no database at {school.root / 'var' / 'ack.db'}; make one with: ack migrate" in done.output
    )


@pytest.mark.parametrize("name", NEEDS_A_DATABASE)
def test_without_a_school_it_says_where_it_looked(run_ack, environ, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environ["ACK_HANDBOOK"] = str(tmp_path)
    done = run_ack(*arguments_for(name), input="y\n")
    assert done.exit_code == 1
    assert f"Error: there is no school.toml in {tmp_path}" in done.output


def test_a_wrong_setting_of_the_school_is_told_with_its_line(run_ack, school):
    school.edit("school.toml", "[closed]", "[notice]\nperiod_months = 0\n\n[closed]")
    done = run_ack("migrate")
    assert done.exit_code == 1
    assert done.output.startswith("Error: school.toml:")
    assert "notice.period_months" in done.output


@pytest.mark.parametrize(
    "base",
    ["policies.school.example", "ftp://x.example", "https://", "https://x.example/deep/er", "https://a b"],
)
def test_a_wrong_base_address_is_told(run_ack, environ, base):
    environ["ACK_BASE_URL"] = base
    done = run_ack("migrate")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "is not of the form https://policies.school.example" in done.output


@pytest.mark.parametrize("keys", ["", "short", "x" * 31])
def test_without_keys_nothing_is_sent(run_ack, environ, school, keys):
    run_ack("migrate")
    environ["ACK_SECRET_KEYS"] = keys
    done = run_ack(
        "roster",
        "import",
        school.write(
            "staff.csv", "person_id,name,email,category,joined_on,left_on\n1,A,a@x.example,Employee,,\n"
        ),
    )
    assert done.exit_code == 0, done.output
    assert run_ack("notice", "issue", "social-media", "2021-09").exit_code == 0
    done = run_ack("send")
    assert done.exit_code == 1
    assert "ACK_SECRET_KEYS" in done.output
    assert not (school.root / "var" / "outbox").exists() or not list(
        (school.root / "var" / "outbox").glob("*.eml")
    )


class TestTheDatabase:
    def test_migrate_says_what_it_did(self, run_ack, environ):
        path = environ["ACK_DATABASE"]
        first, second = run_ack("migrate"), run_ack("migrate")
        assert first.exit_code == second.exit_code == 0
        assert first.output.startswith(f"{path}: ") and first.output.endswith("migrations applied\n")
        assert second.output == f"{path}: up to date\n"

    def test_a_database_of_a_newer_version_is_refused(self, run_ack, environ):
        run_ack("migrate")
        with closing(sqlite3.connect(environ["ACK_DATABASE"])) as connection, connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ackservice', "
                "'m999_later', '2030')"
            )
        for words in ("migrate", "verify", "roster list", "send"):
            done = run_ack(*words.split())
            assert done.exit_code == 1
            assert done.output == (
                f"Error: the database {environ['ACK_DATABASE']} is from a newer version of this software "
                f"(m999_later); "
                "update the software\n"
            )

    def test_a_file_that_is_no_database_is_told(self, run_ack, environ, school):
        school.write("var/ack.db", "Dear Bea, " * 1000)
        for words in ("migrate", "verify", "notice list"):
            done = run_ack(*words.split())
            assert (done.exit_code, done.output) == (
                1,
                f"Error: {environ['ACK_DATABASE']} is not a database of this service, or is damaged; restore "
                f"the last backup\n"
            )  # fmt: skip

    def test_verify_exits_0_on_a_whole_ledger(self, run_ack, staffed):
        done = run_ack("verify")
        assert done.exit_code == 0
        assert "7 ledger lines, 0 texts, 0 records with personal data erased." in done.output
        assert done.output.endswith("Everything is as it was recorded.\n")

    def test_verify_exits_1_on_a_changed_name(self, run_ack, staffed, environ):
        with closing(sqlite3.connect(environ["ACK_DATABASE"])) as connection, connection:
            connection.execute("DROP TRIGGER roster_entry_no_update")
            connection.execute("UPDATE roster_entry SET name = 'Eve' WHERE person_id = 'P001'")
        done = run_ack("verify")
        assert done.exit_code == 1
        assert "line 2: its row in roster_entry was altered: name or email" in done.stderr

    def test_verify_with_a_head_finds_a_cut_ledger(self, run_ack, staffed, environ):
        head = run_ack("verify").output.split("Head: ")[1].split()[0]
        assert run_ack("verify", "--head", head.upper()).exit_code == 0
        with closing(sqlite3.connect(environ["ACK_DATABASE"])) as connection, connection:
            for trigger in ("roster_entry_no_delete", "ledger_no_delete"):
                connection.execute(f"DROP TRIGGER {trigger}")
            connection.execute("DELETE FROM roster_entry WHERE id = 7")
            connection.execute("DELETE FROM ledger WHERE n = 7")
        assert run_ack("verify").exit_code == 0
        done = run_ack("verify", "--head", head)
        assert done.exit_code == 1
        assert "lines were cut off or rewritten" in done.stderr

    def test_a_backup_is_told_and_never_overwrites(self, run_ack, staffed, tmp_path):
        target = tmp_path / "copy.db"
        assert run_ack("backup", target).output.startswith(f"{target}: ")
        done = run_ack("backup", target)
        assert (done.exit_code, done.output) == (
            1,
            f"Error: {target} exists already; choose another name for the backup\n",
        )
