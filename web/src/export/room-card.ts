// What of the room itself follows from its record.

import { toBase64Url } from "../seal/index.js";
import type { ExportedRoom } from "./format.js";
import { iso, type RoomFacts, type Told } from "./record.js";

export const verifiedRoom = (facts: RoomFacts, told: Told): ExportedRoom["verified"] => ({
	organisation: toBase64Url(facts.state.org), organisation_root: toBase64Url(facts.state.rootKid), room: toBase64Url(facts.state.room), phase: facts.state.phase,
	created_at: iso(facts.entries[0]?.env.time ?? 0), log_entries: facts.entries.length, log_head: toBase64Url(facts.state.head), messages: told.messages.length,
	members: told.members,
});
