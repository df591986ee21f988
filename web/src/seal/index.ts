// The protocol of proto/FORMAT.md. No DOM, no network: it runs in a browser's worker and in Node.

export * from "./bytes.js";
export * from "./code.js";
export * from "./content.js";
export * from "./control.js";
export * from "./control-read.js";
export * from "./control-rules.js";
export * from "./control-state.js";
export * from "./derive.js";
export * from "./envelope.js";
export * from "./epoch.js";
export * from "./file.js";
export * from "./identity.js";
export * from "./identity-rules.js";
export * from "./invite.js";
export * from "./labels.js";
export * from "./manifest.js";
export * from "./p256.js";
export * from "./replay.js";
export * from "./room.js";
export * from "./room-log.js";
export { type Reason } from "./room-window.js";
export * from "./seal.js";
export * from "./unlock.js";
export * from "./unlock-make.js";
export * from "./slot.js";
export * from "./vault.js";
