# shellcheck shell=bash disable=SC2034 # some variables are for those who source this
# What deploy/run and the tests share: packages, builds, a private PostgreSQL, certificates, the
# edge and the server. Sourced, never run. Each function does one thing and ends the whole run by
# die(), with a sentence that says what to do.
#
# The caller sets ROOT (the checkout) and STATE (the directory of one service), then calls
# service_user and sockets_choose, which set SERVICE_USER, AS_SERVICE and SOCKETS.

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config python3 openssl libssl-dev libuv1-dev
libpq-dev libcurl4-openssl-dev libjansson-dev libcjose-dev libfido2-dev libwebsockets-dev
libwebsockets-evlib-uv"
TEST_PACKAGES="libcmocka-dev clang clang-tidy clang-format libclang-rt-14-dev llvm cppcheck
universal-ctags shellcheck gdb procps iproute2 haproxy chromium fonts-liberation fonts-noto-core"
LONG_PACKAGES="cmake make dpkg-dev testssl.sh" # what tests/run long needs besides
MIN_FREE_MB=${LUOTSI_MIN_FREE_MB:-400}
CHILDREN=()
PG_OPTIONS=() # more for the postgres of pg_start

say() {
	printf '%s\n' "$*"
}

die() {
	printf '\n%s\n' "$*" >&2
	exit 1
}

# --- the machine ---------------------------------------------------------------------------------

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

postgres_bin() { # prints the folder of the newest PostgreSQL programs, 15 or later
	local dir
	for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rn); do
		[ -x "$dir/initdb" ] && [ "$(basename "$(dirname "$dir")")" -ge 15 ] && echo "$dir" && return
	done
	return 1
}

packages_missing() { # packages_missing NAME...: prints those that are not installed
	local name
	command -v dpkg-query >/dev/null ||
		die "Luotsi runs on Debian 12 or later; this system has no dpkg. Use a Debian machine or container."
	for name in "$@"; do
		installed "$name" || printf '%s ' "$name"
	done
	postgres_bin >/dev/null || printf 'postgresql-15 '
	command -v node >/dev/null || printf 'nodejs '
	command -v npm >/dev/null || node_brings_npm || printf 'npm '
}

node_brings_npm() { # a nodejs that is not Debian's own contains npm and conflicts with its package
	[ -x /usr/bin/node ] || ! command -v node >/dev/null || return 0
	apt-cache policy nodejs 2>/dev/null | grep -q 'Candidate:.*nodesource'
}

packages_need() { # packages_need NAME...: installs what is missing, or says how
	local missing
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	[ "$(id -u)" = 0 ] || die "These Debian packages are missing: $missing
Install them, then start again:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
	step "apt-get update" apt apt-get -q update
	missing=$(packages_missing "$@") # again: what there is to install is known only now
	say "Installing Debian packages: $missing"
	case " $missing " in
	*" postgresql-15 "*) postgres_without_main_cluster ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	step "apt-get install" apt env DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends $missing
}

postgres_without_main_cluster() { # else the package starts a server of its own
	step "apt-get install postgresql-common" apt env DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends postgresql-common
	sed -ri 's/^#?(create_main_cluster) .*$/\1 = false/' /etc/postgresql-common/createcluster.conf
}

node_check() {
	local major
	major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || major=0
	[ "$major" -ge 18 ] ||
		die "Node.js 18 or later is needed to build the web client; 'node' here is $(node --version 2>&1). Put a newer one first in PATH, then start again."
	command -v npm >/dev/null ||
		die "Node.js is here but npm is not. Install npm from where this Node.js came from, then start again."
}

# Debian 12's own Node.js 18 builds and runs everything, but its test runner hangs on long tests.
node_for_tests() {
	local arch=x64 dir="$ROOT/build/node"
	[ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ] || return 0
	[ "$(uname -m)" = x86_64 ] || arch=arm64
	if [ ! -x "$dir/node_modules/node-linux-$arch/bin/node" ]; then
		say "Fetching Node.js 20 for the tests and their bank (this system has $(node --version))"
		mkdir -p "$dir"
		step "npm install node-linux-$arch" node npm --prefix "$dir" install --no-save --no-audit --no-fund "node-linux-$arch@20.20.2"
	fi
	export PATH="$dir/node_modules/node-linux-$arch/bin:$PATH"
}

space_check() { # space_check DIR: a build and a cluster need room
	local free
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$MIN_FREE_MB" ] ||
		die "The disk under $1 is full: $free MB are free and Luotsi needs $MIN_FREE_MB MB. Free some space, then start again."
}

port_free() { # port_free PORT
	python3 - "$1" <<'PY'
import socket, sys
probe = socket.socket()
probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    probe.bind(("127.0.0.1", int(sys.argv[1])))
except OSError:
    sys.exit(1)
PY
}

# A port that nobody listens on now, and none of those that the kernel gives to outgoing connections: between this and
# the listening, or while the server is started again, one of them could take it.
port_any() {
	python3 - <<'PY'
import random, socket
first = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
while True:
    port = random.SystemRandom().randrange(10000, max(first, 20000))
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
PY
}

# --- steps that speak only when they fail ----------------------------------------------------------

step() { # step WHAT LOG COMMAND...: output goes to STATE/log/LOG.log
	local what=$1 log="$STATE/log/$2.log"
	shift 2
	"$@" >"$log" 2>&1 </dev/null && return 0
	tail -n 25 "$log" >&2
	step_failed "$what" "$log"
}

step_failed() { # step_failed WHAT LOGFILE
	if grep -qiE 'no space left on device|ENOSPC|disk full' "$2"; then
		die "$1 failed because the disk is full. Free some space, then start again. (The whole log: $2)"
	fi
	die "$1 failed; its last lines are above, all of them in $2."
}

# --- who runs the service --------------------------------------------------------------------------

service_user() { # as root: the system user luotsi, made when it is not there; else whoever calls
	SERVICE_USER=$(id -un)
	AS_SERVICE=(env)
	[ "$(id -u)" = 0 ] || return 0
	SERVICE_USER=luotsi
	id luotsi >/dev/null 2>&1 ||
		useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin luotsi ||
		die "The system user luotsi could not be made. Make it with: useradd --system --user-group luotsi"
	AS_SERVICE=(setpriv --reuid luotsi --regid luotsi --init-groups env HOME="$STATE")
}

state_make() { # the service's own folders, and nothing of them for others
	mkdir -p "$STATE/log" "$STATE/run" "$STATE/tls" || die "The folder $STATE cannot be made; give yourself the right to write there."
	chmod 755 "$STATE"
	chmod 700 "$STATE/run" "$STATE/tls"
	chmod 750 "$STATE/log"
	if [ "$(id -u)" = 0 ]; then
		chown "$SERVICE_USER:" "$STATE" "$STATE/log" "$STATE/run" "$STATE/tls"
	fi
	service_reads "$STATE/log"
}

service_reads() { # service_reads PATH: the service's user must be able to come here
	"${AS_SERVICE[@]}" test -r "$1" && return 0
	die "The system user $SERVICE_USER may not read $1: a folder above it is closed to other users (often /root or a home with mode 700). Put the checkout where everyone can enter, for example /srv/luotsi, or run this command as the folder's own user."
}

sockets_choose() { # a Unix socket's path must be shorter than 107 bytes
	SOCKETS="$STATE/run"
	[ $((${#SOCKETS} + 24)) -lt 107 ] && return 0
	SOCKETS="/tmp/luotsi-$(id -u)-$(printf '%s' "$STATE" | cksum | cut -d' ' -f1)"
	# /tmp is everybody's: a link there could make root give away the folder behind it
	mkdir -m 700 "$SOCKETS" 2>/dev/null || { [ ! -L "$SOCKETS" ] && [ -d "$SOCKETS" ]; } ||
		die "$SOCKETS is not a folder. Remove it, or move the checkout to a shorter path."
	[ -O "$SOCKETS" ] || [ "$(stat -c %U "$SOCKETS")" = "$SERVICE_USER" ] ||
		die "The path $STATE is too long for a Unix socket, and $SOCKETS belongs to somebody else. Move the checkout to a shorter path."
	chmod 700 "$SOCKETS"
	[ "$(id -u)" != 0 ] || chown "$SERVICE_USER:" "$SOCKETS"
	say "The path of this checkout is too long for Unix sockets (107 bytes); they are in $SOCKETS."
}

# --- builds ------------------------------------------------------------------------------------------

server_build() { # server_build DIR MESON_OPTION...; one at a time
	local dir=$1
	shift
	mkdir -p "$ROOT/build"
	exec 8>"$dir.lock"
	flock 8
	if [ ! -f "$dir/build.ninja" ]; then
		space_check "$ROOT"
		step "meson setup" "$(basename "$dir")-setup" meson setup "$dir" "$ROOT" "$@"
	fi
	step "The server's build" "$(basename "$dir")-build" ninja -C "$dir"
	exec 8>&-
}

web_sources() {
	find "$ROOT/web" "$ROOT/proto" "$ROOT/tests/browser/stand-in.ts" \( -path "$ROOT/web/node_modules" -o -path "$ROOT/web/dist*" -o -name __pycache__ \
		-o -path "$ROOT/web/src/gen" -o -path "$ROOT/proto/vectors" \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

web_packages() { # npm ci, when the lock file is not the one that was installed
	local lock
	lock=$(sha256sum "$ROOT/web/package-lock.json" | cut -d' ' -f1)
	[ "$lock" = "$(cat "$ROOT/web/node_modules/.luotsi-lock" 2>/dev/null)" ] && return 0
	say "Fetching the web client's packages (npm ci)"
	space_check "$ROOT"
	step "npm ci" npm npm --prefix "$ROOT/web" ci --no-audit --no-fund
	echo "$lock" >"$ROOT/web/node_modules/.luotsi-lock"
}

web_build() { # web_build [--stand-in]: the site, when a source changed; one at a time
	local sources stamp="$ROOT/build/web${1-}.stamp" dist="$ROOT/web/dist${1+-${1#--}}"
	node_check
	web_packages
	mkdir -p "$ROOT/build"
	exec 8>"$ROOT/build/web.lock"
	flock 8
	sources=$(web_sources)
	if [ ! -d "$dist" ] || [ "$sources" != "$(cat "$stamp" 2>/dev/null)" ]; then
		say "Building the web client${1+ with the stand-in}"
		step "The web client's build" "web${1-}" env -C "$ROOT/web" node build.mjs "$@"
		web_sources >"$stamp"
	fi
	exec 8>&-
}

# --- children: started in sessions of their own, stopped in reverse order -----------------------------

child_start() { # child_start NAME LOG STOP_SIGNAL COMMAND...: sets CHILD_PID; dies with this shell
	local name=$1 log="$STATE/log/$2.log" signal=$3
	shift 3
	(exec 9>&- setsid "${AS_SERVICE[@]}" setpriv --pdeathsig "$signal" "$@") >>"$log" 2>&1 </dev/null &
	CHILD_PID=$!
	CHILDREN+=("$name $CHILD_PID $signal")
}

child_stop() { # child_stop NAME: asks, waits, and in the end insists; then sweeps its process group
	local name pid signal kept=() row tries=0
	for row in "${CHILDREN[@]}"; do
		read -r name pid signal <<<"$row"
		if [ "$name" != "$1" ]; then
			kept+=("$row")
			continue
		fi
		kill -s "$signal" "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null && [ $((tries += 1)) -lt 600 ]; do sleep 0.05; done
		kill -KILL -- "-$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	CHILDREN=("${kept[@]}")
}

children_stop() {
	local i
	for ((i = ${#CHILDREN[@]} - 1; i >= 0; i--)); do
		child_stop "${CHILDREN[i]%% *}"
	done
}

child_watch() { # returns when one of the children ends by itself; says which
	local row name pid rest
	while :; do
		for row in "${CHILDREN[@]}"; do
			read -r name pid rest <<<"$row"
			kill -0 "$pid" 2>/dev/null || { say "The $name ended by itself." && return 1; }
		done
		sleep 0.5 &
		wait $! || true
	done
}

# --- PostgreSQL: a private cluster, reached by Unix socket alone -----------------------------------------

pg_init() {
	local bin
	bin=$(postgres_bin)
	if [ -f "$STATE/pg/PG_VERSION" ]; then
		pg_access
		return 0
	fi
	space_check "$STATE"
	rm -rf "$STATE/pg"
	step "Making the database cluster" initdb "${AS_SERVICE[@]}" "$bin/initdb" -D "$STATE/pg" -U postgres \
		-E UTF8 --locale=C.UTF-8 --auth=peer --data-checksums --no-instructions
	pg_access
	# Error texts carry no row and no parameter into the log.
	"${AS_SERVICE[@]}" tee -a "$STATE/pg/postgresql.conf" >/dev/null <<-'CONF'
		listen_addresses = ''
		unix_socket_permissions = 0700
		log_min_error_statement = panic
		log_error_verbosity = terse
		log_parameter_max_length = 0
		log_parameter_max_length_on_error = 0
		max_connections = 200
	CONF
}

pg_access() { # peer: the kernel says who is calling. At each start: a newer checkout has more roles
	local user roles="luotsi_owner luotsi_app luotsi_jobs luotsi_signer luotsi_read"
	"${AS_SERVICE[@]}" tee "$STATE/pg/pg_hba.conf" >/dev/null <<<"local all postgres,${roles// /,} peer map=luotsi"
	for user in $(printf '%s\n%s\n' "$SERVICE_USER" "$(id -un)" | sort -u); do
		# shellcheck disable=SC2086 # a list of words
		printf "luotsi $user %s\n" postgres $roles
	done | "${AS_SERVICE[@]}" tee "$STATE/pg/pg_ident.conf" >/dev/null
}

pg_start() {
	local bin tries=0
	bin=$(postgres_bin)
	pg_init
	child_start database postgres INT "$bin/postgres" -D "$STATE/pg" -c "unix_socket_directories=$SOCKETS" "${PG_OPTIONS[@]}"
	until "$bin/pg_isready" -q -h "$SOCKETS"; do
		if ! kill -0 "$CHILD_PID" 2>/dev/null || [ $((tries += 1)) -gt 1200 ]; then
			tail -n 15 "$STATE/log/postgres.log" >&2
			! tail -n 15 "$STATE/log/postgres.log" | grep -qi 'no space left' ||
				die "PostgreSQL did not start because the disk is full. Free some space, then start again."
			die "PostgreSQL did not start; its last words are above, all of them in $STATE/log/postgres.log."
		fi
		sleep 0.05
	done
}

pg_sql() { # pg_sql DATABASE: as the superuser, SQL from standard input, bare rows out
	"${AS_SERVICE[@]}" psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$SOCKETS" -U postgres -d "$1"
}

pg_database() { # the roles and both databases, made once
	local name
	pg_sql postgres <"$ROOT/db/roles.sql" >"$STATE/log/roles.log" 2>&1 ||
		die "The database roles could not be made; see $STATE/log/roles.log."
	for name in luotsi luotsi_units; do
		[ "$(pg_sql postgres <<<"SELECT 1 FROM pg_database WHERE datname = '$name'")" = 1 ] && continue
		pg_sql postgres <<<"CREATE DATABASE $name OWNER luotsi_owner" || return 1
	done
}

# The demonstration's organisation, agreement and staff accounts; the rest goes through the protocol. The
# admin's enrolment comes from here, because nobody is there yet who could make it.
demo_make_at() { # demo_make_at PORT FILE: FILE says afterwards who the people are
	local token
	token=$(openssl rand -hex 16)
	"${AS_SERVICE[@]}" mkdir -p "$STATE/demo"
	{ printf '\\set token %s\n' "$token" && cat "$ROOT/db/demo.sql"; } | pg_sql luotsi >"$STATE/log/demo-rows.log" 2>&1 ||
		die "The demonstration's organisation could not be made; see $STATE/log/demo-rows.log."
	ENROLMENT=$token step "The demonstration" demo "${AS_SERVICE[@]}" NODE_EXTRA_CA_CERTS="$STATE/ca.pem" \
		node "$ROOT/web/dist-node/demo.mjs" --origin "https://localhost:$1" --ca "$STATE/ca.pem" --out "$2"
	pg_sql luotsi <"$ROOT/db/demo-ages.sql" >>"$STATE/log/demo-rows.log" 2>&1 ||
		die "The demonstration's agreements could not be made older; see $STATE/log/demo-rows.log."
}

# --- certificates ------------------------------------------------------------------------------------------

tls_make() { # a development authority and a certificate for localhost; made anew a week before the end
	local dir="$STATE/tls"
	openssl x509 -in "$dir/server.pem" -noout -checkend 604800 >/dev/null 2>&1 && return 0
	step "Making the development certificate" tls tls_make_all "$dir"
	chmod 600 "$dir"/*.key "$dir/edge.pem"
	[ "$(id -u)" != 0 ] || chown "$SERVICE_USER:" "$dir"/*
	cp "$dir/ca.pem" "$STATE/ca.pem"
	chmod 644 "$STATE/ca.pem"
}

tls_make_all() {
	local dir=$1
	openssl ecparam -name prime256v1 -genkey -noout -out "$dir/ca.key" &&
		openssl req -x509 -new -key "$dir/ca.key" -days 825 -subj "/CN=Luotsi development CA" \
			-addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
			-out "$dir/ca.pem" &&
		openssl ecparam -name prime256v1 -genkey -noout -out "$dir/server.key" &&
		openssl req -new -key "$dir/server.key" -subj "/CN=localhost" -out "$dir/server.csr" &&
		openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -days 397 \
			-set_serial "0x$(openssl rand -hex 16)" -out "$dir/leaf.pem" -extfile <(
				echo "basicConstraints=critical,CA:FALSE"
				echo "keyUsage=critical,digitalSignature"
				echo "extendedKeyUsage=serverAuth"
				echo "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
			) &&
		cat "$dir/leaf.pem" "$dir/ca.pem" >"$dir/server.pem" &&
		cat "$dir/leaf.pem" "$dir/ca.pem" "$dir/server.key" >"$dir/edge.pem"
}

# --- the bank of tests and demonstration (tests/idp) -----------------------------------------------------------

BANK_ORGANISATION=2296962a000040008000000000000001 # db/demo.sql's: whose staff its office signs in
BANK_OPERATOR=2296962a000040008000000000000002     # db/demo.sql's: who runs the service

bank_providers() { # bank_providers PORT [OPTION...]: the provider files that lead there
	mkdir -p "$STATE/providers"
	step "The bank's provider files" providers node "$ROOT/tests/idp/main.mjs" providers --to "$STATE/providers" \
		--port "$1" --ca "$STATE/ca.pem" --organisation "$BANK_ORGANISATION" "${@:2}"
	[ "$(id -u)" != 0 ] || chown -R "$SERVICE_USER:" "$STATE/providers"
}

bank_start() { # bank_start PORT ORIGIN: serves Luotsi at that origin; server_wait "https://127.0.0.1:PORT" waits for it
	"${AS_SERVICE[@]}" mkdir -p "$STATE/bank"
	child_start bank bank TERM node "$ROOT/tests/idp/main.mjs" serve --port "$1" --origin "$2" \
		--cert "$STATE/tls/server.pem" --key "$STATE/tls/server.key" --state "$STATE/bank" --keys "$STATE/keys"
}

# --- the server and its edge ---------------------------------------------------------------------------------

settings_write() { # settings_write PORT EDGE(yes|no) NAME=VALUE...: STATE/luotsi.conf; later values win
	local port=$1 edge=$2 row
	shift 2
	local -A value=(
		[development]=yes [listen_address]=127.0.0.1 [port]=$port [public_origin]="https://localhost:$port"
		[edge]=$edge [edge_socket_dir]=$SOCKETS [db_socket_dir]=$SOCKETS [db_name]=luotsi
		[migrations_dir]=$ROOT/db/migrations [unit_migrations_dir]=$ROOT/db/units
		[templates_dir]=$ROOT/db/templates
		[status_dir]=$SOCKETS/status [metrics_socket]=$SOCKETS/metrics.sock
		[backup_mark]=$STATE/last-backup [keys_socket]=$SOCKETS/keys.sock [keys_dir]=$STATE/keys [providers_dir]=$STATE/providers
		[signer_dir]=$STATE/signer
		[tls_cert]=$STATE/tls/server.pem [tls_key]=$STATE/tls/server.key [site_dir]=$ROOT/web/dist
		[posts_per_minute]=100000 [requests_per_minute]=100000 # the demonstration writes years in a minute
	)
	for row in "$@"; do
		value[${row%%=*}]=${row#*=}
	done
	{
		echo "# written by deploy at each start; 'luotsid settings' explains every setting"
		for row in $(printf '%s\n' "${!value[@]}" | sort); do
			printf '%s = %s\n' "$row" "${value[$row]}"
		done
	} | "${AS_SERVICE[@]}" tee "$STATE/luotsi.conf" >/dev/null
}

server_migrate() { # server_migrate LUOTSID
	local log="$STATE/log/migrate.log"
	"${AS_SERVICE[@]}" env -C "$ROOT" "$1" migrate -c "$STATE/luotsi.conf" >"$log" 2>&1 </dev/null && return 0
	tail -n 25 "$log" >&2
	! grep -q migrate_changed "$log" ||
		die "The database in $STATE was made by other migrations than this checkout has. Use the checkout that made it, or forget it: deploy/run --fresh"
	step_failed "Bringing the database up to date" "$log"
}

keys_make() { # keys_make LUOTSID: the keys in STATE/keys that are not there, for the providers in STATE/providers
	step "Making the keys" keys "${AS_SERVICE[@]}" env -C "$ROOT" "$1" keys --make -c "$STATE/luotsi.conf"
}

signer_make() { # signer_make LUOTSID: the key of the logs in STATE/signer, if it is not there
	"${AS_SERVICE[@]}" mkdir -p -m 700 "$STATE/signer"
	step "Making the key of the logs" signer "${AS_SERVICE[@]}" env -C "$ROOT" "$1" signer --make -c "$STATE/luotsi.conf"
}

server_start() { # server_start LUOTSID: child_start, with every key that it needs
	keys_make "$1"
	signer_make "$1"
	child_start server luotsid TERM env -C "$ROOT" "$1" run -c "$STATE/luotsi.conf"
}

server_wait() { # server_wait ORIGIN: until the first answer, ten seconds at most
	local tries=0 row name pid rest
	until origin_answers "$1"; do
		for row in "${CHILDREN[@]}"; do
			read -r name pid rest <<<"$row"
			kill -0 "$pid" 2>/dev/null && continue
			tail -n 15 "$STATE/log/$([ "$name" = server ] && echo luotsid || echo "$name").log" >&2
			die "The $name did not start; its last words are above."
		done
		[ $((tries += 1)) -lt 300 ] || die "The server does not answer at $1; see $STATE/log/luotsid.log."
		sleep 0.1
	done
}

origin_answers() { # origin_answers ORIGIN: a whole TLS request that ends in a status line
	python3 - "$1" "$STATE/ca.pem" <<'PY' 2>/dev/null
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
urllib.request.urlopen(sys.argv[1] + "/", context=context, timeout=3).read()
PY
}

setting_get() { # setting_get LUOTSID NAME: as written, else the default in the sample file
	{ cat "$STATE/luotsi.conf" && "$1" settings; } | sed -nE "s/^[# ]*$2 = *([0-9]+).*/\1/p" | head -n 1
}

edge_write() { # edge_write LUOTSID: STATE/edge.cfg from deploy/edge.cfg.in and the settings
	local n files workers servers=""
	workers=$(setting_get "$1" workers)
	for ((n = 1; n <= workers; n++)); do
		servers+="	server worker-$n unix@$SOCKETS/worker-$n.sock"$'\n'
	done
	files=$(ulimit -Hn)
	[ "$files" != unlimited ] || files=100000
	awk -v pem="$STATE/tls/edge.pem" -v servers="$servers" \
		-v port="$(setting_get "$1" port)" -v body="$(setting_get "$1" max_body)" \
		-v maxconn=$(((files > 100000 ? 100000 : files) / 2 - 200)) \
		-v connections=$(($(setting_get "$1" max_connections_per_address) * workers)) \
		-v connects="$(setting_get "$1" connects_per_minute)" \
		-v requests=$(($(setting_get "$1" requests_per_minute) * 5)) '
		/^@SERVERS@$/ { printf "%s", servers; next }
		{
			gsub(/@PEM@/, pem); gsub(/@PORT@/, port); gsub(/@BODY@/, body); gsub(/@MAXCONN@/, maxconn)
			gsub(/@CONNECTIONS@/, connections); gsub(/@CONNECTS@/, connects); gsub(/@REQUESTS@/, requests)
			print
		}' "$ROOT/deploy/edge.cfg.in" | "${AS_SERVICE[@]}" tee "$STATE/edge.cfg" >/dev/null
}

edge_start() { # edge_start LUOTSID
	edge_write "$1"
	step "Checking the edge's configuration" edge-check "${AS_SERVICE[@]}" /usr/sbin/haproxy -c -f "$STATE/edge.cfg"
	child_start edge edge TERM /usr/sbin/haproxy -db -f "$STATE/edge.cfg"
}
