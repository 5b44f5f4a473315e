#!/usr/bin/python3 -IS
"""Judges a capture of the lab. Prints one line a finding and a summary; exit status 1 if any.

  oracle.py air FILE --stations MAC,...  [--guests MAC,...]
      802.11 frames (radiotap). Every data frame to the AP must have one of the stations as its
      transmitter and as its source. Unencrypted ones must carry no guest's MAC in ARP or in a
      link-layer option of Neighbor Discovery, and right checksums.
  oracle.py lan FILE --guests MAC,...    [--from MAC]
      Ethernet frames. None may have a guest's MAC as its source, in ARP or in a link-layer option.
      With --from, frames of that source must have right checksums.
"""
import struct
import sys

ARP, IPV4, IPV6, VLAN = 0x0806, 0x0800, 0x86DD, 0x8100
EN10MB, RADIOTAP = 1, 127


def records(path):
    """The packets of a pcap file, and its link type."""
    data = open(path, "rb").read()
    magic = data[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    linktype = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    packets, at = [], 24
    while at + 16 <= len(data):
        size, original = struct.unpack(order + "II", data[at + 8:at + 16])
        if at + 16 + size > len(data):
            break
        packets.append((data[at + 16:at + 16 + size], size == original))
        at += 16 + size
    return linktype, packets


def checksum(*parts):
    total = 0
    for part in parts:
        if len(part) % 2:
            part += b"\0"
        total += sum(struct.unpack(">%dH" % (len(part) // 2), part))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class Judge:
    def __init__(self, guests):
        self.guests = guests
        self.findings = {}
        self.checked = 0

    def find(self, what):
        self.findings[what] = self.findings.get(what, 0) + 1

    def neighbor_words(self, ethertype, payload):
        """Link-layer addresses inside ARP and ND."""
        if ethertype == ARP and len(payload) >= 28:
            for name, at in (("sender", 8), ("target", 18)):
                if payload[at:at + 6] in self.guests:
                    self.find("a guest's MAC as ARP " + name)
        if ethertype == IPV6 and len(payload) > 48 and payload[6] == 58 and 133 <= payload[40] <= 137:
            size = 40 + struct.unpack(">H", payload[4:6])[0]
            at = 40 + {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}[payload[40]]
            while at + 8 <= min(size, len(payload)) and payload[at + 1]:
                if payload[at] in (1, 2) and payload[at + 2:at + 8] in self.guests:
                    self.find("a guest's MAC in an ND option")
                at += 8 * payload[at + 1]

    def checksums(self, ethertype, payload):
        if ethertype == IPV4 and len(payload) >= 20:
            header, size = (payload[0] & 15) * 4, struct.unpack(">H", payload[2:4])[0]
            if checksum(payload[:header]) != 0xFFFF:
                self.find("a wrong IPv4 header checksum")
            fragment = struct.unpack(">H", payload[6:8])[0] & 0x3FFF
            if not fragment and size <= len(payload):
                self.transport(payload[9], payload[12:20], payload[header:size])
        elif ethertype == IPV6 and len(payload) >= 40:
            size = 40 + struct.unpack(">H", payload[4:6])[0]
            if size <= len(payload):
                self.transport(payload[6], payload[8:40], payload[40:size])

    def transport(self, protocol, addresses, segment):
        pseudo = addresses + struct.pack(">II", len(segment), protocol)
        if protocol == 1:
            pseudo = b""
        elif protocol == 17 and segment[6:8] == b"\0\0" and len(addresses) == 8:
            return
        elif protocol not in (6, 17, 58):
            return
        self.checked += 1
        if checksum(pseudo, segment) != 0xFFFF:
            self.find("a wrong checksum (protocol %d)" % protocol)


def judge_air(judge, packets, stations):
    frames = 0
    for data, whole in packets:
        frame = data[struct.unpack("<H", data[2:4])[0]:]
        if len(frame) < 24 or frame[0] & 0x0C != 0x08:
            continue
        to_ds, from_ds = frame[1] & 1, frame[1] & 2
        header = 30 if to_ds and from_ds else 24
        if frame[0] & 0x80:
            header += 2
        if to_ds:
            frames += 1
            source = frame[24:30] if from_ds else frame[10:16]
            if frame[10:16] not in stations:
                judge.find("a foreign transmitter on the air: " + frame[10:16].hex(":"))
            elif source not in stations:
                judge.find("a foreign source on the air: " + source.hex(":"))
        body = frame[header:]
        if frame[1] & 0x40 or frame[0] & 0x40 or len(body) < 8 or body[:6] != b"\xaa\xaa\3\0\0\0":
            continue  # encrypted, without data, or not SNAP
        ethertype = struct.unpack(">H", body[6:8])[0]
        if to_ds:
            judge.neighbor_words(ethertype, body[8:])
            if whole:
                judge.checksums(ethertype, body[8:])
    return frames


def judge_lan(judge, packets, sender):
    for data, whole in packets:
        if len(data) < 14:
            continue
        ethertype, payload = struct.unpack(">H", data[12:14])[0], data[14:]
        if ethertype == VLAN and len(payload) >= 4:
            ethertype, payload = struct.unpack(">H", payload[2:4])[0], payload[4:]
        if data[6:12] in judge.guests:
            judge.find("a guest's MAC as the source on the LAN")
        judge.neighbor_words(ethertype, payload)
        if whole and data[6:12] == sender:
            judge.checksums(ethertype, payload)
    return len(packets)


def macs(text):
    return {bytes.fromhex(mac.replace(":", "")) for mac in text.split(",") if mac}


def main(argv):
    if len(argv) < 2 or argv[0] not in ("air", "lan"):
        sys.stderr.write(__doc__)
        return 2
    options = dict(zip(argv[2::2], argv[3::2]))
    judge = Judge(macs(options.get("--guests", "")))
    linktype, packets = records(argv[1])
    wanted = RADIOTAP if argv[0] == "air" else EN10MB
    if linktype != wanted:
        sys.stderr.write("%s: link type %d, expected %d\n" % (argv[1], linktype, wanted))
        return 2
    if argv[0] == "air":
        seen = judge_air(judge, packets, macs(options.get("--stations", "")))
    else:
        seen = judge_lan(judge, packets, next(iter(macs(options.get("--from", ""))), None))
    for what, count in sorted(judge.findings.items()):
        print("%d times %s" % (count, what))
    print("%d frames, %d checksums, %d findings" % (seen, judge.checked, sum(judge.findings.values())))
    return 1 if judge.findings or not seen else 0


sys.exit(main(sys.argv[1:]))
