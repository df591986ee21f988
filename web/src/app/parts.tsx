// All small components in one place, for whatever is loaded later.

export * from "./dialog.js";
export * from "./plain.js";
