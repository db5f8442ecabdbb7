"""Everyday numpy: linear algebra with BLAS and its threads, random numbers, files."""

SNIPPETS = {
    "matmul_of_600": """
import numpy as np

a = np.ones((600, 600))
assert (a @ a)[0, 0] == 600
""",
    "matmul_in_float32": """
import numpy as np

a = np.full((512, 512), 0.5, dtype="float32")
assert (a @ a).sum() == 512 * 512 * 128
""",
    "solve_and_inverse": """
import numpy as np

a = np.array([[3.0, 1], [1, 2]])
assert np.allclose(np.linalg.solve(a, [9, 8]), [2, 3]) and np.allclose(np.linalg.inv(a) @ a, np.eye(2))
""",
    "determinant_rank_norm": """
import numpy as np

a = np.array([[2.0, 0], [0, 3]])
assert round(np.linalg.det(a)) == 6 and np.linalg.matrix_rank(a) == 2 and np.linalg.norm([3, 4]) == 5
""",
    "eigenvalues": """
import numpy as np

assert np.allclose(sorted(np.linalg.eigvals([[2, 0], [0, 5]])), [2, 5])
""",
    "eigh_of_200": """
import numpy as np

a = np.random.default_rng(1).normal(size=(200, 200))
w = np.linalg.eigh(a + a.T).eigenvalues
assert np.isclose(w.sum(), 2 * np.trace(a))
""",
    "svd_rebuilds": """
import numpy as np

a = np.random.default_rng(2).normal(size=(60, 40))
u, s, v = np.linalg.svd(a, full_matrices=False)
assert np.allclose(u * s @ v, a)
""",
    "qr_and_cholesky": """
import numpy as np

a = np.random.default_rng(3).normal(size=(50, 50))
q, r = np.linalg.qr(a)
assert np.allclose(q @ r, a)
c = np.linalg.cholesky(a @ a.T + np.eye(50))
assert np.allclose(c @ c.T, a @ a.T + np.eye(50))
""",
    "least_squares": """
import numpy as np

x = np.c_[np.ones(50), np.arange(50)]
b = np.linalg.lstsq(x, 2 + 3 * np.arange(50), rcond=None)[0]
assert np.allclose(b, [2, 3])
""",
    "pseudo_inverse": """
import numpy as np

a = np.array([[1.0, 2], [2, 4]])
assert np.allclose(a @ np.linalg.pinv(a) @ a, a)
""",
    "blas_with_four_threads": """
import numpy as np, threadpoolctl

a = np.random.default_rng(4).normal(size=(700, 700))
with threadpoolctl.threadpool_limits(4):
    many = a @ a
with threadpoolctl.threadpool_limits(1):
    assert np.allclose(many, a @ a)
""",
    "blas_is_known": """
import threadpoolctl, numpy

assert any(info["user_api"] == "blas" for info in threadpoolctl.threadpool_info())
""",
    "blas_from_many_threads": """
import numpy as np
from concurrent.futures import ThreadPoolExecutor

a = np.ones((200, 200))
with ThreadPoolExecutor(6) as pool:
    assert {float((a @ a)[0, 0]) for _ in range(3)} | set(
        pool.map(lambda _: float((a @ a)[1, 1]), range(12))
    ) == {200.0}
""",
    "blas_after_a_fork": """
import multiprocessing, numpy as np

with multiprocessing.Pool(2) as pool:
    assert pool.map(np.linalg.det, [np.eye(100)] * 4) == [1.0] * 4
""",
    "random_generators": """
import numpy as np

rng = np.random.default_rng(42)
assert (
    0 <= rng.integers(10) < 10
    and rng.choice(["a", "b"], 5).size == 5
    and np.random.default_rng(42).integers(10) == np.random.default_rng(42).integers(10)
)
""",
    "random_without_seed_differs": """
import numpy as np

assert np.random.default_rng().random() != np.random.default_rng().random()
""",
    "random_legacy_seed": """
import numpy as np

np.random.seed(0)
assert round(np.random.rand(), 4) == 0.5488
""",
    "normal_distribution_moments": """
import numpy as np

x = np.random.default_rng(5).normal(10, 2, 100_000)
assert abs(x.mean() - 10) < 0.05 and abs(x.std() - 2) < 0.05
""",
    "shuffle_and_permutation": """
import numpy as np

a = np.arange(20)
np.random.default_rng(6).shuffle(a)
assert sorted(a) == list(range(20)) and a.tolist() != list(range(20))
""",
    "structured_arrays": """
import numpy as np

a = np.array([("x", 1)], dtype=[("k", "U4"), ("n", "i4")])
assert a["n"].sum() == 1
""",
    "datetime64": """
import numpy as np

d = np.arange("2024-02-27", "2024-03-02", dtype="datetime64[D]")
assert d.size == 4 and np.busday_count("2024-03-01", "2024-03-08") == 5
""",
    "masked_arrays": """
import numpy as np

assert np.ma.masked_less([1, -1, 3], 0).sum() == 4
""",
    "save_and_load": """
import numpy as np

np.save("/tmp/a.npy", np.arange(5))
assert np.load("/tmp/a.npy").sum() == 10
""",
    "savez_compressed": """
import numpy as np

np.savez_compressed("/tmp/a.npz", x=np.zeros(1000), y=np.ones(2))
assert np.load("/tmp/a.npz")["y"].sum() == 2
""",
    "memmap_file": """
import numpy as np

m = np.memmap("/work/tmp/m.bin", dtype="float32", mode="w+", shape=(1000,))
m[:] = 1
m.flush()
assert np.memmap("/work/tmp/m.bin", dtype="float32", mode="r").sum() == 1000
""",
    "loadtxt_and_genfromtxt": """
import io, numpy as np

assert np.loadtxt(io.StringIO("1 2\\n3 4")).sum() == 10 and np.isnan(
    np.genfromtxt(io.StringIO("1,,3"), delimiter=",")[1]
)
""",
    "large_array": """
import numpy as np

a = np.ones(20_000_000, dtype="float32")
assert a.sum() == 20_000_000
del a
""",
    "vectorize_and_apply_along": """
import numpy as np

assert np.vectorize(lambda x: x + 1)([1, 2]).tolist() == [2, 3] and np.apply_along_axis(
    sum, 1, [[1, 2], [3, 4]]
).tolist() == [3, 7]
""",
    "meshgrid_and_outer": """
import numpy as np

x, y = np.meshgrid([1, 2], [3, 4, 5])
assert x.shape == (3, 2) and np.outer([1, 2], [3, 4]).sum() == 21
""",
    "clip_round_sign": """
import numpy as np

assert np.clip([-5, 5], 0, 3).tolist() == [0, 3] and np.round(2.567, 1) == 2.6 and np.sign(-3) == -1
""",
    "cov_and_corrcoef": """
import numpy as np

assert np.isclose(np.corrcoef([1, 2, 3], [2, 4, 6])[0, 1], 1) and np.cov([1, 2, 3]) == 1
""",
    "set_operations": """
import numpy as np

assert np.intersect1d([1, 2, 3], [2, 3, 4]).tolist() == [2, 3] and np.isin(2, [1, 2])
""",
    "strings": """
import numpy as np

assert np.strings.upper(np.array(["a", "b"])).tolist() == ["A", "B"]
""",
    "errstate_divides": """
import numpy as np

with np.errstate(divide="ignore"):
    assert np.isinf(np.array([1.0]) / 0)[0]
""",
    "sliding_window": """
import numpy as np

assert np.lib.stride_tricks.sliding_window_view(np.arange(5), 3).sum(axis=1).tolist() == [3, 6, 9]
""",
}
