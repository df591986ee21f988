// Rows of the audit trail in plain words; and what was done to one's own account.

import { useEffect, useRef, useState } from "preact/hooks";
import { Again } from "../again.js";
import { office, type EventRow } from "../office.js";
import { useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";

const SHORT = 8;

export type Row = EventRow & { readonly reason?: string };

export const useWords = (): ((row: EventRow) => string) => {
	const { t, has } = useSpeech();
	return ({ action, word }) => {
		const key = `event.a.${action}`;
		const detail = [`staff.role.${word ?? ""}`, `staff.reason.${word ?? ""}`].find(has);
		const what = has(key) ? (t as (key: string) => string)(key) : t("event.unknown", { action });
		return detail ? `${what}: ${(t as (key: string) => string)(detail)}` : what;
	};
};

/** Ids are long and say nothing: enough of them to tell one from another. */
const Who = ({ id, name }: { id: string | undefined; name: ((id: string) => string | undefined) | undefined }) => {
	const { t } = useSpeech();
	const me = use((all) => all.self?.user);
	if (id === undefined) return <span>{t("event.service")}</span>;
	if (id === me) return <span>{t("event.you")}</span>;
	const known = name?.(id);
	return known ? <span>{known}</span> : <code title={id}>{id.slice(0, SHORT)}</code>;
};

/** Older rows that come push the button that brought them out of sight: whoever pressed it goes on from the first of them. */
const useOlder = (rows: readonly Row[]) => {
	const body = useRef<HTMLTableSectionElement>(null);
	const before = useRef(rows);
	useEffect(() => {
		const had = before.current;
		before.current = rows;
		if (rows.length > had.length && had.length > 0 && rows[0]?.n === had[0]?.n) body.current?.rows[had.length]?.focus({ preventScroll: true });
	}, [rows]);
	return body;
};

/** With the names of those who have one here. */
export const Table = ({ rows, name, title }: { rows: readonly Row[]; name?: (id: string) => string | undefined; title: string }) => {
	const { t, format } = useSpeech();
	const words = useWords();
	const body = useOlder(rows);
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={title}>
			<table class="events">
				<thead>
					<tr>
						<th scope="col">{t("event.when")}</th>
						<th scope="col">{t("event.what")}</th>
						<th scope="col">{t("event.who")}</th>
						<th scope="col">{t("event.whom")}</th>
					</tr>
				</thead>
				<tbody ref={body}>
					{rows.map((row) => (
						<tr key={row.n} tabIndex={-1}>
							<td><time dateTime={new Date(row.at).toISOString()}>{format.date(row.at)} {format.time(row.at)}</time></td>
							<td>{words(row)}{row.reason && <><br /><span class="hint">{t("event.reason", { reason: row.reason })}</span></>}</td>
							<td><Who id={row.actor} name={name} /></td>
							<td>{row.object !== undefined && <Who id={row.object} name={name} />}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
};

export const OwnEvents = () => {
	const { t, format } = useSpeech();
	const words = useWords();
	const [rows, setRows] = useState<readonly EventRow[] | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("own_events", {})).events));
	useEffect(bring, []);
	return (
		<section>
			<h2>{t("event.own")}</h2>
			<Again error={asking.error} onAgain={bring} />
			{rows?.length === 0 && <p>{t("event.own_none")}</p>}
			{rows && rows.length > 0 && (
				<>
					<ul class="sessions">
						{rows.map((row) => <li key={row.n}><div><span>{words(row)}</span><span class="hint">{format.date(row.at)} {format.time(row.at)}</span></div></li>)}
					</ul>
					<p>{t("event.own_wrong")}</p>
				</>
			)}
		</section>
	);
};
