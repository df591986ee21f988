# shellcheck shell=bash
# The Debian package, looked at without being installed.
# For tests/deploy/run, which has ROOT, STATE and fact.

package_is_built() {
	"$ROOT/deploy/package" --to "$STATE/package" >"$STATE/said" 2>&1 || return 1
	PACKAGE=$(echo "$STATE"/package/luotsi_*.deb)
	[ -f "$PACKAGE" ] && dpkg-deb -x "$PACKAGE" "$STATE/package/tree" 2>>"$STATE/said"
}

# Mode and name of each file; those of whole folders are compared with where they come from. LUOTSI_WRITE=yes writes the list anew.
package_has_what_it_shall() {
	local shared="$STATE/package/tree/usr/share/luotsi" listed="$ROOT/tests/deploy/package.txt"
	(cd "$STATE/package/tree" && find . -type f ! -path './usr/share/luotsi/*/*' -printf '%m %P\n' | LC_ALL=C sort -k2) >"$STATE/listed"
	[ "${LUOTSI_WRITE-}" != yes ] || cp "$STATE/listed" "$listed"
	{
		diff "$listed" "$STATE/listed" && diff <(cd "$ROOT/db/migrations" && ls -- *.sql) <(ls "$shared/migrations") &&
			diff <(cd "$ROOT/db/units" && ls -- *.sql) <(ls "$shared/units") && diff -r "$ROOT/db/templates" "$shared/templates" &&
			diff -r "$ROOT/web/dist" "$shared/site"
	} >"$STATE/said"
}

lintian_is_silent() {
	lintian --fail-on error,warning "$PACKAGE" >"$STATE/said" 2>/dev/null && [ ! -s "$STATE/said" ]
}

# systemd understands each line of each unit; the program need not be here for that.
units_are_understood() {
	local units="$STATE/package/units"
	cp -r "$STATE/package/tree/lib/systemd/system" "$units"
	sed -i 's#/usr/sbin/luotsid\?\>#/bin/true#' "$units"/*.service
	cp "$units/luotsi-worker@.service" "$units/luotsi-worker@1.service"
	cp "$units/luotsi-worker@.socket" "$units/luotsi-worker@1.socket"
	systemd-analyze verify --man=no "$units"/*1.service "$units"/luotsi-[a-v]*.service "$units"/*.t* >"$STATE/said" 2>&1
	! grep -F luotsi "$STATE/said"
}

units_expose_little() { # 2.0 of 10 at most
	local unit
	for unit in "$STATE"/package/tree/lib/systemd/system/*.service; do
		systemd-analyze security --offline=yes --no-pager --threshold=20 "$unit" >"$STATE/said" 2>&1 || return 1
	done
}

# What systemd 252 and HAProxy 2.6 cannot live with: the first hides the unit's own credentials too, the second keeps patterns from being compiled.
units_leave_room() {
	! grep -l "^InaccessiblePaths=.*run/credentials" "$STATE"/package/tree/lib/systemd/system/*.service >"$STATE/said" &&
		grep -q "^MemoryDenyWriteExecute=no" "$STATE/package/tree/lib/systemd/system/luotsi-edge.service"
}

skipped() { # skipped NAME PROGRAM
	SKIPPED=$((SKIPPED + 1))
	printf 'ok - %s # SKIP there is no %s\n' "$1" "$2"
}

where_there_is() { # where_there_is PROGRAM NAME COMMAND: a fact, or one that was skipped
	if command -v "$1" >/dev/null; then
		fact "$2" "$3"
	else
		skipped "$2" "$1"
	fi
}

package_facts() {
	if ! command -v dpkg-shlibdeps >/dev/null; then
		skipped "builds the Debian package" dpkg-shlibdeps
		return
	fi
	fact "builds the Debian package" package_is_built
	fact "the package has what is listed, and nothing else" package_has_what_it_shall
	where_there_is lintian "lintian has nothing to say of it" lintian_is_silent
	where_there_is systemd-analyze "systemd understands its units" units_are_understood
	where_there_is systemd-analyze "no unit is exposed more than 2.0" units_expose_little
	fact "no unit shuts out what its process needs" units_leave_room
}
