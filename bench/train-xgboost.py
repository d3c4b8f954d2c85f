"""Boosted trees of XGBoost on rows written by train.ts, with its histograms and two threads: for comparison only."""

import json
import sys
import time

import numpy
import xgboost
from sklearn.metrics import roc_auc_score

folder, columns, trees = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def read(name):
    rows = numpy.fromfile(f"{folder}/{name}.f32", dtype=numpy.float32).reshape(-1, columns)
    return rows, numpy.fromfile(f"{folder}/{name}.u8", dtype=numpy.uint8)


rows, labels = read("train")
settings = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_bin": 255,
    "max_depth": 5,
    "learning_rate": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "nthread": 2,
    "seed": 42,
}
started = time.perf_counter()
booster = xgboost.train(settings, xgboost.DMatrix(rows, labels, nthread=2), num_boost_round=trees)
seconds = time.perf_counter() - started
rows, labels = read("test")
auc = roc_auc_score(labels, booster.predict(xgboost.DMatrix(rows, nthread=2)))
print(json.dumps({"version": xgboost.__version__, "seconds": seconds, "auc": auc}))
