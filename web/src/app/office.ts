// What those who look after an organisation ask of the server: over HTTP, because no keys of a room are part of it.

import type { Op, Ops } from "../gen/proto.js";
import { ask } from "./ask.js";
import { proven } from "./passkey/ceremony.js";

export type StaffRow = Ops["staff_list"]["out"]["staff"][number];
export type EventRow = Ops["own_events"]["out"]["events"][number];
export type LogRow = Ops["event_list"]["out"]["events"][number];
export type LogState = Ops["log_state"]["out"];

export const office = <O extends Op>(op: O, body: Ops[O]["in"]): Promise<Ops[O]["out"]> => ask(op, body) as Promise<Ops[O]["out"]>;

/** After a fresh proof, if it needs one. */
export const officeProven = <O extends Op>(op: O, body: Ops[O]["in"]): Promise<Ops[O]["out"]> => proven(() => office(op, body));
