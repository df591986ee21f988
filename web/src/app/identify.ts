// Identification by a provider, as the page does it: away with what is needed afterwards, back again, and signed in. Keys are the
// worker's matter (client/identify.ts); what the page carries is sealed.

import type { Id, Role } from "../client/api.js";
import { ask, detailOf } from "./ask.js";
import { keepItem, takeItem, type Item } from "./carry.js";
import { forgetItem } from "./forget-item.js";
import { begin, engine, wordOf } from "./engine.js";
import { get, set, type Returned } from "./state.js";

export interface Provider {
	readonly provider: string;
	readonly audience: "client" | "staff";
	readonly names: Readonly<Record<"fi" | "sv" | "en", string>>;
}

/** Where several accounts are one person's, which of them. */
export interface Choice {
	readonly choice: Id;
	readonly organisation: string;
	readonly role: Role;
}

/** What became of a return; each but the first two has a page of its own. */
export type Outcome = { readonly what: "signed_in" } | { readonly what: "choose"; readonly choices: readonly Choice[] } | { readonly what: Trouble };
export type Trouble = "failed" | "cancelled" | "expired" | "elsewhere" | "no_room" | "used" | "already_here" | "unavailable";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** The providers of this server; none where there is no identification yet. */
export const listProviders = async (): Promise<readonly Provider[]> => {
	const said = await ask("sign_in_options", {}).catch((thrown: unknown) => {
		if (wordOf(thrown) === "unknown_op" || wordOf(thrown) === "not_found") return { providers: [] };
		throw thrown;
	});
	const rows: unknown = isRecord(said) ? said["providers"] : [];
	return Array.isArray(rows) ? rows.filter(isRecord).map(providerOf) : [];
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const providerOf = (row: Readonly<Record<string, unknown>>): Provider => ({
	provider: text(row["slug"]),
	audience: row["audience"] === "staff" ? "staff" : "client",
	names: { fi: text(row["name_fi"]), sv: text(row["name_sv"]), en: text(row["name_en"]) },
});

/** The browser leaves this page, unless something is refused before. */
export const depart = async (provider: string): Promise<void> => {
	forgetItem();
	const { invitation, enrolment, shared, speech } = get();
	const { nonce, token } = await engine().identify(invitation);
	const ticket = token !== null ? { invitation: token } : enrolment !== null ? { enrolment } : {};
	const said = await ask("identify_begin", { provider, nonce, locale: speech.language, ...ticket });
	if (!isRecord(said)) throw { word: "internal" };
	const [url, carryKey] = [text(said["url"]), text(said["carry_key"])];
	const { state, sealed } = await engine().carry({ url, carryKey, invitation: invitation ?? "", shared });
	keepItem({ state, sealed, provider, at: Date.now() });
	location.assign(url);
};

const isTransient = (word: string): boolean => ["offline", "unavailable", "busy", "shutting_down", "rate_limited", "internal"].includes(word);

const troubleOf = (thrown: unknown): Trouble => {
	const word = wordOf(thrown);
	if (word === "identification_cancelled") return "cancelled";
	if (word === "no_room" || word === "used" || word === "already_here") return word;
	return isTransient(word) ? "unavailable" : "failed";
};

const unpack = async (item: Item, carryKey: string): Promise<void> => {
	if (carryKey === "") return;
	const { invitation, shared } = await engine().carried(item.sealed, carryKey);
	set({ shared, ...(invitation === "" ? {} : { invitation }) });
};

const choicesOf = (said: unknown): readonly Choice[] =>
	isRecord(said) && Array.isArray(said["choices"]) ? (said["choices"] as readonly Choice[]) : [];

/** After the provider: what stood in the address is exchanged for a session. Nothing of it is tried twice. */
export const arrive = async (returned: Returned): Promise<Outcome> => {
	const item = takeItem();
	if (item === "old") return { what: "expired" };
	if (item === "none" || item.state !== returned.state) return { what: "elsewhere" };
	try {
		const said = await ask("identify_finish", { ...returned });
		await unpack(item, isRecord(said) ? text(said["carry_key"]) : "");
		const choices = choicesOf(said);
		if (choices.length > 0) return { what: "choose", choices };
		await begin();
		return { what: "signed_in" };
	} catch (thrown) {
		// where the next step is another try, the invitation is still wanted
		const detail = detailOf(thrown);
		if (isRecord(detail)) await unpack(item, text(detail["carry_key"])).catch(() => undefined);
		return { what: troubleOf(thrown) };
	}
};

export const choose = async (choice: Id): Promise<void> => {
	await ask("identify_choose", { choice });
	await begin();
};
