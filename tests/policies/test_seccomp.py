"""The profile as data; what it means to a kernel is in test_seccomp_filter.py."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from policies import seccomp
from policies.seccomp import MARK, MARK_CALL, REFUSED, inline_profile, main, profile
from sandbox_image.syscalls import REFUSED as REFUSED_INSIDE

REFUSED_INSIDE_ONLY: dict[str, str] = {}
"""What only the second filter refuses, each with the reason: so far there is nothing."""
ISSUE_NAMES = (
    "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd add_key keyctl request_key mknod mknodat "
    "userfaultfd bpf perf_event_open unshare setns mount umount2 pivot_root chroot name_to_handle_at "
    "open_by_handle_at memfd_secret memfd_create kexec_load kexec_file_load init_module finit_module "
    "delete_module quotactl fanotify_init vmsplice socketcall io_uring_setup io_uring_enter io_uring_register"
).split()


def rules_of(name: str) -> list[dict[str, Any]]:
    return [rule for rule in profile()["syscalls"] if name in rule["names"]]


def test_the_file_is_what_its_script_makes() -> None:
    assert main(["--check"]) == 0


def test_a_file_that_differs_or_is_missing_is_found_out_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "seccomp.json"
    monkeypatch.setattr(seccomp, "PROFILE_PATH", path)
    assert main(["--check"]) == 1
    path.write_text(seccomp.profile_file().replace("SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", 1))
    assert main(["--check"]) == 1
    assert "python -m policies.seccomp" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_the_file_and_the_inline_text_say_the_same() -> None:
    assert json.loads(seccomp.PROFILE_PATH.read_text()) == json.loads(inline_profile()) == profile()
    assert "\n" not in inline_profile()


@pytest.mark.parametrize("name", sorted({*REFUSED, *ISSUE_NAMES}))
def test_what_is_refused_is_in_no_rule_and_has_a_reason(name: str) -> None:
    assert rules_of(name) == []
    assert REFUSED[name]


def test_everything_but_what_is_listed_is_refused() -> None:
    assert profile()["defaultAction"] == "SCMP_ACT_ERRNO"
    assert profile()["defaultErrnoRet"] == errno.EPERM
    assert {rule["action"] for rule in profile()["syscalls"]} == {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}


def test_no_rule_depends_on_a_capability_or_a_machine() -> None:
    for rule in profile()["syscalls"]:
        assert set(rule) <= {"names", "action", "args", "errnoRet"}


def test_no_32_bit_machine_is_let_in() -> None:
    assert [entry["subArchitectures"] for entry in profile()["archMap"]] == [[], []]


def test_the_mark_is_no_error_that_a_kernel_or_a_default_profile_gives() -> None:
    (rule,) = rules_of(MARK_CALL)
    assert rule == {"names": [MARK_CALL], "action": "SCMP_ACT_ERRNO", "errnoRet": MARK}
    assert max(errno.errorcode) < MARK <= 4095


def test_the_mark_changes_with_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "REFUSED", {name: why for name, why in REFUSED.items() if name != "ptrace"})
    assert rules_of(MARK_CALL)[0]["errnoRet"] != MARK


def test_what_the_filter_inside_refuses_the_profile_refuses_too() -> None:
    assert REFUSED_INSIDE.keys() - REFUSED.keys() == REFUSED_INSIDE_ONLY.keys()
