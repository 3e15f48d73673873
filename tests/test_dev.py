"""./dev itself: other checkouts, homes and users, and one clear sentence for everything that is missing.

These tests copy the working tree, so that they work on a tree that is not committed.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(os.environ["DUNNING_CHECKOUT"])
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "account_dunning"
SYSTEM_PYTHON = "/usr/bin/python3"
OUTSIDE_TEST = """
from odoo.tests import TransactionCase, tagged

@tagged("post_install", "-at_install")
class TestOutside(TransactionCase):
    def test_the_addon_is_installed(self):
        self.assertEqual(self.env.ref("account_dunning.account_dunning_menu").name, "Dunning")

    def test_the_server_counts_no_rows_behind_the_tests(self):
        self.env.cr.execute("SHOW autovacuum")
        self.assertEqual(self.env.cr.fetchone(), ("off",))
"""


@pytest.fixture(scope="module")
def place():
    """A folder that other users reach too, with a space in its path; servers started from it are stopped."""
    folder = Path(tempfile.mkdtemp(prefix="dunning dev ", dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    for checkout in folder.glob("*/dev"):
        subprocess.run([checkout, "stop"], capture_output=True, env=environment(folder / "cache"))
        postgres = checkout.parent / ".dev" / "postgres"
        if postgres.is_symlink():
            shutil.rmtree(postgres.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def checkout(place, name, owner=None):
    target = place / name
    ignored = shutil.ignore_patterns(".git", ".dev", "__pycache__", ".hypothesis")
    shutil.copytree(ROOT, target, ignore=ignored)
    if owner:
        for path in (target, *target.rglob("*")):
            shutil.chown(path, owner)
    return target


def environment(cache, **more):
    dropped = ("PYTHON", "PG", "ODOO_", "DUNNING_", "XDG_CACHE", "FONTCONFIG")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    kept["PATH"] = ":".join(part for part in kept["PATH"].split(":") if "account_dunning" not in part)
    return {**kept, "XDG_CACHE_HOME": str(cache), **{key: str(value) for key, value in more.items()}}


def dev(folder, *arguments, env, python=None, **options):
    command = [*([python] if python else []), folder / "dev", *arguments]
    return subprocess.run(
        [str(part) for part in command], env=env, capture_output=True, text=True, cwd=folder, timeout=900, **options
    )


# === One sentence for everything that is missing === #


@pytest.fixture(scope="module")
def poor(place):
    """A checkout, and an environment whose cache has Python and nothing else."""
    cache = place / "poor-cache"
    (cache / "account_dunning").mkdir(parents=True)
    for kept in CACHE.glob("python-*"):
        (cache / "account_dunning" / kept.name).symlink_to(kept)
    return checkout(place, "poor"), environment(cache)


@pytest.fixture
def fake(tmp_path):
    """Put a program in front of the real ones: fake("apt-get", "echo no; exit 100")."""

    def make(name, script):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return f"{tmp_path}:{os.environ['PATH']}"

    return make


def assert_says(ran, *sentences):
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "Traceback" not in output
    for sentence in sentences:
        assert sentence in output
    return output


def test_an_old_python_is_named():
    program = f"import sys; sys.version_info = (3, 9, 0); exec(open({str(ROOT / 'dev')!r}).read())"
    ran = subprocess.run(["python3", "-c", program], capture_output=True, text=True)
    assert_says(ran, "./dev needs Python 3.10 or newer and this is 3.9: install one and start it as")


def test_an_odoo_home_without_odoo(poor, tmp_path):
    folder, env = poor
    ran = dev(folder, "run", "--once", env={**env, "ODOO_HOME": str(tmp_path)})
    assert_says(ran, f"ODOO_HOME={tmp_path} holds no Odoo: set it to a checkout of Odoo 19.0, or unset it.")


def test_an_odoo_home_of_another_version(poor, tmp_path):
    folder, env = poor
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0, 'final', 0, '')\n")
    ran = dev(folder, "run", "--once", env={**env, "ODOO_HOME": str(tmp_path)})
    assert_says(ran, "holds Odoo 18.0: set it to a checkout of Odoo 19.0, or unset it.")


def test_no_network_for_debian(poor, fake):
    folder, env = poor
    path = fake("apt-get", "echo 'E: Could not resolve host'; exit 100")
    assert_says(dev(folder, "run", "--once", env={**env, "PATH": path}), "could not be fetched", "check the network")


def test_no_second_pdf_engine(poor, fake):
    """Only the tests that compare both engines need it: they are skipped, and it is said."""
    folder, env = poor
    program = (
        "import sys; from importlib.machinery import SourceFileLoader; from types import SimpleNamespace as New\n"
        "dev = SourceFileLoader('dev', sys.argv[1]).load_module()\n"
        "print(dev.second_engine(New(tools=object.__new__(dev.Tools))))"
    )
    command = [sys.executable, "-W", "ignore", "-c", program, folder / "dev"]
    path = fake("apt-get", "echo 'E: Unable to locate package wkhtmltopdf'; exit 100")
    ran = subprocess.run(command, capture_output=True, text=True, env={**env, "PATH": path})
    assert "Not checked: letters by Debian's PDF engine" in ran.stdout, ran.stderr
    assert "Unable to locate package wkhtmltopdf" in ran.stdout
    assert ran.stdout.endswith("\n{}\n")


def test_no_apt(poor, tmp_path):
    folder, env = poor
    for program in ("tar", "sh", "env"):
        (tmp_path / program).symlink_to(shutil.which(program))
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    ran = dev(folder, "run", "--once", env={**env, "PATH": str(tmp_path)})
    assert_says(ran, "no Debian package source that apt knows", "set ODOO_HOME to a checkout of Odoo 19")


def test_a_full_disk(poor, fake):
    folder, env = poor
    path = fake("apt-get", "echo 'E: Write error - write (28: No space left on device)'; exit 100")
    ran = dev(folder, "run", "--once", env={**env, "PATH": path})
    assert_says(ran, "the disk is full: free some space for", "then start again")


def test_no_network_for_python_packages(poor, tmp_path):
    folder, env = poor
    broken = {"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "0"}
    dropped = {key: value for key, value in env.items() if key not in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL")}
    ran = dev(folder, "run", "--once", env={**dropped, **broken, "XDG_CACHE_HOME": str(tmp_path)})
    assert_says(ran, "The Python packages could not be installed: check the network and pip's settings")


def test_a_changed_checksum_is_refused(poor, fake, tmp_path):
    folder, env = poor
    lock = folder / "odoo.lock"
    kept = lock.read_text()
    lock.write_text(re.sub('"sha256": "......', '"sha256": "000000', kept))
    (tmp_path / "libraries").mkdir()
    archive = re.search('"version": "(.*)"', kept)[1]
    script = f'[ "$1" = update ] || echo other > "odoo-19_{archive}_all.deb"; case "$1" in indextargets) echo x;; esac'
    ran = dev(folder, "run", "--once", env={**env, "PATH": fake("apt-get", script)})
    lock.write_text(kept)
    assert_says(ran, "odoo.lock says 000000", "if you trust the new file, delete odoo.lock and start again")


def test_a_taken_port(poor):
    folder, env = poor
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = dev(folder, "run", "--port", str(port), env=env)
    assert_says(ran, f"Port {port} is taken: stop what uses it, or give another with --port.")


def test_an_impossible_port(poor):
    folder, env = poor
    assert_says(dev(folder, "run", "--port", "70000", env=env), "70000 is no port: give one from 1024 to 65535")


def test_an_unknown_command(poor):
    folder, env = poor
    assert_says(dev(folder, "rum", env=env), "invalid choice: 'rum'")


def test_a_postgresql_that_refuses(poor):
    folder, env = poor
    refusing = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "nobody", "XDG_CACHE_HOME": str(CACHE.parent)}
    ran = dev(folder, "run", "--once", env={**env, **refusing})
    assert_says(ran, "PostgreSQL at PGHOST=127.0.0.1 refuses", "check PGHOST, PGPORT, PGUSER and PGPASSWORD")


def test_the_database_user_that_odoo_refuses(poor):
    folder, env = poor
    refused = {"PGHOST": "127.0.0.1", "PGUSER": "postgres", "XDG_CACHE_HOME": str(CACHE.parent)}
    ran = dev(folder, "run", "--once", env={**env, **refused})
    assert_says(ran, "Odoo refuses the database user postgres: name another one in PGUSER.")


# === Other checkouts, from nothing === #


@pytest.fixture(scope="module")
def two_checkouts(place):
    """Two checkouts with one empty cache, the first killed on the way, then both at work at once."""
    (place / "cache").mkdir()
    (place / "cache").chmod(0o777)
    env = environment(place / "cache", HOME=place / "home")
    (place / "home").mkdir()
    folders = [checkout(place, "one"), checkout(place, "deep/in the tree/below/a/folder/of/any name")]
    killed = subprocess.Popen([folders[0] / "dev", "run", "--once"], env=env, stdout=subprocess.DEVNULL)
    time.sleep(6)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    outputs = [place / "one.log", place / "two.log"]
    started = [
        subprocess.Popen([folder / "dev", "run", "--once"], env=env, stdout=output.open("w"), stderr=subprocess.STDOUT)
        for folder, output in zip(folders, outputs, strict=True)
    ]
    codes = [process.wait(timeout=900) for process in started]
    yield folders, env, codes, [output.read_text() for output in outputs]
    for folder in folders[1:]:
        dev(folder, "stop", env=env)
        shutil.rmtree((folder / ".dev" / "postgres").resolve(), ignore_errors=True)


def test_two_checkouts_at_once_from_an_empty_home(two_checkouts):
    _folders, _env, codes, outputs = two_checkouts
    assert codes == [0, 0], outputs
    assert all("Atelier Lumen SAS, night of" in output for output in outputs)


def test_a_second_start_is_quick_and_repeats_nothing(two_checkouts):
    folders, env, _codes, _outputs = two_checkouts
    started = time.monotonic()
    ran = dev(folders[0], "run", "--once", env=env)
    assert ran.returncode == 0, ran.stdout
    assert "Building" not in ran.stdout
    assert "Fetching" not in ran.stdout
    assert time.monotonic() - started < 60  # a hang, not a speed: the budget of 20 s is told by ./dev run


def test_an_addon_of_another_server(two_checkouts, place, tmp_path):
    """PGHOST names the first checkout's server, ODOO_HOME its Odoo; the test file lies outside of both."""
    folders, env, _codes, _outputs = two_checkouts
    odoo = next((place / "cache" / "account_dunning").glob("odoo-*/usr/lib/python3/dist-packages"))
    settings = (folders[0] / ".dev/postgres/data/postgresql.conf").read_text()
    listening = re.search("^unix_socket_directories = '(.*)'", settings, re.MULTILINE)
    other = {**env, "ODOO_HOME": str(odoo), "PGHOST": listening[1], "PGPORT": "5432", "PGUSER": "dunning"}
    outside = tmp_path / "test_outside.py"
    outside.write_text(OUTSIDE_TEST)
    third = checkout(place, "third")
    ran = dev(third, "test", str(outside), "tests/test_security_groups.py", env=other)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4 passed" in ran.stdout
    assert not (third / ".dev" / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_with_debian_s_python(two_checkouts, place):
    home = place / "nobody"
    home.mkdir()
    shutil.chown(home, "nobody")
    _folders, env, _codes, _outputs = two_checkouts
    folder = checkout(place, "ordinary", owner="nobody")
    (place / "cache" / "account_dunning").chmod(0o777)
    user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    path = ":".join(part for part in env["PATH"].split(":") if not part.startswith("/root"))
    ran = dev(
        folder,
        "test",
        "tests/test_security_groups.py",
        env={**env, "HOME": str(home), "PATH": path},
        python=SYSTEM_PYTHON,
        **user,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout
    stopped = dev(folder, "stop", env={**env, "HOME": str(home), "PATH": path}, python=SYSTEM_PYTHON, **user)
    assert stopped.returncode == 0
