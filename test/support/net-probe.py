"""What a pupil's machine sends when it looks for a way out. One line of answer on stdout: a word, and how many milliseconds it took.

net-probe.py udp HOST PORT [HEX] | ping HOST | wait PORT | hold HOST PORT FILE | tcp HOST PORT [HEX] [MSS] | dns HOST NAME [tcp] | raw HOST PROTOCOL | hear PROTOCOL SECONDS | from SOURCE HOST PORT
"""
import errno
import os
import socket
import struct
import sys
import time

WAIT = 3.0
started = time.monotonic()


def say(word):
    print("%s %d" % (word, (time.monotonic() - started) * 1000), flush=True)
    sys.exit(0)


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def name_of(error):
    if isinstance(error, socket.timeout):
        return "silence"
    return errno.errorcode.get(error.errno, "error")


def udp(host, port, payload):
    probe = socket.socket(family(host), socket.SOCK_DGRAM)
    probe.settimeout(WAIT)
    probe.connect((host, port))
    try:
        probe.send(payload)
        return probe.recv(4096)
    except OSError as error:
        say(name_of(error))


def tcp(host, port, payload, mss=None, source=None):
    probe = socket.socket(family(host), socket.SOCK_STREAM)
    probe.settimeout(WAIT)
    if mss:
        probe.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
    if source:
        probe.bind((source, 0))
    try:
        probe.connect((host, port))
        if payload:
            probe.sendall(payload)
        return probe.recv(4096)
    except OSError as error:
        say(name_of(error))


def question(name):
    labels = b"".join(struct.pack("B", len(label)) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


def address_in(reply):
    return socket.inet_ntoa(reply[-4:]) if len(reply) > 16 and struct.unpack(">H", reply[6:8])[0] else "rcode-%d" % (reply[3] & 15)


what, args = sys.argv[1], sys.argv[2:]
if what == "udp":
    say("answer" if udp(args[0], int(args[1]), bytes.fromhex(args[2]) if len(args) > 2 else b"hi") else "empty")
elif what == "tcp":
    got = tcp(args[0], int(args[1]), bytes.fromhex(args[2]) if len(args) > 2 else b"", int(args[3]) if len(args) > 3 else None)
    say("bytes-" + got[:1].hex() if got else "closed")
elif what == "ping":
    # echo request, identifier and number 1, with its checksum
    ears = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    ears.settimeout(1.5)
    ears.connect((args[0], 0))
    ears.send(bytes.fromhex("0800f7fd00010001"))
    try:
        while True:
            kind = ears.recv(4096)[20]
            # on one's own machine the request is heard too
            if kind != 8:
                say("answer" if kind == 0 else "refused")
    except OSError as error:
        say("silence" if isinstance(error, socket.timeout) else "refused")
elif what == "wait":
    # answers whoever sends the first packet
    ears = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    ears.bind(("::", int(args[0])))
    ears.settimeout(WAIT)
    print("waiting", flush=True)
    try:
        ears.sendto(b"here", ears.recvfrom(4096)[1])
        say("heard")
    except OSError as error:
        say(name_of(error))
elif what == "hold":
    # keeps a connection that works, and tries it again once the file is there
    request = b"GET / HTTP/1.1\r\nHost: hitclub.com\r\n\r\n"
    held = socket.create_connection((args[0], int(args[1])))
    held.settimeout(WAIT)
    held.sendall(request)
    print("open" if b"200" in held.recv(4096) else "odd", flush=True)
    while not os.path.exists(args[2]):
        time.sleep(0.1)
    started = time.monotonic()
    try:
        held.sendall(request)
        say("answer" if held.recv(4096) else "closed")
    except OSError as error:
        say(name_of(error))
elif what == "from":
    got = tcp(args[1], int(args[2]), b"GET / HTTP/1.1\r\nHost: olm.vn\r\n\r\n", None, args[0])
    say("bytes-" + got[:1].hex() if got else "closed")
elif what == "dns":
    asked = question(args[1])
    if len(args) > 2:
        say(address_in(tcp(args[0], 53, struct.pack(">H", len(asked)) + asked)[2:]))
    say(address_in(udp(args[0], 53, asked)))
elif what == "raw":
    probe = socket.socket(family(args[0]), socket.SOCK_RAW, int(args[1]))
    probe.sendto(b"\0" * 32, (args[0], 0))
    say("sent")
elif what == "hear":
    ears = socket.socket(socket.AF_INET, socket.SOCK_RAW, int(args[0]))
    ears.settimeout(float(args[1]))
    print("listening", flush=True)
    try:
        ears.recvfrom(4096)
        say("heard")
    except OSError as error:
        say(name_of(error))
