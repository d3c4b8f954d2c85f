#!/usr/bin/python3
"""Calls the scorer from Python: health, reflection, model, score, batch, stream, explain, and what an error says.

    ./generate.sh && ./client.py [HOST:PORT]

Needs Debian's python3-grpcio and python3-grpc-tools only. SCORER_API_KEY is sent when set, and SCORER_TLS_CA
means TLS.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "generated"))

import grpc
from google.rpc import error_details_pb2, status_pb2
from health.v1 import health_pb2, health_pb2_grpc
from paysecure.scoring.v1 import scoring_pb2 as pb
from paysecure.scoring.v1 import scoring_pb2_grpc
from reflection.v1 import reflection_pb2, reflection_pb2_grpc

DEADLINE = 5


def transaction(number, **more):
    return pb.Transaction(
        transaction_id="python-%d" % number,
        time=3600.0 + number,
        v=[0.1 * ((number * 7 + i) % 11 - 5) for i in range(28)],
        amount=12.34 + number,
        currency="EUR",
        fields={"items": pb.FieldValue(number=number % 5), "new_device": pb.FieldValue(flag=False)},
        entities={"customer": "c-%d" % (number % 17)},
        **more
    )


def show(result):
    return "%s p=%.4f %s %s by %s@%s" % (
        result.transaction_id,
        result.fraud_probability,
        pb.RiskTier.Name(result.risk_tier),
        pb.Action.Name(result.action),
        result.model.name,
        result.model.version,
    )


def connect(address):
    """Plain text, or TLS with SCORER_TLS_CA; mutual with SCORER_TLS_CLIENT_CERT and SCORER_TLS_CLIENT_KEY."""

    def read(name):
        path = os.environ.get(name)
        if path is None:
            return None
        with open(path, "rb") as file:
            return file.read()

    ca = read("SCORER_TLS_CA")
    if ca is None:
        return grpc.insecure_channel(address)
    return grpc.secure_channel(
        address, grpc.ssl_channel_credentials(ca, read("SCORER_TLS_CLIENT_KEY"), read("SCORER_TLS_CLIENT_CERT"))
    )


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "localhost:50051"
    key = os.environ.get("SCORER_API_KEY")
    metadata = [("authorization", "Bearer " + key)] if key else []
    options = {"timeout": DEADLINE, "metadata": metadata}
    channel = connect(address)
    scoring = scoring_pb2_grpc.ScoringServiceStub(channel)

    health = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="paysecure.scoring.v1.ScoringService")
    status = health.Check(request, timeout=DEADLINE).status
    print("health:", health_pb2.HealthCheckResponse.ServingStatus.Name(status))

    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    for answer in reflection.ServerReflectionInfo(asked, timeout=DEADLINE):
        print("services:", ", ".join(s.name for s in answer.list_services_response.service))

    model = scoring.GetModel(pb.GetModelRequest(), **options)
    print("model: %s@%s %s" % (model.model.name, model.model.version, list(model.aliases)))

    print("score:", show(scoring.Score(pb.ScoreRequest(transaction=transaction(1)), **options)))

    batch = pb.ScoreBatchRequest(transactions=[transaction(i) for i in range(100)])
    batch.transactions[3].amount = -1
    results = scoring.ScoreBatch(batch, **options).results
    print("batch: %d results; [2]: %s; [3]: %s" % (len(results), show(results[2]), results[3].error.message))

    requests = (pb.ScoreRequest(transaction=transaction(i)) for i in range(1000))
    answers = list(scoring.ScoreStream(requests, metadata=metadata))
    in_order = [a.transaction_id for a in answers] == ["python-%d" % i for i in range(1000)]
    print("stream: %d answers, in order: %s" % (len(answers), in_order))

    why = scoring.Explain(pb.ExplainRequest(transaction=transaction(1), top=3), **options)
    print("explain: baseline %.4f + contributions = %.4f %s" % (why.baseline, why.raw_score, why.unit))
    for reason in why.contributions:
        print("  %+.4f %s: %s" % (reason.contribution, reason.code, reason.text))

    try:
        scoring.Score(pb.ScoreRequest(transaction=transaction(1, card_token="4111 1111 1111 1111")), **options)
    except grpc.RpcError as error:
        print("refused:", error.code().name, "-", error.details())
        for key, value in error.trailing_metadata():
            if key == "grpc-status-details-bin":
                for detail in status_pb2.Status.FromString(value).details:
                    bad = error_details_pb2.BadRequest()
                    if detail.Unpack(bad):
                        for violation in bad.field_violations:
                            print("  field", violation.field)
    return 0 if in_order else 1


if __name__ == "__main__":
    sys.exit(main())
