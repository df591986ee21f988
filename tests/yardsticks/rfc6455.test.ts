// Every case of rfc6455.toml, on a direct listener and behind the edge.

import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import { cases } from "./cases.js";
import { openPlace, type Place } from "./wire.js";

const AT_ONCE = 8;
const only = process.env["LUOTSI_EDGE"];

for (const edge of [false, true].filter((one) => only === undefined || one === (only === "yes"))) {
	let place: Place | undefined;
	const heard = new Map<string, Promise<string>>();

	before(async () => {
		const opened = (place = await openPlace(edge, { workers: 1, first_frame_seconds: 60, connects_per_minute: 100_000, requests_per_minute: 100_000, max_connections_per_user: 1_000 }));
		// so many at once; a test each waits for its own
		const lanes = Array.from({ length: AT_ONCE }, () => Promise.resolve());
		Object.entries(cases).forEach(([id, one], i) => {
			const said = (lanes[i % AT_ONCE] ?? Promise.resolve()).then(() => one.act(opened));
			heard.set(id, said);
			lanes[i % AT_ONCE] = said.then(() => undefined, () => undefined);
		});
	});

	for (const [id, one] of Object.entries(cases))
		test(`${id} ${edge ? "through the edge" : "direct"}`, async () => {
			assert.equal(await heard.get(id), (edge ? one.edge : undefined) ?? one.hears);
		});

	after(async () => {
		await Promise.allSettled(heard.values());
		await place?.service.stop();
	});
}
