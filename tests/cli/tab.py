# SPDX-License-Identifier: MIT
"""tab.py BIN COMPLETION TEXT: TEXT and a tab at a bash on a terminal; prints the line then."""
import os
import pty
import re
import select
import signal
import sys
import time

BIN, COMPLETION, TEXT = sys.argv[1:4]
# The bell's key has bash print the line as it stands; nothing of it is run.
SETUP = f"""stty cols 400 -echo; . {COMPLETION}
bind 'set enable-bracketed-paste off'; bind -x '"\\C-g": printf "\\n{{%s}}\\n" "$READLINE_LINE"'
echo rea''dy
"""


def read_until(fd, pattern, seconds=60):
    got, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 1)[0]:
            got += os.read(fd, 65536).decode(errors="replace")
            found = re.search(pattern, got)
            if found:
                return found
    sys.exit(f"tab.py: {pattern} did not come: {got!r}")


def main():
    path = f"{os.path.abspath(BIN)}:{os.environ['PATH']}"
    pid, fd = pty.fork()
    if not pid:
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"],
                   dict(os.environ, PATH=path, PS1="$ ", TERM="dumb"))
    try:
        os.write(fd, SETUP.encode())
        read_until(fd, "ready\r\n")
        os.write(fd, TEXT.encode() + b"\t\x07")
        print(read_until(fd, r"\{([^{}]*)\}").group(1))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


main()
