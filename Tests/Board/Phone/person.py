"""Examples/PythonPhone in the guest, as it is, with the person replaced: the setup code comes from the command line, and
the address to which the browser came back from a file that somebody else writes.

    person.py CODE FILE OPTION...
"""

import builtins
import getpass
import pathlib
import sys
import time

import phone

code, answer = sys.argv[1], pathlib.Path(sys.argv[2])


def paste(_):
    # Whole with its newline: it is read while it is being written.
    while not (answer.exists() and (text := answer.read_text()).endswith("\n")):
        time.sleep(0.05)
    answer.unlink()
    return text


getpass.getpass = lambda _: code
builtins.input = paste
sys.argv[1:3] = []
phone.main()
