// TLS as OpenSSL's own client meets it: what is spoken, what is not, and what comes before the first answer. Mozilla's "modern",
// without its third group, P-384; testssl beside this file looks at the rest in the long run.

import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { answered, PATIENCE, type Place } from "./wire.js";

const SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const OTHER_SUITES = ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"];
const GROUPS = ["X25519", "P-256"];
const OTHER_GROUPS = ["P-384", "P-521", "X448", "ffdhe2048"];
const ANCIENT = ["-cipher", "ALL:@SECLEVEL=0"];

/** What s_client says and gets, asking for the page, to the end of the connection. */
const client = (place: Place, ...options: string[]): Promise<string> =>
	new Promise((resolve) => {
		const fixed = ["s_client", "-connect", `127.0.0.1:${place.service.port}`, "-servername", "localhost", "-CAfile", place.service.ca, "-verify_return_error", "-ign_eof"];
		const child = execFile("openssl", [...fixed, ...options], { timeout: PATIENCE }, (_error, out, err) => resolve(`${out}\n${err}`));
		child.stdin?.on("error", () => undefined); // it had no use for what we ask
		child.stdin?.end(`GET / HTTP/1.1\r\nHost: localhost:${place.service.port}\r\nConnection: close\r\n\r\n`);
	});

/** The version and suite that were agreed on; null: there was no handshake. */
const agreed = (said: string): string | null => /^New, (TLSv[0-9.]+), Cipher is (TLS_\S+|[A-Z0-9-]+)$/m.exec(said)?.slice(1).join(" ") ?? null;

const spoken = async (place: Place, offers: readonly string[], options: (offer: string) => string[]): Promise<string[]> => {
	const answers = await Promise.all(offers.map((offer) => client(place, ...options(offer))));
	return offers.filter((_, i) => agreed(answers[i] ?? "") !== null);
};

export const tlsTests = (get: () => Place, edge: boolean): void => {
	const where = edge ? "through the edge" : "direct";

	test(`tls_is_version_1_3_alone ${where}`, async () => {
		const versions = ["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"];
		assert.deepEqual(await spoken(get(), versions, (version) => [version, ...(version === "-tls1_3" ? [] : ANCIENT)]), ["-tls1_3"]);
	});

	test(`tls_has_the_suites_and_groups_of_the_plan_and_no_others ${where}`, async () => {
		assert.deepEqual(await spoken(get(), [...SUITES, ...OTHER_SUITES], (suite) => ["-tls1_3", "-ciphersuites", suite]), SUITES);
		assert.deepEqual(await spoken(get(), [...GROUPS, ...OTHER_GROUPS], (group) => ["-tls1_3", "-groups", group]), GROUPS);
	});

	test(`tls_agrees_on_a_protocol_that_is_served_or_on_none ${where}`, async () => {
		const offers = ["h2,http/1.1", "http/1.1", "spdy/3"];
		const said = await Promise.all(offers.map((offer) => client(get(), "-alpn", offer)));
		const found = said.map((text) => /^ALPN protocol: (\S+)$/m.exec(text)?.[1] ?? "none");
		assert.deepEqual(found, [edge ? "h2" : "http/1.1", "http/1.1", "none"]);
	});

	test(`tls_compresses_nothing_renegotiates_nothing_and_takes_no_early_data ${where}`, async () => {
		const said = await client(get(), "-alpn", "http/1.1", "-comp", "-early_data", "/dev/null");
		for (const row of [/^Verify return code: 0 \(ok\)$/m, /^HTTP\/1\.1 200\b/m, /^Compression: NONE$/m, /^Secure Renegotiation IS NOT supported$/m, /^Early data was not sent$/m, /^Server public key is 256 bit$/m])
			assert.match(said, row);
		assert.match(said, /^strict-transport-security: max-age=63072000; includeSubDomains\r?$/im);
		assert.doesNotMatch(said, /Max Early Data: [1-9]/);
	});

	test(`tls_compresses_files_alone ${where}`, async () => {
		const place = get();
		const head = `Host: localhost:${place.service.port}\r\nConnection: close\r\nAccept-Encoding: br, gzip, deflate\r\nCookie: ${place.cookie}\r\n`;
		const secret = `POST /api/ws_ticket HTTP/1.1\r\n${head}X-Luotsi: 1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
		assert.match(await answered(place, `GET / HTTP/1.1\r\n${head}\r\n`), /^content-encoding: br\r?$/im);
		for (const text of [secret, secret.replace("ws_ticket", "no_such_op")]) {
			const said = await answered(place, text);
			assert.match(said, text === secret ? /"ticket":/ : /^HTTP\/1\.1 404 /);
			assert.doesNotMatch(said, /^content-encoding:/im);
		}
	});

	test(`tls_leaves_no_session_with_the_client_but_the_name_of_one ${where}`, async () => {
		const said = await client(get(), "-alpn", "http/1.1");
		assert.match(said, /^HTTP\/1\.1 200\b/m); // tickets come before it
		const tickets = [...said.matchAll(/TLS session ticket:\n((?: +[0-9a-f]{4} - .*\n)+)/g)].map((match) => match[1]?.trimEnd().split("\n").length);
		// Workers keep no sessions. The edge keeps its own, in its memory, and gives out their names of 32 bytes: two rows of the dump.
		assert.deepEqual([...new Set(tickets)], edge ? [2] : []);
	});
};
