#!/usr/bin/env python3
"""Side-by-side packet rate of layer-2 switches on two cores, without NICs.

One CPU generates and counts (l2gen), the other runs the switch.  All switches
of a run are measured in turn, round after round, so that they see the same
machine: quote ratios within a run.

    harness.py setup                       hugepages, builds, looks at the CPUs
    harness.py run --transport vhost --duts laneway,l2limit,ovs --macs 1,1k,64k
    harness.py report RESULTS.jsonl        a table in Markdown

README.md says what each transport measures; bench/compare is the short way.

SPDX-License-Identifier: BSD-3-Clause
"""
import argparse
import collections
import fcntl
import glob
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.environ.get("VSPERF_RUN", "/tmp/vsperf")
GEN_CPU = int(os.environ.get("VSPERF_GEN_CPU", "0"))
DUT_CPU = int(os.environ.get("VSPERF_DUT_CPU", "1"))
NICE = int(os.environ.get("VSPERF_NICE", "-15"))
HUGE_DIR = "/dev/hugepages"


def say(*args):
    print(*args, file=sys.stderr, flush=True)


def sh(cmd, check=True, **kw):
    """Run a shell command line, return its output."""
    r = subprocess.run(cmd, shell=isinstance(cmd, str), text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kw)
    if check and r.returncode:
        raise RuntimeError(f"{cmd}: {r.stdout.strip()[-2000:]}")
    return r.stdout


def number(s):
    s = str(s)
    for suffix, factor in (("k", 1000), ("M", 1000000)):
        if s.endswith(suffix):
            return int(float(s[:-1]) * factor)
    return int(s)


def short(n):
    for suffix, factor in (("M", 1000000), ("k", 1000)):
        if n >= factor and n % factor == 0:
            return f"{n // factor}{suffix}"
    return str(n)


# ---- processes ---------------------------------------------------------

class Process:
    """A child in its own process group, its output in a log file."""

    def __init__(self, name, argv, cpu=None, env=None, stdin=None):
        self.name = name
        self.log_path = os.path.join(RUN, name + ".log")
        self.log = open(self.log_path, "w")
        if cpu is not None:
            argv = ["taskset", "-c", str(cpu)] + argv
        self.log.write("$ " + shlex.join(argv) + "\n")
        self.log.flush()
        self.p = subprocess.Popen(
            argv, stdout=self.log, stderr=subprocess.STDOUT, stdin=stdin,
            env={**os.environ, **(env or {})}, start_new_session=True,
            cwd=RUN, preexec_fn=lambda: os.nice(NICE))

    def alive(self):
        return self.p.poll() is None

    def text(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def wait_for(self, pattern, timeout):
        end = time.time() + timeout
        while time.time() < end:
            if re.search(pattern, self.text(), re.M):
                return True
            if not self.alive():
                break
            time.sleep(0.1)
        raise RuntimeError(f"{self.name}: no '{pattern}' in {timeout} s:\n"
                           + self.text()[-1500:])

    def stop(self, sig=signal.SIGTERM, grace=5):
        if self.alive():
            os.killpg(self.p.pid, sig)
            try:
                self.p.wait(grace)
            except subprocess.TimeoutExpired:
                os.killpg(self.p.pid, signal.SIGKILL)
                self.p.wait()
        self.log.close()


def clean_hugepages(prefix):
    for f in glob.glob(f"{HUGE_DIR}/{prefix}map*"):
        os.unlink(f)
    shutil.rmtree(f"/var/run/dpdk/{prefix}", ignore_errors=True)


# ---- noise -------------------------------------------------------------

def cpu_times():
    """{cpu: (busy, steal, total)} in jiffies."""
    out = {}
    with open("/proc/stat") as f:
        for line in f:
            m = re.match(r"cpu(\d+) (.*)", line)
            if m:
                v = [int(x) for x in m.group(2).split()]
                out[int(m.group(1))] = (sum(v[:3]) + sum(v[5:8]), v[7],
                                        sum(v[:8]))
    return out


def my_group_pids(processes):
    pids = {os.getpid()}
    groups = {p.p.pid for p in processes}
    for d in glob.glob("/proc/[0-9]*"):
        try:
            with open(d + "/stat") as f:
                v = f.read().rsplit(")", 1)[1].split()
            if int(v[2]) in groups:
                pids.add(int(d[6:]))
        except (OSError, IndexError):
            pass
    return pids


def foreign_jiffies(own):
    """{pid: CPU time} of every user process that is not ours."""
    out = {}
    for d in glob.glob("/proc/[0-9]*"):
        pid = int(d[6:])
        if pid in own:
            continue
        try:
            with open(d + "/stat") as f:
                v = f.read().rsplit(")", 1)[1].split()
            if int(v[1]) != 2 and pid != 2:            # not kernel threads
                out[pid] = int(v[11]) + int(v[12])
        except (OSError, IndexError):
            pass
    return out


def own_jiffies(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            v = f.read().rsplit(")", 1)[1].split()
        return int(v[11]) + int(v[12])
    except OSError:
        return 0


def wait_quiet(limit=0.05, patience=300):
    """Wait until the two CPUs are idle; return the busy share found."""
    end = time.time() + patience
    while True:
        a = cpu_times()
        time.sleep(1)
        b = cpu_times()
        busy = max((b[c][0] - a[c][0]) / max(1, b[c][2] - a[c][2])
                   for c in (GEN_CPU, DUT_CPU))
        if busy <= limit or time.time() > end:
            if busy > limit:
                say(f"  warning: CPUs are {busy:.0%} busy before the start")
            return busy


# ---- the generator -----------------------------------------------------

def build():
    for name, flags in (("l2gen", "$(pkg-config --cflags --libs libdpdk) -lm"),
                        ("l2limit", "$(pkg-config --cflags --libs libdpdk)"),
                        ("cpuprobe", "-pthread")):
        src, exe = f"{HERE}/{name}.c", f"{RUN}/{name}"
        if (not os.path.exists(exe)
                or os.path.getmtime(exe) < os.path.getmtime(src)):
            sh(f"cc -O3 -march=native -Wall -o {exe} {src} {flags}")


def gen_vdevs(a, ports):
    """EAL arguments that give the generator its end of each port."""
    t, out = a.transport, []
    for i in range(ports):
        if t == "vhost":
            out.append(f"--vdev=virtio_user{i},path={RUN}/p{i}.sock,server=1,"
                       f"queues=1,queue_size={a.ring_size},"
                       f"packed_vq={int(a.ring == 'packed')},"
                       f"mrg_rxbuf={int(not a.no_mrg)},"
                       f"in_order={int(a.in_order)}")
        elif t == "memif":
            out.append(f"--vdev=net_memif{i},role=client,id=0,rsize=10,"
                       f"socket={RUN}/m{i}.sock,socket-abstract=no,"
                       f"zero-copy={'no' if a.memif_copy else 'yes'}")
        elif t in ("veth", "vtap"):
            iface = f"vsg{i}" if t == "veth" else f"vst{i}"
            out.append(f"--vdev=net_af_packet{i},iface={iface},"
                       f"framecnt=1024,blocksz=4096,framesz=2048,"
                       f"qdisc_bypass=1")
    return out


def generator(a, frame, macs, direction, extra=()):
    argv = [os.path.join(RUN, "l2gen"), "--lcores", f"0@{GEN_CPU}", "-m",
            "512", "--no-pci", "--file-prefix", "vsgen", "--no-telemetry",
            "--single-file-segments", "--log-level", "lib.eal:4",
            *gen_vdevs(a, a.ports), "--",
            "--frame", str(frame), "--macs", str(macs),
            "--pattern", a.pattern, "--flows", str(a.flows),
            "--warmup", str(a.warmup), "--time", str(a.time),
            "--repeat", str(a.trials), "--learn-pps", str(a.learn_pps)]
    if direction == "bi":
        argv.append("--bidir")
    if a.rate:
        argv += ["--rate", str(a.rate)]
    if a.lat:
        argv.append("--lat")
    if a.search:
        argv += ["--search", str(a.search)]
    return Process("gen", argv + list(extra), cpu=GEN_CPU)


def make_pcap(path, macs, frame, port):
    """A pcap with one frame per address pair, as l2gen's 'pairs' sends."""
    def mix(x):
        x ^= x >> 16
        x = x * 0x7feb352d & 0xffffffff
        x ^= x >> 15
        x = x * 0x846ca68b & 0xffffffff
        return x ^ (x >> 16)

    n = max(macs, 32)                # never fewer frames than a burst
    sizes = [frame] if frame != "imix" else [64, 570, 64, 570, 64, 1518,
                                             64, 570, 64, 570, 64, 64]
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for k in range(n):
            s, length = k % macs, sizes[k % len(sizes)] - 4
            src = struct.pack("<BBI", 2, port, mix(s))
            dst = struct.pack("<BBI", 2, port ^ 1, mix(s))
            ip = struct.pack(">BBHHHBBHII", 0x45, 0, length - 14, 0, 0, 64,
                             17, 0, 0x0a000000 | s & 0xffff,
                             0x0a000000 | ~s & 0xffff)
            c = sum(struct.unpack(">10H", ip))
            c = (c & 0xffff) + (c >> 16)
            c = ~((c & 0xffff) + (c >> 16)) & 0xffff
            ip = ip[:10] + struct.pack(">H", c) + ip[12:]
            udp = struct.pack(">HHHH", s >> 16, 9, length - 34, 0)
            data = (dst + src + b"\x08\x00" + ip + udp).ljust(length, b"\0")
            f.write(struct.pack("<IIII", 0, 0, length, length) + data)


# ---- kernel ports ------------------------------------------------------

def links_up(a, ports):
    """veth: vsgN (generator) <-> vsdN (DUT)."""
    links_down()
    if a.transport == "veth":
        for i in range(ports):
            sh(f"ip link add vsg{i} type veth peer name vsd{i}")
    elif a.transport == "vtap":
        return                                   # the DUT creates them
    for i in range(ports):
        for n in (f"vsg{i}", f"vsd{i}"):
            link_ready(n)
        if a.rps:
            with open(f"/sys/class/net/vsd{i}/queues/rx-0/rps_cpus",
                      "w") as f:
                f.write(f"{1 << DUT_CPU:x}")


def link_ready(name):
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as f:
        f.write("1")
    sh(f"ip link set {name} up promisc on")


def links_down():
    for n in os.listdir("/sys/class/net"):
        if re.fullmatch(r"vs(g|d|t)\d|vsbr", n):
            sh(f"ip link del {n}", check=False)


# ---- switches under test -----------------------------------------------

class Dut:
    gen_first = True         # vhost: our generator is the socket server

    def __init__(self, a, name):
        self.a, self.name, self.procs = a, name, []

    def start(self):
        raise NotImplementedError

    def ready(self):
        """Called once the generator is connected."""

    def stop(self):
        for p in reversed(self.procs):
            p.stop()

    def tx_packets(self):
        """Frames sent so far, all ports (in-process transports only)."""
        raise NotImplementedError

    def extra(self):
        return {}

    def gen_options(self):
        return []

    def dpdk_vdevs(self):
        """DPDK device arguments for the DUT's end of each port."""
        a, out = self.a, []
        for i in range(a.ports):
            if a.transport == "vhost":
                out.append(f"net_vhost{i},iface={RUN}/p{i}.sock,client=1,"
                           "queues=1")
            elif a.transport == "memif":
                out.append(f"net_memif{i},role=server,id=0,rsize=10,"
                           f"socket={RUN}/m{i}.sock,socket-abstract=no")
            elif a.transport == "veth" and a.kernel_pmd == "af_xdp":
                out.append(f"net_af_xdp{i},iface=vsd{i},force_copy=1")
            elif a.transport == "veth":
                out.append(f"net_af_packet{i},iface=vsd{i},framecnt=1024,"
                           "blocksz=4096,framesz=2048,qdisc_bypass=1")
            elif a.transport == "vtap":
                out.append(f"net_tap{i},iface=vst{i}")
            elif a.transport == "inproc":
                out.append(f"net_pcap{i},rx_pcap={RUN}/in{i}.pcap,"
                           "infinite_rx=1")
            elif a.transport == "null":
                out.append(f"net_null{i}" + (",no-rx=1" if i and
                           a.direction_now == "uni" else ""))
            elif a.transport == "ring":
                out.append(f"net_ring{i}")
        return out


def telemetry(prefix, command):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(5)
    s.connect(f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2")
    s.recv(16384)
    s.send(command.encode())
    r = json.loads(s.recv(65536))
    s.close()
    return r[command.split(",")[0]]


class DpdkDut(Dut):
    """A switch whose ports are devices of DPDK's, with telemetry on."""

    def tx_packets(self):
        return sum(telemetry("vsdut", f"/ethdev/stats,{i}")["opackets"]
                   for i in range(self.a.ports))

    def stop(self):
        super().stop()
        clean_hugepages("vsdut")


class Testpmd(DpdkDut):
    """dpdk-testpmd: forwards between port pairs without a table."""

    def __init__(self, a, name, mode):
        super().__init__(a, name)
        self.mode = mode

    def start(self):
        mbufs = 262144 if self.a.transport == "inproc" else 65536
        self.p = Process("testpmd", [
            "dpdk-testpmd", "--lcores", f"0@{GEN_CPU},1@{DUT_CPU}", "-m",
            "1024", "--no-pci", "--file-prefix", "vsdut",
            "--single-file-segments", "--log-level", "lib.vhost.config:4",
            *("--vdev=" + v for v in self.dpdk_vdevs()), "--",
            "--nb-cores=1", "--rxq=1", "--txq=1", f"--rxd={self.a.desc}",
            f"--txd={self.a.desc}", f"--burst={self.a.dut_burst}",
            f"--total-num-mbufs={mbufs}", "--mbcache=512",
            f"--forward-mode={self.mode}", "--auto-start",
            "--no-lsc-interrupt"]
            + (["--port-topology=loop"] if self.a.transport == "ring" else [])
            + (["--tx-first", "4"] if self.a.transport == "ring" else []),
            stdin=subprocess.PIPE)
        self.procs = [self.p]
        self.p.wait_for(r"packet forwarding|Press enter", 30)


class Ovs(Dut):
    """Open vSwitch, userspace datapath, one PMD thread, NORMAL action."""

    def __init__(self, a, name, tuned=False, smc=False, fixed=False):
        super().__init__(a, name)
        self.tuned, self.smc = tuned, smc
        self.fixed = fixed
        self.dir = os.path.join(RUN, "ovs")
        self.env = {f"OVS_{k}": self.dir for k in
                    ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")}

    def tool(self, *argv, check=True):
        return sh([argv[0], *argv[1:]], check=check,
                  env={**os.environ, **self.env}, timeout=60)

    def vsctl(self, *argv, wait=True):
        return self.tool("ovs-vsctl", *([] if wait else ["--no-wait"]),
                         "--timeout=30", f"--db=unix:{self.dir}/db.sock",
                         *argv)

    def appctl(self, *argv, check=True):
        return self.tool("ovs-appctl", "-t",
                         f"{self.dir}/ovs-vswitchd.ctl", *argv, check=check)

    def start(self):
        a = self.a
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        schema = "/usr/share/openvswitch/vswitch.ovsschema"
        self.tool("ovsdb-tool", "create", self.dir + "/conf.db", schema)
        db = Process("ovsdb", ["ovsdb-server", self.dir + "/conf.db",
                               f"--remote=punix:{self.dir}/db.sock",
                               f"--unixctl={self.dir}/ovsdb.ctl"],
                     cpu=GEN_CPU, env=self.env)
        self.procs = [db]
        end = time.time() + 10
        while not os.path.exists(self.dir + "/db.sock"):
            if time.time() > end:
                raise RuntimeError("ovsdb-server did not start")
            time.sleep(0.05)
        self.vsctl("init", wait=False)
        conf = ["dpdk-init=true", f"dpdk-lcore-mask={1 << GEN_CPU:#x}",
                f"pmd-cpu-mask={1 << DUT_CPU:#x}", "dpdk-socket-mem=1536",
                "dpdk-extra=--no-pci --file-prefix=vsdut "
                "--single-file-segments"]
        if self.smc:
            conf.append("smc-enable=true")
        if self.tuned:
            conf += ["flow-limit=4000000", "max-idle=60000"]
        self.vsctl("set", "Open_vSwitch", ".",
                   *('other_config:%s="%s"' % tuple(c.split("=", 1))
                     for c in conf), wait=False)
        exe = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
        vs = Process("ovs", [exe, f"unix:{self.dir}/db.sock",
                             f"--unixctl={self.dir}/ovs-vswitchd.ctl"],
                     cpu=GEN_CPU, env=self.env)
        self.procs.append(vs)
        vs.wait_for("DPDK Enabled - initialized", 30)
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0",
                   "datapath_type=netdev", "fail-mode=standalone",
                   "other_config:mac-table-size=1000000",
                   "other_config:mac-aging-time=300")
        for i, dev in enumerate(self.dpdk_vdevs()):
            cmd = ["add-port", "br0", f"p{i}", "--", "set", "interface",
                   f"p{i}"]
            if a.transport == "vhost":
                cmd += ["type=dpdkvhostuserclient",
                        f"options:vhost-server-path={RUN}/p{i}.sock"]
            else:
                cmd += ["type=dpdk", f'options:dpdk-devargs="{dev}"',
                        f"options:n_rxq_desc={a.desc}",
                        f"options:n_txq_desc={a.desc}"]
                if a.transport == "vtap":       # net_tap wants as many as tx
                    cmd.append("options:n_rxq=2")
            self.vsctl(*cmd)
        if self.fixed:      # static cross-connect instead of NORMAL
            self.tool("ovs-ofctl", "del-flows", f"unix:{self.dir}/br0.mgmt")
            for i in (0, 1):
                self.tool("ovs-ofctl", "add-flow",
                          f"unix:{self.dir}/br0.mgmt",
                          f"in_port=p{i},actions=output:p{i ^ 1}")
        if self.tuned:
            for c in (["dpif-netdev/dpif-impl-set", "dpif_avx512"],
                      ["dpif-netdev/miniflow-parser-set", "study"],
                      ["dpif-netdev/subtable-lookup-prio-set",
                       "avx512_gather", "5"],
                      ["odp-execute/action-impl-set", "avx512"]):
                vs.log.write(" ".join(c) + ": "
                             + self.appctl(*c, check=False) + "\n")
        err = self.vsctl("--columns=name,error", "find", "interface",
                         "error!=[]")
        if err.strip():
            raise RuntimeError("ovs: " + err)

    def gen_options(self):
        # its PMD thread sends on the second queue of a memif
        return ["--rxq", "2"] if self.a.transport == "memif" else []

    def ready(self):
        self.appctl("dpif-netdev/pmd-stats-clear")

    def tx_packets(self):
        out = self.tool("ovs-ofctl", "dump-ports",
                        f"unix:{self.dir}/br0.mgmt")
        return sum(int(x) for x in re.findall(
            r"port\s+\d+:.*?\n\s+tx pkts=(\d+)", out))

    def extra(self):
        out = self.appctl("dpif-netdev/pmd-stats-show", check=False)
        pmd = out.split("main thread")[0]
        r = {}
        for key in ("emc hits", "smc hits", "megaflow hits",
                    "avg. subtable lookups per megaflow hit",
                    "miss with success upcall", "miss with failed upcall",
                    "avg cycles per packet",
                    "avg processing cycles per packet"):
            m = re.search(re.escape(key) + r":\s*([\d.]+)", pmd)
            if m:
                r[key] = float(m.group(1))
        out = self.appctl("upcall/show", check=False)
        m = re.search(r"flows\s*:\s*(.*)", out)
        if m:
            r["upcall flows"] = m.group(1)
        r["macs learned"] = max(0, self.appctl(
            "fdb/show", "br0", check=False).count("\n") - 1)
        return r

    def stop(self):
        super().stop()
        clean_hugepages("vsdut")


class L2limit(DpdkDut):
    """The least that a learning switch has to do (l2limit.c)."""

    def start(self):
        mbufs = max(262143, 2 * self.a.macs_now + 65536)
        self.p = Process("l2limit", [
            os.path.join(RUN, "l2limit"), "--lcores",
            f"0@{GEN_CPU},1@{DUT_CPU}", "-m", str(512 + mbufs // 400),
            "--no-pci", "--file-prefix", "vsdut", "--single-file-segments",
            *("--vdev=" + v for v in self.dpdk_vdevs()), "--",
            "--mbufs", str(mbufs), "--desc", str(self.a.desc),
            *(["--log2", "18"] if self.a.macs_now > 100000 else [])])
        self.procs = [self.p]
        time.sleep(2 + mbufs / 400000)
        if not self.p.alive():
            raise RuntimeError(self.p.text()[-1500:])


class Laneway(DpdkDut):
    """lanewayd as it is installed, with one private switch of trunk ports."""

    def spec(self, i, vdev):
        a = self.a
        if a.transport == "vhost":
            return f"vhost-user:{RUN}/p{i}.sock,mode=connect"
        if a.transport == "veth":
            return f"{a.laneway_port}:vsd{i}"
        if a.transport == "vtap":
            return f"tap:vst{i}"
        return f'dpdk:"{vdev}"'

    def config(self):
        a = self.a
        stations = 2 * a.macs_now
        # net_pcap keeps a buffer for each frame of its capture
        memory = (2 * max(a.macs_now, 32) + 65536) // 200
        text = f"""
[daemon]
idle = "poll"
cpus = "{DUT_CPU}"
hugepages = true
keep_privileges = true
telemetry = true
memory = "{memory}M"
eal = ["--file-prefix", "vsdut"]
log = "info"
[[switch]]
name = "compared"
uplink = "none"
mac_table = {{ limit = {max(4096, stations + stations // 4)} }}
"""
        for i, vdev in enumerate(self.dpdk_vdevs()):
            text += (f"[[switch.port]]\nname = \"p{i}\"\n"
                     f"spec = '{self.spec(i, vdev)}'\npolicy = \"trunk\"\n")
        return text

    def start(self):
        path = os.path.join(RUN, "laneway.toml")
        with open(path, "w") as f:
            f.write(self.config())
        self.p = Process("lanewayd", [self.a.lanewayd, "--config", path,
                                      "--run-dir", f"{RUN}/laneway"])
        self.procs = [self.p]
        self.p.wait_for(r"lanewayd serves", 60)
        if self.a.transport == "vtap":
            wait_links([f"vst{i}" for i in range(self.a.ports)])


class LinuxBridge(Dut):
    """The kernel's bridge over veth."""

    def start(self):
        sh("ip link add vsbr type bridge stp_state 0 mcast_snooping 0 "
           "ageing_time 30000")
        for n in ("iptables", "ip6tables", "arptables"):
            p = f"/proc/sys/net/bridge/bridge-nf-call-{n}"
            if os.path.exists(p):
                with open(p, "w") as f:
                    f.write("0")
        with open("/proc/sys/net/ipv6/conf/vsbr/disable_ipv6", "w") as f:
            f.write("1")
        for i in range(self.a.ports):
            sh(f"ip link set vsd{i} master vsbr")
        sh("ip link set vsbr up")

    def extra(self):
        return {"macs learned": sh("bridge fdb show br vsbr").count("\n")}

    def stop(self):
        sh("ip link del vsbr", check=False)


def wait_links(names):
    end = time.time() + 10
    while not all(os.path.exists(f"/sys/class/net/{n}") for n in names):
        if time.time() > end:
            raise RuntimeError(f"no {names}")
        time.sleep(0.1)
    for n in names:
        link_ready(n)


class Exec(DpdkDut):
    """Any other switch, from a command template.

    {cpu} {ctl_cpu} {run} {ports} {desc} and, per port N: {vdevN} (a DPDK
    device argument), {sockN} (vhost-user socket to connect to), {ifN}
    (kernel interface).  With {prefix} as its DPDK file prefix, the
    in-process transport reads its counters over DPDK telemetry."""

    def __init__(self, a, name, template):
        super().__init__(a, name)
        self.template = template

    def start(self):
        a, v = self.a, self.dpdk_vdevs()
        words = {"cpu": DUT_CPU, "ctl_cpu": GEN_CPU, "run": RUN,
                 "ports": a.ports, "desc": a.desc, "prefix": "vsdut"}
        for i in range(a.ports):
            words[f"vdev{i}"] = v[i] if i < len(v) else ""
            words[f"sock{i}"] = f"{RUN}/p{i}.sock"
            words[f"if{i}"] = f"vsd{i}" if a.transport == "veth" else f"vst{i}"
        self.p = Process("exec", shlex.split(self.template.format(**words)),
                         stdin=subprocess.PIPE)
        self.procs = [self.p]
        if a.transport == "vtap":
            wait_links([f"vst{i}" for i in range(a.ports)])
        time.sleep(a.exec_delay)
        if not self.p.alive():
            raise RuntimeError(self.p.text()[-1500:])


def make_dut(a, name):
    if name in ("limit", "testpmd-io"):
        return Testpmd(a, name, "io")
    if name.startswith("testpmd-"):
        return Testpmd(a, name, name[len("testpmd-"):])
    if name.startswith("ovs"):
        return Ovs(a, name, tuned="-tuned" in name, smc="-smc" in name,
                   fixed="-fixed" in name)
    if name.startswith("laneway"):
        return Laneway(a, name)
    if name == "l2limit":
        return L2limit(a, name)
    if name == "bridge":
        return LinuxBridge(a, name)
    if name in a.exec_templates:
        return Exec(a, name, a.exec_templates[name])
    raise SystemExit(f"unknown DUT: {name}")


# ---- one measurement ---------------------------------------------------

class Noise:
    """What other programs and the hypervisor took since the last look."""

    def __init__(self, processes):
        self.processes = processes
        self.look()

    def look(self):
        own = my_group_pids(self.processes)
        now = (time.time(), cpu_times(), foreign_jiffies(own))
        last, self.last = getattr(self, "last", now), now
        ticks = os.sysconf("SC_CLK_TCK") * max(now[0] - last[0], 0.01)
        foreign = sum(t - last[2].get(pid, 0) for pid, t in now[2].items())
        steal = max(now[1][c][1] - last[1][c][1] for c in (GEN_CPU, DUT_CPU))
        return round(foreign / ticks, 3), round(steal / ticks, 3)


def generated_trials(a, gen, noise, macs):
    """The generator's results, each with the noise during its trial."""
    learn = 2 * 2 * macs / a.learn_pps if a.learn_pps else 0
    gen.wait_for(r"^WARM", a.warmup + 60 + learn)
    noise.look()
    results, seen = [], 0
    end = time.time() + a.time * a.trials * (16 if a.search else 1) + 30
    while seen < (1 if a.search else a.trials):
        found = [json.loads(x) for x in
                 re.findall(r"^RESULT (.*)\n", gen.text(), re.M)]
        results = [r for r in found
                   if r["kind"] == ("search" if a.search else "trial")]
        if len(results) > seen:
            results[-1]["foreign"], results[-1]["steal"] = noise.look()
            yield results[-1], found
            seen = len(results)
        elif time.time() > end or not gen.alive():
            raise RuntimeError("generator: " + gen.text()[-800:])
        else:
            time.sleep(0.05)


def inproc_trials(a, dut, noise):
    """The same without a generator: by the DUT's own counters."""
    time.sleep(a.warmup)
    noise.look()
    for _ in range(a.trials):
        t0, n0 = time.time(), dut.tx_packets()
        t0 = (t0 + time.time()) / 2
        time.sleep(a.time)
        t1, n1 = time.time(), dut.tx_packets()
        t1 = (t1 + time.time()) / 2
        foreign, steal = noise.look()
        pps = (n1 - n0) / (t1 - t0)
        yield {"rx_pps": pps, "tx_pps": pps, "loss": 0, "blocked": 1,
               "flooded_pps": 0, "foreign": foreign, "steal": steal}, []


def measure(a, dut_name, frame, macs, direction):
    """One round: start DUT and generator, run the trials, stop them.  The
    result is the median of the undisturbed trials."""
    a.direction_now, a.macs_now = direction, macs
    for f in glob.glob(f"{RUN}/*.sock"):
        os.unlink(f)
    dut = make_dut(a, dut_name)
    gen, found, trials = None, [], []
    inproc = a.transport in ("inproc", "null", "ring")
    wait_quiet(patience=a.patience)
    probe = json.loads(sh([os.path.join(RUN, "cpuprobe"), "--json",
                           str(GEN_CPU), str(DUT_CPU)]))
    try:
        if a.transport in ("veth", "vtap"):
            links_up(a, a.ports)
        if a.transport == "inproc":
            for i in range(2):
                make_pcap(f"{RUN}/in{i}.pcap", macs, frame, i)
        if not inproc and dut.gen_first and a.transport == "vhost":
            gen = generator(a, frame, macs, direction, dut.gen_options())
            time.sleep(0.7)         # it listens; the DUT connects
        dut.start()
        if not inproc and gen is None:
            time.sleep(0.3)
            gen = generator(a, frame, macs, direction, dut.gen_options())
        if gen:
            gen.wait_for(r"^READY", 60)
        dut.ready()
        noise = Noise(dut.procs + ([gen] if gen else []))
        gen0, t0 = own_jiffies(gen.p.pid) if gen else 0, time.time()
        for r, found in (inproc_trials(a, dut, noise) if inproc else
                         generated_trials(a, gen, noise, macs)):
            trials.append(r)
        gen1, t1 = own_jiffies(gen.p.pid) if gen else 0, time.time()
        extra = dut.extra()
    finally:
        if gen:
            gen.stop()
        dut.stop()
        if a.transport in ("veth", "vtap"):
            links_down()
        clean_hugepages("vsgen")

    quiet = [r for r in trials
             if r["foreign"] + r["steal"] <= a.noise_limit]
    use = quiet or trials
    # the median trial stands for the round, whole
    r = dict(sorted(use, key=lambda r: r["rx_pps"])[(len(use) - 1) // 2])
    r.update(transport=a.transport, dut=dut_name, frame=frame, macs=macs,
             direction=direction, pattern=a.pattern, flows=a.flows,
             tag=a.tag, quiet_trials=len(quiet),
             all_pps=[round(t["rx_pps"]) for t in trials],
             all_noise=[t["foreign"] + t["steal"] for t in trials],
             cpus=probe, time=int(time.time()), extra=extra,
             gen_cpu=round((gen1 - gen0) / os.sysconf("SC_CLK_TCK")
                           / (t1 - t0), 3))
    for k in found:
        if k["kind"] == "learn":
            r["learn_pps"] = k["tx_pps"]
            r["learn_loss"] = k["loss"]
        if k["kind"] == "saturated":
            r["saturated_pps"] = k["rx_pps"]
    return r


def measure_quietly(a, *what):
    """Measure; again if other programs disturbed every trial."""
    best = None
    for _ in range(a.retries + 1):
        r = measure(a, *what)
        if best is None or (r["foreign"] + r["steal"]
                            < best["foreign"] + best["steal"]):
            best = r
        if r["quiet_trials"]:
            break
        say(f"  noise {r['foreign']:.2f}+{r['steal']:.2f}: once more")
    return best


# ---- commands ----------------------------------------------------------

def cmd_setup(a):
    with open("/proc/sys/vm/nr_hugepages", "w") as f:
        f.write(str(a.hugepages))
    with open("/proc/sys/vm/nr_hugepages") as f:
        say("2 MB hugepages:", f.read().strip(), "of", a.hugepages)
    if not os.path.ismount(HUGE_DIR):
        os.makedirs(HUGE_DIR, exist_ok=True)
        sh(f"mount -t hugetlbfs -o pagesize=2M none {HUGE_DIR}")
    build()
    print(sh([os.path.join(RUN, "cpuprobe"), str(GEN_CPU), str(DUT_CPU)]))


def cmd_run(a):
    os.sched_setaffinity(0, {GEN_CPU})
    lock = open(os.path.join(RUN, "lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)     # one measurement at a time
    build()
    a.exec_templates = dict(x.split("=", 1) for x in a.exec or [])
    duts = [d for d in a.duts.split(",") if d]
    frames = [f if f == "imix" else int(f) for f in a.frames.split(",")]
    macs = [number(m) for m in a.macs.split(",")]
    if a.transport == "inproc":
        a.directions = "bi"          # else nobody teaches the destinations
    todo = list(itertools.product(frames, macs, a.directions.split(",")))
    with open(a.out, "a") as out:
        for rnd in range(a.rounds):
            for frame, mac, direction in todo:
                for d in duts:
                    label = (f"{a.transport} {d} {frame}B {short(mac)} "
                             f"{direction} {a.pattern} round {rnd + 1}")
                    try:
                        r = measure_quietly(a, d, frame, mac, direction)
                    except Exception as e:      # note it and go on
                        r = {"transport": a.transport, "dut": d,
                             "frame": frame, "macs": mac,
                             "direction": direction, "pattern": a.pattern,
                             "tag": a.tag, "error": str(e)[-600:],
            "time": int(time.time())}
                        say(f"{label}: FAILED {r['error'][-300:]}")
                    else:
                        say(f"{label}: {r['rx_pps'] / 1e6:.3f} Mpps, loss "
                            f"{r['loss']:.4f}, blocked {r['blocked']:.2f}, "
                            f"noise {r['foreign'] + r['steal']:.3f}, quiet "
                            f"{r['quiet_trials']}, gen {r['gen_cpu']:.2f}, "
                            f"line {r['cpus']['line_ns'][0]:.0f} ns")
                    r["round"] = rnd
                    out.write(json.dumps(r) + "\n")
                    out.flush()


def cmd_report(a):
    rows = []
    for path in a.files:
        with open(path) as f:
            rows += [json.loads(line) for line in f if line.strip()]
    groups = collections.OrderedDict()
    for r in rows:
        key = (r["transport"], r.get("tag", ""), r["pattern"], r["frame"],
               r["macs"], r["direction"])
        groups.setdefault(key, collections.OrderedDict()).setdefault(
            r["dut"], []).append(r)
    print("| transport | tag | pattern | frame | MACs/port | dir | DUT | "
          "Mpps median (min-max) | n | ns/frame | ratio | loss | noise "
          "| line ns |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for key, duts in groups.items():
        limit = None
        for d in (a.to, "limit", "testpmd-io"):
            ok = [r["rx_pps"] for r in duts.get(d, []) if "rx_pps" in r]
            if ok:
                limit = statistics.median(ok)
                break
        for d, rs in duts.items():
            ok = [r for r in rs if "rx_pps" in r]
            cells = [key[0], key[1], key[2], str(key[3]), short(key[4]),
                     key[5], d]
            if not ok:
                print("| " + " | ".join(cells) + " | failed | 0 | | | | | |")
                continue
            v = [r["rx_pps"] / 1e6 for r in ok]
            med = statistics.median(v)
            noise = max(r["steal"] + r["foreign"] for r in ok)
            line = [r["cpus"]["line_ns"][0] for r in ok]
            cells += [f"{med:.3f} ({min(v):.3f}-{max(v):.3f})", str(len(ok)),
                      f"{1e3 / med:.1f}" if med else "",
                      f"{med * 1e6 / limit:.2f}" if limit else "",
                      f"{statistics.median(r['loss'] for r in ok):.4f}",
                      f"{noise:.3f}",
                      f"{min(line):.0f}-{max(line):.0f}"]
            print("| " + " | ".join(cells) + " |")


def main():
    os.makedirs(RUN, exist_ok=True)
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    sub = p.add_subparsers(dest="cmd", required=True)
    s = sub.add_parser("setup")
    s.add_argument("--hugepages", type=int, default=4096)
    s = sub.add_parser("run")
    s.add_argument("--transport", required=True, choices=(
        "vhost", "memif", "veth", "vtap", "inproc", "null", "ring"))
    s.add_argument("--duts", required=True, help="limit, testpmd-MODE, ovs, "
                   "ovs-tuned, ovs-smc, ovs-fixed, laneway, laneway-translated, l2limit, bridge, "
                   "or a name given with --exec")
    s.add_argument("--exec", action="append", metavar="NAME=COMMAND",
                   help="a switch of your own, see class Exec")
    s.add_argument("--exec-delay", type=float, default=2)
    s.add_argument("--frames", default="64")
    s.add_argument("--macs", default="1")
    s.add_argument("--directions", default="uni")
    s.add_argument("--pattern", default="pairs",
                   choices=("pairs", "mesh", "newsrc"))
    s.add_argument("--flows", type=int, default=1)
    s.add_argument("--ports", type=int, default=2)
    s.add_argument("--rounds", type=int, default=3)
    s.add_argument("--warmup", type=float, default=1)
    s.add_argument("--trials", type=int, default=5, help="per round")
    s.add_argument("--time", type=float, default=2, help="of a trial")
    s.add_argument("--learn-pps", type=number, default=100000)
    s.add_argument("--rate", type=number, default=0)
    s.add_argument("--search", type=float, default=0,
                   help="find the rate with at most this loss")
    s.add_argument("--lat", action="store_true")
    s.add_argument("--ring", choices=("split", "packed"), default="split")
    s.add_argument("--ring-size", type=int, default=1024)
    s.add_argument("--no-mrg", action="store_true")
    s.add_argument("--in-order", action="store_true")
    s.add_argument("--memif-copy", action="store_true")
    s.add_argument("--kernel-pmd", choices=("af_packet", "af_xdp"),
                   default="af_packet")
    s.add_argument("--rps", action="store_true",
                   help="veth: receive processing on the DUT's CPU")
    s.add_argument("--desc", type=int, default=1024)
    s.add_argument("--dut-burst", type=int, default=32)
    s.add_argument("--noise-limit", type=float, default=0.03,
                   help="CPU share of other programs that calls for a retry")
    s.add_argument("--retries", type=int, default=4)
    s.add_argument("--patience", type=float, default=600,
                   help="seconds to wait for idle CPUs before each trial")
    s.add_argument("--lanewayd", default=os.path.join(
        HERE, "../../build/release/daemon/lanewayd"))
    s.add_argument("--laneway-port", choices=("packet", "xdp"),
                   default="xdp", help="what veth ports are to laneway")
    s.add_argument("--tag", default="")
    s.add_argument("--out", default=os.path.join(RUN, "results.jsonl"))
    s = sub.add_parser("report")
    s.add_argument("files", nargs="+")
    s.add_argument("--to", default="l2limit",
                   help="the switch that ratios are to (if it was measured)")
    a = p.parse_args()
    {"setup": cmd_setup, "run": cmd_run, "report": cmd_report}[a.cmd](a)


if __name__ == "__main__":
    main()
