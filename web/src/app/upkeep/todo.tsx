// What an administrator has to look after now: one calm list, each line with what to do next. What cannot wait comes first.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { dayText } from "../assignment/words.js";
import { office } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import type { Part } from "../rights/desk.js";
import type { PlainKey } from "../../text/text.js";
import { use, useSpeech } from "../state.js";
import type { Flag } from "./data.js";

type Counts = Ops["request_late"]["out"];

/** What the law sets a time for: how many, and where it is looked after. */
const LEGAL = {
	breaches_late: { part: "breaches", of: ({ breaches_late }: Counts) => breaches_late },
	requests_late: { part: "office", of: ({ late }: Counts) => late },
	breaches: { part: "breaches", of: ({ breaches, breaches_late }: Counts) => breaches - breaches_late },
	requests_soon: { part: "office", of: ({ soon }: Counts) => soon },
	requests: { part: "office", of: ({ open, soon, late }: Counts) => open - soon - late },
} as const satisfies Record<string, { readonly part: Part; readonly of: (counts: Counts) => number }>;
type Legal = keyof typeof LEGAL;
interface Due {
	readonly flag: Legal;
	readonly n: number;
}

const ORDER: readonly (Flag["flag"] | Legal)[] = [
	"breaches_late", "requests_late", "breaches", "late", "no_staff", "requests_soon", "certificate", "ending", "amendment", "leaving", "absent", "requests", "training", "passkeys", "not_seen", "rehearsal", "no_promise",
];
/** Of a colleague: the buttons of their account are what helps. */
const OF_STAFF: readonly Flag["flag"][] = ["late", "certificate", "leaving", "absent", "training", "passkeys", "not_seen"];
const MANAGED: readonly Flag["flag"][] = ["late", "leaving", "absent", "not_seen"];
const FIRST = 8;

interface Props {
	readonly name: (account: string) => string;
	/** The colleague's dialog is wanted. */
	readonly onManage: (account: string) => void;
	/** What the law sets a time for is to be opened. */
	readonly onLegal: (part: Part) => void;
	/** Asked anew when this is another. */
	readonly of: unknown;
}

/** Of passkeys it is said otherwise to who has none, and to oneself. */
const nextOf = ({ flag, n, object }: Flag, me: string | undefined): PlainKey => {
	if (flag !== "passkeys") return `todo.next.${flag}`;
	return n ? `todo.next.passkeys${object === me ? "_own" : ""}` : `todo.next.passkeys_none${object === me ? "_own" : ""}`;
};

const Line = ({ flag, name, onManage }: { flag: Flag } & Pick<Props, "name" | "onManage">) => {
	const { t, format } = useSpeech();
	const me = use((all) => all.self?.user);
	const who = OF_STAFF.includes(flag.flag) && flag.object !== undefined ? name(flag.object) : "";
	const words = { name: who, n: flag.n ?? 0, day: flag.day ? dayText(flag.day) : flag.at === undefined ? "" : format.date(flag.at) };
	const { object } = flag;
	return (
		<li>
			<div>
				<strong>{(t as (key: string, words: object) => string)(`todo.${flag.flag}`, words)}</strong>
				<span class="hint">{t(nextOf(flag, me))}</span>
			</div>
			{MANAGED.includes(flag.flag) && object !== undefined && <Button small label={t("staff.manage_name", { name: who })} onClick={() => onManage(object)}>{t("staff.manage")}</Button>}
		</li>
	);
};

const LegalLine = ({ due, onLegal }: { due: Due } & Pick<Props, "onLegal">) => {
	const { t } = useSpeech();
	const { part } = LEGAL[due.flag];
	return (
		<li>
			<div>
				<strong>{t(`todo.${due.flag}`, { n: due.n })}</strong>
				<span class="hint">{t(`todo.next.${due.flag}`)}</span>
			</div>
			<Button small label={t("rights.show_part", { name: t(`rights.${part}`) })} onClick={() => onLegal(part)}>{t("rights.show")}</Button>
		</li>
	);
};

const isLegal = (one: Flag | Due): one is Due => one.flag in LEGAL;
const legal = (counts: Counts): Due[] => (Object.keys(LEGAL) as Legal[]).map((flag) => ({ flag, n: LEGAL[flag].of(counts) })).filter(({ n }) => n > 0);

const ask = async (): Promise<(Flag | Due)[]> => {
	const [{ flags }, counts] = await Promise.all([office("flag_list", {}), office("request_late", {})]);
	const since = (one: Flag | Due): number => ("at" in one && one.at) || 0;
	return [...flags, ...legal(counts)].sort((a, b) => ORDER.indexOf(a.flag) - ORDER.indexOf(b.flag) || since(a) - since(b));
};

export const Todo = ({ name, onManage, onLegal, of }: Props) => {
	const { t } = useSpeech();
	const [flags, setFlags] = useState<readonly (Flag | Due)[] | null>(null);
	const [all, showAll] = useState(false);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setFlags(await ask()));
	useEffect(bring, [of]);
	const sorted = flags ?? [];
	return (
		<section>
			<h2>{t("todo.title")}</h2>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!flags && !asking.error && <Loading text={t("loading.page")} />}
			{flags?.length === 0 && <p>{t("todo.nothing")}</p>}
			{sorted.length > 0 && (
				<ul class="sessions">
					{sorted.slice(0, all ? undefined : FIRST).map((flag) =>
						isLegal(flag) ? <LegalLine key={flag.flag} due={flag} onLegal={onLegal} /> : <Line key={`${flag.flag} ${flag.object}`} flag={flag} name={name} onManage={onManage} />)}
				</ul>
			)}
			{sorted.length > FIRST && <Button small onClick={() => showAll(!all)}>{all ? t("todo.fewer") : t("todo.more", { n: sorted.length - FIRST })}</Button>}
		</section>
	);
};
