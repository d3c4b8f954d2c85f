"""The original's forest in scikit-learn on rows written by train.ts: for comparison only, no dependency."""

import json
import sys
import time

import numpy
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

folder, columns = sys.argv[1], int(sys.argv[2])


def read(name):
    rows = numpy.fromfile(f"{folder}/{name}.f32", dtype=numpy.float32).reshape(-1, columns)
    return rows, numpy.fromfile(f"{folder}/{name}.u8", dtype=numpy.uint8)


rows, labels = read("train")
forest = RandomForestClassifier(
    n_estimators=100, max_depth=10, class_weight="balanced", random_state=42, n_jobs=2
)
started = time.perf_counter()
forest.fit(rows, labels)
seconds = time.perf_counter() - started
rows, labels = read("test")
auc = roc_auc_score(labels, forest.predict_proba(rows)[:, 1])
print(json.dumps({"version": sklearn.__version__, "seconds": seconds, "auc": auc}))
