#!/bin/sh
# Becomes the Procfile's process of that name, with what else is said behind it; or any other command.
set -eu
command=$(sed -n "s/^${1:-web}: *//p" Procfile)
[ -n "$command" ] || exec "$@"
[ $# -eq 0 ] || shift
# The Procfile is ours, and its commands are words alone.
# shellcheck disable=SC2086
exec $command "$@"
