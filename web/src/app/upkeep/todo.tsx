// What an administrator has to look after now: one calm list, each line with what to do next. What cannot wait comes first.

import { useEffect, useState } from "preact/hooks";
import { dayText } from "../assignment/words.js";
import { office } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import type { Flag } from "./data.js";

const ORDER: readonly Flag["flag"][] = ["late", "no_staff", "certificate", "ending", "amendment", "leaving", "absent", "training", "passkeys", "not_seen", "rehearsal", "no_promise"];
/** Of a colleague: the buttons of their account are what helps. */
const OF_STAFF: readonly Flag["flag"][] = ["late", "certificate", "leaving", "absent", "training", "passkeys", "not_seen"];
const MANAGED: readonly Flag["flag"][] = ["late", "leaving", "absent", "not_seen"];
const FIRST = 8;

interface Props {
	readonly name: (account: string) => string;
	/** The colleague's dialog is wanted. */
	readonly onManage: (account: string) => void;
	/** Asked anew when this is another. */
	readonly of: unknown;
}

const Line = ({ flag, name, onManage }: { flag: Flag } & Pick<Props, "name" | "onManage">) => {
	const { t, format } = useSpeech();
	const who = OF_STAFF.includes(flag.flag) && flag.object !== undefined ? name(flag.object) : "";
	const words = { name: who, n: flag.n ?? 0, day: flag.day ? dayText(flag.day) : flag.at === undefined ? "" : format.date(flag.at) };
	const { object } = flag;
	return (
		<li>
			<div>
				<strong>{(t as (key: string, words: object) => string)(`todo.${flag.flag}`, words)}</strong>
				<span class="hint">{t(`todo.next.${flag.flag}`)}</span>
			</div>
			{MANAGED.includes(flag.flag) && object !== undefined && <Button small label={t("staff.manage_name", { name: who })} onClick={() => onManage(object)}>{t("staff.manage")}</Button>}
		</li>
	);
};

export const Todo = ({ name, onManage, of }: Props) => {
	const { t } = useSpeech();
	const [flags, setFlags] = useState<readonly Flag[] | null>(null);
	const [all, showAll] = useState(false);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setFlags((await office("flag_list", {})).flags));
	useEffect(bring, [of]);
	const sorted = [...(flags ?? [])].sort((a, b) => ORDER.indexOf(a.flag) - ORDER.indexOf(b.flag) || (a.at ?? 0) - (b.at ?? 0));
	return (
		<section>
			<h2>{t("todo.title")}</h2>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!flags && !asking.error && <Loading text={t("loading.page")} />}
			{flags?.length === 0 && <p>{t("todo.nothing")}</p>}
			{sorted.length > 0 && (
				<ul class="sessions">
					{sorted.slice(0, all ? undefined : FIRST).map((flag) => <Line key={`${flag.flag} ${flag.object}`} flag={flag} name={name} onManage={onManage} />)}
				</ul>
			)}
			{sorted.length > FIRST && <Button small onClick={() => showAll(!all)}>{all ? t("todo.fewer") : t("todo.more", { n: sorted.length - FIRST })}</Button>}
		</section>
	);
};
