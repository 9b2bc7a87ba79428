#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kbs_secrets.py DIR WARDCTL STAND-IN URL [azure]: where a secret shows while wardctl has it.

wardctl kbs get-resource, or kbs release azure (by the bearer token in DIR/bearer, a secret, too), writes the secret into a pipe that is full, so that it stands
still with the secret in hand; then everything that a neighbour, an administrator's log or
a core pattern would see is searched for it: raw, hex, base64 and base64url at each of the
three alignments. A planted copy in each form is found first, or the search proves nothing.
"""
import base64
import fcntl
import glob
import os
import shutil
import subprocess
import sys
import time

DIR, WARDCTL, STANDIN, URL = sys.argv[1:5]
AZURE = sys.argv[5:] == ["azure"]
SECRET = open(DIR + "/secret", "rb").read()
BEARER = open(DIR + "/bearer", "rb").read().strip() if AZURE else b""
ASKS = "/release" if AZURE else "GET "
COMMAND = ["kbs", "get-resource", "--protocol", "trustee", "--tee", "snp", "--url", URL]
if AZURE:
    COMMAND = ["kbs", "release", "azure", "--url", URL, "--vault", URL, "--key", "k1", "--bearer", DIR + "/bearer",
               "--accept-unmeasured", "--chain", DIR + "/tls.pem"]


def forms(secret):
    out = [secret, secret.hex().encode(), secret.hex().upper().encode()]
    for shift in range(3):
        whole = secret[shift:shift + (len(secret) - shift) // 3 * 3]
        out += [base64.b64encode(whole), base64.urlsafe_b64encode(whole)]
    # half of it is a leak as well
    return [f[:len(f) // 2] for f in out] + [f[len(f) // 2:] for f in out]


FORMS = forms(SECRET) + (forms(BEARER) if BEARER else [])


def holds(data):
    return any(form in data for form in FORMS)


for form in (SECRET, SECRET.hex().encode(), base64.b64encode(b"x" + SECRET), base64.urlsafe_b64encode(b"xy" + SECRET)):
    assert holds(b"before" + form + b"after"), "the search finds nothing"
assert not holds(b"nothing here" * 100)

read_end, write_end = os.pipe()
room = fcntl.fcntl(write_end, fcntl.F_GETPIPE_SZ)
os.write(write_end, bytes(room))
started = time.strftime("%Y-%m-%d %H:%M:%S")
out, err = open(DIR + "/s.out", "wb"), open(DIR + "/s.err", "wb")
child = subprocess.Popen(
    [WARDCTL] + COMMAND + ["--ca", DIR + "/tls.pem", "--fd", str(write_end)] + ([] if AZURE else ["test/key/one"]),
    env=dict(os.environ, LD_PRELOAD=STANDIN), pass_fds=[write_end], stdout=out, stderr=err)
os.close(write_end)


def still():
    """It sleeps in a write to the pipe; wchan is hidden from others, the system call is not always."""
    state = open(f"/proc/{child.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0]
    asked = open(DIR + "/requests", encoding="ascii").read().count(ASKS)
    return state == "S" and asked > before


before = open(DIR + "/requests", encoding="ascii").read().count(ASKS)
for _ in range(200):
    if child.poll() is not None or still():
        break
    time.sleep(0.05)
time.sleep(0.5)
assert child.poll() is None, "wardctl did not wait with the secret: " + open(DIR + "/s.err").read()


def everybody():
    """What any process was started with; one of these may have been handed a secret."""
    count = 0
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            data = open(path, "rb").read()
        except OSError:
            continue
        assert not holds(data), "in " + path
        count += 1
    return count


looked = everybody()
assert looked > 4, "nothing of /proc could be read"
for name in ("cmdline", "environ", "comm", "status", "stat", "limits", "maps", "mountinfo", "cgroup"):
    try:
        data = open(f"/proc/{child.pid}/{name}", "rb").read()
    except PermissionError:
        continue
    assert not holds(data), "in /proc/PID/" + name
    looked += 1
# Its user, too, is kept out: PR_SET_DUMPABLE is 0. Root isn't, and is not asked here.
owner = os.stat(f"/proc/{child.pid}/environ").st_uid
assert owner == 0, "the process may be dumped by its user"

got = b""
while True:
    part = os.read(read_end, 65536)
    if not part:
        break
    got += part
assert child.wait(timeout=60) == 0, "wardctl failed: " + open(DIR + "/s.err").read()
assert got[room:] == SECRET, "the secret did not come"
looked += everybody()

files = [DIR + n for n in ("/s.out", "/s.err", "/requests", "/double", "/out", "/err")] + \
    glob.glob(DIR + "/run/**/*", recursive=True)
for path in files:
    if os.path.isfile(path):
        assert not holds(open(path, "rb").read()), "in " + path
        looked += 1
for command in (["journalctl", "--since", started, "-o", "export"], ["dmesg"]):
    if shutil.which(command[0]):
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        if done.returncode == 0:
            assert not holds(done.stdout), "in " + command[0]
            looked += 1
for path in glob.glob("/var/log/*"):
    if os.path.isfile(path) and os.path.getmtime(path) > time.time() - 300 and os.access(path, os.R_OK):
        assert not holds(open(path, "rb").read()), "in " + path
        looked += 1
print(f"{looked} places")
