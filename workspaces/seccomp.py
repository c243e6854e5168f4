"""Which system calls a workspace may make: an allow-list, the rest fails with EPERM.

The engine's own default profile lets a container without a network open AF_VSOCK sockets (a channel to the
hypervisor on virtual machines) and use io_uring (whose operations no filter sees); both were tried. Ours starts
from what Python, its scientific libraries and JupyterLab call, and leaves out what administers a machine, looks
into other processes, or has been a way into the kernel. `REFUSED` says why for the ones a reader will look for.

Only the machine's own architecture is served: a 32-bit call on a 64-bit machine kills the process.
"""

from typing import Any

EPERM, ENOSYS, EOPNOTSUPP = 1, 38, 95
_NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
_ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")

# (why, calls): allowed whatever their arguments.
ALLOWED: tuple[tuple[str, str], ...] = (
    (
        "files and folders: open, read, write, look, rename, remove; permissions still apply",
        """access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
        fadvise64 fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr
        flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr
        ioctl lchown lgetxattr link linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat
        mknod mknodat newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read
        readahead readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile setxattr splice
        stat statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink unlinkat utime
        utimensat utimes write writev""",
    ),
    (
        "memory: allocate, map, share between a notebook's own processes",
        """brk cachestat madvise map_shadow_stack membarrier memfd_create mincore mlock mlock2 mlockall mmap
        mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect shmat shmctl
        shmdt shmget""",
    ),
    (
        "processes and threads: start (new namespaces are refused below), wait, signal, limit",
        """alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait
        futex_waitv futex_wake get_robust_list get_thread_area getcpu getegid geteuid getgid getgroups getitimer
        getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid
        ioprio_get kill pause pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall rseq rt_sigaction
        rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
        sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
        sched_yield set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setitimer
        setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid sigaltstack tgkill time
        times tkill uname vfork wait4 waitid""",
    ),
    (
        "waiting, timers and pipes: what event loops are made of",
        """clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_ctl_old
        epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 getrandom gettimeofday inotify_add_watch
        inotify_init inotify_init1 inotify_rm_watch nanosleep pipe pipe2 poll ppoll pselect6 select semctl semget
        semop semtimedop signalfd signalfd4 sysinfo timer_create timer_delete timer_getoverrun timer_gettime
        timer_settime timerfd_create timerfd_gettime timerfd_settime""",
    ),
    (
        "talking over sockets that `socket` below let through",
        """accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg
        sendmsg sendto setsockopt shutdown socketpair""",
    ),
    (
        "a process may restrict itself further",
        "landlock_add_rule landlock_create_ruleset landlock_restrict_self",
    ),
)

# (why, call, rules on its arguments as (index, operator, value, second value)): allowed when all rules hold.
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, NETLINK_ROUTE = 1, 2, 10, 16, 0
_EQUAL, _MASKED = "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"
Rule = tuple[int, str, int, int]
ALLOWED_WHEN: tuple[tuple[str, str, tuple[Rule, ...]], ...] = (
    ("the way to the gate", "socket", ((0, _EQUAL, AF_UNIX, 0),)),
    ("kernels talk over 127.0.0.1, there is no other interface", "socket", ((0, _EQUAL, AF_INET, 0),)),
    ("the same over ::1", "socket", ((0, _EQUAL, AF_INET6, 0),)),
    (
        "listing network interfaces; other netlink families reach kernel subsystems",
        "socket",
        ((0, _EQUAL, AF_NETLINK, 0), (2, _EQUAL, NETLINK_ROUTE, 0)),
    ),
    ("new processes and threads, never new namespaces", "clone", ((0, _MASKED, _NAMESPACE_FLAGS, 0),)),
    ("the ordinary personality", "personality", ((0, _EQUAL, 0, 0),)),
    ("asking which personality it is", "personality", ((0, _EQUAL, 0xFFFFFFFF, 0),)),
)

# (call, why not): the ones a reader asks about. Nothing else is needed to refuse them: they are not allowed above.
REFUSED: tuple[tuple[str, str], ...] = (
    ("add_key", "kernel keyrings are shared beyond the container"),
    ("bpf", "programs in the kernel"),
    ("chroot", "no workspace changes its root"),
    ("fallocate", "takes any amount of disk in an instant; the C library writes zeros instead, which takes time"),
    ("fanotify_init", "watches whole file systems"),
    ("fsopen", "mounting"),
    ("init_module", "kernel code"),
    ("io_uring_setup", "its operations pass by this filter; many kernel holes"),
    ("kcmp", "compares kernel pointers of other processes"),
    ("keyctl", "kernel keyrings are shared beyond the container"),
    ("mount", "mounting"),
    ("move_mount", "mounting"),
    ("mq_open", "nothing here uses POSIX message queues"),
    ("name_to_handle_at", "file handles pass by folders' permissions"),
    ("open_by_handle_at", "file handles pass by mounts"),
    ("open_tree", "mounting"),
    ("perf_event_open", "measures other processes; many kernel holes"),
    ("pidfd_getfd", "takes another process's files"),
    ("pivot_root", "no workspace changes its root"),
    ("process_vm_readv", "reads another process's memory"),
    ("ptrace", "looks into other processes"),
    ("request_key", "kernel keyrings are shared beyond the container"),
    ("setns", "enters other namespaces"),
    ("syslog", "reads the machine's kernel log"),
    ("unshare", "new namespaces open kernel code that only root reached before"),
    ("userfaultfd", "stops the kernel at a place of one's choosing"),
)


def allowed_calls() -> frozenset[str]:
    """Names of all calls allowed whatever their arguments."""
    return frozenset(name for _why, names in ALLOWED for name in names.split())


# The filter cannot see clone3's flags, so the C library must fall back to clone, whose flags it sees; for that
# the call has to fail with ENOSYS. gVisor knows no other error than EPERM here, but there too a call that is to be
# traced fails with ENOSYS where nobody traces, and `ptrace` is refused.
NO_CLONE3: dict[str, dict[str, Any]] = {
    "runc": {"action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS},
    "runsc": {"action": "SCMP_ACT_TRACE"},
}


# So that the C library falls back to writing; under gVisor the call fails with EPERM.
NO_FALLOCATE: dict[str, list[dict[str, Any]]] = {
    "runc": [{"names": ["fallocate"], "action": "SCMP_ACT_ERRNO", "errnoRet": EOPNOTSUPP}],
    "runsc": [],
}


def profile(runtime: str) -> dict[str, Any]:
    """The profile in the engine's own form (the `seccomp=` security option takes it as JSON).

    runsc (gVisor) reads it where it has the argument `--oci-seccomp`, and applies it in its own kernel.
    """
    conditional = [
        {"names": [call], "action": "SCMP_ACT_ALLOW", "args": [_argument(rule) for rule in rules]}
        for _why, call, rules in ALLOWED_WHEN
    ]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [{"architecture": name, "subArchitectures": []} for name in _ARCHITECTURES],
        "syscalls": [
            {"names": sorted(allowed_calls()), "action": "SCMP_ACT_ALLOW"},
            *conditional,
            {"names": ["clone3"], **NO_CLONE3[runtime]},
            *NO_FALLOCATE[runtime],
        ],
    }


def _argument(rule: Rule) -> dict[str, Any]:
    """For a masked comparison the engine calls the mask `value` and what must remain `valueTwo`."""
    index, operator, value, second = rule
    return {"index": index, "op": operator, "value": value, "valueTwo": second}
