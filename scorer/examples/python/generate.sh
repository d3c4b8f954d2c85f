#!/bin/sh
# Generates Python stubs from the repository's proto folder into ./generated, with Debian's packages:
#   apt-get install python3-grpcio python3-grpc-tools
set -eu
here=$(cd "$(dirname "$0")" && pwd)
proto=$here/../../../proto
out=$here/generated
rm -rf "$out"
mkdir -p "$out"
/usr/bin/python3 -m grpc_tools.protoc -I "$proto" --python_out="$out" --grpc_python_out="$out" \
  paysecure/scoring/v1/scoring.proto google/rpc/status.proto google/rpc/error_details.proto
# From inside proto/grpc: a Python package called "grpc" would hide the library of that name.
/usr/bin/python3 -m grpc_tools.protoc -I "$proto/grpc" --python_out="$out" --grpc_python_out="$out" \
  health/v1/health.proto reflection/v1/reflection.proto
