"""What confines a workspace, as data: each line one field of the engine's create call, with its reason.

`PROFILE` is the same for every workspace. `COMPUTED` names the fields that `workspaces.spec` fills in from what
the desk allows. `IGNORED` names the fields of a running container that we leave to the engine, and why that is
safe. A field that `docker inspect` shows and that is in none of the three fails a test: a newer engine cannot add
a hole without being noticed. The same lines are printed into `docs/threat-model.md`.
"""

from dataclasses import dataclass
from typing import Any

STOP_SECONDS = 3  # between asking a workspace to end and ending it: JupyterLab has saved long before
SHARED_MEMORY_BYTES = 1 << 28
TMP_FILES = 200_000
# Of the engine's 1024 for a container that says nothing, as our services do.
CPU_SHARES = 256
COMMAND = "/usr/local/bin/start-workspace"
# What the engine counts under gVisor: its own kernel's threads (about 60 seen at rest) and, for each process
# inside, two outside. At the limit a fork fails under runc; under gVisor the workspace ends.
GVISOR_OWN_PIDS, GVISOR_PIDS_EACH = 192, 2


@dataclass(frozen=True)
class Line:
    """One field, written `HostConfig.Memory` or `Config.User`; why it is as it is."""

    field: str
    value: Any
    reason: str


PROFILE: tuple[Line, ...] = (
    Line("HostConfig.NetworkMode", "none", "no interface but lo: no address, no DNS, no neighbour, no gateway"),
    Line("HostConfig.ReadonlyRootfs", True, "nothing of the image can be replaced from inside"),
    Line("HostConfig.CapDrop", ["ALL"], "no workspace needs any privilege of root"),
    Line("HostConfig.CapAdd", [], "none is given back"),
    Line("HostConfig.Privileged", False, "never"),
    Line("HostConfig.GroupAdd", [], "the project's group is the only one"),
    Line("HostConfig.Devices", [], "no device beyond null, zero, random, tty"),
    Line("HostConfig.DeviceRequests", [], "no device beyond null, zero, random, tty"),
    Line("HostConfig.DeviceCgroupRules", [], "no device beyond null, zero, random, tty"),
    Line("HostConfig.IpcMode", "private", "shared memory is not shared with another container"),
    Line("HostConfig.CgroupnsMode", "private", "its own control group is all that it sees of them"),
    Line("HostConfig.PidMode", "", "sees its own processes only"),
    Line("HostConfig.UTSMode", "", "has a host name of its own"),
    Line("HostConfig.Links", [], "no link to another container"),
    Line("HostConfig.VolumesFrom", [], "no folder of another container"),
    Line(
        "HostConfig.Binds",
        [],
        "folders are given as Mounts: a missing source fails there, Binds would make it",
    ),
    Line("HostConfig.ExtraHosts", [], "there is no host to name"),
    Line("HostConfig.PortBindings", {}, "publishes nothing"),
    Line("HostConfig.PublishAllPorts", False, "publishes nothing"),
    Line("HostConfig.Sysctls", {}, "changes no kernel setting"),
    Line(
        "HostConfig.ShmSize",
        SHARED_MEMORY_BYTES,
        "shared memory for parallel work; counts as the workspace's memory",
    ),
    Line(
        "HostConfig.CpuShares",
        CPU_SHARES,
        "where processors are short a workspace has a quarter of what each of our services may take",
    ),
    Line("HostConfig.OomScoreAdj", 500, "where the whole machine runs short, workspaces go before our services"),
    Line("HostConfig.OomKillDisable", False, "a workspace at its limit must not hang its neighbours"),
    Line(
        "HostConfig.Ulimits",
        [{"Name": "core", "Soft": 0, "Hard": 0}, {"Name": "nofile", "Soft": 4096, "Hard": 16384}],
        "no core file with data in it; enough open files, below the limit that hosts set for the engine",
    ),
    Line("HostConfig.RestartPolicy", {"Name": "no"}, "nothing starts again without being asked about"),
    Line("HostConfig.AutoRemove", False, "the guard keeps what it printed, then removes it"),
    Line(
        "HostConfig.LogConfig",
        {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}},
        "what it prints cannot fill the disk",
    ),
    Line("Config.Hostname", "workspace", "tells nothing of the machine"),
    Line("Config.Domainname", "", "tells nothing of the machine"),
    Line("Config.Entrypoint", ["/usr/bin/tini", "--"], "reaps what kernels leave behind; the image has no say"),
    Line("Config.Cmd", [COMMAND], "the one program a workspace starts"),
    Line("Config.WorkingDir", "/project", "where the project's files are"),
    Line("Config.Healthcheck", {"Test": ["NONE"]}, "readiness is asked from outside, by the gate"),
    Line("Config.StopSignal", "SIGTERM", "JupyterLab ends its kernels on it"),
    Line("Config.StopTimeout", STOP_SECONDS, "seconds"),
    Line("Config.ExposedPorts", {}, "listens on a Unix socket only"),
    Line("Config.AttachStdin", False, "nobody types into it"),
    Line("Config.AttachStdout", False, "its output goes to the log"),
    Line("Config.AttachStderr", False, "its output goes to the log"),
    Line("Config.OpenStdin", False, "nobody types into it"),
    Line("Config.StdinOnce", False, "nobody types into it"),
    Line("Config.Tty", False, "no terminal"),
)

# What is otherwise for a container of the automatic checks: it writes to its memory alone, and the guard listens.
CHECK_PROFILE: tuple[Line, ...] = (
    *(
        line
        for line in PROFILE
        if line.field not in ("HostConfig.LogConfig", "Config.Hostname", "Config.Cmd", "Config.WorkingDir")
    ),
    Line(
        "HostConfig.LogConfig",
        {"Type": "none", "Config": {}},
        "what it prints goes to the guard, which counts it, and is kept nowhere else",
    ),
    Line("Config.Hostname", "check", "tells nothing of the machine"),
    Line("Config.WorkingDir", "/", "it has no folder of its own"),
)
CHECK_COMMAND = ("/opt/enclave/bin/python", "-I", "-m", "output_review.checks.confined")

COMPUTED: tuple[Line, ...] = (
    Line("HostConfig.Memory", None, "the project's limit in bytes"),
    Line("HostConfig.MemorySwap", None, "the same number: no swap, where data would outlive the workspace"),
    Line("HostConfig.NanoCpus", None, "the project's processors"),
    Line(
        "HostConfig.PidsLimit",
        None,
        "the project's number of processes and threads (runsc: with room for its own): a fork bomb stays inside",
    ),
    Line("HostConfig.Tmpfs", None, "its folder for temporary files: in memory, limited, nosuid, nodev"),
    Line("HostConfig.Mounts", None, "project, home, two socket folders, and the granted datasets read-only"),
    Line("HostConfig.Runtime", None, "runc, or runsc (gVisor) where the institution chose it"),
    Line(
        "HostConfig.SecurityOpt",
        None,
        "no-new-privileges, and our list of system calls (workspaces/seccomp.py)",
    ),
    Line("Config.Image", None, "by content (sha256), never by a name that can be moved"),
    Line("Config.User", None, "a uid of the workspace's own, the project's gid"),
    Line("Config.Env", None, "its address in the browser, whether it has terminals, and nothing else of ours"),
    Line("Config.Labels", None, "who it belongs to; the guard finds it by them"),
)

IGNORED: tuple[Line, ...] = (
    Line("HostConfig.ContainerIDFile", None, "a convenience of the command-line client"),
    Line("HostConfig.VolumeDriver", None, "no volume is used"),
    Line("HostConfig.Dns", None, "without a network nothing resolves"),
    Line("HostConfig.DnsOptions", None, "without a network nothing resolves"),
    Line("HostConfig.DnsSearch", None, "without a network nothing resolves"),
    Line("HostConfig.Cgroup", None, "empty: its own"),
    Line("HostConfig.CgroupParent", None, "empty: below the engine's own"),
    Line("HostConfig.UsernsMode", None, "empty: remapped where the engine is set up to remap"),
    Line("HostConfig.ConsoleSize", None, "Windows only"),
    Line("HostConfig.Isolation", None, "Windows only"),
    Line("HostConfig.CpuCount", None, "Windows only"),
    Line("HostConfig.CpuPercent", None, "Windows only"),
    Line("HostConfig.IOMaximumIOps", None, "Windows only"),
    Line("HostConfig.IOMaximumBandwidth", None, "Windows only"),
    Line("HostConfig.CpuPeriod", None, "NanoCpus is the limit"),
    Line("HostConfig.CpuQuota", None, "NanoCpus is the limit"),
    Line("HostConfig.CpuRealtimePeriod", None, "no real-time work: it would need a privilege"),
    Line("HostConfig.CpuRealtimeRuntime", None, "no real-time work: it would need a privilege"),
    Line("HostConfig.CpusetCpus", None, "any processor; NanoCpus is the limit"),
    Line("HostConfig.CpusetMems", None, "any memory; Memory is the limit"),
    Line("HostConfig.BlkioWeight", None, "equal shares among workspaces"),
    Line("HostConfig.BlkioWeightDevice", None, "equal shares among workspaces"),
    Line("HostConfig.BlkioDeviceReadBps", None, "equal shares among workspaces"),
    Line("HostConfig.BlkioDeviceWriteBps", None, "equal shares among workspaces"),
    Line("HostConfig.BlkioDeviceReadIOps", None, "equal shares among workspaces"),
    Line("HostConfig.BlkioDeviceWriteIOps", None, "equal shares among workspaces"),
    Line("HostConfig.KernelMemory", None, "counted in Memory"),
    Line("HostConfig.KernelMemoryTCP", None, "counted in Memory"),
    Line("HostConfig.MemoryReservation", None, "no softer limit than Memory"),
    Line("HostConfig.MemorySwappiness", None, "no swap, see MemorySwap"),
    Line("HostConfig.Init", None, "tini is in the image"),
    Line("HostConfig.MaskedPaths", None, "the engine's own list, which a test holds to its known minimum"),
    Line("HostConfig.ReadonlyPaths", None, "the engine's own list, which a test holds to its known minimum"),
    Line("HostConfig.Annotations", None, "none; newer engines show the field"),
    Line("HostConfig.StorageOpt", None, "nothing is written to the container's own layer: its root is read-only"),
    Line(
        "Config.Volumes",
        None,
        "none: the guard refuses an image that declares any, they would be disk of the host",
    ),
    Line("Config.OnBuild", None, "only read when building"),
    Line("Config.MacAddress", None, "no interface"),
    Line("Config.NetworkDisabled", None, "NetworkMode none already; this one also removes lo, which kernels need"),
    Line("Config.ArgsEscaped", None, "Windows only"),
    Line("Config.Shell", None, "only read when building"),
)

# What the engine must go on hiding and protecting in /proc and /sys.
MASKED_AT_LEAST = frozenset({"/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware", "/proc/scsi"})
READONLY_AT_LEAST = frozenset({"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"})


def is_nothing(value: Any) -> bool:
    """Engines write "nothing" in several ways: null, an empty text, list or object, zero, false."""
    return value in (None, "", 0, False) or value == [] or value == {}
