from bench.runtimes import START, policy_on, table_of


def test_the_medians_stand_side_by_side() -> None:
    times = {START: {"runsc": [2.0, 3.0, 4.0], "runc": [1.0, 0.5, 1.5]}}
    assert table_of(times)[1].split()[-6:] == ["3", "3.00", "s", "1.00", "s", "3.0x"]


def test_only_the_runtime_differs() -> None:
    gvisor, runc = policy_on("runsc"), policy_on("runc")
    assert (gvisor.runtime, runc.runtime) == ("runsc", "")
    assert gvisor.model_copy(update={"runtime": ""}) == runc
    assert not gvisor.fixed_versions
