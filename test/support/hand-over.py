"""Hands listening sockets to a command as sd_listen_fds(3) says, and keeps them open over its end, as systemd does.

hand-over.py PORT COMMAND...     (a plain socket: no rights needed; `stop` and `start` on stdin)
"""
import os
import socket
import sys

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(512)


def prepare():
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="transparent")


# the exec must come from the process that set LISTEN_PID
def start():
    pid = os.fork()
    if pid == 0:
        prepare()
        os.execvp(sys.argv[2], sys.argv[2:])
    return pid


pid = start()
print("pid", pid, flush=True)
for line in sys.stdin:
    if line.strip() == "stop":
        os.kill(pid, 15)
        print("ended", os.waitpid(pid, 0)[1], flush=True)
    elif line.strip() == "start":
        pid = start()
        print("pid", pid, flush=True)
try:
    os.kill(pid, 15)
    os.waitpid(pid, 0)
except OSError:
    pass
