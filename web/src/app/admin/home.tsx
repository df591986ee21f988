// What an administrator sees: the ceremony while the organisation has no keys, after it the keys of its staff.

import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { OrganisationView } from "../../client/api.js";
import type { Key } from "../../text/text.js";
import { engine } from "../engine.js";
import { keepFocus } from "../keep-focus.js";
import { Lazy } from "../lazy.js";
import { Button, Loading, Notice, PageTitle, useAct } from "../parts.js";
import { goTo } from "../route.js";
import { use, useSpeech } from "../state.js";
import { Ceremony } from "./ceremony.js";
import { Issuer } from "./issuer.js";
import type { Part } from "../rights/desk.js";
import { Recovery } from "./recovery.js";
import { Todo } from "../upkeep/todo.js";
import { StaffKeys, useAccounts } from "./staff.js";

keepFocus();

interface PartProps {
	readonly title: Key;
	readonly show: Key;
	readonly hide: Key;
	readonly load: () => Promise<FunctionComponent<object>>;
}

/** Fetched when it is asked for: the page is about what there is to do, and keys, first. */
const Shown = ({ title, show, hide, load }: PartProps) => {
	const { t } = useSpeech();
	const [shown, open] = useState(false);
	const said = t as (key: Key) => string;
	return (
		<section>
			<h2>{said(title)}</h2>
			<Button small onClick={() => open(!shown)}>{said(shown ? hide : show)}</Button>
			{shown && <div class="shown"><Lazy load={load} props={{}} /></div>}
		</section>
	);
};

const Parts = () => (
	<>
		<Shown title="agreement.own" show="agreement.show" hide="agreement.hide" load={async () => (await import("../agreement/own.js")).OwnAgreement} />
		<Shown title="retention.title" show="retention.show" hide="retention.hide" load={async () => (await import("../retention/page.js")).Retention} />
		<Shown title="hours.title" show="hours.show" hide="hours.hide" load={async () => (await import("../upkeep/hours.js")).OpeningHours} />
		<Shown title="rehearsal.title" show="rehearsal.show" hide="rehearsal.hide" load={async () => (await import("../upkeep/rehearsal.js")).Rehearsal} />
		<Shown title="report.title" show="report.show" hide="report.hide" load={async () => (await import("../upkeep/reports.js")).Reports} />
		<Shown title="event.title" show="todo.log_show" hide="todo.log_hide" load={async () => (await import("../roles/log.js")).EventsBelow} />
	</>
);

const Ready = ({ view, made, onChange }: { view: OrganisationView; made: boolean; onChange: () => void }) => {
	const { t } = useSpeech();
	const accounts = useAccounts();
	const [wanted, want] = useState<{ user: string } | null>(null);
	const [legal, look] = useState<{ part: Part } | null>(null);
	const me = use((all) => all.self?.user);
	const nameOf = (user: string): string =>
		user === me ? t("todo.you") : view.staff.find((one) => one.user === user)?.name || accounts.rows?.find((one) => one.account === user)?.name || t("todo.somebody");
	return (
		<div class="organisation">
			<PageTitle>{t("admin.title")}</PageTitle>
			<p class="lead">{t("admin.text")}</p>
			{made && <Notice kind="good" title={t("ceremony.made")}><p>{t("ceremony.made_text")}</p></Notice>}
			<Todo name={nameOf} of={accounts.rows} onManage={(user) => want({ user })} onLegal={(part) => look({ part })} />
			<Issuer until={view.issuerUntil} onChange={onChange} />
			<p><button type="button" class="link" onClick={() => goTo("library")}>{t("library.open")}</button></p>
			<StaffKeys staff={view.staff} able={view.issuerUntil !== null} accounts={accounts} wanted={wanted} onChange={onChange} />
			{view.issuerUntil !== null && <Recovery staff={view.staff} />}
			<Parts />
			<Lazy load={async () => (await import("../rights/desk.js")).RightsDesk} props={{ wanted: legal }} quiet />
		</div>
	);
};

export const AdminHome = () => {
	const { t } = useSpeech();
	const self = use((all) => all.self);
	const [view, setView] = useState<OrganisationView | null>(null);
	const [made, setMade] = useState(false);
	const asking = useAct();
	const ask = (): void => void asking.act(async () => setView(await engine().organise("organisationKeys")));
	useEffect(ask, [self]); // told again when somebody's chain has gone on
	const done = (): void => {
		setMade(true);
		ask();
	};
	if (asking.error)
		return (
			<Notice kind="error">
				<p>{asking.error}</p>
				<Button onClick={ask}>{t("loading.again")}</Button>
			</Notice>
		);
	if (!view) return <Loading text={t("loading.page")} />;
	return view.madeAt === null ? <Ceremony onMade={done} /> : <Ready view={view} made={made} onChange={ask} />;
};
