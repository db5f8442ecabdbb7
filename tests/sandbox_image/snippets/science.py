"""Everyday scipy and statsmodels."""

_TABLE = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
df = pd.DataFrame({"x": rng.normal(size=200), "k": ["a", "b"] * 100})
df["y"] = 1 + 2 * df.x + (df.k == "b") + rng.normal(scale=0.1, size=200)
"""

SNIPPETS = {
    "t_test": """
from scipy import stats

assert stats.ttest_ind([1, 2, 3, 4], [11, 12, 13, 14]).pvalue < 0.001
""",
    "mann_whitney_and_wilcoxon": """
from scipy import stats

assert stats.mannwhitneyu([1, 2, 3], [7, 8, 9]).pvalue <= 0.1
assert stats.wilcoxon([1, 2, 3, 4, 5, 6]).pvalue < 0.05
""",
    "chi_square": """
from scipy import stats

assert stats.chi2_contingency([[50, 10], [10, 50]]).pvalue < 1e-6
""",
    "anova_and_kruskal": """
from scipy import stats

groups = [1, 2, 3], [2, 3, 4], [9, 10, 11]
assert stats.f_oneway(*groups).pvalue < 0.01 and stats.kruskal(*groups).pvalue < 0.1
""",
    "pearson_and_spearman": """
from scipy import stats

assert round(stats.pearsonr([1, 2, 3, 4], [2, 4, 6, 8]).statistic, 9) == 1
assert stats.spearmanr([1, 2, 3, 4], [1, 4, 9, 16]).statistic > 0.999
""",
    "distributions": """
from scipy import stats

assert round(stats.norm.ppf(0.975), 2) == 1.96 and round(stats.binom.pmf(2, 4, 0.5), 3) == 0.375
assert stats.norm.fit([1, 2, 3])[0] == 2
""",
    "normality_tests": """
import numpy as np
from scipy import stats

x = np.random.default_rng(1).normal(size=200)
assert stats.shapiro(x).pvalue > 0.01 and stats.kstest(x, "norm").pvalue > 0.01
""",
    "bootstrap_interval": """
import numpy as np
from scipy import stats

low, high = stats.bootstrap((np.arange(50.0),), np.mean, n_resamples=500, rng=0).confidence_interval
assert low < 24.5 < high
""",
    "kernel_density": """
from scipy import stats

assert stats.gaussian_kde([0, 0.1, -0.1])(0)[0] > 1
""",
    "linear_regression_of_stats": """
from scipy import stats

fit = stats.linregress([0, 1, 2], [1, 3, 5])
assert round(fit.slope, 9) == 2 and fit.rvalue > 0.999
""",
    "z_scores_and_mode": """
from scipy import stats

assert abs(stats.zscore([1, 2, 3]).sum()) < 1e-9 and stats.mode([1, 2, 2]).mode == 2
""",
    "minimise": """
from scipy.optimize import minimize

assert abs(minimize(lambda v: (v[0] - 3) ** 2, [0]).x[0] - 3) < 1e-4
""",
    "curve_fit": """
import numpy as np
from scipy.optimize import curve_fit

x = np.linspace(0, 2, 30)
(a, b), _ = curve_fit(lambda x, a, b: a * np.exp(b * x), x, 2 * np.exp(0.5 * x))
assert np.allclose([a, b], [2, 0.5])
""",
    "root_and_linear_program": """
from scipy.optimize import brentq, linprog

assert abs(brentq(lambda x: x * x - 2, 0, 2) - 2**0.5) < 1e-9
assert linprog([-1, -2], A_ub=[[1, 1]], b_ub=[4]).fun == -8
""",
    "differential_evolution_with_workers": """
from scipy.optimize import differential_evolution, rosen

found = differential_evolution(rosen, [(0, 2)] * 2, rng=0, maxiter=60, workers=2, updating="deferred")
assert abs(found.x - 1).max() < 0.05
""",
    "integrate": """
import numpy as np
from scipy.integrate import quad, solve_ivp

assert abs(quad(np.sin, 0, np.pi)[0] - 2) < 1e-9
assert abs(solve_ivp(lambda t, y: -y, (0, 1), [1.0], rtol=1e-8).y[0, -1] - np.exp(-1)) < 1e-5
""",
    "interpolate_spline": """
import numpy as np
from scipy.interpolate import CubicSpline, interp1d

x = np.arange(6)
assert abs(CubicSpline(x, x**3)(2.5) - 15.625) < 1e-9 and interp1d(x, x * 2)(1.5) == 3
""",
    "signal_filter_and_peaks": """
import numpy as np
from scipy import signal

t = np.linspace(0, 1, 500)
assert len(signal.find_peaks(np.sin(2 * np.pi * 5 * t))[0]) == 5
b, a = signal.butter(3, 0.2)
assert signal.filtfilt(b, a, np.ones(50)).round(6).tolist() == [1.0] * 50
""",
    "savgol_and_detrend": """
import numpy as np
from scipy import signal

assert (
    np.allclose(signal.detrend(np.arange(20.0)), 0)
    and signal.savgol_filter(np.ones(9), 5, 2).sum().round() == 9
)
""",
    "fft_with_workers": """
import numpy as np
from scipy import fft

x = np.random.default_rng(0).normal(size=(64, 512))
assert np.allclose(fft.ifft(fft.fft(x, workers=4), workers=4).real, x)
""",
    "sparse_matrices": """
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigsh, spsolve

a = sparse.diags_array([2.0] * 50).tocsc()
assert np.allclose(spsolve(a, np.ones(50)), 0.5) and np.allclose(eigsh(a, 2)[0], 2)
""",
    "linear_algebra": """
import numpy as np
from scipy import linalg

a = np.random.default_rng(0).normal(size=(120, 120))
lu = linalg.lu_factor(a)
assert np.allclose(a @ linalg.lu_solve(lu, np.ones(120)), 1)
assert np.allclose(linalg.expm(np.zeros((3, 3))), np.eye(3))
""",
    "trees_of_points": """
import numpy as np
from scipy.spatial import ConvexHull, cKDTree

points = np.random.default_rng(0).random((500, 2))
assert cKDTree(points).query(points, workers=3)[1].tolist() == list(range(500))
assert 0 < ConvexHull(points).volume <= 1
""",
    "distances_and_clusters": """
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

assert pdist([[0, 0], [3, 4]])[0] == 5
assert len(set(fcluster(linkage([[0.0], [0.1], [9.0]]), 2, "maxclust"))) == 2
""",
    "images": """
import numpy as np
from scipy import ndimage

image = np.zeros((9, 9))
image[2:4, 2:4] = image[6:8, 6:8] = 1
assert ndimage.label(image)[1] == 2 and ndimage.gaussian_filter(image, 1).sum().round(1) == 8
""",
    "special_functions": """
from scipy import special

assert special.comb(5, 2) == 10 and round(special.gamma(5)) == 24 and special.expit(0) == 0.5
""",
    "graph_shortest_path": """
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

assert dijkstra(csr_array([[0, 1, 5], [0, 0, 1], [0, 0, 0]]), indices=0).tolist() == [0, 1, 2]
""",
    "ols_formula": _TABLE
    + """
import statsmodels.formula.api as smf

fit = smf.ols("y ~ x + k", df).fit()
assert abs(fit.params["x"] - 2) < 0.05 and fit.rsquared > 0.99 and "OLS" in str(fit.summary())
""",
    "ols_arrays_and_intervals": _TABLE
    + """
import statsmodels.api as sm

fit = sm.OLS(df.y, sm.add_constant(df.x)).fit(cov_type="HC3")
low, high = fit.conf_int().loc["x"]
assert low < 2 < high
""",
    "logit": _TABLE
    + """
import statsmodels.api as sm

noisy = (df.x + rng.normal(size=200) > 0).astype(int)
assert sm.Logit(noisy, sm.add_constant(df.x)).fit(disp=0).params["x"] > 1
""",
    "poisson_glm": _TABLE
    + """
import statsmodels.api as sm

counts = rng.poisson(np.exp(0.5 + 0.3 * df.x))
assert abs(sm.GLM(counts, sm.add_constant(df.x), sm.families.Poisson()).fit().params["x"] - 0.3) < 0.2
""",
    "anova_table": _TABLE
    + """
import statsmodels.api as sm
import statsmodels.formula.api as smf

table = sm.stats.anova_lm(smf.ols("y ~ x + C(k)", df).fit(), typ=2)
assert table.loc["x", "PR(>F)"] < 1e-9
""",
    "arima_forecast": """
import numpy as np
from statsmodels.tsa.arima.model import ARIMA

series = np.cumsum(np.random.default_rng(0).normal(size=80))
assert ARIMA(series, order=(1, 1, 0)).fit().forecast(3).shape == (3,)
""",
    "seasonal_decompose": """
import numpy as np, pandas as pd
from statsmodels.tsa.seasonal import STL, seasonal_decompose

s = pd.Series(
    np.tile([1.0, 5, 2, 8], 12) + np.arange(48), index=pd.date_range("2020-01-31", periods=48, freq="ME")
)
assert seasonal_decompose(s, period=4).seasonal.iloc[3] > 0
assert STL(s, period=4).fit().trend.iloc[-1] > 40
""",
    "holt_winters": """
import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

fit = ExponentialSmoothing(np.arange(1.0, 31.0), trend="add").fit()
assert abs(fit.forecast(1)[0] - 31) < 0.5
""",
    "stationarity_tests": """
import numpy as np
from statsmodels.tsa.stattools import acf, adfuller

noise = np.random.default_rng(0).normal(size=300)
assert adfuller(noise)[1] < 0.01 and acf(noise, nlags=2)[0] == 1
""",
    "lowess_and_tukey": _TABLE
    + """
from statsmodels.nonparametric.smoothers_lowess import lowess
from statsmodels.stats.multicomp import pairwise_tukeyhsd

assert lowess(df.y, df.x).shape == (200, 2)
assert pairwise_tukeyhsd(df.y, df.k).meandiffs.shape == (1,)
""",
    "mixed_model": _TABLE
    + """
import statsmodels.formula.api as smf

df["g"] = np.arange(200) % 10
assert abs(smf.mixedlm("y ~ x", df, groups=df.g).fit().params["x"] - 2) < 0.2
""",
    "power_of_a_test": """
from statsmodels.stats.power import TTestIndPower

assert 60 < TTestIndPower().solve_power(0.5, alpha=0.05, power=0.8) < 70
""",
}
