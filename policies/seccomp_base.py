"""Which system calls does a container engine let through by default, for a container without capabilities?

The names that moby's default profile allows whatever the capabilities are (github.com/moby/profiles,
`seccomp/default.json` at 02e898b; Apache-2.0), sorted by what they are for. Left out: what it allows only
with a capability, which no sandbox has, and names that only 32-bit machines have, whose calls our profile
does not let through at all.
"""

from __future__ import annotations

ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")
"""The machines that sandboxes run on, without their 32-bit modes."""

_FILES = """
access cachestat chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat
faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr
flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64
getxattr getxattrat ioctl lchown lgetxattr link linkat listxattr listxattrat llistxattr lremovexattr lseek
lsetxattr lstat mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv
preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr removexattrat rename
renameat renameat2 rmdir sendfile setxattr setxattrat splice stat statfs statx symlink symlinkat sync
sync_file_range sync_file_range2 syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice
write writev listmount statmount fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
"""
_WAITING = """
epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
eventfd eventfd2 io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit pipe pipe2 poll ppoll
pselect6 select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime
"""
_MEMORY = """
brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap
mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages
"""
_PROCESSES = """
alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait
futex_waitv futex_wake get_robust_list get_thread_area getcpu getegid geteuid getgid getgroups getitimer
getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid
ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt
nanosleep pause pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease process_vm_readv
process_vm_writev ptrace restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity
sched_setattr sched_setparam sched_setscheduler sched_yield seccomp set_robust_list set_thread_area
set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid setresgid
setresuid setreuid setrlimit setsid setuid sigaltstack tgkill tkill uretprobe vfork wait4 waitid
"""
_SOCKETS_AND_QUEUES = """
accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg
sendmsg sendto setsockopt shutdown socket socketpair mq_getsetattr mq_notify mq_open mq_timedreceive
mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget
"""
_TIME_AND_THE_REST = """
adjtimex clock_adjtime clock_getres clock_gettime clock_nanosleep getrandom gettimeofday personality sysinfo
time timer_create timer_delete timer_getoverrun timer_gettime timer_settime times uname clone clone3
"""

ALLOWED_BY_DEFAULT = frozenset(
    (_FILES + _WAITING + _MEMORY + _PROCESSES + _SOCKETS_AND_QUEUES + _TIME_AND_THE_REST).split()
)
"""`socket`, `clone`, `clone3` and `personality` are there allowed by their arguments only."""
