// The page of those who look after something other than rooms: what their role is, what they can do here, and for a data protection
// officer what was done in the organisation.

import { useEffect, useState } from "preact/hooks";
import { keepFocus } from "../keep-focus.js";
import { Lazy } from "../lazy.js";
import { Button, Notice, PageTitle } from "../parts.js";
import { listPasskeys } from "../passkey/ceremony.js";
import { goTo } from "../route.js";
import { use, useSpeech } from "../state.js";
import { OwnEvents } from "./events.js";

keepFocus();

export const OwnRole = () => {
	const { t } = useSpeech();
	const role = use((all) => all.self?.role ?? "client");
	const organisation = use((all) => all.self?.organisation ?? "");
	if (role === "client") return null;
	return (
		<>
			<p><strong>{t("role.is", { organisation, role: t(`staff.role.${role}`) })}</strong></p>
			<p>{t(`role.${role}`)}</p>
		</>
	);
};

/** Whoever has one passkey is one lost device away from being shut out. */
const SecondPasskey = () => {
	const { t } = useSpeech();
	const [one, know] = useState(false);
	useEffect(() => void listPasskeys().then((all) => know(all.length === 1), () => undefined), []);
	if (!one) return null;
	return (
		<Notice kind="warning">
			<p>{t("role.second")}</p>
			<Button small onClick={() => goTo("account")}>{t("role.second_make")}</Button>
		</Notice>
	);
};

export const RoleHome = () => {
	const { t } = useSpeech();
	const role = use((all) => all.self?.role ?? "client");
	return (
		<div class="organisation">
			<PageTitle>{t("role.title")}</PageTitle>
			<OwnRole />
			<SecondPasskey />
			<section>
				<h2>{t("role.yours")}</h2>
				<ul class="plain-list">
					<li><button type="button" class="link" onClick={() => goTo("account")}>{t("role.can.account")}</button></li>
					<li><button type="button" class="link" onClick={() => goTo("help")}>{t("role.can.help")}</button></li>
					{role === "operator" && <li><button type="button" class="link" onClick={() => goTo("library")}>{t("library.open")}</button></li>}
					{role === "dpo" && <li>{t("role.can.events")}</li>}
				</ul>
			</section>
			{role === "operator" && <Lazy load={async () => (await import("../agreement/operator.js")).OperatorPage} props={{}} />}
			{role === "dpo" && <section><h2>{t("agreement.own")}</h2><Lazy load={async () => (await import("../agreement/own.js")).OwnAgreement} props={{}} /></section>}
			{role === "dpo" && <section><h2>{t("retention.title")}</h2><Lazy load={async () => (await import("../retention/page.js")).Retention} props={{}} /></section>}
			{role === "dpo" && <section><h2>{t("rehearsal.title")}</h2><Lazy load={async () => (await import("../upkeep/rehearsal.js")).Rehearsal} props={{}} /></section>}
			{role === "dpo" && <Lazy load={async () => (await import("../rights/desk.js")).RightsDesk} props={{ wanted: null }} />}
			<OwnEvents />
			{role === "dpo" && <Lazy load={async () => (await import("./log.js")).Events} props={{}} />}
		</div>
	);
};
