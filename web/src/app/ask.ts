// Questions to the server before there is a session: POST /api/<op>, as only a page of ours may ask.

export const ask = async (op: string, body: object): Promise<unknown> => {
	const answer = await fetch(`/api/${op}`, {
		method: "POST",
		headers: { "content-type": "application/json", "x-luotsi": "1" },
		credentials: "same-origin",
		body: JSON.stringify(body),
	}).catch(() => {
		throw { word: "offline" };
	});
	const said: unknown = await answer.json().catch(() => ({}));
	if (typeof said === "object" && said !== null && "ok" in said) return said.ok;
	if (typeof said !== "object" || said === null || !("err" in said)) throw { word: "internal" };
	throw { word: said.err, ...("detail" in said ? { detail: said.detail } : {}) };
};

export const detailOf = (thrown: unknown): unknown => (typeof thrown === "object" && thrown !== null && "detail" in thrown ? thrown.detail : undefined);
