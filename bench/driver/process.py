"""What the kernel knows of processes and of the machine: CPU seconds, memory, load."""

import os
import re
import resource
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/PID/stat after the name, or None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None


def family(pid):
    """A process and everything below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(entry)):
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += children.get(current, [])
    return found


def cpu_seconds(pid):
    """CPU of a process and all below it; those that ended are in their parent's account."""
    total = 0
    for one in family(pid):
        if fields := _stat(one):
            total += sum(int(f) for f in fields[11:15])
    return total / TICK


def own_cpu_seconds():
    """CPU of this driver and of all it has started, living or ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    living = sum(cpu_seconds(child) for child in _children(os.getpid()))
    return living + ended.ru_utime + ended.ru_stime + own.ru_utime + own.ru_stime


def _children(pid):
    return [int(e) for e in os.listdir("/proc") if e.isdigit() and (f := _stat(e)) and int(f[1]) == pid]


def machine_seconds():
    """Seconds of all cores since the start: busy with processes, busy at all, stolen, all together."""
    user, nice, system, idle, wait, irq, soft, steal = (
        int(f) / TICK for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    processes = user + nice + system
    busy = processes + irq + soft
    return {"processes": processes, "busy": busy, "steal": steal, "all": busy + steal + idle + wait}


def memory_mb(pid, field="VmRSS"):
    """Memory of a process and all below it: VmRSS now, VmHWM at its peak."""
    total = 0
    for one in family(pid):
        try:
            found = re.search(rf"{field}:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
        except OSError:
            continue
        total += int(found[1]) if found else 0
    return total / 1024


def forget_peak(pid):
    """Starts VmHWM anew, where the kernel lets us."""
    for one in family(pid):
        try:
            Path(f"/proc/{one}/clear_refs").write_text("5")
        except OSError:
            return


def load_average():
    return float(Path("/proc/loadavg").read_text().split()[0])


def model():
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else os.uname().machine
