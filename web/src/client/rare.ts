// What few visits need: making and renewing keys, inviting and joining, acts on the control log. One piece, loaded with the first of
// them, because what every visit loads is smaller in few pieces than in many.

export { addPasskey, createAccount, renewAccount } from "./account-make.js";
export { makeIdentification } from "./identify.js";
export { makeRareActs } from "./rare-acts.js";
export { makeActs } from "./room-acts.js";
