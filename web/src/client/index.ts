// The engine for Node: flow tests and the demonstration.

export * from "./api.js";
export { makeEngine, type EngineParts } from "./engine.js";
export { openNodePlatform, post, type NodeOptions } from "./node.js";
export { refusal, wordOf } from "./refusal.js";
export type { Platform, Socket, SocketHandlers } from "./platform.js";
