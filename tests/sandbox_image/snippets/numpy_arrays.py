"""Everyday numpy: arrays."""

SNIPPETS = {
    "arange_reshape_sum": """
import numpy as np

assert np.arange(12).reshape(3, 4).sum(axis=0).tolist() == [12, 15, 18, 21]
""",
    "broadcasting": """
import numpy as np

assert (np.ones((3, 1)) + np.arange(4)).shape == (3, 4)
""",
    "fancy_indexing": """
import numpy as np

a = np.arange(10) ** 2
assert a[[1, 3]].tolist() == [1, 9] and a[a > 50].size == 2
""",
    "where_and_select": """
import numpy as np

a = np.array([1, -2, 3])
assert np.where(a > 0, a, 0).tolist() == [1, 0, 3]
assert np.select([a < 0, a > 2], ["neg", "big"], "mid").tolist() == ["mid", "neg", "big"]
""",
    "concatenate_and_stack": """
import numpy as np

a = np.ones(2)
assert np.vstack([a, a]).shape == (2, 2) and np.r_[a, a].size == 4
""",
    "split_and_tile": """
import numpy as np

assert [p.tolist() for p in np.array_split(np.arange(5), 2)] == [[0, 1, 2], [3, 4]]
assert np.tile([1, 2], 2).tolist() == [1, 2, 1, 2]
""",
    "unique_counts": """
import numpy as np

v, n = np.unique([3, 1, 3], return_counts=True)
assert v.tolist() == [1, 3] and n.tolist() == [1, 2]
""",
    "sort_argsort_searchsorted": """
import numpy as np

a = np.array([3, 1, 2])
assert a[np.argsort(a)].tolist() == [1, 2, 3] and np.searchsorted([1, 2, 4], 3) == 2
""",
    "percentile_and_nan_functions": """
import numpy as np

a = np.array([1, np.nan, 3])
assert np.nanmean(a) == 2 and np.percentile([1, 2, 3, 4], 50) == 2.5
""",
    "histogram_and_bincount": """
import numpy as np

assert np.histogram([1, 2, 2, 9], bins=[0, 5, 10])[0].tolist() == [3, 1]
assert np.bincount([0, 1, 1]).tolist() == [1, 2]
""",
    "cumsum_diff_gradient": """
import numpy as np

a = np.array([1, 4, 9])
assert np.cumsum(a)[-1] == 14 and np.diff(a).tolist() == [3, 5] and np.gradient(a).tolist() == [3, 4, 5]
""",
    "interp_and_trapezoid": """
import numpy as np

assert np.interp(1.5, [1, 2], [10, 20]) == 15 and np.trapezoid([0, 1, 2]) == 2
""",
    "polyfit_and_polyval": """
import numpy as np

p = np.polyfit([0, 1, 2], [1, 3, 7], 2)
assert np.allclose(p, [1, 1, 1]) and round(np.polyval(p, 3)) == 13
""",
    "convolve_and_correlate": """
import numpy as np

assert np.convolve([1, 2, 3], [1, 1]).tolist() == [1, 3, 5, 3]
""",
    "fft_round_trip": """
import numpy as np

x = np.random.default_rng(0).normal(size=4096)
assert np.allclose(np.fft.irfft(np.fft.rfft(x)), x)
""",
    "einsum_and_tensordot": """
import numpy as np

a = np.arange(6).reshape(2, 3)
assert np.einsum("ij,kj->ik", a, a).tolist() == (a @ a.T).tolist() == np.tensordot(a, a, (1, 1)).tolist()
""",
}
