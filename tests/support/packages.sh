#!/bin/sh
# Debian packages that a make target needs beside Python: installed when root, named when not. Never fails a user's run:
# what is missing skips its tests with a reason (and fails them in CI).
#   packages.sh test|bench
set -eu

wanted=""
want() { # command package...
    command -v "$1" >/dev/null 2>&1 || { shift; wanted="$wanted $*"; }
}
listening() { # port on loopback
    "${PYTHON:-python3}" -c "import socket,sys; sys.exit(socket.socket().connect_ex(('127.0.0.1', $1)) != 0)"
}

want chromium chromium
want node nodejs
want npm npm
want pdfsig poppler-utils
want xmlsec1 xmlsec1
[ "${1:-test}" != bench ] || want wrk wrk
broker=own
[ -n "${LIENTHONG_TEST_BROKER_URL:-}" ] || listening 5672 || broker=missing
if [ "$broker" = missing ] && ! command -v rabbitmq-server >/dev/null 2>&1 && [ ! -x /usr/sbin/rabbitmq-server ]; then
    wanted="$wanted rabbitmq-server"
fi

if [ -n "$wanted" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing Debian packages:$wanted" >&2
        apt-get update -qq
        # shellcheck disable=SC2086 - a list of packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
    else
        echo "These are missing; tests that need them are skipped. On Debian or Ubuntu: sudo apt install$wanted" >&2
        exit 0
    fi
fi

# Debian does not start servers inside containers: then the broker is started here, on loopback only.
if [ "$broker" = missing ] && [ "$(id -u)" = 0 ] && [ -x /usr/sbin/rabbitmq-server ]; then
    echo "starting RabbitMQ on 127.0.0.1:5672" >&2
    ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME=lienthong@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        /usr/sbin/rabbitmq-server -detached
    tries=0
    until listening 5672; do
        tries=$((tries + 1))
        [ "$tries" -lt 120 ] || { echo "RabbitMQ did not start; its tests are skipped" >&2; exit 0; }
        sleep 0.5
    done
fi
