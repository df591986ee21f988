// The wire as the engine speaks it: the types that proto/protogen.py makes from proto/*.toml, by op and by event.

import type { EventName, Events, Op, Ops } from "../gen/proto.js";

export type { AgreementCard, Chain, Op, RoomRow, Row, Wrap } from "../gen/proto.js";

export type Body<O extends Op> = Ops[O]["in"];
export type Reply<O extends Op> = Ops[O]["out"];
export type SessionOpened = Reply<"session_open">;
export type SelfKept = Reply<"self_get">;
export type Call = <O extends Op>(op: O, body: Body<O>) => Promise<Reply<O>>;
export type ServerEvent = { [E in EventName]: { readonly ev: E; readonly body: Events[E] } }[EventName];
