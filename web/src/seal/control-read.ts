// Entries of a control log as they come: parsed, with the key ids that only a hash can tell, and with the rules of those types that few
// logs hold, which are fetched when the first entry of them comes.

import { SealError, zeroes, type Bytes } from "./bytes.js";
import { parseControl, RARE, type ControlEntry } from "./control.js";
import { kidEnc } from "./derive.js";
import { KIND, parseEnvelope } from "./envelope.js";

export const readControl = async (bytes: Bytes): Promise<ControlEntry> => {
	const env = await parseEnvelope(bytes);
	if (env.kind !== KIND.control || !env.body) throw new SealError("kind");
	const body = parseControl(env.body);
	const rare = body.type === "reserved" && RARE.includes(body.code) ? await (await import("./control-rare.js")).readRare(env, body) : undefined;
	return { env, body, inviteKid: body.type === "invite" ? await kidEnc(body.encPub) : zeroes(32), rare };
};
