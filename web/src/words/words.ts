// The words that passphrases are offered from, one list a language, loaded when somebody asks for an offer.

import type { Language } from "../client/api.js";

export const words = async (language: Language): Promise<readonly string[]> => {
	if (language === "fi") return (await import("./fi.js")).list();
	if (language === "sv") return (await import("./sv.js")).list();
	return (await import("./en.js")).list();
};
