// What of the tables can be tried against the running service: direct, then through the edge (LUOTSI_EDGE=no or yes: one alone).

import { after, before } from "node:test";
import { headerTests } from "./headers.test.js";
import { webSocketTests } from "./rfc6455.test.js";
import { tlsTests } from "./tls.test.js";
import { openPlace, type Place } from "./wire.js";

const only = process.env["LUOTSI_EDGE"];
const SETTINGS = {
	workers: 1, first_frame_seconds: 60, connects_per_minute: 100_000, requests_per_minute: 100_000, sign_ins_per_minute: 40, max_connections_per_user: 1_000,
};
const edges = [false, true].filter((one) => only === undefined || one === (only === "yes"));
const places = new Map<boolean, Place>();

before(async () => {
	for (const [i, place] of (await Promise.all(edges.map((edge) => openPlace(edge, SETTINGS)))).entries()) places.set(edges[i] as boolean, place);
});

after(async () => {
	await Promise.all([...places.values()].map((place) => place.service.stop()));
});

for (const edge of edges) {
	const get = (): Place => {
		const place = places.get(edge);
		if (!place) throw new Error("the service did not start");
		return place;
	};
	webSocketTests(get, edge);
	tlsTests(get, edge);
	headerTests(get, edge); // last: it breaks something to see how that is answered
}
