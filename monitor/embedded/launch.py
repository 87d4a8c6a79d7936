"""Replace this process by another program that ends with its parent. `process.Child` runs it as a script.

`python -I -S launch.py --parent PID --death-signal N [--user UID GID] [--see-all] -- PROGRAM ARGUMENT…`

A process of its own does this, because a `preexec_fn` is not safe in a program with threads. The order
matters: a change of user clears the parent-death signal, so the signal is set last.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import sys

# Constants of <linux/prctl.h>, <linux/securebits.h> and <linux/capability.h>
PR_SET_PDEATHSIG = 1
PR_GET_SECUREBITS = 27
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522

OUT_OF_REACH = (
    "PostgreSQL runs as another user here, and that user cannot reach the programs or the data folder: "
    "move them out of private folders such as /root, or run the command as an ordinary user"
)


def launch() -> None:
    """Set this process up as the arguments specify, and replace it by the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--user", type=int, nargs=2, metavar=("UID", "GID"))
    parser.add_argument("--see-all", action="store_true")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()

    libc = ctypes.CDLL(None, use_errno=True)
    os.umask(0o077)
    if arguments.user:
        if arguments.see_all:
            # Without this, the change of user clears capabilities, and from then on access(2), which initdb
            # uses to find its programs, ignores them.
            bits = libc.prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)
            if libc.prctl(PR_SET_SECUREBITS, ctypes.c_ulong(bits | SECBIT_NO_SETUID_FIXUP), 0, 0, 0) != 0:
                sys.exit(OUT_OF_REACH)
        _change_user(*arguments.user)
        if arguments.see_all:
            _keep_search_capability(libc)
    if sys.platform == "linux":
        _prctl(libc, PR_SET_PDEATHSIG, arguments.death_signal)
        if os.getppid() != arguments.parent:
            sys.exit("the process that started this one has ended")
    os.execv(arguments.command[0], arguments.command)  # noqa: S606


def _change_user(uid: int, gid: int) -> None:
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        sys.exit(
            f"PostgreSQL does not run as root, and root may not become user {uid} here ({error.strerror}): "
            "run the command as an ordinary user"
        )


def _keep_search_capability(libc: ctypes.CDLL) -> None:
    """Keep the right to pass through folders such as /root, and pass it on to the program.

    By default, containers have DAC_OVERRIDE but not the narrower DAC_READ_SEARCH.
    """
    permitted = _permitted_capabilities(libc)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if permitted & 1 << capability:
            only = 1 << capability
            header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
            sets = (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)
            if libc.capset(header, sets) != 0:
                break
            _prctl(libc, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
            return
    sys.exit(OUT_OF_REACH)


def _permitted_capabilities(libc: ctypes.CDLL) -> int:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    libc.capget(header, sets)
    return sets[1]


def _prctl(libc: ctypes.CDLL, option: int, first: int, second: int = 0) -> None:
    arguments = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
    if libc.prctl(option, *arguments) != 0:
        sys.exit(f"prctl({option}) failed: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    launch()
