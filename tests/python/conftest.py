# SPDX-License-Identifier: MIT
"""Results as TAP into $WARD_TAP; a session of the device that is there.

On a host tests/cli/python.sh puts a stand-in for /dev/ward below the interpreter
(tests/cli/fakeward.c), which has buffers and nothing else; in a guest it is the module
(WARD_PY_GUEST=1). `kernel` marks what needs the latter.
"""

import gc
import os

import pytest

import ward

GUEST = os.environ.get("WARD_PY_GUEST") == "1"
kernel = pytest.mark.skipif(not GUEST, reason="needs the module: tests/e2e/python.sh")


class Tap:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.count = 0

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self.say(report)
        elif report.failed:
            self.say(report)

    def say(self, report):
        self.count += 1
        name = report.nodeid.rpartition("/")[2]
        if report.skipped:
            self.file.write(f"ok {self.count} - {name} # SKIP {report.longrepr[2]}\n")
        else:
            self.file.write(f"{'not ' if report.failed else ''}ok {self.count} - {name}\n")
        if report.failed:
            text = str(report.longrepr).splitlines()
            self.file.write("".join(f"# {line}\n" for line in text[-40:]))

    def pytest_sessionfinish(self):
        self.file.write(f"1..{self.count}\n")
        self.file.close()


def pytest_configure(config):
    if os.environ.get("WARD_TAP"):
        config.pluginmanager.register(Tap(os.environ["WARD_TAP"]), "ward-tap")


@pytest.fixture
def session():
    with ward.Session() as opened:
        yield opened
        gc.collect()
