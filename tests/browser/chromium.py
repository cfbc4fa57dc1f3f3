"""Chromium without a window, as somebody's machine has it: with authorities that it trusts and policies that it obeys.

    browser = Chromium(folder, authorities=[path], policy={"DnsOverHttpsMode": "secure", ...})
    text = browser.load("http://www.a.test/")   # the document after its scripts have run

Authorities are in an NSS store of its own below `folder`, policies in a folder that only its mount namespace sees as /etc/chromium:
nothing of the machine changes, and all its processes end with it.
"""

import json
import os
import pathlib
import shutil
import subprocess

SECONDS_MAX = 60  # for one document
POLICIES = pathlib.Path("/etc/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


def isolated(command):
    """A command in namespaces of its own, as their root."""
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *users, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *command]


def why_not():
    """Why Chromium cannot be used here, None if it can."""
    for program in ("chromium", "certutil", "unshare"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if subprocess.run(isolated(["true"]), capture_output=True, check=False).returncode != 0:
        return "no namespaces for processes and mounts"
    return None


class Chromium:
    def __init__(self, folder, authorities=(), policy=None):
        """`folder` is its home. `policy` is by the names of https://chromeenterprise.google/policies/."""
        self.home = pathlib.Path(folder)
        store = self.home / ".pki/nssdb"
        store.mkdir(parents=True)
        certutil = ["certutil", "-d", f"sql:{store}"]
        subprocess.run([*certutil, "-N", "--empty-password"], check=True, capture_output=True)
        for number, authority in enumerate(authorities):
            add = [*certutil, "-A", "-t", "C,,", "-n", f"authority {number}", "-i", str(authority)]
            subprocess.run(add, check=True, capture_output=True)
        managed = self.home / "etc/policies/managed"
        managed.mkdir(parents=True)
        (managed / "test.json").write_text(json.dumps(policy or {}))
        self.log = ""  # what the last run said on stderr
        self.profiles = 0

    def load(self, url, flags=(), seconds_max=SECONDS_MAX):
        """The document of a URL as text, empty where it cannot be had. Nothing of former documents is known."""
        self.profiles += 1
        profile = self.home / f"profile-{self.profiles}"
        mounted = ["sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', str(self.home / "etc"), str(POLICIES)]
        command = [*mounted, "chromium", *FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", url]
        done = subprocess.run(
            isolated(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds_max,
            check=False,
            env=os.environ | {"HOME": str(self.home)},
        )
        self.log = done.stderr
        if done.returncode != 0:
            raise RuntimeError(f"Chromium ended with {done.returncode}:\n{self.log}")
        return done.stdout
