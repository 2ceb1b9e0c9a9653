#!/bin/sh
# The command as it is installed: Node with the flags that keep the memory of `serve` small, as `npm start` gives them.
# $0 may be the link by which npm has put it on the path.
self=$(readlink -f "$0")
exec node --max-semi-space-size=4 --heap-growing-percent=50 --v8-pool-size=1 "${self%/*}/main.js" "$@"
