// What an administrator sees: the ceremony while the organisation has no keys, after it the keys of its staff.

import { useEffect, useState } from "preact/hooks";
import type { OrganisationView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { Button, Loading, Notice, PageTitle, useAct } from "../parts.js";
import { goTo } from "../route.js";
import { use, useSpeech } from "../state.js";
import { Ceremony } from "./ceremony.js";
import { Issuer } from "./issuer.js";
import { Recovery } from "./recovery.js";
import { StaffKeys } from "./staff.js";

/** Fetched when it is asked for: the page is about keys first. */
const Agreement = () => {
	const { t } = useSpeech();
	const [shown, show] = useState(false);
	return (
		<section>
			<h2>{t("agreement.own")}</h2>
			<Button small onClick={() => show(!shown)}>{t(shown ? "agreement.hide" : "agreement.show")}</Button>
			{shown && <Lazy load={async () => (await import("../agreement/own.js")).OwnAgreement} props={{}} />}
		</section>
	);
};

const Retention = () => {
	const { t } = useSpeech();
	const [shown, show] = useState(false);
	return (
		<section>
			<h2>{t("retention.title")}</h2>
			<Button small onClick={() => show(!shown)}>{t(shown ? "retention.hide" : "retention.show")}</Button>
			{shown && <Lazy load={async () => (await import("../retention/page.js")).Retention} props={{}} />}
		</section>
	);
};

const Ready = ({ view, made, onChange }: { view: OrganisationView; made: boolean; onChange: () => void }) => {
	const { t } = useSpeech();
	return (
		<div class="organisation">
			<PageTitle>{t("admin.title")}</PageTitle>
			<p class="lead">{t("admin.text")}</p>
			{made && <Notice kind="good" title={t("ceremony.made")}><p>{t("ceremony.made_text")}</p></Notice>}
			<Issuer until={view.issuerUntil} onChange={onChange} />
			<p><button type="button" class="link" onClick={() => goTo("library")}>{t("library.open")}</button></p>
			<StaffKeys staff={view.staff} able={view.issuerUntil !== null} onChange={onChange} />
			{view.issuerUntil !== null && <Recovery staff={view.staff} />}
			<Agreement />
			<Retention />
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
