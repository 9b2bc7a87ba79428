# SPDX-License-Identifier: MIT
"""What wardd and ward-broker tell the journal: journal_heard.py BIN DIRECTORY double|real.

Runs in a mount namespace of its own, with a socket of its own at the journal's place, or
a systemd-journald of its own. Prints "ok TEXT" or "no TEXT", one a line."""
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time

BIN, D, WHICH = sys.argv[1:4]
NAMES = dict(reversed(line.split()) for line in open(f"{D}/names"))


def say(ok, text):
    print("ok" if ok else "no", text)
    if not ok:
        print("journal_heard:", text, file=sys.stderr)


def parse(data):
    """The native protocol, read for itself: FIELD=value, or FIELD, length and value."""
    fields = {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = struct.unpack("<Q", rest[:8])[0]
            value, data = rest[8:8 + size], rest[8 + size + 1:]
            assert rest[8 + size:9 + size] == b"\n"
        else:
            data = rest
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]*", name), name
        fields[name.decode()] = value.decode()
    return fields


def empty(*places):
    """Of these directories of this machine's nothing is seen any more, nor changed."""
    for where in places:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", where], check=True)


class Journal:
    def __init__(self):
        empty("/run", "/dev")
        os.makedirs("/run/systemd/journal")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind("/run/systemd/journal/socket")
        self.socket.settimeout(60)

    def next(self):
        fields = parse(self.socket.recv(65536))
        fields["kind"] = NAMES[fields["MESSAGE_ID"]]
        return fields

    def rest(self):
        self.socket.setblocking(False)
        heard = []
        try:
            while True:
                heard.append(self.next())
        except BlockingIOError:
            self.socket.settimeout(60)
            return heard


def start(*argv, listens=True, **more):
    """A program whose standard error the journal reads, or so it is told."""
    read, write = os.pipe()
    st = os.fstat(write)
    env = dict(os.environ, JOURNAL_STREAM=f"{st.st_dev}:{st.st_ino + (not listens)}")
    child = subprocess.Popen(argv, stderr=write, env=env, cwd=D, **more)
    os.close(write)
    return child, os.fdopen(read)


def run(*argv, **more):
    child, err = start(*argv, **more)
    text = err.read()
    child.wait(timeout=60)
    return text


def try_wardd(journal):
    sound = {"SYSLOG_IDENTIFIER": "wardd", "PRIORITY": "3", "WARD_BACKEND": "sev-guest"}
    argv = [f"{BIN}/wardd", "--backend", "sev-guest,device=/none"]
    text = run(*argv)
    heard = journal.rest()
    say([h["kind"] for h in heard] == ["AGENT_UNUSABLE"] and sound.items() <= heard[0].items()
        and heard[0]["ERRNO"] == "2" and heard[0]["MESSAGE"].startswith("sev-guest: "),
        "wardd: a backend that cannot be opened, with its fields")
    say(text == "", "wardd: nothing goes to standard error beside it")
    text = run(*argv, listens=False)
    say(not journal.rest() and re.fullmatch(r"wardd: sev-guest: .*\n", text) is not None,
        "wardd: a line of text where standard error is not the journal's")
    run(f"{BIN}/wardd")
    kinds = {h["kind"] for h in journal.rest()}
    say("AGENT_ABSENT" in kinds and kinds & {"AGENT_NONE", "AGENT_REFUSED", "AGENT_FOUND"} != set(),
        "wardd: what this machine has not, and how it ended")
    os.rename("/run/systemd/journal/socket", "/run/away")
    text = run(*argv)
    os.rename("/run/away", "/run/systemd/journal/socket")
    say(text.startswith("<3>wardd: sev-guest: "),
        "wardd: a line with its priority where nobody takes messages")


def ask(port, target):
    context = ssl.create_default_context(cafile=f"{D}/tls.pem")
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        with context.wrap_socket(plain) as tls:
            tls.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        .encode())
            while tls.recv(4096):
                pass


def try_broker(journal):
    text = run(f"{BIN}/ward-broker", "--check", "--config", "none.json")
    heard = journal.rest()
    say([h["kind"] for h in heard] == ["BROKER_NOT_STARTED"] and "none.json" in heard[0]["MESSAGE"]
        and heard[0]["PRIORITY"] == "3" and text == "", "ward-broker: why it does not start")
    child, err = start(f"{BIN}/ward-broker", "--config", "broker.json", stdout=subprocess.PIPE)
    try:
        port = int(child.stdout.readline().decode().rsplit(":", 1)[1])
        ask(port, "/kbs/v0/resource/a/b/c")
        ask(port, "/kbs/v0/nothing")
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=60)
    heard = journal.rest()
    kinds = [h["kind"] for h in heard]
    say(set(kinds[:kinds.index("BROKER_STARTED")]) == {"BROKER_POLICY"} and kinds[-1] == "BROKER_STOPPED"
        and err.read() == "", "ward-broker: what the policy leaves open, start and stop")
    opened = [h["WARD_RESULT"] for h in heard if h["kind"] == "BROKER_POLICY"]
    say("guest-unmeasured" in opened and all(h["PRIORITY"] == "5" for h in heard
                                             if h["kind"] == "BROKER_POLICY"),
        "ward-broker: each thing that it leaves open by its word")
    refused = [h for h in heard if h["kind"] == "BROKER_REFUSED"]
    say(len(refused) == 2 and all(h["WARD_PEER"] == "127.0.0.1" and h["PRIORITY"] == "4"
                                  and h["WARD_RESULT"] in h["MESSAGE"] for h in refused),
        f"ward-broker: refusals with client and reason ({[h.get('WARD_RESULT') for h in refused]})")
    say(all(h["SYSLOG_IDENTIFIER"] == "ward-broker" and h.get("WARD_EVENT") for h in heard),
        "ward-broker: each names program and event")


def wait_for(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def kept(*match, explained=False):
    """What journalctl finds: objects, or the text with what the catalog says of it."""
    argv = ["journalctl", "-q", "--no-pager", "-D", "/run/log/journal", *match]
    out = subprocess.run(argv + (["-x"] if explained else ["-o", "json"]), check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    return out if explained else [json.loads(line) for line in out.splitlines()]


def try_journald(program):
    catalog = "/usr/lib/systemd/catalog"
    with open("userspace/systemd/ward.catalog") as f:
        entries = f.read()
    empty("/run", catalog, "/var/lib/systemd")
    os.makedirs("/var/lib/systemd/catalog")
    with open(f"{catalog}/ward.catalog", "w") as f:
        f.write(entries)
    subprocess.run(["journalctl", "--update-catalog"], check=True)
    os.makedirs("/run/systemd/journald.conf.d")
    os.makedirs("/run/log/journal")
    with open("/run/systemd/journald.conf.d/test.conf", "w") as f:
        f.write("[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n")
    journald = subprocess.Popen([program])
    try:
        wait_for(lambda: os.path.exists("/run/systemd/journal/socket"))
        run(f"{BIN}/wardd", "--backend", "sev-guest,device=/none")
        run(f"{BIN}/ward-broker", "--check", "--config", "none.json")
        wait_for(lambda: kept("SYSLOG_IDENTIFIER=ward-broker"))
    finally:
        journald.terminate()
        journald.wait(timeout=60)
    # Not _COMM: journald looks that up, and a program that ended at once may be gone.
    found = kept("WARD_BACKEND=sev-guest")
    say(len(found) == 1 and NAMES[found[0]["MESSAGE_ID"]] == "AGENT_UNUSABLE"
        and found[0]["ERRNO"] == "2" and found[0]["SYSLOG_IDENTIFIER"] == "wardd",
        "systemd-journald: finds the message by its field")
    text = kept("WARD_BACKEND=sev-guest", explained=True)
    say("Subject: sev-guest cannot be opened" in text and "man:wardd(8)" in text
        and "wardctl doctor" in text, "journalctl -x: explains it, with its own field in place")


if WHICH == "double":
    here = Journal()
    try_wardd(here)
    try_broker(here)
else:
    try_journald(WHICH)
