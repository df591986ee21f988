// Every case of rfc6455.toml; service.test.ts runs them on a direct listener and behind the edge.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { cases } from "./cases.js";
import type { Place } from "./wire.js";

const AT_ONCE = 8;

/** All cases, so many at once; each has its own answer. */
const begin = (place: Place): Map<string, Promise<string>> => {
	const heard = new Map<string, Promise<string>>();
	const lanes = Array.from({ length: AT_ONCE }, () => Promise.resolve());
	Object.entries(cases).forEach(([id, one], i) => {
		const said = (lanes[i % AT_ONCE] ?? Promise.resolve()).then(() => one.act(place));
		heard.set(id, said);
		lanes[i % AT_ONCE] = said.then(() => undefined, () => undefined);
	});
	return heard;
};

export const webSocketTests = (get: () => Place, edge: boolean): void => {
	let heard: Map<string, Promise<string>> | undefined;
	for (const [id, one] of Object.entries(cases))
		test(`${id} ${edge ? "through the edge" : "direct"}`, async () => {
			heard ??= begin(get());
			assert.equal(await heard.get(id), (edge ? one.edge : undefined) ?? one.hears);
		});
};
