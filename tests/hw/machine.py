# SPDX-License-Identifier: MIT
"""The ward that is tested, the machine it is on, and how both are asked."""
import json
import os
import pathlib
import platform
import re
import shutil
import stat
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
DEVICE = "/dev/ward"


class Refused(Exception):
    """The run cannot go on: a plain sentence says why, and what to do."""


class Said:
    """What a command said, how it ended, how long it took."""

    def __init__(self, done, seconds):
        self.code, self.out, self.err, self.seconds = (
            done.returncode, done.stdout, done.stderr, seconds)

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            return {}

    def words(self):
        """The last thing that it said, for people."""
        lines = [x for x in (self.err or self.out).strip().splitlines() if x.strip()]
        return " ".join(x.strip() for x in lines[-2:]) or f"status {self.code}"


class Ward:
    """Programs and libraries: of this tree's build, or as installed."""

    def __init__(self, folder, user):
        self.folder = pathlib.Path(folder) if folder else None
        self.uid = user
        self.gid = None

    def program(self, name):
        path = shutil.which(name) if self.folder is None else str(self.folder / name)
        if not path or not os.access(path, os.X_OK):
            raise Refused(f"{name} is not here: install the packages (make deb, then "
                          "--install), or make userspace")
        return path

    def run(self, name, *args, worker=False, timeout=300, env=None):
        """@worker: as the unprivileged user whom the device's group lets in."""
        who = {"user": self.uid, "group": self.gid, "extra_groups": []} if worker else {}
        began = time.monotonic()
        try:
            done = subprocess.run([self.program(name), *map(str, args)], capture_output=True,
                                  text=True, errors="replace", timeout=timeout, check=False,
                                  cwd="/", env=env, stdin=subprocess.DEVNULL, **who)
        except subprocess.TimeoutExpired:
            raise Refused(f"{name} {args[0] if args else ''} did not end in {timeout} s") from None
        return Said(done, time.monotonic() - began)

    def library(self):
        """For ctypes, which needs no compiler on this machine."""
        beside = self.folder.parent / "lib/libward.so.0" if self.folder else None
        return str(beside) if beside and beside.exists() else "libward.so.0"

    def load(self):
        """The module, and who may open its device."""
        if not os.path.exists(DEVICE):
            said = self.run("wardctl", "module", "load")
            if said.code:
                raise Refused("the ward module is not loaded, and could not be: " + said.words())
            for _ in range(50):     # udev gives the node its group a moment later
                if os.path.exists(DEVICE):
                    break
                time.sleep(0.1)
        node = os.stat(DEVICE)
        self.gid = node.st_gid
        if not node.st_mode & stat.S_IRGRP or not self.gid:
            raise Refused(f"{DEVICE} is root's alone: install the udev rule and the group ward "
                          "(the package ward-dkms has both), then: udevadm trigger")


def package_versions():
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "ward-*",
                               "libward*"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return []
    return [line for line in done.stdout.splitlines() if len(line.split()) == 2]


def distribution():
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^model name\s*: (.*)$", text, re.M)
    return found[1] if found else platform.machine()


def memory_mib():
    text = pathlib.Path("/proc/meminfo").read_text(encoding="utf-8")
    return int(re.search(r"MemTotal: *(\d+)", text)[1]) // 1024


def facts(ward):
    """What the result says about the machine; doctor's words are on record whole."""
    doctor = ward.run("wardctl", "-o", "json", "doctor").json()
    checks = {c["check"]: c for c in doctor.get("checks", [])}
    return {
        "machine": checks.get("machine", {}).get("text"),
        "tee": checks.get("tee", {}).get("text"),
        "paravisor": checks.get("paravisor", {}).get("text"),
        "processor": processor(), "cpus": os.cpu_count(), "memory_mib": memory_mib(),
        "kernel": platform.release(), "distribution": distribution(),
        "packages": package_versions(),
        "wardctl": ward.run("wardctl", "--version").out.strip(),
        "module": ward.run("wardctl", "-o", "json", "status").json(),
        "doctor": doctor,
        "selftest": ward.run("wardctl", "-o", "json", "mem", "selftest").json(),
    }
