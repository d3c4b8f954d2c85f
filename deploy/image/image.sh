#!/bin/sh
# npm run image -- base|build|try: builds the Dockerfile without a Docker daemon, and runs the system from what it built.
# For Debian, as root, with buildah, mmdebstrap, redis-server and curl. `base` makes the two bases of Debian's packages and
# this machine's Node, where no registry of images can be reached; `build` takes them, or BASE=IMAGE BUILD_BASE=IMAGE.
set -eu
cd "$(dirname "$0")/../.."
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
BASE=${BASE:-localhost/paysecure-base}
BUILD_BASE=${BUILD_BASE:-localhost/paysecure-build-base}
IMAGE=${IMAGE:-localhost/paysecure}
# What was built and is tried, under the limit of a download that nobody waits for.
MOST_MB=350

say() { echo "image: $*"; }

base() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mmdebstrap --variant=essential --include=ca-certificates,libstdc++6,tzdata \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/base.tar"
  base_of "$work/base.tar"
}

# Debian's files and the authorities that this machine trusts; for building, its Node and npm too.
base_of() {
  container=$(buildah from scratch)
  buildah add -q "$container" "$1" / > /dev/null
  buildah copy -q "$container" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt > /dev/null
  buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit -q "$container" "$BASE" > /dev/null
  buildah copy -q "$container" "$(readlink -f "$(command -v node)")" /usr/bin/node > /dev/null
  buildah copy -q "$container" "$(npm root --global)/npm" /usr/lib/node_modules/npm > /dev/null
  buildah run "$container" ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm
  buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
  buildah commit -q --rm "$container" "$BUILD_BASE" > /dev/null
  say "bases $BASE, $BUILD_BASE"
}

build() {
  buildah inspect --type image "$BUILD_BASE" > /dev/null 2>&1 || base
  buildah bud --format docker --layers=false --build-arg "BASE=$BASE" --build-arg "BUILD_BASE=$BUILD_BASE" \
    --tag "$IMAGE" .
  say "built $IMAGE"
}

# Runs a process of the image as its user, on a root that cannot be written, /data and /tmp apart.
run() {
  name=$1
  shift
  env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production DATA_DIR=/data HOME=/tmp "$@" \
    setsid unshare --mount sh -c '
      mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount --bind "$1" "$0/data" &&
      mount -t tmpfs none "$0/tmp" && mount -t proc none "$0/proc" && mount --rbind /dev "$0/dev" &&
      exec chroot --userspec=10001:10001 "$0" sh -c "cd /app && exec deploy/image/entrypoint.sh $2"' \
    "$root" "$work/data" "$name" > "$work/$(echo "$name" | tr -c 'a-z\n' _).log" 2>&1 &
  pids="$! $pids"
}

free_port() { node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }

# Waits for a process to say that it is ready.
ready() {
  tries=0
  until curl -fsS "http://127.0.0.1:$2/readyz" > "$work/answer" 2> /dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 120 ]; then
      say "$1 is not ready: $(curl -sS "http://127.0.0.1:$2/readyz" 2>&1 | head -c 600)"
      exit 1
    fi
    sleep 1
  done
  say "$1 is ready: $(cat "$work/answer")"
}

end() {
  code=$?
  [ "$code" -eq 0 ] || tail -n 15 "$work"/*.log
  for pid in $pids; do kill -TERM "$pid" 2> /dev/null || true; done
  for pid in $pids; do wait "$pid" 2> /dev/null || true; done
  buildah umount "$container" > /dev/null 2>&1 || true
  buildah rm "$container" > /dev/null 2>&1 || true
  rm -rf "$work"
  exit "$code"
}

try() {
  work=$(mktemp -d)
  pids=
  container=$(buildah from --pull-never "$IMAGE")
  trap end EXIT
  root=$(buildah mount "$container")
  size=$(du -sm --apparent-size "$root" | cut -f1)
  say "$size MB unpacked, base and Node included"
  [ "$size" -lt "$MOST_MB" ] || { say "more than $MOST_MB MB"; exit 1; }
  mkdir -m 0700 "$work/data"
  chown 10001:10001 "$work/data"

  redis=$(free_port) postgres=$(free_port) scorer=$(free_port) web=$(free_port)
  redis-server --port "$redis" --bind 127.0.0.1 --save '' --dir "$work" > "$work/redis.log" 2>&1 &
  pids=$!
  password=a-password-of-this-try
  links="REDIS_URL=redis://127.0.0.1:$redis DATABASE_URL=postgres://postgres:$password@127.0.0.1:$postgres/postgres"
  links="$links SCORER_PORT=$scorer SCORER_ADDRESS=127.0.0.1:$scorer PORT=$web SCORER_HOST=127.0.0.1"
  run "node --import tsx deploy/embedded/postgres.ts" \
    EMBEDDED_POSTGRES_PORT="$postgres" EMBEDDED_POSTGRES_PASSWORD="$password"
  ops=
  # Words of our own, apart by blanks.
  # shellcheck disable=SC2086
  run release $links
  release=${pids%% *}
  pids=${pids#* }
  wait "$release"
  say "release is done: $(tail -n 1 "$work/release.log" | head -c 200)"
  for name in scorer worker web; do
    port=$(free_port)
    # shellcheck disable=SC2086
    run "$name" $links OPS_PORT="$port"
    ops="$ops $name:$port"
  done
  for one in $ops; do
    ready "${one%%:*}" "${one##*:}"
    node deploy/image/healthcheck.mjs "${one##*:}" || { say "the health check fails"; exit 1; }
  done
  payment=$(node -p 'JSON.stringify(Object.fromEntries(
    [["Time", 3600], ["Amount", 12.5], ...Array.from({ length: 28 }, (_, i) => [`V${i + 1}`, i === 13 ? -6 : 0])]))')
  say "a payment: $(curl -fsS -H 'content-type: application/json' "http://127.0.0.1:$web/predict/" -d "$payment")"
  say "processes run as user $(stat -c %u "/proc/${pids%% *}")"
  run "touch /app/written"
  written=${pids%% *}
  pids=${pids#* }
  if wait "$written"; then say "the root can be written" && exit 1; fi
  # The newest first: what others need is the oldest.
  for pid in $pids; do
    kill -TERM "$pid"
    wait "$pid" || { say "process $pid did not end well"; exit 1; }
  done
  pids=
  say "all ended at SIGTERM with 0"
}

case "${1:-}" in
  base | build | try) "$1" ;;
  *) echo "usage: npm run image -- base|build|try" >&2 && exit 2 ;;
esac
