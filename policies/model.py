"""What is a policy: the frozen, named set of limits that a sandbox runs under."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from policies.files import BadFileError, read_file
from policies.folders import PolicyError, files_in, policy_files
from policies.hosts import host_rule

__all__ = [
    "Egress",
    "Limits",
    "Output",
    "Policy",
    "PolicyError",
    "UnknownPolicyError",
    "load_policy",
    "parse_policy",
    "policy_names",
]

_FILE_BYTES = 1 << 20


class UnknownPolicyError(PolicyError):
    """No policy has this name. The message is for clients: it names those that there are, and no path."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Limits(_Frozen):
    """What one sandbox may use. Sizes in bytes, times in seconds of wall clock."""

    code_wall_seconds: float = Field(30, gt=0, le=3600)
    """One attempt of the code, measured inside the sandbox."""
    load_wall_seconds: float = Field(180, gt=0, le=7200)
    """Reading and profiling the uploaded files of one job."""
    grace_seconds: float = Field(10, gt=0, le=120)
    """What the worker waits beyond the two above before it removes the container itself."""
    memory_bytes: int = Field(1 << 30, ge=256 << 20, le=1 << 44)
    pids: int = Field(128, ge=64, le=256)
    cpus: float = Field(1.0, gt=0, le=64)
    tmpfs_bytes: int = Field(256 << 20, ge=16 << 20, le=1 << 44)
    """`/work`; counts towards memory."""
    nofile: int = Field(1024, ge=256, le=20000)
    attempts: int = Field(3, ge=1, le=10)
    """How often code is written for one question: the first time and the repairs."""


class Output(_Frozen):
    """What may come out of one sandbox run. Sizes in bytes."""

    stdout_bytes: int = Field(64 << 10, ge=1024)
    """Kept of stdout: half of it head, half tail."""
    stderr_bytes: int = Field(64 << 10, ge=1024)
    flood_bytes: int = Field(64 << 20, ge=1 << 20)
    """Printed beyond this to one of the two, the run is ended with `output_limit`."""
    result_bytes: int = Field(1 << 20, ge=1024)
    """The typed result as JSON; a table is cut to fit and comes whole as an artifact."""
    artifact_count: int = Field(20, ge=0, le=1000)
    artifact_bytes: int = Field(20 << 20, ge=0)
    """All figures and files together."""


class Egress(_Frozen):
    """Which web requests code may make, over the pipe (docs/policies.md). Sizes are in bytes, times in s."""

    hosts: tuple[Annotated[str, AfterValidator(host_rule)], ...] = Field((), strict=False)
    """Exact names, in lower case and as IDNA (`xn--`); `*.example.org` allows its sub-domains, not itself."""
    upload_bytes: int = Field(10 << 20, ge=0, le=1 << 40)
    """From the code to all hosts, of one job."""
    download_bytes: int = Field(100 << 20, ge=0, le=1 << 40)
    """From all hosts to the code, of one job."""
    requests: int = Field(1000, ge=1, le=1_000_000)
    """Tunnels and plain requests of one job, refused ones too."""
    at_once: int = Field(16, ge=1, le=64)
    connect_seconds: float = Field(10, gt=0, le=120)
    """To resolve, and to dial, one host."""
    idle_seconds: float = Field(30, gt=0, le=600)
    """A connection over which nothing passes for this long is closed."""
    ca_file: str = ""
    """A PEM file of the worker's host: authorities that code trusts besides the public ones."""


class Policy(_Frozen):
    """A named policy. Everything in it is data; `policies.spec` turns it into a container."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")
    description: str = ""
    runtime: Literal["", "runc", "runsc"] = ""
    """The OCI runtime; empty is the engine's own default."""
    fixed_versions: bool = False
    """Refuse an engine or a runtime that is older than its fixed version (`worker.engines.versions`)."""
    network: Literal["none", "allow-list"] = "none"
    """No container has a network; `allow-list` carries web requests over the pipe, to what `egress` lists."""
    egress: Egress | None = None
    limits: Limits = Limits()
    output: Output = Output()

    @model_validator(mode="after")
    def _egress_goes_with_network(self) -> Self:
        if (self.network == "allow-list") != (self.egress is not None):
            raise ValueError(
                'network = "allow-list" and a section [egress] go together: give both or neither'
            )
        return self


def load_policy(name: str, directory: Path | None = None) -> Policy:
    """Read the policy `name`: a shipped one, or one of `SANDGLASS_POLICY_DIR`; or only from `directory`.

    Raises:
        UnknownPolicyError: There is none of this name.
        PolicyError: It cannot be read, is not TOML, has an unknown key (named, with the nearest known one) or
            a bad value.
    """
    files = _files(directory)
    if name not in files:
        raise UnknownPolicyError(f"no policy named {name!r}; there are: {', '.join(files)}")
    path = files[name]
    try:
        data = tomllib.loads(read_file(path, _FILE_BYTES).decode("utf-8-sig"))
    except BadFileError as error:
        raise PolicyError(f"{path.name}: {error}") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, lists in lists in lists
        raise PolicyError(f"{path.name}: not TOML: {error}") from error
    policy = parse_policy(data, source=path.name)
    if policy.name != name:
        raise PolicyError(f"{path.name}: name is {policy.name!r}; it must be the file's own, {name!r}")
    return policy


def parse_policy(data: dict[str, Any], source: str) -> Policy:
    """Make a policy of parsed TOML; `source` names the file in errors.

    Raises:
        PolicyError: An unknown key or a bad value.
    """
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise PolicyError("; ".join(_explain(source, item) for item in error.errors())) from None


def policy_names(directory: Path | None = None) -> list[str]:
    """The names of all policies, or of those in `directory`, sorted.

    Raises:
        PolicyError: As `policies.folders.policy_files`.
    """
    return list(_files(directory))


def _files(directory: Path | None) -> dict[str, Path]:
    return policy_files() if directory is None else files_in(directory)


def _explain(source: str, item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        said = str(item["msg"]).removeprefix("Value error, ")
        return f"{source}: {where}: {said} (got {item['input']!r})" if where else f"{source}: {said}"
    near = difflib.get_close_matches(str(item["loc"][-1]), _known_keys(item["loc"][:-1]), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{source}: unknown key {where!r}{hint}"


def _known_keys(parents: tuple[str | int, ...]) -> list[str]:
    section: dict[str, type[BaseModel]] = {"limits": Limits, "output": Output, "egress": Egress}
    model = section.get(str(parents[0]), Policy) if parents else Policy
    return list(model.model_fields)
