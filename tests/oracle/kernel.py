#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Plays the cases to the kernel: kernel.py CASES NAMESPACE PEER-NAMESPACE

Each case has a veth pair of its own between the two namespaces, and all run side by side. The
peer's end has no IP stack: this program answers for it, as the case says. What becomes of the
neighbour is read from `ip monitor neigh`; INCOMPLETE and DELAY, of which the kernel tells nobody,
are seen by looking every few milliseconds.

Prints "NAME: STATES" for each case.
"""
import ctypes
import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

ANSWER_S = 0.03
LOOK_S = 0.01
MAC = {"a": bytes.fromhex("02000000000a"), "b": bytes.fromhex("02000000000b")}
PORT = {"02:00:00:00:00:0a": "a", "02:00:00:00:00:0b": "b"}
ALL = b"\xff" * 6
ETH_P_ALL = 3
SOLICITED, OVERRIDE = 0x40000000, 0x20000000
ADVERTISE = {"advertise-so": SOLICITED | OVERRIDE, "advertise-s": SOLICITED,
             "advertise-o": OVERRIDE, "advertise": 0}
UNTOLD = {0x01: "INCOMPLETE", 0x08: "DELAY"}  # linux/neighbour.h: NUD_
SETTINGS = ["base_reachable_time_ms=2400", "retrans_time_ms=200", "delay_first_probe_time=1",
            "locktime=0", "ucast_solicit=3", "mcast_solicit=3", "mcast_resolicit=3"]
LINE = re.compile(r"^(Deleted )?(?:\S+ )?(10\.9\.\d+\.2|fd09:\w+::2) dev \S+(?: lladdr (\S+))?.* ([A-Z]+) *$")


def ip(namespace, *words):
    subprocess.run(["ip", "-n", namespace, *words], check=True, stderr=subprocess.DEVNULL)


def enter(namespace):
    with open("/run/netns/" + namespace, "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns " + namespace)


class Case:
    def __init__(self, name, number):
        self.name = name
        self.number, self.six = number, False
        self.device, self.far = f"o{number}", f"p{number}"
        self.plays, self.states = [], []
        self.answering, self.over = None, False

    def settle(self):
        """The addresses, when the family is known."""
        net = f"fd09:{self.number + 1:x}::" if self.six else f"10.9.{self.number}."
        family = socket.AF_INET6 if self.six else socket.AF_INET
        self.ours, self.peer = net + "1", net + "2"
        self.our_ip = socket.inet_pton(family, self.ours)
        self.peer_ip = socket.inet_pton(family, self.peer)
        self.user = socket.socket(family, socket.SOCK_DGRAM)

    def add(self, state):
        """A state that it was in before is told again for reasons that do not matter here."""
        if not self.over and (not self.states or self.states[-1] != state):
            self.states.append(state)

    def arp(self, operation, port, to, target_mac, target_ip):
        self.link.send(to + MAC[port] + b"\x08\x06" +
                       struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) +
                       MAC[port] + self.peer_ip + target_mac + target_ip)

    def discovery(self, kind, flags, target, port, to):
        """A solicitation (135) or advertisement (136) with the link address of a port."""
        body = (struct.pack("!BBHI", kind, 0, 0, flags) + target +
                bytes([1 if kind == 135 else 2, 1]) + MAC[port])
        total = sum(struct.unpack(f"!{len(body) // 2 + 20}H", self.peer_ip + to +
                                  struct.pack("!II", len(body), 58) + body))
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        body = body[:2] + struct.pack("!H", ~total & 0xffff) + body[4:]
        self.link.send(self.mac + MAC[port] + b"\x86\xdd" +
                       struct.pack("!IHBB", 6 << 28, len(body), 58, 255) +
                       self.peer_ip + to + body)

    def heard(self, frame, now, todo):
        """A question goes to all, or to the port that answers."""
        port = self.answering
        if not port or not (frame[0] & 1 or frame[:6] == MAC[port]):
            return
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1":
            us = frame[22:28]
            if frame[38:42] == self.peer_ip:
                todo.append((now + ANSWER_S, lambda: self.arp(2, port, us, us, frame[28:32])))
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 135:
            if frame[62:78] == self.peer_ip:
                todo.append((now + ANSWER_S, lambda: self.discovery(
                    136, SOLICITED | OVERRIDE, self.peer_ip, port, frame[22:38])))

    def play(self, namespace, event, port):
        us = self.our_ip
        if event == "answers":
            self.answering = None if port == "none" else port
        elif event == "use":
            self.user.sendto(b"x", (self.peer, 9))
        elif event == "announce":
            self.arp(1, port, ALL, bytes(6), self.peer_ip)
        elif event in ADVERTISE:
            self.discovery(136, ADVERTISE[event], self.peer_ip, port, us)
        elif event == "solicit":
            self.discovery(135, 0, us, port, us)
        elif event == "request":
            self.arp(1, port, ALL, bytes(6), us)
        elif event == "reply":
            self.arp(2, port, self.mac, self.mac, us)
        elif event == "static":
            ip(namespace, "neigh", "replace", self.peer, "dev", self.device, "lladdr",
               MAC[port].hex(":"), "nud", "permanent")
        elif event == "delete":
            ip(namespace, "neigh", "delete", self.peer, "dev", self.device)
        elif event == "flush":
            ip(namespace, "neigh", "flush", "dev", self.device)
        elif event == "end":
            self.over = True
        else:
            sys.exit("unknown event " + event)


def read_cases(path):
    cases = []
    with open(path, encoding="ascii") as file:
        for words in (line.split() for line in file):
            if words and words[0] == "case":
                cases.append(Case(words[1], len(cases)))
            elif words and words[0] == "family":
                cases[-1].six = words[1] == "6"
            elif words and words[0] == "play":
                port = words[3] if len(words) > 3 else None
                cases[-1].plays.append((int(words[1]) / 1000, words[2], port))
    return cases


def prepare(cases, namespace, far):
    for case in cases:
        ip(namespace, "link", "add", case.device, "type", "veth", "peer", "name", case.far,
           "netns", far)
        ip(far, "link", "set", case.far, "arp", "off", "up")
        ip(namespace, "link", "set", case.device, "up")
    enter(far)
    for case in cases:
        case.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        case.link.bind((case.far, 0))
    enter(namespace)
    for case in cases:
        case.settle()
        flags = ["nodad"] if case.six else []
        ip(namespace, "address", "add", case.ours + ("/64" if case.six else "/24"), "dev",
           case.device, *flags)
        for setting in SETTINGS:
            name, value = setting.split("=")
            family = "ipv6" if case.six else "ipv4"
            with open(f"/proc/sys/net/{family}/neigh/{case.device}/{name}", "w",
                      encoding="ascii") as file:
                file.write(value)
        case.mac = hardware_address(case.user, case.device)


def hardware_address(any_socket, device):
    request = struct.pack("256s", device.encode())
    return fcntl.ioctl(any_socket.fileno(), 0x8927, request)[18:24]  # SIOCGIFHWADDR


def told(line, by_peer):
    match = LINE.match(line)
    if not match or match.group(2) not in by_peer:
        return
    deleted, peer, mac, state = match.groups()
    if deleted:
        state = "REMOVED"
    elif mac and state not in ("FAILED", "INCOMPLETE"):
        state += "@" + PORT.get(mac, mac)
    by_peer[peer].add(state)


def look(netlink, found):
    """The neighbours that are in an untold state, as (IP address, state, link address)."""
    netlink.send(struct.pack("=IHHII", 28, 30, 0x301, 1, 0) + bytes(12))
    while True:
        data = netlink.recv(1 << 18)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                return
            state = struct.unpack_from("=H", data, 24)[0]
            if state in UNTOLD:
                found.append((attribute(data[28:length], 1), state,  # NDA_DST, NDA_LLADDR
                              attribute(data[28:length], 2)))
            data = data[(length + 3) & ~3:]


def attribute(attributes, wanted):
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == wanted:
            return attributes[4:length]
        attributes = attributes[max((length + 3) & ~3, 4):]
    return b""


def look_at_untold(netlink, by_ip):
    found = []
    look(netlink, found)
    for address, state, mac in found:
        if address in by_ip:
            name = UNTOLD[state]
            by_ip[address].add(name + "@" + PORT.get(mac.hex(":"), "?") if mac and
                               name == "DELAY" else name)


def run(cases, namespace, monitor):
    by_peer = {case.peer: case for case in cases}
    by_ip = {case.peer_ip: case for case in cases}
    by_link = {case.link.fileno(): case for case in cases}
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    start = time.monotonic() + 0.1
    todo, left = [], b""
    for case in cases:
        for at, event, port in case.plays:
            todo.append((start + at, lambda c=case, e=event, p=port: c.play(namespace, e, p)))
    pipe = monitor.stdout.fileno()
    while todo:
        ready, _, _ = select.select([pipe, *by_link], [], [], LOOK_S)
        now = time.monotonic()
        for descriptor in ready:
            if descriptor == pipe:
                *lines, left = (left + os.read(pipe, 65536)).split(b"\n")
                for line in lines:
                    told(line.decode(), by_peer)
            else:
                by_link[descriptor].heard(os.read(descriptor, 2000), now, todo)
        todo.sort(key=lambda item: item[0])
        while todo and todo[0][0] <= now:
            todo.pop(0)[1]()
        if not select.select([pipe], [], [], 0)[0]:  # else look when it has been read
            look_at_untold(netlink, by_ip)


def main():
    path, namespace, far = sys.argv[1:]
    cases = read_cases(path)
    prepare(cases, namespace, far)
    with subprocess.Popen(["ip", "monitor", "neigh"], stdout=subprocess.PIPE) as monitor:
        try:
            time.sleep(0.3)  # until it listens: it does not say when
            run(cases, namespace, monitor)
        finally:
            monitor.kill()
    for case in cases:
        print(case.name + ":", *case.states)


main()
