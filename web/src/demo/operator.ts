// The operator's work in the demonstration, as the operator's pages do it: templates, organisations from a table, and each agreement as far
// as it is to be, with its document.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { agreementPaper } from "../agreement/document.js";
import { post } from "../client/node.js";
import { writePaper } from "../export/paper.js";
import { speaking } from "../export/words.js";
import type { Op, Ops } from "../gen/proto.js";
import { speechFor } from "../text/text.js";
import { EMPLOYER, PARTNERS, PROCESSOR, SUBPROCESSOR_ID, type Partner, type Stand } from "./organisations.js";
import { templateOf, termsOf, type Kind, type Language } from "./terms.js";

type Call = <O extends Op>(op: O, body: Ops[O]["in"]) => Promise<Ops[O]["out"]>;
type Templates = ReadonlyMap<string, { readonly template: string; readonly version: number }>;
type Job = Pick<Partner, "kind" | "language" | "person" | "title" | "to" | "name" | "business_id"> & { readonly org: string };

const ORDER: readonly Stand[] = ["contact_found", "signatory_found", "sent", "signed", "trained", "live", "ending"];
const SIGNED = "2026-01-12", BEGINS = "2026-01-15";

const caller = (origin: string, ca: string, cookie: string): Call => async (op, body) => {
	const said = JSON.parse((await post(origin, ca, op, body, cookie)).body) as { ok?: object; err?: string };
	if (!said.ok) throw new Error(`the operator's ${op} is refused: ${said.err}`);
	return said.ok as never;
};

const font = (name: string): Uint8Array => readFileSync(new URL(`../node_modules/@expo-google-fonts/source-sans-3/${name}`, import.meta.url));

/** The hash of what the operator's page would make of this version. */
const documentSum = async (job: Job, edition: Ops["agreement_versions"]["out"]["versions"][number]): Promise<string> => {
	const paper = agreementPaper({
		speech: await speechFor(job.language, true), terms: { ...termsOf(job.kind, job.language, SUBPROCESSOR_ID), begins: BEGINS }, version: edition.version, holdsFrom: edition.holds_from,
		made: edition.made_at, controller: `${job.name} (${job.business_id})`, processor: `${PROCESSOR.name} (${PROCESSOR.id})`,
	});
	const hash = createHash("sha256");
	const fonts = { plain: font("400Regular/SourceSans3_400Regular.ttf"), strong: font("600SemiBold/SourceSans3_600SemiBold.ttf"), extra: () => Promise.reject(new Error("no such font here")) };
	await writePaper(fonts, speaking(job.language, "Europe/Helsinki"), paper, (bytes) => void hash.update(bytes));
	return hash.digest("base64url");
};

const makeTemplates = async (call: Call): Promise<Templates> => {
	const made = new Map<string, { template: string; version: number }>();
	for (const kind of ["authority", "association"] as const satisfies readonly Kind[]) {
		for (const language of ["fi", "sv", "en"] as const satisfies readonly Language[]) {
			const first = await call("agreement_template_put", { ...templateOf(kind, language, SUBPROCESSOR_ID, true), version: 1, publish: true });
			await call("agreement_template_put", { ...templateOf(kind, language, SUBPROCESSOR_ID, false), ...first, version: 2, publish: true });
			made.set(`${kind} ${language}`, { ...first, version: 2 });
		}
	}
	return made;
};

const signed = (job: Job) =>
	[
		{ party: "controller", name: job.person, title: job.title, basis: job.kind === "association" ? "register" : "rules", basis_text: job.kind === "association" ? "" : "§ 24" },
		{ party: "processor", name: "Olavi Ylitalo", title: "palvelupäällikkö", basis: "office", basis_text: "" },
	] as const;

/** What a step needs before it is taken. */
const before = async (call: Call, job: Job, agreement: string, step: Stand): Promise<void> => {
	const { org } = job;
	if (step === "sent") {
		const [edition] = (await call("agreement_versions", { org, agreement })).versions;
		if (edition) await call("agreement_offer", { org, agreement, version: 1, document: await documentSum(job, edition) });
	} else if (step === "signed") {
		const signed_sum = createHash("sha256").update(`${job.name} ${SIGNED}`).digest("base64url"); // of a scan that there is not
		await call("agreement_sign", { org, agreement, version: 1, signed_sum, signed_on: SIGNED, signatories: [...signed(job)] });
	} else if (step === "trained" && org !== EMPLOYER.org) await call("organisation_admin", { org, name: job.person });
};

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const bring = async (call: Call, templates: Templates, job: Job): Promise<void> => {
	const { org } = job;
	const from = templates.get(`${job.kind} ${job.language}`);
	if (!from) throw new Error(`no template for ${job.name}`);
	const { agreement } = await call("agreement_make", { org, ...from, begins: BEGINS });
	const basis = job.to === "contact_found" ? "none" : job.kind === "association" ? "register" : "rules";
	await call("contact_put", { org, gone: false, name: job.person, title: job.title, email: "", phone: "", basis, basis_text: "" });
	for (const step of ORDER.slice(1, ORDER.indexOf(job.to) + 1)) {
		await before(call, job, agreement, step);
		const more = step === "ending" ? { note: "Organisaatio luopuu palvelusta.", ends_on: inDays(31) } : { note: "", ...(step === job.to && step !== "live" ? { next_by: inDays(10) } : {}) };
		const { outcome } = await call("agreement_take", { org, agreement, to: step as Exclude<Stand, "none">, dry: false, ...more });
		if (outcome !== "ok") throw new Error(`${job.name} does not become ${step}: ${outcome}`);
	}
};

export interface Operating {
	/** So that the employer's people can come. */
	readonly employer: Promise<void>;
	readonly all: Promise<void>;
}

export const operate = (o: { readonly origin: string; readonly ca: string }, cookie: string, employer: string): Operating => {
	const call = caller(o.origin, o.ca, cookie);
	const first = (async () => {
		const templates = await makeTemplates(call);
		await bring(call, templates, { org: EMPLOYER.org, name: employer, business_id: EMPLOYER.id, kind: "authority", language: "fi", to: "live", person: "Helena Mäkinen", title: "johtaja" });
		return templates;
	})();
	const rest = async (): Promise<void> => {
		const templates = await first;
		const rows = PARTNERS.map(({ name, business_id, form, region, under }) => ({ name, business_id, form, region, under }));
		await call("organisation_import", { rows, dry: false });
		const { organisations } = await call("organisation_list", { skip: 0, limit: 200 });
		const idOf = new Map(organisations.map((one) => [one.name, one.org]));
		for (const one of PARTNERS) {
			const org = idOf.get(one.name) ?? "";
			if (one.to !== "none") await bring(call, templates, { ...one, org });
			if (one.office) await call("office_put", { org, gone: false, ...one.office });
		}
	};
	const all = rest();
	all.catch(() => undefined); // whoever waits for it hears of it
	return { employer: first.then(() => undefined), all };
};
