#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""serve_page.py WARD_TRAIN STANDIN FOLDER CHROMIUM: the page of `ward-train serve` in a headless
Chromium, which is told what to do by its own protocol over a pipe.

A line for each result: 0 or 1, a blank, what was looked at."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serve_world import AHEAD, Client, Server, write  # noqa: E402

# What the page shows once its script has come to an end, as one object.
SHOWN = """(() => ({
  state: document.getElementById('state').textContent,
  problem: document.getElementById('problem').textContent,
  tee: document.getElementById('tee').textContent,
  fresh: document.getElementById('fresh').textContent,
  answers: Array.from(document.querySelectorAll('#answers li'), e => e.textContent),
  drawn: Array.from(document.querySelectorAll('#drawing > *'), e => e.getAttribute('class') || e.tagName),
  points: Array.from(document.querySelectorAll('#drawing polyline'),
    e => e.getAttribute('points').split(' ').length),
}))()"""
UNTIL = """new Promise(done => {
  const look = () => %s ? done(true) : setTimeout(look, 20);
  look();
})"""


def result(good, text):
    print("0" if good else "1", text, flush=True)


class Browser:
    def __init__(self, program, profile):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def ends():
            # 3 and 4 are what it reads and writes; the copies are above whatever was open
            a, b = os.dup2(theirs_in, 103), os.dup2(theirs_out, 104)
            os.dup2(a, 3)
            os.dup2(b, 4)
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--ignore-certificate-errors", "--no-first-run", "--disable-background-networking",
             f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            preexec_fn=ends, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.out, self.into = ours_out, os.fdopen(ours_in, "rb")
        self.count, self.session, self.events = 0, None, []

    def message(self):
        text = bytearray()
        while (byte := self.into.read(1)) != b"\0":
            if not byte:
                raise SystemExit("the browser has ended")
            text += byte
        return json.loads(text)

    def call(self, method, **params):
        self.count += 1
        asked = {"id": self.count, "method": method, "params": params}
        if self.session:
            asked["sessionId"] = self.session
        os.write(self.out, json.dumps(asked).encode() + b"\0")
        while True:
            said = self.message()
            if said.get("id") == self.count:
                return said.get("result", {})
            if "method" in said:
                self.events.append(said)

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Page.navigate", url=url)
        self.value(UNTIL % "document.readyState === 'complete' && document.getElementById('fresh')"
                   " && document.getElementById('fresh').textContent !== ''")

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                         returnByValue=True)["result"].get("value")

    def ask(self, **fields):
        for name, text in fields.items():
            self.value(f"document.getElementById({json.dumps(name)}).value = {json.dumps(text)}")
        self.value("document.getElementById('state').textContent = '';"
                   "document.querySelector('#ask button').click()")
        self.value(UNTIL % "document.getElementById('state').textContent === 'done'")
        return self.value(SHOWN)

    def requested(self):
        return [e["params"]["request"]["url"] for e in self.events
                if e["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the console has, but for answers of 4xx, which it calls failures to load."""
        return [e["params"] for e in self.events if e["method"] == "Runtime.exceptionThrown" or
                e["method"] == "Log.entryAdded" and e["params"]["entry"]["source"] != "network"]

    def end(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait()


def patient(browser, server):
    browser.open(f"https://127.0.0.1:{server.port}/")
    shown = browser.value(SHOWN)
    result("simulated" in shown["tee"] and "SIMULATED: it protects nothing" in shown["tee"],
           "the page says that the TEE is SIMULATED")
    result("bytes of evidence for nonce " in shown["fresh"], "and that there is evidence now")
    row = {"age": "51.5", "dose": "2.25", "kind": "2", "sex": "f"}
    want = Client(server).infer(json.dumps([dict(row, age=51.5, dose=2.25, kind=2)]), "application/json")
    shown = browser.ask(**{"v-" + k: v for k, v in row.items()})
    result(shown["answers"] == [f"row 1: probability {want[1]['rows'][0]['y']:.6g}"] and
           shown["drawn"] == ["text", "bar", "text"] and not shown["problem"],
           "a patient's values have their probability, as text and as a bar")
    shown = browser.ask(**{"v-dose": "2,25"})
    result("dose: must be a number" in shown["problem"] and not shown["answers"],
           "a value that is no number is refused, and is not taken for a missing one")
    shown = browser.ask(table="age,dose,kind,sex\n51.5,2.25,2,f\n,,,\n")
    result(len(shown["answers"]) == 2 and shown["answers"][0].startswith("row 1: probability "),
           "so has a table that was pasted")
    shown = browser.ask(table="age,dose,kind,sex\n51.5,much,2,f\n")
    result("line 2: column 2 (dose)" in shown["problem"] and not shown["answers"] and not shown["drawn"],
           "what is refused is said with its place, and no answer stays")


def course(browser, server):
    browser.open(f"https://127.0.0.1:{server.port}/")
    table = "id,time,gl\n" + "".join(f"a,{300 * i},{v}\n" for i, v in enumerate((90, 110, 120, 130)))
    want = [sum(w * (v - 100) / 10 for w, v in zip(row, (110, 120, 130))) + b
            for row, b in zip(AHEAD, (0, 1))]
    shown = browser.ask(table=table)
    said = [float(v) for v in shown["answers"][0].split(": ")[1].split(", ")]
    result(len(said) == 2 and all(abs(a - b) < 1e-4 for a, b in zip(said, want)),
           "a pasted course has its next values")
    result(shown["drawn"] == ["known", "predicted", "text", "text"] and shown["points"] == [3, 3],
           "drawn behind those that are known")
    shown = browser.ask(table=table.split("a,300")[0])
    result("too short" in shown["answers"][0] and not shown["drawn"], "of one that is too short it says so")


def of(name, look, train, standin, folder, program):
    server = Server(train, standin, folder, name)
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        look(browser, server)
        here = f"https://127.0.0.1:{server.port}/"
        result(all(url.startswith(here) for url in browser.requested()) and browser.requested(),
               f"{name}: the page asks for nothing from elsewhere")
        result(not browser.complaints(), f"{name}: no fault, and nothing that its policy forbids")
        browser.value("document.body.append(Object.assign(document.createElement('script'),"
                      "{textContent: 'window.strange = 1'}))")
        result(browser.value("window.strange === undefined") is True,
               f"{name}: another script is not run")
        browser.end()
    server.process.send_signal(signal.SIGTERM)
    result(server.end() == 0, f"{name}: the server ends well")


def main(train, standin, folder, program):
    write(folder)
    of("table", patient, train, standin, folder, program)
    of("course", course, train, standin, folder, program)


main(*sys.argv[1:])
