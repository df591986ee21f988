// A page of 50 envelopes out of a room of 1,000,000 against one out of a room of 100, asked for over the wire, turn about.
// The rows are copies of one real envelope: what is measured is finding and sending them.

import { echoOf, deriveEpoch, makeKey, sealMessage, toBase64Url, zeroes, hex, type Bytes } from "../../web/src/seal/index.js";
import { makePairs, orgId, service, type Pair } from "./people.js";
import { database } from "./wire.js";

const PAGE = 50;
const ASKED = 200;

const envelopeOf = async ({ client, room, head }: Pair): Promise<Bytes> => {
	const org = Uint8Array.from(Buffer.from(orgId.replaceAll("-", ""), "hex"));
	const key = (await deriveEpoch(makeKey(), org, room, 1)).message;
	const fields = { org, room, sender: client.id, epoch: 1, seq: 1, logHead: head, parents: [], time: Date.now(), retention: 1 };
	return sealMessage(client.sig, key, fields, { type: "text", text: "x".repeat(900) }, echoOf("fi", 0, 0));
};

const fill = async (pair: Pair, count: number): Promise<void> => {
	const db = await database(service);
	const envelope = await envelopeOf(pair);
	await db.query("SELECT set_config('luotsi.org', $1, false)", [orgId]);
	await db.query(
		`INSERT INTO message (org, room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
		SELECT $1, $2, n, gen_random_uuid(), $3, 1, 0, 200, 1, now(), $4, $5 FROM generate_series(1, $6::int) n`,
		[orgId, hex(pair.room), hex(pair.client.id), Buffer.from(zeroes(32)), Buffer.from(envelope), count]);
	await db.query("UPDATE room SET last_seq = $2 WHERE org = $3 AND room = $1", [hex(pair.room), count, orgId]);
	await db.end();
};

const ask = async ({ client, room }: Pair, count: number): Promise<number> => {
	const before = PAGE + 1 + Math.floor(Math.random() * (count - PAGE));
	const begun = performance.now();
	const { rows } = (await client.wire.call("message_page", { room: toBase64Url(room), before, limit: PAGE })) as { rows: unknown[] };
	if (rows.length !== PAGE) throw new Error(`a page of ${rows.length}`);
	return performance.now() - begun;
};

const median = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] as number;

const pairs: Pair[] = [];
await makePairs(2, (pair) => pairs.push(pair));
const [small, big] = pairs as [Pair, Pair];
await fill(small, 100);
await fill(big, 1_000_000);
const db = await database(service);
await db.query("VACUUM (ANALYZE) message");
await db.end();

const ratios: number[] = [];
let small_ms = 0;
let big_ms = 0;
for (let round = 0; round < service.rounds; round++) {
	const took = { small: [] as number[], big: [] as number[] };
	for (let i = 0; i < ASKED; i++) {
		took.small.push(await ask(small, 100));
		took.big.push(await ask(big, 1_000_000));
	}
	small_ms = median(took.small);
	big_ms = median(took.big);
	ratios.push(big_ms / small_ms);
}
console.log(JSON.stringify({ ratio: median(ratios), small_ms, big_ms }));
for (const { staff, client } of pairs) {
	staff.wire.close();
	client.wire.close();
}
