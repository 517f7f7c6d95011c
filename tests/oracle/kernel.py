#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Plays the cases to the kernel: kernel.py CASES NAMESPACE PEER-NAMESPACE

Each case has a veth pair of its own between the two namespaces, and all run side by side. The
peer's end has no IP stack: this program answers for it, as the case says. What becomes of the
neighbour is read from netlink, as `ip monitor neigh` reads it; INCOMPLETE and DELAY, of which the
kernel tells nobody, are seen by looking every few milliseconds.

Prints "NAME: STATES" for each case.
"""
import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time

ANSWER_S = 0.03
LOOK_S = 0.01
MAC = {"a": bytes.fromhex("02000000000a"), "b": bytes.fromhex("02000000000b")}
PORT = {mac: port for port, mac in MAC.items()}
ALL = b"\xff" * 6
ETH_P_ALL = 3
SOLICITED, OVERRIDE = 0x40000000, 0x20000000
ADVERTISE = {"advertise-so": SOLICITED | OVERRIDE, "advertise-s": SOLICITED,
             "advertise-o": OVERRIDE, "advertise": 0}
STATES = {0x01: "INCOMPLETE", 0x02: "REACHABLE", 0x04: "STALE", 0x08: "DELAY", 0x10: "PROBE",
          0x20: "FAILED", 0x80: "PERMANENT"}  # linux/neighbour.h: NUD_
UNTOLD = 0x01 | 0x08
NO_ADDRESS = 0x01 | 0x20
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH, RTMGRP_NEIGH = 28, 29, 30, 4
NLM_F_REQUEST_DUMP = 0x301
LOOKS = 5  # until none is disturbed
SETTINGS = ["base_reachable_time_ms=2400", "retrans_time_ms=200", "delay_first_probe_time=1",
            "locktime=0", "ucast_solicit=3", "mcast_solicit=3", "mcast_resolicit=3"]


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
        """A state that it was in before is told again for reasons that do not matter here. Nor
        does it that the kernel forgets a FAILED neighbour that nobody deleted: it does so every
        15 s, once all tables of the machine together hold 128 (neigh_periodic_work)."""
        if self.over or state in self.states[-1:]:
            return
        deletes = any(event in ("delete", "flush") for _, event, _ in self.plays)
        if deletes or [*self.states[-1:], state] != ["FAILED", "REMOVED"]:
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


def listen():
    """A socket to which the kernel tells what becomes of neighbours, from here on."""
    told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    told.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    told.bind((0, RTMGRP_NEIGH))
    told.setblocking(False)
    return told


def messages(data):
    """The neighbours of netlink messages, as (message type, IP address, state, its name)."""
    while data:
        length, kind = struct.unpack_from("=IH", data)
        if kind in (RTM_NEWNEIGH, RTM_DELNEIGH):
            state = struct.unpack_from("=H", data, 24)[0]
            address = attribute(data[28:length], 1)  # NDA_DST
            mac = attribute(data[28:length], 2)  # NDA_LLADDR
            name = STATES.get(state, hex(state))
            if mac and not state & NO_ADDRESS:
                name += "@" + PORT.get(mac, mac.hex(":"))
            yield kind, address, state, name
        elif kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
            yield kind, b"", 0, ""
        data = data[(length + 3) & ~3:]


def attribute(attributes, wanted):
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == wanted:
            return attributes[4:length]
        attributes = attributes[max((length + 3) & ~3, 4):]
    return b""


def hear(told, by_ip):
    """What was told until now; returns whether there was anything."""
    any_of_them = False
    while True:
        try:
            data = told.recv(1 << 18)
        except BlockingIOError:
            return any_of_them
        any_of_them = True
        for kind, address, _, name in messages(data):
            if address in by_ip:
                by_ip[address].add("REMOVED" if kind == RTM_DELNEIGH else name)


def look(netlink):
    """The neighbours that are in an untold state, as (IP address, name of the state)."""
    netlink.send(struct.pack("=IHHII", 28, RTM_GETNEIGH, NLM_F_REQUEST_DUMP, 1, 0) + bytes(12))
    found = []
    while True:
        for kind, address, state, name in messages(netlink.recv(1 << 18)):
            if kind in (2, 3):
                return found
            if state & UNTOLD:
                found.append((address, name))


def hear_and_look(told, netlink, by_ip):
    """What was seen counts if nothing was told meanwhile: only then is it known what came first."""
    hear(told, by_ip)
    for _ in range(LOOKS):
        found = look(netlink)
        if not hear(told, by_ip):
            for address, name in found:
                if address in by_ip:
                    by_ip[address].add(name)
            return


def run(cases, namespace, told):
    by_ip = {case.peer_ip: case for case in cases}
    by_link = {case.link.fileno(): case for case in cases}
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    start = time.monotonic() + 0.1
    todo = []
    for case in cases:
        for at, event, port in case.plays:
            todo.append((start + at, lambda c=case, e=event, p=port: c.play(namespace, e, p)))
    while todo:
        ready, _, _ = select.select([told, *by_link], [], [], LOOK_S)
        now = time.monotonic()
        for descriptor in ready:
            if descriptor is not told:
                by_link[descriptor].heard(os.read(descriptor, 2000), now, todo)
        todo.sort(key=lambda item: item[0])
        while todo and todo[0][0] <= now:
            todo.pop(0)[1]()
        hear_and_look(told, netlink, by_ip)


def main():
    path, namespace, far = sys.argv[1:]
    cases = read_cases(path)
    prepare(cases, namespace, far)
    with listen() as told:
        run(cases, namespace, told)
    for case in cases:
        print(case.name + ":", *case.states)


main()
