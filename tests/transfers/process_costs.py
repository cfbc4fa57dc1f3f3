"""What a process costs: processor time, memory, descriptors."""

import os
import pathlib
import time


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_octets(process):
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024


def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


class Costs:
    """Since it was made."""

    def __init__(self, process):
        self.process = process
        self.begun = time.monotonic()
        self.cpu = cpu_seconds(process)
        self.resident = resident_octets(process)

    def cpu_share(self):
        """Of one core."""
        return (cpu_seconds(self.process) - self.cpu) / (time.monotonic() - self.begun)

    def growth_octets(self):
        return resident_octets(self.process) - self.resident

    def __str__(self):
        return f"{self.cpu_share():.2f} of a core, {self.growth_octets() / 2**20:+.1f} MiB resident"
