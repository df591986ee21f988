// Prints the people file of the load generator: count talkers, two to a room.

import { hex, type Bytes } from "../../web/src/seal/index.js";
import { makePairs, orgId, service, type Person } from "./people.js";

const line = (p: Person, room: Bytes, head: Bytes): string =>
	["talker", p.wire.cookie, orgId.replaceAll("-", ""), hex(room), hex(p.id), hex(p.sig.kid), p.pkcs8, hex(head), "1", "1"].join(" ");

await makePairs(service.count / 2, ({ staff, client, room, head }) => {
	console.log(`${line(staff, room, head)}\n${line(client, room, head)}`);
	staff.wire.close();
	client.wire.close();
});
