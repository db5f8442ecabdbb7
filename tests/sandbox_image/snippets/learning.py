"""Everyday scikit-learn, with n_jobs and joblib."""

_DATA = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4))
y = (X[:, 0] + X[:, 1] > 0).astype(int)
"""

SNIPPETS = {
    "linear_regression": """
import numpy as np
from sklearn.linear_model import LinearRegression

model = LinearRegression().fit([[0], [1], [2]], [1, 3, 5])
assert np.isclose(model.coef_[0], 2) and np.isclose(model.intercept_, 1)
""",
    "linear_regression_jobs": """
import numpy as np
from sklearn.linear_model import LinearRegression

X = np.arange(200.0).reshape(-1, 2)
assert LinearRegression(n_jobs=2).fit(X, np.c_[X[:, 0], X[:, 1]]).score(X, X) > 0.999
""",
    "ridge_and_lasso": _DATA
    + """
from sklearn.linear_model import Lasso, Ridge

assert Ridge().fit(X, X[:, 0]).score(X, X[:, 0]) > 0.9
assert (Lasso(alpha=0.1).fit(X, X[:, 0]).coef_[1:] == 0).all()
""",
    "logistic_regression": _DATA
    + """
from sklearn.linear_model import LogisticRegression

assert LogisticRegression().fit(X, y).score(X, y) > 0.95
""",
    "logistic_regression_cv": _DATA
    + """
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

assert cross_val_score(LogisticRegression(), X, y, cv=4).mean() > 0.9
""",
    "cross_validation_two_jobs": _DATA
    + """
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

assert cross_val_score(DecisionTreeClassifier(random_state=0), X, y, cv=3, n_jobs=2).size == 3
""",
    "grid_search_two_jobs": _DATA
    + """
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [3, 7]}, cv=3, n_jobs=2).fit(X, y)
assert search.best_params_["n_neighbors"] in (3, 7) and search.best_score_ > 0.85
""",
    "random_forest_all_cores": _DATA
    + """
from sklearn.ensemble import RandomForestClassifier

model = RandomForestClassifier(30, n_jobs=-1, random_state=0).fit(X, y)
assert model.score(X, y) > 0.97 and np.isclose(model.feature_importances_.sum(), 1)
""",
    "random_forest_regressor_three_jobs": _DATA
    + """
from sklearn.ensemble import RandomForestRegressor

assert RandomForestRegressor(20, n_jobs=3, random_state=0).fit(X, X[:, 0]).score(X, X[:, 0]) > 0.9
""",
    "gradient_boosting": _DATA
    + """
from sklearn.ensemble import GradientBoostingClassifier

assert GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, y).score(X, y) > 0.9
""",
    "histogram_boosting_with_openmp": _DATA
    + """
from sklearn.ensemble import HistGradientBoostingRegressor

assert HistGradientBoostingRegressor(max_iter=30).fit(X, X[:, 1]).score(X, X[:, 1]) > 0.8
""",
    "bagging_two_jobs": _DATA
    + """
from sklearn.ensemble import BaggingClassifier

assert BaggingClassifier(n_estimators=6, n_jobs=2, random_state=0).fit(X, y).score(X, y) > 0.9
""",
    "support_vectors": _DATA
    + """
from sklearn.svm import SVC

assert SVC(kernel="rbf").fit(X, y).score(X, y) > 0.9
""",
    "nearest_neighbours": _DATA
    + """
from sklearn.neighbors import NearestNeighbors

distances, at = NearestNeighbors(n_neighbors=1, n_jobs=2).fit(X).kneighbors(X[:5])
assert at.ravel().tolist() == [0, 1, 2, 3, 4] and np.allclose(distances, 0)
""",
    "k_means": _DATA
    + """
from sklearn.cluster import KMeans

labels = KMeans(2, n_init=3, random_state=0).fit_predict(np.r_[X[:50], X[:50] + 20])
assert len(set(labels[:50])) == 1 and labels[0] != labels[-1]
""",
    "dbscan_and_agglomerative": _DATA
    + """
from sklearn.cluster import DBSCAN, AgglomerativeClustering

apart = np.r_[X[:30] * 0.1, X[:30] * 0.1 + 9]
assert (
    len(set(DBSCAN(eps=1).fit_predict(apart)))
    == len(set(AgglomerativeClustering(2).fit_predict(apart)))
    == 2
)
""",
    "principal_components": _DATA
    + """
from sklearn.decomposition import PCA

assert np.isclose(PCA().fit(X).explained_variance_ratio_.sum(), 1)
""",
    "tsne": _DATA
    + """
from sklearn.manifold import TSNE

assert TSNE(perplexity=5, max_iter=250, random_state=0, n_jobs=2).fit_transform(X[:40]).shape == (40, 2)
""",
    "scaling": _DATA
    + """
from sklearn.preprocessing import MinMaxScaler, StandardScaler

assert (
    np.allclose(StandardScaler().fit_transform(X).mean(axis=0), 0)
    and MinMaxScaler().fit_transform(X).max() <= 1.0001
)
""",
    "one_hot_and_ordinal": """
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

assert OneHotEncoder().fit_transform([["a"], ["b"]]).toarray().tolist() == [[1, 0], [0, 1]]
assert OrdinalEncoder().fit_transform([["b"], ["a"]]).ravel().tolist() == [1, 0]
""",
    "pipeline_of_columns": """
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

df = pd.DataFrame({"k": list("abab"), "n": [1.0, 2, 3, 4], "y": [2.0, 3, 4, 5]})
shape = make_column_transformer((OneHotEncoder(), ["k"]), (StandardScaler(), ["n"]), n_jobs=2)
assert make_pipeline(shape, LinearRegression()).fit(df[["k", "n"]], df.y).score(df[["k", "n"]], df.y) > 0.99
""",
    "train_test_split": _DATA
    + """
from sklearn.model_selection import train_test_split

a, b, *_ = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
assert (len(a), len(b)) == (225, 75)
""",
    "metrics": """
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, r2_score, roc_auc_score

truth, said = [0, 1, 1, 0], [0, 1, 0, 0]
assert accuracy_score(truth, said) == 0.75 and confusion_matrix(truth, said).tolist() == [[2, 0], [1, 1]]
assert round(f1_score(truth, said), 3) == 0.667 and roc_auc_score(truth, [0.1, 0.9, 0.4, 0.2]) == 1
assert r2_score([1, 2, 3], [1, 2, 3]) == 1
""",
    "classification_report": """
from sklearn.metrics import classification_report

assert "macro avg" in classification_report([0, 1], [0, 1])
""",
    "text_features": """
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

texts = ["red tea", "green tea"]
assert CountVectorizer().fit_transform(texts).sum() == 4
assert TfidfVectorizer().fit(texts).vocabulary_.keys() == {"red", "green", "tea"}
""",
    "naive_bayes": _DATA
    + """
from sklearn.naive_bayes import GaussianNB

assert GaussianNB().fit(X, y).score(X, y) > 0.9
""",
    "imputing": """
import numpy as np
from sklearn.impute import KNNImputer, SimpleImputer

assert SimpleImputer().fit_transform([[1.0], [np.nan], [3.0]])[1, 0] == 2
assert KNNImputer(n_neighbors=1).fit_transform([[1.0, 1], [1.0, np.nan]])[1, 1] == 1
""",
    "multi_layer_perceptron": _DATA
    + """
from sklearn.neural_network import MLPClassifier

assert MLPClassifier((8,), max_iter=400, random_state=0).fit(X, y).score(X, y) > 0.9
""",
    "isolation_forest": _DATA
    + """
from sklearn.ensemble import IsolationForest

marks = (
    IsolationForest(n_estimators=30, n_jobs=2, random_state=0)
    .fit(X)
    .predict([[50, 50, 50, 50], [0, 0, 0, 0]])
)
assert marks.tolist() == [-1, 1]
""",
    "permutation_importance": _DATA
    + """
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression

found = permutation_importance(LogisticRegression().fit(X, y), X, y, n_repeats=3, n_jobs=2, random_state=0)
assert found.importances_mean[0] > found.importances_mean[3]
""",
    "model_to_file_and_back": _DATA
    + """
import joblib
from sklearn.tree import DecisionTreeClassifier

joblib.dump(DecisionTreeClassifier(random_state=0).fit(X, y), "/tmp/model.joblib", compress=3)
assert joblib.load("/tmp/model.joblib").score(X, y) == 1
""",
    "made_data": """
from sklearn.datasets import make_blobs, make_classification, make_moons

assert make_blobs(10, random_state=0)[0].shape == (10, 2) and make_moons(6)[1].sum() == 3
assert make_classification(20, random_state=0)[0].shape == (20, 20)
""",
    "joblib_processes": """
from joblib import Parallel, delayed

assert Parallel(n_jobs=2)(delayed(pow)(n, 2) for n in range(6)) == [0, 1, 4, 9, 16, 25]
""",
    "joblib_threads": """
from joblib import Parallel, delayed

assert sum(Parallel(n_jobs=4, prefer="threads")(delayed(abs)(-n) for n in range(20))) == 190
""",
    "joblib_multiprocessing": """
from joblib import Parallel, delayed

assert Parallel(n_jobs=2, backend="multiprocessing")(delayed(len)("x" * n) for n in range(4)) == [
    0,
    1,
    2,
    3,
]
""",
    "joblib_large_arrays_to_processes": """
import numpy as np
from joblib import Parallel, delayed

big = np.ones(400_000)
assert Parallel(n_jobs=2, max_nbytes="1M")(delayed(np.sum)(big) for _ in range(3)) == [400_000.0] * 3
""",
    "joblib_memory": """
import joblib

memory = joblib.Memory("/tmp/cache", verbose=0)
cached = memory.cache(pow)
assert cached(2, 10) == cached(2, 10) == 1024
""",
}
